//! The cost of recording and asking at 10^3 to 10^6 nodes: `cargo bench -p sagewarden-local --bench lineage -- --sizes
//! 1000,10000,100000,1000000 --folder FOLDER`, where FOLDER has enough space. The figures of one run are in docs/BENCHMARKS.md.
//!
//! One store grows through the real use cases from size to size (the services behind the ports are made up, `world.rs`); a copy of each
//! size stays in the folder. Then each question is asked many times about different nodes of each copy, and timed. Then it is asked a few
//! times through a meter (`meter.rs`) that counts the units that DynamoDB would charge. Filling takes long and needs no quiet machine:
//! `--fill-only` does only that, and `--measure-only` measures the copies in the folder. `mlflow_lineage.py` is the counterpart for MLflow.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a benchmark ends where something is missing"
)]

mod meter;
mod questions;
mod world;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use rusqlite::Connection;
use sagewarden_events::{ResourceChanged, ResourceKind};
use sagewarden_govern::ports::Table;
use sagewarden_govern::{
    Absent, Given, Moment, Ports, Question, RecordLineage, World, lookup_lineage, record_commit,
};
use sagewarden_lineage::answer::Format;
use sagewarden_lineage::edge::{InEdge, Relation};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::record::Record;
use sagewarden_lineage::table::Attributes;
use sagewarden_lineage::table::Value::Text;
use sagewarden_local::Store;
use sagewarden_settings::Settings;
use sagewarden_view::lineage;

use crate::meter::{Meter, total};
use crate::world::{Pipeline, WIDE, Workshops, wide_event};

/// Nodes that ten pipelines make: counted at the first size, and said in the output.
const NODES_OF_TEN: u64 = 73;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value =
        |name: &str| arguments.iter().position(|each| each == name).and_then(|at| arguments.get(at + 1));
    if let Some(store) = value("--answer") {
        let [format, entity, direction] =
            ["--format", "--entity", "--direction"].map(|name| value(name).unwrap());
        return answer(Path::new(store), format, entity, direction);
    }
    // `cargo test --benches` starts benchmarks, too; it does not ask for `--bench`.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let sizes: Vec<u64> = value("--sizes")
        .map_or("1000,10000", String::as_str)
        .split(',')
        .map(|size| size.parse().unwrap())
        .collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let temporary = tempfile::tempdir().unwrap();
    let folder = value("--folder").map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    if !has("--measure-only") {
        fill(&folder, &sizes);
    }
    if !has("--fill-only") {
        sizes.iter().for_each(|nodes| measure(&folder, *nodes));
        memory(&folder, &of_size(&folder, sizes[sizes.len().min(2) - 1]));
    }
}

fn of_size(folder: &Path, nodes: u64) -> PathBuf {
    folder.join(format!("lineage-{nodes}.db"))
}

/// How many pipelines make so many nodes.
fn pipelines(nodes: u64) -> u64 {
    (nodes / NODES_OF_TEN * 10).max(11)
}

/// Grows a store from size to size, and keeps a copy of each.
fn fill(folder: &Path, sizes: &[u64]) {
    let world = Workshops::default();
    let path = folder.join("lineage.db");
    let mut store = Store::create(&path).unwrap();
    first_pipelines(&store, &world);
    let mut played = 11;
    for nodes in sizes {
        let begun = Instant::now();
        for number in played..pipelines(*nodes) {
            play(&world, &store, Pipeline(number));
        }
        let seconds = begun.elapsed().as_secs_f64();
        println!("filled {} pipelines in {seconds:.1} s", pipelines(*nodes) - played);
        played = pipelines(*nodes);
        // The last connection that is closed empties the log into the file.
        drop(store);
        std::fs::copy(&path, of_size(folder, *nodes)).unwrap();
        let file = Connection::open(&path).unwrap();
        let count = |condition: &str| -> i64 {
            let sql = format!("SELECT count(*) FROM lineage WHERE {condition}");
            file.query_row(&sql, [], |row| row.get(0)).unwrap()
        };
        println!("{} nodes asked for: {} made, {} items", nodes, count("sk = '#'"), count("1"));
        let bytes = std::fs::metadata(&path).unwrap().len() as f64;
        println!("{:.1} MB, {:.1} KB a pipeline", bytes / 1e6, bytes / 1e3 / played as f64);
        drop(file);
        store = Store::open(&path).unwrap();
    }
    drop(store);
    std::fs::remove_file(path).unwrap();
}

