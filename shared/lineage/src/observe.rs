//! What a description says about where a resource comes from. Reads `Describe…` answers in the API's own shape and looks
//! nothing up: which object versions stood at a location, and which commit a branch pointed to, is the use case's to ask.

use std::collections::BTreeMap;

use sagewarden_events::{CommitId, Resource, ResourceKind, Status, Timestamp};
use serde_json::{Map, Value as Json};
use thiserror::Error;

use crate::edge::FoundBy;
use crate::id::NodeId;
use crate::s3::S3Location;
use crate::table::{Attributes, Value};

/// A description that cannot be recorded.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Unreadable {
    /// The document lacks what makes its identity.
    #[error(
        "the description of {resource} has no readable `CreationTime`, so it cannot be told from others of its name"
    )]
    NoCreationTime {
        /// Whose description.
        resource: String,
    },
    /// Schedules and trials are read, never recorded.
    #[error("{resource} has no place in the lineage")]
    NoNode {
        /// Which.
        resource: String,
    },
}

/// A state and when it was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusMark {
    /// The state.
    pub status: Status,
    /// When it was reached.
    pub at: Timestamp,
    /// Why it failed.
    pub reason: Option<String>,
}

/// A place in S3 that a resource read or wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataReference {
    /// What it is to the resource, such as `channel/train`.
    pub role: String,
    /// Where.
    pub location: S3Location,
    /// The versions that count are those that stood at this time.
    pub as_of: Timestamp,
    /// For outputs: what is older was there before and is not the resource's.
    pub since: Option<Timestamp>,
    /// The location names one object, not the beginning of keys.
    pub single: bool,
}

/// Somebody's word that a commit is what the resource was built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitClaim {
    /// The commit.
    pub commit: CommitId,
    /// Where it was claimed.
    pub found_by: FoundBy,
}

/// All that a description says.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// Whose description.
    pub resource: Resource,
    /// The incarnation.
    pub id: NodeId,
    /// When it was created.
    pub created_at: Timestamp,
    /// Its state, for kinds that have one.
    pub status: Option<StatusMark>,
    /// Small facts that never change once they are known.
    pub facts: Attributes,
    /// Larger facts, kept apart from the node (hyperparameters).
    pub detail: Map<String, Json>,
    /// What it read.
    pub inputs: Vec<DataReference>,
    /// What it wrote; empty until it has ended.
    pub outputs: Vec<DataReference>,
    /// Role and reference of the images it runs.
    pub images: Vec<(String, String)>,
    /// Claims found in the resource itself, best first.
    pub claims: Vec<CommitClaim>,
    /// The repository that the resource names.
    pub repository: Option<String>,
    /// The trial it belongs to.
    pub trial: Option<String>,
    /// Variant and model name, for endpoint configurations.
    pub models: Vec<(String, String)>,
    /// The configuration in force, for endpoints.
    pub config: Option<String>,
    /// The monitoring schedule that started it, for processing jobs.
    pub schedule: Option<String>,
}

/// Reads a description.
///
/// # Errors
/// When the resource has no node, or the document no creation time.
pub fn observe(
    resource: &Resource,
    document: &Json,
    tags: &BTreeMap<String, String>,
) -> Result<Observation, Unreadable> {
    let view = View(document);
    let created_at = view
        .time("CreationTime")
        .ok_or_else(|| Unreadable::NoCreationTime { resource: resource.to_string() })?;
    let id = NodeId::resource(resource, created_at)
        .ok_or_else(|| Unreadable::NoNode { resource: resource.to_string() })?;
    let mut seen = Observation {
        resource: resource.clone(),
        id,
        created_at,
        status: None,
        facts: Attributes::new(),
        detail: Map::new(),
        inputs: Vec::new(),
        outputs: Vec::new(),
        images: Vec::new(),
        claims: Vec::new(),
        repository: named(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())), REPOSITORY_KEYS),
        trial: view.text("ExperimentConfig.TrialName"),
        models: Vec::new(),
        config: None,
        schedule: None,
    };
    seen.claim(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())), FoundBy::Tag);
    seen.claim(view.strings("Environment"), FoundBy::Environment);
    seen.claim(view.strings("HyperParameters"), FoundBy::Hyperparameter);
    match resource.kind {
        ResourceKind::TrainingJob => seen.training_job(&view),
        ResourceKind::ProcessingJob => seen.processing_job(&view),
        ResourceKind::Model => seen.model(&view),
        ResourceKind::EndpointConfig => seen.endpoint_config(&view),
        ResourceKind::Endpoint => seen.endpoint(&view),
        // They have no node: the identity above has refused them.
        _ => {}
    }
    Ok(seen)
}

