//! Other answers that controls need beside a description: tags, the model behind a transform job, the package behind a model, …
//!
//! A control names a field of another answer as `<operation>:<path>`, such as `DescribeModel:VpcConfig.Subnets`. So the fields of the
//! controls give the list of calls. The description names the resource of each call; the use case makes it.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::{Resource, ResourceKind};
use serde_json::Value as Json;

use crate::buckets::bucket;
use crate::key::{KEY_OPERATION, is_for_kms_to_say, key_paths};
use crate::later::{is_later, later};
use crate::lists::List;
use crate::reader::{Reader, UnreadablePaths};
use crate::values::values;

/// The result of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum OperationAnswer {
    /// The answers; empty if the document names no resource to ask about.
    Documents(Vec<Json>),
    /// Why there is no answer. Controls that need it are undecided, never passed.
    Unreadable(String),
}

/// Answers by operation. Controls that need one that is not here are not judged.
pub type Joined = BTreeMap<String, OperationAnswer>;

/// The subject of a call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OperationTarget {
    /// The tags of the resource itself.
    Tags,
    /// A description of another resource.
    Resource(Resource),
    /// The schedules of this endpoint.
    SchedulesOf(Resource),
    /// The policy that opens the resource itself to others.
    Policy,
    /// Whether this bucket keeps versions.
    Bucket(String),
    /// The commit that the resource names, if it does.
    Commit,
    /// The rights of this role.
    Role(String),
    /// Who manages this key.
    Key(String),
}

/// The operations that controls can name, in an order in which each one's references are known.
pub const OPERATIONS: [&str; 19] = [
    "ListTags",
    "DescribeEndpointConfig",
    "DescribeModel",
    "DescribeModelPackage",
    "ListMonitoringSchedules",
    "DescribeMonitoringSchedule",
    "DescribeDataQualityJobDefinition",
    "DescribeModelQualityJobDefinition",
    "DescribeModelBiasJobDefinition",
    "DescribeModelExplainabilityJobDefinition",
    "DescribePipeline",
    "DescribeNotebookInstanceLifecycleConfig",
    "GetEndpointPolicy",
    "GetModelPackageGroupPolicy",
    "GetBucketVersioning",
    "GetCommit",
    KEY_OPERATION,
    ROLE_OPERATION,
    INLINE_OPERATION,
];

/// The operations that answer with the policy of a resource.
pub(crate) const POLICY_OPERATIONS: [&str; 2] = ["GetEndpointPolicy", "GetModelPackageGroupPolicy"];
/// No operation: the variants of the same file that serve a model, where all of them are serverless.
pub(crate) const SERVED_SERVERLESS: &str = "serverless variants of the file";
/// No operation: the stages of a version in the registry that the table has recorded, the oldest first.
pub const RECORDED_STAGES: &str = "recorded stages";
/// The operation that lists the managed policies of a role. Only those that allow too much are kept.
pub const ROLE_OPERATION: &str = "ListAttachedRolePolicies";
/// The operation that reads a role's own policies. Only those that allow too much are kept.
pub const INLINE_OPERATION: &str = "GetRolePolicy";

/// The operation and the path of a control's field; the operation is absent for fields of the resource's own description.
#[must_use]
pub fn split(field: &str) -> (Option<&str>, &str) {
    field.split_once(':').map_or((None, field), |(operation, path)| (Some(operation), path))
}

/// The tags of a resource, as `ListTags` answered them.
pub(crate) fn tags(joined: &Joined) -> BTreeMap<&str, &str> {
    let listed = match joined.get("ListTags") {
        Some(OperationAnswer::Documents(documents)) => documents.first(),
        _ => None,
    };
    let list = listed.and_then(|answer| answer.get("Tags")?.as_array());
    let pair = |tag| Json::get(tag, "Key")?.as_str().zip(Json::get(tag, "Value")?.as_str());
    list.into_iter().flatten().filter_map(pair).collect()
}

