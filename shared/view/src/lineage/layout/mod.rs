//! Places the nodes of a picture from left to right: a column for each rank, few crossings, and lines that are as straight as they can be
//! (Sugiyama, Tagawa, Toda: "Methods for Visual Understanding of Hierarchical System Structures", 1981).
//!
//! An edge that goes beyond the next column has a bend in each column between. Such edges out of one node share their bends as far as they
//! go the same way, so that a hub has one trunk and not a hundred lines. The picture depends only on the graph.

mod heights;
mod net;
mod order;
mod ranks;

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_lineage::id::NodeId;

pub(super) use net::HEIGHT;
use net::Net;

/// The size of a box.
pub(super) const WIDTH: f64 = 250.0;
/// Between two columns there is room for the roles of edges.
const GAP: f64 = 140.0;
/// Around the picture.
const MARGIN: f64 = 30.0;

/// A point of a picture, from the upper left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// Where everything is.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout<'a> {
    /// The upper left corner of each box.
    pub(super) corners: BTreeMap<&'a NodeId, Point>,
    /// For each edge, the points that its line passes: two for each column, where it enters and where it leaves.
    pub(super) lines: BTreeMap<(&'a NodeId, &'a NodeId), Vec<Point>>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Places nodes and edges; an edge whose ends are not among the nodes is left out.
pub(super) fn layout<'a>(
    nodes: &BTreeSet<&'a NodeId>,
    edges: impl Iterator<Item = (&'a NodeId, &'a NodeId)>,
) -> Layout<'a> {
    let ids: Vec<&NodeId> = nodes.iter().copied().collect();
    let numbers: BTreeMap<&NodeId, usize> =
        ids.iter().enumerate().map(|(number, id)| (*id, number)).collect();
    let edges: BTreeSet<(usize, usize)> = edges
        .filter_map(|(from, to)| Some((*numbers.get(from)?, *numbers.get(to)?)))
        .filter(|(from, to)| from != to)
        .collect();
    let ranks = ranks::ranked(ids.len(), &edges);
    let mut net = Net { nodes: ids.len(), ..Net::default() };
    for rank in ranks {
        net.add(rank);
    }
    let paths = bent(&mut net, &edges);
    let columns = order::ordered(&net);
    let heights = heights::heights(&net, &columns);
    drawn(&ids, &net, &paths, &heights)
}

/// The vertices that each edge passes, both ends included. An edge against the direction of the picture, in a circle, is drawn backwards.
fn bent(net: &mut Net, edges: &BTreeSet<(usize, usize)>) -> BTreeMap<(usize, usize), Vec<usize>> {
    let mut trunks: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let mut paths = BTreeMap::new();
    for (from, to) in edges {
        let is_backwards = net.rank(*from) > net.rank(*to);
        let (left, right) = if is_backwards { (*to, *from) } else { (*from, *to) };
        let mut path = vec![left];
        let mut last = left;
        for rank in net.rank(left) + 1..net.rank(right) {
            let bend = *trunks.entry((left, rank)).or_insert_with(|| net.add(rank));
            net.join(last, bend);
            path.push(bend);
            last = bend;
        }
        net.join(last, right);
        path.push(right);
        if is_backwards {
            path.reverse();
        }
        paths.insert((*from, *to), path);
    }
    paths
}

fn drawn<'a>(
    ids: &[&'a NodeId],
    net: &Net,
    paths: &BTreeMap<(usize, usize), Vec<usize>>,
    heights: &[f64],
) -> Layout<'a> {
    let top = heights.iter().copied().fold(f64::INFINITY, f64::min);
    let middle = |vertex: usize| {
        let height = heights.get(vertex).copied().unwrap_or_default();
        (height - top + MARGIN + HEIGHT / 2.0).round()
    };
    let left = |vertex: usize| MARGIN + net.rank(vertex) as f64 * (WIDTH + GAP);
    let corner = |(number, id): (usize, &&'a NodeId)| {
        (*id, Point { x: left(number), y: middle(number) - HEIGHT / 2.0 })
    };
    let points = |path: &Vec<usize>| {
        let is_backwards =
            path.first().zip(path.last()).is_some_and(|(first, last)| net.rank(*first) > net.rank(*last));
        let mut points: Vec<Point> = Vec::new();
        for vertex in path {
            let ends = [left(*vertex), left(*vertex) + WIDTH];
            let ends = if is_backwards { [ends[1], ends[0]] } else { ends };
            points.extend(ends.map(|x| Point { x, y: middle(*vertex) }));
        }
        // The boxes at both ends hide no part of the line: it begins at the edge of the first box.
        let count = points.len();
        points.get(1..count.saturating_sub(1)).unwrap_or_default().to_vec()
    };
    let lines = paths
        .iter()
        .filter_map(|((from, to), path)| Some(((*ids.get(*from)?, *ids.get(*to)?), points(path))));
    let columns = net.ranks.iter().max().map_or(1, |last| last + 1) as f64;
    let bottom = (0..net.ranks.len()).map(middle).fold(0.0, f64::max);
    Layout {
        corners: ids.iter().enumerate().map(corner).collect(),
        lines: lines.collect(),
        width: 2.0 * MARGIN + columns * WIDTH + (columns - 1.0) * GAP,
        height: bottom + HEIGHT / 2.0 + MARGIN,
    }
}

#[cfg(test)]
mod tests;
