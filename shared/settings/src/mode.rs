//! Whether violations are stopped: of the whole, and of one control.

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

/// What is done about one control.
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
