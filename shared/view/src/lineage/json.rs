//! The answer as one JSON document.

use sagewarden_lineage::answer::Answer;
use sagewarden_lineage::edge::FoundBy;
use sagewarden_lineage::fact;
use sagewarden_lineage::graph::Node;
use sagewarden_lineage::id::NodeKind;
use sagewarden_lineage::rows::node::{
    APPROVAL_AT, APPROVAL_VERSION, ASSERTED, CREATED, CREATOR_VERSION, DATE, DELETED_AT, DELETION_VERSION,
    EXPLANATION_VERSION, FAILURE_REASON, FAILURE_VERSION, FOUND_VERSION, GAPS, HEAD_VERSION, IN_EDGES,
    INFERRED, INFERRED_VERSION, NAME, REFERENCES, SEVERITY_VERSION, STAGE_AT, STAGE_VERSION, STATE,
    STATE_VERSION, STATES, TYPE,
};
use sagewarden_lineage::table::Value;
use serde_json::{Map, Value as Json, json};

use super::stage::Stage;

/// `{root, complete, stopped_by, missing, weak, cursor, requests, nodes: [{id, kind, stage, name, recorded, …facts}], edges: [{from, to,
/// relation, role, found_by?, explicit?, asserted_by?}]}`; nodes by distance from the root, edges by their ends. Times are ISO 8601.
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
                if let Some(who) = fact::asserted_by(graph, edge) {
                    row.insert("asserted_by".into(), who.into());
                }
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
        "weak": fact::weak(graph),
        "nodes": nodes.into_iter().map(|node| row(answer, node)).collect::<Vec<_>>(),
        "edges": edges,
    })
}

/// Clearer names for stored facts whose names a reader would not guess.
const NAMES: [(&str, &str); 2] = [(STATE, "status"), (REFERENCES, "references")];
/// Facts that only the store needs.
const INTERNAL: [&str; 19] = [
    TYPE,
    NAME,
    CREATED,
    IN_EDGES,
    STATE_VERSION,
    FAILURE_VERSION,
    STATES,
    APPROVAL_VERSION,
    STAGE_VERSION,
    FOUND_VERSION,
    SEVERITY_VERSION,
    INFERRED,
    INFERRED_VERSION,
    GAPS,
    EXPLANATION_VERSION,
    CREATOR_VERSION,
    DELETION_VERSION,
    HEAD_VERSION,
    ASSERTED,
];

/// All facts of a node. Pages use the same names for them.
pub(crate) fn row(answer: &Answer, node: &Node) -> Json {
    let mut row = Map::new();
    row.insert("id".into(), node.id.as_str().into());
    row.insert("kind".into(), node.id.kind().word().into());
    row.insert("stage".into(), json!(Stage::of(&answer.graph, node)));
    row.insert("name".into(), node.name().into());
    row.insert("recorded".into(), node.is_recorded().into());
    if node.id.kind() == NodeKind::Commit {
        // Other sources can name a commit, but only the repository confirms it.
        row.insert("confirmed".into(), node.is_recorded().into());
    }
    if let Some(time) = node.created_at() {
        row.insert("created_at".into(), json!(time));
    }
    for (name, value) in node.item.iter().flat_map(|item| &item.attributes) {
        let is_past = name == FAILURE_REASON && !fact::is_failure_current(node);
        if !is_past && !INTERNAL.contains(&name.as_str()) {
            let shown =
                NAMES.iter().find(|(stored, _)| stored == name).map_or(name.as_str(), |(_, shown)| shown);
            row.insert(shown.to_owned(), shown_value(name, value));
        }
    }
    if let Some(time) = fact::deleted_at(node) {
        row.insert(DELETED_AT.into(), json!(time));
    }
    if let Some(percent) = fact::spot_saving_percent(node) {
        row.insert("spot_saving_percent".into(), percent.into());
    }
    if answer.graph.is_untrusted(node) {
        row.insert("untrusted".into(), true.into());
    }
    if let Some(detail) = answer.details.get(&node.id) {
        row.insert("detail".into(), detail.clone());
    }
    Json::Object(row)
}

fn shown_value(name: &str, value: &Value) -> Json {
    match value {
        Value::Number(millis) if [DATE, APPROVAL_AT, STAGE_AT].contains(&name) => {
            json!(sagewarden_events::Timestamp::from_millis(*millis))
        }
        Value::Number(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::Set(members) => json!(members),
    }
}
