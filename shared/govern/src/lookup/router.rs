//! What serves the targets of an inference router, now or at a time. A router only names endpoints and components: each of them may change,
//! move or go without it.

use std::collections::BTreeSet;

use sagewarden_events::Timestamp;
use sagewarden_lineage::edge::InEdge;
use sagewarden_lineage::graph::{Graph, Node, StoppedBy};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::ComponentRow;
use sagewarden_lineage::rows::node::{ENDPOINT, IN_EDGES};
use sagewarden_lineage::table::Value;
use sagewarden_lineage::walk::{Direction, Limits, Walk};

use super::endpoint::endpoint;
use super::follow::{Followed, follow};
use super::question::NoAnswer;
use super::reading::{Interrupted, Reading, or_cut};
use super::revisions::version_at;
use crate::ports::Table;
use crate::record::closure::component_periods;

/// The router with everything upstream of what serves its targets. If a limit cuts the answer, no cursor continues it: ask for one of its
/// endpoints.
pub(super) async fn router<T: Table>(
    reading: &Reading<'_, T>,
    root: &NodeId,
    at: Option<Timestamp>,
    limits: Limits,
) -> Result<Followed, NoAnswer> {
    let mut node = Node { id: root.clone(), item: reading.node(root).await? };
    let mut served = BTreeSet::new();
    for edge in node.in_edges() {
        let source = match edge.source.kind() {
            NodeKind::InferenceComponent => version_at(reading, &edge.source, at).await?,
            _ => None,
        };
        served.insert(InEdge { source: source.unwrap_or(edge.source.clone()), ..edge });
    }
    if let Some(item) = &mut node.item {
        let edges = served.iter().map(InEdge::to_string).collect();
        item.attributes.insert(IN_EDGES.to_owned(), Value::Set(edges));
    }
    let mut graph = Graph::default();
    let sources: BTreeSet<NodeId> = served.into_iter().map(|edge| edge.source).collect();
    for source in sources {
        let room = limits.max_nodes.saturating_sub(graph.nodes.len() + 1);
        if room == 0 {
            graph.stopped_by = graph.stopped_by.or(Some(StoppedBy::MaxNodes));
            break;
        }
        let limits = Limits { max_nodes: room, ..limits };
        let serves = serves(reading, &source, at, limits).await;
        let Some(mut part) = or_cut(serves, &mut graph)? else { break };
        part.distance.values_mut().for_each(|distance| *distance += 1);
        graph.extend(part);
    }
    graph.insert(node, 0);
    Ok((graph, None))
}

/// An endpoint or a version of a component, and everything upstream of what it runs.
async fn serves<T: Table>(
    reading: &Reading<'_, T>,
    source: &NodeId,
    at: Option<Timestamp>,
    limits: Limits,
) -> Result<Graph, Interrupted> {
    let ran = match source.kind() {
        NodeKind::Endpoint => match endpoint(reading, source, at, limits).await {
            Ok((graph, _)) => Some(graph),
            // It ran nothing yet.
            Err(NoAnswer::BadField { .. }) => None,
            Err(NoAnswer::Port(error)) => return Err(Interrupted::Port(error)),
            Err(NoAnswer::Stopped(why)) => return Err(Interrupted::Stopped(why)),
            Err(_) => None,
        },
        _ if runs(reading, source, at).await? => {
            let mut walk = Walk::new(Direction::Upstream, [source.clone()], limits);
            follow(reading, &mut walk, Direction::Upstream).await.map_err(Interrupted::Port)?;
            Some(walk.into_graph())
        }
        _ => None,
    };
    match ran {
        Some(graph) => Ok(graph),
        None => {
            let mut graph = Graph::default();
            let alone = Node { id: source.clone(), item: reading.node(source).await? };
            graph.insert_from_above(alone, 0);
            Ok(graph)
        }
    }
}

/// Whether an endpoint runs this version of a component.
async fn runs<T: Table>(
    reading: &Reading<'_, T>,
    version: &NodeId,
    at: Option<Timestamp>,
) -> Result<bool, Interrupted> {
    let item = reading.node(version).await?;
    let Some(endpoint) = item.and_then(|item| NodeId::parse(item.text(ENDPOINT)?)) else { return Ok(false) };
    let row = ComponentRow { endpoint: endpoint.clone(), version: version.clone() };
    let periods = component_periods(reading, &endpoint, row.of_same_component()).await?;
    Ok(periods.iter().any(|period| period.component == *version && period.holds(at)))
}
