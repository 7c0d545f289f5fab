//! Which deployment was in force on an endpoint, from when and until when.

use sagewarden_events::Timestamp;
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::rows::RevisionRow;

use super::question::NoAnswer;
use super::reading::{Interrupted, Reading};
use crate::ports::Table;

/// Deployments that an answer about the past of an endpoint looks into; older ones are named without.
pub(super) const LOOKED_INTO: usize = 10;

/// A time during which a deployment was in force on an endpoint, or none.
#[derive(Clone, Debug)]
pub struct DeploymentPeriod {
    /// The deployment; `None` if the endpoint was deleted.
    pub deployment: Option<NodeId>,
    /// Since when.
    pub from: Timestamp,
    /// Until when; `None` if it is in force now.
    pub until: Option<Timestamp>,
}

impl DeploymentPeriod {
    pub(super) fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// The deployment in force at a time. The outer `None` means that nothing is known about that time.
pub(super) async fn deployment_in_force<T: Table>(
    reading: &Reading<'_, T>,
    endpoint: &NodeId,
    at: Timestamp,
) -> Result<Option<Option<NodeId>>, NoAnswer> {
    let page = reading.query(&RevisionRow::until(endpoint, at).at_most(1)).await?;
    Ok(page.items.first().and_then(RevisionRow::parse).map(|revision| revision.deployment))
}

/// The deployments with the periods in which they were in force, the oldest first.
pub(super) async fn periods<T: Table>(
    reading: &Reading<'_, T>,
    endpoint: &NodeId,
) -> Result<Vec<DeploymentPeriod>, Interrupted> {
    let rows = reading.query_all(RevisionRow::of(endpoint)).await?;
    Ok(deployment_periods(rows.iter().filter_map(RevisionRow::parse)))
}

/// The periods of all revisions of an endpoint, which are in the order of their times. Consecutive revisions with the same deployment are
/// one period.
#[must_use]
pub fn deployment_periods(revisions: impl Iterator<Item = RevisionRow>) -> Vec<DeploymentPeriod> {
    let mut periods: Vec<DeploymentPeriod> = Vec::new();
    for RevisionRow { at: from, deployment, .. } in revisions {
        match periods.last_mut() {
            Some(last) if last.deployment == deployment => {}
            last => {
                if let Some(last) = last {
                    last.until = Some(from);
                }
                periods.push(DeploymentPeriod { deployment, from, until: None });
            }
        }
    }
    periods
}
