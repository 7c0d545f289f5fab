//! The options of `policy`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::command::format::ChosenProfile;

#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// List every control
    List(ListOptions),
    /// List every operation of the API that changes something, and whether Sagewarden judges it, records it or does not see it
    Coverage(CoverageOptions),
    /// Explain a control: its risk, the wanted value, the fix and the remedy, and code that passes it
    Explain(ExplainOptions),
    /// Load a folder with settings.toml and policies/ as a function would
    #[command(
        after_help = "Example:\n  sagewarden policy validate infra\n\nExit status: 0 valid, 2 refused, with file, line and column."
    )]
    Validate(ValidateOptions),
    /// Copy the policies and settings of a stack out of its bucket
    #[command(
        after_help = "Example:\n  sagewarden policy pull s3://governance/sagewarden/ --out bundle\n  sagewarden check --bundle bundle jobs/\n\nThe command validates the bundle as a function would, and prints its digest. Every verdict by this bundle names the same digest.\nExit status: 0 copied, 2 refused, or not read."
    )]
    Pull(PullOptions),
    /// Write the controls that IAM can express as policies that deny, or the policies of a role of the team
    #[command(after_help = EXPORT_HELP)]
    Export(ExportOptions),
}

const EXPORT_HELP: &str = "Examples:
  sagewarden policy export --as iam --settings infra/settings.toml --out policies
  sagewarden policy export --as scp --settings infra/settings.toml
  sagewarden policy export --as iam --role data-scientist --settings infra/settings.toml --out policies
  sagewarden policy export --as iam --role approver --format markdown
  sagewarden policy export --as scp --deny-unseen

The command prints one JSON array of policies. With --out, it writes each policy to a file of its own, and prints the names of the files. No policy is longer than AWS allows: longer ones are divided. Standard error says where a statement differs from its control, and which controls IAM cannot express. For these controls, and for resources that exist already, Sagewarden judges events.

The export leaves out a control that is `off` in the settings. It includes a control in mode `observe`, and then denies what that control forbids. These policies allow nothing by themselves. A service control policy does not reach the management account and service-linked roles.

With --role, the policies are those of a role of the team. They allow what the role needs, from the lists of the settings, and deny what it must never do. Attach the policies without --role to the same role: they hold the controls. --format markdown prints a table of what the role may do, and what it never does.

Exit status: 0 exported, 2 refused: settings that cannot be used, or a list that is too long for a policy.";

#[derive(Debug, Args)]
pub(crate) struct ListOptions {
    /// The settings.toml with the modes and lists to use
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    /// Only the controls of this profile
    #[arg(long, value_enum)]
    pub(crate) profile: Option<ChosenProfile>,
    /// The format of the answer
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(crate) format: ListFormat,
}

#[derive(Debug, Args)]
pub(crate) struct CoverageOptions {
    /// Only the operations that are neither judged nor recorded
    #[arg(long)]
    pub(crate) not_seen: bool,
    /// The format of the answer
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(crate) format: ListFormat,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainOptions {
    /// The control, such as TRN-NET-01
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// The settings.toml with the modes and lists to use
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
    /// Where the policies and settings are: s3://BUCKET/PREFIX, from the stack's parameters BundleBucket and BundlePrefix
    #[arg(value_name = "PLACE")]
    pub(crate) place: String,
    /// The folder to write
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Refuse the bundle if its digest does not begin with this
    #[arg(long, value_name = "SHA256")]
    pub(crate) digest: Option<String>,
    /// Replace an earlier copy
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExportOptions {
    /// The kind of policies: managed policies of IAM, or service control policies of AWS Organizations
    #[arg(long = "as", value_name = "KIND", value_enum)]
    pub(crate) kind: ExportKind,
    /// The settings.toml with the modes and lists to use
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    /// A folder for sagewarden-KIND-1.json, -2.json and so on, or sagewarden-KIND-ROLE-1.json; an earlier such export in it is replaced
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Instead, deny every operation that Sagewarden does not see (see `policy coverage`), except sign-ins and operations that end something
    #[arg(long, conflicts_with = "role")]
    pub(crate) deny_unseen: bool,
    /// Write the policies of this role of the team instead (with --as iam)
    #[arg(long, value_enum)]
    pub(crate) role: Option<ExportedRole>,
    /// The environment of the settings that the role works in; without it, the settings outside all environments apply
    #[arg(long, value_name = "NAME", requires = "role")]
    pub(crate) environment: Option<String>,
    /// The name of Sagewarden's stack, which the role asks, reads or runs
    #[arg(long, value_name = "NAME", requires = "role", default_value = "sagewarden")]
    pub(crate) stack: String,
    /// The format of a role: its policies, or a table of what it may do and never does
    #[arg(long, value_enum, requires = "role", conflicts_with = "out", default_value_t = ExportFormat::Json)]
    pub(crate) format: ExportFormat,
}

/// A role of the team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportedRole {
    /// Trains and registers models in a notebook; deploys nothing
    DataScientist,
    /// Runs pipelines, deploys models and monitors them; trains nothing by hand, and approves nothing
    Mlops,
    /// Approves versions of models, and makes none
    Approver,
    /// Reads verdicts, lineage, the trail and roles, and changes nothing
    Auditor,
    /// Runs Sagewarden's stack and the catalogue; trains nothing and reads no data
    Platform,
}

/// The forms of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    Json,
    Markdown,
}

/// The kind of policy that is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportKind {
    Iam,
    Scp,
}

/// The formats of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    Text,
    Json,
    Markdown,
}
