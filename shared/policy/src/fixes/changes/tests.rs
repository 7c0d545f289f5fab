use std::collections::BTreeMap;

use sagewarden_events::{Resource, Timestamp};
use serde_json::json;

use super::*;
use crate::bundle::Bundle;
use crate::join::offline;
use crate::judge::{Subject, judge};

/// The diff for a control of a request.
fn diff(settings: &str, kind: ResourceKind, request: &Json, control: &str) -> String {
    let bundle = Bundle::embedded().unwrap().with_settings(settings).unwrap();
    let resource = Resource::in_region(kind, "111122223333", "eu-west-1", "x");
    let joined = offline(&resource, request, &BTreeMap::new());
    let as_of = Timestamp::from_millis(0);
    let verdict = judge(&bundle, &Subject { resource: &resource, document: request, as_of, joined: &joined });
    let found = verdict.findings.into_iter().find(|finding| finding.control == control);
    found.unwrap_or_else(|| panic!("{control} holds")).diff
}

const ALL: &str = "profile = \"strict\"\n";

fn job(more: &Json) -> Json {
    let mut job = json!({
        "TrainingJobName": "x",
        "RoleArn": "arn:aws:iam::111122223333:role/r",
        "AlgorithmSpecification": { "TrainingImage": "host:5000/team/x:1" },
        "ResourceConfig": { "InstanceType": "ml.m5.large", "InstanceCount": 1 },
        "OutputDataConfig": { "S3OutputPath": "s3://b/o" },
    });
    job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    job
}

#[test]
fn what_is_missing_is_added_with_the_values_of_the_settings() {
    let settings = "profile = \"strict\"\n[network]\nallowed_subnets = [\"subnet-1\", \"subnet-2\"]\nallowed_security_groups = [\"sg-1\"]\n";
    let kind = ResourceKind::TrainingJob;
    assert_eq!(
        diff(settings, kind, &job(&json!({})), "TRN-NET-01"),
        "+ VpcConfig.Subnets: [\"subnet-1\",\"subnet-2\"]\n+ VpcConfig.SecurityGroupIds: [\"sg-1\"]"
    );
    // Allowed subnets stay.
    let half =
        job(&json!({ "VpcConfig": { "Subnets": ["subnet-2", "subnet-9"], "SecurityGroupIds": ["sg-1"] } }));
    assert_eq!(
        diff(settings, kind, &half, "TRN-NET-01"),
        "- VpcConfig.Subnets: [\"subnet-2\",\"subnet-9\"]\n+ VpcConfig.Subnets: [\"subnet-2\"]"
    );
    assert_eq!(
        diff(ALL, kind, &job(&json!({ "EnableNetworkIsolation": false })), "TRN-NET-02"),
        "- EnableNetworkIsolation: false\n+ EnableNetworkIsolation: true"
    );
    assert_eq!(
        diff(ALL, kind, &job(&json!({})), "TRN-ENC-01"),
        "+ ResourceConfig.VolumeKmsKeyId: \"KEY_ARN\""
    );
    let image = "AlgorithmSpecification.TrainingImage";
    assert_eq!(
        diff(ALL, kind, &job(&json!({})), "TRN-REP-01"),
        format!("- {image}: \"host:5000/team/x:1\"\n+ {image}: \"host:5000/team/x@sha256:DIGEST\"")
    );
}

#[test]
fn a_secret_is_removed_and_never_shown() {
    let secret = "c0rrect-h0rse-battery-staple";
    let request =
        job(&json!({ "Environment": { "DB_PASSWORD": secret, "odd.API_TOKEN": secret, "REGION": "eu" } }));
    let told = diff(ALL, ResourceKind::TrainingJob, &request, "TRN-IAM-05");
    assert_eq!(told, "- Environment.DB_PASSWORD: (not shown)\n- Environment[\"odd.API_TOKEN\"]: (not shown)");
}

#[test]
fn each_element_of_a_list_has_its_number() {
    let variant = |count: i64| json!({ "VariantName": "v", "ModelName": "m", "InitialInstanceCount": count, "InstanceType": "ml.m5.large" });
    let request = json!({ "EndpointConfigName": "x", "ProductionVariants": [variant(2), variant(1)] });
    assert_eq!(
        diff(ALL, ResourceKind::EndpointConfig, &request, "EPC-RES-01"),
        "- ProductionVariants[1].InitialInstanceCount: 1\n+ ProductionVariants[1].InitialInstanceCount: 2"
    );
    assert_eq!(
        diff(ALL, ResourceKind::EndpointConfig, &request, "EPC-MON-01"),
        "+ DataCaptureConfig.EnableCapture: true\n+ DataCaptureConfig.InitialSamplingPercentage: 100\n\
         + DataCaptureConfig.CaptureOptions: [{\"CaptureMode\":\"Input\"},{\"CaptureMode\":\"Output\"}]\n\
         + DataCaptureConfig.DestinationS3Uri: \"s3://ALLOWED_BUCKET/PREFIX\""
    );
}

#[test]
fn missing_tags_are_added_beside_those_that_are_there() {
    let settings = "profile = \"strict\"\n[traceability]\nrequired_tags = [\"Owner\", \"ProjectName\"]\n";
    let request = job(&json!({ "Tags": [{ "Key": "Owner", "Value": "ana" }] }));
    assert_eq!(
        diff(settings, ResourceKind::TrainingJob, &request, "TRN-TRC-02"),
        "+ Tags[]: {\"Key\":\"ProjectName\",\"Value\":\"VALUE\"}"
    );
}

