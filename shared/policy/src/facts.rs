//! The fact layer: what a description says, in the vocabulary of the Cedar schema. All logic that a policy cannot express
//! (absence, key forms, instance totals) is here; all decisions are in the policies.

use cedar_policy::RestrictedExpression;
use sagewarden_events::{Resource, ResourceKind};
use serde_json::Value as Json;
use wildmatch::WildMatch;

use crate::instance::has_local_nvme;
use crate::settings::Settings;

/// Attributes of the Cedar entity of a resource; `None` for kinds without controls.
pub(crate) fn attributes(
    resource: &Resource,
    document: &Json,
    settings: &Settings,
) -> Option<Vec<(String, RestrictedExpression)>> {
    let origins = Origins::of(resource.kind)?;
    let paths = match resource.kind {
        ResourceKind::TrainingJob => Paths::TRAINING_JOB,
        ResourceKind::ProcessingJob => Paths::PROCESSING_JOB,
        _ => {
            let mut facts = network(document, "VpcConfig", "EnableNetworkIsolation");
            facts.extend(origins.facts(document, settings));
            return Some(facts);
        }
    };
    let mut facts = network(document, paths.vpc, paths.isolation);
    facts.extend(origins.facts(document, settings));
    let instances = Instances::of(document, &paths);
    facts.push(("takesVolumeKey".into(), bool(instances.takes_volume_key)));
    facts.push(("instances".into(), RestrictedExpression::new_long(instances.total)));
    facts.push(("interContainerEncryption".into(), bool(is_true(document, paths.traffic))));
    for (name, path) in [("volumeKeyAccount", paths.volume_key), ("outputKeyAccount", paths.output_key)] {
        if let Some(key) = text(document, path).filter(|key| !is_aws_managed(key)) {
            facts.push((name.into(), string(key_account(key, &resource.account))));
        }
    }
    Some(facts)
}

/// The Cedar entity type of a kind.
pub(crate) fn entity_type(kind: ResourceKind) -> Option<&'static str> {
    match kind {
        ResourceKind::TrainingJob => Some("TrainingJob"),
        ResourceKind::ProcessingJob => Some("ProcessingJob"),
        ResourceKind::Model => Some("Model"),
        _ => None,
    }
}

/// The ARN of whatever started the resource on a user's behalf: its settings are the parent's, and so is the remedy.
pub(crate) fn parent(document: &Json) -> Option<&str> {
    ["TuningJobArn", "AutoMLJobArn", "MonitoringScheduleArn", "TrainingJobArn"]
        .into_iter()
        .filter(|key| *key != "TrainingJobArn" || document.get("ProcessingJobName").is_some())
        .find_map(|key| text(document, key))
}

/// The values at a dotted path, where `name[]` stands for each element of a list; absent ones are left out.
pub(crate) fn values<'a>(document: &'a Json, path: &str) -> Vec<&'a Json> {
    let mut found = vec![document];
    for part in path.split('.') {
        let (key, each) = part.strip_suffix("[]").map_or((part, false), |key| (key, true));
        let next = found.into_iter().filter_map(|value| at(value, key));
        found = if each { next.filter_map(Json::as_array).flatten().collect() } else { next.collect() };
    }
    found
}

/// A value at a dotted path; null, "", [] and {} are absent.
pub(crate) fn at<'a>(document: &'a Json, path: &str) -> Option<&'a Json> {
    path.split('.').try_fold(document, |value, key| value.get(key)).filter(|value| match value {
        Json::Null => false,
        Json::String(text) => !text.is_empty(),
        Json::Array(list) => !list.is_empty(),
        Json::Object(fields) => !fields.is_empty(),
        Json::Bool(_) | Json::Number(_) => true,
    })
}

/// Where a kind names its role, its data and its images.
struct Origins {
    role: &'static str,
    /// Fact and paths of S3 URIs.
    data: &'static [(&'static str, &'static [&'static str])],
    images: &'static [&'static str],
}

