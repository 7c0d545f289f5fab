//! A graph as a picture: boxes from left to right, curves with roles. The page of a lineage and the pages of the explorer share it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use maud::{Markup, html};
use sagewarden_lineage::answer::Answer;
use sagewarden_lineage::edge::FoundBy;
use sagewarden_lineage::graph::{Edge, Node};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::node::{MONITORING_TYPE, URI, WEAK, WINDOW_START};

use super::caption::{anchor, found_nothing, is_doubtful, label, marks};
use super::layout::{HEIGHT, Layout, Point, WIDTH, layout};

/// If there are more edges than this, their roles are shown only along the path of the chosen node.
const FEW: usize = 40;
/// If there are more edges than this, only a tooltip shows the role of an edge. If there are more nodes than this, cards have only facts in
/// words. Otherwise, the page would be too large to open.
const MANY: usize = 600;
/// How far below the middle of a box each role is written. There are three: a handle takes the lower corner.
const LINES: [f64; 3] = [-6.0, 12.0, -24.0];
/// The letters that a box has room for, and a gap between two columns.
const LETTERS: usize = 28;
const ROLE: usize = 17;

/// The drawn part of an answer, and where its boxes lead.
pub(crate) struct Scene<'a> {
    pub(crate) answer: &'a Answer,
    /// The nodes with a box.
    pub(crate) shown: BTreeSet<&'a NodeId>,
    /// Boxes that represent several nodes, each with the number of the others.
    pub(crate) groups: BTreeMap<&'a NodeId, usize>,
    /// Where a box leads.
    pub(crate) link: &'a dyn Fn(&NodeId) -> String,
    /// The corners of a box that show more: upstream on the left, downstream on the right.
    pub(crate) more: &'a dyn Fn(&NodeId) -> [Option<Handle>; 2],
    /// Where the card of a node leads, each with its words.
    pub(crate) ways: &'a dyn Fn(&NodeId) -> Vec<(String, &'static str)>,
}

/// A link at the corner of a box that brings more nodes into the picture, or takes them away.
pub(crate) struct Handle {
    pub(crate) href: String,
    /// `+`, `+3` or `-`
    pub(crate) sign: String,
    pub(crate) title: String,
}

impl<'a> Scene<'a> {
    /// All nodes, each a link to its card on the same page.
    pub(crate) fn whole(answer: &'a Answer) -> Self {
        Self {
            answer,
            shown: answer.graph.nodes.keys().collect(),
            groups: BTreeMap::new(),
            link: &|id| format!("#{}", anchor(id)),
            more: &|_| [None, None],
            ways: &|_| Vec::new(),
        }
    }

    /// Edges with both ends in the picture.
    pub(crate) fn edges(&self) -> impl Iterator<Item = &'a Edge> {
        let edges = self.answer.graph.edges.iter();
        edges.filter(|edge| self.shown.contains(&edge.from) && self.shown.contains(&edge.to))
    }

    /// The picture, and a small map that shows which part of it the reader sees.
    pub(crate) fn svg(&self) -> Markup {
        let layout = layout(&self.shown, self.edges().map(|edge| (&edge.from, &edge.to)));
        let (width, height) = (layout.width, layout.height);
        let class = if self.edges().count() > FEW { "many" } else { "few" };
        html! {
            svg.scene class=(class) viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height)
                role="group" aria-label="Lineage graph" {
                g id="scene" {
                    g id="drawn" {
                        @for edge in self.edges() { (self.curve(&layout, edge)) }
                        @for (edge, line) in self.lines() { (words(&layout, edge, line)) }
                        @for (id, corner) in &layout.corners {
                            @if let Some(node) = self.answer.graph.nodes.get(*id) { (self.shape(node, *corner)) }
                        }
                    }
                }
            }
            svg id="minimap" viewBox={ "0 0 " (width) " " (height) } aria-hidden="true" hidden {
                use href="#drawn" {}
                rect id="seen" {}
            }
        }
    }

    /// The edges whose role is shown, each with one of the lines at its destination. A destination shows no role twice, and no more roles
    /// than it has room for.
    fn lines(&self) -> Vec<(&'a Edge, usize)> {
        let mut said: BTreeMap<&NodeId, Vec<String>> = BTreeMap::new();
        let mut lines = Vec::new();
        if self.edges().count() > MANY {
            return lines;
        }
        for edge in self.edges() {
            let (said, role) = (said.entry(&edge.to).or_default(), role(edge));
            if !said.contains(&role) && said.len() < LINES.len() {
                lines.push((edge, said.len()));
                said.push(role);
            }
        }
        lines
    }

    fn curve(&self, layout: &Layout<'_>, edge: &Edge) -> Markup {
        let Some(points) = layout.lines.get(&(&edge.from, &edge.to)) else { return html! {} };
        let class = if is_doubtful(self.answer, edge) { "edge dashed" } else { "edge" };
        let found = FoundBy::from_role(&edge.role).map(FoundBy::explain);
        html! {
            g class=(class) data-from=(anchor(&edge.from)) data-to=(anchor(&edge.to)) {
                title { (found.unwrap_or(&edge.role)) }
                path d=(path(points)) {}
            }
        }
    }

    fn shape(&self, node: &Node, corner: Point) -> Markup {
        let answer = self.answer;
        let marks = marks(answer, node);
        let label = label(node);
        let is_doubtful = !node.is_recorded() || node.text(WEAK).is_some();
        let kind = node.id.kind();
        let more = self.groups.get(&node.id).copied();
        let found_nothing = found_nothing(node);
        let noun = if found_nothing { "no violation".to_owned() } else { kind.to_string() };
        let what = more.map_or_else(|| noun.clone(), |more| format!("{noun} + {more} more"));
        let below = below(node, &marks);
        html! {
            g transform={ "translate(" (corner.x) " " (corner.y) ")" } {
                @if more.is_some() { rect class="box stack" x="6" y="6" width=(WIDTH) height=(HEIGHT) {} }
                a class={ "node " @if found_nothing { "passed" } @else { (kind.word()) } @if is_doubtful { " doubtful" } @if node.id == answer.root { " root" } }
                    href=((self.link)(&node.id)) data-id=(anchor(&node.id)) {
                    title { (what) " " (label) }
                    @if !marks.is_empty() && self.shown.len() <= MANY { desc { (marks.join(", ")) } }
                    rect class="box" width=(WIDTH) height=(HEIGHT) {}
                    rect class="bar" width="6" height=(HEIGHT) {}
                    text class="what" x="16" y="17" { (what) }
                    text class="name" x="16" y="35" { (shortened(&short_label(node, &label), LETTERS)) }
                    text class="marks" x="16" y="52" { (shortened(&below, LETTERS + 3)) }
                }
                @for (handle, x) in (self.more)(&node.id).into_iter().zip([0.0, WIDTH]) {
                    @if let Some(Handle { href, sign, title }) = handle {
                        a class="handle" href=(href) {
                            title { (title) " of " (kind) " " (label) }
                            rect x=(x - 17.0) y=(HEIGHT - 13.0) width="34" height="24" rx="12" {}
                            text x=(x) y=(HEIGHT + 3.5) text-anchor="middle" { (sign) }
                        }
                    }
                }
            }
        }
    }
}

