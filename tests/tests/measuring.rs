//! From labels that come late and in pieces to the quality of the model: the times, the repetitions and the order of the arrivals change
//! nothing.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

#[path = "measuring/bias.rs"]
mod bias;
#[path = "measuring/due.rs"]
mod due;
#[path = "measuring/package.rs"]
mod package;

use std::fmt::Write as _;

use futures::executor::block_on;
use sagewarden_events::ResourceKind;
use sagewarden_govern::ports::Objects as _;
use sagewarden_govern::{BASELINE_MISSING, DRIFT_ALERT, MONITORING_FAILED};
use sagewarden_local::{Story, System};
use sagewarden_monitor::{Violations, WindowReport};
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, SETTINGS, at, captured_event, model, scattered};
use serde_json::{Value, json};

const FOLDER: &str = "reports/AllTraffic/prod/sagewarden-model-quality/2026/03/03/10";
const HOUR: &str = "2026/03/03/09";
/// When the hour from 09:00 on begins, in seconds of the story.
const BEGIN: i64 = 86_400;
const WATCHED: &str = r#"
[drift.detect]
min_rows = 20
[[drift.detect.endpoints]]
endpoint = "prod"
[drift.detect.endpoints.quality]
ground_truth = "s3://labels/credit"
ground_truth_delay_hours = 6
problem = "binary"
probability = "0"
baseline = "s3://baselines/quality"
"#;
/// An accuracy that a model with the right answers keeps.
const CONSTRAINTS: &str = r#"{"version":0.0,"binary_classification_constraints":{
    "accuracy":{"threshold":0.8,"comparison_operator":"LessThanThreshold"},
    "recall":{"threshold":0.8,"comparison_operator":"LessThanThreshold"}}}"#;

/// An endpoint that captures its traffic, and these settings.
fn serving(settings: &str) -> Result<Local> {
    let local = Local::with(Bundle::embedded()?.with_settings(&format!("{SETTINGS}{settings}"))?)?;
    local.serve_captured("s3://captured/traffic")?;
    put(&local, "baselines", "quality/constraints.json", CONSTRAINTS, 150)?;
    local.settle()?;
    Ok(local)
}

fn put(local: &Local, bucket: &str, key: &str, content: &str, after: i64) -> Result<()> {
    local.system.account.put_object(bucket, key, content.as_bytes(), at(after))?;
    Ok(())
}

/// Predictions of these calls: each second one is likely to be 1.
fn captured(local: &Local, calls: std::ops::Range<u64>, after: i64) -> Result<()> {
    let mut lines = String::new();
    for call in calls.clone() {
        let score = if call % 2 == 1 { "0.9" } else { "0.1" };
        writeln!(lines, "{}", captured_event(&format!("call-{call}"), "1,2", &format!("{score}\n")))?;
    }
    let key = format!("traffic/prod/AllTraffic/{HOUR}/{:02}-00-000-a.jsonl", calls.start % 60);
    put(local, "captured", &key, &lines, after)
}

/// Labels of these calls; the model is wrong about every so many.
fn labels(calls: std::ops::Range<u64>, wrong: u64) -> String {
    let mut lines = String::new();
    for call in calls {
        let is_wrong = scattered(call) % 100 < wrong;
        let label = (call % 2) ^ u64::from(is_wrong);
        let record = json!({
            "groundTruthData": { "data": label.to_string(), "encoding": "CSV" },
            "eventMetadata": { "eventId": format!("call-{call}") },
            "eventVersion": "0",
        });
        writeln!(lines, "{record}").unwrap();
    }
    lines
}

fn labelled(local: &Local, file: &str, content: &str, hour: &str, after: i64) -> Result<()> {
    put(local, "labels", &format!("credit/{hour}/{file}.jsonl"), content, after)
}

/// The clock ticks.
fn tick(local: &Local, after: i64) -> Result<Vec<String>> {
    let event = json!({
        "version": "0", "id": format!("tick-{after}"), "detail-type": "Scheduled Event", "source": "aws.events",
        "account": Story::ACCOUNT, "time": at(after), "region": Story::REGION,
        "resources": ["arn:aws:events:eu-west-1:111122223333:rule/clock"], "detail": {},
    });
    let mut done = Vec::new();
    for each in block_on(local.system.deliver(&event.to_string(), at(after)))? {
        if let Ok(outcome) = &each.outcome {
            done.push(format!("{}: {}", each.function, outcome.text()));
        } else {
            done.push(format!("{}: {:?}", each.function, each.outcome));
        }
    }
    local.settle()?;
    Ok(done)
}

