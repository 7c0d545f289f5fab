//! The clock closes windows that are over: each is judged once more, its metrics are published once, and one that cannot be closed keeps no
//! other one open.

use std::cell::{Cell, RefCell};

use futures::executor::block_on;
use sagewarden_events::{ClockTicked, Event, Timestamp, decode};
use sagewarden_govern::ports::{Files, Objects, PortError, PortErrorKind, Table as _};
use sagewarden_govern::ports::{Metrics, WindowMetrics};
use sagewarden_govern::{DetectDrift, Failure, KnownBaselines, MONITORING_FAILED, Moment, Outcome, World};
use sagewarden_lineage::table::{self as lineage, Attributes, Item, Key, Write};
use sagewarden_local::{Call, Guard, Guarded, Story, System};
use sagewarden_settings::DetectSettings;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, at};
use serde_json::Value;

use crate::{captured, capturing, put, read, report};

#[derive(Default)]
pub(crate) struct Heard(RefCell<Vec<String>>);

impl Metrics for Heard {
    fn publish(&self, window: &WindowMetrics<'_>) {
        let names = window.metrics.iter().map(|metric| format!("{} {}", window.endpoint, metric.name));
        self.0.borrow_mut().extend(names);
    }
}

/// The clock's own tick.
pub(crate) fn tick(time: Timestamp) -> ClockTicked {
    ClockTicked { account: Story::ACCOUNT.to_owned(), region: Story::REGION.to_owned(), time, part: None }
}

/// Closes windows that are over, with these settings; returns the outcomes and the published metrics.
pub(crate) fn close(local: &Local, settings: &DetectSettings, time: &str) -> Result<(String, Vec<String>)> {
    let (done, heard) = close_with(local, &local.system.account, settings, time)?;
    Ok((done?.text().to_owned(), heard))
}

/// A system's own world with two parts replaced.
pub(crate) fn world<O: Objects + Files + Clone, M: Metrics>(
    system: &System,
    objects: &O,
    metrics: M,
    settings: &DetectSettings,
) -> impl World<Metrics = M> + use<O, M> {
    let mut world = system.world().with_objects(objects.clone(), objects.clone()).with_metrics(metrics);
    world.given.settings.drift.detect = settings.clone();
    world
}

pub(crate) fn close_with(
    local: &Local,
    objects: &(impl Objects + Files + Clone),
    settings: &DetectSettings,
    time: &str,
) -> Result<(Outcome, Vec<String>)> {
    let world = world(&local.system, objects, Heard::default(), settings);
    let now = Timestamp::from_text(time).ok_or("no time")?;
    let detect = DetectDrift { world: &world, known: &KnownBaselines::default() };
    let done = block_on(detect.close_windows(&tick(now), &Moment { now, owner: "t".into() }));
    Ok((done, world.metrics().0.take()))
}

#[test]
fn a_window_that_is_over_is_judged_once_more_and_its_metrics_are_told() -> Result<()> {
    let local = capturing(true)?;
    put(&local, "00-00-000-a.jsonl", &captured(0..300, 1_000), 86_400)?;
    let told: Vec<String> =
        block_on(local.system.settle())?.into_iter().map(|(event, _)| event.to_string()).collect();
    assert!(!report(&local)?.window.complete);

    let settings = DetectSettings::default();
    let close = |time: &str| close(&local, &settings, time);
    let nothing = ("no window is over".to_owned(), Vec::new());
    assert_eq!(close("2026-03-03T10:14:59Z")?, nothing, "files come late");
    let (done, heard) = close("2026-03-03T10:15:01Z")?;
    assert!(done.contains("300 rows") && done.contains(": 1 violation;"), "{done}");
    assert!(report(&local)?.window.complete);
    assert!(heard.contains(&"prod feature_baseline_drift_LIMIT_BAL".to_owned()), "{heard:?}");
    assert_eq!(close("2026-03-03T10:20:01Z")?, nothing, "it is judged for the last time once");

    for body in &told {
        local.deliver(body)?;
    }
    assert!(report(&local)?.window.complete, "a file that is told again opens nothing");
    assert_eq!(close("2026-03-03T10:25:01Z")?, nothing);
    put(&local, "59-00-000-z.jsonl", &captured(300..400, 1), 90_900)?;
    local.settle()?;
    assert!(!report(&local)?.window.complete, "a file that comes late does");
    let (done, _) = close("2026-03-03T10:30:01Z")?;
    assert!(done.contains("400 rows"), "{done}");
    Ok(())
}

