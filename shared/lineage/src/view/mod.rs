//! Answers for people and machines: a tree by the workshop's four stages, JSON, a flat table, a page.

mod csv;
mod cyclonedx;
mod dot;
mod export;
mod flat;
mod html;
mod json;
mod layout;
mod mermaid;
mod openlineage;
mod picture;
mod prov;
mod slsa;
mod stage;
mod tree;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::graph::Graph;
use crate::id::NodeId;

pub use csv::csv;
pub use cyclonedx::cyclonedx;
pub use dot::dot;
pub use flat::{Cell, FlatTable, flat};
pub use html::html;
pub use json::json;
pub use mermaid::mermaid;
pub use openlineage::openlineage;
pub use prov::prov;
pub use slsa::slsa;
pub use stage::Stage;
pub use tree::tree;

/// How an answer is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One JSON document with nodes and edges.
    #[default]
    Json,
    /// The four stages as a tree of text.
    Tree,
    /// The flat table, one row a component.
    Table,
    /// A self-contained page.
    Html,
    /// The flat table as a file for pandas.
    Csv,
    /// A drawing for Graphviz.
    Dot,
    /// A drawing for Mermaid.
    Mermaid,
    /// OpenLineage run events, one JSON document a line.
    OpenLineage,
    /// A CycloneDX 1.6 bill of materials.
    CycloneDx,
    /// in-toto statements with SLSA provenance, one JSON document a line.
    Slsa,
    /// W3C PROV-JSON.
    Prov,
}

/// The answer as a JSON document: nodes and edges, the flat table with `columns`, `rows` and `complete`,
/// or what a standard has as one document.
#[must_use]
pub fn document(answer: &Answer, format: Format) -> Json {
    match format {
        Format::Table => {
            let FlatTable { columns, rows } = flat(answer);
            serde_json::json!({ "complete": answer.is_complete(), "columns": columns, "rows": rows })
        }
        Format::CycloneDx => cyclonedx(answer),
        Format::Prov => prov(answer),
        _ => json(answer),
    }
}

/// The answer as text; the flat table as JSON, since its cells are the reader's to lay out.
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

/// What was found upstream of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What was asked about.
    pub root: NodeId,
    /// The node and everything upstream of it; for an endpoint also what was observed on it.
    pub graph: Graph,
    /// Large facts of some nodes, such as hyperparameters.
    pub details: BTreeMap<NodeId, Json>,
    /// Continues an answer that was cut.
    pub cursor: Option<String>,
    /// Requests to the table that it took.
    pub requests: usize,
}

impl Answer {
    /// Whether nothing was cut and every node that others name has been recorded.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.graph.stopped_by.is_none() && self.graph.gaps().is_empty()
    }
}
