//! A small lineage for the tests of this crate: the chain behind a deployment, step by step.

use std::collections::{BTreeMap, BTreeSet};

use crate::fold::{apply, key as key_of};
use crate::graph::{Graph, Node};
use crate::id::NodeId;
use crate::record::Record;
use crate::rows::NodeRow;
use crate::rows::node::{
    APPROVAL, ARN, AUTHOR, CREATED, DATE, EMAIL, IN_EDGES, INSTANCE_COUNT, INSTANCE_TYPE, MESSAGE, NAME,
    OBJECTS, REFERENCES, REPOSITORY, STATE, TYPE, URI, VERSION_ID, WEAK,
};
use crate::table::{Attributes, Item, Key, Value};

pub(crate) const DEPLOYMENT: &str = "dep#1/r/prod@50/c-1@40";
pub(crate) const CONFIG: &str = "epc#1/r/c-1@40";
pub(crate) const MODEL: &str = "model#1/r/credit@35";
pub(crate) const ARTIFACT: &str = "art#s3://b/out/model.tar.gz@v9";
pub(crate) const TRAINING: &str = "tjob#1/r/train@30";
pub(crate) const IMAGE: &str = "img#sha256:00000000000000000000000000000000000000000000000000000000000000ab";
pub(crate) const TAGGED: &str = "img#tag:r/serve:1";
pub(crate) const TRAIN: &str = "ds#s3://b/train.csv@v1";
pub(crate) const SET: &str = "ds#set:00ff";
pub(crate) const PROCESSING: &str = "pjob#1/r/prepare@20";
pub(crate) const COMMIT: &str = "commit#git.host/1/credit@0123456789abcdef0123456789abcdef01234567";
pub(crate) const CLAIMED: &str = "commit#git.host/1/credit@fedcba9876543210fedcba9876543210fedcba98";

pub(crate) fn id(text: &str) -> NodeId {
    NodeId::parse(text).unwrap()
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(crate) fn set(members: &[&str]) -> Value {
    Value::Set(members.iter().map(|member| (*member).to_owned()).collect::<BTreeSet<_>>())
}

/// A node with only these facts.
pub(crate) fn bare(identity: &str, facts: &[(&str, Value)]) -> Node {
    let id = id(identity);
    let attributes: Attributes =
        facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Node { item: Some(Item { key: NodeRow::key(&id), attributes }), id }
}

/// A recorded node with a name.
pub(crate) fn node(identity: &str, name: &str, facts: &[(&str, Value)]) -> Node {
    let mut all = vec![(TYPE, text(id(identity).kind().word())), (NAME, text(name))];
    all.extend(facts.iter().cloned());
    bare(identity, &all)
}

/// A node that others name, and that has no record.
pub(crate) fn named_only(identity: &str) -> Node {
    Node { id: id(identity), item: None }
}

/// In-edges: relation, role, source.
pub(crate) fn from(edges: &[(&str, &str)]) -> (&'static str, Value) {
    let edges: Vec<String> = edges.iter().map(|(label, source)| format!("{label}|{source}")).collect();
    (IN_EDGES, set(&edges.iter().map(String::as_str).collect::<Vec<_>>()))
}

pub(crate) fn graph(nodes: Vec<(usize, Node)>) -> Graph {
    let mut graph = Graph::default();
    nodes.into_iter().for_each(|(distance, node)| graph.insert(node, distance));
    graph
}

/// The whole lineage, by the distance from the deployment.
pub(crate) fn nodes() -> Vec<(usize, Node)> {
    let deployment = [from(&[("ContributedTo:configuration", CONFIG)])];
    let config = [from(&[("ContributedTo:variant/main", MODEL)]), (CREATED, Value::Number(40))];
    let model = [
        from(&[("ContributedTo:container/0", TAGGED), ("ContributedTo:model-data/0", ARTIFACT)]),
        (ARN, text("arn:aws:sagemaker:r:1:model/credit")),
        (CREATED, Value::Number(35)),
        (APPROVAL, text("Approved")),
    ];
    let artifact = [
        from(&[("Produced:artifact", TRAINING)]),
        (URI, text("s3://b/out/model.tar.gz")),
        (VERSION_ID, text("v9")),
    ];
    let training = [
        from(&[
            ("ContributedTo:channel/train", TRAIN),
            ("ContributedTo:channel/more", SET),
            ("ContributedTo:image", IMAGE),
            ("ContributedTo:source/tag", COMMIT),
        ]),
        (CREATED, Value::Number(30)),
        (STATE, text("Completed")),
        (INSTANCE_TYPE, text("ml.m5.xlarge")),
        (INSTANCE_COUNT, Value::Number(2)),
    ];
    let train = [
        from(&[("Produced:output/train", PROCESSING)]),
        (URI, text("s3://b/train.csv")),
        (VERSION_ID, text("v1")),
        (CREATED, Value::Number(25)),
    ];
    let more = [
        (URI, text("s3://b/more/")),
        (OBJECTS, Value::Number(3)),
        (WEAK, text("the bucket keeps no versions")),
    ];
    let processing = [
        from(&[("ContributedTo:image", IMAGE), ("ContributedTo:source/branch-head", CLAIMED)]),
        (CREATED, Value::Number(20)),
    ];
    let commit = [
        (REPOSITORY, text("credit")),
        (AUTHOR, text("Ana")),
        (EMAIL, text("ana@example.com")),
        (MESSAGE, text("Train on March\n\nLong story")),
        (DATE, Value::Number(10)),
    ];
    let image = [(
        REFERENCES,
        set(&[
            "r/train:1",
            "r/train@sha256:00000000000000000000000000000000000000000000000000000000000000ab",
        ]),
    )];
    vec![
        (0, node(DEPLOYMENT, "prod", &deployment)),
        (1, node(CONFIG, "c-1", &config)),
        (2, node(MODEL, "credit", &model)),
        (3, node(ARTIFACT, "out/model.tar.gz", &artifact)),
        (3, node(TAGGED, "r/serve:1", &[(WEAK, text("the image is named by a tag, which can be moved"))])),
        (4, node(TRAINING, "train", &training)),
        (5, node(IMAGE, "sha256:ab", &image)),
        (5, node(TRAIN, "train.csv", &train)),
        (5, node(SET, "more/", &more)),
        (5, node(COMMIT, "0123456", &commit)),
        (6, node(PROCESSING, "prepare", &processing)),
        (7, named_only(CLAIMED)),
    ]
}

/// The content of an empty table after a record.
pub(crate) fn table(record: &Record) -> BTreeMap<Key, Item> {
    let mut table: BTreeMap<Key, Option<Attributes>> = BTreeMap::new();
    for write in &record.writes {
        apply(table.entry(key_of(write).clone()).or_default(), write);
    }
    let items = table
        .into_iter()
        .map(|(key, attributes)| (key.clone(), Item { key, attributes: attributes.unwrap() }));
    items.collect()
}
