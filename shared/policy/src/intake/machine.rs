//! State machines as resources of templates and plans: their definition is an object, a text or another file, with substitutions.

use serde_json::Value as Json;

use super::holes::{LONGEST_DEFINITION, parse_with_holes};
use super::states;
use super::taken::{Intake, below};
use super::template_values::DEFINITIONS;
use crate::later::is_later;
use crate::reader::is_present;

/// The properties that name the file with the definition.
const ELSEWHERE: [&str; 2] = ["DefinitionUri", "DefinitionS3Location"];

/// The machine of some properties, which are named as in CloudFormation. `named` says how the file calls a property.
pub(super) fn machine(properties: &Json, at: &str, named: impl Fn(&str) -> String, intake: &mut Intake) {
    let below = |field: &str| below(at, &named(field));
    let given = |field: &&&str| properties.get(**field).is_some_and(is_present);
    let substitutions = properties.get("DefinitionSubstitutions").unwrap_or(&Json::Null);
    if let Some(field) = DEFINITIONS.iter().find(given) {
        let definition = properties.get(*field).unwrap_or(&Json::Null);
        let at = below(field);
        return match definition_of(definition, substitutions) {
            Ok(definition) => intake.add(states::definition(&definition), &at),
            Err(why) => intake.undecided.push(format!("{at}: {why}")),
        };
    }
    let elsewhere = ELSEWHERE.iter().find(given);
    match elsewhere.map(|field| (below(field), properties.get(*field))) {
        Some((at, Some(Json::String(path)))) => {
            intake.elsewhere(
                format!("{at}: the definition of the state machine is in `{path}`: check that file"),
                path,
            );
        }
        Some((at, _)) => {
            intake
                .undecided
                .push(format!("{at}: the definition of the state machine is another file: check that file"));
        }
        None => {
            let at = below("DefinitionString");
            intake.undecided.push(format!("{at}: the definition of the state machine is not known yet"));
        }
    }
}

/// The definition with the known substitutions in it.
///
/// # Errors
/// Why it is not known.
fn definition_of(given: &Json, substitutions: &Json) -> Result<Json, &'static str> {
    let text = match given {
        Json::String(text) => substituted(text, substitutions, as_json),
        Json::Object(_) if !is_later(given) => return Ok(substituted_in(given, substitutions)),
        _ => return Err("the definition of the state machine is not known yet"),
    };
    match parse_with_holes(&text) {
        Some(definition) if definition.is_object() => Ok(definition),
        Some(_) => Err("the definition of the state machine is not an object"),
        None if text.contains("${") => {
            Err("the definition of the state machine cannot be read before its substitutions are known")
        }
        None => Err("the definition of the state machine is not valid JSON"),
    }
}

/// An object with the substitutions in each of its texts.
fn substituted_in(value: &Json, substitutions: &Json) -> Json {
    match value {
        Json::String(text) => substituted(text, substitutions, str::to_owned).into(),
        Json::Array(list) => list.iter().map(|value| substituted_in(value, substitutions)).collect(),
        Json::Object(fields) => {
            let put = |(key, value): (&String, &Json)| (key.clone(), substituted_in(value, substitutions));
            Json::Object(fields.iter().map(put).collect())
        }
        other => other.clone(),
    }
}

/// A text in which `${Name}` is replaced by its substitution, as far as that is known.
fn substituted(text: &str, substitutions: &Json, written: fn(&str) -> String) -> String {
    let value = |name: &str| match substitutions.get(name)? {
        Json::String(text) if !text.contains("${") => Some(written(text)),
        number @ (Json::Number(_) | Json::Bool(_)) => Some(number.to_string()),
        _ => None,
    };
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        whole.push_str(before);
        let found = after.split_once('}').and_then(|(name, after)| Some((value(name)?, after)));
        let (value, after) =
            found.filter(|_| whole.len() < LONGEST_DEFINITION).unwrap_or(("${".to_owned(), after));
        whole.push_str(&value);
        rest = after;
    }
    whole + rest
}

/// A text as it stands within another text of JSON.
fn as_json(text: &str) -> String {
    let text = Json::from(text).to_string();
    text.get(1..text.len().saturating_sub(1)).unwrap_or_default().to_owned()
}
