//! Short flows of what is judged: each kind of remedy from the call that breaks a control to its end, so that a test can play them
//! again and again with another fault each time.

use std::collections::VecDeque;

use futures::FutureExt;
use sagewarden_events::{ResourceKind, Timestamp, decode};
use sagewarden_govern::route::{self, Handled};
use sagewarden_govern::{Failure, Moment, World};
use sagewarden_policy::Bundle;
use serde_json::{Value, json};

use crate::Result;
use crate::local::{KEY, Local, SETTINGS, at, model, training_job};

/// Something that happens in the account; what it announces is delivered before the next one. Returns what CloudTrail says of it
/// where the simulated account does not announce that.
pub type Happening = fn(&Local) -> Result<Vec<Value>>;

/// A flow.
#[derive(Clone, Copy, Debug)]
pub struct Flow {
    /// Its name.
    pub name: &'static str,
    /// Added to [`SETTINGS`].
    pub settings: &'static str,
    /// In order.
    pub happenings: &'static [Happening],
}

/// Every kind of remedy, and what is published without one.
pub const FLOWS: [Flow; 12] = [
    Flow { name: "a job is stopped", settings: "", happenings: &[forbidden_job, end_of_forbidden_job] },
    Flow { name: "a job is stopped, which ends at once", settings: "", happenings: &[forbidden_job] },
    Flow { name: "a setting of a job is changed", settings: "", happenings: &[debugged_job] },
    Flow { name: "a job is marked", settings: "", happenings: &[unencrypted_job] },
    Flow { name: "a job keeps every control", settings: "", happenings: &[good_job] },
    Flow { name: "a model is deleted", settings: "", happenings: &[open_model] },
    Flow {
        name: "a notebook is stopped, changed and started",
        settings: "",
        happenings: &[rooted_notebook, stopped_notebook],
    },
    Flow {
        name: "a space is changed, opened again, and changed again",
        settings: "",
        happenings: &[open_space, reopened_space],
    },
    Flow { name: "an app is deleted", settings: ALLOWED_TYPES, happenings: &[large_app] },
    Flow { name: "a package loses its approval", settings: "", happenings: &[self_approved_package] },
    Flow { name: "a child leads to its parent", settings: "", happenings: &[child_of_tuning] },
    Flow { name: "a description is erased", settings: "", happenings: &[erased_job] },
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
    let request = json!({
        "NotebookInstanceName": "ana",
        "InstanceType": "ml.t3.medium",
        "SubnetId": "subnet-0a1b2c3d4e5f60001",
        "SecurityGroupIds": ["sg-0f1e2d3c4b5a60001"],
        "RoleArn": "arn:aws:iam::111122223333:role/ds-user",
        "KmsKeyId": KEY,
        "DirectInternetAccess": "Disabled",
        "RootAccess": "Enabled",
        "PlatformIdentifier": "notebook-al2023-v1",
        "InstanceMetadataServiceConfiguration": { "MinimumInstanceMetadataServiceVersion": "2" },
        "DefaultCodeRepository": "credit",
        "Tags": [{ "Key": "ProjectName", "Value": "credit" }, { "Key": "EnvironmentType", "Value": "dev" }],
    });
    local.create(ResourceKind::NotebookInstance, &request, 0)?;
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

fn reopened_space(local: &Local) -> Result<Vec<Value>> {
    let space = local.system.account.resource(ResourceKind::Space, "d-1/team");
    let open = json!({ "SpaceSettings": { "RemoteAccess": "ENABLED" } });
    local.system.account.update(&space, &open, at(900))?;
    let call = json!({
        "id": "reopened", "source": "aws.sagemaker", "detail-type": "AWS API Call via CloudTrail", "account": "111122223333",
        "region": "eu-west-1", "time": at(900), "detail": {
            "eventSource": "sagemaker.amazonaws.com", "eventName": "UpdateSpace", "eventTime": at(900),
            "requestParameters": { "domainId": "d-1", "spaceName": "team" },
        },
    });
    Ok(vec![call])
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
    Ok(Vec::new())
}

fn child_of_tuning(local: &Local) -> Result<Vec<Value>> {
    let tuning = json!({
        "HyperParameterTuningJobName": "h",
        "HyperParameterTuningJobConfig": { "Strategy": "Random", "RandomSeed": 7, "ResourceLimits": { "MaxRuntimeInSeconds": 3600 } },
        "TrainingJobDefinition": { "EnableNetworkIsolation": false },
    });
    let parent = local.create(ResourceKind::TuningJob, &tuning, 0)?;
    // Nobody hears of the parent.
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

/// Seconds from one delivery of a record to the next one: by then a claim of a process that died has run out.
const AGAIN: i64 = 150;
/// Deliveries of one record; a queue gives up sooner.
const MOST: i64 = 20;

impl Flow {
    /// A system that has not heard of anything.
    ///
    /// # Errors
    /// When the settings are wrong.
    pub fn system(&self) -> Result<Local> {
        Local::with(Bundle::embedded()?.with_settings(&format!("{SETTINGS}{}", self.settings))?)
    }

    /// Plays the flow in this world of `local`. A record that is to be retried, or whose process died, comes again after the
    /// others, as from a queue.
    ///
    /// # Errors
    /// When the account refuses, a record is rejected, or one never comes to an end.
    pub fn play(&self, local: &Local, world: &impl World) -> Result<()> {
        for happening in self.happenings {
            let called = happening(local)?;
            deliver_all(local, world, called)?;
        }
        Ok(())
    }
}

fn deliver_all(local: &Local, world: &impl World, called: Vec<Value>) -> Result<()> {
    let mut waiting: VecDeque<(Value, i64)> = called.into_iter().map(|event| (event, 0)).collect();
    loop {
        waiting.extend(local.system.account.drain_events()?.into_iter().map(|event| (event, 0)));
        let Some((event, deliveries)) = waiting.pop_front() else { return Ok(()) };
        if deliveries == MOST {
            return Err(format!("never came to an end: {event:#}").into());
        }
        if !deliver(local, world, &event, deliveries)? {
            waiting.push_back((event, deliveries + 1));
        }
    }
}

/// Whether every function is done with the event.
fn deliver(local: &Local, world: &impl World, event: &Value, deliveries: i64) -> Result<bool> {
    let sent_at = event.get("time").and_then(Timestamp::from_json).ok_or("an event has a time")?;
    let now = Timestamp::from_millis(sent_at.millis() + deliveries * AGAIN * 1_000);
    let owner = format!("{}/{deliveries}", event.get("id").unwrap_or(event));
    let moment = Moment { now, owner };
    for event in decode(&event.to_string())? {
        // No port of this machine waits: what is not ready at once has died on the way.
        let handled = route::deliver(world, &local.system.judging(), &event, &moment).now_or_never();
        for Handled { function, outcome } in handled.iter().flatten() {
            if let Err(Failure::Reject(reason)) = outcome {
                return Err(format!("{function} rejected: {reason}").into());
            }
        }
        if !handled.is_some_and(|handled| handled.iter().all(|each| each.outcome.is_ok())) {
            return Ok(false);
        }
    }
    Ok(true)
}
