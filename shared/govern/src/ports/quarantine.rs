//! Where rejected records are kept.

use sagewarden_events::Timestamp;
use serde::Serialize;

use super::error::PortError;

/// A record that can never succeed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// The function that rejected it.
    pub function: String,
    /// Its id in the queue.
    pub message_id: String,
    /// Why.
    pub reason: String,
    /// When.
    pub time: Timestamp,
    /// The record as it came.
    pub body: String,
}

/// Where rejected records are kept.
pub trait Quarantine {
    /// Keeps a record as it came; the same record again on the same day (UTC) overwrites itself.
    async fn keep(&self, rejected: &Rejected) -> Result<(), PortError>;
}
