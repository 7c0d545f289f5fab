//! An endpoint changed: the configuration in force and since when, and the closure of the live deployment.
//!
//! A deployment is a configuration in force on an endpoint; the endpoint's revisions say from when. Revisions are facts of
//! the endpoint's history and may be reported in any order; the newest one is what runs.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::{Resource, ResourceChanged, ResourceKind, Status, Timestamp};
use sagewarden_lineage::edge::{InEdge, Relation, SHADOW};
use sagewarden_lineage::graph::Edge;
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::observe::{Observation, observe};
use sagewarden_lineage::record::{NEVER_FILLED, Record};
use sagewarden_lineage::rows::node::{ARN, ENDPOINT};
use sagewarden_lineage::rows::{ComponentRow, EndpointRow, RevisionRow};
use sagewarden_lineage::table::Attributes;
use sagewarden_lineage::walk::Limits;

use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Account, Description, PortError, Table};
use crate::record::built_from::link_commit;
use crate::record::closure::{query_all, settle_deployment, upstream};
use crate::record::commit_claim::claimed;
use crate::record::deployed_by::link_deployer;
use crate::record::described::incarnation;
use crate::record::store::store_record;
use crate::world::World;

/// The role of the edge from a configuration to its deployment.
const CONFIGURATION: &str = "configuration";

/// A configuration came into force, or the endpoint went away.
#[derive(PartialEq, Eq)]
struct Revision {
    at: Timestamp,
    created: Timestamp,
    config: Option<String>,
}

/// An endpoint as it was described, with its tags.
struct DescribedEndpoint {
    observation: Observation,
    tags: BTreeMap<String, String>,
}

/// Records an endpoint's state and its deployment in force. `reported` is the state in the event.
pub(crate) async fn record_endpoint(
    world: &impl World,
    moment: &Moment,
    writes_back: bool,
    change: &ResourceChanged,
    described: Option<Description>,
    reported: Record,
) -> Outcome {
    let endpoint = &change.resource;
    let seen = match &described {
        Some(description) => {
            let tags = world.account().tags(endpoint).await?;
            let observation = observe(endpoint, &description.document, &tags)?;
            Some(DescribedEndpoint { observation, tags })
        }
        None => None,
    };
    let revisions = revisions(change, seen.as_ref().map(|seen| &seen.observation));
    let mut record = reported;
    if let Some(DescribedEndpoint { observation, .. }) = &seen {
        let status = observation.status.clone().filter(|mark| in_force(&mark.status));
        record.observation(&Observation { status, ..observation.clone() });
    }
    store_record(world.table(), moment, record, None).await?;
    if seen.is_none() && revisions.is_empty() {
        return Err(Failure::Reject(format!("{endpoint} was not found")));
    }
    let mut done = format!("recorded {endpoint}; nothing is in force yet");
    for revision in revisions {
        done = record_revision(world, moment, writes_back, endpoint, &revision, seen.as_ref()).await?;
    }
    Ok(Done::Acted(done))
}

async fn record_revision(
    world: &impl World,
    moment: &Moment,
    writes_back: bool,
    endpoint: &Resource,
    revision: &Revision,
    seen: Option<&DescribedEndpoint>,
) -> Result<String, Failure> {
    let table = world.table();
    let node = NodeId::endpoint(endpoint);
    let mut deployment = None;
    if let Some(config) = &revision.config {
        let resource = endpoint.sibling(ResourceKind::EndpointConfig, config);
        let Some(config_node) = incarnation(world, moment, writes_back, &resource, revision.at).await? else {
            record_gap(table, moment, &node, &resource).await?;
            return Ok(format!("configuration `{config}` of {endpoint} is gone: recorded as a gap"));
        };
        let recorded =
            record_deployment(world, moment, endpoint, revision.created, &resource, config_node, seen)
                .await?;
        deployment = Some(recorded);
    }
    let row = RevisionRow { endpoint: node.clone(), at: revision.at, deployment: deployment.clone() };
    let [revision_row, pointer] = row.writes();
    table.write(&[revision_row, pointer, EndpointRow::write(&row)]).await?;
    if let Some(deployment) = &deployment {
        link_deployer(table, moment, endpoint, deployment, revision.at).await?;
    }
    let concerned: BTreeSet<NodeId> =
        [replaced(table, &row).await?, deployment].into_iter().flatten().collect();
    for each in concerned {
        settle_deployment(table, &node, &each).await?;
    }
    if revision.config.is_none() {
        settle_components(table, &node).await?;
    }
    Ok(match &revision.config {
        Some(config) => format!("recorded deployment of `{config}` on {endpoint}"),
        None => format!("recorded that {endpoint} is deleted"),
    })
}

/// An endpoint that is deleted takes its inference components along.
async fn settle_components(table: &impl Table, endpoint: &NodeId) -> Result<(), PortError> {
    let rows = query_all(table, ComponentRow::of(endpoint)).await?;
    for row in rows.iter().filter_map(ComponentRow::parse) {
        settle_deployment(table, endpoint, &row.version).await?;
    }
    Ok(())
}

/// The deployment that a revision replaced: its closure must go.
///
/// INVARIANT: each revision updates the one right before it, whether or not that one is in force. After a process died, the pointer no
/// longer says which deployment was in force before; and the event of a revision in between may arrive later.
async fn replaced(table: &impl Table, row: &RevisionRow) -> Result<Option<NodeId>, PortError> {
    let newest = table.query(&row.and_before().at_most(2)).await?;
    let before = newest.items.iter().filter_map(RevisionRow::parse).find(|revision| revision != row);
    Ok(before.and_then(|revision| revision.deployment))
}

