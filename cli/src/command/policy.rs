//! The options of `policy`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::command::format::ChosenProfile;

#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// List every control
    List(ListOptions),
    /// Say what a control wants, why it may fail and what is done about it
    Explain(ExplainOptions),
    /// Load a folder with settings.toml and policies/ as a function would
    #[command(
        after_help = "Example:\n  sagewarden policy validate infra\n\nExit status: 0 valid, 2 refused, with file, line and column."
    )]
    Validate(ValidateOptions),
    /// Copy the bundle that a stack judges by out of its bucket
    #[command(
        after_help = "Example:\n  sagewarden policy pull s3://governance/sagewarden/ --out bundle\n  sagewarden check --bundle bundle jobs/\n\nThe bundle is checked as a function would check it, and its digest is printed: it is that of every verdict.\nExit status: 0 copied, 2 refused, or not read."
    )]
    Pull(PullOptions),
    /// Write the controls that IAM can express as policies that deny, for roles or for an organization
    #[command(after_help = EXPORT_HELP)]
    Export(ExportOptions),
}

const EXPORT_HELP: &str = "Examples:
  sagewarden policy export --as iam --settings infra/settings.toml --out policies
  sagewarden policy export --as scp --settings infra/settings.toml

Standard output has one JSON array of policies, or with --out the names of the files, one policy each. A policy never exceeds the characters that AWS allows; what is too long for one is divided. Standard error says where a statement differs from its control, and which controls IAM cannot express: for these, and for what exists already, Sagewarden judges events.

A control that is `off` in the settings is left out; one in mode `observe` is not: these policies deny. They allow nothing by themselves. A service control policy does not reach the management account and service-linked roles.

Exit status: 0 exported, 2 refused: settings that cannot be used, or a list that is too long for a policy.";

#[derive(Debug, Args)]
pub(crate) struct ListOptions {
    /// A settings.toml whose modes and lists count
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    /// Only the controls of this profile
    #[arg(long, value_enum)]
    pub(crate) profile: Option<ChosenProfile>,
    /// How to answer
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(crate) format: ListFormat,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainOptions {
    /// The control, such as TRN-NET-01
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// A settings.toml whose modes and lists count
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ValidateOptions {
    /// The folder
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Also write `policies/validated.json` there: a function that is packaged with it starts without validating them again
    #[arg(long)]
    pub(crate) note: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PullOptions {
    /// Where the bundle lies: s3://BUCKET/PREFIX, as the stack's parameters BundleBucket and BundlePrefix say
    #[arg(value_name = "PLACE")]
    pub(crate) place: String,
    /// The folder to write
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// What the digest of the bundle has to be, or begin with
    #[arg(long, value_name = "SHA256")]
    pub(crate) digest: Option<String>,
    /// Replace an earlier copy
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExportOptions {
    /// What the policies will be attached as: managed policies of IAM, or service control policies of AWS Organizations
    #[arg(long = "as", value_name = "KIND", value_enum)]
    pub(crate) kind: ExportKind,
    /// A settings.toml whose modes and lists count
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    /// A folder for sagewarden-KIND-1.json, -2.json and so on; an earlier export of that kind in it is replaced
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// What an exported policy is attached as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportKind {
    Iam,
    Scp,
}

/// The formats of the list of controls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    Text,
    Json,
    Markdown,
}
