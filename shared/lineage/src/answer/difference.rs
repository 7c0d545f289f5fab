//! The answer to `diff`: the differences between two models, deployments or jobs, and between everything that they were made from.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value as Json;

use super::found::Answer;
use super::verdicts::Verdicts;
use super::words::{closing, line};
use crate::edge::{FoundBy, MEMBER};
use crate::graph::{Edge, Node};
use crate::id::{NodeId, NodeKind};
use crate::rows::node::{
    APPROVAL, BILLABLE_SECONDS, INSTANCE_COUNT, INSTANCE_TYPE, MESSAGE, OBJECTS, ROLE, SPOT, STAGE,
    TRAINING_SECONDS, URI, VERSION_ID, WEAK,
};

/// Features of a model whose importances are compared.
const IMPORTANCES: usize = 10;

/// The aspect that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aspect {
    /// Which job, model, package or configuration.
    Resource,
    /// The commit that something was built from.
    Commit,
    /// A version of data.
    Data,
    /// An image.
    Image,
    /// A hyperparameter, or an environment variable.
    Parameter,
    /// Instances and the like.
    Setting,
    /// A final metric of training.
    Metric,
    /// How much a model relies on a feature.
    Importance,
    /// The verdict of the controls.
    Control,
}

impl Aspect {
    /// The word in answers.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Commit => "commit",
            Self::Data => "data",
            Self::Image => "image",
            Self::Parameter => "parameter",
            Self::Setting => "setting",
            Self::Metric => "metric",
            Self::Importance => "importance",
            Self::Control => "control",
        }
    }
}

/// One of the two entities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Side {
    /// Its identity.
    pub root: String,
    /// Its kind and name.
    pub name: String,
}

/// A fact that differs between the two sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AspectChange {
    /// The aspect that differs.
    pub aspect: Aspect,
    /// The owner, and its role there, such as `training job channel/train`.
    pub what: String,
    /// The value on the first side; empty if absent there.
    pub before: Vec<String>,
    /// The value on the other side.
    pub after: Vec<String>,
}

/// The answer to `diff`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The first entity.
    pub before: Side,
    /// The other entity.
    pub after: Side,
    /// Only values that differ.
    pub changes: Vec<AspectChange>,
    /// How many facts are the same on both sides.
    pub same: usize,
    /// Whether the lineage of both sides is complete.
    pub complete: bool,
    /// The facts that are missing on either side, in words.
    pub missing: Vec<String>,
    /// Requests to the table.
    pub requests: usize,
}

type Profile = BTreeMap<(Aspect, String), BTreeSet<String>>;

/// Compares two answers and the verdicts on their nodes. The comparison covers the jobs that made the model, and the inputs of these jobs.
/// If a training began with the model of an earlier training, that model counts as one version of data, and the earlier training is not
/// compared.
#[must_use]
pub fn difference(before: (&Answer, &Verdicts), after: (&Answer, &Verdicts)) -> Difference {
    let (one, other) = (profile(before.0, before.1), profile(after.0, after.1));
    let nothing = BTreeSet::new();
    let keys: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    let number = keys.len();
    let listed = |profile: &Profile, key: &(Aspect, String)| -> Vec<String> {
        profile.get(key).unwrap_or(&nothing).iter().cloned().collect()
    };
    let pairs = keys.into_iter().map(|key| AspectChange {
        aspect: key.0,
        what: key.1.clone(),
        before: listed(&one, key),
        after: listed(&other, key),
    });
    let changes: Vec<AspectChange> = pairs.filter(|change| change.before != change.after).collect();
    let missing: Vec<String> = [before.0, after.0].into_iter().flat_map(lacks).collect();
    Difference {
        before: side(before.0),
        after: side(after.0),
        same: number - changes.len(),
        changes,
        complete: missing.is_empty(),
        missing,
        requests: before.0.requests + after.0.requests,
    }
}

/// The incomplete parts of an answer, in words.
fn lacks(answer: &Answer) -> Vec<String> {
    let cut = answer.graph.stopped_by.map(|why| format!("{} is cut: {}", answer.root, why.explain()));
    answer.graph.gaps().into_iter().chain(cut).collect()
}

fn side(answer: &Answer) -> Side {
    let node = answer.graph.nodes.get(&answer.root);
    let name = node.map_or_else(|| answer.root.to_string(), crate::chain::title);
    Side { root: answer.root.to_string(), name }
}

fn profile(answer: &Answer, verdicts: &Verdicts) -> Profile {
    let mut profile = Profile::new();
    for id in near(answer) {
        let Some(node) = answer.graph.nodes.get(&id) else { continue };
        let kind = id.kind().to_string();
        if is_resource(id.kind()) {
            add(&mut profile, Aspect::Resource, &kind, node.name());
        }
        for edge in answer.graph.into_node(&id) {
            source(&mut profile, answer, &kind, edge);
        }
        settings(&mut profile, &kind, node);
        if let Some(detail) = answer.details.get(&id) {
            parameters(&mut profile, &kind, detail);
            importances(&mut profile, &kind, detail);
        }
        if let Some(words) = verdicts.get(&id) {
            add(&mut profile, Aspect::Control, &kind, words);
        }
    }
    profile
}

fn add(profile: &mut Profile, aspect: Aspect, what: &str, value: impl Into<String>) {
    profile.entry((aspect, what.to_owned())).or_default().insert(value.into());
}

fn is_resource(kind: NodeKind) -> bool {
    matches!(
        kind,
        NodeKind::ProcessingJob
            | NodeKind::TrainingJob
            | NodeKind::TuningJob
            | NodeKind::AutoMlJob
            | NodeKind::LabelingJob
            | NodeKind::OptimizationJob
            | NodeKind::Model
            | NodeKind::ModelPackage
            | NodeKind::EndpointConfig
            | NodeKind::InferenceComponent
            | NodeKind::InferenceRouter
    )
}

