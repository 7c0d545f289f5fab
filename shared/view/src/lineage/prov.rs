//! The answer as W3C PROV-JSON. Jobs and other things that run are activities, everything else is an entity, and the roles that jobs ran
//! with are agents. Facts have the prefix `sw`; the entity `sw:answer` says whether the answer is complete.

use std::collections::BTreeMap;

use sagewarden_lineage::answer::Answer;
use sagewarden_lineage::edge::Relation;
use sagewarden_lineage::graph::{Edge, Node};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::node::{ARN, CHECKSUM_SHA256, ROLE, STATE, WEAK};
use serde_json::{Map, Value as Json, json};

use super::export;

type Records = BTreeMap<&'static str, Map<String, Json>>;

/// One document. Identifiers are UUIDs of the nodes' identities; `sw:id` holds the identity.
#[must_use]
pub fn prov(answer: &Answer) -> Json {
    let mut records = Records::new();
    let missing: Vec<Json> = export::missing(answer).into_iter().map(Json::from).collect();
    let mut own = Map::from_iter([
        ("prov:type".to_owned(), json!("sw:Answer")),
        ("sw:root".to_owned(), json!(answer.root.as_str())),
        ("sw:complete".to_owned(), json!(answer.is_complete())),
    ]);
    if !missing.is_empty() {
        own.insert("sw:missing".into(), missing.into());
    }
    records.entry("entity").or_default().insert("sw:answer".into(), own.into());
    for node in answer.graph.nodes.values() {
        element(&mut records, node);
    }
    for (edge, ..) in export::edges(answer) {
        relation(&mut records, edge);
    }
    let mut document = Map::from_iter([("prefix".to_owned(), json!({ "sw": "urn:sagewarden:" }))]);
    document.extend(records.into_iter().map(|(kind, members)| (kind.to_owned(), members.into())));
    document.into()
}

fn is_activity(kind: NodeKind) -> bool {
    export::is_job(kind) || matches!(kind, NodeKind::PipelineExecution | NodeKind::MonitoringExecution)
}

fn element(records: &mut Records, node: &Node) {
    let kind = node.id.kind();
    let mut facts = Map::from_iter([
        ("prov:label".to_owned(), json!(export::label(node))),
        ("prov:type".to_owned(), json!(format!("sw:{}", kind.word()))),
        ("sw:id".to_owned(), json!(node.id.as_str())),
        ("sw:recorded".to_owned(), json!(node.is_recorded())),
    ]);
    for (name, stored) in
        [("sw:arn", ARN), ("sw:status", STATE), ("sw:weak", WEAK), ("sw:sha256", CHECKSUM_SHA256)]
    {
        facts.extend(node.text(stored).map(|text| (name.to_owned(), json!(text))));
    }
    facts.extend(export::object_uri(node).map(|place| ("prov:location".to_owned(), json!(place))));
    let group = if is_activity(kind) {
        facts.extend(node.created_at().map(|time| ("prov:startTime".to_owned(), json!(time))));
        facts.extend(export::ended_at(node).map(|time| ("prov:endTime".to_owned(), json!(time))));
        "activity"
    } else {
        facts.extend(node.created_at().map(|time| ("sw:createdAt".to_owned(), json!(time))));
        "entity"
    };
    records.entry(group).or_default().insert(name(&node.id), facts.into());
    if let Some(role) = node.text(ROLE).filter(|_| is_activity(kind)) {
        let agent = format!("sw:{}", export::uuid(role));
        let label = json!({ "prov:label": role, "sw:arn": role });
        records.entry("agent").or_default().insert(agent.clone(), label);
        let link = json!({ "prov:activity": name(&node.id), "prov:agent": agent });
        let id = format!("_:{}", export::uuid(&format!("{}|{role}", node.id)));
        records.entry("wasAssociatedWith").or_default().insert(id, link);
    }
}

fn relation(records: &mut Records, edge: &Edge) {
    let (from, to) = (edge.from.kind(), edge.to.kind());
    let (kind, later, earlier) = match (is_activity(from), is_activity(to), edge.relation) {
        (_, _, Relation::AssociatedWith) if from == NodeKind::Deployment && to == NodeKind::Endpoint => {
            ("specializationOf", "prov:generalEntity", "prov:specificEntity")
        }
        (_, _, Relation::AssociatedWith) => ("wasInfluencedBy", "prov:influencee", "prov:influencer"),
        (false, true, _) => ("used", "prov:activity", "prov:entity"),
        (true, false, _) => ("wasGeneratedBy", "prov:entity", "prov:activity"),
        (true, true, _) => ("wasInformedBy", "prov:informed", "prov:informant"),
        (false, false, _) => ("wasDerivedFrom", "prov:generatedEntity", "prov:usedEntity"),
    };
    let mut facts = json!({ later: name(&edge.to), earlier: name(&edge.from) });
    // A specialization is not an influence, so PROV gives it no attributes.
    if let Some(facts) = facts.as_object_mut().filter(|_| kind != "specializationOf") {
        facts.insert("sw:relation".into(), json!(edge.relation));
        facts.insert("sw:role".into(), json!(edge.role));
    }
    let id =
        format!("_:{}", export::uuid(&format!("{}|{}|{}|{}", edge.from, edge.to, edge.relation, edge.role)));
    records.entry(kind).or_default().insert(id, facts);
}

fn name(id: &NodeId) -> String {
    format!("sw:{}", export::uuid(id.as_str()))
}