fn first_pipelines(store: &Store, world: &Workshops) {
    println!(
        "one pipeline in DynamoDB's write units (the first of a store, nothing to reuse; the second of its chain, not deployed; the first of the next group, which reuses commit, images and the shared table)"
    );
    for pipeline in 0..=10 {
        match pipeline {
            0 | 1 | 10 => cost_of_a_pipeline(store, world, Pipeline(pipeline)),
            _ => play(world, store, Pipeline(pipeline)),
        }
    }
    world.ended.set(true);
    record(world, store, &wide_event());
}

/// Asks everything of the copy of a size, and records some more: how much is noted beside it.
fn measure(folder: &Path, nodes: u64) {
    let path = of_size(folder, nodes);
    // The benchmark measures this program, not the disk: the operating system has the file in memory.
    std::io::copy(&mut std::fs::File::open(&path).unwrap(), &mut std::io::sink()).unwrap();
    let store = Store::open(&path).unwrap();
    let filled = pipelines(nodes);
    let note = path.with_extension("played");
    let played = std::fs::read_to_string(&note).map_or(filled, |text| text.parse().unwrap());
    println!("\n## {nodes} nodes: {filled} pipelines");
    questions::ask(&store, filled - filled % 10);
    let more = events(&Workshops::default(), &store, played);
    std::fs::write(note, (played + more).to_string()).unwrap();
}

fn world<'a, T: Table>(workshops: &'a Workshops, table: &'a T) -> impl World + 'a {
    Ports {
        account: workshops,
        remedies: Absent,
        objects: workshops,
        files: Absent,
        source: workshops,
        roles: Absent,
        keys: Absent,
        table,
        bus: Absent,
        metrics: Absent,
        given: Given {
            settings: Settings::default(),
            evidence_bucket: String::new(),
            working_bucket: String::new(),
            home: None,
            stack: None,
        },
    }
}

fn record<T: Table>(workshops: &Workshops, table: &T, change: &ResourceChanged) {
    let world = &world(workshops, table);
    let moment = &Moment { now: change.time, owner: "bench".to_owned() };
    block_on(RecordLineage { world, writes_back: false, moment }.record(change)).unwrap();
}

/// Records all events of a pipeline in their order.
fn play<T: Table>(world: &Workshops, table: &T, pipeline: Pipeline) {
    for number in 0..STEPS.len() {
        step(world, table, pipeline, number);
    }
}

/// The events of a pipeline: a push, two jobs with two events each, a model, a deployment.
const STEPS: [&str; 8] = [
    "push",
    "processing job: InProgress",
    "processing job: Completed",
    "training job: InProgress",
    "training job: Completed",
    "model",
    "endpoint configuration",
    "endpoint in service, closure",
];

fn step<T: Table>(world: &Workshops, table: &T, pipeline: Pipeline, number: usize) -> bool {
    let job = |kind, ended| Some(pipeline.job_event(kind, ended));
    let deployed = pipeline.endpoint().is_some();
    let change = match number {
        0 => {
            return pipeline.push().is_some_and(|push| {
                block_on(record_commit(&self::world(world, table), &push)).unwrap();
                true
            });
        }
        1 => job(ResourceKind::ProcessingJob, false),
        2 => job(ResourceKind::ProcessingJob, true),
        3 => job(ResourceKind::TrainingJob, false),
        4 => job(ResourceKind::TrainingJob, true),
        5 => Some(pipeline.plain_event(ResourceKind::Model)),
        6 => deployed.then(|| pipeline.plain_event(ResourceKind::EndpointConfig)),
        _ => pipeline.endpoint_event(),
    };
    // The fifth of a group is deployed before the tenth takes its place.
    world.ended.set(matches!(number, 2 | 4) || (number == 7 && pipeline.0 % 10 == 9));
    change.is_some_and(|change| {
        record(world, table, &change);
        true
    })
}

