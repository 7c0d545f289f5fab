//! Measures of how far two distributions are apart that risk departments report: for people who compare them with figures of their own.
//! No verdict depends on them.

use serde::{Deserialize, Serialize};

use crate::distance::Steps;

/// How far the shares of a column are from the baseline's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Divergence {
    /// The distance of Jensen and Shannon, from 0 for equal shares to 1 for shares with nothing in common: the root of their divergence
    /// with logarithms to base 2 (`scipy.spatial.distance.jensenshannon` with `base=2`).
    pub jensen_shannon: f64,
    /// The population stability index: the sum of `(now - before) * ln(now / before)` over all shares. A share of 0 counts as
    /// [`Divergence::LEAST`]. By custom, 0.1 is some change and 0.25 much.
    pub psi: f64,
}

impl Divergence {
    /// What a share of 0 counts as in the index, whose logarithm would be infinite.
    pub const LEAST: f64 = 1e-4;

    /// From the counts of each category before and now; `None` if a side has no values.
    #[must_use]
    pub fn of(counts: &[(u64, u64)]) -> Option<Self> {
        let sum = |side: fn(&(u64, u64)) -> u64| counts.iter().map(side).sum::<u64>() as f64;
        let (n, m) = (sum(|each| each.0), sum(|each| each.1));
        if n == 0.0 || m == 0.0 {
            return None;
        }
        let (mut divergence, mut psi) = (0.0, 0.0);
        for (before, now) in counts {
            let (before, now) = (*before as f64 / n, *now as f64 / m);
            let middle = f64::midpoint(before, now);
            for share in [before, now] {
                if share > 0.0 {
                    divergence += share * (share / middle).log2() / 2.0;
                }
            }
            let (before, now) = (before.max(Self::LEAST), now.max(Self::LEAST));
            psi += (now - before) * (now / before).ln();
        }
        Some(Self { jensen_shannon: divergence.clamp(0.0, 1.0).sqrt(), psi })
    }
}

/// How many numbers of both lie in each tenth of the first: between its deciles. Equal numbers stay together, so a tenth may be empty.
#[must_use]
pub fn tenths(before: &Steps, now: &Steps) -> Vec<(u64, u64)> {
    let total = before.total();
    let (mut tenths, mut cuts, mut below) = (Vec::new(), Vec::new(), (0_u64, 0_u64));
    for (number, count) in before.each() {
        let from = below.0;
        below.0 = from.saturating_add(count);
        // The tenth that this number ends; the last one has no upper end.
        let ends = |below: u64| u128::from(below) * 10 / u128::from(total.max(1));
        if ends(below.0) > ends(from) && below.0 < total {
            cuts.push((number, below.0));
        }
    }
    let mut steps = now.each().peekable();
    let mut last = (0, 0);
    for (cut, count) in cuts {
        while let Some((_, weight)) = steps.next_if(|(number, _)| *number <= cut) {
            below.1 = below.1.saturating_add(weight);
        }
        tenths.push((count - last.0, below.1 - last.1));
        last = (count, below.1);
    }
    tenths.push((total - last.0, now.total().saturating_sub(last.1)));
    tenths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_near(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-9
    }

    #[test]
    fn both_measures_are_those_of_the_textbooks() {
        let of = |counts: &[(u64, u64)]| Divergence::of(counts).unwrap();
        assert_eq!(of(&[(1, 10), (3, 30)]), Divergence { jensen_shannon: 0.0, psi: 0.0 });
        // scipy 1.17: jensenshannon([0.5, 0.3, 0.2], [0.2, 0.3, 0.5], base=2).
        let moved = of(&[(50, 20), (30, 30), (20, 50)]);
        assert!(is_near(moved.jensen_shannon, 0.309_540_953_677_148_2), "{moved:?}");
        assert!(is_near(moved.psi, 2.0 * 0.3 * 2.5_f64.ln()), "{moved:?}");
        let apart = of(&[(10, 0), (0, 10)]);
        assert!(is_near(apart.jensen_shannon, 1.0), "{apart:?}");
        assert!(is_near(apart.psi, 2.0 * (1.0 - 1e-4) * 1e4_f64.ln()), "{apart:?}");
        assert_eq!(Divergence::of(&[(0, 5)]), None);
        assert_eq!(Divergence::of(&[]), None);
    }

    #[test]
    fn tenths_are_cut_at_the_first_ones_deciles() {
        let steps = |numbers: &[f64]| Steps::exact(&[numbers.to_vec()]);
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        let whole = steps(&hundred);
        assert_eq!(tenths(&whole, &whole), [(10, 10); 10]);
        let high = tenths(&whole, &steps(&[95.0, 99.0, 500.0]));
        assert_eq!(high, [[(10, 0); 9].as_slice(), &[(10, 3)]].concat());
        // A number that half of the rows have fills five tenths.
        let zeros = [[0.0; 50].as_slice(), &hundred[..50]].concat();
        let found = tenths(&steps(&zeros), &steps(&[0.0, 1.0]));
        assert_eq!(found.iter().map(|each| each.0).collect::<Vec<_>>(), [50, 10, 10, 10, 10, 10]);
        assert_eq!((found[0].1, found[1].1), (1, 1));
        assert_eq!(tenths(&steps(&[]), &steps(&[1.0])), [(0, 1)]);
    }
}
