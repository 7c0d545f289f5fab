//! Parameters of a pipeline definition (schema version 2020-12-01), put where its steps ask for them.

use serde_json::Value as Json;

/// Of `Parameter.Value` in the API's model.
const LONGEST_DEFAULT: usize = 1024;

/// Puts the defaults of a pipeline's parameters where `{"Get": "Parameters.<name>"}` asks for them. What has no default, or
/// comes from another step, is known only when the pipeline runs: it stays as it is, which no control takes for a value. A default is a text
/// of up to 1,024 characters, a number, or true or false, as the API has it: what else stands there is no default.
pub(crate) fn with_defaults(value: &Json, definition: &Json, unknown: &mut Vec<String>) -> Json {
    let asked =
        value.as_object().filter(|fields| fields.len() == 1).and_then(|fields| fields.get("Get")?.as_str());
    if let Some(asked) = asked {
        let parameters = definition.get("Parameters").and_then(Json::as_array);
        let default = asked.strip_prefix("Parameters.").and_then(|name| {
            let named = |parameter: &&Json| parameter.get("Name").and_then(Json::as_str) == Some(name);
            let default = parameters?.iter().find(named)?.get("DefaultValue")?;
            let fits = default.as_str().map_or(!default.is_array() && !default.is_object(), |text| {
                text.chars().count() <= LONGEST_DEFAULT
            });
            fits.then(|| default.clone())
        });
        return default.unwrap_or_else(|| {
            unknown.push(format!("`{asked}` is known only when the pipeline runs"));
            // What stands there is no value of the API's types: controls that read it are unknown.
            value.clone()
        });
    }
    match value {
        Json::Object(fields) => {
            let resolved =
                fields.iter().map(|(key, value)| (key.clone(), with_defaults(value, definition, unknown)));
            let resolved = Json::Object(resolved.collect());
            joined(&resolved).unwrap_or(resolved)
        }
        Json::Array(list) => list.iter().map(|value| with_defaults(value, definition, unknown)).collect(),
        other => other.clone(),
    }
}

/// The text of `{"Std:Join": {"On": "/", "Values": [...]}}` once every part of it is known.
fn joined(value: &Json) -> Option<Json> {
    let fields = value.as_object().filter(|fields| fields.len() == 1)?;
    let join = fields.get("Std:Join")?;
    let text = |part: &Json| match part {
        Json::String(text) => Some(text.clone()),
        Json::Number(_) | Json::Bool(_) => Some(part.to_string()),
        _ => None,
    };
    let parts: Option<Vec<String>> = join.get("Values")?.as_array()?.iter().map(text).collect();
    let whole = parts?.join(join.get("On").map_or(Some(""), Json::as_str)?);
    // No field that a definition fills in is longer, and a definition cannot grow without end.
    (whole.chars().count() <= LONGEST_DEFAULT).then(|| whole.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::intake::read;

    #[test]
    fn a_pipelines_parameters_have_their_defaults() {
        let definition = json!({
            "Parameters": [{ "Name": "Role", "Type": "String", "DefaultValue": "arn:aws:iam::7:role/r" }, { "Name": "Key", "Type": "String" }],
            "Steps": [{ "Name": "train", "Type": "Training", "Arguments": {
                "RoleArn": { "Get": "Parameters.Role" },
                "OutputDataConfig": { "KmsKeyId": { "Get": "Parameters.Key" } },
            } }],
        });
        let intake = read(&definition.to_string()).unwrap();
        assert_eq!(intake.candidates[0].resource.account, "7");
        assert!(
            intake.candidates[0].document["OutputDataConfig"]["KmsKeyId"].is_object(),
            "no text is made up"
        );
        assert_eq!(intake.passed_over, ["`Parameters.Key` is known only when the pipeline runs"]);
    }

    #[test]
    fn a_default_that_the_api_does_not_have_is_not_copied_to_wherever_it_is_asked_for() {
        for default in [json!("x".repeat(1025)), json!({ "RoleArn": "r" }), json!(["r"])] {
            let definition = json!({
                "Parameters": [{ "Name": "P", "DefaultValue": default }],
                "Steps": [{ "Name": "train", "Type": "Training", "Arguments": { "RoleArn": { "Get": "Parameters.P" } } }],
            });
            let intake = read(&definition.to_string()).unwrap();
            assert_eq!(intake.candidates[0].document["RoleArn"], json!({ "Get": "Parameters.P" }));
        }
    }

    #[test]
    fn a_text_is_joined_once_every_part_of_it_is_known() {
        let definition =
            json!({ "Parameters": [{ "Name": "Bucket", "DefaultValue": "b" }, { "Name": "Run" }] });
        let check = |values: &Json, expect: Option<&str>| {
            let join = json!({ "Std:Join": { "On": "/", "Values": values } });
            let resolved = with_defaults(&join, &definition, &mut Vec::new());
            assert_eq!(resolved.as_str(), expect, "{values}");
        };
        let (bucket, run) = (json!({ "Get": "Parameters.Bucket" }), json!({ "Get": "Parameters.Run" }));
        check(&json!(["s3:/", bucket, "train"]), Some("s3://b/train"));
        check(&json!(["s3:/", { "Std:Join": { "On": "", "Values": [bucket, 1] } }]), Some("s3://b1"));
        check(&json!(["s3:/", bucket, run]), None);
        check(&json!([{ "Get": "Steps.Prep.Output" }]), None);
        check(&json!(["x".repeat(1000), "x".repeat(1000)]), None);
        check(&json!("s3://b"), None);
    }
}
