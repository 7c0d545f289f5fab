//! What an evaluation says.

use sagewarden_measure::InferredType;
use serde::{Deserialize, Serialize};

use crate::mode::Mode;
use crate::violations::Violation;

/// What a check of the container is about, in its words.
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
            Self::MissingColumn => "missing_column_check",
            Self::ExtraColumn => "extra_column_check",
        }
    }
}

/// How a check of a column came out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckResult {
    /// Which.
    pub check: Check,
    /// What was seen: a share, or a distance. None where it is below the threshold, but too many different texts came to say by
    /// how much.
    pub observed: Option<f64>,
    /// A share must reach it, a distance must not exceed it.
    pub threshold: f64,
    /// Whether it does, or in exact mode: whether chance explains that it does not.
    pub passed: bool,
    /// How probable so small a share is by chance, where it does not reach the threshold; of exact mode only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_value: Option<f64>,
}

/// What is to be thought of a column.
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
    /// Its type in the data. Numbers in scientific notation are texts to the container.
    pub inferred_type: InferredType,
    /// Its type in the baseline; unknown where the baseline does not have it.
    pub expected_type: InferredType,
    /// The checks that apply to it.
    pub checks: Vec<CheckResult>,
    /// Between the distributions, where they were compared.
    pub distance: Option<Distance>,
    /// Why they were not; also of a column that fails another check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_compared: Option<String>,
    /// What is to be thought of it.
    pub verdict: Verdict,
}

impl FeatureVerdict {
    /// Whether its distribution has drifted.
    #[must_use]
    pub fn has_drifted(&self) -> bool {
        self.checks.iter().any(|result| result.check == Check::BaselineDrift && !result.passed)
    }
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Whose.
    pub mode: Mode,
    /// How many rows were judged.
    pub rows: u64,
    /// In the order of the baseline; then columns that it does not have.
    pub features: Vec<FeatureVerdict>,
    /// As they stand in `constraint_violations.json`: columns first, then features in their order.
    pub violations: Vec<Violation>,
    /// What a person should know besides.
    pub notes: Vec<String>,
    /// The first column whose distribution should have been compared, but whose statistics are not those that its constraints were
    /// made with; and why that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign_statistics: Option<String>,
}

/// How a distance was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// The largest gap, less what chance explains.
    Robust,
    /// The largest gap.
    Simple,
    /// Half of what all shares differ by, less what chance explains: where texts are many. Of exact mode only.
    TotalVariation,
    /// What the shares of a rare class differ by, where that is no chance: a tenth of the threshold is much for it. Of exact mode only.
    RareClass,
    /// The share of values whose texts the baseline does not have, less what it lets expect (Good and Turing), by a sample: where texts are
    /// too many to be counted. Of exact mode only.
    Unseen,
    /// Pearson's test, for texts.
    ///
    /// How the container holds its outcome against the threshold is not known. Here the threshold is the level of significance:
    /// the distance is 1 - p and must not exceed 1 - threshold, so that a small p is drift and a distance grows with drift, as
    /// others do. In `compat` mode with the comparison `Simple`, for which deequ gives the bare statistic, the distance is that,
    /// and must not exceed the threshold.
    ChiSquared,
}

/// Where the largest gap is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum GapPlace {
    /// A number: shares are those of values up to it.
    Number(f64),
    /// A text: shares are its own.
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

/// Between the distribution in the baseline and that of the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distance {
    /// The distance.
    pub value: f64,
    /// The largest gap as such: between distribution functions for numbers, between shares for texts.
    pub linf: f64,
    /// Drift when the distance exceeds it.
    pub threshold: f64,
    /// How it was measured.
    pub method: Method,
    /// Where the largest gap is; none when the distributions are equal.
    pub at: Option<DistributionGap>,
    /// How many values the baseline has. In `compat` mode, for numbers: the sum of the weights that the container gives to
    /// different values.
    pub baseline_n: u64,
    /// The same of the data.
    pub current_n: u64,
    /// How many different values the baseline has, as far as the sketch has kept them.
    pub baseline_distinct: u64,
    /// The same of the data.
    pub current_distinct: u64,
    /// How probable so large a difference is without drift, at most; of tests, and in exact mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_value: Option<f64>,
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
