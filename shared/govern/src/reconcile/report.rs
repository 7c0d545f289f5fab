//! The end of a sweep: how many resources were created in its time, how many of them no event had announced, and which ones are gone.

use sagewarden_events::Timestamp;
use sagewarden_lineage::rows::{ArrivedRow, MissedRow, SweepRow};

use crate::notify::{Kept, Moment, publish_once};
use crate::ports::{Metrics, PortError, SweptKind, Table};
use crate::reconcile::missed::{Lateness, notice};
use crate::record::closure::query_all;
use crate::world::World;

/// Reports the end of a sweep once, and marks it as reported. Returns the mark, and a text for the log.
///
/// # Errors
/// When the table or the bus fail: the same record reports the same once more.
pub(super) async fn report(
    world: &impl World,
    mut at: SweepRow,
    moment: &Moment,
) -> Result<(SweepRow, String), PortError> {
    let missed = missed(world, &at).await?;
    let count = missed.len() as u64;
    if let Some(until) = at.tally.until.filter(|_| at.tally.arrived > 0) {
        add_to_month(&mut at, until, count);
        let row = ArrivedRow {
            month: at.tally.month.clone(),
            kind: at.kind,
            region: at.region.clone(),
            until,
            arrived: at.tally.month_arrived,
            missed: at.tally.month_missed,
        };
        world.table().write(&row.writes()).await?;
    }
    let late = Lateness::of(&missed);
    if !missed.is_empty() {
        let notice = notice(&at, &missed, late);
        let cause = format!("missed#{}#{}#{}", at.kind.operation(), at.region, at.began.millis());
        publish_once(world.table(), world.bus(), moment, &cause, Kept::ForReplays, &notice).await?;
    }
    at.tally.is_reported = true;
    world.table().write(&[at.write()]).await?;
    let arrived = at.tally.arrived;
    world.metrics().swept(&SweptKind {
        kind: at.kind,
        time: moment.now,
        listed: at.listed,
        known: arrived.saturating_sub(count),
        missed: count,
        late_median_ms: late.map(|late| late.median_ms),
        late_most_ms: late.map(|late| late.most_ms),
        gone: at.gone,
    });
    let said =
        format!("{} {}s listed, {arrived} of them new, {count} missed, {} gone", at.listed, at.kind, at.gone);
    Ok((at, said))
}

/// The resources in the span of the sweep that no event had announced.
async fn missed(world: &impl World, at: &SweepRow) -> Result<Vec<MissedRow>, PortError> {
    let counted = at.tally.from.zip(at.tally.until).filter(|_| at.tally.arrived > 0);
    let Some((from, until)) = counted else { return Ok(Vec::new()) };
    let found = query_all(world.table(), MissedRow::between(from, until)).await?;
    let own = |row: &MissedRow| row.resource.kind == at.kind && row.resource.region == at.region;
    Ok(found.iter().filter_map(MissedRow::parse).filter(own).collect())
}

/// The sweeps of a kind follow each other, so each adds its own counts to the counts of the previous one. If a sweep covers midnight, its
/// counts belong to the new month.
fn add_to_month(at: &mut SweepRow, until: Timestamp, missed: u64) {
    let tally = &mut at.tally;
    let day = until.day();
    let month = day.rsplit_once('-').map_or(day.as_str(), |(month, _)| month);
    if tally.month != month {
        (tally.month, tally.month_arrived, tally.month_missed) = (month.to_owned(), 0, 0);
    }
    tally.month_arrived += tally.arrived;
    tally.month_missed += missed;
}
