//! A question about the lineage, and its answer. Every answer says whether it is whole, and if not why.

mod address;
mod affected;
mod follow;
mod past;
mod question;
mod reading;

use std::collections::BTreeMap;

use sagewarden_events::Timestamp;
use sagewarden_lineage::answer::{
    Difference, History, Impact, Reproduction, Verdicts, difference, newest_verdict, reproduction,
};
use sagewarden_lineage::cursor::Cursor;
use sagewarden_lineage::edge::Relation;
use sagewarden_lineage::graph::{Graph, Node, StoppedBy, closure};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::record::{DETAIL, NODE};
use sagewarden_lineage::table::{Key, Query};
use sagewarden_lineage::view::{self, Answer, Format};
use sagewarden_lineage::walk::{Direction, Limits, Walk};
use serde_json::{Value as Json, json};

use crate::alert_drift::OBSERVED_ON;
use crate::closure::CURRENT;
use crate::ports::Table;
use address::{Addressed, is_deployed, resolve};
use follow::{as_of, current, deployed, follow};
use past::{LOOKED_INTO, deployment_in_force, periods};
use question::Bounds;
pub use question::{Ask, NoAnswer, Question, Way};
use reading::{Interrupted, Reading};

/// An answer to a question.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// To `lineage`.
    Lineage(Box<Answer>),
    /// To `impact`.
    Impact(Impact),
    /// To `diff`.
    Difference(Difference),
    /// To `reproduce`.
    Reproduction(Box<Reproduction>),
    /// To `history`.
    History(History),
}

impl Reply {
    /// Whether it is whole.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        match self {
            Self::Lineage(answer) => answer.is_complete(),
            Self::Impact(impact) => impact.complete,
            Self::Difference(difference) => difference.complete,
            Self::Reproduction(reproduction) => reproduction.complete,
            Self::History(history) => history.complete,
        }
    }

    /// As a JSON document; the lineage as nodes and edges, or as the flat table.
    #[must_use]
    pub fn document(&self, format: Format) -> Json {
        match self {
            Self::Lineage(answer) => view::document(answer, format),
            Self::Impact(impact) => json!(impact),
            Self::Difference(difference) => json!(difference),
            Self::Reproduction(reproduction) => json!(reproduction),
            Self::History(history) => json!(history),
        }
    }

    /// As text in the format that was asked for.
    #[must_use]
    pub fn text(&self, format: Format) -> String {
        match self {
            Self::Lineage(answer) => view::text(answer, format),
            _ if format == Format::Json => format!("{:#}", self.document(format)),
            Self::Impact(impact) => impact.text(),
            Self::Difference(difference) => difference.text(),
            Self::Reproduction(reproduction) => reproduction.text(),
            Self::History(history) => history.text(),
        }
    }
}

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
        Ask::Diff => Reply::Difference(diff(&reading, question, bounds).await?),
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
    let refuse = |reason: &str| NoAnswer::BadField { field: "cursor", reason: reason.to_owned() };
    let cursor = Cursor::read(text)
        .ok_or_else(|| refuse("is not the `cursor` of an answer: pass it on as it came"))?;
    if cursor.root() != root || cursor.direction() != direction {
        return Err(refuse("belongs to another question: ask the same one with it"));
    }
    let mut walk = Walk::resume(cursor, limits);
    follow(reading, &mut walk, direction).await?;
    Ok(walk.finish(root))
}

async fn begun<T: Table>(
    reading: &Reading<'_, T>,
    root: &NodeId,
    direction: Direction,
    at: Option<Timestamp>,
    limits: Limits,
) -> Result<Part, NoAnswer> {
    if root.kind() == NodeKind::Endpoint && direction == Direction::Upstream {
        return endpoint(reading, root, at, limits).await;
    }
    let mut walk = Walk::new(direction, [root.clone()], limits);
    follow(reading, &mut walk, direction).await?;
    Ok(walk.finish(root))
}

