//! Options that several commands share: the format of an answer, and a profile.

use clap::ValueEnum;
use sagewarden_lineage::answer::Format;
use sagewarden_settings::Profile;

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

/// How many of the controls are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ChosenProfile {
    Essential,
    Recommended,
    Strict,
}

impl ChosenProfile {
    pub(crate) fn profile(self) -> Profile {
        match self {
            Self::Essential => Profile::Essential,
            Self::Recommended => Profile::Recommended,
            Self::Strict => Profile::Strict,
        }
    }
}
