//! From captured traffic to Model Monitor's files: what arrives when, how often and in which order changes nothing.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

#[path = "detecting/closing.rs"]
mod closing;
#[path = "detecting/known.rs"]
mod known;
#[path = "detecting/texts.rs"]
mod texts;
#[path = "detecting/unusable.rs"]
mod unusable;

use std::fmt::Write as _;

use futures::executor::block_on;
use sagewarden_events::ResourceKind;
use sagewarden_govern::BASELINE_MISSING;
use sagewarden_govern::ports::Objects as _;
use sagewarden_local::System;
use sagewarden_measure::csv::Header;
use sagewarden_monitor::{SuggestedBaseline, UnreadableLines, Violations, WindowReport};
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, at, captured_event, scattered};
use serde_json::{Value, json};

const BUCKET: &str = "captured";
const HOUR: &str = "traffic/prod/AllTraffic/2026/03/03/09";
const FOLDER: &str = "reports/AllTraffic/prod/sagewarden-data-quality/2026/03/03/10";

/// A row of the model's input. It is no random number: the same row every time.
fn row(number: u64) -> (u64, u64, f64) {
    let mixed = scattered(number);
    (10_000 + mixed % 990_000, 1 + mixed % 4, ((mixed >> 7) % 10_000) as f64 / 100.0 + 0.005)
}

fn baseline_csv() -> String {
    let mut csv = "default,LIMIT_BAL,EDUCATION,RATIO\n".to_owned();
    for number in 0..2_000 {
        let (limit, education, ratio) = row(number);
        writeln!(csv, "{},{limit},{education},{ratio:.3}", number % 2).unwrap();
    }
    csv
}

/// Events of `rows`, whose limit is divided.
fn captured(rows: std::ops::Range<u64>, divided_by: u64) -> String {
    let mut lines = String::new();
    for number in rows {
        let (limit, education, ratio) = row(number + 7);
        let limit = limit / divided_by;
        let input = format!("{limit},{education},{ratio:.3}");
        let event = captured_event(&format!("e-{number}"), &input, &format!("{}\n", number % 2));
        writeln!(lines, "{event}").unwrap();
    }
    lines
}

/// An endpoint that captures its traffic, and a schedule with a baseline, or none.
fn capturing(with_baseline: bool) -> Result<Local> {
    let made = || SuggestedBaseline::of_csv(baseline_csv().as_bytes(), Header::FirstRow);
    capturing_with(with_baseline.then(made).transpose()?)
}

/// The same with any baseline.
fn capturing_with(baseline: Option<SuggestedBaseline>) -> Result<Local> {
    let local = Local::new()?;
    local.serve_captured(&format!("s3://{BUCKET}/traffic"))?;
    if let Some(made) = baseline {
        for (name, text) in made.files() {
            local.system.account.put_object("baselines", &format!("b/{name}"), text.as_bytes(), at(150))?;
        }
        let inputs =
            json!([{ "EndpointInput": { "EndpointName": "prod", "LocalPath": "/opt/ml/processing/input" } }]);
        let uri = |name: &str| json!({ "S3Uri": format!("s3://baselines/b/{name}") });
        let baseline = json!({ "ConstraintsResource": uri("constraints.json"), "StatisticsResource": uri("statistics.json") });
        let config = json!({
            "MonitoringType": "DataQuality",
            "MonitoringJobDefinition": { "BaselineConfig": baseline, "MonitoringInputs": inputs },
        });
        let schedule = json!({ "MonitoringScheduleName": "quality", "MonitoringScheduleConfig": config });
        local.create(ResourceKind::MonitoringSchedule, &schedule, 200)?;
    }
    local.settle()?;
    Ok(local)
}

fn put(local: &Local, file: &str, content: &str, after: i64) -> Result<()> {
    let key = format!("{HOUR}/{file}");
    local.system.account.put_object(BUCKET, &key, content.as_bytes(), at(after))?;
    Ok(())
}

fn read(local: &Local, name: &str) -> Result<Option<Vec<u8>>> {
    let key = format!("{FOLDER}/{name}");
    Ok(block_on(local.system.account.read(System::EVIDENCE_BUCKET, &key, 1 << 20))?)
}

fn report(local: &Local) -> Result<WindowReport> {
    Ok(WindowReport::parse(&read(local, WindowReport::FILE)?.ok_or("there is no evaluation")?)?)
}

