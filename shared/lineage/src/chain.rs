//! The chain behind a deployment in plain records: its models, training jobs, data versions, images and commits. Drift alerts carry it, and
//! tables are made from it.

use std::collections::BTreeMap;

use sagewarden_events::Timestamp;
use serde::Serialize;

use crate::edge::{FoundBy, Relation, SHADOW};
use crate::graph::{Edge, Graph, Node};
use crate::id::NodeKind;
use crate::rows::node::{
    ARN, AUTHOR, DATE, EMAIL, MESSAGE, OBJECTS, REFERENCES, REPOSITORY, STATE, URI, VERSION_ID, WEAK,
};

/// The nodes of a graph, by kind. Lists are in the order of creation, with unknown times last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Chain {
    /// SageMaker models in the configuration that answer requests.
    pub models: Vec<Named>,
    /// Models that get copies of requests and answer nobody.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shadow_models: Vec<Named>,
    /// Jobs that trained them.
    pub training_jobs: Vec<Named>,
    /// Jobs that prepared the data.
    pub processing_jobs: Vec<Named>,
    /// Model artifacts.
    pub artifacts: Vec<DataVersion>,
    /// Data that jobs read or wrote.
    pub data: Vec<DataVersion>,
    /// Code that jobs read from S3, as SageMaker's Python SDK 3 uploads it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub code: Vec<DataVersion>,
    /// Images that jobs and containers ran.
    pub images: Vec<Image>,
    /// Commits that jobs and deployments were built from.
    pub commits: Vec<ChainCommit>,
    /// Whether Sagewarden has recorded every node that others name, and nothing was cut.
    pub complete: bool,
    /// The missing parts, in words.
    pub missing: Vec<String>,
}

/// A SageMaker resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Its ARN, once recorded.
    pub arn: Option<String>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// The newest state.
    pub status: Option<String>,
}

/// A version of an object, or of all objects under a prefix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DataVersion {
    /// Where.
    pub uri: String,
    /// S3's version id; absent if the bucket keeps no versions, and for sets.
    pub version_id: Option<String>,
    /// For sets: how many objects.
    pub objects: Option<i64>,
    /// Its role and the resource that used it, such as `channel/train of training job credit-train`.
    pub used_as: Vec<String>,
    /// Why the version is not reliable, if so.
    pub weak: Option<String>,
}

/// An image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Image {
    /// The digest, or the tag reference if the image is not pinned.
    pub id: String,
    /// Names under which it was seen.
    pub references: Vec<String>,
    /// Who ran it.
    pub used_as: Vec<String>,
    /// Why the image is not reliable, if so.
    pub weak: Option<String>,
}

/// A commit and the resources built from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChainCommit {
    /// Forty hexadecimal digits.
    pub commit: String,
    /// The repository's name.
    pub repository: Option<String>,
    /// `name <e-mail>`
    pub author: Option<String>,
    /// When it was written.
    pub date: Option<Timestamp>,
    /// The first line of its message.
    pub title: Option<String>,
    /// The resources that were built from it.
    pub built: Vec<Built>,
    /// Whether the repository has it.
    pub confirmed: bool,
}

/// A resource that was built from a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Built {
    /// Such as `training job credit-train`.
    pub what: String,
    /// How the commit was found.
    pub found_by: FoundBy,
    /// Whether somebody named the commit.
    pub explicit: bool,
}

impl Chain {
    /// Reads a graph.
    #[must_use]
    pub fn of(graph: &Graph) -> Self {
        let missing = graph.gaps();
        Self {
            models: models(graph, false),
            shadow_models: models(graph, true),
            training_jobs: by_age(graph, NodeKind::TrainingJob, named),
            processing_jobs: by_age(graph, NodeKind::ProcessingJob, named),
            artifacts: by_age(graph, NodeKind::Artifact, |node| data_version(graph, node)),
            data: datasets(graph, false),
            code: datasets(graph, true),
            images: by_age(graph, NodeKind::Image, |node| image(graph, node)),
            commits: commits(graph),
            complete: missing.is_empty() && graph.stopped_by.is_none(),
            missing,
        }
    }
}

impl Chain {
    /// Shortens the chain for messages that have a limit: at most `most` entries in each list, and no data that is used only as a member of
    /// a set. Adds to `missing` how many entries were cut.
    #[must_use]
    pub fn bounded(mut self, most: usize) -> Self {
        for objects in [&mut self.data, &mut self.code] {
            objects.retain(|data| {
                data.used_as.is_empty() || !data.used_as.iter().all(|used| used.starts_with("member "))
            });
        }
        let mut left_out = Vec::new();
        let mut cut = |what: &str, more: usize| {
            if more > 0 {
                left_out.push(format!("{more} more {what}: ask for the lineage"));
            }
        };
        cut("models", truncate(&mut self.models, most));
        cut("shadow models", truncate(&mut self.shadow_models, most));
        cut("training jobs", truncate(&mut self.training_jobs, most));
        cut("processing jobs", truncate(&mut self.processing_jobs, most));
        cut("artifacts", truncate(&mut self.artifacts, most));
        cut("data versions", truncate(&mut self.data, most));
        cut("versions of code", truncate(&mut self.code, most));
        cut("images", truncate(&mut self.images, most));
        cut("commits", truncate(&mut self.commits, most));
        cut("gaps", truncate(&mut self.missing, most));
        self.artifacts
            .iter_mut()
            .chain(&mut self.data)
            .chain(&mut self.code)
            .for_each(|data| data.used_as.truncate(NAMED));
        self.images.iter_mut().for_each(|image| {
            image.used_as.truncate(NAMED);
            image.references.truncate(NAMED);
        });
        self.commits.iter_mut().for_each(|commit| commit.built.truncate(NAMED));
        self.complete &= left_out.is_empty();
        self.missing.append(&mut left_out);
        self
    }
}

