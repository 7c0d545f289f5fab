//! Carries out remedies: stops, changes, deletions, marks. First it decides what to do, then it does it; each call is
//! safe to repeat.

use sagewarden_events::{Change, Corrections, ResourceKind, Status, Timestamp};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::rows::{AliasRow, VerdictRow};
use sagewarden_lineage::table::Write;
use sagewarden_policy::Plan;

use crate::enforce::delivery::Delivery;
use crate::enforce::judged::Judged;
use crate::enforce::look::CLOCKS_DIFFER_MS;
use crate::enforce::remediation::{Remediation, VIOLATION_TAG};
use crate::outcome::Failure;
use crate::ports::{Account, ModelUse, PortError, Remedies, Stopped, Table};
use crate::record::closure::query_all;
use crate::world::World;

/// Endpoint configurations looked at before a model is deleted. Only those that were made after it can name it, unless its name was used
/// before.
const MAX_CONFIGS: usize = 300;
/// An older model may be in use by a resource that names models directly, so it is not deleted.
const NEW_MS: i64 = 3_600_000;
/// Own changes of one resource by one bundle within a day. If somebody changes it back more often, it is stopped; if it cannot be
/// stopped, the notice asks the person on call.
const MOST_CHANGES: usize = 5;
/// Characters of a tag's value ("Tag", SageMaker API reference).
const MAX_TAG: usize = 256;

const STOP_NOTEBOOK: &str = "StopNotebookInstance";
/// The call that starts a notebook instance again.
pub(crate) const START_NOTEBOOK: &str = "StartNotebookInstance";
const ADD_TAGS: &str = "AddTags";
const DELETE_MODEL: &str = "DeleteModel";

/// Chooses the remedy for a verdict.
pub(crate) enum Step {
    /// No call, and why.
    Nothing(Remediation),
    /// One call.
    Call(RemedyCall),
}

/// A call that is a remedy.
pub(crate) struct RemedyCall {
    action: String,
    asks: Asks,
}

enum Asks {
    Stop,
    StopToChange,
    Change(Corrections),
    Mark {
        controls: String,
        /// When somebody had taken the mark away.
        gone_at: Option<Timestamp>,
    },
    DeleteModel,
}

impl Step {
    fn call(action: impl Into<String>, asks: Asks) -> Self {
        Self::Call(RemedyCall { action: action.into(), asks })
    }
}

impl RemedyCall {
    /// The operation of the API.
    pub(crate) fn action(&self) -> &str {
        &self.action
    }
}

/// Another delivery made this remedy after this delivery had looked; the finding says so.
pub(crate) async fn done_meanwhile(
    delivery: &Delivery<'_, impl World>,
    call: &RemedyCall,
) -> Result<Option<&'static str>, PortError> {
    let resource = &delivery.judged.resource;
    let word = match call.asks {
        // Somebody may start it again.
        Asks::Stop if resource.kind.is_mutable() => return Ok(None),
        Asks::Stop => "stopped",
        Asks::DeleteModel => "deleted",
        Asks::StopToChange | Asks::Change(_) | Asks::Mark { .. } => return Ok(None),
    };
    if !delivery.is_remedied_by(call.action()).await? {
        return Ok(None);
    }
    // A model that is still there was not deleted.
    let is_there = matches!(call.asks, Asks::DeleteModel)
        && delivery.world.account().describe(resource).await?.is_some();
    Ok((!is_there).then_some(word))
}

/// The remedy in the plan, according to the verdict alone. It is written down as owed before Sagewarden asks or changes anything.
pub(crate) fn intended(judged: &Judged) -> Remediation {
    let Judged { resource, status, verdict, .. } = judged;
    match &verdict.plan {
        Plan::Nothing(reason) => Remediation::nothing(reason),
        Plan::Stop => match ended(resource.kind, status.as_ref()) {
            Some(why) => Remediation::nothing(why),
            None => Remediation::begun(&stop_action(resource.kind)),
        },
        Plan::DeleteModelIfUnused => Remediation::begun(DELETE_MODEL),
        Plan::Change(_) if is_serving_notebook(judged) => Remediation::begun(STOP_NOTEBOOK),
        Plan::Change(changes) => Remediation::begun(change_action(resource.kind, changes)),
        Plan::Tag => Remediation::begun(ADD_TAGS),
    }
}

