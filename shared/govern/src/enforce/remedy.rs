//! Carries out what a verdict calls for: stops, changes, deletes, marks. Each is safe to repeat, and what took effect is
//! recorded beside the verdict.

use std::collections::BTreeMap;

use sagewarden_events::{Change, Corrections, ResourceKind, Status, Timestamp};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::record::NODE;
use sagewarden_lineage::rows::node::REMEDY;
use sagewarden_lineage::table::{Attributes, Key, Value, Write};
use sagewarden_policy::{FindingStatus, Plan};
use serde::Serialize;

use crate::enforce::Judged;
use crate::enforce::notice::controls;
use crate::enforce::verdict_record::verdict_key;
use crate::outcome::Failure;
use crate::ports::{ModelUse, PortError, PortErrorKind, Remedies, Stopped, Table};
use crate::world::World;

/// The tag that marks what breaks a control; its value is the controls' ids.
pub const VIOLATION_TAG: &str = "sagewarden:violation";

/// Endpoint configurations looked at before a model is deleted. An account with more keeps its model and gets the finding.
const MAX_CONFIGS: usize = 100;
/// A model that is older may be used by what names models itself, and is not deleted.
const NEW_MS: i64 = 3_600_000;
/// Own changes of one resource by one bundle: whoever changes it back more often is told of, not fought.
const MOST_CHANGES: i64 = 5;
/// Characters of a tag's value ("Tag", SageMaker API reference).
const MAX_TAG: usize = 256;

const CHANGES: &str = "remedy_changes";
const MARKED: &str = "remedy_marked";

/// What was done about a violation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Remediation {
    /// The API call; absent when none was made.
    pub(crate) action: Option<String>,
    /// What came of it, or why nothing was done.
    pub(crate) result: String,
    /// Whether a call was made and refused.
    pub(crate) failed: bool,
    /// From the resource's creation, or the call that changed it, to the remedy, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) after_ms: Option<i64>,
    /// Whether the same call would be refused again.
    #[serde(skip)]
    pub(crate) hopeless: bool,
}

impl Remediation {
    fn nothing(result: impl Into<String>) -> Self {
        Self { result: result.into(), ..Self::default() }
    }

    fn done(action: &str, result: impl Into<String>) -> Self {
        Self { action: Some(action.to_owned()), result: result.into(), ..Self::default() }
    }

    /// A refused call is a result, not an error: it is told before it is tried again.
    fn of(action: &str, result: impl Into<String>, answer: Result<(), PortError>) -> Self {
        match answer {
            Ok(()) => Self::done(action, result),
            Err(error) => Self {
                action: Some(action.to_owned()),
                result: format!("{action} failed: {error}"),
                failed: true,
                hopeless: error.kind() == PortErrorKind::Invalid,
                after_ms: None,
            },
        }
    }
}

/// Remedies with the ports they need.
pub(crate) struct Remedying<'a, W> {
    pub(crate) world: &'a W,
}

