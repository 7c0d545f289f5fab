//! Everything about one entity and one step around it, in few requests: its partition, its verdicts, and its neighbours.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::Timestamp;
use sagewarden_lineage::answer::{Answer, Entity, Entry, EntryKind, verdict_in_words};
use sagewarden_lineage::edge::{MONITORED, OBSERVED_ON, Relation};
use sagewarden_lineage::graph::{Edge, Graph, Node, StoppedBy};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::node::{ENDPOINT, EXPLANATION_VERSION};
use sagewarden_lineage::rows::{
    CurrentRow, DetailRow, ExplanationRow, JudgementRow, NodeRow, ObservationRow, OutEdgeRow, RevisionRow,
    VerdictRow,
};
use sagewarden_lineage::table::{Item, Key};
use serde_json::{Map, Value as Json};

use super::address::{identity, resolve};
use super::entries::own_entries;
use super::follow::{as_of, current, deployed, followers_at_times, inferred};
use super::lineage::detail;
use super::question::{NoAnswer, Question};
use super::reading::{KEYS, Reading};
use super::why::{Subject, explained, without_node};
use crate::ports::Table;

/// Rows of a partition that one request brings. An image that ten thousand jobs ran has as many edges.
const ROWS: usize = 500;
/// The newest observations, whose nodes are read.
const OBSERVATIONS: usize = 40;

/// Answers the known facts about an entity, now or at the question's time. A name takes one request more than an identity, and so does a
/// partition of more than 500 rows; such a partition of an endpoint takes four.
///
/// # Errors
///
/// If the question names no entity, several entities, or a time before the entity was created, or if the table fails.
pub async fn entity(table: &impl Table, question: &Question) -> Result<Entity, NoAnswer> {
    let bounds = question.bounds()?;
    let reading = Reading::new(table, bounds.requests, &|| false);
    let at = question.time()?;
    let found = match identity(&question.entity) {
        Some(id) => Ok((id, None)),
        None => resolve(&reading, &question.entity).await.map(|addressed| (addressed.id, addressed.at)),
    };
    let (id, at) = match found {
        Ok((id, own)) => (id, at.or(own)),
        Err(refused @ (NoAnswer::Unknown(_) | NoAnswer::Unaddressable(_))) => {
            let subject = without_node(&reading, &question.entity).await?.ok_or(refused)?;
            return judged(&reading, subject, at).await;
        }
        Err(other) => return Err(other),
    };
    let partition = partition(&reading, &id).await?;
    if partition.rows.is_empty() {
        return Err(NoAnswer::Unknown(question.entity.clone()));
    }
    around(&reading, partition, at).await
}

/// A resource without lineage: its verdicts are all that is known.
async fn judged<T: Table>(
    reading: &Reading<'_, T>,
    subject: Subject,
    at: Option<Timestamp>,
) -> Result<Entity, NoAnswer> {
    let rows = reading.query_all(VerdictRow::and_judgements(&subject.verdicts)).await?;
    let why = explained(subject, &rows, at);
    after_creation(&why.root, why.created_at, at)?;
    let mut entries: Vec<Entry> = judgements(&rows, &why.root, &why.name).collect();
    in_order(&mut entries, at);
    Ok(Entity { lineage: None, unread: 0, why, entries, requests: reading.requests() })
}

/// Refuses a time before something was created.
fn after_creation(name: &str, created: Option<Timestamp>, at: Option<Timestamp>) -> Result<(), NoAnswer> {
    match (created, at) {
        (Some(created), Some(at)) if created > at => {
            let reason = format!("is before {name} was created, at {created}");
            Err(NoAnswer::BadField { field: "at", reason })
        }
        _ => Ok(()),
    }
}

/// The rows under an identity.
struct Partition {
    node: Node,
    rows: Vec<Item>,
    /// Whether there are more rows than were read.
    is_cut: bool,
}

async fn partition<T: Table>(reading: &Reading<'_, T>, id: &NodeId) -> Result<Partition, NoAnswer> {
    let page = reading.query(&NodeRow::and_all_beside(id).at_most(ROWS)).await?;
    let is_cut = page.next.is_some();
    let mut rows = page.items;
    if is_cut {
        // The node has the smallest sort keys.
        let own = [NodeRow::key(id), DetailRow::key(id), CurrentRow::key(id)];
        rows.retain(|row| !own.contains(&row.key));
        rows.extend(reading.get(&own).await?);
    }
    let item = rows.iter().find(|row| row.key == NodeRow::key(id)).cloned();
    Ok(Partition { node: Node { id: id.clone(), item }, rows, is_cut })
}

