//! Somebody who may write to the place of labels, or of evaluations, wants a model to look better than it is.

use std::fmt::Write as _;

use futures::executor::block_on;
use sagewarden_govern::DRIFT_ALERT;
use sagewarden_govern::ports::Objects as _;
use sagewarden_local::System;
use sagewarden_monitor::WindowReport;
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, SETTINGS, at, captured_event};
use serde_json::json;

const DAY: i64 = 86_400;
const REPORT: &str = "reports/AllTraffic/prod/sagewarden-model-quality/2026/03/03/10/evaluation.json";
const WATCHED: &str = r#"
[drift.detect]
min_rows = 20
[[drift.detect.endpoints]]
endpoint = "prod"
quality = { ground_truth = "s3://labels/credit", ground_truth_delay_hours = 3, problem = "binary", inference = "0", baseline = "s3://baselines/q" }
"#;

/// An endpoint whose model is wrong about each second of its sixty calls, and whose labels have come.
fn measured(event: impl Fn(u64) -> String) -> Result<Local> {
    let local = Local::with(Bundle::embedded()?.with_settings(&format!("{SETTINGS}{WATCHED}"))?)?;
    local.serve_captured("s3://captured/traffic")?;
    let account = &local.system.account;
    let threshold = json!({ "accuracy": { "threshold": 0.8, "comparison_operator": "LessThanThreshold" } });
    let constraints = json!({ "version": 0.0, "binary_classification_constraints": threshold });
    account.put_object("baselines", "q/constraints.json", constraints.to_string().as_bytes(), at(0))?;
    let (mut predictions, mut labels) = (String::new(), String::new());
    for call in 0..60 {
        writeln!(predictions, "{}", captured_event(&event(call), "1,2", "1\n"))?;
        labels += &label(&event(call), call % 2);
    }
    let key = "traffic/prod/AllTraffic/2026/03/03/09/00-00-000-a.jsonl";
    account.put_object("captured", key, predictions.as_bytes(), at(DAY + 60))?;
    account.put_object("labels", "credit/2026/03/03/10/a.jsonl", labels.as_bytes(), at(DAY + 3_600))?;
    local.settle()?;
    Ok(local)
}

fn label(id: &str, label: u64) -> String {
    let truth = json!({ "data": label.to_string(), "encoding": "CSV" });
    format!("{}\n", json!({ "groundTruthData": truth, "eventMetadata": { "eventId": id } }))
}

fn tick(local: &Local, after: i64) -> Result<()> {
    let event = json!({
        "version": "0", "id": format!("tick-{after}"), "detail-type": "Scheduled Event", "source": "aws.events",
        "account": sagewarden_local::Story::ACCOUNT, "time": at(after), "region": sagewarden_local::Story::REGION,
        "resources": [], "detail": {},
    });
    block_on(local.system.deliver(&event.to_string(), at(after)))?;
    local.settle()?;
    Ok(())
}

fn alerts(local: &Local) -> Result<Vec<String>> {
    let sent = local.sent()?.into_iter().filter(|notice| notice.detail_type == DRIFT_ALERT);
    Ok(sent.map(|notice| notice.detail.to_string()).collect())
}

fn report(local: &Local) -> Result<Option<Vec<u8>>> {
    Ok(block_on(local.system.account.read(System::EVIDENCE_BUCKET, REPORT, 1 << 20))?)
}

/// The hour from 09:00 on is closed at 10:15, and no label is waited for after 13:15.
const CLOSED: i64 = DAY + 3_600 + 16 * 60;
const OVER: i64 = DAY + 4 * 3_600 + 16 * 60;

#[test]
fn labels_that_are_written_anew_once_the_window_was_measured_change_nothing() -> Result<()> {
    let local = measured(|call| format!("call-{call}"))?;
    tick(&local, CLOSED)?;
    tick(&local, OVER)?;
    let before = report(&local)?;
    assert_eq!(alerts(&local)?.len(), 1);
    let better: String = (0..60).map(|call| label(&format!("call-{call}"), 1)).collect();
    local.system.account.put_object(
        "labels",
        "credit/2026/03/03/10/a.jsonl",
        better.as_bytes(),
        at(OVER + 60),
    )?;
    local.settle()?;
    for hours in 1..4 {
        tick(&local, OVER + hours * 3_600)?;
    }
    assert_eq!(report(&local)?, before);
    Ok(())
}

/// An evaluation that says that all is well is believed where `detect-drift` writes it, of the files that it noted, and nowhere else.
#[test]
fn an_evaluation_of_predictions_that_somebody_else_wrote_leads_to_nothing() -> Result<()> {
    let local = measured(|call| format!("call-{call}"))?;
    tick(&local, CLOSED)?;
    let mut forged: serde_json::Value = serde_json::from_slice(&report(&local)?.ok_or("no report")?)?;
    let before = alerts(&local)?;
    let lie =
        json!({ "metric_name": "recall", "constraint_check_type": "LessThanThreshold", "description": "-" });
    forged["violations"] = json!([lie]);
    let mut write = |key: &str, change: &dyn Fn(&mut serde_json::Value)| -> Result<()> {
        change(&mut forged);
        let body = forged.to_string();
        local.system.account.put_object(System::EVIDENCE_BUCKET, key, body.as_bytes(), at(CLOSED + 60))?;
        local.settle()?;
        Ok(())
    };
    // Evaluations of a window that was never opened, of a variant that does not exist, and with the labels of another monitor.
    write(&REPORT.replace("/03/10/", "/03/12/"), &|_| {})?;
    write(&REPORT.replace("AllTraffic", "other"), &|report| report["variant"] = json!("other"))?;
    write(&REPORT.replace("model-quality", "data-quality"), &|report| {
        report["variant"] = json!("AllTraffic")
    })?;
    write(REPORT, &|report| report["files"] = json!(["s3://elsewhere/a.jsonl"]))?;
    write(REPORT, &|report| {
        report["files"] = json!([]);
        report["labelled"] = json!(null);
    })?;
    let refused = local.system.quarantine.kept()?;
    assert!(
        refused
            .iter()
            .any(|kept| kept["reason"].as_str().is_some_and(|why| why.contains("`labelled` disagree"))),
        "{refused:?}"
    );
    assert_eq!(alerts(&local)?, before);
    Ok(())
}

/// The caller of the endpoint, or the author of the labels, chooses the ids.
#[test]
fn an_id_with_instructions_in_it_stays_a_word() -> Result<()> {
    let evil = |call: u64| format!("call-{call}\" https://evil.example\n</script>{}", "x".repeat(2_000));
    let local = measured(evil)?;
    let strange: String = (0..60).map(|call| label(&format!("other-{}", evil(call)), 1)).collect();
    local.system.account.put_object(
        "labels",
        "credit/2026/03/03/10/a.jsonl",
        strange.as_bytes(),
        at(DAY + 3_660),
    )?;
    local.settle()?;
    tick(&local, CLOSED)?;
    tick(&local, OVER)?;
    let report = WindowReport::parse(&report(&local)?.ok_or("no report")?)?;
    assert!(report.unknown.as_ref().is_some_and(|why| why.chars().count() < 500), "{report:?}");
    let failed = local.sent()?.into_iter().find(|notice| notice.detail["cause"] == "labels-missing");
    let text = failed.ok_or("no finding")?.detail["text"].as_str().unwrap_or_default().to_owned();
    assert!(text.contains("https[:]//evil.example") && !text.contains('"') && !text.contains('\n'), "{text}");
    Ok(())
}
