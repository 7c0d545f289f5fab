//! Parameters of a pipeline definition (schema version 2020-12-01), and outputs of its steps, put where other steps ask for them.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::later::{beginning, begun, is_later, later};

/// The longest `Parameter.Value` in the API's model.
const LONGEST_DEFAULT: usize = 1024;
/// Outputs that lead to outputs, so that none leads round in circles.
const LONGEST_CHAIN: usize = 8;
/// Values that are followed from step to step in one definition. Each may lead to many others, and each of those again: without a bound, 1 KB
/// of text would keep a core busy for hours.
const MOST_FOLLOWED: usize = 1 << 18;

/// The values of a definition that its steps may use.
pub(super) struct Parameters<'a> {
    defaults: BTreeMap<&'a str, &'a Json>,
    declared: BTreeSet<&'a str>,
    steps: BTreeMap<&'a str, &'a Json>,
    /// The part of [`MOST_FOLLOWED`] that is left.
    left: Cell<usize>,
}

impl<'a> Parameters<'a> {
    pub(super) fn of(definition: &'a Json) -> Self {
        let list = || definition.get("Parameters").and_then(Json::as_array).into_iter().flatten();
        let default = |parameter: &'a Json| {
            Some((
                parameter.get("Name")?.as_str()?,
                parameter.get("DefaultValue").filter(|default| fits(default))?,
            ))
        };
        Self {
            defaults: list().filter_map(default).collect(),
            declared: list().filter_map(|parameter| parameter.get("Name")?.as_str()).collect(),
            steps: by_name(definition),
            left: Cell::new(MOST_FOLLOWED),
        }
    }

    /// Replaces `{"Get": "Parameters.<name>"}` by the parameter's default, and `{"Get": "Steps.<name>.<path>"}` by the value in the other
    /// step. A parameter without a default is known only when the pipeline runs.
    pub(super) fn put_into(&self, value: &Json, unknown: &mut Vec<String>) -> Json {
        self.put(value, unknown, LONGEST_CHAIN)
    }

    /// Why some values are not known, if the definition leads through more steps than anybody follows.
    pub(super) fn not_followed(&self) -> Option<String> {
        (self.left.get() == 0).then(|| {
            format!("outputs of steps lead to more than {MOST_FOLLOWED} other values: not all of them were followed")
        })
    }

    fn put(&self, value: &Json, unknown: &mut Vec<String>, left: usize) -> Json {
        if let Some(asked) = alone(value, "Get").and_then(Json::as_str) {
            return match self.asked(asked, left) {
                Some(known) if !is_later(&known) => known,
                begun => {
                    unknown.extend(self.why_unknown(asked));
                    let step = asked.strip_prefix("Steps.").and_then(|rest| rest.split('.').next());
                    begun.unwrap_or_else(|| later(step))
                }
            };
        }
        // It reads a file that a step of the pipeline writes.
        if alone(value, "Std:JsonGet").is_some() {
            unknown.push("`Std:JsonGet` is known only when the pipeline runs".to_owned());
            return later(None);
        }
        match value {
            Json::Object(fields) => {
                let put = fields.iter().map(|(key, value)| (key.clone(), self.put(value, unknown, left)));
                let put = Json::Object(put.collect());
                joined(&put).unwrap_or(put)
            }
            Json::Array(list) => list.iter().map(|value| self.put(value, unknown, left)).collect(),
            other => other.clone(),
        }
    }

    fn asked(&self, asked: &str, left: usize) -> Option<Json> {
        if let Some(name) = asked.strip_prefix("Parameters.") {
            return self.defaults.get(name).map(|default| (*default).clone());
        }
        let (step, path) = asked.strip_prefix("Steps.")?.split_once('.')?;
        let found = at(self.steps.get(step)?, path)?;
        let calls = |value: &Json| ["Get", "Std:Join"].iter().any(|name| alone(value, name).is_some());
        if self.left.get() == 0 || found.is_array() || (found.is_object() && !calls(found)) {
            return None;
        }
        self.left.set(self.left.get().saturating_sub(size(found)));
        let found = self.put(found, &mut Vec::new(), left.checked_sub(1)?);
        // A text, a number or a switch; an unknown value there is unknown here.
        let is_whole = !found.is_object() && !found.is_array() && !found.is_null();
        (is_whole || beginning(&found).is_some()).then_some(found)
    }

    /// Why a value is not known; none if it is the name of what another step makes, which is judged as that step says.
    fn why_unknown(&self, asked: &str) -> Option<String> {
        if let Some(name) = asked.strip_prefix("Parameters.").filter(|name| !self.declared.contains(name)) {
            return Some(format!("`Parameters.{name}` is not among the `Parameters` of the definition"));
        }
        let of_step = asked.strip_prefix("Steps.").and_then(|rest| rest.split_once('.'));
        let is_name = |(step, path): (&str, &str)| {
            ["ModelName", "EndpointConfigName"].contains(&path) && self.steps.contains_key(step)
        };
        let is_named = of_step.is_some_and(is_name);
        (!is_named).then(|| format!("`{asked}` is known only when the pipeline runs"))
    }
}

