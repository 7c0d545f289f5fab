//! Answers questions about the lineage. A caller invokes the function with `{"entity": …, "format": …}`, or uses its URL, if the stack has
//! one.

mod bounds;
mod fitting;
mod question;
mod url;

use sagewarden_govern::Question;
use sagewarden_govern::ports::Table;
use sagewarden_lambda::FunctionError;
use sagewarden_lineage::answer::{Format, Reply};
use sagewarden_view::reply;
use serde_json::{Value as Json, json};

pub use bounds::{Bounds, RESPONSE_BYTES};
pub use fitting::size_of;
use fitting::{fitting, written};
use question::read;
pub use url::answer_url;

/// Answers a request: a JSON document for `json` (the default), `table`, `cyclonedx` and `prov`, `{"complete": …, "cursor": …,
/// "text": …}` for the others.
///
/// # Errors
/// `BadRequest` names the wrong field. `NotFound` names the unknown entity, or says that there is nothing to write in this format.
/// `Unavailable` names the service that did not answer.
pub async fn answer(table: &impl Table, request: Json, bounds: Bounds<'_>) -> Result<Json, FunctionError> {
    let question = Question { now: bounds.now, ..read(request)? };
    fitting(table, &question, bounds, |reply| match question.format {
        // A list in the form of a table is one text.
        Format::Json | Format::Table | Format::CycloneDx | Format::Prov
            if question.format == Format::Json || !question.ask.is_list() =>
        {
            Ok(reply::document(reply, question.format))
        }
        format => {
            let text = written(reply, format)?;
            let cursor = match reply {
                Reply::Lineage(answer) => answer.cursor.as_deref(),
                Reply::Listing(listing) => listing.cursor.as_deref(),
                _ => None,
            };
            Ok(json!({ "complete": reply.is_complete(), "cursor": cursor, "text": text }))
        }
    })
    .await
}