#[test]
fn traffic_that_has_moved_is_found_and_files_are_written_as_model_monitor_writes_them() -> Result<()> {
    let local = capturing(true)?;
    put(&local, "00-00-000-a.jsonl", &captured(0..300, 1), 86_400)?;
    local.settle()?;
    assert_eq!(report(&local)?.violations, [], "nothing has moved");

    put(&local, "01-00-000-b.jsonl", &captured(300..900, 1_000), 86_460)?;
    let outcomes = local.settle()?;
    let report = report(&local)?;
    assert_eq!((report.rows, report.files.len(), report.window.complete), (900, 2, false));
    let page = String::from_utf8(read(&local, WindowReport::PAGE)?.ok_or("there is no page")?)?;
    assert!(page.contains("data-feature=\"LIMIT_BAL\" data-verdict=\"violated\""), "{page}");
    for said in [
        "s3://baselines/b/constraints.json",
        "Drift of <bdi>prod, AllTraffic, from 2026-03-03T09:00:00Z",
        "2000",
    ] {
        assert!(page.contains(said), "{said}");
    }
    assert_eq!(report.baseline.as_deref(), Some("s3://baselines/b/constraints.json"));
    let found: Vec<_> = report.violations.iter().map(|each| each.feature_name.as_deref()).collect();
    assert_eq!(found, [Some("LIMIT_BAL")], "{outcomes:?}");

    let written = Violations::parse(&read(&local, "constraint_violations.json")?.ok_or("no violations")?)?;
    let text = written.violations[0].description.clone().unwrap_or_default();
    assert!(
        text.starts_with("Baseline drift distance: ") && text.ends_with(" exceeds threshold: 0.1"),
        "{text}"
    );
    let statistics: Value =
        serde_json::from_slice(&read(&local, "statistics.json")?.ok_or("no statistics")?)?;
    assert_eq!(statistics["dataset"]["item_count"], 900);
    Ok(())
}

#[test]
fn answers_whose_columns_are_the_last_ones_of_the_baseline_are_found_to_be_so() -> Result<()> {
    let last = |line: &str| line.split_once(',').map(|(first, rest)| format!("{rest},{first}\n")).unwrap();
    let table: String = baseline_csv().lines().map(last).collect();
    let local = capturing_with(Some(SuggestedBaseline::of_csv(table.as_bytes(), Header::FirstRow)?))?;
    put(&local, "00-00-000-a.jsonl", &captured(0..300, 1), 86_400)?;
    local.settle()?;
    let first = report(&local)?;
    assert_eq!((first.violations.as_slice(), first.input_first), (&[][..], true));
    assert_eq!(first.predictions, ["default"]);
    let page = String::from_utf8(read(&local, WindowReport::PAGE)?.ok_or("there is no page")?)?;
    assert!(page.contains("taken for the last ones of the baseline"), "{page}");
    // Drift is drift in either order.
    put(&local, "01-00-000-b.jsonl", &captured(300..900, 1_000), 86_460)?;
    local.settle()?;
    let second = report(&local)?;
    assert!(!second.violations.is_empty() && !second.input_first);
    Ok(())
}

#[test]
fn predictions_and_failed_answers_are_in_the_evaluation() -> Result<()> {
    let local = capturing(true)?;
    let mut content = captured(0..300, 1);
    for number in 0..30 {
        let error = r#"{"error":"CUDA out of memory"}"#;
        writeln!(content, "{}", captured_event(&format!("f-{number}"), "10000,1,0.005", error)).unwrap();
    }
    put(&local, "00-00-000-a.jsonl", &content, 86_400)?;
    local.settle()?;
    let report = report(&local)?;
    assert_eq!((report.predictions.as_slice(), report.rows), (&["default".to_owned()][..], 300));
    let answers = report.answers.ok_or("answers are not counted")?;
    assert_eq!((answers.given, answers.errors), (300, 30));
    let checks: Vec<_> = report.violations.iter().map(|each| each.constraint_check_type.as_deref()).collect();
    assert_eq!(checks, [Some("error_rate_check")]);
    assert_eq!(report.unreadable[0].kind, "error-answer");
    Ok(())
}

