//! Sweeps: resources that are older than the stack, resources whose event was lost, and resources that no longer exist.
#![expect(clippy::indexing_slicing, reason = "a test ends where something is missing")]

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Waker};

use futures::executor::block_on;
use sagewarden_events::{ResourceKind, Timestamp};
use sagewarden_govern::ports::{Estate, EstatePage, ListedResource, PortError, PortErrorKind, Wanted};
use sagewarden_govern::route::Judging;
use sagewarden_govern::{BundleInForce, Moment, SWEPT, Sweep, SweepStep, Swept, World};
use sagewarden_lineage::rows::{SeenRow, SweepRow, VerdictRow};
use sagewarden_lineage::table::{Item, Key};
use sagewarden_local::{Call, Counts, Fate, Guard, Guarded, Story, System};
use sagewarden_policy::Bundle;
use sagewarden_settings::Mode;
use sagewarden_tests::local::{Local, SETTINGS, at, endpoint_config, model, notebook, training_job};
use sagewarden_tests::played::Played;
use sagewarden_tests::{Result, guarded};
use serde_json::json;

/// A day after the story.
const LATER: i64 = 4 * 86_400;

/// A bundle of the story's settings that only observes: a sweep remedies nothing.
fn observing(settings: &str) -> Result<Arc<Bundle>> {
    static READ: Mutex<BTreeMap<String, Arc<Bundle>>> = Mutex::new(BTreeMap::new());
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(bundle) = read.get(settings) {
        return Ok(Arc::clone(bundle));
    }
    let bundle = Arc::new(Bundle::embedded()?.with_settings(settings)?.with_mode(Mode::Observe));
    read.insert(settings.to_owned(), Arc::clone(&bundle));
    Ok(bundle)
}

/// Sweeps through all kinds, each from where an earlier sweep stopped, or from its beginning.
fn sweep(world: &impl World, estate: &impl Estate, settings: &str, now: Timestamp) -> Result<Vec<Swept>> {
    let mut found = Vec::new();
    let mut denied = Vec::new();
    let bundle = observing(settings)?;
    let judging = Judging::new(BundleInForce::new(observing(settings)?, None, None));
    let moment = Moment { now, owner: "sweep".to_owned() };
    let sweep = Sweep::new(world, estate, &judging, &bundle, Story::REGION, now);
    for kind in SWEPT {
        let mut at = sweep.first(kind, None, block_on(sweep.mark(kind))?);
        loop {
            match block_on(sweep.step(&mut at, &moment, &mut |one| found.push(one)))? {
                SweepStep::More => {}
                SweepStep::Denied(reason) => {
                    denied.push(reason);
                    break;
                }
                SweepStep::Done | SweepStep::GaveUp => break,
            }
        }
    }
    assert_eq!(denied, Vec::<String>::new());
    Ok(found)
}

/// The table without the marks of sweeps.
fn facts(system: &System) -> Result<Vec<Item>> {
    let mut items = system.store.items()?;
    items.retain(|item| SweepRow::parse(item).is_none() && SeenRow::parse(item).is_none());
    Ok(items)
}

fn outcomes(found: &[Swept]) -> BTreeMap<String, String> {
    let outcome = |one: &Swept| match one {
        Swept::Found(found) => {
            let verdict = found.verdict.as_ref()?;
            Some((found.resource.to_string(), format!("{:?}", verdict.outcome)))
        }
        other => Some((format!("{other:?}"), "?".to_owned())),
    };
    found.iter().filter_map(outcome).collect()
}

#[test]
fn a_sweep_judges_and_records_what_no_event_announced() -> Result<()> {
    let local = Local::with(observing(SETTINGS)?)?;
    local.create(ResourceKind::TrainingJob, &training_job("good", &[]), 0)?;
    let mut open = training_job("open", &[]);
    open["VpcConfig"] = json!(null);
    local.create(ResourceKind::TrainingJob, &open, 1)?;
    local.serve()?;
    // Every event is lost.
    local.system.account.drain_events()?;

    let world = local.system.world();
    let found = outcomes(&sweep(&world, &world.account, SETTINGS, at(200))?);
    assert_eq!(found["training job `good`"], "Compliant");
    assert_eq!(found["training job `open`"], "Violating");
    assert_eq!(found["endpoint `prod`"], "Compliant");
    assert_eq!(local.inputs("endpoint/prod", "deployment")?.len(), 2);
    let sent: Vec<String> = local.sent()?.into_iter().flat_map(|notice| notice.resources).collect();
    assert_eq!(sent, ["arn:aws:sagemaker:eu-west-1:111122223333:training-job/open"]);
    // Nothing was done to it.
    let job = local.system.account.resource(ResourceKind::TrainingJob, "open");
    assert_eq!(local.system.account.describe_document(&job)?["TrainingJobStatus"], "InProgress");
    Ok(())
}

