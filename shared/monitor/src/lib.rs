//! Model Monitor's files and rules: what its container writes about a data set, and which faults it finds. Pure.
//!
//! A profile of data ([`sagewarden_measure::Profile`]) becomes the files of a baseline ([`Statistics`],
//! [`Constraints`]). A profile is also judged against such files ([`evaluate`]): as the container would, and as the
//! mathematics would have it ([`Mode`]). The result is written as the container writes it ([`Violations`]), and as
//! Sagewarden's own report of a window ([`WindowReport`]).

mod attributed_rows;
mod baseline;
mod constraints;
mod evaluate;
pub mod java_json;
mod java_number;
mod labelled_rows;
pub mod loose;
mod mode;
mod no_feature;
pub mod number_or_text;
pub mod optional_number;
mod statistics;
mod violations;
mod window_report;

pub use attributed_rows::{AttributedFeature, AttributedRows, MovedBy, MovedPredictions};
pub use baseline::SuggestedBaseline;
pub use constraints::{
    CategoricalMethod, Comparison, Constraints, DistributionConstraints, DistributionOverrides,
    FeatureConstraints, MonitoringConfig, MonitoringOverrides, NumericConstraints, StringConstraints, Switch,
    UnreadableConstraints,
};
pub use evaluate::{
    AnswerRate, Baseline, BaselineColumn, BaselineValues, Check, CheckResult, CompiledBaseline, Coverage,
    Disagreement, Distance, DistributionGap, Evaluation, FeatureVerdict, GapPlace, Method, Metric,
    MetricGroup, MetricValue, NotCompared, Resolution, Verdict, compare_modes, evaluate,
    explained_with_answer_last, may_have_answer_last, metrics,
};
pub use java_number::java_double;
pub use labelled_rows::LabelledRows;
pub use mode::Mode;
pub use statistics::{
    BetweenPeriods, CategoricalBucket, CategoricalBuckets, CategoricalDistribution, Dataset, ExactStatistics,
    FeatureStatistics, KllDistribution, NumericalBucket, NumericalDistribution, NumericalStatistics,
    Presence, SampledTexts, SketchData, SketchParameters, Statistics, StringStatistics, UnreadableStatistics,
};
pub use violations::{
    DriftSeverity, Excess, Limit, Observed, UnreadableReport, Violation, Violations, severity,
};
pub use window_report::{
    CaptureWindow, FeatureDistance, ModeDifference, RewrittenAfter, UnreadableLines, UnreadableWindowReport,
    WindowReport,
};
