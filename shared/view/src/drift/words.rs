//! Numbers and verdicts as a page says them.

use sagewarden_monitor::FeatureVerdict;

use crate::numbers::short;

pub(super) fn has_drifted(feature: &FeatureVerdict) -> bool {
    feature.distance.as_ref().is_some_and(|distance| distance.value > distance.threshold)
}

/// A share for a person.
pub(super) fn percent(share: f64) -> String {
    format!("{} %", short((share * 1000.0).round() / 10.0))
}
