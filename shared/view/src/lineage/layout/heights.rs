//! The height of each vertex. Lines are as straight as the order of the columns allows.

use super::net::{HEIGHT, Net};

/// How often the columns follow each other.
const SWEEPS: usize = 30;
/// The distance between two boxes, which have handles at their corners.
const BETWEEN: f64 = 28.0;
/// Half of the room that a line takes.
const LINE: f64 = 9.0;
/// It is more important that a line is straight than that a box is central.
const BEND: f64 = 4.0;

/// The middle of each vertex, by its number.
pub(super) fn heights(net: &Net, columns: &[Vec<usize>]) -> Vec<f64> {
    let mut heights = vec![0.0; net.ranks.len()];
    for column in columns {
        let spread = spread(net, column, &vec![0.0; column.len()]);
        set(&mut heights, column, &spread);
    }
    for sweep in 0..SWEEPS {
        for step in 0..columns.len() {
            let is_back = sweep % 2 == 1;
            let index = if is_back { columns.len() - 1 - step } else { step };
            let Some(column) = columns.get(index) else { continue };
            let wanted: Vec<f64> =
                column.iter().map(|vertex| wanted(net, *vertex, sweep, is_back, &heights)).collect();
            let spread = spread(net, column, &wanted);
            set(&mut heights, column, &spread);
        }
    }
    heights
}

fn set(heights: &mut [f64], column: &[usize], values: &[f64]) {
    for (vertex, value) in column.iter().zip(values) {
        if let Some(height) = heights.get_mut(*vertex) {
            *height = *value;
        }
    }
}

/// The mean height of the neighbours: of those on one side while the picture forms, then of all.
fn wanted(net: &Net, vertex: usize, sweep: usize, is_back: bool, heights: &[f64]) -> f64 {
    let is_forming = sweep < SWEEPS / 3;
    let before = net.before(vertex).iter().filter(|_| !is_forming || !is_back);
    let after = net.after(vertex).iter().filter(|_| !is_forming || is_back);
    let near: Vec<f64> = before.chain(after).filter_map(|other| heights.get(*other)).copied().collect();
    let own = heights.get(vertex).copied().unwrap_or_default();
    if near.is_empty() { own } else { near.iter().sum::<f64>() / near.len() as f64 }
}

/// The heights nearest to the wanted ones that keep the order and the distances: neighbours that come too near are moved together
/// (isotonic regression, by pooling adjacent violators).
fn spread(net: &Net, column: &[usize], wanted: &[f64]) -> Vec<f64> {
    let mut offset = 0.0;
    let mut last = None;
    let mut offsets = Vec::new();
    // For each pool: the weight, the weighted sum, and the number of its vertices.
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for (vertex, wanted) in column.iter().zip(wanted) {
        offset += last.map_or(0.0, |last| distance(net, last, *vertex));
        last = Some(*vertex);
        offsets.push(offset);
        let weight = if net.is_bend(*vertex) { BEND } else { 1.0 };
        let mut pool = (weight, weight * (wanted - offset), 1);
        while let Some(above) = pools.pop_if(|above| above.1 / above.0 > pool.1 / pool.0) {
            pool = (pool.0 + above.0, pool.1 + above.1, pool.2 + above.2);
        }
        pools.push(pool);
    }
    let means = pools.into_iter().flat_map(|(weight, sum, count)| vec![sum / weight; count]);
    means.zip(offsets).map(|(mean, offset)| mean + offset).collect()
}

fn distance(net: &Net, upper: usize, lower: usize) -> f64 {
    let half = |vertex: usize| if net.is_bend(vertex) { LINE } else { HEIGHT / 2.0 };
    let both_boxes = !net.is_bend(upper) && !net.is_bend(lower);
    half(upper) + half(lower) + if both_boxes { BETWEEN } else { BETWEEN / 3.0 }
}
