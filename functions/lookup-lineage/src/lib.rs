//! A question about the lineage, asked by invoking the function with `{"entity": …, "format": …}`.

use sagewarden_govern::ports::Table;
use sagewarden_govern::{NoAnswer, Question, lookup_lineage};
use sagewarden_lambda::FunctionError;
use sagewarden_lineage::view::{self, Format};
use serde_json::Value as Json;

/// Answers a request: a JSON document for `json` (the default), `table`, `cyclonedx` and `prov`, `{"complete": …, "text": …}` for the others.
///
/// # Errors
/// `BadRequest` names the field that is wrong, `NotFound` the entity, `Unavailable` what did not answer.
pub async fn answer(table: &impl Table, request: Json) -> Result<Json, FunctionError> {
    let question: Question =
        serde_json::from_value(request).map_err(|error| FunctionError::BadRequest(error.to_string()))?;
    // On the heap: over the SDK it is a future of many layers.
    let answer = Box::pin(lookup_lineage(table, &question)).await.map_err(refusal)?;
    Ok(match question.format {
        Format::Json | Format::Table | Format::CycloneDx | Format::Prov => {
            view::document(&answer, question.format)
        }
        _ => serde_json::json!({
            "complete": answer.is_complete(),
            "text": view::text(&answer, question.format),
        }),
    })
}

fn refusal(error: NoAnswer) -> FunctionError {
    let text = error.to_string();
    match error {
        NoAnswer::Unknown(_) => FunctionError::NotFound(text),
        NoAnswer::Unaddressable(_) | NoAnswer::Ambiguous { .. } | NoAnswer::BadField { .. } => {
            FunctionError::BadRequest(text)
        }
        NoAnswer::Port(_) => FunctionError::Unavailable(text),
    }
}
