//! A baseline that exists and cannot be used is published once: its records are kept, and nobody reads them.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::executor::block_on;
use sagewarden_events::{Event, decode};
use sagewarden_govern::ports::{PortError, PortErrorKind};
use sagewarden_govern::{BASELINE_MISSING, DetectDrift, Failure, KnownBaselines, Moment};
use sagewarden_local::{Call, Guard, Guarded, System};
use sagewarden_measure::csv::Header;
use sagewarden_monitor::SuggestedBaseline;
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, SETTINGS, at};
use serde_json::{Value, json};

use crate::closing::{Heard, close, close_with, world};
use crate::{BUCKET, baseline_csv, captured, put};

/// An endpoint whose baseline the settings name.
fn named() -> Result<Local> {
    let endpoint = "[[drift.detect.endpoints]]\nendpoint = \"prod\"\nbaseline = \"s3://baselines/b\"\n";
    let local = Local::with(Bundle::embedded()?.with_settings(&format!("{SETTINGS}\n{endpoint}"))?)?;
    local.serve_captured(&format!("s3://{BUCKET}/traffic"))?;
    local.settle()?;
    Ok(local)
}

fn with_baseline(local: &Local) -> Result<()> {
    let made = SuggestedBaseline::of_csv(baseline_csv().as_bytes(), Header::FirstRow)?;
    for (name, text) in made.files() {
        local.system.account.put_object("baselines", &format!("b/{name}"), text.as_bytes(), at(150))?;
    }
    Ok(())
}

fn told(local: &Local) -> Result<Vec<String>> {
    let sent = local.sent()?.into_iter().filter(|notice| notice.detail_type == BASELINE_MISSING);
    Ok(sent.filter_map(|notice| notice.detail.get("text")?.as_str().map(str::to_owned)).collect())
}

#[test]
fn what_is_wrong_with_a_baseline_is_told_once_and_each_record_is_kept() -> Result<()> {
    let of_feature =
        |kind: &str| format!(r#"{{"version":0.0,"features":[{{"name":"a","inferred_type":"{kind}"}}]}}"#);
    for (constraints, statistics, expect) in [
        (
            None,
            None,
            "the settings name `s3://baselines/b` as the baseline of endpoint `prod`, but it has no `constraints.json`",
        ),
        (Some("{".to_owned()), None, "the baseline `s3://baselines/b/constraints.json` cannot be used: "),
        (Some("[]".to_owned()), None, "the baseline `s3://baselines/b/constraints.json` cannot be used: "),
        (
            Some(of_feature("Integral")),
            Some("{\"features\":[{}"),
            "the baseline `s3://baselines/b/statistics.json` cannot be used: ",
        ),
    ] {
        let local = named()?;
        let account = &local.system.account;
        for (name, text) in [("constraints.json", constraints.as_deref()), ("statistics.json", statistics)] {
            if let Some(text) = text {
                account.put_object("baselines", &format!("b/{name}"), text.as_bytes(), at(150))?;
            }
        }
        for (turn, file) in (0..).zip(["00-00-000-a.jsonl", "01-00-000-b.jsonl"]) {
            put(&local, file, &captured(0..300, 1), 86_400 + turn)?;
            local.settle()?;
        }
        let told = told(&local)?;
        assert_eq!(told.len(), 1, "{expect} {statistics:?}");
        let begin = format!(
            "endpoint prod captures traffic, but it cannot be compared with its baseline: {}",
            expect.replace('"', "'")
        );
        assert!(told[0].starts_with(&begin), "{told:?}");
        let kept = local.system.quarantine.kept()?;
        assert_eq!(kept.len(), 2);
        assert!(
            kept.iter().all(|record| record["reason"].as_str().is_some_and(|reason| reason.contains(expect))),
            "{kept:?}"
        );
    }
    Ok(())
}

#[test]
fn what_was_refused_is_judged_once_it_is_delivered_again_to_a_baseline_that_was_mended() -> Result<()> {
    let local = named()?;
    put(&local, "00-00-000-a.jsonl", &captured(0..300, 1), 86_400)?;
    local.settle()?;
    let settings = &local.system.bundle.settings().drift.detect.clone();
    let (text, _) = close(&local, settings, "2026-03-03T10:15:01Z")?;
    assert!(text.contains("cannot be judged yet: the settings name `s3://baselines/b`"), "{text}");
    let (text, _) = close(&local, settings, "2026-03-03T16:00:01Z")?;
    assert!(text.contains("is given up: the settings name `s3://baselines/b`"), "{text}");
    assert_eq!(close(&local, settings, "2026-03-03T16:05:01Z")?.0, "no window is over");

    with_baseline(&local)?;
    for record in local.system.quarantine.kept()? {
        local.deliver(record["body"].as_str().unwrap_or_default())?;
    }
    assert_eq!(crate::report(&local)?.rows, 300);
    let (text, told) = close(&local, settings, "2026-03-03T16:10:01Z")?;
    assert!(text.contains("300 rows") && !told.is_empty(), "{text}");
    Ok(())
}

#[test]
fn a_baseline_that_nothing_can_be_compared_with_is_told_beside_the_report() -> Result<()> {
    for kind in ["Unknown", "String"] {
        nothing_to_compare_with(kind)?;
    }
    Ok(())
}

/// A baseline of constraints alone, whose checks pass if there are any.
fn nothing_to_compare_with(kind: &str) -> Result<()> {
    let features: Vec<Value> =
        (0..4).map(|number| json!({ "name": format!("_c{number}"), "inferred_type": kind })).collect();
    let local = named()?;
    let constraints = json!({ "version": 0.0, "features": features }).to_string();
    local.system.account.put_object("baselines", "b/constraints.json", constraints.as_bytes(), at(150))?;
    for (turn, file) in (0..).zip(["00-00-000-a.jsonl", "01-00-000-b.jsonl"]) {
        put(&local, file, &captured(0..300, 1), 86_400 + turn)?;
        local.settle()?;
    }
    let report = crate::report(&local)?;
    assert_eq!((report.rows, report.violations), (600, Vec::new()), "which looks well");
    let coverage = report.coverage.unwrap_or_default();
    assert_eq!((coverage.features, coverage.compared, coverage.not_compared.len()), (4, 0, 4));
    assert!(report.unknown.is_some_and(|why| why.contains("the baseline has no statistics")), "{kind}");
    let told = told(&local)?;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told.concat().contains("nothing in `s3://baselines/b/constraints.json` could be compared: "),
        "{told:?}"
    );
    Ok(())
}

