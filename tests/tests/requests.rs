//! How often each moment of the story asks the world: one request more is seen here before it is seen on a bill, or as a throttled
//! account. The numbers count all functions together, each event delivered once, in the order in which it happened.
//!
//! Where a number falls, lower it here; where one rises, the change has to be worth it.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;

use futures::executor::block_on;
use sagewarden_events::{Timestamp, decode};
use sagewarden_govern::route::{self, Handled};
use sagewarden_govern::{Failure, Moment, World};
use sagewarden_local::{Clock, Counts, Store, Story, System};
use sagewarden_policy::Bundle;
use sagewarden_tests::guarded;
use serde_json::Value;
use tempfile::TempDir;

fn deliver(world: &impl World, system: &System, event: &Value) {
    let now = event.get("time").and_then(Timestamp::from_json).unwrap();
    let moment = Moment { now, owner: "test".to_owned() };
    for event in decode(&event.to_string()).unwrap() {
        for Handled { function, outcome } in
            block_on(route::deliver(world, &system.judging(), &event, &moment))
        {
            let retried = matches!(outcome, Err(Failure::Retry(_)));
            assert!(!retried, "{function} wants the record again: {outcome:?}");
        }
    }
}

/// The requests of each moment of the story, as lines.
fn asked() -> String {
    let git = TempDir::new().unwrap();
    let bundle = Bundle::embedded().unwrap().with_settings(Story::SETTINGS).unwrap();
    let system =
        System::new(Store::in_memory().unwrap(), git.path(), bundle, Story::ACCOUNT, Story::REGION).unwrap();
    let counts = Rc::new(Counts::default());
    let world = guarded::world(&system, &counts);
    let clock = Clock::Told(Story::demo_start());
    let mut story = Story::new(system.account.clone(), system.git.clone(), clock);
    let mut lines = String::new();
    for step in Story::STEPS {
        writeln!(lines, "{}", step.title).unwrap();
        for moment in step.moments {
            moment(&mut story).unwrap();
            let mut events: BTreeMap<String, usize> = BTreeMap::new();
            loop {
                let announced = system.account.drain_events().unwrap();
                if announced.is_empty() {
                    break;
                }
                for event in announced {
                    *events.entry(event.get("detail-type").unwrap().to_string()).or_default() += 1;
                    deliver(&world, &system, &event);
                }
            }
            let of = |counts: BTreeMap<String, usize>| {
                let parts: Vec<String> = counts
                    .iter()
                    .map(|(name, times)| format!("{} {times}", name.trim_matches('"')))
                    .collect();
                parts.join(", ")
            };
            let asked = counts.take().into_iter().map(|(name, times)| (name.to_owned(), times as usize));
            writeln!(lines, "  {}\n    {}", of(events), of(asked.collect())).unwrap();
        }
    }
    lines
}

#[test]
fn each_moment_of_the_story_asks_no_more_than_it_did() {
    insta::assert_snapshot!(asked());
}
