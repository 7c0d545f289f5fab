//! Model quality: predictions compared with true labels.
//!
//! [`Truth`] reads the ground truth, [`Join`] brings it together with the predictions, [`Quality`] measures the pairs and writes the
//! container's `statistics.json`, [`QualityConstraints`] is its `constraints.json`, and [`evaluate`] finds the violations. Metrics and
//! formats: "Model quality metrics" and "Ingest Ground Truth labels and merge them with predictions", SageMaker developer guide.
//! [`baseline`] is the counterpart of the container's `suggest_baseline`. [`Estimation`] estimates how good a classifier is while the
//! labels are unknown.

mod baseline;
mod binary;
mod calibration;
mod classes;
mod constraints;
mod curve;
mod deviation;
mod doubt;
mod estimate;
mod evaluate;
mod join;
mod labelled;
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

pub use baseline::baseline;
pub use calibration::{Calibration, FEWEST_PAIRS};
pub use constraints::{GREATER_THAN, LESS_THAN, QualityConstraint, QualityConstraints, violation_name};
pub use curve::{PrecisionRecall, ReceiverOperating};
pub use deviation::MeasuredMetric;
pub use doubt::DoubtfulQuality;
pub use estimate::Estimation;
pub use evaluate::{Evaluated, Skipped, evaluate};
pub use join::{Join, JoinedPairs, LabelledPair, Order, SideCounts};
pub use labelled::{LabelledColumns, UnreadableData};
pub use left_out::LeftOut;
pub use measure::{Quality, QualitySettings};
pub use prediction::{Prediction, PredictionAttributes, UnreadablePrediction, prediction_id};
pub use prediction_reader::PredictionReader;
pub use problem::Problem;
pub use records::{Each, Records};
pub use statistics::{Period, QualityStatistics};
pub use truth::{Truth, UnreadableTruth};
pub use truth_reader::TruthReader;
pub use unusable::UnusablePair;
