//! How the traffic of an endpoint drifted last.

use sagewarden_events::Timestamp;
use serde::Serialize;

/// The last result of monitoring on an endpoint, under its deployment in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LastDrift {
    /// The endpoint's name.
    pub endpoint: String,
    /// When.
    pub at: Timestamp,
    /// How bad it was.
    pub severity: Option<String>,
    /// In words.
    pub found: String,
}