impl Origins {
    fn of(kind: ResourceKind) -> Option<Self> {
        Some(match kind {
            ResourceKind::TrainingJob => Self {
                role: "RoleArn",
                data: &[
                    ("inputsAllowed", &["InputDataConfig[].DataSource.S3DataSource.S3Uri"]),
                    (
                        "outputsAllowed",
                        &[
                            "OutputDataConfig.S3OutputPath",
                            "CheckpointConfig.S3Uri",
                            "DebugHookConfig.S3OutputPath",
                            "TensorBoardOutputConfig.S3OutputPath",
                            "ProfilerConfig.S3OutputPath",
                        ],
                    ),
                ],
                images: &["AlgorithmSpecification.TrainingImage"],
            },
            ResourceKind::ProcessingJob => Self {
                role: "RoleArn",
                data: &[(
                    "dataAllowed",
                    &[
                        "ProcessingInputs[].S3Input.S3Uri",
                        "ProcessingInputs[].DatasetDefinition.AthenaDatasetDefinition.OutputS3Uri",
                        "ProcessingInputs[].DatasetDefinition.RedshiftDatasetDefinition.OutputS3Uri",
                        "ProcessingOutputConfig.Outputs[].S3Output.S3Uri",
                    ],
                )],
                images: &["AppSpecification.ImageUri"],
            },
            ResourceKind::Model => Self {
                role: "ExecutionRoleArn",
                data: &[(
                    "dataAllowed",
                    &[
                        "PrimaryContainer.ModelDataUrl",
                        "PrimaryContainer.ModelDataSource.S3DataSource.S3Uri",
                        "PrimaryContainer.AdditionalModelDataSources[].S3DataSource.S3Uri",
                        "Containers[].ModelDataUrl",
                        "Containers[].ModelDataSource.S3DataSource.S3Uri",
                        "Containers[].AdditionalModelDataSources[].S3DataSource.S3Uri",
                    ],
                )],
                images: &["PrimaryContainer.Image", "Containers[].Image"],
            },
            _ => return None,
        })
    }

    /// Patterns cannot be matched against a list in a policy, so these facts are answers.
    fn facts(&self, document: &Json, settings: &Settings) -> Vec<(String, RestrictedExpression)> {
        let artifacts = &settings.artifacts;
        let all = |paths: &[&str], patterns: &[String], part: fn(&str) -> Option<&str>| {
            let mut values = paths.iter().flat_map(|path| values(document, path));
            patterns.is_empty()
                || values.all(|value| value.as_str().and_then(part).is_some_and(|text| fits(patterns, text)))
        };
        let role = &settings.access.allowed_roles;
        // Every resource runs with a role: one without has not said which.
        let has_role = role.is_empty() || text(document, self.role).is_some();
        let mut facts =
            vec![("roleAllowed".to_owned(), bool(has_role && all(&[self.role], role, |text| Some(text))))];
        for (name, paths) in self.data {
            facts.push(((*name).to_owned(), bool(all(paths, &artifacts.allowed_buckets, bucket))));
        }
        facts.push(("imagesAllowed".to_owned(), bool(all(self.images, &artifacts.allowed_images, image))));
        facts
    }
}

fn fits(patterns: &[String], text: &str) -> bool {
    patterns.iter().any(|pattern| WildMatch::new(pattern).matches(text))
}

/// `s3://<bucket>/…`; what is no S3 URI fits nothing.
fn bucket(uri: &str) -> Option<&str> {
    uri.strip_prefix("s3://")?.split('/').next().filter(|bucket| !bucket.is_empty())
}

/// An image's name without digest and tag.
fn image(reference: &str) -> Option<&str> {
    let name = reference.split('@').next()?;
    // A colon before the last slash belongs to a port.
    match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => Some(name),
        _ => Some(name),
    }
}

/// Where the two kinds of job keep the same settings.
struct Paths {
    vpc: &'static str,
    isolation: &'static str,
    traffic: &'static str,
    volume_key: &'static str,
    output_key: &'static str,
    cluster: &'static str,
}

impl Paths {
    const TRAINING_JOB: Self = Self {
        vpc: "VpcConfig",
        isolation: "EnableNetworkIsolation",
        traffic: "EnableInterContainerTrafficEncryption",
        volume_key: "ResourceConfig.VolumeKmsKeyId",
        output_key: "OutputDataConfig.KmsKeyId",
        cluster: "ResourceConfig",
    };
    const PROCESSING_JOB: Self = Self {
        vpc: "NetworkConfig.VpcConfig",
        isolation: "NetworkConfig.EnableNetworkIsolation",
        traffic: "NetworkConfig.EnableInterContainerTrafficEncryption",
        volume_key: "ProcessingResources.ClusterConfig.VolumeKmsKeyId",
        output_key: "ProcessingOutputConfig.KmsKeyId",
        cluster: "ProcessingResources.ClusterConfig",
    };
}

struct Instances {
    total: i64,
    takes_volume_key: bool,
}

