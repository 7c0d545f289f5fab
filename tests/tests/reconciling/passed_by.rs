//! What a sweep behind a sweep asks and writes: as good as nothing.

use std::rc::Rc;

use sagewarden_events::ResourceKind;
use sagewarden_lineage::rows::{OpenFindingRow, SeenRow};
use sagewarden_local::{Counts, Guarded};
use sagewarden_tests::local::{Local, at, endpoint_config, model, notebook, training_job};
use sagewarden_tests::{Result, guarded};
use serde_json::json;

use super::{HOUR, hour, hour_with, table};

#[test]
fn a_sweep_behind_a_sweep_lists_and_writes_its_marks_alone() -> Result<()> {
    let local = Local::new()?;
    local.serve()?;
    for number in 0..20 {
        let job =
            local.create(ResourceKind::TrainingJob, &training_job(&format!("t-{number}"), &[]), number)?;
        local.system.account.finish_training(&job, at(60 + number))?;
    }
    hour(&local, at(HOUR))?;
    let (before, notices) = (table(&local.system)?, local.sent()?.len());
    let counts = Rc::new(Counts::default());
    let world = guarded::world(&local.system, &counts);
    let estate = Guarded::behind(local.system.account.clone(), &counts);
    hour_with(&local.system, &world, &estate, at(2 * HOUR))?;
    assert_eq!(table(&local.system)?, before);
    assert_eq!(local.sent()?.len(), notices);
    let calls = counts.take();
    // A page for each kind, and no description of anything.
    assert_eq!(calls.get("Estate::page"), Some(&41));
    assert_eq!(calls.keys().filter(|call| call.starts_with("Account::")).count(), 0, "{calls:?}");
    // Of each kind the page and the end.
    assert_eq!(calls.get("Table::write"), Some(&82), "{calls:?}");
    let asked = |call: &str| calls.get(call).copied().unwrap_or_default();
    // A mark for each kind, the known resources of four kinds, and the seen resources of each lasting kind.
    assert_eq!(
        (asked("Table::get"), asked("Table::query"), asked("Bus::publish")),
        (45, 29, 41),
        "{calls:?}"
    );
    Ok(())
}

#[test]
fn a_job_that_ends_unheard_is_followed_to_its_end() -> Result<()> {
    let local = Local::new()?;
    let job = local.create(ResourceKind::TrainingJob, &training_job("long", &[]), 0)?;
    local.settle()?;
    for hours in 1..=10 {
        hour(&local, at(hours * HOUR))?;
    }
    local.system.account.finish_training(&job, at(10 * HOUR + 60))?;
    hour(&local, at(11 * HOUR))?;
    let lineage = local.lineage("training-job/long")?;
    assert!(lineage.to_string().contains("Completed"), "{lineage}");
    // Nothing is open any more: the next sweeps ask about the last hours only.
    hour(&local, at(12 * HOUR))?;
    let said = hour(&local, at(13 * HOUR))?;
    assert!(said.iter().any(|each| each.starts_with("0 training jobs listed")), "{said:?}");
    Ok(())
}

#[test]
fn what_changed_unheard_is_judged_again_and_what_is_gone_has_no_open_finding() -> Result<()> {
    let local = Local::new()?;
    local.create(ResourceKind::NotebookInstance, &notebook(), 0)?;
    let account = &local.system.account;
    let mut open = endpoint_config("c", "m");
    open["ProductionVariants"][0]["InstanceType"] = json!("ml.m5.xlarge");
    let mut naked = model("m");
    naked["VpcConfig"] = json!(null);
    let naked = local.create(ResourceKind::Model, &naked, 1)?;
    local.create(ResourceKind::EndpointConfig, &open, 2)?;
    hour(&local, at(HOUR))?;
    let about = |name: &str| -> Result<usize> {
        let rows = local.system.store.items()?;
        Ok(rows.iter().filter_map(OpenFindingRow::parse).filter(|row| row.subject.contains(name)).count())
    };
    assert_eq!(about("/m@")?, 1);
    account.delete(&naked, at(HOUR + 60))?;
    hour(&local, at(2 * HOUR))?;
    assert_eq!(about("/m@")?, 0);
    let gone = |name: &str| -> Result<Vec<bool>> {
        let rows = local.system.store.items()?;
        let rows = rows.iter().filter_map(SeenRow::parse).filter(|row| row.resource.name == name);
        Ok(rows.map(|row| row.gone_seen_at.is_some()).collect())
    };
    assert_eq!(gone("m")?, [true]);
    // Another one of its name has findings of its own, which stay.
    let mut again = model("m");
    again["VpcConfig"] = json!(null);
    local.create(ResourceKind::Model, &again, 2 * HOUR + 60)?;
    hour(&local, at(3 * HOUR))?;
    hour(&local, at(4 * HOUR))?;
    assert_eq!((about("/m@")?, gone("m")?), (1, vec![true, false]));
    Ok(())
}
