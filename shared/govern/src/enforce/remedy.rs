//! Carries out what a verdict calls for: stops, changes, deletes, marks. Each is safe to repeat, and what took effect is
//! recorded beside the verdict.

use sagewarden_events::{Change, Corrections, ResourceKind, Status};
use sagewarden_lineage::rows::VerdictRow;
use sagewarden_policy::Plan;

use crate::enforce::delivery::Delivery;
use crate::enforce::judged::Judged;
use crate::enforce::remediation::{Remediation, VIOLATION_TAG};
use crate::enforce::verdict_record::record_remedy;
use crate::outcome::Failure;
use crate::ports::{ModelUse, PortError, Remedies, Stopped, Table};
use crate::world::World;

/// Endpoint configurations looked at before a model is deleted. An account with more keeps its model and gets the finding.
const MAX_CONFIGS: usize = 100;
/// A model that is older may be used by what names models itself, and is not deleted.
const NEW_MS: i64 = 3_600_000;
/// Own changes of one resource by one bundle: what somebody changes back more often is reported, not fought.
const MOST_CHANGES: i64 = 5;
/// Characters of a tag's value ("Tag", SageMaker API reference).
const MAX_TAG: usize = 256;

const STOP_NOTEBOOK: &str = "StopNotebookInstance";

/// Does what the plan says and records what took effect.
pub(crate) async fn carry_out(delivery: &Delivery<'_, impl World>) -> Result<Remediation, Failure> {
    let Delivery { judged, moment, .. } = delivery;
    let mut remediation = match &judged.verdict.plan {
        Plan::Nothing(reason) => Remediation::nothing(reason),
        Plan::Stop => stop(delivery).await,
        Plan::DeleteModelIfUnused => delete_model(delivery).await?,
        Plan::Change(changes) => change(delivery, changes).await?,
        Plan::Tag => mark(delivery).await?,
    };
    if remediation.took_effect() {
        let since = delivery.change().map_or(judged.created_at, |call| call.time);
        remediation.after_ms = Some((moment.now.millis() - since.millis()).max(0));
        record_remedy(delivery, &remediation).await?;
    }
    Ok(remediation)
}

/// Starts a notebook instance that was stopped to be changed, once nothing is left to change; `None` when there is nothing to
/// start.
pub(crate) async fn start_again(
    delivery: &Delivery<'_, impl World>,
) -> Result<Option<Remediation>, PortError> {
    let Judged { resource, status, verdict, modified_at, .. } = delivery.judged;
    if resource.kind != ResourceKind::NotebookInstance || *status != Some(Status::Stopped) {
        return Ok(None);
    }
    if matches!(verdict.plan, Plan::Stop | Plan::Change(_)) || !delivery.waits_to_start().await? {
        return Ok(None);
    }
    let answer = delivery.world.remedies().start(resource).await;
    let remediation = Remediation::of("StartNotebookInstance", "changed, and started again", answer);
    if !remediation.failed {
        let started = VerdictRow::write_stopped(delivery.verdict_key(), *modified_at, "1", "no");
        delivery.table().write(&[started]).await?;
    }
    Ok(Some(remediation))
}

async fn stop(delivery: &Delivery<'_, impl World>) -> Remediation {
    let Judged { resource, status, .. } = delivery.judged;
    if let Some(status) = status.as_ref().filter(|status| !can_be_stopped(resource.kind, status)) {
        return Remediation::nothing(format!("it is {status} already"));
    }
    let action = stop_action(resource.kind);
    match delivery.world.remedies().stop(resource).await {
        Ok(Stopped::Requested) => Remediation::done(&action, "stop requested"),
        Ok(Stopped::Already) => Remediation::nothing("it had ended already"),
        Err(error) => Remediation::of(&action, "", Err(error)),
    }
}

async fn change(delivery: &Delivery<'_, impl World>, changes: &Corrections) -> Result<Remediation, Failure> {
    let Judged { resource, status, .. } = delivery.judged;
    if let Some(status) = status.as_ref().filter(|status| is_under_way(resource.kind, status)) {
        return Err(Failure::not_yet(format!("change {resource}"), format!("it is {status}")));
    }
    if resource.kind == ResourceKind::TrainingJob
        && status.as_ref().is_some_and(|status| *status != Status::InProgress)
    {
        return Ok(Remediation::nothing("it is not running any more"));
    }
    let action = change_action(resource.kind, changes);
    let made = delivery.changes().await?;
    if made >= MOST_CHANGES {
        // Somebody has to be asked now.
        let result = format!("it was changed {made} times, and changed back each time");
        return Ok(Remediation { hopeless: true, ..Remediation::failed(action, result) });
    }
    if resource.kind == ResourceKind::NotebookInstance && *status == Some(Status::InService) {
        return Ok(stop_to_change(delivery).await);
    }
    let answer = delivery.world.remedies().change(resource, changes).await;
    let changed = VerdictRow::write_changes(delivery.verdict_key(), made + 1);
    Ok(Remediation::of(action, "changed in place", answer).remembering(changed))
}

