//! Judges a profile against a baseline, in the way of Model Monitor's container (`compat`) and in the statistically right way (`exact`).
//!
//! For some inputs, neither AWS's documentation nor a file of the container shows the container's answer. A comment beside the code then
//! describes the answer that the code gives.

mod answers;
#[cfg(test)]
mod answers_tests;
mod baseline;
mod checks;
mod columns;
mod compiled;
mod coverage;
mod described;
mod differences;
mod drift;
#[cfg(test)]
mod edge_tests;
#[cfg(test)]
mod exact_tests;
mod expected;
mod judge;
mod level;
#[cfg(test)]
mod level_tests;
mod metrics;
mod odds;
mod order;
#[cfg(test)]
mod order_tests;
mod range;
mod rare;
mod reference;
mod season;
#[cfg(test)]
mod season_tests;
mod settings;
mod shown;
mod spread;
#[cfg(test)]
mod spread_tests;
#[cfg(test)]
mod tests;
mod texts;
mod types;
mod unseen;
mod verdict;

pub use answers::AnswerRate;
pub use baseline::Baseline;
pub use compiled::CompiledBaseline;
pub use coverage::{Coverage, NotCompared, Resolution};
pub use differences::{Disagreement, compare_modes};
pub use judge::evaluate;
pub use metrics::{Metric, MetricGroup, MetricValue, metrics};
pub use order::{explained_with_answer_last, may_have_answer_last};
pub(crate) use season::{ENOUGH as ROWS_OF_A_PERIOD, spreads};
pub use shown::{BaselineColumn, BaselineValues};
pub use verdict::{
    Check, CheckResult, Distance, DistributionGap, Evaluation, FeatureVerdict, GapPlace, Method, Verdict,
};
