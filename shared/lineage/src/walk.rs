//! The traversal of the lineage: level by level, with one read for each level. It does not know the store.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::edge::SAME_OBJECT;
use crate::graph::{Edge, Graph, Node, StoppedBy};
use crate::id::NodeId;
use crate::rows::OutEdgeRow;
use crate::table::{Item, Query};

/// Which way a traversal goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Upstream: everything that an entity was made from.
    #[default]
    Upstream,
    /// Downstream: everything that was made from it.
    Downstream,
}

/// How far a traversal may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many steps from the start, or from the place where a cursor continues.
    pub max_depth: usize,
    /// How many nodes in all.
    pub max_nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_depth: 16, max_nodes: 2_000 }
    }
}

/// Names a node in few bytes, because a cursor names every node that the traversal has seen. The chance that two of a million nodes share a
/// mark is one in ten million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark(pub(crate) [u8; 8]);

impl Mark {
    fn of(id: &NodeId) -> Self {
        let digest = Sha256::digest(id.as_str());
        let mut mark = [0; 8];
        mark.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Self(mark)
    }
}

/// The state of an interrupted traversal: its start, the nodes that come next, and the nodes that it has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) root: NodeId,
    pub(crate) direction: Direction,
    pub(crate) pending: BTreeSet<(usize, NodeId)>,
    pub(crate) rest: BTreeSet<(usize, NodeId, String)>,
    pub(crate) seen: BTreeSet<Mark>,
}

impl Cursor {
    /// The question of the traversal.
    #[must_use]
    pub fn root(&self) -> &NodeId {
        &self.root
    }

    /// Which way it goes.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.direction
    }
}

/// A traversal. The caller asks for [`Self::level`], reads these nodes from any store, and gives them to [`Self::absorb`], until the level
/// is empty. Upstream, there is one read for each level, however wide it is. Downstream, there is also one query for each node.
#[derive(Debug)]
pub struct Walk {
    graph: Graph,
    direction: Direction,
    limits: Limits,
    /// The depth of the first level of this traversal. It is not zero if the traversal continues a cursor.
    first: usize,
    pending: BTreeSet<(usize, NodeId)>,
    /// Nodes with more out-edges than were read, and the sort key after which the rest follows.
    rest: BTreeSet<(usize, NodeId, String)>,
    /// Nodes that are pending or in the graph.
    queued: BTreeSet<NodeId>,
    /// Nodes of earlier answers.
    seen: BTreeSet<Mark>,
    level: Vec<NodeId>,
}

/// A page of a node's out-edges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutEdges {
    /// The identity of the node.
    pub id: NodeId,
    /// The rows.
    pub rows: Vec<Item>,
    /// Where the next page begins.
    pub next: Option<String>,
}

impl Walk {
    /// Begins at `start`.
    #[must_use]
    pub fn new(direction: Direction, start: impl IntoIterator<Item = NodeId>, limits: Limits) -> Self {
        let pending: BTreeSet<_> = start.into_iter().map(|id| (0, id)).collect();
        let queued = pending.iter().map(|(_, id)| id.clone()).collect();
        Self {
            graph: Graph::default(),
            direction,
            limits,
            first: 0,
            pending,
            rest: BTreeSet::new(),
            queued,
            seen: BTreeSet::new(),
            level: Vec::new(),
        }
    }

    /// Continues where another traversal stopped.
    #[must_use]
    pub fn resume(cursor: Cursor, limits: Limits) -> Self {
        let Cursor { direction, pending, rest, seen, .. } = cursor;
        let mut walk = Self::new(direction, [], limits);
        walk.first = pending.iter().map(|(depth, _)| *depth).min().unwrap_or_default();
        walk.queued = pending.iter().map(|(_, id)| id.clone()).collect();
        Self { pending, rest, seen, ..walk }
    }

    /// At most this many nodes of the next level; none if the traversal is over.
    #[must_use]
    pub fn level(&mut self, at_most: usize) -> &[NodeId] {
        self.level.clear();
        let Some(depth) = self.pending.first().map(|(depth, _)| *depth) else { return &self.level };
        if depth > self.first + self.limits.max_depth {
            self.graph.stopped_by = Some(StoppedBy::MaxDepth);
            return &self.level;
        }
        let room = self.room();
        if room == 0 {
            self.graph.stopped_by = Some(StoppedBy::MaxNodes);
            return &self.level;
        }
        let wanted = self.pending.iter().take_while(|(each, _)| *each == depth).take(room.min(at_most));
        self.level = wanted.map(|(_, id)| id.clone()).collect();
        &self.level
    }

    /// Further pages of out-edges to read before the next level; none if no node has more, or if there is no room for them.
    #[must_use]
    pub fn rest(&mut self) -> Vec<Query> {
        if self.rest.is_empty() {
            return Vec::new();
        }
        if self.pending.len() >= self.room() {
            // The known nodes already fill the answer.
            return Vec::new();
        }
        let rest = self.rest.iter();
        rest.map(|(_, id, after)| Query { after: Some(after.clone()), ..Self::out_edges(id, self.room()) })
            .collect()
    }

