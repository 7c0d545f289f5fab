//! A table that fails in the middle of a record: after the retry, the state is the same as without the failure, and each notice is
//! published once, unless a sender dies between publishing a notice and recording that.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::executor::block_on;
use sagewarden_events::{Event, Timestamp, decode};
use sagewarden_govern::route::{self, Handled};
use sagewarden_govern::{Absent, Failure, Moment, Ports};
use sagewarden_local::{LocalGit, NoticeLog, SimulatedAccount, Store, Story, System};
use sagewarden_tests::WHEN;
use sagewarden_tests::faulty::{Faults, Faulty};
use sagewarden_tests::played::Played;
use serde_json::Value;

static PLAYED: LazyLock<Played> = LazyLock::new(|| Played::monitored().unwrap());

/// The system over a table with faults.
struct Run {
    system: System,
    world: Ports<
        SimulatedAccount,
        SimulatedAccount,
        SimulatedAccount,
        SimulatedAccount,
        LocalGit,
        SimulatedAccount,
        SimulatedAccount,
        Faulty<Store>,
        NoticeLog,
        Absent,
    >,
    deliveries: i64,
}

impl Run {
    fn new(seed: u64, faults: Faults) -> Self {
        let system = PLAYED.unheard().unwrap();
        let table = Faulty::new(system.store.clone(), Store::in_memory().unwrap(), seed, faults);
        let world = system.world().with_table(table);
        Self { system, world, deliveries: 0 }
    }

    /// Delivers the events, then records that are to be retried and new announcements, until there are none.
    fn deliver(&mut self, events: &[Value]) {
        let mut waiting = events.to_vec();
        for _round in 0..200 {
            waiting
                .retain(|event| decode(&event.to_string()).unwrap().iter().any(|event| !self.is_done(event)));
            waiting.extend(self.system.account.drain_events().unwrap());
            if waiting.is_empty() {
                return;
            }
        }
        assert!(waiting.is_empty(), "some events never came to an end: {waiting:#?}");
    }

    fn is_done(&mut self, event: &Event) -> bool {
        let handled = self.handle(event);
        let rejected: Vec<_> =
            handled.iter().filter(|each| matches!(each.outcome, Err(Failure::Reject(_)))).collect();
        assert!(rejected.is_empty(), "{rejected:?}");
        handled.iter().all(|each| each.outcome.is_ok())
    }

    fn handle(&mut self, event: &Event) -> Vec<Handled> {
        self.deliveries += 1;
        // Another process handles each delivery, an hour later, so that a claim that was left behind has expired.
        let now = Timestamp::from_millis(Story::demo_start().millis() + self.deliveries * 3_600_000);
        let moment = Moment { now, owner: format!("delivery {}", self.deliveries) };
        block_on(route::deliver(&self.world, &self.system.judging(), event, &moment))
    }

    fn sent(&self) -> Vec<String> {
        let mut types: Vec<String> =
            self.system.notices.sent().unwrap().into_iter().map(|notice| notice.detail_type).collect();
        types.sort();
        types
    }

    /// The differences between this run and the run without faults, in both directions.
    fn differences(&self) -> Vec<String> {
        let (here, there) = (self.items(), STRAIGHT.items());
        let more = here.difference(&there).map(|item| format!("+ {item}"));
        more.chain(there.difference(&here).map(|item| format!("- {item}"))).collect()
    }

    /// Every item in words. Only the delivery that made a remedy knows when and by which call. If that delivery dies before it notes them,
    /// the resource is corrected, and nothing says how.
    fn items(&self) -> BTreeSet<String> {
        let mut items = self.system.store.items().unwrap();
        for item in &mut items {
            item.attributes.retain(|name, _| {
                let of_remedy = name.starts_with("remedy") && !name.starts_with("remedy_marked");
                !of_remedy && !WHEN.contains(&name.as_str())
            });
        }
        items.into_iter().map(|item| format!("{item:?}")).collect()
    }
}

