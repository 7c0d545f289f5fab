//! A simulated SageMaker account: resources with state machines, in the Describe API's own shape (PascalCase, times in epoch
//! seconds). It answers and refuses as the API does, as far as Sagewarden asks; whatever changes announces itself in AWS's
//! event shapes.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, params};
use sagewarden_events::{Actor, Resource, ResourceKind, Timestamp};
use sagewarden_govern::ports::{Account, Description, ModelUse, PortError, PortErrorKind, Remedies, Stopped};
use sagewarden_lineage::s3::hex;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::store::{Store, port_error};

/// The account. Cheap to clone; clones share the store.
#[derive(Clone, Debug)]
pub struct SimulatedAccount {
    pub(crate) store: Store,
    pub(crate) account: String,
    pub(crate) region: String,
}

/// What the API answers instead of doing what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{code}: {message}")]
pub struct Fault {
    /// The error code, such as `ValidationException`.
    pub code: String,
    /// The message.
    pub message: String,
}

impl Fault {
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }

    fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }
}

impl From<PortError> for Fault {
    fn from(error: PortError) -> Self {
        Self::new("InternalFailure", error.to_string())
    }
}

pub(crate) type Document = Map<String, Value>;
/// A description and the tags beside it.
type Stored = (Document, BTreeMap<String, String>);

impl SimulatedAccount {
    /// An account in a store; what the store holds of it is there.
    #[must_use]
    pub fn new(store: Store, account: &str, region: &str) -> Self {
        Self { store, account: account.to_owned(), region: region.to_owned() }
    }

    /// A resource of this account by name.
    #[must_use]
    pub fn resource(&self, kind: ResourceKind, name: &str) -> Resource {
        Resource::in_region(kind, &self.account, &self.region, name)
    }

    /// Creates a resource from a `Create…` request in the API's shape.
    ///
    /// # Errors
    /// As the API: a name that is taken or missing, or a reference to something that does not exist.
    pub fn create(
        &self,
        kind: ResourceKind,
        request: &Value,
        caller: Option<&Actor>,
        now: Timestamp,
    ) -> Result<Resource, Fault> {
        let shape = Shape::of(kind);
        let name = request.get(shape.name).and_then(Value::as_str).unwrap_or_default();
        if name.is_empty() {
            return Err(Fault::validation(format!(
                "1 validation error detected: Value at '{}' failed to satisfy constraint: Member must not be null",
                lower_first(shape.name)
            )));
        }
        let resource = self.resource(kind, name);
        if self.load(&resource)?.is_some() {
            let message = format!("{} already exists.", resource.arn());
            let code = if kind == ResourceKind::Model { "ValidationException" } else { "ResourceInUse" };
            return Err(Fault::new(code, message));
        }
        self.check_references(kind, request)?;
        let mut document = request.as_object().cloned().unwrap_or_default();
        let tags = tag_map(document.remove("Tags").as_ref());
        document.insert(shape.arn.into(), resource.arn().into());
        document.insert("CreationTime".into(), seconds(now));
        if !matches!(kind, ResourceKind::Model | ResourceKind::EndpointConfig) {
            document.insert("LastModifiedTime".into(), seconds(now));
        }
        if let Some((status, first)) = shape.status {
            document.insert(status.into(), first.into());
        }
        begin(kind, &mut document, now);
        self.save(&resource, &document, &tags)?;
        if let Some(caller) = caller {
            self.announce_call(&resource, request, caller, now)?;
        }
        self.announce(&resource, now)?;
        Ok(resource)
    }

    /// Points an endpoint to another configuration.
    ///
    /// # Errors
    /// When the endpoint or the configuration does not exist, or the endpoint is on the way already.
    pub fn update_endpoint(&self, name: &str, config: &str, now: Timestamp) -> Result<(), Fault> {
        let resource = self.resource(ResourceKind::Endpoint, name);
        self.check_references(ResourceKind::Endpoint, &json!({ "EndpointConfigName": config }))?;
        self.change(&resource, now, |document| {
            expect_status(document, "EndpointStatus", "InService", "Cannot update in-progress endpoint")?;
            document.insert("EndpointStatus".into(), "Updating".into());
            document.insert("EndpointConfigName".into(), config.into());
            Ok(())
        })
    }

