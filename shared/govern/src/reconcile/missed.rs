//! The notice about events that never arrived.

use sagewarden_lineage::rows::{MissedRow, SweepRow};
use serde_json::json;

use crate::counted::counted;
use crate::ports::Notice;

/// The `detail-type` of events that never arrived.
pub const EVENTS_MISSED: &str = "Sagewarden Events Missed";

/// Resources that a notice names.
const NAMED: usize = 10;
const ADVICE: &str = "see whether messages wait in the dead-letter queues of the rules and functions, whether the rules are on, and whether a \
                      trail logs management events (docs/runbook.md, Events were missed)";

/// How long after their creation the resources were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lateness {
    pub(super) median_ms: i64,
    pub(super) most_ms: i64,
}

impl Lateness {
    /// `None` if nothing was missed. If the number is even, the median is the later one of the two in the middle.
    pub(super) fn of(missed: &[MissedRow]) -> Option<Self> {
        let mut late: Vec<i64> =
            missed.iter().map(|row| (row.found_at.millis() - row.created_at.millis()).max(0)).collect();
        late.sort_unstable();
        Some(Self { median_ms: *late.get(late.len() / 2)?, most_ms: *late.last()? })
    }
}

/// The notice about the resources that no event had announced; `docs/EVENTS.md` has its schema.
pub(super) fn notice(at: &SweepRow, missed: &[MissedRow], late: Option<Lateness>) -> Notice {
    let arns: Vec<String> = missed.iter().take(NAMED).map(|row| row.resource.arn()).collect();
    let (kind, arrived) = (at.kind, at.tally.arrived);
    let count = counted(missed.len(), "event");
    let found = match missed {
        [only] => format!("a sweep found {}", only.resource),
        _ => format!("a sweep found the {kind}s"),
    };
    let detail = json!({
        "text": format!("{count} did not arrive, of {} about new {kind}s; {found}", arrived),
        "about": format!("{kind}s in {}", at.region),
        "advice": ADVICE,
        "kind": kind.operation(),
        "region": at.region,
        "from": at.tally.from,
        "until": at.tally.until,
        "expected": arrived,
        "missed": missed.len(),
        "late_median_seconds": late.map(|late| late.median_ms / 1_000),
        "late_max_seconds": late.map(|late| late.most_ms / 1_000),
        "resources": arns,
    });
    Notice::new(EVENTS_MISSED, arns, detail)
}

#[cfg(test)]
mod tests {
    use sagewarden_events::{Resource, ResourceKind, Timestamp};

    use super::*;

    #[test]
    fn lateness_is_from_the_creation_to_the_sweep() {
        let row = |late: i64| MissedRow {
            resource: Resource::in_region(ResourceKind::Model, "1", "r", "m"),
            created_at: Timestamp::from_millis(1_000),
            found_at: Timestamp::from_millis(1_000 + late),
        };
        let check = |lates: &[i64], expect: Option<(i64, i64)>| {
            let rows: Vec<MissedRow> = lates.iter().map(|late| row(*late)).collect();
            let found = Lateness::of(&rows).map(|late| (late.median_ms, late.most_ms));
            assert_eq!(found, expect, "{lates:?}");
        };
        check(&[], None);
        check(&[5], Some((5, 5)));
        check(&[9, 1, 5], Some((5, 9)));
        check(&[9, 1], Some((9, 9)));
        // Clocks differ.
        check(&[-3], Some((0, 0)));
    }
}