/// Reads the commit that a trial's `MetadataProperties` name, and the repository.
#[must_use]
pub fn trial_claim(document: &Json) -> Option<(CommitClaim, Option<String>)> {
    let view = View(document);
    let commit = CommitId::parse(&view.text("MetadataProperties.CommitId")?).ok()?;
    let repository = view.text("MetadataProperties.Repository").map(|name| repository_name(&name));
    Some((CommitClaim { commit, found_by: FoundBy::Experiment }, repository))
}

/// Names under which people put a commit id, folded to letters: `CommitId`, `git_commit`, `GIT-COMMIT-ID`, `commitSha`.
const COMMIT_KEYS: &[&str] = &["commitid", "gitcommit", "gitcommitid", "commitsha"];
/// Names under which people put the repository.
const REPOSITORY_KEYS: &[&str] = &["repository", "gitrepository"];

/// The members of `CreateTrainingJob` that `DescribeTrainingJob` gives back ("CreateTrainingJob", SageMaker API reference), but for
/// the name, the hyperparameters and the environment.
const REQUEST: [&str; 23] = [
    "AlgorithmSpecification",
    "CheckpointConfig",
    "DebugHookConfig",
    "DebugRuleConfigurations",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "EnableNetworkIsolation",
    "ExperimentConfig",
    "InfraCheckConfig",
    "InputDataConfig",
    "MlflowConfig",
    "ModelPackageConfig",
    "OutputDataConfig",
    "ProfilerConfig",
    "ProfilerRuleConfigurations",
    "RemoteDebugConfig",
    "ResourceConfig",
    "RetryStrategy",
    "RoleArn",
    "ServerlessJobConfig",
    "StoppingCondition",
    "TensorBoardOutputConfig",
    "VpcConfig",
];

