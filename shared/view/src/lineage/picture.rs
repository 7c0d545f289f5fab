//! The graph as a picture of the page: boxes from left to right, curves with roles.

use std::collections::BTreeMap;

use maud::{Markup, html};
use sagewarden_lineage::answer::Answer;
use sagewarden_lineage::graph::{Edge, Graph, Node};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::rows::node::WEAK;

use super::caption::{anchor, is_doubtful, label, marks};
use super::layout::{GridPlace, places};

const WIDTH: usize = 230;
const HEIGHT: usize = 60;
const STEP_X: usize = 330;
const STEP_Y: usize = 80;
const MARGIN: usize = 70;
/// If there are more edges than this, their roles are shown only along the path of the chosen node.
const FEW: usize = 150;

/// How many roles fit beside a box.
const LINES: usize = 3;

/// The whole graph; boxes are links to the cards.
pub(super) fn svg(answer: &Answer) -> Markup {
    let graph = &answer.graph;
    let places = places(graph);
    let columns = places.values().map(|place| place.column + 1).max().unwrap_or(1);
    let rows = places.values().map(|place| place.row + 1).max().unwrap_or(1);
    let (width, height) = (columns * STEP_X + MARGIN, rows * STEP_Y + MARGIN);
    let class = if graph.edges.len() > FEW { "many" } else { "few" };
    html! {
        svg class=(class) viewBox={ "0 0 " (width) " " (height) } role="group" aria-label="Lineage graph" {
            g id="scene" {
                @for (edge, line) in lines(graph) { (curve(answer, &places, edge, line)) }
                @for node in graph.nodes.values() {
                    @if let Some(place) = places.get(&node.id) { (shape(answer, node, *place)) }
                }
            }
        }
    }
}

/// Each edge, with the line for its role at the destination; `None` if another edge has shown the same role, or if there is no more room.
fn lines(graph: &Graph) -> Vec<(&Edge, Option<usize>)> {
    let mut said: BTreeMap<&NodeId, Vec<&str>> = BTreeMap::new();
    let mut lines = Vec::new();
    for edge in &graph.edges {
        let said = said.entry(&edge.to).or_default();
        let line = (!said.contains(&edge.role.as_str()) && said.len() < LINES).then_some(said.len());
        said.extend(line.map(|_| edge.role.as_str()));
        lines.push((edge, line));
    }
    lines
}

fn corner(place: GridPlace) -> (usize, usize) {
    (MARGIN + place.column * STEP_X, MARGIN + place.row * STEP_Y)
}

fn curve(answer: &Answer, places: &BTreeMap<&NodeId, GridPlace>, edge: &Edge, line: Option<usize>) -> Markup {
    let Some((from, to)) = places.get(&edge.from).zip(places.get(&edge.to)) else { return html! {} };
    let ((x1, y1), (x2, y2)) = (corner(*from), corner(*to));
    let (x1, y1, y2) = (x1 + WIDTH, y1 + HEIGHT / 2, y2 + HEIGHT / 2);
    let bend = (STEP_X - WIDTH) * 2 / 3;
    // An edge that goes beyond the next column would run behind boxes. It goes round them, between two rows.
    let path = if x2 == x1 + STEP_X - WIDTH {
        format!("M{x1} {y1} C{} {y1} {} {y2} {x2} {y2}", x1 + bend, x2 - bend)
    } else {
        let (half, turn) = ((STEP_X - WIDTH) / 2, STEP_Y / 2);
        let between = if y2 > y1 { y2 - turn } else { y2 + turn };
        let (out, back) = (x1 + half, x2.saturating_sub(half));
        let (far, near) = if back >= out { (out, back) } else { (out + half, back.saturating_sub(half)) };
        format!(
            "M{x1} {y1} C{far} {y1} {far} {between} {out} {between} L{back} {between} C{near} {between} {near} {y2} {x2} {y2}"
        )
    };
    let class = if is_doubtful(answer, edge) { "edge dashed" } else { "edge" };
    html! {
        g class=(class) data-from=(anchor(&edge.from)) data-to=(anchor(&edge.to)) {
            path d=(path) {}
            @if let Some(line) = line {
                text x=(x2.saturating_sub(6)) y=((y2 + 12 * line).saturating_sub(5)) text-anchor="end" { (shortened(&edge.role, 18)) }
            }
        }
    }
}

fn shape(answer: &Answer, node: &Node, place: GridPlace) -> Markup {
    let (x, y) = corner(place);
    let marks = marks(answer, node);
    let label = label(node);
    let is_doubtful = !node.is_recorded() || node.text(WEAK).is_some();
    let kind = node.id.kind();
    html! {
        a class={ "node " (kind.word()) @if is_doubtful { " doubtful" } @if node.id == answer.root { " root" } }
            href={ "#" (anchor(&node.id)) } transform={ "translate(" (x) " " (y) ")" }
            aria-label={ (kind) " " (label) " " (marks.join(", ")) } {
            title { (kind) " " (label) }
            rect class="box" width=(WIDTH) height=(HEIGHT) rx="7" {}
            rect class="bar" width="6" height=(HEIGHT) rx="3" {}
            text class="what" x="16" y="17" { (kind) }
            text class="name" x="16" y="35" { (shortened(&label, 23)) }
            text class="marks" x="16" y="52" { (shortened(&marks.join(" \u{b7} "), 34)) }
        }
    }
}

/// Keeps the beginning and the end of a name, because names differ there more often than in the middle.
fn shortened(text: &str, limit: usize) -> String {
    let count = text.chars().count();
    if count <= limit {
        return text.to_owned();
    }
    let head = limit / 3;
    let tail = limit - head - 1;
    text.chars().take(head).chain(['\u{2026}']).chain(text.chars().skip(count - tail)).collect()
}
