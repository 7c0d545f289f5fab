//! Compares a window with its baseline, or publishes that it has none.

use std::rc::Rc;

use sagewarden_settings::DetectedEndpoint;

use super::attempt::Attempt;
use super::find_baseline::BaselineSearch;
use super::judge::TrafficJudging;
use super::known_baselines::KnownBaselines;
use super::rewritten::{Rewritten, judge_rewritten};
use super::unjudged::{or_publish, publish_missing};
use crate::notify::Moment;
use crate::outcome::{Done, Failure};
use crate::window::Window;
use crate::world::World;

/// The result for a window.
pub(super) enum Compared {
    Judged(Done),
    /// There was nothing to compare it with.
    NotJudged(Done),
}

impl Compared {
    pub(super) fn done(self) -> Done {
        match self {
            Self::Judged(done) | Self::NotJudged(done) => done,
        }
    }
}

/// Why a window is judged.
pub(super) enum Occasion {
    /// One of its files arrived.
    FileCame,
    /// It is over.
    Over,
    /// It was closed, and files arrived that were written after that.
    ChangedAfterClosing(Box<Rewritten>),
}

/// Judges a window, given the result of looking for its baseline.
///
/// # Errors
/// Rejects a window that the settings or the baseline do not allow to judge; retries if a service does not answer.
pub(super) async fn compare(
    world: &impl World,
    known: &KnownBaselines,
    window: &Window,
    search: Result<BaselineSearch, Failure>,
    mut said: DetectedEndpoint,
    occasion: &Occasion,
    moment: &Moment,
) -> Result<Compared, Failure> {
    let found = match or_publish(world, window, search, moment).await? {
        BaselineSearch::Found(found) => found,
        BaselineSearch::Nothing(served) => {
            let done = publish_missing(world, window, &served.config, moment).await?;
            return Ok(Compared::NotJudged(done));
        }
    };
    let has_own = !said.ignore.is_empty() || !said.thresholds.is_empty();
    let found = if has_own { Rc::new(found.adjusted(&said)) } else { found };
    said.columns = found.place.columns.or(said.columns);
    let (place, columns) = (&found.place.constraints, found.baseline.constraints().features.len());
    let judged = match Attempt::begin_if_wide(world.table(), place, columns, moment).await {
        Ok(attempt) => {
            let judging = TrafficJudging { world, window, found: &found, said: &said, known, moment };
            let judged = match occasion {
                Occasion::FileCame => judging.judge(false).await,
                Occasion::Over => judging.judge(true).await,
                Occasion::ChangedAfterClosing(files) => {
                    judge_rewritten(world, window, &found, &said, files).await
                }
            };
            if let Some(attempt) = attempt {
                attempt.end(world.table(), judged.is_ok()).await?;
            }
            judged
        }
        Err(not_begun) => Err(not_begun.into()),
    };
    Ok(Compared::Judged(or_publish(world, window, judged, moment).await?))
}
