//! The words that the picture and the cards of a page both use for a node or an edge.

use sagewarden_lineage::answer::Answer;
use sagewarden_lineage::edge::FoundBy;
use sagewarden_lineage::graph::{Edge, Node};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::node::{APPROVAL, DELETED_AT, MESSAGE, SEVERITY, STATE, URI, VIOLATIONS, WEAK};
use sha2::{Digest, Sha256};

/// The fact that people look for first: a commit's first line, the place of an object.
pub(crate) fn label(node: &Node) -> String {
    match (node.id.kind(), node.text(MESSAGE)) {
        (NodeKind::Commit, Some(message)) => {
            format!("{} {}", node.name(), message.lines().next().unwrap_or_default())
        }
        (NodeKind::Dataset | NodeKind::Artifact, _) => {
            node.text(URI).unwrap_or_else(|| node.name()).to_owned()
        }
        _ => node.name().to_owned(),
    }
}

/// Whether a node is the result of a monitor without violations.
pub(crate) fn found_nothing(node: &Node) -> bool {
    node.id.kind() == NodeKind::Violation && node.number(VIOLATIONS) == Some(0)
}

/// The state of a node, and facts that limit the trust in it.
pub(crate) fn marks(answer: &Answer, node: &Node) -> Vec<String> {
    let said = [STATE, APPROVAL, SEVERITY].into_iter().filter_map(|name| node.text(name));
    let mut marks: Vec<String> = said.map(str::to_owned).collect();
    let mut mark = |is: bool, text: &str| marks.extend(is.then(|| text.to_owned()));
    mark(node.text(WEAK).is_some(), "weak");
    mark(answer.graph.is_untrusted(node), "untrusted");
    mark(node.item.as_ref().is_some_and(|item| item.attributes.contains_key(DELETED_AT)), "deleted");
    let unknown = if node.id.kind() == NodeKind::Commit { "unconfirmed" } else { "not recorded" };
    mark(!node.is_recorded(), unknown);
    marks
}

/// Whether an edge is weaker than a recorded fact: inferred, or from an unconfirmed source.
pub(crate) fn is_doubtful(answer: &Answer, edge: &Edge) -> bool {
    FoundBy::from_role(&edge.role).is_some_and(|found| !found.is_explicit())
        || answer.graph.nodes.get(&edge.from).is_none_or(|node| !node.is_recorded())
}

/// An anchor of the node, which is the same in every page. Identities are long, and have characters that fragments of URLs may not have: it
/// is the beginning of a digest, so that no two of a page are the same.
pub(crate) fn anchor(id: &NodeId) -> String {
    let digest = Sha256::digest(id.as_str());
    digest.iter().take(5).fold("n-".to_owned(), |anchor, byte| format!("{anchor}{byte:02x}"))
}
