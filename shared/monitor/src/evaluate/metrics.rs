//! The metrics that the container publishes to CloudWatch ("CloudWatch Metrics" in the SageMaker developer guide,
//! data quality).

use sagewarden_measure::Profile;

use super::baseline::Baseline;
use super::columns::AlignedColumns;
use super::reference::is_numeric;
use super::settings::ColumnSettings;
use super::types::Types;
use super::verdict::Evaluation;

/// One metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// A name such as `feature_baseline_drift_LIMIT_BAL`.
    pub name: String,
    /// Its value.
    pub value: MetricValue,
}

/// Metrics that have dimensions in common.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetricGroup {
    /// Names and values, beside the endpoint and the schedule.
    pub dimensions: Vec<(&'static str, String)>,
    /// The metrics.
    pub metrics: Vec<Metric>,
}

/// The value of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MetricValue {
    /// One number.
    Single(f64),
    /// Many numbers, summed up: CloudWatch's statistic set, from which it also has the average.
    Set {
        /// The smallest.
        minimum: f64,
        /// The largest.
        maximum: f64,
        /// Their sum.
        sum: f64,
        /// How many.
        samples: f64,
    },
}

/// The metrics of an evaluation: `feature_non_null_` for each feature, `feature_data_` for each column of numbers,
/// and `feature_baseline_drift_` for each distribution that was compared. Features with their metrics switched off
/// (`emit_metrics`) have none.
///
/// The developer guide calls `feature_non_null_` completeness: here it is the share of rows with a value.
#[must_use]
pub fn metrics(baseline: &Baseline, profile: &Profile, evaluation: &Evaluation) -> Vec<Metric> {
    let constraints = baseline.constraints();
    let columns = AlignedColumns::align(constraints, profile, evaluation.mode);
    let mut metrics = Vec::new();
    let features = constraints.features.iter().zip(baseline.expected(evaluation.mode));
    for (((feature, expected), verdict), column) in features.zip(&evaluation.features).zip(columns.matched) {
        let Some(column) = column else { continue };
        if !ColumnSettings::of(&constraints.monitoring_config, feature, evaluation.mode).emit
            || profile.rows == 0
        {
            continue;
        }
        let mut tell = |what: &str, value| {
            metrics.push(Metric { name: format!("feature_{what}_{}", feature.name), value })
        };
        let types = Types::of(column, &expected);
        let numbers = column.numbers().filter(|numbers| numbers.count > 0 && is_numeric(types.inferred()));
        if let Some(numbers) = numbers {
            let samples = numbers.count as f64;
            tell(
                "data",
                MetricValue::Set { minimum: numbers.min, maximum: numbers.max, sum: numbers.sum, samples },
            );
        }
        tell("non_null", MetricValue::Single(types.present() as f64 / profile.rows as f64));
        if let Some(distance) = &verdict.distance {
            tell("baseline_drift", MetricValue::Single(distance.value));
        }
    }
    metrics
}