impl Observation {
    fn claim<'a>(&mut self, pairs: impl Iterator<Item = (&'a str, &'a str)> + Clone, found_by: FoundBy) {
        let Some(text) = named(pairs.clone(), COMMIT_KEYS) else { return };
        // A value that is no commit id (an abbreviation, `latest`) claims nothing that could be checked.
        if let Ok(commit) = CommitId::parse(&text) {
            self.claims.push(CommitClaim { commit, found_by });
        }
        if self.repository.is_none() {
            self.repository = named(pairs, REPOSITORY_KEYS);
        }
    }

    fn training_job(&mut self, view: &View<'_>) {
        self.job_status(view, "TrainingJobStatus");
        self.fact_text(view, "role", "RoleArn");
        self.fact_text(view, "instance_type", "ResourceConfig.InstanceType");
        self.fact_number(view, "instance_count", "ResourceConfig.InstanceCount");
        if view.bool("EnableManagedSpotTraining") == Some(true) {
            self.facts.insert("spot".into(), Value::Text("true".into()));
        }
        // Until the job has ended these still grow, and a fact is kept as it was first told.
        if self.has_ended() {
            self.fact_number(view, "training_seconds", "TrainingTimeInSeconds");
            self.fact_number(view, "billable_seconds", "BillableTimeInSeconds");
        }
        if let Some(parameters) = view.at("HyperParameters").and_then(Json::as_object) {
            self.detail.insert("HyperParameters".into(), Json::Object(parameters.clone()));
        }
        self.request(view);
        let image = view
            .text("AlgorithmSpecification.TrainingImage")
            .or_else(|| view.text("AlgorithmSpecification.AlgorithmName"));
        self.images.extend(image.map(|image| ("image".to_owned(), image)));
        for channel in view.list("InputDataConfig") {
            let name = channel.text("ChannelName").unwrap_or_default();
            let source = View(channel.at("DataSource.S3DataSource").unwrap_or(&Json::Null));
            // A manifest stands for the objects it lists; it is one object itself.
            let single = source.text("S3DataType").is_some_and(|kind| kind != "S3Prefix");
            self.input(source.text("S3Uri"), format!("channel/{name}"), single);
        }
        if let (Some(uri), Some(ended)) =
            (view.text("ModelArtifacts.S3ModelArtifacts"), view.time("TrainingEndTime"))
        {
            self.output(Some(uri), "artifact".into(), ended, true);
        }
    }

    /// What would have to be sent to run the job again. Parameters and environment are kept beside it, where secrets are
    /// taken out.
    fn request(&mut self, view: &View<'_>) {
        let fields = REQUEST.into_iter().filter_map(|name| Some((name.to_owned(), view.at(name)?.clone())));
        let mut request: Map<String, Json> = fields.collect();
        if let Some(resources) = request.get_mut("ResourceConfig").and_then(Json::as_object_mut) {
            // What the service chose: no part of a request.
            resources.retain(|name, _| !name.starts_with("Selected"));
        }
        self.detail.insert("Request".into(), Json::Object(request));
    }

    fn processing_job(&mut self, view: &View<'_>) {
        self.job_status(view, "ProcessingJobStatus");
        self.fact_text(view, "role", "RoleArn");
        self.fact_text(view, "instance_type", "ProcessingResources.ClusterConfig.InstanceType");
        self.fact_number(view, "instance_count", "ProcessingResources.ClusterConfig.InstanceCount");
        if self.has_ended() {
            self.fact_text(view, "exit_message", "ExitMessage");
        }
        self.schedule = view.text("MonitoringScheduleArn");
        for key in ["ContainerArguments", "ContainerEntrypoint"] {
            if let Some(list) = view.at(&format!("AppSpecification.{key}")).filter(|list| list.is_array()) {
                self.detail.insert(key.into(), list.clone());
            }
        }
        self.images.extend(view.text("AppSpecification.ImageUri").map(|image| ("image".to_owned(), image)));
        for input in view.list("ProcessingInputs") {
            let role = format!("input/{}", input.text("InputName").unwrap_or_default());
            let single = input.text("S3Input.S3DataType").is_some_and(|kind| kind != "S3Prefix");
            self.input(input.text("S3Input.S3Uri"), role, single);
        }
        if let Some(ended) = view.time("ProcessingEndTime") {
            for output in view.list("ProcessingOutputConfig.Outputs") {
                let role = format!("output/{}", output.text("OutputName").unwrap_or_default());
                self.output(output.text("S3Output.S3Uri"), role, ended, false);
            }
        }
    }

    fn model(&mut self, view: &View<'_>) {
        self.fact_text(view, "role", "ExecutionRoleArn");
        let primary = view.at("PrimaryContainer").filter(|container| container.is_object()).map(View);
        let containers = primary.into_iter().chain(view.list("Containers"));
        for (index, container) in containers.enumerate() {
            let place = container.text("ContainerHostname").unwrap_or_else(|| index.to_string());
            self.images.extend(container.text("Image").map(|image| (format!("container/{place}"), image)));
            let nested = container.text("ModelDataSource.S3DataSource.S3Uri");
            let prefix =
                container.text("ModelDataSource.S3DataSource.S3DataType").as_deref() == Some("S3Prefix");
            let single = !(nested.is_some() && prefix);
            self.input(container.text("ModelDataUrl").or(nested), format!("model-data/{place}"), single);
        }
    }

    fn endpoint_config(&mut self, view: &View<'_>) {
        for key in ["ProductionVariants", "ShadowProductionVariants"] {
            for variant in view.list(key) {
                let name = variant.text("VariantName").unwrap_or_default();
                self.models.extend(variant.text("ModelName").map(|model| (name, model)));
            }
        }
    }

    fn endpoint(&mut self, view: &View<'_>) {
        self.job_status(view, "EndpointStatus");
        self.config = view.text("EndpointConfigName");
        for variant in view.list("ProductionVariants") {
            let name = variant.text("VariantName").unwrap_or_default();
            for image in variant.list("DeployedImages") {
                let reference = image.text("ResolvedImage").or_else(|| image.text("SpecifiedImage"));
                self.images.extend(reference.map(|image| (format!("variant/{name}"), image)));
            }
        }
    }

    fn job_status(&mut self, view: &View<'_>, key: &str) {
        let Some(status) = view.text(key) else { return };
        self.status = Some(StatusMark {
            status: Status::parse(&status),
            at: view.time("LastModifiedTime").unwrap_or(self.created_at),
            reason: view.text("FailureReason"),
        });
    }

    fn has_ended(&self) -> bool {
        self.status.as_ref().is_some_and(|mark| mark.status.is_terminal())
    }

    /// Inputs are taken as they stood when the resource was created: that time never changes, whenever the question is
    /// asked. What is overwritten between the request and the download is the price.
    fn input(&mut self, uri: Option<String>, role: String, single: bool) {
        if let Some(location) = uri.as_deref().and_then(S3Location::parse) {
            self.inputs.push(DataReference { role, location, as_of: self.created_at, since: None, single });
        }
    }

    fn output(&mut self, uri: Option<String>, role: String, ended: Timestamp, single: bool) {
        if let Some(mut location) = uri.as_deref().and_then(S3Location::parse) {
            // A folder: without the slash its neighbours with the same beginning would count.
            if !single && !location.key.is_empty() && !location.key.ends_with('/') {
                location.key.push('/');
            }
            let since = Some(self.created_at);
            self.outputs.push(DataReference { role, location, as_of: ended, since, single });
        }
    }

    fn fact_text(&mut self, view: &View<'_>, name: &str, path: &str) {
        if let Some(text) = view.text(path) {
            self.facts.insert(name.into(), Value::Text(text));
        }
    }

    fn fact_number(&mut self, view: &View<'_>, name: &str, path: &str) {
        if let Some(number) = view.at(path).and_then(Json::as_i64) {
            self.facts.insert(name.into(), Value::Number(number));
        }
    }
}

