//! Clarify's results: bias and feature attributions, of a baseline and of the present.
//!
//! [`Analysis`] reads `analysis.json`, which is also the format of Clarify's baseline constraints. [`bias_drift`] and [`attribution_drift`]
//! compare two of them and write the container's violations. [`ExplainedModel`] writes Sagewarden's own values in that format.

mod analysis;
mod attribution;
mod bias;
mod explained;
mod metrics;

pub use analysis::{Analysis, Bias, BiasMetric, BiasStage, Facet, UnreadableAnalysis};
pub use attribution::{AttributionDrift, Importance, LIMIT, Ranking, attribution_drift, importance};
pub use bias::{BiasDrift, ComparedBias, Incomparable, bias_drift, compared_value};
pub use explained::{ExplainedFeature, ExplainedLabel, ExplainedModel};
pub use metrics::{attribution_metrics, bias_metrics};
