//! The page of one thing: first its own facts, then the verdict, its neighbours, and its history.

use std::collections::BTreeMap;

use maud::{Markup, html};
use sagewarden_events::Timestamp;
use sagewarden_lineage::answer::{Answer, Entity, Entry, EntryKind};
use sagewarden_lineage::edge::FoundBy;
use sagewarden_lineage::graph::{Edge, Node};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::node::ARN;
use serde_json::{Value as Json, json};

use super::address::{drift_of, graph_of};
use super::frame::{Frame, Page};
use super::parts::{badge, count, moment, node_link};
use super::sheet::Sheet;
use super::{timeline, verdict};
use crate::lineage::caption::{label, marks};
use crate::lineage::html::{facts, value};
use crate::lineage::json::row;

/// Neighbours of one kind that are shown at once.
const OPEN: usize = 8;
/// Facts that stand elsewhere on the page.
const ELSEWHERE: [&str; 6] = ["name", "detail", "stage", "id", "verdicts", "violations"];

/// The known facts about an entity.
#[derive(Clone, Debug)]
pub struct EntityPage<'a> {
    /// The answer.
    pub entity: &'a Entity,
    /// Links to other places, such as the console, each with its text.
    pub elsewhere: Vec<(String, &'static str)>,
    /// The page that monitoring wrote about this window, if there is one.
    pub report: Option<String>,
}

impl EntityPage<'_> {
    fn node(&self) -> Option<(&Answer, &Node)> {
        let answer = self.entity.lineage.as_ref()?;
        Some((answer, answer.graph.nodes.get(&answer.root)?))
    }

    fn head(&self, frame: &Frame) -> Markup {
        let outcome = self.entity.why.verdict.as_ref().map(|verdict| verdict.outcome.as_str());
        html! {
            p.badges {
                @if let Some((answer, node)) = self.node() { @for mark in marks(answer, node) { (badge(&mark)) " " } }
                @if let Some(outcome) = outcome { (badge(outcome)) " " }
                @if let Some(time) = self.last_drift() { span class={ "badge " (self.drift_tone(time)) } { "last drift " (moment(time)) } }
            }
            p.ways {
                @if let Some((_, node)) = self.node() {
                    a.button href=(frame.link(&graph_of(&node.id))) { "Lineage graph" } " "
                    @if node.id.kind() == NodeKind::Endpoint {
                        a.button href=(frame.link(&drift_of(node.name()))) { "Drift" } " "
                    }
                }
                @if let Some(report) = &self.report { a.button href=(report) { "Report of this window" } " " }
                @for (href, words) in &self.elsewhere { a href=(href) rel="noreferrer" { (words) } " " }
            }
        }
    }

    fn last_drift(&self) -> Option<Timestamp> {
        self.entity
            .entries
            .iter()
            .filter(|entry| entry.kind == EntryKind::Drift)
            .map(|entry| entry.time)
            .max()
    }

    /// Bad, unless monitoring found nothing since.
    fn drift_tone(&self, drifted: Timestamp) -> &'static str {
        let is_newer = |entry: &Entry| entry.kind == EntryKind::Monitoring && entry.time > drifted;
        if self.entity.entries.iter().any(is_newer) { "plain" } else { "bad" }
    }

    fn facts(&self) -> Markup {
        let why = &self.entity.why;
        let shown = self.node().map(|(answer, node)| (facts(answer, node), answer, node));
        html! {
            section aria-labelledby="facts" {
                h2 #facts { "Facts" }
                @match shown {
                    Some((facts, answer, node)) => {
                        dl.grid {
                            @for (name, fact) in facts.iter().filter(|(name, _)| !ELSEWHERE.contains(&name.as_str())) {
                                div { dt { (name) } dd { (value(fact)) } }
                            }
                            div { dt { "identity" } dd { code { (node.id) } } }
                        }
                        @if let Some(detail) = answer.details.get(&node.id) {
                            details { summary { "All details" } article.flat { dl { dt { "detail" } dd { (value(detail)) } } } }
                        }
                    }
                    None => dl.grid {
                        div { dt { "identity" } dd { code { (why.root) } } }
                        @if let Some(created) = why.created_at { div { dt { "created at" } dd { (moment(created)) } } }
                        @if let Some(who) = &why.started_by { div { dt { "created by" } dd { (who) } } }
                    },
                }
            }
        }
    }

    /// The neighbours one step away, by kind.
    fn neighbours(&self, frame: &Frame) -> Markup {
        let Some((answer, node)) = self.node() else { return html! {} };
        let from: Vec<(&Edge, &NodeId)> =
            answer.graph.into_node(&node.id).map(|edge| (edge, &edge.from)).collect();
        let to: Vec<(&Edge, &NodeId)> = answer.graph.out_of(&node.id).map(|edge| (edge, &edge.to)).collect();
        html! {
            div.columns {
                (side(frame, answer, "Made from", "from", &from))
                (side(frame, answer, "Went into", "to", &to))
            }
            @if self.entity.unread > 0 {
                p.note { (self.entity.unread) " neighbours more are recorded than one page shows. "
                    a href=(frame.link(&graph_of(&node.id))) { "The graph" } " goes on from here." }
            }
        }
    }
}

