//! Drift: what the data of an endpoint looked like, what it looks like now, and what a monitoring execution found. Pure.
//!
//! Rows come from a CSV file ([`csv`]) or from data-capture files; a [`RowSink`] takes them. The usual sink is a
//! [`Profile`], whose size does not depend on the number of rows. A profile becomes the files that Model Monitor writes
//! ([`Statistics`], [`Constraints`]), and is judged against a baseline of such files ([`evaluate`]).

mod baseline;
pub mod capture;
mod cell;
pub mod clarify;
mod constraints;
pub mod csv;
mod datatype;
mod evaluate;
mod foreign;
mod issues;
mod java_json;
mod loose;
mod number;
mod profile;
pub mod quality;
pub mod report;
mod scan;
mod sketch;
mod statistics;
mod violations;
mod window_report;

pub use baseline::SuggestedBaseline;
pub use cell::{Cell, RowSink};
pub use constraints::{
    CategoricalMethod, Comparison, Constraints, DistributionConstraints, DistributionOverrides,
    FeatureConstraints, MonitoringConfig, MonitoringOverrides, NumericConstraints, StringConstraints, Switch,
    UnreadableConstraints,
};
pub use datatype::{DataType, InferredType, TypeCounts};
pub use evaluate::{
    Baseline, Check, CheckResult, Difference, Distance, Evaluation, FeatureVerdict, Gap, Method, Metric,
    MetricValue, Mode, Place, Verdict, compare_modes, evaluate, metrics,
};
pub use foreign::Foreign;
pub use issues::{Issue, IssueKind, Issues};
pub use number::java_double;
pub use profile::{Categories, ColumnProfile, Detail, Moments, Profile, TextCounts, UnreadableProfile};
pub use sketch::distinct::DistinctSketch;
pub use sketch::kll::KllSketch;
pub use statistics::{
    CategoricalBucket, CategoricalBuckets, CategoricalDistribution, Dataset, FeatureStatistics,
    KllDistribution, NumericalBucket, NumericalDistribution, NumericalStatistics, Presence, SketchData,
    SketchParameters, Statistics, StringStatistics, UnreadableStatistics,
};
pub use violations::{Excess, Limit, Observed, Severity, UnreadableReport, Violation, Violations, severity};
pub use window_report::{
    CaptureWindow, ModeDifference, UnreadableLines, UnreadableWindowReport, WindowReport,
};
