//! Remedies on the simulated account's resources: stops, changes in place, marks, deletions.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use sagewarden_events::{Change, Corrections, Resource, ResourceKind, Timestamp};
use sagewarden_govern::ports::{ModelUse, PortError, PortErrorKind, Remedies, Stopped};
use serde_json::{Value, json};

use crate::account::SimulatedAccount;
use crate::fault::Fault;
use crate::shape::{Document, expect_status, not_found};

impl SimulatedAccount {
    /// Changes the settings in an `Update…` request; other settings stay.
    ///
    /// # Errors
    /// As the API: if a notebook instance is not stopped, or a domain is still being changed ([`Self::finish_update`] ends that).
    pub fn update(&self, resource: &Resource, request: &Value, now: Timestamp) -> Result<(), Fault> {
        self.change(resource, now, |document| {
            if resource.kind == ResourceKind::NotebookInstance {
                let refusal = "Status not in ([Stopped]). The notebook instance is in status";
                expect_status(document, "NotebookInstanceStatus", "Stopped", refusal)?;
            }
            if resource.kind == ResourceKind::Domain {
                begin_update(document)?;
            }
            for (key, value) in request.as_object().into_iter().flatten() {
                // The request has another name for it than the description.
                let key = if key == "DomainSettingsForUpdate" { "DomainSettings" } else { key };
                merge(document.entry(key).or_insert(Value::Null), value);
            }
            Ok(())
        })
    }

    /// Puts tags on a resource.
    ///
    /// # Errors
    /// If the resource does not exist.
    pub fn add_tags(&self, resource: &Resource, tags: BTreeMap<String, String>) -> Result<(), Fault> {
        let (document, mut all) = self.load(resource)?.ok_or_else(|| not_found(resource))?;
        all.extend(tags);
        Ok(self.save(resource, &document, &all)?)
    }

    /// Removes tags from a resource.
    ///
    /// # Errors
    /// If the resource does not exist.
    pub fn delete_tags(&self, resource: &Resource, keys: &[&str]) -> Result<(), Fault> {
        let (document, mut all) = self.load(resource)?.ok_or_else(|| not_found(resource))?;
        all.retain(|key, _| !keys.contains(&key.as_str()));
        Ok(self.save(resource, &document, &all)?)
    }

    /// Starts a notebook instance that is stopped, or a schedule; stops a schedule.
    ///
    /// # Errors
    /// As the API: if it runs already.
    pub fn set_running(&self, resource: &Resource, runs: bool, now: Timestamp) -> Result<(), Fault> {
        self.change(resource, now, |document| {
            let (field, status) = match (resource.kind, runs) {
                (ResourceKind::NotebookInstance, _) => {
                    let refusal = "The notebook instance is in status";
                    expect_status(document, "NotebookInstanceStatus", "Stopped", refusal)?;
                    ("NotebookInstanceStatus", "InService")
                }
                (_, true) => ("MonitoringScheduleStatus", "Scheduled"),
                (_, false) => ("MonitoringScheduleStatus", "Stopped"),
            };
            document.insert(field.into(), status.into());
            Ok(())
        })
    }

    /// A second after the last change, for callers without a clock.
    ///
    /// # Errors
    /// If the resource does not exist.
    pub fn next_moment(&self, resource: &Resource) -> Result<Timestamp, Fault> {
        let document = self.load(resource)?.ok_or_else(|| not_found(resource))?.0;
        let time = |field: &str| document.get(field).and_then(Timestamp::from_json);
        let last = time("LastModifiedTime").or_else(|| time("CreationTime"));
        Ok(Timestamp::from_millis(last.map_or(0, Timestamp::millis) + 1_000))
    }
}

/// "UpdateDomain" (API reference): the update ends when the domain is `InService` again. Until then, SageMaker refuses another one.
fn begin_update(domain: &mut Document) -> Result<(), Fault> {
    if domain.get("Status").and_then(Value::as_str).is_some_and(|status| status != "InService") {
        return Err(Fault::new("ResourceInUse", "the domain is being changed"));
    }
    domain.insert("Status".into(), "Updating".into());
    Ok(())
}

/// Objects are merged, anything else is replaced.
fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