/// Of an endpoint with more rows than one request brings, the newest observations and all deployments in place of the oldest rows.
async fn newest<T: Table>(
    reading: &Reading<'_, T>,
    endpoint: &NodeId,
    rows: &mut Vec<Item>,
    at: Option<Timestamp>,
) -> Result<(), NoAnswer> {
    rows.retain(|row| ObservationRow::parse(row).is_none() && RevisionRow::parse(row).is_none());
    let before = at.map(|at| Timestamp::from_millis(at.millis() + 1));
    for role in [OBSERVED_ON, MONITORED] {
        let query = ObservationRow::before(endpoint, role, before).at_most(OBSERVATIONS);
        rows.extend(reading.query(&query).await?.items);
    }
    rows.extend(reading.query_all(RevisionRow::of(endpoint)).await?);
    Ok(())
}

/// When each observation among the rows was made.
fn observed(rows: &[Item]) -> BTreeMap<NodeId, Timestamp> {
    rows.iter().filter_map(ObservationRow::parse).map(|row| (row.node, row.at)).collect()
}

async fn around<T: Table>(
    reading: &Reading<'_, T>,
    partition: Partition,
    at: Option<Timestamp>,
) -> Result<Entity, NoAnswer> {
    let Partition { node, mut rows, is_cut } = partition;
    let id = node.id.clone();
    after_creation(id.as_str(), node.created_at(), at)?;
    if is_cut && id.kind() == NodeKind::Endpoint {
        newest(reading, &id, &mut rows, at).await?;
    }
    // Only resources are judged: no commit, no data and no image.
    let verdicts = match id.as_resource() {
        Some(_) => reading.query_all(VerdictRow::and_judgements(id.as_str())).await?,
        None => Vec::new(),
    };
    let followers = match id.kind() {
        NodeKind::Commit => followers_at_times(reading, &id, rows.iter()).await?,
        _ => Vec::new(),
    };
    let mut graph = Graph::default();
    graph.insert(node.clone(), 0);
    graph.edges.extend(edges(&node, &rows, at));
    let unread = neighbours(reading, &node, (followers, &observed(&rows)), &mut graph, at).await?;
    if is_cut || unread > 0 {
        graph.stopped_by = Some(StoppedBy::MaxNodes);
    }
    let mut entries = own_entries(&node, &rows, &graph);
    entries.extend(judgements(&verdicts, id.as_str(), node.name()));
    in_order(&mut entries, at);
    if let Some(at) = at {
        as_of(&mut graph, at);
    }
    let subject = Subject::of(graph.nodes.get(&id).unwrap_or(&node));
    let why = explained(subject, &verdicts, at);
    let details = details(&node, &rows);
    let requests = reading.requests();
    let lineage = Answer { root: id, graph, details, cursor: None, requests };
    Ok(Entity { lineage: Some(lineage), unread, why, entries, requests })
}

/// The edges that lead out of the node, and those of deployments, which no row has.
fn edges(node: &Node, rows: &[Item], at: Option<Timestamp>) -> Vec<Edge> {
    let id = &node.id;
    let out = rows.iter().filter_map(OutEdgeRow::parse);
    let mut edges: Vec<Edge> = out
        .map(|row| Edge { from: row.source, to: row.destination, relation: row.relation, role: row.role })
        .collect();
    let seen = rows.iter().filter_map(ObservationRow::parse);
    let mut seen: Vec<ObservationRow> = seen.filter(|row| at.is_none_or(|at| row.at <= at)).collect();
    seen.sort_by_key(|row| Reverse(row.at));
    edges.extend(seen.into_iter().take(OBSERVATIONS).map(|row| Edge {
        from: row.endpoint,
        to: row.node,
        relation: Relation::AssociatedWith,
        role: row.role,
    }));
    edges.extend(deployments(id, rows, at));
    edges
}

/// From the deployments of an endpoint to it. The last one until the time in question is the current one.
fn deployments(endpoint: &NodeId, rows: &[Item], at: Option<Timestamp>) -> Vec<Edge> {
    let mut revisions: Vec<RevisionRow> = rows.iter().filter_map(RevisionRow::parse).collect();
    revisions.retain(|row| at.is_none_or(|at| row.at <= at));
    revisions.sort_by_key(|row| row.at);
    let in_force = revisions.last().and_then(|row| row.deployment.clone());
    let all: BTreeSet<NodeId> = revisions.into_iter().filter_map(|row| row.deployment).collect();
    let edge = |deployment: NodeId| match in_force.as_ref() == Some(&deployment) {
        true => current(&deployment, endpoint),
        false => deployed("former", &deployment, endpoint),
    };
    all.into_iter().map(edge).collect()
}