/// The last part of a repository name or clone URL.
#[must_use]
pub fn repository_name(text: &str) -> String {
    let text = text.trim_end_matches('/');
    let name = text.rsplit('/').next().unwrap_or(text);
    name.strip_suffix(".git").unwrap_or(name).to_owned()
}

fn named<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>, wanted: &[&str]) -> Option<String> {
    let is_repository = wanted == REPOSITORY_KEYS;
    for (key, value) in pairs {
        let folded: String =
            key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        // SageMaker's script mode passes hyperparameters JSON-encoded, strings with their quotes.
        let value = value.trim().trim_matches('"');
        if wanted.contains(&folded.as_str()) && !value.is_empty() {
            return Some(if is_repository { repository_name(value) } else { value.to_owned() });
        }
    }
    None
}

/// A tolerant reader of a description: null, "" and empty are absent, paths are dotted.
#[derive(Clone, Copy)]
pub(crate) struct View<'a>(pub(crate) &'a Json);

impl<'a> View<'a> {
    fn at(&self, path: &str) -> Option<&'a Json> {
        path.split('.').try_fold(self.0, |value, key| value.get(key)).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, path: &str) -> Option<String> {
        self.at(path)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn bool(&self, path: &str) -> Option<bool> {
        self.at(path)?.as_bool()
    }

    pub(crate) fn time(&self, path: &str) -> Option<Timestamp> {
        Timestamp::from_json(self.at(path)?)
    }

    pub(crate) fn list(&self, path: &str) -> impl Iterator<Item = View<'a>> + use<'a> {
        self.at(path).and_then(Json::as_array).into_iter().flatten().map(View)
    }

    fn strings(&self, path: &str) -> impl Iterator<Item = (&'a str, &'a str)> + Clone + use<'a> {
        self.at(path)
            .and_then(Json::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
    }
}
