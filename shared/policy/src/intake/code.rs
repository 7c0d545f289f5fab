//! Requests in code, as far as their arguments are literal.

use serde_json::Value as Json;

use super::calls::{created_by, other};
use super::candidate::Words;
use super::opening;
use super::pipeline;
use super::request::of_kind;
use super::states::known;
use super::taken::{Intake, Unusable};
use crate::later::is_forged;

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
    let request = known(request);
    if operation == "CreatePipeline" {
        let mut intake = Intake::default();
        intake.add(pipeline::in_text(&request, Words::Api)?, place);
        return Ok(intake);
    }
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
