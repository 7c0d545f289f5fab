//! Windows of captured traffic, as Sagewarden's own evaluation reports them: growing, late, more than once.

use futures::executor::block_on;
use proptest::prelude::*;
use sagewarden_events::ResourceKind;
use sagewarden_govern::ports::Table as _;
use sagewarden_govern::{MONITORING_FAILED, RETRAINING_SUGGESTED};
use sagewarden_lineage::rows::{CapturedFileRow, OpenWindowRow};
use sagewarden_lineage::table::Write;
use sagewarden_local::{NoticeLog, Store, System};
use sagewarden_monitor::{CaptureWindow, ModeDifference, Violation, WindowReport};
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, at};
use serde_json::{Value, json};

use crate::monitors::{alerts, history, monitored, of_type, settled, with_drift};

pub(crate) const DAY: i64 = 86_400;

/// The folder of the window of `AllTraffic` that begins at this hour of the second day: the key has the hour in which it ends.
pub(crate) fn folder(hour: i64) -> String {
    folder_of("AllTraffic", hour)
}

fn folder_of(variant: &str, hour: i64) -> String {
    format!("reports/{variant}/prod/{}/2026/03/03/{:02}", WindowReport::SCHEDULE, hour + 1)
}

/// The notes of `detect-drift` before it judges a window: a file with more rows than any of these tests.
pub(crate) fn open(local: &Local, report: &WindowReport, hour: i64) -> Result<()> {
    let start = at(DAY + (hour - 9) * 3_600);
    let end = sagewarden_events::Timestamp::from_millis(start.millis() + 3_600_000);
    let endpoint = local.system.account.resource(ResourceKind::Endpoint, "prod");
    let window = OpenWindowRow { endpoint, variant: report.variant.clone(), start, end };
    let file = CapturedFileRow {
        window: window.partition(),
        bucket: "captured".to_owned(),
        key: "a.jsonl".to_owned(),
        version_id: None,
        etag: "e".to_owned(),
        size: 1 << 20,
        modified_at: start,
        sequencer: None,
    };
    block_on(local.system.store.write(&[Write::Put(file.item())]))?;
    Ok(())
}

/// The files of `detect-drift` about such a window, the evaluation last; the two files have different violations.
pub(crate) fn evaluate(
    local: &Local,
    hour: i64,
    rows: u64,
    complete: bool,
    violated: &[&str],
    after: i64,
) -> Result<()> {
    put(local, hour, &evaluation(hour, rows, complete, violated), after)
}

pub(crate) fn evaluation(hour: i64, rows: u64, complete: bool, violated: &[&str]) -> WindowReport {
    let start = at(DAY + (hour - 9) * 3_600);
    let violation = |feature: &&str| Violation {
        feature_name: Some((*feature).to_owned()),
        constraint_check_type: Some("baseline_drift_check".to_owned()),
        ..Violation::default()
    };
    WindowReport {
        version: 1,
        endpoint: "prod".to_owned(),
        variant: "AllTraffic".to_owned(),
        window: CaptureWindow {
            start,
            end: sagewarden_events::Timestamp::from_millis(start.millis() + 3_600_000),
            complete,
        },
        alert_mode: "exact".to_owned(),
        rows,
        files: Vec::new(),
        unreadable: Vec::new(),
        unreadable_lines: 0,
        gone: Vec::new(),
        coverage: None,
        unknown: None,
        violations: violated.iter().map(violation).collect(),
        distances: Vec::new(),
        predictions: Vec::new(),
        answers: None,
        input_first: false,
        differences: vec![ModeDifference { feature: "f".to_owned(), text: "compat sees nothing".to_owned() }],
        baseline: Some("s3://bucket/baseline".to_owned()),
        baseline_digest: None,
        rewritten: None,
        labelled: None,
        attribution: None,
    }
}

pub(crate) fn put(local: &Local, hour: i64, report: &WindowReport, after: i64) -> Result<()> {
    let account = &local.system.account;
    open(local, report, hour)?;
    let folder = folder_of(&report.variant, hour);
    let compat = json!({ "violations": [{ "feature_name": "of-compat", "constraint_check_type": "data_type_check" }] });
    let key = format!("{folder}/constraint_violations.json");
    account.put_object(System::EVIDENCE_BUCKET, &key, compat.to_string().as_bytes(), at(after))?;
    let key = format!("{folder}/evaluation.json");
    account.put_object(System::EVIDENCE_BUCKET, &key, &serde_json::to_vec(report)?, at(after))?;
    Ok(())
}

