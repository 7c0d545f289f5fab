//! The time that is left in an invocation.

use std::cell::Cell;
use std::time::{Duration, SystemTime};

use lambda_runtime::Context;
use tokio::time::Instant;

/// Reserved for the answer and the quarantine, after the last record has been started.
const MARGIN: Duration = Duration::from_secs(3);
/// The least time with which a record is begun.
const LEAST: Duration = Duration::from_secs(1);
/// Lambda's own limit, for callers that set none.
const LONGEST: Duration = Duration::from_secs(900);

/// Until when the records of a batch may run, and how long they have taken so far.
pub(crate) struct TimeLeft {
    until: Instant,
    longest: Cell<Duration>,
}

impl TimeLeft {
    /// Lambda gives the end of an invocation as a time of day. From here on, the time is measured.
    pub(crate) fn of(context: &Context) -> Self {
        let left = match context.deadline {
            0 => LONGEST,
            _ => context.deadline().duration_since(SystemTime::now()).unwrap_or_default(),
        };
        Self { until: Instant::now() + left.saturating_sub(MARGIN), longest: Cell::new(LEAST) }
    }

    /// How long a record that begins now may take; `None` if another record of its batch has taken longer than that.
    pub(crate) fn left(&self) -> Option<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        (left >= self.longest.get()).then_some(left)
    }

    /// Runs a record and notes how long it took.
    pub(crate) async fn measure<T>(&self, record: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let ended = record.await;
        self.longest.set(self.longest.get().max(began.elapsed()));
        ended
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nothing_is_begun_that_another_of_its_batch_had_no_time_for() {
        let mut context = Context::default();
        let end = SystemTime::now() + MARGIN + Duration::from_secs(10);
        context.deadline = u64::try_from(end.duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
        let time = TimeLeft::of(&context);
        time.measure(tokio::time::sleep(Duration::from_secs(4))).await;
        assert!(time.left().is_some(), "about six seconds are left, and four were enough");
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(time.left(), None, "three are not");
    }
}
