//! The evidence for a verdict on the predictions of a window: how many of them have labels.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Predictions beside their labels, in the evaluation of a window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, expecting = "a JSON object")]
pub struct LabelledRows {
    /// The problem that the model solves, as `ProblemType` of a model quality job.
    pub problem: String,
    /// Predictions that were captured.
    pub predictions: u64,
    /// Records of ground truth that arrived, including those of other windows.
    pub labels: u64,
    /// Predictions with a label.
    pub matched: u64,
    /// Of these, those that could not be measured.
    pub unusable: u64,
    /// Whether there were more predictions than fit into memory, so that only an even sample of them was measured.
    pub is_sample: bool,
    /// Where labels are expected.
    pub ground_truth: String,
    /// The files of labels. At most [`Self::MAX_FILES`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// The metrics that are defined, by their names in `statistics.json`.
    pub metrics: BTreeMap<String, f64>,
}

impl LabelledRows {
    /// The name in Model Monitor's key layout, in place of a schedule's name.
    pub const SCHEDULE: &str = "sagewarden-model-quality";
    /// The same for groups of people.
    pub const BIAS_SCHEDULE: &str = "sagewarden-model-bias";
    /// How many files are named: labels may come for a month.
    pub const MAX_FILES: usize = 1_000;

    /// `180 of 200 predictions have labels`
    #[must_use]
    pub fn in_words(&self) -> String {
        let nouns = if self.predictions == 1 { "prediction has a label" } else { "predictions have labels" };
        format!("{} of {} {nouns}", self.matched, self.predictions)
    }
}
