//! What has to be looked up beside a description: its tags, the model behind a transform job, the package behind a model, …
//!
//! A control names a field of another answer as `<operation>:<path>`, such as `DescribeModel:VpcConfig.Subnets`: so its fields
//! say what has to be asked. Which resource to ask about follows from the description; asking is the use case's.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::{Resource, ResourceKind};
use serde_json::Value as Json;

use crate::buckets::bucket;
use crate::key::{KEY_OPERATION, is_for_kms_to_say, key_paths};
use crate::reader::{Reader, UnreadablePaths};

/// What came of asking.
#[derive(Clone, Debug, PartialEq)]
pub enum OperationAnswer {
    /// What was answered; empty when there was nothing to ask about.
    Documents(Vec<Json>),
    /// Why there is no answer. Controls that need it are unknown, never kept.
    Unreadable(String),
}

/// Answers by operation. Controls that need one that is not here are not judged.
pub type Joined = BTreeMap<String, OperationAnswer>;

/// What an operation is to be asked about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OperationTarget {
    /// The tags of the resource itself.
    Tags,
    /// A description of another resource.
    Resource(Resource),
    /// The schedules of this endpoint.
    SchedulesOf(Resource),
    /// Whether this bucket keeps versions.
    Bucket(String),
    /// The commit that the resource names, if it does.
    Commit,
    /// What this role may do.
    Role(String),
    /// Who manages this key.
    Key(String),
}

/// The operations that controls can name, in an order in which each one's references are known.
pub const OPERATIONS: [&str; 17] = [
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
    "GetBucketVersioning",
    "GetCommit",
    KEY_OPERATION,
    ROLE_OPERATION,
    INLINE_OPERATION,
];

/// The operation that tells which managed policies a role has. What is kept of the answer is what allows too much.
pub const ROLE_OPERATION: &str = "ListAttachedRolePolicies";
/// The operation that tells what a role's own policies say. What is kept are those that allow too much.
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

/// What is known without asking anybody: the tags that a request brings along, and that there is nothing to ask about.
#[must_use]
pub fn offline(resource: &Resource, document: &Json) -> Joined {
    let mut joined = Joined::new();
    // A description has no tags; only a request can say that there are none.
    if document.get(resource.kind.arn_field()).is_none() {
        let tags = document.get("Tags").cloned().unwrap_or_else(|| Json::Array(Vec::new()));
        let answer = Json::Object([("Tags".to_owned(), tags)].into_iter().collect());
        joined.insert("ListTags".to_owned(), OperationAnswer::Documents(vec![answer]));
    }
    for operation in OPERATIONS {
        // Nothing that is behind what was not asked for is known.
        let behind = OPERATIONS_BEHIND.iter().find(|(later, _)| *later == operation);
        let is_known = behind.is_none_or(|(_, earlier)| earlier.iter().all(|one| joined.contains_key(*one)));
        if is_known && references(operation, resource, document, &joined).is_empty() {
            joined.insert(operation.to_owned(), OperationAnswer::Documents(Vec::new()));
        }
    }
    joined
}

/// Operations whose references follow from other answers.
const OPERATIONS_BEHIND: [(&str, &[&str]); 4] = [
    ("DescribeModel", &["DescribeEndpointConfig"]),
    ("DescribeModelPackage", &["DescribeModel"]),
    ("DescribeMonitoringSchedule", &["ListMonitoringSchedules"]),
    (KEY_OPERATION, &DEFINITIONS),
];

/// What answers with the definition that a schedule names.
const DEFINITIONS: [&str; 4] = [
    "DescribeDataQualityJobDefinition",
    "DescribeModelQualityJobDefinition",
    "DescribeModelBiasJobDefinition",
    "DescribeModelExplainabilityJobDefinition",
];

