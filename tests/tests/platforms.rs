//! Clusters, routers, hubs, partner apps, code repositories, jobs of a category and training sessions: each is judged when a call makes it.
#![expect(clippy::indexing_slicing, reason = "a test ends where something is missing")]

use sagewarden_events::{Resource, ResourceKind, lower_first};
use sagewarden_govern::POLICY_VIOLATION;
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, SETTINGS, at};
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::111122223333:role/r";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const LISTS: &str = r#"
[artifacts]
allowed_buckets = ["models"]
allowed_base_models = ["arn:aws:sagemaker:*:aws:hub-content/SageMakerPublicHub/Model/known"]
allowed_repositories = ["git.example.com/team/*"]
[access]
owner_tags = ["Owner"]
"#;

fn world() -> Result<Local> {
    Local::with(Bundle::embedded()?.with_settings(&format!("{SETTINGS}{LISTS}"))?)
}

fn vpc() -> Value {
    json!({ "Subnets": ["subnet-0a1b2c3d4e5f60001"], "SecurityGroupIds": ["sg-0f1e2d3c4b5a60001"] })
}

/// The controls of the newest finding on a resource, and what was done about it; nothing if there is none.
fn found(local: &Local, resource: &Resource) -> Result<Option<(Vec<String>, Value)>> {
    let sent = local.sent()?;
    let own = sent.iter().rfind(|notice| notice.detail["resource"]["arn"] == resource.arn().as_str());
    let Some(notice) = own else { return Ok(None) };
    assert_eq!(notice.detail_type, POLICY_VIOLATION);
    let findings = notice.detail["findings"].as_array().into_iter().flatten();
    let controls = findings.filter_map(|finding| finding["control"].as_str()).map(str::to_owned);
    Ok(Some((controls.collect(), notice.detail["remediation"]["action"].clone())))
}

/// What CloudTrail says about a call.
fn call(name: &str, id: &str, request: &Value, answer: &Value) -> String {
    let caller = "arn:aws:sts::111122223333:assumed-role/ds-user/kay";
    json!({
        "id": id, "source": "aws.sagemaker", "detail-type": "AWS API Call via CloudTrail",
        "account": "111122223333", "region": "eu-west-1", "time": at(90), "resources": [],
        "detail": {
            "eventSource": "sagemaker.amazonaws.com", "eventName": name, "eventTime": at(90),
            "awsRegion": "eu-west-1", "recipientAccountId": "111122223333",
            "userIdentity": {
                "type": "AssumedRole", "arn": caller,
                "sessionContext": { "sessionIssuer": { "arn": "arn:aws:iam::111122223333:role/ds-user" } },
            },
            "requestParameters": request, "responseElements": answer,
        },
    })
    .to_string()
}