/// No function may read in this bucket.
struct Denying(&'static str);

impl Guard for Denying {
    fn ask(&self, call: Call<'_>) -> std::result::Result<(), PortError> {
        if !call.is_read() || !call.about.starts_with(&format!("s3://{}/", self.0)) {
            return Ok(());
        }
        Err(PortError::new(PortErrorKind::Denied, format!("read `{}`", call.about), "AccessDenied"))
    }
}

#[test]
fn what_may_not_be_read_is_told_and_asked_for_again() -> Result<()> {
    for (bucket, expect) in [
        ("baselines", "read `s3://baselines/b/constraints.json`: AccessDenied"),
        (BUCKET, "/00-00-000-a.jsonl`: AccessDenied"),
    ] {
        let local = named()?;
        with_baseline(&local)?;
        for file in ["00-00-000-a.jsonl", "01-00-000-b.jsonl"] {
            put(&local, file, &captured(0..300, 1), 86_400)?;
        }
        let System { account, bundle, .. } = &local.system;
        let objects = Guarded::new(local.system.account.clone(), Denying(bucket));
        let world = world(&local.system, &objects, Heard::default(), &bundle.settings().drift.detect);
        let detect = DetectDrift { world: &world, known: &KnownBaselines::default() };
        for event in account.drain_events()? {
            for event in decode(&event.to_string())? {
                let Event::ObjectCreated(written) = event else { return Err("it is not a file".into()) };
                let moment = Moment { now: at(86_430), owner: "t".to_owned() };
                let outcome = block_on(detect.on_capture(&written, &moment));
                let is_kept = matches!(outcome, Err(Failure::Retry(_)));
                assert_eq!(is_kept, written.bucket == BUCKET, "{outcome:?}");
            }
        }
        let told = told(&local)?;
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].ends_with(expect), "{told:?}");
    }
    Ok(())
}

#[test]
fn a_window_that_may_not_be_judged_is_given_up_after_some_hours() -> Result<()> {
    let local = named()?;
    put(&local, "00-00-000-a.jsonl", &captured(0..300, 1), 86_400)?;
    let event: Value = local.system.account.drain_events()?.remove(0);
    local.deliver(&event.to_string())?;
    let objects = &Guarded::new(local.system.account.clone(), Denying("baselines"));
    let settings = &local.system.bundle.settings().drift.detect;
    let tick = |time: &str| -> Result<String> {
        let (done, _) = close_with(&local, objects, settings, time)?;
        Ok(done?.text().to_owned())
    };
    for early in ["2026-03-03T10:15:01Z", "2026-03-03T15:59:59Z"] {
        assert!(tick(early)?.contains("cannot be judged yet: "));
    }
    assert!(tick("2026-03-03T16:00:01Z")?.contains("is given up: "));
    assert_eq!(tick("2026-03-03T16:05:01Z")?, "no window is over");
    Ok(())
}

#[test]
fn a_window_without_a_baseline_is_judged_once_there_is_one_and_its_file_is_delivered_again() -> Result<()> {
    let local = crate::capturing(false)?;
    put(&local, "00-00-000-a.jsonl", &captured(0..300, 1), 86_400)?;
    let event: Value = local.system.account.drain_events()?.remove(0);
    local.deliver(&event.to_string())?;
    let mut settings = local.system.bundle.settings().drift.detect.clone();
    let (text, _) = close(&local, &settings, "2026-03-03T10:15:01Z")?;
    assert!(text.contains("no window is over") || text.contains("published before"), "{text}");
    with_baseline(&local)?;
    let endpoint = "[[drift.detect.endpoints]]\nendpoint = \"prod\"\nbaseline = \"s3://baselines/b\"\n";
    let bundle = sagewarden_policy::Bundle::clone(&local.system.bundle)
        .with_settings(&format!("{SETTINGS}\n{endpoint}"))?;
    settings.clone_from(&bundle.settings().drift.detect);
    let system = System { bundle: bundle.into(), ..local.system.clone() };
    block_on(system.deliver(&event.to_string(), at(91_000)))?;
    assert_eq!(crate::report(&local)?.rows, 300);
    let (text, told) = close(&local, &settings, "2026-03-03T16:10:01Z")?;
    assert!(text.contains("300 rows") && !told.is_empty(), "{text}");
    Ok(())
}

