//! Which controls are judged, and whether violations are stopped: for all controls, and for one control.

use serde::{Deserialize, Serialize};

/// Whether violations are only reported, or stopped as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Judge, record and report. The default: a first deployment stops nothing.
    #[default]
    Observe,
    /// Also remedy: stop jobs, delete unused models, change settings, mark with a tag.
    Enforce,
}

/// Which controls are judged: all that name this profile or a lower one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// The controls that the secure data-science workshop demands, and the controls that depend on a setting.
    Essential,
    /// Also the controls that most catalogues have.
    Recommended,
    /// All controls. The default if a file names no profile, so that no control is left out by accident.
    #[default]
    Strict,
}

impl Profile {
    /// All profiles, from the one with the fewest controls to the one with all.
    pub const ALL: [Self; 3] = [Self::Essential, Self::Recommended, Self::Strict];

    /// As it is written in the settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Essential => "essential",
            Self::Recommended => "recommended",
            Self::Strict => "strict",
        }
    }
}

/// The mode of one control.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ControlMode {
    /// It is not judged.
    Off,
    /// A violation is reported and recorded.
    Observe,
    /// A violation is also remedied.
    #[default]
    Enforce,
}
