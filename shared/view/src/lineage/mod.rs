//! Answers for people and machines: a tree by the workshop's four stages, JSON, a flat table, a page.

pub(crate) mod caption;
mod csv;
mod cyclonedx;
mod dot;
mod export;
mod flat;
pub(crate) mod html;
pub(crate) mod json;
mod layout;
mod mermaid;
mod names;
mod openlineage;
pub(crate) mod picture;
mod prov;
mod slsa;
mod stage;
mod tree;

use sagewarden_lineage::answer::{Answer, Format};
use serde_json::Value as Json;

pub use csv::csv;
pub use cyclonedx::cyclonedx;
pub use dot::dot;
pub use flat::{FlatCell, FlatTable, flat};
pub use html::html;
pub use json::json;
pub use mermaid::mermaid;
pub use openlineage::openlineage;
pub use prov::prov;
pub use slsa::slsa;
pub use stage::Stage;
pub use tree::tree;

/// The answer as a JSON document: nodes and edges, the flat table with `columns`, `rows` and `complete`, or the document of a standard.
#[must_use]
pub fn document(answer: &Answer, format: Format) -> Json {
    match format {
        Format::Table => {
            let FlatTable { columns, rows } = flat(answer);
            let cursor = &answer.cursor;
            serde_json::json!({ "complete": answer.is_complete(), "cursor": cursor, "columns": columns, "rows": rows })
        }
        Format::CycloneDx => cyclonedx(answer),
        Format::Prov => prov(answer),
        _ => json(answer),
    }
}

/// The answer as text. The flat table is JSON, because the reader decides how to lay out its cells.
#[must_use]
pub fn text(answer: &Answer, format: Format) -> String {
    match format {
        Format::Tree => tree(answer),
        Format::Html => html(answer),
        Format::Csv => csv(answer),
        Format::Dot => dot(answer),
        Format::Mermaid => mermaid(answer),
        Format::OpenLineage => openlineage(answer),
        Format::Slsa => slsa(answer),
        Format::Json | Format::Table | Format::CycloneDx | Format::Prov => {
            format!("{:#}", document(answer, format))
        }
    }
}
