//! Which endpoints run what was made of something: now by the index of live deployments, at a time by walking down.

use std::collections::BTreeSet;

use sagewarden_events::Timestamp;
use sagewarden_lineage::answer::{Impact, LiveEndpoint};
use sagewarden_lineage::chain::title;
use sagewarden_lineage::closure;
use sagewarden_lineage::graph::Node;
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::record::NODE;
use sagewarden_lineage::table::{Item, Key, Query};
use sagewarden_lineage::walk::{Direction, Walk};

use super::address::resolve;
use super::follow::follow;
use super::past::{Period, periods};
use super::question::{Bounds, NoAnswer, Question};
use super::reading::{Interrupted, Reading};
use super::taken_up;
use crate::ports::Table;
use crate::record::closure::{CURRENT, UNINDEXED};

/// Answers `impact`.
pub(super) async fn impact<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
    bounds: Bounds,
) -> Result<Impact, NoAnswer> {
    let root = resolve(reading, &question.entity).await?.id;
    let mut impact = Impact {
        root: root.to_string(),
        name: root.to_string(),
        at: question.time()?,
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

/// One query for the live deployments, one for those whose index is not whole, one read for what is known of them.
async fn now<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
    root: &NodeId,
    bounds: Bounds,
    impact: &mut Impact,
) -> Result<(), NoAnswer> {
    let live = Query {
        limit: Some(bounds.limits.max_nodes),
        after: question.cursor.clone(),
        ..Query::prefix(root.as_str(), closure::LIVE)
    };
    let page = reading.query(&live).await?;
    if page.next.is_some() {
        impact.missing.push("there are more endpoints than `max_nodes`: continue with the cursor".to_owned());
        impact.cursor = page.next;
    }
    let running: Vec<(NodeId, NodeId)> = page.items.iter().filter_map(live_row).collect();
    let unindexed = reading.query(&Query::prefix(UNINDEXED, "")).await?;
    for row in unindexed.items {
        if !running.iter().any(|(deployment, _)| deployment.as_str() == row.key.sk) {
            let live = NodeId::parse(&row.key.sk).map(|id| LiveEndpoint::of(&id).endpoint);
            impact.missing.push(format!(
                "endpoint {} has more upstream than is indexed: whether this is part of it is told by its own lineage",
                live.unwrap_or(row.key.sk)
            ));
        }
    }
    let mut keys: BTreeSet<Key> =
        running.iter().map(|(_, endpoint)| Key::new(endpoint.as_str(), CURRENT)).collect();
    keys.extend(running.iter().map(|(_, endpoint)| Key::new(endpoint.as_str(), NODE)));
    keys.insert(Key::new(root.as_str(), NODE));
    let items = reading.get(&keys.into_iter().collect::<Vec<_>>()).await?;
    let item =
        |id: &NodeId, sk: &str| items.iter().find(|item| item.key.pk == id.as_str() && item.key.sk == sk);
    let node = Node { id: root.clone(), item: item(root, NODE).cloned() };
    impact.name = title(&node);
    for (deployment, endpoint) in &running {
        let mut live = LiveEndpoint::of(deployment);
        if let Some(item) = item(endpoint, NODE) {
            live.arn = item.text("arn").map(str::to_owned);
            live.endpoint = item.text("nm").map_or(live.endpoint, str::to_owned);
        }
        let pointer = item(endpoint, CURRENT).filter(|item| item.text("dep") == Some(deployment.as_str()));
        live.since = pointer
            .and_then(|item| item.text("v")?.split('#').next()?.parse().ok())
            .map(Timestamp::from_millis);
        impact.endpoints.push(live);
    }
    Ok(())
}

fn live_row(row: &Item) -> Option<(NodeId, NodeId)> {
    let deployment = NodeId::parse(row.key.sk.strip_prefix(closure::LIVE)?)?;
    Some((deployment, NodeId::parse(row.text("ep")?)?))
}

/// Walks down to deployments and asks each one's endpoint whether it was in force then.
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
        impact.missing.push(format!("what was made of it is not known whole: {}", why.explain()));
    }
    impact.cursor = cursor.map(|cursor| cursor.write());
    if let Some(node) = graph.nodes.get(root) {
        impact.name = title(node);
    }
    let deployments = graph.of_kind(NodeKind::Deployment);
    let endpoints: BTreeSet<NodeId> =
        deployments.filter_map(|node| node.text("ep").and_then(NodeId::parse)).collect();
    for endpoint in endpoints {
        let held = match periods(reading, &endpoint).await {
            Ok(held) => held,
            Err(Interrupted::Stopped(why)) => {
                impact
                    .missing
                    .push(format!("the deployments of {endpoint} were not looked at: {}", why.explain()));
                continue;
            }
            Err(Interrupted::Port(error)) => return Err(error.into()),
        };
        let in_force = held.into_iter().find(|period| period.holds(at));
        let Some(Period { deployment: Some(deployment), from, until }) = in_force else { continue };
        if graph.nodes.contains_key(&deployment) {
            let arn = graph.nodes.get(&deployment).and_then(|node| node.text("arn")).map(str::to_owned);
            let since = Some(from);
            impact.endpoints.push(LiveEndpoint { since, until, arn, ..LiveEndpoint::of(&deployment) });
        }
    }
    Ok(())
}
