//! How far apart two distributions are, as deequ measures it (`Distance`, Apache-2.0; the mathematics is stated, not the code).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use statrs::distribution::{ChiSquared, ContinuousCDF};

use crate::sketch::kll::{key, value};

/// Different values in ascending order, each with its number of occurrences.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Steps {
    steps: Vec<(f64, u64)>,
    total: u64,
}

impl Steps {
    /// The values of a sketch with these levels. Each value represents all its occurrences, so the total is the number of values that were
    /// added (a compaction keeps it).
    pub fn exact(levels: &[Vec<f64>]) -> Self {
        Self::fold(sorted(levels), |kept, next| kept + next)
    }

    /// The container's reading of a sketch: each different value once, with the weight of the highest level that has it (deequ issue 392).
    /// Below some 2,000 values every weight is 1, so that the container compares sets of values.
    pub fn compat(levels: &[Vec<f64>]) -> Self {
        Self::fold(sorted(levels), u64::max)
    }

    /// Both readings, the container's first.
    pub fn of_both_modes(levels: &[Vec<f64>]) -> (Self, Self) {
        let sorted = sorted(levels);
        (Self::fold(sorted.clone(), u64::max), Self::fold(sorted, |kept, next| kept + next))
    }

    fn fold(mut steps: Vec<(f64, u64)>, both: impl Fn(u64, u64) -> u64) -> Self {
        steps.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 = both(kept.1, next.1);
            }
            same
        });
        let total = steps.iter().fold(0, |sum: u64, step| sum.saturating_add(step.1));
        Self { steps, total }
    }

    /// The number of values that they represent.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Each different value in ascending order, with its number of occurrences.
    pub fn each(&self) -> impl Iterator<Item = (f64, u64)> {
        self.steps.iter().copied()
    }

    /// How many different values there are.
    pub fn different(&self) -> usize {
        self.steps.len()
    }
}

/// Each value with its weight, in ascending order. A value and its level are sorted as one whole number.
fn sorted(levels: &[Vec<f64>]) -> Vec<(f64, u64)> {
    let each = levels.iter().zip(0_u64..).flat_map(|(level, height)| {
        level.iter().map(move |value| (u128::from(key(*value)) << 64) | u128::from(height))
    });
    let mut keys: Vec<u128> = each.collect();
    keys.sort_unstable();
    let weight = |height| 1_u64.checked_shl(height).unwrap_or(u64::MAX);
    keys.into_iter().map(|each| (value((each >> 64) as u64), weight(each as u32))).collect()
}

/// The largest gap, and where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct LargestGap<Place> {
    /// Between 0 and 1.
    pub size: f64,
    /// `None` if the distributions are equal.
    pub place: Option<Place>,
    /// The share there in the first.
    pub first: f64,
    /// The share there in the second.
    pub second: f64,
}

impl<Place> LargestGap<Place> {
    const NONE: Self = Self { size: 0.0, place: None, first: 0.0, second: 0.0 };

    /// The size is the largest one in its last bit, as the container's is. The place is the first one whose gap
    /// differs from it by rounding only.
    fn widen(&mut self, first: f64, second: f64, place: impl FnOnce() -> Place) {
        const ROUNDING: f64 = 1e-12;
        let size = (first - second).abs();
        if size > (self.first - self.second).abs() + ROUNDING {
            *self = Self { size, place: Some(place()), first, second };
        } else if size > self.size {
            self.size = size;
        }
    }
}

/// The largest gap between the two distribution functions: the statistic of Kolmogorov and Smirnov. `None` if a side
/// has no values.
///
/// Each share is divided before the difference is taken: in this order, the distances equal the container's to the
/// last bit.
pub fn linf(first: &Steps, second: &Steps) -> Option<LargestGap<f64>> {
    if first.total == 0 || second.total == 0 {
        return None;
    }
    let (n, m) = (first.total as f64, second.total as f64);
    let (mut left, mut right) = (first.steps.iter().peekable(), second.steps.iter().peekable());
    let (mut below_left, mut below_right) = (0_u64, 0_u64);
    let mut gap = LargestGap::NONE;
    loop {
        let value = match (left.peek(), right.peek()) {
            (Some((one, _)), Some((other, _))) => one.min(*other),
            (Some((value, _)), None) | (None, Some((value, _))) => *value,
            (None, None) => return Some(gap),
        };
        while let Some((_, weight)) = left.next_if(|step| step.0 <= value) {
            below_left += weight;
        }
        while let Some((_, weight)) = right.next_if(|step| step.0 <= value) {
            below_right += weight;
        }
        gap.widen(below_left as f64 / n, below_right as f64 / m, || value);
    }
}

