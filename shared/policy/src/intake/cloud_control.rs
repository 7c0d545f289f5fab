//! Resources of Terraform's provider for Cloud Control (`awscc_sagemaker_…`). Its attributes are the properties of CloudFormation's schemas
//! in small letters (a test holds the names against the published schemas).

use serde_json::{Map, Value as Json};

use super::names::property_of;
use super::typed::typed;
use crate::later::{is_later, later, parse};

/// How the types of these resources begin.
pub(super) const PREFIX: &str = "awscc_sagemaker_";

/// Attributes that hold what CloudFormation takes in any form: an object whose keys are the users' own, or JSON in a text.
const FREE: [&str; 3] = ["environment", "customer_metadata_properties", "pipeline_definition"];

/// The properties of a resource in a plan or state. Properties that the plan marks as unknown are known later.
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
