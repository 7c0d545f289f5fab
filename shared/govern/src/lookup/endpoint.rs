//! The deployments of an endpoint, present and past, and the findings of monitoring on it.

use std::collections::BTreeSet;

use sagewarden_events::Timestamp;
use sagewarden_lineage::edge::OBSERVED_ON;
use sagewarden_lineage::graph::{Graph, Node, StoppedBy};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::node::{COMPONENTS, TRAFFIC};
use sagewarden_lineage::rows::{ComponentRow, CurrentRow, NodeRow, ObservationRow, TrafficRow};
use sagewarden_lineage::service::ServicePeriod;
use sagewarden_lineage::table::{Item, Key};
use sagewarden_lineage::walk::{Direction, Limits, Walk};

use super::follow::{Followed, current, deployed, follow, in_force};
use super::periods::{LOOKED_INTO, deployment_in_force, periods};
use super::question::NoAnswer;
use super::reading::{Interrupted, Reading, or_cut};
use crate::ports::Table;
use crate::record::closure::{component_periods, written_down};

/// The endpoint, what ran on it at the time, and everything upstream: from the closure of the live deployment, else by walking. A
/// deployment runs on it, and the inference components that were put onto it.
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
    let runs = Runs { node: node.into_iter().next(), deployment, is_live: at.is_none() };
    built(reading, endpoint, runs, at, limits).await
}

/// What is known of an endpoint at a time.
pub(super) struct Runs {
    /// The row of its node.
    pub(super) node: Option<Item>,
    /// The deployment in force at that time.
    pub(super) deployment: Option<NodeId>,
    /// Whether it is still in force now: then its closure is written down.
    pub(super) is_live: bool,
}

/// The endpoint with everything upstream of what ran on it.
pub(super) async fn built<T: Table>(
    reading: &Reading<'_, T>,
    endpoint: &NodeId,
    Runs { mut node, deployment, is_live }: Runs,
    at: Option<Timestamp>,
    limits: Limits,
) -> Result<Followed, NoAnswer> {
    let served = components(reading, endpoint, node.as_ref()).await?;
    let served = served.into_iter().filter(|period| period.holds(at)).map(|period| period.component);
    let running: Vec<NodeId> = deployment.into_iter().chain(served).collect();
    let (mut graph, mut cursor) = (Graph::default(), None);
    if !running.is_empty() {
        // The endpoint itself has a place in the answer, too.
        let limits = Limits { max_nodes: limits.max_nodes.saturating_sub(1).max(1), ..limits };
        let whole = match running.as_slice() {
            [alone] if is_live => live(reading, alone, limits).await?,
            _ => None,
        };
        (graph, cursor) = match whole {
            Some(graph) => (graph, None),
            None => {
                let mut walk = Walk::new(Direction::Upstream, running.clone(), limits);
                follow(reading, &mut walk, Direction::Upstream).await?;
                walk.finish(endpoint)
            }
        };
        graph.distance.values_mut().for_each(|distance| *distance += 1);
        graph.edges.extend(running.iter().map(|runs| current(runs, endpoint)));
    }
    if let Some(item) = node.as_mut().filter(|item| item.text(TRAFFIC).is_some()) {
        // The stored word says that there are weights; the answer says which.
        let weights = or_cut(weights_at(reading, endpoint, at).await, &mut graph)?.flatten();
        item.attributes.remove(TRAFFIC);
        item.attributes.extend(weights.map(|weights| (TRAFFIC.to_owned(), weights.into())));
    }
    graph.insert(Node { id: endpoint.clone(), item: node }, 0);
    Ok((graph, cursor))
}

/// The weights that a call gave variants of the deployment in force at a time, in words; none while they are as the configuration has them.
async fn weights_at<T: Table>(
    reading: &Reading<'_, T>,
    endpoint: &NodeId,
    at: Option<Timestamp>,
) -> Result<Option<String>, Interrupted> {
    let before = at.map(|at| Timestamp::from_millis(at.millis() + 1));
    let newest = reading.query(&TrafficRow::before(endpoint, before).at_most(1)).await?;
    let Some(row) = newest.items.first().and_then(TrafficRow::parse) else { return Ok(None) };
    let held = periods(reading, endpoint).await?.into_iter();
    let mut in_force = held.filter(|period| at.map_or(period.until.is_none(), |at| period.holds(at)));
    let is_of_it = in_force.next().is_some_and(|period| period.from <= row.at);
    Ok(is_of_it.then(|| format!("{} since {}", row.asked, row.at)))
}

