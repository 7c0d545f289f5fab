//! Parts that come twice, in any order, late or never, services that are busy, and processes that die.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use sagewarden_events::{ResourceKind, decode};
use sagewarden_govern::ports::{PortError, PortErrorKind};
use sagewarden_govern::{Moment, route};
use sagewarden_lineage::rows::{ArrivedRow, SweepRow, VerdictRow};
use sagewarden_lineage::table::{Item, Key};
use sagewarden_local::{Call, Counts, Fate, Guard, Guarded, Story};
use sagewarden_tests::local::{Local, at, endpoint_config, model, training_job};
use sagewarden_tests::{Result, guarded};
use serde_json::{Value, json};

use super::{HOUR, Sliced, deliver, hour, hour_with, missed, parts, table, tick};

/// An account after its import, with a job that no event announced, one that an event did, and what lasts.
fn small() -> Result<Local> {
    let local = Local::new()?;
    let (world, judging) = (local.system.world(), local.system.judging());
    for kind in ["TrainingJob", "Model", "EndpointConfig"] {
        let moment = Moment { now: at(0), owner: "import".to_owned() };
        deliver(&world, &world.account, &judging, &part_of(kind, 0), &moment)??;
    }
    for (name, after) in [("heard", 60), ("lost", 120), ("lost-too", 180)] {
        let mut job = training_job(name, &[]);
        if name == "lost" {
            job["VpcConfig"] = json!(null);
        }
        local.create(ResourceKind::TrainingJob, &job, after)?;
    }
    local.create(ResourceKind::Model, &model("m"), 61)?;
    local.create(ResourceKind::Model, &model("n"), 62)?;
    local.create(ResourceKind::EndpointConfig, &endpoint_config("c", "m"), 63)?;
    for event in local.system.account.drain_events()? {
        if event.to_string().contains("heard") {
            local.deliver(&event.to_string())?;
        }
    }
    Ok(local)
}

/// Everything but when it was found out, and which attempt wrote it.
fn state(local: &Local) -> Result<BTreeMap<Key, Item>> {
    let mut items = table(&local.system)?;
    for item in items.values_mut() {
        for name in [VerdictRow::AS_OF, "judged_at", "first", "found_at", "found_v", "ttl"] {
            item.attributes.remove(name);
        }
    }
    Ok(items)
}

#[test]
fn parts_that_come_twice_and_in_any_order_change_nothing() -> Result<()> {
    let usual = small()?;
    let slices = |local: &Local| local.system.account.clone();
    let account = slices(&usual);
    let estate = Sliced { account: &account, size: 1, refused: &[] };
    hour_with(&usual.system, &usual.system.world(), &estate, at(HOUR))?;

    let twice = small()?;
    let (world, account) = (twice.system.world(), slices(&twice));
    let estate = Sliced { account: &account, size: 1, refused: &[] };
    let judging = twice.system.judging();
    twice.system.account.drain_events()?;
    let (mut waiting, mut records) = (vec![tick(at(HOUR))], 0);
    while !waiting.is_empty() {
        let mut all: Vec<Value> = waiting.iter().chain(&waiting).cloned().collect();
        // In another order each time.
        all.reverse();
        let middle = all.len() / 3;
        all.rotate_left(middle);
        for event in all {
            records += 1;
            let moment = Moment { now: at(HOUR), owner: format!("twice-{records}") };
            deliver(&world, &estate, &judging, &event, &moment)??;
        }
        waiting = parts(&twice.system)?;
        assert!(records < 1_000, "it never ends");
    }
    for (key, item) in state(&twice)? {
        assert_eq!(Some(&item), state(&usual)?.get(&key));
    }
    assert_eq!(state(&twice)?.len(), state(&usual)?.len());
    let sorted = |local: &Local| -> Result<Vec<String>> {
        let mut all = missed(local)?;
        all.sort();
        Ok(all)
    };
    let expected = ["EndpointConfig 1 of 1", "Model 2 of 2", "TrainingJob 2 of 3"];
    assert_eq!((sorted(&twice)?, sorted(&usual)?), (sorted(&usual)?, expected.map(str::to_owned).into()));
    Ok(())
}

