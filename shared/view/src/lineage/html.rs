//! The answer as one self-contained page: an interactive picture, and a card for each node. The page has both even without the script. A
//! content security policy keeps it from the network.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use sagewarden_lineage::answer::Answer;
use sagewarden_lineage::edge::FoundBy;
use sagewarden_lineage::graph::{Edge, Node};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::node::{CREATED_BY, FOUND};
use serde_json::Value as Json;

use super::caption::{anchor, label, marks};
use super::json::row;
use super::picture::Scene;
use super::stage::Stage;
use crate::page::page;

const STYLE: &str = include_str!("graph.css");
const SCRIPT: &str = include_str!("graph.js");

/// The page as text.
#[must_use]
pub fn html(answer: &Answer) -> String {
    let title = answer
        .graph
        .nodes
        .get(&answer.root)
        .map_or_else(|| answer.root.to_string(), |node| format!("{} {}", node.id.kind(), node.name()));
    let scene = Scene::whole(answer);
    let body = html! {
        header {
            h1 { "Lineage of " (title) }
            p.note { (answer.graph.nodes.len()) " nodes, " (answer.graph.edges.len()) " edges" }
            (completeness(answer))
        }
        (tools())
        (hide(answer, &BTreeSet::new()))
        main { (canvas(&scene)) (cards(&scene, Facts::All)) }
    };
    page(&format!("Lineage of {title}"), STYLE, SCRIPT, &body)
}

/// The picture, and room for the facts of a chosen node beside it.
pub(crate) fn canvas(scene: &Scene<'_>) -> Markup {
    html! {
        div.canvas {
            figure #graph tabindex="0" aria-label="Graph: drag or arrow keys move, wheel or + and - zoom, 0 fits" {
                (scene.svg())
            }
            aside #panel aria-live="polite" aria-label="Facts of the chosen node" hidden {}
        }
    }
}

/// A card for each node of the picture, by stages.
pub(crate) fn cards(scene: &Scene<'_>, facts: Facts) -> Markup {
    let ends = Ends::of(scene.answer);
    html! {
        section #cards aria-label="All nodes by stage" {
            @for (stage, nodes) in staged(scene) {
                @if facts == Facts::All || !nodes.is_empty() { (column(scene, &ends, stage, nodes, facts)) }
            }
        }
    }
}

/// The content of a node's card.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Facts {
    /// Everything: the page is all that there is.
    All,
    /// The facts that help to decide whether to open the node's own page.
    Few,
}

/// The missing parts of an answer.
pub(crate) fn completeness(answer: &Answer) -> Markup {
    let gaps = answer.graph.gaps();
    let cut = serde_json::to_value(answer.graph.stopped_by).ok();
    html! {
        @if answer.is_complete() {
            p.whole role="status" { "Complete: nothing is missing and nothing was cut." }
        } @else {
            div.broken role="status" {
                strong { "Not complete." }
                ul.gaps {
                    @if let Some(Json::String(limit)) = cut { li { "cut off by the limit " code { (limit) } } }
                    @for gap in gaps { li { (gap) } }
                }
            }
        }
    }
}

/// Controls that need the script, which shows them.
pub(crate) fn tools() -> Markup {
    html! {
        nav #tools aria-label="Search and zoom" hidden {
            input #find type="search" placeholder="find in the picture" aria-label="Find in the picture";
            output #hits for="find" {}
            button #next type="button" { "next hit" }
            button #in type="button" aria-label="zoom in" { "+" }
            button #out type="button" aria-label="zoom out" { "\u{2212}" }
            button #fit type="button" { "fit" }
            button #list type="button" aria-pressed="false" { "all facts" }
        }
    }
}

/// The kinds that can be hidden, which are also the legend.
pub(crate) fn hide(answer: &Answer, hidden: &BTreeSet<String>) -> Markup {
    let kinds = NodeKind::all().map(|kind| (kind, answer.graph.of_kind(kind).count()));
    html! {
        fieldset #hide {
            legend { "hide" }
            @for (kind, count) in kinds.filter(|(_, count)| *count > 0) {
                label class={ "key " (kind.word()) } {
                    input type="checkbox" name="hide" checked[hidden.contains(kind.word())] value=(kind.word());
                    (kind) " " (count)
                }
            }
            span.note { span.solid {} " recorded  " span.dashed {} " inferred or unconfirmed" }
        }
    }
}

/// The edges by their ends, computed once. To search all edges for every node would take quadratic time.
#[derive(Default)]
struct Ends<'a> {
    into: BTreeMap<&'a NodeId, Vec<&'a Edge>>,
    out: BTreeMap<&'a NodeId, Vec<&'a Edge>>,
}

impl<'a> Ends<'a> {
    fn of(answer: &'a Answer) -> Self {
        let mut ends = Self::default();
        for edge in &answer.graph.edges {
            ends.into.entry(&edge.to).or_default().push(edge);
            ends.out.entry(&edge.from).or_default().push(edge);
        }
        ends
    }
}

