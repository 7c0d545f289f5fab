//! A question about the lineage, and its answer. Every answer says whether it is whole, and if not why.

mod address;
mod affected;
mod compared;
mod endpoint;
mod follow;
mod past;
mod question;
mod reading;

use std::collections::BTreeMap;

use sagewarden_events::Timestamp;
use sagewarden_lineage::answer::{Answer, Format, Reply, reproduction};
use sagewarden_lineage::cursor::Cursor;
use sagewarden_lineage::graph::{Graph, Node};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::record::DETAIL;
use sagewarden_lineage::table::{Item, Key};
use sagewarden_lineage::walk::{Direction, Limits, Walk};
use serde_json::{Map, Value as Json};

use crate::ports::Table;
use crate::record::explanation;
use address::{Addressed, is_deployed, resolve};
use follow::{as_of, follow};
use question::Bounds;
pub use question::{Ask, NoAnswer, Question, Way};
use reading::{Interrupted, Reading};

/// Answers a question of any kind. `is_over` says whether there is no more time: the answer is cut then, and says so.
///
/// # Errors
/// When the question names nothing, too much, or something that it cannot be asked of; or the table fails.
pub async fn answer(
    table: &impl Table,
    question: &Question,
    is_over: &dyn Fn() -> bool,
) -> Result<Reply, NoAnswer> {
    let bounds = question.bounds()?;
    check(question)?;
    let reading = Reading::new(table, bounds.requests, is_over);
    Ok(match question.ask {
        Ask::Lineage => Reply::Lineage(Box::new(lineage(&reading, question, bounds).await?)),
        Ask::Impact => Reply::Impact(affected::impact(&reading, question, bounds).await?),
        Ask::Diff => Reply::Difference(compared::diff(&reading, question, bounds).await?),
        Ask::Reproduce => {
            let answer = lineage(&reading, question, bounds).await?;
            Reply::Reproduction(Box::new(reproduction(&answer)?))
        }
        Ask::History => Reply::History(past::history(&reading, question, bounds).await?),
    })
}

/// Answers what something was made of, without a limit of time.
///
/// # Errors
/// As [`answer`].
pub async fn lookup_lineage(table: &impl Table, question: &Question) -> Result<Answer, NoAnswer> {
    let bounds = question.bounds()?;
    check(question)?;
    lineage(&Reading::new(table, bounds.requests, &|| false), question, bounds).await
}

/// Fields that do not fit together.
fn check(question: &Question) -> Result<(), NoAnswer> {
    let refuse =
        |field: &'static str, reason: &str| Err(NoAnswer::BadField { field, reason: reason.to_owned() });
    let asks_lineage = question.ask == Ask::Lineage;
    match question.ask {
        Ask::Diff if question.with.is_none() => {
            return refuse("with", "is missing: say what it is compared with");
        }
        Ask::Diff => {}
        _ if question.with.is_some() => return refuse("with", "is only for `diff`"),
        _ => {}
    }
    if question.direction != Way::Upstream && !asks_lineage {
        return refuse("direction", "is only for `lineage`");
    }
    if question.past && (!asks_lineage || question.at.is_some() || question.cursor.is_some()) {
        return refuse("past", "is only for `lineage`, without `at` and `cursor`");
    }
    if question.direction == Way::Both && question.cursor.is_some() {
        return refuse("cursor", "goes one way: continue with `direction` as `upstream` or `downstream`");
    }
    if question.cursor.is_some() && matches!(question.ask, Ask::Diff | Ask::Reproduce) {
        return refuse("cursor", "is for `lineage`, `impact` and `history`");
    }
    if !asks_lineage && !matches!(question.format, Format::Json | Format::Tree | Format::Table) {
        return refuse("format", "is only for `lineage`: ask for `json` or `tree`");
    }
    Ok(())
}

