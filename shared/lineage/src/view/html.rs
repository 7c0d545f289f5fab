//! The answer as one self-contained page: a column a stage, a card a node, links between them. No script, no network.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Answer, Stage};
use crate::edge::FoundBy;
use crate::fact;
use crate::graph::{Edge, Node};
use crate::id::{NodeId, NodeKind};
use crate::record::REMEDY;

const STYLE: &str = include_str!("page.css");

/// The page as text.
#[must_use]
pub fn html(answer: &Answer) -> String {
    let title = answer
        .graph
        .nodes
        .get(&answer.root)
        .map_or_else(|| answer.root.to_string(), |node| format!("{} {}", node.id.kind(), node.name()));
    let gaps = answer.graph.gaps();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Lineage of " (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "Lineage of " (title) }
                    p.note {
                        (answer.graph.nodes.len()) " nodes, " (answer.graph.edges.len()) " edges. "
                        @if answer.is_complete() { "Complete." } @else { "Not whole: something is missing or was cut." }
                    }
                    @if !gaps.is_empty() {
                        ul.gaps { @for gap in &gaps { li { (gap) } } }
                    }
                }
                main {
                    @for stage in Stage::ALL {
                        (column(answer, stage))
                    }
                }
            }
        }
    }
    .into_string()
}

fn column(answer: &Answer, stage: Stage) -> Markup {
    let graph = &answer.graph;
    let mut nodes: Vec<&Node> = graph.nodes.values().filter(|node| Stage::of(graph, node) == stage).collect();
    nodes.sort_by_key(|node| {
        (std::cmp::Reverse(graph.distance.get(&node.id).copied()), node.created_at(), node.id.clone())
    });
    html! {
        section {
            h2 { (stage.title()) }
            @for node in nodes { (card(answer, node)) }
        }
    }
}

fn card(answer: &Answer, node: &Node) -> Markup {
    let name = match (node.id.kind(), node.text("message")) {
        (NodeKind::Commit, Some(message)) => {
            format!("{} {}", node.name(), message.lines().next().unwrap_or_default())
        }
        (NodeKind::Dataset | NodeKind::Artifact, _) => {
            node.text("uri").unwrap_or_else(|| node.name()).to_owned()
        }
        _ => node.name().to_owned(),
    };
    html! {
        article id=(anchor(&node.id)) class=(node.id.kind().word()) {
            p.kind {
                (node.id.kind())
                @if let Some(status) = node.text("st") { span.status { (status) } }
                @if answer.graph.is_untrusted(node) { span.status { "untrusted: its job was stopped" } }
            }
            h3 { (name) }
            dl {
                @for (label, value) in facts(node) { dt { (label) } dd { (value) } }
            }
            (links(answer, node))
            (detail(answer, node))
        }
    }
}

fn facts(node: &Node) -> Vec<(&'static str, String)> {
    const SHOWN: [(&str, &str); 17] = [
        ("version_id", "version"),
        ("etag", "entity tag"),
        ("weak", "weak"),
        ("checksum_sha256", "SHA-256"),
        ("checksum", "checksum"),
        ("checksum_type", "checksum of"),
        ("manifest", "manifest"),
        (fact::TOP_FEATURES, "top features"),
        (fact::EXPLANATION, "explanation"),
        (fact::CREATED_BY, "created by"),
        ("author", "author"),
        ("email", "e-mail"),
        ("repository", "repository"),
        ("commit", "commit"),
        ("instance_type", "instance"),
        ("severity", "severity"),
        (REMEDY, "stopped by Sagewarden"),
    ];
    let mut facts: Vec<(&str, String)> = Vec::new();
    if let Some(time) = node.created_at() {
        facts.push(("time", time.to_string()));
    }
    for (name, label) in SHOWN {
        if let Some(text) = node.text(name) {
            facts.push((label, text.to_owned()));
        }
    }
    if let Some(arn) = node.text("arn") {
        facts.push(("ARN", arn.to_owned()));
    }
    if let Some(time) = fact::deleted_at(node) {
        facts.push(("deleted", time.to_string()));
    }
    if let Some(percent) = fact::spot_saving_percent(node) {
        facts.push(("saved by spot training", format!("{percent}%")));
    }
    if !node.is_recorded() {
        facts.push(("note", "named by others, not recorded".to_owned()));
    }
    facts
}

fn links(answer: &Answer, node: &Node) -> Markup {
    let graph = &answer.graph;
    let link = |edge: &Edge, id: &NodeId| {
        graph.nodes.get(id).map(|other| {
            let found = FoundBy::from_role(&edge.role).map(FoundBy::explain);
            html! { li { (found.unwrap_or(&edge.role)) ": " a href={ "#" (anchor(id)) } { (other.id.kind()) " " (other.name()) } } }
        })
    };
    let from: Vec<Markup> = graph.into_node(&node.id).filter_map(|edge| link(edge, &edge.from)).collect();
    let to: Vec<Markup> = graph.out_of(&node.id).filter_map(|edge| link(edge, &edge.to)).collect();
    html! {
        @if !from.is_empty() { p.label { "from" } ul { @for item in &from { (item) } } }
        @if !to.is_empty() { p.label { "to" } ul { @for item in &to { (item) } } }
    }
}

fn detail(answer: &Answer, node: &Node) -> Markup {
    let text = answer.details.get(&node.id).and_then(|detail| serde_json::to_string_pretty(detail).ok());
    html! {
        @if let Some(text) = text { details { summary { "details" } pre { (text) } } }
    }
}

/// An anchor that is the same in every page: identities hold characters that fragments do not.
fn anchor(id: &NodeId) -> String {
    id.as_str().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}
