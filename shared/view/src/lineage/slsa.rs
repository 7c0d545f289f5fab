//! The origin of the artifacts of an answer, as in-toto statements (v1) with SLSA provenance (v1). There is one statement, in one line of
//! JSON, for each job that produced an artifact.
//!
//! A subject needs a digest. If S3 has a SHA-256 of the whole object, that is the digest. Otherwise, the digest is the version id of the
//! object as `s3VersionId`, in S3's own spelling: in-toto's DigestSet allows "another identifier if the underlying implementation ensures
//! immutability via other means", and an object version is immutable. Verifiers that know only hashes ignore it, as they must. An object
//! without versions has neither, and is not a subject. If all artifacts of a job are like that, the job gets no statement, because the
//! statement would have no subject. The statements are not signed.

use sagewarden_lineage::answer::Answer;
use sagewarden_lineage::edge::FoundBy;
use sagewarden_lineage::graph::Node;
use sagewarden_lineage::id::NodeKind;
use sagewarden_lineage::rows::node::{
    ARN, INSTANCE_COUNT, INSTANCE_TYPE, REFERENCES, ROLE, STATE, VERSION_ID, WEAK,
};
use serde_json::{Value as Json, json};

use super::export::{self, PRODUCER, known};

/// One statement a line.
#[must_use]
pub fn slsa(answer: &Answer) -> String {
    export::lines(export::jobs(answer).into_iter().filter_map(|job| statement(answer, job)))
}

fn statement(answer: &Answer, job: &Node) -> Option<Json> {
    let artifacts = export::outputs(answer, &job.id).map(|(_, node)| node);
    let artifacts = artifacts.filter(|node| node.id.kind() == NodeKind::Artifact);
    let subject: Vec<Json> =
        artifacts.map(descriptor).filter(|found| found.get("digest").is_some()).collect();
    if subject.is_empty() {
        return None;
    }
    Some(json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subject,
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": format!("{PRODUCER}:{}", job.id.kind().word()),
                "externalParameters": parameters(answer, job),
                "internalParameters": internal(answer, job),
                "resolvedDependencies": export::inputs(answer, &job.id).map(|(_, node)| descriptor(node)).collect::<Vec<_>>(),
            },
            "runDetails": {
                "builder": { "id": builder(job) },
                "metadata": known([
                    ("invocationId", Some(json!(export::uri(job)))),
                    ("startedOn", job.created_at().map(|time| json!(time))),
                    ("finishedOn", export::ended_at(job).map(|time| json!(time))),
                ]),
            },
        },
    }))
}

/// The service in this account and region, which ran the job.
fn builder(job: &Node) -> String {
    let (account, region) = job.id.account_and_region().unwrap_or_default();
    let partition = job.text(ARN).and_then(|arn| arn.split(':').nth(1)).unwrap_or("aws");
    format!("arn:{partition}:sagemaker:{region}:{account}")
}

/// The parameters that the caller chose.
fn parameters(answer: &Answer, job: &Node) -> Json {
    let detail = answer.details.get(&job.id);
    let inputs: serde_json::Map<String, Json> = export::inputs(answer, &job.id)
        .filter(|(edge, _)| FoundBy::from_role(&edge.role).is_none())
        .map(|(edge, node)| (edge.role.clone(), json!(place(node))))
        .collect();
    known([
        ("hyperParameters", detail.and_then(|detail| detail.get("HyperParameters")).cloned()),
        ("containerArguments", detail.and_then(|detail| detail.get("ContainerArguments")).cloned()),
        ("instanceType", job.text(INSTANCE_TYPE).map(|text| json!(text))),
        ("instanceCount", job.number(INSTANCE_COUNT).map(|number| json!(number))),
        ("role", job.text(ROLE).map(|text| json!(text))),
        ("inputs", Some(Json::Object(inputs))),
    ])
}

fn internal(answer: &Answer, job: &Node) -> Json {
    let mut own = export::completeness(answer);
    if let Some(own) = own.as_object_mut() {
        let found_by = export::source(answer, &job.id).map(|(_, found)| found);
        own.extend(found_by.map(|found| ("commitFoundBy".to_owned(), json!(found))));
        own.extend(job.text(STATE).map(|status| ("status".to_owned(), json!(status))));
    }
    json!({ "sagewarden": own })
}

fn place(node: &Node) -> String {
    let reference = || node.item.iter().flat_map(|item| item.set(REFERENCES)).next().map(str::to_owned);
    export::object_uri(node).or_else(reference).unwrap_or_else(|| export::uri(node))
}

/// A resource with its known digests.
fn descriptor(node: &Node) -> Json {
    let digest = match node.id.kind() {
        NodeKind::Commit => node.id.commit_id().map(|sha| json!({ "gitCommit": sha })),
        NodeKind::Image => node
            .id
            .image_digest()
            .and_then(|digest| digest.strip_prefix("sha256:"))
            .map(|hex| json!({ "sha256": hex })),
        NodeKind::Dataset | NodeKind::Artifact => {
            let hash = export::sha256(node).map(|hex| json!({ "sha256": hex }));
            hash.or_else(|| Some(json!({ "s3VersionId": node.text(VERSION_ID)? })))
        }
        _ => None,
    };
    let uri = match export::clone_url(&node.id).filter(|_| node.id.kind() == NodeKind::Commit) {
        Some(url) => format!("git+{url}"),
        None => place(node),
    };
    let weak = node.text(WEAK).map(|reason| json!({ "weak": reason }));
    known([
        ("name", Some(json!(node.name()))),
        ("uri", Some(json!(uri))),
        ("digest", digest),
        ("annotations", weak),
    ])
}
