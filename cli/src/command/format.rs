//! The formats that most commands answer in.

use clap::ValueEnum;
use sagewarden_lineage::answer::Format;

/// Text for people, or JSON for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    Text,
    Json,
}

/// For answers that are not a graph.
impl From<OutputFormat> for Format {
    fn from(format: OutputFormat) -> Self {
        match format {
            OutputFormat::Text => Self::Tree,
            OutputFormat::Json => Self::Json,
        }
    }
}
