//! The rules by which data is judged.

use serde::{Deserialize, Serialize};

/// The mode of comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The container's answers, including its known defects.
    Compat,
    /// The right answers.
    Exact,
}

impl Mode {
    /// The mode's name in settings and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Compat => "compat",
            Self::Exact => "exact",
        }
    }
}