fn cost_of_a_pipeline(store: &Store, world: &Workshops, pipeline: Pipeline) {
    let meter = Meter::new(store);
    let mut whole = meter::Cost::default();
    let mut parts: std::collections::BTreeMap<String, u64> = std::collections::BTreeMap::new();
    println!("{:<34}{:>9}{:>12}{:>12}", "", "requests", "read units", "write units");
    for (number, name) in STEPS.iter().enumerate() {
        if step(world, &meter, pipeline, number) {
            let taken = meter.take();
            let cost = total(&taken);
            taken.into_iter().for_each(|(part, cost)| *parts.entry(part).or_default() += cost.writes);
            println!("{name:<34}{:>9}{:>12}{:>12}", cost.requests, cost.reads, cost.writes);
            whole += cost;
        }
    }
    println!("{:<34}{:>9}{:>12}{:>12}", "whole pipeline", whole.requests, whole.reads, whole.writes);
    let parts: Vec<String> = parts.iter().map(|(part, writes)| format!("{part} {writes}")).collect();
    println!("write units by item: {}", parts.join(", "));
    if pipeline.0 == 0 {
        let items = store.items().unwrap();
        let largest = items.iter().max_by_key(|item| item.bytes()).unwrap();
        // "Each item that you store has 100 bytes of overhead for indexing" (billing of storage, developer guide).
        let bytes: usize = items.iter().map(|item| item.bytes() + 100).sum();
        println!(
            "{} items, {bytes} bytes with DynamoDB's overhead; the largest {} bytes ({:?})",
            items.len(),
            largest.bytes(),
            largest.key
        );
    }
}

/// Records the job events of the next pipelines, each timed; returns how many pipelines it were.
fn events(world: &Workshops, store: &Store, from: u64) -> u64 {
    const PIPELINES: u64 = 250;
    let mut times = Vec::new();
    let mut costs = meter::Cost::default();
    for number in from..from + PIPELINES {
        for step_number in 0..STEPS.len() {
            let begun = Instant::now();
            step(world, store, Pipeline(number), step_number);
            if (1..=4).contains(&step_number) {
                times.push(begun.elapsed());
            }
        }
    }
    row("record a job's event", times, None);
    let meter = Meter::new(store);
    let metered = PIPELINES.min(20);
    for number in from + PIPELINES..from + PIPELINES + metered {
        for step_number in 0..STEPS.len() {
            step(world, &meter, Pipeline(number), step_number);
            let cost = total(&meter.take());
            if (1..=4).contains(&step_number) {
                costs += cost;
            }
        }
    }
    let each = |units: u64| units as f64 / (metered * 4) as f64;
    println!(
        "  on average {:.1} requests, {:.1} read units, {:.1} write units",
        each(costs.requests),
        each(costs.reads),
        each(costs.writes)
    );
    PIPELINES + metered
}

/// One line of the table: the times, the times of the first call, and the cost.
fn row(what: &str, times: Vec<Duration>, more: Option<(Vec<Duration>, meter::Cost)>) {
    let at = |mut times: Vec<Duration>, share: f64| {
        times.sort();
        times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6
    };
    let more = more.map_or_else(String::new, |(first, cost)| {
        format!("{:>9.1} us first p99{:>9}{:>12}", at(first, 0.99), cost.requests, cost.reads)
    });
    println!("{what:<62}{:>9.1} us p50{:>9.1} us p99{more}", at(times.clone(), 0.5), at(times, 0.99));
}

