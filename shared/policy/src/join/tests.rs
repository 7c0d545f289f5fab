use serde_json::json;

use super::*;

fn check(kind: ResourceKind, name: &str, document: &Json, operation: &str, joined: &Joined, expect: &[&str]) {
    let resource = Resource::in_region(kind, "111122223333", "eu-west-1", name);
    let found: Vec<String> = references(operation, &resource, document, joined)
        .into_iter()
        .map(|reference| match reference {
            OperationTarget::Resource(resource) => resource.to_string(),
            OperationTarget::Bucket(name) | OperationTarget::Role(name) | OperationTarget::Key(name) => name,
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
    let job = json!({ "InputDataConfig": [channel("s3://b/x"), channel("s3://b/y"), channel("s3://a/z")] });
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
        offline(&resource, &document, &Joined::new())
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
    let list = json!({ "Tags": [{ "Key": "a", "Value": "b" }, { "Key": "c" }, { "Key": "d", "Value": 5 }] });
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
