//! What every event has in common.

use crate::event::Event;
use crate::time::Timestamp;

/// What is around every event's detail.
pub(super) struct Envelope {
    pub(super) source: String,
    pub(super) detail_type: String,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) time: Timestamp,
    pub(super) resources: Vec<String>,
}

impl Envelope {
    /// What is of our sources, and still nothing that we react to.
    pub(super) fn not_ours(&self, what: &str) -> Event {
        Event::NotOurs { source: self.source.clone(), detail_type: format!("{}: {what}", self.detail_type) }
    }
}
