//! Deliveries to a system whose processes may die at any call of a port. Whatever was not brought to an end is to come again.

use std::panic::{RefUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::FutureExt;
use sagewarden_events::{Timestamp, decode};
use sagewarden_govern::{Failure, Moment, route};
use sagewarden_lineage::rows::{PendingRow, VerdictRow, node};
use sagewarden_lineage::table::{Item, Value as TableValue};
use sagewarden_local::{Story, System};
use serde_json::Value;

use crate::strikes::{Fault, Strikes};
use crate::{Result, WHEN, guarded};

/// A claim that somebody left behind has run out by the next delivery.
const BETWEEN_MS: i64 = 121_000;

/// The text of a finding whose process died before it noted the result of the remedy.
pub const DIED: &str = "the function died during this call: check whether the call took effect";

/// Where a process dies: at a call, counted from 0, before or after the service has done it.
#[derive(Clone, Copy, Debug)]
pub struct Death {
    /// Which call. One that makes fewer calls lives.
    pub call: usize,
    /// Whether the service does the work.
    pub after: bool,
}

/// A system, and the events delivered to it.
#[derive(Debug)]
pub struct Mortal {
    /// The system.
    pub system: System,
    deliveries: i64,
    /// Processes that died.
    pub deaths: usize,
}

impl Mortal {
    /// A system that has received no event.
    #[must_use]
    pub fn new(system: System) -> Self {
        Self { system, deliveries: 0, deaths: 0 }
    }

    /// Delivers an event once; whether that is all, or the record is to come again.
    ///
    /// # Errors
    /// When a function rejects the event.
    pub fn deliver(&mut self, event: &Value, death: Option<Death>) -> Result<bool> {
        self.deliveries += 1;
        let now = Timestamp::from_millis(Story::demo_start().millis() + self.deliveries * BETWEEN_MS);
        let moment = Moment { now, owner: format!("delivery {}", self.deliveries) };
        let fault = |death: Death| if death.after { Fault::DiesAfter } else { Fault::DiesBefore };
        let guard =
            Strikes::new(&death.map(|death| (death.call, fault(death))).into_iter().collect::<Vec<_>>());
        let world = guarded::world(&self.system, &Rc::new(guard));
        let judging = self.system.judging();
        let mut is_done = true;
        for event in decode(&event.to_string())? {
            // Everything is on this machine: a call that waits is dead.
            let Some(handled) = route::deliver(&world, &judging, &event, &moment).now_or_never() else {
                self.deaths += 1;
                return Ok(false);
            };
            for each in handled {
                match each.outcome {
                    Ok(_) => {}
                    Err(Failure::Retry(_)) => is_done = false,
                    Err(Failure::Reject(reason)) => return Err(format!("{}: {reason}", each.function).into()),
                }
            }
        }
        Ok(is_done)
    }

    /// So much later, everybody who was at work has ended.
    pub fn wait_an_hour(&mut self) {
        self.deliveries += 3_600_000 / BETWEEN_MS;
    }
}

/// The recorded remedy of a verdict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remedied {
    /// The partition of the verdict.
    pub verdict: String,
    /// The call.
    pub action: String,
    /// The result.
    pub result: String,
    /// Whether it is known how long that took.
    pub is_timed: bool,
    /// The controls that the resource's tag names, if it was marked.
    pub marked: Option<String>,
}

/// The table of a system in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InWords {
    /// Every item, without the times of verdicts and notices, the remedies, and the work that is left.
    pub items: Vec<String>,
    /// The remedies.
    pub remedied: Vec<Remedied>,
    /// Jobs that were stopped, by their lineage.
    pub stopped: Vec<String>,
    /// How many lists of what is left to be refreshed there are.
    pub left: usize,
}

impl InWords {
    /// Puts them into words.
    #[must_use]
    pub fn of(items: Vec<Item>) -> Self {
        let mut words = Self::default();
        for mut item in items {
            if PendingRow::parse(&item).is_some() {
                words.left += 1;
                continue;
            }
            words.take_remedy(&mut item);
            item.attributes.retain(|name, _| !WHEN.contains(&name.as_str()));
            words.items.push(format!("{item:?}"));
        }
        words
    }

    fn take_remedy(&mut self, item: &mut Item) {
        let mut take = |name: &str| item.attributes.remove(name);
        let text = |value: Option<TableValue>| match value {
            Some(TableValue::Text(text)) => text,
            other => format!("{other:?}"),
        };
        if item.key.sk.starts_with("V#") {
            let Some(action) = take(VerdictRow::REMEDY) else { return };
            let (result, after_ms) = (take(VerdictRow::REMEDY_RESULT), take(VerdictRow::REMEDY_AFTER_MS));
            let (marked, _) = (take(VerdictRow::MARKED), take(VerdictRow::MARKED_AS_OF));
            self.remedied.push(Remedied {
                verdict: item.key.pk.clone(),
                action: text(Some(action)),
                result: text(result),
                is_timed: after_ms.is_some(),
                marked: marked.map(|marked| text(Some(marked))),
            });
        } else if let Some(stopped) = take(node::REMEDY) {
            self.stopped.push(format!("{}: {}", item.key.pk, text(Some(stopped))));
        }
    }

    /// The rows that only one of them has, without rows about actions.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let only = |these: &[String], those: &[String], sign: &str| -> Vec<String> {
            these.iter().filter(|item| !those.contains(item)).map(|item| format!("{sign} {item}")).collect()
        };
        [only(&self.items, &other.items, "-"), only(&other.items, &self.items, "+")].concat()
    }
}

/// Checks the result of each seed, several at a time, and returns how many there were. A seed that fails is named, so that it can be
/// repeated.
///
/// # Panics
///
/// As `check`, in a world where no process dies any more.
pub fn for_each_seed(usual: u64, check: impl Fn(u64) -> usize + Sync + RefUnwindSafe) -> u64 {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("SAGEWARDEN_FIRST_SHUFFLE").unwrap_or(0);
    let seeds = number("SAGEWARDEN_SHUFFLES").unwrap_or(usual);
    let (next, deaths) = (AtomicU64::new(first), AtomicU64::new(0));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + seeds {
                return;
            }
            let checked = catch_unwind(|| check(seed));
            let died = checked.unwrap_or_else(|panicked| {
                eprintln!("repeat it with SAGEWARDEN_FIRST_SHUFFLE={seed} SAGEWARDEN_SHUFFLES=1");
                resume_unwind(panicked)
            });
            deaths.fetch_add(died as u64, Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, std::num::NonZero::get) {
            scope.spawn(work);
        }
    });
    let deaths = deaths.into_inner();
    eprintln!("{deaths} processes died over {seeds} seeds");
    assert!(seeds < usual || deaths >= seeds, "nobody dies any more: {deaths}");
    seeds
}