    /// Deletes a resource; for endpoints the deletion is announced before it is gone.
    ///
    /// # Errors
    /// When there is none.
    pub fn delete(&self, resource: &Resource, now: Timestamp) -> Result<(), Fault> {
        if resource.kind == ResourceKind::Endpoint {
            self.change(resource, now, |document| {
                document.insert("EndpointStatus".into(), "Deleting".into());
                Ok(())
            })?;
        } else if self.load(resource)?.is_none() {
            return Err(not_found(resource));
        }
        let kind = resource.kind.segment();
        self.store
            .lock()
            .execute("DELETE FROM resources WHERE kind = ?1 AND name = ?2", params![kind, resource.name])
            .map_err(|error| port_error("delete a resource", error))?;
        Ok(())
    }

    /// Asks a job to stop.
    ///
    /// # Errors
    /// As the API: a job that is not running cannot be stopped.
    pub fn stop_job(&self, job: &Resource, now: Timestamp) -> Result<(), Fault> {
        let Some((status, _)) = Shape::of(job.kind).status else { return Err(not_found(job)) };
        self.change(job, now, |document| {
            let message = format!("The request was rejected because the {} is in status", job.kind);
            expect_status(document, status, "InProgress", &message)?;
            document.insert(status.into(), "Stopping".into());
            Ok(())
        })
    }

    /// Lets a stopping job come to rest.
    ///
    /// # Errors
    /// When it is not stopping.
    pub fn finish_stop(&self, job: &Resource, now: Timestamp) -> Result<(), Fault> {
        let Some((status, _)) = Shape::of(job.kind).status else { return Err(not_found(job)) };
        self.change(job, now, |document| {
            expect_status(document, status, "Stopping", "the job is in status")?;
            document.insert(status.into(), "Stopped".into());
            if job.kind == ResourceKind::TrainingJob {
                document.insert("SecondaryStatus".into(), "Stopped".into());
            }
            Ok(())
        })
    }

    /// Lets a training job complete: its artifact is written to `<S3OutputPath>/<name>/output/model.tar.gz`.
    ///
    /// # Errors
    /// When it is not running.
    pub fn finish_training(&self, job: &Resource, artifact: &[u8], now: Timestamp) -> Result<(), Fault> {
        let described = self.load(job)?.ok_or_else(|| not_found(job))?.0;
        let output =
            described.get("OutputDataConfig").and_then(|config| config.get("S3OutputPath")?.as_str());
        let output = output.unwrap_or_default().trim_end_matches('/').to_owned();
        let uri = format!("{output}/{}/output/model.tar.gz", job.name);
        let created = described.get("CreationTime").and_then(Timestamp::from_json).unwrap_or(now);
        let total = (now.millis() - created.millis()) / 1000;
        if let Some(at) = sagewarden_lineage::s3::S3Location::parse(&uri) {
            self.put_object(&at.bucket, &at.key, artifact, now)?;
        }
        self.change(job, now, |document| {
            expect_status(document, "TrainingJobStatus", "InProgress", "the training job is in status")?;
            let spot = document.get("EnableManagedSpotTraining") == Some(&Value::Bool(true));
            document.insert("TrainingJobStatus".into(), "Completed".into());
            document.insert("SecondaryStatus".into(), "Completed".into());
            document.insert("ModelArtifacts".into(), json!({ "S3ModelArtifacts": uri }));
            document.insert("TrainingStartTime".into(), seconds(created));
            document.insert("TrainingEndTime".into(), seconds(now));
            document.insert("TrainingTimeInSeconds".into(), total.into());
            // Spot capacity is billed at about a third.
            let billed = if spot { total / 3 } else { total };
            document.insert("BillableTimeInSeconds".into(), billed.into());
            Ok(())
        })
    }

