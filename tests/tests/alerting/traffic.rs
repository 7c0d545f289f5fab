//! Captured traffic that cannot be read, and captured traffic that stops: neither is health.

use futures::executor::block_on;
use sagewarden_events::ResourceKind;
use sagewarden_govern::MONITORING_FAILED;
use sagewarden_local::System;
use sagewarden_monitor::{UnreadableLines, WindowReport};
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, SETTINGS, at, captured_event};
use serde_json::{Value, json};

use crate::monitors::{alerts, deliver, history, monitored, of_type, settled, tick};
use crate::windows::{DAY, evaluation, folder, put};

const HOUR: i64 = 3_600;
const PLACE: &str = "s3://captured/traffic";

/// A window with so many rows and so many lines that were none.
fn broken(rows: u64, lines: u64) -> WindowReport {
    let unreadable = UnreadableLines {
        file: "s3://captured/a.jsonl".to_owned(),
        kind: "not-json".to_owned(),
        text: "text that is not valid JSON".to_owned(),
        count: lines,
        lines: vec![3, 7],
    };
    WindowReport { unreadable: vec![unreadable], unreadable_lines: lines, ..evaluation(9, rows, false, &[]) }
}

#[test]
fn lines_that_cannot_be_read_are_told_where_nothing_else_is_wrong() -> Result<()> {
    let local = settled(monitored()?)?;
    for _ in 0..2 {
        put(&local, 9, &broken(1_000, 7), DAY + 600)?;
        local.settle()?;
    }
    assert_eq!(alerts(&local)?, Vec::<Value>::new());
    let told = of_type(&local, MONITORING_FAILED)?;
    assert_eq!(told.len(), 1);
    let told = &told[0];
    assert_eq!((&told["cause"], &told["severity"]), (&json!("traffic-unreadable"), &json!("medium")));
    let text = "endpoint prod is only partly watched: traffic from 2026-03-03T09:00:00Z to 2026-03-03T10:00:00Z: 7 lines \
        could not be read: 7 lines: text that is not valid JSON (first 3, 7 of s3://captured/a.jsonl); 1000 rows could be read";
    assert_eq!(told["text"], text);
    assert_eq!(told["report"], format!("s3://sagewarden/{}/evaluation.json", folder(9)));
    assert_eq!(
        (&told["unreadable"]["lines"], &told["unreadable"]["variant"]),
        (&json!(7), &json!("AllTraffic"))
    );
    // There is no such schedule in the account.
    assert_eq!(told["schedule"], json!({ "name": "sagewarden-data-quality", "arn": null }));
    assert!(told["deployment"].is_string(), "{told}");
    let history = history(&local)?;
    let line =
        "traffic was not watched: lines or files could not be read (prod/AllTraffic/2026-03-03T09:00:00Z)";
    assert!(history.contains(line), "{history}");
    assert!(local.lineage("endpoint/prod")?.to_string().contains("traffic-unreadable"));
    Ok(())
}

#[test]
fn a_window_of_which_next_to_nothing_can_be_read_is_worse_than_one_with_some_bad_lines() -> Result<()> {
    let local = settled(monitored()?)?;
    for (number, report) in
        (0..).zip([broken(1_000, 7), broken(1_000, 9), broken(1_000, 1_000), broken(1_000, 2_000)])
    {
        put(&local, 9, &report, DAY + 600 + number * 60)?;
        local.settle()?;
    }
    let told = of_type(&local, MONITORING_FAILED)?;
    let severities: Vec<&Value> = told.iter().map(|each| &each["severity"]).collect();
    assert_eq!(severities, ["medium", "high"], "{told:?}");
    let text = told[1]["text"].as_str().unwrap_or_default();
    assert!(text.starts_with("endpoint prod is not watched: "), "{text}");
    Ok(())
}

#[test]
fn files_that_went_before_they_were_read_are_told() -> Result<()> {
    let local = settled(monitored()?)?;
    let report =
        WindowReport { gone: vec!["s3://captured/gone.jsonl".to_owned()], ..evaluation(9, 0, true, &[]) };
    put(&local, 9, &report, DAY + 600)?;
    local.settle()?;
    let told = of_type(&local, MONITORING_FAILED)?;
    assert_eq!(told.len(), 1);
    let text = told[0]["text"].as_str().unwrap_or_default();
    assert!(
        text.contains(
            "1 file had gone before detect-drift read them, such as s3://captured/gone.jsonl; 0 rows could be read"
        ),
        "{text}"
    );
    Ok(())
}

/// An endpoint that captures, in service since 100 s into the story, and somebody who listens since then.
fn capturing(settings: &str) -> Result<Local> {
    let local = served(settings)?;
    deliver(&local, &tick(100), 100)?;
    Ok(local)
}

fn served(settings: &str) -> Result<Local> {
    let settings = format!("{SETTINGS}\n[drift.detect]\n{settings}\n");
    let local = Local::with(Bundle::embedded()?.with_settings(&settings)?)?;
    local.serve_captured(PLACE)?;
    local.settle()?;
    Ok(local)
}

