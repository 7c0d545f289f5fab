//! From a monitoring execution to one alert with the chain behind it.

use sagewarden_events::{Resource, ResourceKind};
use sagewarden_govern::DRIFT_ALERT;
use sagewarden_tests::Result;
use sagewarden_tests::local::{KEY, Local, at, endpoint_config, model, training_job};
use serde_json::{Value, json};

const REPORT: &str = r#"{"violations":[{"feature_name":"LIMIT_BAL","constraint_check_type":"baseline_drift_check","description":"Baseline drift distance: 0.49 exceeds threshold: 0.1"}]}"#;
const FOLDER: &str = "reports/prod/quality/2026/03/03/09";

/// An endpoint in service with a schedule; its events are still to be delivered.
fn monitored() -> Result<Local> {
    let local = Local::new()?;
    local.serve()?;
    let inputs =
        json!([{ "EndpointInput": { "EndpointName": "prod", "LocalPath": "/opt/ml/processing/input" } }]);
    let config =
        json!({ "MonitoringType": "DataQuality", "MonitoringJobDefinition": { "MonitoringInputs": inputs } });
    let schedule = json!({ "MonitoringScheduleName": "quality", "MonitoringScheduleConfig": config });
    local.create(ResourceKind::MonitoringSchedule, &schedule, 200)?;
    Ok(local)
}

/// An execution of the schedule that ends with this message; a report is written before, if there is one.
fn execute(local: &Local, name: &str, report: Option<&str>, message: &str, after: i64) -> Result<Resource> {
    let account = &local.system.account;
    let schedule = account.resource(ResourceKind::MonitoringSchedule, "quality");
    let output = json!({ "OutputName": "o", "S3Output": { "S3Uri": format!("s3://bucket/{FOLDER}"), "LocalPath": "/o", "S3UploadMode": "EndOfJob" } });
    let network =
        json!({ "Subnets": ["subnet-0a1b2c3d4e5f60001"], "SecurityGroupIds": ["sg-0f1e2d3c4b5a60001"] });
    let request = json!({
        "ProcessingJobName": name,
        "AppSpecification": { "ImageUri": "monitor@sha256:1" },
        "ProcessingOutputConfig": { "Outputs": [output], "KmsKeyId": KEY },
        "ProcessingResources": { "ClusterConfig": { "InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeKmsKeyId": KEY } },
        "NetworkConfig": { "EnableNetworkIsolation": true, "VpcConfig": network },
        "MonitoringScheduleArn": schedule.arn(),
    });
    let job = account.create(ResourceKind::ProcessingJob, &request, None, at(after))?;
    if let Some(report) = report {
        account.put_object(
            "bucket",
            &format!("{FOLDER}/constraint_violations.json"),
            report.as_bytes(),
            at(after + 10),
        )?;
    }
    account.finish_processing(&job, Some(message), at(after + 20))?;
    account.note_execution("quality", &job, "CompletedWithViolations", at(after + 20))?;
    Ok(job)
}

fn alerts(local: &Local) -> Result<Vec<Value>> {
    let sent = local.sent()?.into_iter().filter(|notice| notice.detail_type == DRIFT_ALERT);
    Ok(sent.map(|notice| notice.detail).collect())
}

const FOUND: &str = "CompletedWithViolations: Job completed successfully with 1 violations.";

#[test]
fn violations_become_one_alert_with_the_chain() -> Result<()> {
    let local = monitored()?;
    local.settle()?;
    execute(&local, "e1", Some(REPORT), FOUND, 86_400)?;
    local.settle()?;
    let alerts = alerts(&local)?;
    assert_eq!(alerts.len(), 1, "the job's event and the report's event tell of one cause");
    assert_eq!(alerts[0]["severity"], "high");
    assert_eq!(alerts[0]["monitoring_type"], "DataQuality");
    assert_eq!(alerts[0]["report"], format!("s3://bucket/{FOLDER}/constraint_violations.json"));
    assert_eq!(alerts[0]["chain"]["models"][0]["name"], "m");
    assert!(local.lineage("endpoint/prod")?.to_string().contains("\"kind\":\"violation\""));
    Ok(())
}

#[test]
fn an_alert_that_is_faster_than_the_deployments_events_has_its_chain_all_the_same() -> Result<()> {
    let local = monitored()?;
    let _late = local.system.account.drain_events()?;
    execute(&local, "e1", Some(REPORT), FOUND, 86_400)?;
    local.settle()?;
    assert_eq!(alerts(&local)?[0]["chain"]["models"][0]["name"], "m");
    Ok(())
}

#[test]
fn a_deployment_that_nobody_told_of_yet_is_not_mistaken_for_the_one_before() -> Result<()> {
    let local = monitored()?;
    local.create(ResourceKind::Model, &model("second"), 300)?;
    local.create(ResourceKind::EndpointConfig, &endpoint_config("c2", "second"), 301)?;
    local.settle()?;
    let endpoint = local.system.account.resource(ResourceKind::Endpoint, "prod");
    local.system.account.update_endpoint("prod", "c2", None, at(400))?;
    local.system.account.finish_endpoint(&endpoint, at(500))?;
    let _late = local.system.account.drain_events()?;
    execute(&local, "e1", Some(REPORT), FOUND, 86_400)?;
    local.settle()?;
    assert_eq!(alerts(&local)?[0]["chain"]["models"][0]["name"], "second");
    Ok(())
}