#[test]
fn files_that_come_twice_late_or_in_another_order_change_nothing() -> Result<()> {
    let files: Vec<(String, String)> = (0..6)
        .map(|number| {
            let rows = number * 400..number * 400 + 400;
            let mut content = captured(rows, if number < 2 { 1 } else { 1_000 });
            if number % 2 == 1 {
                content.push_str("{\"captureData\":");
            }
            (format!("0{number}-00-000-x.jsonl"), content)
        })
        .collect();
    let mut results = Vec::new();
    for order in [[0, 1, 2, 3, 4, 5], [5, 3, 1, 0, 2, 4]] {
        let local = capturing(true)?;
        let mut delivered = Vec::new();
        for (turn, index) in (0..).zip(order) {
            let (name, content) = &files[index];
            put(&local, name, content, 86_400 + 60 * turn)?;
            let told = block_on(local.system.settle())?;
            delivered.extend(told.into_iter().map(|(event, _)| event.to_string()));
        }
        // Everything once more.
        for body in &delivered {
            local.deliver(body)?;
        }
        let [statistics, evaluation] =
            [read(&local, "statistics.json")?, read(&local, WindowReport::FILE)?].map(Option::unwrap);
        results.push((String::from_utf8(statistics)?, String::from_utf8(evaluation)?));
    }
    assert!(results[0] == results[1], "another order made another result");
    let report = serde_json::from_str::<WindowReport>(&results[0].1)?;
    assert_eq!((report.rows, report.unreadable_lines), (2_400, 3));
    Ok(())
}

#[test]
fn lines_that_cannot_be_read_are_told_and_the_others_used() -> Result<()> {
    let local = capturing(true)?;
    let mut content = captured(0..300, 1);
    content.push_str("{\"captureData\":{\"endpointInput\":{\"data\":\"1,2");
    put(&local, "00-00-000-a.jsonl", &content, 86_400)?;
    let outcomes = local.settle()?;
    let first = report(&local)?;
    assert_eq!((first.rows, first.unreadable_lines), (300, 1));
    let UnreadableLines { file, kind, count, lines, .. } = &first.unreadable[0];
    assert_eq!(*file, format!("s3://{BUCKET}/{HOUR}/00-00-000-a.jsonl"));
    assert_eq!((kind.as_str(), *count, lines.as_slice()), ("cut-off", 1, &[301][..]));
    // The first file is not read again.
    put(&local, "01-00-000-b.jsonl", &captured(300..600, 1), 86_460)?;
    let later = local.settle()?;
    let second = report(&local)?;
    assert_eq!((second.rows, &second.unreadable), (600, &first.unreadable), "{later:?}");
    let told = outcomes.iter().find(|text| text.starts_with("detect-drift")).ok_or("nothing was told")?;
    assert!(told.contains("lines left out") && told.contains("301"), "{told}");
    Ok(())
}

#[test]
fn a_window_of_which_nothing_can_be_read_says_so() -> Result<()> {
    let local = capturing(true)?;
    put(&local, "00-00-000-a.jsonl", "no json\nneither\n", 86_400)?;
    local.settle()?;
    let report = report(&local)?;
    assert_eq!((report.rows, report.unreadable_lines, report.violations.len()), (0, 2, 0));
    assert_eq!(report.unreadable[0].kind, "not-json");
    assert!(read(&local, "constraint_violations.json")?.is_none(), "nothing was judged");
    Ok(())
}

#[test]
fn traffic_without_a_baseline_is_told_once_for_a_configuration() -> Result<()> {
    let local = capturing(false)?;
    for (turn, file) in (0..).zip(["00-00-000-a.jsonl", "01-00-000-b.jsonl"]) {
        put(&local, file, &captured(0..10, 1), 86_400 + turn)?;
        local.settle()?;
    }
    let told: Vec<_> =
        local.sent()?.into_iter().filter(|notice| notice.detail_type == BASELINE_MISSING).collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].detail["advice"].as_str().unwrap_or_default().contains("sagewarden baseline"));
    Ok(())
}