/// What an operation is to be asked about for a resource; answers of operations that come before it are taken into account.
#[must_use]
pub fn references(
    operation: &str,
    resource: &Resource,
    document: &Json,
    joined: &Joined,
) -> BTreeSet<OperationTarget> {
    // Here it only matters what can be followed; what cannot be read is noted where facts are read.
    let unreadable = UnreadablePaths::default();
    let own = Reader::new(document, &unreadable);
    let answers = |operation: &str| match joined.get(operation) {
        Some(OperationAnswer::Documents(documents)) => {
            documents.iter().map(|document| Reader::new(document, &unreadable)).collect()
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
        "GetBucketVersioning" => input_buckets(resource.kind, &own),
        "GetCommit" => BTreeSet::from([OperationTarget::Commit]),
        KEY_OPERATION => {
            let named = key_paths(resource.kind).flat_map(|path| match split(path) {
                (None, path) => own.texts(path),
                (Some(operation), path) => {
                    answers(operation).iter().flat_map(|answer| answer.texts(path)).collect()
                }
            });
            let asked = named.filter(|key| is_for_kms_to_say(key, resource));
            asked.map(|key| OperationTarget::Key(key.to_owned())).collect()
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
mod tests {
    use serde_json::json;

    use super::*;

    fn check(
        kind: ResourceKind,
        name: &str,
        document: &Json,
        operation: &str,
        joined: &Joined,
        expect: &[&str],
    ) {
        let resource = Resource::in_region(kind, "111122223333", "eu-west-1", name);
        let found: Vec<String> = references(operation, &resource, document, joined)
            .into_iter()
            .map(|reference| match reference {
                OperationTarget::Resource(resource) => resource.to_string(),
                OperationTarget::Bucket(name) | OperationTarget::Role(name) | OperationTarget::Key(name) => {
                    name
                }
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(found, expect, "{operation} of {document}");
    }

    #[test]
    fn from_an_endpoint_to_the_packages_behind_it() {
        let config = json!({ "ProductionVariants": [{ "ModelName": "m" }], "ShadowProductionVariants": [{ "ModelName": "n" }] });
        let package = "arn:aws:sagemaker:eu-west-1:999988887777:model-package/credit/3";
        let model = json!({ "PrimaryContainer": { "ModelPackageName": package }, "Containers": [{ "ModelPackageName": "old" }] });
        let mut joined = Joined::new();
        let endpoint = json!({ "EndpointConfigName": "c" });
        let kind = ResourceKind::Endpoint;
        check(kind, "e", &endpoint, "DescribeEndpointConfig", &joined, &["endpoint configuration `c`"]);
        check(kind, "e", &endpoint, "DescribeModel", &joined, &[]);
        joined.insert("DescribeEndpointConfig".into(), OperationAnswer::Documents(vec![config]));
        check(kind, "e", &endpoint, "DescribeModel", &joined, &["model `m`", "model `n`"]);
        joined.insert("DescribeModel".into(), OperationAnswer::Documents(vec![model.clone()]));
        let packages = ["model package `old`", "model package `credit/3`"];
        check(kind, "e", &endpoint, "DescribeModelPackage", &joined, &packages);
        check(ResourceKind::Model, "m", &model, "DescribeModelPackage", &Joined::new(), &packages);
    }

    #[test]
    fn a_definition_is_asked_of_the_operation_of_its_type() {
        let kind = ResourceKind::MonitoringSchedule;
        let of = |of: &str| json!({ "MonitoringScheduleConfig": { "MonitoringType": of, "MonitoringJobDefinitionName": "d" } });
        let none = Joined::new();
        check(
            kind,
            "s",
            &of("ModelBias"),
            "DescribeModelBiasJobDefinition",
            &none,
            &["model bias job definition `d`"],
        );
        check(kind, "s", &of("ModelBias"), "DescribeDataQualityJobDefinition", &none, &[]);
        let inline = json!({ "MonitoringScheduleConfig": { "MonitoringJobDefinition": {} } });
        check(kind, "s", &inline, "DescribeDataQualityJobDefinition", &none, &[]);
    }

    #[test]
    fn buckets_are_asked_once() {
        let channel = |uri: &str| json!({ "DataSource": { "S3DataSource": { "S3Uri": uri } } });
        let job =
            json!({ "InputDataConfig": [channel("s3://b/x"), channel("s3://b/y"), channel("s3://a/z")] });
        check(ResourceKind::TrainingJob, "t", &job, "GetBucketVersioning", &Joined::new(), &["a", "b"]);
        check(
            ResourceKind::PipelineExecution,
            "p/execution/e",
            &json!({}),
            "DescribePipeline",
            &Joined::new(),
            &["pipeline `p`"],
        );
    }

    #[test]
    fn what_can_be_told_without_asking_is_known_offline() {
        let known = |kind: ResourceKind, document: Json| {
            let resource = Resource::in_region(kind, "111122223333", "eu-west-1", "x");
            offline(&resource, &document)
        };
        let request = known(
            ResourceKind::TrainingJob,
            json!({ "Tags": [{ "Key": "a", "Value": "b" }], "RoleArn": "arn:r" }),
        );
        assert_eq!(tags(&request), BTreeMap::from([("a", "b")]));
        let endpoint = known(ResourceKind::Endpoint, json!({ "EndpointConfigName": "c" }));
        let behind = ["DescribeEndpointConfig", "DescribeModel", "DescribeModelPackage"];
        assert_eq!(
            behind.map(|operation| endpoint.get(operation)),
            [None; 3],
            "nor what is behind what is not known"
        );
        assert_eq!(request.get("DescribePipeline"), Some(&OperationAnswer::Documents(vec![])));
        assert_eq!((request.get(ROLE_OPERATION), request.get("GetCommit")), (None, None));
        assert!(tags(&known(ResourceKind::TrainingJob, json!({}))).is_empty());
        let described = known(
            ResourceKind::TrainingJob,
            json!({ "TrainingJobArn": "arn:t", "Tags": [{ "Key": "a", "Value": "b" }] }),
        );
        assert_eq!(described.get("ListTags"), None, "a description has no tags");
    }

    #[test]
    fn tags_are_those_that_can_be_read() {
        let tagged = |answer: OperationAnswer| Joined::from([("ListTags".to_owned(), answer)]);
        let list =
            json!({ "Tags": [{ "Key": "a", "Value": "b" }, { "Key": "c" }, { "Key": "d", "Value": 5 }] });
        assert_eq!(tags(&tagged(OperationAnswer::Documents(vec![list]))), BTreeMap::from([("a", "b")]));
        assert!(tags(&tagged(OperationAnswer::Unreadable("no".into()))).is_empty());
        assert!(tags(&Joined::new()).is_empty());
    }

    #[test]
    fn an_operation_is_asked_about_what_the_description_names() {
        let none = Joined::new();
        let job = ResourceKind::TransformJob;
        check(job, "t", &json!({ "ModelName": "m" }), "DescribeModel", &none, &["model `m`"]);
        check(job, "t", &json!({}), "ListTags", &none, &["Tags"]);
        check(job, "t", &json!({}), "GetCommit", &none, &["Commit"]);
        check(job, "t", &json!({}), "DescribePipeline", &none, &[]);
        let roles = json!({ "RoleArn": "arn:b", "ExecutionRoleArn": "arn:a" });
        check(ResourceKind::Model, "m", &roles, ROLE_OPERATION, &none, &["arn:a", "arn:b"]);
        check(ResourceKind::Model, "m", &roles, INLINE_OPERATION, &none, &["arn:a", "arn:b"]);
        let notebook = json!({ "NotebookInstanceLifecycleConfigName": "l" });
        let expect = ResourceKind::LifecycleConfig;
        let expect = Resource::in_region(expect, "111122223333", "eu-west-1", "l").to_string();
        check(
            ResourceKind::NotebookInstance,
            "n",
            &notebook,
            "DescribeNotebookInstanceLifecycleConfig",
            &none,
            &[&expect],
        );
        let endpoint = Resource::in_region(ResourceKind::Endpoint, "111122223333", "eu-west-1", "e");
        let asked = references("ListMonitoringSchedules", &endpoint, &json!({}), &none);
        assert_eq!(asked, BTreeSet::from([OperationTarget::SchedulesOf(endpoint.clone())]));
        let list = json!({ "MonitoringScheduleSummaries": [{ "MonitoringScheduleName": "s" }] });
        let listed =
            Joined::from([("ListMonitoringSchedules".to_owned(), OperationAnswer::Documents(vec![list]))]);
        let schedule = endpoint.sibling(ResourceKind::MonitoringSchedule, "s");
        let asked = references("DescribeMonitoringSchedule", &endpoint, &json!({}), &listed);
        assert_eq!(asked, BTreeSet::from([OperationTarget::Resource(schedule)]));
    }

    #[test]
    fn each_type_of_monitoring_has_a_definition_of_its_own() {
        let kind = ResourceKind::MonitoringSchedule;
        for (of, operation) in [
            (Some("DataQuality"), "DescribeDataQualityJobDefinition"),
            (None, "DescribeDataQualityJobDefinition"),
            (Some("ModelQuality"), "DescribeModelQualityJobDefinition"),
            (Some("ModelBias"), "DescribeModelBiasJobDefinition"),
            (Some("ModelExplainability"), "DescribeModelExplainabilityJobDefinition"),
        ] {
            let document = json!({
                "MonitoringType": of, "MonitoringScheduleConfig": { "MonitoringJobDefinitionName": "d" },
            });
            let resource = Resource::in_region(kind, "111122223333", "eu-west-1", "s");
            let asked = OPERATIONS.iter().filter(|operation| operation.ends_with("JobDefinition"));
            let asked: Vec<&str> = asked
                .filter(|operation| !references(operation, &resource, &document, &Joined::new()).is_empty())
                .copied()
                .collect();
            assert_eq!(asked, [operation], "{of:?}");
        }
    }

    #[test]
    fn the_buckets_of_jobs_and_models_are_those_that_they_read() {
        let none = Joined::new();
        let processing = json!({ "ProcessingInputs": [{ "S3Input": { "S3Uri": "s3://p/x" } }] });
        check(ResourceKind::ProcessingJob, "p", &processing, "GetBucketVersioning", &none, &["p"]);
        let model = json!({
            "PrimaryContainer": { "ModelDataUrl": "s3://a/m" },
            "Containers": [{ "ModelDataSource": { "S3DataSource": { "S3Uri": "s3://b/m" } } }],
        });
        check(ResourceKind::Model, "m", &model, "GetBucketVersioning", &none, &["a", "b"]);
        check(ResourceKind::Endpoint, "e", &model, "GetBucketVersioning", &none, &[]);
    }
}