    /// How many more nodes fit into the answer.
    fn room(&self) -> usize {
        self.limits.max_nodes.saturating_sub(self.graph.nodes.len())
    }

    /// A page of a node's out-edges, no larger than an answer can hold.
    #[must_use]
    pub fn out_edges(id: &NodeId, at_most: usize) -> Query {
        OutEdgeRow::out_of(id).at_most(at_most.max(1))
    }

    /// How many nodes an answer can hold.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.limits.max_nodes
    }

    /// Ends the traversal for a reason of the caller: too many requests, or no more time.
    pub fn stop(&mut self, reason: StoppedBy) {
        self.graph.stopped_by = Some(reason);
    }

    /// Takes the items of this level. A wanted item that is not among them is a node without a record.
    pub fn absorb(&mut self, items: Vec<Item>) {
        let mut found: BTreeMap<String, Item> =
            items.into_iter().map(|item| (item.key.pk.clone(), item)).collect();
        let Some(depth) = self.pending.first().map(|(depth, _)| *depth) else { return };
        for id in std::mem::take(&mut self.level) {
            self.pending.remove(&(depth, id.clone()));
            let node = Node { item: found.remove(id.as_str()), id };
            match self.direction {
                Direction::Upstream => {
                    let sources = node.in_edges();
                    self.graph.insert(node, depth);
                    sources.into_iter().for_each(|edge| self.queue(depth + 1, edge.source));
                }
                Direction::Downstream if is_unused(&node) => {
                    self.graph.edges.retain(|edge| edge.to != node.id);
                }
                Direction::Downstream => self.graph.insert_from_above(node, depth),
            }
        }
    }

    /// Takes pages of out-edges of nodes that this traversal, or the one that it continues, absorbed before.
    pub fn absorb_out(&mut self, pages: Vec<OutEdges>) {
        for OutEdges { id, rows, next } in pages {
            let left = self.rest.iter().find(|(_, each, _)| *each == id).cloned();
            let depth = match &left {
                Some((depth, ..)) => *depth,
                None => self.graph.distance.get(&id).copied().unwrap_or_default(),
            };
            self.rest.retain(|(_, each, _)| *each != id);
            for edge in rows.iter().filter_map(out_edge) {
                self.queue(depth + 1, edge.to.clone());
                self.graph.edges.insert(edge);
            }
            self.rest.extend(next.map(|after| (depth, id, after)));
        }
    }

    /// An edge that no row has.
    pub fn add(&mut self, edge: Edge) {
        let depth = self.graph.distance.get(&edge.from).copied().unwrap_or_default();
        self.queue(depth + 1, edge.to.clone());
        self.graph.edges.insert(edge);
    }

    fn queue(&mut self, depth: usize, id: NodeId) {
        if !self.seen.contains(&Mark::of(&id)) && self.queued.insert(id.clone()) {
            self.pending.insert((depth, id));
        }
    }

    /// Only the graph, for a caller that does not continue.
    #[must_use]
    pub fn into_graph(self) -> Graph {
        self.graph
    }

    /// The graph, and a cursor if it is incomplete. Edges from nodes that the limits left out are kept, because they show where the graph
    /// continues.
    #[must_use]
    pub fn finish(mut self, root: &NodeId) -> (Graph, Option<Cursor>) {
        if !self.rest.is_empty() && self.graph.stopped_by.is_none() {
            self.graph.stopped_by = Some(StoppedBy::MaxNodes);
        }
        let ends = self.graph.edges.iter().flat_map(|edge| [&edge.from, &edge.to]);
        self.graph.elsewhere = ends.filter(|id| self.seen.contains(&Mark::of(id))).cloned().collect();
        let mut seen = self.seen;
        seen.extend(self.graph.nodes.keys().map(Mark::of));
        let cursor = Cursor {
            root: root.clone(),
            direction: self.direction,
            pending: self.pending,
            rest: self.rest,
            seen,
        };
        let is_more = !cursor.pending.is_empty() || !cursor.rest.is_empty();
        (self.graph, is_more.then_some(cursor))
    }
}

/// Whether a node only represents an artifact that no job has read as data.
fn is_unused(node: &Node) -> bool {
    let edges = node.in_edges();
    !node.is_recorded() && !edges.is_empty() && edges.iter().all(|edge| edge.role == SAME_OBJECT)
}

/// Reads the row of an out-edge as an edge of the graph.
fn out_edge(row: &Item) -> Option<Edge> {
    let OutEdgeRow { source, relation, role, destination } = OutEdgeRow::parse(row)?;
    Some(Edge { from: source, to: destination, relation, role })
}

#[cfg(test)]
mod tests;
