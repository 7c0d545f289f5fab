//! The picture around a node: at first one step, and more with each click.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use sagewarden_lineage::answer::{Answer, Entry};
use sagewarden_lineage::graph::{Graph, Node, StoppedBy};
use sagewarden_lineage::id::{NodeId, NodeKind};
use serde_json::Value as Json;

use super::address::{graph_of, node_page};
use super::frame::{Frame, Page};
use super::grouping::groups;
use super::parts::count;
use super::sheet::Sheet;
use super::timeline;
use crate::lineage::caption::{anchor, found_nothing, label, marks};
use crate::lineage::html::{Facts, canvas, cards, hide, tools};
use crate::lineage::json::json;
use crate::lineage::picture::{Handle, Scene};

/// How many steps a picture shows before anybody opens a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// So many steps.
    Steps(usize),
    /// Without a limit.
    All,
}

/// Depths to choose from, as an address writes them.
const DEPTHS: [(&str, &str); 4] = [("1", "1 step"), ("2", "2 steps"), ("3", "3 steps"), ("all", "all")];

impl Depth {
    /// Reads a depth. Without one, it is one step; an invalid one is `None`.
    #[must_use]
    pub fn parse(text: Option<&str>) -> Option<Self> {
        match text {
            None => Some(Self::Steps(1)),
            Some("all") => Some(Self::All),
            Some(text) => text.parse().ok().filter(|steps| (1..=16).contains(steps)).map(Self::Steps),
        }
    }

    /// The most steps.
    #[must_use]
    pub fn steps(self) -> usize {
        match self {
            Self::Steps(steps) => steps,
            Self::All => 64,
        }
    }
}

/// A picture.
#[derive(Clone, Debug)]
pub struct GraphPage<'a> {
    /// The nodes and edges of the picture. An edge may lead to a node that is not in it.
    pub answer: &'a Answer,
    /// How far it goes.
    pub depth: Depth,
    /// For each node, how many of its neighbours downstream are not in the picture. If a node is absent, nobody has looked.
    pub downstream: BTreeMap<NodeId, usize>,
    /// When each deployment of the endpoint in question came into force; empty for other nodes.
    pub deployments: Vec<Entry>,
}

/// In a picture with more boxes, the card of a box leads to its page and nowhere else.
const HEAVY: usize = 500;

/// The choices in the address of the picture.
struct Wishes {
    opened: BTreeSet<String>,
    apart: BTreeSet<String>,
    hidden: BTreeSet<String>,
    path: Option<NodeId>,
}

impl Wishes {
    fn of(frame: &Frame) -> Self {
        let all = |name: &str| frame.address.all(name).map(str::to_owned).collect();
        Self {
            opened: all("open"),
            apart: all("apart"),
            hidden: all("hide"),
            path: frame.address.get("path").and_then(NodeId::parse),
        }
    }
}

