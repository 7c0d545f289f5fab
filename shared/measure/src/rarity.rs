//! How probable it is that chance alone gives so many of some values a property.

use statrs::function::gamma::ln_gamma;

/// How many of how many values have a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrences {
    /// How many have it.
    pub count: u64,
    /// How many there are in all.
    pub of: u64,
}

impl Occurrences {
    /// The probability that at least this many of these values have the property, if they and a sample come from one
    /// source: Fisher's exact test, one-sided. It is exact for samples of any size, even if no value of the sample
    /// has the property.
    #[must_use]
    pub fn by_chance(self, sample: Self) -> f64 {
        let (n, of_sample) = (self.of as f64, sample.of as f64);
        let with = (self.count + sample.count) as f64;
        let without = n + of_sample - with;
        let first = ln_choose(with, self.count as f64) + ln_choose(without, n - self.count as f64)
            - ln_choose(n + of_sample, n);
        let next = |count: f64| (with - count) * (n - count) / ((count + 1.0) * (without - n + count + 1.0));
        tail(self.count as f64, n.min(with), first, next)
    }

    /// The same if the true share of values with the property is known.
    #[must_use]
    pub fn at_rate(self, rate: f64) -> f64 {
        if rate <= 0.0 || rate >= 1.0 {
            return if self.count == 0 || rate >= 1.0 { 1.0 } else { 0.0 };
        }
        let (n, count) = (self.of as f64, self.count as f64);
        let first = ln_choose(n, count) + count * rate.ln() + (n - count) * (1.0 - rate).ln();
        tail(count, n, first, |count| (n - count) / (count + 1.0) * rate / (1.0 - rate))
    }
}

/// The sum of the probabilities from a count on. The logarithm of the first one is known, and the ratio of each other
/// one to the one before it. Beyond the mean they fall fast. Before the mean the sum is not small, and its exact
/// value does not matter.
fn tail(count: f64, most: f64, first: f64, next: impl Fn(f64) -> f64) -> f64 {
    if count <= 0.0 || next(count - 1.0) >= 1.0 {
        return 1.0;
    }
    let (mut term, mut sum, mut at) = (1.0, 1.0, count);
    while at < most && term > sum * 1e-12 {
        term *= next(at);
        sum += term;
        at += 1.0;
    }
    (first + sum.ln()).exp().min(1.0)
}

fn ln_choose(of: f64, some: f64) -> f64 {
    ln_gamma(of + 1.0) - ln_gamma(some + 1.0) - ln_gamma(of - some + 1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(count: u64, of: u64) -> Occurrences {
        Occurrences { count, of }
    }

    /// Computed by the definition, for few values: all tables with the same margins.
    fn slow(now: Occurrences, sample: Occurrences) -> f64 {
        let choose =
            |of: u64, some: u64| (0..some).map(|at| (of - at) as f64 / (some - at) as f64).product::<f64>();
        let with = now.count + sample.count;
        let without = now.of + sample.of - with;
        let each = (now.count..=with.min(now.of)).filter(|count| now.of - count <= without);
        each.map(|count| choose(with, count) * choose(without, now.of - count)).sum::<f64>()
            / choose(now.of + sample.of, now.of)
    }

    #[test]
    fn known_probabilities_come_out() {
        // scipy.stats.fisher_exact([[8, 2], [1, 5]], alternative="greater"), and binom.sf(7, 10, 0.5).
        assert!((of(8, 10).by_chance(of(1, 6)) - 0.024_475_524_475_524_48).abs() < 1e-12);
        assert!((of(8, 10).at_rate(0.5) - 0.0546875).abs() < 1e-12);
        // All of the largest values are in one sample: each time, the probability is its share of the values that are
        // left.
        assert!((of(2, 200).by_chance(of(0, 500)) - 200.0 / 700.0 * 199.0 / 699.0).abs() < 1e-12);
        assert_eq!((of(0, 10).by_chance(of(0, 10)), of(0, 10).at_rate(0.0)), (1.0, 1.0));
        assert_eq!((of(1, 10).at_rate(0.0), of(1, 10).at_rate(1.0)), (0.0, 1.0));
        assert!(of(60_000, 1_000_000).by_chance(of(50_000, 1_000_000)) < 1e-100);
    }

    proptest! {
        #[test]
        fn small_probabilities_are_those_of_all_tables(now in 1..30_u64, count in 0..30_u64, sample in 1..30_u64, before in 0..30_u64) {
            let (now, sample) = (of(count.min(now), now), of(before.min(sample), sample));
            let (fast, slow) = (now.by_chance(sample), slow(now, sample));
            // Only probabilities of more than the expected number matter; for fewer, it is enough that the result is
            // not small.
            prop_assert!((fast - slow).abs() < 1e-9 || (fast >= 0.999 && slow > 0.2), "{} {}", fast, slow);
        }
    }
}
