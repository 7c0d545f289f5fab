//! The options of `check` and `replay`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::command::format::{ChosenProfile, OutputFormat};

#[derive(Debug, Args)]
pub(crate) struct CheckOptions {
    /// The files to judge (JSON or YAML), folders of such files, patterns in quotes ('jobs/**/*.json'), or - for standard input
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// What is allowed: a settings.toml; default: the nearest sagewarden.toml, .sagewarden/settings.toml or infra/settings.toml above each
    /// file, else the built-in one, which allows any VPC and the account's own keys
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    /// The policies and settings of a stack: s3://BUCKET/PREFIX, or a folder with settings.toml and policies/
    #[arg(long, value_name = "PLACE", conflicts_with = "settings")]
    pub(crate) bundle: Option<String>,
    /// Refuse the bundle if its digest does not begin with this
    #[arg(long, value_name = "SHA256", requires = "bundle")]
    pub(crate) digest: Option<String>,
    /// The set of controls to judge: essential, recommended or strict (all); default: the profile in the settings
    #[arg(long, value_enum)]
    pub(crate) profile: Option<ChosenProfile>,
    /// A file of known findings: the command shows them as known, and does not fail for them
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write all present findings into the baseline
    #[arg(long, requires = "baseline")]
    pub(crate) update_baseline: bool,
    /// Skip files that have nothing to do with SageMaker, as in folders, and do not fail if nothing is left to judge. For hooks, which pass every changed file
    #[arg(long)]
    pub(crate) pass_over: bool,
    /// The account that it will run in; default: the one of its ARN or role
    #[arg(long, value_name = "ID", value_parser = account)]
    pub(crate) account: Option<String>,
    /// Read a JSON document from each line of standard input, and answer each with a line of JSON; a line such as
    /// {"operation": "CreateModel", "request": {...}} names the operation of its request
    #[arg(long, conflicts_with_all = ["format", "baseline"])]
    pub(crate) lines: bool,
    /// The format of the answer: for people, as JSON, as SARIF 2.1.0 for code scanning, as JUnit's test results, as annotations of GitHub,
    /// or as Markdown
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub(crate) format: CheckFormat,
}

/// The id of an account ("AWS account identifiers", AWS account management reference).
fn account(text: &str) -> Result<String, &'static str> {
    let is_one = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_one { Ok(text.to_owned()) } else { Err("an account has an id of 12 digits, such as 111122223333") }
}

/// The formats of verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    Text,
    Json,
    Sarif,
    Junit,
    Github,
    Markdown,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayOptions {
    /// Files with one event each, as AWS sent it
    #[arg(value_name = "EVENT", required = true)]
    pub(crate) events: Vec<PathBuf>,
    /// The store to work on, made if need be; without it, a store that ends with the command
    #[arg(long, value_name = "FILE")]
    pub(crate) store: Option<PathBuf>,
    /// What is allowed: a settings.toml; default: the one beside the store, else the built-in one, which only observes
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    /// The format of the answer
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) format: OutputFormat,
}
