//! The order of the vertices of each column, so that few edges cross.

use super::net::Net;

/// A net with more vertices is swept less often.
const SMALL: usize = 600;
const SWEEPS: [usize; 2] = [24, 8];

/// The columns, each from top to bottom: the best that sweeping to and fro has found.
pub(super) fn ordered(net: &Net) -> Vec<Vec<usize>> {
    let mut columns = begun(net);
    let is_small = net.ranks.len() <= SMALL;
    let sweeps = if is_small { SWEEPS[0] } else { SWEEPS[1] };
    let mut best = (crossings(net, &columns), columns.clone());
    for sweep in 0..sweeps {
        sweep_once(net, &mut columns, sweep % 2 == 1);
        if is_small {
            transpose(net, &mut columns);
        }
        let count = crossings(net, &columns);
        if count < best.0 {
            best = (count, columns.clone());
        }
        if best.0 == 0 {
            break;
        }
    }
    best.1
}

/// The first order: each vertex follows as soon as one of its neighbours is placed, so that connected vertices begin side by side.
fn begun(net: &Net) -> Vec<Vec<usize>> {
    let mut seen = vec![false; net.ranks.len()];
    let mut columns = vec![Vec::new(); net.columns().len()];
    for start in 0..net.ranks.len() {
        let mut open = vec![start];
        while let Some(vertex) = open.pop() {
            let Some(mark) = seen.get_mut(vertex).filter(|mark| !**mark) else { continue };
            *mark = true;
            if let Some(column) = columns.get_mut(net.rank(vertex)) {
                column.push(vertex);
            }
            open.extend(net.after(vertex).iter().rev().chain(net.before(vertex).iter().rev()));
        }
    }
    columns
}

/// The place of each vertex in its column.
fn places(net: &Net, columns: &[Vec<usize>]) -> Vec<usize> {
    let mut places = vec![0; net.ranks.len()];
    for column in columns {
        note(&mut places, column);
    }
    places
}

fn note(places: &mut [usize], column: &[usize]) {
    for (place, vertex) in column.iter().enumerate() {
        if let Some(known) = places.get_mut(*vertex) {
            *known = place;
        }
    }
}

/// Orders each column by the mean place of its neighbours in the column before, or after.
fn sweep_once(net: &Net, columns: &mut [Vec<usize>], is_back: bool) {
    let mut places = places(net, columns);
    let count = columns.len();
    for step in 0..count {
        let Some(column) = columns.get_mut(if is_back { count - 1 - step } else { step }) else { continue };
        let near = |vertex: usize| if is_back { net.after(vertex) } else { net.before(vertex) };
        column.sort_by_cached_key(|vertex| {
            let heights: Vec<usize> =
                near(*vertex).iter().filter_map(|other| places.get(*other)).copied().collect();
            let own = places.get(*vertex).copied().unwrap_or_default();
            let mean = (heights.iter().sum::<usize>() * 1_000).checked_div(heights.len());
            (mean.unwrap_or(own * 1_000), own)
        });
        note(&mut places, column);
    }
}

/// Swaps neighbours as long as this removes crossings.
fn transpose(net: &Net, columns: &mut [Vec<usize>]) {
    const ROUNDS: usize = 4;
    let mut places = places(net, columns);
    for _ in 0..ROUNDS {
        let mut is_better = false;
        for column in columns.iter_mut() {
            for place in 1..column.len() {
                let Some((upper, lower)) = column.get(place - 1).copied().zip(column.get(place).copied())
                else {
                    continue;
                };
                let gain = |near: fn(&Net, usize) -> &[usize]| {
                    let (one, other) = (near(net, upper), near(net, lower));
                    crossed(one, other, &places) as i64 - crossed(other, one, &places) as i64
                };
                if gain(Net::before) + gain(Net::after) > 0 {
                    column.swap(place - 1, place);
                    note(&mut places, column);
                    is_better = true;
                }
            }
        }
        if !is_better {
            return;
        }
    }
}

/// How many edges of the upper vertex cross edges of the lower one.
fn crossed(upper: &[usize], lower: &[usize], places: &[usize]) -> usize {
    let place = |vertex: &usize| places.get(*vertex).copied().unwrap_or_default();
    upper.iter().map(|one| lower.iter().filter(|other| place(other) < place(one)).count()).sum()
}

/// How many pairs of edges cross.
pub(super) fn crossings(net: &Net, columns: &[Vec<usize>]) -> usize {
    let places = places(net, columns);
    let mut count = 0;
    for column in columns {
        let mut ends: Vec<usize> = Vec::new();
        for vertex in column {
            let mut own: Vec<usize> =
                net.after(*vertex).iter().filter_map(|to| places.get(*to)).copied().collect();
            own.sort_unstable();
            // Every end of an edge from above that lies lower is a crossing.
            count +=
                own.iter().map(|end| ends.len() - ends.partition_point(|other| other <= end)).sum::<usize>();
            for end in own {
                let at = ends.partition_point(|other| *other <= end);
                ends.insert(at, end);
            }
        }
    }
    count
}
