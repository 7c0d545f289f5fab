//! The wanted value of a field: the value in the settings if they name one, else a word in capitals, which is to be replaced.

use sagewarden_events::ResourceKind;
use sagewarden_settings::Settings;
use serde_json::{Value as Json, json};

/// "VpcConfig", SageMaker API reference: at most sixteen subnets and five security groups.
const MOST_SUBNETS: usize = 16;
const MOST_GROUPS: usize = 5;

/// The wanted value of a field of this name, according to the API's model; `None` if nobody knows that for sure.
pub(super) fn value(name: &str, area: &str, settings: &Settings) -> Option<Json> {
    let Settings { access, artifacts, compute, encryption, network, .. } = settings;
    Some(match name {
        "EnableNetworkIsolation" | "EnableInterContainerTrafficEncryption" | "EnableCapture" => json!(true),
        "EnableSSMAccess" | "EnableRemoteDebug" => json!(false),
        "KmsKeyId" | "VolumeKmsKeyId" | "S3KmsKeyId" => json!(literal(&encryption.allowed_keys, "KEY_ARN")),
        "Subnets" | "SubnetIds" => some(&network.allowed_subnets, MOST_SUBNETS, "SUBNET_ID"),
        "SubnetId" => json!(literal(&network.allowed_subnets, "SUBNET_ID")),
        "SecurityGroupIds" | "SecurityGroups" => {
            some(&network.allowed_security_groups, MOST_GROUPS, "SECURITY_GROUP_ID")
        }
        "RoleArn" | "ExecutionRoleArn" | "ExecutionRole" => json!(literal(&access.allowed_roles, "ROLE_ARN")),
        "DirectInternetAccess" | "RootAccess" => json!("Disabled"),
        "MinimumInstanceMetadataServiceVersion" => json!("2"),
        "PlatformIdentifier" => json!(literal(&compute.allowed_platforms, "PLATFORM")),
        "AppNetworkAccessType" => json!("VpcOnly"),
        "AuthMode" => json!("SSO"),
        "TagPropagation" => json!("ENABLED"),
        "EnableDockerAccess" | "RemoteAccess" => json!("DISABLED"),
        "ExecutionRoleIdentityConfig" => json!("USER_PROFILE_NAME"),
        "RepositoryAccessMode" => json!("Vpc"),
        "InitialInstanceCount" if area == "RES" => json!(2),
        "MaxRuntimeInSeconds" => json!(compute.max_runtime_seconds?),
        "ExperimentName" => json!("EXPERIMENT"),
        "CommitId" => json!("COMMIT"),
        "Repository" => json!("REPOSITORY"),
        "S3OutputPath" | "DestinationS3Uri" if ["ART", "MON"].contains(&area) => {
            json!(format!("s3://{}/PREFIX", literal(&artifacts.allowed_buckets, "ALLOWED_BUCKET")))
        }
        "Image" | "TrainingImage" | "ImageUri" if area == "ART" => json!("ALLOWED_IMAGE"),
        "Image" | "TrainingImage" | "ImageUri" if area == "REP" => json!("IMAGE@sha256:DIGEST"),
        "InstanceType" if area == "IAM" => json!(literal(&compute.allowed_instance_types, "ALLOWED_TYPE")),
        _ => return None,
    })
}

/// The first value of a list that is no pattern.
fn literal<'a>(allowed: &'a [String], otherwise: &'a str) -> &'a str {
    allowed.iter().map(String::as_str).find(|one| !one.contains(['*', '?'])).unwrap_or(otherwise)
}

fn some(allowed: &[String], most: usize, otherwise: &str) -> Json {
    if allowed.is_empty() { json!([otherwise]) } else { allowed.iter().take(most).cloned().collect() }
}

/// A path of the description as the request has it.
pub(super) fn requested(kind: ResourceKind, path: &str) -> &str {
    match (kind, path) {
        (ResourceKind::NotebookInstance, "SecurityGroups") => "SecurityGroupIds",
        _ => path,
    }
}

/// Whether the fields of a kind's controls are set when it is created. What an endpoint does follows from its configuration, and what an
/// execution does from its pipeline.
pub(super) fn is_requested(kind: ResourceKind) -> bool {
    ![ResourceKind::Endpoint, ResourceKind::PipelineExecution].contains(&kind)
}

/// The last name of a path.
pub(super) fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_the_settings_is_named_unless_it_is_a_pattern() {
        let mut settings = Settings::default();
        let check = |name: &str, settings: &Settings, expect: Json| {
            assert_eq!(value(name, "IAM", settings), Some(expect), "{name}");
        };
        check("Subnets", &settings, json!(["SUBNET_ID"]));
        check("RoleArn", &settings, json!("ROLE_ARN"));
        check("InstanceType", &settings, json!("ALLOWED_TYPE"));
        assert_eq!(value("MaxRuntimeInSeconds", "IAM", &settings), None);
        settings.network.allowed_subnets = (0..20).map(|number| format!("subnet-{number}")).collect();
        settings.access.allowed_roles =
            vec!["arn:aws:iam::1:role/ds-*".into(), "arn:aws:iam::1:role/ml".into()];
        settings.compute.allowed_instance_types = vec!["ml.m5.*".into()];
        settings.compute.max_runtime_seconds = Some(60);
        assert_eq!(value("Subnets", "NET", &settings).and_then(|all| all.as_array().map(Vec::len)), Some(16));
        check("SubnetId", &settings, json!("subnet-0"));
        check("RoleArn", &settings, json!("arn:aws:iam::1:role/ml"));
        check("InstanceType", &settings, json!("ALLOWED_TYPE"));
        check("MaxRuntimeInSeconds", &settings, json!(60));
    }
}
