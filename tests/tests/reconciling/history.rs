//! Findings on jobs that ended long ago: they are closed as history, and stay in the list of all findings.

use std::collections::BTreeMap;

use futures::executor::block_on;
use sagewarden_events::{ResourceKind, Timestamp, decode};
use sagewarden_govern::ports::Table as _;
use sagewarden_govern::{Ask, EntryState, Moment, Question, answer, route};
use sagewarden_lineage::answer::Reply;
use sagewarden_lineage::listing::Items;
use sagewarden_lineage::rows::{HistoryRow, OpenFindingRow};
use sagewarden_policy::Bundle;
use sagewarden_settings::Mode;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, SETTINGS, at, model, training_job};
use serde_json::{Value, json};

use super::{hour, parts, table, tick};

const DAY: i64 = 86_400_000;

/// The first tick of the day that is so many days after the beginning.
fn midnight(days: i64) -> Timestamp {
    let day = at(0).millis().div_euclid(DAY) + days;
    Timestamp::from_millis(day * DAY + 600_000)
}

/// A system that leaves resources alone.
fn observing(more: &str) -> Result<Local> {
    let bundle = Bundle::embedded()?.with_settings(&format!("{SETTINGS}{more}"))?;
    Local::with(bundle.with_mode(Mode::Observe))
}

fn outside_the_network(name: &str) -> Value {
    let mut job = training_job(name, &[]);
    job["VpcConfig"] = json!(null);
    job
}

/// The resources with findings, and the state of these.
fn findings(local: &Local, state: EntryState) -> Result<BTreeMap<String, String>> {
    let question = Question { ask: Ask::Findings, state: Some(state), ..Question::default() };
    let Reply::Listing(listing) = block_on(answer(&local.system.store, &question, &|| false))? else {
        return Err("no list".into());
    };
    let Items::Findings(items) = listing.items else { return Err("no findings".into()) };
    Ok(items.into_iter().map(|item| (item.about.name, item.state)).collect())
}

fn names<'a>(all: impl IntoIterator<Item = &'a str>, state: &str) -> BTreeMap<String, String> {
    all.into_iter().map(|name| (name.to_owned(), state.to_owned())).collect()
}

#[test]
fn a_finding_is_history_thirty_days_after_its_job_ended() -> Result<()> {
    let local = observing("")?;
    let account = &local.system.account;
    let ended = local.create(ResourceKind::TrainingJob, &outside_the_network("ended"), 0)?;
    account.finish_training(&ended, at(60))?;
    local.create(ResourceKind::TrainingJob, &outside_the_network("running"), 1)?;
    let mut naked = model("naked");
    naked["VpcConfig"] = json!(null);
    local.create(ResourceKind::Model, &naked, 2)?;
    let events = account.drain_events()?;
    for event in &events {
        local.deliver(&event.to_string())?;
    }
    let before = hour(&local, midnight(30))?;
    assert_eq!(before[0], "41 kinds and the findings on finished jobs handed on");
    assert!(before.iter().any(|said| said == "the findings on 0 jobs were closed as history"), "{before:?}");
    assert_eq!(findings(&local, EntryState::Open)?, names(["ended", "naked", "running"], "open"));

    let said = hour(&local, midnight(31))?;
    assert!(said.iter().any(|said| said == "the findings on 1 job were closed as history"), "{said:?}");
    assert_eq!(findings(&local, EntryState::Open)?, names(["naked", "running"], "open"));
    assert_eq!(findings(&local, EntryState::Closed)?, names(["ended"], "closed: history"));
    let mut all = names(["naked", "running"], "open");
    all.extend(names(["ended"], "closed: history"));
    assert_eq!(findings(&local, EntryState::All)?, all);

    // Neither the next day nor an event that comes again changes anything.
    let stored = table(&local.system)?;
    hour(&local, midnight(32))?;
    assert_eq!(table(&local.system)?, stored);
    for event in &events {
        local.deliver(&event.to_string())?;
    }
    assert_eq!(findings(&local, EntryState::Closed)?, names(["ended"], "closed: history"));
    Ok(())
}

