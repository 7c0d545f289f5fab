//! How urgent a violation is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::observed::Excess;
use super::schema::{Violation, Violations};

/// A check that is hardly exceeded: 5 % of the room beyond its threshold.
const SLIGHT: f64 = 0.05;
/// A check that is far exceeded: half of the room.
const FAR: f64 = 0.5;
/// A feature that hardly matters: less than 1 % of all attribution.
const NEGLIGIBLE: f64 = 0.01;

/// How urgent a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DriftSeverity {
    /// Columns or categories that the model has not seen.
    Medium,
    /// Distributions or attributions moved, or values are of the wrong type or missing.
    High,
    /// The predictions themselves are worse, biased, or nearly all the same.
    Critical,
}

impl Violations {
    /// The severity of the worst entry, by the checks alone; `None` if there are no entries.
    #[must_use]
    pub fn severity(&self) -> Option<DriftSeverity> {
        self.violations.iter().map(Violation::severity).max()
    }

    /// The severity of the worst entry by check, excess and importance (see [`severity()`]); `None` if there are no
    /// entries.
    #[must_use]
    pub fn severity_by(&self, importance: Option<&BTreeMap<String, f64>>) -> Option<DriftSeverity> {
        self.violations.iter().map(|violation| severity(violation, importance)).max()
    }
}

impl Violation {
    /// How urgent the entry is, by its check alone.
    #[must_use]
    pub fn severity(&self) -> DriftSeverity {
        match self.constraint_check_type.as_deref() {
            Some("extra_column_check" | "categorical_values_check") => DriftSeverity::Medium,
            Some(
                "LessThanThreshold" | "GreaterThanThreshold" | "bias_drift_check" | "prediction_spread_check",
            ) => DriftSeverity::Critical,
            _ => DriftSeverity::High,
        }
    }
}

/// How urgent a violation is. Pure, and never less urgent when the excess or the feature's importance grows:
///
/// 1. The check decides where to start: [`DriftSeverity::Medium`] for columns and categories that the model has not seen,
///    [`DriftSeverity::Critical`] for the predictions themselves (model quality, bias, no spread), [`DriftSeverity::High`] for the rest.
/// 2. One step down when the threshold is exceeded by less than 5 % of the room beyond it (see [`Excess`]), or the feature
///    has less than 1 % of all attribution. Both together are still one step.
/// 3. One step up when the threshold is exceeded by half of the room or more and the feature has at least its even share of all
///    attribution.
///
/// `importance` holds the features' global SHAP values, whatever their signs and sum. An unknown fact moves nothing:
/// a text without numbers, a feature without a value, no importance at all.
#[must_use]
pub fn severity(violation: &Violation, importance: Option<&BTreeMap<String, f64>>) -> DriftSeverity {
    let start = violation.severity();
    let excess = violation.observed().and_then(|observed| observed.excess()).map(Excess::share);
    let weight =
        violation.feature_name.as_deref().zip(importance).and_then(|(name, all)| Weight::of(name, all));
    let is_slight = excess.is_some_and(|excess| excess < SLIGHT);
    let is_negligible = weight.is_some_and(|weight| weight.share < NEGLIGIBLE);
    let is_far = excess.is_some_and(|excess| excess >= FAR);
    let is_leading = weight.is_some_and(|weight| weight.share >= weight.even);
    if is_slight || is_negligible {
        lower(start)
    } else if is_far && is_leading {
        higher(start)
    } else {
        start
    }
}

/// A feature's share of all attribution, and the share that each would have if all were equal.
#[derive(Clone, Copy)]
struct Weight {
    share: f64,
    even: f64,
}

impl Weight {
    fn of(feature: &str, importance: &BTreeMap<String, f64>) -> Option<Self> {
        let known = || importance.values().map(|value| value.abs()).filter(|value| value.is_finite());
        let total: f64 = known().sum();
        let value = importance.get(feature)?.abs();
        let share = value / total;
        share.is_finite().then(|| Self { share, even: 1.0 / known().count() as f64 })
    }
}

fn lower(severity: DriftSeverity) -> DriftSeverity {
    match severity {
        DriftSeverity::Critical => DriftSeverity::High,
        DriftSeverity::High | DriftSeverity::Medium => DriftSeverity::Medium,
    }
}