impl Instances {
    fn of(document: &Json, paths: &Paths) -> Self {
        let cluster = at(document, paths.cluster).unwrap_or(&Json::Null);
        let groups: Vec<&Json> =
            at(cluster, "InstanceGroups").and_then(Json::as_array).into_iter().flatten().collect();
        let parts = if groups.is_empty() { vec![cluster] } else { groups };
        let types: Vec<&str> = parts.iter().filter_map(|part| text(part, "InstanceType")).collect();
        let count = |part: &&Json| at(part, "InstanceCount").and_then(Json::as_i64).unwrap_or(1);
        Self {
            total: parts.iter().map(count).sum(),
            // A serverless job names no instance and has no volume.
            takes_volume_key: types.iter().any(|instance| !has_local_nvme(instance)),
        }
    }
}

fn network(document: &Json, vpc: &str, isolation: &str) -> Vec<(String, RestrictedExpression)> {
    let mut facts = vec![("networkIsolation".to_owned(), bool(is_true(document, isolation)))];
    for (name, key) in [("subnets", "Subnets"), ("securityGroups", "SecurityGroupIds")] {
        let list = at(document, &format!("{vpc}.{key}")).and_then(Json::as_array);
        let texts: Vec<&str> =
            list.into_iter().flatten().filter_map(Json::as_str).filter(|id| !id.is_empty()).collect();
        if !texts.is_empty() {
            let set = RestrictedExpression::new_set(texts.into_iter().map(string));
            facts.push((name.to_owned(), set));
        }
    }
    facts
}

/// Keys that AWS manages (`alias/aws/s3`) are nobody's choice: their policies cannot be changed.
fn is_aws_managed(key: &str) -> bool {
    key.rsplit(':').next().is_some_and(|name| name.starts_with("alias/aws/"))
}

/// The account of a KMS key: part of the ARN of a key or alias; a bare key id or alias name is the caller's own.
fn key_account<'a>(key: &'a str, own: &'a str) -> &'a str {
    let mut parts = key.split(':');
    if parts.next() != Some("arn") {
        return own;
    }
    parts.nth(3).filter(|account| !account.is_empty()).unwrap_or(own)
}

fn text<'a>(document: &'a Json, path: &str) -> Option<&'a str> {
    at(document, path).and_then(Json::as_str)
}

fn is_true(document: &Json, path: &str) -> bool {
    at(document, path).and_then(Json::as_bool) == Some(true)
}

fn bool(value: bool) -> RestrictedExpression {
    RestrictedExpression::new_bool(value)
}

fn string(text: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_of_a_key_is_read_from_every_form_of_its_name() {
        let check = |key: &str, expect: &str| assert_eq!(key_account(key, "own"), expect, "{key}");
        check("1234abcd-12ab-34cd-56ef-1234567890ab", "own");
        check("alias/credit", "own");
        check("arn:aws:kms:eu-west-1:999988887777:key/1234abcd", "999988887777");
        check("arn:aws:kms:eu-west-1:999988887777:alias/credit", "999988887777");
    }

    #[test]
    fn lists_are_walked_and_names_cut_from_references() {
        let document =
            serde_json::json!({ "a": [{ "b": { "c": "x" } }, { "b": {} }, { "b": { "c": "y" } }], "d": "z" });
        assert_eq!(values(&document, "a[].b.c"), ["x", "y"]);
        assert_eq!(values(&document, "d"), ["z"]);
        assert!(values(&document, "a.b").is_empty() && values(&document, "d[]").is_empty());
        let check = |reference: &str, expect: &str| assert_eq!(image(reference), Some(expect));
        check("1.dkr.ecr.eu-west-1.amazonaws.com/xgb:0.90-1", "1.dkr.ecr.eu-west-1.amazonaws.com/xgb");
        check("1.dkr.ecr.eu-west-1.amazonaws.com/xgb@sha256:4f8c", "1.dkr.ecr.eu-west-1.amazonaws.com/xgb");
        check("registry:5000/xgb", "registry:5000/xgb");
        assert_eq!((bucket("s3://b/k"), bucket("s3://b"), bucket("file:///b")), (Some("b"), Some("b"), None));
    }

    #[test]
    fn empty_values_are_absent() {
        let document = serde_json::json!({ "a": { "b": "" }, "c": {}, "d": [], "e": null, "f": false });
        for path in ["a.b", "c", "d", "e", "g", "a.b.c"] {
            assert_eq!(at(&document, path), None, "{path}");
        }
        assert_eq!(at(&document, "f"), Some(&Json::Bool(false)));
    }
}
