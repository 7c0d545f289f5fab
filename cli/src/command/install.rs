//! What can be typed after `completions` and `man`.

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
    /// The folder for one page of each command, made if need be; without it, the page of `sagewarden` is printed
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}
