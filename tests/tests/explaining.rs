//! The reasons of the deployed model: the features that it relied on in training, those that it relies on in each window, and who is
//! informed.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where something is missing")]

#[path = "explaining/archives.rs"]
mod archives;
#[path = "explaining/kept.rs"]
mod kept;

use std::fmt::Write as _;
use std::io::Read as _;

use futures::executor::block_on;
use sagewarden_events::ResourceKind;
use sagewarden_govern::ports::Objects as _;
use sagewarden_govern::{Ask, DRIFT_ALERT, MONITORING_FAILED, Question, answer};
use sagewarden_lineage::answer::Format;
use sagewarden_local::{Story, Stump, System, model_archive};
use sagewarden_monitor::{Violations, WindowReport};
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, SETTINGS, at, captured_event, model, scattered, training_job};
use sagewarden_view::reply;
use serde_json::{Value, json};

const FOLDER: &str = "reports/AllTraffic/prod/sagewarden-model-explainability/2026/03/03/10";
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

/// The same model, bare.
fn model_json() -> Vec<u8> {
    let archive = stumps();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(archive.as_slice()));
    let mut model = Vec::new();
    archive.entries().unwrap().next().unwrap().unwrap().read_to_end(&mut model).unwrap();
    model
}

/// Two numbers below a hundred, and one that is never negative in training.
fn row(number: u64) -> [i64; 3] {
    let mixed = scattered(number);
    [mixed % 100, mixed / 100 % 100, mixed / 10_000 % 100].map(|value| i64::try_from(value).unwrap())
}

/// A system with training data.
fn prepared(settings: &str) -> Result<Local> {
    let local = Local::with(Bundle::embedded()?.with_settings(&format!("{SETTINGS}{settings}"))?)?;
    let mut csv = "label,amount,age,debt\n".to_owned();
    for number in 0..400 {
        let [amount, age, debt] = row(number);
        writeln!(csv, "{},{amount},{age},{debt}", number % 2)?;
    }
    local.system.account.put_object("data", "train/part-0.csv", csv.as_bytes(), at(1))?;
    Ok(local)
}

/// The endpoint `prod` serves what the job `t` has trained; `artifact` is what the job left.
fn trained(settings: &str, artifact: &[u8]) -> Result<Local> {
    let local = prepared(settings)?;
    train(&local, "t", artifact, 10)?;
    local.settle()?;
    local.serve_model("s3://captured/traffic", &model_of("m", "t"))?;
    local.settle()?;
    Ok(local)
}

/// A job of this name trains a model; its events are still to be delivered.
fn train(local: &Local, name: &str, artifact: &[u8], after: i64) -> Result<()> {
    let source = json!({ "S3DataSource": { "S3DataType": "S3Prefix", "S3Uri": "s3://data/train/" } });
    let channel = json!({ "ChannelName": "train", "ContentType": "text/csv", "DataSource": source });
    let mut request = training_job(name, &[]);
    request["InputDataConfig"] = json!([channel]);
    let job = local.create(ResourceKind::TrainingJob, &request, after)?;
    let account = &local.system.account;
    account.put_object("models", &format!("out/{name}/output/model.tar.gz"), artifact, at(after + 40))?;
    account.finish_training(&job, at(after + 50))?;
    Ok(())
}

/// A model of what a job has left.
fn model_of(name: &str, job: &str) -> Value {
    let mut request = model(name);
    request["PrimaryContainer"]["ModelDataUrl"] = json!(format!("s3://models/out/{job}/output/model.tar.gz"));
    request
}

/// Calls whose requests have rows like the rows of the training data.
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

/// The clock's event.
fn tick_of(after: i64) -> String {
    let event = json!({
        "version": "0", "id": format!("tick-{after}"), "detail-type": "Scheduled Event", "source": "aws.events",
        "account": Story::ACCOUNT, "time": at(after), "region": Story::REGION,
        "resources": ["arn:aws:events:eu-west-1:111122223333:rule/clock"], "detail": {},
    });
    event.to_string()
}

