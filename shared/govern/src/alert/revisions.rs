//! Which deployments were in force on an endpoint before a time.

use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::rows::RevisionRow;

use sagewarden_events::Timestamp;

use crate::ports::{PortError, Table};

/// How many revisions of an endpoint are read at once.
const MAX_REVISIONS: usize = 50;

/// The last revisions of an endpoint up to a time, the newest first.
///
/// # Errors
/// When the table fails.
pub(super) async fn revisions(
    table: &impl Table,
    endpoint: &NodeId,
    at: Timestamp,
) -> Result<Vec<RevisionRow>, PortError> {
    let page = table.query(&RevisionRow::until(endpoint, at).at_most(MAX_REVISIONS)).await?;
    Ok(page.items.iter().filter_map(RevisionRow::parse).collect())
}

/// Since when a deployment was in force at a time, and which was in force before it.
///
/// # Errors
/// When the table fails.
pub(super) async fn deployed_before(
    table: &impl Table,
    endpoint: &NodeId,
    deployment: &NodeId,
    at: Timestamp,
) -> Result<Option<(Timestamp, NodeId)>, PortError> {
    let mut since = None;
    for revision in revisions(table, endpoint, at).await? {
        match revision.deployment {
            Some(other) if other == *deployment => since = Some(revision.at),
            Some(other) => return Ok(since.map(|since| (since, other))),
            // The endpoint was deleted and created again.
            None => {}
        }
    }
    Ok(None)
}

/// Since when the configuration in force at a time has been in force. Changes of weights and of the number of
/// instances do not interrupt this.
///
/// # Errors
/// When the table fails.
pub(super) async fn in_force_since(
    table: &impl Table,
    endpoint: &NodeId,
    at: Timestamp,
) -> Result<Option<Timestamp>, PortError> {
    let (mut since, mut in_force, mut until) = (None, None, at);
    // Scaling leaves revisions, too: there may be more than one read returns.
    loop {
        let some = revisions(table, endpoint, until).await?;
        for revision in &some {
            let Some(deployment) = &revision.deployment else { return Ok(since) };
            if in_force.get_or_insert_with(|| deployment.clone()) != deployment {
                return Ok(since);
            }
            since = Some(revision.at);
        }
        let Some(oldest) = some.last() else { return Ok(since) };
        until = Timestamp::from_millis(oldest.at.millis() - 1);
    }
}
