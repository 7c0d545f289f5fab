//! Delivery is at least once and in no order, and a process may die at any call. Whatever happens to the story's events on the way, the
//! table ends in the same state, and each finding and alert is published once.
//!
//! A job that ended before it is judged cannot be stopped. So the forbidden job has two possible ends, and the account knows which one
//! happened. In both cases, the table must equal the table of an undisturbed run with that end, and one finding must say what was done.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where something is missing")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use sagewarden_events::{Resource, ResourceKind};
use sagewarden_govern::POLICY_VIOLATION;
use sagewarden_lineage::table::{Item, Value as TableValue};
use sagewarden_local::{Clock, SentNotice, Store, Story, System};
use sagewarden_measure::Chance;
use sagewarden_tests::local::at;
use sagewarden_tests::mortal::{DIED, Death, InWords, Mortal, Remedied, for_each_seed};
use sagewarden_tests::played::Played;
use sagewarden_tests::{Result, monitor};
use serde_json::Value;
use tempfile::TempDir;

static PLAYED: LazyLock<Played> = LazyLock::new(|| Played::monitored().unwrap());

/// Where, if anywhere, a process dies while it handles a record: a number below the one that is given decides.
type Choose<'a> = &'a mut dyn FnMut(usize) -> usize;

/// No process dies, and announcements come after all other events.
fn never(_: usize) -> usize {
    0
}

/// One delivery in twelve has a death in store, at one of the calls that most of them make.
fn death(choose: Choose<'_>) -> Option<Death> {
    (choose(12) == 1).then(|| Death { call: choose(40), after: choose(2) == 1 })
}

/// Delivers events, and puts what the account announces because of them at a chosen place among the others. A record that is to be retried
/// comes again after all others. A job that was asked to stop comes to rest.
fn deliver(mortal: &mut Mortal, events: &[Value], choose: Choose<'_>) -> Result<()> {
    let mut waiting: Vec<Value> = events.iter().rev().cloned().collect();
    for _ in 0..events.len() * 10 + 100 {
        come_to_rest(&mortal.system)?;
        for announced in mortal.system.account.drain_events()? {
            waiting.insert(choose(waiting.len() + 1), announced);
        }
        let Some(event) = waiting.pop() else { return Ok(()) };
        let death = death(choose);
        if !mortal.deliver(&event, death)? {
            waiting.insert(0, event);
        }
    }
    Err("some events never came to an end".into())
}

fn come_to_rest(system: &System) -> Result<()> {
    for job in system.account.stopping_jobs()? {
        system.account.finish_stop(&job, at(661))?;
    }
    Ok(())
}

/// The items, without the images that an endpoint resolved only while it ran them.
fn lasting(system: &System) -> Vec<Item> {
    let mut items = system.store.items().unwrap();
    let resolved = |edge: &str| edge.starts_with("ContributedTo:variant/") && edge.contains("|img#");
    items.retain(|item| {
        !(item.key.pk.starts_with("img#") && item.key.sk.starts_with("O#ContributedTo:variant/"))
    });
    for item in &mut items {
        if let Some(TableValue::Set(edges)) = item.attributes.get_mut("ins") {
            edges.retain(|edge| !resolved(edge));
        }
    }
    items
}

fn text<'a>(notice: &'a SentNotice, pointer: &str) -> Option<&'a str> {
    notice.detail.pointer(pointer).and_then(Value::as_str)
}

/// The types of what left, each notice once. Only where a process died can one have left twice.
fn sent_once(mortal: &Mortal) -> Vec<String> {
    let sent = mortal.system.notices.sent().unwrap();
    let ids: BTreeMap<&str, &SentNotice> =
        sent.iter().map(|notice| (text(notice, "/notice_id").unwrap(), notice)).collect();
    assert!(sent.len() - ids.len() <= mortal.deaths, "{} notices, {} ids", sent.len(), ids.len());
    let mut types: Vec<String> = ids.values().map(|notice| notice.detail_type.clone()).collect();
    types.sort();
    types
}

fn forbidden_job(system: &System) -> Resource {
    system.account.resource(ResourceKind::TrainingJob, Story::FORBIDDEN_JOB)
}

