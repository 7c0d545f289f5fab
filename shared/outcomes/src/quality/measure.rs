//! From pairs to `statistics.json`: nothing but counts and sums is kept, and the scores of a binary classifier.

use sagewarden_monitor::Mode;

use super::binary::BinaryTally;
use super::classes::{Classes, class};
use super::deviation::{ROUNDS, RoundMetrics, Rounds, hashed, measured};
use super::join::{JoinedPairs, LabelledPair, Order};
use super::multiclass::MulticlassTally;
use super::prediction::Prediction;
use super::problem::Problem;
use super::regression::RegressionTally;
use super::statistics::{Period, QualityStatistics};
use super::unusable::UnusablePair;
use crate::labels::{canonical, number};

/// How a model is measured.
#[derive(Clone, Debug, PartialEq)]
pub struct QualitySettings {
    /// The kind of problem.
    pub problem: Problem,
    /// Whose answers are wanted.
    pub mode: Mode,
    /// The label that a binary classifier looks for.
    pub positive: String,
    /// A probability above it says that the label is the positive one, where no label was captured: the
    /// `ProbabilityThresholdAttribute`. That the threshold itself does not is not evidenced.
    pub threshold: f64,
}

impl QualitySettings {
    /// With the labels `1` and `0`, and a threshold of 0.5.
    #[must_use]
    pub fn new(problem: Problem, mode: Mode) -> Self {
        Self { problem, mode, positive: "1".to_owned(), threshold: 0.5 }
    }
}

#[derive(Clone, Debug)]
enum QualityTally {
    Binary { tally: BinaryTally, negative: Option<String>, is_multiclass: bool },
    Multiclass(MulticlassTally),
    Regression(RegressionTally),
}

/// Measures pairs, one at a time.
#[derive(Clone, Debug)]
pub struct Quality {
    settings: QualitySettings,
    tally: QualityTally,
    items: u64,
}

impl Quality {
    /// Nothing measured yet.
    #[must_use]
    pub fn new(settings: QualitySettings) -> Self {
        let tally = match settings.problem {
            Problem::BinaryClassification => {
                QualityTally::Binary { tally: BinaryTally::default(), negative: None, is_multiclass: false }
            }
            Problem::MulticlassClassification => QualityTally::Multiclass(MulticlassTally::default()),
            Problem::Regression => QualityTally::Regression(RegressionTally::default()),
        };
        let settings = QualitySettings { positive: canonical(&settings.positive), ..settings };
        Self { settings, tally, items: 0 }
    }

    /// Measures one pair. The id decides which samples it is in when the deviation is estimated. The first label that is not the
    /// positive one is the negative one: [`Self::add_all`] looks at all of them instead.
    ///
    /// # Errors
    /// When the pair does not fit the problem; it is not counted then.
    pub fn add(&mut self, id: &str, prediction: &Prediction, label: &str) -> Result<(), UnusablePair> {
        let rounds = Rounds::of(hashed(id));
        match &mut self.tally {
            QualityTally::Regression(tally) => {
                let said = prediction.label.as_deref().ok_or(UnusablePair::NoPrediction)?;
                let read = |text: &str| number(text).ok_or_else(|| UnusablePair::NoNumber(text.to_owned()));
                tally.add(rounds, read(said)?, read(label)?);
            }
            QualityTally::Multiclass(tally) => {
                let said = canonical(prediction.label.as_deref().ok_or(UnusablePair::NoPrediction)?);
                tally
                    .add(rounds, &said, &canonical(label))
                    .map_err(|label| UnusablePair::TooManyLabels(label.to_owned()))?;
            }
            QualityTally::Binary { tally, negative, is_multiclass } => {
                let settings = &self.settings;
                let is_outside = |probability: &f64| !(0.0..=1.0).contains(probability);
                if let Some(probability) = prediction.probability.filter(is_outside) {
                    return Err(UnusablePair::NoProbability(probability.to_string()));
                }
                let mut is_positive = |label| is_positive(settings, negative, *is_multiclass, label);
                let is_actual = is_positive(label)?;
                let is_said = match (&prediction.label, prediction.probability) {
                    (Some(label), _) => is_positive(label)?,
                    (None, Some(probability)) => probability > settings.threshold,
                    (None, None) => return Err(UnusablePair::NoPrediction),
                };
                tally.add(rounds, is_said, is_actual, prediction.probability);
            }
        }
        self.items += 1;
        Ok(())
    }