/// The nodes of each stage, including stages without nodes.
fn staged<'a>(scene: &Scene<'a>) -> BTreeMap<Stage, Vec<&'a Node>> {
    let graph = &scene.answer.graph;
    let mut stages: BTreeMap<Stage, Vec<&Node>> = Stage::ALL.map(|stage| (stage, Vec::new())).into();
    for node in scene.shown.iter().filter_map(|id| graph.nodes.get(*id)) {
        stages.entry(Stage::of(graph, node)).or_default().push(node);
    }
    stages
}

fn column(scene: &Scene<'_>, ends: &Ends<'_>, stage: Stage, mut nodes: Vec<&Node>, which: Facts) -> Markup {
    let graph = &scene.answer.graph;
    nodes.sort_by_key(|node| {
        (std::cmp::Reverse(graph.distance.get(&node.id).copied()), node.created_at(), node.id.clone())
    });
    html! {
        section {
            h2 { (stage.title()) }
            @for node in nodes { (card(scene, ends, node, which)) }
        }
    }
}

fn card(scene: &Scene<'_>, ends: &Ends<'_>, node: &Node, which: Facts) -> Markup {
    let answer = scene.answer;
    html! {
        article id=(anchor(&node.id)) class=(node.id.kind().word()) {
            p.kind {
                (node.id.kind())
                @for mark in marks(answer, node) { span.mark { (mark) } }
            }
            @if which == Facts::Few { h3 { a href=((scene.link)(&node.id)) { (label(node)) } } } @else { h3 { (label(node)) } }
            @match which {
                Facts::All => {
                    dl { @for (name, fact) in facts(answer, node) { dt { (name) } dd { (value(&fact)) } } }
                    (links(answer, ends, node))
                }
                            Facts::Few => (few(scene, node)),
            }
        }
    }
}

/// The facts that help to decide whether to open a node's own page, and the links to it.
fn few(scene: &Scene<'_>, node: &Node) -> Markup {
    let others = scene.groups.get(&node.id);
    let created = node.created_at().map(|time| ("created", time.to_string()));
    let by = node.text(CREATED_BY).map(|who| ("by", who.to_owned()));
    let found = node.text(FOUND).map(|found| ("found", found.to_owned()));
    let others =
        others.map(|others| ("with it", format!("{others} more of its kind, with the same neighbours")));
    let facts: Vec<(&str, String)> = [created, by, found, others].into_iter().flatten().collect();
    let ways = (scene.ways)(&node.id);
    html! {
        @if !facts.is_empty() { dl { @for (name, fact) in &facts { dt { (name) } dd { (fact) } } } }
        @if !ways.is_empty() { p.ways { @for (href, words) in ways { a href=(href) { (words) } " " } } }
    }
}

/// Every fact of the node under its name in the JSON answer, including facts that this page does not know.
pub(crate) fn facts(answer: &Answer, node: &Node) -> Vec<(String, Json)> {
    let Json::Object(row) = row(answer, node) else { return Vec::new() };
    let shown = ["kind", "recorded"];
    row.into_iter()
        .filter(|(name, _)| !shown.contains(&name.as_str()))
        .map(|(name, fact)| (name.replace('_', " "), fact))
        .collect()
}

pub(crate) fn value(fact: &Json) -> Markup {
    match fact {
        Json::String(text) => html! { (text) },
        // A feature and its weight.
        Json::Array(members) if matches!(members.as_slice(), [Json::String(_), Json::Number(_)]) => html! {
            @for member in members { (value(member)) " " }
        },
        Json::Array(members) => html! { ul { @for member in members { li { (value(member)) } } } },
        Json::Object(fields) => html! {
            dl { @for (name, field) in fields { dt { (name) } dd { (value(field)) } } }
        },
        other => html! { (other.to_string()) },
    }
}

fn links(answer: &Answer, ends: &Ends<'_>, node: &Node) -> Markup {
    let graph = &answer.graph;
    let link = |edge: &Edge, id: &NodeId| {
        graph.nodes.get(id).map(|other| {
            let found = FoundBy::from_role(&edge.role).map(FoundBy::explain);
            html! { li { (found.unwrap_or(&edge.role)) ": " a href={ "#" (anchor(id)) } { (other.id.kind()) " " (other.name()) } } }
        })
    };
    let from: Vec<Markup> =
        ends.into.get(&node.id).into_iter().flatten().filter_map(|edge| link(edge, &edge.from)).collect();
    let to: Vec<Markup> =
        ends.out.get(&node.id).into_iter().flatten().filter_map(|edge| link(edge, &edge.to)).collect();
    html! {
        @if !from.is_empty() { p.label { "from" } ul.links { @for item in &from { (item) } } }
        @if !to.is_empty() { p.label { "to" } ul.links { @for item in &to { (item) } } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Images have the plain colour.
    #[test]
    fn every_kind_of_node_has_a_colour() {
        for kind in NodeKind::all().filter(|kind| *kind != NodeKind::Image) {
            let class = format!(".{}", kind.word());
            let has_rule = [" ", ","].iter().any(|end| STYLE.contains(&format!("{class}{end}")));
            assert!(has_rule, "{class}");
        }
    }
}
