//! Walks of the graph within the limits of an answer, and on from where an earlier one was cut.

use futures::{StreamExt, TryStreamExt, stream};
use sagewarden_lineage::edge::{FoundBy, Relation};
use sagewarden_lineage::graph::{Edge, Graph};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::record::{reached_at, state_of};
use sagewarden_lineage::rows::node::{FAILURE_REASON, FAILURE_VERSION, STATE_VERSION, STATES};
use sagewarden_lineage::table::{Item, Key, Query, Range, Value};
use sagewarden_lineage::walk::{Direction, OutEdges, Walk};

use super::reading::{Interrupted, Reading};
use crate::ports::{PortError, Table};
use crate::record::closure::{CURRENT, level_above};

/// Nodes whose out-edges are asked for before the next look at the limits.
const STEP: usize = 64;
/// Queries in flight at once.
const CONCURRENCY: usize = 16;

/// Walks until everything is seen or a limit is reached; a limit is no error.
pub(super) async fn follow<T: Table>(
    reading: &Reading<'_, T>,
    walk: &mut Walk,
    direction: Direction,
) -> Result<(), PortError> {
    loop {
        let step = match direction {
            Direction::Upstream => level_above(reading, walk).await,
            Direction::Downstream => downwards(reading, walk).await,
        };
        match step {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(Interrupted::Stopped(why)) => {
                walk.stop(why);
                return Ok(());
            }
            Err(Interrupted::Port(error)) => return Err(error),
        }
    }
}

/// A part of a level: its items in one request, and a query for the out-edges of each.
async fn downwards<T: Table>(reading: &Reading<'_, T>, walk: &mut Walk) -> Result<bool, Interrupted> {
    let rest = walk.rest();
    if !rest.is_empty() {
        walk.absorb_out(pages(reading, rest).await?);
        return Ok(true);
    }
    let level: Vec<NodeId> = walk.level(STEP).to_vec();
    if level.is_empty() {
        return Ok(false);
    }
    let keys: Vec<Key> = level.iter().map(Walk::key).collect();
    let items = reading.get(&keys).await?;
    let queries = level.iter().map(|id| Walk::out_edges(id, walk.capacity())).collect();
    let out = pages(reading, queries).await?;
    let mut more = Vec::new();
    for id in &level {
        match id.kind() {
            NodeKind::Commit => more.extend(followers(reading, id, &out).await?),
            NodeKind::Deployment => more.extend(running_on(reading, id, &items).await?),
            _ => {}
        }
    }
    walk.absorb(items);
    walk.absorb_out(out);
    more.into_iter().for_each(|edge| walk.add(edge));
    Ok(true)
}

async fn pages<T: Table>(
    reading: &Reading<'_, T>,
    queries: Vec<Query>,
) -> Result<Vec<OutEdges>, Interrupted> {
    let one = async |query: Query| {
        let page = reading.query(&query).await?;
        let id = NodeId::parse(&query.pk);
        Ok::<_, Interrupted>(id.map(|id| OutEdges { id, rows: page.items, next: page.next }))
    };
    let pages: Vec<Option<OutEdges>> =
        stream::iter(queries).map(one).buffered(CONCURRENCY).try_collect().await?;
    Ok(pages.into_iter().flatten().collect())
}