/// The role of an edge, beside the box that it leads to. It stands above all lines.
fn words(layout: &Layout<'_>, edge: &Edge, line: usize) -> Markup {
    let Some(end) = layout.lines.get(&(&edge.from, &edge.to)).and_then(|points| points.last()) else {
        return html! {};
    };
    html! {
        text.role x=(end.x - 7.0) y=(end.y + LINES.get(line).copied().unwrap_or_default()) text-anchor="end"
            data-from=(anchor(&edge.from)) data-to=(anchor(&edge.to)) { (shortened(&role(edge), ROLE)) }
    }
}

/// The meaning of an edge, in few letters.
fn role(edge: &Edge) -> String {
    match FoundBy::from_role(&edge.role) {
        Some(FoundBy::BranchHead) => "inferred".to_owned(),
        Some(_) => "commit".to_owned(),
        // Containers are numbered, channels have names.
        None => match edge.role.rsplit_once('/') {
            Some((what, name)) if name.bytes().all(|digit| digit.is_ascii_digit()) => what.to_owned(),
            Some((_, name)) => name.to_owned(),
            None => edge.role.clone(),
        },
    }
}

/// The text that distinguishes a node from its neighbours: for an object the last part of its key, for a deployment the configuration, for
/// a finding its monitor.
fn short_label(node: &Node, label: &str) -> String {
    let last = || label.trim_end_matches('/').rsplit('/').next().unwrap_or(label).to_owned();
    match node.id.kind() {
        NodeKind::Dataset | NodeKind::Artifact | NodeKind::Image | NodeKind::Deployment => last(),
        NodeKind::Violation => node.text(MONITORING_TYPE).map_or_else(last, str::to_owned),
        _ => label.to_owned(),
    }
}

/// The last line of a box: its marks; for an object the folder, for a finding its time.
fn below(node: &Node, marks: &[String]) -> String {
    let folder = node.text(URI).filter(|_| matches!(node.id.kind(), NodeKind::Dataset | NodeKind::Artifact));
    let folder = folder.and_then(|uri| uri.trim_end_matches('/').rsplit('/').nth(1)).map(str::to_owned);
    let began = node.text(WINDOW_START).map(|time| time.replace('T', " ").chars().take(16).collect());
    let words: Vec<String> = marks.iter().cloned().chain(folder).chain(began).collect();
    words.join(" \u{b7} ")
}

/// A smooth line through the points: straight within a column, a curve between two.
fn path(points: &[Point]) -> String {
    let mut path = String::new();
    let mut last: Option<Point> = None;
    for point in points {
        let _written = match last {
            None => write!(path, "M{} {}", point.x, point.y),
            Some(last) if last.y == point.y => write!(path, "H{}", point.x),
            Some(last) => {
                let half = (last.x + point.x) / 2.0;
                write!(path, "C{half} {} {half} {} {} {}", last.y, point.y, point.x, point.y)
            }
        };
        last = Some(*point);
    }
    path
}

/// Keeps the beginning and the end of a name, because names differ there more often than in the middle.
fn shortened(text: &str, limit: usize) -> String {
    let count = text.chars().count();
    if count <= limit {
        return text.to_owned();
    }
    let head = limit / 2;
    let tail = limit - head - 1;
    text.chars().take(head).chain(['\u{2026}']).chain(text.chars().skip(count - tail)).collect()
}
