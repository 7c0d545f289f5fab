//! What a lineage question finds: a graph with what belongs to it.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::graph::Graph;
use crate::id::NodeId;

/// What was found upstream of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What was asked about.
    pub root: NodeId,
    /// The node and everything upstream of it; for an endpoint also the observations on it.
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
