//! The formats of other systems are read by the libraries of those systems: the story's endpoint with its past, and a graph that holds
//! every kind of node under names that need escaping.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::io::Write;
use std::process::Stdio;
use std::sync::LazyLock;

use futures::executor::block_on;
use sagewarden_events::Timestamp;
use sagewarden_govern::ports::Table;
use sagewarden_govern::{Question, lookup_lineage};
use sagewarden_lineage::answer::{Answer, Format};
use sagewarden_lineage::edge::{InEdge, Relation};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::record::Record;
use sagewarden_lineage::table::{Attributes, Value};
use sagewarden_local::{Store, Story};
use sagewarden_tests::played::Played;
use sagewarden_tests::{Result, browser};
use sagewarden_view::lineage;
use serde::Deserialize;
use serde_json::json;

static STORY: LazyLock<Answer> = LazyLock::new(|| story().unwrap());
static EVERYTHING: LazyLock<Answer> = LazyLock::new(everything);

fn story() -> Result<Answer> {
    let store = Played::new()?.system.store;
    let question = Question { past: true, ..Question::about(format!("endpoint/{}", Story::ENDPOINT)) };
    Ok(block_on(lookup_lineage(&store, &question))?)
}

const AWKWARD: &str = "a \"b\" 'c' <d> & {e} | ] \\ # % ;\nünï 日本";

/// A chain of every kind, each made of the one before.
fn everything() -> Answer {
    let store = Store::in_memory().unwrap();
    let mut record = Record::default();
    let digest = "a".repeat(64);
    let id = |kind: NodeKind| {
        let place = format!("111122223333/eu-west-1/{}@1772442000000", kind.word());
        let text = match kind {
            NodeKind::Commit => {
                format!("commit#git-codecommit.eu-west-1.amazonaws.com/111122223333/r@{}", "b".repeat(40))
            }
            NodeKind::Reference => {
                "ref#git-codecommit.eu-west-1.amazonaws.com/111122223333/r@refs/heads/main".to_owned()
            }
            NodeKind::Dataset => format!("ds#s3://bucket/{AWKWARD}/data.csv@v1"),
            NodeKind::Artifact => "art#s3://bucket/model.tar.gz@v2".to_owned(),
            NodeKind::Image => format!("img#sha256:{digest}"),
            NodeKind::Deployment => "dep#111122223333/eu-west-1/e@1/c@2".to_owned(),
            NodeKind::Endpoint => "ep#111122223333/eu-west-1/e".to_owned(),
            kind => {
                let known = [
                    "pjob", "tjob", "xjob", "hjob", "ajob", "ljob", "ojob", "model", "mpkg", "epc", "ic",
                    "rtr", "pexe", "mon", "viol", "exp", "tc", "mrun", "hds", "fg",
                ];
                let fits =
                    |prefix: &&str| NodeId::parse(&format!("{prefix}#x")).is_some_and(|id| id.kind() == kind);
                format!("{}#{place}", known.iter().find(|prefix| fits(prefix)).unwrap())
            }
        };
        NodeId::parse(&text).unwrap()
    };
    let mut last: Option<NodeId> = None;
    let mut root = None;
    for (number, kind) in NodeKind::all().enumerate() {
        let node = id(kind);
        let text = |text: &str| Value::Text(text.to_owned());
        let mut facts =
            Attributes::from([("arn".to_owned(), text("arn:aws:sagemaker:eu-west-1:111122223333:x/y"))]);
        match kind {
            NodeKind::Commit => {
                facts.extend([("message".to_owned(), text(AWKWARD)), ("repository".to_owned(), text("r"))])
            }
            NodeKind::Dataset | NodeKind::Artifact => facts.extend([
                ("uri".to_owned(), text(&format!("s3://bucket/{AWKWARD}"))),
                ("version_id".to_owned(), text("v1")),
                ("checksum_sha256".to_owned(), text(&digest)),
            ]),
            _ => {}
        }
        facts.insert("st".into(), text("Completed"));
        let created = Timestamp::from_millis(1_772_442_000_000 + i64::try_from(number).unwrap() * 1_000);
        record.node(&node, AWKWARD, Some(created), facts);
        if let Some(last) = last {
            let relation =
                if kind == NodeKind::Artifact { Relation::Produced } else { Relation::ContributedTo };
            record.edge(&node, &InEdge::new(relation, format!("role/{AWKWARD}"), last));
        }
        root = Some(node.clone());
        last = Some(node);
    }
    // The inputs and outputs of jobs: a model of a commit, data and an image.
    let job = id(NodeKind::TrainingJob);
    record.edge(&job, &InEdge::new(Relation::ContributedTo, "source/tag", id(NodeKind::Commit)));
    record.edge(&job, &InEdge::new(Relation::ContributedTo, "image", id(NodeKind::Image)));
    record.edge(&job, &InEdge::new(Relation::ContributedTo, "channel/train", id(NodeKind::Dataset)));
    record.edge(&id(NodeKind::Artifact), &InEdge::new(Relation::Produced, "artifact", job.clone()));
    record.detail(&job, &json!({
        "HyperParameters": { AWKWARD: AWKWARD },
        "FinalMetricDataList": [{ "MetricName": "validation:auc", "Value": 0.78, "Timestamp": 1_772_442_000 }],
    }));
    block_on(store.write(&record.writes)).unwrap();
    let question = Question { max_depth: Some(64), ..Question::about(root.unwrap().to_string()) };
    block_on(lookup_lineage(&store, &question)).unwrap()
}