#[test]
fn a_sweep_behind_a_sweep_writes_nothing_but_its_mark() -> Result<()> {
    let system = Played::new()?.unheard()?;
    let world = system.world();
    let first = sweep(&world, &world.account, Story::SETTINGS, at(LATER))?;
    let (items, notices) = (system.store.items()?, system.notices.sent()?.len());
    let second = sweep(&world, &world.account, Story::SETTINGS, at(LATER + 3_600))?;
    assert_eq!(outcomes(&first), outcomes(&second));
    assert_eq!(system.notices.sent()?.len(), notices);
    let by_key = |items: Vec<Item>| -> BTreeMap<Key, Item> {
        items.into_iter().map(|item| (item.key.clone(), item)).collect()
    };
    let before = by_key(items);
    for (key, item) in by_key(system.store.items()?) {
        let is_same = before.get(&key) == Some(&item);
        assert!(is_same != SweepRow::parse(&item).is_some(), "{item:?} was {:?}", before.get(&key));
    }
    Ok(())
}

/// Facts that only events have: the caller, intermediate states, and the time of the first verdict. Sagewarden's remedies are in the
/// account, where a sweep finds them.
fn is_of_events_alone(item: &Item) -> bool {
    let Key { pk, sk } = &item.key;
    // Closures are copies of nodes.
    sk.starts_with("A#")
        || pk.starts_with("K#call#")
        || sk.starts_with("VJ#")
        || VerdictRow::is(&item.key)
        || pk.starts_with("K#judged#")
}

#[test]
fn a_sweep_after_lost_events_records_what_all_events_record() -> Result<()> {
    let played = Played::new()?;
    let complete = played.unheard()?;
    let lossy = played.unheard()?;
    let is_of_sagemaker = |event: &&serde_json::Value| event["source"] == "aws.sagemaker";
    for (number, event) in played.events.iter().enumerate() {
        let delivered = at(LATER);
        block_on(complete.deliver(&event.to_string(), delivered))?;
        // Pushes are no resources of the account: a sweep cannot find them.
        if number % 3 != 0 || !is_of_sagemaker(&event) {
            block_on(lossy.deliver(&event.to_string(), delivered))?;
        }
    }
    let world = lossy.world();
    // Its settings are not those of the events: of two verdicts, the later one counts.
    sweep(&world, &world.account, Story::SETTINGS, at(LATER + 1))?;
    let kept = |system: &System| -> Result<BTreeMap<Key, Item>> {
        let facts = facts(system)?.into_iter().filter(|item| !is_of_events_alone(item));
        Ok(facts.map(|item| (item.key.clone(), item)).collect())
    };
    let (complete, lossy) = (kept(&complete)?, kept(&lossy)?);
    // An intermediate state is over, and so is the first deployment: only their events showed them.
    let is_on_the_way = |key: &Key| {
        key.sk.starts_with("S#") && (key.pk.starts_with("ep#") || !key.sk.ends_with("#InService"))
    };
    let is_replaced = |key: &Key| {
        [&key.pk, &key.sk]
            .iter()
            .any(|part| part.contains("dep#") && part.contains("/credit-default-config@"))
    };
    let is_over = |key: &Key| is_on_the_way(key) || is_replaced(key);
    let missing = complete.keys().filter(|key| !is_over(key) && !lossy.contains_key(*key));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&Key>::new());
    let mut lacking = BTreeSet::new();
    for (key, item) in &complete {
        let Some(swept) = lossy.get(key) else { continue };
        for (name, value) in &item.attributes {
            if swept.attributes.get(name) != Some(value) {
                lacking.insert(name.rsplit('.').next().unwrap_or(name).to_owned());
            }
        }
    }
    // Who called is CloudTrail's to say. Open findings name the bundle of the newest verdict.
    let expected: BTreeSet<String> =
        OF_EVENTS_ALONE.into_iter().chain(["bundle"]).map(str::to_owned).collect();
    assert_eq!(lacking, expected);
    Ok(())
}

