//! The answer as a CycloneDX 1.6 bill of materials: models, data and containers as components, edges as dependencies. A hash
//! stands only where S3 has one of the whole object. `compositions` says whether the answer is complete.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::Answer;
use super::export::{self, known};
use crate::graph::Node;
use crate::id::NodeKind;

/// One document; its serial number is a function of what it says.
#[must_use]
pub fn cyclonedx(answer: &Answer) -> Json {
    let nodes = &answer.graph.nodes;
    let others: Vec<Json> = nodes.values().filter(|node| node.id != answer.root).map(component).collect();
    let root = nodes.get(&answer.root).map(component);
    let mut into: BTreeMap<&str, BTreeSet<&str>> =
        nodes.keys().map(|id| (id.as_str(), BTreeSet::new())).collect();
    for (edge, ..) in export::edges(answer).filter(|(edge, ..)| edge.from != edge.to) {
        into.entry(edge.to.as_str()).or_default().insert(edge.from.as_str());
    }
    let dependencies: Vec<Json> =
        into.into_iter().map(|(id, on)| json!({ "ref": id, "dependsOn": on })).collect();
    let aggregate = if answer.is_complete() { "complete" } else { "incomplete" };
    let missing: Vec<Json> = export::missing(answer)
        .into_iter()
        .map(|gap| json!({ "name": "sagewarden:missing", "value": gap }))
        .collect();
    let mut document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": known([("component", root), ("properties", Some(json!(missing)))]),
        "components": others,
        "dependencies": dependencies,
        "compositions": [{ "aggregate": aggregate, "dependencies": [answer.root.as_str()] }],
    });
    let serial = format!("urn:uuid:{}", export::uuid(&document.to_string()));
    if let Some(document) = document.as_object_mut() {
        document.insert("serialNumber".into(), serial.into());
    }
    document
}

fn component(node: &Node) -> Json {
    let kind = match node.id.kind() {
        NodeKind::Artifact | NodeKind::Model | NodeKind::ModelPackage => "machine-learning-model",
        NodeKind::Image => "container",
        NodeKind::Endpoint | NodeKind::Deployment => "application",
        _ => "data",
    };
    let properties =
        [("kind", Some(node.id.kind().word())), ("arn", node.text("arn")), ("weak", node.text("weak"))];
    let properties = properties
        .into_iter()
        .filter_map(|(name, value)| Some(json!({ "name": format!("sagewarden:{name}"), "value": value? })));
    let version =
        matches!(node.id.kind(), NodeKind::Dataset | NodeKind::Artifact).then(|| export::version(node));
    known([
        ("type", Some(json!(kind))),
        ("bom-ref", Some(json!(node.id.as_str()))),
        ("name", Some(json!(node.name()))),
        ("version", version.map(|version| json!(version))),
        ("hashes", export::sha256(node).map(|hex| json!([{ "alg": "SHA-256", "content": hex }]))),
        ("properties", Some(properties.collect::<Vec<_>>().into())),
    ])
}
