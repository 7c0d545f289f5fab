//! The jobs of an answer as OpenLineage run events (core schema 2-0-2), one JSON document for each line: `START` at the creation, and
//! `COMPLETE`, `FAIL` or `ABORT` when the job has ended. Data has names by OpenLineage's naming rules: namespace `s3://<bucket>`, name
//! `<key>`. A run facet of Sagewarden's own (`sagewarden_lineage`) says whether the answer is complete, what is missing, and how the commit
//! was found.
use sagewarden_lineage::answer::Answer;
use sagewarden_lineage::graph::Node;
use sagewarden_lineage::id::NodeKind;
use sagewarden_lineage::rows::node::{ARN, REFERENCES, STATE};
use serde_json::{Map, Value as Json, json};

use sagewarden_events::Timestamp;

use super::export::{self, PRODUCER};

const SCHEMA: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";

/// One event for each line. If only the identity of a job is known, it has no time and therefore no event.
#[must_use]
pub fn openlineage(answer: &Answer) -> String {
    export::lines(export::jobs(answer).into_iter().flat_map(|job| events(answer, job)))
}

fn events(answer: &Answer, job: &Node) -> Vec<Json> {
    let start = job.created_at().map(|time| event(answer, job, "START", time));
    let end = export::ended_at(job).map(|time| {
        let kind = match job.text(STATE) {
            Some("Completed") => "COMPLETE",
            Some("Failed") => "FAIL",
            _ => "ABORT",
        };
        event(answer, job, kind, time)
    });
    start.into_iter().chain(end).collect()
}

fn event(answer: &Answer, job: &Node, kind: &str, time: Timestamp) -> Json {
    let outputs: Vec<Json> = match kind {
        "START" => Vec::new(),
        _ => export::outputs(answer, &job.id).filter_map(|(_, node)| dataset(node)).collect(),
    };
    json!({
        "eventType": kind,
        "eventTime": time.to_string(),
        "producer": PRODUCER,
        "schemaURL": SCHEMA,
        "run": { "runId": export::uuid(job.id.as_str()), "facets": run_facets(answer, job) },
        "job": { "namespace": namespace(job), "name": job.name(), "facets": job_facets(answer, job) },
        "inputs": export::inputs(answer, &job.id).filter_map(|(_, node)| dataset(node)).collect::<Vec<_>>(),
        "outputs": outputs,
    })
}

/// `sagemaker://<account>/<region>/<kind>`: a name of a job is unique among its kind in a region of an account.
fn namespace(job: &Node) -> String {
    let (account, region) = job.id.account_and_region().unwrap_or_default();
    format!("sagemaker://{account}/{region}/{}", job.id.kind().word())
}

fn run_facets(answer: &Answer, job: &Node) -> Json {
    let images: Vec<&str> = export::inputs(answer, &job.id)
        .filter(|(_, node)| node.id.kind() == NodeKind::Image)
        .flat_map(|(_, node)| node.item.iter().flat_map(|item| item.set(REFERENCES)))
        .collect();
    let found_by = export::source(answer, &job.id).map(|(_, found)| found);
    let own = json!({
        "arn": job.text(ARN),
        "complete": answer.is_complete(),
        "missing": export::missing(answer),
        "images": images,
        "commitFoundBy": found_by,
        "commitExplicit": found_by.map(sagewarden_lineage::edge::FoundBy::is_explicit),
    });
    json!({ "sagewarden_lineage": facet("urn:sagewarden:facet:lineage:1", own) })
}

fn job_facets(answer: &Answer, job: &Node) -> Json {
    let mut facets = Map::new();
    let kind =
        json!({ "processingType": "BATCH", "integration": "SAGEMAKER", "jobType": job.id.kind().word() });
    facets.insert("jobType".into(), facet(&spec("2-0-4", "JobTypeJobFacet"), kind));
    let source = export::source(answer, &job.id);
    if let Some(((sha, url), _)) =
        source.and_then(|(id, _)| Some(((id.commit_id()?, export::clone_url(id)?), id)))
    {
        let code = json!({ "type": "git", "url": url, "repoUrl": url, "version": sha });
        facets.insert("sourceCodeLocation".into(), facet(&spec("1-1-0", "SourceCodeLocationJobFacet"), code));
    }
    Json::Object(facets)
}

/// Datasets and artifacts. Images and commits are in facets.
fn dataset(node: &Node) -> Option<Json> {
    let kind = match node.id.kind() {
        NodeKind::Dataset => "FILE",
        NodeKind::Artifact => "MODEL",
        _ => return None,
    };
    let (namespace, name) = match export::location(node) {
        Some(place) => (format!("s3://{}", place.bucket), place.key),
        None => ("sagewarden".to_owned(), node.id.tail().to_owned()),
    };
    let version = facet(
        &spec("1-0-1", "DatasetVersionDatasetFacet"),
        json!({ "datasetVersion": export::version(node) }),
    );
    let kind = facet(&spec("1-0-1", "DatasetTypeDatasetFacet"), json!({ "datasetType": kind }));
    Some(
        json!({ "namespace": namespace, "name": name, "facets": { "version": version, "datasetType": kind } }),
    )
}

fn spec(version: &str, name: &str) -> String {
    format!("https://openlineage.io/spec/facets/{version}/{name}.json#/$defs/{name}")
}

fn facet(schema: &str, mut fields: Json) -> Json {
    if let Some(fields) = fields.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
        fields.insert("_producer".into(), PRODUCER.into());
        fields.insert("_schemaURL".into(), schema.into());
    }
    fields
}