    /// Measures the joined pairs; returns how many could not be measured, and the id of the first of them (by the place of its prediction)
    /// with the reason. The negative label of a binary classifier is the most frequent one besides the positive one, whatever the order of
    /// the pairs. Without a positive label, no pair is measured.
    pub fn add_all(&mut self, joined: &JoinedPairs) -> (u64, Option<(Box<str>, UnusablePair)>) {
        let no_positive = self.settle(&joined.pairs);
        let mut unusable = 0;
        let mut first: Option<(Order, &LabelledPair, UnusablePair)> = None;
        for pair in &joined.pairs {
            let measured = match &no_positive {
                Some(why) => Err(why.clone()),
                None => self.add(&pair.id, &pair.prediction, &pair.label),
            };
            let Err(why) = measured else { continue };
            unusable += 1;
            if first.as_ref().is_none_or(|(order, ..)| pair.order < *order) {
                first = Some((pair.order, pair, why));
            }
        }
        (unusable, first.map(|(_, pair, why)| (pair.id.clone(), why)))
    }

    /// Decides which label is the negative one; answers why there can be none.
    fn settle(&mut self, pairs: &[LabelledPair]) -> Option<UnusablePair> {
        let QualityTally::Binary { negative, is_multiclass, .. } = &mut self.tally else { return None };
        let positive = &self.settings.positive;
        let classes = Classes::of(positive, pairs);
        if negative.is_none() {
            *negative = classes.negative(positive).map(str::to_owned);
        }
        *is_multiclass = classes.are_several();
        classes.lack_positive(positive)
    }

    /// The file. Without a single pair every metric is undefined.
    #[must_use]
    pub fn finish(self, window: Period) -> QualityStatistics {
        let Self { settings, tally, items } = self;
        let mut statistics = QualityStatistics::new(settings.problem, items, window);
        let rounds: [RoundMetrics; ROUNDS] = match tally {
            QualityTally::Regression(tally) => tally.rounds(),
            QualityTally::Multiclass(tally) => {
                statistics.confusion = tally.confusion();
                tally.rounds(settings.mode)
            }
            QualityTally::Binary { tally, negative, .. } => {
                let other = if settings.positive == "1" { "0" } else { "other" };
                statistics.confusion =
                    tally.confusion(negative.as_deref().unwrap_or(other), &settings.positive);
                let (rounds, curves, area) = tally.finish(settings.mode);
                if let Some(curves) = curves {
                    statistics.receiver_operating = Some(curves.receiver_operating);
                    statistics.precision_recall = Some(curves.precision_recall);
                }
                statistics.au_prc = area;
                rounds
            }
        };
        statistics.metrics = measured(&rounds, items);
        statistics
    }
}

/// Whether a label is the positive one; none that is neither the positive nor the negative one.
fn is_positive(
    settings: &QualitySettings,
    negative: &mut Option<String>,
    is_multiclass: bool,
    label: &str,
) -> Result<bool, UnusablePair> {
    let label = class(&settings.positive, label);
    if label == settings.positive {
        return Ok(true);
    }
    let known = negative.get_or_insert_with(|| label.clone());
    if *known == label {
        return Ok(false);
    }
    let (negative, positive) = (known.clone(), settings.positive.clone());
    Err(UnusablePair::ThirdLabel { label, negative, positive, is_multiclass })
}
