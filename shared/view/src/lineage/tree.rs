//! The answer as a tree: the workshop's four stages, with the facts of each below it.

use std::collections::BTreeSet;

use sagewarden_events::{Timestamp, Untrusted};
use sagewarden_lineage::answer::Answer;
use sagewarden_lineage::edge::{FoundBy, IN_FORCE, Relation};
use sagewarden_lineage::fact;
use sagewarden_lineage::graph::{Edge, Node};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::reference::HEAD_ROLE;
use sagewarden_lineage::rows::node::{
    APPROVAL, APPROVAL_BY, AUTHOR, BILLABLE_SECONDS, CREATED_BY, DATE, DELETED, EMAIL, HEAD, INSTANCE_COUNT,
    INSTANCE_TYPE, MERGE, MESSAGE, MLFLOW, MLFLOW_EXPERIMENT, MLFLOW_EXPERIMENT_ID, MLFLOW_RUN, NOTEBOOK,
    OBJECTS, OFFLINE_STORE, PARENTS, PUSHERS, REFERENCE_TYPE, REFERENCES, REMEDY, REPOSITORY, ROUTES, SILENT,
    SPOT, STAGE, STATE, TOP_FEATURES, TRAFFIC, TRAINING_SECONDS, URI, VARIANT, VERDICTS, VERSION_ID, WEAK,
};
use serde_json::Value as Json;
use termtree::Tree;

use super::stage::Stage;

/// How many children, steps or trials a line names.
const MAX_NAMES: usize = 10;

/// A text of several lines that ends in a newline.
#[must_use]
pub fn tree(answer: &Answer) -> String {
    let mut root = Tree::new(line(&headline(answer)));
    // The entity in the question comes first. Under each stage, the nodes that it was made from have the same lines.
    let asked = answer.graph.nodes.get(&answer.root);
    root.extend(asked.into_iter().flat_map(|node| facts(answer, node)).map(|fact| Tree::new(line(&fact))));
    for stage in Stage::ALL {
        let nodes = subjects(answer, stage);
        if !nodes.is_empty() {
            let mut branch = Tree::new(stage.title().to_owned());
            branch.extend(nodes.into_iter().map(|node| leaf(answer, node)));
            root.push(branch);
        }
    }
    let gaps = answer.graph.gaps();
    if !gaps.is_empty() {
        let mut branch = Tree::new("missing".to_owned());
        branch.extend(gaps.iter().map(|gap| Tree::new(line(gap))));
        root.push(branch);
    }
    let weak = fact::weak(&answer.graph);
    if !weak.is_empty() {
        let mut branch = Tree::new("weak".to_owned());
        branch.extend(weak.iter().map(|weak| Tree::new(line(weak))));
        root.push(branch);
    }
    root.to_string()
}

fn headline(answer: &Answer) -> String {
    let name = answer.graph.nodes.get(&answer.root).map_or_else(|| answer.root.to_string(), heading);
    if answer.is_complete() {
        return name;
    }
    match answer.graph.stopped_by {
        Some(_) => format!("{name}  (incomplete: stopped at the limits; raise --max-nodes or --max-depth)"),
        None => format!("{name}  (incomplete: see `missing`)"),
    }
}

/// The nodes that a stage is about. Their inputs, outputs and images appear under them.
fn subjects(answer: &Answer, stage: Stage) -> Vec<&Node> {
    let graph = &answer.graph;
    let shown_elsewhere = [NodeKind::Dataset, NodeKind::Image, NodeKind::Artifact];
    let mut nodes: Vec<&Node> = graph
        .nodes
        .values()
        .filter(|node| Stage::of(graph, node) == stage && node.id != answer.root)
        .filter(|node| !shown_elsewhere.contains(&node.id.kind()))
        .collect();
    nodes.sort_by_key(|node| {
        (std::cmp::Reverse(graph.distance.get(&node.id).copied()), node.created_at(), node.id.clone())
    });
    nodes
}

fn leaf(answer: &Answer, node: &Node) -> Tree<String> {
    let mut leaf = Tree::new(line(&heading(node)));
    leaf.extend(facts(answer, node).iter().map(|fact| Tree::new(line(fact))));
    leaf
}

/// Each branch is one line, even if a name in it has line breaks.
fn line(text: &str) -> String {
    Untrusted::new(text).line()
}

