//! Records the origin of resources: their facts, inputs and outputs, their callers, and the deployments in force.
//!
//! Three triggers lead here. An event says that a resource changed its state ([`RecordLineage::record`]). CloudTrail reports a call
//! ([`RecordLineage::record_call`]). A push brings commits ([`push::record_commit`]). An event only names a resource; the recorded facts
//! come from the description that the API gives. The same event twice, or late, leads to the same writes.

pub(crate) mod built_from;
pub(crate) mod closure;
pub(crate) mod commit;
pub(crate) mod commit_claim;
pub(crate) mod component;
pub(crate) mod created_by;
pub(crate) mod data;
pub(crate) mod data_versions;
pub(crate) mod deployed_by;
pub(crate) mod deployment;
pub(crate) mod described;
pub(crate) mod experiment;
pub(crate) mod explanation;
pub(crate) mod feature_group;
pub(crate) mod incarnations;
pub(crate) mod listed_data;
pub(crate) mod monitoring;
pub(crate) mod named;
pub(crate) mod pending;
pub(crate) mod pipeline;
pub(crate) mod push;
pub(crate) mod store;
pub(crate) mod traffic;
pub(crate) mod walk_commits;
pub(crate) mod write_back;

use std::collections::BTreeMap;

use sagewarden_events::{CallMade, Effect, Resource, ResourceChanged, ResourceKind, Timestamp};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::observe::{Approval, StatusMark, is_logged};
use sagewarden_lineage::record::Record;
use sagewarden_lineage::rows::JudgedRow;

use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Account, Description, PortError, Table};
use crate::record::component::{record_component_call, record_found_component};
use crate::record::created_by::{NOT_DESCRIBED, call_row, is_recent, link_calls};
use crate::record::deployed_by::record_deploying_call;
use crate::record::deployment::record_endpoint;
use crate::record::described::{has_no_events, record_described};
use crate::record::incarnations::{incarnations, is_recorded};
use crate::record::monitoring::node_of_event;
use crate::record::store::store_record;
use crate::record::traffic::{MOVES_TRAFFIC, record_traffic_call};
use crate::world::World;

/// The use case with the ports it needs.
#[derive(Clone, Copy, Debug)]
pub struct RecordLineage<'a, W> {
    /// Where resources are described and the lineage is kept.
    pub world: &'a W,
    /// Whether the commit of a job may be written onto its trial component, where the settings ask for that.
    pub writes_back: bool,
    /// The attempt.
    pub moment: &'a Moment,
}