fn tick(local: &Local, after: i64) -> Result<Vec<String>> {
    let handled = block_on(local.system.deliver(&tick_of(after), at(after)))?;
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

/// The answer to a question about the endpoint, as a document.
fn asked(local: &Local, question: &Question) -> Result<String> {
    let reply = block_on(answer(&local.system.store, question, &|| false))?;
    Ok(reply::text(&reply, Format::Tree)?)
}

#[test]
fn histories_and_differences_show_importances() -> Result<()> {
    let local = trained(MADE, &stumps())?;
    captured(&local, usual)?;
    tick(&local, CLOSED)?;
    let history = asked(&local, &Question { ask: Ask::History, ..Question::about("endpoint/prod") })?;
    assert!(history.contains("ModelExplainability found no violation in "), "{history}");
    assert!(history.contains("the score is 0.9") || history.contains("the score is 1."), "{history}");
    assert!(history.contains("most important: amount "), "{history}");
    Ok(())
}

/// The cause and the reason of each notice.
type Causes = Vec<(Value, Value)>;

/// How a window ends: the reason in its evaluation, and the causes of what is published about it.
fn ended(local: &Local) -> Result<(Option<String>, Causes)> {
    tick(local, CLOSED)?;
    let unknown = report(local, FOLDER).ok().and_then(|report| report.unknown);
    let sent = sent(local, MONITORING_FAILED, "ModelExplainability")?;
    Ok((
        unknown,
        sent.into_iter().map(|detail| (detail["cause"].clone(), detail["reason"].clone())).collect(),
    ))
}

#[test]
fn a_model_of_another_kind_is_no_fault() -> Result<()> {
    for artifact in [&b"weights"[..], b"", &[0x1f, 0x8b, 8, 0]] {
        let local = trained(MADE, artifact)?;
        captured(&local, unusual)?;
        assert_eq!(ended(&local)?, (None, Vec::new()), "{artifact:?}");
        assert_eq!(sent(&local, DRIFT_ALERT, "DataQuality")?.len(), 1, "its data is judged all the same");
    }
    Ok(())
}

/// An archive with a member of this name.
fn archive(member: &str, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_data(&mut header, member, content).unwrap();
    archive.into_inner().unwrap()
}

#[test]
fn a_damaged_model_of_xgboost_blinds_the_monitor_and_is_published_with_its_place() -> Result<()> {
    // A pickle that would run a command, a tree without end, and bytes of nothing.
    let circle = String::from_utf8(model_json())?.replace("\"left_children\":[1,", "\"left_children\":[0,");
    let hostile: [(&[u8], &str); 3] = [
        (b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00exit\x85R.", "pickle"),
        (circle.as_bytes(), "tree 0: node 0 leads to node 0"),
        (b"nothing", "not a model of XGBoost or LightGBM"),
    ];
    for (content, expect) in hostile {
        let local = trained(MADE, &archive("xgboost-model", content))?;
        captured(&local, usual)?;
        let (unknown, causes) = ended(&local)?;
        let unknown = unknown.ok_or("no evaluation")?;
        let place = "the model `s3://models/out/t/output/model.tar.gz?versionId=";
        assert!(unknown.starts_with(place) && unknown.contains(expect), "{unknown}");
        assert_eq!(causes, [(json!("attribution-unmeasured"), json!(unknown))]);
    }
    Ok(())
}

#[test]
fn requests_that_do_not_fit_the_model_are_published_with_file_and_row() -> Result<()> {
    let local = trained(MADE, &stumps())?;
    captured(&local, |[amount, age, _]| format!("{amount},{age},none of your business"))?;
    let (_, causes) = ended(&local)?;
    let reason = causes[0].1.as_str().unwrap_or_default();
    assert!(
        reason.starts_with("300 of 300 rows do not fit the model; of the first, row 1 of s3://captured/"),
        "{reason}"
    );
    assert!(reason.ends_with("`none of your business` in column `debt` is not a number"), "{reason}");
    Ok(())
}

#[test]
fn the_settings_name_another_baseline_another_threshold_or_no_watch() -> Result<()> {
    let with = |attribution: &str| {
        let settings =
            format!("{MADE}[[drift.detect.endpoints]]\nendpoint = \"prod\"\nattribution = {attribution}\n");
        let local = trained(&settings, &stumps())?;
        captured(&local, unusual)?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(local)
    };
    let local = with("{ watch = false }")?;
    assert_eq!(ended(&local)?, (None, Vec::new()));
    assert!(file(&local, FOLDER, WindowReport::FILE)?.is_none());
    let local = with("{ threshold = 0.1 }")?;
    tick(&local, CLOSED)?;
    assert_eq!(report(&local, FOLDER)?.violations, [], "its score is higher");
    let local = with("{ baseline = \"s3://baselines/reasons\" }")?;
    let (_, causes) = ended(&local)?;
    assert!(causes[0].1.as_str().unwrap_or_default().contains("but it has no `analysis.json`"), "{causes:?}");
    let local = with("{ baseline = \"s3://baselines/reasons\" }")?;
    let clarify = br#"{"explanations":{"kernel_shap":{"label0":{"global_shap_values":{"amount":1}}}}}"#;
    local.system.account.put_object("baselines", "reasons/analysis.json", clarify, at(1))?;
    let (unknown, causes) = ended(&local)?;
    let expect = "`s3://baselines/reasons/analysis.json` has no SHAP values of trees to compare with";
    assert_eq!((unknown.as_deref(), causes.len()), (Some(expect), 0), "importances are kept all the same");
    Ok(())
}

#[test]
fn without_a_baseline_the_importances_are_kept_and_nothing_is_judged() -> Result<()> {
    let named = "\n[drift.detect]\nmin_rows = 20\n[[drift.detect.endpoints]]\nendpoint = \"prod\"\nbaseline = \"s3://baselines/b\"\n";
    let local = trained(named, &stumps())?;
    let features = ["_c0", "_c1", "_c2", "_c3"]
        .map(|name| json!({ "name": name, "inferred_type": "Fractional", "completeness": 1.0 }));
    let constraints = json!({ "version": 0.0, "features": features }).to_string();
    local.system.account.put_object("baselines", "b/constraints.json", constraints.as_bytes(), at(150))?;
    captured(&local, usual)?;
    let (unknown, causes) = ended(&local)?;
    assert!(unknown.is_some_and(|why| why.starts_with("there is no baseline of attributions")));
    assert_eq!(causes, []);
    let reasons = report(&local, FOLDER)?.attribution.ok_or("no reasons")?;
    let named: Vec<&str> = reasons.features.iter().map(|each| each.name.as_str()).collect();
    assert_eq!(named, ["_c1", "_c2", "_c3"], "the first column of the baseline is the answer's");
    let history = asked(&local, &Question { ask: Ask::History, ..Question::about("endpoint/prod") })?;
    assert!(history.contains("most important: _c1"), "{history}");
    Ok(())
}

#[test]
fn a_window_that_is_closed_again_says_the_same() -> Result<()> {
    let local = trained(MADE, &stumps())?;
    captured(&local, unusual)?;
    tick(&local, CLOSED)?;
    let (before, sent) = (file(&local, FOLDER, WindowReport::FILE)?, local.sent()?.len());
    // The event of the captured file is delivered once more, and the clock ticks again.
    captured(&local, unusual)?;
    tick(&local, CLOSED + 300)?;
    assert_eq!(file(&local, FOLDER, WindowReport::FILE)?.is_some(), before.is_some());
    assert_eq!(local.sent()?.len(), sent);
    Ok(())
}

#[test]
fn reasons_that_move_are_an_alert_and_drift_says_what_it_does_to_the_answers() -> Result<()> {
    let local = trained(MADE, &stumps())?;
    captured(&local, unusual)?;
    let data = sent(&local, DRIFT_ALERT, "DataQuality")?;
    let text = data[0]["text"].as_str().unwrap_or_default().to_owned();
    assert!(text.contains("its answers moved by +") && text.contains("mostly because of debt (+"), "{text}");
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