const CLOSED: i64 = BEGIN + 3_600 + 16 * 60;
const LAST: i64 = BEGIN + 7 * 3_600 + 16 * 60;

fn file(local: &Local, name: &str) -> Result<Option<Vec<u8>>> {
    Ok(block_on(local.system.account.read(System::EVIDENCE_BUCKET, &format!("{FOLDER}/{name}"), 1 << 20))?)
}

fn report(local: &Local) -> Result<WindowReport> {
    Ok(WindowReport::parse(&file(local, WindowReport::FILE)?.ok_or("there is no evaluation")?)?)
}

fn sent(local: &Local, detail_type: &str) -> Result<Vec<Value>> {
    let quality =
        |detail: &Value| detail["monitoring_type"] == "ModelQuality" || detail_type == BASELINE_MISSING;
    let sent = local.sent()?.into_iter().filter(|notice| notice.detail_type == detail_type);
    Ok(sent.map(|notice| notice.detail).filter(quality).collect())
}

#[test]
fn a_model_is_measured_as_labels_come_and_again_when_they_are_complete() -> Result<()> {
    let local = serving(WATCHED)?;
    captured(&local, 0..200, BEGIN + 60)?;
    local.settle()?;
    let done = tick(&local, CLOSED)?;
    assert!(file(&local, WindowReport::FILE)?.is_none(), "no label has come: {done:?}");

    // Two hours later the first labels come, under the hour in which they were collected.
    labelled(&local, "a", &labels(0..50, 50), "2026/03/03/11", BEGIN + 2 * 3_600)?;
    local.settle()?;
    tick(&local, BEGIN + 2 * 3_600 + 300)?;
    assert!(file(&local, WindowReport::FILE)?.is_none(), "the files of an hour are read together");
    let done = tick(&local, BEGIN + 3 * 3_600 + 60)?;
    let first = report(&local)?;
    let rows = first.labelled.clone().ok_or("no labels")?;
    assert_eq!((rows.predictions, rows.labels, rows.matched), (200, 50, 50), "{done:?}");
    assert!(!first.window.complete);
    assert_eq!(first.violations.len(), 2, "half of the answers are wrong: {first:?}");
    let alerts = sent(&local, DRIFT_ALERT)?;
    let text = alerts[0]["text"].as_str().unwrap_or_default();
    assert!(text.contains("50 of 200 predictions have labels"), "{text}");
    assert_eq!((&alerts[0]["severity"], alerts.len()), (&json!("critical"), 1));
    assert_eq!(alerts[0]["window"]["labelled"]["metrics"]["accuracy"], rows.metrics["accuracy"]);

    labelled(&local, "b", &labels(50..180, 0), "2026/03/03/13", BEGIN + 5 * 3_600)?;
    local.settle()?;
    tick(&local, LAST)?;
    let last = report(&local)?;
    let rows = last.labelled.clone().ok_or("no labels")?;
    assert_eq!((rows.matched, rows.files.len(), last.window.complete), (180, 2, true));
    assert_eq!(last.violations, [], "the first labels were of the worst");
    let statistics: Value =
        serde_json::from_slice(&file(&local, "statistics.json")?.ok_or("no statistics")?)?;
    assert_eq!(statistics["dataset"]["item_count"], 180);
    assert_eq!(statistics["dataset"]["start_time"], "2026-03-03T09:00:00Z");
    let accuracy = statistics["binary_classification_metrics"]["accuracy"]["value"].as_f64();
    assert_eq!(accuracy, rows.metrics.get("accuracy").copied());
    assert_eq!(
        Violations::parse(&file(&local, "constraint_violations.json")?.ok_or("none")?)?.violations,
        []
    );
    assert!(local.lineage("endpoint/prod")?.to_string().contains("model-quality"));
    assert_eq!(sent(&local, MONITORING_FAILED)?, Vec::<Value>::new());
    // Nothing is left to be done.
    let done = tick(&local, LAST + 7 * 86_400)?;
    assert!(done.iter().all(|text| !text.contains("model quality of")), "{done:?}");
    Ok(())
}

