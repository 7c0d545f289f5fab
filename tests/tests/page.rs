//! The page works in a browser: a headless Chromium opens it, and a script clicks, searches and checks the result.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use futures::executor::block_on;
use sagewarden_govern::{Question, lookup_lineage};
use sagewarden_lineage::answer::Answer;
use sagewarden_lineage::edge::Relation;
use sagewarden_lineage::graph::{Edge, Graph, Node};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_local::Story;
use sagewarden_tests::played::Played;
use sagewarden_tests::{Result, browser};
use sagewarden_view::lineage;
use serde_json::{Value, json};

/// The pages stay under the target folder, for people to open.
fn write(name: &str, answer: &Answer) -> Result<PathBuf> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, lineage::html(answer))?;
    Ok(path)
}

fn look(what: &str, page: &Path, expected: &Value) -> Result<()> {
    let mut script = browser::script("page.py")?.arg(what).arg(page).stdin(Stdio::piped()).spawn()?;
    script.stdin.take().unwrap().write_all(expected.to_string().as_bytes())?;
    assert!(script.wait()?.success(), "the page fails in the browser; the script's words are above");
    Ok(())
}

/// The answer that the demo's page shows.
fn story() -> Result<Answer> {
    let store = Played::new()?.system.store;
    let question = Question { past: true, ..Question::about(format!("endpoint/{}", Story::ENDPOINT)) };
    Ok(block_on(lookup_lineage(&store, &question))?)
}

#[test]
fn the_demos_page_is_moved_searched_and_read_without_a_network() -> Result<()> {
    let answer = story()?;
    let graph = &answer.graph;
    let job =
        graph.of_kind(NodeKind::TrainingJob).find(|node| node.name() == Story::SECOND_TRAINING_JOB).unwrap();
    let upstream = |kind| {
        graph
            .into_node(&job.id)
            .map(|edge| &edge.from)
            .find(|id| id.kind() == kind)
            .map(|id| &graph.nodes[id])
    };
    let (commit, data) = (upstream(NodeKind::Commit).unwrap(), upstream(NodeKind::Dataset).unwrap());
    let (_, hash) = commit.id.tail().rsplit_once('@').unwrap();
    let eta = answer.details[&job.id].pointer("/HyperParameters/eta").and_then(Value::as_str);
    let expected = json!({
        "job": job.name(), "eta": eta.unwrap(), "commit": hash, "commit_name": commit.name(),
        "data": data.id.as_str(), "data_name": data.name(),
        "nodes": graph.nodes.len(), "edges": graph.edges.len(),
    });
    look("story", &write("lineage.html", &answer)?, &expected)
}

const AWKWARD: [&str; 4] = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(2)>",
    "\"quoted\" and 'quoted' & <b>bold</b> #?%41",
    "Gr\u{fc}\u{df}e \u{6a21}\u{578b} \u{1f980} \u{202e}right-to-left",
];

/// A chain of names that somebody meant to break the page with, as identities, roles and facts.
fn awkward() -> Answer {
    let mut graph = Graph::default();
    let ids = AWKWARD.map(|name| NodeId::parse(&format!("model#{name}")).unwrap());
    for id in &ids {
        graph.insert(Node { id: id.clone(), item: None }, 0);
    }
    for ((from, to), role) in ids.iter().zip(ids.iter().skip(1)).zip(AWKWARD) {
        graph.edges.insert(Edge {
            from: from.clone(),
            to: to.clone(),
            relation: Relation::ContributedTo,
            role: role.to_owned(),
        });
    }
    let details = ids.iter().map(|id| (id.clone(), json!({ AWKWARD[0]: AWKWARD }))).collect();
    Answer { root: ids[0].clone(), graph, details, cursor: None, requests: 0 }
}

#[test]
fn awkward_names_are_text_and_nothing_else() -> Result<()> {
    look("awkward", &write("awkward.html", &awkward())?, &json!({ "names": AWKWARD }))
}

/// Not a test: it prints how long a large page takes.
#[test]
#[ignore = "prints figures; run by hand with --ignored --nocapture"]
fn a_page_of_2000_nodes() -> Result<()> {
    let mut graph = Graph::default();
    let id = |kind: &str, number: usize| NodeId::parse(&format!("{kind}#pipeline-{number:04}")).unwrap();
    let mut add = |from: NodeId, to: NodeId, role: &str| {
        for end in [&from, &to] {
            graph.insert(Node { id: end.clone(), item: None }, 0);
        }
        graph.edges.insert(Edge { from, to, relation: Relation::ContributedTo, role: role.to_owned() });
    };
    // Pipelines that share images, data and commits, as teams do.
    for number in 0..450 {
        let (processing, training) = (id("pjob", number), id("tjob", number));
        add(id("commit", number / 5), processing.clone(), "source/tag");
        add(id("img", number / 100), processing.clone(), "image");
        add(id("img", 100 + number / 100), training.clone(), "image");
        add(id("ds", number / 10), processing.clone(), "input/raw");
        add(id("commit", number / 5), training.clone(), "source/tag");
        add(processing, id("art", 1000 + number), "output/train");
        add(id("art", 1000 + number), training.clone(), "channel/train");
        add(training, id("model", number), "model-data/0");
    }
    let root = id("model", 0);
    let answer = Answer { root, graph, details: Default::default(), cursor: None, requests: 0 };
    let started = std::time::Instant::now();
    let page = write("large.html", &answer)?;
    eprintln!(
        "{} nodes, {} edges: {} bytes, made in {:?}",
        answer.graph.nodes.len(),
        answer.graph.edges.len(),
        fs::metadata(&page)?.len(),
        started.elapsed()
    );
    look("large", &page, &json!({}))
}
