//! The kinds of problems that a model solves.

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
