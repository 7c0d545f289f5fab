//! What is counted: the import counts nothing, and later each resource once.

use std::collections::BTreeMap;

use futures::executor::block_on;
use sagewarden_events::ResourceKind;
use sagewarden_govern::World as _;
use sagewarden_lineage::rows::{ArrivedRow, FoundRow, MissedRow, OpenFindingRow, VerdictRow};
use sagewarden_lineage::table::Key;
use sagewarden_local::System;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, at, model, training_job};
use sagewarden_tests::played::Played;

use super::{HOUR, Heard, hour, hour_with, is_part, missed};

#[test]
fn the_import_records_what_was_there_and_misses_nothing() -> Result<()> {
    let local = Local::new()?;
    local.create(ResourceKind::TrainingJob, &training_job("old", &[]), 0)?;
    local.serve()?;
    let said = hour(&local, at(HOUR))?;
    assert_eq!(said[0], "41 kinds handed on");
    let of_jobs = said.iter().find(|each| each.contains("training job")).ok_or("no training jobs")?;
    let expected = "1 training jobs listed, 0 of them new, 0 missed, 0 gone; 1 resource looked at";
    assert_eq!(of_jobs, expected);
    assert!(missed(&local)?.is_empty());
    assert_eq!(local.inputs("endpoint/prod", "deployment")?.len(), 2);
    let rows = local.system.store.items()?;
    assert_eq!(rows.iter().filter_map(MissedRow::parse).count(), 0);
    assert_eq!(rows.iter().filter_map(ArrivedRow::parse).count(), 0);
    Ok(())
}

#[test]
fn an_event_that_never_arrives_is_counted_once() -> Result<()> {
    let local = Local::new()?;
    hour(&local, at(0))?;
    for (name, after) in [("heard", 600), ("lost", 1_200), ("young", HOUR - 300)] {
        local.create(ResourceKind::TrainingJob, &training_job(name, &[]), after)?;
    }
    local.create(ResourceKind::Model, &model("heard"), 700)?;
    for event in local.system.account.drain_events()? {
        if event.to_string().contains("heard") {
            local.deliver(&event.to_string())?;
        }
    }
    let world = local.system.world().with_metrics(Heard::default());
    hour_with(&local.system, &world, &world.account, at(HOUR))?;
    assert_eq!(missed(&local)?, ["TrainingJob 1 of 2"]);
    let heard = world.metrics().0.take();
    let jobs = heard.iter().find(|sweep| sweep.kind == ResourceKind::TrainingJob).ok_or("no metrics")?;
    assert_eq!((jobs.listed, jobs.known, jobs.missed, jobs.gone), (3, 1, 1, 0));
    assert_eq!((jobs.late_median_ms, jobs.late_most_ms), (Some(2_400_000), Some(2_400_000)));
    assert_eq!(heard.len(), 41);
    // What is younger than a quarter of an hour is left to its event.
    assert!(local.lineage("training-job/young").is_err() && local.lineage("training-job/lost").is_ok());
    hour(&local, at(2 * HOUR))?;
    assert_eq!(missed(&local)?, ["TrainingJob 1 of 2", "TrainingJob 1 of 1"]);
    // From then on everything is known.
    hour(&local, at(3 * HOUR))?;
    assert_eq!(missed(&local)?.len(), 2);
    let rows = local.system.store.items()?;
    let mut months: Vec<(ResourceKind, u64, u64)> =
        rows.iter().filter_map(ArrivedRow::parse).map(|row| (row.kind, row.arrived, row.missed)).collect();
    months.sort();
    // In the list of all months, and beside the open findings.
    assert_eq!(months.len(), 4);
    months.dedup();
    assert_eq!(months, [(ResourceKind::TrainingJob, 3, 2), (ResourceKind::Model, 1, 0)]);
    Ok(())
}

#[test]
fn where_no_event_is_lost_nothing_is_missed() -> Result<()> {
    let local = Local::new()?;
    hour(&local, at(0))?;
    local.create(ResourceKind::TrainingJob, &training_job("t", &[]), 1)?;
    local.serve()?;
    local.settle()?;
    let said = hour(&local, at(HOUR))?;
    assert!(missed(&local)?.is_empty(), "{:?}", missed(&local)?);
    assert!(
        said.iter().any(|each| each.starts_with("1 endpoints listed, 1 of them new, 0 missed")),
        "{said:?}"
    );
    assert!(local.system.account.drain_events()?.iter().all(|event| !is_part(event)));
    Ok(())
}

/// What the store says of verdicts and findings: their times say when they were found out, and events alone say who called.
fn judged(system: &System) -> Result<BTreeMap<Key, Vec<String>>> {
    let mut all = BTreeMap::new();
    for item in system.store.items()? {
        let content = if let Some(verdict) = VerdictRow::parse(&item) {
            vec![verdict.outcome, verdict.findings, verdict.checked]
        } else if let Some(open) = OpenFindingRow::parse(&item) {
            vec![format!("{:?} {}", open.controls, open.since)]
        } else if let Some(found) = FoundRow::parse(&item) {
            vec![format!("{found:?}")]
        } else {
            continue;
        };
        all.insert(item.key, content);
    }
    Ok(all)
}

#[test]
fn after_lost_events_the_verdicts_and_findings_are_those_of_all_events() -> Result<()> {
    let played = Played::new()?;
    let (complete, lossy) = (played.unheard()?, played.unheard()?);
    let later = at(4 * 24 * HOUR);
    for (number, event) in played.events.iter().enumerate() {
        block_on(complete.deliver(&event.to_string(), later))?;
        // Pushes are no resources of the account: a sweep cannot find them.
        if number % 3 != 0 || event["source"] != "aws.sagemaker" {
            block_on(lossy.deliver(&event.to_string(), later))?;
        }
    }
    let world = lossy.world();
    hour_with(&lossy, &world, &world.account, later)?;
    let (complete, lossy) = (judged(&complete)?, judged(&lossy)?);
    let differ = |key: &&Key| complete.get(*key) != lossy.get(*key);
    let differing: Vec<&Key> = complete.keys().chain(lossy.keys()).filter(differ).collect();
    assert_eq!(differing, Vec::<&Key>::new());
    assert!(complete.len() > 10, "{}", complete.len());
    Ok(())
}