fn status_of_forbidden(system: &System) -> Option<String> {
    let described = system.account.describe_document(&forbidden_job(system)).ok()?;
    described["TrainingJobStatus"].as_str().map(str::to_owned)
}

/// The remedy in the finding on the forbidden job: the call, and its result. There is one finding.
fn told_of_forbidden(system: &System) -> (Option<String>, String) {
    let arn = forbidden_job(system).arn();
    let sent = system.notices.sent().unwrap();
    let findings = sent.iter().filter(|notice| {
        notice.detail_type == POLICY_VIOLATION && text(notice, "/resource/arn") == Some(arn.as_str())
    });
    let said: BTreeSet<(Option<String>, String)> = findings
        .map(|notice| {
            let action = text(notice, "/remediation/action").map(str::to_owned);
            (action, text(notice, "/remediation/result").unwrap_or_default().to_owned())
        })
        .collect();
    assert_eq!(said.len(), 1, "one finding: {said:?}");
    said.into_iter().next().unwrap()
}

const STOP: &str = "StopTrainingJob";

fn is_of_forbidden(partition: &str) -> bool {
    partition.contains(Story::FORBIDDEN_JOB)
}

/// For everything but the forbidden job, the remedies equal those of the undisturbed run; if a process died, the note may say so.
fn check_remedies(words: &InWords, straight: &InWords, deaths: usize) {
    let others = |words: &InWords| -> Vec<Remedied> {
        words.remedied.iter().filter(|each| !is_of_forbidden(&each.verdict)).cloned().collect()
    };
    let as_told = |expected: Remedied, got: &Remedied| {
        let is_of_the_dead = deaths > 0 && got.result == DIED && !got.is_timed;
        if is_of_the_dead {
            Remedied { result: DIED.to_owned(), is_timed: false, ..expected }
        } else {
            expected
        }
    };
    let got = others(words);
    let expected: Vec<Remedied> =
        others(straight).into_iter().zip(&got).map(|(expected, got)| as_told(expected, got)).collect();
    assert_eq!(got, expected);
    assert_eq!(got.len(), others(straight).len());
}

/// The record and the finding of the forbidden job agree with what happened.
fn check_forbidden(mortal: &Mortal, words: &InWords) {
    let noted: Vec<&Remedied> = words.remedied.iter().filter(|each| is_of_forbidden(&each.verdict)).collect();
    let (action, result) = told_of_forbidden(&mortal.system);
    let is_noted = !noted.is_empty();
    assert_eq!(action.as_deref(), is_noted.then_some(STOP), "{result}");
    assert_eq!(words.stopped.len(), usize::from(is_noted), "{:?}", words.stopped);
    if is_noted {
        assert_eq!((noted.len(), noted[0].action.as_str(), &noted[0].result), (1, STOP, &result));
        assert!(noted[0].marked.is_some(), "a job that was stopped says why");
    }
    let has_died = mortal.deaths > 0 && result == DIED;
    match status_of_forbidden(&mortal.system).as_deref() {
        Some("Stopped") => assert!(is_noted && (result == "stop requested" || has_died), "{result}"),
        // Nobody can know whether a stop whose caller died came too late.
        Some("Completed") => {
            assert!(if is_noted { has_died } else { result == "it is Completed already" }, "{result}");
        }
        other => assert_eq!(other, Some("Stopped"), "it has not ended"),
    }
}

#[test]
fn delivered_once_and_in_order_it_ends_as_it_did_when_it_happened() {
    let mut later = Mortal::new(PLAYED.unheard().unwrap());
    deliver(&mut later, &PLAYED.events, &mut never).unwrap();
    let (then, now) = (InWords::of(lasting(&PLAYED.system)), InWords::of(lasting(&later.system)));
    assert_eq!(then.differences(&now), Vec::<String>::new());
    check_remedies(&now, &then, 0);
    // The job was stopped when the event happened. A later delivery finds it stopped, and has nothing to do.
    assert_eq!(told_of_forbidden(&PLAYED.system), (Some(STOP.to_owned()), "stop requested".to_owned()));
    assert_eq!(told_of_forbidden(&later.system), (None, "it is Stopped already".to_owned()));
    assert_eq!(then.stopped.len(), 1);
    assert_eq!(now.stopped, Vec::<String>::new());
    assert_eq!(PLAYED.system.quarantine.kept().unwrap(), Vec::<Value>::new());
}

