//! Judges the windows that are over once more.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::{ClockTicked, Timestamp, WatchScope, Watched};

use super::compare::{Compared, Occasion, compare};
use super::find_baseline::find_baseline;
use super::known_baselines::KnownBaselines;
use super::rewritten::Rewritten;
use super::unjudged::or_publish;
use super::window_rows::{self, WindowFiles};
use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::parts::{Cut, NamePage, Parts};
use crate::ports::Account;
use crate::quality::expect::expect;
use crate::window::{HOUR_MS, Window};
use crate::world::World;

/// How many windows a record judges: each from its files, one after the other.
const IN_A_PART: usize = 20;
/// How many windows that are over a page lists.
const PAGE: usize = 100;
/// How many windows of one endpoint a record hands on. Somebody who writes files of many hours must not hold up the
/// windows of others.
const OF_AN_ENDPOINT: usize = 20;
/// How often the clock ticks, as the template says.
const TICK_MS: i64 = 5 * 60_000;

/// The state of a window that is over.
enum Closing {
    Closed(Done),
    /// The window waits until somebody fixes the cause, or until it is given up.
    StaysOpen(Done),
}

/// Judges the windows that are over for the last time, and publishes their metrics. If there are many, hands them on
/// in parts.
///
/// # Errors
/// When a service does not answer.
pub(super) async fn close_windows(
    world: &impl World,
    known: &KnownBaselines,
    tick: &ClockTicked,
    moment: &Moment,
) -> Outcome {
    let before = Timestamp::from_millis(moment.now.millis() - patience(world));
    match tick.part.as_ref().map(|part| &part.scope) {
        Some(WatchScope::These(keys)) => {
            let mut open = window_rows::open(world.table(), keys).await?;
            // Anybody who may put events on the bus can name any window: a window that is not over must not be judged
            // as if it were complete.
            open.retain(|window| window.end <= before);
            close_these(world, known, &open, moment).await
        }
        Some(WatchScope::From(from)) => hand_on(world, known, tick, before, Some(from.clone()), moment).await,
        None => {
            let (ended, next) = window_rows::ended(world.table(), before, None, PAGE).await?;
            if next.is_none() && ended.len() <= IN_A_PART {
                return close_these(world, known, &ended, moment).await;
            }
            hand_on(world, known, tick, before, None, moment).await
        }
    }
}

/// How long after its end a window is over: files arrive late.
fn patience(world: &impl World) -> i64 {
    world.settings().drift.detect.close_after_minutes * 60_000
}

/// Hands on the windows that ended since the last tick, and once an hour all that are still open. So windows that
/// another record is closing right now are not handed on every five minutes.
async fn hand_on(
    world: &impl World,
    known: &KnownBaselines,
    tick: &ClockTicked,
    before: Timestamp,
    from: Option<String>,
    moment: &Moment,
) -> Outcome {
    let table = world.table();
    let is_first_of_its_hour = tick.time.millis().rem_euclid(HOUR_MS) < TICK_MS;
    let is_due = |window: &Window| {
        is_first_of_its_hour || window.end.millis() >= tick.time.millis() - patience(world) - TICK_MS
    };
    let taken = RefCell::default();
    let page = async |from: Option<String>| {
        let (mut ended, next) = window_rows::ended(table, before, from, PAGE).await?;
        ended.retain(&is_due);
        Ok(NamePage { names: in_turn(&ended, &mut taken.borrow_mut()), next })
    };
    let parts = Parts { tick: tick.time, watched: Watched::Windows, size: IN_A_PART };
    match parts.cut(world.bus(), from, page).await? {
        Cut::Here(keys) => {
            let open = window_rows::open(table, &keys).await?;
            close_these(world, known, &open, moment).await
        }
        Cut::HandedOn(done) => Ok(done),
    }
}