#[test]
fn the_fields_of_a_request_are_named_as_the_request_has_them() {
    let settings = "profile = \"strict\"\n[network]\nallowed_security_groups = [\"sg-1\"]\n";
    let request = json!({ "NotebookInstanceName": "x", "SubnetId": "subnet-1", "SecurityGroups": ["sg-9"], "RoleArn": "r" });
    assert_eq!(
        diff(settings, ResourceKind::NotebookInstance, &request, "NBK-NET-02"),
        "- SecurityGroupIds: [\"sg-9\"]\n+ SecurityGroupIds: [\"sg-1\"]"
    );
}

#[test]
fn a_tag_of_an_image_is_cut_and_a_port_is_not() {
    let check = |image: &str, expect: &str| assert_eq!(untagged(image), expect);
    check("x:1", "x");
    check("x", "x");
    check("1.dkr.ecr.eu-west-1.amazonaws.com/team/x:latest", "1.dkr.ecr.eu-west-1.amazonaws.com/team/x");
    check("host:5000/x", "host:5000/x");
}

#[test]
fn no_mode_is_proposed_that_the_registry_of_the_image_does_not_have() {
    let container = |image: &str| json!({ "Image": image });
    let request = json!({ "ModelName": "m", "Containers": [
        container("111122223333.dkr.ecr.eu-west-1.amazonaws.com/x@sha256:0"),
        container("registry.example/x@sha256:0"),
    ] });
    assert_eq!(
        diff(ALL, ResourceKind::Model, &request, "MDL-NET-03"),
        "+ Containers[1].ImageConfig.RepositoryAccessMode: \"Vpc\""
    );
    let alone = json!({ "ModelName": "m", "PrimaryContainer": container("111122223333.dkr.ecr.eu-west-1.amazonaws.com/x:1") });
    assert_eq!(diff(ALL, ResourceKind::Model, &alone, "MDL-NET-03"), "");
}

#[test]
fn a_capture_that_is_on_by_default_is_not_switched_on_again() {
    let config = |capture: Json| json!({ "EndpointConfigName": "x", "ProductionVariants": [{ "InstanceType": "ml.m5.large", "InitialInstanceCount": 1 }], "DataCaptureConfig": capture });
    let kind = ResourceKind::EndpointConfig;
    let both = json!([{ "CaptureMode": "Input" }, { "CaptureMode": "Output" }]);
    let capture =
        json!({ "InitialSamplingPercentage": 100, "DestinationS3Uri": "s3://b", "CaptureOptions": both });
    // The key is missing, and nothing else.
    assert_eq!(diff(ALL, kind, &config(capture), "EPC-ENC-02"), "+ DataCaptureConfig.KmsKeyId: \"KEY_ARN\"");
    let few = json!({ "InitialSamplingPercentage": 1, "DestinationS3Uri": "s3://b", "CaptureOptions": both });
    assert_eq!(
        diff("[monitoring]\nmin_sampling_percentage = 50\n", kind, &config(few), "EPC-MON-01"),
        "- DataCaptureConfig.InitialSamplingPercentage: 1\n+ DataCaptureConfig.InitialSamplingPercentage: 100"
    );
    let off = json!({ "EnableCapture": false, "InitialSamplingPercentage": 100, "DestinationS3Uri": "s3://b", "CaptureOptions": both });
    assert_eq!(
        diff(ALL, kind, &config(off), "EPC-MON-01"),
        "- DataCaptureConfig.EnableCapture: false\n+ DataCaptureConfig.EnableCapture: true"
    );
}

#[test]
fn a_group_without_a_key_for_its_root_volume_gets_a_configuration_of_its_own() {
    let group = |configs: Json| json!({ "InstanceGroupName": "w", "InstanceType": "ml.g5.xlarge", "InstanceStorageConfigs": configs });
    let lustre =
        json!({ "FsxLustreConfig": { "DnsName": "fs-1.fsx.eu-west-1.amazonaws.com", "MountName": "m" } });
    let second = json!({ "EbsVolumeConfig": { "VolumeSizeInGB": 500, "VolumeKmsKeyId": "alias/ds" } });
    let root = json!({ "EbsVolumeConfig": { "RootVolume": true, "VolumeKmsKeyId": "alias/ds" } });
    let request = json!({
        "ClusterName": "gpus",
        "InstanceGroups": [
            group(json!([lustre])),
            group(json!([second, root])),
            group(json!([second])),
            group(json!([second, lustre, lustre, lustre])),
        ],
        "RestrictedInstanceGroups": [group(Json::Null)],
    });
    let added = "{\"EbsVolumeConfig\":{\"RootVolume\":true,\"VolumeKmsKeyId\":\"KEY_ARN\"}}";
    let at = |group: &str| format!("+ {group}.InstanceStorageConfigs[]: {added}");
    assert_eq!(
        diff(ALL, ResourceKind::Cluster, &request, "CLU-ENC-01"),
        [at("InstanceGroups[0]"), at("InstanceGroups[2]"), at("RestrictedInstanceGroups[0]")].join("\n")
    );
}

#[test]
fn no_line_of_a_diff_shows_a_secret() {
    let request = json!({
        "TrainingJobName": "t",
        "AlgorithmSpecification": { "TrainingImage": "https://bob:Hunter\"2zz@h/x", "TrainingInputMode": "File" },
    });
    let told = diff(ALL, ResourceKind::TrainingJob, &request, "TRN-REP-01");
    let shown = |end: &str| format!("AlgorithmSpecification.TrainingImage: \"https://(not shown)@h/x{end}\"");
    assert_eq!(told, format!("- {}\n+ {}", shown(""), shown("@sha256:DIGEST")));
}
