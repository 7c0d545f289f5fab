//! Reports that anybody who may write to a bucket can write.

use futures::executor::block_on;
use sagewarden_govern::ports::Objects as _;
use sagewarden_govern::{DRIFT_ALERT, FINDING_REWRITTEN, MONITORING_FAILED, RETRAINING_SUGGESTED};
use sagewarden_local::System;
use sagewarden_tests::local::{Local, at};
use sagewarden_tests::{Result, monitor};
use serde_json::{Value, json};

use crate::traffic::{DAY, OVER, drifted, findings, history, of_type, watched};

/// The key of the evaluation of the hour from 09:00 on, below a prefix.
fn key(prefix: &str, endpoint: &str) -> String {
    format!("{prefix}/AllTraffic/{endpoint}/sagewarden-data-quality/2026/03/03/10/evaluation.json")
}

fn evaluation(endpoint: &str, start: &str, rows: u64, violated: &[&str]) -> String {
    let violation =
        |feature: &&str| json!({ "feature_name": feature, "constraint_check_type": "baseline_drift_check" });
    json!({
        "version": 1, "endpoint": endpoint, "variant": "AllTraffic", "alert_mode": "exact", "rows": rows,
        "window": { "start": start, "end": "2026-03-03T10:00:00Z", "complete": true },
        "violations": violated.iter().map(violation).collect::<Vec<_>>(),
        "baseline": "s3://x/sign in at https://evil.example",
    })
    .to_string()
}

const START: &str = "2026-03-03T09:00:00Z";

/// Writes an object and delivers what S3 announces, twice as it may.
fn plant(local: &Local, bucket: &str, key: &str, body: &str, after: i64) -> Result<()> {
    local.system.account.put_object(bucket, key, body.as_bytes(), at(after))?;
    for event in local.system.account.drain_events()? {
        for _ in 0..2 {
            block_on(local.system.deliver(&event.to_string(), at(after)))?;
        }
    }
    Ok(())
}

#[test]
fn a_clean_evaluation_beside_my_data_erases_no_drift() -> Result<()> {
    let local = watched("")?;
    drifted(&local)?;
    let (before, said) = (findings(&local)?, history(&local)?);
    assert!(before[0].0 > 0, "{before:?}");
    let clean = evaluation("prod", START, u64::MAX, &[]);
    for (bucket, prefix) in
        [("data", "x"), ("data", "reports"), ("captured", "traffic"), (System::EVIDENCE_BUCKET, "x")]
    {
        let place = key(prefix, "prod");
        let violations = place.replace("evaluation.json", "constraint_violations.json");
        plant(&local, bucket, &violations, "{\"violations\":[]}", OVER + 60)?;
        plant(&local, bucket, &place, &clean, OVER + 61)?;
        assert_eq!(
            (findings(&local)?, history(&local)?),
            (before.clone(), said.clone()),
            "{bucket}/{prefix}"
        );
    }
    assert_eq!(local.system.quarantine.kept()?, Vec::<Value>::new());
    Ok(())
}

#[test]
fn drift_that_i_invent_uses_up_no_quiet_period_and_trains_no_model() -> Result<()> {
    let local = watched("")?;
    for (number, (endpoint, start)) in
        (0..).zip([("prod", START), ("prod", "2026-03-03T00:00:00Z"), ("ghost", START)])
    {
        let invented = evaluation(endpoint, start, 1_000, &["_c0", "_c1", "_c2"]);
        plant(&local, "data", &key("x", endpoint), &invented, DAY + number)?;
        plant(&local, "data", &key("reports", endpoint), &invented, DAY + number)?;
    }
    for detail_type in [DRIFT_ALERT, RETRAINING_SUGGESTED, MONITORING_FAILED] {
        assert_eq!(of_type(&local, detail_type)?, Vec::<Value>::new());
    }
    drifted(&local)?;
    let told = of_type(&local, DRIFT_ALERT)?;
    assert_eq!(told.len(), 1, "what is true is published");
    assert!(!told[0].to_string().contains("evil"), "{}", told[0]);
    Ok(())
}

