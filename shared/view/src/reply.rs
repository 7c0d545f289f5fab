//! The answer to a question of any kind, as a document or as text.

use sagewarden_lineage::answer::{Format, Reply};
use serde_json::{Value as Json, json};

use crate::lineage;

/// As a JSON document; the lineage as nodes and edges, or as the flat table.
#[must_use]
pub fn document(reply: &Reply, format: Format) -> Json {
    match reply {
        Reply::Lineage(answer) => lineage::document(answer, format),
        Reply::Impact(impact) => json!(impact),
        Reply::Difference(difference) => json!(difference),
        Reply::Reproduction(reproduction) => json!(reproduction),
        Reply::History(history) => json!(history),
    }
}

/// As text in the format that was asked for.
#[must_use]
pub fn text(reply: &Reply, format: Format) -> String {
    match reply {
        Reply::Lineage(answer) => lineage::text(answer, format),
        _ if format == Format::Json => format!("{:#}", document(reply, format)),
        Reply::Impact(impact) => impact.text(),
        Reply::Difference(difference) => difference.text(),
        Reply::Reproduction(reproduction) => reproduction.text(),
        Reply::History(history) => history.text(),
    }
}