/// Shuffles of a test run, within a minute with the plays below; a soak sets `SAGEWARDEN_SHUFFLES`.
const SHUFFLES: u64 = 50;

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

/// Every so many shuffles all events come once more, an hour later: nothing changes, and what the dead left is cleared away.
const ONCE_MORE: u64 = 10;

fn check_shuffle(seed: u64, straight: &InWords) -> usize {
    let mut mortal = Mortal::new(PLAYED.unheard().unwrap());
    let mut chance = Chance::new(seed);
    let events = shuffle(&mut chance);
    deliver(&mut mortal, &events, &mut |limit| below(&mut chance, limit)).unwrap();
    let check = |mortal: &Mortal| {
        let words = InWords::of(mortal.system.store.items().unwrap());
        assert_eq!(words.differences(straight), Vec::<String>::new());
        check_remedies(&words, straight, mortal.deaths);
        // The job was stopped before any event of it arrived.
        assert_eq!(told_of_forbidden(&mortal.system), (None, "it is Stopped already".to_owned()));
        assert_eq!(words.stopped, Vec::<String>::new());
        assert_eq!(sent_once(mortal), Played::SENT);
        words.left
    };
    let left = check(&mortal);
    assert!(left <= mortal.deaths, "{left} lists are left");
    if seed.is_multiple_of(ONCE_MORE) {
        mortal.wait_an_hour();
        deliver(&mut mortal, &PLAYED.events, &mut never).unwrap();
        assert_eq!(check(&mortal), 0, "what the dead left is refreshed and deleted");
    }
    mortal.deaths
}

#[test]
fn any_order_any_number_of_times_and_deaths_anywhere_end_in_the_same_state() {
    let mut straight = Mortal::new(PLAYED.unheard().unwrap());
    deliver(&mut straight, &PLAYED.events, &mut never).unwrap();
    let straight = InWords::of(straight.system.store.items().unwrap());
    for_each_seed(SHUFFLES, |seed| check_shuffle(seed, &straight));
}

/// How the forbidden job's story goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Forbidden {
    /// It runs until it is stopped.
    Runs,
    /// It ends by itself after so many moments more, unless it is stopped before.
    Ends(usize),
    /// The job ended before any event of it arrived.
    Unheard,
}

/// Tells the story while the world moves on: after each moment some of the events that wait are delivered, some of them twice, the
/// others later, and some processes die at it.
struct Late<'a> {
    mortal: Mortal,
    waiting: Vec<Value>,
    choose: Choose<'a>,
    /// Without it, whatever waits is delivered at once, and in order.
    is_late: bool,
    forbidden: Forbidden,
}

impl<'a> Late<'a> {
    fn play(is_late: bool, forbidden: Forbidden, choose: Choose<'a>) -> Result<(Mortal, TempDir)> {
        let git = TempDir::new()?;
        let bundle = PLAYED.system.bundle.clone();
        let system = System::new(Store::in_memory()?, git.path(), bundle, Story::ACCOUNT, Story::REGION)?;
        let mut story =
            Story::new(system.account.clone(), system.git.clone(), Clock::Told(Story::demo_start()));
        let mut late = Self { mortal: Mortal::new(system), waiting: Vec::new(), choose, is_late, forbidden };
        for moment in Story::STEPS.iter().flat_map(|step| step.moments) {
            moment(&mut story)?;
            late.go_on()?;
        }
        for moment in monitor::MOMENTS {
            moment(&late.mortal.system.account)?;
            late.go_on()?;
        }
        let waiting = std::mem::take(&mut late.waiting);
        deliver(&mut late.mortal, &waiting, late.choose)?;
        Ok((late.mortal, git))
    }