#[test]
fn what_a_call_makes_is_judged_and_stopped_only_where_it_is_a_job() -> Result<()> {
    let group = json!({
        "InstanceGroupName": "workers", "InstanceType": "ml.g5.xlarge", "InstanceCount": 2, "ExecutionRole": ROLE,
        "LifeCycleConfig": { "SourceS3Uri": "s3://elsewhere/scripts", "OnCreate": "on_create.sh" },
        "InstanceStorageConfigs": [{ "EbsVolumeConfig": { "RootVolume": true, "VolumeKmsKeyId": KEY } }],
    });
    let output = json!({ "S3Location": { "Path": "s3://models/tuned", "KmsKeyArn": KEY } });
    let base =
        |name: &str| format!("arn:aws:sagemaker:eu-west-1:aws:hub-content/SageMakerPublicHub/Model/{name}");
    let config = json!({ "Input": [{ "S3Uri": "s3://elsewhere/prompts.jsonl" }] }).to_string();
    let made = [
        (
            ResourceKind::Cluster,
            json!({ "ClusterName": "gpus", "VpcConfig": vpc(), "InstanceGroups": [group] }),
            "CLU-ART-01",
            "AddTags",
        ),
        (
            ResourceKind::InferenceRouter,
            json!({
                "InferenceRouterName": "credit",
                "RoutingTargets": [{
                    "Name": "credit",
                    "Destinations": [{ "ResourceArn": "arn:aws:sagemaker:eu-west-1:999988887777:endpoint/credit" }],
                }],
            }),
            "RTR-IAM-01",
            "AddTags",
        ),
        (
            ResourceKind::Hub,
            json!({ "HubName": "credit", "HubDescription": "d", "S3StorageConfig": { "S3OutputPath": "s3://elsewhere/hub" } }),
            "HUB-ART-01",
            "AddTags",
        ),
        (
            ResourceKind::HubContent,
            json!({ "HubName": "credit", "SageMakerPublicHubContentArn": base("unknown") }),
            "HBC-ART-01",
            "AddTags",
        ),
        (
            ResourceKind::PartnerApp,
            json!({ "Name": "metrics", "Type": "comet", "ExecutionRoleArn": ROLE, "KmsKeyId": KEY, "Tier": "small", "AuthType": "IAM" }),
            "PAP-IAM-02",
            "AddTags",
        ),
        (
            ResourceKind::CodeRepository,
            json!({ "CodeRepositoryName": "credit", "GitConfig": { "RepositoryUrl": "https://git.elsewhere.example/x/y" } }),
            "CRP-ART-01",
            "AddTags",
        ),
        (
            ResourceKind::Job,
            json!({
                "JobName": "rft", "JobCategory": "AgentRFT", "RoleArn": ROLE,
                "JobConfigSchemaVersion": "1.0.0", "JobConfigDocument": config,
            }),
            "JOB-ART-01",
            "StopJob",
        ),
        (
            ResourceKind::TrainingSession,
            json!({
                "TrainingSessionName": "tune", "RoleArn": ROLE, "VpcConfig": vpc(), "OutputConfig": output,
                "LoraConfig": { "Rank": 8, "Alpha": 16 }, "ModelConfig": { "BaseModelArn": base("unknown/1.0.0") },
            }),
            "TSN-ART-02",
            "StopTrainingSession",
        ),
    ];
    let local = world()?;
    for (kind, request, control, action) in made {
        let resource = local.create(kind, &request, 10)?;
        local.settle()?;
        let expected = (vec![control.to_owned()], json!(action));
        assert_eq!(found(&local, &resource)?, Some(expected), "{resource}");
        let tags = local.system.account.tag_map(&resource)?;
        assert!(tags.contains_key("sagewarden:violation"), "{resource}: {tags:?}");
        if action.starts_with("Stop") {
            let described = local.system.account.describe_document(&resource)?;
            assert_eq!(described[kind.status_field().unwrap_or_default()], "Stopping", "{resource}");
        }
    }
    Ok(())
}

/// A call names a cluster by its name; its ARN has an id. Both lead to one verdict.
#[test]
fn a_cluster_has_one_verdict_under_its_name_and_its_id() -> Result<()> {
    let local = world()?;
    let group = json!({
        "InstanceGroupName": "workers", "InstanceType": "ml.g5.xlarge", "InstanceCount": 2, "ExecutionRole": ROLE,
        "InstanceStorageConfigs": [{ "EbsVolumeConfig": { "RootVolume": true, "VolumeKmsKeyId": KEY } }],
    });
    let request = json!({ "ClusterName": "gpus", "VpcConfig": vpc(), "InstanceGroups": [group] });
    let cluster = local.create(ResourceKind::Cluster, &request, 10)?;
    assert_ne!(cluster.name, "gpus");
    local.settle()?;
    assert_eq!(found(&local, &cluster)?, None);
    let groups = json!([{
        "InstanceGroupName": "workers", "InstanceType": "ml.g5.xlarge", "ExecutionRole": ROLE,
        "ImageVersionStatus": "EndOfLife",
        "InstanceStorageConfigs": [{ "EbsVolumeConfig": { "RootVolume": true, "VolumeKmsKeyId": KEY } }],
    }]);
    local.system.account.update(&cluster, &json!({ "InstanceGroups": groups }), at(80))?;
    let added = call(
        "BatchAddClusterNodes",
        "1",
        &json!({ "clusterName": "gpus", "nodesToAdd": [{ "instanceGroupName": "workers" }] }),
        &json!({ "successful": [], "failed": [] }),
    );
    local.deliver(&added)?;
    assert_eq!(found(&local, &cluster)?, Some((vec!["CLU-IAM-03".to_owned()], json!("AddTags"))));
    local.system.account.delete(&cluster, at(100))?;
    let answer = json!({ lower_first(cluster.kind.arn_field()): cluster.arn() });
    let deleted = call("DeleteCluster", "2", &json!({ "clusterName": "gpus" }), &answer);
    local.deliver(&deleted)?;
    Ok(())
}

