//! The facts that a baseline has about one column.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sagewarden_measure::distance::{Cuts, Steps};
use sagewarden_measure::{InferredType, TextSample};
use serde::{Deserialize, Serialize};

use super::described::Described;
use super::odds::SampleSize;
use crate::statistics::{
    BetweenPeriods, ExactStatistics, FeatureStatistics, NumericalStatistics, Presence, StringStatistics,
};

/// The reference that a column is compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reference {
    /// The values as the container reads them.
    pub(crate) distribution: BaselineDistribution,
    /// How much data it was made from.
    pub(crate) size: SampleSize,
    /// The values that exact mode reads differently.
    pub(crate) exact: Option<ExactReference>,
    /// The figures that people see; `None` without statistics.
    pub(crate) described: Option<Described>,
    /// How far its periods are apart, if it has several.
    pub(crate) season: Option<BetweenPeriods>,
}

/// The facts of a column that exact mode reads as numbers or missing values, while the container reads texts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ExactReference {
    pub(crate) inferred_type: InferredType,
    /// The share of rows with a value.
    pub(crate) completeness: f64,
    /// The share of values that are of the type.
    pub(crate) type_share: f64,
    pub(crate) size: SampleSize,
    /// The distribution of its numbers, if it is a column of numbers.
    pub(crate) distribution: Option<BaselineDistribution>,
}

/// The numbers of a column in the baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum NumbersReference {
    /// A sketch of all of them.
    Sketch(Steps),
    /// Only buckets: the author of the file made no sketch, or not one of all values.
    Buckets(Cuts),
    /// Neither, and why.
    None(String),
}

/// The distribution of a column in the baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum BaselineDistribution {
    /// The numbers, as either mode sees them.
    Numbers { compat: Steps, exact: NumbersReference },
    /// The texts with their counts.
    Texts(BTreeMap<String, u64>),
    /// A sample of texts that are too many to count.
    Sample(TextSample),
    /// There is no distribution, for this reason.
    None(Cow<'static, str>),
    /// There should be one, but the statistics were not made together with the constraints; and why.
    Foreign(String),
}

impl Reference {
    pub(crate) fn has_numbers(&self) -> bool {
        self.exact.as_ref().is_some_and(|exact| exact.distribution.is_some())
    }
}

impl ExactReference {
    pub(crate) fn of(known: &ExactStatistics) -> Self {
        let Presence { num_present, num_missing } = known.common;
        let share = |part: u64, of: u64| if of == 0 { 1.0 } else { part as f64 / of as f64 };
        Self {
            inferred_type: known.inferred_type,
            completeness: share(num_present, num_present.saturating_add(num_missing)),
            type_share: share(known.num_numbers, num_present),
            size: SampleSize {
                rows: Some(num_present.saturating_add(num_missing)),
                values: Some(num_present),
                range: known.numerical_statistics.as_ref().and_then(|numbers| numbers.min.zip(numbers.max)),
            },
            distribution: known.numerical_statistics.as_ref().map(BaselineDistribution::of_numbers),
        }
    }
}

/// Why the container does not compare a column with many texts.
pub(crate) const TOO_MANY_TEXTS: &str =
    "it has too many different texts in the baseline for a comparison of their shares";

fn sample(feature: &FeatureStatistics) -> Option<TextSample> {
    let sampled = feature.sampled_texts.as_ref()?;
    TextSample::of(sampled.below, sampled.counts.iter().copied())
}

/// Statistics that somebody wrote by hand may not say it.
pub(crate) fn size(known: &FeatureStatistics) -> SampleSize {
    let (numbers, texts) = (known.numerical_statistics.as_ref(), known.string_statistics.as_ref());
    let common = numbers.map(|numbers| numbers.common).or_else(|| texts.map(|texts| texts.common));
    let common = common.filter(|common| common.num_present > 0);
    SampleSize {
        rows: common.map(|common| common.num_present.saturating_add(common.num_missing)),
        values: common.map(|common| common.num_present),
        range: numbers.and_then(|numbers| numbers.min.zip(numbers.max)),
    }
}

impl BaselineDistribution {
    /// There is no distribution, for this reason.
    pub(crate) const fn nothing(why: &'static str) -> Self {
        Self::None(Cow::Borrowed(why))
    }

    /// `expected`: the type in the constraints.
    pub(crate) fn of(feature: &FeatureStatistics, expected: InferredType) -> Self {
        let (is_number, is_text) = (is_numeric(expected), expected == InferredType::String);
        let (numbers, texts) = (&feature.numerical_statistics, &feature.string_statistics);
        match (numbers, texts) {
            (Some(_), _) if is_text => Self::other_type(feature, expected),
            (None, Some(_)) if is_number => Self::other_type(feature, expected),
            (None, None) if feature.inferred_type == InferredType::Unknown && (is_number || is_text) => {
                Self::other_type(feature, expected)
            }
            (None, None) if feature.inferred_type == InferredType::Unknown => {
                Self::nothing("it has no values in the baseline")
            }
            (Some(numbers), _) => Self::of_numbers(numbers),
            (None, Some(texts)) => match sample(feature).filter(|_| texts.distribution.is_none()) {
                Some(sample) => Self::Sample(sample),
                None => Self::of_texts(texts),
            },
            (None, None) => Self::Foreign("the baseline's statistics have nothing but its type".to_owned()),
        }
    }