/// How many values lie below each of some numbers: all that buckets show of a distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cuts {
    /// Where the first bucket begins.
    first: f64,
    /// Where each bucket ends, and how many values there are up to there.
    cuts: Vec<(f64, u64)>,
}

impl Cuts {
    /// The cuts between consecutive buckets, given where each begins and ends and how many values it has. `None` if
    /// these are not a distribution.
    #[must_use]
    pub fn of(buckets: impl IntoIterator<Item = (f64, f64, f64)>) -> Option<Self> {
        let (mut cuts, mut first, mut below) = (Vec::new(), None, 0_u64);
        for (from, to, count) in buckets {
            let begins = cuts.last().is_none_or(|(end, _)| *end <= from);
            if !(begins && from <= to && from.is_finite() && to.is_finite() && (0.0..1e15).contains(&count)) {
                return None;
            }
            below += count.round() as u64;
            first.get_or_insert(from);
            cuts.push((to, below));
        }
        (below > 0).then_some(Self { first: first?, cuts })
    }

    /// The number of values that they represent.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.cuts.last().map_or(0, |(_, count)| *count)
    }

    /// The end of each bucket, and how many values are in it.
    pub fn each(&self) -> impl Iterator<Item = (f64, u64)> {
        let before = std::iter::once(0).chain(self.cuts.iter().map(|(_, below)| *below));
        self.cuts.iter().zip(before).map(|((end, below), before)| (*end, below - before))
    }

    /// How many buckets there are.
    #[must_use]
    pub fn buckets(&self) -> usize {
        self.cuts.len()
    }

    /// The largest gap between the distribution functions at the cuts: at most [`linf`] of all values. Only the last
    /// bucket includes its end. `None` if a side has no values.
    #[must_use]
    pub fn linf(&self, current: &Steps) -> Option<LargestGap<f64>> {
        let (n, m) = (self.total() as f64, current.total as f64);
        if self.total() == 0 || current.total == 0 {
            return None;
        }
        let mut gap = LargestGap::NONE;
        for (cut, count, below) in self.below(current) {
            gap.widen(count as f64 / n, below as f64 / m, || cut);
        }
        Some(gap)
    }

    /// The total variation distance of the shares of the buckets, and of the values on either side of them.
    #[must_use]
    pub fn total_variation(&self, current: &Steps) -> Option<TotalVariation> {
        TotalVariation::of(&self.counts(current))
    }

    /// How many values each bucket has, here and in the data; first and last the values on either side of the buckets.
    #[must_use]
    pub fn counts(&self, current: &Steps) -> Vec<(u64, u64)> {
        let below = self.below(current).map(|(_, count, below)| (count, below));
        let below: Vec<(u64, u64)> = below.chain([(self.total(), current.total)]).collect();
        let before = std::iter::once(&(0, 0)).chain(&below);
        below.iter().zip(before).map(|(to, from)| (to.0 - from.0, to.1.saturating_sub(from.1))).collect()
    }

    /// Each cut, and how many values lie below it, in the buckets and in the data.
    fn below(&self, current: &Steps) -> impl Iterator<Item = (f64, u64, u64)> {
        let mut steps = current.steps.iter().peekable();
        let (mut below, inner) = (0_u64, self.cuts.len().saturating_sub(1));
        let cuts = std::iter::once((0, (self.first, 0))).chain((1..).zip(self.cuts.iter().copied()));
        cuts.map(move |(at, (cut, count))| {
            while let Some((_, weight)) = steps.next_if(|step| step.0 < cut || (at > inner && step.0 <= cut))
            {
                below += weight;
            }
            (cut, count, below)
        })
    }
}

/// The part of a distance between samples of these sizes that chance explains, at a level of about 0.003 (Knuth, The
/// Art of Computer Programming, volume 2, 3.3.1, equation 15).
pub fn chance(n: u64, m: u64) -> f64 {
    let (n, m) = (n as f64, m as f64);
    1.8 * ((n + m) / (n * m)).sqrt()
}

