//! How many different texts there are, by HyperLogLog++ as Spark and deequ have it (Heule, Nunkesser, Hall: "HyperLogLog in Practice",
//! 2013): 512 registers, xxHash64 with seed 42 of the UTF-8 text.

use xxhash_rust::xxh64::xxh64;

use super::bias::{BIASES, RAW_ESTIMATES};

/// Bits of the hash that name a register.
const PRECISION: u32 = 9;
const REGISTERS: usize = 1 << PRECISION;
const SEED: u64 = 42;
/// Up to here, linear counting estimates better.
const LINEAR_UP_TO: f64 = 400.0;
/// How many neighbours the bias is averaged over.
const NEIGHBOURS: usize = 6;

/// A sketch of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistinctSketch {
    registers: Box<[u8; REGISTERS]>,
}

impl Default for DistinctSketch {
    fn default() -> Self {
        Self { registers: Box::new([0; REGISTERS]) }
    }
}

impl DistinctSketch {
    /// The highest value that a register can have: all bits of the hash but those that name the register are zero.
    const HIGHEST: u8 = (u64::BITS - PRECISION + 1) as u8;

    /// Adds a text.
    pub fn insert(&mut self, text: &[u8]) {
        let hash = xxh64(text, SEED);
        let padding = 1 << (PRECISION - 1);
        let zeros = ((hash << PRECISION) | padding).leading_zeros() as u8;
        if let Some(register) = self.registers.get_mut((hash >> (u64::BITS - PRECISION)) as usize) {
            *register = (*register).max(zeros + 1);
        }
    }

    /// Adds another sketch.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.registers.iter_mut().zip(other.registers.iter()) {
            *mine = (*mine).max(*theirs);
        }
    }

    /// How many different texts there were, about: within 5 % in most cases.
    #[must_use]
    pub fn estimate(&self) -> u64 {
        let registers = REGISTERS as f64;
        let zeros = self.registers.iter().filter(|register| **register == 0).count();
        let linear = registers * (registers / zeros as f64).ln();
        let estimate = if zeros > 0 && linear <= LINEAR_UP_TO { linear } else { self.corrected() };
        (estimate + 0.5).floor() as u64
    }

    /// The raw estimate minus its bias.
    fn corrected(&self) -> f64 {
        let registers = REGISTERS as f64;
        let sum: f64 = self.registers.iter().map(|register| (-f64::from(*register)).exp2()).sum();
        let raw = (0.7213 / (1.0 + 1.079 / registers)) * registers * registers / sum;
        if raw < 5.0 * registers { raw - bias(raw) } else { raw }
    }

    /// The registers, for storage.
    pub(crate) fn registers(&self) -> &[u8] {
        self.registers.as_slice()
    }

    /// From the stored registers; `None` if they are not a sketch.
    pub(crate) fn from_registers(registers: &[u8]) -> Option<Self> {
        let registers: Box<[u8; REGISTERS]> = Box::new(registers.try_into().ok()?);
        registers.iter().all(|register| *register <= Self::HIGHEST).then_some(Self { registers })
    }
}

