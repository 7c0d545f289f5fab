//! The options of `completions` and `man`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

#[derive(Debug, Args)]
pub(crate) struct CompletionsOptions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManualOptions {
    /// Write one page for each command into this folder, which is created; without it, print the page of `sagewarden`
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}
