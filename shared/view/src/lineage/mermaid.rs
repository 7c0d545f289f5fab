//! The answer as a Mermaid flowchart: a subgraph for each stage, an arrow for each edge. If the answer is incomplete, a comment in the
//! first lines and a node say so.

use std::fmt::Write as _;

use sagewarden_events::Untrusted;
use sagewarden_lineage::answer::Answer;
use sagewarden_lineage::edge::FoundBy;

use super::dot::names;
use super::export;
use super::stage::Stage;

/// A flowchart from left to right.
#[must_use]
pub fn mermaid(answer: &Answer) -> String {
    let names = names(answer);
    let mut text = String::from("flowchart LR\n");
    let _ = writeln!(text, "  %% complete: {}", answer.is_complete());
    if !answer.is_complete() {
        let why = export::missing(answer).join("; ");
        let _ = writeln!(text, "  incomplete[\"not complete: {}\"]", Untrusted::new(&why).mermaid());
    }
    for stage in Stage::ALL {
        let mut lines = String::new();
        for node in answer.graph.nodes.values().filter(|node| Stage::of(&answer.graph, node) == stage) {
            let name = names.get(&node.id).map(String::as_str).unwrap_or_default();
            let _ = writeln!(lines, "    {name}[\"{}\"]", Untrusted::new(&export::label(node)).mermaid());
        }
        if !lines.is_empty() {
            let name = stage.title().replace(' ', "_");
            let _ = write!(text, "  subgraph stage_{name} [\"{}\"]\n{lines}  end\n", stage.title());
        }
    }
    for (edge, ..) in export::edges(answer) {
        if let Some((from, to)) = names.get(&edge.from).zip(names.get(&edge.to)) {
            let inferred = FoundBy::from_role(&edge.role).is_some_and(|found| !found.is_explicit());
            let arrow = if inferred { "-.->" } else { "-->" };
            let _ = writeln!(text, "  {from} {arrow}|\"{}\"| {to}", Untrusted::new(&edge.role).mermaid());
        }
    }
    text
}
