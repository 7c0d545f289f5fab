//! Reads from a description where a resource comes from. It reads `Describe…` answers in the API's own shape, and looks nothing up. The use
//! cases find out which object versions were at a location, and which commit a branch pointed to.

mod automation;
mod hub;
mod jobs;
mod mlflow;
mod registry;
mod serving;
#[cfg(test)]
mod tests;
mod view;

use std::collections::BTreeMap;

use sagewarden_events::{CommitId, Resource, ResourceKind, Status, Timestamp};
use serde_json::{Map, Value as Json};
use thiserror::Error;

use crate::edge::FoundBy;
use crate::id::NodeId;
use crate::manifest::ManifestKind;
use crate::mlflow::MlflowRun;
use crate::rows::node;
use crate::s3::S3Location;
use crate::table::{Attributes, Value};
use view::View;
pub use view::is_logged;

/// A description that cannot be recorded.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Unreadable {
    /// The document lacks a fact that its identity needs.
    #[error(
        "the description of {resource} has no readable `CreationTime`, so it cannot be distinguished from others of the same name"
    )]
    NoCreationTime {
        /// The resource of the description.
        resource: String,
    },
    /// A resource of this kind, such as a schedule or a trial, is read, but never recorded.
    #[error("{resource} has no place in the lineage")]
    NoNode {
        /// The resource.
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
    /// Its role for the resource, such as `channel/train`.
    pub role: String,
    /// Where.
    pub location: S3Location,
    /// The versions that were there at this time count.
    pub as_of: Timestamp,
    /// For outputs: an object that is older than this was there before, so the resource did not write it.
    pub since: Option<Timestamp>,
    /// The location names one object, not the beginning of keys.
    pub single: bool,
    /// The object lists others, which are the data.
    pub manifest: Option<ManifestKind>,
}

/// A claim that the resource was built from this commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitClaim {
    /// The commit.
    pub commit: CommitId,
    /// How the claim was found.
    pub found_by: FoundBy,
}

/// Another resource that the description names as an input of this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceReference {
    /// Its role for the resource, such as `variant/main`.
    pub role: String,
    /// The resource.
    pub resource: Resource,
}

/// The experiment that a job belongs to, as its `ExperimentConfig` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExperimentPlace {
    /// The experiment.
    pub experiment: Option<String>,
    /// The trial.
    pub trial: Option<String>,
    /// The run.
    pub run: Option<String>,
}

impl ExperimentPlace {
    /// Whether the job belongs to any.
    #[must_use]
    pub fn is_some(&self) -> bool {
        *self != Self::default()
    }
}

/// What a model package says of the use of its model, in properties that its owner chose and in its model card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredUse {
    /// When the package was last changed.
    pub at: Timestamp,
    /// Who owns the model.
    pub owner: Option<String>,
    /// What it is for.
    pub purpose: Option<String>,
    /// How much depends on it, such as `High`.
    pub risk_tier: Option<String>,
    /// When it is to be validated again.
    pub next_validation: Option<String>,
}

/// Whether a model package may be used, or which stage of its life it reached; and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// `Approved`, `Rejected` or `PendingManualApproval`; a stage with the status there, such as `Production/Approved`.
    pub state: String,
    /// When the package was last changed.
    pub at: Timestamp,
    /// Who changed it last; events do not say.
    pub by: Option<String>,
    /// The comment of the approver.
    pub description: Option<String>,
}

