//! Nodes that an alert needs: the endpoint and the job, whose own events may be late.

use sagewarden_events::{Resource, Timestamp};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::record::Record;

use crate::notify::Moment;
use crate::outcome::Failure;
use crate::record::RecordLineage;
use crate::record::store::store_record;
use crate::world::World;

/// `record-lineage` alone may write commits back.
fn recorder<'a, W: World>(world: &'a W, moment: &'a Moment) -> RecordLineage<'a, W> {
    RecordLineage { world, writes_back: false, moment }
}

/// Records an endpoint as it is now, so that the lineage knows what ran on it. If the endpoint is gone, its recorded
/// facts stay.
pub(super) async fn record_now(
    world: &impl World,
    endpoint: &Resource,
    moment: &Moment,
) -> Result<(), Failure> {
    match recorder(world, moment).record_found(endpoint).await {
        Ok(_) | Err(Failure::Reject(_)) => Ok(()),
        Err(retry) => Err(retry),
    }
}

/// The node of a job. The job's own event may be late: the function that sees the job first records it.
pub(super) async fn incarnation_of(
    world: &impl World,
    moment: &Moment,
    job: &Resource,
    created_at: Timestamp,
) -> Result<Option<NodeId>, Failure> {
    recorder(world, moment).incarnation(job, created_at).await
}

/// Writes a finding.
pub(super) async fn store(world: &impl World, moment: &Moment, record: Record) -> Result<(), Failure> {
    Ok(store_record(world.table(), moment, record, None).await?)
}
