//! A question about the lineage, asked by invoking the function with `{"entity": …, "format": …}`, or over its URL where the
//! stack has one.

mod url;

use sagewarden_govern::ports::Table;
use sagewarden_govern::{NoAnswer, Question};
use sagewarden_lambda::FunctionError;
use sagewarden_lineage::answer::{Format, Reply};
use sagewarden_view::reply;
use serde_json::Value as Json;

pub use url::answer_url;

/// Answers a request: a JSON document for `json` (the default), `table`, `cyclonedx` and `prov`, `{"complete": …, "text": …}` for the
/// others. `is_over` says whether there is no more time.
///
/// # Errors
/// `BadRequest` names the field that is wrong, `NotFound` the entity, `Unavailable` what did not answer.
pub async fn answer(
    table: &impl Table,
    request: Json,
    is_over: &dyn Fn() -> bool,
) -> Result<Json, FunctionError> {
    let question = read(request)?;
    let reply = ask(table, &question, is_over).await?;
    Ok(match question.format {
        Format::Json | Format::Table | Format::CycloneDx | Format::Prov => {
            reply::document(&reply, question.format)
        }
        format => serde_json::json!({ "complete": reply.is_complete(), "text": reply::text(&reply, format) }),
    })
}

/// Reads a question; an error names the field that is wrong.
fn read(request: Json) -> Result<Question, FunctionError> {
    serde_path_to_error::deserialize(request).map_err(|error| {
        let field = error.path().to_string();
        let words = error.into_inner();
        FunctionError::BadRequest(if field == "." {
            words.to_string()
        } else {
            format!("`{field}`: {words}")
        })
    })
}

async fn ask(
    table: &impl Table,
    question: &Question,
    is_over: &dyn Fn() -> bool,
) -> Result<Reply, FunctionError> {
    // On the heap: over the SDK it is a future of many layers.
    Box::pin(sagewarden_govern::answer(table, question, is_over)).await.map_err(refusal)
}

fn refusal(error: NoAnswer) -> FunctionError {
    let text = error.to_string();
    match error {
        NoAnswer::Unknown(_) => FunctionError::NotFound(text),
        NoAnswer::Unaddressable(_)
        | NoAnswer::Ambiguous { .. }
        | NoAnswer::BadField { .. }
        | NoAnswer::NotReproducible(_)
        | NoAnswer::Stopped(_) => FunctionError::BadRequest(text),
        NoAnswer::Port(_) => FunctionError::Unavailable(text),
    }
}