fn higher(severity: DriftSeverity) -> DriftSeverity {
    match severity {
        DriftSeverity::Medium => DriftSeverity::High,
        DriftSeverity::High | DriftSeverity::Critical => DriftSeverity::Critical,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drift(feature: &str, distance: f64) -> Violation {
        Violation {
            feature_name: Some(feature.into()),
            constraint_check_type: Some("baseline_drift_check".into()),
            description: Some(format!("Baseline drift distance: {distance:?} exceeds threshold: 0.1")),
            ..Violation::default()
        }
    }

    fn check(violation: &Violation, importance: &[(&str, f64)], expect: DriftSeverity) {
        let importance: BTreeMap<String, f64> =
            importance.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        let importance = (!importance.is_empty()).then_some(&importance);
        assert_eq!(severity(violation, importance), expect, "{violation:?}");
    }

    #[test]
    fn check_excess_and_importance_decide() {
        use DriftSeverity::{Critical, High, Medium};
        let values = [("age", -0.6), ("income", 0.395), ("noise", 0.005)];
        // The severity by the check alone, and by the excess, if the importance is unknown.
        check(&drift("age", 0.2), &[], High);
        check(&drift("age", 0.9), &[], High);
        check(&drift("new", 0.9), &values, High);
        // Slightly beyond.
        check(&drift("age", 0.14), &values, Medium);
        // Far beyond, for the most important feature, whatever the sign of its attribution.
        check(&drift("age", 0.9), &values, Critical);
        check(&drift("age", 0.4), &values, High);
        check(&drift("noise", 0.9), &values, Medium);
        // Attributions without information move nothing.
        check(&drift("age", 0.9), &[("age", 0.0), ("income", 0.0)], High);
        check(&drift("age", 0.9), &[("age", f64::NAN)], High);
        let quality = |value: f64| Violation {
            constraint_check_type: Some("LessThanThreshold".into()),
            metric_name: Some("auc".into()),
            description: Some(format!("Metric auc with {value} was LessThanThreshold '0.9'")),
            ..Violation::default()
        };
        check(&quality(0.89), &values, High);
        check(&quality(0.6), &values, Critical);
        check(&Violation::default(), &values, High);
    }

    proptest! {
        #[test]
        fn it_never_falls_when_excess_or_importance_grows(
            distance in 0.1..1.0_f64, more in 0.0..1.0_f64, value in 0.0..1.0_f64, greater in 0.0..1.0_f64,
            others in prop::collection::vec(0.0..1.0_f64, 0..5),
        ) {
            let of = |distance: f64, value: f64| {
                let mut importance: BTreeMap<String, f64> =
                    others.iter().enumerate().map(|(at, value)| (format!("f{at}"), *value)).collect();
                importance.insert("age".into(), value);
                severity(&drift("age", distance), Some(&importance))
            };
            let farther = distance + (1.0 - distance) * more;
            prop_assert!(of(farther, value) >= of(distance, value));
            prop_assert!(of(distance, value + greater) >= of(distance, value));
        }
    }

    #[test]
    fn each_step_is_taken_exactly_at_its_limit() {
        use DriftSeverity::{Critical, High, Medium};
        // With a threshold of 0, the excess of a share is the share itself.
        let exceeded = |share: f64| Violation {
            description: Some(format!("Baseline drift distance: {share} exceeds threshold: 0.0")),
            ..drift("age", 0.0)
        };
        let even = [("age", 0.5), ("income", 0.5)];
        check(&exceeded(0.049), &even, Medium);
        check(&exceeded(0.05), &even, High);
        check(&exceeded(0.49), &even, High);
        check(&exceeded(0.5), &even, Critical);
        check(&exceeded(0.5), &[("age", 0.49), ("income", 0.51)], High);
        check(&exceeded(0.2), &[("age", 0.01), ("income", 0.99)], High);
        check(&exceeded(0.2), &[("age", 0.009), ("income", 0.991)], Medium);
    }

    #[test]
    fn the_check_decides_where_to_start_and_the_worst_entry_counts() {
        use DriftSeverity::{Critical, High, Medium};
        let of =
            |check: &str| Violation { constraint_check_type: Some(check.into()), ..Violation::default() };
        for (check, expect) in [
            ("extra_column_check", Medium),
            ("categorical_values_check", Medium),
            ("missing_column_check", High),
            ("baseline_drift_check", High),
            ("LessThanThreshold", Critical),
            ("GreaterThanThreshold", Critical),
            ("bias_drift_check", Critical),
        ] {
            assert_eq!(of(check).severity(), expect, "{check}");
        }
        let report = |checks: &[&str]| Violations {
            violations: checks.iter().map(|check| of(check)).collect(),
            ..Violations::default()
        };
        let mixed = report(&["extra_column_check", "bias_drift_check", "data_type_check"]);
        assert_eq!((mixed.severity(), mixed.severity_by(None)), (Some(Critical), Some(Critical)));
        assert_eq!((report(&[]).severity(), report(&[]).severity_by(None)), (None, None));
        // One step up ends at the top, one step down at the bottom.
        let far = |check: &str| Violation {
            description: Some("Baseline drift distance: 0.9 exceeds threshold: 0.1".into()),
            feature_name: Some("age".into()),
            ..of(check)
        };
        assert_eq!(severity(&far("extra_column_check"), Some(&BTreeMap::from([("age".into(), 1.0)]))), High);
        assert_eq!(
            severity(&far("bias_drift_check"), Some(&BTreeMap::from([("age".into(), 1.0)]))),
            Critical
        );
        let noise = BTreeMap::from([("age".into(), 0.0), ("other".into(), 1.0)]);
        assert_eq!(severity(&far("extra_column_check"), Some(&noise)), Medium);
    }
}