/// A file that the endpoint captured in the hour before a time, and whose event S3 delivered, or not.
fn capture(local: &Local, after: i64, is_told: bool) -> Result<()> {
    let key = format!("traffic/prod/AllTraffic/{}/59-00-000-a.jsonl", at(after - 60).hour_path());
    let line = captured_event("e", "1,2", "1").to_string();
    local.system.account.put_object("captured", &key, line.as_bytes(), at(after - 60))?;
    let events = local.system.account.drain_events()?;
    for event in events.iter().filter(|_| is_told) {
        deliver(local, &event.to_string(), after)?;
    }
    Ok(())
}

/// The causes that were published once the clock had ticked.
fn told(local: &Local, now: i64) -> Result<Vec<String>> {
    for _ in 0..2 {
        deliver(local, &tick(now), now)?;
    }
    let told = of_type(local, MONITORING_FAILED)?;
    Ok(told.iter().map(|each| each["cause"].as_str().unwrap_or_default().to_owned()).collect())
}

#[test]
fn an_endpoint_whose_traffic_stops_is_told_once() -> Result<()> {
    // The last hour with traffic ends so many seconds into the story.
    let check = |settings: &str, last: Option<i64>, now: i64, expect: &[&str]| -> Result<()> {
        let local = capturing(settings)?;
        if let Some(last) = last {
            capture(&local, last, true)?;
        }
        assert_eq!(told(&local, now)?, expect, "{settings} {last:?} {now}");
        Ok(())
    };
    // Nothing came since the endpoint has been in service.
    check("", None, 100 + DAY - 1, &[])?;
    check("", None, 100 + DAY, &["traffic-missing"])?;
    check("silent_after_hours = 6", None, 100 + 6 * HOUR, &["traffic-missing"])?;
    // Or not any more.
    check("", Some(5 * HOUR), 5 * HOUR + DAY - 1, &[])?;
    check("", Some(5 * HOUR), 5 * HOUR + DAY, &["traffic-missing"])?;
    check("", Some(5 * HOUR), 5 * HOUR + 9 * DAY, &["traffic-missing"])?;
    // The settings switch this notice off.
    check("silent_after_hours = 0", None, 9 * DAY, &[])?;
    check("[[drift.detect.endpoints]]\nendpoint = \"prod\"\nwatch = false", None, 9 * DAY, &[])?;
    Ok(())
}

#[test]
fn what_is_told_of_traffic_that_stopped_says_since_when_and_what_to_do() -> Result<()> {
    let local = capturing("")?;
    assert_eq!(told(&local, 2 * DAY)?, ["traffic-missing"]);
    let told = of_type(&local, MONITORING_FAILED)?.remove(0);
    let since = at(100);
    assert_eq!(
        told["text"],
        format!("endpoint prod is not watched: it captures its traffic, but none has arrived since {since}")
    );
    assert_eq!((&told["at"], &told["severity"]), (&json!(since), &json!("medium")));
    assert!(told["advice"].as_str().is_some_and(|advice| advice.contains(PLACE)), "{told}");
    let history = history(&local)?;
    let line = format!(
        "traffic was not watched: no traffic has arrived since then (sagewarden-data-quality/{since})"
    );
    assert!(history.contains(&line), "{history}");
    Ok(())
}

#[test]
fn files_that_nobody_tells_of_are_another_matter_than_none() -> Result<()> {
    let local = capturing("")?;
    capture(&local, 2 * DAY - 5 * HOUR, false)?;
    assert_eq!(told(&local, 2 * DAY)?, ["traffic-unheard"]);
    let told = of_type(&local, MONITORING_FAILED)?.remove(0);
    assert_eq!(told["severity"], "high");
    assert!(
        told["text"]
            .as_str()
            .is_some_and(|text| text.contains("such as s3://captured/traffic/prod/AllTraffic/")),
        "{told}"
    );
    assert!(told["advice"].as_str().is_some_and(|advice| advice.contains("EventBridge")), "{told}");

    // One that was written just now is on its way: an hour later more is known.
    let local = capturing("")?;
    capture(&local, 2 * DAY - HOUR / 2, false)?;
    assert_eq!(self::told(&local, 2 * DAY)?, Vec::<String>::new());
    assert_eq!(self::told(&local, 2 * DAY + HOUR)?, ["traffic-unheard"]);

    // S3 announces no traffic that was captured before the stack received events.
    let local = served("")?;
    capture(&local, DAY - HOUR, false)?;
    deliver(&local, &tick(DAY), DAY)?;
    assert_eq!(self::told(&local, 2 * DAY)?, ["traffic-missing"]);
    Ok(())
}

