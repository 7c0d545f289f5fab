//! Lineage as a graph. The traversal that finds it (`walk.rs`) does not know the store.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::Timestamp;
use serde::Serialize;

use crate::edge::{FoundBy, InEdge, MEMBER, Relation, is_code};
use crate::id::{NodeId, NodeKind};
use crate::record::SOURCE;
use crate::reference::HEAD_ROLE;
use crate::rows::node::{
    CREATED, EXPLANATION, GAPS, HEAD, IN_EDGES, INFERRED, NAME, REMEDY, TYPE, parse_gap,
};
use crate::table::Item;

/// A node, as read from the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its identity.
    pub id: NodeId,
    /// The stored item; `None` if others name the node, but nothing about it has been recorded.
    pub item: Option<Item>,
}

impl Node {
    /// Its name for people.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text(NAME).unwrap_or_else(|| self.id.tail())
    }

    /// A text fact.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.item.as_ref()?.text(name)
    }

    /// A numeric fact.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        self.item.as_ref()?.number(name)
    }

    /// The entity's own time.
    #[must_use]
    pub fn created_at(&self) -> Option<Timestamp> {
        self.number(CREATED).map(Timestamp::from_millis)
    }

    /// Whether anything but its name is known.
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        self.text(TYPE).is_some()
    }

    /// The gaps of the node: for each, the subject that would fill it, and the words.
    fn gaps(&self) -> impl Iterator<Item = (&str, &str)> {
        self.item.iter().flat_map(|item| item.set(GAPS)).filter_map(parse_gap)
    }

    /// The in-edges. If no commit is named, the inferred commit is among them. For a branch or tag, so is its head.
    #[must_use]
    pub fn in_edges(&self) -> Vec<InEdge> {
        let Some(item) = &self.item else { return Vec::new() };
        let mut edges: Vec<InEdge> = item.set(IN_EDGES).filter_map(InEdge::parse).collect();
        let named = edges.iter().any(|edge| FoundBy::from_role(&edge.role).is_some());
        if let Some(commit) = item.text(INFERRED).and_then(NodeId::parse).filter(|_| !named) {
            edges.push(InEdge::new(Relation::ContributedTo, FoundBy::BranchHead.role(), commit));
        }
        if self.id.kind() == NodeKind::Reference {
            let head = item.text(HEAD).and_then(NodeId::parse);
            edges.extend(head.map(|commit| InEdge::new(Relation::AssociatedWith, HEAD_ROLE, commit)));
        }
        edges
    }
}

/// An edge between two nodes of a graph.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Edge {
    /// The source.
    pub from: NodeId,
    /// The destination.
    pub to: NodeId,
    /// The relation.
    pub relation: Relation,
    /// The role.
    pub role: String,
}

/// Why a traversal ended before it had seen everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StoppedBy {
    /// It did not read nodes that are further away than the limit.
    MaxDepth,
    /// There were more nodes than the limit.
    MaxNodes,
    /// It took more requests than the limit.
    MaxRequests,
    /// The rows that it read take more memory than an answer may.
    MaxBytes,
    /// The time was over.
    Deadline,
}

impl StoppedBy {
    /// The reason, in words.
    #[must_use]
    pub fn explain(self) -> &'static str {
        match self {
            Self::MaxDepth => "the graph continues beyond `max_depth`",
            Self::MaxNodes => "the graph has more nodes than `max_nodes`",
            Self::MaxRequests => "the answer needs more requests than `max_requests`",
            Self::MaxBytes => {
                "the answer is larger than allowed: ask with a smaller `max_nodes`, and continue with the cursor"
            }
            Self::Deadline => "the time ran out",
        }
    }
}

/// A sentence about the nodes that were left out; `None` if there are none.
pub(crate) fn left_out(nodes: usize) -> Option<String> {
    let noun = if nodes == 1 { "node is" } else { "nodes are" };
    (nodes > 0).then(|| format!("{nodes} {noun} outside of this function's scope"))
}

/// The result of a traversal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// The nodes, by identity.
    pub nodes: BTreeMap<NodeId, Node>,
    /// The edges between nodes of the graph.
    pub edges: BTreeSet<Edge>,
    /// The length of the shortest path to the start.
    pub distance: BTreeMap<NodeId, usize>,
    /// Why the graph is incomplete, if it is.
    pub stopped_by: Option<StoppedBy>,
    /// Nodes that the traversal reached on its way downstream. The graph does not have their inputs, and knows nothing about these.
    pub from_above: BTreeSet<NodeId>,
    /// Nodes of earlier answers, which this one continues.
    pub elsewhere: BTreeSet<NodeId>,
    /// How many nodes were left out because the reader may not see them.
    pub outside: usize,
}

impl Graph {
    /// Adds a node and its in-edges.
    pub fn insert(&mut self, node: Node, distance: usize) {
        for edge in node.in_edges() {
            self.edges.insert(Edge {
                from: edge.source,
                to: node.id.clone(),
                relation: edge.relation,
                role: edge.role,
            });
        }
        self.distance.insert(node.id.clone(), distance);
        self.nodes.insert(node.id.clone(), node);
    }

