//! Delivery is at least once and in no order: whatever happens to the story's events on the way, the store ends in the same
//! state, and each finding and alert leaves once.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::sync::LazyLock;

use futures::executor::block_on;
use proptest::prelude::*;
use proptest::sample::Index;
use sagewarden_events::Timestamp;
use sagewarden_govern::{DRIFT_ALERT, Failure, POLICY_VIOLATION};
use sagewarden_lineage::table::Value as TableValue;
use sagewarden_local::{Clock, NoticeLog, QuarantineLog, Store, Story, System};
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use serde_json::Value;
use tempfile::TempDir;

/// The story, played to its end: the account and the repositories as it left them, and everything they announced.
struct Played {
    system: System,
    events: Vec<Value>,
    _git: TempDir,
}

static PLAYED: LazyLock<Played> = LazyLock::new(|| play().unwrap());

fn play() -> Result<Played> {
    let git = TempDir::new()?;
    let bundle = Bundle::embedded()?.with_settings(Story::SETTINGS)?;
    let system = System::new(Store::in_memory()?, git.path(), bundle, Story::ACCOUNT, Story::REGION)?;
    let mut story = Story::new(system.account.clone(), system.git.clone(), Clock::Told(Story::demo_start()));
    let mut events = Vec::new();
    for moment in Story::STEPS.iter().flat_map(|step| step.moments) {
        moment(&mut story)?;
        events.extend(block_on(system.settle())?.into_iter().map(|(event, _)| event));
    }
    Ok(Played { system, events, _git: git })
}

/// The same world with an empty lineage table.
fn fresh() -> Result<System> {
    let store = Store::in_memory()?;
    Ok(System {
        notices: NoticeLog::new(store.clone()),
        quarantine: QuarantineLog::new(store.clone()),
        store,
        ..PLAYED.system.clone()
    })
}

/// Delivers events; a record that is to be retried comes again after all others.
fn deliver(system: &System, events: &[Value]) -> Result<()> {
    let mut waiting: Vec<&Value> = events.iter().collect();
    for round in 0..10 {
        let mut again = Vec::new();
        for event in waiting {
            let now = Timestamp::from_millis(Story::demo_start().millis() + round);
            let handled = block_on(system.deliver(&event.to_string(), now))?;
            if handled.iter().any(|each| matches!(each.outcome, Err(Failure::Retry(_)))) {
                again.push(event);
            }
        }
        if again.is_empty() {
            return Ok(());
        }
        waiting = again;
    }
    Err("some events never came to an end".into())
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
        item.attributes.retain(|name, _| !name.starts_with("remedy"));
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
        loop {
            let told = system.account.drain_events()?;
            if told.is_empty() {
                break;
            }
            // The forbidden job is judged at once: stopped later, it would have another history.
            let (now, later): (Vec<Value>, Vec<Value>) =
                told.into_iter().partition(|event| event.to_string().contains(Story::FORBIDDEN_JOB));
            deliver(&system, &now)?;
            waiting.extend(later);
        }
        for _ in 0..choose(waiting.len() + 1) {
            let event = waiting.swap_remove(choose(waiting.len()));
            deliver(&system, std::slice::from_ref(&event))?;
            if choose(3) == 0 {
                waiting.push(event);
            }
        }
    }
    deliver(&system, &waiting)?;
    Ok((system, git))
}

#[test]
fn told_once_and_in_order_it_ends_as_it_did_when_it_happened() {
    let system = fresh().unwrap();
    deliver(&system, &PLAYED.events).unwrap();
    assert_eq!(differences(&PLAYED.system, &system), Vec::<String>::new());
    assert_eq!(PLAYED.system.quarantine.kept().unwrap(), Vec::<Value>::new());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_order_and_any_number_of_times_end_in_the_same_state(
        shuffled in Just(PLAYED.events.clone()).prop_shuffle(),
        doubled in prop::collection::vec((any::<Index>(), any::<Index>()), 0..20),
    ) {
        let straight = fresh().unwrap();
        deliver(&straight, &PLAYED.events).unwrap();

        let mut events = shuffled;
        for (which, place) in doubled {
            let event = events[which.index(events.len())].clone();
            events.insert(place.index(events.len()), event);
        }
        let system = fresh().unwrap();
        deliver(&system, &events).unwrap();

        prop_assert_eq!(system.store.state_hash().unwrap(), straight.store.state_hash().unwrap());
        prop_assert_eq!(sent(&system).unwrap(), [DRIFT_ALERT, POLICY_VIOLATION, POLICY_VIOLATION]);
        prop_assert_eq!(system.quarantine.kept().unwrap(), Vec::<Value>::new());
    }

    #[test]
    fn events_that_are_told_while_the_world_moves_on_end_in_the_same_state(
        choices in prop::collection::vec(any::<Index>(), 256),
    ) {
        let mut choices = choices.into_iter().cycle();
        let mut choose = |below: usize| choices.next().map_or(0, |index| index.index(below.max(1)));
        let (system, _git) = play_late(&mut choose).unwrap();
        prop_assert_eq!(differences(&PLAYED.system, &system), Vec::<String>::new());
        prop_assert_eq!(sent(&system).unwrap(), [DRIFT_ALERT, POLICY_VIOLATION, POLICY_VIOLATION]);
    }
}
