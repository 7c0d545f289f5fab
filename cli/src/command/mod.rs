//! What can be typed.

pub(crate) mod data;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sagewarden_lineage::answer::Format;

use crate::command::data::{BASELINE_HELP, DRIFT_HELP, QUALITY_HELP};
pub(crate) use crate::command::data::{BaselineOptions, DriftOptions, QualityOptions};

/// Governance for Amazon SageMaker: every job is judged while it can still be stopped, every model is traced to commit, data
/// version and image, and every drift alert names that chain.
#[derive(Debug, Parser)]
#[command(name = "sagewarden", version, about, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Tell the story of a credit model on this machine: a push, a forbidden job, a deployment, a drift alert
    #[command(
        after_help = "Example:\n  sagewarden demo --out sagewarden-demo\n\nNothing outside the folder is touched, no network is used."
    )]
    Demo(DemoOptions),
    /// Judge a request, a description, an API call or a pipeline definition before it is sent
    #[command(
        after_help = "Examples:\n  sagewarden check create-training-job.json\n  sagewarden check pipeline.json --settings infra/settings.toml --format json\n  sagewarden check --format sarif pipeline.json > sagewarden.sarif\n\nFILE is a Create request, a Describe answer, a CloudTrail event of a Create call, or a SageMaker pipeline definition, whose steps are judged each by itself.\nExit status: 0 compliant, 1 at least one control is broken or undecided, 2 a file cannot be judged."
    )]
    Check(CheckOptions),
    /// Make the baseline that drift or model quality is judged by: the statistics.json and constraints.json that Model Monitor
    /// makes of a CSV file
    #[command(after_help = BASELINE_HELP)]
    Baseline(BaselineOptions),
    /// Judge captured traffic against a baseline, and show where it has drifted
    #[command(after_help = DRIFT_HELP)]
    Drift(DriftOptions),
    /// Measure what a model said against what turned out to be true, and show where it is worse than its baseline
    #[command(after_help = QUALITY_HELP)]
    Quality(QualityOptions),
    /// List and explain the controls, or validate policies and settings
    Policy {
        /// What to do with them
        #[command(subcommand)]
        command: Policy,
    },
    /// Give recorded AWS events to the system and see what it makes of them
    #[command(
        after_help = "Examples:\n  sagewarden replay events/aws.sagemaker/api-call-via-cloudtrail/create-training-job.json\n  sagewarden replay sagewarden-demo/events/*.json --store sagewarden-demo/sagewarden.db\n\nThere is no AWS behind this: a resource that the simulated account does not know is taken from the event itself.\nA push needs its repository: beside a store, in `git/NAME.git`.\nExit status: 0 all handled, 1 at least one rejected or to be retried, 2 the command could not run."
    )]
    Replay(ReplayOptions),
    /// Show where something comes from, or what became of it
    #[command(
        after_help = "Examples:\n  sagewarden lineage endpoint/credit-default-prod\n  sagewarden lineage endpoint/credit-default-prod --at 2026-03-02T12:00:00Z\n  sagewarden lineage commit/1a2b3c4 --downstream --store sagewarden-demo/sagewarden.db\n  sagewarden lineage training-job/credit-train-002 --format json\n\nThe answer says whether it is whole; one that was cut has a `cursor` (see --format json) that continues it."
    )]
    Lineage(LineageOptions),
    /// Show which endpoints run what was made of a commit, an object version, an image, a job or a model
    #[command(
        after_help = "Examples:\n  sagewarden impact commit/1a2b3c4\n  sagewarden impact 's3://BUCKET/KEY?versionId=ID'\n  sagewarden impact training-job/credit-train-002 --at 2026-03-02T12:00:00Z"
    )]
    Impact(PlainOptions),
    /// Show what differs between two models, packages, jobs or deployments: commit, data, image, parameters, metrics, controls
    #[command(
        after_help = "Examples:\n  sagewarden diff model/credit-default-model model/credit-default-model-2\n  sagewarden diff endpoint/credit-default-prod@2026-03-02T12:00:00Z endpoint/credit-default-prod"
    )]
    Diff(DiffOptions),
    /// Write the CreateTrainingJob request that repeats a model, and what is missing for an exact repeat
    #[command(
        after_help = "Examples:\n  sagewarden reproduce model/credit-default-model\n  sagewarden reproduce training-job/credit-train-002 --format json"
    )]
    Reproduce(PlainOptions),
    /// Show what happened to an endpoint: deployments, approvals, findings, drift
    #[command(
        after_help = "Examples:\n  sagewarden history endpoint/credit-default-prod\n  sagewarden history endpoint/credit-default-prod --at 2026-03-02T12:00:00Z"
    )]
    History(PlainOptions),
}

