//! Somebody who may write a baseline, or create a monitoring schedule, tries to have traffic compared with itself.

use sagewarden_events::ResourceKind;
use sagewarden_govern::FINDING_REWRITTEN;
use sagewarden_measure::csv::Header;
use sagewarden_monitor::SuggestedBaseline;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, at, captured_event, scattered};
use serde_json::{Value, json};

use crate::traffic::{DAY, OVER, drifted, findings, history, of_type, put, rows, tick, watched};

const NINE: &str = "AllTraffic/2026/03/03/09";

/// A baseline that nothing can break.
fn overwrite(local: &Local, after: i64) -> Result<()> {
    let feature = |name: &str| json!({ "name": name, "inferred_type": "Unknown", "completeness": 0.0 });
    let features = ["_c0", "_c1", "_c2"].map(feature);
    let constraints = json!({ "version": 0.0, "features": features }).to_string();
    local.system.account.put_object("baselines", "b/constraints.json", constraints.as_bytes(), at(after))?;
    Ok(())
}

#[test]
fn a_baseline_that_i_overwrite_while_the_window_is_open_takes_no_finding_back() -> Result<()> {
    let local = watched("")?;
    put(&local, NINE, "00-00-000-a.jsonl", &rows(30, "-0.")?, DAY + 60)?;
    let before = findings(&local)?;
    assert!(before.len() == 1 && before[0].0 > 0, "{before:?}");

    overwrite(&local, DAY + 100)?;
    for number in 1..4 {
        let file = format!("0{number}-00-000-b.jsonl");
        put(&local, NINE, &file, &rows(30, "")?, DAY + 60 + number * 60)?;
    }
    tick(&local, OVER)?;
    let found = findings(&local)?;
    assert_eq!(found.iter().map(|each| each.0).collect::<Vec<_>>(), [before[0].0], "{found:?}");
    assert!(
        found[0].1.iter().any(|verdict| verdict.starts_with("rewritten after its baseline was ")),
        "{found:?}"
    );

    let told = of_type(&local, FINDING_REWRITTEN)?;
    assert_eq!(told.len(), 1, "one for each baseline, not for each file: {told:?}");
    assert_eq!(told[0]["severity"], "high");
    let text = told[0]["text"].as_str().unwrap_or_default();
    assert!(text.contains("was compared with s3://baselines/b/constraints.json ("), "{text}");
    assert!(history(&local)?.contains("rewritten after its baseline was "), "{}", history(&local)?);
    Ok(())
}

#[test]
fn a_baseline_that_changes_after_the_window_is_judged_by_in_the_next_window() -> Result<()> {
    let local = watched("")?;
    drifted(&local)?;
    overwrite(&local, OVER + 60)?;
    put(&local, "AllTraffic/2026/03/03/10", "00-00-000-a.jsonl", &rows(30, "-0.")?, OVER + 120)?;
    assert_eq!(findings(&local)?.len(), 1, "{:?}", findings(&local)?);
    assert_eq!(of_type(&local, FINDING_REWRITTEN)?, Vec::<Value>::new());
    Ok(())
}

/// So many rows of three columns, moved or not.
fn table(count: u64, moved: bool) -> String {
    let row = |number: u64| {
        let value = 10_000 + scattered(number) % 990_000;
        format!("{},{},1\n", number % 2, if moved { value / 1_000 } else { value })
    };
    (0..count).map(row).collect()
}

fn captured(count: u64) -> String {
    let lines = table(count, true);
    let event = |(number, line): (usize, &str)| {
        let (output, input) = line.split_once(',').unwrap_or_default();
        format!("{}\n", captured_event(&format!("e-{number}"), input, &format!("{output}\n")))
    };
    lines.lines().enumerate().map(event).collect()
}

/// A schedule of the endpoint whose baseline is made of this table.
fn schedule(local: &Local, name: &str, table: &str, after: i64) -> Result<()> {
    for (file, text) in SuggestedBaseline::of_csv(table.as_bytes(), Header::None)?.files() {
        local.system.account.put_object(
            "baselines",
            &format!("{name}/{file}"),
            text.as_bytes(),
            at(after - 1),
        )?;
    }
    let uri = |file: &str| json!({ "S3Uri": format!("s3://baselines/{name}/{file}") });
    let config = json!({
        "MonitoringType": "DataQuality",
        "MonitoringJobDefinition": {
            "BaselineConfig": { "ConstraintsResource": uri("constraints.json"), "StatisticsResource": uri("statistics.json") },
            "MonitoringInputs": [{ "EndpointInput": { "EndpointName": "prod", "LocalPath": "/opt/ml/processing/input" } }],
        },
    });
    let request = json!({ "MonitoringScheduleName": name, "MonitoringScheduleConfig": config });
    local.create(ResourceKind::MonitoringSchedule, &request, after)?;
    Ok(())
}

#[test]
fn a_schedule_that_i_create_while_the_window_is_open_does_not_choose_its_baseline() -> Result<()> {
    let local = Local::new()?;
    local.serve_captured("s3://captured/traffic")?;
    // By name, mine would come first.
    schedule(&local, "quality", &table(600, false), 200)?;
    local.settle()?;
    schedule(&local, "a-mine", &table(600, true), DAY + 30)?;
    local.settle()?;
    put(&local, NINE, "00-00-000-a.jsonl", &captured(300), DAY + 60)?;
    let found = findings(&local)?;
    assert!(found.len() == 1 && found[0].0 > 0, "{found:?}");
    // From the next hour on it is a schedule like others, and the report names it.
    Ok(())
}