    fn other_type(feature: &FeatureStatistics, expected: InferredType) -> Self {
        let found = match (&feature.numerical_statistics, &feature.string_statistics) {
            (Some(_), _) => "a column of numbers",
            (None, Some(_)) => "a column of texts",
            (None, None) => "a column without values",
        };
        Self::Foreign(format!(
            "it is {found} in the baseline's statistics, and of type {expected:?} in its constraints"
        ))
    }

    fn of_numbers(numbers: &NumericalStatistics) -> Self {
        let Some(distribution) = &numbers.distribution else {
            return Self::Foreign("the baseline's statistics have no sketch of it".to_owned());
        };
        let (compat, exact) = Steps::of_both_modes(&distribution.kll.sketch.data);
        let buckets = distribution.kll.buckets.iter();
        let buckets = Cuts::of(buckets.map(|each| (each.lower_bound, each.upper_bound, each.count)));
        if exact.total() == 0 && buckets.is_none() {
            return Self::nothing("its sketch in the baseline is empty");
        }
        Self::Numbers { compat, exact: NumbersReference::of(exact, buckets, numbers.common.num_present) }
    }

    fn of_texts(texts: &StringStatistics) -> Self {
        let Some(texts) = &texts.distribution else {
            return Self::nothing(TOO_MANY_TEXTS);
        };
        let counts = texts.categorical.buckets.iter().map(|bucket| (bucket.value.clone(), bucket.count));
        Self::Texts(counts.collect())
    }
}

impl NumbersReference {
    /// A sketch of the container represents exactly as many values as its statistics count. If a sketch represents another number, somebody
    /// made it by hand, and it does not show the distribution of these values.
    fn of(sketch: Steps, buckets: Option<Cuts>, present: u64) -> Self {
        let said = if present > 0 { present } else { buckets.as_ref().map_or(0, Cuts::total) };
        let is_whole = said == 0 || sketch.total().abs_diff(said) <= said / 100;
        match buckets {
            _ if is_whole && sketch.total() > 0 => Self::Sketch(sketch),
            Some(buckets) => Self::Buckets(buckets),
            None => Self::None(format!(
                "the baseline's sketch of it stands for {} of {said} values, and there are no buckets",
                sketch.total()
            )),
        }
    }
}

/// Whether columns of this type are compared as numbers.
pub(crate) fn is_numeric(inferred: InferredType) -> bool {
    matches!(inferred, InferredType::Integral | InferredType::Fractional)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// The distribution of a column, or why it is not known.
    fn of(statistics: Value, expected: InferredType) -> String {
        let mut statistics = statistics;
        statistics["name"] = json!("f");
        let feature: FeatureStatistics = serde_json::from_value(statistics).unwrap();
        match BaselineDistribution::of(&feature, expected) {
            BaselineDistribution::Numbers { compat, exact } => match exact {
                NumbersReference::Sketch(exact) => format!("{} {}", compat.total(), exact.total()),
                NumbersReference::Buckets(exact) => format!("{} in buckets", exact.total()),
                NumbersReference::None(why) => format!("no numbers: {why}"),
            },
            BaselineDistribution::Texts(texts) => format!("{texts:?}"),
            BaselineDistribution::Sample(sample) => format!("a sample of {}", sample.values().0),
            BaselineDistribution::None(why) => format!("none: {why}"),
            BaselineDistribution::Foreign(why) => format!("foreign: {why}"),
        }
    }

    #[test]
    fn a_distribution_is_that_of_the_type_that_is_expected() {
        use InferredType::{Fractional, Integral, String, Unknown};
        let sketch = |data: Value| {
            json!({ "inferred_type": "Integral", "numerical_statistics": { "distribution": { "kll": { "sketch": {
                "parameters": { "c": 0.64, "k": 2048.0 }, "data": data,
            } } } } })
        };
        let buckets = json!([{ "value": "a", "count": 2 }]);
        let texts = json!({ "inferred_type": "String", "string_statistics": { "distribution": { "categorical": { "buckets": buckets } } } });
        let numbers = sketch(json!([[1.0, 1.0, 2.0]]));
        for expected in [Integral, Fractional, Unknown] {
            assert_eq!(of(numbers.clone(), expected), "2 3", "{expected:?}");
        }
        for expected in [String, Unknown] {
            assert_eq!(of(texts.clone(), expected), "{\"a\": 2}", "{expected:?}");
        }
        let other = |found: &str, expected: &str| {
            format!(
                "foreign: it is {found} in the baseline's statistics, and of type {expected} in its constraints"
            )
        };
        assert_eq!(of(numbers, String), other("a column of numbers", "String"));
        assert_eq!(of(texts, Integral), other("a column of texts", "Integral"));
        let nothing = json!({ "inferred_type": "Unknown" });
        for (expected, name) in [(Integral, "Integral"), (Fractional, "Fractional"), (String, "String")] {
            assert_eq!(of(nothing.clone(), expected), other("a column without values", name));
        }
        assert_eq!(of(nothing, Unknown), "none: it has no values in the baseline");
        let bare = "foreign: the baseline's statistics have nothing but its type";
        for expected in [Integral, String, Unknown] {
            assert_eq!(of(json!({ "inferred_type": "Integral" }), expected), bare, "{expected:?}");
        }
        assert_eq!(of(sketch(json!([[]])), Integral), "none: its sketch in the baseline is empty");
        let unsketched = json!({ "inferred_type": "Integral", "numerical_statistics": {} });
        assert_eq!(of(unsketched, Integral), "foreign: the baseline's statistics have no sketch of it");
        let many = json!({ "inferred_type": "String", "string_statistics": {} });
        let why = "none: it has too many different texts in the baseline for a comparison of their shares";
        assert_eq!(of(many, String), why);
    }
}
