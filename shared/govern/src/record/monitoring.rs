//! Runs of monitoring schedules. The API knows them as processing jobs, and so do their events; which of the two a job is, only
//! its description says.

use std::collections::BTreeMap;

use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_lineage::edge::MONITORED;
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::observe::{Observation, observe};
use sagewarden_lineage::record::Record;
use sagewarden_lineage::rows::node::{MONITORING_TYPE, SCHEDULE};
use serde_json::Value as Json;

use crate::outcome::Failure;
use crate::ports::{Account, Description, Table};
use crate::record::incarnations::recorded_incarnation;

/// The role of the edge from a run to its finding.
pub(crate) const REPORT: &str = "report";

/// The node that an event is about; `None` if unknown: for a processing job that is gone, and that had no record
/// while it was there.
pub(crate) async fn node_of_event(
    table: &impl Table,
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
    let recorded = recorded_incarnation(table, resource, created_at).await?;
    Ok(recorded.filter(|id| id.created_at() == Some(created_at)))
}

/// Links a run to the endpoint whose traffic it looked at, as its schedule says.
pub(crate) async fn link_endpoint(
    account: &impl Account,
    record: &mut Record,
    seen: &Observation,
    schedule: &str,
) -> Result<(), Failure> {
    let schedule = Resource::parse_arn(schedule).map_err(|error| Failure::Reject(error.to_string()))?;
    record.fact(&seen.id, SCHEDULE, schedule.name.clone().into());
    let Some(described) = account.describe(&schedule).await? else {
        let what = format!("{schedule} was deleted before it could say which endpoint it watches");
        record.gap(&seen.id, MONITORED, what);
        return Ok(());
    };
    let text = |field: &str| described.document.get(field).and_then(Json::as_str);
    if let Some(kind) = text("MonitoringType") {
        record.fact(&seen.id, MONITORING_TYPE, kind.into());
    }
    // A schedule without an endpoint watches batch transforms.
    if let Some(endpoint) = text("EndpointName") {
        let endpoint = NodeId::endpoint(&schedule.sibling(ResourceKind::Endpoint, endpoint));
        record.observed(&seen.id, MONITORED, &endpoint, seen.created_at);
    }
    Ok(())
}