/// Values in a value; a long text counts for several.
fn size(value: &Json) -> usize {
    1 + match value {
        Json::String(text) => text.len() / LONGEST_DEFAULT,
        Json::Array(list) => list.iter().map(size).sum(),
        Json::Object(fields) => fields.values().map(size).sum(),
        _ => 0,
    }
}

/// The value of an object that has only this key.
fn alone<'a>(value: &'a Json, key: &str) -> Option<&'a Json> {
    value.as_object().filter(|fields| fields.len() == 1)?.get(key)
}

/// A default is a text of up to 1,024 characters, a number, or true or false, as in the API: any other value is not a default.
fn fits(default: &Json) -> bool {
    let is_whole = !default.is_array() && !default.is_object() && !default.is_null();
    default.as_str().map_or(is_whole, |text| text.chars().count() <= LONGEST_DEFAULT)
}

/// The value at a path such as `ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri` or `InputDataConfig[0].ChannelName`.
fn at<'a>(value: &'a Json, path: &str) -> Option<&'a Json> {
    path.split('.').try_fold(value, |value, part| {
        let (key, index) = part.split_once('[').map_or((part, None), |(key, index)| (key, Some(index)));
        let found = value.get(key)?;
        let Some(index) = index.map(|index| index.trim_end_matches(']').trim_matches(['\'', '"'])) else {
            return Some(found);
        };
        match found {
            Json::Object(fields) => fields.get(index),
            Json::Array(list) => {
                let is_named = |element: &&Json| {
                    let mut fields = element.as_object().into_iter().flatten();
                    fields.any(|(key, value)| key.ends_with("Name") && value.as_str() == Some(index))
                };
                index
                    .parse()
                    .ok()
                    .and_then(|index: usize| list.get(index))
                    .or_else(|| list.iter().find(is_named))
            }
            _ => None,
        }
    })
}

/// The text of `{"Std:Join": {"On": "/", "Values": [...]}}` if every part is known. If a part is not known yet and none is wrong, the whole
/// is known later.
fn joined(value: &Json) -> Option<Json> {
    let join = alone(value, "Std:Join")?;
    let values = join.get("Values")?.as_array()?;
    let on = join.get("On").map_or(Some(""), Json::as_str)?;
    let text = |part: &Json| match part {
        Json::String(text) => Some(text.clone()),
        Json::Number(_) | Json::Bool(_) => Some(part.to_string()),
        _ => None,
    };
    if let Some(first) = values.iter().position(is_later) {
        let known: Option<String> = values.iter().take(first).map(|part| Some(text(part)? + on)).collect();
        let rest = values.get(first).and_then(beginning).unwrap_or_default();
        return Some(begun(&(known.unwrap_or_default() + rest)));
    }
    let parts: Option<Vec<String>> = values.iter().map(text).collect();
    let whole = parts?.join(on);
    // No field that a definition fills in is longer, and a definition cannot grow without end.
    (whole.chars().count() <= LONGEST_DEFAULT).then(|| whole.into())
}