#[test]
fn metrics_of_a_window_are_told_once_however_often_it_is_opened_again() -> Result<()> {
    let local = capturing(true)?;
    let settings = DetectSettings::default();
    put(&local, "00-00-000-a.jsonl", &captured(0..300, 1), 86_400)?;
    local.settle()?;
    let (text, told) = close(&local, &settings, "2026-03-03T10:15:01Z")?;
    assert!(!told.is_empty(), "{text}");
    put(&local, "59-00-000-z.jsonl", &captured(300..400, 1), 90_900)?;
    local.settle()?;
    let (text, told) = close(&local, &settings, "2026-03-03T10:30:01Z")?;
    assert!(text.contains("400 rows"), "{text}");
    assert_eq!(told, Vec::<String>::new(), "CloudWatch would add them to the first");
    Ok(())
}

#[test]
fn windows_that_fail_do_not_keep_the_others_open() -> Result<()> {
    let local = capturing(true)?;
    put(&local, "00-00-000-a.jsonl", &captured(0..300, 1), 86_400)?;
    local.settle()?;
    // Twenty-five windows that cannot even be read stand before it.
    let waiting = (0..25).map(|number| {
        let end = 1_700_000_000_000_i64 + number;
        Write::Put(Item {
            key: Key::new("K#windows", format!("{end:013}#W#broken{number}")),
            attributes: Attributes::from([("endpoint".to_owned(), lineage::Value::Text("none".to_owned()))]),
        })
    });
    block_on(local.system.store.write(&waiting.collect::<Vec<_>>()))?;
    let (text, _) = close(&local, &DetectSettings::default(), "2026-03-03T10:15:01Z")?;
    assert!(text.contains("300 rows"), "{text}");
    Ok(())
}

/// S3 that does not answer where somebody reads a profile.
#[derive(Default)]
struct Silent {
    is_mended: Cell<bool>,
}

impl Guard for Silent {
    fn ask(&self, call: Call<'_>) -> std::result::Result<(), PortError> {
        if self.is_mended.get() || !call.is_read() || !call.about.contains("/profiles/") {
            return Ok(());
        }
        Err(PortError::new(PortErrorKind::Unavailable, format!("read `{}`", call.about), "SlowDown"))
    }
}

#[test]
fn a_window_that_could_not_be_closed_is_closed_by_the_next_tick() -> Result<()> {
    let local = capturing(true)?;
    put(&local, "00-00-000-a.jsonl", &captured(0..300, 1), 86_400)?;
    local.settle()?;
    let objects = Guarded::new(local.system.account.clone(), Silent::default());
    let settings = DetectSettings::default();
    let (done, heard) = close_with(&local, &objects, &settings, "2026-03-03T10:15:01Z")?;
    assert!(matches!(done, Err(Failure::Retry(_))), "{done:?}");
    assert_eq!(heard, Vec::<String>::new());
    assert!(!report(&local)?.window.complete);

    objects.guard.is_mended.set(true);
    let (done, heard) = close_with(&local, &objects, &settings, "2026-03-03T10:20:01Z")?;
    assert!(done?.text().contains("300 rows"));
    assert!(!heard.is_empty() && report(&local)?.window.complete);
    let (done, _) = close_with(&local, &objects, &settings, "2026-03-03T10:25:01Z")?;
    assert_eq!(done?.text(), "no window is over");
    Ok(())
}

#[test]
fn traffic_that_cannot_be_read_is_told_although_there_is_too_little_to_be_judged() -> Result<()> {
    let local = capturing(true)?;
    put(&local, "00-00-000-a.jsonl", &format!("{}{{\"captureData\":\n", captured(0..20, 1)), 86_400)?;
    local.settle()?;
    assert_eq!(read(&local, "constraint_violations.json")?, None, "20 rows are too few");
    close(&local, &DetectSettings::default(), "2026-03-03T10:15:01Z")?;
    let outcomes = local.settle()?;
    let sent = local.sent()?;
    let told: Vec<&Value> = sent
        .iter()
        .filter(|notice| notice.detail_type == MONITORING_FAILED)
        .map(|notice| &notice.detail)
        .collect();
    assert_eq!(told.len(), 1, "{outcomes:?}");
    assert_eq!(told[0]["cause"], "traffic-unreadable");
    let text = told[0]["text"].as_str().unwrap_or_default();
    assert!(
        text.contains("1 line could not be read: 1 line: ")
            && text.ends_with("a.jsonl); 20 rows could be read"),
        "{text}"
    );
    Ok(())
}