fn side(frame: &Frame, answer: &Answer, title: &str, id: &str, ends: &[(&Edge, &NodeId)]) -> Markup {
    let mut kinds: BTreeMap<NodeKind, Vec<(&Edge, &Node)>> = BTreeMap::new();
    for (edge, id) in ends {
        if let Some(node) = answer.graph.nodes.get(*id) {
            kinds.entry(node.id.kind()).or_default().push((edge, node));
        }
    }
    // The newest first, because people ask about these.
    for nodes in kinds.values_mut() {
        nodes.sort_by_key(|(_, node)| (std::cmp::Reverse(node.created_at()), node.id.clone()));
    }
    let item = |(edge, node): &(&Edge, &Node)| {
        let found = FoundBy::from_role(&edge.role).map(FoundBy::explain);
        html! { li { (node_link(frame, answer, node)) " " span.note { (found.unwrap_or(&edge.role)) } } }
    };
    html! {
        section aria-labelledby=(id) {
            h2 #(id) { (title) }
            @if kinds.is_empty() { p.note { "Nothing is recorded." } }
            @for (kind, nodes) in &kinds {
                ul.plain { @for each in nodes.iter().take(OPEN) { (item(each)) } }
                @if nodes.len() > OPEN {
                    details { summary { "+ " (count(nodes.len() - OPEN, &kind.to_string())) } ul.plain { @for each in nodes.iter().skip(OPEN) { (item(each)) } } }
                }
            }
        }
    }
}

impl Page for EntityPage<'_> {
    fn title(&self) -> String {
        match self.node() {
            Some((_, node)) => format!("{} {}", node.id.kind(), label(node)),
            None => self.entity.why.name.clone(),
        }
    }

    fn body(&self, frame: &Frame) -> Markup {
        let Entity { why, entries, .. } = self.entity;
        html! {
            (self.head(frame))
            (timeline::strip(frame, entries))
            (self.facts())
            (verdict::section(frame, why))
            (self.neighbours(frame))
            section aria-labelledby="history" {
                h2 #history { "What happened" }
                @if entries.is_empty() { p.note { "Nothing is recorded." } }
                (timeline::list(entries))
            }
        }
    }

    fn document(&self) -> Json {
        let answer = self.entity.lineage.as_ref();
        let ends = |is_from: bool| -> Vec<Json> {
            let Some((answer, node)) = self.node() else { return Vec::new() };
            let edges = answer
                .graph
                .edges
                .iter()
                .filter(|edge| if is_from { edge.to == node.id } else { edge.from == node.id });
            edges
                .filter_map(|edge| {
                    let other = answer.graph.nodes.get(if is_from { &edge.from } else { &edge.to })?;
                    Some(json!({ "role": edge.role, "relation": edge.relation, "node": row(answer, other) }))
                })
                .collect()
        };
        json!({
            "root": self.entity.why.root,
            "entity": self.node().map(|(answer, node)| row(answer, node)),
            "why": self.entity.why,
            "made_from": ends(true),
            "went_into": ends(false),
            "entries": self.entity.entries,
            "complete": self.entity.unread == 0 && answer.is_none_or(|answer| answer.graph.stopped_by.is_none()),
            "requests": self.entity.requests,
        })
    }

    fn sheet(&self) -> Sheet {
        let mut sheet = Sheet::of(&["side", "role", "kind", "name", "id", "created_at", "arn"]);
        let Some((answer, own)) = self.node() else { return sheet };
        for edge in &answer.graph.edges {
            let (side, other) = match edge.to == own.id {
                true => ("made from", &edge.from),
                false => ("went into", &edge.to),
            };
            let Some(node) = answer.graph.nodes.get(other) else { continue };
            let created = node.created_at().map(|time| time.to_string()).unwrap_or_default();
            let kind = node.id.kind().word().to_owned();
            let arn = node.text(ARN).unwrap_or_default().to_owned();
            sheet.rows.push(vec![
                side.to_owned(),
                edge.role.clone(),
                kind,
                label(node),
                node.id.to_string(),
                created,
                arn,
            ]);
        }
        sheet
    }
}