impl<W: World> Remedying<'_, W> {
    /// Does what the plan says and records what took effect.
    pub(crate) async fn carry_out(&self, judged: &Judged, now: Timestamp) -> Result<Remediation, Failure> {
        let mut remediation = match &judged.verdict.plan {
            Plan::Nothing(reason) => Remediation::nothing(reason),
            Plan::Stop => self.stop(judged).await,
            Plan::DeleteModelIfUnused => self.delete_model(judged, now).await?,
            Plan::Change(changes) => self.change(judged, changes).await?,
            Plan::Tag => self.mark(judged).await?,
        };
        if remediation.action.is_some() && !remediation.failed {
            let since = judged.since.unwrap_or(judged.created_at);
            remediation.after_ms = Some((now.millis() - since.millis()).max(0));
            self.record(judged, &remediation).await?;
        }
        Ok(remediation)
    }

    async fn stop(&self, judged: &Judged) -> Remediation {
        if let Some(status) =
            judged.status.as_ref().filter(|status| !can_be_stopped(judged.resource.kind, status))
        {
            return Remediation::nothing(format!("it is {status} already"));
        }
        let action = stop_action(judged.resource.kind);
        match self.world.remedies().stop(&judged.resource).await {
            Ok(Stopped::Requested) => Remediation::done(&action, "stop requested"),
            Ok(Stopped::Already) => Remediation::nothing("it had ended already"),
            Err(error) => Remediation::of(&action, "", Err(error)),
        }
    }

    async fn change(&self, judged: &Judged, changes: &Corrections) -> Result<Remediation, Failure> {
        let resource = &judged.resource;
        let status = judged.status.as_ref();
        let is_under_way = matches!(status, Some(Status::Updating))
            || matches!(status, Some(Status::Other(word)) if word == "Pending");
        if is_under_way && resource.kind != ResourceKind::MonitoringSchedule {
            let what = status.map(ToString::to_string).unwrap_or_default();
            return Err(Failure::not_yet(format!("change {resource}"), format!("it is {what}")));
        }
        if resource.kind == ResourceKind::TrainingJob
            && status.is_some_and(|status| *status != Status::InProgress)
        {
            return Ok(Remediation::nothing("it is not running any more"));
        }
        let made = self.recorded_number(judged, CHANGES).await?;
        if made >= MOST_CHANGES {
            // Somebody has to be asked now.
            return Ok(Remediation {
                action: Some(change_action(resource.kind, changes).to_owned()),
                result: format!("it was changed {made} times, and changed back each time"),
                failed: true,
                hopeless: true,
                after_ms: None,
            });
        }
        if resource.kind == ResourceKind::NotebookInstance && judged.status == Some(Status::InService) {
            // Its settings can be changed only while it is stopped: the event of that brings it here again.
            let answer = self.world.remedies().stop(resource).await.map(|_| ());
            let result = "stop requested: it is changed once it is stopped";
            return Ok(Remediation::of("StopNotebookInstance", result, answer));
        }
        let answer = self.world.remedies().change(resource, changes).await;
        if answer.is_ok() {
            self.count_change(judged, made + 1).await?;
        }
        Ok(Remediation::of(change_action(resource.kind, changes), "changed in place", answer))
    }

    async fn count_change(&self, judged: &Judged, made: i64) -> Result<(), PortError> {
        let write = Write::Newest {
            key: verdict_key(judged),
            version_attribute: "remedy_changed_as_of".into(),
            version: format!("{made:05}"),
            attributes: Attributes::from([(CHANGES.into(), Value::Number(made))]),
        };
        self.world.table().write(&[write]).await
    }

    async fn recorded_number(&self, judged: &Judged, name: &str) -> Result<i64, PortError> {
        let item = self.world.table().get(&[verdict_key(judged)]).await?.pop();
        Ok(item.and_then(|item| item.number(name)).unwrap_or_default())
    }

    /// A mark is set once; the finding that it stands for has left.
    async fn mark(&self, judged: &Judged) -> Result<Remediation, PortError> {
        let violated = judged.verdict.findings.iter().filter(|finding| {
            finding.status == FindingStatus::Violation && judged.verdict.checked.contains(&finding.control)
        });
        let ids: Vec<&str> = violated.map(|finding| finding.control.as_str()).collect();
        let value: String = ids.join(" ").chars().take(MAX_TAG).collect();
        if self.recorded(judged, MARKED).await?.as_deref() == Some(value.as_str()) {
            return Ok(Remediation::nothing("it has been marked"));
        }
        let answer = self.world.remedies().mark(&judged.resource, VIOLATION_TAG, &value).await;
        if answer.is_ok() {
            let write = Write::Newest {
                key: verdict_key(judged),
                version_attribute: "remedy_marked_as_of".into(),
                version: format!("{:015}#{value}", judged.modified_at.millis()),
                attributes: Attributes::from([(MARKED.into(), Value::Text(value))]),
            };
            self.world.table().write(&[write]).await?;
        }
        Ok(Remediation::of("AddTags", format!("marked with the tag `{VIOLATION_TAG}`"), answer))
    }

    async fn delete_model(&self, judged: &Judged, now: Timestamp) -> Result<Remediation, Failure> {
        let model = &judged.resource;
        let kept = |why: String| Remediation::nothing(format!("kept: {why}"));
        if now.millis() - judged.created_at.millis() > NEW_MS {
            let why = "it is older than an hour; an inference component or a transform job may use it";
            return Ok(kept(why.to_owned()));
        }
        Ok(match self.world.remedies().model_use(model, MAX_CONFIGS).await? {
            ModelUse::Unused => {
                Remediation::of("DeleteModel", "deleted", self.world.remedies().delete_model(model).await)
            }
            ModelUse::UsedBy(configs) => kept(format!(
                "endpoint configuration {} uses it; an endpoint may serve it",
                configs.join(", ")
            )),
            ModelUse::Unknown { looked_at } => kept(format!(
                "more than {looked_at} endpoint configurations exist; not all could be looked at"
            )),
        })
    }

    /// Starts a notebook instance that was stopped to be changed, once nothing is left to change; `None` when there is nothing
    /// to start.
    pub(crate) async fn start_again(&self, judged: &Judged) -> Result<Option<Remediation>, PortError> {
        let is_stopped = judged.status == Some(Status::Stopped);
        if judged.resource.kind != ResourceKind::NotebookInstance || !is_stopped {
            return Ok(None);
        }
        if matches!(judged.verdict.plan, Plan::Stop | Plan::Change(_)) {
            return Ok(None);
        }
        let was_stopped = self.recorded(judged, "stopped_to_change").await?;
        if was_stopped.as_deref() != Some("yes") {
            return Ok(None);
        }
        let answer = self.world.remedies().start(&judged.resource).await;
        let remediation = Remediation::of("StartNotebookInstance", "changed, and started again", answer);
        if !remediation.failed {
            self.note(judged, "no", "1").await?;
        }
        Ok(Some(remediation))
    }

    async fn recorded(&self, judged: &Judged, name: &str) -> Result<Option<String>, PortError> {
        let item = self.world.table().get(&[verdict_key(judged)]).await?.pop();
        Ok(item.and_then(|item| item.text(name).map(str::to_owned)))
    }

    /// The first remediation that took effect is what is recorded: later deliveries find the resource stopped.
    async fn record(&self, judged: &Judged, remediation: &Remediation) -> Result<(), PortError> {
        let Some(action) = &remediation.action else { return Ok(()) };
        let once = Attributes::from([
            ("remedy".into(), Value::Text(action.clone())),
            ("remedy_result".into(), Value::Text(remediation.result.clone())),
            ("remedy_after_ms".into(), Value::Number(remediation.after_ms.unwrap_or_default())),
        ]);
        let mut writes = vec![Write::Merge { key: verdict_key(judged), once, union: BTreeMap::new() }];
        // A job that is being stopped may still upload its artifact: the lineage says what to think of that.
        if judged.verdict.plan == Plan::Stop && NodeId::parse(&judged.pk).is_some() {
            let text = format!("{action} for {}", controls(&judged.verdict));
            let once = Attributes::from([(REMEDY.into(), Value::Text(text))]);
            writes.push(Write::Merge {
                key: Key::new(judged.pk.as_str(), NODE),
                once,
                union: BTreeMap::new(),
            });
        }
        self.world.table().write(&writes).await?;
        if action == "StopNotebookInstance" && matches!(judged.verdict.plan, Plan::Change(_)) {
            self.note(judged, "yes", "0").await?;
        }
        Ok(())
    }

    /// Whether a notebook instance waits to be started again; each stop and start has a version of its own.
    async fn note(&self, judged: &Judged, stopped: &str, step: &str) -> Result<(), PortError> {
        let version = format!("{:015}#{step}", judged.modified_at.millis());
        let attributes = Attributes::from([("stopped_to_change".into(), Value::Text(stopped.to_owned()))]);
        let write = Write::Newest {
            key: verdict_key(judged),
            version_attribute: "stopped_as_of".into(),
            version,
            attributes,
        };
        self.world.table().write(&[write]).await
    }
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