#[test]
fn labels_that_come_twice_or_in_another_order_change_nothing() -> Result<()> {
    let pieces = [(0..60, 40), (60..120, 5), (120..200, 0), (0..20, 100)];
    let mut results = Vec::new();
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
        let local = serving(WATCHED)?;
        captured(&local, 0..100, BEGIN + 60)?;
        captured(&local, 100..200, BEGIN + 120)?;
        let mut bodies = Vec::new();
        for (number, (calls, wrong)) in (0..).zip(pieces.clone()) {
            labelled(
                &local,
                &format!("{number}"),
                &labels(calls, wrong),
                HOUR,
                BEGIN + 1_000 + 100 * number,
            )?;
        }
        let told: Vec<String> =
            local.system.account.drain_events()?.iter().map(ToString::to_string).collect();
        let (traffic, labels) = told.split_at(2);
        for body in order.map(|index| &labels[index]).into_iter().chain(traffic) {
            local.deliver(body)?;
            bodies.push(body.clone());
        }
        tick(&local, CLOSED)?;
        for body in &bodies {
            local.deliver(body)?;
        }
        tick(&local, LAST)?;
        let [statistics, evaluation] =
            [file(&local, "statistics.json")?, file(&local, WindowReport::FILE)?].map(Option::unwrap);
        results.push((String::from_utf8(statistics)?, String::from_utf8(evaluation)?));
    }
    assert!(
        results.iter().all(|each| *each == results[0]),
        "another order made another result: {results:#?}"
    );
    let report = serde_json::from_str::<WindowReport>(&results[0].1)?;
    let rows = report.labelled.ok_or("no labels")?;
    assert_eq!(rows.matched, 200);
    // If a call has two labels, the later one counts.
    let is_wrong = |call: u64| match call {
        0..20 => true,
        20..60 => scattered(call) % 100 < 40,
        60..120 => scattered(call) % 100 < 5,
        _ => false,
    };
    let right = (0..200).filter(|call| !is_wrong(*call)).count();
    assert_eq!(rows.metrics.get("accuracy"), Some(&(right as f64 / 200.0)));
    Ok(())
}

#[test]
fn labels_that_never_come_are_a_finding() -> Result<()> {
    let local = serving(WATCHED)?;
    captured(&local, 0..30, BEGIN + 60)?;
    local.settle()?;
    tick(&local, CLOSED)?;
    assert_eq!(sent(&local, MONITORING_FAILED)?, Vec::<Value>::new());
    tick(&local, LAST)?;
    let found = sent(&local, MONITORING_FAILED)?;
    assert_eq!((found.len(), &found[0]["cause"]), (1, &json!("labels-missing")));
    let text = found[0]["text"].as_str().unwrap_or_default();
    assert!(text.contains("no file of labels came under s3://labels/credit for 30 predictions"), "{text}");
    assert!(file(&local, "statistics.json")?.is_none());
    Ok(())
}

#[test]
fn labels_without_a_prediction_judge_nothing() -> Result<()> {
    let local = serving(WATCHED)?;
    labelled(&local, "a", &labels(0..200, 50), HOUR, BEGIN + 600)?;
    local.settle()?;
    for after in [CLOSED, LAST] {
        let done = tick(&local, after)?;
        assert!(done.iter().all(|text| !text.contains("Err")), "{done:?}");
    }
    assert!(file(&local, WindowReport::FILE)?.is_none());
    assert_eq!(sent(&local, DRIFT_ALERT)?, Vec::<Value>::new());
    // The predictions that come after all are measured with these labels.
    captured(&local, 0..200, BEGIN + 900)?;
    local.settle()?;
    tick(&local, LAST + 3_600)?;
    assert_eq!(report(&local)?.labelled.ok_or("no labels")?.matched, 200);
    assert_eq!(sent(&local, DRIFT_ALERT)?.len(), 1);
    Ok(())
}

