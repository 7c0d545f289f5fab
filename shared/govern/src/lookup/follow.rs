//! Walks of the graph within the limits of an answer. A walk can continue where a limit cut an earlier one.

use futures::{StreamExt, TryStreamExt, stream};
use sagewarden_events::Timestamp;
use sagewarden_lineage::edge::{FoundBy, IN_FORCE, Relation};
use sagewarden_lineage::graph::{Edge, Graph};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::node::{
    APPROVAL_VERSION, DELETED_AT, DELETION_VERSION, ENDPOINT, EXPLANATION_VERSION, FAILURE_VERSION,
    HEAD_VERSION, INFERRED, REGISTERS, Register, STAGE_VERSION, STATE, STATE_VERSION, STATES,
};
use sagewarden_lineage::rows::{FollowerRow, HeadRow, NodeRow, OutEdgeRow, ReachedState, leading_time};
use sagewarden_lineage::table::{Item, Key, Query, Value};
use sagewarden_lineage::walk::{Cursor, Direction, Limits, OutEdges, Walk};

use super::question::NoAnswer;
use super::reading::{Interrupted, Reading};
use super::revisions::without_former_routers;
use crate::ports::{PortError, Table};
use crate::record::closure::{is_live, level_above};

/// Nodes whose out-edges are asked for before the next look at the limits.
const STEP: usize = 64;
/// Queries in flight at once.
const CONCURRENCY: usize = 16;

/// Heads and followers of a branch that are read together. A branch with more is read in two steps.
const OF_A_BRANCH: usize = 500;

/// The result of a walk, and where it continues if a limit cut it.
pub(super) type Followed = (Graph, Option<Cursor>);

/// The walk of an earlier answer to the same question.
pub(super) fn taken_up(
    text: &str,
    root: &NodeId,
    direction: Direction,
    limits: Limits,
) -> Result<Walk, NoAnswer> {
    let refuse = |reason: &str| NoAnswer::BadField { field: "cursor", reason: reason.to_owned() };
    let cursor = Cursor::read(text)
        .ok_or_else(|| refuse("is not the `cursor` of an answer: pass it on as it came"))?;
    if cursor.root() != root || cursor.direction() != direction {
        return Err(refuse("belongs to another question: ask the same one with it"));
    }
    Ok(Walk::resume(cursor, limits))
}

