//! Everything that a function needs around its use case: batches from a queue, configuration, metrics, errors with stable names.

mod batch;
#[cfg(feature = "judging")]
mod bundle;
mod config;
mod error;
mod metrics;
#[cfg(test)]
mod queue_model;
mod time_left;
mod turns;
mod watched;

pub use batch::{now, serve, sqs_batch};
#[cfg(feature = "judging")]
pub use bundle::bundle_in_force;
pub use config::{Config, ConfigError, settings};
pub use error::FunctionError;
pub use metrics::{METRICS, MetricLog, Tally};
pub use watched::{WatchedBus, WatchedTable, note_canary, note_request};

/// Sets up the log. Level and format come from the function's logging configuration in Lambda.
pub fn init_logging() {
    lambda_runtime::tracing::init_default_subscriber();
}
