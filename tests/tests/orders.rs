//! Delivery is at least once and in no order: whatever happens to the story's events on the way, the store ends in the same
//! state, and each finding and alert leaves once.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where something is missing")]

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::executor::block_on;
use proptest::prelude::*;
use proptest::sample::Index;
use sagewarden_govern::Failure;
use sagewarden_lineage::table::Value as TableValue;
use sagewarden_local::{Clock, Store, Story, System};
use sagewarden_measure::Chance;
use sagewarden_tests::played::Played;
use sagewarden_tests::{Result, WHEN, monitor};
use serde_json::Value;
use tempfile::TempDir;

static PLAYED: LazyLock<Played> = LazyLock::new(|| Played::monitored().unwrap());

/// Delivers an event once; whether that is all, or the record is to come again.
fn deliver_once(system: &System, event: &Value) -> Result<bool> {
    let handled = block_on(system.deliver(&event.to_string(), Story::demo_start()))?;
    Ok(!handled.iter().any(|each| matches!(each.outcome, Err(Failure::Retry(_)))))
}

/// Delivers events and what the account announces because of them, at a place among the others that `choose` gives, as a number
/// below the one that it is given. A record that is to be retried comes again after all others.
fn deliver(system: &System, events: &[Value], choose: &mut impl FnMut(usize) -> usize) -> Result<()> {
    let mut waiting: Vec<Value> = events.iter().rev().cloned().collect();
    for _ in 0..events.len() * 10 + 100 {
        let Some(event) = waiting.pop() else { return Ok(()) };
        if !deliver_once(system, &event)? {
            waiting.insert(0, event);
        }
        for announced in system.account.drain_events()? {
            waiting.insert(choose(waiting.len() + 1), announced);
        }
    }
    Err("some events never came to an end".into())
}

/// Whatever is announced comes after all others.
fn last(_: usize) -> usize {
    0
}

fn sent(system: &System) -> Result<Vec<String>> {
    let mut types: Vec<String> =
        system.notices.sent()?.into_iter().map(|notice| notice.detail_type).collect();
    types.sort();
    Ok(types)
}

/// Every item in words. What was done to the forbidden job is known only to whoever did it, and the images that an endpoint
/// resolved only while it ran them: both are left out.
fn items(system: &System) -> Vec<String> {
    let mut items = system.store.items().unwrap();
    let resolved = |edge: &str| edge.starts_with("ContributedTo:variant/") && edge.contains("|img#");
    items.retain(|item| {
        !(item.key.pk.starts_with("img#") && item.key.sk.starts_with("O#ContributedTo:variant/"))
    });
    for item in &mut items {
        item.attributes.retain(|name, _| !name.starts_with("remedy") && !WHEN.contains(&name.as_str()));
        if let Some(TableValue::Set(edges)) = item.attributes.get_mut("ins") {
            edges.retain(|edge| !resolved(edge));
        }
    }
    items.into_iter().map(|item| format!("{item:?}")).collect()
}

/// What the one has and the other has not, both ways.
fn differences(one: &System, other: &System) -> Vec<String> {
    let (one, other) = (items(one), items(other));
    let only = |these: &[String], those: &[String], sign: &str| -> Vec<String> {
        these.iter().filter(|item| !those.contains(item)).map(|item| format!("{sign} {item}")).collect()
    };
    [only(&one, &other, "-"), only(&other, &one, "+")].concat()
}

/// Tells the story while the world moves on: after each moment some of the events that wait are delivered, some of them twice,
/// the others later. `choose` gives a number below the one that it is given.
fn play_late(choose: &mut impl FnMut(usize) -> usize) -> Result<(System, TempDir)> {
    let git = TempDir::new()?;
    let bundle = PLAYED.system.bundle.clone();
    let system = System::new(Store::in_memory()?, git.path(), bundle, Story::ACCOUNT, Story::REGION)?;
    let mut story = Story::new(system.account.clone(), system.git.clone(), Clock::Told(Story::demo_start()));
    let mut waiting: Vec<Value> = Vec::new();
    for moment in Story::STEPS.iter().flat_map(|step| step.moments) {
        moment(&mut story)?;
        deliver_some(&system, &mut waiting, choose)?;
    }
    for moment in monitor::MOMENTS {
        moment(&system.account)?;
        deliver_some(&system, &mut waiting, choose)?;
    }
    deliver(&system, &waiting, choose)?;
    Ok((system, git))
}