/// The steps by their names, including those in branches.
fn by_name(definition: &Json) -> BTreeMap<&str, &Json> {
    fn collect<'a>(steps: Option<&'a Json>, found: &mut BTreeMap<&'a str, &'a Json>) {
        for step in steps.and_then(Json::as_array).into_iter().flatten() {
            let arguments = step.get("Arguments");
            if let Some((name, arguments)) = step.get("Name").and_then(Json::as_str).zip(arguments) {
                found.insert(name, arguments);
            }
            for branch in ["IfSteps", "ElseSteps"] {
                collect(arguments.and_then(|arguments| arguments.get(branch)), found);
            }
        }
    }
    let mut found = BTreeMap::new();
    collect(definition.get("Steps"), &mut found);
    found
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
        let key = &intake.candidates[0].document["OutputDataConfig"]["KmsKeyId"];
        assert!(is_later(key), "no text is made up");
        assert_eq!(intake.passed_over, ["`Parameters.Key` is known only when the pipeline runs"]);
    }

    #[test]
    fn a_note_says_why_a_value_is_not_known_and_none_is_made_about_a_step_of_the_file() {
        let asked = |of: &str| json!({ "Get": of });
        let output = json!({ "Std:Join": { "On": "/", "Values": ["s3://b", asked("Execution.PipelineExecutionId")] } });
        let definition = json!({ "Parameters": [{ "Name": "P" }], "Steps": [
            { "Name": "M", "Type": "Model", "Arguments": { "X": output } },
            { "Name": "T", "Type": "Transform", "Arguments": {} },
        ] });
        let check = |of: &str, expect: Option<&str>| {
            let mut notes = Vec::new();
            let put = Parameters::of(&definition).put_into(&asked(of), &mut notes);
            assert!(is_later(&put), "{put}");
            assert_eq!(notes.first().map(String::as_str), expect, "{of}");
        };
        check("Parameters.P", Some("`Parameters.P` is known only when the pipeline runs"));
        check("Parameters.Q", Some("`Parameters.Q` is not among the `Parameters` of the definition"));
        check("Steps.M.ModelName", None);
        check("Steps.N.ModelName", Some("`Steps.N.ModelName` is known only when the pipeline runs"));
        check("Steps.M.X", Some("`Steps.M.X` is known only when the pipeline runs"));
        let begun = Parameters::of(&definition).put_into(&asked("Steps.M.X"), &mut Vec::new());
        assert_eq!(beginning(&begun), Some("s3://b/"));
    }

    #[test]
    fn a_default_that_the_api_does_not_have_is_not_copied_to_wherever_it_is_asked_for() {
        for default in [json!("x".repeat(1025)), json!({ "RoleArn": "r" }), json!(["r"])] {
            let definition = json!({
                "Parameters": [{ "Name": "P", "DefaultValue": default }],
                "Steps": [{ "Name": "train", "Type": "Training", "Arguments": { "RoleArn": { "Get": "Parameters.P" } } }],
            });
            let intake = read(&definition.to_string()).unwrap();
            assert!(is_later(&intake.candidates[0].document["RoleArn"]));
        }
    }

    #[test]
    fn a_text_is_joined_once_every_part_of_it_is_known() {
        let definition =
            json!({ "Parameters": [{ "Name": "Bucket", "DefaultValue": "b" }, { "Name": "Run" }] });
        let check = |values: &Json, expect: Option<&str>| {
            let join = json!({ "Std:Join": { "On": "/", "Values": values } });
            let resolved = Parameters::of(&definition).put_into(&join, &mut Vec::new());
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

    #[test]
    fn what_a_step_writes_into_a_file_is_known_only_when_the_pipeline_runs() {
        let path = json!({ "Get": "Steps.Eval.Outputs['m'].S3Uri" });
        let get = json!({ "Std:JsonGet": { "PropertyFile": { "Get": "Steps.Eval.PropertyFiles.F" }, "Path": "uri" } });
        let definition = json!({ "Steps": [{ "Name": "train", "Type": "Training", "Arguments": {
            "OutputDataConfig": { "S3OutputPath": get, "KmsKeyId": { "Std:Join": { "On": "/", "Values": ["k", get] } } },
            "RoleArn": path,
        } }] });
        let intake = read(&definition.to_string()).unwrap();
        let output = &intake.candidates[0].document["OutputDataConfig"];
        assert!(is_later(&output["S3OutputPath"]) && is_later(&output["KmsKeyId"]), "{output}");
        assert_eq!(intake.passed_over[0], "`Std:JsonGet` is known only when the pipeline runs");
    }

    /// Each level asks for the one below eight times, with and without a circle.
    #[test]
    fn outputs_that_lead_to_ever_more_outputs_are_followed_as_far_as_the_bound_says() {
        let values = |of: &str| json!({ "Std:Join": { "On": "", "Values": vec![json!({ "Get": of }); 8] } });
        let step = |name: String, below: &str| json!({ "Name": name, "Type": "Training", "Arguments": { "X": values(below), "RoleArn": "arn:aws:iam::7:role/r" } });
        let circle = vec![step("A".to_owned(), "Steps.A.X")];
        let ladder = (0..12).map(|level: i32| step(format!("S{level}"), &format!("Steps.S{}.X", level + 1)));
        for steps in [circle, ladder.collect()] {
            let intake = read(&json!({ "Steps": steps }).to_string()).unwrap();
            assert_eq!(intake.undecided.len(), 1, "{:?}", intake.undecided);
            assert!(intake.undecided[0].contains("not all of them were followed"), "{:?}", intake.undecided);
            assert!(is_later(&intake.candidates[0].document["X"]));
            assert_eq!(intake.candidates[0].document["RoleArn"], "arn:aws:iam::7:role/r");
        }
    }

    #[test]
    fn what_another_step_says_is_put_where_it_is_asked_for() {
        let outputs = json!([
            { "OutputName": "test", "S3Output": { "S3Uri": "s3://b/test" } },
            { "OutputName": "train", "S3Output": { "S3Uri": { "Std:Join": { "On": "/", "Values": ["s3://b", { "Get": "Parameters.P" }] } } } },
            { "OutputName": "round", "S3Output": { "S3Uri": { "Get": "Steps.Prep.ProcessingOutputConfig.Outputs['round'].S3Output.S3Uri" } } },
        ]);
        let definition = json!({
            "Parameters": [{ "Name": "P", "DefaultValue": "train" }],
            "Steps": [{ "Name": "good", "Type": "Condition", "Arguments": { "IfSteps": [
                { "Name": "Prep", "Type": "Processing", "Arguments": { "ProcessingOutputConfig": { "Outputs": outputs } } },
            ] } }],
        });
        let check = |asked: &str, expect: Option<&str>| {
            let resolved = Parameters::of(&definition).put_into(&json!({ "Get": asked }), &mut Vec::new());
            assert_eq!(resolved.as_str(), expect, "{asked}");
            assert_eq!(is_later(&resolved), expect.is_none(), "{asked}");
        };
        let output = |name: &str| format!("Steps.Prep.ProcessingOutputConfig.Outputs[{name}].S3Output.S3Uri");
        check(&output("'train'"), Some("s3://b/train"));
        check(&output("\"test\""), Some("s3://b/test"));
        check(&output("0"), Some("s3://b/test"));
        check(&output("'none'"), None);
        // One that leads to itself ends.
        check(&output("'round'"), None);
        check("Steps.Prep.ProcessingOutputConfig", None);
        check("Steps.Other.ModelArtifacts.S3ModelArtifacts", None);
    }
}