/// Answers without a call: from other parts of the file, from the tags in a request, and the fact that there
/// is nothing to ask about.
#[must_use]
pub fn offline(resource: &Resource, document: &Json, known: &Joined) -> Joined {
    let mut joined = known.clone();
    // A description has no tags; only a request can show that there are none.
    if document.get(resource.kind.arn_field()).is_none() {
        let none = || if is_later(document) { later(None) } else { Json::Array(Vec::new()) };
        let tags = document.get("Tags").cloned().unwrap_or_else(none);
        let answer = Json::Object([("Tags".to_owned(), tags)].into_iter().collect());
        joined.insert("ListTags".to_owned(), OperationAnswer::Documents(vec![answer]));
    }
    for operation in OPERATIONS {
        // Nothing behind a skipped call is known.
        let behind = OPERATIONS_BEHIND.iter().find(|(later, _)| *later == operation);
        let is_known = behind.is_none_or(|(_, earlier)| earlier.iter().all(|one| joined.contains_key(*one)));
        let is_answered = joined.contains_key(operation) || NEVER_OFFLINE.contains(&operation);
        if is_answered || !is_known || is_of_no_type(operation, document) {
            continue;
        }
        if !asks(resource.kind, operation) {
            joined.insert(operation.to_owned(), OperationAnswer::Documents(Vec::new()));
            continue;
        }
        let unreadable = UnreadablePaths::default();
        let about = asked(operation, resource, document, &joined, &unreadable);
        let answer = match unreadable.first() {
            // An unreadable value was not asked about: the resource that it names is unknown.
            Some(reason) if operation.starts_with("Describe") && operation != KEY_OPERATION => {
                Some(OperationAnswer::Unreadable(reason))
            }
            _ if about.is_empty() && !unreadable.has_later() && is_required(resource.kind, operation) => {
                Some(OperationAnswer::Unreadable("the document does not name it".to_owned()))
            }
            // A value that is known later names some resource.
            _ if about.is_empty() && !unreadable.has_later() => Some(OperationAnswer::Documents(Vec::new())),
            _ => None,
        };
        joined.extend(answer.map(|answer| (operation.to_owned(), answer)));
    }
    joined
}

/// Operations that apply to every resource: no file has their answers.
const NEVER_OFFLINE: [&str; 5] =
    ["ListTags", "ListMonitoringSchedules", "GetEndpointPolicy", "GetModelPackageGroupPolicy", "GetCommit"];

/// Whether a resource of a kind can name the subject of an operation.
fn asks(kind: ResourceKind, operation: &str) -> bool {
    use ResourceKind as K;
    let serves = matches!(kind, K::TransformJob | K::Endpoint | K::EndpointConfig | K::InferenceComponent);
    match operation {
        "DescribeEndpointConfig" => kind == K::Endpoint,
        "DescribeModel" => serves,
        "DescribeModelPackage" => serves || kind == K::Model,
        "DescribeMonitoringSchedule" => kind == K::Endpoint,
        "DescribePipeline" => kind == K::PipelineExecution,
        "DescribeNotebookInstanceLifecycleConfig" => kind == K::NotebookInstance,
        definition if DEFINITIONS.contains(&definition) => kind == K::MonitoringSchedule,
        _ => true,
    }
}

/// Whether the API requires that a resource names the subject of an operation.
fn is_required(kind: ResourceKind, operation: &str) -> bool {
    let named =
        [(ResourceKind::TransformJob, "DescribeModel"), (ResourceKind::Endpoint, "DescribeEndpointConfig")];
    named.contains(&(kind, operation))
}

/// Whether a schedule names a definition of a type that no operation describes.
fn is_of_no_type(operation: &str, document: &Json) -> bool {
    let config = document.get("MonitoringScheduleConfig");
    let names = config.is_some_and(|config| config.get("MonitoringJobDefinitionName").is_some());
    let of =
        config.and_then(|config| config.get("MonitoringType")).or_else(|| document.get("MonitoringType"));
    let is_known = of.is_none_or(|of| DEFINITIONS.iter().any(|one| Some(*one) == describes(of).as_deref()));
    names && !is_known && DEFINITIONS.contains(&operation)
}

