//! Short flows of judged resources: each kind of remedy, from the call that fails a control to its end, so that a test can play them
//! again and again with another fault each time.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use futures::FutureExt;
use sagewarden_events::{Event, ResourceKind, Timestamp, decode};
use sagewarden_govern::route;
use sagewarden_govern::{Failure, KnownBaselines, Moment, Outcome, VIOLATION_TAG, World};
use sagewarden_policy::Bundle;
use serde_json::{Value, json};

use crate::Result;
use crate::local::{Local, SETTINGS, at, model, notebook, training_job};
use crate::strikes::Fault;

/// A change in the account; its events are delivered before the next one. Returns CloudTrail's event of it
/// where the simulated account does not announce that.
pub type Happening = fn(&Local) -> Result<Vec<Value>>;

/// A flow.
#[derive(Clone, Copy, Debug)]
pub struct Flow {
    /// Its name.
    pub name: &'static str,
    /// Added to [`SETTINGS`].
    pub settings: &'static str,
    /// The functions that get its events.
    pub functions: &'static [Function],
    /// The state before the flow begins; a world without faults has handled it.
    pub before: &'static [Happening],
    /// In order.
    pub happenings: &'static [Happening],
}

/// Every kind of remedy, and findings that are published without one.
pub const FLOWS: [Flow; 13] = [
    Flow::judged("a job is stopped", &[forbidden_job, end_of_forbidden_job]),
    Flow::judged("a job is stopped, which ends at once", &[forbidden_job]),
    Flow::judged("a setting of a job is changed", &[debugged_job]),
    Flow::judged("a job is marked", &[unencrypted_job]),
    Flow::judged("a mark is taken away, and set again", &[unencrypted_job, unmarked_job]),
    Flow::judged("a job passes every control", &[good_job]),
    Flow::judged("a model is deleted", &[open_model]),
    Flow::judged("a notebook is stopped, changed and started", &[rooted_notebook, stopped_notebook]),
    Flow::judged(
        "a space is changed, opened again, and changed again",
        &[open_space, changed_space, reopened_space, changed_space],
    ),
    Flow { settings: ALLOWED_TYPES, ..Flow::judged("an app is deleted", &[large_app]) },
    Flow::judged("a package loses its approval", &[self_approved_package]),
    Flow::judged("a child leads to its parent", &[child_of_tuning]),
    Flow::judged("a description is erased", &[erased_job]),
];

const ALLOWED_TYPES: &str = "\n[compute]\nallowed_instance_types = [\"ml.t3.*\", \"ml.m4.*\", \"ml.m5.*\"]\n";

fn job(
    local: &Local,
    name: &str,
    change: impl FnOnce(&mut serde_json::Map<String, Value>),
) -> Result<Vec<Value>> {
    let mut request = training_job(name, &[]);
    request.as_object_mut().map(change);
    local.create(ResourceKind::TrainingJob, &request, 0)?;
    Ok(Vec::new())
}

fn forbidden_job(local: &Local) -> Result<Vec<Value>> {
    job(local, "t", |request| {
        request.insert("EnableNetworkIsolation".to_owned(), json!(false));
    })
}

fn end_of_forbidden_job(local: &Local) -> Result<Vec<Value>> {
    let job = local.system.account.resource(ResourceKind::TrainingJob, "t");
    local.system.account.finish_stop(&job, at(600))?;
    Ok(Vec::new())
}

fn debugged_job(local: &Local) -> Result<Vec<Value>> {
    job(local, "t", |request| {
        request.insert("RemoteDebugConfig".to_owned(), json!({ "EnableRemoteDebug": true }));
    })
}

fn unencrypted_job(local: &Local) -> Result<Vec<Value>> {
    job(local, "t", |request| {
        if let Some(config) = request.get_mut("ResourceConfig").and_then(Value::as_object_mut) {
            config.insert("InstanceCount".to_owned(), json!(2));
        }
    })
}

fn unmarked_job(local: &Local) -> Result<Vec<Value>> {
    let job = local.system.account.resource(ResourceKind::TrainingJob, "t");
    local.system.account.delete_tags(&job, &[VIOLATION_TAG])?;
    Ok(vec![json!({
        "id": at(900), "source": "aws.sagemaker", "detail-type": "AWS API Call via CloudTrail", "account": "111122223333",
        "region": "eu-west-1", "time": at(900), "detail": {
            "eventSource": "sagemaker.amazonaws.com", "eventName": "DeleteTags", "eventTime": at(900),
            "requestParameters": { "resourceArn": job.arn(), "tagKeys": [VIOLATION_TAG] },
        },
    })])
}

fn good_job(local: &Local) -> Result<Vec<Value>> {
    job(local, "t", |_| {})
}

fn open_model(local: &Local) -> Result<Vec<Value>> {
    let mut request = model("m");
    request.as_object_mut().map(|request| request.insert("EnableNetworkIsolation".to_owned(), json!(false)));
    local.create(ResourceKind::Model, &request, 0)?;
    Ok(Vec::new())
}

