//! A question about the lineage, asked by invoking the function with `{"entity": …, "format": …}`, or over its URL where the
//! stack has one.

mod question;
mod url;

use sagewarden_govern::ports::Table;
use sagewarden_lambda::FunctionError;
use sagewarden_lineage::answer::Format;
use sagewarden_view::reply;
use serde_json::Value as Json;

use question::{ask, read};
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
