//! The progress through a long input, for a person at a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// Inputs below are read before anybody asks how far it is.
const LONG: u64 = 64 << 20;

/// Through so many bytes.
pub(crate) fn through(bytes: u64) -> ProgressBar {
    if bytes < LONG {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{wide_bar} {percent} % ({bytes_per_sec}, {eta} left)");
    ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Through an input of unknown length.
pub(crate) fn endless() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {bytes} read ({bytes_per_sec})");
    ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}
