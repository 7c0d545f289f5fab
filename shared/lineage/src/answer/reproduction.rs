//! How to train a model again: the request, its pinned inputs, and the facts that are missing for an exact repeat.

use sagewarden_events::REDACTED;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use thiserror::Error;

use super::found::Answer;
use super::words::line;
use crate::chain::title;
use crate::edge::{FoundBy, is_code};
use crate::graph::Node;
use crate::id::{NodeId, NodeKind, image_digest};
use crate::rows::node::{CHECKSUM_SHA256, OBJECTS, REFERENCES, URI, VERSION_ID, WEAK};

/// The `CreateTrainingJob` request that repeats a training job, and the versions that the job was made from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reproduction {
    /// The entity in the question.
    pub root: String,
    /// The job that is repeated.
    pub training_job: String,
    /// "CreateTrainingJob", SageMaker API reference. The image is pinned by its digest, if that is known.
    pub request: Json,
    /// The versions.
    pub pinned: Pinned,
    /// Steps before sending the request. A training job reads the newest versions, so these steps make the right versions the newest ones.
    pub before_it_is_sent: Vec<String>,
    /// Whether the request, after these steps, repeats the training with exactly the same versions.
    pub exact: bool,
    /// Reasons against an exact repeat, in words.
    pub missing: Vec<String>,
    /// Whether the lineage behind it is complete.
    pub complete: bool,
    /// Requests to the table.
    pub requests: usize,
}

/// The versions that a training job was made from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pinned {
    /// The image with its digest.
    pub image: Option<String>,
    /// Forty hexadecimal digits.
    pub commit: Option<String>,
    /// The repository that holds it.
    pub repository: Option<String>,
    /// How the commit is known.
    pub commit_found_by: Option<FoundBy>,
    /// Each channel's data.
    pub data: Vec<PinnedData>,
}

/// The data of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PinnedData {
    /// Such as `channel/train`.
    pub role: String,
    /// Where.
    pub uri: String,
    /// S3's version id, for one object of a bucket that keeps versions.
    pub version_id: Option<String>,
    /// For a set: the SHA-256 of its manifest, and how many objects it names.
    pub manifest: Option<String>,
    /// For a set.
    pub objects: Option<i64>,
    /// The SHA-256 of the content, if S3 has it.
    pub checksum_sha256: Option<String>,
    /// Why the version is not reliable, if so.
    pub weak: Option<String>,
}

/// Why there is nothing to repeat.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotReproducible {
    /// No training job leads to it.
    #[error(
        "no training job is recorded upstream of {0}: ask for a training job, a model, a model package or a deployment"
    )]
    NoTrainingJob(String),
    /// Several training jobs lead to it.
    #[error("{} training jobs lead to it: ask for one of them: {}", .0.len(), .0.join(", "))]
    Several(Vec<String>),
    /// The request of the training job was not recorded.
    #[error(
        "the request of {0} is not recorded: it was recorded before requests were kept, or it is too large"
    )]
    NoRequest(String),
}

/// Composes the request from the recorded facts.
///
/// # Errors
/// If no training job, or more than one, leads to the root, or its request is not known.
pub fn reproduction(answer: &Answer) -> Result<Reproduction, NotReproducible> {
    let job = training_job(answer)?;
    let detail = answer.details.get(&job.id).ok_or_else(|| NotReproducible::NoRequest(title(job)))?;
    let mut request: Map<String, Json> = detail
        .get("Request")
        .and_then(Json::as_object)
        .cloned()
        .ok_or_else(|| NotReproducible::NoRequest(title(job)))?;
    let mut missing = Vec::new();
    let pinned = pin(answer, job, &mut missing);
    for group in ["HyperParameters", "Environment"] {
        if let Some(values) = detail.get(group).filter(|values| values.is_object()) {
            request.insert(group.into(), values.clone());
            missing.extend(redacted(group, values));
        }
    }
    if let (Some(image), Some(algorithm)) =
        (&pinned.image, request.get_mut("AlgorithmSpecification").and_then(Json::as_object_mut))
    {
        algorithm.insert("TrainingImage".into(), json!(image));
    }
    request.insert("TrainingJobName".into(), json!(new_name(job.name())));
    request.insert("Tags".into(), tags(&pinned));
    let cut = answer.graph.stopped_by.map(|why| format!("its lineage is cut: {}", why.explain()));
    missing.extend(cut);
    let complete = answer.is_complete();
    Ok(Reproduction {
        root: answer.root.to_string(),
        training_job: job.id.to_string(),
        request: Json::Object(request),
        before_it_is_sent: steps(&pinned),
        exact: missing.is_empty(),
        missing,
        complete,
        requests: answer.requests,
        pinned,
    })
}

/// The training job that made the root: the nearest one upstream.
fn training_job(answer: &Answer) -> Result<&Node, NotReproducible> {
    let graph = &answer.graph;
    let distance = |node: &Node| graph.distance.get(&node.id).copied().unwrap_or(usize::MAX);
    let jobs: Vec<&Node> = graph.of_kind(NodeKind::TrainingJob).collect();
    let nearest = jobs.iter().map(|node| distance(node)).min();
    let nearest: Vec<&Node> = jobs.into_iter().filter(|node| Some(distance(node)) == nearest).collect();
    match nearest.as_slice() {
        [] => Err(NotReproducible::NoTrainingJob(answer.root.to_string())),
        [job] => Ok(job),
        several => Err(NotReproducible::Several(several.iter().map(|node| node.id.to_string()).collect())),
    }
}

