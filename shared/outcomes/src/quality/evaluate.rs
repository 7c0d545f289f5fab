//! Which metrics are worse than their thresholds.

use sagewarden_monitor::{Mode, Violation, Violations, java_double};

use super::constraints::{GREATER_THAN, LESS_THAN, QualityConstraint, QualityConstraints, violation_name};
use super::deviation::MeasuredMetric;
use super::statistics::QualityStatistics;

/// A constraint that nothing can violate, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The metric's name in the constraints.
    pub metric: String,
    /// Why it says nothing.
    pub why: &'static str,
}

/// The result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluated {
    /// The container's file. In the order of the metrics' names; the container's own is not stable.
    pub violations: Violations,
    /// Metrics that could not be compared: an absent violation does not mean that all is well.
    pub skipped: Vec<Skipped>,
}

/// Compares. The comparison is strict: what equals its threshold keeps it. The container never evaluates `f0_5`, in six of six
/// published answers; `compat` does not either, `exact` does.
#[must_use]
pub fn evaluate(statistics: &QualityStatistics, constraints: &QualityConstraints, mode: Mode) -> Evaluated {
    let mut evaluated = Evaluated::default();
    let Some(of_problem) = constraints.of(statistics.problem) else {
        let metric = statistics.problem.metrics_key().to_owned();
        evaluated
            .skipped
            .push(Skipped { metric, why: "the baseline has no constraints for this problem type" });
        return evaluated;
    };
    for (metric, constraint) in of_problem {
        match compare(statistics, metric, constraint, mode) {
            Ok(Some(violation)) => evaluated.violations.violations.push(violation),
            Ok(None) => {}
            Err(why) => evaluated.skipped.push(Skipped { metric: metric.clone(), why }),
        }
    }
    evaluated
}

fn compare(
    statistics: &QualityStatistics,
    metric: &str,
    constraint: &QualityConstraint,
    mode: Mode,
) -> Result<Option<Violation>, &'static str> {
    if mode == Mode::Compat && metric == "f0_5" {
        return Err("the container does not evaluate it");
    }
    let threshold = constraint.threshold.filter(|number| !number.is_nan()).ok_or("it has no threshold")?;
    let live = match (statistics.metric(metric), metric, statistics.au_prc) {
        (Some(live), ..) => live,
        (None, "au_prc", Some(value)) => MeasuredMetric { value, standard_deviation: f64::NAN },
        _ => return Err("it is not measured for this problem type"),
    };
    if live.value.is_nan() {
        return Err("it is undefined on these data");
    }
    let operator = constraint.comparison_operator.as_deref().unwrap_or_default();
    let is_worse = match operator {
        LESS_THAN => live.value < threshold,
        GREATER_THAN => live.value > threshold,
        _ => return Err("its comparison operator is not known"),
    };
    Ok(is_worse.then(|| violation(violation_name(metric), live, operator, threshold)))
}

/// With the container's text: `Metric recall with 0.0 +/- 0.0 was LessThanThreshold '1.0'`, the deviation only where there is one.
fn violation(name: &str, live: MeasuredMetric, operator: &str, threshold: f64) -> Violation {
    let deviation = if live.standard_deviation.is_nan() {
        String::new()
    } else {
        format!(" +/- {}", java_double(live.standard_deviation))
    };
    let value = java_double(live.value);
    Violation {
        constraint_check_type: Some(operator.to_owned()),
        metric_name: Some(name.to_owned()),
        description: Some(format!(
            "Metric {name} with {value}{deviation} was {operator} '{}'",
            java_double(threshold)
        )),
        ..Violation::default()
    }
}
