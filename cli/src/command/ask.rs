//! What can be typed after `lineage`, `impact`, `diff`, `reproduce` and `history`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sagewarden_lineage::answer::Format;

use crate::command::format::OutputFormat;

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
    /// As of this time, such as 2026-03-02T12:00:00Z, or of the end of this day in UTC, such as 2026-03-02
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
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) format: OutputFormat,
}

#[derive(Debug, Args)]
pub(crate) struct DiffOptions {
    #[command(flatten)]
    pub(crate) about: AskOptions,
    /// What it is compared with
    #[arg(value_name = "OTHER")]
    pub(crate) other: String,
    /// How to answer
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