/// The mean bias of the nearest raw estimates that were measured.
fn bias(raw: f64) -> f64 {
    let next = RAW_ESTIMATES.partition_point(|estimate| *estimate < raw);
    let first = (next + 1).saturating_sub(NEIGHBOURS);
    let distance = |estimate: &f64| (raw - estimate) * (raw - estimate);
    // The window moves up as long as the estimate after it is nearer than its first.
    let moves = RAW_ESTIMATES
        .iter()
        .zip(RAW_ESTIMATES.iter().skip(NEIGHBOURS))
        .skip(first)
        .take_while(|(low, high)| distance(high) < distance(low))
        .count();
    let nearest = BIASES.iter().skip(first + moves).take(NEIGHBOURS);
    let (sum, count) = nearest.fold((0.0, 0.0), |(sum, count), bias| (sum + bias, count + 1.0));
    sum / count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(texts: impl Iterator<Item = u32>) -> DistinctSketch {
        let mut sketch = DistinctSketch::default();
        texts.for_each(|text| sketch.insert(text.to_string().as_bytes()));
        sketch
    }

    #[test]
    fn few_texts_are_counted_and_many_estimated() {
        assert_eq!(DistinctSketch::default().estimate(), 0);
        assert_eq!(sketch(std::iter::repeat_n(7, 1000)).estimate(), 1);
        for count in [10, 100, 300, 450, 600, 1_000, 2_000, 2_560, 5_000, 100_000_u32] {
            let estimate = sketch(0..count).estimate() as f64;
            let error = (estimate - f64::from(count)).abs() / f64::from(count);
            assert!(error < 0.12, "{estimate} of {count}");
        }
    }

    #[test]
    fn a_merged_sketch_is_the_sketch_of_all() {
        let mut merged = sketch(0..700);
        merged.merge(&sketch(500..1200));
        assert_eq!(merged, sketch(0..1200));
    }

    #[test]
    fn registers_that_no_hash_gives_are_refused() {
        let stored = sketch(0..700);
        assert_eq!(DistinctSketch::from_registers(stored.registers()), Some(stored));
        assert_eq!(DistinctSketch::from_registers(&[0; 511]), None);
        assert_eq!(DistinctSketch::from_registers(&[57; 512]), None);
        assert!(DistinctSketch::from_registers(&[56; 512]).is_some());
    }

    /// The six that are nearest to a raw estimate, by looking at all of them.
    fn mean_of_nearest(raw: f64) -> f64 {
        let mut near: Vec<(f64, f64)> =
            RAW_ESTIMATES.iter().zip(BIASES).map(|(at, bias)| ((at - raw).abs(), bias)).collect();
        near.sort_by(|one, other| one.0.total_cmp(&other.0));
        near.iter().take(NEIGHBOURS).map(|(_, bias)| bias).sum::<f64>() / NEIGHBOURS as f64
    }

    #[test]
    fn the_bias_is_the_mean_of_the_six_nearest_that_were_measured() {
        for raw in (360..2_553).map(|raw| f64::from(raw) + 0.3) {
            let (found, expect) = (bias(raw), mean_of_nearest(raw));
            assert!((found - expect).abs() < 1e-9, "{raw}: {found} and {expect}");
        }
    }

    #[test]
    fn a_register_holds_the_longest_run_of_zeros_that_was_met() {
        let mut sketch = DistinctSketch::default();
        let hash = xxh64(b"a", SEED);
        let (register, run) = ((hash >> 55) as usize, (hash << 9).leading_zeros() as u8 + 1);
        sketch.insert(b"a");
        let mut expect = [0; 512];
        expect[register] = run;
        assert_eq!(sketch.registers(), expect);
        let mut higher = expect;
        higher[register] = DistinctSketch::HIGHEST;
        let mut merged = DistinctSketch::from_registers(&higher).unwrap();
        merged.merge(&sketch);
        assert_eq!(merged.registers(), higher, "the lower of two changes nothing");
        merged.insert(b"a");
        assert_eq!(merged.registers(), higher);
    }

    #[test]
    fn each_of_the_three_estimates_is_taken_in_its_own_range() {
        let of = |value: u8, zeros: usize| {
            let mut registers = [value; REGISTERS];
            registers[..zeros].fill(0);
            DistinctSketch::from_registers(&registers).unwrap()
        };
        // Linear counting, by its definition.
        assert_eq!(of(1, 256).estimate(), (512.0 * 2_f64.ln()).round() as u64);
        // All registers are full: the harmonic mean alone, because no bias was measured there.
        let raw: f64 = 0.7213 / (1.0 + 1.079 / 512.0) * 512.0 * 8.0;
        assert!(raw > 5.0 * 512.0);
        assert_eq!(of(3, 0).estimate(), raw.round() as u64);
        let raw = raw / 2.0;
        assert_eq!(of(2, 0).estimate(), (raw - mean_of_nearest(raw)).round() as u64);
    }
}