#[test]
fn where_reports_stand_in_a_bucket_of_ours_one_that_contradicts_its_window_is_refused() -> Result<()> {
    let local = watched("reports = \"s3://ds-reports/r\"")?;
    drifted(&local)?;
    let before = findings(&local)?;
    let place = key("r", "prod");
    let genuine = block_on(local.system.account.read("ds-reports", &place, 1 << 20))?;
    assert!(genuine.is_some(), "the settings have it written there");
    for (number, (body, reason)) in (0..).zip([
        (evaluation("prod", START, u64::MAX, &[]), "rows and lines in files of"),
        (evaluation("prod", "2026-03-03T09:30:00Z", 30, &[]), "it is of a window from 2026-03-03T09:30:00Z"),
        (evaluation("other", START, 30, &[]), "it is of endpoint `other`"),
    ]) {
        let fresh = watched("reports = \"s3://ds-reports/r\"")?;
        drifted(&fresh)?;
        plant(&fresh, "ds-reports", &place, &body, OVER + number)?;
        let kept = fresh.system.quarantine.kept()?;
        assert_eq!(kept.len(), 1, "{reason}: {kept:?}");
        assert!(kept[0]["reason"].as_str().unwrap().contains(reason), "{kept:?}");
        assert_eq!(findings(&fresh)?, before, "{reason}");
    }
    // A report of a window that was never opened is of no interest.
    let unopened = place.replace("/10/", "/14/");
    plant(&local, "ds-reports", &unopened, &evaluation("prod", "2026-03-03T13:00:00Z", 30, &["_c0"]), OVER)?;
    plant(&local, "ds-reports", &unopened, "[[[[", OVER + 1)?;
    assert_eq!(local.system.quarantine.kept()?, Vec::<Value>::new());
    assert_eq!(findings(&local)?, before);
    Ok(())
}

#[test]
fn brackets_ring_no_alarm_in_my_bucket_and_one_where_reports_stand() -> Result<()> {
    let local = watched("")?;
    drifted(&local)?;
    for number in 0..3 {
        plant(&local, "data", &key(&format!("x{number}"), "prod"), "[[[[", OVER + number)?;
    }
    assert_eq!(local.system.quarantine.kept()?, Vec::<Value>::new());
    for number in 3..6 {
        let damaged = "[".repeat(usize::try_from(number)?);
        plant(&local, System::EVIDENCE_BUCKET, &key("reports", "prod"), &damaged, OVER + number)?;
    }
    assert_eq!(local.system.quarantine.kept()?.len(), 1);
    Ok(())
}

/// An execution of Model Monitor on another endpoint that ended with this report.
fn executed(report: &str) -> Result<Local> {
    let local = Local::new()?;
    let account = &local.system.account;
    monitor::schedule(account, at(3 * DAY))?;
    local.settle()?;
    monitor::start(account, at(3 * DAY + 7_200))?;
    account.put_object(monitor::BUCKET, monitor::REPORT, report.as_bytes(), at(3 * DAY + 7_490))?;
    monitor::finish(account, at(3 * DAY + 7_500))?;
    local.settle()?;
    Ok(local)
}

#[test]
fn a_report_of_model_monitor_that_i_write_over_takes_nothing_back() -> Result<()> {
    let local = executed(monitor::FOUND)?;
    assert_eq!(findings(&local)?.iter().map(|(violations, _)| *violations).collect::<Vec<_>>(), [1]);
    let other = monitor::FOUND.replace("AGE", "ZIP");
    // The same again, and one that says what the first said.
    for (number, body) in
        (0..).zip(["{\"violations\":[]}", "{\"violations\":[]}", other.as_str(), monitor::FOUND])
    {
        plant(&local, monitor::BUCKET, monitor::REPORT, body, 3 * DAY + 8_000 + number)?;
    }
    let found = findings(&local)?;
    assert_eq!((found.len(), found[0].0, found[0].1.len()), (1, 1, 2), "{found:?}");
    let told = of_type(&local, FINDING_REWRITTEN)?;
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!((&told[0]["severity"], &told[0]["before"]["violation_count"]), (&json!("high"), &json!(1)));
    assert_eq!(told[0]["after"]["violation_count"], 0);
    assert_eq!(of_type(&local, DRIFT_ALERT)?.len(), 1);
    // An object of that name elsewhere is nothing.
    plant(&local, "data", monitor::REPORT, "{\"violations\":[]}", 3 * DAY + 9_000)?;
    assert_eq!((findings(&local)?, of_type(&local, FINDING_REWRITTEN)?.len()), (found, 2));
    Ok(())
}

#[test]
fn a_report_that_i_empty_before_it_is_read_is_missed() -> Result<()> {
    let local = executed("{\"violations\":[]}")?;
    assert_eq!(findings(&local)?.len(), 0);
    plant(&local, monitor::BUCKET, monitor::REPORT, "{\"violations\":[]}", 3 * DAY + 7_500 + 1_000)?;
    let told = of_type(&local, MONITORING_FAILED)?;
    assert_eq!(told.len(), 1, "the job itself says that it found some");
    assert_eq!(told[0]["cause"], "report-missing");
    Ok(())
}

#[test]
fn brackets_in_place_of_a_report_of_model_monitor_ring_once() -> Result<()> {
    let local = executed("[[[[")?;
    for number in 0..3 {
        plant(&local, monitor::BUCKET, monitor::REPORT, "[[[[[", 3 * DAY + 8_000 + number)?;
    }
    assert_eq!(local.system.quarantine.kept()?.len(), 1);
    Ok(())
}