/// The first window of each endpoint, then the second of each, up to a limit; `taken` is how many there were before.
/// The rest is handed on in the next hour.
fn in_turn(windows: &[Window], taken: &mut BTreeMap<String, usize>) -> Vec<String> {
    let mut turns: Vec<(usize, String)> = Vec::new();
    for window in windows {
        let turn = taken.entry(window.endpoint.arn()).or_default();
        turns.push((*turn, window.open_row().key().sk));
        *turn += 1;
    }
    turns.retain(|(turn, _)| *turn < OF_AN_ENDPOINT);
    turns.sort_by_key(|(turn, _)| *turn);
    turns.into_iter().map(|(_, key)| key).collect()
}

async fn close_these(
    world: &impl World,
    known: &KnownBaselines,
    windows: &[Window],
    moment: &Moment,
) -> Outcome {
    let mut done = Done::Nothing("no window is over".to_owned());
    let mut failed = None;
    // If one window of a variant fails, most others fail for the same reason: one is tried at a time.
    let mut waiting = BTreeSet::new();
    for window in windows {
        let whose = (window.endpoint.arn(), window.variant.clone());
        if waiting.contains(&whose) && !window_rows::is_old(window, moment.now) {
            continue;
        }
        match close(world, known, window, moment).await {
            Ok(Closing::Closed(outcome)) => done = done.and(outcome),
            Ok(Closing::StaysOpen(outcome)) => {
                done = done.and(outcome);
                waiting.insert(whose);
            }
            // It is tried again; meanwhile the others must still close.
            Err(retry) => {
                failed.get_or_insert(retry);
            }
        }
    }
    failed.map_or(Ok(done), Err)
}

async fn close(
    world: &impl World,
    known: &KnownBaselines,
    window: &Window,
    moment: &Moment,
) -> Result<Closing, Failure> {
    let table = world.table();
    let deadline = window_rows::deadline(window, &world.settings().drift.detect);
    // Predictions are measured whatever the result of the data is.
    expect(world, window, moment).await?;
    let files = window_rows::files(table, window, deadline).await?;
    let occasion = occasion(world, window, &files).await?;
    match judge_last(world, known, window, &occasion, moment).await {
        Ok(Compared::Judged(done)) => {
            // This comes first: if a window were closed without it, nobody would notice a rewrite.
            window_rows::note_closed(table, window, &files.in_time).await?;
            window_rows::close(table, window, &files, deadline).await?;
            Ok(Closing::Closed(done))
        }
        Ok(Compared::NotJudged(done)) => {
            window_rows::give_up(table, window).await?;
            Ok(Closing::Closed(done))
        }
        Err(Failure::Retry(error)) if error.is_transient() => Err(error.into()),
        // The fault is published, and somebody may fix it soon.
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

/// Files that were written long after a window was closed do not make it close again.
async fn occasion(world: &impl World, window: &Window, files: &WindowFiles) -> Result<Occasion, Failure> {
    if files.late.is_empty() {
        return Ok(Occasion::Over);
    }
    let closed = window_rows::closed_with(world.table(), window).await?;
    if closed.is_none_or(|closed| closed.files != window_rows::digest(&files.in_time)) {
        return Ok(Occasion::Over);
    }
    let closed_at = window_rows::due(window, &world.settings().drift.detect);
    Ok(Occasion::ChangedAfterClosing(Box::new(Rewritten { files: files.clone(), closed_at })))
}

/// Against the present baseline, whatever baseline its files were compared with while it was open.
async fn judge_last(
    world: &impl World,
    known: &KnownBaselines,
    window: &Window,
    occasion: &Occasion,
    moment: &Moment,
) -> Result<Compared, Failure> {
    let described = world.account().describe(&window.endpoint).await;
    let Some(described) = or_publish(world, window, described, moment).await? else {
        let text = format!("{} is gone, so its last window is not judged", window.endpoint);
        return Ok(Compared::Judged(Done::Nothing(text)));
    };
    let said = world.settings().drift.detect.of(&window.endpoint.name);
    let search = find_baseline(world, &known.read, window, &described.document, &said, moment).await;
    compare(world, known, window, search, said, occasion, moment).await
}
