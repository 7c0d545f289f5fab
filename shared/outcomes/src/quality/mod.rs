//! Model quality: what a model said, beside what turned out to be true.
//!
//! [`Truth`] reads the ground truth, [`Join`] brings it together with the predictions, [`Quality`] measures the pairs and writes
//! the container's `statistics.json`, [`QualityConstraints`] is its `constraints.json`, and [`evaluate`] finds the violations.
//! Metrics and formats: "Model quality metrics" and "Ingest Ground Truth labels and merge them with predictions", SageMaker
//! developer guide. [`baseline`] does what the container's `suggest_baseline` does.

mod baseline;
mod binary;
mod classes;
mod constraints;
mod curve;
mod deviation;
mod evaluate;
mod join;
mod labels;
mod left_out;
mod measure;
mod multiclass;
mod prediction;
mod prediction_reader;
mod problem;
mod records;
mod regression;
mod statistics;
mod truth;
mod truth_reader;
mod unusable;

pub use baseline::{LabelledColumns, UnreadableData, baseline};
pub use constraints::{GREATER_THAN, LESS_THAN, QualityConstraint, QualityConstraints, violation_name};
pub use curve::{PrecisionRecall, ReceiverOperating};
pub use deviation::MeasuredMetric;
pub use evaluate::{Evaluated, Skipped, evaluate};
pub use join::{Join, JoinedPairs, LabelledPair, Order, SideCounts};
pub use left_out::LeftOut;
pub use measure::{Quality, QualitySettings};
pub use prediction::{Prediction, PredictionAttributes, UnreadablePrediction, prediction_id};
pub use prediction_reader::PredictionReader;
pub use problem::Problem;
pub use statistics::{Period, QualityStatistics};
pub use truth::{Truth, UnreadableTruth};
pub use truth_reader::TruthReader;
pub use unusable::UnusablePair;