/// When the endpoint served each version of its inference components. The node of an endpoint says whether it ever had any: most have none,
/// and nothing is read.
pub(super) async fn components<T: Table>(
    reading: &Reading<'_, T>,
    endpoint: &NodeId,
    node: Option<&Item>,
) -> Result<Vec<ServicePeriod>, Interrupted> {
    if node.is_none_or(|node| node.text(COMPONENTS).is_none()) {
        return Ok(Vec::new());
    }
    component_periods(reading, endpoint, ComponentRow::of(endpoint)).await
}

/// Earlier deployments of the endpoint, with everything upstream of them.
pub(super) async fn former<T: Table>(
    reading: &Reading<'_, T>,
    endpoint: &NodeId,
    graph: &mut Graph,
    limits: Limits,
) -> Result<(), NoAnswer> {
    let Some(held) = or_cut(periods(reading, endpoint).await, graph)? else { return Ok(()) };
    let node = graph.nodes.get(endpoint).and_then(|node| node.item.clone());
    let served = components(reading, endpoint, node.as_ref()).await;
    let Some(served) = or_cut(served, graph)? else { return Ok(()) };
    let deployments = held.into_iter().filter_map(|period| Some((period.from, period.deployment?)));
    let served = served.into_iter().map(|period| (period.from, period.component));
    let mut ran: Vec<(Timestamp, NodeId)> = deployments.chain(served).collect();
    ran.sort();
    let mut earlier: Vec<NodeId> = Vec::new();
    for (_, deployment) in ran.into_iter().rev() {
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

/// The closure of a live deployment: one query. `None` if it does not exist, is just being written, or is too large.
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

/// The newest findings of monitoring on the endpoint, as many as fit, from every variant and schedule.
pub(super) async fn observations<T: Table>(
    reading: &Reading<'_, T>,
    endpoint: &NodeId,
    graph: &mut Graph,
    at: Option<Timestamp>,
    limits: Limits,
) -> Result<(), NoAnswer> {
    let room = limits.max_nodes.saturating_sub(graph.nodes.len()).min(MAX_OBSERVATIONS);
    let before = at.map(|at| Timestamp::from_millis(at.millis() + 1));
    let newest = ObservationRow::before(endpoint, OBSERVED_ON, before).at_most(room + 1);
    let Some(page) = or_cut(reading.query(&newest).await, graph)? else { return Ok(()) };
    if page.items.len() > room {
        graph.stopped_by = graph.stopped_by.or(Some(StoppedBy::MaxNodes));
    }
    let rows = page.items.iter().take(room).filter_map(ObservationRow::parse);
    let keys: BTreeSet<Key> = rows.map(|row| NodeRow::key(&row.node)).collect();
    let keys: Vec<Key> = keys.into_iter().collect();
    for node in nodes(reading, &keys, graph).await? {
        graph.insert(node, 1);
    }
    under_their_deployments(reading, endpoint, graph).await?;
    // The runs that found it.
    let runs = graph.unread().filter(|id| id.kind() == NodeKind::MonitoringExecution);
    let runs: Vec<Key> = runs.map(NodeRow::key).collect();
    for node in nodes(reading, &runs, graph).await? {
        graph.insert(node, 2);
    }
    Ok(())
}

/// Links findings to the deployment that was in force when the window or the execution began, which need not be the deployment in
/// force now. A deployment outside the answer is named in it, without its upstream.
async fn under_their_deployments<T: Table>(
    reading: &Reading<'_, T>,
    endpoint: &NodeId,
    graph: &mut Graph,
) -> Result<(), NoAnswer> {
    let found: Vec<NodeId> = graph.of_kind(NodeKind::Violation).map(|node| node.id.clone()).collect();
    if found.is_empty() {
        return Ok(());
    }
    let Some(periods) = or_cut(periods(reading, endpoint).await, graph)? else { return Ok(()) };
    let mut others = BTreeSet::new();
    for id in found {
        let began = id.created_at();
        let period = began.and_then(|began| periods.iter().find(|period| period.holds(began)));
        let Some(deployment) = period.and_then(|period| period.deployment.as_ref()) else { continue };
        graph.edges.insert(in_force(deployment, &id));
        if !graph.nodes.contains_key(deployment) {
            others.insert(NodeRow::key(deployment));
        }
    }
    let others: Vec<Key> = others.into_iter().collect();
    for node in nodes(reading, &others, graph).await? {
        graph.insert_from_above(node, 2);
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
