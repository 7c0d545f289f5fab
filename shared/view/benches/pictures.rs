//! Writes pages with pictures of about 200 and 2,000 nodes for `pictures.mjs`, which measures their layout, and prints the time that each took.
//!
//! `cargo bench -p sagewarden-view --bench pictures --features answers -- <folder>`

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use sagewarden_lineage::answer::Answer;
use sagewarden_lineage::edge::Relation;
use sagewarden_lineage::graph::{Edge, Graph, Node};
use sagewarden_lineage::id::NodeId;
use sagewarden_view::explorer::{Address, Depth, Frame, GraphPage, html};

/// Pipelines that share commits, data and images, as teams do: four nodes of each pipeline are its own.
fn teams(pipelines: usize) -> Option<Answer> {
    let id = |kind: &str, number: usize| {
        NodeId::parse(&format!("{kind}#111122223333/eu-west-1/pipeline-{number:04}@1"))
    };
    let mut graph = Graph::default();
    for number in 0..pipelines {
        let (processing, training) = (id("pjob", number)?, id("tjob", number)?);
        let (data, commit) = (id("art", 1000 + number)?, id("commit", number / 5)?);
        let edges = [
            (commit.clone(), processing.clone(), "source/tag"),
            (id("img", number / 100)?, processing.clone(), "image"),
            (id("ds", number / 10)?, processing.clone(), "input/raw"),
            (commit, training.clone(), "source/tag"),
            (processing, data.clone(), "output/train"),
            (data, training.clone(), "channel/train"),
            (training, id("model", number)?, "model-data/0"),
        ];
        for (from, to, role) in edges {
            graph.insert(Node { id: from.clone(), item: None }, 0);
            graph.insert(Node { id: to.clone(), item: None }, 0);
            graph.edges.insert(Edge { from, to, relation: Relation::ContributedTo, role: role.to_owned() });
        }
    }
    Some(Answer { root: id("model", 0)?, graph, details: BTreeMap::new(), cursor: None, requests: 0 })
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let folder = PathBuf::from(arguments.next().ok_or("name a folder for the pages")?);
    std::fs::create_dir_all(&folder)?;
    for pipelines in [45, 450] {
        let answer = teams(pipelines).ok_or("an identity cannot be read")?;
        let page = GraphPage {
            answer: &answer,
            depth: Depth::All,
            downstream: BTreeMap::new(),
            deployments: Vec::new(),
        };
        let frame = Frame { address: Address::of(["graph"]), is_live: true, requests: 1 };
        let nodes = answer.graph.nodes.len();
        let mut times: Vec<u128> = (0..11)
            .map(|_| {
                let began = Instant::now();
                std::hint::black_box(html(&page, &frame));
                began.elapsed().as_micros()
            })
            .collect();
        times.sort_unstable();
        let median = times.get(times.len() / 2).copied().unwrap_or_default();
        println!("{nodes} nodes: the whole page in {:.1} ms (median of 11)", median as f64 / 1000.0);
        std::fs::write(folder.join(format!("{nodes}.html")), html(&page, &frame))?;
    }
    Ok(())
}
