//! A window that is due is measured once, by any delivery, and in parts.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;

use futures::executor::block_on;
use sagewarden_events::{ClockTicked, ResourceKind, WatchPart, WatchScope, Watched};
use sagewarden_govern::ports::{Metrics, Objects as _, PortError, Table as _, WindowMetrics};
use sagewarden_govern::{MeasureQuality, Moment, World as _};
use sagewarden_lineage::rows::{DueWindowRow, OpenWindowRow};
use sagewarden_lineage::table::Write;
use sagewarden_local::{Call, Guard, Story, System};
use sagewarden_monitor::WindowReport;
use sagewarden_tests::Result;
use sagewarden_tests::guarded;
use sagewarden_tests::local::{Local, at, captured_event};

use crate::{BEGIN, CLOSED, HOUR, LAST, WATCHED, captured, file, labelled, labels, put, serving, tick};

/// The published notices.
#[derive(Default)]
pub(crate) struct Heard(pub(crate) RefCell<Vec<String>>);

impl Metrics for Heard {
    fn publish(&self, window: &WindowMetrics<'_>) {
        let WindowMetrics { monitor, schedule, time, dimensions, metrics, .. } = window;
        let under: String = dimensions.iter().map(|(name, value)| format!(" {name}={value}")).collect();
        let names =
            metrics.iter().map(|metric| format!("{monitor:?} {schedule} {time} {}{under}", metric.name));
        self.0.borrow_mut().extend(names);
    }
}

#[test]
fn metrics_are_those_of_the_container_and_leave_once() -> Result<()> {
    let local = serving(WATCHED)?;
    captured(&local, 0..100, BEGIN + 60)?;
    labelled(&local, "a", &labels(0..100, 0), HOUR, BEGIN + 600)?;
    local.settle()?;
    tick(&local, CLOSED)?;
    let world = local.system.world().with_metrics(Heard::default());
    for after in [LAST, LAST + 300] {
        // A file that is announced again makes the window due once more.
        let due = DueWindowRow { due: at(CLOSED), window: window(&local) };
        block_on(local.system.store.write(&[Write::Put(due.item())]))?;
        let (now, account, region) = (at(after), Story::ACCOUNT.to_owned(), Story::REGION.to_owned());
        let ticked = ClockTicked { account, region, time: now, part: None };
        let moment = Moment { now, owner: "t".to_owned() };
        let done = block_on(MeasureQuality { world: &world }.measure_due(&ticked, &moment))?;
        assert!(done.text().contains("100 of 100"), "{done:?}");
    }
    let heard = world.metrics().0.take();
    let name = |name: &str| format!("ModelQuality sagewarden-model-quality 2026-03-03T10:00:00Z {name}");
    for metric in ["accuracy", "recall", "auc", "au_prc", "total_number_of_violations"] {
        assert_eq!(heard.iter().filter(|each| **each == name(metric)).count(), 1, "{metric}: {heard:?}");
    }
    Ok(())
}

fn window(local: &Local) -> OpenWindowRow {
    let endpoint = local.system.account.resource(ResourceKind::Endpoint, "prod");
    let (start, end) = (at(BEGIN), at(BEGIN + 3_600));
    OpenWindowRow { endpoint, variant: "AllTraffic".to_owned(), start, end }
}

#[derive(Default)]
struct Counted(RefCell<BTreeMap<&'static str, usize>>);

impl Guard for Counted {
    fn ask(&self, call: Call<'_>) -> std::result::Result<(), PortError> {
        *self.0.borrow_mut().entry(call.method).or_default() += 1;
        Ok(())
    }
}

/// docs/COST.md says what this costs.
#[test]
fn what_measuring_a_window_asks_is_counted() -> Result<()> {
    let local = serving(WATCHED)?;
    for minute in 0..60 {
        captured(&local, minute..minute + 1, BEGIN + 60)?;
    }
    for number in 0..24_u64 {
        // Enough labels for a verdict.
        let calls = number * 5 / 2..(number + 1) * 5 / 2;
        labelled(&local, &number.to_string(), &labels(calls, 0), HOUR, BEGIN + 600)?;
    }
    local.settle()?;
    let due = DueWindowRow { due: at(CLOSED - 60), window: window(&local) };
    block_on(local.system.store.write(&[Write::Put(due.item())]))?;
    let asked = Rc::new(Counted::default());
    let world = guarded::world(&local.system, &asked);
    let (now, account, region) = (at(CLOSED), Story::ACCOUNT.to_owned(), Story::REGION.to_owned());
    let ticked = ClockTicked { account, region, time: now, part: None };
    let moment = Moment { now, owner: "t".to_owned() };
    let done = block_on(MeasureQuality { world: &world }.measure_due(&ticked, &moment))?;
    assert!(done.text().contains("60 of 60 predictions have labels"), "{done:?}");
    let asked = asked.0.take();
    let expected = [
        ("Files::stream", 84),
        ("Files::write", 3),
        ("Objects::read", 1),
        ("Table::get", 1),
        ("Table::query", 7),
        ("Table::write", 2),
    ];
    assert_eq!(asked, BTreeMap::from(expected));
    Ok(())
}

/// Somebody who may put events on the bus names windows that are not due.
#[test]
fn what_is_not_due_is_not_measured_whoever_names_it() -> Result<()> {
    let local = serving(WATCHED)?;
    captured(&local, 0..100, BEGIN + 60)?;
    labelled(&local, "a", &labels(0..100, 100), HOUR, BEGIN + 600)?;
    local.settle()?;
    let due = DueWindowRow { due: at(LAST), window: window(&local) };
    block_on(local.system.store.write(&[Write::Put(due.item())]))?;
    let world = local.system.world();
    let scope = WatchScope::These(vec![due.key().sk, "1#nonsense".to_owned()]);
    let part = Some(WatchPart { watched: Watched::Labels, scope });
    let (account, region) = (Story::ACCOUNT.to_owned(), Story::REGION.to_owned());
    let ticked = ClockTicked { account, region, time: at(LAST), part };
    let moment = Moment { now: at(CLOSED), owner: "t".to_owned() };
    let done = block_on(MeasureQuality { world: &world }.measure_due(&ticked, &moment))?;
    assert_eq!(done.text(), "no predictions are to be measured");
    assert!(file(&local, WindowReport::FILE)?.is_none());
    Ok(())
}

/// Many windows wait for labels: one record measures two of them, and hands the others on.
#[test]
fn many_windows_are_measured_in_parts() -> Result<()> {
    let local = serving(WATCHED)?;
    for hour in 0..5 {
        let key = format!("traffic/prod/AllTraffic/2026/03/03/{:02}/00-00-000-a.jsonl", 9 + hour);
        let mut lines = String::new();
        for call in 0..30 {
            writeln!(lines, "{}", captured_event(&format!("{hour}-{call}"), "1,2", "0.9\n"))?;
        }
        put(&local, "captured", &key, &lines, BEGIN + 3_600 * hour + 60)?;
    }
    local.settle()?;
    tick(&local, CLOSED + 4 * 3_600)?;
    let done = tick(&local, LAST + 4 * 3_600)?;
    assert!(done.iter().any(|text| text.contains("5 labels handed on")), "{done:?}");
    let reports =
        block_on(local.system.account.versions(System::EVIDENCE_BUCKET, "reports/", at(LAST * 2), 1_000))?;
    let measured = reports.objects.iter().filter(|each| each.key.contains("sagewarden-model-quality"));
    assert_eq!(measured.count(), 5, "{reports:?}");
    Ok(())
}
