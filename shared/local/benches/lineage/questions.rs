//! The questions: timed over many nodes, then counted through the meter.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use sagewarden_govern::ports::{PortError, Table};
use sagewarden_govern::{Question, deployment_at, live_upstream, lookup_lineage, upstream};
use sagewarden_lineage::edge::Relation;
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::rows::{AliasRow, LiveRow, OutEdgeRow};
use sagewarden_lineage::table::Query;
use sagewarden_lineage::walk::Limits;
use sagewarden_local::Store;
use sagewarden_measure::mixed;

use crate::meter::{Meter, total};
use crate::row;
use crate::world::Pipeline;

/// Nodes that a downstream traversal looks at.
const DOWNSTREAM: usize = 200;

/// Something to ask of a pipeline; answers how much it found.
trait Ask {
    async fn ask<T: Table>(&self, table: &T, pipeline: Pipeline) -> Result<usize, PortError>;
}

macro_rules! question {
    ($name:ident, $table:ident, $pipeline:ident, $body:expr) => {
        struct $name;
        impl Ask for $name {
            async fn ask<T: Table>(&self, $table: &T, $pipeline: Pipeline) -> Result<usize, PortError> {
                Ok($body)
            }
        }
    };
}

question!(Closure, table, pipeline, {
    live_upstream(table, &pipeline.deployment()).await?.map_or(0, |graph| graph.nodes.len())
});
question!(LiveFromCommit, table, pipeline, {
    table.query(&LiveRow::under(&pipeline.commit_node())).await?.items.len()
});
question!(BreadthFirst, table, pipeline, {
    let graph = upstream(table, [pipeline.training_job()], Limits::default()).await?;
    graph.distance.values().max().unwrap() + 1
});
question!(Alias, table, pipeline, {
    let name = pipeline.endpoint().unwrap().name;
    table.query(&AliasRow::named("endpoint", &name)).await?.items.len()
});
question!(AsOf, table, pipeline, {
    let endpoint = NodeId::endpoint(&pipeline.endpoint().unwrap());
    usize::from(deployment_at(table, &endpoint, pipeline.in_service_at()).await?.is_some())
});
question!(Hub, table, pipeline, {
    // The page begins at a child that the number picks.
    let child = format!("tjob#111122223333/eu-west-1/credit-{:08}", pipeline.0 % 40_000);
    let (relation, destination) = (Relation::ContributedTo, NodeId::parse(&child).unwrap());
    let first = OutEdgeRow { source: hub(), relation, role: "image".into(), destination };
    let query = Query { after: Some(first.key().sk), ..children(&hub()).at_most(100) };
    table.query(&query).await?.items.len()
});
question!(WholeHub, table, _pipeline, table.query(&children(&hub())).await?.items.len());
question!(Downstream, table, pipeline, downstream(table, pipeline.commit_node()).await?);
question!(WholeLookup, table, pipeline, {
    let entity = serde_json::json!({ "entity": format!("endpoint/{}", pipeline.endpoint().unwrap().name) });
    let question: Question = serde_json::from_value(entity).unwrap();
    lookup_lineage(table, &question).await.unwrap().graph.nodes.len()
});

/// The image that everybody trains with.
fn hub() -> NodeId {
    NodeId::image(&Pipeline(0).training_image())
}

/// The jobs that ran an image.
fn children(image: &NodeId) -> Query {
    OutEdgeRow::in_role(image, Relation::ContributedTo, "image")
}

/// One query a node, breadth first, until enough nodes are seen.
async fn downstream(table: &impl Table, start: NodeId) -> Result<usize, PortError> {
    let mut seen = BTreeSet::from([start.clone()]);
    let mut level = vec![start];
    while !level.is_empty() && seen.len() < DOWNSTREAM {
        let mut next = Vec::new();
        for id in level {
            let page = table.query(&OutEdgeRow::out_of(&id).at_most(DOWNSTREAM)).await?;
            for OutEdgeRow { destination, .. } in page.items.iter().filter_map(OutEdgeRow::parse) {
                next.extend(Some(destination).filter(|id| seen.insert(id.clone())));
            }
            if seen.len() >= DOWNSTREAM {
                break;
            }
        }
        level = next;
    }
    Ok(seen.len())
}

/// Asks everything of pipelines below `until`.
pub(crate) fn ask(store: &Store, until: u64) {
    println!("{:<108}{:>9}{:>12}", "", "requests", "read units");
    one(store, until, "upstream of a live endpoint: closure, 1st of a chain", 1_000, 0, &Closure);
    one(store, until, "upstream of a live endpoint: closure, 10th of a chain", 1_000, 9, &Closure);
    one(store, until, "commit -> live endpoints", 1_000, 0, &LiveFromCommit);
    one(store, until, "breadth first upstream of a job, 1st of a chain", 1_000, 0, &BreadthFirst);
    one(store, until, "breadth first upstream of a job, 5th of a chain", 1_000, 4, &BreadthFirst);
    one(store, until, "alias of an endpoint", 1_000, 0, &Alias);
    one(store, until, "as of a time: revision of an endpoint", 1_000, 9, &AsOf);
    one(store, until, "hub: 100 of its children", 1_000, 0, &Hub);
    one(store, until, "hub: all of its children", 5, 0, &WholeHub);
    one(store, until, "downstream of a commit, up to 200 nodes", 200, 0, &Downstream);
    one(store, until, "lookup_lineage of an endpoint, 1st of a chain", 500, 0, &WholeLookup);
    one(store, until, "lookup_lineage of an endpoint, 10th of a chain", 500, 9, &WholeLookup);
    let meter = Meter::new(store);
    block_on(WholeLookup.ask(&meter, Pipeline(0))).unwrap();
    for (part, cost) in meter.take() {
        println!("    of it {part:<12} {} requests, {} read units", cost.requests, cost.reads);
    }
}

fn one(store: &Store, until: u64, what: &str, times: u64, place: u64, question: &impl Ask) {
    let of = |number: u64| Pipeline(mixed(number) % (until / 10) * 10 + place);
    let asked = || -> Vec<Duration> {
        let one = |number| {
            let begun = Instant::now();
            let found = block_on(question.ask(store, of(number))).unwrap();
            let taken = begun.elapsed();
            assert!(found > 0, "nothing was found: {what}, {:?}", of(number));
            taken
        };
        (0..times).map(one).collect()
    };
    // The first call has to find the pages; the second shows the time of the program itself.
    let (first, taken) = (asked(), asked());
    let meter = Meter::new(store);
    let found = block_on(question.ask(&meter, of(0))).unwrap();
    row(&format!("{what} ({found})"), taken, Some((first, total(&meter.take()))));
}
