//! The answer as one JSON document.

use serde_json::{Map, Value as Json, json};

use super::{Answer, Stage};
use crate::edge::FoundBy;
use crate::graph::Node;
use crate::id::NodeKind;
use crate::reference::HEAD_VERSION;
use crate::table::Value;

/// `{root, complete, stopped_by, missing, cursor, requests, nodes: [{id, kind, stage, name, recorded, …facts}], edges: [{from, to, relation,
/// role, found_by?, explicit?}]}`; nodes by distance from the root, edges by their ends. Times are ISO 8601.
#[must_use]
pub fn json(answer: &Answer) -> Json {
    let graph = &answer.graph;
    let mut nodes: Vec<&Node> = graph.nodes.values().collect();
    nodes.sort_by_key(|node| (graph.distance.get(&node.id).copied(), node.id.clone()));
    let edges: Vec<Json> = graph
        .edges
        .iter()
        .map(|edge| {
            let mut row = json!({
                "from": edge.from.as_str(),
                "to": edge.to.as_str(),
                "relation": edge.relation,
                "role": edge.role,
            });
            if let (Some(found), Some(row)) = (FoundBy::from_role(&edge.role), row.as_object_mut()) {
                row.insert("found_by".into(), json!(found));
                row.insert("explicit".into(), json!(found.is_explicit()));
            }
            row
        })
        .collect();
    json!({
        "root": answer.root.as_str(),
        "complete": answer.is_complete(),
        "stopped_by": graph.stopped_by,
        "missing": graph.gaps(),
        "cursor": answer.cursor,
        "requests": answer.requests,
        "nodes": nodes.into_iter().map(|node| row(answer, node)).collect::<Vec<_>>(),
        "edges": edges,
    })
}

/// Names of stored facts that a reader would not guess.
const NAMES: [(&str, &str); 2] = [("st", "status"), ("refs", "references")];
/// Facts that serve the store.
const INTERNAL: [&str; 9] = ["ty", "nm", "ct", "ins", "stv", "inf", "infv", "gaps", HEAD_VERSION];

fn row(answer: &Answer, node: &Node) -> Json {
    let mut row = Map::new();
    row.insert("id".into(), node.id.as_str().into());
    row.insert("kind".into(), node.id.kind().word().into());
    row.insert("stage".into(), json!(Stage::of(&answer.graph, node)));
    row.insert("name".into(), node.name().into());
    row.insert("recorded".into(), node.is_recorded().into());
    if node.id.kind() == NodeKind::Commit {
        // Others can name a commit; only the repository confirms it.
        row.insert("confirmed".into(), node.is_recorded().into());
    }
    if let Some(time) = node.created_at() {
        row.insert("created_at".into(), json!(time));
    }
    for (name, value) in node.item.iter().flat_map(|item| &item.attributes) {
        if !INTERNAL.contains(&name.as_str()) {
            let shown =
                NAMES.iter().find(|(stored, _)| stored == name).map_or(name.as_str(), |(_, shown)| shown);
            row.insert(shown.to_owned(), fact(name, value));
        }
    }
    if answer.graph.is_untrusted(node) {
        row.insert("untrusted".into(), true.into());
    }
    if let Some(detail) = answer.details.get(&node.id) {
        row.insert("detail".into(), detail.clone());
    }
    Json::Object(row)
}

fn fact(name: &str, value: &Value) -> Json {
    match value {
        Value::Number(millis) if name == "date" => json!(sagewarden_events::Timestamp::from_millis(*millis)),
        Value::Number(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::Set(members) => json!(members),
    }
}