fn pin(answer: &Answer, job: &Node, missing: &mut Vec<String>) -> Pinned {
    let graph = &answer.graph;
    let mut pinned = Pinned::default();
    let mut channels = 0;
    for edge in graph.into_node(&job.id) {
        let Some(source) = graph.nodes.get(&edge.from) else {
            missing.push(format!("{}: nothing is recorded about {}", edge.role, edge.from));
            continue;
        };
        match source.id.kind() {
            NodeKind::Image => match digest_reference(source) {
                Some(reference) => pinned.image = Some(reference.to_owned()),
                None => missing.push(format!(
                    "the image `{}` is named by a tag, which may have been moved since",
                    source.name()
                )),
            },
            NodeKind::Commit => pin_commit(&mut pinned, source, &edge.role, missing),
            NodeKind::Dataset | NodeKind::Artifact => {
                channels += usize::from(edge.role.starts_with("channel/") || is_code(&edge.role));
                let data = pinned_data(&edge.role, source);
                missing.extend(data.weak.iter().map(|weak| format!("{}: {weak}", data.role)));
                pinned.data.push(data);
            }
            _ => {}
        }
    }
    if pinned.commit.is_none() {
        missing.push("no commit is known".to_owned());
    }
    let wanted = answer.details.get(&job.id).and_then(|detail| detail.pointer("/Request/InputDataConfig"));
    let wanted = wanted.and_then(Json::as_array).map_or(0, Vec::len);
    if channels < wanted {
        missing.push(format!("only {channels} of {wanted} channels have known versions"));
    }
    pinned
}

fn digest_reference(image: &Node) -> Option<&str> {
    let references = image.item.iter().flat_map(|item| item.set(REFERENCES));
    references.filter(|reference| image_digest(reference).is_some()).min()
}

fn pin_commit(pinned: &mut Pinned, commit: &Node, role: &str, missing: &mut Vec<String>) {
    let found_by = FoundBy::from_role(role);
    pinned.commit = commit.id.commit_id().map(str::to_owned);
    pinned.repository = commit.id.repository().map(|(_, name)| name.to_owned());
    pinned.commit_found_by = found_by;
    if !commit.is_recorded() {
        missing.push("the commit is a claim that the repository has not confirmed".to_owned());
    }
    if found_by.is_some_and(|found| !found.is_explicit()) {
        missing.push(
            "nobody named the commit: it was the head of the branch when the job was created".to_owned(),
        );
    }
}

fn pinned_data(role: &str, node: &Node) -> PinnedData {
    let text = |name: &str| node.text(name).map(str::to_owned);
    PinnedData {
        role: role.to_owned(),
        uri: text(URI).unwrap_or_else(|| node.name().to_owned()),
        version_id: text(VERSION_ID),
        manifest: node.id.set_digest().map(str::to_owned),
        objects: node.number(OBJECTS),
        checksum_sha256: text(CHECKSUM_SHA256),
        weak: text(WEAK),
    }
}

fn redacted<'a>(group: &'a str, values: &'a Json) -> impl Iterator<Item = String> + 'a {
    let is_hidden = |value: &Json| value.as_str().is_some_and(|text| text.contains(REDACTED));
    let hidden = values.as_object().into_iter().flatten().filter(move |(_, value)| is_hidden(value));
    hidden.map(move |(name, _)| format!("{group}.{name} was redacted when it was recorded: fill it in"))
}

/// "TrainingJobName": at most 63 characters, unique in the account and region.
fn new_name(name: &str) -> String {
    const SUFFIX: &str = "-repeat";
    let kept: String = name.chars().take(63 - SUFFIX.len()).collect();
    format!("{}{SUFFIX}", kept.trim_end_matches('-'))
}

/// The tags that lead the new job back to its commit.
fn tags(pinned: &Pinned) -> Json {
    let pairs = [("CommitId", &pinned.commit), ("Repository", &pinned.repository)];
    let tags =
        pairs.into_iter().filter_map(|(key, value)| Some(json!({ "Key": key, "Value": value.as_ref()? })));
    Json::Array(tags.collect())
}

fn steps(pinned: &Pinned) -> Vec<String> {
    let mut steps: Vec<String> = Vec::new();
    for data in &pinned.data {
        steps.push(match (&data.version_id, &data.manifest) {
            (Some(version), _) => format!(
                "{}: make sure that version {version} of {} is the newest, or copy it (CopyObject with `?versionId={version}`) and point the channel there",
                data.role, data.uri
            ),
            (None, Some(manifest)) => format!(
                "{}: make sure that the objects under {} are the versions in manifest {manifest}, or copy these versions and point the channel there",
                data.role, data.uri
            ),
            (None, None) => format!("{}: make sure that {} has not changed: its bucket kept no versions", data.role, data.uri),
        });
    }
    steps.push("the name is new: a job's name can be used once".to_owned());
    steps.push("the tags lead to the commit: add the tags that your policies require".to_owned());
    steps
}

impl Reproduction {
    /// The job as people ask for it.
    fn job(&self) -> String {
        let id = NodeId::parse(&self.training_job);
        let name = id.as_ref().and_then(|id| id.tail().split('@').next()?.rsplit('/').next());
        name.map_or_else(|| self.training_job.clone(), |name| format!("training-job/{name}"))
    }

    /// Lines for people; the request is the JSON in the middle.
    #[must_use]
    pub fn text(&self) -> String {
        let list = |label: &str, lines: &[String]| {
            let lines: String = lines.iter().map(|words| format!("  {}\n", line(words))).collect();
            if lines.is_empty() { String::new() } else { format!("{label}\n{lines}") }
        };
        format!(
            "CreateTrainingJob, to repeat {}\n{:#}\n{}{}",
            line(&self.job()),
            self.request,
            list("before it is sent", &self.before_it_is_sent),
            if self.exact {
                "exact: image, data and commit are pinned\n".to_owned()
            } else {
                list("missing for an exact repeat", &self.missing)
            },
        )
    }
}
