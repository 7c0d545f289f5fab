//! Manifests for the SageMaker controller of AWS Controllers for Kubernetes: one resource, with the API's fields in its `spec`.

use serde_json::{Map, Value as Json};

use super::candidate::Words;
use super::names::api_name;
use super::pipeline;
use super::request::{kind_of, of_kind};
use super::taken::{Intake, NOT_RENDERED, Unusable};
use super::typed::switch;
use crate::later::{begun, later};

/// The group of the controller's resources, before their version.
pub(super) const GROUP: &str = "sagemaker.services.k8s.aws/";

/// The resource of a manifest.
pub(super) fn resource(json: &Json) -> Result<Intake, Unusable> {
    let kind = json.get("kind").and_then(Json::as_str).unwrap_or_default();
    let spec = json.get("spec").ok_or(Unusable::UnknownForm)?;
    let document = in_words_of_the_api(spec);
    let mut intake = Intake::default();
    if has_unrendered(spec) {
        intake.note(NOT_RENDERED.to_owned());
    }
    if kind == "Pipeline" {
        intake.add(pipeline::in_text(&document, Words::Manifest)?, "spec");
        return Ok(intake);
    }
    let Some(kind) = kind_of(kind) else {
        intake.note(format!("no controls for manifests of kind `{kind}`"));
        return Ok(intake);
    };
    let name = json.pointer("/metadata/name").and_then(Json::as_str).unwrap_or_default().to_owned();
    let mut candidate = of_kind(kind, document, None);
    if candidate.resource.name == "(not named yet)" {
        candidate.resource.name = name;
    }
    candidate.at = "spec".to_owned();
    candidate.words = Words::Manifest;
    intake.candidates.push(candidate);
    Ok(intake)
}

/// Whether something in a value is left to Helm.
fn has_unrendered(value: &Json) -> bool {
    is_unrendered(value)
        || match value {
            Json::Object(fields) => fields.values().any(has_unrendered),
            Json::Array(list) => list.iter().any(has_unrendered),
            _ => false,
        }
}

/// A value that Helm puts in: an action in quotes, or one that YAML reads as a map in a map.
fn is_unrendered(value: &Json) -> bool {
    match value {
        Json::String(text) => text.contains("{{"),
        Json::Object(fields) => fields.len() == 1 && fields.keys().all(|key| key.starts_with('{')),
        _ => false,
    }
}

/// The resources in a list of manifests; other resources are passed over.
pub(super) fn list(json: &Json) -> Intake {
    let mut intake = Intake::default();
    for (index, item) in json.get("items").and_then(Json::as_array).into_iter().flatten().enumerate() {
        let of = item.get("apiVersion").and_then(Json::as_str).unwrap_or_default();
        let at = format!("items[{index}]");
        match resource(item) {
            _ if !of.starts_with(GROUP) => {}
            Ok(part) => intake.add(part, &at),
            Err(_) => intake.undecided.push(format!("{at}: the manifest cannot be read")),
        }
    }
    intake
}

/// A spec in the words of the API; what refers to another resource (`modelRef`) or a secret, or is left to Helm, is known later.
fn in_words_of_the_api(value: &Json) -> Json {
    match value {
        Json::String(text) if is_unrendered(value) => begun(text.split("{{").next().unwrap_or_default()),
        value if is_unrendered(value) => later(None),
        Json::Object(fields) => {
            let named = fields.iter().map(|(key, value)| match key.strip_suffix("Ref") {
                Some(head) if value.get("from").is_some() => (api_name(head), later(None)),
                _ if is_free(key) => (api_name(key), value.clone()),
                // The value of a tag is a text.
                _ => match value.as_str().and_then(switch).filter(|_| key != "value") {
                    Some(switch) => (api_name(key), Json::Bool(switch)),
                    None => (api_name(key), in_words_of_the_api(value)),
                },
            });
            Json::Object(named.collect::<Map<_, _>>())
        }
        Json::Array(list) => list.iter().map(in_words_of_the_api).collect(),
        other => other.clone(),
    }
}

/// Maps whose keys are the users' own.
fn is_free(key: &str) -> bool {
    ["environment", "hyperParameters", "staticHyperParameters"].contains(&key)
}
