//! An even sample: the offered items with the smallest ranks. A rank is a digest of an item's place. So the sample depends neither on the
//! order of the items nor on how they were divided into files.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use sagewarden_measure::mixed;
use sha2::{Digest as _, Sha256};

/// Where a row stands: the digest of its file, and its place in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    random: u64,
    file: u64,
    place: u64,
}

impl Rank {
    pub(super) fn of(file: u64, place: u64) -> Self {
        Self { random: mixed(file ^ mixed(place)), file, place }
    }
}

/// A digest of a text as a number.
pub(super) fn digest(text: &str) -> u64 {
    let digest = Sha256::digest(text);
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[derive(Debug)]
struct Ranked<T> {
    rank: Rank,
    it: T,
}

impl<T> PartialEq for Ranked<T> {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl<T> Eq for Ranked<T> {}

impl<T> PartialOrd for Ranked<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Ranked<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.cmp(&other.rank)
    }
}

/// The sample.
#[derive(Debug)]
pub(super) struct Smallest<T> {
    most: usize,
    held: BinaryHeap<Ranked<T>>,
}

impl<T> Smallest<T> {
    /// No more than `most`.
    pub(super) fn new(most: usize) -> Self {
        Self { most, held: BinaryHeap::new() }
    }

    /// Offers something, which is made only if it is held.
    pub(super) fn offer(&mut self, rank: Rank, it: impl FnOnce() -> T) {
        let is_full = self.held.len() >= self.most;
        if is_full && self.held.peek().is_none_or(|largest| rank >= largest.rank) {
            return;
        }
        self.held.push(Ranked { rank, it: it() });
        if self.held.len() > self.most {
            self.held.pop();
        }
    }

    /// The sample of both.
    pub(super) fn merge(&mut self, other: Self) {
        for Ranked { rank, it } in other.held {
            self.offer(rank, || it);
        }
    }

    /// In the order of the ranks.
    pub(super) fn into_ordered(self) -> Vec<T> {
        self.held.into_sorted_vec().into_iter().map(|ranked| ranked.it).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_of_parts_is_the_sample_of_the_whole() {
        let part = |files: &[u64]| {
            let mut smallest = Smallest::new(20);
            for file in files {
                (0..50).for_each(|place| smallest.offer(Rank::of(*file, place), || (*file, place)));
            }
            smallest
        };
        let whole = part(&[1, 2, 3]).into_ordered();
        let mut merged = part(&[3]);
        merged.merge(part(&[2, 1]));
        assert_eq!((whole.len(), &merged.into_ordered()), (20, &whole));
        let of_first = whole.iter().filter(|(file, _)| *file == 1).count();
        assert!((2..15).contains(&of_first), "no file outweighs the others: {of_first}");
        assert_eq!(Smallest::<u8>::new(0).into_ordered(), Vec::<u8>::new());
    }
}