/// Runs of a test; each has another seed.
const SEEDS: u64 = 40;

fn for_each_seed(work: impl Fn(u64) + Sync) {
    let first = std::env::var("SAGEWARDEN_FIRST_SEED").map_or(0, |text| text.parse().unwrap());
    let seeds = std::env::var("SAGEWARDEN_SEEDS").map_or(SEEDS, |text| text.parse().unwrap());
    let next = AtomicU64::new(first);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + seeds {
                return;
            }
            work(seed);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, std::num::NonZero::get) {
            scope.spawn(work);
        }
    });
}

/// The run without faults.
static STRAIGHT: LazyLock<Run> = LazyLock::new(|| {
    let mut run = Run::new(0, Faults::default());
    run.deliver(&PLAYED.events);
    run
});

#[test]
fn retried_records_end_in_the_same_state_and_are_published_once() {
    assert_eq!(STRAIGHT.sent(), Played::SENT);
    let happened = std::sync::Mutex::new(BTreeMap::new());
    for_each_seed(|seed| {
        let mut run =
            Run::new(seed, Faults { writes: 1 + seed % 3, reads: 1 + seed % 2, ..Faults::default() });
        run.deliver(&PLAYED.events);
        assert_eq!(run.differences(), Vec::<String>::new(), "seed {seed}");
        assert_eq!(run.sent(), STRAIGHT.sent(), "seed {seed}");
        for (what, times) in run.world.table.happened() {
            *happened.lock().unwrap().entry(what).or_insert(0) += times;
        }
    });
    let happened = happened.into_inner().unwrap();
    assert!(
        ["writes", "reads refused", "claims"].iter().all(|what| happened.contains_key(what)),
        "{happened:?}"
    );
}

#[test]
fn a_sender_that_dies_between_publishing_and_noting_it_publishes_again() {
    let repeated = AtomicU64::new(0);
    for_each_seed(|seed| {
        let mut run = Run::new(seed, Faults { settles: 40, ..Faults::default() });
        run.deliver(&PLAYED.events);
        assert_eq!(run.differences(), Vec::<String>::new(), "seed {seed}");
        // At least once: never less, and the same things.
        let sent = run.sent();
        assert_eq!(BTreeSet::from_iter(&sent), BTreeSet::from_iter(&STRAIGHT.sent()), "seed {seed}");
        assert!(sent.len() >= STRAIGHT.sent().len(), "seed {seed}: {sent:?}");
        repeated.fetch_add((sent.len() - STRAIGHT.sent().len()) as u64, Ordering::Relaxed);
    });
    assert!(repeated.into_inner() > 0);
}

/// The port requires that reads see all writes that returned before. This test shows the reason: otherwise the closure of a deployment can
/// stay outdated, and a mark that was set is set and published again. The graph itself is a merge of facts: the next delivery of the same
/// events corrects it, and the closures with it.
#[test]
fn the_next_delivery_corrects_what_stale_reads_left_behind() {
    let astray = AtomicU64::new(0);
    for_each_seed(|seed| {
        let mut run = Run::new(seed, Faults { stale: 20, ..Faults::default() });
        run.deliver(&PLAYED.events);
        astray.fetch_add(u64::from(!run.differences().is_empty()), Ordering::Relaxed);
        run.world.table.heal();
        run.deliver(&PLAYED.events);
        let mut left = run.differences();
        left.retain(|item| !item.contains("sk: \"E#remedied#"));
        assert_eq!(left, Vec::<String>::new(), "seed {seed}");
        let sent = run.sent();
        let told = |kind: &String| sent.iter().filter(|each| *each == kind).count();
        let meant = |kind: &String| STRAIGHT.sent().iter().filter(|each| *each == kind).count();
        assert!(STRAIGHT.sent().iter().all(|kind| told(kind) == meant(kind)), "seed {seed}: {sent:?}");
    });
    assert!(astray.into_inner() > 0, "without the promise something goes astray");
}
