//! Places the nodes of a picture: a column for each rank, the longest paths from left to right, neighbours at similar heights. A long chain
//! continues in a band below.

use std::collections::BTreeMap;

use sagewarden_lineage::graph::Graph;
use sagewarden_lineage::id::NodeId;

/// A place in a picture: the column and the row, from the upper left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct GridPlace {
    pub(super) column: usize,
    pub(super) row: usize,
}

/// How many sweeps order the ranks. More sweeps hardly change anything.
const SWEEPS: usize = 8;
/// A rank with more nodes than this continues in the next column, so that all children of a hub stay on the screen.
const MIN_ROWS: usize = 12;
/// Any screen has room for fewer columns than this.
const FEW_COLUMNS: usize = 4;
/// A column is three and a half times as wide as a row is high, and a screen about twice as wide as it is high.
const ROWS_OF_A_COLUMN: usize = 2;

/// A place for every node; no two nodes have the same. Only the graph decides, so the same graph makes the same picture.
pub(super) fn places(graph: &Graph) -> BTreeMap<&NodeId, GridPlace> {
    let ids: Vec<&NodeId> = graph.nodes.keys().collect();
    let edges: Vec<(&NodeId, &NodeId)> = graph
        .edges
        .iter()
        .filter(|edge| graph.nodes.contains_key(&edge.from) && graph.nodes.contains_key(&edge.to))
        .map(|edge| (&edge.from, &edge.to))
        .collect();
    let mut ranks: BTreeMap<usize, Vec<&NodeId>> = BTreeMap::new();
    for (id, rank) in ranked(&ids, &edges) {
        ranks.entry(rank).or_default().push(id);
    }
    order(&mut ranks, &edges);
    let rows = MIN_ROWS.max(ids.len().isqrt() * 3 / 2);
    let columns: Vec<&[&NodeId]> = ranks.values().flat_map(|members| members.chunks(rows)).collect();
    let mut places = BTreeMap::new();
    let mut above = 0;
    for band in columns.chunks(columns_of_a_band(&columns)) {
        let tallest = band.iter().map(|members| members.len()).max().unwrap_or_default();
        for (column, members) in band.iter().enumerate() {
            let top = above + (tallest - members.len()) / 2;
            places.extend(
                members.iter().enumerate().map(|(row, id)| (*id, GridPlace { column, row: top + row })),
            );
        }
        above += tallest + 1;
    }
    places
}

/// A long chain continues below, like lines of text. The number of columns in a band is the one that makes the picture largest on a screen.
fn columns_of_a_band(columns: &[&[&NodeId]]) -> usize {
    let needed = |width: usize| {
        let tallest = |band: &[&[&NodeId]]| band.iter().map(|members| members.len() + 1).max().unwrap_or(1);
        let height: usize = columns.chunks(width).map(tallest).sum();
        // A column takes as large a part of the screen's width as `ROWS_OF_A_COLUMN` rows take of its height.
        (width * ROWS_OF_A_COLUMN).max(height)
    };
    // If two are equally good, the one with fewer bands.
    (FEW_COLUMNS..=columns.len()).rev().min_by_key(|width| needed(*width)).unwrap_or(FEW_COLUMNS)
}

/// The length of the longest path to each node. A node without inputs is placed just left of its first use.
fn ranked<'a>(ids: &[&'a NodeId], edges: &[(&'a NodeId, &'a NodeId)]) -> BTreeMap<&'a NodeId, usize> {
    let mut out: BTreeMap<&NodeId, Vec<&NodeId>> = BTreeMap::new();
    let mut open: BTreeMap<&NodeId, usize> = ids.iter().map(|id| (*id, 0)).collect();
    for (from, to) in edges {
        out.entry(from).or_default().push(to);
        *open.entry(to).or_default() += 1;
    }
    let sources: Vec<&NodeId> = open.iter().filter(|(_, count)| **count == 0).map(|(id, _)| *id).collect();
    let mut ranks: BTreeMap<&NodeId, usize> = ids.iter().map(|id| (*id, 0)).collect();
    let mut ready = sources.clone();
    while let Some(id) = ready.pop() {
        let next = ranks.get(id).copied().unwrap_or_default() + 1;
        for to in out.get(id).into_iter().flatten() {
            let rank = ranks.entry(to).or_default();
            *rank = next.max(*rank);
            let count = open.entry(to).or_default();
            *count = count.saturating_sub(1);
            if *count == 0 {
                ready.push(to);
            }
        }
    }
    for id in sources {
        let first = out.get(id).into_iter().flatten().filter_map(|to| ranks.get(to)).min().copied();
        ranks.insert(id, first.unwrap_or_default().saturating_sub(1));
    }
    ranks
}

