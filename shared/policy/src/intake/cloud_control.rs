//! Resources of Terraform's provider for Cloud Control (`awscc_sagemaker_…`). Its attributes are the properties of CloudFormation's schemas
//! in small letters (a test holds the names against the published schemas).

use serde_json::{Map, Value as Json};

use super::names::capitalized;
use super::template::typed;
use crate::later::{is_later, later, parse};

/// How the types of these resources begin.
pub(super) const PREFIX: &str = "awscc_sagemaker_";

/// Properties that the attributes do not show the capitals of.
const CAPITALS: [(&str, &str); 11] = [
    ("auto_ml_job_arn", "AutoMLJobArn"),
    ("auto_mount_home_efs", "AutoMountHomeEFS"),
    ("efs_file_system", "EFSFileSystem"),
    ("efs_file_system_config", "EFSFileSystemConfig"),
    ("enable_ssm_access", "EnableSSMAccess"),
    ("fsx_lustre_file_system", "FSxLustreFileSystem"),
    ("fsx_lustre_file_system_config", "FSxLustreFileSystemConfig"),
    ("max_payload_in_mb", "MaxPayloadInMB"),
    ("memory_size_in_mb", "MemorySizeInMB"),
    ("supported_response_mime_types", "SupportedResponseMIMETypes"),
    ("volume_size_in_gb", "VolumeSizeInGB"),
];

/// Attributes that hold what CloudFormation takes in any form: an object whose keys are the users' own, or JSON in a text.
const FREE: [&str; 3] = ["environment", "customer_metadata_properties", "pipeline_definition"];

/// A property by the name of its attribute.
#[must_use]
pub fn property_of(attribute: &str) -> String {
    let listed = CAPITALS.iter().find(|(own, _)| *own == attribute);
    listed.map_or_else(|| capitalized(attribute), |(_, property)| (*property).to_owned())
}

/// The attribute of a property: a word begins at a capital or a digit after a small letter, and after a digit.
#[must_use]
pub fn attribute_of(property: &str) -> String {
    let (bare, each) = property.strip_suffix("[]").map_or((property, ""), |bare| (bare, "[]"));
    if let Some((attribute, _)) = CAPITALS.iter().find(|(_, listed)| *listed == bare) {
        return format!("{attribute}{each}");
    }
    let mut name = String::with_capacity(bare.len() + 8);
    let mut before = None;
    for letter in bare.chars() {
        let begins = before.is_some_and(|before: char| {
            before.is_ascii_lowercase() && (letter.is_ascii_uppercase() || letter.is_ascii_digit())
                || before.is_ascii_digit() && letter.is_ascii_alphabetic()
        });
        if begins {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
        before = Some(letter);
    }
    name + each
}

/// The properties that a plan or state has of a resource. What the plan marks as unknown is known later.
pub(super) fn properties(values: &Json, unknown: &Json) -> Json {
    typed("", renamed(values, unknown))
}

fn renamed(value: &Json, unknown: &Json) -> Json {
    if unknown == &Json::Bool(true) {
        return later(None);
    }
    match value {
        Json::Object(fields) => {
            let mut named: Map<String, Json> = Map::new();
            let unknown_keys = unknown.as_object().into_iter().flatten().map(|(key, _)| key);
            for key in fields.keys().chain(unknown_keys) {
                let value = fields.get(key).unwrap_or(&Json::Null);
                let within = unknown.get(key).unwrap_or(&Json::Null);
                let value =
                    if FREE.contains(&key.as_str()) { free(value, within) } else { renamed(value, within) };
                named.insert(property_of(key), value);
            }
            Json::Object(named)
        }
        Json::Array(list) => {
            let within = |index: usize| unknown.get(index).unwrap_or(&Json::Null);
            list.iter().enumerate().map(|(index, value)| renamed(value, within(index))).collect()
        }
        other => other.clone(),
    }
}

/// A value of any form. The attributes of a definition of a pipeline are renamed like others, keys in a text are not.
fn free(value: &Json, unknown: &Json) -> Json {
    match value {
        Json::String(text) => parse(text).filter(|parsed| !is_later(parsed)).unwrap_or_else(|| value.clone()),
        Json::Object(fields) if fields.keys().any(|key| key.starts_with("pipeline_definition")) => {
            renamed(value, unknown)
        }
        other if unknown != &Json::Bool(true) => other.clone(),
        _ => later(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_has_one_attribute() {
        for (property, attribute) in [
            ("KmsKeyId", "kms_key_id"),
            ("S3Uri", "s3_uri"),
            ("DataCapturedDestinationS3Uri", "data_captured_destination_s3_uri"),
            ("EnableSSMAccess", "enable_ssm_access"),
            ("VolumeSizeInGB", "volume_size_in_gb"),
        ] {
            assert_eq!(
                (attribute_of(property).as_str(), property_of(attribute).as_str()),
                (attribute, property)
            );
        }
        assert_eq!(attribute_of("Containers[]"), "containers[]");
    }
}
