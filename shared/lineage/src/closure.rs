//! A closure in the table: copies of the nodes upstream of a live deployment, several in each item.
//!
//! DynamoDB charges each started KB of a write, and most nodes have a third of a KB. So an item holds as many nodes as fit into one KB. The
//! items depend on the graph only, not on the writer. Each band of distances has items of its own, so that a node that grows moves only its
//! neighbours into other items.

use crate::graph::{Graph, Node};
use crate::id::NodeId;
use crate::rows::node::STATES;
use crate::rows::{ClosureNode, ClosureRow, NodeRow};
use crate::table::Item;

/// How many bytes one write unit pays for.
const UNIT: usize = 1_024;
/// How many distances share items.
const BAND: usize = 8;

/// The items under the deployment.
#[must_use]
pub fn ancestors(deployment: &NodeId, graph: &Graph) -> Vec<Item> {
    let distance = |node: &Node| graph.distance.get(&node.id).copied().unwrap_or_default();
    let mut nodes: Vec<(usize, &Node)> = graph.nodes.values().map(|node| (distance(node), node)).collect();
    nodes.sort_by_key(|(distance, _)| *distance);
    nodes
        .chunk_by(|(one, _), (other, _)| one / BAND == other / BAND)
        .flat_map(|band| pack(deployment, band))
        .collect()
}

struct Packed {
    row: ClosureRow,
    bytes: usize,
}

/// The items of one band: each node goes into the first that has room for it.
fn pack(deployment: &NodeId, nodes: &[(usize, &Node)]) -> Vec<Item> {
    let band = nodes.first().map_or(0, |(distance, _)| distance / BAND);
    let mut packed: Vec<Packed> = Vec::new();
    for (distance, node) in nodes {
        // Every name begins with the number of the node in its item. Only the digits of that number differ between items.
        let own = copied(*distance, node);
        let (names, own_bytes) = (own.names(), own.bytes());
        let with = |each: &Packed| {
            each.bytes + own_bytes + names * each.row.nodes.len().checked_ilog10().unwrap_or(0) as usize
        };
        match packed.iter_mut().find(|each| with(each) <= UNIT) {
            Some(each) => {
                each.bytes = with(each);
                each.row.nodes.push(own);
            }
            None => {
                let deployment = deployment.clone();
                let row = ClosureRow { deployment, band, number: packed.len(), nodes: vec![own] };
                packed.push(Packed { bytes: row.key().bytes() + own_bytes, row });
            }
        }
    }
    packed.into_iter().map(|each| each.row.item()).collect()
}

fn copied(distance: usize, node: &Node) -> ClosureNode {
    let mut attributes = node.item.as_ref().map(|item| item.attributes.clone()).unwrap_or_default();
    // Answers about live deployments do not need the states of jobs.
    attributes.remove(STATES);
    ClosureNode { distance, id: node.id.clone(), attributes }
}

