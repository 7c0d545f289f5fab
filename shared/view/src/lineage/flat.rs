//! The answer as the workshop's data frame: one row for each component, with columns that SageMaker's `ExperimentAnalytics` names and
//! orders (sagemaker-python-sdk, `analytics.py`): `TrialComponentName`, `DisplayName`, `SourceArn`, parameters by name, `<metric> - Last`,
//! `<artifact> - MediaType` and `<artifact> - Value`, `Trials`, `Experiments`. Sagewarden records only the last value of a metric, so there
//! is no `Min`, `Max`, `Avg`, `StdDev` or `Count`.
//!
//! Names of hyperparameters and channels appear beside the system's names. If a name equals one of the system's, it gets a prefix
//! (`names.rs`), so that it replaces no recorded value.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sagewarden_events::Timestamp;
use sagewarden_lineage::answer::Answer;
use sagewarden_lineage::edge::{FoundBy, Relation};
use sagewarden_lineage::fact;
use sagewarden_lineage::graph::{Edge, Node};
use sagewarden_lineage::id::NodeKind;
use sagewarden_lineage::rows::node::{
    ARN, AUTHOR, COMMIT, COMPONENT, DATE, EMAIL, EXPERIMENT, INSTANCE_COUNT, INSTANCE_TYPE, MESSAGE,
    REFERENCES, TOP_FEATURES, TRIAL, URI, VERSION_ID, WEAK,
};
use serde::Serialize;
use serde_json::{Number, Value as Json};
use std::fmt;

use super::names;

/// Columns and rows; a missing cell is an empty text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FlatTable {
    /// The first three and the last two are fixed. Between them are parameters, metrics, inputs and outputs, each group ordered by name.
    pub columns: Vec<String>,
    /// Each row is as long as `columns`.
    pub rows: Vec<Vec<FlatCell>>,
}

/// The value of a cell. A data frame has it in the same type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum FlatCell {
    /// Most cells.
    Text(String),
    /// Metrics and counts.
    Number(Number),
    /// Trials and experiments: a component can be part of several.
    List(Vec<String>),
}

/// Lists in the notation of JSON, which Python reads as well.
impl fmt::Display for FlatCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::List(members) => Json::from(members.as_slice()).fmt(f),
        }
    }
}

impl Default for FlatCell {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl From<&str> for FlatCell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for FlatCell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for FlatCell {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}

/// The part of a component that a column is about, in the order of columns.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Parameter,
    Metric,
    Input,
    Output,
}

/// A component: its fixed cells, and the others by column.
struct Row {
    first: [FlatCell; 3],
    cells: BTreeMap<String, (Part, FlatCell)>,
    last: [FlatCell; 2],
}

impl Row {
    /// Empty if the value is not known.
    fn put(&mut self, part: Part, column: &str, cell: Option<impl Into<FlatCell>>) {
        if let Some(cell) = cell {
            self.cells.insert(column.to_owned(), (part, cell.into()));
        }
    }
}

/// Commits are `source-control-lineage`, or `prod-endpoint-lineage` for the commit of the deployment; processing jobs
/// `Preprocessing`, training jobs `Training`: the workshop's display names, unless a job's `ExperimentConfig` has another.
#[must_use]
pub fn flat(answer: &Answer) -> FlatTable {
    let mut rows: Vec<Row> = Vec::new();
    for kind in [NodeKind::Commit, NodeKind::ProcessingJob, NodeKind::TrainingJob] {
        let mut nodes: Vec<&Node> = answer.graph.of_kind(kind).collect();
        nodes.sort_by_key(|node| (node.number(DATE), node.created_at(), node.id.clone()));
        rows.extend(nodes.into_iter().map(|node| component(answer, node)));
    }
    rows.extend(answer.graph.of_kind(NodeKind::Deployment).map(|node| deployment(answer, node)));
    let cells = rows.iter().flat_map(|row| &row.cells);
    let mut named: Vec<(Part, &String)> = cells.map(|(column, (part, _))| (*part, column)).collect();
    named.sort_unstable();
    let mut columns: Vec<&str> = Vec::new();
    for (_, column) in named {
        // One job's input can be another's output.
        if !columns.contains(&column.as_str()) {
            columns.push(column);
        }
    }
    let complete = |row: &Row| {
        let cell = |column: &&str| row.cells.get(*column).map(|(_, cell)| cell.clone()).unwrap_or_default();
        let [first, last] = [row.first.as_slice(), row.last.as_slice()];
        first.iter().cloned().chain(columns.iter().map(cell)).chain(last.iter().cloned()).collect()
    };
    let rows = rows.iter().map(complete).collect();
    let columns = names::FIRST
        .into_iter()
        .chain(columns.iter().copied())
        .chain(names::LAST)
        .map(str::to_owned)
        .collect();
    FlatTable { columns, rows }
}