/// How probable so large a distance between the distribution functions of two samples of one distribution is, at most (Dvoretzky, Kiefer and
/// Wolfowitz, with the constant of Massart as for one sample; for two it is what Kolmogorov's series begins with).
pub fn p_value(linf: f64, n: u64, m: u64) -> f64 {
    let (n, m) = (n as f64, m as f64);
    (2.0 * (-2.0 * linf * linf * n * m / (n + m)).exp()).min(1.0)
}

/// A distance minus the part that chance explains.
pub fn robust(linf: f64, n: u64, m: u64) -> f64 {
    (linf - chance(n, m)).max(0.0)
}

/// How often each text occurs.
pub type Counts<'a> = BTreeMap<&'a str, u64>;

/// How many values there are.
pub fn total(counts: &Counts<'_>) -> u64 {
    counts.values().sum()
}

/// The largest difference between the shares of a text. `None` if a side has no values.
pub fn categorical_linf(first: &Counts<'_>, second: &Counts<'_>) -> Option<LargestGap<String>> {
    let (n, m) = (total(first), total(second));
    if n == 0 || m == 0 {
        return None;
    }
    let share =
        |counts: &Counts<'_>, text: &str, of: u64| counts.get(text).copied().unwrap_or(0) as f64 / of as f64;
    let mut gap = LargestGap::NONE;
    for text in first.keys().chain(second.keys()).collect::<BTreeSet<_>>() {
        gap.widen(share(first, text, n), share(second, text, m), || (*text).to_owned());
    }
    Some(gap)
}

/// Half of the sum of all differences between shares, and the part of it that chance explains: the share of values
/// that would have to change places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TotalVariation {
    /// Between 0 and 1.
    pub size: f64,
    /// The part that chance explains: samples of one distribution are farther apart once in ten thousand times.
    pub chance: f64,
    /// How probable so large a distance is between samples of one distribution, at most.
    pub p_value: f64,
    /// The distance to expect between such samples.
    expected: f64,
    /// `1 / n + 1 / m`
    inverse: f64,
}

/// The total variation distance of shares. With many categories, no single share can change by much, and still most
/// values may have changed. `None` if a side has no values.
///
/// The expected distance between samples is at most half the sum of the standard deviations of the differences. It is
/// exceeded by more than `sqrt(ln(1 / p) / 2 * (1 / n + 1 / m))` with a probability of at most `p` (McDiarmid, "On
/// the method of bounded differences", 1989).
#[must_use]
pub fn total_variation(first: &Counts<'_>, second: &Counts<'_>) -> Option<TotalVariation> {
    TotalVariation::of(&text_counts(first, second))
}

/// How often each text occurs in the first and in the second.
#[must_use]
pub fn text_counts(first: &Counts<'_>, second: &Counts<'_>) -> Vec<(u64, u64)> {
    let texts: BTreeSet<&&str> = first.keys().chain(second.keys()).collect();
    let count = |counts: &Counts<'_>, text: &str| counts.get(text).copied().unwrap_or(0);
    texts.into_iter().map(|text| (count(first, text), count(second, text))).collect()
}

impl TotalVariation {
    /// From the counts of each category on both sides.
    fn of(counts: &[(u64, u64)]) -> Option<Self> {
        const LN_10_000: f64 = 9.210_340_371_976_184;
        let (n, m) = counts.iter().fold((0, 0), |(n, m), (one, other)| (n + one, m + other));
        let (n, m) = (n as f64, m as f64);
        if n == 0.0 || m == 0.0 {
            return None;
        }
        let inverse = 1.0 / n + 1.0 / m;
        let (mut size, mut expected) = (0.0, 0.0);
        for (one, other) in counts {
            let (one, other) = (*one as f64, *other as f64);
            let both = (one + other) / (n + m);
            size += (one / n - other / m).abs();
            expected += (both * (1.0 - both) * inverse).sqrt();
        }
        let (size, expected) = (size / 2.0, expected / 2.0);
        let beyond = (size - expected).max(0.0);
        let chance = expected + (LN_10_000 / 2.0 * inverse).sqrt();
        Some(Self { size, chance, p_value: (-2.0 * beyond * beyond / inverse).exp(), expected, inverse })
    }

