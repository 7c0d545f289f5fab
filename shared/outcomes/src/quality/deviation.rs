//! How far a metric may move by chance. The container takes 80 % of the data at random, five times, and reports the standard
//! deviation of the five values; its draws cannot be repeated. Here each item takes part in a round by a hash of its id, so
//! that the same data have the same deviation in any order. Its size is about the container's, its digits
//! are not.

use sagewarden_measure::{Chance, mixed};
use sagewarden_monitor::number_or_text;
use serde::Serialize;

/// A metric.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MeasuredMetric {
    /// NaN when it is undefined, such as the recall of data without positives.
    #[serde(with = "number_or_text")]
    pub value: f64,
    /// How far it may be off by chance; NaN below 200 items.
    #[serde(with = "number_or_text")]
    pub standard_deviation: f64,
}

/// The samples that are drawn.
const SAMPLES: u8 = 5;
/// Round 0 holds everything, the others are the samples.
pub(super) const ROUNDS: usize = 1 + SAMPLES as usize;
/// "Standard deviation for metrics are provided only when at least 200 samples are available" (SageMaker developer guide).
const ENOUGH: u64 = 200;

/// The metrics of one round, in the order of the container's file.
pub(super) type RoundMetrics = Vec<(&'static str, f64)>;

/// The rounds that an item takes part in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rounds(u8);

impl Rounds {
    /// Each sample holds an item with a probability of four fifths, independently of the other samples.
    pub(super) fn of(seed: u64) -> Self {
        let drawn = |round: u8| !Chance::nth(seed, u64::from(round)).is_multiple_of(5);
        Self((1..=SAMPLES).filter(|round| drawn(*round)).fold(1, |held, round| held | (1 << round)))
    }

    /// The round `0` holds every item.
    pub(super) fn holds(self, round: usize) -> bool {
        self.0 & (1 << round) != 0
    }
}

/// Applies `add` to the tally of each round that holds the item.
pub(super) fn each<T>(tallies: &mut [T; ROUNDS], rounds: Rounds, mut add: impl FnMut(&mut T)) {
    for (round, tally) in tallies.iter_mut().enumerate() {
        if rounds.holds(round) {
            add(tally);
        }
    }
}

/// The values of the whole with their deviation over the samples.
pub(super) fn measured(rounds: &[RoundMetrics; ROUNDS], items: u64) -> Vec<(String, MeasuredMetric)> {
    let [whole, samples @ ..] = rounds;
    let value_in = |values: &RoundMetrics, name: &str| {
        values.iter().find(|(other, _)| *other == name).map_or(f64::NAN, |(_, value)| *value)
    };
    let deviation_of = |name: &str| {
        if items < ENOUGH {
            return f64::NAN;
        }
        let values: Vec<f64> = samples.iter().map(|values| value_in(values, name)).collect();
        deviation(&values)
    };
    whole
        .iter()
        .map(|(name, value)| {
            ((*name).to_owned(), MeasuredMetric { value: *value, standard_deviation: deviation_of(name) })
        })
        .collect()
}

/// The deviation of a sample: the sum of squares is divided by the number of values less one.
fn deviation(values: &[f64]) -> f64 {
    let number = values.len() as f64;
    let mean = values.iter().sum::<f64>() / number;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (number - 1.0)).sqrt()
}

/// A hash of an id that is the same on every machine and in every version (FNV-1a, then mixed).
pub(super) fn hashed(id: &str) -> u64 {
    mixed(id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_holds_four_fifths_and_samples_differ() {
        let rounds: Vec<Rounds> = (0..10_000).map(|id| Rounds::of(hashed(&format!("event-{id}")))).collect();
        assert!(rounds.iter().all(|each| each.holds(0)));
        for round in 1..ROUNDS {
            let held = rounds.iter().filter(|each| each.holds(round)).count();
            assert!((7_850..8_150).contains(&held), "{round}: {held}");
        }
        let in_both = rounds.iter().filter(|each| each.holds(1) && each.holds(2)).count();
        assert!((6_250..6_550).contains(&in_both), "{in_both}");
    }

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        assert!((deviation(&[1.0, 2.0, 3.0, 4.0, 5.0]) - 2.5_f64.sqrt()).abs() < 1e-15);
        assert!(deviation(&[1.0, f64::NAN, 1.0, 1.0, 1.0]).is_nan());
    }

    /// The mean of 80 % drawn from `n` values of variance `v` varies by `v / n * (1 / 0.8 - 1)`.
    #[test]
    fn its_size_is_what_drawing_at_random_gives() {
        let number = 1_000;
        let mut squares = 0.0;
        let tries = 400;
        for each in 0..tries {
            let mut sums = [(0.0, 0.0); ROUNDS];
            for item in 0..number {
                let seed = hashed(&format!("{each}/{item}"));
                let value = f64::from(u8::from(seed.is_multiple_of(3)));
                self::each(&mut sums, Rounds::of(seed.rotate_left(17)), |(sum, count)| {
                    *sum += value;
                    *count += 1.0;
                });
            }
            let means: Vec<f64> = sums.iter().skip(1).map(|(sum, count)| sum / count).collect();
            squares += deviation(&means).powi(2);
        }
        let found = squares / f64::from(tries);
        let wanted = (2.0 / 9.0) / f64::from(number) * 0.25;
        assert!((found / wanted - 1.0).abs() < 0.15, "{found} instead of {wanted}");
    }
}
