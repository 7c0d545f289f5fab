//! Whether measured metrics say anything about the model: the command and `detect-drift` ask the same questions.

use sagewarden_monitor::Mode;
use thiserror::Error;

use super::problem::Problem;
use super::statistics::QualityStatistics;

/// Metrics that say nothing about the model, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DoubtfulQuality {
    /// Several labels are true and none of them was ever predicted.
    #[error("no label that is true was ever predicted")]
    NoLabelSaid,
    /// Chance may explain any result of so few pairs.
    #[error(
        "{pairs} predictions with labels are too few for a verdict: with fewer than {needed}, chance alone moves an accuracy by more than a quarter"
    )]
    TooFewPairs {
        /// The pairs that there are.
        pairs: u64,
        /// The pairs that it takes.
        needed: u64,
    },
}

impl DoubtfulQuality {
    /// With fewer pairs, there is no verdict in exact mode. By Hoeffding's inequality, a share of m pairs is too small by more than
    /// `sqrt(ln(500) / 2m)` in one of 500 windows, the rate of false alarms of drift. With fifty pairs, that is a quarter.
    pub const NEEDED: u64 = 50;

    /// Why these metrics say nothing; `None` if they do. The container judges any number of pairs.
    #[must_use]
    pub fn of(statistics: &QualityStatistics, mode: Mode) -> Option<Self> {
        let (pairs, needed) = (statistics.item_count, Self::NEEDED);
        if said_no_label(statistics) {
            return Some(Self::NoLabelSaid);
        }
        (mode == Mode::Exact && pairs < needed).then_some(Self::TooFewPairs { pairs, needed })
    }
}

fn said_no_label(statistics: &QualityStatistics) -> bool {
    let confusion = &statistics.confusion;
    let is_true =
        |label: &String| confusion.get(label).is_some_and(|row| row.values().any(|count| *count > 0));
    let mut said = confusion.values().flatten().filter(|(_, count)| **count > 0).map(|(label, _)| label);
    statistics.problem == Problem::MulticlassClassification && !said.any(is_true)
}

#[cfg(test)]
mod tests {
    use super::super::statistics::Period;
    use super::*;

    #[test]
    fn few_pairs_say_nothing_in_exact_mode() {
        let of = |pairs, mode| {
            let statistics = QualityStatistics::new(Problem::BinaryClassification, pairs, Period::default());
            DoubtfulQuality::of(&statistics, mode)
        };
        let few = |pairs| Some(DoubtfulQuality::TooFewPairs { pairs, needed: 50 });
        for (pairs, expect) in [(3, few(3)), (49, few(49)), (50, None), (10_000, None)] {
            assert_eq!(of(pairs, Mode::Exact), expect);
            assert_eq!(of(pairs, Mode::Compat), None);
        }
        // What the documentation says of the number.
        let chance = (500_f64.ln() / (2.0 * DoubtfulQuality::NEEDED as f64)).sqrt();
        assert!((0.24..0.25).contains(&chance), "{chance}");
        let words = few(3).map(|few| few.to_string()).unwrap_or_default();
        assert!(
            words.starts_with("3 predictions with labels are too few for a verdict: with fewer than 50,"),
            "{words}"
        );
    }

    #[test]
    fn labels_that_nobody_predicted_are_seen() {
        let mut statistics =
            QualityStatistics::new(Problem::MulticlassClassification, 100, Period::default());
        let row = |label: &str| [(label.to_owned(), 50)].into_iter().collect();
        statistics.confusion = [("a".to_owned(), row("x")), ("b".to_owned(), row("x"))].into_iter().collect();
        assert_eq!(DoubtfulQuality::of(&statistics, Mode::Compat), Some(DoubtfulQuality::NoLabelSaid));
        statistics.confusion.insert("x".to_owned(), row("x"));
        assert_eq!(DoubtfulQuality::of(&statistics, Mode::Exact), None);
    }
}