fn component(answer: &Answer, node: &Node) -> Row {
    let place = Standing::of(answer, node);
    let arn = node.text(ARN).unwrap_or_default();
    let mut row = Row {
        first: [place.component.unwrap_or(node.name()).into(), display_name(node).into(), arn.into()],
        cells: BTreeMap::new(),
        last: [list(place.trial), list(place.experiment)],
    };
    if node.id.kind() == NodeKind::Commit {
        commit(&mut row, node);
    }
    parameters(&mut row, answer, node);
    metrics(&mut row, answer, node);
    artifacts(&mut row, answer, node);
    row
}

/// The place of a job in an experiment, if it is known.
struct Standing<'a> {
    component: Option<&'a str>,
    trial: Option<&'a str>,
    experiment: Option<&'a str>,
}

impl<'a> Standing<'a> {
    fn of(answer: &'a Answer, job: &'a Node) -> Self {
        let graph = &answer.graph;
        let source = |id, kind| {
            let mut sources = graph.into_node(id).filter_map(|edge| graph.nodes.get(&edge.from));
            sources.find(|node| node.id.kind() == kind)
        };
        let component = source(&job.id, NodeKind::TrialComponent);
        // If a job names only its trial, the experiment is known through the component.
        let experiment = component.and_then(|component| source(&component.id, NodeKind::Experiment));
        Self {
            component: component.map(Node::name),
            trial: job.text(TRIAL),
            experiment: job.text(EXPERIMENT).or(experiment.map(Node::name)),
        }
    }
}

fn list(known: Option<&str>) -> FlatCell {
    FlatCell::List(known.map(str::to_owned).into_iter().collect())
}

/// The endpoint's row carries the commit of the deployment code, as the workshop's `prod-endpoint-lineage` does.
fn deployment(answer: &Answer, node: &Node) -> Row {
    let arn = node.text(ARN).unwrap_or_default();
    let mut row = Row {
        first: [node.name().into(), "prod-endpoint-lineage".into(), arn.into()],
        cells: BTreeMap::new(),
        last: [list(None), list(None)],
    };
    let source = answer.graph.into_node(&node.id).find(|edge| FoundBy::from_role(&edge.role).is_some());
    if let Some(code) = source.and_then(|edge| answer.graph.nodes.get(&edge.from)) {
        commit(&mut row, code);
    }
    row.put(Part::Output, "endpoint-name - Value", node.name().split('/').next());
    row
}

fn commit(row: &mut Row, node: &Node) {
    let mut put = |column, text: Option<&str>| row.put(Part::Parameter, column, text);
    put("commit", node.text(COMMIT));
    put("author", node.text(EMAIL).or_else(|| node.text(AUTHOR)));
    put("message", node.text(MESSAGE).and_then(|text| text.lines().next()));
    let date = node.number(DATE).map(|millis| Timestamp::from_millis(millis).to_string());
    put("date", date.as_deref());
}

fn parameters(row: &mut Row, answer: &Answer, node: &Node) {
    row.put(Part::Parameter, "SageMaker.InstanceType", node.text(INSTANCE_TYPE));
    row.put(Part::Parameter, "SageMaker.InstanceCount", node.number(INSTANCE_COUNT));
    row.put(Part::Parameter, "SpotSavingPercent", fact::spot_saving_percent(node));
    row.put(Part::Parameter, "TopFeatures", node.text(TOP_FEATURES));
    row.put(Part::Parameter, "DeletedAt", fact::deleted_at(node).map(|time| time.to_string()));
    let Some(detail) = answer.details.get(&node.id) else { return };
    for (name, value) in detail.get("HyperParameters").and_then(Json::as_object).into_iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        row.put(Part::Parameter, &names::hyperparameter(name), Some(text));
    }
    if let Some(arguments) = detail.get("ContainerArguments").and_then(Json::as_array) {
        let words: Vec<&str> = arguments.iter().filter_map(Json::as_str).collect();
        row.put(Part::Parameter, "ContainerArguments", Some(words.join(" ")));
    }
}