/// Walks until everything is seen or a limit is reached; a limit is not an error.
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
        let out = pages(reading, rest).await?;
        walk.absorb_out(without_former_routers(reading, out).await?);
        return Ok(true);
    }
    let level: Vec<NodeId> = walk.level(STEP).to_vec();
    if level.is_empty() {
        return Ok(false);
    }
    let keys: Vec<Key> = level.iter().map(NodeRow::key).collect();
    let items = reading.get(&keys).await?;
    let queries = level.iter().map(|id| Walk::out_edges(id, walk.capacity())).collect();
    let out = without_former_routers(reading, pages(reading, queries).await?).await?;
    let mut more = Vec::new();
    for id in &level {
        match id.kind() {
            NodeKind::Commit => more.extend(followers(reading, id, &out).await?),
            NodeKind::Deployment | NodeKind::InferenceComponent => {
                more.extend(running_on(reading, id, &items).await?)
            }
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

/// Resources whose commit was inferred. No row of the commit names them, because the link is a register of the resource. They are found
/// through the branches that pointed to the commit, and the times when they did.
pub(super) async fn followers<T: Table>(
    reading: &Reading<'_, T>,
    commit: &NodeId,
    out: &[OutEdges],
) -> Result<Vec<Edge>, Interrupted> {
    let rows = out.iter().filter(|page| page.id == *commit).flat_map(|page| &page.rows);
    let found = followers_at_times(reading, commit, rows).await?;
    let keys: Vec<Key> = found.iter().map(NodeRow::key).collect();
    let nodes = reading.get(&keys).await?;
    Ok(nodes.iter().filter_map(|node| inferred(commit, node)).collect())
}

/// The resources that were created while a branch pointed to a commit, given the edges out of it. Usually this takes a request for each
/// branch.
pub(super) async fn followers_at_times<T: Table>(
    reading: &Reading<'_, T>,
    commit: &NodeId,
    out: impl Iterator<Item = &Item>,
) -> Result<Vec<NodeId>, Interrupted> {
    let pointed = out.filter_map(OutEdgeRow::parse).map(|edge| edge.destination);
    let branches: Vec<NodeId> = pointed.filter(|id| id.kind() == NodeKind::Reference).collect();
    let mut found = Vec::new();
    for branch in branches {
        let both = reading.query(&FollowerRow::and_heads(&branch).at_most(OF_A_BRANCH)).await?;
        let heads = match both.next {
            None => both.items.clone(),
            Some(_) => reading.query_all(HeadRow::of(&branch)).await?,
        };
        let heads: Vec<HeadRow> = heads.iter().filter_map(HeadRow::parse).collect();
        for (index, head) in heads.iter().enumerate() {
            if head.commit.as_ref() != Some(commit) {
                continue;
            }
            let until = heads.get(index + 1).map(|next| next.at);
            let rows = match both.next {
                None => both.items.clone(),
                Some(_) => reading.query_all(FollowerRow::between(&branch, head.at, until)).await?,
            };
            let rows = rows.iter().filter_map(FollowerRow::parse);
            let in_time = |row: &FollowerRow| {
                row.created_at >= head.at && until.is_none_or(|until| row.created_at < until)
            };
            found.extend(rows.filter(in_time).map(|row| row.id));
        }
    }
    Ok(found)
}

/// The edge from a commit to a node whose commit was inferred. A job may have followed the branch before an event named its commit: its own
/// node says which of the two counts.
pub(super) fn inferred(commit: &NodeId, node: &Item) -> Option<Edge> {
    let to = NodeRow::id_of(&node.key).filter(|_| node.text(INFERRED) == Some(commit.as_str()))?;
    Some(Edge {
        from: commit.clone(),
        to,
        relation: Relation::ContributedTo,
        role: FoundBy::BranchHead.role(),
    })
}

/// The endpoint of a deployment or an inference component, while it runs there.
async fn running_on<T: Table>(
    reading: &Reading<'_, T>,
    deployment: &NodeId,
    items: &[Item],
) -> Result<Option<Edge>, Interrupted> {
    let item = items.iter().find(|item| item.key == NodeRow::key(deployment));
    let Some(endpoint) = item.and_then(|item| item.text(ENDPOINT).and_then(NodeId::parse)) else {
        return Ok(None);
    };
    Ok(is_live(reading, &endpoint, deployment).await?.then(|| current(deployment, &endpoint)))
}

/// The edge from a deployment or an inference component to the endpoint that it runs on.
pub(super) fn current(deployment: &NodeId, endpoint: &NodeId) -> Edge {
    deployed("current", deployment, endpoint)
}

/// The edge from a deployment to the endpoint that it runs or ran on.
pub(super) fn deployed(role: &str, deployment: &NodeId, endpoint: &NodeId) -> Edge {
    let (from, to) = (deployment.clone(), endpoint.clone());
    Edge { from, to, relation: Relation::AssociatedWith, role: role.to_owned() }
}

/// The edge from the deployment in force to a finding of that time.
pub(super) fn in_force(deployment: &NodeId, found: &NodeId) -> Edge {
    deployed(IN_FORCE, deployment, found)
}

/// The versions of these registers begin with the time since which their content has been true.
const DATED: [&str; 6] =
    [STATE_VERSION, FAILURE_VERSION, APPROVAL_VERSION, STAGE_VERSION, HEAD_VERSION, EXPLANATION_VERSION];

/// Takes away from a node what became true later than `at`: its state, its approval, its
/// explanation and its deletion.
pub(super) fn as_of(graph: &mut Graph, at: Timestamp) {
    for item in graph.nodes.values_mut().filter_map(|node| node.item.as_mut()) {
        for register in REGISTERS {
            let since = match register.version {
                DELETION_VERSION => item.number(DELETED_AT).map(Timestamp::from_millis),
                version if DATED.contains(&version) => item.text(version).and_then(leading_time),
                _ => None,
            };
            if since.is_some_and(|since| since > at) {
                take_away(item, &register);
            }
        }
        if item.text(STATE_VERSION).is_none() {
            back_to_state(item, at);
        }
    }
}

fn take_away(item: &mut Item, register: &Register) {
    let is_of = |name: &str| name == register.version || register.content.contains(&name);
    item.attributes.retain(|name, _| !is_of(name));
}

/// The newest state that a node had reached by then, among the states in its own item.
fn back_to_state(item: &mut Item, at: Timestamp) {
    let states = item.set(STATES).filter_map(ReachedState::parse);
    let Some(reached) = states.filter(|reached| reached.at <= at).last() else { return };
    item.attributes.insert(STATE_VERSION.to_owned(), Value::Text(reached.to_string()));
    item.attributes.insert(STATE.to_owned(), Value::Text(reached.state));
}