/// The nodes upstream up to the first training jobs, and from these up to the training jobs before them.
fn near(answer: &Answer) -> BTreeSet<NodeId> {
    let graph = &answer.graph;
    let mut sources: BTreeMap<&NodeId, Vec<&NodeId>> = BTreeMap::new();
    for edge in &graph.edges {
        sources.entry(&edge.to).or_default().push(&edge.from);
    }
    let mut found = BTreeSet::new();
    let mut waiting = vec![(&answer.root, false)];
    while let Some((id, is_behind)) = waiting.pop() {
        let trains = id.kind() == NodeKind::TrainingJob;
        if (trains && is_behind) || !found.insert(id.clone()) {
            continue;
        }
        for from in sources.get(id).into_iter().flatten() {
            waiting.push((from, is_behind || trains));
        }
    }
    found
}

fn source(profile: &mut Profile, answer: &Answer, kind: &str, edge: &Edge) {
    let Some(node) = answer.graph.nodes.get(&edge.from) else { return };
    match node.id.kind() {
        NodeKind::Commit => {
            let title = node.text(MESSAGE).and_then(|text| text.lines().next()).unwrap_or("unconfirmed");
            let found = FoundBy::from_role(&edge.role).map_or("", FoundBy::explain);
            let id = node.id.version();
            add(profile, Aspect::Commit, kind, format!("{id} \"{title}\" ({found})"));
        }
        NodeKind::Dataset | NodeKind::Artifact if edge.role != MEMBER => {
            add(profile, Aspect::Data, &format!("{kind} {}", edge.role), versioned(node));
        }
        NodeKind::HubDataset => add(profile, Aspect::Data, &format!("{kind} {}", edge.role), node.name()),
        NodeKind::Image => add(profile, Aspect::Image, &format!("{kind} {}", edge.role), node.name()),
        _ => {}
    }
}

/// Place and version, with the reason if the version is not reliable.
fn versioned(node: &Node) -> String {
    let place = node.text(URI).unwrap_or_else(|| node.name());
    let version = match (node.text(VERSION_ID), node.number(OBJECTS)) {
        (Some(version), _) => format!(" version {version}"),
        (None, Some(objects)) => format!(" ({objects} objects, {})", node.id.tail()),
        (None, None) => format!(" ({})", node.id.version()),
    };
    let weak = node.text(WEAK).map(|reason| format!(" (weak: {reason})")).unwrap_or_default();
    format!("{place}{version}{weak}")
}

fn settings(profile: &mut Profile, kind: &str, node: &Node) {
    for name in [INSTANCE_TYPE, ROLE, SPOT, APPROVAL, STAGE] {
        if let Some(text) = node.text(name) {
            add(profile, Aspect::Setting, &format!("{kind} {name}"), text);
        }
    }
    for name in [INSTANCE_COUNT, TRAINING_SECONDS, BILLABLE_SECONDS] {
        if let Some(number) = node.number(name) {
            add(profile, Aspect::Setting, &format!("{kind} {name}"), number.to_string());
        }
    }
}

fn parameters(profile: &mut Profile, kind: &str, detail: &Json) {
    let words = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    for (group, label) in [("HyperParameters", "hyperparameter"), ("Environment", "environment")] {
        for (name, value) in detail.get(group).and_then(Json::as_object).into_iter().flatten() {
            add(profile, Aspect::Parameter, &format!("{kind} {label} {name}"), words(value));
        }
    }
    if let Some(arguments) = detail.get("ContainerArguments") {
        add(profile, Aspect::Parameter, &format!("{kind} arguments"), arguments.to_string());
    }
    for metric in detail.get("FinalMetricDataList").and_then(Json::as_array).into_iter().flatten() {
        let name = metric.get("MetricName").and_then(Json::as_str).unwrap_or_default();
        if let Some(value) = metric.get("Value") {
            add(profile, Aspect::Metric, &format!("{kind} {name}"), words(value));
        }
    }
}

/// The importances of a node's features, those that matter most.
fn importances(profile: &mut Profile, kind: &str, detail: &Json) {
    for explained in detail.get("Attributions").and_then(Json::as_array).into_iter().flatten() {
        let word = |name: &str| explained.get(name).and_then(Json::as_str).unwrap_or_default();
        let what = format!("{kind} {} {}", word("method"), word("label"));
        let features = explained.get("features").and_then(Json::as_array).into_iter().flatten();
        for pair in features.take(IMPORTANCES) {
            let value = pair.get(1).and_then(Json::as_f64).filter(|value| *value != 0.0);
            if let (Some(name), Some(value)) = (pair.get(0).and_then(Json::as_str), value) {
                add(profile, Aspect::Importance, &format!("{what} {name}"), format!("{value:.4}"));
            }
        }
    }
}

impl Difference {
    /// Lines for people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("from {}\nto   {}\n", line(&self.before.name), line(&self.after.name));
        let mut last = None;
        for change in &self.changes {
            if last != Some(change.aspect) {
                text.push_str(&format!("{}\n", change.aspect.word()));
                last = Some(change.aspect);
            }
            text.push_str(&format!("  {}\n", line(&change.what)));
            for (sign, values) in [("-", &change.before), ("+", &change.after)] {
                let lines: String =
                    values.iter().map(|value| format!("    {sign} {}\n", line(value))).collect();
                text.push_str(&lines);
            }
        }
        if self.changes.is_empty() {
            text.push_str("nothing differs\n");
        }
        text.push_str(&format!("{} more are the same on both sides\n", self.same));
        text.push_str(&closing(self.complete, &self.missing));
        text
    }
}