    fn go_on(&mut self) -> Result<()> {
        loop {
            self.end_forbidden()?;
            let told = self.mortal.system.account.drain_events()?;
            if told.is_empty() {
                break;
            }
            for event in told {
                // The end of the training is delivered at once: traffic before there is a baseline would rightly be reported to have none.
                let is_trained = event["detail"]["TrainingJobStatus"] == "Completed";
                let is_held = event.to_string().contains(Story::FORBIDDEN_JOB);
                if !is_held && (is_trained || !self.is_late) {
                    while !self.deliver(&event)? {}
                } else {
                    self.waiting.push(event);
                }
            }
        }
        self.deliver_some()
    }

    /// The forbidden job ends, where the time has come.
    fn end_forbidden(&mut self) -> Result<()> {
        let system = &self.mortal.system;
        let is_running = status_of_forbidden(system).as_deref() == Some("InProgress");
        match &mut self.forbidden {
            _ if !is_running => {}
            Forbidden::Ends(after @ 1..) => *after -= 1,
            Forbidden::Runs => {}
            Forbidden::Ends(_) | Forbidden::Unheard => {
                system.account.finish_training(&forbidden_job(system), at(1_100))?;
            }
        }
        if (self.choose)(2) == 0 { come_to_rest(system) } else { Ok(()) }
    }

    fn deliver(&mut self, event: &Value) -> Result<bool> {
        let death = death(self.choose);
        self.mortal.deliver(event, death)
    }

    fn deliver_some(&mut self) -> Result<()> {
        let some = if self.is_late { (self.choose)(self.waiting.len() + 1) } else { self.waiting.len() };
        for _ in 0..some {
            let event = if self.is_late {
                self.waiting.swap_remove((self.choose)(self.waiting.len()))
            } else {
                self.waiting.remove(0)
            };
            if !self.deliver(&event)? || (self.choose)(3) == 1 {
                self.waiting.push(event);
            }
        }
        Ok(())
    }
}

/// An undisturbed run in which the forbidden job had ended before any event of it arrived.
static ENDED: LazyLock<InWords> = LazyLock::new(|| {
    let (mortal, _git) = Late::play(false, Forbidden::Unheard, &mut never).unwrap();
    let words = InWords::of(lasting(&mortal.system));
    check_forbidden(&mortal, &words);
    assert_eq!(status_of_forbidden(&mortal.system).as_deref(), Some("Completed"));
    words
});

/// One in which it was stopped.
static STOPPED: LazyLock<InWords> = LazyLock::new(|| InWords::of(lasting(&PLAYED.system)));

/// Plays of a test run in which the world moves on; a soak plays as many as it shuffles.
const PLAYS: u64 = 30;

fn check_play(seed: u64, stopped: &AtomicU64) -> usize {
    let mut chance = Chance::new(seed);
    let forbidden = match below(&mut chance, 16) {
        0..4 => Forbidden::Runs,
        moments => Forbidden::Ends(moments - 4),
    };
    let mut choose = |limit: usize| below(&mut chance, limit);
    let (mortal, _git) = Late::play(true, forbidden, &mut choose).unwrap();
    let words = InWords::of(lasting(&mortal.system));
    let is_stopped = status_of_forbidden(&mortal.system).as_deref() == Some("Stopped");
    stopped.fetch_add(u64::from(is_stopped), Ordering::Relaxed);
    let straight: &InWords = if is_stopped { &STOPPED } else { &ENDED };
    assert_eq!(straight.differences(&words), Vec::<String>::new(), "{forbidden:?}, stopped: {is_stopped}");
    check_remedies(&words, straight, mortal.deaths);
    check_forbidden(&mortal, &words);
    assert_eq!(sent_once(&mortal), Played::SENT);
    mortal.deaths
}

#[test]
fn events_that_arrive_while_the_world_moves_on_and_processes_die_end_in_the_same_state() {
    let stopped = AtomicU64::new(0);
    let plays = for_each_seed(PLAYS, |seed| check_play(seed, &stopped));
    let stopped = stopped.into_inner();
    assert!(
        plays < PLAYS || (1..plays).contains(&stopped),
        "{stopped} of {plays} jobs were stopped: both ends are to be seen"
    );
}
