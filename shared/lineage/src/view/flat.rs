//! The answer as the workshop's data frame: one row a component, columns as SageMaker's `ExperimentAnalytics` names them
//! (`TrialComponentName`, `DisplayName`, `SourceArn`, parameters by name, `<artifact> - MediaType`, `<artifact> - Value`).

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value as Json;

use super::Answer;
use crate::edge::{FoundBy, Relation};
use crate::fact;
use crate::graph::{Edge, Node};
use crate::id::NodeKind;

/// Columns and rows; a missing cell is an empty text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FlatTable {
    /// The first three are fixed, the others in the order of their names.
    pub columns: Vec<String>,
    /// As long as `columns` each.
    pub rows: Vec<Vec<String>>,
}

const FIXED: [&str; 3] = ["TrialComponentName", "DisplayName", "SourceArn"];

/// Commits are `source-control-lineage`, or `prod-endpoint-lineage` for the commit of the deployment; processing jobs
/// `Preprocessing`, training jobs `Training`: the workshop's display names.
#[must_use]
pub fn flat(answer: &Answer) -> FlatTable {
    let mut rows: Vec<BTreeMap<String, String>> = Vec::new();
    for kind in [NodeKind::Commit, NodeKind::ProcessingJob, NodeKind::TrainingJob] {
        let mut nodes: Vec<&Node> = answer.graph.of_kind(kind).collect();
        nodes.sort_by_key(|node| (node.number("date"), node.created_at(), node.id.clone()));
        rows.extend(nodes.into_iter().map(|node| component(answer, node)));
    }
    rows.extend(answer.graph.of_kind(NodeKind::Deployment).map(|node| deployment(answer, node)));
    let named: BTreeSet<&String> = rows.iter().flat_map(BTreeMap::keys).collect();
    let others = named.into_iter().filter(|name| !FIXED.contains(&name.as_str())).cloned();
    let columns: Vec<String> = FIXED.iter().map(|name| (*name).to_owned()).chain(others).collect();
    let cells = |row: &BTreeMap<String, String>| {
        columns.iter().map(|column| row.get(column).cloned().unwrap_or_default()).collect()
    };
    FlatTable { rows: rows.iter().map(cells).collect(), columns }
}

fn component(answer: &Answer, node: &Node) -> BTreeMap<String, String> {
    let mut row = BTreeMap::from([
        ("TrialComponentName".to_owned(), node.name().to_owned()),
        ("DisplayName".to_owned(), display_name(node).to_owned()),
    ]);
    put(&mut row, "SourceArn", node.text("arn").map(str::to_owned));
    if node.id.kind() == NodeKind::Commit {
        commit(&mut row, node);
    }
    parameters(&mut row, answer, node);
    artifacts(&mut row, answer, node);
    row
}

/// The endpoint's row carries the commit of the deployment code, as the workshop's `prod-endpoint-lineage` does.
fn deployment(answer: &Answer, node: &Node) -> BTreeMap<String, String> {
    let name = node.name().split('/').next().unwrap_or_default().to_owned();
    let mut row = BTreeMap::from([
        ("TrialComponentName".to_owned(), node.name().to_owned()),
        ("DisplayName".to_owned(), "prod-endpoint-lineage".to_owned()),
    ]);
    put(&mut row, "SourceArn", node.text("arn").map(str::to_owned));
    let source = answer.graph.into_node(&node.id).find(|edge| FoundBy::from_role(&edge.role).is_some());
    if let Some(code) = source.and_then(|edge| answer.graph.nodes.get(&edge.from)) {
        commit(&mut row, code);
    }
    put(&mut row, "endpoint-name - Value", Some(name));
    row
}

fn commit(row: &mut BTreeMap<String, String>, node: &Node) {
    put(row, "commit", node.text("commit").map(str::to_owned));
    put(row, "author", node.text("email").or_else(|| node.text("author")).map(str::to_owned));
    let date = node.number("date").map(sagewarden_events::Timestamp::from_millis);
    put(row, "date", date.map(|date| date.to_string()));
    put(row, "message", node.text("message").and_then(|text| text.lines().next()).map(str::to_owned));
}

fn parameters(row: &mut BTreeMap<String, String>, answer: &Answer, node: &Node) {
    put(row, "SageMaker.InstanceType", node.text("instance_type").map(str::to_owned));
    put(row, "SageMaker.InstanceCount", node.number("instance_count").map(|count| count.to_string()));
    let saving = fact::spot_saving_percent(node).map(|percent| percent.to_string());
    put(row, "SpotSavingPercent", saving);
    put(row, "TopFeatures", node.text(fact::TOP_FEATURES).map(str::to_owned));
    put(row, "DeletedAt", fact::deleted_at(node).map(|time| time.to_string()));
    let Some(detail) = answer.details.get(&node.id) else { return };
    for (name, value) in detail.get("HyperParameters").and_then(Json::as_object).into_iter().flatten() {
        put(row, name, Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    }
    if let Some(arguments) = detail.get("ContainerArguments").and_then(Json::as_array) {
        let words: Vec<&str> = arguments.iter().filter_map(Json::as_str).collect();
        put(row, "ContainerArguments", Some(words.join(" ")));
    }
}

fn artifacts(row: &mut BTreeMap<String, String>, answer: &Answer, node: &Node) {
    let graph = &answer.graph;
    let mut add = |edge: &Edge, id| {
        let Some(other) = graph.nodes.get(id) else { return };
        let name = match (edge.relation, other.id.kind()) {
            (_, NodeKind::Image) => "SageMaker.ImageUri".to_owned(),
            (_, NodeKind::Artifact) => "SageMaker.ModelArtifact".to_owned(),
            (_, NodeKind::Dataset) => edge.role.rsplit('/').next().unwrap_or_default().to_owned(),
            _ => return,
        };
        if other.id.kind() != NodeKind::Image {
            put(row, &format!("{name} - MediaType"), Some("s3/uri".to_owned()));
        }
        let place = other.text("uri").or_else(|| other.item.as_ref()?.set("refs").next());
        let version = other.text("version_id").map(|id| format!("?versionId={id}")).unwrap_or_default();
        put(row, &format!("{name} - Value"), place.map(|place| format!("{place}{version}")));
        put(row, &format!("{name} - Weak"), other.text("weak").map(str::to_owned));
    };
    for edge in graph.into_node(&node.id) {
        add(edge, &edge.from);
    }
    for edge in graph.out_of(&node.id).filter(|edge| edge.relation == Relation::Produced) {
        add(edge, &edge.to);
    }
}

fn display_name(node: &Node) -> &'static str {
    match node.id.kind() {
        NodeKind::ProcessingJob => "Preprocessing",
        NodeKind::TrainingJob => "Training",
        _ => "source-control-lineage",
    }
}

fn put(row: &mut BTreeMap<String, String>, column: &str, value: Option<String>) {
    if let Some(value) = value {
        row.insert(column.to_owned(), value);
    }
}