fn rooted_notebook(local: &Local) -> Result<Vec<Value>> {
    local.create(ResourceKind::NotebookInstance, &notebook(), 0)?;
    Ok(Vec::new())
}

fn stopped_notebook(local: &Local) -> Result<Vec<Value>> {
    let notebook = local.system.account.resource(ResourceKind::NotebookInstance, "ana");
    local.system.account.finish_stop(&notebook, at(600))?;
    Ok(Vec::new())
}

fn open_space(local: &Local) -> Result<Vec<Value>> {
    let request =
        json!({ "DomainId": "d-1", "SpaceName": "team", "SpaceSettings": { "RemoteAccess": "ENABLED" } });
    local.create(ResourceKind::Space, &request, 0)?;
    Ok(Vec::new())
}

/// CloudTrail's account of the change that enforcement made.
fn changed_space(_: &Local) -> Result<Vec<Value>> {
    Ok(vec![update_space(at(1_000))])
}

fn update_space(at: Timestamp) -> Value {
    json!({
        "id": at, "source": "aws.sagemaker", "detail-type": "AWS API Call via CloudTrail", "account": "111122223333",
        "region": "eu-west-1", "time": at, "detail": {
            "eventSource": "sagemaker.amazonaws.com", "eventName": "UpdateSpace", "eventTime": at,
            "requestParameters": { "domainId": "d-1", "spaceName": "team" },
        },
    })
}

fn reopened_space(local: &Local) -> Result<Vec<Value>> {
    let space = local.system.account.resource(ResourceKind::Space, "d-1/team");
    let open = json!({ "SpaceSettings": { "RemoteAccess": "ENABLED" } });
    local.system.account.update(&space, &open, at(900))?;
    Ok(vec![update_space(at(900))])
}

fn large_app(local: &Local) -> Result<Vec<Value>> {
    let request = json!({
        "DomainId": "d-1", "SpaceName": "team", "AppType": "JupyterLab", "AppName": "default",
        "ResourceSpec": { "InstanceType": "ml.p4d.24xlarge" },
    });
    local.create(ResourceKind::App, &request, 0)?;
    Ok(Vec::new())
}

fn self_approved_package(local: &Local) -> Result<Vec<Value>> {
    let author = json!({ "IamIdentity": { "Arn": "arn:aws:sts::111122223333:assumed-role/ds-user/ana" } });
    let request = json!({
        "ModelPackageGroupName": "credit", "ModelApprovalStatus": "Approved",
        "CreatedBy": author, "LastModifiedBy": author,
    });
    local.create(ResourceKind::ModelPackage, &request, 0)?;
    // Only the call arrives: if its change of state arrived first, the package would be marked before it loses its approval.
    let mut events = local.system.account.drain_events()?;
    events.retain(|event| event.get("detail-type") == Some(&json!("AWS API Call via CloudTrail")));
    Ok(events)
}

fn child_of_tuning(local: &Local) -> Result<Vec<Value>> {
    let tuning = json!({
        "HyperParameterTuningJobName": "h",
        "HyperParameterTuningJobConfig": { "Strategy": "Random", "RandomSeed": 7, "ResourceLimits": { "MaxRuntimeInSeconds": 3600 } },
        "TrainingJobDefinition": { "EnableNetworkIsolation": false },
    });
    let parent = local.create(ResourceKind::TuningJob, &tuning, 0)?;
    // No event names the parent.
    local.system.account.drain_events()?;
    let mut request = training_job("h-001", &[]);
    if let Some(request) = request.as_object_mut() {
        request.insert("EnableNetworkIsolation".to_owned(), json!(false));
        request.insert("TuningJobArn".to_owned(), json!(parent.arn()));
    }
    local.system.account.create(ResourceKind::TrainingJob, &request, None, at(10))?;
    Ok(Vec::new())
}

fn erased_job(_: &Local) -> Result<Vec<Value>> {
    let file = crate::root().join("events/aws.sagemaker/api-call-via-cloudtrail/delete-training-job.json");
    Ok(vec![serde_json::from_str(&std::fs::read_to_string(file)?)?])
}

/// Seconds from one delivery of a record to the next one, as for the slowest queue of the template: by then a claim of a process that
/// died has run out, and so has its attempt to read a baseline.
const AGAIN: i64 = 360;
/// Deliveries of one record; a queue gives up sooner.
const MOST: i64 = 20;

impl Flow {
    /// A flow whose events reach every function.
    const fn judged(name: &'static str, happenings: &'static [Happening]) -> Self {
        Self { name, settings: "", functions: &Function::ALL, before: &[], happenings }
    }

    /// A flow that is recorded and watched, and not judged.
    pub(crate) const fn watched(
        name: &'static str,
        before: &'static [Happening],
        happenings: &'static [Happening],
    ) -> Self {
        Self { name, settings: "", functions: &Function::WATCHING, before, happenings }
    }

