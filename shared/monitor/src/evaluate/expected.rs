//! The expectations of either mode about a column.

use sagewarden_measure::distance::Counts;
use sagewarden_measure::{Categories, ColumnProfile, InferredType, MissingTexts, TextCounts};

use super::odds::SampleSize;
use super::reference::{BaselineDistribution, ExactReference, Reference};
use crate::constraints::FeatureConstraints;
use crate::mode::Mode;
use crate::statistics::BetweenPeriods;

/// The expectations for a column, and how its texts are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected<'a> {
    pub(crate) mode: Mode,
    /// Its type.
    pub(crate) inferred_type: InferredType,
    /// The share of rows that must have a value.
    pub(crate) completeness: Option<f64>,
    /// The texts that it may have.
    pub(crate) domains: Option<&'a [String]>,
    /// The share of the baseline's own values that have the type: more cannot be required.
    pub(crate) type_share: f64,
    /// Whether it has no negative number.
    pub(crate) is_non_negative: bool,
    /// How much data this is known from.
    pub(crate) size: SampleSize,
    /// The distribution to compare with.
    pub(crate) distribution: &'a BaselineDistribution,
    /// How far the baseline's own periods are apart.
    pub(crate) season: Option<BetweenPeriods>,
    missing: &'a MissingTexts,
    /// Whether the baseline lists one of the texts for missing values as a value.
    lists_missing: bool,
}

impl<'a> Expected<'a> {
    /// The container expects the types in the constraints. Exact mode reads a column of numbers with some texts among them as numbers.
    pub(crate) fn of(
        feature: &'a FeatureConstraints,
        reference: &'a Reference,
        missing: &'a MissingTexts,
        mode: Mode,
    ) -> Self {
        let (texts, numbers) = (feature.string_constraints.as_ref(), feature.num_constraints.as_ref());
        let said = Self {
            mode,
            inferred_type: feature.inferred_type,
            completeness: feature.completeness,
            domains: texts.and_then(|texts| texts.domains.as_deref()),
            type_share: 1.0,
            is_non_negative: numbers.and_then(|numbers| numbers.is_non_negative).unwrap_or_default(),
            size: reference.size,
            distribution: &reference.distribution,
            season: reference.season.filter(|_| mode == Mode::Exact),
            missing,
            lists_missing: false,
        };
        match (mode, &reference.exact) {
            (Mode::Compat, _) => said,
            (Mode::Exact, None) => Self { lists_missing: said.lists_missing(), ..said },
            (Mode::Exact, Some(exact)) => said.read_exactly(exact),
        }
    }

    /// The expectations for a column that the baseline does not have.
    pub(crate) fn nothing(missing: &'a MissingTexts, mode: Mode) -> Self {
        Self {
            mode,
            inferred_type: InferredType::Unknown,
            completeness: None,
            domains: None,
            type_share: 1.0,
            is_non_negative: false,
            size: SampleSize::default(),
            distribution: const { &BaselineDistribution::nothing("the baseline does not have it") },
            season: None,
            missing,
            lists_missing: false,
        }
    }

    /// If somebody lowered the required completeness in the constraints, the lower one counts.
    fn read_exactly(self, exact: &'a ExactReference) -> Self {
        let ExactReference { inferred_type, completeness, type_share, size, distribution } = exact;
        let completeness = self.completeness.map(|said| said.min(*completeness));
        let said = Self { completeness, size: *size, ..self };
        match distribution {
            None => said,
            Some(distribution) => Self {
                inferred_type: *inferred_type,
                domains: None,
                type_share: *type_share,
                distribution,
                ..said
            },
        }
    }

    /// How many of the values are texts that mean a missing value.
    pub(crate) fn missing_texts(&self, column: &ColumnProfile) -> u64 {
        match column.categories() {
            _ if self.mode == Mode::Compat => 0,
            _ if !self.lists_missing => column.markers,
            Categories::Counted(counts) => counts
                .sorted()
                .into_iter()
                .filter(|(text, _)| self.is_missing(text))
                .map(|(_, count)| count)
                .sum(),
            // Which of the texts were values is not known.
            Categories::TooMany | Categories::NotCounted => 0,
        }
    }

    /// The texts that are values, and how often each occurs. `True` and `TRUE` are `true`.
    pub(crate) fn counts<'c>(&self, counts: &'c TextCounts) -> Counts<'c> {
        let each = counts.sorted().into_iter();
        match self.mode {
            Mode::Compat => each.collect(),
            Mode::Exact => folded(each.filter(|(text, _)| !self.is_missing(text))),
        }
    }

    /// The same for the baseline, whose texts are all values.
    pub(crate) fn baseline_counts<'c>(&self, texts: impl Iterator<Item = (&'c str, u64)>) -> Counts<'c> {
        match self.mode {
            Mode::Compat => texts.collect(),
            Mode::Exact => folded(texts),
        }
    }

    /// A text in the baseline's list is a value here, even if it means a missing value elsewhere.
    fn is_missing(&self, text: &str) -> bool {
        self.missing.contains(text.as_bytes()) && !self.listed().any(|listed| listed == text)
    }

    fn lists_missing(&self) -> bool {
        self.listed().any(|text| self.missing.contains(text.as_bytes()))
    }

    /// How many texts occurred once in the baseline. Each of them was unseen among all others, so as large a share of
    /// the next values may be unseen (Good and Turing).
    pub(crate) fn seen_once(&self) -> u64 {
        match self.distribution {
            BaselineDistribution::Texts(texts) => texts.values().filter(|count| **count == 1).count() as u64,
            _ => 0,
        }
    }

    fn listed(&self) -> impl Iterator<Item = &str> {
        let counted = match self.distribution {
            BaselineDistribution::Texts(texts) => Some(texts.keys()),
            _ => None,
        };
        let domains = self.domains.into_iter().flatten();
        domains.chain(counted.into_iter().flatten()).map(String::as_str)
    }
}

fn folded<'c>(texts: impl Iterator<Item = (&'c str, u64)>) -> Counts<'c> {
    let mut counts = Counts::new();
    for (text, count) in texts {
        *counts.entry(truth(text)).or_default() += count;
    }
    counts
}

/// The JSON spelling of a truth value that Python or R wrote; other texts are unchanged.
pub(crate) fn truth(text: &str) -> &str {
    match text {
        "True" | "TRUE" => "true",
        "False" | "FALSE" => "false",
        other => other,
    }
}
