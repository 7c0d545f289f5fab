//! Which endpoints run something built from an entity: now, by the index of live deployments; at a time, by walking downstream.

use std::collections::BTreeSet;

use sagewarden_events::Timestamp;
use sagewarden_lineage::answer::{Impact, LiveEndpoint};
use sagewarden_lineage::chain::title;
use sagewarden_lineage::graph::{Graph, Node};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::node::{ARN, ENDPOINT, NAME};
use sagewarden_lineage::rows::{CurrentRow, LiveRow, NodeRow, UnindexedRow};
use sagewarden_lineage::table::{Item, Key, Query};
use sagewarden_lineage::walk::{Direction, Walk};

use super::address::{Addressed, resolve};
use super::endpoint::components;
use super::follow::{follow, taken_up};
use super::periods::{DeploymentPeriod, periods};
use super::question::{Bounds, NoAnswer, Question};
use super::reading::{Interrupted, Reading};
use crate::ports::Table;

/// Answers `impact`.
pub(super) async fn impact<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
    bounds: Bounds,
) -> Result<Impact, NoAnswer> {
    let Addressed { id: root, at } = resolve(reading, &question.entity).await?;
    let mut impact = Impact {
        root: root.to_string(),
        name: root.to_string(),
        at: question.time()?.or(at),
        endpoints: Vec::new(),
        complete: true,
        missing: Vec::new(),
        cursor: None,
        requests: 0,
    };
    match impact.at {
        Some(at) => then(reading, question, &root, at, bounds, &mut impact).await?,
        None => now(reading, question, &root, bounds, &mut impact).await?,
    }
    impact.endpoints.sort();
    impact.complete = impact.missing.is_empty();
    impact.requests = reading.requests();
    Ok(impact)
}

/// One query for the live deployments, one for those with an incomplete index, one read for their facts.
async fn now<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
    root: &NodeId,
    bounds: Bounds,
    impact: &mut Impact,
) -> Result<(), NoAnswer> {
    let live = LiveRow::under(root).at_most(bounds.limits.max_nodes);
    let page = reading.query(&Query { after: question.cursor.clone(), ..live }).await?;
    if page.next.is_some() {
        impact.missing.push("there are more endpoints than `max_nodes`: continue with the cursor".to_owned());
        impact.cursor = page.next;
    }
    let running: Vec<LiveRow> = page.items.iter().filter_map(LiveRow::parse).collect();
    let unindexed = reading.query(&UnindexedRow::all()).await?;
    for UnindexedRow { deployment } in unindexed.items.iter().filter_map(UnindexedRow::parse) {
        if !running.iter().any(|row| row.deployment == deployment) {
            impact.missing.push(format!(
                "the lineage of {} is too large for the index: ask for that lineage to see whether this is part of it",
                place(&deployment)
            ));
        }
    }
    let mut keys: BTreeSet<Key> = running.iter().map(|row| CurrentRow::key(&row.endpoint)).collect();
    keys.extend(running.iter().map(|row| NodeRow::key(&row.endpoint)));
    keys.insert(NodeRow::key(root));
    let items = reading.get(&keys.into_iter().collect::<Vec<_>>()).await?;
    let item = |key: &Key| items.iter().find(|item| item.key == *key);
    impact.name = title(&Node { id: root.clone(), item: item(&NodeRow::key(root)).cloned() });
    for row in &running {
        let (node, pointer) = (item(&NodeRow::key(&row.endpoint)), item(&CurrentRow::key(&row.endpoint)));
        impact.endpoints.push(described(row, node, pointer));
    }
    Ok(())
}

/// The endpoint in the identity of a deployment or an inference component.
fn place(deployment: &NodeId) -> String {
    let live = LiveEndpoint::of(deployment);
    match live.component {
        Some(component) => format!("inference component {component}"),
        None => format!("endpoint {}", live.endpoint),
    }
}