/// The attributes of nodes that only events tell.
const OF_EVENTS_ALONE: [&str; 5] = ["asserted", "cbv", "created_by", "owner", "states"];

#[test]
fn what_is_gone_is_reported_once_and_marked() -> Result<()> {
    let local = Local::new()?;
    local.serve()?;
    let (world, account) = (local.system.world(), &local.system.account);
    sweep(&world, account, SETTINGS, at(200))?;
    let endpoint = account.resource(ResourceKind::Endpoint, "prod");
    account.delete(&endpoint, at(300))?;
    account.drain_events()?;
    let gone = |found: &[Swept]| -> Vec<String> {
        let gone = found.iter().filter_map(|one| match one {
            Swept::Gone(resource) => Some(resource.to_string()),
            _ => None,
        });
        gone.collect()
    };
    assert_eq!(gone(&sweep(&world, account, SETTINGS, at(400))?), ["endpoint `prod`"]);
    let hash = local.system.store.items()?;
    let row = hash.iter().filter_map(SeenRow::parse).find(|row| row.resource == endpoint);
    assert_eq!(row.and_then(|row| row.gone_seen_at), Some(at(400)));
    assert_eq!(gone(&sweep(&world, account, SETTINGS, at(500))?), Vec::<String>::new());
    // Another one of its name is another one.
    account.create(
        ResourceKind::Endpoint,
        &json!({ "EndpointName": "prod", "EndpointConfigName": "c" }),
        None,
        at(600),
    )?;
    assert_eq!(gone(&sweep(&world, account, SETTINGS, at(700))?), Vec::<String>::new());
    Ok(())
}

/// A list that names a resource which is gone when it is described, ignores limits, and is refused for some kinds.
struct Odd<'a> {
    system: &'a System,
}

impl Estate for Odd<'_> {
    async fn page(&self, wanted: &Wanted, from: Option<&str>) -> std::result::Result<EstatePage, PortError> {
        if wanted.by_search || wanted.kind == ResourceKind::Domain {
            return Err(PortError::new(PortErrorKind::Denied, "list", "no"));
        }
        let mut page = self.system.account.page(&Wanted { since: None, ..*wanted }, from).await?;
        if wanted.kind == ResourceKind::TrainingJob {
            let resource = self.system.account.resource(wanted.kind, "vanished");
            let created_at = Some(at(5_000));
            let listed =
                ListedResource { resource, created_at, modified_at: None, document: None, tags: None };
            page.resources.insert(0, listed);
        }
        Ok(page)
    }
}

