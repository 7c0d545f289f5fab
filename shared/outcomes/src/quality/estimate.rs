//! An estimate of how good a binary classifier is, before labels arrive: confidence-based performance estimation (CBPE).
//!
//! If a score of 0.8 means that eight of ten are positive, the answers themselves show how many of them are wrong: a positive answer with
//! 0.8 is 0.8 true and 0.2 false positives. Every metric is computed from such expected counts. The reference is "Estimation of performance
//! of the monitored model", NannyML's documentation; figures equal NannyML's (`tests/estimate.rs`).
//!
//! The estimate holds as long as scores keep their meaning ([`Calibration`]) for the present rows. It shows a change of the inputs. It does
//! not show a change of what the inputs mean (concept drift). Only labels show that.

use super::calibration::Calibration;
use super::deviation::MeasuredMetric;
use super::measure::QualitySettings;
use super::prediction::Prediction;
use super::problem::Problem;
use super::statistics::{Period, QualityStatistics};
use super::unusable::UnusablePair;
use crate::labels::canonical;

/// Takes answers, one at a time; some 24 bytes are kept of each.
#[derive(Clone, Debug)]
pub struct Estimation {
    positive: String,
    threshold: f64,
    calibration: Option<Calibration>,
    answers: Vec<Answer>,
}

/// The model's answer for one row.
#[derive(Clone, Copy, Debug)]
struct Answer {
    score: f64,
    /// How probable the positive label is.
    probability: f64,
    is_positive: bool,
}

/// A metric is a ratio of sums over all rows: the contribution of a row if its label is positive, and its contribution in any case.
#[derive(Clone, Copy, Debug)]
struct Part {
    if_positive: f64,
    always: f64,
}

impl Part {
    const fn new(if_positive: f64, always: f64) -> Self {
        Self { if_positive, always }
    }

    fn expected(self, probability: f64) -> f64 {
        self.if_positive.mul_add(probability, self.always)
    }
}

impl Estimation {
    /// An estimate without answers. Without a calibration, scores count as probabilities.
    #[must_use]
    pub fn new(settings: &QualitySettings, calibration: Option<Calibration>) -> Self {
        let positive = canonical(&settings.positive);
        Self { positive, threshold: settings.threshold, calibration, answers: Vec::new() }
    }

    /// Takes an answer, which must have a probability.
    ///
    /// # Errors
    /// When it has none; it is not counted then.
    pub fn add(&mut self, prediction: &Prediction) -> Result<(), UnusablePair> {
        let score = prediction.probability.ok_or(UnusablePair::NoPrediction)?;
        if !(0.0..=1.0).contains(&score) {
            return Err(UnusablePair::NoProbability(score.to_string()));
        }
        let is_positive = match &prediction.label {
            Some(label) => canonical(label) == self.positive,
            None => score > self.threshold,
        };
        let probability =
            self.calibration.as_ref().map_or(score, |calibration| calibration.probability(score));
        self.answers.push(Answer { score, probability, is_positive });
        Ok(())
    }

    /// The metrics of the container's file that can be estimated. The deviation is the one of labels drawn by their probabilities. There is
    /// no confusion matrix, because nothing was counted.
    #[must_use]
    pub fn finish(mut self) -> QualityStatistics {
        let count = self.answers.len() as u64;
        let mut statistics = QualityStatistics::new(Problem::BinaryClassification, count, Period::default());
        let area = self.area();
        statistics.metrics = vec![
            ("recall".to_owned(), self.ratio(|said| (Part::new(said, 0.0), Part::new(1.0, 0.0)))),
            ("precision".to_owned(), self.precision()),
            (
                "accuracy".to_owned(),
                self.ratio(|said| (Part::new(2.0f64.mul_add(said, -1.0), 1.0 - said), Part::new(0.0, 1.0))),
            ),
            ("true_positive_rate".to_owned(), self.ratio(|said| (Part::new(said, 0.0), Part::new(1.0, 0.0)))),
            (
                "true_negative_rate".to_owned(),
                self.ratio(|said| (Part::new(said - 1.0, 1.0 - said), Part::new(-1.0, 1.0))),
            ),
            (
                "false_positive_rate".to_owned(),
                self.ratio(|said| (Part::new(-said, said), Part::new(-1.0, 1.0))),
            ),
            (
                "false_negative_rate".to_owned(),
                self.ratio(|said| (Part::new(1.0 - said, 0.0), Part::new(1.0, 0.0))),
            ),
            ("auc".to_owned(), MeasuredMetric { value: area, standard_deviation: f64::NAN }),
            ("f0_5".to_owned(), self.f_score(0.5)),
            ("f1".to_owned(), self.f_score(1.0)),
            ("f2".to_owned(), self.f_score(2.0)),
        ];
        statistics
    }

    /// As in the container's output, 0 where nothing was predicted as positive.
    fn precision(&self) -> MeasuredMetric {
        if self.answers.iter().any(|answer| answer.is_positive) {
            self.ratio(|said| (Part::new(said, 0.0), Part::new(0.0, said)))
        } else {
            MeasuredMetric { value: 0.0, standard_deviation: 0.0 }
        }
    }

    /// `(1 + b^2) TP / (b^2 (TP + FN) + TP + FP)`.
    fn f_score(&self, beta: f64) -> MeasuredMetric {
        let squared = beta * beta;
        self.ratio(|said| (Part::new((1.0 + squared) * said, 0.0), Part::new(squared, said)))
    }

    /// The ratio of two sums, with the deviation to the first order. `parts` is asked with 1 for a row that the model calls positive,
    /// with 0 for any other.
    fn ratio(&self, parts: impl Fn(f64) -> (Part, Part)) -> MeasuredMetric {
        let parts_of = |answer: &Answer| parts(f64::from(u8::from(answer.is_positive)));
        let (mut above, mut below) = (0.0, 0.0);
        for answer in &self.answers {
            let (over, under) = parts_of(answer);
            above += over.expected(answer.probability);
            below += under.expected(answer.probability);
        }
        let value = above / below;
        let mut variance = 0.0;
        for answer in &self.answers {
            let (over, under) = parts_of(answer);
            let slope = over.if_positive - value * under.if_positive;
            variance += answer.probability * (1.0 - answer.probability) * slope * slope;
        }
        MeasuredMetric { value, standard_deviation: variance.sqrt() / below.abs() }
    }

    /// The chance that a positive row has a higher score than a negative one, equal scores counting half.
    fn area(&mut self) -> f64 {
        self.answers.sort_by(|one, other| other.score.total_cmp(&one.score));
        let (mut positives, mut negatives, mut won) = (0.0, 0.0, 0.0);
        for same in self.answers.chunk_by(|one, other| one.score == other.score) {
            let here: f64 = same.iter().map(|answer| answer.probability).sum();
            let others = same.len() as f64 - here;
            won += others * (positives + here / 2.0);
            positives += here;
            negatives += others;
        }
        won / (positives * negatives)
    }
}
