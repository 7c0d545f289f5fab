//! Facts that follow from stored facts, and are not stored themselves: the saving of a spot job, whether a resource is gone, who asserted a
//! commit, which versions are not reliable.

use sagewarden_events::Timestamp;

use crate::chain::title;
use crate::edge::FoundBy;
use crate::graph::{Edge, Graph, Node};
use crate::rows::node::{
    ASSERTED, BILLABLE_SECONDS, CREATED_BY, DELETED_AT, FAILURE_VERSION, SPOT, STATE, STATE_VERSION,
    TRAINING_SECONDS, WEAK,
};
use crate::rows::{ReachedState, leading_time};

/// The saving by managed spot training, in whole percent: 100 - billable / total ("Managed Spot Training", SageMaker developer guide).
/// Absent for jobs that did not use it, or have not ended.
#[must_use]
pub fn spot_saving_percent(node: &Node) -> Option<i64> {
    node.text(SPOT)?;
    let total = node.number(TRAINING_SECONDS).filter(|total| *total > 0)?;
    let billed = node.number(BILLABLE_SECONDS)?;
    Some((100 - (billed * 100 + total / 2) / total).clamp(0, 100))
}

/// When a resource was deleted, as far as is known: by CloudTrail's event, or, for an endpoint, by its last state.
#[must_use]
pub fn deleted_at(node: &Node) -> Option<Timestamp> {
    let leaving =
        node.text(STATE).filter(|status| *status == "Deleting").and_then(|_| node.text(STATE_VERSION));
    let since = leaving.and_then(leading_time);
    node.number(DELETED_AT).map(Timestamp::from_millis).or(since)
}

/// Whether the node's failure reason is about its present state, and not about an earlier one.
#[must_use]
pub fn is_failure_current(node: &Node) -> bool {
    let of = node.text(FAILURE_VERSION).and_then(ReachedState::parse);
    of.is_some_and(|of| node.text(STATE) == Some(&of.state))
}

/// Who named the commit on a resource that was built from it. Environment and hyperparameters are part of the creating call. Somebody else
/// can add a tag later, so a tag counts as the creator's only if that call had it.
#[must_use]
pub fn asserted_by<'a>(graph: &'a Graph, edge: &Edge) -> Option<&'a str> {
    let node = graph.nodes.get(&edge.to)?;
    let creator = node.text(CREATED_BY)?;
    let commit = edge.from.commit_id()?;
    let by_creator = match FoundBy::from_role(&edge.role)? {
        FoundBy::Environment | FoundBy::Hyperparameter => true,
        FoundBy::Tag => {
            node.text(ASSERTED).is_some_and(|named| named.split(' ').any(|named| named == commit))
        }
        _ => false,
    };
    by_creator.then_some(creator)
}

