//! Upstream of a node, and the closure of live deployments that is written down so that the upstream of a running endpoint,
//! and the running endpoints downstream of anything, are one query.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_lineage::closure;
use sagewarden_lineage::graph::{Graph, Node};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::{
    ClosureRow, ComponentRow, CurrentRow, LiveRow, NodeRow, RevisionRow, UnindexedRow,
};
use sagewarden_lineage::service::{ServicePeriod, service_periods};
use sagewarden_lineage::table::{Attributes, Item, Key, Page, Query, Write};
use sagewarden_lineage::walk::{Direction, Limits, Walk};

use crate::ports::{PortError, PortErrorKind, Table};

/// The most nodes in a closure. Their distance does not matter: models that are trained from each other make long chains.
const WHOLE: Limits = Limits { max_depth: 250, max_nodes: 2_000 };

/// A reader of items: the table itself or, for an answer, the table within limits.
pub(crate) trait Reads {
    /// Why it did not read.
    type Error;
    /// As [`Table::get`].
    async fn items(&self, keys: &[Key]) -> Result<Vec<Item>, Self::Error>;
    /// As [`Table::query`].
    async fn page(&self, query: &Query) -> Result<Page, Self::Error>;
}

impl<T: Table> Reads for T {
    type Error = PortError;

    async fn items(&self, keys: &[Key]) -> Result<Vec<Item>, PortError> {
        self.get(keys).await
    }

    async fn page(&self, query: &Query) -> Result<Page, PortError> {
        self.query(query).await
    }
}

/// Reads the upstream of some nodes: one request a level.
///
/// # Errors
/// When the table fails.
pub async fn upstream(
    table: &impl Table,
    start: impl IntoIterator<Item = NodeId>,
    limits: Limits,
) -> Result<Graph, PortError> {
    let mut walk = Walk::new(Direction::Upstream, start, limits);
    while level_above(table, &mut walk).await? {}
    Ok(walk.into_graph())
}

/// Nodes that are read at once: as many as one `BatchGetItem` of DynamoDB takes, and as an answer may read beyond its limit of bytes.
const LEVEL: usize = 100;

/// Reads a level of a walk upstream, or a part of it, with one request; false if no level is left.
pub(crate) async fn level_above<R: Reads>(reads: &R, walk: &mut Walk) -> Result<bool, R::Error> {
    let wanted: Vec<Key> = walk.level(LEVEL).iter().map(NodeRow::key).collect();
    if wanted.is_empty() {
        return Ok(false);
    }
    walk.absorb(reads.items(&wanted).await?);
    Ok(true)
}

/// The upstream of a live deployment from its closure; `None` when none is written down, or one that is just being written.
///
/// # Errors
/// When the table fails.
pub async fn live_upstream(table: &impl Table, deployment: &NodeId) -> Result<Option<Graph>, PortError> {
    written_down(table, deployment).await
}

/// As [`live_upstream`], within the limits of the reader.
pub(crate) async fn written_down<R: Reads>(
    reads: &R,
    deployment: &NodeId,
) -> Result<Option<Graph>, R::Error> {
    let items = query_all(reads, ClosureRow::of(deployment)).await?;
    let graph = closure::read(items);
    let is_whole = !graph.nodes.is_empty() && graph.unread().next().is_none();
    Ok(is_whole.then_some(graph))
}

/// Every page of a query.
///
/// # Errors
/// When it cannot be read.
pub(crate) async fn query_all<R: Reads>(reads: &R, mut query: Query) -> Result<Vec<Item>, R::Error> {
    let mut items = Vec::new();
    loop {
        let page = reads.page(&query).await?;
        items.extend(page.items);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(items),
        }
    }
}

/// The deployment that an endpoint points to; `None` when it has none, or was deleted.
///
/// # Errors
/// When the table fails.
pub(crate) async fn current_deployment<R: Reads>(
    reads: &R,
    endpoint: &NodeId,
) -> Result<Option<NodeId>, R::Error> {
    let pointer = reads.items(&[CurrentRow::key(endpoint)]).await?.pop();
    Ok(pointer.as_ref().and_then(CurrentRow::parse).and_then(|current| current.deployment))
}