impl<W: World> RecordLineage<'_, W> {
    /// Records the resource that an event is about.
    ///
    /// # Errors
    /// Rejects events of resources that do not exist and never were recorded; retries when a service does not answer.
    pub async fn record(&self, change: &ResourceChanged) -> Outcome {
        let Self { world, writes_back, moment } = *self;
        let resource = &change.resource;
        let described = world.account().describe(resource).await?;
        let reported = reported(world.table(), change, described.as_ref()).await?;
        if resource.kind == ResourceKind::Endpoint {
            return record_endpoint(world, moment, writes_back, change, described, reported).await;
        }
        let Some(description) = described else {
            self.store(reported).await?;
            return gone(world.table(), resource).await;
        };
        if resource.kind == ResourceKind::InferenceComponent {
            return record_found_component(world, moment, writes_back, &description).await;
        }
        let id = match record_described(world, moment, writes_back, &description, reported.clone()).await {
            Ok(id) => id,
            Err(failure) => {
                // The facts in the event itself are recorded first, without waiting for the others.
                self.store(reported).await?;
                return Err(failure);
            }
        };
        Ok(Done::Acted(format!("recorded {resource} ({})", id.tail())))
    }

    /// Records who made a call that created or deleted a resource.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn record_call(&self, call: &CallMade) -> Outcome {
        let nothing = |why: &str| Ok(Done::Nothing(format!("`{}` {why}", call.name)));
        if call.error_code.is_some() {
            return nothing("was refused: it changed nothing");
        }
        let Some(resource) = &call.resource else { return nothing("names no resource") };
        let (account, table) = (self.world.account(), self.world.table());
        if call.name == MOVES_TRAFFIC {
            return record_traffic_call(table, resource, call).await;
        }
        if resource.kind == ResourceKind::Endpoint {
            // All incarnations of an endpoint share one node, whose revisions say when the endpoint existed.
            return match call.effect {
                Effect::Deleted => nothing("follows from the states of the endpoint"),
                _ => record_deploying_call(table, self.moment, resource, call).await,
            };
        }
        if resource.kind == ResourceKind::InferenceComponent {
            return record_component_call(self.world, self.moment, self.writes_back, resource, call).await;
        }
        // Each call that makes or changes a router makes a revision of it.
        let is_revision = resource.kind == ResourceKind::InferenceRouter && call.effect != Effect::Deleted;
        let is_changed = call.effect == Effect::Changed && !is_revision;
        if NodeKind::of_resource(resource.kind).is_none() || is_changed {
            return nothing("leaves no trace in the lineage");
        }
        table.write(&[call_row(resource, call).write()]).await?;
        if has_no_events(resource.kind) && call.effect == Effect::Created || is_revision {
            // It is recorded from here, and once more by the jobs that it starts, or by a sweep.
            let description = account.describe(resource).await?;
            if description.is_none() && is_revision && is_recent(call, self.moment) {
                return Err(Failure::not_yet(format!("describe {resource}"), NOT_DESCRIBED));
            }
            if let Some(description) = description {
                record_described(self.world, self.moment, self.writes_back, &description, Record::default())
                    .await?;
            }
        }
        for (created_at, id) in incarnations(table, resource).await? {
            link_calls(table, self.moment, resource, &id, created_at).await?;
        }
        Ok(Done::Acted(format!("recorded who called `{}` for {resource}", call.name)))
    }

    /// Records the resource as it is now, without an event: as a drift alert does if it is faster than the events of the deployment, and a
    /// sweep.
    pub(crate) async fn record_found(&self, resource: &Resource) -> Outcome {
        self.record(&ResourceChanged {
            resource: resource.clone(),
            status: None,
            failure_reason: None,
            created_at: None,
            modified_at: None,
            tags: BTreeMap::new(),
            endpoint_config: None,
            approval: None,
            time: self.moment.now,
        })
        .await
    }

    /// The node of a resource that another one names, as [`described::incarnation`].
    pub(crate) async fn incarnation(
        &self,
        resource: &Resource,
        named_at: Timestamp,
    ) -> Result<Option<NodeId>, Failure> {
        described::incarnation(self.world, self.moment, self.writes_back, resource, named_at).await
    }

    /// Writes a record and refreshes the closures that it touches.
    pub(crate) async fn store(&self, record: Record) -> Result<(), PortError> {
        store_record(self.world.table(), self.moment, record, None).await
    }
}

/// The state that the event reports, which the description may have left behind already.
async fn reported(
    table: &impl Table,
    change: &ResourceChanged,
    described: Option<&Description>,
) -> Result<Record, Failure> {
    let mut record = Record::default();
    let (Some(at), Some(created)) = (change.modified_at, change.created_at) else { return Ok(record) };
    let Some(id) = node_of_event(table, &change.resource, created, described).await? else {
        return Ok(record);
    };
    if let Some(status) = &change.status {
        let reason = change.failure_reason.clone();
        let at = if change.resource.kind == ResourceKind::ModelPackage { created } else { at };
        record.status(&id, &StatusMark { status: status.clone(), at, reason });
    }
    // A version that is only logged has no approval, whatever the event says.
    let is_logged = described.is_some_and(|described| is_logged(&described.document));
    if let Some(state) = change.approval.as_ref().filter(|_| !is_logged) {
        let approval = Approval { state: state.clone(), at, by: None, description: None };
        record.approval(&id, &approval);
    }
    Ok(record)
}

/// The result for an event of a resource that no longer exists. A model that failed a control may be deleted before its event gets here.
async fn gone(table: &impl Table, resource: &Resource) -> Outcome {
    if is_recorded(table, resource).await? || is_judged(table, resource).await? {
        return Ok(Done::Nothing(format!("{resource} has been deleted; its lineage stays")));
    }
    Err(Failure::Reject(format!("{resource} was not found, and nothing was recorded of it before")))
}

async fn is_judged(table: &impl Table, resource: &Resource) -> Result<bool, PortError> {
    Ok(!table.get(&[JudgedRow::key(resource)]).await?.is_empty())
}
