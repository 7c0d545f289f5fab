//! `reconcile`: each hour, what no event announced is found, judged, recorded and counted.
#![expect(clippy::indexing_slicing, reason = "a test ends where something is missing")]

#[path = "reconciling/counted.rs"]
mod counted;
#[path = "reconciling/history.rs"]
mod history;
#[path = "reconciling/interrupted.rs"]
mod interrupted;
#[path = "reconciling/passed_by.rs"]
mod passed_by;
#[path = "reconciling/remedied.rs"]
mod remedied;

use std::cell::RefCell;
use std::collections::BTreeMap;

use futures::executor::block_on;
use sagewarden_events::{Event, ResourceKind, Timestamp, decode};
use sagewarden_govern::ports::{
    Estate, EstatePage, Metrics, PortError, PortErrorKind, SweptKind, Wanted, WindowMetrics,
};
use sagewarden_govern::route::{self, Judging};
use sagewarden_govern::{Done, EVENTS_MISSED, Failure, Moment, World};
use sagewarden_lineage::rows::SweepRow;
use sagewarden_lineage::table::{Item, Key};
use sagewarden_local::{SimulatedAccount, Story, System};
use sagewarden_tests::Result;
use sagewarden_tests::local::Local;
use serde_json::{Value, json};

const HOUR: i64 = 3_600;

/// The clock's own tick.
fn tick(time: Timestamp) -> Value {
    json!({ "source": "aws.events", "detail-type": "Scheduled Event", "account": Story::ACCOUNT,
        "region": Story::REGION, "time": time, "resources": [], "detail": {} })
}

/// Gives an event to `reconcile`.
fn deliver(
    world: &impl World,
    estate: &impl Estate,
    judging: &Judging,
    event: &Value,
    moment: &Moment,
) -> Result<std::result::Result<Done, Failure>> {
    let event: Event = decode(&event.to_string())?.pop().ok_or("no event")?;
    let ended = block_on(route::reconcile(world, estate, judging, &event, moment, &|| false));
    Ok(ended.ok_or("it is not for reconcile")?)
}

fn is_part(event: &Value) -> bool {
    event["detail-type"] == "Sagewarden Watch Continued"
}

/// The parts that wait on the bus. Whatever else the account announced is lost.
fn parts(system: &System) -> Result<Vec<Value>> {
    let mut events = system.account.drain_events()?;
    events.retain(is_part);
    Ok(events)
}

/// Everything that a tick leads to. Returns the text for the log.
fn hour_with(
    system: &System,
    world: &impl World,
    estate: &impl Estate,
    now: Timestamp,
) -> Result<Vec<String>> {
    let judging = system.judging();
    let mut waiting = vec![tick(now)];
    let mut said = Vec::new();
    system.account.drain_events()?;
    while !waiting.is_empty() {
        for event in std::mem::take(&mut waiting) {
            let moment = Moment { now, owner: format!("reconcile-{}", said.len()) };
            said.push(deliver(world, estate, &judging, &event, &moment)??.text().to_owned());
        }
        waiting = parts(system)?;
    }
    Ok(said)
}

fn hour(local: &Local, now: Timestamp) -> Result<Vec<String>> {
    let world = local.system.world();
    hour_with(&local.system, &world, &world.account, now)
}

/// The table by keys, without the marks of sweeps.
fn table(system: &System) -> Result<BTreeMap<Key, Item>> {
    let items = system.store.items()?.into_iter().filter(|item| SweepRow::parse(item).is_none());
    Ok(items.map(|item| (item.key.clone(), item)).collect())
}

/// The notices about events that did not arrive: `<kind> <missed> of <expected>`.
fn missed(local: &Local) -> Result<Vec<String>> {
    let told = local.sent()?.into_iter().filter(|notice| notice.detail_type == EVENTS_MISSED);
    let words = |detail: &Value| {
        format!(
            "{} {} of {}",
            detail["kind"].as_str().unwrap_or_default(),
            detail["missed"],
            detail["expected"]
        )
    };
    Ok(told.map(|notice| words(&notice.detail)).collect())
}

/// An account that lists few resources a page, and refuses some kinds.
struct Sliced<'a> {
    account: &'a SimulatedAccount,
    size: usize,
    refused: &'a [ResourceKind],
}

impl Estate for Sliced<'_> {
    async fn page(&self, wanted: &Wanted, from: Option<&str>) -> std::result::Result<EstatePage, PortError> {
        if self.refused.contains(&wanted.kind) {
            return Err(PortError::new(PortErrorKind::Denied, "list", "no"));
        }
        let whole = self.account.page(wanted, None).await?;
        let begin: usize = from.and_then(|from| from.parse().ok()).unwrap_or_default();
        let end = (begin + self.size).min(whole.resources.len());
        let resources = whole.resources.get(begin..end).unwrap_or_default().to_vec();
        let next = (end < whole.resources.len()).then(|| end.to_string());
        Ok(EstatePage { resources, next })
    }
}

/// The metrics of sweeps.
#[derive(Default)]
struct Heard(RefCell<Vec<SweptKind>>);

impl Metrics for Heard {
    fn publish(&self, _: &WindowMetrics<'_>) {}

    fn swept(&self, sweep: &SweptKind) {
        self.0.borrow_mut().push(*sweep);
    }
}
