//! Whether `detect-drift` watches the reasons of an endpoint's model, and how.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::check::folder;

/// The settings about the attributions of an endpoint's model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WatchedAttribution {
    /// Whether they are computed.
    pub watch: bool,
    /// A score (NDCG) below it is a violation; Clarify's is 0.9.
    pub threshold: ScoreThreshold,
    /// The folder with the `analysis.json` of a baseline; absent: the one of the model's training data.
    #[serde(deserialize_with = "folder")]
    pub baseline: Option<String>,
}

impl Default for WatchedAttribution {
    fn default() -> Self {
        Self { watch: true, threshold: ScoreThreshold(0.9), baseline: None }
    }
}

/// The least score, from 0 to 1; a lower one is a violation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreThreshold(f64);

/// The number is never NaN.
impl Eq for ScoreThreshold {}

impl ScoreThreshold {
    /// `None` if the value is not a number from 0 to 1.
    #[must_use]
    pub fn new(value: f64) -> Option<Self> {
        (0.0..=1.0).contains(&value).then_some(Self(value))
    }

    /// The number.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for ScoreThreshold {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(deserializer)?;
        Self::new(value)
            .ok_or_else(|| D::Error::custom(format!("`{value}` is not a score: write a number from 0 to 1")))
    }
}
