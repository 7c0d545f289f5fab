//! Bias metrics of a table: what Clarify computes before and after training, in the form of its `analysis.json`.
//!
//! A [`Facet`](crate::clarify::Facet) compares the rows of one group (Clarify's sensitive or disadvantaged group) with all others. The
//! metrics, their names and their signs are those of "Pre-training bias metrics" and "Post-training data and model bias metrics",
//! SageMaker developer guide; where a denominator is 0, of "smclarify", the library that Clarify is made of: 0 over 0 is 0, anything
//! else over 0 is infinite, and a difference of two equal infinities is 0.

mod counts;
mod flip_test;
mod group;
mod metrics;
mod pairs;
mod table;

pub use flip_test::MOST_ROWS as MOST_FLIP_TEST_ROWS;
pub use group::{Group, GroupRule, UnreadableRule};
pub use pairs::{PairBias, PairRules, measure_pairs};
pub use table::{BiasColumns, MeasuredBias, UnreadableTable, measure};