/// The next action, given the earlier ones.
pub(crate) async fn decide(delivery: &Delivery<'_, impl World>) -> Result<Step, Failure> {
    let Judged { resource, status, verdict, .. } = delivery.judged;
    Ok(match &verdict.plan {
        Plan::Nothing(reason) => Step::Nothing(Remediation::nothing(reason)),
        Plan::Stop => match ended(resource.kind, status.as_ref()) {
            Some(why) => Step::Nothing(Remediation::nothing(why)),
            None => Step::call(stop_action(resource.kind), Asks::Stop),
        },
        Plan::DeleteModelIfUnused => delete_if_unused(delivery).await?,
        Plan::Change(changes) => change(delivery, changes).await?,
        Plan::Tag => mark(delivery).await?,
    })
}

/// Makes the call, if there is one. A refusal is a result; an error means that nothing was called.
pub(crate) async fn take(delivery: &Delivery<'_, impl World>, step: Step) -> Result<Remediation, PortError> {
    let Delivery { world, judged, moment, .. } = delivery;
    let Judged { resource, modified_at, created_at, .. } = judged;
    let RemedyCall { action, asks } = match step {
        Step::Nothing(remediation) => return Ok(remediation),
        Step::Call(call) => call,
    };
    let (remedies, key) = (world.remedies(), delivery.verdict_key());
    let remediation = match asks {
        Asks::Stop => match remedies.stop(resource).await {
            Ok(Stopped::Requested) => Remediation::done(&action, "stop requested"),
            Ok(Stopped::Already) => Remediation::nothing("it had ended already"),
            Err(error) => Remediation::of(&action, "", Err(error)),
        },
        Asks::StopToChange => {
            // Noted first: a delivery that finds it stopped must know to start it again.
            let waits = VerdictRow::write_stopped(key.clone(), *modified_at, moment.now, true);
            world.table().write(&[waits]).await?;
            let answer = remedies.stop(resource).await;
            // A person who stops an instance for another reason does not want it started again.
            let is_ours = match &answer {
                Ok(stopped) => *stopped == Stopped::Requested,
                Err(error) => error.is_transient(),
            };
            if !is_ours {
                let waits_not = VerdictRow::write_stopped(key, *modified_at, moment.now, false);
                world.table().write(&[waits_not]).await?;
            }
            match answer {
                Ok(Stopped::Already) => Remediation::nothing("it had been stopped already"),
                answer => {
                    let result = "stop requested: Sagewarden changes it once it is stopped";
                    Remediation::of(&action, result, answer.map(|_| ()))
                }
            }
        }
        Asks::Change(corrections) => {
            // Counted first, so that no change is missing from the count.
            world.table().write(&[VerdictRow::write_changed(key, delivery.changed_at())]).await?;
            Remediation::of(&action, "changed in place", remedies.change(resource, &corrections).await)
        }
        Asks::Mark { controls, gone_at } => {
            if let Some(gone_at) = gone_at {
                // Counted first, like every correction that is undone, but separately: somebody who removes marks does not use up the
                // corrections of settings, after which a job is stopped.
                world.table().write(&[VerdictRow::write_marked_again(key.clone(), gone_at)]).await?;
            }
            let answer = remedies.mark(resource, &[(VIOLATION_TAG, &controls)]).await;
            let marked = VerdictRow::write_marked(key, *modified_at, &controls);
            let again = if gone_at.is_some() { " again, because somebody had removed it" } else { "" };
            let result = format!("marked with the tag `{VIOLATION_TAG}`{again}");
            Remediation::of(&action, result, answer).remembering(marked)
        }
        Asks::DeleteModel => match remedies.delete_model(resource).await {
            Ok(()) => {
                let since = Timestamp::from_millis(moment.now.millis() - NEW_MS);
                Remediation::done(&action, deleted(remedies.model_use(resource, since, MAX_CONFIGS).await))
            }
            Err(error) => Remediation::of(&action, "", Err(error)),
        },
    };
    let since = delivery.change().map_or(*created_at, |call| call.time);
    let after_ms = remediation.took_effect().then(|| (moment.now.millis() - since.millis()).max(0));
    Ok(Remediation { after_ms, ..remediation })
}

/// Whether a notebook instance that was stopped for a change may start again: nothing is left to change.
pub(crate) async fn is_to_be_started(delivery: &Delivery<'_, impl World>) -> Result<bool, PortError> {
    let Judged { resource, status, verdict, .. } = delivery.judged;
    let may = resource.kind == ResourceKind::NotebookInstance
        && *status == Some(Status::Stopped)
        && !matches!(verdict.plan, Plan::Stop | Plan::Change(_));
    Ok(may && delivery.waits_to_start().await?)
}

