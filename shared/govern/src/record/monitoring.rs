//! Runs of monitoring schedules. The API knows them as processing jobs, and so do their events; which of the two a job is, only
//! its description says.

use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_lineage::edge::{InEdge, Relation};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::observe::{Observation, observe};
use sagewarden_lineage::record::Record;
use sagewarden_lineage::table::Value;
use std::collections::BTreeMap;

use crate::outcome::Failure;
use crate::ports::{Account, Description};
use crate::record::RecordLineage;
use crate::world::World;

/// The role of the edge from an endpoint to the runs of its schedules.
pub(crate) const MONITORED: &str = "monitored";
/// The role of the edge from a run to what it found.
pub(crate) const REPORT: &str = "report";

impl<W: World> RecordLineage<'_, W> {
    /// The node that an event speaks of; `None` when that cannot be told: a processing job that is gone, and of which nothing
    /// was recorded while it was there.
    pub(crate) async fn node_of_event(
        &self,
        resource: &Resource,
        created_at: Timestamp,
        described: Option<&Description>,
    ) -> Result<Option<NodeId>, Failure> {
        if resource.kind != ResourceKind::ProcessingJob {
            return Ok(NodeId::resource(resource, created_at));
        }
        if let Some(description) = described {
            let seen = observe(&description.resource, &description.document, &BTreeMap::new())?;
            // The name may mean another job by now.
            if seen.created_at == created_at {
                return Ok(Some(seen.id));
            }
        }
        let recorded = self.recorded_incarnation(resource, created_at).await?;
        Ok(recorded.filter(|id| id.created_at() == Some(created_at)))
    }

    /// The endpoint whose traffic a run looked at, as its schedule says.
    pub(crate) async fn link_endpoint(
        &self,
        record: &mut Record,
        seen: &Observation,
        schedule: &str,
    ) -> Result<(), Failure> {
        let schedule = Resource::parse_arn(schedule).map_err(|error| Failure::Reject(error.to_string()))?;
        let name = Value::Text(schedule.name.clone());
        record.fact(&seen.id, "schedule", name);
        let Some(described) = self.world.account().describe(&schedule).await? else {
            let what = format!("{schedule} was deleted before it could say which endpoint it watches");
            record.gap(&seen.id, MONITORED, what);
            return Ok(());
        };
        let text = |field: &str| described.document.get(field).and_then(serde_json::Value::as_str);
        if let Some(kind) = text("MonitoringType") {
            record.fact(&seen.id, "monitoring_type", Value::Text(kind.to_owned()));
        }
        // A schedule without an endpoint watches batch transforms.
        if let Some(endpoint) = text("EndpointName") {
            let endpoint = NodeId::endpoint(&schedule.sibling(ResourceKind::Endpoint, endpoint));
            record.edge(&seen.id, &InEdge::new(Relation::AssociatedWith, MONITORED, endpoint));
        }
        Ok(())
    }
}