fn heading(node: &Node) -> String {
    let mut text = match node.id.kind() {
        NodeKind::Commit => {
            let title = node
                .text(MESSAGE)
                .and_then(|text| text.lines().next())
                .unwrap_or("not confirmed by the repository");
            let short: String = node.id.version().chars().take(7).collect();
            format!("commit {short} \"{title}\"")
        }
        NodeKind::Reference => {
            format!("{} {}", node.text(REFERENCE_TYPE).unwrap_or("reference"), node.name())
        }
        kind => format!("{kind} {}", node.name()),
    };
    if let Some(status) = node.text(STATE) {
        text.push_str(&format!("  [{status}]"));
    }
    if let Some(time) = fact::deleted_at(node) {
        text.push_str(&format!("  (deleted {time})"));
    }
    text
}

fn facts(answer: &Answer, node: &Node) -> Vec<String> {
    let mut lines = Vec::new();
    if node.text(HEAD) == Some(DELETED) {
        lines.push("deleted".to_owned());
    }
    if node.id.kind() == NodeKind::Commit {
        commit(&mut lines, node);
    } else if let Some(time) = node.created_at() {
        lines.push(format!("created {time}"));
    }
    if let Some(instance) = node.text(INSTANCE_TYPE) {
        let count = node.number(INSTANCE_COUNT).unwrap_or(1);
        lines.push(format!("on {count} x {instance}{}", spot(node)));
    }
    if let Some(remedy) = node.text(REMEDY) {
        lines.push(format!("stopped by Sagewarden: {remedy}"));
    }
    hyperparameters(&mut lines, answer, node);
    if let Some(features) = node.text(TOP_FEATURES) {
        lines.push(format!("top features {features}"));
    }
    lines.extend(of_its_kind(answer, node));
    let graph = &answer.graph;
    lines.extend(graph.into_node(&node.id).filter_map(|edge| source(answer, edge)));
    let out = graph.out_of(&node.id);
    lines.extend(out.filter_map(|edge| product(answer, node, edge)));
    if node.id.kind() == NodeKind::Violation {
        lines.extend(graph.into_node(&node.id).filter_map(|edge| in_force(answer, edge)));
        violations(&mut lines, answer, node);
    }
    lines
}

/// The most important fact of a kind that no other line has.
fn of_its_kind(answer: &Answer, node: &Node) -> Option<String> {
    let graph = &answer.graph;
    let named = |edge: &Edge, id: &NodeId| {
        let other = graph.nodes.get(id)?;
        Some(format!("{} <- {} {}", edge.role, other.id.kind(), other.name()))
    };
    let out: BTreeSet<String> = match node.id.kind() {
        NodeKind::TuningJob | NodeKind::AutoMlJob => {
            let children = graph.out_of(&node.id).filter_map(|edge| graph.nodes.get(&edge.to));
            children.map(|child| format!("{} {}", child.id.kind(), child.name())).collect()
        }
        _ => {
            graph.out_of(&node.id).filter_map(|edge| Some(edge.role.split_once('/')?.1.to_owned())).collect()
        }
    };
    let listed = |what: &str| (!out.is_empty()).then(|| format!("{what} {}", several(&out)));
    match node.id.kind() {
        NodeKind::ModelPackage => {
            let state = node.text(APPROVAL).map(|state| match node.text(APPROVAL_BY) {
                Some(by) => format!("{state} by {by}"),
                None => state.to_owned(),
            });
            let stage = node.text(STAGE).map(|stage| format!("stage {stage}"));
            let job = graph.into_node(&node.id).find(|edge| edge.role == "generated-by");
            let parts = [state, stage, job.and_then(|edge| named(edge, &edge.from))];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            (!parts.is_empty()).then(|| parts.join(", "))
        }
        NodeKind::TuningJob | NodeKind::AutoMlJob => listed("started"),
        NodeKind::PipelineExecution => listed("steps"),
        NodeKind::Experiment => listed("trials"),
        NodeKind::TrialComponent => {
            let edge = graph.into_node(&node.id).find(|edge| edge.role.starts_with("trial/"))?;
            named(edge, &edge.from)
        }
        NodeKind::Deployment => node.text(CREATED_BY).map(|who| format!("deployed by {who}")),
        NodeKind::Endpoint => node.text(TRAFFIC).map(|weights| format!("weights of variants: {weights}")),
        NodeKind::InferenceComponent => node.text(VARIANT).map(|variant| format!("on variant {variant}")),
        NodeKind::InferenceRouter => node.text(ROUTES).map(|routes| format!("routes {routes}")),
        NodeKind::TrainingJob => {
            let notebook = node.text(NOTEBOOK).map(|name| format!("notebook job of Studio, runs {name}"));
            let parts: Vec<String> = notebook.into_iter().chain(logs_to(node)).collect();
            (!parts.is_empty()).then(|| parts.join(", "))
        }
        NodeKind::MlflowRun => {
            let experiment = node.text(MLFLOW_EXPERIMENT_ID).map(|id| format!("experiment {id}"));
            let server = node.text(MLFLOW).map(|arn| format!("kept by {arn}"));
            let parts: Vec<String> = experiment.into_iter().chain(server).collect();
            (!parts.is_empty()).then(|| parts.join(", "))
        }
        NodeKind::HubDataset => {
            let groups = graph.into_node(&node.id).filter(|edge| edge.from.kind() == NodeKind::FeatureGroup);
            let groups: BTreeSet<String> =
                groups.filter_map(|edge| Some(graph.nodes.get(&edge.from)?.name().to_owned())).collect();
            (!groups.is_empty()).then(|| format!("extracted from {}", several(&groups)))
        }
        NodeKind::FeatureGroup => node.text(OFFLINE_STORE).map(|place| format!("offline store {place}")),
        _ => None,
    }
}

