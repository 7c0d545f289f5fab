//! A sample of many different texts, with how often each occurs: the texts with the lowest hashes. Two samples of
//! similar data contain the same texts, so new ones can be seen (Broder's bottom-k sketch; it allows the estimate of
//! Good and Turing).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh64::xxh64;

const SEED: u64 = 42;
/// Other programs read numbers of JSON as doubles, which are exact up to 53 bits.
const UNUSED_BITS: u32 = 11;

/// A sample of texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextSample {
    /// INVARIANT: if a text's hash is below the limit, all its occurrences are counted.
    counts: BTreeMap<u64, u64>,
    below: u64,
}

impl Default for TextSample {
    fn default() -> Self {
        Self { counts: BTreeMap::new(), below: u64::MAX >> UNUSED_BITS }
    }
}

impl TextSample {
    /// How many texts are kept.
    pub const TEXTS: usize = 1_024;

    /// The sample of hashes below a limit, from its stored form; `None` if a hash is not below it.
    #[must_use]
    pub fn of(below: u64, counts: impl IntoIterator<Item = (u64, u64)>) -> Option<Self> {
        let sample = Self { counts: counts.into_iter().collect(), below };
        let fits = sample.counts.len() <= Self::TEXTS && sample.counts.keys().all(|hash| *hash < below);
        let total = sample.counts.values().try_fold(0_u64, |sum, count| sum.checked_add(*count));
        (fits && total.is_some() && below <= u64::MAX >> UNUSED_BITS).then_some(sample)
    }

    /// Adds a text this many times.
    #[inline]
    pub fn add(&mut self, text: &[u8], times: u64) {
        let hash = xxh64(text, SEED) >> UNUSED_BITS;
        if hash < self.below {
            self.keep(hash, times);
        }
    }

    fn keep(&mut self, hash: u64, times: u64) {
        *self.counts.entry(hash).or_default() += times;
        if self.counts.len() > Self::TEXTS
            && let Some((highest, _)) = self.counts.pop_last()
        {
            self.below = highest;
        }
    }

    /// Adds another sample.
    pub fn merge(&mut self, other: &Self) {
        self.lower(other.below);
        for (hash, times) in &other.counts {
            if *hash < self.below {
                self.keep(*hash, *times);
            }
        }
    }

    /// Keeps only the texts below a limit.
    pub fn lower(&mut self, below: u64) {
        if below < self.below {
            self.below = below;
            self.counts.split_off(&below);
        }
    }

    /// The limit below which texts are counted.
    #[must_use]
    pub fn below(&self) -> u64 {
        self.below
    }

    /// Each hash, and how often its text occurs, in ascending order.
    pub fn each(&self) -> impl Iterator<Item = (u64, u64)> {
        self.counts.iter().map(|(hash, count)| (*hash, *count))
    }

    /// How often a text with this hash occurs.
    #[must_use]
    pub fn get(&self, hash: u64) -> u64 {
        self.counts.get(&hash).copied().unwrap_or_default()
    }

    /// How many values the sample represents, and how many of them are the only one of their text.
    #[must_use]
    pub fn values(&self) -> (u64, u64) {
        let once = self.counts.values().filter(|count| **count == 1).count();
        (self.counts.values().sum(), once as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(texts: impl Iterator<Item = u32>) -> TextSample {
        let mut sample = TextSample::default();
        texts.for_each(|text| sample.add(format!("text {text}").as_bytes(), 1));
        sample
    }

    #[test]
    fn all_occurrences_of_the_texts_that_are_kept_are_counted_in_whatever_order() {
        let whole = sample((0..9_000).map(|at| at % 3_000));
        assert_eq!(whole.each().count(), TextSample::TEXTS);
        assert!(whole.each().all(|(hash, count)| count == 3 && hash < whole.below()));
        assert_eq!(whole.values(), (3 * TextSample::TEXTS as u64, 0));
        assert_eq!(sample((0..9_000).rev().map(|at| at % 3_000)), whole);
        for cut in [0, 1, 100, 4_000, 9_000] {
            let mut first = sample((0..cut).map(|at| at % 3_000));
            first.merge(&sample((cut..9_000).map(|at| at % 3_000)));
            assert_eq!(first, whole, "{cut}");
        }
        assert!(whole.below() < TextSample::default().below(), "what was left out is known");
        let few = sample(0..5);
        assert_eq!((few.each().count(), few.values()), (5, (5, 5)));
    }

    #[test]
    fn what_was_stored_is_read_and_anything_else_is_not() {
        let whole = sample(0..4_000);
        assert_eq!(TextSample::of(whole.below(), whole.each()), Some(whole.clone()));
        assert_eq!(TextSample::of(5, [(5, 1)]), None);
        assert_eq!(TextSample::of(u64::MAX, [(5, 1)]), None);
        assert_eq!(TextSample::of(2_000, (0..1_025).map(|hash| (hash, 1))), None);
        assert_eq!(TextSample::of(9, [(1, u64::MAX), (2, 1)]), None);
        let mut lower = whole.clone();
        lower.lower(whole.below() / 2);
        assert!(lower.each().count() < 800 && lower.each().all(|(hash, count)| whole.get(hash) == count));
    }
}
