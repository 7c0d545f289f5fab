//! What can be typed after `demo`.

use std::path::PathBuf;

use clap::Args;

use crate::command::format::OutputFormat;

#[derive(Debug, Args)]
pub(crate) struct DemoOptions {
    /// The folder for the store, the page, findings, alerts, events and repositories; an earlier demo in it is replaced
    #[arg(long, value_name = "DIR", default_value = "sagewarden-demo")]
    pub(crate) out: PathBuf,
    /// How to tell it
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) format: OutputFormat,
}
