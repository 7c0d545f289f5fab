//! What an endpoint runs, what it ran before, and what monitoring found on it.

use sagewarden_events::Timestamp;
use sagewarden_lineage::edge::{OBSERVED_ON, Relation};
use sagewarden_lineage::graph::{Graph, Node, StoppedBy};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::record::NODE;
use sagewarden_lineage::table::{Key, Query};
use sagewarden_lineage::walk::{Direction, Limits, Walk};

use super::follow::{current, deployed, follow};
use super::past::{LOOKED_INTO, deployment_in_force, periods};
use super::question::NoAnswer;
use super::reading::{Interrupted, Reading};
use super::{Part, read};
use crate::ports::Table;
use crate::record::closure::{CURRENT, written_down};

/// The endpoint, what it runs or ran, and everything upstream of that: from the closure of the live deployment, else by walking.
pub(super) async fn endpoint<T: Table>(
    reading: &Reading<'_, T>,
    endpoint: &NodeId,
    at: Option<Timestamp>,
    limits: Limits,
) -> Result<Part, NoAnswer> {
    let keys = [Key::new(endpoint.as_str(), NODE), Key::new(endpoint.as_str(), CURRENT)];
    let items = reading.get(&keys).await?;
    let (pointer, node): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| item.key.sk == CURRENT);
    let deployment = match at {
        None => pointer.first().and_then(|item| item.text("dep").and_then(NodeId::parse)),
        Some(at) => match deployment_in_force(reading, endpoint, at).await? {
            Some((_, deployment)) => deployment,
            None => {
                let reason = format!("is before the first deployment that is known of {endpoint}");
                return Err(NoAnswer::BadField { field: "at", reason });
            }
        },
    };
    let (mut graph, mut cursor) = (Graph::default(), None);
    if let Some(deployment) = deployment {
        // The endpoint itself has a place in the answer, too.
        let limits = Limits { max_nodes: limits.max_nodes.saturating_sub(1).max(1), ..limits };
        let whole = if at.is_none() { live(reading, &deployment, limits).await? } else { None };
        (graph, cursor) = match whole {
            Some(graph) => (graph, None),
            None => {
                let mut walk = Walk::new(Direction::Upstream, [deployment.clone()], limits);
                follow(reading, &mut walk, Direction::Upstream).await?;
                walk.finish(endpoint)
            }
        };
        graph.distance.values_mut().for_each(|distance| *distance += 1);
        graph.edges.insert(current(&deployment, endpoint));
    }
    graph.insert(Node { id: endpoint.clone(), item: node.into_iter().next() }, 0);
    Ok((graph, cursor))
}

/// What the endpoint ran before, with everything upstream of that.
pub(super) async fn former<T: Table>(
    reading: &Reading<'_, T>,
    endpoint: &NodeId,
    graph: &mut Graph,
    limits: Limits,
) -> Result<(), NoAnswer> {
    let held = match periods(reading, endpoint).await {
        Ok(held) => held,
        Err(Interrupted::Stopped(why)) => {
            graph.stopped_by = graph.stopped_by.or(Some(why));
            return Ok(());
        }
        Err(Interrupted::Port(error)) => return Err(error.into()),
    };
    let mut earlier: Vec<NodeId> = Vec::new();
    for deployment in held.into_iter().rev().filter_map(|period| period.deployment) {
        if !graph.nodes.contains_key(&deployment) && !earlier.contains(&deployment) {
            earlier.push(deployment);
        }
    }
    if earlier.len() > LOOKED_INTO {
        graph.stopped_by = graph.stopped_by.or(Some(StoppedBy::MaxNodes));
        earlier.truncate(LOOKED_INTO);
    }
    let limits = Limits { max_nodes: limits.max_nodes.saturating_sub(graph.nodes.len()), ..limits };
    let mut walk = Walk::new(Direction::Upstream, earlier.clone(), limits);
    follow(reading, &mut walk, Direction::Upstream).await?;
    let mut before = walk.into_graph();
    before.distance.values_mut().for_each(|distance| *distance += 1);
    before.edges.extend(earlier.iter().map(|deployment| deployed("former", deployment, endpoint)));
    graph.extend(before);
    Ok(())
}

/// The closure of a live deployment: one query. `None` when there is none, it is just being written, or it is too large.
async fn live<T: Table>(
    reading: &Reading<'_, T>,
    deployment: &NodeId,
    limits: Limits,
) -> Result<Option<Graph>, NoAnswer> {
    match written_down(reading, deployment).await {
        Ok(graph) => Ok(graph.filter(|graph| graph.nodes.len() <= limits.max_nodes)),
        Err(Interrupted::Stopped(_)) => Ok(None),
        Err(Interrupted::Port(error)) => Err(error.into()),
    }
}

/// Findings of monitoring in one answer: four days of an hourly schedule.
const MAX_OBSERVATIONS: usize = 100;

/// What monitoring has found on the endpoint, as far as there is room; the newest first, since executions are named by their
/// time.
pub(super) async fn observations<T: Table>(
    reading: &Reading<'_, T>,
    endpoint: &NodeId,
    graph: &mut Graph,
    at: Option<Timestamp>,
    limits: Limits,
) -> Result<(), NoAnswer> {
    let room = limits.max_nodes.saturating_sub(graph.nodes.len()).min(MAX_OBSERVATIONS);
    let prefix = format!("O#{}:{OBSERVED_ON}#", Relation::AssociatedWith);
    let newest =
        Query { descending: true, limit: Some(room + 1), ..Query::prefix(endpoint.as_str(), &prefix) };
    let out = match reading.query(&newest).await {
        Ok(page) => page.items,
        Err(Interrupted::Stopped(why)) => {
            graph.stopped_by = graph.stopped_by.or(Some(why));
            return Ok(());
        }
        Err(Interrupted::Port(error)) => return Err(error.into()),
    };
    if out.len() > room {
        graph.stopped_by = graph.stopped_by.or(Some(StoppedBy::MaxNodes));
    }
    let ids: Vec<NodeId> =
        out.iter().take(room).filter_map(|item| NodeId::parse(item.key.sk.strip_prefix(&prefix)?)).collect();
    let keys: Vec<Key> = ids.iter().map(|id| Key::new(id.as_str(), NODE)).collect();
    for item in read(reading, &keys, graph).await? {
        let is_later = at.is_some_and(|at| item.number("ct").is_some_and(|created| created > at.millis()));
        if let Some(id) = NodeId::parse(&item.key.pk).filter(|_| !is_later) {
            graph.insert(Node { id, item: Some(item) }, 1);
        }
    }
    // The runs that found it.
    let runs = graph.unread().filter(|id| id.kind() == NodeKind::MonitoringExecution);
    let runs: Vec<Key> = runs.map(|id| Key::new(id.as_str(), NODE)).collect();
    for item in read(reading, &runs, graph).await? {
        if let Some(id) = NodeId::parse(&item.key.pk) {
            graph.insert(Node { id, item: Some(item) }, 2);
        }
    }
    Ok(())
}