/// The deployments and components on an endpoint, with the endpoint's facts.
fn described(row: &LiveRow, node: Option<&Item>, pointer: Option<&Item>) -> LiveEndpoint {
    let mut live = on(&row.endpoint, &row.deployment);
    if let Some(item) = node {
        live.arn = item.text(ARN).map(str::to_owned);
        live.endpoint = item.text(NAME).map_or(live.endpoint, str::to_owned);
    }
    let current = pointer.and_then(CurrentRow::parse);
    let current = current.filter(|current| current.deployment.as_ref() == Some(&row.deployment));
    live.since = current.map(|current| current.since);
    if live.component.is_some() {
        live.since = row.deployment.created_at();
    }
    live
}

/// The deployments and components on an endpoint, by identities alone.
fn on(endpoint: &NodeId, deployment: &NodeId) -> LiveEndpoint {
    let live = LiveEndpoint::of(deployment);
    match live.component {
        Some(_) => LiveEndpoint { endpoint: endpoint.last_name().to_owned(), ..live },
        None => live,
    }
}

/// Walks down to deployments and inference components, and asks each one's endpoint whether it was in force then.
async fn then<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
    root: &NodeId,
    at: Timestamp,
    bounds: Bounds,
    impact: &mut Impact,
) -> Result<(), NoAnswer> {
    let mut walk = match &question.cursor {
        None => Walk::new(Direction::Downstream, [root.clone()], bounds.limits),
        Some(text) => taken_up(text, root, Direction::Downstream, bounds.limits)?,
    };
    follow(reading, &mut walk, Direction::Downstream).await?;
    let (graph, cursor) = walk.finish(root);
    if let Some(why) = graph.stopped_by {
        impact.missing.push(format!("not everything that was built from it is known: {}", why.explain()));
    }
    impact.cursor = cursor.map(|cursor| cursor.write());
    if let Some(node) = graph.nodes.get(root) {
        impact.name = title(node);
    }
    let deployments = graph.of_kind(NodeKind::Deployment).chain(graph.of_kind(NodeKind::InferenceComponent));
    let endpoints: BTreeSet<NodeId> =
        deployments.filter_map(|node| node.text(ENDPOINT).and_then(NodeId::parse)).collect();
    for endpoint in endpoints {
        match ran_on(reading, &graph, &endpoint, at).await {
            Ok(found) => impact.endpoints.extend(found),
            Err(Interrupted::Stopped(why)) => {
                impact
                    .missing
                    .push(format!("the deployments of {endpoint} were not looked at: {}", why.explain()));
            }
            Err(Interrupted::Port(error)) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The nodes of a graph that ran on an endpoint at a time.
async fn ran_on<T: Table>(
    reading: &Reading<'_, T>,
    graph: &Graph,
    endpoint: &NodeId,
    at: Timestamp,
) -> Result<Vec<LiveEndpoint>, Interrupted> {
    let mut found = Vec::new();
    let in_force = periods(reading, endpoint).await?.into_iter().find(|period| period.holds(at));
    if let Some(DeploymentPeriod { deployment: Some(deployment), from, until }) = in_force
        && let Some(node) = graph.nodes.get(&deployment)
    {
        let (since, arn) = (Some(from), node.text(ARN).map(str::to_owned));
        found.push(LiveEndpoint { since, until, arn, ..LiveEndpoint::of(&deployment) });
    }
    if graph.of_kind(NodeKind::InferenceComponent).next().is_none() {
        return Ok(found);
    }
    let node = reading.node(endpoint).await?;
    let served = components(reading, endpoint, node.as_ref()).await?;
    for period in served.into_iter().filter(|period| period.holds(Some(at))) {
        if graph.nodes.contains_key(&period.component) {
            let row = LiveRow {
                ancestor: period.component.clone(),
                deployment: period.component.clone(),
                endpoint: endpoint.clone(),
            };
            found.push(LiveEndpoint { until: period.until, ..described(&row, node.as_ref(), None) });
        }
    }
    Ok(found)
}