impl GraphPage<'_> {
    fn graph(&self) -> &Graph {
        &self.answer.graph
    }

    fn root(&self) -> Option<&Node> {
        self.graph().nodes.get(&self.answer.root)
    }

    /// The nodes that are drawn before groups are made.
    fn drawn(&self, wishes: &Wishes) -> BTreeSet<&NodeId> {
        let mut drawn: BTreeSet<&NodeId> = self.graph().nodes.keys().collect();
        if let Some(path) = wishes.path.as_ref().filter(|path| self.graph().nodes.contains_key(*path)) {
            let on_path = self.on_path(path);
            drawn.retain(|id| on_path.contains(*id));
        }
        drawn.retain(|id| !wishes.hidden.contains(id.kind().word()) || **id == self.answer.root);
        drawn
    }

    /// A node, and everything upstream and downstream of it.
    fn on_path<'a>(&'a self, id: &'a NodeId) -> BTreeSet<&'a NodeId> {
        let mut found = BTreeSet::new();
        for is_up in [true, false] {
            let (mut seen, mut open) = (BTreeSet::from([id]), vec![id]);
            while let Some(next) = open.pop() {
                for edge in &self.graph().edges {
                    let (end, other) = if is_up { (&edge.to, &edge.from) } else { (&edge.from, &edge.to) };
                    if end == next && seen.insert(other) {
                        open.push(other);
                    }
                }
            }
            found.extend(seen);
        }
        found
    }

    /// The corners of a box that bring more.
    fn handles(&self, frame: &Frame, wishes: &Wishes, id: &NodeId) -> [Option<Handle>; 2] {
        let Some(node) = self.graph().nodes.get(id) else { return [None, None] };
        let is_open = wishes.opened.contains(id.as_str());
        let here = format!("#{}", anchor(id));
        let sources: BTreeSet<NodeId> = node.in_edges().into_iter().map(|edge| edge.source).collect();
        let up = sources.iter().filter(|source| !self.graph().nodes.contains_key(*source)).count();
        let down = self.downstream.get(id).copied().unwrap_or_default();
        let open = |number: usize, words: &str| {
            let href = match frame.is_live {
                true => format!("{}{here}", frame.address.and("open", id.as_str())),
                false => graph_of(id).to_string(),
            };
            (number > 0).then(|| Handle {
                href,
                sign: format!("+{number}"),
                title: format!("show {number} {words}"),
            })
        };
        let close = || Handle {
            href: format!("{}{here}", frame.address.less("open", id.as_str())),
            sign: "\u{2212}".to_owned(),
            title: "hide them again".to_owned(),
        };
        let right = open(down, "more downstream");
        [open(up, "more upstream"), right.or_else(|| is_open.then(close))]
    }

    fn controls(&self, frame: &Frame, wishes: &Wishes) -> Markup {
        let chosen = frame.address.get("depth").unwrap_or("1");
        let is_endpoint = self.answer.root.kind() == NodeKind::Endpoint;
        let is_past = frame.address.get("past").is_some();
        html! {
            div.controls {
                nav.depth aria-label="How far" {
                    @for (depth, words) in DEPTHS {
                        a href=(frame.address.with("depth", depth)) aria-current=[(depth == chosen).then_some("true")] { (words) }
                    }
                }
                @if is_endpoint && frame.at().is_none() && frame.is_live {
                    @if is_past { a href=(frame.address.without("past")) { "without earlier deployments" } }
                    @else { a href=(frame.address.with("past", "1")) { "with earlier deployments" } }
                }
                @if let Some(path) = &wishes.path {
                    span { "only the path through " strong { bdi { (path.last_name()) } } " " a href=(frame.address.without("path")) { "full graph" } }
                }
                @if !wishes.opened.is_empty() { a href=(frame.address.without("open")) { "close all opened boxes" } }
            }
        }
    }

    /// Names the parts that are not in the picture.
    fn limits(&self) -> Markup {
        let cut = self.graph().stopped_by.filter(|why| *why != StoppedBy::MaxDepth);
        html! { @if let Some(why) = cut { p.verdict.bad role="status" { "This is not all: " (why.explain()) "." } } }
    }
}

impl Page for GraphPage<'_> {
    fn has_picture(&self) -> bool {
        true
    }

    fn title(&self) -> String {
        let name = self.root().map_or_else(
            || self.answer.root.to_string(),
            |node| format!("{} {}", node.id.kind(), label(node)),
        );
        format!("Lineage of {name}")
    }

    fn body(&self, frame: &Frame) -> Markup {
        let wishes = Wishes::of(frame);
        let mut shown = self.drawn(&wishes);
        let within = |id: &NodeId| shown.contains(id);
        let edges = self.graph().edges.iter().filter(|edge| within(&edge.from) && within(&edge.to));
        let is_alone = |id: &&&NodeId| {
            **id == &self.answer.root
                || wishes.path.as_ref() == Some(**id)
                || [&wishes.opened, &wishes.apart].iter().any(|set| set.contains(id.as_str()))
        };
        let alone: BTreeSet<&NodeId> = shown.iter().filter(is_alone).copied().collect();
        let has_passed = |id: &&&NodeId| self.graph().nodes.get(**id).is_some_and(found_nothing);
        let passed: BTreeSet<&NodeId> = shown.iter().filter(has_passed).copied().collect();
        let mut groups = groups(&shown, edges, &alone, &passed);
        // The reader has opened this group, so each of its nodes has its own box.
        groups.retain(|first, others| {
            !others.iter().chain([first]).any(|id| wishes.apart.contains(id.as_str()))
        });
        for other in groups.values().flatten() {
            shown.remove(*other);
        }
        let sizes: BTreeMap<&NodeId, usize> =
            groups.iter().map(|(first, others)| (*first, others.len())).collect();
        let nodes = shown.len();
        let link = |id: &NodeId| frame.link(&node_page(id));
        let more = |id: &NodeId| self.handles(frame, &wishes, id);
        let ways = |id: &NodeId| {
            let mut ways = vec![(frame.link(&graph_of(id)), "Its own graph")];
            if frame.is_live {
                ways.push((frame.address.with("path", id.as_str()).to_string(), "Only its path"));
                let apart =
                    sizes.contains_key(id).then(|| frame.address.and("apart", id.as_str()).to_string());
                ways.extend(apart.map(|href| (href, "Show each")));
            }
            // In a large picture, each card must be small: the page of the node has the rest.
            ways.truncate(if nodes > HEAVY { 0 } else { ways.len() });
            ways
        };
        let scene = Scene {
            answer: self.answer,
            shown,
            groups: sizes.clone(),
            link: &link,
            more: &more,
            ways: &ways,
        };
        html! {
            (timeline::strip(frame, &self.deployments))
            (self.limits())
            (self.controls(frame, &wishes))
            (tools())
            (self.filters(frame, &wishes))
            p.note { (nodes) @if nodes == 1 { " box" } @else { " boxes" } ", " (count(scene.edges().count(), "edge")) ". A number at the corner of a box shows the hidden boxes." }
            (canvas(&scene))
            (cards(&scene, Facts::Few))
        }
    }

    fn document(&self) -> Json {
        json(self.answer)
    }

    fn sheet(&self) -> Sheet {
        let mut sheet = Sheet::of(&["distance", "kind", "name", "id", "created_at", "marks"]);
        for (id, node) in &self.graph().nodes {
            let distance = self.graph().distance.get(id).map(ToString::to_string).unwrap_or_default();
            let created = node.created_at().map(|time| time.to_string()).unwrap_or_default();
            let marks = marks(self.answer, node).join(", ");
            sheet.rows.push(vec![
                distance,
                id.kind().word().to_owned(),
                label(node),
                id.to_string(),
                created,
                marks,
            ]);
        }
        sheet
    }
}