/// The last values of a job's metrics.
fn metrics(row: &mut Row, answer: &Answer, node: &Node) {
    let last = answer.details.get(&node.id).and_then(|detail| detail.get("FinalMetricDataList")?.as_array());
    for metric in last.into_iter().flatten() {
        if let (Some(name), Some(Json::Number(value))) =
            (metric.get("MetricName").and_then(Json::as_str), metric.get("Value"))
        {
            row.put(Part::Metric, &format!("{name} - Last"), Some(FlatCell::Number(value.clone())));
        }
    }
}

fn artifacts(row: &mut Row, answer: &Answer, node: &Node) {
    let graph = &answer.graph;
    let mut add = |part, edge: &Edge, id| {
        let Some(other) = graph.nodes.get(id) else { return };
        let (name, media_type) = match other.id.kind() {
            // As in SageMaker, the column exists and is empty.
            NodeKind::Image => (Cow::Borrowed("SageMaker.ImageUri"), ""),
            NodeKind::Artifact => (Cow::Borrowed("SageMaker.ModelArtifact"), "s3/uri"),
            NodeKind::Dataset => (names::channel(edge.role.rsplit('/').next().unwrap_or_default()), "s3/uri"),
            _ => return,
        };
        // If a manifest gives a channel, the column with its name is about the data.
        let of_manifest = edge.role.starts_with("manifest/").then(|| format!("{name} manifest"));
        let name = of_manifest.as_deref().unwrap_or(&name);
        row.put(part, &format!("{name} - MediaType"), Some(media_type));
        let place = other.text(URI).or_else(|| other.item.as_ref()?.set(REFERENCES).next());
        let version = other.text(VERSION_ID).map(|id| format!("?versionId={id}")).unwrap_or_default();
        row.put(part, &format!("{name} - Value"), place.map(|place| format!("{place}{version}")));
        row.put(part, &format!("{name} - Weak"), other.text(WEAK));
    };
    for edge in graph.into_node(&node.id) {
        add(Part::Input, edge, &edge.from);
    }
    for edge in graph.out_of(&node.id).filter(|edge| edge.relation == Relation::Produced) {
        add(Part::Output, edge, &edge.to);
    }
}

fn display_name(node: &Node) -> &str {
    match node.id.kind() {
        NodeKind::ProcessingJob => node.text(COMPONENT).unwrap_or("Preprocessing"),
        NodeKind::TrainingJob => node.text(COMPONENT).unwrap_or("Training"),
        _ => "source-control-lineage",
    }
}

#[cfg(test)]
mod tests {
    use sagewarden_lineage::edge::InEdge;
    use sagewarden_lineage::graph::Graph;
    use sagewarden_lineage::id::NodeId;
    use sagewarden_lineage::record::Record;
    use sagewarden_lineage::table::{Attributes, Item, Key, Value, Write};
    use serde_json::json;

    use super::*;

    fn id(text: &str) -> NodeId {
        NodeId::parse(text).unwrap()
    }

    /// The nodes of a record, in the form that a table without other writers would hold.
    fn graph(record: Record) -> Graph {
        let mut items: BTreeMap<Key, Attributes> = BTreeMap::new();
        for write in record.writes {
            if let Write::Merge { key, once, union } = write {
                let item = items.entry(key).or_default();
                item.extend(once);
                for (name, members) in union {
                    match item.entry(name).or_insert_with(|| Value::Set(members.clone())) {
                        Value::Set(known) => known.extend(members),
                        other => panic!("{other:?} is no set"),
                    }
                }
            }
        }
        let mut graph = Graph::default();
        for (key, attributes) in items {
            graph.insert(Node { id: id(&key.pk), item: Some(Item { key, attributes }) }, 0);
        }
        graph
    }

