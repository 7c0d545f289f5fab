//! `multiclass_classification_metrics`: each class is weighted by how often it is true.

use std::collections::BTreeMap;

use sagewarden_monitor::Mode;

use super::binary::f_score;
use super::deviation::{ROUNDS, RoundMetrics, Rounds, each};

/// The most labels: the confusion matrix has a cell for each pair of them, and nobody can read a larger one.
pub(super) const MAX_LABELS: usize = 500;

/// Cells of all rounds: true label, predicted label, and the count in each round.
#[derive(Clone, Debug, Default)]
pub(super) struct MulticlassTally {
    numbers: BTreeMap<String, usize>,
    cells: BTreeMap<(usize, usize), [u64; ROUNDS]>,
}

/// The numbers of a label in one round.
#[derive(Clone, Copy, Debug, Default)]
struct Class {
    actual: u64,
    predicted: u64,
    both: u64,
}

impl MulticlassTally {
    /// The first label beyond the limit, if there is one. Then nothing is counted.
    pub(super) fn add<'a>(
        &mut self,
        rounds: Rounds,
        predicted: &'a str,
        actual: &'a str,
    ) -> Result<(), &'a str> {
        let actual = self.number(actual).ok_or(actual)?;
        let predicted = self.number(predicted).ok_or(predicted)?;
        let cell = self.cells.entry((actual, predicted)).or_default();
        each(cell, rounds, |count| *count += 1);
        Ok(())
    }

    fn number(&mut self, label: &str) -> Option<usize> {
        if let Some(number) = self.numbers.get(label) {
            return Some(*number);
        }
        let next = self.numbers.len();
        (next < MAX_LABELS).then(|| *self.numbers.entry(label.to_owned()).or_insert(next))
    }

    /// The numbers by true label, then by predicted label; every pair of labels has one.
    pub(super) fn confusion(&self) -> BTreeMap<String, BTreeMap<String, u64>> {
        let count = |actual: usize, predicted: usize| {
            self.cells.get(&(actual, predicted)).and_then(|cell| cell.first()).copied().unwrap_or(0)
        };
        let row = |actual: usize| {
            self.numbers.iter().map(|(label, predicted)| (label.clone(), count(actual, *predicted))).collect()
        };
        self.numbers.iter().map(|(label, actual)| (label.clone(), row(*actual))).collect()
    }

    pub(super) fn rounds(&self, mode: Mode) -> [RoundMetrics; ROUNDS] {
        std::array::from_fn(|round| self.values(round, mode))
    }

    fn values(&self, round: usize, mode: Mode) -> RoundMetrics {
        let mut classes = vec![Class::default(); self.numbers.len()];
        for ((actual, predicted), cell) in &self.cells {
            let count = cell.get(round).copied().unwrap_or(0);
            if let Some(class) = classes.get_mut(*actual) {
                class.actual += count;
                class.both += if actual == predicted { count } else { 0 };
            }
            if let Some(class) = classes.get_mut(*predicted) {
                class.predicted += count;
            }
        }
        // Sorted by label, so that sums and ties do not depend on which label came first.
        let classes: Vec<Class> =
            self.numbers.values().filter_map(|number| classes.get(*number).copied()).collect();
        let mut values = weighted(&classes);
        values.extend(best_constant(&classes, mode));
        values
    }
}

/// The value of the best constant classifier, in both modes: the one that always predicts the most frequent true label.
pub(super) fn exact_best_constant(confusion: &BTreeMap<String, BTreeMap<String, u64>>) -> RoundMetrics {
    let counts = confusion.values().map(|row| row.values().sum::<u64>());
    constants(share(counts.clone().max().unwrap_or(0), counts.sum()))
}

fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

fn weighted(classes: &[Class]) -> RoundMetrics {
    let total: u64 = classes.iter().map(|class| class.actual).sum();
    let right: u64 = classes.iter().map(|class| class.both).sum();
    let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
        let known = classes.iter().filter(|class| class.actual > 0);
        known
            .map(|class| {
                // A class that was never predicted has precision 0, as in the container.
                let precision = if class.predicted == 0 { 0.0 } else { share(class.both, class.predicted) };
                share(class.actual, total) * of(precision, share(class.both, class.actual))
            })
            .sum()
    };
    let undefined = total == 0;
    let or_nan = |value: f64| if undefined { f64::NAN } else { value };
    vec![
        ("accuracy", share(right, total)),
        ("weighted_recall", or_nan(sum(&|_, recall| recall))),
        ("weighted_precision", or_nan(sum(&|precision, _| precision))),
        ("weighted_f0_5", or_nan(sum(&|precision, recall| f_score(0.5, precision, recall)))),
        ("weighted_f1", or_nan(sum(&|precision, recall| f_score(1.0, precision, recall)))),
        ("weighted_f2", or_nan(sum(&|precision, recall| f_score(2.0, precision, recall)))),
    ]
}

/// A classifier that always says the same. The most frequent class is the best such guess. The one example that AWS documents
/// has the rarer of two classes instead, and so has `compat`; what its container takes of more than two is not known.
fn best_constant(classes: &[Class], mode: Mode) -> RoundMetrics {
    let counts = classes.iter().map(|class| class.actual);
    let total: u64 = counts.clone().sum();
    let constant = match mode {
        Mode::Exact => counts.max(),
        Mode::Compat => counts.filter(|count| *count > 0).min(),
    };
    constants(share(constant.unwrap_or(0), total))
}

/// The metrics of a classifier that always gives one label, which this many items have.
fn constants(weight: f64) -> RoundMetrics {
    let f = |beta: f64| weight * f_score(beta, weight, 1.0);
    vec![
        ("accuracy_best_constant_classifier", weight),
        ("weighted_recall_best_constant_classifier", weight),
        ("weighted_precision_best_constant_classifier", weight * weight),
        ("weighted_f0_5_best_constant_classifier", f(0.5)),
        ("weighted_f1_best_constant_classifier", f(1.0)),
        ("weighted_f2_best_constant_classifier", f(2.0)),
    ]
}
