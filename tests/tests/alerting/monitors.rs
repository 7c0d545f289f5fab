//! An endpoint with a monitoring schedule, and what tests of alerts do with it.

use futures::executor::block_on;
use sagewarden_events::{Resource, ResourceKind};
use sagewarden_govern::{Ask, DRIFT_ALERT, Done, Failure, Question, answer};
use sagewarden_lineage::answer::Format;
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use sagewarden_tests::local::{KEY, Local, SETTINGS, at};
use sagewarden_view::reply;
use serde_json::{Value, json};

pub(crate) const REPORT: &str = r#"{"violations":[{"feature_name":"LIMIT_BAL","constraint_check_type":"baseline_drift_check","description":"Baseline drift distance: 0.49 exceeds threshold: 0.1"}]}"#;
pub(crate) const FOLDER: &str = "reports/prod/quality/2026/03/03/09";
pub(crate) const FOUND: &str = "CompletedWithViolations: Job completed successfully with 1 violations.";

/// An endpoint in service with a schedule; its events are still to be delivered.
pub(crate) fn monitored() -> Result<Local> {
    with_drift("")
}

/// As [`monitored`], with these settings of `[drift]`.
pub(crate) fn with_drift(settings: &str) -> Result<Local> {
    scheduled(settings, Some("cron(0 * ? * * *)"))
}

/// As [`monitored`], with these settings and a schedule that runs at these times.
pub(crate) fn scheduled(settings: &str, expression: Option<&str>) -> Result<Local> {
    let settings = format!("{SETTINGS}\n[drift]\n{settings}\n");
    let local = Local::with(Bundle::embedded()?.with_settings(&settings)?)?;
    local.serve()?;
    let inputs =
        json!([{ "EndpointInput": { "EndpointName": "prod", "LocalPath": "/opt/ml/processing/input" } }]);
    let mut config =
        json!({ "MonitoringType": "DataQuality", "MonitoringJobDefinition": { "MonitoringInputs": inputs } });
    if let (Some(expression), Some(config)) = (expression, config.as_object_mut()) {
        config.insert("ScheduleConfig".into(), json!({ "ScheduleExpression": expression }));
    }
    let schedule = json!({ "MonitoringScheduleName": "quality", "MonitoringScheduleConfig": config });
    local.create(ResourceKind::MonitoringSchedule, &schedule, 200)?;
    Ok(local)
}

/// The same, after all its events were delivered.
pub(crate) fn settled(local: Local) -> Result<Local> {
    local.settle()?;
    Ok(local)
}

/// An execution of the schedule that runs.
pub(crate) fn start(local: &Local, name: &str, after: i64) -> Result<Resource> {
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
    Ok(account.create(ResourceKind::ProcessingJob, &request, None, at(after))?)
}

/// An execution of the schedule that ends with this message; a report is written before, if there is one.
pub(crate) fn execute(
    local: &Local,
    name: &str,
    report: Option<&str>,
    message: &str,
    after: i64,
) -> Result<Resource> {
    let account = &local.system.account;
    let job = start(local, name, after)?;
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

/// The details of the published notices of a type.
pub(crate) fn of_type(local: &Local, detail_type: &str) -> Result<Vec<Value>> {
    let sent = local.sent()?.into_iter().filter(|notice| notice.detail_type == detail_type);
    Ok(sent.map(|notice| notice.detail).collect())
}

pub(crate) fn alerts(local: &Local) -> Result<Vec<Value>> {
    of_type(local, DRIFT_ALERT)
}

/// Delivers an event at a time; what each function made of it, in words.
pub(crate) fn deliver(local: &Local, body: &str, after: i64) -> Result<String> {
    let handled = block_on(local.system.deliver(body, at(after)))?;
    let words = handled.iter().map(|each| match &each.outcome {
        Ok(Done::Acted(text)) => format!("{} done: {text}\n", each.function),
        Ok(Done::Nothing(text)) => format!("{} nothing: {text}\n", each.function),
        Err(Failure::Retry(error)) => format!("{} retry: {error}\n", each.function),
        Err(Failure::Reject(reason)) => format!("{} reject: {reason}\n", each.function),
    });
    Ok(words.collect())
}

/// The clock's event, so many seconds into the story.
pub(crate) fn tick(after: i64) -> String {
    json!({
        "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events",
        "account": "111122223333", "time": at(after), "region": "eu-west-1",
        "resources": ["arn:aws:events:eu-west-1:111122223333:rule/clock"], "detail": {},
    })
    .to_string()
}

/// The history of the endpoint in lines.
pub(crate) fn history(local: &Local) -> Result<String> {
    let question = Question { ask: Ask::History, ..Question::about("endpoint/prod") };
    Ok(reply::text(&block_on(answer(&local.system.store, &question, &|| false))?, Format::Tree)?)
}
