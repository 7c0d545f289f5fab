//! A question about the lineage, and its answer. Every answer says whether it is whole.

use std::collections::BTreeMap;

use sagewarden_events::{Resource, ResourceKind};
use sagewarden_lineage::edge::Relation;
use sagewarden_lineage::graph::{Edge, Graph, Limits, Node, StoppedBy};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::record::{DETAIL, NODE, name_alias};
use sagewarden_lineage::s3::S3Location;
use sagewarden_lineage::table::{Key, Query};
use sagewarden_lineage::view::{Answer, Format};
use serde::Deserialize;
use serde_json::Value as Json;
use thiserror::Error;

use crate::alert_drift::OBSERVED_ON;
use crate::closure::{current_deployment, live_upstream, query_all, upstream};
use crate::ports::{PortError, Table};

/// A question.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What is asked about: `endpoint/NAME` (or another kind), an ARN, `commit/PREFIX`, `s3://BUCKET/KEY`, or an image
    /// digest `sha256:…`.
    pub entity: String,
    /// At most so many nodes (default and maximum 2,000).
    #[serde(default)]
    pub max_nodes: Option<usize>,
    /// How the answer is to be shown.
    #[serde(default)]
    pub format: Format,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum NoAnswer {
    /// The address is not of a known form.
    #[error(
        "`{0}` names nothing that could be looked up: write `<kind>/<name>` with a kind of training-job, processing-job, \
         model, endpoint-config or endpoint, an ARN, `commit/<first 7 or more digits>`, `s3://<bucket>/<key>` or `sha256:<digest>`"
    )]
    Unaddressable(String),
    /// Nothing is recorded under this address.
    #[error("nothing is recorded of `{0}`")]
    Unknown(String),
    /// Several nodes have this address.
    #[error("`{entity}` names {} nodes: ask for one of them: {}", candidates.len(), candidates.join(", "))]
    Ambiguous {
        /// What was asked.
        entity: String,
        /// The identities, each of which can be asked for.
        candidates: Vec<String>,
    },
    /// A field of the question is out of bounds.
    #[error("`{field}` {reason}")]
    BadField {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The table did not answer.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Answers a question about the upstream of a node.
///
/// # Errors
/// When the question names nothing, too much, or the table fails.
pub async fn lookup_lineage(table: &impl Table, question: &Question) -> Result<Answer, NoAnswer> {
    let limits = limits(question)?;
    let root = resolve(table, &question.entity).await?;
    let mut graph = match root.kind() {
        NodeKind::Endpoint => endpoint_graph(table, &root, limits).await?,
        _ => upstream(table, [root.clone()], limits).await?,
    };
    if root.kind() == NodeKind::Endpoint {
        add_observations(table, &root, &mut graph, limits).await?;
    }
    let details = details(table, &graph).await?;
    Ok(Answer { root, graph, details })
}

fn limits(question: &Question) -> Result<Limits, NoAnswer> {
    let mut limits = Limits::default();
    if let Some(max_nodes) = question.max_nodes {
        if max_nodes == 0 || max_nodes > limits.max_nodes {
            let reason = format!("is {max_nodes}: it must be from 1 to {}", limits.max_nodes);
            return Err(NoAnswer::BadField { field: "max_nodes", reason });
        }
        limits.max_nodes = max_nodes;
    }
    Ok(limits)
}

/// The endpoint, what it runs, and everything upstream of that: from the closure of the live deployment, else by walking.
async fn endpoint_graph(table: &impl Table, endpoint: &NodeId, limits: Limits) -> Result<Graph, NoAnswer> {
    let mut graph = Graph::default();
    if let Some(deployment) = current_deployment(table, endpoint).await? {
        // The endpoint itself has a place in the answer, too.
        let limits = Limits { max_nodes: limits.max_nodes.saturating_sub(1).max(1), ..limits };
        let whole = live_upstream(table, &deployment).await?;
        let whole = whole.filter(|graph| graph.nodes.len() <= limits.max_nodes);
        graph = match whole {
            Some(graph) => graph,
            None => upstream(table, [deployment.clone()], limits).await?,
        };
        graph.distance.values_mut().for_each(|distance| *distance += 1);
        graph.edges.insert(Edge {
            from: deployment,
            to: endpoint.clone(),
            relation: Relation::AssociatedWith,
            role: "current".into(),
        });
    }
    let item = table.get(&[Key::new(endpoint.as_str(), NODE)]).await?.pop();
    graph.insert(Node { id: endpoint.clone(), item }, 0);
    Ok(graph)
}

/// Findings of monitoring in one answer: four days of an hourly schedule.
const MAX_OBSERVATIONS: usize = 100;

/// What monitoring has found on the endpoint, as far as there is room; the newest first, since executions are named by their
/// time.
async fn add_observations(
    table: &impl Table,
    endpoint: &NodeId,
    graph: &mut Graph,
    limits: Limits,
) -> Result<(), NoAnswer> {
    let room = limits.max_nodes.saturating_sub(graph.nodes.len()).min(MAX_OBSERVATIONS);
    let prefix = format!("O#{}:{OBSERVED_ON}#", Relation::AssociatedWith);
    let newest =
        Query { descending: true, limit: Some(room + 1), ..Query::prefix(endpoint.as_str(), &prefix) };
    let out = table.query(&newest).await?.items;
    if out.len() > room {
        graph.stopped_by = Some(StoppedBy::MaxNodes);
    }
    let ids: Vec<NodeId> =
        out.iter().take(room).filter_map(|item| NodeId::parse(item.key.sk.strip_prefix(&prefix)?)).collect();
    let keys: Vec<Key> = ids.iter().map(|id| Key::new(id.as_str(), NODE)).collect();
    for item in table.get(&keys).await? {
        if let Some(id) = NodeId::parse(&item.key.pk) {
            graph.insert(Node { id, item: Some(item) }, 1);
        }
    }
    // The runs that found it.
    let runs: Vec<Key> = graph
        .unread()
        .filter(|id| id.kind() == NodeKind::MonitoringExecution)
        .map(|id| Key::new(id.as_str(), NODE))
        .collect();
    for item in table.get(&runs).await? {
        if let Some(id) = NodeId::parse(&item.key.pk) {
            graph.insert(Node { id, item: Some(item) }, 2);
        }
    }
    Ok(())
}

async fn details(table: &impl Table, graph: &Graph) -> Result<BTreeMap<NodeId, Json>, NoAnswer> {
    let with_detail = [
        NodeKind::TrainingJob,
        NodeKind::ProcessingJob,
        NodeKind::TransformJob,
        NodeKind::TuningJob,
        NodeKind::AutoMlJob,
        NodeKind::Violation,
    ];
    let keys: Vec<Key> = graph
        .nodes
        .keys()
        .filter(|id| with_detail.contains(&id.kind()))
        .map(|id| Key::new(id.as_str(), DETAIL))
        .collect();
    let mut details = BTreeMap::new();
    for item in table.get(&keys).await? {
        let json = item.text("json").and_then(|text| serde_json::from_str(text).ok());
        if let Some((id, json)) = NodeId::parse(&item.key.pk).zip(json) {
            details.insert(id, json);
        }
    }
    Ok(details)
}

/// Finds the node that an address names; of several incarnations of one name, the newest.
async fn resolve(table: &impl Table, entity: &str) -> Result<NodeId, NoAnswer> {
    if let Some(id) = NodeId::parse(entity) {
        let found = table.get(&[Key::new(id.as_str(), NODE)]).await?;
        return if found.is_empty() { Err(NoAnswer::Unknown(entity.into())) } else { Ok(id) };
    }
    let (partition, prefix) = alias(entity)?;
    let found = query_all(table, Query::prefix(partition, "")).await?;
    let matching = found.iter().filter_map(|item| item.text("id").and_then(NodeId::parse));
    let mut ids: Vec<NodeId> = matching.filter(|id| prefix.matches(id)).collect();
    ids.sort();
    ids.dedup();
    let newest_counts = matches!(prefix, Narrowing::Incarnations);
    if newest_counts {
        // Versions of one object and incarnations of one name differ in time: the newest is what the name means now.
        let items = table.get(&ids.iter().map(|id| Key::new(id.as_str(), NODE)).collect::<Vec<_>>()).await?;
        let newest = items.iter().max_by_key(|item| (item.number("ct"), item.key.clone()));
        ids = newest.and_then(|item| NodeId::parse(&item.key.pk)).or(ids.pop()).into_iter().collect();
    }
    match ids.as_slice() {
        [] => Err(NoAnswer::Unknown(entity.into())),
        [id] => Ok(id.clone()),
        several => Err(NoAnswer::Ambiguous {
            entity: entity.into(),
            candidates: several.iter().map(ToString::to_string).collect(),
        }),
    }
}

/// How the nodes under an alias are narrowed down to one.
enum Narrowing {
    /// They are incarnations or versions of one thing.
    Incarnations,
    /// They are different commits, of which the wanted one begins with these digits.
    CommitPrefix(String),
    /// They are one.
    None,
}

impl Narrowing {
    fn matches(&self, id: &NodeId) -> bool {
        match self {
            Self::CommitPrefix(prefix) => {
                id.tail().rsplit('@').next().is_some_and(|commit| commit.starts_with(prefix.as_str()))
            }
            Self::Incarnations | Self::None => true,
        }
    }
}

fn alias(entity: &str) -> Result<(String, Narrowing), NoAnswer> {
    let unaddressable = || NoAnswer::Unaddressable(entity.to_owned());
    if let Some(location) = S3Location::parse(entity) {
        return Ok((format!("K#s3#{}/{}", location.bucket, location.key), Narrowing::Incarnations));
    }
    if entity.starts_with("sha256:") {
        return Ok((format!("K#img#{entity}"), Narrowing::None));
    }
    if entity.starts_with("arn:") {
        Resource::parse_arn(entity).map_err(|_| unaddressable())?;
        return Ok((format!("K#arn#{}", entity.to_lowercase()), Narrowing::Incarnations));
    }
    let (kind, name) =
        entity.split_once('/').filter(|(_, name)| !name.is_empty()).ok_or_else(unaddressable)?;
    if kind == "commit" {
        let digits = name.to_ascii_lowercase();
        let short = digits.get(..7).ok_or_else(unaddressable)?;
        return Ok((format!("K#git#{short}"), Narrowing::CommitPrefix(digits)));
    }
    let kind = ResourceKind::from_segment(kind).ok_or_else(unaddressable)?;
    Ok((name_alias(kind.segment(), name), Narrowing::Incarnations))
}
