//! What every function needs around its use case: batches from a queue, configuration, metrics, errors with stable names.

mod batch;
mod config;
mod error;
mod metrics;

pub use batch::serve;
pub use config::{Config, ConfigError, bundle, bundle_in_force};
pub use error::FunctionError;
pub use metrics::{MetricLog, Tally};

/// Logs as the Lambda console is set to: level and format come from the function's logging configuration.
pub fn init_logging() {
    lambda_runtime::tracing::init_default_subscriber();
}
