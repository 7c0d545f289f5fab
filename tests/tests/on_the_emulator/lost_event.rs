//! Events that never arrive, on the emulator: `reconcile` finds their jobs, and says that they were missed.

use std::collections::BTreeMap;

use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_tests::deployed::Deployed;
use sagewarden_tests::local::training_job;
use sagewarden_tests::{Result, now, text};
use serde_json::{Value, json};

const MINUTE: i64 = 60_000;

/// A job from before the first tick is imported. The next tick finds a job whose events were lost, and counts it. The tick after that finds
/// nothing new.
pub(super) fn a_lost_event_is_found_at_the_next_tick(world: &Deployed) -> Result<()> {
    let began = now();
    let ago = |minutes: i64| Timestamp::from_millis(began.millis() - minutes * MINUTE);
    let old = unheard(world, "from-before", ago(120))?;
    world.account.finish_training(&old, ago(100))?;
    world.account.drain_events()?;
    world.heard()?;
    let stops = world.simulator.calls("SageMaker.StopTrainingJob").len();

    // The import judges and records what is there, and counts nothing as missed.
    world.sweep(ago(60))?;
    let heard = notices(world)?;
    assert_eq!(types(&heard), ["Sagewarden Policy Violation"], "{}\n{heard:#?}", world.emulator.log());
    assert_eq!(text(&heard[0]["detail"]["resource"], "name"), old.name);

    let lost = unheard(world, "lost", ago(30))?;
    world.sweep(began)?;
    let heard = notices(world)?;
    let expected = ["Sagewarden Events Missed", "Sagewarden Policy Violation"];
    assert_eq!(types(&heard), expected, "{}\n{heard:#?}", world.emulator.log());
    let (missed, finding) = (&heard[0]["detail"], &heard[1]["detail"]);
    assert_eq!((&missed["expected"], &missed["missed"]), (&json!(1), &json!(1)), "{missed:#}");
    assert_eq!(missed["resources"], json!([lost.arn()]), "{missed:#}");
    assert_eq!(text(&finding["resource"], "name"), lost.name);
    // It is reported, and still runs: the settings do not let a sweep remedy.
    assert!(text(&finding["remediation"], "result").contains("a sweep found it"), "{finding:#}");
    assert_eq!(world.simulator.calls("SageMaker.StopTrainingJob").len(), stops);
    let described = world.account.describe_document(&lost)?;
    assert_eq!(text(&described, "TrainingJobStatus"), "InProgress");
    check_answers(world, &old, &lost)?;

    let before = without_marks(world)?;
    world.sweep(Timestamp::from_millis(began.millis() + 4 * MINUTE))?;
    assert_eq!(notices(world)?, Vec::<Value>::new());
    assert_eq!(without_marks(world)?, before);
    Ok(())
}

/// A training job outside the network whose events are lost.
fn unheard(world: &Deployed, name: &str, at: Timestamp) -> Result<Resource> {
    let mut request = training_job(name, &[("ProjectName", "credit"), ("EnvironmentType", "dev")]);
    request["VpcConfig"] = json!(null);
    let created = world.account.create(ResourceKind::TrainingJob, &request, None, at)?;
    world.account.drain_events()?;
    Ok(created)
}

/// What the deployed function answers about both jobs.
fn check_answers(world: &Deployed, old: &Resource, lost: &Resource) -> Result<()> {
    let findings =
        world.ask(&json!({ "ask": "findings", "control": "TRN-NET-01", "kind": "training-job" }))?;
    let items = findings["items"].as_array().cloned().unwrap_or_default();
    for job in [old, lost] {
        let is_it = |item: &&Value| item["arn"] == json!(job.arn());
        assert_eq!(items.iter().filter(is_it).count(), 1, "{job} in {findings:#}");
        let lineage = world.ask(&json!({ "entity": format!("training-job/{}", job.name) }))?;
        assert!(lineage["nodes"].as_array().is_some_and(|nodes| !nodes.is_empty()), "{lineage:#}");
        let why = world.ask(&json!({ "ask": "why", "entity": format!("training-job/{}", job.name) }))?;
        assert!(why.to_string().contains("TRN-NET-01"), "{why:#}");
    }
    assert!(text(&findings, "events").ends_with(": 1 of 1"), "{findings:#}");
    Ok(())
}

/// The events on the stack's bus since the last call, sorted, without those that `reconcile` sends to itself.
fn notices(world: &Deployed) -> Result<Vec<Value>> {
    let mut heard = world.heard()?;
    heard.retain(|event| text(event, "detail-type") != "Sagewarden Watch Continued");
    heard.sort_by_key(|event| text(event, "detail-type").to_owned());
    Ok(heard)
}

fn types(heard: &[Value]) -> Vec<&str> {
    heard.iter().map(|event| text(event, "detail-type")).collect()
}

/// The table without the marks of sweeps.
fn without_marks(world: &Deployed) -> Result<BTreeMap<String, Value>> {
    let mut table = world.table()?;
    table.retain(|key, _| !key.starts_with("K#sweep\t"));
    Ok(table)
}
