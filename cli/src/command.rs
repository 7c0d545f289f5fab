//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sagewarden_drift::Mode;
use sagewarden_drift::capture::{ColumnOrder, RowPath};
use sagewarden_lineage::view::Format;

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
    /// Make the baseline that drift is judged by: the statistics.json and constraints.json that Model Monitor makes of a CSV file
    #[command(
        after_help = "Examples:\n  sagewarden baseline train.csv --out baseline\n  aws s3 cp s3://BUCKET/train.csv - | sagewarden baseline - --no-header --out baseline\n\nThe file is read once, in memory that does not grow with it. Types are those of the texts: one text among numbers makes a column of texts, and so does a number like 1e-5.\nExit status: 0 written, 2 the file is no table or cannot be read."
    )]
    Baseline(BaselineOptions),
    /// Judge captured traffic against a baseline, and show where it has drifted
    #[command(after_help = DRIFT_HELP)]
    Drift(DriftOptions),
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

#[derive(Debug, Args)]
pub(crate) struct BaselineOptions {
    /// A CSV file, or - for standard input
    #[arg(value_name = "DATA")]
    pub(crate) data: PathBuf,
    /// The folder for statistics.json and constraints.json, made if need be
    #[arg(long, value_name = "DIR", default_value = "baseline")]
    pub(crate) out: PathBuf,
    /// The first row has values; columns are called _c0, _c1 and so on
    #[arg(long)]
    pub(crate) no_header: bool,
    /// Replace the files of an earlier baseline
    #[arg(long)]
    pub(crate) force: bool,
}

const DRIFT_HELP: &str = "Examples:
  sagewarden drift --baseline baseline captured/churn/AllTraffic/2022/04/18
  sagewarden drift --baseline baseline captured --out report
  aws s3 cp s3://BUCKET/KEY.jsonl - | sagewarden drift --baseline baseline -

CAPTURE is a file of captured events (data capture, JSON lines), a CSV file with a header (ending in .csv), a folder with such files at any depth, or - for captured events on standard input. Input is read once, in memory that does not grow with it.

--mode says whose verdict counts, for the exit status and for the files of --out: `exact` compares how often values occur; `compat` gives the answers of Model Monitor's container, its known defects included, and is what takes the place of its files. Both are computed, and what they disagree on is told.

Lines that cannot be used are counted on standard error, with the first of them; the others are used.
Exit status: 0 no violation, 1 at least one, 2 the command could not run, or no row could be used.";

#[derive(Debug, Args)]
pub(crate) struct DriftOptions {
    /// The folder with constraints.json and statistics.json; without the latter, distributions are not compared
    #[arg(long, value_name = "DIR")]
    pub(crate) baseline: PathBuf,
    /// Captured events or tables: files, folders, or -
    #[arg(value_name = "CAPTURE", required = true)]
    pub(crate) captures: Vec<PathBuf>,
    /// Whose verdict counts
    #[arg(long, value_enum, default_value_t = DriftMode::Exact)]
    pub(crate) mode: DriftMode,
    /// The folder for statistics.json, constraint_violations.json and report.html, made if need be; earlier ones are replaced
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// What the columns of a row are: those of the output, then those of the input (Model Monitor's START), or the other way
    /// round (END), or one side only
    #[arg(long, value_enum, default_value_t = DriftColumns::Start)]
    pub(crate) columns: DriftColumns,
    /// Where the rows are in requests of JSON: a JSON pointer in which a * stands for the rows, such as /instances/*/features
    #[arg(long, value_name = "POINTER")]
    pub(crate) input_path: Option<RowPath>,
    /// The same for answers, such as /predictions/*
    #[arg(long, value_name = "POINTER")]
    pub(crate) output_path: Option<RowPath>,
    /// CSV files have no header: their columns are those of the baseline
    #[arg(long)]
    pub(crate) no_header: bool,
    /// Clarify's analysis.json of the baseline, for the report
    #[arg(long, value_name = "FILE", requires = "attribution_now", requires = "out")]
    pub(crate) attribution: Option<PathBuf>,
    /// Clarify's analysis.json of now
    #[arg(long, value_name = "FILE", requires = "attribution")]
    pub(crate) attribution_now: Option<PathBuf>,
    /// How to answer
    #[arg(long, value_enum, default_value_t = Telling::Text)]
    pub(crate) format: Telling,
}

/// Whose verdict counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DriftMode {
    Compat,
    Exact,
}

impl From<DriftMode> for Mode {
    fn from(mode: DriftMode) -> Self {
        match mode {
            DriftMode::Compat => Self::Compat,
            DriftMode::Exact => Self::Exact,
        }
    }
}

/// Model Monitor's `output_columns_position`, or one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DriftColumns {
    Start,
    End,
    Input,
    Output,
}

impl From<DriftColumns> for ColumnOrder {
    fn from(columns: DriftColumns) -> Self {
        match columns {
            DriftColumns::Start => Self::OutputFirst,
            DriftColumns::End => Self::InputFirst,
            DriftColumns::Input => Self::Input,
            DriftColumns::Output => Self::Output,
        }
    }
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