    /// How probable so large a distance is, at most, between samples of distributions that are themselves this far
    /// apart.
    #[must_use]
    pub fn p_value_beyond(&self, apart: f64) -> f64 {
        let beyond = (self.size - self.expected - apart).max(0.0);
        (-2.0 * beyond * beyond / self.inverse).exp()
    }
}

/// Pearson's statistic and its meaning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pearson {
    /// The sum of (observed - expected)^2 / expected.
    pub statistic: f64,
    /// How probable so large a statistic is when the distributions are equal.
    pub p_value: f64,
}

impl Pearson {
    fn of(statistic: f64, categories: usize) -> Option<Self> {
        let distribution = ChiSquared::new(categories.checked_sub(1)? as f64).ok()?;
        Some(Self { statistic, p_value: distribution.sf(statistic) })
    }
}

/// A category, or several that had to be joined.
#[derive(Clone, Copy, Debug)]
struct Group {
    expected: f64,
    baseline: f64,
    current: f64,
}

/// As deequ does it: do the counts fit the baseline's shares? Texts that the baseline does not have are left out.
/// `None` if fewer than two categories are left.
pub fn goodness_of_fit(baseline: &Counts<'_>, current: &Counts<'_>) -> Option<Pearson> {
    let (known, of) =
        (baseline.keys().filter_map(|text| current.get(text)).sum::<u64>() as f64, total(baseline) as f64);
    let groups = baseline.iter().map(|(text, count)| Group {
        expected: *count as f64 / of * known,
        baseline: *count as f64,
        current: current.get(text).copied().unwrap_or(0) as f64,
    });
    let groups = regroup(groups.collect())?;
    let statistic =
        groups.iter().map(|group| (group.current - group.expected).powi(2) / group.expected).sum();
    Pearson::of(statistic, groups.len())
}

/// Do both samples come from one distribution? Every text of either counts, and the baseline is a sample as well.
/// `None` if fewer than two categories are left.
pub fn homogeneity(baseline: &Counts<'_>, current: &Counts<'_>) -> Option<Pearson> {
    let (n, m) = (total(baseline) as f64, total(current) as f64);
    let texts: BTreeSet<&&str> = baseline.keys().chain(current.keys()).collect();
    let smaller = n.min(m) / (n + m);
    let groups = texts.into_iter().map(|text| {
        let (baseline, current) = (baseline.get(text).copied(), current.get(text).copied());
        let (baseline, current) = (baseline.unwrap_or(0) as f64, current.unwrap_or(0) as f64);
        Group { expected: (baseline + current) * smaller, baseline, current }
    });
    let groups = regroup(groups.collect())?;
    let term = |observed: f64, expected: f64| (observed - expected).powi(2) / expected;
    let statistic = groups.iter().map(|group| {
        let both = group.baseline + group.current;
        term(group.baseline, both * n / (n + m)) + term(group.current, both * m / (n + m))
    });
    Pearson::of(statistic.sum(), groups.len())
}

/// Joins the two smallest groups until the test is valid: if there are two groups, both must expect 10 values; if
/// there are more, at most a fifth may expect less than 5 (Cochran's rule). `None` if fewer than two are left.
fn regroup(mut groups: Vec<Group>) -> Option<Vec<Group>> {
    groups.retain(|group| group.expected > 0.0);
    groups.sort_by(|left, right| right.expected.total_cmp(&left.expected));
    while groups.len() >= 2 {
        let below = |limit: f64| groups.iter().filter(|group| group.expected < limit).count();
        let valid = if groups.len() == 2 { below(10.0) == 0 } else { below(5.0) * 5 <= groups.len() };
        if valid {
            return Some(groups);
        }
        let (smallest, next) = (groups.pop()?, groups.pop()?);
        let joined = Group {
            expected: smallest.expected + next.expected,
            baseline: smallest.baseline + next.baseline,
            current: smallest.current + next.current,
        };
        let place = groups.partition_point(|group| group.expected >= joined.expected);
        groups.insert(place, joined);
    }
    None
}

#[cfg(test)]
#[path = "distance_tests.rs"]
mod tests;
