//! Drift: what the data of an endpoint looked like, what it looks like now, and what a monitoring execution found. Pure.
//!
//! Rows come from a CSV file ([`csv`]) or from data-capture files; a [`RowSink`] takes them. The usual sink is a
//! [`Profile`], whose size does not depend on the number of rows. A profile becomes the files that Model Monitor writes
//! ([`Statistics`], [`Constraints`]), and is judged against a baseline of such files.

mod cell;
pub mod clarify;
mod constraints;
mod datatype;
mod loose;
mod number;
mod profile;
pub mod quality;
mod sketch;
mod statistics;
mod violations;

pub use cell::{Cell, RowSink};
pub use constraints::{
    CategoricalMethod, Comparison, Constraints, DistributionConstraints, FeatureConstraints,
    MonitoringConfig, MonitoringOverrides, NumericConstraints, StringConstraints, Switch,
    UnreadableConstraints,
};
pub use datatype::{DataType, InferredType, TypeCounts};
pub use number::java_double;
pub use profile::{Categories, ColumnProfile, Profile};
pub use sketch::distinct::DistinctSketch;
pub use sketch::kll::KllSketch;
pub use statistics::{
    Dataset, FeatureStatistics, NumericalStatistics, Statistics, StringStatistics, UnreadableStatistics,
};
pub use violations::{Excess, Limit, Observed, Severity, UnreadableReport, Violation, Violations, severity};
