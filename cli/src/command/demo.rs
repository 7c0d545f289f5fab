//! The options of `demo`.

use std::path::PathBuf;

use clap::Args;

use crate::command::format::OutputFormat;

#[derive(Debug, Args)]
pub(crate) struct DemoOptions {
    /// The folder for the store, the page, findings, alerts, events and repositories; the command replaces an earlier demo in it
    #[arg(long, value_name = "DIR", default_value = "sagewarden-demo")]
    pub(crate) out: PathBuf,
    /// Then play three more weeks, and show the whole account in the browser, as `sagewarden serve` does
    #[arg(long)]
    pub(crate) serve: bool,
    /// With --serve: open no browser
    #[arg(long, requires = "serve")]
    pub(crate) no_open: bool,
    /// The format of the output
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) format: OutputFormat,
}
