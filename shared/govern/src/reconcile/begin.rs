//! The span of time that a sweep of a series looks at. It follows from the mark of the previous sweep.

use sagewarden_events::Timestamp;
use sagewarden_lineage::rows::{SweepRow, SweepTally};
use sagewarden_settings::ReconcileSettings;

use crate::sweep::is_lasting;
use crate::window::{DAY_MS, HOUR_MS};

/// The time that an event may take to arrive. Younger resources are left to the next sweep, so that each resource counts once.
const SETTLING_MS: i64 = 15 * 60_000;
/// No job runs for longer ("StoppingCondition", SageMaker API reference).
pub(super) const LONGEST_JOB_MS: i64 = 28 * DAY_MS;

/// The mark of a sweep that begins now. `last` is the sweep before it, if there was one; else it is the import.
pub(super) fn begin(fresh: SweepRow, last: Option<&SweepRow>, settings: &ReconcileSettings) -> SweepRow {
    let before = |time: Timestamp, millis: i64| Timestamp::from_millis((time.millis() - millis).max(0));
    let began = fresh.began;
    let (since, tally) = match last {
        None => {
            let tally = SweepTally { first: Some(began), until: Some(began), ..SweepTally::default() };
            (before(began, settings.import_days * DAY_MS), tally)
        }
        Some(SweepRow { began: last_began, tally: last, .. }) => {
            let overlap = before(*last_began, settings.overlap_hours * HOUR_MS);
            let open = last.oldest_open.map(|open| open.max(before(began, LONGEST_JOB_MS)));
            let until = Some(before(began, SETTLING_MS)).max(last.until);
            let tally = SweepTally {
                first: last.first,
                from: last.until,
                until,
                again_since: last.until,
                month: last.month.clone(),
                month_arrived: last.month_arrived,
                month_missed: last.month_missed,
                ..SweepTally::default()
            };
            (overlap.min(open.unwrap_or(overlap)), tally)
        }
    };
    let since = Some(since).filter(|_| !is_lasting(fresh.kind));
    SweepRow { since, tally, ..fresh }
}

#[cfg(test)]
mod tests {
    use sagewarden_events::ResourceKind;

    use super::*;

    fn fresh(kind: ResourceKind, hours: i64) -> SweepRow {
        SweepRow {
            kind,
            region: "r".to_owned(),
            began: at(hours),
            since: None,
            pages: 0,
            listed: 0,
            empty: 0,
            gone: 0,
            down_to: None,
            by_search: false,
            cursor: None,
            tally: SweepTally::default(),
        }
    }

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_millis(hours * HOUR_MS)
    }

    #[test]
    fn the_first_sweep_imports_and_counts_nothing() {
        let settings = ReconcileSettings { import_days: 10, ..ReconcileSettings::default() };
        let jobs = begin(fresh(ResourceKind::TrainingJob, 1_000), None, &settings);
        assert_eq!((jobs.since, jobs.tally.from, jobs.tally.until), (Some(at(760)), None, Some(at(1_000))));
        assert_eq!(jobs.tally.first, Some(at(1_000)));
        assert_eq!(begin(fresh(ResourceKind::Model, 1_000), None, &settings).since, None);
    }

    #[test]
    fn a_later_sweep_counts_each_time_once_and_goes_back_to_jobs_that_still_run() {
        let settings = ReconcileSettings::default();
        let check = |open: Option<i64>, expect: i64| {
            let mut last = begin(fresh(ResourceKind::TrainingJob, 1_000), None, &settings);
            last.tally.oldest_open = open.map(at);
            let next = begin(fresh(ResourceKind::TrainingJob, 1_001), Some(&last), &settings);
            assert_eq!(next.since, Some(at(expect)), "{open:?}");
            assert_eq!((next.tally.first, next.tally.from), (Some(at(1_000)), Some(at(1_000))));
            assert_eq!(next.tally.until, Some(Timestamp::from_millis(at(1_001).millis() - SETTLING_MS)));
            let third = begin(fresh(ResourceKind::TrainingJob, 1_002), Some(&next), &settings);
            assert_eq!(third.tally.from, next.tally.until);
        };
        check(None, 998);
        check(Some(999), 998);
        check(Some(900), 900);
        // Nothing runs for longer than 28 days.
        check(Some(1), 1_001 - 28 * 24);
    }
}