/// Everything that this crate reads from a description.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The resource of the description.
    pub resource: Resource,
    /// The incarnation.
    pub id: NodeId,
    /// When it was created.
    pub created_at: Timestamp,
    /// Its state, for kinds that have one.
    pub status: Option<StatusMark>,
    /// Small facts, which never change once they are known.
    pub facts: Attributes,
    /// Larger facts, such as hyperparameters, which are kept apart from the node.
    pub detail: Map<String, Json>,
    /// The places that it read.
    pub inputs: Vec<DataReference>,
    /// The places that it wrote; empty until it has ended.
    pub outputs: Vec<DataReference>,
    /// Role and reference of the images it runs.
    pub images: Vec<(String, String)>,
    /// Claims found in the resource itself, best first.
    pub claims: Vec<CommitClaim>,
    /// Abbreviated commit ids in places that should name a commit, best first.
    pub unclear: Vec<(FoundBy, String)>,
    /// The repository that the resource names.
    pub repository: Option<String>,
    /// The experiment it belongs to.
    pub experiment: ExperimentPlace,
    /// The run in MLflow that it logs to, once the description names it.
    pub run: Option<MlflowRun>,
    /// Role and words of what the description should name, and does not.
    pub gaps: Vec<(String, String)>,
    /// Resources that went into it: a configuration's models, a job's tuning job.
    pub sources: Vec<ResourceReference>,
    /// Role and node of the endpoints that it sends requests to, for routers.
    pub endpoints: Vec<(String, NodeId)>,
    /// Role and name of the feature groups that it wrote to; empty until it has ended.
    pub feature_groups: Vec<(String, String)>,
    /// Other resources that it made, and when it had made them; empty until it has ended.
    pub made: Vec<(ResourceReference, Timestamp)>,
    /// The report that explains it, for model packages.
    pub explanation: Option<S3Location>,
    /// Whether it may be used, for model packages.
    pub approval: Option<Approval>,
    /// The stage in the life of a model package.
    pub stage: Option<Approval>,
    /// What a model package says of the use of its model; `None` if it says nothing.
    pub declared: Option<DeclaredUse>,
    /// The configuration in force, for endpoints.
    pub config: Option<String>,
    /// The monitoring schedule that started it, for processing jobs.
    pub schedule: Option<String>,
}

/// Reads a description.
///
/// # Errors
/// If the resource has no node, or the document has no creation time.
pub fn observe(
    resource: &Resource,
    document: &Json,
    tags: &BTreeMap<String, String>,
) -> Result<Observation, Unreadable> {
    let view = View(document);
    // Each change of a router makes a revision of it, with the time of the change in place of the creation.
    let changed_at = view.time("LastModifiedTime").filter(|_| resource.kind == ResourceKind::InferenceRouter);
    let created_at = changed_at
        .or_else(|| view.time("CreationTime"))
        .ok_or_else(|| Unreadable::NoCreationTime { resource: resource.to_string() })?;
    let id = NodeId::resource(resource, created_at)
        .or_else(|| NodeId::hub_dataset(resource, created_at))
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
        unclear: Vec::new(),
        repository: named(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())), REPOSITORY_KEYS),
        experiment: ExperimentPlace::default(),
        run: None,
        gaps: Vec::new(),
        sources: Vec::new(),
        endpoints: Vec::new(),
        feature_groups: Vec::new(),
        made: Vec::new(),
        explanation: None,
        approval: None,
        stage: None,
        declared: None,
        config: None,
        schedule: None,
    };
    seen.claim(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())), FoundBy::Tag);
    if resource.kind == ResourceKind::TrainingJob {
        seen.notebook(tags);
    }
    seen.claim(view.strings("Environment"), FoundBy::Environment);
    seen.claim(view.strings("HyperParameters"), FoundBy::Hyperparameter);
    match resource.kind {
        ResourceKind::TrainingJob => seen.training_job(&view),
        ResourceKind::ProcessingJob => seen.processing_job(&view),
        ResourceKind::TransformJob => seen.transform_job(&view),
        ResourceKind::TuningJob => seen.tuning_job(&view),
        ResourceKind::AutoMlJob => seen.automl_job(&view),
        ResourceKind::LabelingJob => seen.labeling_job(&view),
        ResourceKind::OptimizationJob => seen.optimization_job(&view),
        ResourceKind::Model => seen.model(&view),
        ResourceKind::ModelPackage => seen.model_package(&view),
        ResourceKind::PipelineExecution => seen.pipeline_execution(&view),
        ResourceKind::FeatureGroup => seen.feature_group(&view),
        ResourceKind::HubContent => seen.hub_dataset(&view),
        ResourceKind::Experiment | ResourceKind::TrialComponent => {
            seen.fact_text(&view, node::DISPLAY_NAME, "DisplayName");
        }
        ResourceKind::EndpointConfig => seen.endpoint_config(&view),
        ResourceKind::Endpoint => seen.endpoint(&view),
        ResourceKind::InferenceComponent => seen.inference_component(&view),
        ResourceKind::InferenceRouter => seen.inference_router(&view),
        // These kinds have no node: the code above has refused them already.
        _ => {}
    }
    Ok(seen)
}

