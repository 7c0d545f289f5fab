//! Where rejected records are kept.

use sagewarden_events::{RedactedText, Timestamp, redacted_text};
use serde::Serialize;

use super::error::PortError;

/// A record that can never succeed, without the secrets in it: it is kept longer than its sender may have meant, and others may
/// read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// The function that rejected it.
    pub function: String,
    /// Its id in the queue.
    pub message_id: String,
    /// When.
    pub time: Timestamp,
    // INVARIANT: these hold no secret: `new` is the only way to set them.
    reason: String,
    body: String,
    redacted: usize,
}

impl Rejected {
    /// A record as it was delivered, with the reason for the rejection.
    #[must_use]
    pub fn new(function: &str, message_id: &str, time: Timestamp, reason: &str, body: &str) -> Self {
        let RedactedText { text: body, count: redacted } = redacted_text(body);
        // A reason may quote the part that could not be read.
        let reason = redacted_text(reason).text;
        Self {
            function: function.to_owned(),
            message_id: message_id.to_owned(),
            time,
            reason,
            body,
            redacted,
        }
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The record, byte for byte, except for values that look like a secret.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// How many values that look like a secret were replaced; 0 if the record is kept as it was delivered.
    #[must_use]
    pub fn redacted(&self) -> usize {
        self.redacted
    }
}

/// Where rejected records are kept.
pub trait Quarantine {
    /// Keeps a record; the same record again on the same day (UTC) overwrites itself.
    async fn keep(&self, rejected: &Rejected) -> Result<(), PortError>;
}
