//! What Sagewarden already knows about the resources of a page. It does not ask again about resources that it has judged and recorded.

use std::collections::BTreeMap;

use sagewarden_events::{Resource, ResourceKind, Status, Timestamp};
use sagewarden_lineage::edge::InEdge;
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::node::{IN_EDGES, STATE, STATE_VERSION};
use sagewarden_lineage::rows::{JudgedRow, NodeRow, ReachedState, VerdictRow};
use sagewarden_lineage::table::{Item, Key};

use crate::ports::{ListedResource, PortError, Table};
use crate::sweep::kinds::is_lasting;

/// How a resource stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListedStanding {
    /// No event about it was handled. It may be in the lineage, because another resource names it.
    New,
    /// It was judged and not recorded, it had not ended, or it changed since.
    Again,
    /// Everything is known that a sweep could find out.
    Settled,
}

/// The standing of each resource of a page. A resource that changed after `again_since` is looked at again.
pub(super) async fn standings(
    table: &impl Table,
    page: &[&ListedResource],
    is_judged: impl Fn(ResourceKind) -> bool,
    again_since: Option<Timestamp>,
) -> Result<Vec<ListedStanding>, PortError> {
    let mut keys = Vec::new();
    for listed in page {
        let Some(created_at) = listed.created_at else { continue };
        if is_judged(listed.resource.kind) {
            keys.push(JudgedRow::key(&listed.resource));
        }
        keys.extend(nodes(&listed.resource, created_at).iter().map(NodeRow::key));
    }
    let stored = if keys.is_empty() { Vec::new() } else { table.get(&keys).await? };
    let stored: BTreeMap<&Key, &Item> = stored.iter().map(|item| (&item.key, item)).collect();
    Ok(page.iter().map(|listed| standing(listed, &stored, &is_judged, again_since)).collect())
}

/// When each of these jobs ended, as far as the lineage knows.
///
/// # Errors
/// When the table fails.
pub(crate) async fn ends(
    table: &impl Table,
    jobs: &[(&Resource, Timestamp)],
) -> Result<Vec<Option<Timestamp>>, PortError> {
    let keys = |(job, created_at): &(&Resource, Timestamp)| -> Vec<Key> {
        nodes(job, *created_at).iter().map(NodeRow::key).collect()
    };
    let asked: Vec<Key> = jobs.iter().flat_map(keys).collect();
    let stored = if asked.is_empty() { Vec::new() } else { table.get(&asked).await? };
    let ended_at = |node: &Item| {
        let reached = ReachedState::parse(node.text(STATE_VERSION)?)?;
        Status::parse(&reached.state).is_terminal().then_some(reached.at)
    };
    let ended: BTreeMap<&Key, Timestamp> =
        stored.iter().filter_map(|node| Some((&node.key, ended_at(node)?))).collect();
    Ok(jobs.iter().map(|job| keys(job).iter().find_map(|key| ended.get(key).copied())).collect())
}

/// The nodes that may represent a resource: a processing job may be the execution of a schedule.
fn nodes(resource: &Resource, created_at: Timestamp) -> Vec<NodeId> {
    let execution = (resource.kind == ResourceKind::ProcessingJob)
        .then(|| NodeId::monitoring_execution(resource, created_at));
    NodeId::resource(resource, created_at).into_iter().chain(execution).collect()
}

fn standing(
    listed: &ListedResource,
    stored: &BTreeMap<&Key, &Item>,
    is_judged: &impl Fn(ResourceKind) -> bool,
    again_since: Option<Timestamp>,
) -> ListedStanding {
    let ListedResource { resource, created_at, modified_at, .. } = listed;
    let kind = resource.kind;
    let Some(created_at) = *created_at else { return ListedStanding::New };
    let (has_verdicts, has_node) = (is_judged(kind), NodeKind::of_resource(kind).is_some());
    if !has_verdicts && !has_node {
        return ListedStanding::Settled;
    }
    let subject = VerdictRow::partition(resource, created_at);
    let judged = stored.get(&JudgedRow::key(resource)).and_then(|item| JudgedRow::parse(item));
    let judged = judged.is_some_and(|row| row.incarnations.contains(&subject));
    let mut found = nodes(resource, created_at).into_iter().filter_map(|id| {
        let node = stored.get(&NodeRow::key(&id)).filter(|node| NodeRow::is_recorded(node))?;
        Some((id, *node))
    });
    let node = found.next();
    // The recording of other resources records those that they are made from: only a verdict says that its own event was handled.
    let is_child = node.as_ref().is_some_and(|(id, node)| is_child(id, node));
    let is_heard = if has_verdicts { judged || is_child } else { node.is_some() };
    if !is_heard {
        return ListedStanding::New;
    }
    if has_node && node.is_none() {
        return ListedStanding::Again;
    }
    let is_over = match &node {
        _ if is_lasting(kind) => !modified_at.is_some_and(|at| again_since.is_some_and(|since| at >= since)),
        Some((_, node)) => node.text(STATE).is_some_and(|state| Status::parse(state).is_terminal()),
        // Its states are not recorded.
        None => true,
    };
    if is_over { ListedStanding::Settled } else { ListedStanding::Again }
}

/// Whether another resource started it: then the other one is judged.
fn is_child(id: &NodeId, node: &Item) -> bool {
    let starts = |edge: InEdge| matches!(edge.source.kind(), NodeKind::TuningJob | NodeKind::AutoMlJob);
    id.kind() == NodeKind::MonitoringExecution || node.set(IN_EDGES).filter_map(InEdge::parse).any(starts)
}
