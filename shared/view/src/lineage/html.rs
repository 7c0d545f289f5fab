//! The answer as one self-contained page: an interactive picture, and a card for each node. The page has both even without the script. A
//! content security policy keeps it from the network.

use std::collections::BTreeMap;

use maud::{Markup, html};
use sagewarden_lineage::answer::Answer;
use sagewarden_lineage::edge::FoundBy;
use sagewarden_lineage::graph::{Edge, Node};
use sagewarden_lineage::id::{NodeId, NodeKind};
use serde_json::Value as Json;

use super::caption::{anchor, label, marks};
use super::json::row;
use super::picture;
use super::stage::Stage;
use crate::page::{data_block, page};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page as text.
#[must_use]
pub fn html(answer: &Answer) -> String {
    let title = answer
        .graph
        .nodes
        .get(&answer.root)
        .map_or_else(|| answer.root.to_string(), |node| format!("{} {}", node.id.kind(), node.name()));
    let gaps = answer.graph.gaps();
    let ends = Ends::of(answer);
    let body = html! {
        header {
            h1 { "Lineage of " (title) }
            p.note { (answer.graph.nodes.len()) " nodes, " (answer.graph.edges.len()) " edges" }
            (completeness(answer, &gaps))
        }
        (tools(answer))
        main {
            figure #graph tabindex="0" aria-label="Graph: drag or arrow keys move, wheel or + and - zoom, 0 fits" {
                (picture::svg(answer))
            }
            aside #panel aria-live="polite" aria-label="Facts of the chosen node" hidden {}
        }
        section #cards aria-label="All nodes by stage" {
            @for (stage, nodes) in staged(answer) { (column(answer, &ends, stage, nodes)) }
        }
        (data_block("lineage", &data(answer)))
    };
    page(&format!("Lineage of {title}"), STYLE, SCRIPT, &body)
}

fn completeness(answer: &Answer, gaps: &[String]) -> Markup {
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

/// Controls that need the script, which shows them. The filters are also the legend.
fn tools(answer: &Answer) -> Markup {
    let kinds = NodeKind::all().map(|kind| (kind, answer.graph.of_kind(kind).count()));
    html! {
        nav #tools aria-label="Search, zoom and filters" hidden {
            input #search type="search" placeholder="name, id, ARN, commit, version" aria-label="Search the nodes";
            output #hits for="search" {}
            button #next type="button" { "next hit" }
            button #in type="button" aria-label="zoom in" { "+" }
            button #out type="button" aria-label="zoom out" { "\u{2212}" }
            button #fit type="button" { "fit" }
            button #list type="button" aria-pressed="false" { "all facts" }
            fieldset {
                legend { "kinds" }
                @for (kind, count) in kinds.filter(|(_, count)| *count > 0) {
                    label class={ "key " (kind.word()) } {
                        input type="checkbox" checked value=(kind.word());
                        (kind) " " (count)
                    }
                }
            }
            p.note { span.solid {} " recorded  " span.dashed {} " inferred or unconfirmed" }
        }
    }
}

/// The upstream nodes of each node, for the script.
fn data(answer: &Answer) -> Json {
    let edges: Vec<[String; 2]> =
        answer.graph.edges.iter().map(|edge| [anchor(&edge.from), anchor(&edge.to)]).collect();
    serde_json::json!({ "root": anchor(&answer.root), "edges": edges })
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
fn staged(answer: &Answer) -> BTreeMap<Stage, Vec<&Node>> {
    let mut stages: BTreeMap<Stage, Vec<&Node>> = Stage::ALL.map(|stage| (stage, Vec::new())).into();
    for node in answer.graph.nodes.values() {
        stages.entry(Stage::of(&answer.graph, node)).or_default().push(node);
    }
    stages
}

fn column(answer: &Answer, ends: &Ends<'_>, stage: Stage, mut nodes: Vec<&Node>) -> Markup {
    let graph = &answer.graph;
    nodes.sort_by_key(|node| {
        (std::cmp::Reverse(graph.distance.get(&node.id).copied()), node.created_at(), node.id.clone())
    });
    html! {
        section {
            h2 { (stage.title()) }
            @for node in nodes { (card(answer, ends, node)) }
        }
    }
}

fn card(answer: &Answer, ends: &Ends<'_>, node: &Node) -> Markup {
    html! {
        article id=(anchor(&node.id)) class=(node.id.kind().word()) {
            p.kind {
                (node.id.kind())
                @for mark in marks(answer, node) { span.mark { (mark) } }
            }
            h3 { (label(node)) }
            dl {
                @for (name, fact) in facts(answer, node) { dt { (name) } dd { (value(&fact)) } }
            }
            (links(answer, ends, node))
        }
    }
}

/// Every fact of the node under its name in the JSON answer, including facts that this page does not know.
fn facts(answer: &Answer, node: &Node) -> Vec<(String, Json)> {
    let Json::Object(row) = row(answer, node) else { return Vec::new() };
    let shown = ["kind", "recorded"];
    row.into_iter()
        .filter(|(name, _)| !shown.contains(&name.as_str()))
        .map(|(name, fact)| (name.replace('_', " "), fact))
        .collect()
}

fn value(fact: &Json) -> Markup {
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