#[test]
fn what_vanishes_is_counted_and_what_is_denied_is_said() -> Result<()> {
    let local = Local::new()?;
    local.create(ResourceKind::TrainingJob, &training_job("old", &[]), 0)?;
    local.create(ResourceKind::TrainingJob, &training_job("new", &[]), 100)?;
    local.system.account.drain_events()?;
    let (world, odd) = (local.system.world(), Odd { system: &local.system });
    let bundle = observing(SETTINGS)?;
    let judging = Judging::new(BundleInForce::new(observing(SETTINGS)?, None, None));
    let moment = Moment { now: at(6_000), owner: "sweep".to_owned() };
    let sweep = Sweep::new(&world, &odd, &judging, &bundle, Story::REGION, at(6_000));
    let mut found = Vec::new();
    let mut step = |kind| {
        let mut place = sweep.first(kind, Some(at(50)), None);
        let step = block_on(sweep.step(&mut place, &moment, &mut |one| found.push(one)));
        step.map(|step| (step, place.by_search))
    };
    let denied = SweepStep::Denied("list: no".to_owned());
    assert_eq!(step(ResourceKind::Domain)?, (denied, false));
    // Without the right to search, jobs are listed; the older one is not looked at.
    assert_eq!(step(ResourceKind::TrainingJob)?, (SweepStep::Done, false));
    let said: Vec<String> = found
        .iter()
        .map(|one| match one {
            Swept::Found(found) => found.resource.to_string(),
            Swept::Vanished(resource) => format!("{resource} vanished"),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(said, ["training job `vanished` vanished", "training job `new`"]);
    Ok(())
}

/// Fails, or ends the process, at the n-th call.
struct Stumbling {
    left: Cell<usize>,
    fate: RefCell<Option<Fate>>,
    after: bool,
}

impl Stumbling {
    fn at(call: usize, fate: Fate, after: bool) -> Rc<Self> {
        Rc::new(Self { left: Cell::new(call), fate: RefCell::new(Some(fate)), after })
    }

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

fn small() -> Result<Local> {
    let local = Local::with(observing(SETTINGS)?)?;
    let mut open = training_job("open", &[]);
    open["VpcConfig"] = json!(null);
    local.create(ResourceKind::TrainingJob, &open, 0)?;
    local.create(ResourceKind::Model, &model("m"), 1)?;
    local.create(ResourceKind::EndpointConfig, &endpoint_config("c", "m"), 2)?;
    local.system.account.drain_events()?;
    Ok(local)
}

/// Everything but the cursor that a step writes last.
fn state(local: &Local) -> Result<Vec<Item>> {
    let mut items = local.system.store.items()?;
    items.retain(|item| SweepRow::parse(item).is_none());
    Ok(items)
}

#[test]
fn a_sweep_that_is_throttled_or_dies_at_any_call_ends_as_one_that_is_not() -> Result<()> {
    let undisturbed = small()?;
    let counts = Rc::new(Counts::default());
    let world = guarded::world(&undisturbed.system, &counts);
    let estate = Guarded::behind(undisturbed.system.account.clone(), &counts);
    sweep(&world, &estate, SETTINGS, at(500))?;
    let calls: u64 = counts.take().values().sum();
    let (expected, told) = (state(&undisturbed)?, undisturbed.sent()?);
    let throttled = || Fate::Fails(PortError::new(PortErrorKind::Throttled, "ask", "slow down"));
    let (mut stumbled, mut twice) = (0, 0);
    // Each call meets one of them.
    let fates = [(false, false), (true, false), (true, true)].into_iter().cycle();
    for (call, (dies, after)) in (1..=usize::try_from(calls)?).zip(fates) {
        let local = small()?;
        let fate = if dies { Fate::Dies } else { throttled() };
        let guard = Stumbling::at(call, fate, after);
        let world = guarded::world(&local.system, &guard);
        let estate = Guarded::behind(local.system.account.clone(), &guard);
        stumbled += usize::from(is_cut_short(&world, &estate)?);
        let world = local.system.world();
        // The process that died held a claim for two minutes.
        sweep(&world, &world.account, SETTINGS, at(1_000))?;
        let ended = state(&local)?.into_iter().map(without_times).collect::<Vec<_>>();
        let wanted = expected.iter().cloned().map(without_times).collect::<Vec<_>>();
        assert_eq!(ended, wanted, "call {call}, dies: {dies}, after: {after}");
        // A process that published and could not note it, or died before that, may publish twice.
        let sent = local.sent()?.len();
        assert!(sent == told.len() || sent == told.len() + 1, "call {call}: {sent}");
        twice += usize::from(sent > told.len());
    }
    assert!(stumbled > 60, "{stumbled} sweeps were cut short");
    assert!(twice <= 2, "{twice} were published twice");
    Ok(())
}

/// The service is busy whenever one of these notebook instances is described.
struct Busy(&'static [&'static str]);

impl Guard for Busy {
    fn before(&self, call: Call<'_>) -> Fate {
        let name = call.about.rsplit('/').next().unwrap_or_default();
        if call.method == "Account::describe" && self.0.contains(&name) {
            return Fate::Fails(PortError::new(
                PortErrorKind::Throttled,
                format!("describe {name}"),
                "slow down",
            ));
        }
        Fate::Goes
    }

    fn after(&self, _: Call<'_>) -> Fate {
        Fate::Goes
    }
}

#[test]
fn whoever_waits_for_the_end_loses_a_resource_to_a_busy_service_and_not_its_kind() -> Result<()> {
    let local = Local::with(observing(SETTINGS)?)?;
    for (after, name) in (0..).zip(["a", "b", "c", "d", "e", "f"]) {
        let mut request = notebook();
        request["NotebookInstanceName"] = name.into();
        local.create(ResourceKind::NotebookInstance, &request, after)?;
    }
    let step = |names: &'static [&'static str], is_patient: bool| -> Result<(bool, Vec<String>, u64)> {
        let world = guarded::world(&local.system, &Rc::new(Busy(names)));
        let bundle = observing(SETTINGS)?;
        let judging = Judging::new(BundleInForce::new(observing(SETTINGS)?, None, None));
        let moment = Moment { now: at(500), owner: "scan".to_owned() };
        let sweep = Sweep::new(&world, &local.system.account, &judging, &bundle, Story::REGION, at(500));
        let sweep = if is_patient { sweep.patient() } else { sweep };
        let (mut place, mut failed) = (sweep.first(ResourceKind::NotebookInstance, None, None), Vec::new());
        let mut take = |one| {
            if let Swept::Failed { resource, reason } = one {
                failed.push(format!("{}: {reason}", resource.name));
            }
        };
        let ended = block_on(sweep.step(&mut place, &moment, &mut take));
        failed.sort();
        Ok((ended.is_ok(), failed, place.listed))
    };
    assert_eq!(step(&["b", "d"], false)?, (false, vec![], 0));
    let (is_over, failed, listed) = step(&["a", "b", "d"], true)?;
    assert_eq!((is_over, listed, failed.len()), (true, 6, 3), "{failed:?}");
    assert!(failed[0].starts_with("a: ") && failed[0].contains("slow down"), "{failed:?}");
    // The whole service is busy: that is no fault of single resources.
    let (is_over, failed, listed) = step(&["a", "b", "c", "d", "e", "f"], true)?;
    assert_eq!((is_over, listed, failed.len()), (false, 0, 3), "{failed:?}");
    Ok(())
}

/// Begins a sweep, and drops it where it waits for ever.
fn is_cut_short(world: &impl World, estate: &impl Estate) -> Result<bool> {
    let bundle = observing(SETTINGS)?;
    let judging = Judging::new(BundleInForce::new(observing(SETTINGS)?, None, None));
    let moment = Moment { now: at(500), owner: "first".to_owned() };
    let sweep = Sweep::new(world, estate, &judging, &bundle, Story::REGION, at(500));
    for kind in SWEPT {
        let mut place = sweep.first(kind, None, None);
        let mut ignore = |_| {};
        let step = Box::pin(sweep.step(&mut place, &moment, &mut ignore));
        let mut step = step;
        match step.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            std::task::Poll::Ready(Ok(_)) => {}
            std::task::Poll::Ready(Err(_)) | std::task::Poll::Pending => return Ok(true),
        }
    }
    Ok(false)
}

