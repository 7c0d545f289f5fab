//! Nodes that are alike in a picture: they have one kind and the same neighbours. One box represents all of them. Results of monitoring
//! with violations are not like those without.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_lineage::graph::Edge;
use sagewarden_lineage::id::{NodeId, NodeKind};

/// This many alike become one box. Fewer are easier to read one by one.
const ALIKE: usize = 4;

/// The neighbours of a node, those downstream and those upstream.
type Around<'a> = BTreeSet<(bool, &'a NodeId)>;

/// The groups among these nodes: the first of each, and the others. `alone` have a box of their own in any case.
pub(super) fn groups<'a>(
    nodes: &BTreeSet<&'a NodeId>,
    edges: impl Iterator<Item = &'a Edge>,
    alone: &BTreeSet<&NodeId>,
    passed: &BTreeSet<&NodeId>,
) -> BTreeMap<&'a NodeId, Vec<&'a NodeId>> {
    let mut around: BTreeMap<&NodeId, Around<'_>> = BTreeMap::new();
    for edge in edges {
        around.entry(&edge.from).or_default().insert((true, &edge.to));
        around.entry(&edge.to).or_default().insert((false, &edge.from));
    }
    let mut alike: BTreeMap<(NodeKind, bool, Around<'_>), Vec<&'a NodeId>> = BTreeMap::new();
    for id in nodes.iter().filter(|id| !alone.contains(**id)) {
        let near = around.remove(*id).unwrap_or_default();
        alike.entry((id.kind(), passed.contains(*id), near)).or_default().push(id);
    }
    let several = alike.into_values().filter(|members| members.len() >= ALIKE);
    several.filter_map(|members| Some((*members.first()?, members.get(1..)?.to_vec()))).collect()
}

#[cfg(test)]
mod tests {
    use sagewarden_lineage::edge::Relation;

    use super::*;

    fn id(text: &str) -> NodeId {
        NodeId::parse(text).unwrap()
    }

    #[test]
    fn what_has_the_same_neighbours_is_one_box() {
        let image = id("img#sha256:1");
        let jobs: Vec<NodeId> = (0..6).map(|number| id(&format!("tjob#1/r/job-{number}@1"))).collect();
        let model = id("model#1/r/m@1");
        let edge = |from: &NodeId, to: &NodeId| Edge {
            from: from.clone(),
            to: to.clone(),
            relation: Relation::ContributedTo,
            role: "image".to_owned(),
        };
        let mut edges: Vec<Edge> = jobs.iter().map(|job| edge(&image, job)).collect();
        edges.push(edge(&jobs[5], &model));
        let nodes = jobs.iter().chain([&image, &model]).collect();
        let none = BTreeSet::new();
        let found = groups(&nodes, edges.iter(), &none, &none);
        assert_eq!(
            found,
            BTreeMap::from([(&jobs[0], jobs[1..5].iter().collect())]),
            "the job with a model is another"
        );
        let found = groups(&nodes, edges.iter(), &BTreeSet::from([&jobs[0], &jobs[1]]), &none);
        assert!(found.is_empty(), "three are no group");
        let found = groups(&nodes, edges.iter(), &none, &BTreeSet::from([&jobs[0], &jobs[1]]));
        assert!(found.is_empty(), "two that passed are not like three that did not");
    }
}
