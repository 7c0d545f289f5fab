//! The traversal against an oracle: a recursive query of SQLite over the same file, which knows nothing of this project's code.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where something is missing")]

use std::collections::BTreeSet;

use futures::executor::block_on;
use proptest::prelude::*;
use rusqlite::Connection;
use sagewarden_govern::ports::Table;
use sagewarden_govern::upstream;
use sagewarden_lineage::edge::{InEdge, Relation};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::record::Record;
use sagewarden_lineage::table::Attributes;
use sagewarden_lineage::walk::Limits;
use sagewarden_local::Store;
use tempfile::TempDir;

/// An in-edge is stored as `<relation>:<role>|<source>`; no relation and no role has a bar.
const ANCESTORS: &str = "
    WITH RECURSIVE up (id) AS (
        VALUES (?1)
        UNION
        SELECT substr(member.value, instr(member.value, '|') + 1)
        FROM up
        JOIN lineage ON lineage.pk = up.id AND lineage.sk = '#'
        JOIN json_each(lineage.item, '$.ins') AS member
    )
    SELECT id FROM up";

/// Names with what keys and edges are made of.
const NAMES: [&str; 4] = ["plain", "a|b", "x:y#z", "ä@1/é"];

fn node(number: usize) -> NodeId {
    let name = format!("{}-{number}", NAMES[number % NAMES.len()]);
    match number % 3 {
        0 => NodeId::dataset("data", &name, "v1"),
        1 => NodeId::artifact("models", &name, "v2"),
        _ => NodeId::image(&format!("registry/{name}:latest")),
    }
}

#[derive(Clone, Debug)]
struct Drawn {
    nodes: usize,
    /// From, to, and which role.
    edges: Vec<(usize, usize, usize)>,
    /// In how many deliveries it is written.
    parts: usize,
}

/// Any graph: loops, parallel edges, nodes that are only known from an edge.
fn drawn() -> impl Strategy<Value = Drawn> {
    (2_usize..60, 1_usize..5).prop_flat_map(|(nodes, parts)| {
        prop::collection::vec((0..nodes, 0..nodes, 0_usize..3), 0..nodes * 2).prop_map(move |edges| Drawn {
            nodes,
            edges,
            parts,
        })
    })
}

fn written(drawn: &Drawn, store: &Store) {
    let relations = [Relation::ContributedTo, Relation::Produced, Relation::AssociatedWith];
    for part in 0..drawn.parts {
        let mut record = Record::default();
        // Every fifth node is never recorded itself.
        for number in (0..drawn.nodes).filter(|number| number % drawn.parts == part && number % 5 != 4) {
            record.node(&node(number), "name", None, Attributes::new());
        }
        for (index, (from, to, role)) in drawn.edges.iter().enumerate() {
            if index % drawn.parts == part {
                let roles = ["channel/train", "output/a|b", "image"];
                record.edge(&node(*to), &InEdge::new(relations[*role], roles[*role], node(*from)));
            }
        }
        block_on(store.write(&record.writes)).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn the_upstream_of_every_node_is_what_a_recursive_query_finds(drawn in drawn()) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("lineage.db");
        let store = Store::create(&path).unwrap();
        written(&drawn, &store);
        let file = Connection::open(&path).unwrap();
        let mut oracle = file.prepare(ANCESTORS).unwrap();
        let limits = Limits { max_depth: 1_000, max_nodes: 100_000 };
        for start in (0..drawn.nodes).map(node) {
            let found = block_on(upstream(&store, [start.clone()], limits)).unwrap();
            let found: BTreeSet<String> = found.nodes.keys().map(ToString::to_string).collect();
            let rows = oracle.query_map([start.as_str()], |row| row.get(0)).unwrap();
            let expected: BTreeSet<String> = rows.collect::<std::result::Result<_, _>>().unwrap();
            prop_assert_eq!(found, expected, "upstream of {}", start);
        }
    }
}