fn deliver_some(
    system: &System,
    waiting: &mut Vec<Value>,
    choose: &mut impl FnMut(usize) -> usize,
) -> Result<()> {
    loop {
        let told = system.account.drain_events()?;
        if told.is_empty() {
            break;
        }
        // The forbidden job is judged at once: stopped later, it would have another history. So is the end of the training: traffic
        // before there is a baseline would rightly be told to have none.
        for event in told {
            let is_trained = event["detail"]["TrainingJobStatus"] == "Completed";
            let is_urgent = is_trained || event.to_string().contains(Story::FORBIDDEN_JOB);
            if !(is_urgent && deliver_once(system, &event)?) {
                waiting.push(event);
            }
        }
    }
    for _ in 0..choose(waiting.len() + 1) {
        let event = waiting.swap_remove(choose(waiting.len()));
        if !deliver_once(system, &event)? || choose(3) == 0 {
            waiting.push(event);
        }
    }
    Ok(())
}

#[test]
fn told_once_and_in_order_it_ends_as_it_did_when_it_happened() {
    let system = PLAYED.unheard().unwrap();
    deliver(&system, &PLAYED.events, &mut last).unwrap();
    assert_eq!(differences(&PLAYED.system, &system), Vec::<String>::new());
    assert_eq!(PLAYED.system.quarantine.kept().unwrap(), Vec::<Value>::new());
}

/// Shuffles of a test run; a soak sets `SAGEWARDEN_SHUFFLES` (100,000 take hours).
const SHUFFLES: u64 = 1_000;

/// A number below `limit`: a shuffle that fails can be run again by its seed.
fn below(chance: &mut Chance, limit: usize) -> usize {
    usize::try_from(chance.below(limit as u64)).unwrap()
}

/// The events in some order, up to 20 of them more than once, and up to five lost and replayed at the very end.
fn shuffle(chance: &mut Chance) -> Vec<Value> {
    let mut events = PLAYED.events.clone();
    for last in (1..events.len()).rev() {
        events.swap(last, below(chance, last + 1));
    }
    let lost = events.split_off(events.len() - below(chance, 6));
    for _ in 0..below(chance, 20) {
        let event = events[below(chance, events.len())].clone();
        events.insert(below(chance, events.len() + 1), event);
    }
    events.extend(lost);
    events
}

#[test]
fn any_order_and_any_number_of_times_end_in_the_same_state() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let shuffles = number("SAGEWARDEN_SHUFFLES").unwrap_or(SHUFFLES);
    let first = number("SAGEWARDEN_FIRST_SHUFFLE").unwrap_or(0);
    let straight = PLAYED.unheard().unwrap();
    deliver(&straight, &PLAYED.events, &mut last).unwrap();
    let expected = straight.store.state_hash().unwrap();
    let next = AtomicU64::new(first);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + shuffles {
                return;
            }
            let system = PLAYED.unheard().unwrap();
            let mut chance = Chance::new(seed);
            let events = shuffle(&mut chance);
            deliver(&system, &events, &mut |limit| below(&mut chance, limit)).unwrap();
            assert_eq!(
                system.store.state_hash().unwrap(),
                expected,
                "shuffle {seed} (SAGEWARDEN_FIRST_SHUFFLE={seed} SAGEWARDEN_SHUFFLES=1): {:#?}",
                differences(&straight, &system)
            );
            assert_eq!(sent(&system).unwrap(), Played::SENT, "shuffle {seed}");
            assert_eq!(system.quarantine.kept().unwrap(), Vec::<Value>::new(), "shuffle {seed}");
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, std::num::NonZero::get) {
            scope.spawn(work);
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn events_that_are_told_while_the_world_moves_on_end_in_the_same_state(
        choices in prop::collection::vec(any::<Index>(), 256),
    ) {
        let mut choices = choices.into_iter().cycle();
        let mut choose = |below: usize| choices.next().map_or(0, |index| index.index(below.max(1)));
        let (system, _git) = play_late(&mut choose).unwrap();
        prop_assert_eq!(differences(&PLAYED.system, &system), Vec::<String>::new());
        prop_assert_eq!(sent(&system).unwrap(), Played::SENT);
    }
}