/// Orders every rank by the mean height of its neighbours, sweeping from left to right and back.
fn order<'a>(ranks: &mut BTreeMap<usize, Vec<&'a NodeId>>, edges: &[(&'a NodeId, &'a NodeId)]) {
    let mut near: BTreeMap<&NodeId, Vec<&NodeId>> = BTreeMap::new();
    for (from, to) in edges {
        near.entry(from).or_default().push(to);
        near.entry(to).or_default().push(from);
    }
    let mut height: BTreeMap<&NodeId, usize> = BTreeMap::new();
    let note = |height: &mut BTreeMap<&'a NodeId, usize>, members: &[&'a NodeId]| {
        let count = members.len().max(1);
        height.extend(members.iter().enumerate().map(|(row, id)| (*id, (2 * row + 1) * 500_000 / count)));
    };
    for members in ranks.values() {
        note(&mut height, members);
    }
    for sweep in 0..SWEEPS {
        let mut keys: Vec<usize> = ranks.keys().copied().collect();
        if sweep % 2 == 1 {
            keys.reverse();
        }
        for key in keys {
            let Some(members) = ranks.get_mut(&key) else { continue };
            members.sort_by_cached_key(|id| {
                let heights: Vec<usize> = near
                    .get(id)
                    .into_iter()
                    .flatten()
                    .filter_map(|other| height.get(other))
                    .copied()
                    .collect();
                let own = height.get(id).copied().unwrap_or_default();
                (heights.iter().sum::<usize>().checked_div(heights.len()).unwrap_or(own), own)
            });
            note(&mut height, members);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sagewarden_lineage::edge::Relation;
    use sagewarden_lineage::graph::{Edge, Node};

    use super::*;

    fn graph(edges: &[(&str, &str)]) -> Graph {
        let id = |text: &str| NodeId::parse(&format!("model#{text}")).unwrap();
        let mut graph = Graph::default();
        for (from, to) in edges {
            for end in [from, to] {
                graph.insert(Node { id: id(end), item: None }, 0);
            }
            let role = "image".to_owned();
            graph.edges.insert(Edge { from: id(from), to: id(to), relation: Relation::ContributedTo, role });
        }
        graph
    }

    #[test]
    fn edges_lead_from_left_to_right() {
        let graph = graph(&[("a", "b"), ("b", "c"), ("late", "c")]);
        let places = places(&graph);
        for edge in &graph.edges {
            assert!(places[&edge.from].column < places[&edge.to].column, "{edge:?}");
        }
        assert_eq!(places[&NodeId::parse("model#late").unwrap()].column, 1, "near to what it is used for");
    }

    #[test]
    fn a_long_chain_goes_on_below() {
        let names: Vec<String> = (0..30).map(|number| format!("n{number:02}")).collect();
        let edges: Vec<(&str, &str)> =
            names.windows(2).map(|pair| (pair[0].as_str(), pair[1].as_str())).collect();
        let graph = graph(&edges);
        let places = places(&graph);
        let mut taken: Vec<GridPlace> = graph.nodes.keys().map(|id| places[id]).collect();
        assert!(taken.iter().all(|place| place.column < 12), "{taken:?}");
        taken.dedup_by_key(|place| place.row);
        assert!(taken.is_sorted_by_key(|place| place.row) && taken.len() > 1, "{taken:?}");
    }

    #[test]
    fn no_two_nodes_share_a_place_however_wide_or_circular_the_graph_is() {
        let names: Vec<String> = (0..500).map(|number| format!("n{number}")).collect();
        let mut edges: Vec<(&str, &str)> = names.iter().map(|name| ("hub", name.as_str())).collect();
        edges.extend([("x", "y"), ("y", "x")]);
        let graph = graph(&edges);
        let places = places(&graph);
        let taken: BTreeSet<(usize, usize)> =
            places.values().map(|place| (place.column, place.row)).collect();
        assert_eq!(taken.len(), graph.nodes.len());
    }
}
