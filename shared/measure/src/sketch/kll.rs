//! The KLL quantile sketch as deequ has it (Karnin, Lang, Liberty: "Optimal Quantile Approximation in Streams",
//! 2016). It has no randomness: the same rows in the same order give the same sketch.

use std::mem;

/// The size of the highest level.
const K: f64 = 2048.0;
/// How much smaller each lower level is.
const SHRINK: f64 = 0.64;
/// The bit of a floating-point number that is set in negative ones.
const SIGN: u64 = 1 << 63;

/// A sketch of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct KllSketch {
    /// INVARIANT: there is at least one.
    levels: Vec<Vec<f64>>,
    /// How often each level was compacted: it decides which of each pair the next compaction keeps.
    compactions: Vec<u32>,
    /// How long level 0 may become before the sketch is full.
    room: usize,
}

impl Default for KllSketch {
    fn default() -> Self {
        Self::from_levels(Vec::new())
    }
}

impl KllSketch {
    /// A sketch from the values in `statistics.json`, as if no level of it had been compacted before.
    #[must_use]
    pub fn from_levels(levels: Vec<Vec<f64>>) -> Self {
        let compactions = vec![0; levels.len()];
        Self::from_parts(levels, compactions)
    }

    /// A sketch from its full state.
    pub(crate) fn from_parts(levels: Vec<Vec<f64>>, compactions: Vec<u32>) -> Self {
        let mut sketch = Self { levels, compactions, room: 0 };
        sketch.expand_to(1);
        sketch.measure();
        sketch
    }

    /// The values of each level; a value of level `i` represents `2^i` values.
    #[must_use]
    pub fn levels(&self) -> &[Vec<f64>] {
        &self.levels
    }

    /// How often each level was compacted.
    pub(crate) fn compactions(&self) -> &[u32] {
        &self.compactions
    }

    /// A sketch that keeps every number in the order of arrival, so that another sketch can add them as if it had seen them itself.
    pub(crate) fn unlimited() -> Self {
        Self { room: usize::MAX, ..Self::default() }
    }

    /// Whether it keeps every number.
    pub(crate) fn is_unlimited(&self) -> bool {
        self.room == usize::MAX
    }

    /// Adds a number.
    pub fn push(&mut self, number: f64) {
        if self.append(number) {
            self.condense();
        }
    }

    /// Puts a number into level 0; returns whether the sketch is full now and must be condensed before the next one.
    pub(crate) fn append(&mut self, number: f64) -> bool {
        let Some(base) = self.levels.first_mut() else { return false };
        base.push(number);
        base.len() > self.room
    }

    /// Puts numbers into level 0 until the sketch is full, as [`Self::append`] does one by one. Returns the numbers for which there was no
    /// room, and whether the sketch is full now.
    pub(crate) fn append_all<'n>(&mut self, numbers: &'n [f64]) -> (&'n [f64], bool) {
        let Some(base) = self.levels.first_mut() else { return (&[], false) };
        let room = self.room.saturating_add(1).saturating_sub(base.len());
        let (fitting, rest) = numbers.split_at(room.max(1).min(numbers.len()));
        base.extend_from_slice(fitting);
        (rest, base.len() > self.room)
    }

    /// Compacts the lowest level that has reached its size. That makes room for one more number.
    pub(crate) fn condense(&mut self) {
        let full = (0_u32..).zip(&self.levels).position(|(height, level)| level.len() >= capacity(height));
        if let Some(height) = full {
            self.compact(height);
            self.measure();
        }
    }

    /// Adds the numbers of another sketch: level by level, as deequ does.
    pub fn merge(&mut self, other: &Self) {
        self.expand_to(other.levels.len());
        for (mine, theirs) in self.levels.iter_mut().zip(&other.levels) {
            mine.extend_from_slice(theirs);
        }
        while self.len() >= self.capacity() {
            // Some level has reached its size, or their sum would not have.
            self.condense();
        }
        self.measure();
    }

    /// Sorts a level, gives every second value to the next one, and keeps the last value if their number is odd.
    fn compact(&mut self, height: usize) {
        self.expand_to(height + 2);
        let Some(compactions) = self.compactions.get_mut(height) else { return };
        // deequ's coin falls 0, 1, 1, 0, 0, 1, 1, 0 and so on.
        let second = (*compactions).div_ceil(2) % 2 == 1;
        *compactions = compactions.wrapping_add(1);
        let Some(level) = self.levels.get_mut(height) else { return };
        let mut values = mem::take(level);
        let odd = if values.len() % 2 == 1 { values.pop() } else { None };
        let mut keys: Vec<u64> = values.iter().map(|value| key(*value)).collect();
        if height == 0 {
            keys.sort_unstable();
        } else {
            // Sorted runs: this sort finds and merges them.
            keys.sort();
        }
        if let Some(next) = self.levels.get_mut(height + 1) {
            next.extend(keys.into_iter().skip(usize::from(second)).step_by(2).map(value));
        }
        values.clear();
        values.extend(odd);
        if let Some(level) = self.levels.get_mut(height) {
            *level = values;
        }
    }

    /// Adds levels until there are this many.
    fn expand_to(&mut self, count: usize) {
        let count = count.max(self.levels.len());
        self.levels.resize_with(count, Vec::new);
        self.compactions.resize(count, 0);
    }

    /// Updates how long level 0 may become.
    fn measure(&mut self) {
        let above: usize = self.levels.iter().skip(1).map(Vec::len).sum();
        self.room = self.capacity().saturating_sub(above);
    }

    /// How many values are kept.
    fn len(&self) -> usize {
        self.levels.iter().map(Vec::len).sum()
    }

    /// How many values could be kept.
    fn capacity(&self) -> usize {
        (0_u32..).zip(&self.levels).map(|(height, _)| capacity(height)).sum()
    }

    /// How many numbers were added, about: a compaction of an odd number of values neither loses nor gains one.
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.each().map(|(_, weight)| weight).sum()
    }

    /// How many numbers are at most this one.
    #[must_use]
    pub fn rank(&self, number: f64) -> u64 {
        self.each().filter(|(value, _)| *value <= number).map(|(_, weight)| weight).sum()
    }

    /// How many numbers are less than this one.
    #[must_use]
    pub fn rank_exclusive(&self, number: f64) -> u64 {
        self.each().filter(|(value, _)| *value < number).map(|(_, weight)| weight).sum()
    }

    /// Each value with the number of values that it represents, in ascending order; equal values once, with the sum.
    #[must_use]
    pub fn weighted(&self) -> Vec<(f64, u64)> {
        let mut all: Vec<(f64, u64)> = self.each().collect();
        all.sort_by(|left, right| left.0.total_cmp(&right.0));
        all.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        all
    }

    /// Each value with the number of values that it represents.
    fn each(&self) -> impl Iterator<Item = (f64, u64)> {
        let levels = (0_u32..).zip(&self.levels);
        levels.flat_map(|(height, level)| level.iter().map(move |value| (*value, 1_u64 << height.min(63))))
    }
}