#[test]
fn an_evaluation_is_told_with_the_violations_of_its_own_mode() -> Result<()> {
    let local = settled(monitored()?)?;
    evaluate(&local, 9, 1_000, true, &["f", "g"], DAY + 3_700)?;
    local.settle()?;
    let told = alerts(&local)?;
    assert_eq!(told.len(), 1);
    let alert = &told[0];
    assert_eq!(alert["violation_count"], 2);
    assert_eq!(alert["report"], format!("s3://sagewarden/{}/evaluation.json", folder(9)));
    assert_eq!(alert["window"]["rows"], 1_000);
    assert_eq!(alert["window"]["differences"][0]["text"], "compat sees nothing");
    assert_eq!(alert["chain"]["models"][0]["name"], "m");
    let text = alert["text"].as_str().unwrap_or_default();
    let begin = "2 violations on endpoint prod: f, g; in the traffic from 2026-03-03T09:00:00Z to 2026-03-03T10:00:00Z; model m";
    assert!(text.starts_with(begin), "{text}");
    assert!(alert["advice"].as_str().is_some_and(|words| words.contains("s3://bucket/baseline")), "{alert}");
    assert_eq!(of_type(&local, RETRAINING_SUGGESTED)?.len(), 1);
    let history = history(&local)?;
    assert!(
        history.contains("DataQuality found 2 violations (high) in prod/AllTraffic/2026-03-03T09:00:00Z"),
        "{history}"
    );
    Ok(())
}

#[test]
fn an_alert_names_prediction_drift_and_answers_that_are_all_the_same() -> Result<()> {
    let local = settled(monitored()?)?;
    let mut report = evaluation(9, 1_000, true, &["amount", "score"]);
    report.predictions = vec!["score".to_owned()];
    report.violations.push(Violation {
        feature_name: Some("score".to_owned()),
        constraint_check_type: Some("prediction_spread_check".to_owned()),
        ..Violation::default()
    });
    put(&local, 9, &report, DAY + 3_700)?;
    local.settle()?;
    let told = alerts(&local)?;
    let text = told[0]["text"].as_str().unwrap_or_default();
    let words = "; prediction drift: score; nearly all predictions are the same: the model may have failed, or been poisoned";
    assert!(text.contains(words), "{text}");
    assert!(told[0]["advice"].as_str().is_some_and(|text| text.starts_with("look at the logs of the model")));
    assert_eq!(told[0]["severity"], "critical");
    let entries = told[0]["violations"].as_array().cloned().unwrap_or_default();
    let named: Vec<bool> = entries.iter().map(|entry| entry["prediction"] == true).collect();
    assert_eq!(named, [false, true, true]);
    Ok(())
}

#[test]
fn an_alert_links_the_page_and_says_since_when_each_violation_is_there() -> Result<()> {
    let local = settled(monitored()?)?;
    // There was no finding at six, so the finding at five belongs to another series.
    for (hour, violated) in [(5, &["f"][..]), (7, &["f"]), (8, &["f"]), (9, &["f", "g"])] {
        evaluate(&local, hour, 1_000, true, violated, DAY + hour * 3_600 + 100)?;
        local.settle()?;
    }
    let alert = alerts(&local)?.pop().ok_or("there is no alert")?;
    assert_eq!(alert["page"], format!("s3://sagewarden/{}/report.html", folder(9)));
    let page = alert["page"].as_str().unwrap_or_default();
    assert!(alert["advice"].as_str().is_some_and(|words| words.starts_with(&format!("open {page}; read "))));
    let since =
        |index: usize| (&alert["violations"][index]["feature_name"], &alert["violations"][index]["since"]);
    assert_eq!(since(0), (&json!("f"), &json!("2026-03-03T07:00:00Z")), "{alert}");
    assert_eq!(since(1), (&json!("g"), &json!(null)));
    let text = alert["text"].as_str().unwrap_or_default();
    assert!(text.contains(", as in each window since 2026-03-03T07:00:00Z"), "{text}");
    Ok(())
}

#[test]
fn an_alert_says_what_could_not_be_read() -> Result<()> {
    let local = settled(monitored()?)?;
    let report = WindowReport {
        unreadable_lines: 7,
        gone: vec!["s3://bucket/gone.jsonl".to_owned()],
        ..evaluation(9, 1_000, true, &["f"])
    };
    put(&local, 9, &report, DAY + 3_700)?;
    local.settle()?;
    let alert = alerts(&local)?.remove(0);
    assert_eq!(
        (&alert["window"]["unreadable_lines"], &alert["window"]["files_gone"]),
        (&json!(7), &json!(1))
    );
    let text = alert["text"].as_str().unwrap_or_default();
    assert!(text.contains("T10:00:00Z; 7 lines could not be read; gone: 1 file; model m"), "{text}");
    Ok(())
}

#[test]
fn a_window_that_grows_is_told_where_something_is_new() -> Result<()> {
    for settings in ["", "quiet_hours_after_alert = 0"] {
        let local = settled(with_drift(settings)?)?;
        let stages: [(u64, bool, &[&str]); 5] = [
            (100, false, &["f"]),
            (200, false, &["f"]),
            (300, false, &["f", "g"]),
            (400, false, &["g"]),
            (500, true, &["f", "g"]),
        ];
        for (number, (rows, complete, violated)) in (0..).zip(stages) {
            evaluate(&local, 9, rows, complete, violated, DAY + 600 * number)?;
            local.settle()?;
        }
        let new: Vec<Value> = alerts(&local)?.iter().map(|alert| alert["new_violations"].clone()).collect();
        assert_eq!(new, [json!(1), json!(1)], "{settings}");
    }
    Ok(())
}

