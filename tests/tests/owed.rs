//! Owed notices: a remedy is refused, and the resource, or the bundle, changes before the next try.

use std::cell::Cell;

use futures::executor::block_on;
use sagewarden_events::{Resource, ResourceKind, decode};
use sagewarden_govern::ports::{PortError, PortErrorKind};
use sagewarden_govern::route::{self, Judging};
use sagewarden_govern::{BundleInForce, Failure, Moment, REMEDIATION_DONE, World};
use sagewarden_local::{Call, Guard, Guarded};
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, SETTINGS, at, notebook, training_job};
use serde_json::{Value, json};

/// Refuses a method while the test wants it to.
struct Refusing {
    method: &'static str,
    kind: PortErrorKind,
    refuses: Cell<bool>,
}

impl Guard for Refusing {
    fn ask(&self, call: Call<'_>) -> std::result::Result<(), PortError> {
        if self.refuses.get() && call.method == self.method {
            return Err(PortError::new(self.kind, call.method, "refused"));
        }
        Ok(())
    }
}

fn refusing(method: &'static str, kind: PortErrorKind) -> Refusing {
    Refusing { method, kind, refuses: Cell::new(true) }
}

/// Delivers events to `enforce-policy` alone; returns those that are to come again.
fn enforce(world: &impl World, judging: &Judging, events: &[Value], seconds: i64) -> Result<Vec<Value>> {
    let mut again = Vec::new();
    for (number, event) in events.iter().enumerate() {
        for each in decode(&event.to_string())? {
            let moment = Moment { now: at(seconds), owner: format!("{seconds} {number}") };
            let outcome = block_on(route::enforce_policy(world, judging, &each, &moment));
            if let Some(Err(Failure::Retry(_))) = outcome {
                again.push(event.clone());
            }
        }
    }
    Ok(again)
}

fn ends(local: &Local) -> Result<Vec<String>> {
    let sent = local.sent()?.into_iter().filter(|notice| notice.detail_type == REMEDIATION_DONE);
    let action = |notice: sagewarden_local::SentNotice| {
        notice.detail.pointer("/remediation/action").and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    Ok(sent.map(action).collect())
}

fn state(local: &Local, resource: &Resource, field: &str) -> Result<Value> {
    Ok(local.system.account.describe_document(resource)?.get(field).cloned().unwrap_or_default())
}

#[test]
fn nobody_reads_that_a_stop_is_done_while_the_job_runs_on() -> Result<()> {
    let local = Local::new()?;
    let mut request = training_job("t", &[]);
    request.as_object_mut().map(|request| request.insert("EnableNetworkIsolation".to_owned(), json!(false)));
    let job = local.create(ResourceKind::TrainingJob, &request, 0)?;
    let events = local.system.account.drain_events()?;
    let guard = refusing("Remedies::stop", PortErrorKind::Unavailable);
    let remedies = Guarded::new(local.system.account.clone(), guard);
    let world = local.system.world().with_remedies(remedies.clone());
    let again = enforce(&world, &local.system.judging(), &events, 1)?;
    assert!(!again.is_empty());
    // Another bundle comes into force before the next try.
    let other = Bundle::embedded()?.with_settings(&format!("{SETTINGS}TRN-REP-01 = \"off\"\n"))?;
    let judging = Judging::new(BundleInForce::new(other.into(), None, None));
    let again = enforce(&world, &judging, &again, 200)?;
    assert_eq!((ends(&local)?, state(&local, &job, "TrainingJobStatus")?), (vec![], json!("InProgress")));
    remedies.guard.refuses.set(false);
    assert!(enforce(&world, &judging, &again, 400)?.is_empty());
    assert_eq!(
        (ends(&local)?, state(&local, &job, "TrainingJobStatus")?),
        (vec!["StopTrainingJob".into()], json!("Stopping"))
    );
    Ok(())
}

#[test]
fn a_notebook_whose_start_was_refused_is_started_although_it_breaks_something_else() -> Result<()> {
    let local = Local::new()?;
    // Without a repository it is marked, and nothing else.
    let mut request = notebook();
    request["DefaultCodeRepository"] = Value::Null;
    let resource = local.create(ResourceKind::NotebookInstance, &request, 0)?;
    let remedies =
        Guarded::new(local.system.account.clone(), refusing("Remedies::start", PortErrorKind::Throttled));
    let world = local.system.world().with_remedies(remedies.clone());
    let judging = local.system.judging();
    let events = local.system.account.drain_events()?;
    assert!(enforce(&world, &judging, &events, 1)?.is_empty());
    local.system.account.drain_events()?;
    local.system.account.finish_stop(&resource, at(90))?;
    let mut waiting = local.system.account.drain_events()?;
    for round in 1..4 {
        waiting = enforce(&world, &judging, &waiting, 90 + round * 200)?;
        waiting.extend(local.system.account.drain_events()?);
    }
    assert_eq!(state(&local, &resource, "NotebookInstanceStatus")?, "Stopped");
    assert!(!ends(&local)?.contains(&"StartNotebookInstance".to_owned()), "it was not started");
    remedies.guard.refuses.set(false);
    enforce(&world, &judging, &waiting, 2_000)?;
    assert_eq!(state(&local, &resource, "NotebookInstanceStatus")?, "InService");
    assert_eq!(ends(&local)?.iter().filter(|action| *action == "StartNotebookInstance").count(), 1);
    Ok(())
}

#[test]
fn a_notebook_that_its_owner_stopped_stays_stopped_although_sagewarden_had_tried_to() -> Result<()> {
    let local = Local::new()?;
    let resource = local.create(ResourceKind::NotebookInstance, &notebook(), 0)?;
    let guard = refusing("Remedies::stop", PortErrorKind::Denied);
    let world = local.system.world().with_remedies(Guarded::new(local.system.account.clone(), guard));
    let judging = local.system.judging();
    let events = local.system.account.drain_events()?;
    assert!(!enforce(&world, &judging, &events, 1)?.is_empty());
    local.system.account.stop_job(&resource, at(1_000))?;
    local.system.account.finish_stop(&resource, at(1_060))?;
    let mut waiting = local.system.account.drain_events()?;
    for round in 1..4 {
        waiting = enforce(&world, &judging, &waiting, 1_060 + round * 200)?;
        waiting.extend(local.system.account.drain_events()?);
    }
    assert_eq!(state(&local, &resource, "RootAccess")?, "Disabled");
    assert_eq!(state(&local, &resource, "NotebookInstanceStatus")?, "Stopped");
    Ok(())
}
