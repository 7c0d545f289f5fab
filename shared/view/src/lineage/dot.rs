//! The answer in Graphviz's DOT language: a cluster for each stage, an arrow for each edge. The label of the graph says whether the answer
//! is complete.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sagewarden_events::Untrusted;
use sagewarden_lineage::answer::Answer;
use sagewarden_lineage::edge::FoundBy;
use sagewarden_lineage::graph::Node;
use sagewarden_lineage::id::{NodeId, NodeKind};

use super::export;
use super::stage::Stage;

/// A directed graph. Nodes are called `n0`, `n1` and so on, in the order of their identities.
#[must_use]
pub fn dot(answer: &Answer) -> String {
    let names = names(answer);
    let title = match answer.is_complete() {
        true => format!("{}: complete", answer.root),
        false => format!("{}: not complete\n{}", answer.root, export::missing(answer).join("\n")),
    };
    let mut text = String::from(
        "digraph lineage {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n",
    );
    text += &format!("  label={};\n  labelloc=t;\n", Untrusted::new(&title).dot());
    for stage in Stage::ALL {
        let nodes = answer.graph.nodes.values().filter(|node| Stage::of(&answer.graph, node) == stage);
        let lines: String = nodes.map(|node| line(node, &names)).collect();
        if !lines.is_empty() {
            let name = stage.title().replace(' ', "_");
            let _ = write!(
                text,
                "  subgraph cluster_{name} {{\n    label={};\n{lines}  }}\n",
                Untrusted::new(stage.title()).dot()
            );
        }
    }
    for (edge, ..) in export::edges(answer) {
        if let Some((from, to)) = names.get(&edge.from).zip(names.get(&edge.to)) {
            let inferred = FoundBy::from_role(&edge.role).is_some_and(|found| !found.is_explicit());
            let style = if inferred { ", style=dashed" } else { "" };
            let _ = writeln!(text, "  {from} -> {to} [label={}{style}];", Untrusted::new(&edge.role).dot());
        }
    }
    text + "}\n"
}

/// Short names for the nodes of a drawing, because identities have characters with a meaning in drawing languages.
pub(super) fn names(answer: &Answer) -> BTreeMap<&NodeId, String> {
    answer.graph.nodes.keys().enumerate().map(|(index, id)| (id, format!("n{index}"))).collect()
}

fn line(node: &Node, names: &BTreeMap<&NodeId, String>) -> String {
    let name = names.get(&node.id).map(String::as_str).unwrap_or_default();
    let shape = match node.id.kind() {
        NodeKind::Dataset | NodeKind::Artifact | NodeKind::HubDataset | NodeKind::FeatureGroup => {
            ", shape=cylinder, style=solid"
        }
        NodeKind::Image => ", shape=component, style=solid",
        NodeKind::Commit | NodeKind::Reference => ", shape=note, style=solid",
        _ => "",
    };
    let missing = if node.is_recorded() { "" } else { ", color=red" };
    format!(
        "    {name} [label={}{shape}{missing}, tooltip={}];\n",
        Untrusted::new(&export::label(node)).dot(),
        Untrusted::new(node.id.as_str()).dot()
    )
}
