//! Code that the exports share: names, ids and times that depend only on the recorded entities, and the note that an answer is incomplete.
use sagewarden_lineage::answer::Answer;
use sagewarden_lineage::edge::FoundBy;
use sagewarden_lineage::graph::{Edge, Node};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::leading_time;
use sagewarden_lineage::rows::node::{
    ARN, CHECKSUM_SHA256, MESSAGE, OBJECTS, STATE, STATE_VERSION, URI, VERSION_ID,
};
use sagewarden_lineage::s3::S3Location;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use sagewarden_events::Timestamp;

/// Names Sagewarden as the source of a document.
pub(super) const PRODUCER: &str = concat!("urn:sagewarden:", env!("CARGO_PKG_VERSION"));

/// An id that depends only on `text`: a UUID of version 5 in the namespace of URNs.
pub(super) fn uuid(text: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("urn:sagewarden:{text}").as_bytes()).to_string()
}

/// Why an answer is incomplete, in words; empty if it is complete.
pub(super) fn missing(answer: &Answer) -> Vec<String> {
    let limit =
        answer.graph.stopped_by.map(|_| "the graph is larger than the limits of the question".to_owned());
    limit.into_iter().chain(answer.graph.gaps()).collect()
}

/// `{complete, missing}`, for places where a standard allows additions.
pub(super) fn completeness(answer: &Answer) -> Json {
    json!({ "complete": answer.is_complete(), "missing": missing(answer) })
}

/// A URI that names a node in documents: its ARN if it has one.
pub(super) fn uri(node: &Node) -> String {
    node.text(ARN).map_or_else(|| format!("urn:uuid:{}", uuid(node.id.as_str())), str::to_owned)
}

/// The object version, in the form of a request to S3.
pub(super) fn object_uri(node: &Node) -> Option<String> {
    let place = node.text(URI)?;
    let version = node.text(VERSION_ID).map(|version| format!("?versionId={version}")).unwrap_or_default();
    Some(format!("{place}{version}"))
}

/// The suffix that distinguishes this version from others at its place.
pub(super) fn version(node: &Node) -> &str {
    match node.text(VERSION_ID) {
        Some(version) => version,
        None if node.number(OBJECTS).is_some() => node.id.tail(),
        None => node.id.version(),
    }
}

/// The place of an object or set of objects.
pub(super) fn location(node: &Node) -> Option<S3Location> {
    S3Location::parse(node.text(URI)?)
}

/// The SHA-256 of the whole object, if S3 had one. An entity tag is not a hash of the content, and a composite checksum is not a hash of
/// the object, so neither replaces it.
pub(super) fn sha256(node: &Node) -> Option<&str> {
    node.text(CHECKSUM_SHA256)
        .filter(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The clone URL of a commit's repository: `https://<host>/v1/repos/<name>` for CodeCommit ("Connect to a repository",
/// CodeCommit user guide).
pub(super) fn clone_url(id: &NodeId) -> Option<String> {
    let (host, name) = id.repository()?;
    Some(format!("https://{host}/v1/repos/{name}"))
}

/// The commit that a node was built from, and how that is known.
pub(super) fn source<'a>(answer: &'a Answer, id: &'a NodeId) -> Option<(&'a NodeId, FoundBy)> {
    let mut edges = answer.graph.into_node(id);
    edges.find_map(|edge| Some((&edge.from, FoundBy::from_role(&edge.role)?)))
}

/// When a node reached its last state, if no other can follow.
pub(super) fn ended_at(node: &Node) -> Option<Timestamp> {
    has_ended(node).then(|| leading_time(node.text(STATE_VERSION)?)).flatten()
}

fn has_ended(node: &Node) -> bool {
    matches!(node.text(STATE), Some("Completed" | "Failed" | "Stopped"))
}

/// Whether the kind is a job that runs to an end.
pub(super) fn is_job(kind: NodeKind) -> bool {
    matches!(
        kind,
        NodeKind::ProcessingJob
            | NodeKind::TrainingJob
            | NodeKind::TransformJob
            | NodeKind::TuningJob
            | NodeKind::AutoMlJob
            | NodeKind::LabelingJob
            | NodeKind::OptimizationJob
    )
}

/// The jobs of an answer, in the order of their creation.
pub(super) fn jobs(answer: &Answer) -> Vec<&Node> {
    let mut jobs: Vec<&Node> = answer.graph.nodes.values().filter(|node| is_job(node.id.kind())).collect();
    jobs.sort_by_key(|job| (job.created_at(), job.id.clone()));
    jobs
}

/// The edges between nodes of the answer for which at least a name is known.
pub(super) fn edges(answer: &Answer) -> impl Iterator<Item = (&Edge, &Node, &Node)> {
    let nodes = &answer.graph.nodes;
    answer.graph.edges.iter().filter_map(|edge| Some((edge, nodes.get(&edge.from)?, nodes.get(&edge.to)?)))
}

/// The inputs of a node.
pub(super) fn inputs<'a>(answer: &'a Answer, id: &'a NodeId) -> impl Iterator<Item = (&'a Edge, &'a Node)> {
    edges(answer).filter(move |(edge, ..)| edge.to == *id).map(|(edge, from, _)| (edge, from))
}

/// The outputs of a node.
pub(super) fn outputs<'a>(answer: &'a Answer, id: &'a NodeId) -> impl Iterator<Item = (&'a Edge, &'a Node)> {
    edges(answer)
        .filter(move |(edge, ..)| {
            edge.from == *id && edge.relation == sagewarden_lineage::edge::Relation::Produced
        })
        .map(|(edge, _, to)| (edge, to))
}

/// A line that names a node for people.
pub(super) fn label(node: &Node) -> String {
    match (node.id.commit_id(), node.text(MESSAGE)) {
        (Some(sha), message) => {
            let short: String = sha.chars().take(7).collect();
            let title =
                message.and_then(|text| text.lines().next()).unwrap_or("not confirmed by the repository");
            format!("commit {short}: {title}")
        }
        _ => format!("{} {}", node.id.kind(), node.name()),
    }
}

/// One JSON document for each line.
pub(super) fn lines(documents: impl IntoIterator<Item = Json>) -> String {
    documents.into_iter().map(|document| format!("{document}\n")).collect()
}

/// A map without the entries that are not known.
pub(super) fn known<'a>(entries: impl IntoIterator<Item = (&'a str, Option<Json>)>) -> Json {
    entries
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
