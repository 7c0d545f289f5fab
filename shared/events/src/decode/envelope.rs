//! What every event has in common.

use crate::event::Event;
use crate::time::Timestamp;

/// The fields around the detail of every event.
pub(super) struct Envelope {
    pub(super) source: String,
    pub(super) detail_type: String,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) time: Timestamp,
    pub(super) resources: Vec<String>,
}

impl Envelope {
    /// Event types of our sources that Sagewarden does not react to.
    pub(super) fn not_ours(&self, what: &str) -> Event {
        Event::NotOurs { source: self.source.clone(), detail_type: format!("{}: {what}", self.detail_type) }
    }
}