/// The settings of a notebook instance can be changed only while it is stopped: the event of that brings it here again.
async fn stop_to_change(delivery: &Delivery<'_, impl World>) -> Remediation {
    let Judged { resource, modified_at, .. } = delivery.judged;
    let answer = delivery.world.remedies().stop(resource).await.map(|_| ());
    let result = "stop requested: it is changed once it is stopped";
    let stopped = VerdictRow::write_stopped(delivery.verdict_key(), *modified_at, "0", "yes");
    Remediation::of(STOP_NOTEBOOK, result, answer).remembering(stopped)
}

/// A mark is set once; the finding that it stands for has left.
async fn mark(delivery: &Delivery<'_, impl World>) -> Result<Remediation, PortError> {
    let judged = delivery.judged;
    let value: String = judged.violated().chars().take(MAX_TAG).collect();
    if delivery.marked().await? == Some(value.as_str()) {
        return Ok(Remediation::nothing("it has been marked"));
    }
    let answer = delivery.world.remedies().mark(&judged.resource, VIOLATION_TAG, &value).await;
    let marked = VerdictRow::write_marked(delivery.verdict_key(), judged.modified_at, &value);
    let result = format!("marked with the tag `{VIOLATION_TAG}`");
    Ok(Remediation::of("AddTags", result, answer).remembering(marked))
}

async fn delete_model(delivery: &Delivery<'_, impl World>) -> Result<Remediation, PortError> {
    let Judged { resource: model, created_at, .. } = delivery.judged;
    let kept = |why: String| Remediation::nothing(format!("kept: {why}"));
    if delivery.moment.now.millis() - created_at.millis() > NEW_MS {
        let why = "it is older than an hour; an inference component or a transform job may use it";
        return Ok(kept(why.to_owned()));
    }
    let remedies = delivery.world.remedies();
    Ok(match remedies.model_use(model, MAX_CONFIGS).await? {
        ModelUse::Unused => Remediation::of("DeleteModel", "deleted", remedies.delete_model(model).await),
        ModelUse::UsedBy(configs) => {
            kept(format!("endpoint configuration {} uses it; an endpoint may serve it", configs.join(", ")))
        }
        ModelUse::Unknown { looked_at } => {
            kept(format!("more than {looked_at} endpoint configurations exist; not all could be looked at"))
        }
    })
}

/// What is being changed by somebody else can be changed once that has come to an end.
fn is_under_way(kind: ResourceKind, status: &Status) -> bool {
    let is_changing = match status {
        Status::Updating => true,
        Status::Other(word) => word == "Pending",
        _ => false,
    };
    is_changing && kind != ResourceKind::MonitoringSchedule
}

/// A job is stopped while it runs, a notebook instance while it serves; what is on its way there is stopped when it arrives.
fn can_be_stopped(kind: ResourceKind, status: &Status) -> bool {
    match (kind, status) {
        (ResourceKind::NotebookInstance, status) => *status == Status::InService,
        (_, Status::Other(word)) => word != "Succeeded",
        (_, status) => *status == Status::InProgress,
    }
}

fn stop_action(kind: ResourceKind) -> String {
    match kind {
        // The second version of the API has no stop of its own.
        ResourceKind::AutoMlJob => "StopAutoMLJob".to_owned(),
        kind => format!("Stop{}", kind.operation()),
    }
}

fn change_action(kind: ResourceKind, changes: &Corrections) -> &'static str {
    match kind {
        _ if changes.settings.contains(&Change::DeleteApp) => "DeleteApp",
        ResourceKind::TrainingJob => "UpdateTrainingJob",
        ResourceKind::NotebookInstance => "UpdateNotebookInstance",
        ResourceKind::Domain => "UpdateDomain",
        ResourceKind::Space => "UpdateSpace",
        ResourceKind::ModelPackage => "UpdateModelPackage",
        _ => "StartMonitoringSchedule",
    }
}
