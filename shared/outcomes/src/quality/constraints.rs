//! `constraints.json` of a model quality job: a threshold for each metric, and which side of it is bad.

use std::collections::BTreeMap;

use sagewarden_monitor::{UnreadableConstraints, java_json, loose, optional_number};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::problem::Problem;
use super::statistics::QualityStatistics;

/// The metric must not be less than its threshold.
pub const LESS_THAN: &str = "LessThanThreshold";
/// The metric must not be greater than its threshold.
pub const GREATER_THAN: &str = "GreaterThanThreshold";

/// The metrics that a baseline constrains: their name in the file, their name in a violation, and which side is bad. The name of
/// `f0_5` and `weighted_f0_5` in a violation was never seen.
const CONSTRAINED: [(&str, &str, &str); 21] = [
    ("recall", "recall", LESS_THAN),
    ("precision", "precision", LESS_THAN),
    ("accuracy", "accuracy", LESS_THAN),
    ("true_positive_rate", "truePositiveRate", LESS_THAN),
    ("true_negative_rate", "trueNegativeRate", LESS_THAN),
    ("false_positive_rate", "falsePositiveRate", GREATER_THAN),
    ("false_negative_rate", "falseNegativeRate", GREATER_THAN),
    ("auc", "auc", LESS_THAN),
    ("f0_5", "f0_5", LESS_THAN),
    ("f1", "f1", LESS_THAN),
    ("f2", "f2", LESS_THAN),
    ("weighted_recall", "weightedRecall", LESS_THAN),
    ("weighted_precision", "weightedPrecision", LESS_THAN),
    ("weighted_f0_5", "weightedF0_5", LESS_THAN),
    ("weighted_f1", "weightedF1", LESS_THAN),
    ("weighted_f2", "weightedF2", LESS_THAN),
    ("mae", "mae", GREATER_THAN),
    ("mse", "mse", GREATER_THAN),
    ("rmse", "rmse", GREATER_THAN),
    ("r2", "r2", LESS_THAN),
    ("au_prc", "auPrc", LESS_THAN),
];

/// One threshold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct QualityConstraint {
    /// `null` when the metric was undefined in the baseline: nothing violates it.
    #[serde(default, with = "optional_number")]
    pub threshold: Option<f64>,
    /// [`LESS_THAN`] or [`GREATER_THAN`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison_operator: Option<String>,
    /// Whatever else stands there.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct QualityConstraints {
    /// The container writes `0.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Value>,
    /// The constraints by the metric's name in `statistics.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binary_classification_constraints: Option<BTreeMap<String, QualityConstraint>>,
    /// The constraints by the metric's name in `statistics.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multiclass_classification_constraints: Option<BTreeMap<String, QualityConstraint>>,
    /// The constraints by the metric's name in `statistics.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regression_constraints: Option<BTreeMap<String, QualityConstraint>>,
    /// Whatever else stands there.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl QualityConstraints {
    /// Reads the file.
    ///
    /// # Errors
    /// When it is not a JSON object, or a threshold is neither a number nor null.
    pub fn parse(bytes: &[u8]) -> Result<Self, UnreadableConstraints> {
        Ok(loose::document(&loose::quoted(bytes))?)
    }

    /// The constraints of a problem, if the file has any.
    #[must_use]
    pub fn of(&self, problem: Problem) -> Option<&BTreeMap<String, QualityConstraint>> {
        match problem {
            Problem::BinaryClassification => self.binary_classification_constraints.as_ref(),
            Problem::MulticlassClassification => self.multiclass_classification_constraints.as_ref(),
            Problem::Regression => self.regression_constraints.as_ref(),
        }
    }

    /// The container's suggestion: the value of the baseline becomes the threshold.
    #[must_use]
    pub fn suggest(statistics: &QualityStatistics) -> Self {
        let constraint = |name: &str, operator: &str| {
            let value = statistics.metric(name)?.value;
            let constraint = QualityConstraint {
                threshold: value.is_finite().then_some(value),
                comparison_operator: Some(operator.to_owned()),
                other: Map::new(),
            };
            Some((name.to_owned(), constraint))
        };
        let all = CONSTRAINED.iter().filter_map(|(name, _, operator)| constraint(name, operator)).collect();
        let mut constraints = Self { version: Some(json!(0.0)), ..Self::default() };
        *match statistics.problem {
            Problem::BinaryClassification => &mut constraints.binary_classification_constraints,
            Problem::MulticlassClassification => &mut constraints.multiclass_classification_constraints,
            Problem::Regression => &mut constraints.regression_constraints,
        } = Some(all);
        constraints
    }

    /// The file, in the container's layout.
    #[must_use]
    pub fn to_java_json(&self) -> String {
        java_json::to_string(self)
    }
}

/// The metric's name in a violation; one that only the user knows keeps its own.
#[must_use]
pub fn violation_name(metric: &str) -> &str {
    CONSTRAINED.iter().find(|(name, ..)| *name == metric).map_or(metric, |(_, name, _)| name)
}