#[test]
fn an_alert_fits_into_an_event_however_much_data_is_behind_it() -> Result<()> {
    let local = monitored()?;
    let account = &local.system.account;
    for number in 0..400 {
        account.put_object(
            "data",
            &format!("train/part-{number:05}-{}.csv", "x".repeat(200)),
            b"1",
            at(0),
        )?;
    }
    account.put_object("models", "out/t/output/model.tar.gz", b"m", at(40))?;
    let mut job = training_job("t", &[]);
    let source = json!({ "S3DataSource": { "S3DataType": "S3Prefix", "S3Uri": "s3://data/train" } });
    job["InputDataConfig"] = json!([{ "ChannelName": "train", "DataSource": source }]);
    let job = local.create(ResourceKind::TrainingJob, &job, 10)?;
    account.finish_training(&job, at(50))?;
    let mut trained = model("trained");
    trained["PrimaryContainer"]["ModelDataUrl"] = json!("s3://models/out/t/output/model.tar.gz");
    local.create(ResourceKind::Model, &trained, 60)?;
    local.create(ResourceKind::EndpointConfig, &endpoint_config("c2", "trained"), 61)?;
    account.update_endpoint("prod", "c2", None, at(400))?;
    let endpoint = account.resource(ResourceKind::Endpoint, "prod");
    account.finish_endpoint(&endpoint, at(500))?;
    local.settle()?;
    let violation =
        json!({ "feature_name": "f", "description": "d".repeat(2_000), "own": "o".repeat(5_000) });
    let report = json!({ "violations": vec![violation; 300] }).to_string();
    execute(&local, "e1", Some(&report), FOUND, 86_400)?;
    local.settle()?;
    let alert = alerts(&local)?.remove(0);
    assert_eq!(alert["violation_count"], 300);
    assert_eq!(alert["chain"]["training_jobs"][0]["name"], "t");
    assert_eq!(alert["chain"]["data"].as_array().map(Vec::len), Some(1), "the set, not its members");
    // PutEvents takes 256 KB an entry.
    assert!(alert.to_string().len() < 200_000, "{} bytes", alert.to_string().len());
    Ok(())
}

#[test]
fn an_execution_that_monitors_batch_transforms_is_nothing_to_us() -> Result<()> {
    let local = monitored()?;
    let config = json!({ "MonitoringType": "DataQuality", "MonitoringJobDefinition": { "MonitoringInputs": [{ "BatchTransformInput": {} }] } });
    let batch = json!({ "MonitoringScheduleName": "batch", "MonitoringScheduleConfig": config });
    let schedule = local.create(ResourceKind::MonitoringSchedule, &batch, 200)?;
    local.settle()?;
    let request = json!({ "ProcessingJobName": "b", "AppSpecification": { "ImageUri": "i" }, "MonitoringScheduleArn": schedule.arn() });
    let job = local.system.account.create(ResourceKind::ProcessingJob, &request, None, at(300))?;
    local.system.account.finish_processing(&job, Some(FOUND), at(320))?;
    let outcomes = local.settle()?;
    assert!(!outcomes.iter().any(|text| text.starts_with("alert-drift")), "{outcomes:?}");
    Ok(())
}

#[test]
fn each_execution_is_a_cause_of_its_own() -> Result<()> {
    let local = monitored()?;
    local.settle()?;
    for (number, after) in [(1, 86_400), (2, 90_000)] {
        execute(&local, &format!("e{number}"), Some(REPORT), FOUND, after)?;
        local.settle()?;
    }
    assert_eq!(alerts(&local)?.len(), 2);
    Ok(())
}

#[test]
fn no_report_and_no_violations_are_no_alert() -> Result<()> {
    let completed = "Completed: Job completed successfully with no violations.";
    for report in [None, Some("{\"violations\":[]}")] {
        let local = monitored()?;
        local.settle()?;
        execute(&local, "e1", report, completed, 86_400)?;
        local.settle()?;
        assert_eq!(alerts(&local)?, Vec::<Value>::new(), "{report:?}");
        assert_eq!(local.system.quarantine.kept()?, Vec::<Value>::new());
    }
    Ok(())
}

#[test]
fn a_report_that_should_be_there_is_waited_for_and_one_that_is_none_is_rejected() -> Result<()> {
    let local = monitored()?;
    local.settle()?;
    execute(&local, "e1", None, FOUND, 86_400)?;
    let outcomes = local.settle()?;
    let waits =
        |text: &&String| text.starts_with("alert-drift retry: ") && text.ends_with("its report is not there");
    assert!(outcomes.iter().any(|text| waits(&text)), "{outcomes:?}");

    execute(&local, "e2", Some("this is no report"), FOUND, 90_000)?;
    let outcomes = local.settle()?;
    let refused = |text: &&String| {
        text.starts_with("alert-drift reject: ") && text.contains("no constraint violations file")
    };
    assert!(outcomes.iter().any(|text| refused(&text)), "{outcomes:?}");
    assert_eq!(alerts(&local)?, Vec::<Value>::new());
    Ok(())
}

#[test]
fn an_endpoint_that_is_gone_leaves_an_alert_that_says_what_it_lacks() -> Result<()> {
    let local = monitored()?;
    let _lost = local.system.account.drain_events()?;
    let endpoint = local.system.account.resource(ResourceKind::Endpoint, "prod");
    local.system.account.delete(&endpoint, at(300))?;
    let _lost = local.system.account.drain_events()?;
    execute(&local, "e1", Some(REPORT), FOUND, 86_400)?;
    local.settle()?;
    let alerts = alerts(&local)?;
    assert_eq!(alerts[0]["chain"]["complete"], false);
    assert!(
        alerts[0]["chain"]["missing"].to_string().contains("no deployment of endpoint `prod` is known"),
        "{}",
        alerts[0]
    );
    Ok(())
}
