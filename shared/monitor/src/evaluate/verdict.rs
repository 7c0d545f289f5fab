//! The result of an evaluation.

use sagewarden_measure::{Divergence, InferredType};
use serde::{Deserialize, Serialize};

use super::answers::AnswerRate;
use crate::mode::Mode;
use crate::violations::Violation;

/// The subject of a check, in the container's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Check {
    /// The share of values of the baseline's type.
    #[serde(rename = "data_type_check")]
    DataType,
    /// The share of rows with a value.
    #[serde(rename = "completeness_check")]
    Completeness,
    /// The distance between the distributions.
    #[serde(rename = "baseline_drift_check")]
    BaselineDrift,
    /// The share of values that the baseline has as well.
    #[serde(rename = "categorical_values_check")]
    CategoricalValues,
    /// The share of numbers within the baseline's range. The container has no such check.
    #[serde(rename = "value_range_check")]
    Range,
    /// The share of predictions that differ from the most frequent one. The container has no such check.
    #[serde(rename = "prediction_spread_check")]
    PredictionSpread,
    /// The share of events whose answer is none. The container has no such check.
    #[serde(rename = "error_rate_check")]
    ErrorRate,
    /// Fewer columns than the baseline.
    #[serde(rename = "missing_column_check")]
    MissingColumn,
    /// More columns than the baseline.
    #[serde(rename = "extra_column_check")]
    ExtraColumn,
}

impl Check {
    /// Its name in `constraint_violations.json`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DataType => "data_type_check",
            Self::Completeness => "completeness_check",
            Self::BaselineDrift => "baseline_drift_check",
            Self::CategoricalValues => "categorical_values_check",
            Self::Range => "value_range_check",
            Self::PredictionSpread => "prediction_spread_check",
            Self::ErrorRate => "error_rate_check",
            Self::MissingColumn => "missing_column_check",
            Self::ExtraColumn => "extra_column_check",
        }
    }
}

/// The result of a column's check.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckResult {
    /// The check.
    pub check: Check,
    /// The observed share or distance. `None` if a share is below the threshold, but there are too many different
    /// texts to say by how much.
    pub observed: Option<f64>,
    /// A share must reach the threshold; a distance must not exceed it.
    pub threshold: f64,
    /// Whether the value meets the threshold. In exact mode, a check also passes if chance explains the violation.
    pub passed: bool,
    /// How probable it is that chance alone leads to so small a share, if it does not reach the threshold; exact mode
    /// only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_value: Option<f64>,
}

/// The verdict on a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was compared, and all checks passed.
    Ok,
    /// A check failed.
    Violated,
    /// No check failed, but its distribution was not compared, and why.
    NotCompared(String),
}

/// One column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureVerdict {
    /// Its name in the baseline; in the data, where the baseline does not have it.
    pub name: String,
    /// Its type in the data. The container reads numbers in scientific notation as texts.
    pub inferred_type: InferredType,
    /// Its type in the baseline; unknown where the baseline does not have it.
    pub expected_type: InferredType,
    /// Whether its values are predictions: they came from the answers of an endpoint.
    #[serde(default, skip_serializing_if = "is_false")]
    pub prediction: bool,
    /// The checks that apply to it.
    pub checks: Vec<CheckResult>,
    /// The distance between the distributions, if they were compared.
    pub distance: Option<Distance>,
    /// Why they were not compared; also given for a column that fails another check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_compared: Option<String>,
    /// The verdict on it.
    pub verdict: Verdict,
}

impl FeatureVerdict {
    /// Whether its distribution has drifted.
    #[must_use]
    pub fn has_drifted(&self) -> bool {
        self.checks.iter().any(|result| result.check == Check::BaselineDrift && !result.passed)
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The mode that judged.
    pub mode: Mode,
    /// How many rows were judged.
    pub rows: u64,
    /// How many answers failed; `None` if none were captured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<AnswerRate>,
    /// In the order of the baseline, followed by columns that it does not have.
    pub features: Vec<FeatureVerdict>,
    /// In the order of `constraint_violations.json`: columns first, then features in their order.
    pub violations: Vec<Violation>,
    /// Notes for a person.
    pub notes: Vec<String>,
    /// The first column whose distribution should have been compared, but whose statistics were not made together
    /// with its constraints; and how this is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign_statistics: Option<String>,
}

/// How a distance was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// The largest gap, minus the part that chance explains.
    Robust,
    /// The largest gap.
    Simple,
    /// Half of the sum of all differences between shares, minus the part that chance explains: for columns with many
    /// texts. Exact mode only.
    TotalVariation,
    /// The difference in the share of a rare class, if chance does not explain it: for such a class, a tenth of the
    /// threshold is much. Exact mode only.
    RareClass,
    /// The share of values with texts that the baseline does not have, minus the share that the baseline lets expect
    /// (Good and Turing). It is measured on a sample, for columns with too many texts to count. Exact mode only.
    Unseen,
    /// Pearson's test, for texts.
    ///
    /// How the container compares the result with the threshold is not known. Here the threshold is the level of
    /// significance: the distance is 1 - p and must not exceed 1 - threshold. So a small p is drift, and the distance
    /// grows with drift, as other distances do. In `compat` mode with the comparison `Simple`, deequ returns the bare
    /// statistic: then the distance is the statistic, and must not exceed the threshold.
    ChiSquared,
}

/// Where the largest gap is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum GapPlace {
    /// At a number: shares count all values up to it.
    Number(f64),
    /// At a text: shares count this text.
    Text(String),
}

/// The largest gap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DistributionGap {
    /// Where it is.
    pub place: GapPlace,
    /// The share there in the baseline.
    pub baseline: f64,
    /// The share there now.
    pub current: f64,
}

/// How far the distribution of the data is from the baseline's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distance {
    /// The distance.
    pub value: f64,
    /// The largest gap as such: between distribution functions for numbers, between shares for texts.
    pub linf: f64,
    /// A larger distance is drift.
    pub threshold: f64,
    /// How it was measured.
    pub method: Method,
    /// Where the largest gap is; `None` if the distributions are equal.
    pub at: Option<DistributionGap>,
    /// How many values the baseline has. In `compat` mode, for numbers: the sum of the weights that the container gives to
    /// different values.
    pub baseline_n: u64,
    /// The same for the data.
    pub current_n: u64,
    /// How many different values the baseline's sketch has kept.
    pub baseline_distinct: u64,
    /// The same for the data.
    pub current_distinct: u64,
    /// How probable so large a difference is without drift, at most; for tests, and in exact mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_value: Option<f64>,
    /// Other measures of the same shares, for those who report them: of texts, of tenths of the baseline's numbers, or of its buckets.
    /// Exact mode only; no verdict depends on them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub divergence: Option<Divergence>,
}

impl Evaluation {
    /// The features that are predictions.
    pub fn predictions(&self) -> impl Iterator<Item = &FeatureVerdict> {
        self.features.iter().filter(|feature| feature.prediction)
    }
}

/// An entry of `constraint_violations.json`.
pub(crate) fn violation(feature: &str, check: Check, description: String) -> Violation {
    Violation {
        feature_name: Some(feature.to_owned()),
        constraint_check_type: Some(check.name().to_owned()),
        description: Some(description),
        ..Violation::default()
    }
}