/// Starts it.
pub(crate) async fn start(delivery: &Delivery<'_, impl World>) -> Remediation {
    let answer = delivery.world.remedies().start(&delivery.judged.resource).await;
    Remediation::of(START_NOTEBOOK, "changed, and started again", answer)
}

/// The note that it was started.
pub(crate) fn started(delivery: &Delivery<'_, impl World>) -> Write {
    let Delivery { judged, moment, .. } = delivery;
    VerdictRow::write_stopped(delivery.verdict_key(), judged.modified_at, moment.now, false)
}

/// Whether somebody started a notebook instance that was waiting: it serves now, so it is not stopped any more.
pub(crate) async fn was_started_by_others(delivery: &Delivery<'_, impl World>) -> Result<bool, PortError> {
    let Judged { modified_at, verdict, .. } = delivery.judged;
    if !is_serving_notebook(delivery.judged) || matches!(verdict.plan, Plan::Change(_)) {
        return Ok(false);
    }
    Ok(delivery.stopped_when_modified_at().await?.is_some_and(|then| then < *modified_at))
}

/// Why there is nothing to stop.
fn ended(kind: ResourceKind, status: Option<&Status>) -> Option<String> {
    status.filter(|status| !can_be_stopped(kind, status)).map(|status| format!("it is {status} already"))
}

/// The ids of the controls that a resource fails, as much as a tag holds.
pub(crate) fn controls_in_tag(judged: &Judged) -> String {
    judged.violated().chars().take(MAX_TAG).collect()
}

fn is_serving_notebook(judged: &Judged) -> bool {
    judged.resource.kind == ResourceKind::NotebookInstance && judged.status == Some(Status::InService)
}

async fn change(delivery: &Delivery<'_, impl World>, changes: &Corrections) -> Result<Step, Failure> {
    let Judged { resource, status, .. } = delivery.judged;
    if let Some(status) = status.as_ref().filter(|status| is_under_way(resource.kind, status)) {
        return Err(Failure::not_yet(format!("change {resource}"), format!("it is {status}")));
    }
    if resource.kind == ResourceKind::TrainingJob
        && status.as_ref().is_some_and(|status| *status != Status::InProgress)
    {
        return Ok(Step::Nothing(Remediation::nothing("it is no longer running")));
    }
    let action = change_action(resource.kind, changes);
    if !is_always_made(changes) {
        let made = delivery.corrections_before(VerdictRow::CHANGED, delivery.changed_at()).await?;
        if made >= MOST_CHANGES {
            return Ok(escalated(delivery, changes, made));
        }
    }
    // The settings of a notebook instance can be changed only while it is stopped: the event of that brings it here again.
    Ok(if is_serving_notebook(delivery.judged) {
        Step::call(STOP_NOTEBOOK, Asks::StopToChange)
    } else {
        Step::call(action, Asks::Change(changes.clone()))
    })
}

/// Sagewarden makes these corrections however often somebody tries: a self-approval would let a model into production, and a deleted app is
/// gone anyway.
fn is_always_made(changes: &Corrections) -> bool {
    [Change::WithdrawApproval, Change::DeleteApp].iter().any(|change| changes.settings.contains(change))
}

/// The remedy in place of one more correction, if corrections are undone too often.
fn escalated(delivery: &Delivery<'_, impl World>, changes: &Corrections, made: usize) -> Step {
    let kind = delivery.judged.resource.kind;
    match kind {
        // The instance is stopped and stays stopped: no start is outstanding.
        ResourceKind::NotebookInstance if is_serving_notebook(delivery.judged) => {
            Step::call(STOP_NOTEBOOK, Asks::Stop)
        }
        // A stopped instance serves nobody, and gets the right settings at its next start.
        ResourceKind::NotebookInstance => {
            Step::call(change_action(kind, changes), Asks::Change(changes.clone()))
        }
        ResourceKind::TrainingJob => Step::call(stop_action(kind), Asks::Stop),
        _ => {
            let result = format!("it was changed {made} times within a day, and changed back each time");
            given_up(change_action(kind, changes), result, made)
        }
    }
}

/// No further try: the notice asks the person on call.
fn given_up(action: &str, result: String, made: usize) -> Step {
    let failed = Remediation::failed(action, result);
    Step::Nothing(Remediation { hopeless: true, undone: Some(made), ..failed })
}

