//! The configuration of a job of a category: a JSON text, whose schema only the service has (`DescribeJobSchemaVersion`).
//!
//! Its fields are looked for by the names that they have in the rest of the API, at any depth. A text that is no JSON, and a version of the
//! schema that nobody has looked at, leave the controls undecided, unless a value in the text breaks them for certain.

use serde_json::Value as Json;

use super::context::Context;
use crate::later::is_later;

const PATH: &str = "JobConfigDocument";
const VERSION: &str = "JobConfigSchemaVersion";
/// The first number of the versions whose documents are read as the rest of the API.
const KNOWN: &str = "1";

/// The values of a configuration, by the fields that controls are about.
#[derive(Debug, Default)]
pub(super) struct JobConfig {
    subnets: Vec<String>,
    security_groups: Vec<String>,
    keys: Vec<String>,
}

impl JobConfig {
    /// The configuration of a job; notes why it cannot be read.
    pub(super) fn of(context: &Context<'_>) -> Self {
        let reader = context.reader();
        let mut found = Self::default();
        let Some(text) = reader.text(PATH) else {
            // A description always has it, and so has a request, unless it is filled in later.
            if !context.document.get(PATH).is_some_and(is_later) {
                reader.expected(PATH);
            }
            return found;
        };
        match serde_json::from_str::<Json>(text) {
            Ok(config) if config.is_object() => found.collect("", &config),
            Ok(_) => reader.undecided(PATH, "is no JSON object".to_owned()),
            Err(error) => reader.undecided(PATH, format!("is no JSON ({error})")),
        }
        match reader.text(VERSION) {
            Some(version) if is_known(version) => {}
            Some(version) => {
                reader.undecided(
                    PATH,
                    format!("has the schema version `{version}`, which Sagewarden does not know"),
                );
            }
            None => reader.undecided(PATH, "has no schema version".to_owned()),
        }
        found
    }

    fn collect(&mut self, name: &str, value: &Json) {
        match value {
            Json::Object(fields) => fields.iter().for_each(|(name, value)| self.collect(name, value)),
            Json::Array(values) => values.iter().for_each(|value| self.collect(name, value)),
            Json::String(text) => {
                let folded: String = name
                    .chars()
                    .filter(char::is_ascii_alphanumeric)
                    .map(|letter| letter.to_ascii_lowercase())
                    .collect();
                match folded.as_str() {
                    "subnets" | "subnetids" => self.subnets.push(text.clone()),
                    "securitygroupids" | "securitygroups" => self.security_groups.push(text.clone()),
                    key if key.contains("kmskey") && !text.is_empty() => self.keys.push(text.clone()),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// Every subnet and security group that it names is allowed. Whether a category can have a network at all, only its schema says.
    pub(super) fn network_allowed(&self, context: &Context<'_>) -> bool {
        let network = &context.settings.network;
        let subnets = outside(&self.subnets, |subnet| is_one_of(&network.allowed_subnets, subnet));
        let groups =
            outside(&self.security_groups, |group| is_one_of(&network.allowed_security_groups, group));
        decided(context, "networkAllowed", subnets.into_iter().chain(groups))
    }

    /// Every key that it names is allowed.
    pub(super) fn keys_allowed(&self, context: &Context<'_>) -> bool {
        let keys = outside(&self.keys, |key| context.is_allowed_key(key));
        decided(context, "keysAllowed", keys.into_iter())
    }
}

/// `<major>.<minor>.<patch>` ("DescribeJobSchemaVersion", SageMaker API reference).
fn is_known(version: &str) -> bool {
    let parts: Vec<&str> = version.split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.len() == 3 && parts.iter().all(is_number) && parts.first() == Some(&KNOWN)
}

fn outside(values: &[String], allows: impl Fn(&str) -> bool) -> Vec<&str> {
    values.iter().map(String::as_str).filter(|value| !allows(value)).collect()
}

fn is_one_of(allowed: &[String], id: &str) -> bool {
    allowed.is_empty() || allowed.iter().any(|one| one == id)
}

/// A value that is not allowed decides, whatever else could not be read.
fn decided<'v>(context: &Context<'_>, fact: &'static str, wrong: impl Iterator<Item = &'v str>) -> bool {
    let reader = context.reader();
    let allowed = wrong.map(|value| reader.offends(fact, PATH, value)).count() == 0;
    if !allowed {
        context.unreadable.decides(fact);
    }
    allowed
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_found_at_any_depth_and_in_any_spelling() {
        let mut found = JobConfig::default();
        found.collect(
            "",
            &json!({
                "Output": [{ "S3Uri": "s3://b", "KmsKeyId": "k1" }],
                "vpc_config": { "subnets": ["subnet-1"], "security_group_ids": ["sg-1"] },
                "compute": { "VpcConfig": { "Subnets": ["subnet-2"] }, "volumeKmsKeyArn": "k2", "KmsKey": "" },
                "Text": "Subnets", "Subnets": 5,
            }),
        );
        found.keys.sort();
        found.subnets.sort();
        assert_eq!(found.keys, ["k1", "k2"]);
        assert_eq!(found.subnets, ["subnet-1", "subnet-2"]);
        assert_eq!(found.security_groups, ["sg-1"]);
    }

    #[test]
    fn versions_of_the_schema_have_three_numbers() {
        for (version, expect) in [
            ("1.0.0", true),
            ("1.12.3", true),
            ("2.0.0", false),
            ("1.0", false),
            ("1.0.x", false),
            ("", false),
            ("1..0", false),
        ] {
            assert_eq!(is_known(version), expect, "{version}");
        }
    }
}
