//! The answer as a CycloneDX 1.6 bill of materials: models (with their training data, metrics and commits), data and containers as
//! components, edges as dependencies, jobs as workflows of the formulation. An object has a hash only if S3 has one of the whole object.
//! `compositions` says whether the answer is complete. The code writes plain JSON, because the documents are small, and the tests check
//! them with the standard's own validator.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_lineage::answer::Answer;
use sagewarden_lineage::graph::Node;
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::node::{ARN, MESSAGE, REFERENCES, WEAK};
use serde_json::{Value as Json, json};

use super::export::{self, known};

/// One document. Its serial number depends only on its content.
#[must_use]
pub fn cyclonedx(answer: &Answer) -> Json {
    let nodes = &answer.graph.nodes;
    let component = |node| component(answer, node);
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
    let workflows: Vec<Json> = export::jobs(answer).into_iter().map(|job| workflow(answer, job)).collect();
    if let (false, Some(document)) = (workflows.is_empty(), document.as_object_mut()) {
        document.insert("formulation".into(), json!([{ "workflows": workflows }]));
    }
    let serial = format!("urn:uuid:{}", export::uuid(&document.to_string()));
    if let Some(document) = document.as_object_mut() {
        document.insert("serialNumber".into(), serial.into());
    }
    document
}

fn component(answer: &Answer, node: &Node) -> Json {
    let kind = match node.id.kind() {
        NodeKind::Artifact | NodeKind::Model | NodeKind::ModelPackage => "machine-learning-model",
        NodeKind::Image => "container",
        NodeKind::Endpoint
        | NodeKind::Deployment
        | NodeKind::InferenceComponent
        | NodeKind::InferenceRouter => "application",
        _ => "data",
    };
    let properties =
        [("kind", Some(node.id.kind().word())), ("arn", node.text(ARN)), ("weak", node.text(WEAK))];
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
        ("purl", purl(node).map(Json::from)),
        ("pedigree", trainer(answer, node).and_then(|job| pedigree(answer, job))),
        ("modelCard", trainer(answer, node).map(|job| model_card(answer, job))),
        ("properties", Some(properties.collect::<Vec<_>>().into())),
    ])
}

/// The job that trained an artifact.
fn trainer<'a>(answer: &'a Answer, node: &'a Node) -> Option<&'a Node> {
    let mut sources = answer.graph.into_node(&node.id).map(|edge| &edge.from);
    let job = sources.find(|id| id.kind() == NodeKind::TrainingJob)?;
    answer.graph.nodes.get(job).filter(|_| node.id.kind() == NodeKind::Artifact)
}

/// The data that the model was trained on, and its final metrics.
fn model_card(answer: &Answer, job: &Node) -> Json {
    let data = answer.graph.into_node(&job.id).map(|edge| &edge.from);
    let data = data.filter(|id| matches!(id.kind(), NodeKind::Dataset | NodeKind::Artifact));
    let datasets: Vec<Json> = data
        .filter(|id| answer.graph.nodes.contains_key(*id))
        .map(|id| json!({ "ref": id.as_str() }))
        .collect();
    let listed = answer.details.get(&job.id).and_then(|detail| detail.get("FinalMetricDataList")?.as_array());
    let metrics: Vec<Json> = listed
        .into_iter()
        .flatten()
        .filter_map(|metric| {
            let value = metric.get("Value")?;
            Some(json!({ "type": metric.get("MetricName")?, "value": value.to_string() }))
        })
        .collect();
    known([
        ("modelParameters", (!datasets.is_empty()).then(|| json!({ "datasets": datasets }))),
        ("quantitativeAnalysis", (!metrics.is_empty()).then(|| json!({ "performanceMetrics": metrics }))),
    ])
}

/// The commit that the model's job was built from.
fn pedigree(answer: &Answer, job: &Node) -> Option<Json> {
    let (id, found_by) = export::source(answer, &job.id)?;
    let node = answer.graph.nodes.get(id)?;
    let commit = known([
        ("uid", id.commit_id().map(Json::from)),
        ("url", export::clone_url(id).map(Json::from)),
        ("message", node.text(MESSAGE).map(Json::from)),
    ]);
    Some(json!({ "commits": [commit], "notes": found_by.explain() }))
}

/// `pkg:oci/<name>@sha256%3A<digest>?repository_url=<registry>/<name>` ("oci", package URL types).
fn purl(node: &Node) -> Option<String> {
    let digest = node.id.image_digest()?;
    let references = node.item.iter().flat_map(|item| item.set(REFERENCES));
    let place = references.filter_map(|reference| reference.split_once('@')).map(|(place, _)| place).min()?;
    let name = place.rsplit('/').next()?.to_lowercase();
    let digest = digest.replace(':', "%3A");
    Some(format!("pkg:oci/{name}@{digest}?repository_url={place}"))
}

/// A job: its times, inputs and outputs.
fn workflow(answer: &Answer, job: &Node) -> Json {
    let known_node = |id: &&NodeId| answer.graph.nodes.contains_key(*id);
    let resource = |id: &NodeId| json!({ "resource": { "ref": id.as_str() } });
    let inputs = answer.graph.into_node(&job.id).map(|edge| &edge.from).filter(known_node);
    let outputs = export::outputs(answer, &job.id).map(|(_, node)| &node.id);
    let (inputs, outputs): (BTreeSet<&NodeId>, BTreeSet<&NodeId>) = (inputs.collect(), outputs.collect());
    let listed = |ids: BTreeSet<&NodeId>| {
        (!ids.is_empty()).then(|| ids.into_iter().map(resource).collect::<Vec<_>>().into())
    };
    known([
        ("bom-ref", Some(json!(format!("workflow:{}", job.id)))),
        ("uid", Some(json!(export::uri(job)))),
        ("name", Some(json!(job.name()))),
        ("taskTypes", Some(json!(["build"]))),
        ("timeStart", job.created_at().map(|time| json!(time))),
        ("timeEnd", export::ended_at(job).map(|time| json!(time))),
        ("inputs", listed(inputs)),
        ("outputs", listed(outputs)),
    ])
}