#[test]
fn an_endpoint_that_captures_nothing_or_was_deployed_just_now_is_not_asked() -> Result<()> {
    let local = settled(monitored()?)?;
    let causes = told(&local, 100 + DAY)?;
    assert!(!causes.iter().any(|cause| cause.starts_with("traffic")), "{causes:?}");

    let local = capturing("")?;
    let mut config = sagewarden_tests::local::endpoint_config("d", "m");
    config["DataCaptureConfig"] = sagewarden_tests::local::data_capture(PLACE);
    local.create(ResourceKind::EndpointConfig, &config, DAY)?;
    let account = &local.system.account;
    account.update_endpoint("prod", "d", None, at(DAY + 10))?;
    account.finish_endpoint(&account.resource(ResourceKind::Endpoint, "prod"), at(DAY + 20))?;
    local.settle()?;
    assert_eq!(told(&local, DAY + 10 * HOUR)?, Vec::<String>::new());
    assert_eq!(told(&local, 2 * DAY + HOUR)?, ["traffic-missing"]);
    Ok(())
}

#[test]
fn a_key_that_names_a_time_to_come_is_no_traffic() -> Result<()> {
    let local = capturing("")?;
    let key = "traffic/prod/AllTraffic/2099/01/01/00/00-00-000-a.jsonl";
    let line = captured_event("e", "1,2", "1").to_string();
    local.system.account.put_object("captured", key, line.as_bytes(), at(5 * HOUR))?;
    local.settle()?;
    assert_eq!(told(&local, 100 + DAY - 1)?, Vec::<String>::new());
    assert_eq!(told(&local, 100 + DAY)?, ["traffic-missing"]);
    Ok(())
}

#[test]
fn each_variant_and_each_kind_of_damage_is_told() -> Result<()> {
    let local = settled(monitored()?)?;
    let kind = |kind: &str| {
        let mut report = broken(1_000, 7);
        report.unreadable[0].kind = kind.to_owned();
        report
    };
    let other = WindowReport { variant: "Canary".to_owned(), ..broken(1_000, 7) };
    for (number, report) in (0..).zip([kind("not-json"), other, kind("not-json"), kind("not-utf8")]) {
        put(&local, 9, &report, DAY + 600 + number * 60)?;
        local.settle()?;
    }
    let told = of_type(&local, MONITORING_FAILED)?;
    let told: Vec<(&Value, &Value)> = told
        .iter()
        .map(|each| (&each["unreadable"]["variant"], &each["unreadable"]["first_lines"][0]["kind"]))
        .collect();
    let [all, canary] = [json!("AllTraffic"), json!("Canary")];
    let [no_json, no_utf8] = [json!("not-json"), json!("not-utf8")];
    assert_eq!(told, [(&all, &no_json), (&canary, &no_json), (&all, &no_utf8)]);
    Ok(())
}

#[test]
fn a_few_bad_lines_are_not_told_before_more_of_the_window_is_known() -> Result<()> {
    let local = settled(monitored()?)?;
    put(&local, 9, &broken(100, 7), DAY + 600)?;
    local.settle()?;
    assert_eq!(of_type(&local, MONITORING_FAILED)?, Vec::<Value>::new());
    let mut whole = broken(100, 7);
    whole.window.complete = true;
    put(&local, 9, &whole, DAY + 4_600)?;
    local.settle()?;
    assert_eq!(of_type(&local, MONITORING_FAILED)?.len(), 1);
    Ok(())
}

#[test]
fn an_evaluation_of_another_endpoint_than_its_key_says_is_refused() -> Result<()> {
    let local = settled(monitored()?)?;
    let report = WindowReport { endpoint: "other".to_owned(), ..broken(1_000, 7) };
    put(&local, 9, &report, DAY + 600)?;
    let outcomes = local.settle()?;
    assert!(
        outcomes.iter().any(|text| text.contains("it is of endpoint `other`, not of `prod`")),
        "{outcomes:?}"
    );
    assert_eq!(of_type(&local, MONITORING_FAILED)?, Vec::<Value>::new());
    Ok(())
}

#[test]
fn an_endpoint_that_scales_is_quiet_since_it_was_deployed() -> Result<()> {
    let local = capturing("")?;
    let account = &local.system.account;
    let endpoint = account.resource(ResourceKind::Endpoint, "prod");
    // More revisions than are read at once.
    for change in 0..60 {
        account.finish_endpoint(&endpoint, at(1_000 + change * 600))?;
        local.settle()?;
    }
    assert_eq!(told(&local, 2 * DAY)?, ["traffic-missing"]);
    assert_eq!(of_type(&local, MONITORING_FAILED)?[0]["at"], json!(at(100)));
    account.finish_endpoint(&endpoint, at(2 * DAY + 10))?;
    local.settle()?;
    assert_eq!(told(&local, 4 * DAY)?, ["traffic-missing"], "it is the same silence");
    Ok(())
}

#[test]
fn what_came_while_nobody_watched_was_not_unheard_of() -> Result<()> {
    let local = capturing("[[drift.detect.endpoints]]\nendpoint = \"prod\"\nwatch = false")?;
    capture(&local, DAY + 5 * HOUR, true)?;
    let bundle = Bundle::embedded()?.with_settings(SETTINGS)?;
    let system = System { bundle: bundle.into(), ..local.system.clone() };
    let now = at(2 * DAY);
    block_on(system.deliver(&tick(2 * DAY), now))?;
    assert_eq!(of_type(&local, MONITORING_FAILED)?, Vec::<Value>::new());
    Ok(())
}
