//! `constraint_violations.json`, as Model Monitor's and Clarify's containers have written it since 2019.
//!
//! Data quality names a feature, model quality a metric, bias a facet, attribution a label; custom containers leave
//! keys out and add their own. So every key is optional, and unknown keys are kept.
//! Formats: "Interpret results" in the SageMaker developer guide, chapters data quality, model quality, bias drift and
//! feature attribution drift.

mod observed;
mod schema;
mod severity;

pub use observed::{Excess, Limit, Observed};
pub use schema::{UnreadableReport, Violation, Violations};
pub use severity::{DriftSeverity, severity};
