//! When to publish drift, and when to publish that a monitor is silent.

use serde::Deserialize;

use crate::check::{hours, minutes};
use crate::detect::DetectSettings;
use crate::training::TrainingSettings;

/// Which findings of monitoring are published.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DriftSettings {
    /// How much later than SageMaker's own delay an execution may be before it is missing, in minutes.
    #[serde(deserialize_with = "minutes")]
    pub execution_grace_minutes: i64,
    /// Hours of a quiet period, in which one alert of the same cause is published; 0 for none.
    #[serde(deserialize_with = "hours")]
    pub quiet_hours_after_alert: i64,
    /// The lowest severity that suggests a retraining.
    pub suggest_retraining_from: Retraining,
    /// Hours of a period in which at most one retraining of an endpoint is suggested; 0 for none.
    #[serde(deserialize_with = "hours")]
    pub retraining_cooldown_hours: i64,
    /// How captured traffic is judged.
    pub detect: DetectSettings,
    /// Whether `detect-drift` makes baselines from training data.
    pub training: TrainingSettings,
}

impl Default for DriftSettings {
    fn default() -> Self {
        Self {
            execution_grace_minutes: 30,
            quiet_hours_after_alert: 24,
            suggest_retraining_from: Retraining::High,
            retraining_cooldown_hours: 24,
            detect: DetectSettings::default(),
            training: TrainingSettings::default(),
        }
    }
}

/// The severity from which on a retraining is suggested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Retraining {
    /// Always.
    Medium,
    /// When distributions or attributions moved.
    High,
    /// When the predictions are worse.
    Critical,
    /// Not at all.
    Never,
}