/// The operation that describes a definition of a type.
fn describes(of: &Json) -> Option<String> {
    Some(format!("Describe{}JobDefinition", of.as_str()?))
}

/// Operations whose references follow from other answers.
const OPERATIONS_BEHIND: [(&str, &[&str]); 4] = [
    ("DescribeModel", &["DescribeEndpointConfig"]),
    ("DescribeModelPackage", &["DescribeModel"]),
    ("DescribeMonitoringSchedule", &["ListMonitoringSchedules"]),
    (KEY_OPERATION, &DEFINITIONS),
];

/// The operation whose answer has the definition that a schedule names.
const DEFINITIONS: [&str; 4] = [
    "DescribeDataQualityJobDefinition",
    "DescribeModelQualityJobDefinition",
    "DescribeModelBiasJobDefinition",
    "DescribeModelExplainabilityJobDefinition",
];

/// The subjects of an operation for a resource; the answers of earlier operations count.
#[must_use]
pub fn references(
    operation: &str,
    resource: &Resource,
    document: &Json,
    joined: &Joined,
) -> BTreeSet<OperationTarget> {
    // Only values that can be followed matter here; facts note unreadable ones.
    asked(operation, resource, document, joined, &UnreadablePaths::default())
}

fn asked(
    operation: &str,
    resource: &Resource,
    document: &Json,
    joined: &Joined,
    unreadable: &UnreadablePaths,
) -> BTreeSet<OperationTarget> {
    let own = Reader::new(document, unreadable);
    let answers = |operation: &str| match joined.get(operation) {
        Some(OperationAnswer::Documents(documents)) => {
            documents.iter().map(|document| Reader::new(document, unreadable)).collect()
        }
        _ => Vec::new(),
    };
    let named = |kind: ResourceKind, names: Vec<&str>| -> BTreeSet<OperationTarget> {
        names.into_iter().map(|name| OperationTarget::Resource(sibling(resource, kind, name))).collect()
    };
    let variants = |reader: &Reader<'_>| -> Vec<String> {
        let paths = ["ProductionVariants[].ModelName", "ShadowProductionVariants[].ModelName"];
        paths.iter().flat_map(|path| reader.texts(path)).map(str::to_owned).collect()
    };
    match operation {
        "ListTags" => BTreeSet::from([OperationTarget::Tags]),
        "DescribeEndpointConfig" => named(ResourceKind::EndpointConfig, own.texts("EndpointConfigName")),
        "DescribeModel" => {
            let mut names: Vec<String> = own.texts("ModelName").into_iter().map(str::to_owned).collect();
            names.extend(variants(&own));
            let specified = ["Specification.ModelName", "Specifications[].ModelName"];
            names.extend(specified.iter().flat_map(|path| own.texts(path)).map(str::to_owned));
            names.extend(answers("DescribeEndpointConfig").iter().flat_map(variants));
            named(ResourceKind::Model, names.iter().map(String::as_str).collect())
        }
        "DescribeModelPackage" => {
            let models =
                if resource.kind == ResourceKind::Model { vec![own] } else { answers("DescribeModel") };
            let paths = ["PrimaryContainer.ModelPackageName", "Containers[].ModelPackageName"];
            let names = models.iter().flat_map(|model| paths.iter().flat_map(|path| model.texts(path)));
            named(ResourceKind::ModelPackage, names.collect())
        }
        "ListMonitoringSchedules" => BTreeSet::from([OperationTarget::SchedulesOf(resource.clone())]),
        "DescribeMonitoringSchedule" => {
            let lists = answers("ListMonitoringSchedules");
            let path = "MonitoringScheduleSummaries[].MonitoringScheduleName";
            named(ResourceKind::MonitoringSchedule, lists.iter().flat_map(|list| list.texts(path)).collect())
        }
        "DescribePipeline" => {
            let name = resource.name.split_once("/execution/").map(|(pipeline, _)| pipeline);
            named(ResourceKind::Pipeline, name.into_iter().collect())
        }
        "DescribeNotebookInstanceLifecycleConfig" => {
            named(ResourceKind::LifecycleConfig, own.texts("NotebookInstanceLifecycleConfigName"))
        }
        policy if POLICY_OPERATIONS.contains(&policy) => BTreeSet::from([OperationTarget::Policy]),
        "GetBucketVersioning" => input_buckets(resource.kind, &own),
        "GetCommit" => BTreeSet::from([OperationTarget::Commit]),
        KEY_OPERATION => {
            let named = key_paths(resource.kind).flat_map(|path| match split(path) {
                (None, path) => values(&own, List::Keys, path),
                (Some(operation), path) => {
                    answers(operation).iter().flat_map(|answer| values(answer, List::Keys, path)).collect()
                }
            });
            let asked = named.filter(|key| is_for_kms_to_say(key, resource));
            asked.map(|key| OperationTarget::Key(key.into_owned())).collect()
        }
        ROLE_OPERATION | INLINE_OPERATION => {
            let roles = ["RoleArn", "ExecutionRoleArn"].into_iter().filter_map(|path| own.text(path));
            roles.map(|role| OperationTarget::Role(role.to_owned())).collect()
        }
        _ => definition(operation, resource, &own),
    }
}