/// Reads the nodes at the other ends, in one request; answers how many there was no room for. Of the followers of a branch, those count
/// whose commit is this one.
async fn neighbours<T: Table>(
    reading: &Reading<'_, T>,
    node: &Node,
    (followers, observed): (Vec<NodeId>, &BTreeMap<NodeId, Timestamp>),
    graph: &mut Graph,
    at: Option<Timestamp>,
) -> Result<usize, NoAnswer> {
    let ends = graph.edges.iter().flat_map(|edge| [&edge.from, &edge.to]);
    let mut others: BTreeSet<NodeId> = ends.filter(|id| **id != node.id).cloned().collect();
    let endpoint = node.text(ENDPOINT).and_then(NodeId::parse);
    others.extend(endpoint.clone());
    others.extend(followers);
    // Edges upstream come before edges downstream, because there are never many of them; of observations, the newest come first.
    let sources: BTreeSet<&NodeId> = graph.into_node(&node.id).map(|edge| &edge.from).collect();
    let mut order: Vec<NodeId> = others.into_iter().collect();
    order.sort_by_key(|id| {
        let seen = observed.get(id).copied();
        let is_later = seen.zip(at).is_some_and(|(seen, at)| seen > at);
        (!sources.contains(id), is_later, Reverse(seen))
    });
    let pointer = endpoint.as_ref().map(CurrentRow::key);
    let room = KEYS - usize::from(pointer.is_some());
    let unread: BTreeSet<NodeId> = order.split_off(room.min(order.len())).into_iter().collect();
    let keys: Vec<Key> = order.iter().map(NodeRow::key).chain(pointer).collect();
    let items = reading.get(&keys).await?;
    if let Some(endpoint) = endpoint {
        let in_force = items.iter().find_map(CurrentRow::parse).and_then(|row| row.deployment);
        graph.edges.insert(match in_force.as_ref() == Some(&node.id) {
            true => current(&node.id, &endpoint),
            false => deployed("former", &node.id, &endpoint),
        });
    }
    graph.edges.extend(items.iter().filter_map(|item| inferred(&node.id, item)));
    let mut items: BTreeMap<NodeId, Item> =
        items.into_iter().filter_map(|item| Some((NodeRow::id_of(&item.key)?, item))).collect();
    for id in order {
        let other = Node { item: items.remove(&id), id };
        let is_later = other.created_at().zip(at).is_some_and(|(created, at)| created > at);
        let is_neighbour = graph.edges.iter().any(|edge| edge.from == other.id || edge.to == other.id);
        if is_neighbour && !is_later {
            graph.insert_from_above(other, 1);
        }
    }
    let Graph { nodes, edges, .. } = graph;
    edges.retain(|edge| nodes.contains_key(&edge.from) && nodes.contains_key(&edge.to));
    Ok(unread.len())
}

fn judgements<'a>(rows: &'a [Item], subject: &'a str, name: &'a str) -> impl Iterator<Item = Entry> + 'a {
    let verdicts = rows.iter().filter_map(JudgementRow::parse).map(|JudgementRow(verdict)| verdict);
    verdicts.filter_map(move |verdict| {
        let text = format!("{name} was judged {}", verdict_in_words(&verdict)?);
        let subject = subject.to_owned();
        let kind = EntryKind::Finding;
        Some(Entry { time: verdict.judged_at, kind, text, subject, digest: None, previous: None })
    })
}

/// The newest first, and nothing later than the time in question.
fn in_order(entries: &mut Vec<Entry>, at: Option<Timestamp>) {
    entries.retain(|entry| at.is_none_or(|at| entry.time <= at));
    entries.sort_by(|one, other| other.cmp(one));
    entries.dedup();
}

fn details(node: &Node, rows: &[Item]) -> BTreeMap<NodeId, Json> {
    let newest =
        node.text(EXPLANATION_VERSION).and_then(|version| ExplanationRow::key_of_newest(&node.id, version));
    let wanted = |row: &&Item| DetailRow::is(&row.key) || Some(&row.key) == newest.as_ref();
    let facts: Map<String, Json> =
        rows.iter().filter(wanted).filter_map(detail).flat_map(|(_, facts)| facts).collect();
    if facts.is_empty() { BTreeMap::new() } else { BTreeMap::from([(node.id.clone(), facts.into())]) }
}
