//! Requests in code, as far as their arguments are literal.

use serde_json::Value as Json;

use super::calls::{created_by, other};
use super::candidate::Words;
use super::opening;
use super::pipeline;
use super::request::of_kind;
use super::states::known;
use super::taken::{Intake, Unusable};
use crate::later::{SUBSTITUTION, is_forged, parse};

/// A request of code at a place of its file, such as `line 9`. A key that ends in `.$` holds a value that is known only when the code runs,
/// as in Amazon States Language.
///
/// # Errors
///
/// If the operation creates nothing that has controls, or the request is not an object.
pub fn of_code(operation: &str, request: &Json, place: &str) -> Result<Intake, Unusable> {
    if is_forged(request) || !request.is_object() {
        return Err(Unusable::UnknownForm);
    }
    if operation == "CreatePipeline" {
        let request = known(&with_definition(request));
        let mut intake = Intake::default();
        intake.add(pipeline::in_text(&request, Words::Api)?, place);
        return Ok(intake);
    }
    let request = known(request);
    if let Some(opened) = opening::of_call(operation, &request) {
        return Ok(Intake::of(opened.standing(place, place, Words::Api)));
    }
    let kind = created_by(operation).ok_or_else(|| other(operation))?;
    let mut candidate = of_kind(kind, request, None);
    if candidate.resource.name == "(not named yet)" {
        candidate.resource.name = place.to_owned();
    }
    Ok(Intake::of(candidate.standing(place, place, Words::Api)))
}

/// A request for a pipeline, whose definition is an object if the text of it has values that are known only when the code runs: all others in
/// it are judged.
fn with_definition(request: &Json) -> Json {
    const FIELD: &str = "PipelineDefinition";
    let mut request = request.clone();
    let text = request.get(FIELD).and_then(Json::as_str).filter(|text| text.contains(SUBSTITUTION));
    if let (Some(definition), Some(fields)) = (text.and_then(parse), request.as_object_mut()) {
        fields.insert(FIELD.to_owned(), definition);
    }
    request
}