/// A mark is set once, and its finding was published then. Sagewarden sets it again if somebody removes or overwrites it.
async fn mark(delivery: &Delivery<'_, impl World>) -> Result<Step, PortError> {
    let controls = controls_in_tag(delivery.judged);
    let marked = Step::Nothing(Remediation::nothing("it has been marked"));
    let gone_at = match delivery.mark_after_call() {
        // Sagewarden's own call comes back as an event, too.
        Some((_, Some(value))) if value == controls => return Ok(marked),
        Some((call, _)) => Some(call.time),
        None if delivery.marked().await? == Some(controls.as_str()) => return Ok(marked),
        None => None,
    };
    if let Some(gone_at) = gone_at {
        let made = delivery.corrections_before(VerdictRow::MARKED_AGAIN, gone_at).await?;
        if made >= MOST_CHANGES {
            let result =
                format!("it was marked {made} times within a day, and somebody removed the tag each time");
            return Ok(given_up(ADD_TAGS, result, made));
        }
    }
    Ok(Step::call(ADD_TAGS, Asks::Mark { controls, gone_at }))
}

async fn delete_if_unused(delivery: &Delivery<'_, impl World>) -> Result<Step, PortError> {
    let Judged { resource: model, created_at, .. } = delivery.judged;
    let kept = |why: String| Step::Nothing(Remediation::nothing(format!("kept: {why}")));
    if delivery.moment.now.millis() - created_at.millis() > NEW_MS {
        let why = "it is older than an hour; an inference component or a transform job may use it";
        return Ok(kept(why.to_owned()));
    }
    let since = made_since(delivery).await?;
    Ok(match delivery.world.remedies().model_use(model, since, MAX_CONFIGS).await? {
        ModelUse::Unused => Step::call(DELETE_MODEL, Asks::DeleteModel),
        ModelUse::UsedBy(configs) => {
            kept(format!("endpoint configuration {} uses it; an endpoint may serve it", configs.join(", ")))
        }
        ModelUse::Unknown { looked_at } => kept(format!(
            "more than {looked_at} endpoint configurations could name it, and at most {looked_at} are checked"
        )),
    })
}

/// The earliest creation time of an endpoint configuration that can name the model: a configuration can only name an existing model. If
/// another model had the name before, configurations of any time count.
async fn made_since(delivery: &Delivery<'_, impl World>) -> Result<Timestamp, PortError> {
    let Judged { resource: model, created_at, .. } = delivery.judged;
    let named = AliasRow::named(model.kind.segment(), &model.name);
    let known = query_all(delivery.table(), named).await?;
    let own = NodeId::resource(model, *created_at);
    let is_reused = known.iter().filter_map(AliasRow::parse).any(|alias| Some(&alias.id) != own.as_ref());
    Ok(if is_reused {
        Timestamp::from_millis(0)
    } else {
        Timestamp::from_millis(created_at.millis() - CLOCKS_DIFFER_MS)
    })
}

/// The result of a deletion. SageMaker has no deletion on condition that nothing uses the model: somebody may create a configuration after
/// Sagewarden's last look. Nothing brings the model back, so the finding must say so.
fn deleted(used_now: Result<ModelUse, PortError>) -> String {
    match used_now {
        Ok(ModelUse::Unused) => "deleted".to_owned(),
        Ok(ModelUse::UsedBy(configs)) => format!(
            "deleted, but endpoint configuration {} was created at the same moment and names it: before an endpoint uses that configuration, delete it, or create the model again under its name so that it passes its controls",
            configs.join(", ")
        ),
        Ok(ModelUse::Unknown { looked_at }) => format!(
            "deleted; more than {looked_at} endpoint configurations exist now: check whether one that was created at the same moment names it"
        ),
        Err(error) => format!(
            "deleted; check whether an endpoint configuration that was created at the same moment names it: Sagewarden could not look ({error})"
        ),
    }
}

/// Another change is under way. The resource can be changed after that.
fn is_under_way(kind: ResourceKind, status: &Status) -> bool {
    let is_changing = match status {
        Status::Updating | Status::Deleting => true,
        Status::Other(word) => word == "Pending",
        _ => false,
    };
    is_changing && kind != ResourceKind::MonitoringSchedule
}

/// A job is stopped while it runs, a notebook instance while it serves; one that is still starting is stopped when it has started.
fn can_be_stopped(kind: ResourceKind, status: &Status) -> bool {
    match (kind, status) {
        (ResourceKind::NotebookInstance, status) => *status == Status::InService,
        (_, Status::Other(word)) => word != "Succeeded",
        (_, status) => *status == Status::InProgress,
    }
}

pub(crate) fn stop_action(kind: ResourceKind) -> String {
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
