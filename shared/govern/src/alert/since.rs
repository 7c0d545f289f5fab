//! Since when a violation has been there: the first of the windows before this one that had the same violation,
//! without a gap.

use std::collections::BTreeMap;

use sagewarden_events::Timestamp;
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::rows::DetailRow;
use sagewarden_lineage::table::Key;
use sagewarden_monitor::{Violation, Violations};

use super::found::Observed;
use crate::ports::{PortError, Table};
use crate::window::Window;

/// How many windows are looked at: four days of hours, and as many as one request reads.
const LOOK_BACK: i64 = 96;

/// The violations of the windows before one.
#[derive(Debug, Default)]
pub(super) struct Since {
    /// The newest first, each with its start; up to the first window without violations.
    before: Vec<(Timestamp, Vec<Violation>)>,
}

impl Since {
    /// Empty for an execution: its schedule has no windows of one length.
    ///
    /// # Errors
    /// When the table fails.
    pub(super) async fn of(table: &impl Table, observed: &Observed<'_>) -> Result<Self, PortError> {
        let Observed::Window(evaluated) = observed else { return Ok(Self::default()) };
        let window = &evaluated.window;
        let nodes: Vec<(NodeId, Timestamp)> =
            (1..=LOOK_BACK).map(|back| earlier(window, back)).map(|each| (each.node(), each.start)).collect();
        let keys: Vec<Key> = nodes.iter().map(|(node, _)| DetailRow::key(node)).collect();
        let items = table.get(&keys).await?;
        let mut found: BTreeMap<NodeId, Vec<Violation>> =
            items.iter().filter_map(DetailRow::parse).filter_map(violations).collect();
        let found = nodes.into_iter().map_while(|(node, start)| Some((start, found.remove(&node)?)));
        Ok(Self { before: found.take_while(|(_, violations)| !violations.is_empty()).collect() })
    }

    /// The start of the first window that has the same violation, without a gap; `None` if the violation is new.
    pub(super) fn when(&self, violation: &Violation) -> Option<Timestamp> {
        let is_same = |other: &Violation| {
            other.subject() == violation.subject()
                && other.constraint_check_type == violation.constraint_check_type
        };
        let before = self.before.iter().take_while(|(_, found)| found.iter().any(is_same));
        before.last().map(|(start, _)| *start)
    }

    /// The earliest of several starts.
    pub(super) fn first_of(&self, violations: &[Violation]) -> Option<Timestamp> {
        violations.iter().filter_map(|violation| self.when(violation)).min()
    }
}

fn earlier(window: &Window, back: i64) -> Window {
    let length = window.end.millis() - window.start.millis();
    let moved = |time: Timestamp| Timestamp::from_millis(time.millis() - back * length);
    Window { start: moved(window.start), end: moved(window.end), ..window.clone() }
}

fn violations(row: DetailRow) -> Option<(NodeId, Vec<Violation>)> {
    let found = Violations::parse(row.json?.as_bytes()).ok()?;
    Some((row.id, found.violations))
}
