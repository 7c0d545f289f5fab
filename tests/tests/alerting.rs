//! From a monitoring execution to one alert with the chain behind it.

#![expect(clippy::indexing_slicing, reason = "a test ends where something is missing")]

#[path = "alerting/clock.rs"]
mod clock;
#[path = "alerting/commands.rs"]
mod commands;
#[path = "alerting/denied.rs"]
mod denied;
#[path = "alerting/earlier.rs"]
mod earlier;
#[path = "alerting/monitors.rs"]
mod monitors;
#[path = "alerting/once.rs"]
mod once;
#[path = "alerting/traffic.rs"]
mod traffic;
#[path = "alerting/windows.rs"]
mod windows;

use monitors::{FOLDER, FOUND, REPORT, alerts, execute, monitored, of_type, settled, with_drift};
use sagewarden_events::ResourceKind;
use sagewarden_govern::{MONITORING_FAILED, RETRAINING_SUGGESTED};
use sagewarden_tests::Result;
use sagewarden_tests::local::{at, endpoint_config, model, training_job};
use serde_json::{Value, json};

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
    assert_eq!((&alerts[0]["people"], &alerts[0]["repositories"]), (&json!(["ana"]), &json!([])));
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
fn without_quiet_hours_each_execution_is_a_cause_of_its_own() -> Result<()> {
    let local = settled(with_drift("quiet_hours_after_alert = 0")?)?;
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
        |text: &&String| text.starts_with("alert-drift retry: ") && text.ends_with("its report is missing");
    assert!(outcomes.iter().any(|text| waits(&text)), "{outcomes:?}");

    execute(&local, "e2", Some("this is no report"), FOUND, 90_000)?;
    let outcomes = local.settle()?;
    let refused = |text: &&String| {
        text.starts_with("alert-drift reject: ") && text.contains("not a constraint violations file")
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

/// Violations of these features with these checks.
fn report(entries: &[(&str, &str)]) -> String {
    let entry =
        |(feature, check): &(&str, &str)| json!({ "feature_name": feature, "constraint_check_type": check });
    json!({ "violations": entries.iter().map(entry).collect::<Vec<_>>() }).to_string()
}

const DRIFT: &str = "baseline_drift_check";
const DOMAIN: &str = "categorical_values_check";

#[test]
fn in_quiet_hours_only_what_is_new_or_worse_is_told() -> Result<()> {
    // Reports of executions an hour apart, and how many new violations each alert names.
    let check = |reports: &[&[(&str, &str)]], told: &[u64]| -> Result<()> {
        let local = settled(monitored()?)?;
        for (number, entries) in (0_i64..).zip(reports) {
            let report = report(entries);
            execute(&local, &format!("e{number}"), Some(&report), FOUND, 86_400 + number * 3_600)?;
            local.settle()?;
        }
        let new: Vec<u64> =
            alerts(&local)?.iter().filter_map(|alert| alert["new_violations"].as_u64()).collect();
        assert_eq!(new, told, "{reports:?}");
        Ok(())
    };
    let (a, b) = (("a", DRIFT), ("b", DRIFT));
    check(&[&[a], &[a], &[a]], &[1])?;
    check(&[&[a], &[a, b], &[b]], &[1, 1])?;
    check(&[&[a, b], &[a], &[b]], &[2])?;
    check(&[&[a], &[("a", DOMAIN)]], &[1, 1])?;
    check(&[&[("auc", "LessThanThreshold")], &[("auc", "GreaterThanThreshold")]], &[1, 1])
}

#[test]
fn the_next_alert_counts_what_was_not_told() -> Result<()> {
    let local = settled(monitored()?)?;
    // Five on one day, from 09:00 on; the sixth on the next day.
    for (number, after) in (0..6).map(|number| (number, 86_400 + number * 3_600 + number / 5 * 12 * 3_600)) {
        execute(&local, &format!("e{number}"), Some(REPORT), FOUND, after)?;
        local.settle()?;
    }
    let earlier: Vec<Value> = alerts(&local)?.iter().map(|alert| alert["earlier_findings"].clone()).collect();
    assert_eq!(earlier, [json!(0), json!(5)]);
    let text = alerts(&local)?[1]["text"].as_str().unwrap_or_default().to_owned();
    assert!(text.ends_with("; 5 more findings shortly before"), "{text}");
    Ok(())
}

#[test]
fn an_execution_that_failed_or_was_stopped_is_told_once_and_is_history() -> Result<()> {
    let check = |reason: Option<&str>, cause: &str, severity: &str, text: &str, advice: &str| -> Result<()> {
        let local = settled(monitored()?)?;
        let account = &local.system.account;
        let job = monitors::start(&local, "e1", 86_400)?;
        match reason {
            Some(reason) => account.fail_processing(&job, reason, at(86_500))?,
            None => {
                account.stop_job(&job, at(86_450))?;
                account.finish_stop(&job, at(86_500))?;
            }
        }
        let events = account.drain_events()?;
        for event in events.iter().chain(&events) {
            local.deliver(&event.to_string())?;
        }
        let told = of_type(&local, MONITORING_FAILED)?;
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!((&told[0]["cause"], &told[0]["severity"]), (&json!(cause), &json!(severity)));
        assert_eq!(told[0]["text"], text);
        assert!(told[0]["advice"].as_str().is_some_and(|words| words.contains(advice)), "{}", told[0]);
        assert_eq!(alerts(&local)?, Vec::<Value>::new());
        let history = monitors::history(&local)?;
        assert!(history.contains("schedule quality has no result: the execution "), "{history}");
        assert!(local.lineage("endpoint/prod")?.to_string().contains("\"kind\":\"violation\""));
        Ok(())
    };
    check(
        Some("AlgorithmError: See job logs"),
        "execution-failed",
        "high",
        "endpoint prod is not watched: monitoring execution e1 of schedule quality failed: AlgorithmError: See job logs",
        "/aws/sagemaker/ProcessingJobs",
    )?;
    check(
        Some("InternalServerError: Job inputs had no data"),
        "execution-failed",
        "high",
        "endpoint prod is not watched: monitoring execution e1 of schedule quality failed: InternalServerError: Job inputs had no data",
        "no requests were captured",
    )?;
    check(
        None,
        "execution-stopped",
        "medium",
        "endpoint prod is not watched: monitoring execution e1 of schedule quality was stopped",
        "StoppingCondition",
    )
}

#[test]
fn a_report_that_never_comes_is_told_when_it_was_waited_for_long_enough() -> Result<()> {
    let local = settled(monitored()?)?;
    execute(&local, "e1", None, FOUND, 86_400)?;
    let events = local.system.account.drain_events()?;
    let completed = events.iter().find(|event| event["detail"]["ProcessingJobStatus"] == "Completed");
    let completed = completed.ok_or("the job completed")?.to_string();
    let deliver = |after: i64| monitors::deliver(&local, &completed, after);
    assert!(deliver(86_420)?.contains("alert-drift retry: "));
    assert!(deliver(86_420 + 899)?.contains("alert-drift retry: "));
    assert!(deliver(86_420 + 900)?.contains("alert-drift done: alert sent: "));
    let told = of_type(&local, MONITORING_FAILED)?;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["cause"], "report-missing");
    assert_eq!(told[0]["report"], format!("s3://bucket/{FOLDER}/constraint_violations.json"));

    // It comes after all: its violations are published.
    let key = format!("{FOLDER}/constraint_violations.json");
    local.system.account.put_object("bucket", &key, REPORT.as_bytes(), at(90_000))?;
    local.settle()?;
    assert_eq!(alerts(&local)?.len(), 1);
    Ok(())
}

#[test]
fn what_the_deployment_changed_is_said() -> Result<()> {
    let local = settled(monitored()?)?;
    let mut second = model("second");
    second["PrimaryContainer"]["Image"] = json!("repository/image@sha256:5f8c3bd2");
    local.create(ResourceKind::Model, &second, 300)?;
    local.create(ResourceKind::EndpointConfig, &endpoint_config("c2", "second"), 301)?;
    let endpoint = local.system.account.resource(ResourceKind::Endpoint, "prod");
    local.system.account.update_endpoint("prod", "c2", None, at(400))?;
    local.system.account.finish_endpoint(&endpoint, at(500))?;
    local.settle()?;
    execute(&local, "e1", Some(REPORT), FOUND, 86_400)?;
    local.settle()?;
    let alert = alerts(&local)?.remove(0);
    let changed = &alert["changed_by_deployment"];
    let aspects: Vec<&str> = changed["changes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|change| change["aspect"].as_str())
        .collect();
    assert!(aspects.contains(&"resource") && aspects.contains(&"image"), "{changed:#}");
    assert_eq!(changed["since"], at(500).to_string());
    let text = alert["text"].as_str().unwrap_or_default();
    assert!(text.contains(&format!("; its deployment of {} changed resource", at(500))), "{text}");
    let advice = alert["advice"].as_str().unwrap_or_default();
    assert!(advice.contains("`sagewarden history endpoint/prod`"), "{advice}");
    Ok(())
}

#[test]
fn how_much_the_model_relies_on_a_feature_is_said() -> Result<()> {
    let local = settled(monitored()?)?;
    let account = &local.system.account;
    let analysis = json!({ "explanations": { "kernel_shap": { "label0": { "global_shap_values": { "LIMIT_BAL": 0.2, "AGE": -0.4 } } } } });
    account.put_object("models", "out/t/output/model.tar.gz", b"m", at(240))?;
    account.put_object("models", "out/t/output/analysis.json", analysis.to_string().as_bytes(), at(241))?;
    let job = local.create(ResourceKind::TrainingJob, &training_job("t", &[]), 210)?;
    account.finish_training(&job, at(250))?;
    let mut trained = model("trained");
    trained["PrimaryContainer"]["ModelDataUrl"] = json!("s3://models/out/t/output/model.tar.gz");
    local.create(ResourceKind::Model, &trained, 260)?;
    local.create(ResourceKind::EndpointConfig, &endpoint_config("c2", "trained"), 261)?;
    account.update_endpoint("prod", "c2", None, at(400))?;
    account.finish_endpoint(&account.resource(ResourceKind::Endpoint, "prod"), at(500))?;
    local.settle()?;
    execute(&local, "e1", Some(REPORT), FOUND, 86_400)?;
    local.settle()?;
    assert_eq!(alerts(&local)?[0]["violations"][0]["importance"], 0.5);
    Ok(())
}

#[test]
fn to_train_again_is_suggested_once_in_a_period_and_only_when_it_is_bad_enough() -> Result<()> {
    // Executions at these seconds, with these checks: how often it is suggested.
    let check = |settings: &str, executions: &[(i64, &str)], expect: usize| -> Result<()> {
        let local = settled(with_drift(settings)?)?;
        for (number, (after, check)) in executions.iter().enumerate() {
            execute(&local, &format!("e{number}"), Some(&report(&[("f", check)])), FOUND, *after)?;
            local.settle()?;
        }
        let suggested = of_type(&local, RETRAINING_SUGGESTED)?;
        assert_eq!(suggested.len(), expect, "{settings}: {executions:?}");
        for each in suggested {
            assert_eq!((&each["drifted"], &each["still_in_force"]), (&json!(["f"]), &json!(true)));
            assert_eq!(each["models"][0]["name"], "m");
        }
        Ok(())
    };
    let (first, hour, day) = (86_400, 3_600, 86_400);
    let twice = [(first, DRIFT), (first + hour, DRIFT)];
    check("", &twice, 1)?;
    check("", &[(first, DRIFT), (first + day, DRIFT)], 2)?;
    check("retraining_cooldown_hours = 0", &twice, 2)?;
    check("retraining_cooldown_hours = 1", &twice, 2)?;
    check("suggest_retraining_from = \"never\"", &twice, 0)?;
    check("suggest_retraining_from = \"critical\"", &twice, 0)?;
    check("suggest_retraining_from = \"critical\"", &[(first, "LessThanThreshold")], 1)?;
    check("", &[(first, DOMAIN)], 0)?;
    check("suggest_retraining_from = \"medium\"", &[(first, DOMAIN)], 1)?;
    // Quiet hours are for people: the event for a pipeline is published all the same.
    check("quiet_hours_after_alert = 240", &[(first, DRIFT), (first + day, DRIFT)], 2)
}

#[test]
fn a_model_that_was_replaced_meanwhile_is_not_the_one_in_force() -> Result<()> {
    let local = settled(monitored()?)?;
    execute(&local, "e1", Some(REPORT), FOUND, 86_400)?;
    let late = local.system.account.drain_events()?;
    local.create(ResourceKind::Model, &model("second"), 90_000)?;
    local.create(ResourceKind::EndpointConfig, &endpoint_config("c2", "second"), 90_001)?;
    let endpoint = local.system.account.resource(ResourceKind::Endpoint, "prod");
    local.system.account.update_endpoint("prod", "c2", None, at(90_002))?;
    local.system.account.finish_endpoint(&endpoint, at(90_003))?;
    local.settle()?;
    for event in late {
        local.deliver(&event.to_string())?;
    }
    let suggested = of_type(&local, RETRAINING_SUGGESTED)?;
    assert_eq!((suggested.len(), &suggested[0]["still_in_force"]), (1, &json!(false)));
    assert_eq!(suggested[0]["models"][0]["name"], "m");
    Ok(())
}