/// The names that a request gave the run and the experiment in MLflow that the job logs to.
fn logs_to(node: &Node) -> Option<String> {
    let named = |what: &str, fact: &str| node.text(fact).map(|name| format!("{what} {name}"));
    let parts = [named("run", MLFLOW_RUN), named("experiment", MLFLOW_EXPERIMENT)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("logs to {} in MLflow", parts.join(" of ")))
}

/// The first of many names, and how many more there are.
fn several(names: &BTreeSet<String>) -> String {
    let first: Vec<&str> = names.iter().take(MAX_NAMES).map(String::as_str).collect();
    match names.len().saturating_sub(MAX_NAMES) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

fn commit(lines: &mut Vec<String>, node: &Node) {
    if let Some(author) = node.text(AUTHOR) {
        let date = node.number(DATE).map(|millis| format!(", {}", Timestamp::from_millis(millis)));
        lines.push(format!("by {author} <{}>{}", node.text(EMAIL).unwrap_or("?"), date.unwrap_or_default()));
    }
    if let Some(repository) = node.text(REPOSITORY) {
        lines.push(format!("in {repository}"));
    }
    let pushers: Vec<&str> = node.item.iter().flat_map(|item| item.set(PUSHERS)).collect();
    if !pushers.is_empty() {
        lines.push(format!("pushed by {}", pushers.join(", ")));
    }
    if let Some(parents) = node.text(PARENTS).filter(|_| node.number(MERGE).is_some()) {
        let short: Vec<String> = parents.split(' ').map(|id| id.chars().take(7).collect()).collect();
        lines.push(format!("merge of {}", short.join(" and ")));
    }
}

fn spot(node: &Node) -> String {
    let times = node.number(TRAINING_SECONDS).zip(node.number(BILLABLE_SECONDS));
    match (node.text(SPOT).is_some(), times) {
        (true, Some((total, billed))) if total > 0 => {
            let saving = fact::spot_saving_percent(node).map(|percent| format!(", {percent}% saved"));
            format!(", managed spot: {billed} of {total} seconds billed{}", saving.unwrap_or_default())
        }
        (true, _) => ", managed spot".to_owned(),
        (false, _) => String::new(),
    }
}

fn hyperparameters(lines: &mut Vec<String>, answer: &Answer, node: &Node) {
    let detail = answer.details.get(&node.id);
    let parameters = detail.and_then(|detail| detail.get("HyperParameters")).and_then(Json::as_object);
    if let Some(parameters) = parameters.filter(|parameters| !parameters.is_empty()) {
        let pairs: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or("?")))
            .collect();
        lines.push(format!("hyperparameters {}", pairs.join(" ")));
    }
    let arguments = detail.and_then(|detail| detail.get("ContainerArguments")).and_then(Json::as_array);
    if let Some(arguments) = arguments {
        let words: Vec<&str> = arguments.iter().filter_map(Json::as_str).collect();
        lines.push(format!("arguments {}", words.join(" ")));
    }
}

