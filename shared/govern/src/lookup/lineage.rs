//! The question `lineage`: everything upstream of an entity, or everything downstream.

use std::collections::BTreeMap;

use sagewarden_events::Timestamp;
use sagewarden_lineage::answer::Answer;
use sagewarden_lineage::graph::{Graph, Node};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::node::EXPLANATION_VERSION;
use sagewarden_lineage::rows::{DetailRow, ExplanationRow};
use sagewarden_lineage::table::{Item, Key};
use sagewarden_lineage::walk::{Cursor, Direction, Limits, Walk};
use serde_json::{Map, Value as Json};

use super::address::{Addressed, is_deployed, resolve};
use super::endpoint::{endpoint, former, observations};
use super::follow::{Followed, as_of, follow, taken_up};
use super::question::{Bounds, NoAnswer, Question, Way};
use super::reading::{Reading, or_cut};
use super::revisions::version_at;
use super::router::router;
use crate::ports::Table;

/// Answers `lineage`; `diff` and `reproduce` begin with it.
pub(super) async fn lineage<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
    bounds: Bounds,
) -> Result<Answer, NoAnswer> {
    reading.begin_nodes();
    let asked = question.time()?;
    let Addressed { id: root, at } = resolve(reading, &question.entity).await?;
    let at = asked.or(at);
    let root = match at {
        // An identity names one revision of a router; its name, the revision of that time.
        Some(_) if root.kind() == NodeKind::InferenceRouter && question.entity != root.as_str() => {
            version_at(reading, &root, at).await?.unwrap_or(root)
        }
        _ => root,
    };
    let mut graph = Graph::default();
    let mut cursor = None;
    for direction in question.direction.directions() {
        let (part, rest) = match &question.cursor {
            Some(text) => resumed(reading, text, &root, *direction, bounds.limits).await?,
            None => begun(reading, &root, *direction, at, bounds.limits).await?,
        };
        graph.extend(part);
        cursor = cursor.or(rest);
    }
    if let Some(at) = at {
        existed(&graph, &root, at)?;
        as_of(&mut graph, at);
    }
    if question.past && root.kind() == NodeKind::Endpoint {
        former(reading, &root, &mut graph, bounds.limits).await?;
    }
    let with_findings = root.kind() == NodeKind::Endpoint && question.cursor.is_none();
    if with_findings && question.direction != Way::Downstream {
        observations(reading, &root, &mut graph, at, bounds.limits).await?;
    }
    let details = details(reading, &mut graph).await?;
    Ok(Answer {
        root,
        graph,
        details,
        cursor: cursor.map(|cursor: Cursor| cursor.write()),
        requests: reading.requests(),
    })
}

fn existed(graph: &Graph, root: &NodeId, at: Timestamp) -> Result<(), NoAnswer> {
    let created = graph.nodes.get(root).and_then(Node::created_at);
    match created.filter(|created| *created > at && !is_deployed(root)) {
        Some(created) => Err(NoAnswer::BadField {
            field: "at",
            reason: format!("is before {root} was created, at {created}"),
        }),
        None => Ok(()),
    }
}

async fn resumed<T: Table>(
    reading: &Reading<'_, T>,
    text: &str,
    root: &NodeId,
    direction: Direction,
    limits: Limits,
) -> Result<Followed, NoAnswer> {
    let mut walk = taken_up(text, root, direction, limits)?;
    follow(reading, &mut walk, direction).await?;
    Ok(walk.finish(root))
}

async fn begun<T: Table>(
    reading: &Reading<'_, T>,
    root: &NodeId,
    direction: Direction,
    at: Option<Timestamp>,
    limits: Limits,
) -> Result<Followed, NoAnswer> {
    if root.kind() == NodeKind::Endpoint && direction == Direction::Upstream {
        return endpoint(reading, root, at, limits).await;
    }
    if root.kind() == NodeKind::InferenceRouter && direction == Direction::Upstream {
        return router(reading, root, at, limits).await;
    }
    let mut walk = Walk::new(direction, [root.clone()], limits);
    follow(reading, &mut walk, direction).await?;
    Ok(walk.finish(root))
}

/// Details that are read at once: each may have 300 KB.
const DETAILS: usize = 25;

async fn details<T: Table>(
    reading: &Reading<'_, T>,
    graph: &mut Graph,
) -> Result<BTreeMap<NodeId, Json>, NoAnswer> {
    let with_detail = [
        NodeKind::TrainingJob,
        NodeKind::ProcessingJob,
        NodeKind::TransformJob,
        NodeKind::TuningJob,
        NodeKind::AutoMlJob,
        NodeKind::ModelPackage,
        NodeKind::Violation,
    ];
    let ids = graph.nodes.keys().filter(|id| with_detail.contains(&id.kind()));
    let mut keys: Vec<Key> = ids.map(DetailRow::key).collect();
    let explained = |node: &Node| ExplanationRow::key_of_newest(&node.id, node.text(EXPLANATION_VERSION)?);
    keys.extend(graph.nodes.values().filter_map(explained));
    let mut details: BTreeMap<NodeId, Map<String, Json>> = BTreeMap::new();
    reading.begin_details();
    for keys in keys.chunks(DETAILS) {
        for item in or_cut(reading.get(keys).await, graph)?.unwrap_or_default() {
            let Some((id, facts)) = detail(&item) else { continue };
            details.entry(id).or_default().extend(facts);
        }
    }
    Ok(details.into_iter().map(|(id, detail)| (id, detail.into())).collect())
}

/// The large facts that a row adds to its node.
pub(super) fn detail(item: &Item) -> Option<(NodeId, Map<String, Json>)> {
    if let Some(row) = DetailRow::parse(item) {
        return Some((row.id, serde_json::from_str(&row.json?).ok()?));
    }
    let row = ExplanationRow::parse(item)?;
    let mut said: Map<String, Json> = serde_json::from_str(&row.json).ok()?;
    // The node itself names the report.
    let attributions = said.remove("attributions")?;
    Some((row.id, Map::from_iter([("Attributions".to_owned(), attributions)])))
}