/// The content that the library of a format reads from a text.
#[derive(Deserialize)]
struct Read {
    problems: Vec<String>,
    /// How many parts it read.
    count: usize,
    /// The names of the nodes of a drawing.
    shown: Vec<String>,
}

fn read(format: &str, text: &str) -> Result<Read> {
    // Mermaid is read in a browser.
    let mut script = browser::script("formats.py")?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let asked = json!({ "format": format, "text": text }).to_string();
    script.stdin.take().ok_or("the script has no input")?.write_all(asked.as_bytes())?;
    let output = script.wait_with_output()?;
    assert!(output.status.success(), "the script failed; its error is above");
    Ok(serde_json::from_slice(&output.stdout)?)
}

const READ: [(&str, Format); 7] = [
    ("cyclonedx", Format::CycloneDx),
    ("prov", Format::Prov),
    ("slsa", Format::Slsa),
    ("openlineage", Format::OpenLineage),
    ("dot", Format::Dot),
    ("mermaid", Format::Mermaid),
    ("csv", Format::Csv),
];

#[test]
fn a_graph_of_every_kind_is_there_to_be_read() {
    for kind in NodeKind::all() {
        assert!(EVERYTHING.graph.of_kind(kind).next().is_some(), "{kind}");
    }
}

#[test]
fn the_libraries_of_other_systems_read_every_format() -> Result<()> {
    for (name, format) in READ {
        for (of, answer) in [("the story", &*STORY), ("every kind", &*EVERYTHING)] {
            let Read { problems, count, .. } = read(name, &lineage::text(answer, format))?;
            assert_eq!(problems, Vec::<String>::new(), "{name} of {of}");
            // Without a digest a statement has no subject: the simulated buckets keep none.
            assert!(count > 0 || name == "slsa", "{name} of {of} is empty");
        }
    }
    assert!(
        read("slsa", &lineage::text(&EVERYTHING, Format::Slsa))?.count > 0,
        "an artifact with a digest has a statement"
    );
    Ok(())
}

#[test]
fn the_libraries_notice_what_is_broken() -> Result<()> {
    for (name, format, from, to) in [
        ("cyclonedx", Format::CycloneDx, "\"bomFormat\"", "\"bomFormal\""),
        ("prov", Format::Prov, "{", "["),
        // A relation with one end, one that leads to nothing, and one to what cannot stand there.
        ("prov", Format::Prov, "\"prov:usedEntity\"", "\"sw:usedEntity\""),
        ("prov", Format::Prov, "\"prov:informant\": \"sw:", "\"prov:informant\": \"sw:no-"),
        ("prov", Format::Prov, "\"activity\": {", "\"agent\": {"),
        ("slsa", Format::Slsa, "\"subject\"", "\"subjects\""),
        ("openlineage", Format::OpenLineage, "\"runId\":\"", "\"runId\":\"no-uuid-"),
        ("openlineage", Format::OpenLineage, "\"datasetVersion\"", "\"dataVersion\""),
        ("openlineage", Format::OpenLineage, "/JobTypeJobFacet.json", "/JobKindJobFacet.json"),
        ("dot", Format::Dot, "{", "{ -> {"),
        ("mermaid", Format::Mermaid, "\"]", "\"\"]"),
        ("mermaid", Format::Mermaid, "-->", "-->>>"),
        ("csv", Format::Csv, "TrialComponentName", "Name"),
    ] {
        let text = lineage::text(&EVERYTHING, format);
        let broken = text.replacen(from, to, 1);
        assert_ne!(text, broken, "{name} has no {from}");
        assert_ne!(read(name, &broken)?.problems, Vec::<String>::new(), "{name} would not notice");
    }
    Ok(())
}

#[test]
fn a_format_is_the_same_however_often_it_is_written() {
    for (name, format) in READ.into_iter().chain([("html", Format::Html)]) {
        for answer in [&*STORY, &*EVERYTHING] {
            assert_eq!(lineage::text(answer, format), lineage::text(answer, format), "{name}");
        }
    }
}

#[test]
fn mermaid_draws_every_edge_and_every_name_as_it_is() -> Result<()> {
    for answer in [&*STORY, &*EVERYTHING] {
        let drawn = read("mermaid", &lineage::text(answer, Format::Mermaid))?;
        let nodes = &answer.graph.nodes;
        let within = answer.graph.edges.iter().filter(|edge| nodes.contains_key(&edge.from));
        assert_eq!(drawn.count, within.count());
        let note = usize::from(!answer.is_complete());
        assert_eq!(drawn.shown.len(), nodes.len() + note, "{:?}", drawn.shown);
    }
    let drawn = read("mermaid", &lineage::text(&EVERYTHING, Format::Mermaid))?;
    let named = drawn.shown.iter().filter(|name| name.contains(&AWKWARD.replace('\n', " ")));
    // A commit shows the first line of its message.
    assert_eq!(named.count(), EVERYTHING.graph.nodes.len() - 1, "{:?}", drawn.shown);
    Ok(())
}
