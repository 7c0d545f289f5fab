//! By which rules data is judged.

use serde::{Deserialize, Serialize};

/// Whose answer is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The container's, its known defects included.
    Compat,
    /// The right one.
    Exact,
}

impl Mode {
    /// As it is written in settings and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Compat => "compat",
            Self::Exact => "exact",
        }
    }
}