const FORMATS: [Format; 11] = [
    Format::Json,
    Format::Tree,
    Format::Table,
    Format::Html,
    Format::Csv,
    Format::Dot,
    Format::Mermaid,
    Format::OpenLineage,
    Format::CycloneDx,
    Format::Slsa,
    Format::Prov,
];

/// The most memory of a process that answers, in KB.
const MEMORY: u64 = 64 * 1024;

/// The most memory that one process takes for the largest answers, in each format: of many nodes; of many that take requests; of
/// large nodes and of large details, which are cut by their bytes.
fn memory(folder: &Path, path: &Path) {
    let image = Pipeline(0).training_image();
    let image = image.rsplit('@').next().unwrap();
    let heavy = heavy(folder);
    let questions = [
        (path, format!("training-job/{WIDE}"), "upstream"),
        (path, image.to_owned(), "downstream"),
        (&heavy, LARGE_NODES.to_owned(), "upstream"),
        (&heavy, LARGE_DETAILS.to_owned(), "downstream"),
    ];
    for (path, entity, direction) in questions {
        println!("\nlargest resident set of a process that answers about `{entity}`, {direction}");
        for format in FORMATS {
            let name = serde_json::to_string(&format).unwrap();
            let run = Command::new(std::env::current_exe().unwrap())
                .args(["--answer", path.to_str().unwrap(), "--format", &name])
                .args(["--entity", &entity, "--direction", direction])
                .output()
                .unwrap();
            let said = String::from_utf8(run.stdout).unwrap();
            print!("{said}");
            let peak = said.split_whitespace().rev().nth(1).and_then(|text| text.parse::<u64>().ok());
            assert!(peak.is_some_and(|peak| peak < MEMORY), "{name} takes more than {MEMORY} KB");
        }
    }
}

const LARGE_NODES: &str = "tjob#1/r/many-inputs@1";
const LARGE_DETAILS: &str = "img#tag:registry/train:1";

/// A store whose nodes and details are as large as the services let them be.
fn heavy(folder: &Path) -> PathBuf {
    let path = folder.join("lineage-heavy.db");
    let store = Store::create(&path).unwrap();
    let mut record = Record::default();
    let job = NodeId::parse(LARGE_NODES).unwrap();
    record.node(&job, "many-inputs", None, Attributes::new());
    for number in 0..1_999 {
        let input = NodeId::dataset("b", &format!("{number:04}"), "1");
        let note = Attributes::from([("note".into(), Text("n".repeat(4_000)))]);
        record.node(&input, "input", None, note);
        record.edge(&job, &InEdge::new(Relation::ContributedTo, "channel/train", input));
    }
    let image = record.image(LARGE_DETAILS.strip_prefix("img#tag:").unwrap());
    for number in 0..60 {
        let job = NodeId::parse(&format!("tjob#1/r/{number:02}@1")).unwrap();
        record.node(&job, "job", None, Attributes::new());
        record.edge(&job, &InEdge::new(Relation::ContributedTo, "image", image.clone()));
        let parameters: BTreeMap<String, String> =
            (0..100).map(|each| (format!("parameter-{each}"), "x".repeat(2_500))).collect();
        record.growing_detail(&job, 0, &serde_json::json!({ "HyperParameters": parameters }));
    }
    block_on(store.write(&record.writes)).unwrap();
    path
}

fn answer(path: &Path, format: &str, entity: &str, direction: &str) {
    let store = Store::open(path).unwrap();
    let question = serde_json::json!({ "entity": entity, "direction": direction, "max_requests": 1_000 });
    let question: Question = serde_json::from_value(question).unwrap();
    let answer = block_on(lookup_lineage(&store, &question)).unwrap();
    let text = lineage::text(&answer, serde_json::from_str(format).unwrap());
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    let (nodes, details) = (answer.graph.nodes.len(), answer.details.len());
    let cut = answer.graph.stopped_by;
    println!("{format:<16} {nodes} nodes, {details} details, cut {cut:?}, {} bytes; {peak}", text.len());
}