/// Whether a document can be read at all is said before anything is stopped for it.
#[test]
fn a_job_whose_configuration_nobody_can_read_runs_on_and_is_undecided() -> Result<()> {
    let local = world()?;
    for (name, version, document) in
        [("broken", "1.0.0", "{ not json"), ("later", "2.0.0", "{}"), ("other", "newest", "{}")]
    {
        let request = json!({
            "JobName": name, "JobCategory": "DataTransformation", "RoleArn": ROLE,
            "JobConfigSchemaVersion": version, "JobConfigDocument": document,
        });
        let job = local.create(ResourceKind::Job, &request, 10)?;
        local.settle()?;
        let described = local.system.account.describe_document(&job)?;
        assert_eq!(described["JobStatus"], "InProgress", "{name}");
        let sent = local.sent()?;
        let own: Vec<_> =
            sent.iter().filter(|notice| notice.detail["resource"]["arn"] == job.arn().as_str()).collect();
        let [notice] = own.as_slice() else { return Err(format!("{name}: {own:?}").into()) };
        assert_eq!(notice.detail["outcome"], "unknown", "{name}");
        let text = notice.detail["text"].as_str().unwrap_or_default();
        assert!(text.contains("JOB-ART-01, JOB-ART-02, JOB-ENC-01, JOB-NET-01 undecided"), "{name}: {text}");
    }
    Ok(())
}

/// Whoever has an address works there. With `strict`, only the person in the owner's tag and the listed roles may ask for one.
#[test]
fn an_address_of_a_shared_app_that_somebody_else_asks_for_is_a_finding() -> Result<()> {
    let local = world()?;
    let server = json!({
        "TrackingServerName": "runs", "ArtifactStoreUri": "s3://models/mlflow", "RoleArn": ROLE,
        "Tags": [{ "Key": "Owner", "Value": "ana" }],
    });
    let partner = json!({
        "Name": "metrics", "Type": "comet", "ExecutionRoleArn": ROLE, "KmsKeyId": KEY, "Tier": "small", "AuthType": "IDC",
        "Tags": [{ "Key": "Owner", "Value": "ana" }],
    });
    let mlflow = json!({
        "Name": "runs", "ArtifactStoreUri": "s3://models/mlflow", "RoleArn": ROLE, "KmsKeyId": KEY,
        "Tags": [{ "Key": "Owner", "Value": "kay" }],
    });
    let server = local.create(ResourceKind::TrackingServer, &server, 0)?;
    let partner = local.create(ResourceKind::PartnerApp, &partner, 0)?;
    let mlflow = local.create(ResourceKind::MlflowApp, &mlflow, 0)?;
    local.settle()?;
    let asked = [
        (
            "CreatePresignedMlflowTrackingServerUrl",
            json!({ "trackingServerName": "runs" }),
            &server,
            Some("MLS-IAM-02"),
        ),
        ("CreatePartnerAppPresignedUrl", json!({ "arn": partner.arn() }), &partner, Some("PAP-IAM-03")),
        ("CreatePresignedMlflowAppUrl", json!({ "arn": mlflow.arn() }), &mlflow, None),
    ];
    for (number, (name, request, resource, control)) in asked.into_iter().enumerate() {
        local.deliver(&call(name, &number.to_string(), &request, &Value::Null))?;
        let sent = local.sent()?;
        let own = sent.iter().rfind(|notice| notice.detail["resource"]["arn"] == resource.arn().as_str());
        let controls = own.map(|notice| notice.detail["findings"][0]["control"].clone());
        assert_eq!(controls, control.map(|control| json!(control)), "{name}");
    }
    Ok(())
}

/// Each change of a router is a revision of its own: an answer has the destinations in force, and no others.
#[test]
fn a_router_leads_to_the_endpoints_that_serve_its_targets_now() -> Result<()> {
    let local = world()?;
    let endpoint = |name: &str| format!("arn:aws:sagemaker:eu-west-1:111122223333:endpoint/{name}");
    let elsewhere = "arn:aws:sagemaker:eu-central-1:111122223333:endpoint/first";
    let targets = |names: &[String]| {
        let destinations: Vec<Value> = names.iter().map(|arn| json!({ "ResourceArn": arn })).collect();
        json!([{ "Name": "credit", "Destinations": destinations }])
    };
    let request = json!({ "InferenceRouterName": "credit", "RoutingTargets": targets(&[endpoint("first")]) });
    let router = local.create(ResourceKind::InferenceRouter, &request, 10)?;
    local.settle()?;
    let into = |local: &Local| -> Result<Vec<(String, String)>> {
        local.inputs("inference-router/credit", "inference-router")
    };
    // Nothing was recorded of the endpoints yet: they have the names of their identities.
    let one = |name: &str| vec![("target/credit".to_owned(), format!("111122223333/eu-west-1/{name}"))];
    assert_eq!(into(&local)?, one("first"));
    let changed = json!({ "RoutingTargets": targets(&[endpoint("second"), elsewhere.to_owned()]) });
    local.system.account.update(&router, &changed, at(80))?;
    let answer = json!({ "inferenceRouterArn": router.arn() });
    let named = json!({ "inferenceRouterName": "credit" });
    local.deliver(&call("UpdateInferenceRouter", "1", &named, &answer))?;
    assert_eq!(into(&local)?, one("second"), "an endpoint of another region is none of this one");
    Ok(())
}
