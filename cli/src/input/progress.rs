//! The progress through a long input, for a person at a terminal.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Smaller inputs are read before anybody wonders about the progress.
const LONG: u64 = 64 << 20;

/// Progress through an input of this many bytes.
pub(crate) fn through(bytes: u64) -> ProgressBar {
    if bytes < LONG {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{wide_bar} {percent} % ({bytes_per_sec}, {eta} left)");
    ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Progress through an input of unknown length.
pub(crate) fn endless() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {bytes} read ({bytes_per_sec})");
    ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}

/// A shorter task ends before the user wonders.
const PATIENCE: Duration = Duration::from_secs(1);

/// The number of files that are done, out of this many. The bar appears only if standard error is a terminal and standard output is not
/// one, because output would break the bar.
pub(crate) struct Done {
    bar: ProgressBar,
    since: Instant,
    is_wanted: bool,
}

impl Done {
    pub(crate) fn of(files: usize) -> Self {
        let is_wanted = io::stderr().is_terminal() && !io::stdout().is_terminal();
        Self::begun(files, Instant::now(), is_wanted)
    }

    fn begun(files: usize, since: Instant, is_wanted: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(files as u64), ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{wide_bar} {pos} of {len} files");
        let bar = bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, since, is_wanted }
    }

    /// One more.
    pub(crate) fn step(&mut self) {
        if self.is_wanted && self.since.elapsed() > PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.is_wanted = false;
        }
        self.bar.inc(1);
    }

    /// Says something on standard error, where the bar is.
    pub(crate) fn beside(&self, say: impl FnOnce()) {
        self.bar.suspend(say);
    }
}

impl Drop for Done {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_waits_until_somebody_may_ask() {
        let shown_after = |seconds: u64, is_wanted: bool| {
            let mut done = Done::begun(10, Instant::now() - Duration::from_secs(seconds), is_wanted);
            done.step();
            // Once it is shown, it is not to be begun again.
            is_wanted && !done.is_wanted
        };
        assert!(shown_after(2, true));
        assert!(!shown_after(0, true) && !shown_after(2, false));
    }
}