/// A judgement that was made later is dated later.
fn without_times(mut item: Item) -> Item {
    for name in [VerdictRow::AS_OF, "judged_at", "first"] {
        item.attributes.remove(name);
    }
    item
}

#[test]
fn requests_are_counted_by_the_hundred_where_a_search_says_enough() -> Result<()> {
    const MANY: usize = 990;
    let local = Local::new()?;
    for number in 0..MANY {
        let name = format!("tune-{number}");
        let request =
            json!({ "HyperParameterTuningJobName": name, "HyperParameterTuningJobStatus": "Completed" });
        let job = local.create(ResourceKind::TuningJob, &request, i64::try_from(number)?)?;
        local.system.account.finish_search(&job, "best", at(10_000))?;
    }
    for number in 0..100 {
        local.create(ResourceKind::TrainingJob, &training_job(&format!("t-{number}"), &[]), number)?;
    }
    local.system.account.drain_events()?;
    let counts = Rc::new(Counts::default());
    let world = guarded::world(&local.system, &counts);
    let estate = Guarded::behind(local.system.account.clone(), &counts);
    let (bundle, now) = (observing(SETTINGS)?, at(20_000));
    let judging = Judging::new(BundleInForce::new(observing(SETTINGS)?, None, None));
    let moment = Moment { now, owner: "sweep".to_owned() };
    let sweep = Sweep::new(&world, &estate, &judging, &bundle, Story::REGION, now);
    let asked = |kind| -> Result<(u64, u64)> {
        let mut place = sweep.first(kind, None, None);
        let mut found = 0;
        while block_on(sweep.step(&mut place, &moment, &mut |_| found += 1))? == SweepStep::More {}
        let calls = counts.take();
        let of_sagemaker = calls
            .iter()
            .filter(|(method, _)| method.starts_with("Account::") || method.starts_with("Estate::"));
        Ok((found, of_sagemaker.map(|(_, calls)| calls).sum()))
    };
    let (found, calls) = asked(ResourceKind::TuningJob)?;
    assert_eq!(found, MANY as u64);
    assert!(calls * 10_000 <= found * 102, "{calls} requests for {found} tuning jobs");
    // A record of a training job lacks what a control reads: each is described.
    let (found, calls) = asked(ResourceKind::TrainingJob)?;
    assert_eq!(found, 100);
    assert!(calls * 10 <= found * 12, "{calls} requests for {found} training jobs");
    Ok(())
}