#[test]
fn other_ticks_and_a_setting_of_zero_leave_findings_open() -> Result<()> {
    for (more, tick) in [
        ("", midnight(60).millis() + 3_600_000),
        ("\n[reconcile]\nclose_finished_days = 0\n", midnight(60).millis()),
    ] {
        let local = observing(more)?;
        let ended = local.create(ResourceKind::TrainingJob, &outside_the_network("ended"), 0)?;
        local.system.account.finish_training(&ended, at(60))?;
        local.settle()?;
        hour(&local, Timestamp::from_millis(tick))?;
        assert_eq!(findings(&local, EntryState::Open)?, names(["ended"], "open"), "{more}");
    }
    Ok(())
}

/// Nobody records the states of a compilation job. No job runs for longer than 28 days.
#[test]
fn a_job_whose_state_is_unknown_has_ended_when_none_can_run_for_so_long() -> Result<()> {
    let local = observing("")?;
    let job = json!({
        "CompilationJobName": "c", "RoleArn": "arn:aws:iam::111122223333:role/r",
        "OutputConfig": { "S3OutputLocation": "s3://models/out" },
    });
    local.create(ResourceKind::CompilationJob, &job, 0)?;
    local.settle()?;
    hour(&local, midnight(58))?;
    assert_eq!(findings(&local, EntryState::Open)?, names(["c"], "open"));
    hour(&local, midnight(59))?;
    assert_eq!(findings(&local, EntryState::All)?, names(["c"], "closed: history"));
    Ok(())
}

/// Somebody may still change a job that runs.
#[test]
fn a_verdict_on_a_later_change_than_the_history_is_open() -> Result<()> {
    let local = observing("")?;
    local.create(ResourceKind::TrainingJob, &outside_the_network("t"), 0)?;
    let events = local.system.account.drain_events()?;
    for (earlier, state) in [(1, "open"), (0, "closed: history")] {
        for event in &events {
            local.deliver(&event.to_string())?;
        }
        let [row]: [OpenFindingRow; 1] = local
            .system
            .store
            .items()?
            .iter()
            .filter_map(OpenFindingRow::parse)
            .collect::<Vec<_>>()
            .try_into()
            .map_err(|rows| format!("{rows:?}"))?;
        let until = Timestamp::from_millis(row.since.millis() - earlier);
        block_on(local.system.store.write(&[HistoryRow { subject: row.subject, until }.write()]))?;
        for event in &events {
            local.deliver(&event.to_string())?;
        }
        assert_eq!(findings(&local, EntryState::All)?, names(["t"], state), "{earlier}");
    }
    Ok(())
}

/// It ended a day after its creation.
#[test]
fn the_days_count_from_the_end_of_a_job() -> Result<()> {
    let local = observing("")?;
    let long = local.create(ResourceKind::TrainingJob, &outside_the_network("long"), 0)?;
    local.settle()?;
    local.system.account.finish_training(&long, at(DAY / 1_000))?;
    local.settle()?;
    hour(&local, midnight(31))?;
    assert_eq!(findings(&local, EntryState::Open)?, names(["long"], "open"));
    hour(&local, midnight(32))?;
    assert_eq!(findings(&local, EntryState::All)?, names(["long"], "closed: history"));
    Ok(())
}

#[test]
fn many_findings_are_closed_in_parts() -> Result<()> {
    let local = observing("")?;
    for number in 0..120 {
        let job = outside_the_network(&format!("t-{number}"));
        let job = local.create(ResourceKind::TrainingJob, &job, number)?;
        local.system.account.finish_training(&job, at(200 + number))?;
    }
    local.settle()?;
    let (world, judging) = (local.system.world(), local.system.judging());
    let (mut waiting, mut said) = (vec![tick(midnight(40))], Vec::new());
    while let Some(event) = waiting.pop() {
        let moment = Moment { now: midnight(40), owner: format!("reconcile-{}", said.len()) };
        for event in decode(&event.to_string())? {
            // After each page it is time to hand on the rest.
            let ended =
                block_on(route::reconcile(&world, &world.account, &judging, &event, &moment, &|| true));
            said.push(ended.ok_or("it is not for reconcile")??.text().to_owned());
        }
        waiting.extend(parts(&local.system)?);
    }
    said.retain(|said| said.contains("history"));
    // The severities before and behind have pages without findings.
    let closed: Vec<&str> =
        said.iter().map(String::as_str).filter(|said| !said.contains(" 0 jobs")).collect();
    let expected = [
        "the findings on 100 jobs were closed as history, and the list goes on",
        "the findings on 20 jobs were closed as history, and the list goes on",
    ];
    assert_eq!(closed, expected, "{said:?}");
    assert!(findings(&local, EntryState::Open)?.is_empty());
    Ok(())
}
