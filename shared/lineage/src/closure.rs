//! A closure that was written down: copies of the nodes upstream of a live deployment, several to an item.
//!
//! DynamoDB charges a write for each KB begun, and most nodes are a third of that: an item takes in as many as fit into one KB. The
//! items are a function of the graph, whoever writes them. Those of different bands of distance are kept apart, so that a node that
//! grows moves only its neighbours into other items.
//!
//! In the item the nodes are numbered from nothing: the attribute `2` is `<distance>#<identity>` of the third, and `2.nm` its `nm`.

use std::mem::take;

use crate::graph::{Graph, Node};
use crate::id::NodeId;
use crate::record::{NODE, STATES};
use crate::table::{Attributes, Item, Key, Value};

/// The beginning of the sort keys of a deployment's closure.
pub const ANCESTORS: &str = "A#";
/// The beginning of the sort keys under an ancestor that name the live deployments it is part of.
pub const LIVE: &str = "L#";

/// What a write unit pays for.
const UNIT: usize = 1_024;
/// Distances that share items.
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
    item: Item,
    nodes: usize,
    bytes: usize,
}

/// The items of one band: each node goes into the first that has room for it.
fn pack(deployment: &NodeId, nodes: &[(usize, &Node)]) -> Vec<Item> {
    let band = nodes.first().map_or(0, |(distance, _)| distance / BAND);
    let mut packed: Vec<Packed> = Vec::new();
    for (distance, node) in nodes {
        // Every name begins with the number of the node in its item, whose digits are all that differs between items.
        let own = copied(0, *distance, node);
        let (names, own_bytes) = (own.len(), bytes(&own));
        let with = |each: &Packed| {
            each.bytes + own_bytes + names * each.nodes.checked_ilog10().unwrap_or(0) as usize
        };
        match packed.iter_mut().find(|each| with(each) <= UNIT) {
            Some(each) => {
                each.bytes = with(each);
                each.item.attributes.extend(copied(each.nodes, *distance, node));
                each.nodes += 1;
            }
            None => {
                let sk = format!("{ANCESTORS}{band:03}#{:04}", packed.len());
                let item = Item { key: Key::new(deployment.as_str(), sk), attributes: own };
                packed.push(Packed { bytes: item.bytes(), item, nodes: 1 });
            }
        }
    }
    packed.into_iter().map(|each| each.item).collect()
}

fn copied(number: usize, distance: usize, node: &Node) -> Attributes {
    let head = (number.to_string(), Value::Text(format!("{distance}#{}", node.id)));
    let facts = node.item.iter().flat_map(|item| &item.attributes);
    // No answer about what runs tells how a job came to its end.
    let facts = facts.filter(|(name, _)| *name != STATES);
    let facts = facts.map(|(name, value)| (format!("{number}.{name}"), value.clone()));
    std::iter::once(head).chain(facts).collect()
}

fn bytes(attributes: &Attributes) -> usize {
    attributes.iter().map(|(name, value)| name.len() + value.bytes()).sum()
}

/// The key under an ancestor that names the deployment.
#[must_use]
pub fn live_key(ancestor: &NodeId, deployment: &NodeId) -> Key {
    Key::new(ancestor.as_str(), format!("{LIVE}{deployment}"))
}

/// The nodes that an item holds.
pub fn members(item: &Item) -> impl Iterator<Item = NodeId> {
    let heads = item.attributes.iter().filter(|(name, _)| !name.contains('.'));
    heads.filter_map(|(_, value)| Some(head(value)?.1))
}

/// Builds the graph from the items under the deployment.
#[must_use]
pub fn read(items: Vec<Item>) -> Graph {
    let mut graph = Graph::default();
    for item in items {
        let mut node: Option<(usize, NodeId)> = None;
        let mut facts = Attributes::new();
        // In byte order `1` comes before `1.nm`, and that before `10`.
        for (name, value) in item.attributes {
            match name.split_once('.') {
                Some((_, fact)) => {
                    facts.insert(fact.to_owned(), value);
                }
                None => {
                    insert(&mut graph, node.take(), take(&mut facts));
                    node = head(&value);
                }
            }
        }
        insert(&mut graph, node, facts);
    }
    graph
}

fn insert(graph: &mut Graph, node: Option<(usize, NodeId)>, attributes: Attributes) {
    let Some((distance, id)) = node else { return };
    let key = Key::new(id.as_str(), NODE);
    let item = (!attributes.is_empty()).then_some(Item { key, attributes });
    graph.insert(Node { id, item }, distance);
}

/// Reads `<distance>#<identity>`.
fn head(value: &Value) -> Option<(usize, NodeId)> {
    let Value::Text(text) = value else { return None };
    let (distance, id) = text.split_once('#')?;
    Some((distance.parse().ok()?, NodeId::parse(id)?))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::id::NodeKind;

    fn deployment() -> NodeId {
        NodeId::parse("dep#1/r/prod@1/c@2").unwrap()
    }

    /// Nodes at some distance, each with a text of some length; of every seventh nothing is recorded.
    fn graph(nodes: &[(usize, usize)]) -> Graph {
        let mut graph = Graph::default();
        for (number, (distance, length)) in nodes.iter().enumerate() {
            let id = NodeId::dataset("b", &format!("k.{number}#x"), "v");
            let edge = format!("ContributedTo:member|{}", NodeId::dataset("b", "other", "v"));
            let attributes = Attributes::from([
                ("ty".into(), Value::Text("dataset".into())),
                ("odd.name".into(), Value::Text("x".repeat(*length))),
                ("ct".into(), Value::Number(17)),
                ("ins".into(), Value::Set(BTreeSet::from([edge]))),
            ]);
            let item = (number % 7 != 6).then(|| Item { key: Key::new(id.as_str(), NODE), attributes });
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
            let named: BTreeSet<NodeId> = items.iter().flat_map(members).collect();
            prop_assert_eq!(named, graph.nodes.keys().cloned().collect::<BTreeSet<_>>());
            for item in &items {
                let is_one = members(item).count() == 1;
                prop_assert!(is_one || item.bytes() <= UNIT, "{} bytes", item.bytes());
            }
            prop_assert_eq!(read(items), graph);
        }
    }

    #[test]
    fn a_node_that_grows_leaves_the_items_of_other_bands_as_they_are() {
        let mut nodes: Vec<(usize, usize)> = (0..40).map(|distance| (distance, 100)).collect();
        let before = ancestors(&deployment(), &graph(&nodes));
        if let Some((_, length)) = nodes.get_mut(3) {
            *length = 900;
        }
        let after = ancestors(&deployment(), &graph(&nodes));
        let changed: Vec<&str> =
            after.iter().filter(|item| !before.contains(item)).map(|item| item.key.sk.as_str()).collect();
        assert!(changed.iter().all(|sk| sk.starts_with("A#000#")), "{changed:?}");
        assert!(after.len() < 25, "{} items for 40 nodes", after.len());
    }

    #[test]
    fn what_is_no_item_of_a_closure_is_not_read() {
        let attributes = Attributes::from([("id".into(), Value::Text("img#x".into()))]);
        let item = Item { key: Key::new(deployment().as_str(), "A#000#img#x"), attributes };
        assert_eq!(members(&item).count(), 0);
        assert!(read(vec![item]).nodes.is_empty());
        assert_eq!(deployment().kind(), NodeKind::Deployment);
    }
}
