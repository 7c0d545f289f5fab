//! The column of each node: the length of the longest path to it, moved towards its users.

use std::collections::BTreeSet;

/// The column of each node, from 0. In a circle, one edge leads backwards.
pub(super) fn ranked(count: usize, edges: &BTreeSet<(usize, usize)>) -> Vec<usize> {
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut into: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (from, to) in edges {
        if let (Some(out), Some(into)) = (out.get_mut(*from), into.get_mut(*to)) {
            out.push(*to);
            into.push(*from);
        }
    }
    let order = topological(&out, &into);
    let mut places = vec![0; count];
    for (place, node) in order.iter().enumerate() {
        if let Some(known) = places.get_mut(*node) {
            *known = place;
        }
    }
    // In a circle, one edge leads backwards. It does not count here.
    let is_forwards = |from: usize, to: usize| places.get(from) < places.get(to);
    let mut ranks = vec![0; count];
    for node in &order {
        let next = ranks.get(*node).copied().unwrap_or(0) + 1;
        for to in out.get(*node).into_iter().flatten() {
            if let Some(rank) = ranks.get_mut(*to).filter(|_| is_forwards(*node, *to)) {
                *rank = next.max(*rank);
            }
        }
    }
    pull_right(&order, &out, &into, &mut ranks);
    ranks
}

/// Orders the nodes so that edges lead forwards. If only circles are left, it begins with the smallest node.
fn topological(out: &[Vec<usize>], into: &[Vec<usize>]) -> Vec<usize> {
    let mut open: Vec<usize> = into.iter().map(Vec::len).collect();
    let mut waiting: BTreeSet<usize> = (0..out.len()).collect();
    let mut ready: Vec<usize> =
        waiting.iter().rev().copied().filter(|node| open.get(*node) == Some(&0)).collect();
    let mut order = Vec::new();
    while let Some(node) = ready.pop().or_else(|| waiting.first().copied()) {
        if !waiting.remove(&node) {
            continue;
        }
        order.push(node);
        for to in out.get(node).into_iter().flatten() {
            let Some(count) = open.get_mut(*to) else { continue };
            *count = count.saturating_sub(1);
            if *count == 0 {
                ready.push(*to);
            }
        }
    }
    order
}

/// Moves a node with more uses than sources to just before its first use: that makes its edges shorter in sum.
fn pull_right(order: &[usize], out: &[Vec<usize>], into: &[Vec<usize>], ranks: &mut [usize]) {
    let degree = |edges: &[Vec<usize>], node: usize| edges.get(node).map_or(0, Vec::len);
    for node in order.iter().rev() {
        if degree(out, *node) <= degree(into, *node) {
            continue;
        }
        let own = ranks.get(*node).copied().unwrap_or_default();
        let uses = out.get(*node).into_iter().flatten().filter_map(|to| ranks.get(*to)).copied();
        let first = uses.filter(|rank| *rank > own).min();
        if let (Some(first), Some(rank)) = (first, ranks.get_mut(*node)) {
            *rank = first - 1;
        }
    }
}
