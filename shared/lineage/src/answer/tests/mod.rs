//! Answers over the small lineage of this crate, one difference at a time.

mod difference;
mod people;
mod reproduction;

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::*;
use crate::graph::Node;
use crate::id::NodeId;
use crate::sample::{graph, id};

/// An answer about a node of the lineage, with details of some.
fn answer(root: &str, nodes: Vec<(usize, Node)>, details: &[(&str, Json)]) -> Answer {
    let details: BTreeMap<NodeId, Json> =
        details.iter().map(|(of, detail)| (id(of), detail.clone())).collect();
    Answer { root: id(root), graph: graph(nodes), details, cursor: None, requests: 3 }
}

/// The nodes, in which this node replaces the one with its identity.
fn with(mut nodes: Vec<(usize, Node)>, other: Node) -> Vec<(usize, Node)> {
    nodes.iter_mut().filter(|(_, node)| node.id == other.id).for_each(|(_, node)| *node = other.clone());
    nodes
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