#[test]
fn a_sweep_that_lost_its_part_is_gone_on_with_by_a_later_tick() -> Result<()> {
    let local = Local::new()?;
    for number in 0..30 {
        local.create(ResourceKind::Model, &model(&format!("m-{number}")), number)?;
    }
    let (world, account) = (local.system.world(), local.system.account.clone());
    let estate = Sliced { account: &account, size: 1, refused: &[] };
    let judging = local.system.judging();
    let moment = |after: i64| Moment { now: at(after), owner: format!("at-{after}") };
    local.system.account.drain_events()?;
    let part = part_of;
    let said = deliver(&world, &estate, &judging, &part("Model", HOUR), &moment(HOUR))??;
    assert_eq!(said.text(), "10 pages of models, and the list goes on; 10 resources looked at");
    let lost = parts(&local.system)?;
    assert_eq!(lost.len(), 1);
    // Another tick finds that it is still running, until it has stood still for a quarter of an hour.
    let said = deliver(&world, &estate, &judging, &part("Model", HOUR + 300), &moment(HOUR + 300))??;
    assert_eq!(said.text(), "a sweep through the models is still running");
    let said = deliver(&world, &estate, &judging, &part("Model", 2 * HOUR), &moment(2 * HOUR))??;
    assert_eq!(said.text(), "20 pages of models, and the list goes on; 10 resources looked at");
    // The part that was lost comes late: it begins where the last record began, so that it may be that record once more.
    let said = deliver(&world, &estate, &judging, &lost[0], &moment(2 * HOUR + 60))??;
    assert_eq!(said.text(), "30 models listed, 0 of them new, 0 missed, 0 gone; 10 resources looked at");
    let next = parts(&local.system)?;
    for part in [&lost[0], &next[0]] {
        let said = deliver(&world, &estate, &judging, part, &moment(2 * HOUR + 61))??;
        assert_eq!(said.text(), "another record has continued the models");
    }
    // Whatever else a part may say is refused.
    for wrong in [json!({ "these": ["Trial"] }), json!({ "from": "Model#1" })] {
        let mut part = part("Model", HOUR);
        part["detail"] = json!({ "watch": "account", "tick": at(HOUR) });
        part["detail"]
            .as_object_mut()
            .ok_or("no detail")?
            .extend(wrong.as_object().cloned().unwrap_or_default());
        assert!(deliver(&world, &estate, &judging, &part, &moment(HOUR))?.is_err(), "{wrong}");
    }
    let ahead = part("Model", 9 * HOUR);
    assert!(deliver(&world, &estate, &judging, &ahead, &moment(2 * HOUR))?.is_err());
    Ok(())
}

#[test]
fn a_kind_that_is_refused_holds_nothing_else_up() -> Result<()> {
    let local = small()?;
    let account = local.system.account.clone();
    let estate = Sliced { account: &account, size: 100, refused: &[ResourceKind::Model] };
    let said = hour_with(&local.system, &local.system.world(), &estate, at(HOUR))?;
    assert!(said.contains(&"the models cannot be listed: list: no".to_owned()), "{said:?}");
    assert_eq!(missed(&local)?, ["EndpointConfig 1 of 1", "TrainingJob 2 of 3"]);
    // Once the permission is granted, resources that were missed meanwhile count.
    hour(&local, at(2 * HOUR))?;
    assert_eq!(missed(&local)?.last().map(String::as_str), Some("Model 2 of 2"));
    Ok(())
}

/// Fails, or ends the process, at the n-th call.
struct Stumbling {
    left: Cell<usize>,
    fate: RefCell<Option<Fate>>,
    after: bool,
}