/// The size of a level, counted from the lowest: in deequ's sketches levels become smaller upwards, other than in the
/// paper.
fn capacity(height: u32) -> usize {
    2 * ((K * SHRINK.powi(height.min(1000) as i32) / 2.0).ceil() as usize + 1)
}

/// A whole number that is less where the value is less: whole numbers are sorted in half the time.
pub(crate) fn key(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

/// The value of a key.
pub(crate) fn value(key: u64) -> f64 {
    f64::from_bits(if key & SIGN == 0 { !key } else { key & !SIGN })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(numbers: impl IntoIterator<Item = f64>) -> KllSketch {
        let mut sketch = KllSketch::default();
        numbers.into_iter().for_each(|number| sketch.push(number));
        sketch
    }

    /// Numbers without order or repetition.
    fn scattered(count: u32) -> impl Iterator<Item = f64> {
        (0..count).map(|index| f64::from(index.wrapping_mul(2_654_435_761)))
    }

    #[test]
    fn keys_are_in_the_order_of_the_values() {
        let values =
            [f64::MIN, -1e9, -1.5, -1.0, -f64::MIN_POSITIVE, -0.0, 0.0, 5e-324, 1.0, 1.5, 1e9, f64::MAX];
        assert!(values.map(key).is_sorted());
        assert!(values.iter().all(|each| value(key(*each)).to_bits() == each.to_bits()));
    }

    #[test]
    fn levels_have_the_sizes_of_deequ() {
        let sizes: Vec<usize> = (0..12).map(capacity).collect();
        assert_eq!(sizes, [2050, 1314, 842, 540, 346, 222, 144, 94, 60, 40, 26, 18]);
        assert_eq!(capacity(63), 4);
    }

    #[test]
    fn every_second_value_goes_up_and_the_odd_one_stays() {
        let few = sketch((0..2050).map(f64::from));
        assert_eq!(few.levels().len(), 1);
        let more = sketch((0..2051).map(f64::from));
        assert_eq!(more.levels()[0], [2050.0]);
        assert!(more.levels()[1].iter().copied().eq((0..1025).map(|index| f64::from(2 * index))));
    }

    #[test]
    fn the_second_of_each_pair_is_kept_as_often_as_the_first() {
        let mut each = KllSketch::default();
        let mut kept = Vec::new();
        for _ in 0..8 {
            if let Some(base) = each.levels.first_mut() {
                *base = vec![0.0, 1.0];
            }
            each.compact(0);
            kept.extend(each.levels[1].last().copied());
        }
        assert_eq!(kept, [0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
    }

    #[test]
    fn no_number_is_lost_and_ranks_are_near() {
        for count in [0, 1, 2050, 2051, 10_000, 300_000] {
            let sketch = sketch(scattered(count));
            assert_eq!(sketch.weight(), u64::from(count));
            let mut numbers: Vec<f64> = scattered(count).collect();
            numbers.sort_by(f64::total_cmp);
            for (rank, number) in numbers.iter().enumerate().step_by(1 + numbers.len() / 50) {
                let error = sketch.rank_exclusive(*number).abs_diff(rank as u64);
                assert!(error * 200 <= u64::from(count), "{error} of {count} at {rank}");
            }
        }
    }

    #[test]
    fn ranks_are_sums_of_weights() {
        let sketch = KllSketch::from_levels(vec![vec![3.0, 1.0], vec![1.0, 2.0]]);
        assert_eq!(sketch.weighted(), [(1.0, 3), (2.0, 2), (3.0, 1)]);
        assert_eq!((sketch.rank_exclusive(2.0), sketch.rank(2.0), sketch.rank(9.0)), (3, 5, 6));
    }

    #[test]
    fn a_merged_sketch_has_the_weight_of_both() {
        for (left, right) in [(0, 10), (10, 0), (2050, 1), (100_000, 3), (70_000, 90_000)] {
            let mut merged = sketch(scattered(left));
            merged.merge(&sketch(scattered(right)));
            assert_eq!(merged.weight(), u64::from(left + right));
            assert!(merged.len() < merged.capacity());
            scattered(5000).for_each(|number| merged.push(number));
            assert_eq!(merged.weight(), u64::from(left + right) + 5000);
        }
    }
}
