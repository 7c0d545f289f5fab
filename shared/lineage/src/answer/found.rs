//! The result of a question about lineage: a graph, and further facts of its nodes.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::graph::Graph;
use crate::id::NodeId;

/// The result of a question about lineage.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The entity in the question.
    pub root: NodeId,
    /// The node and everything upstream of it. For an endpoint, also the observations on it.
    pub graph: Graph,
    /// Large facts of some nodes, such as hyperparameters.
    pub details: BTreeMap<NodeId, Json>,
    /// Continues an answer that was cut.
    pub cursor: Option<String>,
    /// How many requests to the table it took.
    pub requests: usize,
}

impl Answer {
    /// Whether nothing was cut, and Sagewarden has recorded every node that others name.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.graph.stopped_by.is_none() && self.graph.gaps().is_empty()
    }
}
