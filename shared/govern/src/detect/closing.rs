//! Windows that are over are judged once more.

use std::collections::BTreeSet;

use sagewarden_events::Timestamp;

use super::window::Window;
use super::{Came, DetectDrift};
use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::Account;
use crate::world::World;

/// How many windows one tick of the clock closes; the next one goes on.
const CLOSED_AT_ONCE: usize = 20;
/// How many pages of so many windows it looks at to find them: those that fail stay where they are, before the others.
const PAGES: usize = 100;

/// What became of a window that is over.
enum Closing {
    Closed(Done),
    /// Until somebody mends something, or it is given up.
    StaysOpen(Done),
}

impl<W: World> DetectDrift<'_, W> {
    /// The clock ticked: windows that are over are judged for the last time, and their metrics told.
    ///
    /// # Errors
    /// When a service does not answer.
    pub async fn close_windows(&self, moment: &Moment) -> Outcome {
        let late = self.settings().close_after_minutes * 60_000;
        let before = Timestamp::from_millis(moment.now.millis() - late);
        let mut done = Done::Nothing("no window is over".to_owned());
        let mut failed = None;
        // What is wrong with one window of a variant mostly is with the others: one is tried in a tick.
        let mut waiting = BTreeSet::new();
        let (mut closed, mut after) = (0, None);
        for _ in 0..PAGES {
            let (ended, next) = Window::ended(self.world.table(), before, after, CLOSED_AT_ONCE).await?;
            for window in ended {
                let whose = (window.endpoint.arn(), window.variant.clone());
                if waiting.contains(&whose) && !window.is_old(moment.now) {
                    continue;
                }
                match self.close(&window, moment).await {
                    Ok(Closing::Closed(outcome)) => {
                        done = done.and(outcome);
                        closed += 1;
                    }
                    Ok(Closing::StaysOpen(outcome)) => {
                        done = done.and(outcome);
                        waiting.insert(whose);
                    }
                    // The next tick tries it again; it must not keep the others open.
                    Err(retry) => {
                        failed.get_or_insert(retry);
                    }
                }
                if closed == CLOSED_AT_ONCE {
                    return failed.map_or(Ok(done), Err);
                }
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
        failed.map_or(Ok(done), Err)
    }

    async fn close(&self, window: &Window, moment: &Moment) -> Result<Closing, Failure> {
        let files = window.files(self.world.table()).await?;
        match self.judge_last(window, moment).await {
            Ok(Came::Judged(done)) => {
                window.close(self.world.table(), &files).await?;
                Ok(Closing::Closed(done))
            }
            Ok(Came::NotJudged(done)) => {
                window.give_up(self.world.table()).await?;
                Ok(Closing::Closed(done))
            }
            Err(Failure::Retry(error)) if error.is_transient() => Err(error.into()),
            // It is told, and may be mended soon.
            Err(failure) if !window.is_old(moment.now) => {
                let text = format!("a window of {} cannot be judged yet: {failure}", window.endpoint);
                Ok(Closing::StaysOpen(Done::Acted(text)))
            }
            Err(failure) => {
                window.give_up(self.world.table()).await?;
                let text = format!("a window of {} is given up: {failure}", window.endpoint);
                Ok(Closing::Closed(Done::Acted(text)))
            }
        }
    }

    async fn judge_last(&self, window: &Window, moment: &Moment) -> Result<Came, Failure> {
        let described = self.world.account().describe(&window.endpoint).await;
        let Some(described) = self.told_of(window, described, moment).await? else {
            let text = format!("{} is gone: its last window is not judged", window.endpoint);
            return Ok(Came::Judged(Done::Nothing(text)));
        };
        self.judge_against_baseline(window, &described.document, true, moment).await
    }
}
