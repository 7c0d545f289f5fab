//! Findings on jobs that ended long ago: nobody can fix them. Once a day, they are closed as history, and stay in the list of all findings.
//!
//! The lists of open findings are walked through from the oldest resource on. A record reads some pages, and hands on the rest.

use std::fmt;

use sagewarden_events::{ClockTicked, Resource, Timestamp};
use sagewarden_lineage::id::NodeKind;
use sagewarden_lineage::rows::{OpenFindingRow, SEVERITIES, VerdictRow};
use sagewarden_lineage::table::Query;

use crate::enforce::listed::make_history;
use crate::ports::{PortError, Table};
use crate::reconcile::begin::LONGEST_JOB_MS;
use crate::sweep::{ends, is_lasting};
use crate::window::{DAY_MS, HOUR_MS};

/// The name of this work among the parts of a tick.
pub(super) const FINDINGS: &str = "findings";

/// Pages that one record reads at most.
const PAGES: usize = 10;
/// Resources on a page.
const ROWS: usize = 100;

/// Whether a tick is the first one of its day, in UTC.
pub(super) fn is_due(tick: Timestamp) -> bool {
    tick.millis().rem_euclid(DAY_MS) < HOUR_MS
}

/// Where the walk through the lists goes on, as it travels on the bus: `findings#<severity>#<last sort key>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct HistoryPlace {
    severity: usize,
    after: Option<String>,
}

impl HistoryPlace {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '#');
        let (work, severity, after) = (parts.next()?, parts.next()?, parts.next()?);
        let severity = SEVERITIES.iter().position(|known| *known == severity).filter(|_| work == FINDINGS)?;
        Some(Self { severity, after: Some(after.to_owned()).filter(|after| !after.is_empty()) })
    }
}

impl fmt::Display for HistoryPlace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = SEVERITIES.get(self.severity).copied().unwrap_or_default();
        write!(out, "{FINDINGS}#{severity}#{}", self.after.as_deref().unwrap_or_default())
    }
}

/// Closes the findings on jobs that ended `days` before the tick. Answers with the number of jobs, and with the place where the next record
/// goes on.
///
/// # Errors
/// When the table fails: the same record does the same once more.
pub(super) async fn close_finished(
    table: &impl Table,
    tick: &ClockTicked,
    days: i64,
    mut at: HistoryPlace,
    is_over: &dyn Fn() -> bool,
) -> Result<(usize, Option<HistoryPlace>), PortError> {
    let until = Timestamp::from_millis((tick.time.millis() - days * DAY_MS).max(0));
    let mut closed = 0;
    for _ in 0..PAGES {
        let Some(severity) = SEVERITIES.get(at.severity) else { return Ok((closed, None)) };
        let old = OpenFindingRow::created_until(severity, &tick.account, &tick.region, until);
        let page = table.query(&Query { after: at.after.take(), ..old }.at_most(ROWS)).await?;
        closed += close(table, page.items.iter().filter_map(OpenFindingRow::parse), until).await?;
        at = match page.next {
            Some(next) => HistoryPlace { after: Some(next), ..at },
            None => HistoryPlace { severity: at.severity + 1, after: None },
        };
        if is_over() {
            break;
        }
    }
    Ok((closed, Some(at).filter(|at| at.severity < SEVERITIES.len())))
}

/// Closes those findings that are about jobs which had ended by then.
async fn close(
    table: &impl Table,
    rows: impl Iterator<Item = OpenFindingRow>,
    until: Timestamp,
) -> Result<usize, PortError> {
    let jobs: Vec<(OpenFindingRow, Resource, Timestamp)> = rows
        .filter_map(|row| {
            let job = VerdictRow::resource(&row.subject).filter(|resource| !is_lasting(resource.kind))?;
            let created_at = VerdictRow::created_at(&row.subject)?;
            Some((row, job, created_at))
        })
        .collect();
    let named: Vec<(&Resource, Timestamp)> =
        jobs.iter().map(|(_, job, created_at)| (job, *created_at)).collect();
    let mut closed = 0;
    for ((row, job, created_at), end) in jobs.iter().zip(ends(table, &named).await?) {
        // The lineage does not record the states of some kinds.
        let has_states = NodeKind::of_resource(job.kind).is_some();
        let last_end = Timestamp::from_millis(created_at.millis() + LONGEST_JOB_MS);
        let end = if has_states { end } else { Some(last_end) };
        if end.is_some_and(|end| end <= until) {
            make_history(table, &row.subject, row.since).await?;
            closed += 1;
        }
    }
    Ok(closed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written_and_nothing_else_is() {
        let check = |place: HistoryPlace, text: &str| {
            assert_eq!(place.to_string(), text);
            assert_eq!(HistoryPlace::parse(text), Some(place));
        };
        check(HistoryPlace::default(), "findings#critical#");
        let after = "1/r/#000000000000005#tjob#1/r/a@5".to_owned();
        check(
            HistoryPlace { severity: 2, after: Some(after) },
            "findings#medium#1/r/#000000000000005#tjob#1/r/a@5",
        );
        for wrong in ["", "findings", "findings#high", "findings#bad#", "TrainingJob#7#3"] {
            assert_eq!(HistoryPlace::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_first_tick_of_a_day_is_the_one_in_its_first_hour() {
        let is_due = |hours: i64, minutes: i64| {
            is_due(Timestamp::from_millis(5 * DAY_MS + hours * HOUR_MS + minutes * 60_000))
        };
        assert!(is_due(0, 0) && is_due(0, 59));
        assert!(!is_due(1, 0) && !is_due(23, 59));
    }
}
