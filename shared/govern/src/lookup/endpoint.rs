//! What an endpoint runs, what it ran before, and what monitoring found on it.

use sagewarden_events::Timestamp;
use sagewarden_lineage::edge::{OBSERVED_ON, Relation};
use sagewarden_lineage::graph::{Graph, Node, StoppedBy};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::{CurrentRow, NodeRow, OutEdgeRow};
use sagewarden_lineage::table::{Item, Key};
use sagewarden_lineage::walk::{Direction, Limits, Walk};

use super::follow::{Followed, current, deployed, follow};
use super::periods::{LOOKED_INTO, deployment_in_force, periods};
use super::question::NoAnswer;
use super::reading::{Interrupted, Reading, or_cut};
use crate::ports::Table;
use crate::record::closure::written_down;

/// The endpoint, what it runs or ran, and everything upstream of that: from the closure of the live deployment, else by walking.
pub(super) async fn endpoint<T: Table>(
    reading: &Reading<'_, T>,
    endpoint: &NodeId,
    at: Option<Timestamp>,
    limits: Limits,
) -> Result<Followed, NoAnswer> {
    let items = reading.get(&[NodeRow::key(endpoint), CurrentRow::key(endpoint)]).await?;
    let (pointer, node): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| CurrentRow::is(&item.key));
    let deployment = match at {
        None => pointer.first().and_then(CurrentRow::parse).and_then(|current| current.deployment),
        Some(at) => match deployment_in_force(reading, endpoint, at).await? {
            Some(deployment) => deployment,
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
    let Some(held) = or_cut(periods(reading, endpoint).await, graph)? else { return Ok(()) };
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
    let found = OutEdgeRow::in_role(endpoint, Relation::AssociatedWith, OBSERVED_ON);
    let newest = found.newest_first().at_most(room + 1);
    let Some(page) = or_cut(reading.query(&newest).await, graph)? else { return Ok(()) };
    if page.items.len() > room {
        graph.stopped_by = graph.stopped_by.or(Some(StoppedBy::MaxNodes));
    }
    let edges = page.items.iter().take(room).filter_map(OutEdgeRow::parse);
    let keys: Vec<Key> = edges.map(|edge| NodeRow::key(&edge.destination)).collect();
    for node in nodes(reading, &keys, graph).await? {
        let is_later = at.is_some_and(|at| node.created_at().is_some_and(|created| created > at));
        if !is_later {
            graph.insert(node, 1);
        }
    }
    // The runs that found it.
    let runs = graph.unread().filter(|id| id.kind() == NodeKind::MonitoringExecution);
    let runs: Vec<Key> = runs.map(NodeRow::key).collect();
    for node in nodes(reading, &runs, graph).await? {
        graph.insert(node, 2);
    }
    Ok(())
}

async fn nodes<T: Table>(
    reading: &Reading<'_, T>,
    keys: &[Key],
    graph: &mut Graph,
) -> Result<Vec<Node>, NoAnswer> {
    let items = or_cut(reading.get(keys).await, graph)?.unwrap_or_default();
    let node = |item: Item| Some(Node { id: NodeRow::id_of(&item.key)?, item: Some(item) });
    Ok(items.into_iter().filter_map(node).collect())
}
