//! The options of `lineage`, `impact`, `diff`, `reproduce` and `history`.

use clap::{Args, ValueEnum};
use sagewarden_lineage::answer::Format;

use crate::command::answering::Answering;
use crate::command::format::OutputFormat;

#[derive(Debug, Args)]
pub(crate) struct AskOptions {
    /// The entity: KIND/NAME (such as training-job, model, model-package, endpoint), a NAME that only one entity has,
    /// commit/PREFIX, an ARN, s3://BUCKET/KEY with or without ?versionId=ID, an image's sha256:DIGEST, or an identity from
    /// another answer; endpoint/NAME@TIME is the deployment that ran at that time
    #[arg(value_name = "ENTITY")]
    pub(crate) entity: String,
    #[command(flatten)]
    pub(crate) answering: Answering,
    /// With --stack: the region of the stack; default: the one of the environment or the profile
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Answer as of this time, such as 2026-03-02T12:00:00Z, or as of the end of this day in UTC, such as 2026-03-02
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// Follow at most N steps
    #[arg(long, value_name = "N")]
    pub(crate) max_depth: Option<usize>,
    /// Answer with at most N nodes
    #[arg(long, value_name = "N")]
    pub(crate) max_nodes: Option<usize>,
    /// Continue an incomplete answer: the `cursor` in its JSON
    #[arg(long, value_name = "CURSOR")]
    pub(crate) cursor: Option<String>,
    /// Print ARNs, times and digests whole; without it, a terminal shows them shortened
    #[arg(long)]
    pub(crate) wide: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LineageOptions {
    #[command(flatten)]
    pub(crate) about: AskOptions,
    /// Show what was made from the entity, instead of what it was made from
    #[arg(long, conflicts_with = "both")]
    pub(crate) downstream: bool,
    /// Show both directions
    #[arg(long)]
    pub(crate) both: bool,
    /// For an endpoint: add its earlier deployments
    #[arg(long)]
    pub(crate) past: bool,
    /// The format: a tree by stages, a flat table of components (csv: for pandas), one JSON document, a page (html), a drawing
    /// (dot, mermaid), or a document for other systems (openlineage, cyclonedx, slsa, prov)
    #[arg(long, value_enum, default_value_t = AnswerFormat::Tree)]
    pub(crate) format: AnswerFormat,
}

#[derive(Debug, Args)]
pub(crate) struct PlainOptions {
    #[command(flatten)]
    pub(crate) about: AskOptions,
    /// The format of the answer
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) format: OutputFormat,
}

#[derive(Debug, Args)]
pub(crate) struct WhyOptions {
    /// The resource: KIND/NAME (such as training-job, model, notebook-instance), a NAME that only one entity has, or an ARN
    #[arg(value_name = "RESOURCE")]
    pub(crate) resource: String,
    #[command(flatten)]
    pub(crate) answering: Answering,
    /// With --stack: the region of the stack; default: the one of the environment or the profile
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Print ARNs, times and digests whole; without it, a terminal shows them shortened
    #[arg(long)]
    pub(crate) wide: bool,
    /// The format of the answer
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) format: OutputFormat,
}

#[derive(Debug, Args)]
pub(crate) struct DiffOptions {
    #[command(flatten)]
    pub(crate) about: AskOptions,
    /// The entity to compare it with
    #[arg(value_name = "OTHER")]
    pub(crate) other: String,
    /// The format of the answer
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) format: OutputFormat,
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
