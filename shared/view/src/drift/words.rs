//! Numbers and verdicts as a page says them.

use crate::numbers::short;

/// A share for a person.
pub(super) fn percent(share: f64) -> String {
    format!("{} %", short((share * 1000.0).round() / 10.0))
}