/// A line for an input of a node.
fn source(answer: &Answer, edge: &Edge) -> Option<String> {
    let node = answer.graph.nodes.get(&edge.from)?;
    Some(match node.id.kind() {
        NodeKind::Dataset | NodeKind::Artifact => format!("{} <- {}", edge.role, versioned(node)),
        NodeKind::Image => format!("{} <- {}", edge.role, image(node)),
        NodeKind::Commit if edge.role == HEAD_ROLE => format!("{HEAD_ROLE} <- {}", heading(node)),
        NodeKind::Commit => format!("{} ({})", heading(node), found(answer, edge)?),
        NodeKind::Model
        | NodeKind::EndpointConfig
        | NodeKind::InferenceComponent
        | NodeKind::MlflowRun
        | NodeKind::HubDataset => {
            format!("{} <- {} {}", edge.role, node.id.kind(), node.name())
        }
        _ => return None,
    })
}

/// A line for an output or a use of a node.
fn product(answer: &Answer, node: &Node, edge: &Edge) -> Option<String> {
    let other = answer.graph.nodes.get(&edge.to)?;
    match (node.id.kind(), edge.relation) {
        (NodeKind::Commit, _) if edge.role == HEAD_ROLE => Some(format!("{HEAD_ROLE} of {}", heading(other))),
        (NodeKind::Commit, _) => {
            Some(format!("built {} {} ({})", other.id.kind(), other.name(), found(answer, edge)?))
        }
        (_, Relation::Produced) => {
            let mark =
                if answer.graph.is_untrusted(other) { "  (untrusted: its job was stopped)" } else { "" };
            Some(format!("{} -> {}{mark}", edge.role, versioned(other)))
        }
        _ => None,
    }
}

/// How the commit was found, and who asserted it.
fn found(answer: &Answer, edge: &Edge) -> Option<String> {
    let how = FoundBy::from_role(&edge.role)?.explain();
    Some(match fact::asserted_by(&answer.graph, edge) {
        Some(who) => format!("{how}, by {who}"),
        None => how.to_owned(),
    })
}

fn versioned(node: &Node) -> String {
    let place = node.text(URI).unwrap_or_else(|| node.name());
    let version = match (node.text(VERSION_ID), node.number(OBJECTS)) {
        (Some(version), _) => format!(" version {version}"),
        (None, Some(objects)) => format!(" ({objects} objects, {})", node.id.tail()),
        (None, None) => String::new(),
    };
    format!("{place}{version}{}", weak(node))
}

fn image(node: &Node) -> String {
    let reference =
        node.item.iter().flat_map(|item| item.set(REFERENCES)).next().unwrap_or_else(|| node.name());
    format!("{reference}{}", weak(node))
}

fn weak(node: &Node) -> String {
    node.text(WEAK).map(|reason| format!("  (weak: {reason})")).unwrap_or_default()
}

/// Which deployment was in force when something was found, and whether it still is.
fn in_force(answer: &Answer, edge: &Edge) -> Option<String> {
    let deployment = answer.graph.nodes.get(&edge.from).filter(|_| edge.role == IN_FORCE)?;
    let is_current = answer.graph.out_of(&deployment.id).any(|edge| edge.role == "current");
    let since = if is_current { "" } else { ", which has been replaced since" };
    Some(format!("while deployment {} was in force{since}", deployment.name()))
}

fn violations(lines: &mut Vec<String>, answer: &Answer, node: &Node) {
    if let Some(uri) = node.text(URI) {
        lines.push(format!("report {uri}"));
    }
    lines.extend(node.item.iter().flat_map(|item| item.set(VERDICTS)).map(str::to_owned));
    let silent: Vec<&str> = node.item.iter().flat_map(|item| item.set(SILENT)).collect();
    if !silent.is_empty() {
        let reason = answer.details.get(&node.id).and_then(|detail| detail.get("reason")?.as_str());
        let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        lines.push(format!("not watched: {}{reason}", silent.join(", ")));
    }
    let listed =
        answer.details.get(&node.id).and_then(|detail| detail.get("violations")).and_then(Json::as_array);
    for violation in listed.into_iter().flatten() {
        let text = |key: &str| violation.get(key).and_then(Json::as_str);
        let subject = text("feature_name").or(text("metric_name")).unwrap_or("unnamed");
        let check = text("constraint_check_type").unwrap_or("check");
        lines.push(format!("{subject}: {check}. {}", text("description").unwrap_or_default()));
    }
}