    /// The bundle that it is judged by.
    ///
    /// # Errors
    /// When the settings are wrong.
    pub fn bundle(&self) -> Result<Arc<Bundle>> {
        Ok(Arc::new(Bundle::embedded()?.with_settings(&format!("{SETTINGS}{}", self.settings))?))
    }

    /// Plays the flow in this world of `local`. A record that is to be retried, or whose process died, comes again after the
    /// others, as from a queue; so does one that a fault refused, as from the quarantine. Returns which functions rejected something,
    /// and why.
    ///
    /// # Errors
    /// When the account refuses, or a record never comes to an end.
    pub fn play(&self, local: &Local, world: &impl World) -> Result<BTreeSet<String>> {
        let mut rejected = BTreeSet::new();
        for happening in self.before {
            self.deliver_all(local, &local.system.world(), happening(local)?, &mut rejected)?;
        }
        for happening in self.happenings {
            self.deliver_all(local, world, happening(local)?, &mut rejected)?;
        }
        Ok(rejected)
    }

    fn deliver_all(
        &self,
        local: &Local,
        world: &impl World,
        called: Vec<Value>,
        rejected: &mut BTreeSet<String>,
    ) -> Result<()> {
        let mut waiting = VecDeque::new();
        let mut announced = called;
        let mut handled = 0;
        loop {
            announced.extend(local.system.account.drain_events()?);
            for &function in self.functions {
                let record = |event: &Value| Record { function, event: event.clone(), deliveries: 0 };
                waiting.extend(announced.iter().map(record));
            }
            announced.clear();
            waiting
                .make_contiguous()
                .sort_by_key(|record: &Record| matches!(record.function, Function::EnforcePolicy));
            let Some(record) = waiting.pop_front() else { return Ok(()) };
            let Record { function, event, deliveries } = &record;
            handled += 1;
            if *deliveries == MOST {
                return Err(format!("{function:?} never came to an end with {event:#}").into());
            }
            if !deliver(local, world, &record, handled, rejected)? {
                waiting.push_back(Record { deliveries: deliveries + 1, ..record });
            }
        }
    }
}

/// A record of a function's queue.
struct Record {
    function: Function,
    event: Value,
    deliveries: i64,
}

/// A function that has a queue.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "they are named as in `functions`")]
pub enum Function {
    RecordCommit,
    RecordLineage,
    DetectDrift,
    AlertDrift,
    EnforcePolicy,
}

impl Function {
    /// Enforcement comes last, even if other functions have to try again: resources are recorded before it changes or deletes them.
    const ALL: [Self; 5] =
        [Self::RecordCommit, Self::RecordLineage, Self::DetectDrift, Self::AlertDrift, Self::EnforcePolicy];
    /// Those that judge no resource.
    const WATCHING: [Self; 4] =
        [Self::RecordCommit, Self::RecordLineage, Self::DetectDrift, Self::AlertDrift];

    async fn handle(
        self,
        local: &Local,
        world: &impl World,
        event: &Event,
        moment: &Moment,
    ) -> Option<Outcome> {
        let judging = local.system.judging();
        let known = KnownBaselines::default();
        match self {
            Self::RecordCommit => route::record_commit(world, Some(&judging.in_force), event, moment).await,
            Self::RecordLineage => route::record_lineage(world, event, moment).await,
            Self::DetectDrift => route::detect_drift(world, &known, event, moment).await,
            Self::AlertDrift => route::alert_drift(world, event, moment).await,
            Self::EnforcePolicy => route::enforce_policy(world, &judging, event, moment).await,
        }
    }
}

/// Whether the function is done with the event.
fn deliver(
    local: &Local,
    world: &impl World,
    record: &Record,
    handled: i64,
    rejected: &mut BTreeSet<String>,
) -> Result<bool> {
    let Record { function, event, deliveries } = record;
    let sent_at = event.get("time").and_then(Timestamp::from_json).ok_or("an event has a time")?;
    // No two deliveries at the same time.
    let now = Timestamp::from_millis(sent_at.millis() + deliveries * AGAIN * 1_000 + handled);
    let owner = format!("{function:?} {} {deliveries}", event.get("id").unwrap_or(event));
    let moment = Moment { now, owner };
    for event in decode(&event.to_string())? {
        // No port of this machine waits: a call that is not ready at once has died.
        let Some(outcome) = function.handle(local, world, &event, &moment).now_or_never() else {
            return Ok(false);
        };
        match outcome {
            Some(Err(Failure::Retry(_))) => return Ok(false),
            Some(Err(Failure::Reject(reason))) if reason.contains(Fault::REFUSAL) => return Ok(false),
            Some(Err(Failure::Reject(reason))) => {
                rejected.insert(format!("{function:?}: {reason}"));
            }
            _ => {}
        }
    }
    Ok(true)
}