#[test]
fn a_baseline_that_does_not_fit_into_memory_is_refused_by_name_before_it_is_read_as_one() -> Result<()> {
    let many = |count: usize, one: &str| vec![one; count].join(",");
    let features: Vec<String> = (0..1_001).map(|number| format!("{{\"name\":\"c{number}\"}}")).collect();
    let domain = many(4_000_001, "\"\"");
    for (constraints, statistics, place, why) in [
        (
            format!("{{\"features\":[{}]}}", features.join(",")),
            None,
            "constraints",
            "it has 1001 columns, more than 1000",
        ),
        (
            format!(
                "{{\"features\":[{{\"name\":\"a\",\"string_constraints\":{{\"domains\":[{domain}]}}}}]}}"
            ),
            None,
            "constraints",
            "texts, more than 4000000",
        ),
        (
            "{\"features\":[]}".to_owned(),
            Some(format!("{{\"features\":[{}]}}", many(400_001, "{}"))),
            "statistics",
            "objects, more than 400000",
        ),
        ("x".repeat((64 << 20) + 1), None, "constraints", "it has 67108865 bytes, more than 67108864"),
    ] {
        let local = named()?;
        let account = &local.system.account;
        account.put_object("baselines", "b/constraints.json", constraints.as_bytes(), at(150))?;
        if let Some(statistics) = statistics {
            account.put_object("baselines", "b/statistics.json", statistics.as_bytes(), at(150))?;
        }
        put(&local, "00-00-000-a.jsonl", &captured(0..300, 1), 86_400)?;
        local.settle()?;
        let told = told(&local)?;
        assert_eq!(told.len(), 1, "{why}");
        let named = format!("s3://baselines/b/{place}.json");
        assert!(told[0].contains(&named) && told[0].contains(why), "{told:?}");
    }
    Ok(())
}

/// Reading the constraints ends the function, until somebody replaces them: the claims of the function stay.
#[derive(Default)]
struct Deadly {
    is_mended: Cell<bool>,
    reads: Cell<usize>,
}

impl Guard for Deadly {
    fn ask(&self, call: Call<'_>) -> std::result::Result<(), PortError> {
        if call.is_read() && call.about.ends_with("constraints.json") {
            self.reads.set(self.reads.get() + 1);
            assert!(self.is_mended.get(), "killed");
        }
        Ok(())
    }
}

#[test]
fn what_kills_the_function_three_times_is_refused_by_name_and_read_again_on_the_next_day() -> Result<()> {
    let local = named()?;
    with_baseline(&local)?;
    local.settle()?;
    put(&local, "00-00-000-a.jsonl", &captured(0..300, 1), 86_400)?;
    let written = decode(&local.system.account.drain_events()?.remove(0).to_string())?.remove(0);
    let Event::ObjectCreated(written) = written else { return Err("it is not a file".into()) };
    let objects = Guarded::new(local.system.account.clone(), Deadly::default());
    let settings = &local.system.bundle.settings().drift.detect;
    let deliver = |minutes: i64| {
        let world = world(&local.system, &objects, Heard::default(), settings);
        let known = KnownBaselines::default();
        let detect = DetectDrift { world: &world, known: &known };
        let moment = Moment { now: at(86_400 + minutes * 60), owner: format!("request-{minutes}") };
        catch_unwind(AssertUnwindSafe(|| block_on(detect.on_capture(&written, &moment))))
    };
    for minutes in [0, 6, 12] {
        assert!(deliver(minutes).is_err(), "it is killed");
    }
    // Two at the same time are no proof of anything: only those that must have ended count.
    let refused = deliver(18);
    let Ok(Err(Failure::Reject(reason))) = refused else { return Err(format!("{refused:?}").into()) };
    let words =
        "`s3://baselines/b/constraints.json` is not read again today: reading it ended the function 3 times";
    assert!(reason.starts_with(words), "{reason}");
    assert_eq!(objects.guard.reads.get(), 3, "it was not read the fourth time");
    assert!(told(&local)?[0].contains(words), "{:?}", told(&local)?);

    objects.guard.is_mended.set(true);
    assert!(matches!(deliver(30), Ok(Err(Failure::Reject(_)))), "nobody knows yet that it was mended");
    assert!(matches!(deliver(25 * 60), Ok(Ok(_))), "a day later it is tried again");
    let left = local.system.store.items()?;
    assert!(!left.iter().any(|item| item.key.pk.starts_with("K#attempt")), "what has succeeded is forgiven");
    Ok(())
}