/// How many uses a bounded chain names.
const NAMED: usize = 5;

/// Shortens a list; returns how many were left out.
fn truncate<T>(list: &mut Vec<T>, most: usize) -> usize {
    let more = list.len().saturating_sub(most);
    list.truncate(most);
    more
}

/// `<kind> <name>`, as sentences name a node.
#[must_use]
pub fn title(node: &Node) -> String {
    format!("{} {}", node.id.kind(), node.name())
}

fn by_age<T>(graph: &Graph, kind: NodeKind, make: impl Fn(&Node) -> T) -> Vec<T> {
    let mut nodes: Vec<&Node> = graph.of_kind(kind).collect();
    sort_by_age(&mut nodes);
    nodes.into_iter().map(make).collect()
}

/// The models that answer requests, or those that are only in the shadow of others.
fn models(graph: &Graph, in_shadow: bool) -> Vec<Named> {
    let is_shadow = |node: &&Node| {
        let mut roles =
            graph.out_of(&node.id).map(|edge| edge.role.split('/').next() == Some(SHADOW)).peekable();
        roles.peek().is_some() && roles.all(|shadow| shadow)
    };
    let mut nodes: Vec<&Node> =
        graph.of_kind(NodeKind::Model).filter(|node| is_shadow(node) == in_shadow).collect();
    sort_by_age(&mut nodes);
    nodes.into_iter().map(named).collect()
}

/// The versions of objects that are data, or those that are code alone.
fn datasets(graph: &Graph, code: bool) -> Vec<DataVersion> {
    let mut nodes: Vec<&Node> =
        graph.of_kind(NodeKind::Dataset).filter(|node| graph.is_code(&node.id) == code).collect();
    sort_by_age(&mut nodes);
    nodes.into_iter().map(|node| data_version(graph, node)).collect()
}

fn sort_by_age(nodes: &mut [&Node]) {
    nodes.sort_by_key(|node| (node.created_at().is_none(), node.created_at(), node.id.clone()));
}

fn named(node: &Node) -> Named {
    Named {
        name: node.name().to_owned(),
        arn: node.text(ARN).map(str::to_owned),
        created_at: node.created_at(),
        status: node.text(STATE).map(str::to_owned),
    }
}

fn data_version(graph: &Graph, node: &Node) -> DataVersion {
    DataVersion {
        uri: node.text(URI).unwrap_or_else(|| node.name()).to_owned(),
        version_id: node.text(VERSION_ID).map(str::to_owned),
        objects: node.number(OBJECTS),
        used_as: uses(graph, node),
        weak: node.text(WEAK).map(str::to_owned),
    }
}

fn image(graph: &Graph, node: &Node) -> Image {
    Image {
        id: node.name().to_owned(),
        references: node.item.iter().flat_map(|item| item.set(REFERENCES)).map(str::to_owned).collect(),
        used_as: uses(graph, node),
        weak: node.text(WEAK).map(str::to_owned),
    }
}

/// `<role> of <node>` for every edge out of a node, `<role> by <node>` for the job that wrote the node.
fn uses(graph: &Graph, node: &Node) -> Vec<String> {
    let other = |edge: &Edge, id| {
        let other = graph.nodes.get(id)?;
        let word = if edge.relation == Relation::Produced { "by" } else { "of" };
        Some(format!("{} {word} {}", edge.role, title(other)))
    };
    let read = graph.out_of(&node.id).filter_map(|edge| other(edge, &edge.to));
    let wrote = graph
        .into_node(&node.id)
        .filter(|edge| edge.relation == Relation::Produced)
        .filter_map(|edge| other(edge, &edge.from));
    wrote.chain(read).collect()
}

fn commits(graph: &Graph) -> Vec<ChainCommit> {
    let mut commits: BTreeMap<(bool, Option<Timestamp>, String), ChainCommit> = BTreeMap::new();
    for node in graph.of_kind(NodeKind::Commit) {
        let id = node.id.version().to_owned();
        let date = node.number(DATE).map(Timestamp::from_millis);
        let built = graph.out_of(&node.id).filter_map(|edge| {
            let found_by = FoundBy::from_role(&edge.role)?;
            let what = title(graph.nodes.get(&edge.to)?);
            Some(Built { what, found_by, explicit: found_by.is_explicit() })
        });
        let author = node.text(AUTHOR).map(|name| match node.text(EMAIL) {
            Some(email) => format!("{name} <{email}>"),
            None => name.to_owned(),
        });
        let commit = ChainCommit {
            commit: id,
            repository: node.text(REPOSITORY).map(str::to_owned),
            author,
            date,
            title: node.text(MESSAGE).and_then(|text| text.lines().next()).map(str::to_owned),
            built: built.collect(),
            confirmed: node.is_recorded(),
        };
        commits.insert((date.is_none(), date, node.id.to_string()), commit);
    }
    commits.into_values().collect()
}

#[cfg(test)]
mod tests;