/// When each version of these inference components of an endpoint served.
///
/// # Errors
/// When it cannot be read.
pub(crate) async fn component_periods<R: Reads>(
    reads: &R,
    endpoint: &NodeId,
    components: Query,
) -> Result<Vec<ServicePeriod>, R::Error> {
    let rows = query_all(reads, components).await?;
    let versions: Vec<NodeId> = rows.iter().filter_map(ComponentRow::parse).map(|row| row.version).collect();
    if versions.is_empty() {
        return Ok(Vec::new());
    }
    let mut items = BTreeMap::new();
    let keys: Vec<Key> = versions.iter().map(NodeRow::key).collect();
    for keys in keys.chunks(LEVEL) {
        items.extend(reads.items(keys).await?.into_iter().map(|item| (item.key.clone(), item)));
    }
    let node = |id: NodeId| Node { item: items.remove(&NodeRow::key(&id)), id };
    let versions: Vec<Node> = versions.into_iter().map(node).collect();
    let revisions = query_all(reads, RevisionRow::of(endpoint)).await?;
    let revisions = revisions.iter().filter_map(RevisionRow::parse);
    let deleted = revisions.filter(|revision| revision.deployment.is_none()).map(|revision| revision.at);
    Ok(service_periods(&versions, &deleted.collect::<Vec<_>>()))
}

/// Whether an endpoint runs a deployment, or a version of an inference component, now.
///
/// # Errors
/// When the table fails.
pub(crate) async fn is_live<R: Reads>(reads: &R, endpoint: &NodeId, root: &NodeId) -> Result<bool, R::Error> {
    if root.kind() != NodeKind::InferenceComponent {
        return Ok(current_deployment(reads, endpoint).await?.as_ref() == Some(root));
    }
    let row = ComponentRow { endpoint: endpoint.clone(), version: root.clone() };
    let periods = component_periods(reads, endpoint, row.of_same_component()).await?;
    Ok(periods.iter().any(|period| period.component == *root && period.holds(None)))
}

/// Brings the closures of all live deployments up to date that hold one of these nodes. Called after every change of a
/// node: an edge that arrives late repairs the closures of the deployments it touches.
///
/// # Errors
/// When the table fails. The change itself is stored; the retry of its event refreshes again.
pub(crate) async fn refresh(table: &impl Table, touched: &BTreeSet<NodeId>) -> Result<(), PortError> {
    let mut live = BTreeSet::new();
    for id in touched {
        let rows = query_all(table, LiveRow::under(id)).await?;
        live.extend(rows.iter().filter_map(LiveRow::parse).map(|row| (row.endpoint, row.deployment)));
    }
    for (endpoint, deployment) in live {
        settle_deployment(table, &endpoint, &deployment).await?;
    }
    Ok(())
}

/// Writes the closure of a deployment, or of an inference component, when its endpoint runs it, and removes it when it does not.
///
/// # Errors
/// When the table fails.
pub(crate) async fn settle_deployment(
    table: &impl Table,
    endpoint: &NodeId,
    deployment: &NodeId,
) -> Result<(), PortError> {
    if is_live(table, endpoint, deployment).await? {
        write(table, endpoint, deployment).await?;
    }
    // Asked again: the endpoint may have moved on while the closure was being written.
    if !is_live(table, endpoint, deployment).await? {
        remove(table, deployment).await?;
    }
    Ok(())
}

/// How often a closure is written again because the graph changed meanwhile, before the record is retried as a whole.
const ROUNDS: usize = 8;

/// Writes index and closure, then reads the graph again, until it no longer changes.
///
/// INVARIANT: the last read comes after the last write. A process that changes a node after that read finds the index, and refreshes the
/// closure itself. A slower process that overwrites a newer closure reads the newer graph afterwards, and corrects its closure.
async fn write(table: &impl Table, endpoint: &NodeId, deployment: &NodeId) -> Result<(), PortError> {
    let mut graph = upstream(table, [deployment.clone()], WHOLE).await?;
    let mut indexed: BTreeSet<NodeId> = BTreeSet::new();
    for _ in 0..ROUNDS {
        let members: BTreeSet<NodeId> = graph.nodes.keys().cloned().collect();
        let wanted = ancestors(deployment, &graph);
        let stored = query_all(table, ClosureRow::of(deployment)).await?;
        let former: BTreeSet<NodeId> = stored.iter().flat_map(ClosureRow::members).collect();
        let (missing, leftover) = differences(stored, wanted.clone());
        // INVARIANT: the deployment's own entry comes first: a removal begins with it, and so finds items that were cut short.
        if indexed.is_empty() {
            index(table, endpoint, deployment, &BTreeSet::from([deployment.clone()])).await?;
        }
        // Nodes that are no longer ancestors: an inferred commit that was corrected, and everything that only it led to. INVARIANT: the
        // closure has every deployment in the index. It is written before the index and cleared after it, so that a retry after a failure
        // in between knows which index rows to remove.
        let gone = former.union(&indexed).filter(|id| !members.contains(*id));
        let unlink: Vec<Write> = gone.map(|id| Write::Delete(LiveRow::key(id, deployment))).collect();
        table.write(&unlink).await?;
        table.write(&missing).await?;
        index(table, endpoint, deployment, &members).await?;
        table.write(&leftover).await?;
        mark_unindexed(table, deployment, &graph).await?;
        graph = upstream(table, [deployment.clone()], WHOLE).await?;
        if graph.nodes.keys().eq(&members) && ancestors(deployment, &graph) == wanted {
            return Ok(());
        }
        indexed = members;
    }
    let context = format!("write the closure of `{deployment}`");
    Err(PortError::new(PortErrorKind::Unavailable, context, "its lineage changes too fast"))
}