impl Stumbling {
    fn due(&self) -> Fate {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        if left == 1 { self.fate.take().unwrap_or(Fate::Goes) } else { Fate::Goes }
    }
}

impl Guard for Stumbling {
    fn before(&self, _: Call<'_>) -> Fate {
        if self.after { Fate::Goes } else { self.due() }
    }

    fn after(&self, _: Call<'_>) -> Fate {
        if self.after { self.due() } else { Fate::Goes }
    }
}

/// The part of a tick about one kind.
fn part_of(kind: &str, tick: i64) -> Value {
    json!({ "source": "sagewarden", "detail-type": "Sagewarden Watch Continued", "account": Story::ACCOUNT,
        "region": Story::REGION, "time": at(tick), "resources": [],
        "detail": { "watch": "account", "tick": at(tick), "these": [kind] } })
}

#[test]
fn a_record_that_is_throttled_or_dies_at_any_call_ends_as_one_that_is_not() -> Result<()> {
    for kind in ["TrainingJob", "Model"] {
        let undisturbed = small()?;
        let counts = Rc::new(Counts::default());
        let world = guarded::world(&undisturbed.system, &counts);
        let estate = Guarded::behind(undisturbed.system.account.clone(), &counts);
        let moment = |owner: &str, after: i64| Moment { now: at(after), owner: owner.to_owned() };
        deliver(
            &world,
            &estate,
            &undisturbed.system.judging(),
            &part_of(kind, HOUR),
            &moment("only", HOUR),
        )??;
        let calls = usize::try_from(counts.take().values().sum::<u64>())?;
        let (expected, told) = (state(&undisturbed)?, undisturbed.sent()?.len());
        let fates = [(false, false), (true, false), (true, true)].into_iter().cycle();
        let mut stumbled = 0;
        // Each call of the first kind meets one of them, and each fourth of the second.
        let every = if kind == "TrainingJob" { 1 } else { 4 };
        for (call, (dies, after)) in (1..=calls).step_by(every).zip(fates) {
            let local = small()?;
            let slow = PortError::new(PortErrorKind::Throttled, "ask", "slow down");
            let fate = if dies { Fate::Dies } else { Fate::Fails(slow) };
            let guard = Rc::new(Stumbling { left: Cell::new(call), fate: RefCell::new(Some(fate)), after });
            let world = guarded::world(&local.system, &guard);
            let estate = Guarded::behind(local.system.account.clone(), &guard);
            let judging = local.system.judging();
            let event = decode(&part_of(kind, HOUR).to_string())?.pop().ok_or("no event")?;
            let first = moment("first", HOUR);
            let record = Box::pin(route::reconcile(&world, &estate, &judging, &event, &first, &|| false));
            let mut record = record;
            let ended = record.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            stumbled += usize::from(!matches!(ended, Poll::Ready(Some(Ok(_)))));
            drop(record);
            // The queue brings it again. Whoever died held a claim for two minutes.
            let (world, again) = (local.system.world(), moment("again", HOUR + 600));
            deliver(&world, &world.account, &local.system.judging(), &part_of(kind, HOUR), &again)??;
            assert_eq!(state(&local)?, expected, "{kind}, call {call}, dies: {dies}, after: {after}");
            let sent = local.sent()?.len();
            assert!(sent == told || sent == told + 1, "{kind}, call {call}: {sent} and not {told}");
            let rows = local.system.store.items()?;
            let mark = rows.iter().filter_map(SweepRow::parse).find(|mark| mark.kind.operation() == kind);
            assert!(mark.is_some_and(|mark| mark.tally.is_reported), "{kind}, call {call}");
            // In the list of all months, and beside the open findings.
            assert_eq!(rows.iter().filter_map(ArrivedRow::parse).count(), 2);
        }
        assert!(stumbled + 3 > calls / every, "{stumbled} of {calls} records were cut short");
    }
    Ok(())
}