#[test]
fn what_is_no_captured_traffic_of_an_endpoint_is_left_alone() -> Result<()> {
    let local = capturing(true)?;
    for key in [
        "traffic/prod/AllTraffic/2026/03/03/09/a.csv",
        "traffic/other/AllTraffic/2026/03/03/09/a.jsonl",
        "elsewhere/prod/AllTraffic/2026/03/03/09/a.jsonl",
        "traffic/prod/AllTraffic/2026/13/03/09/a.jsonl",
    ] {
        local.system.account.put_object(BUCKET, key, b"{}\n", at(86_400))?;
        let outcomes = local.settle()?;
        assert!(!outcomes.iter().any(|text| text.starts_with("detect-drift")), "{key}: {outcomes:?}");
    }
    Ok(())
}

/// The events of the files that were put.
fn events(local: &Local) -> Result<Vec<Value>> {
    Ok(local.system.account.drain_events()?)
}

#[test]
fn files_that_are_gone_are_named() -> Result<()> {
    let local = capturing(true)?;
    put(&local, "00-00-000-a.jsonl", &captured(0..300, 1), 86_400)?;
    put(&local, "01-00-000-b.jsonl", &captured(300..600, 1), 86_460)?;
    let mut told = events(&local)?;
    told[1]["detail"]["object"]["version-id"] = json!("expired");
    for event in told {
        local.deliver(&event.to_string())?;
    }
    let report = report(&local)?;
    assert_eq!(report.gone, [format!("s3://{BUCKET}/{HOUR}/01-00-000-b.jsonl")]);
    assert_eq!((report.rows, report.files.len()), (300, 2));
    Ok(())
}

#[test]
fn of_a_key_that_was_written_twice_the_newest_version_counts() -> Result<()> {
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let local = capturing(true)?;
        put(&local, "00-00-000-a.jsonl", &captured(0..300, 1_000), 86_400)?;
        put(&local, "00-00-000-a.jsonl", &captured(0..400, 1), 86_401)?;
        put(&local, "01-00-000-b.jsonl", &captured(400..900, 1), 86_402)?;
        let told = events(&local)?;
        for index in order {
            local.deliver(&told[index].to_string())?;
        }
        let report = report(&local)?;
        assert_eq!((report.rows, report.files.len()), (900, 2), "{order:?}");
        assert_eq!(report.violations, [], "{order:?}");
    }
    Ok(())
}

#[test]
fn of_two_versions_in_a_second_the_one_with_the_later_sequencer_counts() -> Result<()> {
    // Shorter, and later: as if it had zeros behind it.
    for (sequencers, rows) in
        [(["0055AED6DCD90281E5", "0055AED6DD"], 400), (["0055AED6DE", "0055AED6DCD90281E5"], 300)]
    {
        for order in [[0, 1], [1, 0]] {
            let local = capturing(true)?;
            put(&local, "00-00-000-a.jsonl", &captured(0..300, 1), 86_400)?;
            put(&local, "00-00-000-a.jsonl", &captured(0..400, 1), 86_400)?;
            let mut told = events(&local)?;
            for (event, sequencer) in told.iter_mut().zip(sequencers) {
                event["detail"]["object"]["sequencer"] = json!(sequencer);
            }
            for index in order {
                local.deliver(&told[index].to_string())?;
            }
            assert_eq!(report(&local)?.rows, rows, "{sequencers:?} {order:?}");
        }
    }
    Ok(())
}

#[test]
fn windows_of_another_length_are_other_windows() -> Result<()> {
    let local = capturing(true)?;
    put(&local, "00-00-000-a.jsonl", &captured(0..300, 1), 86_400)?;
    local.settle()?;
    // 09:00 is where a window of three hours begins as well.
    let bundle = sagewarden_policy::Bundle::clone(&local.system.bundle).with_settings(&format!(
        "{}\n[drift.detect]\nwindow_hours = 3\n",
        sagewarden_tests::local::SETTINGS
    ))?;
    let three = System { bundle: bundle.into(), ..local.system.clone() };
    put(&local, "30-00-000-b.jsonl", &captured(300..600, 1), 86_460)?;
    block_on(three.settle())?;
    let key = FOLDER.replace("/03/10", "/03/12");
    let written = block_on(local.system.account.read(
        System::EVIDENCE_BUCKET,
        &format!("{key}/evaluation.json"),
        1 << 20,
    ))?;
    let longer = WindowReport::parse(&written.ok_or("no evaluation of three hours")?)?;
    assert_eq!((longer.rows, longer.files.len()), (300, 1), "the first file is of a window of an hour");
    Ok(())
}