#[test]
fn a_window_that_turns_out_well_is_recorded_as_it_is() -> Result<()> {
    let local = settled(monitored()?)?;
    evaluate(&local, 9, 100, false, &["f"], DAY + 600)?;
    local.settle()?;
    evaluate(&local, 9, 1_000, true, &[], DAY + 3_700)?;
    local.settle()?;
    assert_eq!(alerts(&local)?.len(), 1);
    let history = history(&local)?;
    assert!(history.contains("  monitoring  DataQuality found no violation in prod"), "{history}");
    // One that always was well leaves nothing.
    evaluate(&local, 11, 1_000, true, &[], DAY + 3 * 3_600)?;
    local.settle()?;
    assert!(!crate::monitors::history(&local)?.contains("T11:00:00Z"));
    Ok(())
}

#[test]
fn a_window_with_too_few_rows_to_be_judged_takes_nothing_back() -> Result<()> {
    let local = settled(monitored()?)?;
    evaluate(&local, 9, 1_000, false, &["f"], DAY + 600)?;
    local.settle()?;
    // Its files were deleted before it was over, all but a few rows.
    let unjudged = WindowReport {
        alert_mode: String::new(),
        gone: vec!["s3://captured/gone.jsonl".to_owned()],
        ..evaluation(9, 10, true, &[])
    };
    put(&local, 9, &unjudged, DAY + 3_700)?;
    local.settle()?;
    assert_eq!((alerts(&local)?.len(), of_type(&local, MONITORING_FAILED)?.len()), (1, 1));
    let history = history(&local)?;
    assert!(history.contains("DataQuality found 1 violation (high)"), "{history}");
    Ok(())
}

/// The same account with an empty store, after the endpoint's events were delivered.
fn fresh(local: &Local, events: &[Value]) -> Result<Local> {
    let store = Store::in_memory()?;
    let mut other = Local::with(local.system.bundle.clone())?;
    other.system = System {
        notices: NoticeLog::new(store.clone()),
        quarantine: sagewarden_local::QuarantineLog::new(store.clone()),
        store,
        ..local.system.clone()
    };
    for event in events {
        other.deliver(&event.to_string())?;
    }
    Ok(other)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 100, ..ProptestConfig::default() })]

    /// Windows and executions in any order and any number of times: the same state, and of each feature one alert in a period.
    #[test]
    fn any_order_and_any_number_of_times_end_in_the_same_state(
        order in prop::collection::vec(any::<prop::sample::Index>(), 12..30),
        quiet in prop::sample::select(vec![0_i64, 2, 24]),
    ) {
        let told = play(&order, quiet).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(told.0, told.1);
        // Each feature has at least one alert, and at most one for each window.
        let features: std::collections::BTreeSet<&String> = told.2.iter().collect();
        prop_assert_eq!(features.len(), 3);
        prop_assert!(told.2.len() <= 6, "{:?}", told.2);
    }
}

/// The states after the events in order and in the given order, and the features that were new in the alerts of the latter.
fn play(order: &[prop::sample::Index], quiet: i64) -> Result<(String, String, Vec<String>)> {
    let local = with_drift(&format!("quiet_hours_after_alert = {quiet}"))?;
    let before = local.system.account.drain_events()?;
    let windows: [(i64, &[&str]); 4] = [(9, &["a"]), (10, &["a", "b"]), (11, &["b"]), (12, &["a", "c"])];
    for (hour, violated) in windows {
        evaluate(&local, hour, 100, true, violated, DAY + (hour - 8) * 3_600)?;
    }
    let events = local.system.account.drain_events()?;
    let straight = fresh(&local, &before)?;
    let shuffled = fresh(&local, &before)?;
    for (hour, violated) in windows {
        for system in [&straight, &shuffled] {
            open(system, &evaluation(hour, 100, true, violated), hour)?;
        }
    }
    for event in &events {
        straight.deliver(&event.to_string())?;
    }
    for index in order {
        shuffled.deliver(&events[index.index(events.len())].to_string())?;
    }
    for event in events.iter().rev() {
        shuffled.deliver(&event.to_string())?;
    }
    let mut new = Vec::new();
    for alert in alerts(&shuffled)? {
        for violation in alert["violations"].as_array().into_iter().flatten() {
            if violation["new"] == true {
                new.extend(violation["feature_name"].as_str().map(str::to_owned));
            }
        }
    }
    Ok((straight.system.store.state_hash()?, shuffled.system.store.state_hash()?, new))
}