/// Reads the commit and the repository that a trial's `MetadataProperties` name.
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

impl Observation {
    fn claim<'a>(&mut self, pairs: impl Iterator<Item = (&'a str, &'a str)> + Clone, found_by: FoundBy) {
        let Some(text) = named(pairs.clone(), COMMIT_KEYS) else { return };
        // A value that is not a commit id (an abbreviation, `latest`) cannot be checked, so it is not a claim.
        match CommitId::parse(&text) {
            Ok(commit) => self.claims.push(CommitClaim { commit, found_by }),
            Err(_) if is_abbreviated(&text) => self.unclear.push((found_by, text)),
            Err(_) => {}
        }
        if self.repository.is_none() {
            self.repository = named(pairs, REPOSITORY_KEYS);
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

    /// The environment of a container. All code that keeps values of an environment calls this.
    fn environment(&mut self, view: &View<'_>) {
        let environment = view.at("Environment").and_then(Json::as_object);
        if let Some(environment) = environment.filter(|pairs| !pairs.is_empty()) {
            self.detail.insert("Environment".into(), Json::Object(environment.clone()));
        }
    }

    /// The experiment, and the job that started this one.
    fn belongings(&mut self, view: &View<'_>) {
        self.experiment = ExperimentPlace {
            experiment: view.text("ExperimentConfig.ExperimentName"),
            trial: view.text("ExperimentConfig.TrialName"),
            run: view.text("ExperimentConfig.RunName"),
        };
        self.fact_text(view, node::EXPERIMENT, "ExperimentConfig.ExperimentName");
        self.fact_text(view, node::TRIAL, "ExperimentConfig.TrialName");
        self.fact_text(view, node::RUN, "ExperimentConfig.RunName");
        self.fact_text(view, node::COMPONENT, "ExperimentConfig.TrialComponentDisplayName");
        self.source_arn(view, "tuning", "TuningJobArn", ResourceKind::TuningJob);
        self.source_arn(view, "automl", "AutoMLJobArn", ResourceKind::AutoMlJob);
    }

    /// A resource that is named by its ARN.
    fn source_arn(&mut self, view: &View<'_>, role: &str, path: &str, kind: ResourceKind) {
        let named = view.text(path).and_then(|arn| Resource::parse_arn(&arn).ok());
        if let Some(resource) = named.filter(|resource| resource.kind == kind) {
            self.sources.push(ResourceReference { role: role.to_owned(), resource });
        }
    }

    /// A resource of the same account that is named by its name.
    fn source_name(&mut self, role: String, kind: ResourceKind, name: String) {
        let resource = self.resource.sibling(kind, name);
        self.sources.push(ResourceReference { role, resource });
    }

    fn has_ended(&self) -> bool {
        self.status.as_ref().is_some_and(|mark| mark.status.is_terminal())
    }

    /// The versions of inputs are those at the creation of the resource, because that time never changes. The price: if somebody overwrites
    /// an object between the request and the download, the version is wrong.
    fn input(&mut self, uri: Option<String>, role: String, single: bool) {
        if let Some(location) = uri.as_deref().and_then(S3Location::parse) {
            let (as_of, since, manifest) = (self.created_at, None, None);
            self.inputs.push(DataReference { role, location, as_of, since, single, manifest });
        }
    }

    /// An input with its `S3DataType`: without one it is a prefix.
    fn typed_input(&mut self, uri: Option<String>, role: String, data_type: Option<&str>) {
        let before = self.inputs.len();
        self.input(uri, role, data_type.is_some_and(|kind| kind != "S3Prefix"));
        let manifest = data_type.and_then(ManifestKind::of);
        self.inputs.iter_mut().skip(before).for_each(|input| input.manifest = manifest);
    }

    fn output(&mut self, uri: Option<String>, role: String, ended: Timestamp, single: bool) {
        if let Some(mut location) = uri.as_deref().and_then(S3Location::parse) {
            // A folder. Without the slash, neighbours with the same beginning would count, too.
            if !single && !location.key.is_empty() && !location.key.ends_with('/') {
                location.key.push('/');
            }
            let since = Some(self.created_at);
            self.outputs.push(DataReference { role, location, as_of: ended, since, single, manifest: None });
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

fn is_abbreviated(text: &str) -> bool {
    (7..40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
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
