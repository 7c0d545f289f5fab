//! `statistics.json` of a data-quality baseline or execution, as Model Monitor's container writes it.
//!
//! Format: "Schema for Statistics (statistics.json file)" in the SageMaker developer guide, and files that the container wrote.
//! Files of 2021 lack `approximate_num_distinct_values` and `completeness`; unknown keys are ignored.

mod from_profile;
mod levels;
mod schema;

pub use schema::{
    BetweenPeriods, CategoricalBucket, CategoricalBuckets, CategoricalDistribution, Dataset, ExactStatistics,
    FeatureStatistics, KllDistribution, NumericalBucket, NumericalDistribution, NumericalStatistics,
    Presence, SampledTexts, SketchData, SketchParameters, Statistics, StringStatistics, UnreadableStatistics,
};
