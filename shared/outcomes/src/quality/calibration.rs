//! The meaning of a score: how often the positive label was true among similar scores, in data with known labels.
//!
//! Isotonic regression: the best fit, by squares, of a function that never falls (pool adjacent violators). Between two known scores the
//! value is interpolated, as in scikit-learn; beyond the last one it is constant.

use std::io::Read;

use super::labelled::{LabelledColumns, UnreadableData, for_each_row};
use super::unusable::UnusablePair;
use crate::labels::canonical;

/// The fewest pairs for a calibration: with fewer it would fit chance.
pub const FEWEST_PAIRS: usize = 100;

/// From scores to probabilities.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// Rising scores with their probabilities.
    steps: Vec<Step>,
    /// How many pairs it was made of.
    pub pairs: usize,
    /// The mean distance between the scores and their probabilities.
    pub error_before: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    score: f64,
    worth: f64,
}

/// Scores whose mean is worth the same.
#[derive(Clone, Copy, Debug)]
struct Pool {
    positives: f64,
    pairs: f64,
    /// Scores in it.
    scores: usize,
}

impl Pool {
    fn worth(&self) -> f64 {
        self.positives / self.pairs
    }
}

impl Calibration {
    /// From scores with whether the positive label was true; none of too few pairs, or where only one label is.
    #[must_use]
    pub fn of(mut pairs: Vec<(f64, bool)>) -> Option<Self> {
        let positives = pairs.iter().filter(|(_, is_positive)| *is_positive).count();
        if pairs.len() < FEWEST_PAIRS || positives == 0 || positives == pairs.len() {
            return None;
        }
        pairs.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut pools: Vec<Pool> = Vec::new();
        let mut scores = Vec::new();
        for same in pairs.chunk_by(|one, other| one.0 == other.0) {
            scores.extend(same.first().map(|(score, _)| *score));
            let positives = same.iter().filter(|(_, is_positive)| *is_positive).count();
            let mut pool = Pool { positives: positives as f64, pairs: same.len() as f64, scores: 1 };
            while let Some(before) = pools.pop_if(|before| before.worth() >= pool.worth()) {
                pool = Pool {
                    positives: pool.positives + before.positives,
                    pairs: pool.pairs + before.pairs,
                    scores: pool.scores + before.scores,
                };
            }
            pools.push(pool);
        }
        let worths = pools.iter().flat_map(|pool| std::iter::repeat_n(pool.worth(), pool.scores));
        let steps = scores.into_iter().zip(worths).map(|(score, worth)| Step { score, worth }).collect();
        let mut calibration = Self { steps, pairs: pairs.len(), error_before: 0.0 };
        let errors = pairs.iter().map(|(score, _)| (calibration.probability(*score) - score).abs());
        calibration.error_before = errors.sum::<f64>() / pairs.len() as f64;
        Some(calibration)
    }

    /// Reads labelled scores as CSV.
    ///
    /// # Errors
    /// At the first line that cannot be used, with its number; when there are too few pairs, or one label only.
    pub fn read(data: impl Read, columns: &LabelledColumns, positive: &str) -> Result<Self, UnreadableData> {
        let positive = canonical(positive);
        let mut pairs = Vec::new();
        for_each_row(data, columns, |_, prediction, label| {
            let probability = prediction.probability.ok_or(UnusablePair::NoPrediction)?;
            if !(0.0..=1.0).contains(&probability) {
                return Err(UnusablePair::NoProbability(probability.to_string()));
            }
            pairs.push((probability, canonical(label) == positive));
            Ok(())
        })?;
        let count = pairs.len();
        Self::of(pairs).ok_or(UnreadableData::NoCalibration { pairs: count, fewest: FEWEST_PAIRS })
    }

    /// The probability of a score.
    #[must_use]
    pub fn probability(&self, score: f64) -> f64 {
        let above = self.steps.partition_point(|step| step.score <= score);
        let before = above.checked_sub(1).and_then(|place| self.steps.get(place));
        match (before, self.steps.get(above)) {
            (Some(before), Some(after)) => {
                let part = (score - before.score) / (after.score - before.score);
                part.mul_add(after.worth - before.worth, before.worth)
            }
            (Some(only), None) | (None, Some(only)) => only.worth,
            (None, None) => score,
        }
    }
}