    /// Lets a processing job complete; its outputs are whatever was put at their locations meanwhile.
    ///
    /// # Errors
    /// When it is not running.
    pub fn finish_processing(
        &self,
        job: &Resource,
        exit_message: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Fault> {
        self.change(job, now, |document| {
            expect_status(document, "ProcessingJobStatus", "InProgress", "the processing job is in status")?;
            document.insert("ProcessingJobStatus".into(), "Completed".into());
            let created = document.get("CreationTime").cloned().unwrap_or_else(|| seconds(now));
            document.insert("ProcessingStartTime".into(), created);
            document.insert("ProcessingEndTime".into(), seconds(now));
            if let Some(message) = exit_message {
                document.insert("ExitMessage".into(), message.into());
            }
            Ok(())
        })
    }

    /// Lets an endpoint come into service: variants get the digests of the images that they run.
    ///
    /// # Errors
    /// When it is not being created or updated.
    pub fn finish_endpoint(&self, endpoint: &Resource, now: Timestamp) -> Result<(), Fault> {
        let described = self.load(endpoint)?.ok_or_else(|| not_found(endpoint))?.0;
        let variants = self.deployed_variants(&described, now)?;
        self.change(endpoint, now, |document| {
            document.insert("EndpointStatus".into(), "InService".into());
            document.insert("ProductionVariants".into(), variants);
            Ok(())
        })
    }

    /// Records on a schedule what its newest execution came to, as the service does.
    ///
    /// # Errors
    /// When there is no such schedule.
    pub fn note_execution(
        &self,
        schedule: &str,
        job: &Resource,
        status: &str,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let resource = self.resource(ResourceKind::MonitoringSchedule, schedule);
        self.change(&resource, now, |document| {
            let endpoint = document.get("EndpointName").cloned().unwrap_or_default();
            let summary = json!({
                "MonitoringScheduleName": schedule,
                "ScheduledTime": seconds(now),
                "CreationTime": seconds(now),
                "LastModifiedTime": seconds(now),
                "MonitoringExecutionStatus": status,
                "ProcessingJobArn": job.arn(),
                "EndpointName": endpoint,
            });
            document.insert("LastMonitoringExecutionSummary".into(), summary);
            Ok(())
        })
    }

    /// Takes a resource in as it is described elsewhere, without announcing it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn take_in(
        &self,
        resource: &Resource,
        document: &Value,
        tags: &BTreeMap<String, String>,
    ) -> Result<(), PortError> {
        self.save(resource, &document.as_object().cloned().unwrap_or_default(), tags)
    }

    /// What `Describe…` answers.
    ///
    /// # Errors
    /// As the API when there is no such resource.
    pub fn describe_document(&self, resource: &Resource) -> Result<Value, Fault> {
        match self.load(resource)? {
            Some((document, _)) => Ok(Value::Object(document)),
            None => Err(not_found(resource)),
        }
    }

    /// The tags of a resource; none when there is no such resource.
    ///
    /// # Errors
    /// When the store fails.
    pub fn tag_map(&self, resource: &Resource) -> Result<BTreeMap<String, String>, PortError> {
        Ok(self.load(resource)?.map(|(_, tags)| tags).unwrap_or_default())
    }