/// Adds the deployment to index rows that do not name it yet: a read costs a fifth of a write. A process that removes a row by mistake
/// reads the graph afterwards, and corrects that.
async fn index(
    table: &impl Table,
    endpoint: &NodeId,
    deployment: &NodeId,
    members: &BTreeSet<NodeId>,
) -> Result<(), PortError> {
    let keys: Vec<Key> = members.iter().map(|id| LiveRow::key(id, deployment)).collect();
    let stored: BTreeSet<Key> = table.get(&keys).await?.into_iter().map(|item| item.key).collect();
    let missing = members.iter().filter(|id| !stored.contains(&LiveRow::key(id, deployment)));
    let row = |ancestor: &NodeId| LiveRow {
        ancestor: ancestor.clone(),
        deployment: deployment.clone(),
        endpoint: endpoint.clone(),
    };
    let writes: Vec<Write> = missing.map(|id| Write::Put(row(id).item())).collect();
    table.write(&writes).await
}

/// The closure's items. An incomplete closure would look complete. So a closure that is too large has no items, and every question walks
/// the graph and says so.
fn ancestors(deployment: &NodeId, graph: &Graph) -> Vec<Item> {
    if graph.stopped_by.is_none() { closure::ancestors(deployment, graph) } else { Vec::new() }
}

/// Notes whether the whole upstream of a deployment is indexed, unless that is noted already: a read costs a fifth of a write.
async fn mark_unindexed(table: &impl Table, deployment: &NodeId, graph: &Graph) -> Result<(), PortError> {
    let key = UnindexedRow::key(deployment);
    let is_marked = !table.get(std::slice::from_ref(&key)).await?.is_empty();
    match (graph.stopped_by.is_some(), is_marked) {
        (true, false) => table.write(&[UnindexedRow { deployment: deployment.clone() }.write()]).await,
        (false, true) => table.write(&[Write::Delete(key)]).await,
        _ => Ok(()),
    }
}

/// The fewest writes that make the stored closure equal to `wanted`: items to put, and items to delete.
fn differences(stored: Vec<Item>, wanted: Vec<Item>) -> (Vec<Write>, Vec<Write>) {
    let mut stored: BTreeMap<Key, Attributes> =
        stored.into_iter().map(|item| (item.key, item.attributes)).collect();
    let mut missing = Vec::new();
    for item in wanted {
        if stored.remove(&item.key).as_ref() != Some(&item.attributes) {
            missing.push(Write::Put(item));
        }
    }
    (missing, stored.into_keys().map(Write::Delete).collect())
}

/// Takes a closure and its index back. The index rows are deleted first, because they are found through the closure.
async fn remove(table: &impl Table, deployment: &NodeId) -> Result<(), PortError> {
    let own_index = LiveRow::key(deployment, deployment);
    let unindexed = UnindexedRow::key(deployment);
    let found = table.get(&[own_index.clone(), unindexed.clone()]).await?;
    if !found.iter().any(|item| item.key == own_index) {
        return Ok(());
    }
    let items = query_all(table, ClosureRow::of(deployment)).await?;
    let mut ancestors: BTreeSet<NodeId> = items.iter().flat_map(ClosureRow::members).collect();
    // A closure too large to be written down has an index all the same.
    ancestors.extend(upstream(table, [deployment.clone()], WHOLE).await?.nodes.into_keys());
    ancestors.remove(deployment);
    let unlink: Vec<Write> = ancestors.iter().map(|id| Write::Delete(LiveRow::key(id, deployment))).collect();
    // As above: the closure says whose index is left.
    table.write(&unlink).await?;
    let closure = items.into_iter().map(|item| item.key);
    let mark = found.into_iter().map(|item| item.key).filter(|key| *key == unindexed);
    let writes: Vec<Write> = closure.chain(mark).map(Write::Delete).collect();
    table.write(&writes).await?;
    // INVARIANT: the deployment's own entry goes last, so that a removal that was cut short is taken up again.
    table.write(&[Write::Delete(own_index)]).await
}
