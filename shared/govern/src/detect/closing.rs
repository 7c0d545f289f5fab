//! Windows that are over are judged once more.

use std::collections::BTreeSet;

use sagewarden_events::Timestamp;

use super::compare::{Compared, compare};
use super::find_baseline::find_baseline;
use super::unjudged::or_publish;
use super::window_rows;
use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::Account;
use crate::window::Window;
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

/// Judges the windows that are over for the last time, and publishes their metrics.
///
/// # Errors
/// When a service does not answer.
pub(super) async fn close_windows(world: &impl World, moment: &Moment) -> Outcome {
    let late = world.settings().drift.detect.close_after_minutes * 60_000;
    let before = Timestamp::from_millis(moment.now.millis() - late);
    let mut done = Done::Nothing("no window is over".to_owned());
    let mut failed = None;
    // What is wrong with one window of a variant mostly is with the others: one is tried in a tick.
    let mut waiting = BTreeSet::new();
    let (mut closed, mut after) = (0, None);
    for _ in 0..PAGES {
        let (ended, next) = window_rows::ended(world.table(), before, after, CLOSED_AT_ONCE).await?;
        for window in ended {
            let whose = (window.endpoint.arn(), window.variant.clone());
            if waiting.contains(&whose) && !window_rows::is_old(&window, moment.now) {
                continue;
            }
            match close(world, &window, moment).await {
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

async fn close(world: &impl World, window: &Window, moment: &Moment) -> Result<Closing, Failure> {
    let table = world.table();
    let files = window_rows::files(table, window).await?;
    match judge_last(world, window, moment).await {
        Ok(Compared::Judged(done)) => {
            window_rows::close(table, window, &files).await?;
            Ok(Closing::Closed(done))
        }
        Ok(Compared::NotJudged(done)) => {
            window_rows::give_up(table, window).await?;
            Ok(Closing::Closed(done))
        }
        Err(Failure::Retry(error)) if error.is_transient() => Err(error.into()),
        // It is published, and may be mended soon.
        Err(failure) if !window_rows::is_old(window, moment.now) => {
            let text = format!("a window of {} cannot be judged yet: {failure}", window.endpoint);
            Ok(Closing::StaysOpen(Done::Acted(text)))
        }
        Err(failure) => {
            window_rows::give_up(table, window).await?;
            let text = format!("a window of {} is given up: {failure}", window.endpoint);
            Ok(Closing::Closed(Done::Acted(text)))
        }
    }
}

/// Against the baseline that there is now, whatever its files were compared with while it was open.
async fn judge_last(world: &impl World, window: &Window, moment: &Moment) -> Result<Compared, Failure> {
    let described = world.account().describe(&window.endpoint).await;
    let Some(described) = or_publish(world, window, described, moment).await? else {
        let text = format!("{} is gone: its last window is not judged", window.endpoint);
        return Ok(Compared::Judged(Done::Nothing(text)));
    };
    let said = world.settings().drift.detect.of(&window.endpoint.name);
    let search = find_baseline(world, window, &described.document, &said).await;
    compare(world, window, search, said, true, moment).await
}