impl GraphPage<'_> {
    /// Without the script, this is a form; with the script, it takes effect at once.
    fn filters(&self, frame: &Frame, wishes: &Wishes) -> Markup {
        let fields = hide(self.answer, &wishes.hidden);
        html! {
            details.filters open[!wishes.hidden.is_empty()] {
                summary { "kinds and legend" }
                @if frame.is_live {
                    form method="get" action=(frame.address.path_text()) {
                        @for (name, value) in frame.address.query().filter(|(name, _)| *name != "hide") {
                            input type="hidden" name=(name) value=(value);
                        }
                        (fields)
                        button.plain type="submit" { "Apply" }
                    }
                } @else { (fields) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use sagewarden_lineage::edge::Relation;
    use sagewarden_lineage::graph::Edge;

    use super::*;
    use crate::explorer::{Address, html};

    /// Pipelines that share images, data and commits, as teams do: about two thousand nodes.
    fn teams() -> Answer {
        let id = |kind: &str, number: usize| {
            NodeId::parse(&format!("{kind}#111122223333/eu-west-1/pipeline-{number:04}@1")).unwrap()
        };
        let mut graph = Graph::default();
        let mut add = |from: NodeId, to: NodeId, role: &str| {
            for end in [&from, &to] {
                graph.insert(Node { id: end.clone(), item: None }, 0);
            }
            graph.edges.insert(Edge { from, to, relation: Relation::ContributedTo, role: role.to_owned() });
        };
        for number in 0..450 {
            let (processing, training) = (id("pjob", number), id("tjob", number));
            add(id("commit", number / 5), processing.clone(), "source/tag");
            add(id("img", number / 100), processing.clone(), "image");
            add(id("ds", number / 10), processing.clone(), "input/raw");
            add(id("commit", number / 5), training.clone(), "source/tag");
            add(processing, id("art", 1000 + number), "output/train");
            add(id("art", 1000 + number), training.clone(), "channel/train");
            add(training, id("model", number), "model-data/0");
        }
        Answer { root: id("model", 0), graph, details: BTreeMap::new(), cursor: None, requests: 0 }
    }

    #[test]
    fn two_thousand_nodes_weigh_two_megabytes_at_most() {
        let answer = teams();
        let page = GraphPage {
            answer: &answer,
            depth: Depth::All,
            downstream: BTreeMap::new(),
            deployments: Vec::new(),
        };
        let frame = Frame { address: graph_of(&answer.root), is_live: true, requests: 1 };
        let text = html(&page, &frame);
        assert!(answer.graph.nodes.len() > 1_900, "{}", answer.graph.nodes.len());
        assert_eq!(text.matches("class=\"node").count(), answer.graph.nodes.len(), "none is like another");
        let cards = text.find("<section id=\"cards\"").unwrap_or_default();
        assert!(text.len() <= 2_000_000, "{}, of which cards {}", text.len(), text.len() - cards);
    }

    #[test]
    fn a_path_hides_what_is_not_on_it_and_a_kind_what_is_of_it() {
        let answer = teams();
        let page = GraphPage {
            answer: &answer,
            depth: Depth::All,
            downstream: BTreeMap::new(),
            deployments: Vec::new(),
        };
        let boxes = |address: Address| {
            let frame = Frame { address, is_live: true, requests: 1 };
            html(&page, &frame).matches("class=\"node").count()
        };
        let all = graph_of(&answer.root);
        // Commit, image, data, two jobs, an artifact and the model.
        assert_eq!(boxes(all.with("path", answer.root.as_str())), 7);
        assert_eq!(boxes(all.with("path", answer.root.as_str()).and("hide", "image")), 6);
        // The node in question stays.
        assert_eq!(boxes(all.with("hide", "model")), boxes(all) - 449);
    }
}