    fn facts(pairs: &[(&str, &str)]) -> Attributes {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), Value::Text((*text).to_owned()))).collect()
    }

    /// The rows of a training job in an experiment, and of a processing job outside of one, by column.
    fn rows(detail: Json) -> (Vec<String>, Vec<BTreeMap<String, FlatCell>>) {
        let (job, component) = (id("tjob#1/r/train@1"), id("tc#1/r/train-aws-training-job@2"));
        let (experiment, data) = (id("exp#1/r/risk@0"), id("ds#s3://b/in.csv@v1"));
        let (model, image) = (id("art#s3://b/model.tar.gz@v2"), NodeId::image("r/x:1"));
        let mut record = Record::default();
        record.node(&job, "train", None, facts(&[("arn", "arn:x"), ("trial", "t1"), ("component", "Fit")]));
        record.node(&component, "train-aws-training-job", None, Attributes::new());
        record.node(&experiment, "risk", None, Attributes::new());
        record.node(&data, "in.csv", None, facts(&[("uri", "s3://b/in.csv"), ("version_id", "v1")]));
        record.node(&model, "model.tar.gz", None, facts(&[("uri", "s3://b/model.tar.gz")]));
        record.image("r/x:1");
        record.node(&id("pjob#1/r/prepare@0"), "prepare", None, Attributes::new());
        record.fact(&job, "instance_count", Value::Number(2));
        for (to, relation, role, from) in [
            (&job, Relation::AssociatedWith, "trial-component", &component),
            (&component, Relation::AssociatedWith, "trial/t1", &experiment),
            (&job, Relation::ContributedTo, "channel/train", &data),
            (&job, Relation::ContributedTo, "image", &image),
            (&model, Relation::Produced, "artifact", &job),
        ] {
            record.edge(to, &InEdge::new(relation, role, from.clone()));
        }
        let details = BTreeMap::from([(job.clone(), detail)]);
        let answer = Answer { root: job, graph: graph(record), details, cursor: None, requests: 0 };
        let FlatTable { columns, rows } = flat(&answer);
        assert!(rows.iter().all(|row| row.len() == columns.len()));
        let by_column =
            |row: Vec<FlatCell>| columns.iter().cloned().zip(row).collect::<BTreeMap<String, FlatCell>>();
        let rows = rows.into_iter().map(by_column).collect();
        (columns, rows)
    }

    #[test]
    fn columns_are_named_and_ordered_as_the_sdk_has_them() {
        let (columns, rows) = rows(json!({
            "HyperParameters": { "eta": "0.2", "max_depth": "5" },
            "FinalMetricDataList": [{ "MetricName": "validation:auc", "Value": 0.78, "Timestamp": 1 }],
        }));
        assert_eq!(
            columns,
            [
                "TrialComponentName",
                "DisplayName",
                "SourceArn",
                "SageMaker.InstanceCount",
                "eta",
                "max_depth",
                "validation:auc - Last",
                "SageMaker.ImageUri - MediaType",
                "SageMaker.ImageUri - Value",
                "SageMaker.ImageUri - Weak",
                "train - MediaType",
                "train - Value",
                "SageMaker.ModelArtifact - MediaType",
                "SageMaker.ModelArtifact - Value",
                "Trials",
                "Experiments",
            ]
        );
        let training = rows.iter().find(|row| row["DisplayName"] == FlatCell::from("Fit")).unwrap();
        for (column, expect) in [
            ("TrialComponentName", json!("train-aws-training-job")),
            ("SourceArn", json!("arn:x")),
            ("SageMaker.InstanceCount", json!(2)),
            ("eta", json!("0.2")),
            ("validation:auc - Last", json!(0.78)),
            ("SageMaker.ImageUri - MediaType", json!("")),
            ("train - Value", json!("s3://b/in.csv?versionId=v1")),
            ("Trials", json!(["t1"])),
            ("Experiments", json!(["risk"])),
        ] {
            assert_eq!(json!(training[column]), expect, "{column}");
        }
        let prepared = rows.iter().find(|row| row["DisplayName"] == FlatCell::from("Preprocessing")).unwrap();
        assert_eq!(
            json!([prepared["Trials"], prepared["Experiments"], prepared["eta"]]),
            json!([[], [], ""])
        );
    }

    #[test]
    fn a_parameter_takes_no_fixed_columns_place() {
        let (columns, rows) = rows(json!({ "HyperParameters": { "DisplayName": "x", "Trials": "y" } }));
        for name in ["DisplayName", "Trials", "HyperParameters.DisplayName", "HyperParameters.Trials"] {
            assert_eq!(columns.iter().filter(|column| *column == name).count(), 1, "{columns:?}");
        }
        assert!(rows.iter().all(|row| row["DisplayName"] != FlatCell::from("x")));
    }

    #[test]
    fn a_list_in_a_text_is_read_by_json_and_by_python() {
        assert_eq!(FlatCell::List(vec!["a\"b".into(), "ü".into()]).to_string(), r#"["a\"b","ü"]"#);
        assert_eq!(FlatCell::List(Vec::new()).to_string(), "[]");
        assert_eq!(FlatCell::from(3).to_string(), "3");
    }
}
