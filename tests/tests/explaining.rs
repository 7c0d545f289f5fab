//! The reasons of the deployed model: what it relied on in training, what it relies on in each window, and who learns of it.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::fmt::Write as _;

use futures::executor::block_on;
use sagewarden_events::ResourceKind;
use sagewarden_govern::ports::Objects as _;
use sagewarden_govern::{DRIFT_ALERT, MONITORING_FAILED};
use sagewarden_local::{Story, Stump, System, model_archive};
use sagewarden_monitor::{Violations, WindowReport};
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use sagewarden_tests::local::{
    Local, SETTINGS, at, captured_event, data_capture, endpoint_config, model, scattered, training_job,
};
use serde_json::{Value, json};

const FOLDER: &str = "reports/AllTraffic/prod/sagewarden-model-explainability/2026/03/03/10";
const DATA: &str = "reports/AllTraffic/prod/sagewarden-data-quality/2026/03/03/10";
const HOUR: &str = "2026/03/03/09";
/// When the hour from 09:00 on begins, in seconds of the story.
const BEGIN: i64 = 86_400;
const CLOSED: i64 = BEGIN + 3_600 + 16 * 60;
const MADE: &str = "\n[drift.detect]\nmin_rows = 20\n[drift.training]\nbaseline = \"make\"\n";

/// A model that relies on the first feature, a little on the second, and on the third only where it is negative.
fn stumps() -> Vec<u8> {
    let stump = |feature, threshold, leaves, rows| Stump { feature, threshold, leaves, rows };
    let stumps = [
        stump(0, 50.0, [-1.0, 1.0], [500, 500]),
        stump(1, 50.0, [-0.25, 0.25], [500, 500]),
        stump(2, 0.0, [4.0, 0.0], [1, 999]),
    ];
    model_archive(3, &stumps).unwrap()
}

/// Two numbers below a hundred, and one that is never negative in training.
fn row(number: u64) -> [i64; 3] {
    let mixed = scattered(number);
    [mixed % 100, mixed / 100 % 100, mixed / 10_000 % 100].map(|value| i64::try_from(value).unwrap())
}

/// The endpoint `prod` serves what the job `t` has trained; `artifact` is what the job left.
fn trained(settings: &str, artifact: &[u8]) -> Result<Local> {
    let local = Local::with(Bundle::embedded()?.with_settings(&format!("{SETTINGS}{settings}"))?)?;
    let account = &local.system.account;
    let mut csv = "label,amount,age,debt\n".to_owned();
    for number in 0..400 {
        let [amount, age, debt] = row(number);
        writeln!(csv, "{},{amount},{age},{debt}", number % 2)?;
    }
    account.put_object("data", "train/part-0.csv", csv.as_bytes(), at(1))?;
    let source = json!({ "S3DataSource": { "S3DataType": "S3Prefix", "S3Uri": "s3://data/train/" } });
    let channel = json!({ "ChannelName": "train", "ContentType": "text/csv", "DataSource": source });
    let mut request = training_job("t", &[]);
    request["InputDataConfig"] = json!([channel]);
    let job = local.create(ResourceKind::TrainingJob, &request, 10)?;
    account.put_object("models", "out/t/output/model.tar.gz", artifact, at(50))?;
    account.finish_training(&job, at(60))?;
    local.settle()?;
    let mut request = model("m");
    request["PrimaryContainer"]["ModelDataUrl"] = json!("s3://models/out/t/output/model.tar.gz");
    local.create(ResourceKind::Model, &request, 70)?;
    let mut config = endpoint_config("c", "m");
    config["DataCaptureConfig"] = data_capture("s3://captured/traffic");
    local.create(ResourceKind::EndpointConfig, &config, 71)?;
    let endpoint = json!({ "EndpointName": "prod", "EndpointConfigName": "c" });
    let endpoint = local.create(ResourceKind::Endpoint, &endpoint, 72)?;
    account.finish_endpoint(&endpoint, at(100))?;
    local.settle()?;
    Ok(local)
}

/// Calls whose requests are made of rows like those of the training.
fn captured(local: &Local, request: impl Fn([i64; 3]) -> String) -> Result<Vec<String>> {
    let mut lines = String::new();
    for number in 1_000..1_300 {
        let input = request(row(number));
        writeln!(lines, "{}", captured_event(&format!("call-{number}"), &input, "0.5\n"))?;
    }
    let key = format!("traffic/prod/AllTraffic/{HOUR}/00-00-000-a.jsonl");
    local.system.account.put_object("captured", &key, lines.as_bytes(), at(BEGIN + 60))?;
    local.settle()
}

fn usual([amount, age, debt]: [i64; 3]) -> String {
    format!("{amount},{age},{debt}")
}

/// From another system, which counts debts as negative.
fn unusual([amount, age, debt]: [i64; 3]) -> String {
    format!("{amount},{age},{}", -1 - debt)
}