/// Builds the graph from the items under the deployment.
#[must_use]
pub fn read(items: Vec<Item>) -> Graph {
    let mut graph = Graph::default();
    for ClosureNode { distance, id, attributes } in
        items.into_iter().filter_map(ClosureRow::parse).flat_map(|row| row.nodes)
    {
        let item = (!attributes.is_empty()).then(|| Item { key: NodeRow::key(&id), attributes });
        graph.insert(Node { id, item }, distance);
    }
    graph
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::id::NodeKind;
    use crate::rows::node::{CREATED, IN_EDGES, TYPE};
    use crate::table::{Attributes, Key, Value};

    fn deployment() -> NodeId {
        NodeId::parse("dep#1/r/prod@1/c@2").unwrap()
    }

    /// Nodes at some distance, each with a text of some length. Every seventh node has no record.
    fn graph(nodes: &[(usize, usize)]) -> Graph {
        let mut graph = Graph::default();
        for (number, (distance, length)) in nodes.iter().enumerate() {
            let id = NodeId::dataset("b", &format!("k.{number}#x"), "v");
            let edge = format!("ContributedTo:member|{}", NodeId::dataset("b", "other", "v"));
            let attributes = Attributes::from([
                (TYPE.into(), Value::Text("dataset".into())),
                ("odd.name".into(), Value::Text("x".repeat(*length))),
                (CREATED.into(), Value::Number(17)),
                (IN_EDGES.into(), Value::Set(BTreeSet::from([edge]))),
            ]);
            let item = (number % 7 != 6).then(|| Item { key: NodeRow::key(&id), attributes });
            graph.insert(Node { id, item }, *distance);
        }
        graph
    }

    proptest! {
        #[test]
        fn a_closure_is_read_as_it_was_written(nodes in prop::collection::vec((0_usize..40, 0_usize..1_500), 0..60)) {
            let graph = graph(&nodes);
            let items = ancestors(&deployment(), &graph);
            let keys: BTreeSet<&Key> = items.iter().map(|item| &item.key).collect();
            prop_assert_eq!(keys.len(), items.len(), "each item has a key of its own");
            let named: BTreeSet<NodeId> = items.iter().flat_map(ClosureRow::members).collect();
            prop_assert_eq!(named, graph.nodes.keys().cloned().collect::<BTreeSet<_>>());
            for item in &items {
                let is_one = ClosureRow::members(item).count() == 1;
                prop_assert!(is_one || item.bytes() <= UNIT, "{} bytes", item.bytes());
            }
            prop_assert_eq!(read(items), graph);
        }
    }

    /// The expected items: each node goes into the first item of its band that has room for it.
    fn packed_by_writing(graph: &Graph) -> Vec<Item> {
        let mut nodes: Vec<(usize, &Node)> =
            graph.nodes.values().map(|node| (graph.distance[&node.id], node)).collect();
        nodes.sort_by_key(|(distance, _)| *distance);
        let mut rows: Vec<ClosureRow> = Vec::new();
        for (distance, node) in nodes {
            let (band, own) = (distance / BAND, copied(distance, node));
            let with = |row: &ClosureRow| ClosureRow {
                nodes: [row.nodes.clone(), vec![own.clone()]].concat(),
                ..row.clone()
            };
            let fits = |row: &&mut ClosureRow| row.band == band && with(row).item().bytes() <= UNIT;
            match rows.iter_mut().find(fits) {
                Some(row) => *row = with(row),
                None => {
                    let number = rows.iter().filter(|row| row.band == band).count();
                    rows.push(ClosureRow { deployment: deployment(), band, number, nodes: vec![own] });
                }
            }
        }
        rows.iter().map(ClosureRow::item).collect()
    }

    proptest! {
        #[test]
        fn an_item_takes_in_as_many_as_fit_into_it(
            nodes in prop::collection::vec((0_usize..20, prop_oneof![4 => 0_usize..30, 1 => 0_usize..1_100]), 0..70),
        ) {
            let graph = graph(&nodes);
            prop_assert_eq!(ancestors(&deployment(), &graph), packed_by_writing(&graph));
        }
    }

    #[test]
    fn an_item_is_filled_to_the_last_byte() {
        let items = |length: usize| ancestors(&deployment(), &graph(&[(0, 100), (0, length)]));
        let room = UNIT - items(0)[0].bytes();
        assert_eq!(items(room).iter().map(Item::bytes).collect::<Vec<_>>(), [UNIT]);
        assert_eq!(items(room + 1).len(), 2);
    }

    #[test]
    fn a_node_that_grows_leaves_the_items_of_other_bands_as_they_are() {
        let mut nodes: Vec<(usize, usize)> = (0..40).map(|distance| (distance, 100)).collect();
        let before = ancestors(&deployment(), &graph(&nodes));
        if let Some((_, length)) = nodes.get_mut(3) {
            *length = 900;
        }
        let after = ancestors(&deployment(), &graph(&nodes));
        let changed = after.iter().filter(|item| !before.contains(item)).cloned();
        let changed: Vec<ClosureRow> = changed.filter_map(ClosureRow::parse).collect();
        assert!(!changed.is_empty() && changed.iter().all(|row| row.band == 0), "{changed:?}");
        assert!(after.len() < 25, "{} items for 40 nodes", after.len());
    }

    #[test]
    fn what_is_no_item_of_a_closure_is_not_read() {
        let attributes = Attributes::from([("id".into(), Value::Text("img#x".into()))]);
        let row = ClosureRow { deployment: deployment(), band: 0, number: 0, nodes: Vec::new() };
        let item = Item { key: row.key(), attributes };
        assert_eq!(ClosureRow::members(&item).count(), 0);
        assert!(read(vec![item]).nodes.is_empty());
        assert_eq!(deployment().kind(), NodeKind::Deployment);
    }
}
