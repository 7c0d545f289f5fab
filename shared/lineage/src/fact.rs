//! What follows from stored facts and is not stored itself: the saving of a spot job, whether a resource is gone, who asserted
//! a commit, which versions cannot be relied on.

use sagewarden_events::Timestamp;

use crate::chain::title;
use crate::edge::FoundBy;
use crate::graph::{Edge, Graph, Node};
use crate::record::{FAILURE_VERSION, STATE_VERSION, reached_at, state_of};

/// When a resource was deleted (milliseconds).
pub const DELETED_AT: &str = "deleted_at";
/// Who created a resource: the ARN of CloudTrail's event, with the source identity where the session kept one.
pub const CREATED_BY: &str = "created_by";
/// The commits that the tags of the creating call named, with spaces between.
pub const ASSERTED: &str = "asserted";
/// The most important features, in words.
pub const TOP_FEATURES: &str = "top_features";
/// The report that they are taken from.
pub const EXPLANATION: &str = "explanation";

/// What managed spot training saved, in whole percent: 100 - billable / total ("Managed Spot Training", SageMaker developer
/// guide). Absent for jobs that did not use it, or have not ended.
#[must_use]
pub fn spot_saving_percent(node: &Node) -> Option<i64> {
    node.text("spot")?;
    let total = node.number("training_seconds").filter(|total| *total > 0)?;
    let billed = node.number("billable_seconds")?;
    Some((100 - (billed * 100 + total / 2) / total).clamp(0, 100))
}

/// When a resource was deleted, as far as is known: by CloudTrail's event, or for endpoints by the state that they leave with.
#[must_use]
pub fn deleted_at(node: &Node) -> Option<Timestamp> {
    let leaving =
        node.text("st").filter(|status| *status == "Deleting").and_then(|_| node.text(STATE_VERSION));
    let since = leaving.and_then(reached_at);
    node.number(DELETED_AT).or(since).map(Timestamp::from_millis)
}

/// Whether the reason that a node failed for is about the state that it is in, and not about one that it has left.
#[must_use]
pub fn is_failure_current(node: &Node) -> bool {
    let of = node.text(FAILURE_VERSION).and_then(state_of);
    of.is_some() && of == node.text("st")
}

/// Who put a commit's name on what was built from it. Environment and hyperparameters are part of the creating call; a tag can
/// be added later by somebody else, so it is the creator's only when the call itself had it.
#[must_use]
pub fn asserted_by<'a>(graph: &'a Graph, edge: &Edge) -> Option<&'a str> {
    let node = graph.nodes.get(&edge.to)?;
    let creator = node.text(CREATED_BY)?;
    let commit = edge.from.tail().rsplit('@').next()?;
    let by_creator = match FoundBy::from_role(&edge.role)? {
        FoundBy::Environment | FoundBy::Hyperparameter => true,
        FoundBy::Tag => {
            node.text(ASSERTED).is_some_and(|named| named.split(' ').any(|named| named == commit))
        }
        _ => false,
    };
    by_creator.then_some(creator)
}

/// Every version of the graph that cannot be relied on, and why.
#[must_use]
pub fn weak(graph: &Graph) -> Vec<String> {
    let nodes = graph.nodes.values();
    nodes.filter_map(|node| Some(format!("{}: {}", title(node), node.text("weak")?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::NodeId;
    use crate::table::{Attributes, Item, Key, Value};

    fn node(facts: &[(&str, Value)]) -> Node {
        let id = NodeId::parse("tjob#1/r/x@1").unwrap();
        let attributes: Attributes =
            facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Node { item: Some(Item { key: Key::new(id.as_str(), "#"), attributes }), id }
    }

    #[test]
    fn the_saving_of_a_spot_job_is_rounded_and_unknown_without_both_times() {
        let check = |total: Option<i64>, billed: Option<i64>, spot: bool, expect: Option<i64>| {
            let mut facts = Vec::new();
            facts.extend(total.map(|seconds| ("training_seconds", Value::Number(seconds))));
            facts.extend(billed.map(|seconds| ("billable_seconds", Value::Number(seconds))));
            facts.extend(spot.then(|| ("spot", Value::Text("true".into()))));
            assert_eq!(spot_saving_percent(&node(&facts)), expect, "{total:?} {billed:?} {spot}");
        };
        check(Some(300), Some(100), true, Some(67));
        check(Some(300), Some(300), true, Some(0));
        check(Some(300), Some(301), true, Some(0));
        check(Some(300), Some(0), true, Some(100));
        check(Some(0), Some(0), true, None);
        check(Some(300), None, true, None);
        check(None, Some(1), true, None);
        check(Some(300), Some(100), false, None);
    }
}