fn tick(local: &Local, after: i64) -> Result<Vec<String>> {
    let event = json!({
        "version": "0", "id": format!("tick-{after}"), "detail-type": "Scheduled Event", "source": "aws.events",
        "account": Story::ACCOUNT, "time": at(after), "region": Story::REGION,
        "resources": ["arn:aws:events:eu-west-1:111122223333:rule/clock"], "detail": {},
    });
    let handled = block_on(local.system.deliver(&event.to_string(), at(after)))?;
    let mut done: Vec<String> =
        handled.iter().map(|each| format!("{}: {:?}", each.function, each.outcome)).collect();
    done.extend(local.settle()?);
    Ok(done)
}

fn file(local: &Local, folder: &str, name: &str) -> Result<Option<Vec<u8>>> {
    Ok(block_on(local.system.account.read(System::EVIDENCE_BUCKET, &format!("{folder}/{name}"), 1 << 20))?)
}

fn report(local: &Local, folder: &str) -> Result<WindowReport> {
    Ok(WindowReport::parse(&file(local, folder, WindowReport::FILE)?.ok_or("there is no evaluation")?)?)
}

fn sent(local: &Local, detail_type: &str, kind: &str) -> Result<Vec<Value>> {
    let sent = local.sent()?.into_iter().filter(|notice| notice.detail_type == detail_type);
    Ok(sent.map(|notice| notice.detail).filter(|detail| detail["monitoring_type"] == kind).collect())
}

#[test]
fn the_reasons_of_a_model_are_kept_from_training_on_and_judged_in_each_window() -> Result<()> {
    let local = trained(MADE, &stumps())?;
    captured(&local, usual)?;
    let done = tick(&local, CLOSED)?;
    let report = report(&local, FOLDER).map_err(|error| format!("{error}: {done:#?}"))?;
    let reasons = report.attribution.clone().ok_or("no reasons")?;
    let named: Vec<&str> = reasons.features.iter().map(|each| each.name.as_str()).collect();
    assert_eq!(named, ["amount", "age", "debt"], "the names are those of the training data");
    assert_eq!((reasons.rows, reasons.of, reasons.unusable), (300, 300, 0));
    let amount = &reasons.features[0];
    assert!((amount.importance - 1.0).abs() < 0.05, "each value of it moves the answer by 1: {amount:?}");
    assert!((amount.before.unwrap() - 1.0).abs() < 0.05, "{amount:?}");
    assert!(reasons.score.unwrap() > 0.99 && report.violations.is_empty(), "{reasons:?}");
    let analysis: Value =
        serde_json::from_slice(&file(&local, FOLDER, "analysis.json")?.ok_or("no analysis")?)?;
    let value = analysis["explanations"]["tree_shap"]["label0"]["global_shap_values"]["amount"].as_f64();
    assert_eq!(value, Some(amount.importance), "Clarify's form");
    assert_eq!(sent(&local, DRIFT_ALERT, "ModelExplainability")?, Vec::<Value>::new());
    assert_eq!(sent(&local, MONITORING_FAILED, "ModelExplainability")?, Vec::<Value>::new());
    let lineage = local.lineage("endpoint/prod")?.to_string();
    assert!(lineage.contains("model-explainability") && lineage.contains("tree_shap"), "{lineage}");
    Ok(())
}

#[test]
fn reasons_that_move_are_an_alert_and_drift_says_what_it_does_to_the_answers() -> Result<()> {
    let local = trained(MADE, &stumps())?;
    captured(&local, unusual)?;
    let data = sent(&local, DRIFT_ALERT, "DataQuality")?;
    let text = data[0]["text"].as_str().unwrap_or_default().to_owned();
    assert!(text.contains("its answers moved by +") && text.contains("most by debt (+"), "{text}");
    let moved = &data[0]["window"]["attribution"]["moved"];
    let shift = moved["by"].as_f64().unwrap();
    assert!((3.9..4.1).contains(&shift), "each negative debt adds 4: {moved}");
    assert_eq!(moved["features"].as_array().map(Vec::len), Some(3));
    assert_eq!(data[0]["severity"], "critical", "the model relies on the feature that drifted");
    assert!(file(&local, FOLDER, WindowReport::FILE)?.is_none(), "the window is still open");

    tick(&local, CLOSED)?;
    let report = report(&local, FOLDER)?;
    let score = report.attribution.as_ref().and_then(|reasons| reasons.score).unwrap();
    assert!(score < 0.9, "{report:?}");
    let violations = Violations::parse(&file(&local, FOLDER, "constraint_violations.json")?.ok_or("none")?)?;
    assert_eq!(violations.violations, report.violations);
    let check = report.violations[0].constraint_check_type.as_deref();
    assert_eq!(check, Some("feature_attribution_drift_check"));
    let alerts = sent(&local, DRIFT_ALERT, "ModelExplainability")?;
    let text = alerts[0]["text"].as_str().unwrap_or_default();
    assert!(text.contains("the score is 0.") && text.contains("most important: debt"), "{text}");
    assert_eq!(alerts.len(), 1);
    Ok(())
}