/// Something happens while metrics are published.
struct Meanwhile<F>(RefCell<Option<F>>);

impl<F: FnOnce() + Send> Metrics for Meanwhile<F> {
    fn publish(&self, _: &WindowMetrics<'_>) {
        // An executor of its own, on a thread of its own.
        if let Some(work) = self.0.borrow_mut().take() {
            std::thread::scope(|scope| scope.spawn(work).join()).unwrap();
        }
    }
}

#[test]
fn a_file_that_comes_while_its_window_is_closed_is_judged_by_the_next_tick() -> Result<()> {
    let local = capturing(true)?;
    put(&local, "00-00-000-a.jsonl", &captured(0..300, 1), 86_400)?;
    local.settle()?;
    let system = local.system.clone();
    let late = move || {
        let key = format!("{}/59-00-000-z.jsonl", crate::HOUR);
        let put =
            system.account.put_object(crate::BUCKET, &key, captured(300..400, 1).as_bytes(), at(90_900));
        put.unwrap();
        block_on(system.settle()).unwrap();
    };
    let metrics = Meanwhile(RefCell::new(Some(late)));
    let settings = &DetectSettings::default();
    let world = world(&local.system, &local.system.account, metrics, settings);
    let detect = DetectDrift { world: &world, known: &KnownBaselines::default() };
    let now = Timestamp::from_text("2026-03-03T10:15:01Z").ok_or("no time")?;
    block_on(detect.close_windows(&tick(now), &Moment { now, owner: "t".into() }))?;
    assert!(!report(&local)?.window.complete, "the late file was judged behind it");

    let (text, _) = close(&local, settings, "2026-03-03T10:20:01Z")?;
    assert!(text.contains("400 rows"), "{text}");
    assert!(report(&local)?.window.complete);
    assert_eq!(close(&local, settings, "2026-03-03T10:25:01Z")?.0, "no window is over");
    Ok(())
}

/// Something happens while the baseline is read.
struct WhileRead<F>(RefCell<Option<F>>);

impl<F: FnOnce() + Send> Guard for WhileRead<F> {
    fn ask(&self, call: Call<'_>) -> std::result::Result<(), PortError> {
        if call.about.ends_with("constraints.json")
            && let Some(work) = self.0.borrow_mut().take()
        {
            std::thread::scope(|scope| scope.spawn(work).join()).unwrap();
        }
        Ok(())
    }
}

#[test]
fn a_window_that_is_closed_while_a_late_file_is_judged_is_closed_once_more() -> Result<()> {
    let local = capturing(true)?;
    put(&local, "00-00-000-a.jsonl", &captured(0..300, 1), 86_400)?;
    local.settle()?;
    put(&local, "59-00-000-z.jsonl", &captured(300..400, 1), 90_900)?;
    let late = local.system.account.drain_events()?.remove(0).to_string();
    let system = local.system.clone();
    let now = Timestamp::from_text("2026-03-03T10:15:01Z").ok_or("no time")?;
    let moment = Moment { now, owner: "t".into() };
    let clock = {
        let moment = Moment { owner: "clock".into(), ..moment.clone() };
        move || {
            let world = world(&system, &system.account, Heard::default(), &DetectSettings::default());
            let detect = DetectDrift { world: &world, known: &KnownBaselines::default() };
            block_on(detect.close_windows(&tick(moment.now), &moment)).unwrap();
        }
    };
    let objects = Guarded::new(local.system.account.clone(), WhileRead(RefCell::new(Some(clock))));
    let settings = &DetectSettings::default();
    let world = world(&local.system, &objects, Heard::default(), settings);
    let detect = DetectDrift { world: &world, known: &KnownBaselines::default() };
    for event in decode(&late)? {
        let Event::ObjectCreated(written) = event else { return Err("it is not a file".into()) };
        block_on(detect.on_capture(&written, &moment))?;
    }
    assert!(!report(&local)?.window.complete, "the delivery wrote behind the clock");
    let (text, _) = close(&local, settings, "2026-03-03T10:20:01Z")?;
    assert!(text.contains("400 rows") && report(&local)?.window.complete, "{text}");
    Ok(())
}
