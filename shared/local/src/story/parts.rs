//! The parts of the story's requests: names, keys and networks of the workshop's project.

use serde_json::{Value, json};

/// The account of the story.
pub(super) const ACCOUNT: &str = "111122223333";
/// The region of the story.
pub(super) const REGION: &str = "eu-west-1";

/// The folder of the workshop's notebooks; monitoring writes beside it.
const PREFIX: &str = "secure-sagemaker-demo";

const SUBNETS: [&str; 2] = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"];
const SECURITY_GROUP: &str = "sg-0f1e2d3c4b5a60001";

/// The pipeline definition that the data scientist pushes with the code. Its training step has no VPC.
pub(super) const PIPELINE: &str = r#"{
  "Version": "2020-12-01",
  "Steps": [{
    "Name": "train",
    "Type": "Training",
    "Arguments": {
      "AlgorithmSpecification": {
        "TrainingImage": "141502667201.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:0.90-1-cpu-py3",
        "TrainingInputMode": "File"
      },
      "OutputDataConfig": {
        "S3OutputPath": "s3://ds-model-bucket-credit-dev-7f3a/secure-sagemaker-demo/models",
        "KmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
      },
      "ResourceConfig": {
        "InstanceType": "ml.m4.xlarge",
        "InstanceCount": 1,
        "VolumeSizeInGB": 20,
        "VolumeKmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
      },
      "StoppingCondition": { "MaxRuntimeInSeconds": 3600 },
      "EnableNetworkIsolation": true,
      "RoleArn": "arn:aws:iam::111122223333:role/ds-user-role-credit-dev"
    }
  }]
}
"#;

pub(super) fn session(who: &str) -> String {
    format!("arn:aws:sts::{ACCOUNT}:assumed-role/ds-notebook-role-credit-dev-{who}/{who}")
}

pub(super) fn bucket(what: &str) -> String {
    format!("ds-{what}-bucket-credit-dev-7f3a")
}

pub(super) fn uri(bucket: &str, key: &str) -> String {
    format!("s3://{bucket}/{}", object_key(key))
}

pub(super) fn object_key(key: &str) -> String {
    format!("{PREFIX}/{key}")
}

pub(super) fn key() -> String {
    format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab")
}

pub(super) fn role() -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/ds-user-role-credit-dev")
}

pub(super) fn vpc() -> Value {
    json!({ "Subnets": SUBNETS, "SecurityGroupIds": [SECURITY_GROUP] })
}

pub(super) fn cluster(instance_type: &str) -> Value {
    json!({ "InstanceType": instance_type, "InstanceCount": 1, "VolumeSizeInGB": 20, "VolumeKmsKeyId": key() })
}

pub(super) fn tags(more: &[(&str, &str)]) -> Value {
    let common = [("ProjectName", "credit"), ("EnvironmentType", "dev")];
    let tags = common.iter().chain(more).map(|(key, value)| json!({ "Key": key, "Value": value }));
    Value::Array(tags.collect())
}

pub(super) fn s3_input(name: &str, uri: &str) -> Value {
    json!({ "InputName": name, "S3Input": {
        "S3Uri": uri, "LocalPath": "/opt/ml/processing/input", "S3DataType": "S3Prefix", "S3InputMode": "File",
        "S3DataDistributionType": "FullyReplicated",
    } })
}

pub(super) fn s3_output(name: &str, uri: &str) -> Value {
    json!({ "OutputName": name, "S3Output": {
        "S3Uri": uri, "LocalPath": format!("/opt/ml/processing/{name}"), "S3UploadMode": "EndOfJob",
    } })
}