/// The endpoint, what it runs or ran, and everything upstream of that: from the closure of the live deployment, else by walking.
async fn endpoint<T: Table>(
    reading: &Reading<'_, T>,
    endpoint: &NodeId,
    at: Option<Timestamp>,
    limits: Limits,
) -> Result<Part, NoAnswer> {
    let keys = [Key::new(endpoint.as_str(), NODE), Key::new(endpoint.as_str(), CURRENT)];
    let items = reading.get(&keys).await?;
    let (pointer, node): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| item.key.sk == CURRENT);
    let deployment = match at {
        None => pointer.first().and_then(|item| item.text("dep").and_then(NodeId::parse)),
        Some(at) => match deployment_in_force(reading, endpoint, at).await? {
            Some((_, deployment)) => deployment,
            None => {
                let reason = format!("is before the first deployment that is known of {endpoint}");
                return Err(NoAnswer::BadField { field: "at", reason });
            }
        },
    };
    let (mut graph, mut cursor) = (Graph::default(), None);
    if let Some(deployment) = deployment {
        // The endpoint itself has a place in the answer, too.
        let limits = Limits { max_nodes: limits.max_nodes.saturating_sub(1).max(1), ..limits };
        let whole = if at.is_none() { live(reading, &deployment, limits).await? } else { None };
        (graph, cursor) = match whole {
            Some(graph) => (graph, None),
            None => {
                let mut walk = Walk::new(Direction::Upstream, [deployment.clone()], limits);
                follow(reading, &mut walk, Direction::Upstream).await?;
                walk.finish(endpoint)
            }
        };
        graph.distance.values_mut().for_each(|distance| *distance += 1);
        graph.edges.insert(current(&deployment, endpoint));
    }
    graph.insert(Node { id: endpoint.clone(), item: node.into_iter().next() }, 0);
    Ok((graph, cursor))
}