    /// The descriptions of all resources of a kind, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn list(&self, kind: ResourceKind) -> Result<Vec<Value>, PortError> {
        let connection = self.store.lock();
        let read = || {
            let mut statement =
                connection.prepare("SELECT document FROM resources WHERE kind = ?1 ORDER BY name")?;
            statement
                .query_map(params![kind.segment()], |row| row.get::<_, String>(0))?
                .collect::<Result<Vec<_>, _>>()
        };
        let texts = read().map_err(|error| port_error("list resources", error))?;
        let mut documents: Vec<Value> =
            texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
        documents.sort_by_key(|document| {
            let created = document.get("CreationTime").and_then(Timestamp::from_json);
            std::cmp::Reverse(created.map(Timestamp::millis))
        });
        Ok(documents)
    }

    fn check_references(&self, kind: ResourceKind, request: &Value) -> Result<(), Fault> {
        let missing = |resource: &Resource| {
            Fault::validation(format!("Could not find {} \"{}\".", resource.kind, resource.arn()))
        };
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let mut wanted = Vec::new();
        if kind == ResourceKind::Endpoint {
            wanted
                .extend(text(request, "EndpointConfigName").map(|name| (ResourceKind::EndpointConfig, name)));
        }
        if kind == ResourceKind::EndpointConfig {
            let variants = request.get("ProductionVariants").and_then(Value::as_array);
            let models = variants.into_iter().flatten().filter_map(|variant| text(variant, "ModelName"));
            wanted.extend(models.map(|name| (ResourceKind::Model, name)));
        }
        for (kind, name) in wanted {
            let resource = self.resource(kind, &name);
            if self.load(&resource)?.is_none() {
                return Err(missing(&resource));
            }
        }
        Ok(())
    }

    fn deployed_variants(&self, endpoint: &Document, now: Timestamp) -> Result<Value, Fault> {
        let config = endpoint.get("EndpointConfigName").and_then(Value::as_str).unwrap_or_default();
        let config = self.describe_document(&self.resource(ResourceKind::EndpointConfig, config))?;
        let mut variants = Vec::new();
        for variant in config.get("ProductionVariants").and_then(Value::as_array).into_iter().flatten() {
            let model = variant.get("ModelName").and_then(Value::as_str).unwrap_or_default();
            let model = self.describe_document(&self.resource(ResourceKind::Model, model))?;
            let image = model.pointer("/PrimaryContainer/Image").and_then(Value::as_str).unwrap_or_default();
            variants.push(json!({
                "VariantName": variant.get("VariantName"),
                "DeployedImages": [{
                    "SpecifiedImage": image,
                    "ResolvedImage": resolved(image),
                    "ResolutionTime": seconds(now),
                }],
                "CurrentWeight": 1.0,
                "DesiredWeight": 1.0,
                "CurrentInstanceCount": variant.get("InitialInstanceCount"),
                "DesiredInstanceCount": variant.get("InitialInstanceCount"),
            }));
        }
        Ok(Value::Array(variants))
    }

    fn change(
        &self,
        resource: &Resource,
        now: Timestamp,
        change: impl FnOnce(&mut Document) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let (mut document, tags) = self.load(resource)?.ok_or_else(|| not_found(resource))?;
        change(&mut document)?;
        document.insert("LastModifiedTime".into(), seconds(now));
        self.save(resource, &document, &tags)?;
        self.announce(resource, now)?;
        Ok(())
    }

    pub(crate) fn load(&self, resource: &Resource) -> Result<Option<Stored>, PortError> {
        // Endpoint names ignore case; other names are compared as they are.
        let by =
            if resource.kind == ResourceKind::Endpoint { "lower(name) = lower(?2)" } else { "name = ?2" };
        let found: Option<(String, String)> = self
            .store
            .lock()
            .query_row(
                &format!("SELECT document, tags FROM resources WHERE kind = ?1 AND {by}"),
                params![resource.kind.segment(), resource.name],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
            .map_err(|error| port_error("read a resource", error))?;
        let Some((document, tags)) = found else { return Ok(None) };
        let damaged = |error: serde_json::Error| {
            PortError::new(PortErrorKind::Invalid, "read a resource", error.to_string())
        };
        Ok(Some((
            serde_json::from_str(&document).map_err(damaged)?,
            serde_json::from_str(&tags).map_err(damaged)?,
        )))
    }

    fn save(
        &self,
        resource: &Resource,
        document: &Document,
        tags: &BTreeMap<String, String>,
    ) -> Result<(), PortError> {
        let values = (Value::Object(document.clone()).to_string(), json!(tags).to_string());
        self.store
            .lock()
            .execute(
                "INSERT OR REPLACE INTO resources (kind, name, document, tags) VALUES (?1, ?2, ?3, ?4)",
                params![resource.kind.segment(), resource.name, values.0, values.1],
            )
            .map_err(|error| port_error("save a resource", error))?;
        Ok(())
    }
}

impl Account for SimulatedAccount {
    async fn describe(&self, resource: &Resource) -> Result<Option<Description>, PortError> {
        let found = self.load(resource)?;
        Ok(found.map(|(document, _)| Description {
            resource: resource.clone(),
            document: Value::Object(document),
        }))
    }

    async fn tags(&self, resource: &Resource) -> Result<BTreeMap<String, String>, PortError> {
        self.tag_map(resource)
    }
}

impl Remedies for SimulatedAccount {
    async fn stop(&self, job: &Resource) -> Result<Stopped, PortError> {
        // The port has no clock: a stop takes effect a second after the last change.
        let Some((document, _)) = self.load(job)? else {
            return Err(PortError::new(
                PortErrorKind::Invalid,
                format!("stop {job}"),
                "there is no such job",
            ));
        };
        let last = document.get("LastModifiedTime").and_then(Timestamp::from_json);
        let now = Timestamp::from_millis(last.map_or(0, Timestamp::millis) + 1_000);
        match self.stop_job(job, now) {
            Ok(()) => Ok(Stopped::Requested),
            Err(fault) if fault.message.contains("is in status") => Ok(Stopped::Already),
            Err(fault) => {
                Err(PortError::new(PortErrorKind::Invalid, format!("stop {job}"), fault.to_string()))
            }
        }
    }