/// What was built from a commit that nobody named: no row tells of it, since the link is a register of whoever was built. It
/// is found through the branches that pointed to the commit, and the times between which they did.
async fn followers<T: Table>(
    reading: &Reading<'_, T>,
    commit: &NodeId,
    out: &[OutEdges],
) -> Result<Vec<Edge>, Interrupted> {
    let rows = out.iter().filter(|page| page.id == *commit).flat_map(|page| &page.rows);
    let edges = rows.filter_map(sagewarden_lineage::walk::out_edge);
    let branches: Vec<NodeId> =
        edges.map(|edge| edge.to).filter(|id| id.kind() == NodeKind::Reference).collect();
    let mut found = Vec::new();
    for branch in branches {
        let heads = reading.query_all(Query::prefix(branch.as_str(), "H#")).await?;
        for (index, head) in heads.iter().enumerate() {
            if head.text("commit") != Some(commit.as_str()) {
                continue;
            }
            let Some(from) = moment(head) else { continue };
            let until =
                heads.get(index + 1).and_then(moment).map_or("J#~".to_owned(), |at| format!("J#{at}#"));
            let range = Range::Between(format!("J#{from}#"), until);
            let rows = reading.query_all(Query { range, ..Query::prefix(branch.as_str(), "") }).await?;
            found.extend(rows.iter().filter_map(|row| row.text("id").and_then(NodeId::parse)));
        }
    }
    // A job that names its commit follows the branch as well, once it did not: its own node says which counts.
    let keys: Vec<Key> = found.iter().map(Walk::key).collect();
    let nodes = reading.get(&keys).await?;
    let inferred = nodes.iter().filter(|node| node.text("inf") == Some(commit.as_str()));
    let ids = inferred.filter_map(|node| NodeId::parse(&node.key.pk));
    Ok(ids
        .map(|to| Edge {
            from: commit.clone(),
            to,
            relation: Relation::ContributedTo,
            role: FoundBy::BranchHead.role(),
        })
        .collect())
}

/// The endpoint of a deployment, while it is in force there.
async fn running_on<T: Table>(
    reading: &Reading<'_, T>,
    deployment: &NodeId,
    items: &[Item],
) -> Result<Option<Edge>, Interrupted> {
    let item = items.iter().find(|item| item.key.pk == deployment.as_str());
    let Some(endpoint) = item.and_then(|item| item.text("ep").and_then(NodeId::parse)) else {
        return Ok(None);
    };
    let pointer = reading.get(&[Key::new(endpoint.as_str(), CURRENT)]).await?.pop();
    let is_current = pointer.is_some_and(|pointer| pointer.text("dep") == Some(deployment.as_str()));
    Ok(is_current.then(|| current(deployment, &endpoint)))
}

/// The edge from a deployment to the endpoint that it runs on.
pub(super) fn current(deployment: &NodeId, endpoint: &NodeId) -> Edge {
    deployed("current", deployment, endpoint)
}

/// The edge from a deployment to the endpoint that it runs or ran on.
pub(super) fn deployed(role: &str, deployment: &NodeId, endpoint: &NodeId) -> Edge {
    let (from, to) = (deployment.clone(), endpoint.clone());
    Edge { from, to, relation: Relation::AssociatedWith, role: role.to_owned() }
}

/// The time in the sort key of a head.
fn moment(head: &Item) -> Option<&str> {
    head.key.sk.split('#').nth(1)
}

/// Takes away from a node what became true later than `at`: its state, its approval, its
/// explanation and its deletion.
pub(super) fn as_of(graph: &mut Graph, at: i64) {
    const REGISTERS: [(&str, &[&str]); 5] = [
        (STATE_VERSION, &["st", STATE_VERSION]),
        (FAILURE_VERSION, &[FAILURE_REASON, FAILURE_VERSION]),
        ("approvalv", &["approval", "approval_at", "approval_by", "approvalv"]),
        ("headv", &["head", "headv"]),
        ("expv", &["top_features", "explanation", "expv"]),
    ];
    for node in graph.nodes.values_mut() {
        let Some(item) = &mut node.item else { continue };
        for (version, attributes) in REGISTERS {
            let written = item.text(version).and_then(reached_at);
            if written.is_some_and(|written| written > at) {
                item.attributes.retain(|name, _| !attributes.contains(&name.as_str()));
            }
        }
        if item.text(STATE_VERSION).is_none() {
            back_to_state(item, at);
        }
        if item.number("deleted_at").is_some_and(|deleted| deleted > at) {
            item.attributes.retain(|name, _| !matches!(name.as_str(), "deleted_at" | "deleted_by" | "delv"));
        }
    }
}

/// The state that a node had reached by then, of those that it names itself.
fn back_to_state(item: &mut Item, at: i64) {
    let Some(Value::Set(states)) = item.attributes.get(STATES) else { return };
    let reached = states.iter().rev().find(|version| reached_at(version).is_some_and(|time| time <= at));
    let Some(version) = reached.cloned() else { return };
    let Some(state) = state_of(&version) else { return };
    item.attributes.insert("st".to_owned(), Value::Text(state.to_owned()));
    item.attributes.insert(STATE_VERSION.to_owned(), Value::Text(version));
}