/// Every version in the graph that is not reliable, and why.
#[must_use]
pub fn weak(graph: &Graph) -> Vec<String> {
    let nodes = graph.nodes.values();
    nodes.filter_map(|node| Some(format!("{}: {}", title(node), node.text(WEAK)?))).collect()
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;
    use crate::id::NodeId;
    use crate::rows::NodeRow;
    use crate::table::{Attributes, Item, Value};

    fn node(facts: &[(&str, Value)]) -> Node {
        let id = NodeId::parse("tjob#1/r/x@1").unwrap();
        let attributes: Attributes =
            facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Node { item: Some(Item { key: NodeRow::key(&id), attributes }), id }
    }

    #[test]
    fn the_saving_of_a_spot_job_is_rounded_and_unknown_without_both_times() {
        let check = |total: Option<i64>, billed: Option<i64>, spot: bool, expect: Option<i64>| {
            let mut facts = Vec::new();
            facts.extend(total.map(|seconds| (TRAINING_SECONDS, Value::Number(seconds))));
            facts.extend(billed.map(|seconds| (BILLABLE_SECONDS, Value::Number(seconds))));
            facts.extend(spot.then(|| (SPOT, Value::Text("true".into()))));
            assert_eq!(spot_saving_percent(&node(&facts)), expect, "{total:?} {billed:?} {spot}");
        };
        check(Some(300), Some(100), true, Some(67));
        check(Some(300), Some(101), true, Some(66));
        check(Some(300), Some(300), true, Some(0));
        check(Some(300), Some(301), true, Some(0));
        check(Some(300), Some(0), true, Some(100));
        check(Some(0), Some(0), true, None);
        check(Some(300), None, true, None);
        check(None, Some(1), true, None);
        check(Some(300), Some(100), false, None);
    }

    #[test]
    fn an_endpoint_that_is_being_deleted_is_gone_since_then_unless_a_call_says_when() {
        let check = |facts: &[(&str, Value)], expect: Option<i64>| {
            assert_eq!(deleted_at(&node(facts)).map(Timestamp::millis), expect, "{facts:?}");
        };
        let called = (DELETED_AT, Value::Number(7));
        let state = |word: &str| (STATE, Value::Text(word.into()));
        let since = (STATE_VERSION, Value::Text("000000000000009#4#Deleting".into()));
        check(&[], None);
        check(from_ref(&called), Some(7));
        check(&[state("Deleting"), since.clone()], Some(9));
        check(&[state("InService"), since.clone()], None);
        check(&[state("Deleting")], None);
        check(&[called, state("Deleting"), since], Some(7));
    }

    #[test]
    fn a_reason_is_current_while_the_node_is_in_the_state_that_it_explains() {
        let check = |state: &str, version: Option<&str>, expect: bool| {
            let mut facts = vec![(STATE, Value::Text(state.into()))];
            facts.extend(version.map(|version| (FAILURE_VERSION, Value::Text(version.into()))));
            assert_eq!(is_failure_current(&node(&facts)), expect, "{state} {version:?}");
        };
        check("Failed", Some("000000000000009#3#Failed"), true);
        check("Succeeded", Some("000000000000009#3#Failed"), false);
        check("Failed", None, false);
        check("Failed", Some("no version"), false);
    }

    #[test]
    fn the_creator_asserts_what_the_creating_call_had() {
        const NAMED: &str = "fedcba9876543210fedcba9876543210fedcba98";
        let check = |role: &str, facts: &[(&str, Value)], expect: Option<&str>| {
            let to = node(facts);
            let from = NodeId::parse(&format!("commit#git.host/1/credit@{NAMED}")).unwrap();
            let relation = crate::edge::Relation::ContributedTo;
            let edge = Edge { from, to: to.id.clone(), relation, role: role.to_owned() };
            let mut graph = Graph::default();
            graph.insert(to, 0);
            assert_eq!(asserted_by(&graph, &edge), expect, "{role} {facts:?}");
            assert_eq!(asserted_by(&Graph::default(), &edge), None, "a node that is not there");
        };
        let creator = (CREATED_BY, Value::Text("ana".into()));
        let asserted = |commits: &str| (ASSERTED, Value::Text(commits.to_owned()));
        check("source/environment", from_ref(&creator), Some("ana"));
        check("source/hyperparameter", from_ref(&creator), Some("ana"));
        check("source/environment", &[], None);
        check("source/tag", from_ref(&creator), None);
        check("source/tag", &[creator.clone(), asserted(&format!("other {NAMED}"))], Some("ana"));
        check("source/tag", &[creator.clone(), asserted("other")], None);
        check("source/branch-head", &[creator.clone(), asserted(NAMED)], None);
        check("image", &[creator], None);
    }

    #[test]
    fn every_weak_version_is_named_with_its_reason() {
        let mut graph = Graph::default();
        graph.insert(node(&[(WEAK, Value::Text("it can be moved".into()))]), 0);
        graph.insert(Node { id: NodeId::parse("tjob#1/r/strong@1").unwrap(), item: None }, 0);
        assert_eq!(weak(&graph), ["training job 1/r/x@1: it can be moved"]);
    }
}
