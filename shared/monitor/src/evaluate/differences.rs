//! Checks on which the container's answer is wrong, and why, in a sentence for a person.

use super::reference::is_numeric;
use super::verdict::{Check, CheckResult, Distance, Evaluation, FeatureVerdict, Method, Verdict};
use sagewarden_measure::InferredType;
use sagewarden_measure::distance::chance;
use serde::{Deserialize, Serialize};

/// A check of a feature on which the modes do not agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disagreement {
    /// The feature.
    pub feature: String,
    /// The check.
    pub check: Check,
    /// The container's result for the check: a feature may fail another one.
    pub compat: Verdict,
    /// The right result.
    pub exact: Verdict,
    /// Why they differ.
    pub why: String,
}

/// The differences between the two answers on the same data, in the order of the features.
#[must_use]
pub fn compare_modes(compat: &Evaluation, exact: &Evaluation) -> Vec<Disagreement> {
    let pairs = compat.features.iter().zip(&exact.features).filter(|(one, other)| one.name == other.name);
    let each = pairs.flat_map(|(compat, exact)| {
        let domains = share(Check::CategoricalValues, compat, exact);
        [data_type(compat, exact), share(Check::Completeness, compat, exact), domains, drift(compat, exact)]
    });
    each.flatten().collect()
}

fn difference(check: Check, compat: &FeatureVerdict, exact: &FeatureVerdict, why: String) -> Disagreement {
    Disagreement {
        feature: exact.name.clone(),
        check,
        compat: verdict(check, compat),
        exact: verdict(check, exact),
        why,
    }
}

/// A mode's result for the check.
fn verdict(check: Check, feature: &FeatureVerdict) -> Verdict {
    match result(feature, check) {
        Some(CheckResult { passed: true, .. }) => Verdict::Ok,
        Some(_) => Verdict::Violated,
        None => Verdict::NotCompared(feature.not_compared.clone().unwrap_or_default()),
    }
}

fn result(feature: &FeatureVerdict, check: Check) -> Option<&CheckResult> {
    feature.checks.iter().find(|result| result.check == check)
}

/// The container is stricter: a value that it reads as a number is one, and not a text.
fn data_type(compat: &FeatureVerdict, exact: &FeatureVerdict) -> Option<Disagreement> {
    let (strict, right) = (result(compat, Check::DataType)?, result(exact, Check::DataType)?);
    if strict.passed == right.passed {
        return None;
    }
    let why = if compat.expected_type != exact.expected_type {
        "the container takes the baseline's column for text, because it cannot read the form of some of its numbers"
    } else if exact.expected_type == InferredType::String {
        "the container does not accept a number as text, although a text may look like a number"
    } else if scientific(compat, exact) {
        "the container takes numbers in scientific notation for text, and also words such as `nan` that mean a missing value"
    } else if exact.expected_type == InferredType::Integral {
        "the container does not accept `3.0` and the like as whole numbers"
    } else {
        "the container does not count whole numbers such as `15` where it expects fractions such as `15.0`"
    };
    Some(difference(Check::DataType, compat, exact, why.to_owned()))
}

/// The container never reads a text as a missing value, and does not allow for chance.
fn share(check: Check, compat: &FeatureVerdict, exact: &FeatureVerdict) -> Option<Disagreement> {
    let (found, right) = (result(compat, check)?, result(exact, check)?);
    let why = match right.p_value {
        Some(_) if right.passed => {
            "so small a difference may be chance, and the container does not allow for chance"
        }
        _ => "the container takes each text as it is written, even if it means a missing value or `true`",
    };
    (found.passed != right.passed).then(|| difference(check, compat, exact, why.to_owned()))
}

fn scientific(compat: &FeatureVerdict, exact: &FeatureVerdict) -> bool {
    compat.inferred_type == InferredType::String && is_numeric(exact.inferred_type)
}

fn drift(compat: &FeatureVerdict, exact: &FeatureVerdict) -> Option<Disagreement> {
    let passed = |feature: &FeatureVerdict| result(feature, Check::BaselineDrift).map(|result| result.passed);
    let why = match (passed(compat), passed(exact)) {
        (one, other) if one == other => return None,
        (None, Some(_)) if scientific(compat, exact) => {
            "the container takes numbers in scientific notation, and words such as `nan`, for text, and compares nothing".to_owned()
        }
        (None, _) => {
            format!("the container compares nothing: {}", compat.not_compared.as_deref().unwrap_or("-"))
        }
        (_, None) => format!("it cannot be compared: {}", exact.not_compared.as_deref().unwrap_or("-")),
        (Some(_), Some(_)) => {
            disagreement(compat.distance.as_ref()?, exact.distance.as_ref()?, exact.has_drifted())
        }
    };
    Some(difference(Check::BaselineDrift, compat, exact, why))
}

/// Both were compared, and the distances lie on different sides of the threshold.
fn disagreement(compat: &Distance, exact: &Distance, has_drifted: bool) -> String {
    let (n, m) = (compat.baseline_distinct, compat.current_distinct);
    if exact.method == Method::ChiSquared {
        return "the container leaves out texts that the baseline does not have, and ignores that the baseline is a sample".to_owned();
    }
    let allowance = chance(compat.baseline_n, compat.current_n);
    if compat.method == Method::Robust
        && compat.value <= compat.threshold
        && allowance + compat.threshold >= 1.0
    {
        return format!(
            "the container compares which values occur, not how often; with {n} different values in the baseline and {m} now, its \
             allowance for chance is so large that no change can exceed the threshold"
        );
    }
    if has_drifted && exact.value <= compat.threshold {
        return format!(
            "the container's threshold is {}, without an allowance for chance, and exact mode's is {}",
            compat.threshold, exact.threshold
        );
    }
    if has_drifted {
        format!(
            "the container compares which values occur ({n} different ones in the baseline, {m} now), not how often, so it misses that their shares have changed"
        )
    } else {
        format!(
            "the container compares which values occur ({n} different ones in the baseline, {m} now), not how often: they differ, \
             but their distribution is alike"
        )
    }
}
