//! What the kinds of rows share: how a kind is described, and how times stand in keys and versions.

use sagewarden_events::Timestamp;

/// A kind of row, as people read of it in ARCHITECTURE.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowKind {
    /// The type that writes and reads such rows.
    pub row: &'static str,
    /// What one row says.
    pub says: &'static str,
    /// The partition key; what varies stands between `<` and `>`, and `, or ` between two forms of it.
    pub pk: &'static str,
    /// The sort key, as [`Self::pk`].
    pub sk: &'static str,
}

/// Stands in place of a commit or a deployment that no longer exists.
pub(super) const GONE: &str = "deleted";

/// Milliseconds as a text that sorts as the times do: fifteen digits reach to the year 33658.
#[must_use]
pub fn millis(time: Timestamp) -> String {
    format!("{:015}", time.millis())
}

/// The time that a key or version begins with, once its prefix is gone; its other parts follow behind `#`.
#[must_use]
pub fn leading_time(text: &str) -> Option<Timestamp> {
    text.split('#').next()?.parse().ok().map(Timestamp::from_millis)
}

/// The version of a register that the earliest time wins.
#[must_use]
pub fn earliest(time: Timestamp) -> String {
    format!("{:015}", 999_999_999_999_999 - time.millis())
}
