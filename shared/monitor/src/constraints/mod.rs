//! `constraints.json` of a data-quality baseline, as Model Monitor's container writes and reads it.
//!
//! Format: "Schema for Constraints (constraints.json file)" in the SageMaker developer guide, and files that the container wrote.
//! Unknown keys are ignored: files of 2019 have others.

mod check;
mod parse;
mod schema;

pub use parse::UnreadableConstraints;
pub use schema::{
    CategoricalMethod, Comparison, Constraints, DistributionConstraints, DistributionOverrides,
    FeatureConstraints, MonitoringConfig, MonitoringOverrides, NumericConstraints, StringConstraints, Switch,
};