    async fn model_use(&self, model: &Resource, at_most: usize) -> Result<ModelUse, PortError> {
        let configs = self.list(ResourceKind::EndpointConfig)?;
        let names = |config: &Value| {
            let variants = config.get("ProductionVariants").and_then(Value::as_array);
            let uses = variants
                .into_iter()
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
        // Gone already is as good.
        self.delete(model, Timestamp::from_millis(0)).or(Ok(()))
    }
}

/// The names that differ between the kinds.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) arn: &'static str,
    /// The status field and its first value.
    pub(crate) status: Option<(&'static str, &'static str)>,
}

impl Shape {
    pub(crate) fn of(kind: ResourceKind) -> Self {
        let (name, arn, status) = match kind {
            ResourceKind::TrainingJob => {
                ("TrainingJobName", "TrainingJobArn", Some(("TrainingJobStatus", "InProgress")))
            }
            ResourceKind::ProcessingJob => {
                ("ProcessingJobName", "ProcessingJobArn", Some(("ProcessingJobStatus", "InProgress")))
            }
            ResourceKind::Model => ("ModelName", "ModelArn", None),
            ResourceKind::EndpointConfig => ("EndpointConfigName", "EndpointConfigArn", None),
            ResourceKind::Endpoint => ("EndpointName", "EndpointArn", Some(("EndpointStatus", "Creating"))),
            ResourceKind::MonitoringSchedule => (
                "MonitoringScheduleName",
                "MonitoringScheduleArn",
                Some(("MonitoringScheduleStatus", "Scheduled")),
            ),
            ResourceKind::Trial => ("TrialName", "TrialArn", None),
        };
        Self { name, arn, status }
    }
}

/// What a description holds from the first moment on beside the request.
fn begin(kind: ResourceKind, document: &mut Document, now: Timestamp) {
    match kind {
        ResourceKind::TrainingJob => {
            document.insert("SecondaryStatus".into(), "Starting".into());
            let first = json!([{ "Status": "Starting", "StartTime": seconds(now), "StatusMessage": "Starting the training job" }]);
            document.insert("SecondaryStatusTransitions".into(), first);
        }
        ResourceKind::MonitoringSchedule => {
            let config = document.get("MonitoringScheduleConfig");
            let endpoint = config
                .and_then(|config| {
                    config.pointer("/MonitoringJobDefinition/MonitoringInputs/0/EndpointInput/EndpointName")
                })
                .cloned();
            let kind = config.and_then(|config| config.get("MonitoringType")).cloned();
            document.insert("MonitoringType".into(), kind.unwrap_or_else(|| "DataQuality".into()));
            if let Some(endpoint) = endpoint {
                document.insert("EndpointName".into(), endpoint);
            }
        }
        _ => {}
    }
}

fn expect_status(document: &Document, field: &str, wanted: &str, refusal: &str) -> Result<(), Fault> {
    let status = document.get(field).and_then(Value::as_str).unwrap_or_default();
    if status == wanted { Ok(()) } else { Err(Fault::validation(format!("{refusal} {status}."))) }
}

fn not_found(resource: &Resource) -> Fault {
    match resource.kind {
        ResourceKind::Model | ResourceKind::EndpointConfig | ResourceKind::Endpoint => {
            Fault::validation(format!("Could not find {} \"{}\".", resource.kind, resource.arn()))
        }
        ResourceKind::MonitoringSchedule | ResourceKind::Trial => {
            Fault::new("ResourceNotFound", format!("{} does not exist.", resource.arn()))
        }
        _ => Fault::validation("Requested resource not found."),
    }
}

/// Epoch seconds with a fraction, as JSON 1.1 writes times.
pub(crate) fn seconds(time: Timestamp) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this millennium fit a double exactly")]
    let seconds = time.millis() as f64 / 1000.0;
    json!(seconds)
}

/// `[{Key, Value}]` as a map.
pub(crate) fn tag_map(tags: Option<&Value>) -> BTreeMap<String, String> {
    let list = tags.and_then(Value::as_array);
    let pair =
        |tag: &Value| Some((tag.get("Key")?.as_str()?.to_owned(), tag.get("Value")?.as_str()?.to_owned()));
    list.into_iter().flatten().filter_map(pair).collect()
}

/// A registry that resolves every tag to one digest.
fn resolved(image: &str) -> String {
    if image.contains("@sha256:") {
        return image.to_owned();
    }
    let repository = image.rsplit_once(':').map_or(image, |(repository, _)| repository);
    format!("{repository}@sha256:{}", hex(&Sha256::digest(image)))
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_ascii_lowercase().to_string() + chars.as_str()).unwrap_or_default()
}