#[test]
fn a_clock_that_runs_back_measures_nothing_anew() -> Result<()> {
    let local = serving(WATCHED)?;
    captured(&local, 0..200, BEGIN + 60)?;
    labelled(&local, "a", &labels(0..200, 50), HOUR, BEGIN + 600)?;
    local.settle()?;
    tick(&local, LAST)?;
    let (first, alerts) = (file(&local, WindowReport::FILE)?, sent(&local, DRIFT_ALERT)?);
    assert_eq!((alerts.len(), report(&local)?.window.complete), (1, true));
    for after in [CLOSED, BEGIN, LAST] {
        tick(&local, after)?;
        assert_eq!(file(&local, WindowReport::FILE)?, first, "after a tick of {after}");
        assert_eq!(sent(&local, DRIFT_ALERT)?, alerts);
    }
    assert_eq!(sent(&local, MONITORING_FAILED)?, Vec::<Value>::new());
    Ok(())
}

#[test]
fn labels_of_other_ids_are_a_finding_that_names_both() -> Result<()> {
    let local = serving(WATCHED)?;
    captured(&local, 0..30, BEGIN + 60)?;
    labelled(&local, "a", &labels(1_000..1_030, 0), HOUR, BEGIN + 600)?;
    local.settle()?;
    tick(&local, LAST)?;
    let found = sent(&local, MONITORING_FAILED)?;
    let reason = found[0]["reason"].as_str().unwrap_or_default();
    assert!(
        reason.contains("30 labels") && reason.contains("`call-1000`") && reason.contains("`call-0`"),
        "{reason}"
    );
    Ok(())
}

#[test]
fn labels_count_until_their_time_is_over_and_not_longer() -> Result<()> {
    let local = serving(WATCHED)?;
    captured(&local, 0..100, BEGIN + 60)?;
    labelled(&local, "a", &labels(0..50, 0), HOUR, BEGIN + 600)?;
    local.settle()?;
    tick(&local, LAST)?;
    let before = file(&local, WindowReport::FILE)?;
    labelled(&local, "b", &labels(50..100, 100), HOUR, LAST + 60)?;
    local.settle()?;
    tick(&local, LAST + 3_600)?;
    tick(&local, LAST + 7_200)?;
    assert_eq!(file(&local, WindowReport::FILE)?, before, "it was written after labels were waited for");

    // Also where the clock comes late.
    let local = serving(WATCHED)?;
    captured(&local, 0..100, BEGIN + 60)?;
    labelled(&local, "a", &labels(0..50, 0), HOUR, BEGIN + 600)?;
    local.settle()?;
    tick(&local, CLOSED)?;
    labelled(&local, "b", &labels(50..100, 100), HOUR, LAST + 60)?;
    local.settle()?;
    tick(&local, LAST + 7_200)?;
    assert_eq!(report(&local)?.labelled.map(|rows| rows.matched), Some(50));
    Ok(())
}

#[test]
fn files_elsewhere_are_no_labels() -> Result<()> {
    let local = serving(WATCHED)?;
    captured(&local, 0..100, BEGIN + 60)?;
    let wrong = labels(0..100, 100);
    put(&local, "labels", &format!("other/{HOUR}/a.jsonl"), &wrong, BEGIN + 600)?;
    put(&local, "labels", &format!("credit/deeper/{HOUR}/a.jsonl"), &wrong, BEGIN + 600)?;
    put(&local, "elsewhere", &format!("credit/{HOUR}/a.jsonl"), &wrong, BEGIN + 600)?;
    labelled(&local, "a", &wrong, "2026/03/03/15", BEGIN + 600)?;
    let done = local.settle()?;
    assert!(!done.iter().any(|text| text.contains("labels in s3://")), "{done:?}");
    tick(&local, LAST)?;
    let rows = report(&local)?.labelled.ok_or("no labels")?;
    assert_eq!((rows.labels, rows.matched), (0, 0));
    Ok(())
}