async fn record_gap(
    table: &impl Table,
    moment: &Moment,
    endpoint: &NodeId,
    config: &Resource,
) -> Result<(), PortError> {
    let mut record = Record::default();
    record.gap(endpoint, NEVER_FILLED, format!("{config} was deleted before it could be recorded"));
    store_record(table, moment, record, None).await
}

/// Records a configuration in force on an endpoint; returns its node.
async fn record_deployment(
    world: &impl World,
    moment: &Moment,
    endpoint: &Resource,
    endpoint_created: Timestamp,
    config: &Resource,
    config_node: NodeId,
    seen: Option<&DescribedEndpoint>,
) -> Result<NodeId, Failure> {
    let config_created = config_node.created_at().unwrap_or(Timestamp::from_millis(0));
    let id = NodeId::deployment(endpoint, endpoint_created, &config.name, config_created);
    let facts = Attributes::from([
        (ENDPOINT.into(), NodeId::endpoint(endpoint).to_string().into()),
        (ARN.into(), endpoint.arn().into()),
    ]);
    let mut record = Record::default();
    record.node(&id, &format!("{}/{}", endpoint.name, config.name), Some(config_created), facts);
    record.edge(&id, &InEdge::new(Relation::ContributedTo, CONFIGURATION, config_node));
    if let Some(seen) = seen {
        link_deployment(world, &mut record, &id, config, config_created, seen).await?;
    }
    store_record(world.table(), moment, record, Some(&id)).await?;
    Ok(id)
}

/// The images that the endpoint resolved, and the commit of the deployment's code: named by a tag of the configuration
/// or the endpoint, else the head of the branch when the configuration was made.
async fn link_deployment(
    world: &impl World,
    record: &mut Record,
    id: &NodeId,
    config: &Resource,
    config_created: Timestamp,
    seen: &DescribedEndpoint,
) -> Result<(), Failure> {
    let DescribedEndpoint { observation, tags } = seen;
    if observation.config.as_deref() == Some(config.name.as_str()) {
        for (role, reference) in &observation.images {
            let image = record.image(reference);
            record.edge(id, &InEdge::new(Relation::ContributedTo, role, image));
        }
    }
    let mut tags = tags.clone();
    tags.extend(world.account().tags(config).await?);
    // The commit belongs to the deployment, whose time is the configuration's; claims are read from the tags alone.
    let document = serde_json::json!({ "CreationTime": config_created.millis() });
    let mut asked = observe(config, &document, &tags)?;
    asked.id = id.clone();
    let claimed = claimed(&asked, None, &tags, &world.settings().lineage);
    link_commit(world, record, &asked, claimed).await?;
    Ok(())
}

/// The deployment that was in force on an endpoint at a time; `None` when none was, or none is known.
///
/// # Errors
/// When the table fails.
pub async fn deployment_at(
    table: &impl Table,
    endpoint: &NodeId,
    at: Timestamp,
) -> Result<Option<NodeId>, PortError> {
    let newest = table.query(&RevisionRow::until(endpoint, at).at_most(1)).await?;
    Ok(newest.items.first().and_then(RevisionRow::parse).and_then(|revision| revision.deployment))
}

/// The deployment that was in force when a span of time began, else the first that came into force in it: a later one changes
/// nothing about earlier calls.
pub(crate) async fn deployment_in(
    table: &impl Table,
    endpoint: &NodeId,
    began: Timestamp,
    ended: Timestamp,
) -> Result<Option<NodeId>, PortError> {
    if let Some(deployment) = deployment_at(table, endpoint, began).await? {
        return Ok(Some(deployment));
    }
    let revisions = query_all(table, RevisionRow::between(endpoint, began, ended)).await?;
    Ok(revisions.iter().filter_map(RevisionRow::parse).find_map(|revision| revision.deployment))
}

/// The edges from a deployment over its configuration to its models.
const TO_MODELS: Limits = Limits { max_depth: 2, max_nodes: 100 };

/// The model of a variant of a deployment; `None` if the lineage does not know it.
///
/// # Errors
/// When the table fails.
pub(crate) async fn model_of(
    table: &impl Table,
    deployment: &NodeId,
    variant: &str,
) -> Result<Option<NodeId>, PortError> {
    let graph = upstream(table, [deployment.clone()], TO_MODELS).await?;
    let roles = ["variant", SHADOW].map(|list| format!("{list}/{variant}"));
    let is_of_variant = |edge: &&Edge| roles.contains(&edge.role) && edge.from.kind() == NodeKind::Model;
    let model = graph.edges.iter().find(is_of_variant);
    Ok(model.map(|edge| edge.from.clone()))
}

/// Whether a state means that an endpoint's configuration is in force.
fn in_force(status: &Status) -> bool {
    *status == Status::InService
}

fn revisions(change: &ResourceChanged, seen: Option<&Observation>) -> Vec<Revision> {
    let mut revisions = Vec::new();
    if let (Some(status), Some(at), Some(created)) = (&change.status, change.modified_at, change.created_at) {
        if in_force(status) && change.endpoint_config.is_some() {
            revisions.push(Revision { at, created, config: change.endpoint_config.clone() });
        } else if *status == Status::Deleting {
            revisions.push(Revision { at, created, config: None });
        }
    }
    let described = seen.and_then(|seen| Some((seen, seen.status.as_ref()?, seen.config.as_ref()?)));
    if let Some((seen, mark, config)) = described.filter(|(_, mark, _)| in_force(&mark.status)) {
        let revision = Revision { at: mark.at, created: seen.created_at, config: Some(config.clone()) };
        // The event and the description mostly report the same.
        if !revisions.contains(&revision) {
            revisions.push(revision);
        }
    }
    revisions
}
