//! `binary_classification_metrics`: the confusion of two labels, and how well the probability ranks them.

use std::collections::BTreeMap;

use sagewarden_monitor::Mode;

use super::curve::{Curves, Score, areas, curves};
use super::deviation::{ROUNDS, RoundMetrics, Rounds, each};

/// Counts of predicted and true labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Confusion {
    pub(super) true_positives: u64,
    pub(super) false_positives: u64,
    pub(super) true_negatives: u64,
    pub(super) false_negatives: u64,
}

/// All rounds.
#[derive(Clone, Debug, Default)]
pub(super) struct BinaryTally {
    confusions: [Confusion; ROUNDS],
    /// The score of every item that has one: an area under a curve needs all of them at once.
    scores: Vec<Score>,
    unscored: u64,
}

impl BinaryTally {
    pub(super) fn add(&mut self, rounds: Rounds, predicted: bool, actual: bool, score: Option<f64>) {
        each(&mut self.confusions, rounds, |confusion| confusion.add(predicted, actual));
        match score {
            // Adding zero makes `-0` a `0`: they are one score.
            Some(score) => self.scores.push(Score { score: score + 0.0, actual, rounds }),
            None => self.unscored += 1,
        }
    }

    /// Metrics of all rounds, the curves, and the area under the one of precision and recall. Without a probability for every
    /// item there is no ranking: `auc` is undefined then, and there are no curves.
    pub(super) fn finish(mut self, mode: Mode) -> ([RoundMetrics; ROUNDS], Option<Curves>, Option<f64>) {
        if self.unscored > 0 || self.scores.is_empty() {
            return (self.confusions.map(|confusion| confusion.values(f64::NAN, mode)), None, None);
        }
        self.scores.sort_by(|one, other| other.score.total_cmp(&one.score));
        let mut values = self.confusions.iter().enumerate();
        let rounds = std::array::from_fn(|_| {
            values.next().map_or_else(Vec::new, |(round, confusion)| {
                confusion.values(areas(&self.scores, round, mode).receiver_operating, mode)
            })
        });
        let curve = areas(&self.scores, 0, mode).precision_recall;
        (rounds, Some(curves(&self.scores)), Some(curve))
    }

    /// The numbers by true label, then by predicted label.
    pub(super) fn confusion(
        &self,
        negative: &str,
        positive: &str,
    ) -> BTreeMap<String, BTreeMap<String, u64>> {
        let [whole, ..] = &self.confusions;
        let row = |as_negative: u64, as_positive: u64| {
            BTreeMap::from([(negative.to_owned(), as_negative), (positive.to_owned(), as_positive)])
        };
        BTreeMap::from([
            (negative.to_owned(), row(whole.true_negatives, whole.false_positives)),
            (positive.to_owned(), row(whole.false_negatives, whole.true_positives)),
        ])
    }
}

impl Confusion {
    pub(super) fn add(&mut self, predicted: bool, actual: bool) {
        *match (predicted, actual) {
            (true, true) => &mut self.true_positives,
            (true, false) => &mut self.false_positives,
            (false, false) => &mut self.true_negatives,
            (false, true) => &mut self.false_negatives,
        } += 1;
    }

    /// In the order of the container's file. A metric without items is NaN. But precision is 0 if nothing was predicted as positive, and so
    /// are the f scores, as in the container's output.
    pub(super) fn values(&self, auc: f64, mode: Mode) -> RoundMetrics {
        let share = |part: u64, whole: u64| part as f64 / whole as f64;
        let positives = self.true_positives + self.false_negatives;
        let negatives = self.true_negatives + self.false_positives;
        let predicted = self.true_positives + self.false_positives;
        let all = positives + negatives;
        let recall = share(self.true_positives, positives);
        let precision = if predicted == 0 { 0.0 } else { share(self.true_positives, predicted) };
        let false_positive_rate = share(self.false_positives, negatives);
        let f = |beta: f64| f_score(beta, precision, recall);
        let constant = self.best_constant(mode);
        let constant_f = |beta: f64| f_score(beta, constant.precision, constant.recall);
        vec![
            ("recall", recall),
            ("precision", precision),
            ("accuracy", share(self.true_positives + self.true_negatives, all)),
            ("recall_best_constant_classifier", constant.recall),
            ("precision_best_constant_classifier", constant.precision),
            ("accuracy_best_constant_classifier", constant.accuracy),
            ("true_positive_rate", recall),
            // The container subtracts: 1 - 2/3 is 0.33333333333333337 in its example.
            ("true_negative_rate", 1.0 - false_positive_rate),
            ("false_positive_rate", false_positive_rate),
            ("false_negative_rate", 1.0 - recall),
            ("auc", auc),
            ("f0_5", f(0.5)),
            ("f1", f(1.0)),
            ("f2", f(2.0)),
            ("f0_5_best_constant_classifier", constant_f(0.5)),
            ("f1_best_constant_classifier", constant_f(1.0)),
            ("f2_best_constant_classifier", constant_f(2.0)),
        ]
    }
}

/// The metrics of a classifier that always gives the same answer.
struct Constant {
    recall: f64,
    precision: f64,
    accuracy: f64,
}

impl Confusion {
    /// The container's constant classifier always gives the model's most frequent answer: five of AWS's files agree on that, and no other
    /// rule fits all of them. The best one says yes for recall, precision and f scores, and gives the more frequent label for accuracy.
    fn best_constant(&self, mode: Mode) -> Constant {
        let positives = self.true_positives + self.false_negatives;
        let negatives = self.true_negatives + self.false_positives;
        let predicted = self.true_positives + self.false_positives;
        let all = positives + negatives;
        let share = |part: u64| part as f64 / all as f64;
        // A rate of nothing is undefined.
        let recall = if positives == 0 { f64::NAN } else { 1.0 };
        let yes = Constant { recall, precision: share(positives), accuracy: share(positives) };
        match mode {
            Mode::Exact => Constant { accuracy: share(positives.max(negatives)), ..yes },
            Mode::Compat if predicted >= all - predicted => yes,
            Mode::Compat => Constant { recall: 0.0, precision: 0.0, accuracy: share(negatives) },
        }
    }
}

/// The weighted harmonic mean of precision and recall; 0 when both are.
pub(super) fn f_score(beta: f64, precision: f64, recall: f64) -> f64 {
    let square = beta * beta;
    if precision + recall == 0.0 {
        return 0.0;
    }
    (1.0 + square) * precision * recall / (square * precision + recall)
}