/// What the endpoint ran before, with everything upstream of that.
async fn former<T: Table>(
    reading: &Reading<'_, T>,
    endpoint: &NodeId,
    graph: &mut Graph,
    limits: Limits,
) -> Result<(), NoAnswer> {
    let held = match periods(reading, endpoint).await {
        Ok(held) => held,
        Err(Interrupted::Stopped(why)) => {
            graph.stopped_by = graph.stopped_by.or(Some(why));
            return Ok(());
        }
        Err(Interrupted::Port(error)) => return Err(error.into()),
    };
    let mut earlier: Vec<NodeId> = Vec::new();
    for deployment in held.into_iter().rev().filter_map(|period| period.deployment) {
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

/// The closure of a live deployment: one query. `None` when there is none, it is just being written, or it is too large.
async fn live<T: Table>(
    reading: &Reading<'_, T>,
    deployment: &NodeId,
    limits: Limits,
) -> Result<Option<Graph>, NoAnswer> {
    let rows = match reading.query_all(Query::prefix(deployment.as_str(), closure::ANCESTORS)).await {
        Ok(rows) => rows,
        Err(Interrupted::Stopped(_)) => return Ok(None),
        Err(Interrupted::Port(error)) => return Err(error.into()),
    };
    let graph = closure::read(rows);
    let is_whole = !graph.nodes.is_empty() && graph.unread().next().is_none();
    Ok(Some(graph).filter(|graph| is_whole && graph.nodes.len() <= limits.max_nodes))
}

/// Findings of monitoring in one answer: four days of an hourly schedule.
const MAX_OBSERVATIONS: usize = 100;

/// What monitoring has found on the endpoint, as far as there is room; the newest first, since executions are named by their
/// time.
async fn observations<T: Table>(
    reading: &Reading<'_, T>,
    endpoint: &NodeId,
    graph: &mut Graph,
    at: Option<Timestamp>,
    limits: Limits,
) -> Result<(), NoAnswer> {
    let room = limits.max_nodes.saturating_sub(graph.nodes.len()).min(MAX_OBSERVATIONS);
    let prefix = format!("O#{}:{OBSERVED_ON}#", Relation::AssociatedWith);
    let newest =
        Query { descending: true, limit: Some(room + 1), ..Query::prefix(endpoint.as_str(), &prefix) };
    let out = match reading.query(&newest).await {
        Ok(page) => page.items,
        Err(Interrupted::Stopped(why)) => {
            graph.stopped_by = graph.stopped_by.or(Some(why));
            return Ok(());
        }
        Err(Interrupted::Port(error)) => return Err(error.into()),
    };
    if out.len() > room {
        graph.stopped_by = graph.stopped_by.or(Some(StoppedBy::MaxNodes));
    }
    let ids: Vec<NodeId> =
        out.iter().take(room).filter_map(|item| NodeId::parse(item.key.sk.strip_prefix(&prefix)?)).collect();
    let keys: Vec<Key> = ids.iter().map(|id| Key::new(id.as_str(), NODE)).collect();
    for item in read(reading, &keys, graph).await? {
        let is_later = at.is_some_and(|at| item.number("ct").is_some_and(|created| created > at.millis()));
        if let Some(id) = NodeId::parse(&item.key.pk).filter(|_| !is_later) {
            graph.insert(Node { id, item: Some(item) }, 1);
        }
    }
    Ok(())
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
    let keys: Vec<Key> = ids.map(|id| Key::new(id.as_str(), DETAIL)).collect();
    let mut details = BTreeMap::new();
    for item in read(reading, &keys, graph).await? {
        let json = item.text("json").and_then(|text| serde_json::from_str(text).ok());
        if let Some((id, json)) = NodeId::parse(&item.key.pk).zip(json) {
            details.insert(id, json);
        }
    }
    Ok(details)
}

/// Reads what belongs to an answer that is there already: a limit cuts it.
async fn read<T: Table>(
    reading: &Reading<'_, T>,
    keys: &[Key],
    graph: &mut Graph,
) -> Result<Vec<sagewarden_lineage::table::Item>, NoAnswer> {
    match reading.get(keys).await {
        Ok(items) => Ok(items),
        Err(Interrupted::Stopped(why)) => {
            graph.stopped_by = graph.stopped_by.or(Some(why));
            Ok(Vec::new())
        }
        Err(Interrupted::Port(error)) => Err(error.into()),
    }
}

async fn diff<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
    bounds: Bounds,
) -> Result<Difference, NoAnswer> {
    let other = question.with.clone().unwrap_or_default();
    let one = lineage(reading, question, bounds).await?;
    let other = lineage(reading, &Question { entity: other, ..question.clone() }, bounds).await?;
    let verdicts_of_one = verdicts(reading, &one.graph).await?;
    let verdicts_of_other = verdicts(reading, &other.graph).await?;
    let mut found = difference((&one, &verdicts_of_one), (&other, &verdicts_of_other));
    found.requests = reading.requests();
    Ok(found)
}

/// The newest verdict on each node that is judged; at most so many are asked for.
async fn verdicts<T: Table>(reading: &Reading<'_, T>, graph: &Graph) -> Result<Verdicts, NoAnswer> {
    const MOST: usize = 25;
    const JUDGED: [NodeKind; 5] = [
        NodeKind::TrainingJob,
        NodeKind::ProcessingJob,
        NodeKind::Model,
        NodeKind::ModelPackage,
        NodeKind::EndpointConfig,
    ];
    let mut verdicts = Verdicts::new();
    let mut ids: Vec<&NodeId> = graph.nodes.keys().filter(|id| JUDGED.contains(&id.kind())).collect();
    ids.sort_by_key(|id| graph.distance.get(*id));
    for id in ids.into_iter().take(MOST) {
        let rows = reading.query_all(Query::prefix(id.as_str(), "V#")).await?;
        verdicts.extend(newest_verdict(&rows).map(|(_, words)| (id.clone(), words)));
    }
    Ok(verdicts)
}