#[derive(Debug, Args)]
pub(crate) struct DemoOptions {
    /// The folder for the store, the page, findings, alerts, events and repositories; an earlier demo in it is replaced
    #[arg(long, value_name = "DIR", default_value = "sagewarden-demo")]
    pub(crate) out: PathBuf,
    /// How to tell it
    #[arg(long, value_enum, default_value_t = Telling::Text)]
    pub(crate) format: Telling,
}

#[derive(Debug, Args)]
pub(crate) struct CheckOptions {
    /// What is to be judged, as JSON
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// What is allowed: a settings.toml; default: the built-in one, which allows any VPC and the account's own keys
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    /// The account that it will run in; default: the one of its ARN or role
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<String>,
    /// How to answer: for people, as JSON, or as SARIF 2.1.0 for code scanning
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub(crate) format: CheckFormat,
}

/// The formats of verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    Text,
    Json,
    Sarif,
}

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
    /// How to answer
    #[arg(long, value_enum, default_value_t = Telling::Text)]
    pub(crate) format: Telling,
}

#[derive(Debug, Args)]
pub(crate) struct AskOptions {
    /// What is asked about: KIND/NAME (such as training-job, model, model-package, endpoint), commit/PREFIX, an ARN,
    /// s3://BUCKET/KEY with or without ?versionId=ID, an image's sha256:DIGEST, or an identity from another answer;
    /// endpoint/NAME@TIME is what ran then
    #[arg(value_name = "ENTITY")]
    pub(crate) entity: String,
    /// The store to ask
    #[arg(long, value_name = "FILE", default_value = "sagewarden-demo/sagewarden.db")]
    pub(crate) store: PathBuf,
    /// As of this time, such as 2026-03-02T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// At most so many steps away
    #[arg(long, value_name = "N")]
    pub(crate) max_depth: Option<usize>,
    /// At most so many nodes
    #[arg(long, value_name = "N")]
    pub(crate) max_nodes: Option<usize>,
    /// Continue an answer that was cut
    #[arg(long, value_name = "CURSOR")]
    pub(crate) cursor: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct LineageOptions {
    #[command(flatten)]
    pub(crate) about: AskOptions,
    /// What became of it, instead of where it comes from
    #[arg(long, conflicts_with = "both")]
    pub(crate) downstream: bool,
    /// Both ways
    #[arg(long)]
    pub(crate) both: bool,
    /// For an endpoint: also what it ran before
    #[arg(long)]
    pub(crate) past: bool,
    /// How to answer: a tree by stages, one JSON document, the flat table of components (csv: for pandas), a page, a drawing
    /// (dot, mermaid), or what other systems read (openlineage, cyclonedx, slsa, prov)
    #[arg(long, value_enum, default_value_t = AnswerFormat::Tree)]
    pub(crate) format: AnswerFormat,
}

#[derive(Debug, Args)]
pub(crate) struct PlainOptions {
    #[command(flatten)]
    pub(crate) about: AskOptions,
    /// How to answer
    #[arg(long, value_enum, default_value_t = PlainFormat::Text)]
    pub(crate) format: PlainFormat,
}

#[derive(Debug, Args)]
pub(crate) struct DiffOptions {
    #[command(flatten)]
    pub(crate) about: AskOptions,
    /// What it is compared with
    #[arg(value_name = "OTHER")]
    pub(crate) other: String,
    /// How to answer
    #[arg(long, value_enum, default_value_t = PlainFormat::Text)]
    pub(crate) format: PlainFormat,
}

/// The formats of answers that are no graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlainFormat {
    Text,
    Json,
}

impl From<PlainFormat> for Format {
    fn from(format: PlainFormat) -> Self {
        match format {
            PlainFormat::Text => Self::Tree,
            PlainFormat::Json => Self::Json,
        }
    }
}

/// For people or for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Telling {
    Text,
    Json,
}

/// The formats of an answer, as they are typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnswerFormat {
    Tree,
    Table,
    Json,
    Html,
    Csv,
    Dot,
    Mermaid,
    Openlineage,
    Cyclonedx,
    Slsa,
    Prov,
}

impl From<AnswerFormat> for Format {
    fn from(format: AnswerFormat) -> Self {
        match format {
            AnswerFormat::Tree => Self::Tree,
            AnswerFormat::Table => Self::Table,
            AnswerFormat::Json => Self::Json,
            AnswerFormat::Html => Self::Html,
            AnswerFormat::Csv => Self::Csv,
            AnswerFormat::Dot => Self::Dot,
            AnswerFormat::Mermaid => Self::Mermaid,
            AnswerFormat::Openlineage => Self::OpenLineage,
            AnswerFormat::Cyclonedx => Self::CycloneDx,
            AnswerFormat::Slsa => Self::Slsa,
            AnswerFormat::Prov => Self::Prov,
        }
    }
}
