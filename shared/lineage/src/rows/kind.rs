//! Code for all kinds of rows: the description of a kind, and the form of times in keys and versions.

use sagewarden_events::Timestamp;

/// A kind of row, as ARCHITECTURE.md describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowKind {
    /// The type that writes and reads such rows.
    pub row: &'static str,
    /// The content of one row, in words.
    pub says: &'static str,
    /// The partition key. Variable parts are between `<` and `>`, and `, or ` is between two forms of the key.
    pub pk: &'static str,
    /// The sort key, as [`Self::pk`].
    pub sk: &'static str,
}

/// Replaces a commit or a deployment that no longer exists.
pub(super) const GONE: &str = "deleted";

/// Milliseconds as a text that sorts like the times. Fifteen digits reach to the year 33658.
#[must_use]
pub fn millis(time: Timestamp) -> String {
    format!("{:015}", time.millis())
}

/// The time at the beginning of a key or version without its prefix. Its other parts follow after `#`.
#[must_use]
pub fn leading_time(text: &str) -> Option<Timestamp> {
    text.split('#').next()?.parse().ok().map(Timestamp::from_millis)
}

/// The version of a register in which the earliest time wins.
#[must_use]
pub fn earliest(time: Timestamp) -> String {
    format!("{:015}", 999_999_999_999_999 - time.millis())
}
