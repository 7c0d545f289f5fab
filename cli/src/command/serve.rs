//! The options of `serve` and `site`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

use crate::command::answering::Answering;

pub(crate) const SERVE_HELP: &str = "Examples:
  sagewarden serve
  sagewarden serve --store sagewarden-demo/sagewarden.db --port 8080 --no-open
  sagewarden serve --stack sagewarden --region eu-west-1

The pages are served on this machine alone. With --bind, other machines reach them, too: then each browser needs the token that the command prints.
The command only reads, and ends with Ctrl-C. It asks AWS nothing, except with --stack: then it reads the table and the evidence of the stack with your own credentials.
Exit status: 0 ended by Ctrl-C, 2 the store, the stack or the address cannot be used.";

pub(crate) const SITE_HELP: &str = "Examples:
  sagewarden site --out site
  sagewarden site --store sagewarden-demo/sagewarden.db --out site

The folder holds the pages of `serve` as files with relative links: for a bucket, or for the archive of an auditor. They are as of now, and have no search.
Exit status: 0 written, 2 the store cannot be read, or the folder not be written.";

#[derive(Debug, Args)]
pub(crate) struct ExploredOptions {
    #[command(flatten)]
    pub(crate) answering: Answering,
    /// With --stack: the region of the stack; default: the one of the environment or the profile
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// The settings that say in which mode each control is; if absent, the `settings.toml` beside the store, or the built-in ones
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ServeOptions {
    #[command(flatten)]
    pub(crate) explored: ExploredOptions,
    /// The port; 0 for any free one
    #[arg(long, value_name = "N", default_value_t = 7243)]
    pub(crate) port: u16,
    /// Open no browser
    #[arg(long)]
    pub(crate) no_open: bool,
    /// Let other machines reach the pages at this address; each browser then needs a token
    #[arg(long, value_name = "ADDR")]
    pub(crate) bind: Option<IpAddr>,
}

#[derive(Debug, Args)]
pub(crate) struct SiteOptions {
    #[command(flatten)]
    pub(crate) explored: ExploredOptions,
    /// The folder for the pages; the command replaces files of an earlier site in it
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}