/// The job definition that a schedule names, when this operation describes its type.
fn definition(operation: &str, resource: &Resource, own: &Reader<'_>) -> BTreeSet<OperationTarget> {
    let config = "MonitoringScheduleConfig";
    let kind = match (operation, own.text(&format!("{config}.MonitoringType")).or(own.text("MonitoringType")))
    {
        ("DescribeDataQualityJobDefinition", Some("DataQuality") | None) => {
            ResourceKind::DataQualityDefinition
        }
        ("DescribeModelQualityJobDefinition", Some("ModelQuality")) => ResourceKind::ModelQualityDefinition,
        ("DescribeModelBiasJobDefinition", Some("ModelBias")) => ResourceKind::ModelBiasDefinition,
        ("DescribeModelExplainabilityJobDefinition", Some("ModelExplainability")) => {
            ResourceKind::ModelExplainabilityDefinition
        }
        _ => return BTreeSet::new(),
    };
    let name = own.text(&format!("{config}.MonitoringJobDefinitionName"));
    name.map(|name| OperationTarget::Resource(resource.sibling(kind, name))).into_iter().collect()
}

/// The buckets that a job or model reads.
fn input_buckets(kind: ResourceKind, own: &Reader<'_>) -> BTreeSet<OperationTarget> {
    let paths: &[&str] = match kind {
        ResourceKind::TrainingJob => &["InputDataConfig[].DataSource.S3DataSource.S3Uri"],
        ResourceKind::ProcessingJob => &["ProcessingInputs[].S3Input.S3Uri"],
        ResourceKind::Model => &[
            "PrimaryContainer.ModelDataUrl",
            "PrimaryContainer.ModelDataSource.S3DataSource.S3Uri",
            "Containers[].ModelDataUrl",
            "Containers[].ModelDataSource.S3DataSource.S3Uri",
        ],
        ResourceKind::InferenceComponent => {
            &["Specification.Container.ArtifactUrl", "Specifications[].Container.ArtifactUrl"]
        }
        _ => &[],
    };
    let buckets = paths.iter().flat_map(|path| own.texts(path)).filter_map(bucket);
    buckets.map(|bucket| OperationTarget::Bucket(bucket.to_owned())).collect()
}

/// Packages are named by their ARN, which may be another account's.
fn sibling(resource: &Resource, kind: ResourceKind, name: &str) -> Resource {
    match Resource::parse_arn(name) {
        Ok(named) if named.kind == kind => named,
        _ => resource.sibling(kind, name),
    }
}

#[cfg(test)]
mod tests;