async fn lineage<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
    bounds: Bounds,
) -> Result<Answer, NoAnswer> {
    reading.begin_nodes();
    let asked = question.time()?;
    let Addressed { id: root, at } = resolve(reading, &question.entity).await?;
    let at = asked.or(at);
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
        as_of(&mut graph, at.millis());
    }
    if question.past && root.kind() == NodeKind::Endpoint {
        endpoint::former(reading, &root, &mut graph, bounds.limits).await?;
    }
    let with_findings = root.kind() == NodeKind::Endpoint && question.cursor.is_none();
    if with_findings && question.direction != Way::Downstream {
        endpoint::observations(reading, &root, &mut graph, at, bounds.limits).await?;
    }
    let details = details(reading, &mut graph).await?;
    Ok(Answer {
        root,
        graph,
        details,
        cursor: cursor.map(|cursor| cursor.write()),
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

type Part = (Graph, Option<Cursor>);

async fn resumed<T: Table>(
    reading: &Reading<'_, T>,
    text: &str,
    root: &NodeId,
    direction: Direction,
    limits: Limits,
) -> Result<Part, NoAnswer> {
    let mut walk = taken_up(text, root, direction, limits)?;
    follow(reading, &mut walk, direction).await?;
    Ok(walk.finish(root))
}

/// The walk of an earlier answer to the same question.
fn taken_up(text: &str, root: &NodeId, direction: Direction, limits: Limits) -> Result<Walk, NoAnswer> {
    let refuse = |reason: &str| NoAnswer::BadField { field: "cursor", reason: reason.to_owned() };
    let cursor = Cursor::read(text)
        .ok_or_else(|| refuse("is not the `cursor` of an answer: pass it on as it came"))?;
    if cursor.root() != root || cursor.direction() != direction {
        return Err(refuse("belongs to another question: ask the same one with it"));
    }
    Ok(Walk::resume(cursor, limits))
}

async fn begun<T: Table>(
    reading: &Reading<'_, T>,
    root: &NodeId,
    direction: Direction,
    at: Option<Timestamp>,
    limits: Limits,
) -> Result<Part, NoAnswer> {
    if root.kind() == NodeKind::Endpoint && direction == Direction::Upstream {
        return endpoint::endpoint(reading, root, at, limits).await;
    }
    let mut walk = Walk::new(direction, [root.clone()], limits);
    follow(reading, &mut walk, direction).await?;
    Ok(walk.finish(root))
}

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
    let mut keys: Vec<Key> = ids.map(|id| Key::new(id.as_str(), DETAIL)).collect();
    keys.extend(graph.nodes.values().filter_map(explanation::key));
    let mut details: BTreeMap<NodeId, Map<String, Json>> = BTreeMap::new();
    reading.begin_details();
    for keys in keys.chunks(DETAILS) {
        for item in read(reading, keys, graph).await? {
            let json = item.text("json").and_then(|text| serde_json::from_str(text).ok());
            let Some((id, Json::Object(mut told))) = NodeId::parse(&item.key.pk).zip(json) else { continue };
            let detail = details.entry(id).or_default();
            if item.key.sk == DETAIL {
                detail.extend(told);
            } else if let Some(attributions) = told.remove("attributions") {
                // Which report says so is a fact of the node.
                detail.insert("Attributions".into(), attributions);
            }
        }
    }
    Ok(details.into_iter().map(|(id, detail)| (id, detail.into())).collect())
}

/// Details that are read at once: each may have 300 KB.
const DETAILS: usize = 25;

/// Reads what belongs to an answer that is there already: a limit cuts it.
async fn read<T: Table>(
    reading: &Reading<'_, T>,
    keys: &[Key],
    graph: &mut Graph,
) -> Result<Vec<Item>, NoAnswer> {
    match reading.get(keys).await {
        Ok(items) => Ok(items),
        Err(Interrupted::Stopped(why)) => {
            graph.stopped_by = graph.stopped_by.or(Some(why));
            Ok(Vec::new())
        }
        Err(Interrupted::Port(error)) => Err(error.into()),
    }
}
