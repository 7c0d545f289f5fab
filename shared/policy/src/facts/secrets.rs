//! Secrets in environments and hyperparameters, which everybody who may describe a resource can read.

use sagewarden_events::{ResourceKind, is_secret};

use super::context::Context;

/// Where users write names and values of their own.
const MAPS: &[(ResourceKind, &[&str])] = &[
    (ResourceKind::TrainingJob, &["HyperParameters", "Environment"]),
    (ResourceKind::ProcessingJob, &["Environment"]),
    (ResourceKind::TransformJob, &["Environment"]),
    (
        ResourceKind::TuningJob,
        &[
            "TrainingJobDefinition.StaticHyperParameters",
            "TrainingJobDefinitions[].StaticHyperParameters",
            "TrainingJobDefinition.Environment",
            "TrainingJobDefinitions[].Environment",
        ],
    ),
    (
        ResourceKind::InferenceComponent,
        &["Specification.Container.Environment", "Specifications[].Container.Environment"],
    ),
    (ResourceKind::Model, &["PrimaryContainer.Environment", "Containers[].Environment"]),
    (
        ResourceKind::ModelPackage,
        &[
            "InferenceSpecification.Containers[].Environment",
            "AdditionalInferenceSpecifications[].Containers[].Environment",
            "ValidationSpecification.ValidationProfiles[].TransformJobDefinition.Environment",
        ],
    ),
    (
        ResourceKind::MonitoringSchedule,
        &[
            "MonitoringScheduleConfig.MonitoringJobDefinition.Environment",
            "DescribeDataQualityJobDefinition:DataQualityAppSpecification.Environment",
            "DescribeModelQualityJobDefinition:ModelQualityAppSpecification.Environment",
            "DescribeModelBiasJobDefinition:ModelBiasAppSpecification.Environment",
            "DescribeModelExplainabilityJobDefinition:ModelExplainabilityAppSpecification.Environment",
        ],
    ),
];

/// Prefixes of values that name the place of a secret, and are not secrets.
const REFERENCES: [&str; 11] = [
    "arn:",
    "s3://",
    "ssm:",
    "secretsmanager:",
    "{{resolve:",
    "file:",
    "/run/",
    "/var/",
    "/etc/",
    "/mnt/",
    "/opt/",
];

/// Whether a kind has such maps.
pub(super) fn can_hold(kind: ResourceKind) -> bool {
    MAPS.iter().any(|(of, _)| *of == kind)
}

impl Context<'_> {
    /// Whether a map holds a value that looks like a secret. The finding shows the name of the value, and never the value.
    pub(super) fn secrets_in_the_clear(&self) -> bool {
        let kind = self.resource.kind;
        let maps = MAPS.iter().filter(|(of, _)| *of == kind).flat_map(|(_, paths)| *paths);
        let found = maps.map(|map| {
            let each = format!("{map}.*");
            let (documents, path) = self.documents(map);
            let (_, each) = crate::join::split(&each);
            let mut found = 0;
            for document in &documents {
                document.has_text(each);
                for name in document.parts(path).iter().flat_map(|part| part.pairs()).filter_map(secret) {
                    document.offends("secretsInTheClear", each, &format!("{name} (not shown)"));
                    found += 1;
                }
            }
            found
        });
        let found = found.sum::<usize>() > 0;
        if found {
            self.unreadable.decides("secretsInTheClear");
        }
        found
    }
}

/// The name, where the value reads like a secret.
fn secret<'a>((name, value): (&'a str, &str)) -> Option<&'a str> {
    // The training toolkit's hyperparameters are JSON in a text.
    let bare = value.trim().trim_matches(['"', '\'']);
    let is_plain = bare.parse::<f64>().is_ok()
        || ["true", "false", "null", "none"].contains(&bare.to_ascii_lowercase().as_str());
    let is_reference =
        REFERENCES.iter().any(|head| bare.starts_with(head)) || bare.starts_with(['$', '<', '[', '{']);
    (!is_plain && !is_reference && is_secret(name, bare)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_told_from_what_says_where_it_is() {
        let check = |name: &str, value: &str, expect: bool| {
            assert_eq!(secret((name, value)).is_some(), expect, "{name}={value}");
        };
        check("DB_PASSWORD", "hunter2", true);
        check("api_key", "\"x1\"", true);
        check("anything", "AKIAIOSFODNN7EXAMPLE", true);
        check("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG", true);
        check("DB_PASSWORD", "", false);
        check("DB_PASSWORD", "arn:aws:secretsmanager:eu-west-1:1:secret:x", false);
        check("DB_PASSWORD", "{{resolve:secretsmanager:x}}", false);
        check("DB_PASSWORD", "${DB_PASSWORD}", false);
        check("DB_PASSWORD", "/run/secrets/db", false);
        check("SAGEMAKER_TOKEN", "None", false);
        check("eos_token", "</s>", false);
        check("token", "7", false);
        check("use_auth_token", "true", false);
        check("max_tokens", "many", false);
    }
}