/// The `Update…` request of a correction.
fn request(corrections: &Corrections) -> Value {
    let mut request = Document::new();
    for change in &corrections.settings {
        let part = match change {
            Change::DisableRemoteDebug => json!({ "RemoteDebugConfig": { "EnableRemoteDebug": false } }),
            Change::DisableRootAccess => json!({ "RootAccess": "Disabled" }),
            Change::RequireMetadataV2 => {
                json!({ "InstanceMetadataServiceConfiguration": { "MinimumInstanceMetadataServiceVersion": "2" } })
            }
            Change::ReplacePlatform => json!({ "PlatformIdentifier": corrections.platform }),
            Change::RouteThroughVpc => json!({ "AppNetworkAccessType": "VpcOnly" }),
            Change::NameTheUser => {
                json!({ "DomainSettingsForUpdate": { "ExecutionRoleIdentityConfig": "USER_PROFILE_NAME" } })
            }
            Change::PropagateTags => json!({ "TagPropagation": "ENABLED" }),
            Change::DisableDocker => {
                json!({ "DomainSettingsForUpdate": { "DockerSettings": { "EnableDockerAccess": "DISABLED" } } })
            }
            Change::DisableRemoteAccess => json!({ "SpaceSettings": { "RemoteAccess": "DISABLED" } }),
            Change::WithdrawApproval => json!({ "ModelApprovalStatus": "PendingManualApproval" }),
            // These corrections have calls of their own.
            Change::DeleteApp | Change::StartSchedule => continue,
        };
        let mut whole = Value::Object(request);
        merge(&mut whole, &part);
        request = whole.as_object().cloned().unwrap_or_default();
    }
    Value::Object(request)
}

fn port_error(context: String) -> impl FnOnce(Fault) -> PortError {
    move |fault| {
        // A resource in use will be free later.
        let passes = matches!(fault.code.as_str(), "ResourceInUse" | "InternalFailure");
        let kind = if passes { PortErrorKind::Unavailable } else { PortErrorKind::Invalid };
        PortError::new(kind, context, fault.to_string())
    }
}

impl Remedies for SimulatedAccount {
    async fn stop(&self, resource: &Resource) -> Result<Stopped, PortError> {
        let stops = matches!(
            resource.kind,
            ResourceKind::TrainingJob
                | ResourceKind::ProcessingJob
                | ResourceKind::TransformJob
                | ResourceKind::TuningJob
                | ResourceKind::AutoMlJob
                | ResourceKind::CompilationJob
                | ResourceKind::LabelingJob
                | ResourceKind::OptimizationJob
                | ResourceKind::RecommendationsJob
                | ResourceKind::Job
                | ResourceKind::TrainingSession
                | ResourceKind::NotebookInstance
                | ResourceKind::PipelineExecution
        );
        if !stops {
            let refusal = Fault::validation(format!("a {} cannot be stopped", resource.kind));
            return Err(port_error(format!("stop {resource}"))(refusal));
        }
        match self.stop_next(resource) {
            Ok(()) => Ok(Stopped::Requested),
            Err(fault) if fault.message.contains("is in status") => Ok(Stopped::Already),
            Err(fault) => Err(port_error(format!("stop {resource}"))(fault)),
        }
    }

    async fn change(&self, resource: &Resource, corrections: &Corrections) -> Result<(), PortError> {
        let change = || {
            let now = self.next_moment(resource)?;
            match resource.kind {
                ResourceKind::App => self.delete(resource, now),
                ResourceKind::MonitoringSchedule => self.set_running(resource, true, now),
                ResourceKind::TrainingJob
                | ResourceKind::NotebookInstance
                | ResourceKind::Domain
                | ResourceKind::Space
                | ResourceKind::ModelPackage => self.update(resource, &request(corrections), now),
                kind => Err(Fault::validation(format!("a {kind} cannot be changed"))),
            }
        };
        change().map_err(port_error(format!("change {resource}")))
    }

    async fn start(&self, notebook: &Resource) -> Result<(), PortError> {
        let start = || self.set_running(notebook, true, self.next_moment(notebook)?);
        start().map_err(port_error(format!("start {notebook}")))
    }

    async fn mark(&self, resource: &Resource, tags: &[(&str, &str)]) -> Result<(), PortError> {
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        self.add_tags(resource, tags).map_err(port_error(format!("tag {resource}")))
    }

    async fn model_use(
        &self,
        model: &Resource,
        since: Timestamp,
        at_most: usize,
    ) -> Result<ModelUse, PortError> {
        let made_at = |config: &Value| config.get("CreationTime").and_then(Timestamp::from_json);
        let mut configs = self.list(ResourceKind::EndpointConfig)?;
        configs.retain(|config| made_at(config) >= Some(since));
        configs.sort_by_key(|config| Reverse(made_at(config)));
        let names = |config: &Value| {
            let variants = ["ProductionVariants", "ShadowProductionVariants"];
            let uses = variants
                .iter()
                .filter_map(|field| config.get(*field)?.as_array())
                .flatten()
                .any(|variant| variant.get("ModelName") == Some(&model.name.clone().into()));
            uses.then(|| config.get("EndpointConfigName")?.as_str().map(str::to_owned)).flatten()
        };
        let users: Vec<String> = configs.iter().take(at_most).filter_map(names).collect();
        Ok(match (users.is_empty(), configs.len() > at_most) {
            (false, _) => ModelUse::UsedBy(users),
            (true, true) => ModelUse::Unknown { looked_at: at_most },
            (true, false) => ModelUse::Unused,
        })
    }

    async fn delete_model(&self, model: &Resource) -> Result<(), PortError> {
        // If it is already gone, that is as good.
        self.delete(model, Timestamp::from_millis(0)).or(Ok(()))
    }
}
