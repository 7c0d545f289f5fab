//! Reads a question, and refuses a wrong one.

use std::fmt::Display;

use sagewarden_govern::ports::Table;
use sagewarden_govern::{NoAnswer, Question};
use sagewarden_lambda::FunctionError;
use sagewarden_lineage::answer::Reply;
use serde_html_form::Deserializer;
use serde_json::Value as Json;

use crate::bounds::Bounds;

/// Reads a question; an error names the field at fault.
pub(crate) fn read(request: Json) -> Result<Question, FunctionError> {
    serde_path_to_error::deserialize(request).map_err(bad)
}

/// Reads a question from the parameters of a request, in which a number or a switch is text.
pub(crate) fn read_form(parameters: &str) -> Result<Question, FunctionError> {
    serde_path_to_error::deserialize(Deserializer::from_bytes(parameters.as_bytes())).map_err(bad)
}

fn bad(error: serde_path_to_error::Error<impl Display>) -> FunctionError {
    let field = error.path().to_string();
    let words = error.into_inner();
    FunctionError::BadRequest(if field == "." { words.to_string() } else { format!("`{field}`: {words}") })
}

/// Asks the table.
pub(crate) async fn ask(
    table: &impl Table,
    question: &Question,
    bounds: Bounds<'_>,
) -> Result<Reply, FunctionError> {
    // On the heap, because with the SDK it is a future of many layers.
    let reply = match bounds.scope {
        Some(scope) => {
            Box::pin(sagewarden_govern::answer_within(table, scope, question, bounds.is_over)).await
        }
        None => Box::pin(sagewarden_govern::answer(table, question, bounds.is_over)).await,
    };
    reply.map_err(refusal)
}

fn refusal(error: NoAnswer) -> FunctionError {
    let text = error.to_string();
    match error {
        NoAnswer::Unknown(_) | NoAnswer::OutOfScope(_) => FunctionError::NotFound(text),
        NoAnswer::Unaddressable(_)
        | NoAnswer::Ambiguous { .. }
        | NoAnswer::BadField { .. }
        | NoAnswer::NotReproducible(_)
        | NoAnswer::Stopped(_) => FunctionError::BadRequest(text),
        NoAnswer::Port(_) => FunctionError::Unavailable(text),
    }
}
