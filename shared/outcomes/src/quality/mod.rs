//! Model quality: what a model said, beside what turned out to be true.
//!
//! [`Truth`] reads the ground truth, [`Join`] brings it together with the predictions, [`Quality`] measures the pairs and writes
//! the container's `statistics.json`, [`Constraints`] is its `constraints.json`, and [`evaluate`] finds the violations.
//! Metrics and formats: "Model quality metrics" and "Ingest Ground Truth labels and merge them with predictions", SageMaker
//! developer guide. [`baseline`] does what the container's `suggest_baseline` does.

mod baseline;
mod binary;
mod classes;
mod constraints;
mod curve;
mod deviation;
mod evaluate;
mod join;
mod labels;
mod measure;
mod multiclass;
mod prediction;
mod regression;
mod statistics;
mod truth;

pub use baseline::{Columns, UnreadableData, baseline};
pub use constraints::{Constraint, Constraints, GREATER_THAN, LESS_THAN, violation_name};
pub use curve::{PrecisionRecall, ReceiverOperating};
pub use evaluate::{Evaluated, Skipped, evaluate};
pub use join::{Join, Joined, Order, Pair, Side};
pub use measure::{Quality, Settings, Unusable};
pub use prediction::{Attributes, Prediction, UnreadablePrediction, prediction_id};
pub use statistics::{Measured, Statistics, Window};
pub use truth::{Truth, UnreadableTruth};

use sagewarden_monitor::Mode;
use serde::{Deserialize, Serialize};

/// The kind of problem that a model solves, by the names of `ModelQualityAppSpecification.ProblemType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Problem {
    /// Two labels, and a probability of the positive one.
    BinaryClassification,
    /// Several labels.
    MulticlassClassification,
    /// A number.
    Regression,
}

impl Problem {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::BinaryClassification, Self::MulticlassClassification, Self::Regression];

    /// The key of the metrics in `statistics.json`.
    #[must_use]
    pub fn metrics_key(self) -> &'static str {
        match self {
            Self::BinaryClassification => "binary_classification_metrics",
            Self::MulticlassClassification => "multiclass_classification_metrics",
            Self::Regression => "regression_metrics",
        }
    }
}