#[test]
fn a_schedule_says_what_the_settings_do_not() -> Result<()> {
    let local = serving("\n[drift.detect]\nmin_rows = 20\n")?;
    let input = json!({
        "EndpointInput": {
            "EndpointName": "prod", "LocalPath": "/opt/ml/processing/input", "ProbabilityAttribute": "0",
            "ProbabilityThresholdAttribute": 0.5, "StartTimeOffset": "-PT6H", "EndTimeOffset": "-PT0H",
        },
        "GroundTruthS3Input": { "S3Uri": "s3://labels/credit/" },
    });
    let definition = json!({
        "JobDefinitionName": "quality",
        "ModelQualityAppSpecification": { "ImageUri": "monitor@sha256:1", "ProblemType": "BinaryClassification" },
        "ModelQualityJobInput": input,
        "ModelQualityBaselineConfig": { "ConstraintsResource": { "S3Uri": "s3://baselines/quality/constraints.json" } },
    });
    local.create(ResourceKind::ModelQualityDefinition, &definition, 190)?;
    let schedule = json!({
        "MonitoringScheduleName": "quality",
        "MonitoringScheduleConfig": {
            "MonitoringType": "ModelQuality", "MonitoringJobDefinitionName": "quality",
            "MonitoringJobDefinition": { "MonitoringInputs": [{ "EndpointInput": { "EndpointName": "prod" } }] },
        },
    });
    local.create(ResourceKind::MonitoringSchedule, &schedule, 200)?;
    captured(&local, 0..100, BEGIN + 60)?;
    local.settle()?;
    tick(&local, CLOSED)?;
    labelled(&local, "a", &labels(0..100, 100), "2026/03/03/11", BEGIN + 2 * 3_600)?;
    local.settle()?;
    tick(&local, BEGIN + 3 * 3_600 + 60)?;
    assert_eq!(report(&local)?.violations.len(), 2);
    assert_eq!(sent(&local, DRIFT_ALERT)?.len(), 1);
    Ok(())
}

#[test]
fn without_a_baseline_the_model_is_measured_and_that_nothing_judges_it_is_a_finding() -> Result<()> {
    let local = serving(&WATCHED.replace("baseline = \"s3://baselines/quality\"\n", ""))?;
    captured(&local, 0..100, BEGIN + 60)?;
    labelled(&local, "a", &labels(0..100, 100), HOUR, BEGIN + 600)?;
    local.settle()?;
    tick(&local, LAST)?;
    assert!(file(&local, "statistics.json")?.is_some());
    assert!(file(&local, "constraint_violations.json")?.is_none());
    let found = sent(&local, MONITORING_FAILED)?;
    assert_eq!(found[0]["cause"], "quality-unmeasured");
    assert!(found[0]["reason"].as_str().unwrap_or_default().contains("no baseline"), "{found:?}");
    Ok(())
}

#[test]
fn few_labels_have_no_verdict_and_that_is_a_finding() -> Result<()> {
    let local = serving(WATCHED)?;
    captured(&local, 0..100, BEGIN + 60)?;
    labelled(&local, "a", &labels(0..3, 100), HOUR, BEGIN + 600)?;
    local.settle()?;
    tick(&local, LAST + 60)?;
    let report = report(&local)?;
    assert_eq!((report.rows, report.violations.len()), (3, 0));
    let words = "3 predictions with labels are too few for a verdict: with fewer than 50,";
    assert!(report.unknown.as_deref().is_some_and(|why| why.starts_with(words)), "{:?}", report.unknown);
    let found = sent(&local, MONITORING_FAILED)?;
    assert!(found.iter().any(|detail| detail.to_string().contains("too few for a verdict")), "{found:#?}");
    Ok(())
}

#[test]
fn a_baseline_that_cannot_be_used_is_published_once_and_the_window_is_given_up() -> Result<()> {
    let local = serving(WATCHED)?;
    put(&local, "baselines", "quality/constraints.json", "[]", BEGIN)?;
    captured(&local, 0..100, BEGIN + 60)?;
    labelled(&local, "a", &labels(0..100, 100), HOUR, BEGIN + 600)?;
    local.settle()?;
    for after in [CLOSED, CLOSED + 300, LAST, LAST + 3_600] {
        tick(&local, after)?;
    }
    let found = sent(&local, BASELINE_MISSING)?;
    let about_quality = |detail: &&Value| detail["text"].as_str().unwrap_or_default().contains("predictions");
    assert_eq!(found.iter().filter(about_quality).count(), 1, "{found:#?}");
    let done = tick(&local, LAST + 7 * 3_600)?;
    assert!(done.iter().any(|text| text.contains("are given up")), "{done:?}");
    let done = tick(&local, LAST + 8 * 3_600)?;
    assert!(!done.iter().any(|text| text.contains("are given up")), "{done:?}");
    Ok(())
}
