//! Measures the due windows: a few in each record, however many there are.

use std::collections::BTreeMap;

use sagewarden_events::{ClockTicked, Timestamp, WatchScope, Watched};
use sagewarden_lineage::rows::DueWindowRow;
use sagewarden_lineage::table::{Key, Write};

use super::files::LabelledFiles;
use super::judge::judge;
use super::watch;
use crate::detect::unjudged::publish_unmeasured;
use crate::detect::window_rows;
use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::parts::{Cut, NamePage, Parts};
use crate::ports::Table;
use crate::window::Window;
use crate::world::World;

/// How many windows a record measures: each may take seconds to read.
const IN_A_PART: usize = 2;
/// How many due windows a page lists.
const PAGE: usize = 100;

/// Measures the due windows. If there are many, hands them on in parts.
pub(super) async fn measure_due(world: &impl World, tick: &ClockTicked, moment: &Moment) -> Outcome {
    let from = match tick.part.as_ref().map(|part| &part.scope) {
        Some(WatchScope::These(keys)) => return measure_these(world, keys, moment).await,
        Some(WatchScope::From(from)) => Some(from.clone()),
        None => None,
    };
    let page = async |from: Option<String>| {
        let mut query = DueWindowRow::due_before(moment.now).at_most(PAGE);
        query.after = from;
        let page = world.table().query(&query).await?;
        let rows = page.items.iter().filter_map(DueWindowRow::parse);
        Ok(NamePage { names: rows.map(|row| row.key().sk).collect(), next: page.next })
    };
    let parts = Parts { tick: tick.time, watched: Watched::Labels, size: IN_A_PART };
    match parts.cut(world.bus(), from, page).await? {
        Cut::Here(keys) => measure_these(world, &keys, moment).await,
        Cut::HandedOn(done) => Ok(done),
    }
}

async fn measure_these(world: &impl World, sort_keys: &[String], moment: &Moment) -> Outcome {
    let keys: Vec<Key> = sort_keys.iter().map(|key| DueWindowRow::key_of(key)).collect();
    let items = world.table().get(&keys).await?;
    let mut done = Done::Nothing("no predictions are to be measured".to_owned());
    let mut failed = None;
    // Anybody who may put events on the bus can name any window.
    let rows = items.iter().filter_map(DueWindowRow::parse).filter(|row| row.due <= moment.now);
    let mut windows: BTreeMap<String, Vec<DueWindowRow>> = BTreeMap::new();
    for row in rows {
        windows.entry(row.window.partition()).or_default().push(row);
    }
    for rows in windows.values() {
        match measure(world, rows, moment).await {
            Ok(outcome) => done = done.and(outcome),
            // It is tried again; meanwhile the others must not wait for it.
            Err(retry) => {
                failed.get_or_insert(retry);
            }
        }
    }
    failed.map_or(Ok(done), Err)
}

/// Measures a window, which may be due for several reasons.
async fn measure(world: &impl World, rows: &[DueWindowRow], moment: &Moment) -> Outcome {
    let Some(latest) = rows.iter().max_by_key(|row| row.due) else {
        return Ok(Done::Nothing("no predictions are to be measured".to_owned()));
    };
    let window = Window::from(latest.window.clone());
    match watch_and_judge(world, rows, &window, moment.now).await {
        Ok(done) => Ok(done),
        Err(Failure::Retry(error)) if error.is_transient() => Err(error.into()),
        Err(failure) => {
            publish_unmeasured(world, &window, &failure, moment).await?;
            // The last measurement is tried until the window is too old; before that, the next time it is due is a
            // new attempt.
            if window_rows::is_long_after(latest.due, moment.now) {
                world.table().write(&deletions(rows)).await?;
                return Ok(Done::Acted(format!(
                    "predictions of {} are given up: {failure}",
                    window.endpoint
                )));
            }
            Ok(Done::Acted(format!("predictions of {} cannot be measured yet: {failure}", window.endpoint)))
        }
    }
}

fn deletions(rows: &[DueWindowRow]) -> Vec<Write> {
    rows.iter().map(|row| Write::Delete(row.key())).collect()
}

async fn watch_and_judge(
    world: &impl World,
    rows: &[DueWindowRow],
    window: &Window,
    now: Timestamp,
) -> Outcome {
    let (table, detect) = (world.table(), &world.settings().drift.detect);
    let Some(watch) = watch::find(world, window).await? else {
        table.write(&deletions(rows)).await?;
        return Ok(Done::Nothing(format!(
            "neither settings nor schedule name a place for labels of {} any more",
            window.endpoint
        )));
    };
    let until = watch.until(window, detect.close_after_minutes);
    let is_last = now >= until;
    if !is_last {
        // Also if the settings now allow labels to arrive for longer than before.
        let last = DueWindowRow { due: until, window: window.open_row() };
        table.write(&[Write::Put(last.item())]).await?;
    }
    let (done, measured) = judge(world, &watch, window, is_last).await?;
    table.write(&deletions(rows)).await?;
    if LabelledFiles::of(table, detect, &watch, window).await? != measured {
        // Another process may have noted them before these rows were deleted.
        table.write(&rows.iter().map(|row| Write::Put(row.item())).collect::<Vec<_>>()).await?;
    }
    Ok(done)
}