    /// Adds a node that the traversal reached on its way downstream, without its inputs. If the graph has the node already, that node stays
    /// unchanged.
    pub fn insert_from_above(&mut self, node: Node, distance: usize) {
        if !self.nodes.contains_key(&node.id) {
            self.from_above.insert(node.id.clone());
            self.distance.insert(node.id.clone(), distance);
            self.nodes.insert(node.id.clone(), node);
        }
    }

    /// Adds the result of another traversal from the same start.
    pub fn extend(&mut self, other: Self) {
        for (id, node) in other.nodes {
            let distance = other.distance.get(&id).copied().unwrap_or_default();
            if other.from_above.contains(&id) {
                self.insert_from_above(node, distance);
            } else {
                self.from_above.remove(&id);
                self.distance.insert(id.clone(), distance);
                self.nodes.insert(id, node);
            }
        }
        self.edges.extend(other.edges);
        self.stopped_by = self.stopped_by.or(other.stopped_by);
    }

    /// The nodes of a kind, in the order of their identities.
    pub fn of_kind(&self, kind: NodeKind) -> impl Iterator<Item = &Node> {
        self.nodes.values().filter(move |node| node.id.kind() == kind)
    }

    /// The edges into a node.
    pub fn into_node<'a>(&'a self, id: &'a NodeId) -> impl Iterator<Item = &'a Edge> {
        self.edges.iter().filter(move |edge| edge.to == *id)
    }

    /// The edges out of a node.
    pub fn out_of<'a>(&'a self, id: &'a NodeId) -> impl Iterator<Item = &'a Edge> {
        self.edges.iter().filter(move |edge| edge.from == *id)
    }

    /// Whether an object, or a set of them, is the code of jobs and nothing else.
    #[must_use]
    pub fn is_code(&self, id: &NodeId) -> bool {
        let all = |id: &NodeId, is: &dyn Fn(&Edge) -> bool| {
            let mut uses = self.out_of(id).peekable();
            uses.peek().is_some() && uses.all(is)
        };
        let read = |edge: &Edge| is_code(&edge.role);
        all(id, &|edge| read(edge) || (edge.role == MEMBER && all(&edge.to, &read)))
    }

    /// Whether an artifact comes from a job that was stopped for failing a control: an upload while a job is being
    /// stopped is not a result ("StopTrainingJob", SageMaker API reference: it has 120 seconds to save its artifacts).
    #[must_use]
    pub fn is_untrusted(&self, node: &Node) -> bool {
        let mut sources = self.into_node(&node.id).filter_map(|edge| self.nodes.get(&edge.from));
        node.id.kind() == NodeKind::Artifact && sources.any(|job| job.text(REMEDY).is_some())
    }

    /// All gaps of the nodes, each with the name of its node.
    #[must_use]
    pub fn gaps(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        for node in self.nodes.values() {
            if !node.is_recorded() {
                gaps.push(format!(
                    "other nodes name {} `{}`, but nothing is recorded about it",
                    node.id.kind(),
                    node.name()
                ));
            }
            if self.from_above.contains(&node.id) {
                continue;
            }
            let open = node.gaps().filter(|(subject, _)| !self.is_filled(&node.id, subject));
            gaps.extend(open.map(|(_, gap)| format!("{} `{}`: {gap}", node.id.kind(), node.name())));
        }
        if self.stopped_by.is_none() {
            gaps.extend(self.unread().map(|id| format!("{} `{}` could not be read", id.kind(), id.tail())));
        }
        gaps.extend(left_out(self.outside));
        gaps
    }

    /// Nodes that are the source of an edge, but are not in the graph: a limit cut them off, or a closure lacks them because it is just
    /// being written.
    pub fn unread(&self) -> impl Iterator<Item = &NodeId> {
        let sources: BTreeSet<&NodeId> = self.edges.iter().map(|edge| &edge.from).collect();
        sources.into_iter().filter(|id| !self.nodes.contains_key(*id) && !self.elsewhere.contains(*id))
    }

    /// Whether a later delivery has filled the gap: with an edge of that role, or with the node itself.
    fn is_filled(&self, id: &NodeId, subject: &str) -> bool {
        let fits = |edge: &Edge| {
            edge.role == subject || (subject == SOURCE && FoundBy::from_role(&edge.role).is_some())
        };
        let node = NodeId::parse(subject).and_then(|id| self.nodes.get(&id));
        let is_explained =
            subject == EXPLANATION && self.nodes.get(id).is_some_and(|node| node.text(EXPLANATION).is_some());
        is_explained
            || node.is_some_and(Node::is_recorded)
            || self.into_node(id).chain(self.out_of(id)).any(fits)
    }
}

#[cfg(test)]
mod tests;
