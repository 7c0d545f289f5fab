//! The cost of judging a captured file when it arrives: `cargo bench -p sagewarden-local --bench detect -- FILES`.
//!
//! The baseline has 100,000 rows. A window gets FILES files of 1,000 events of about 470 bytes, in which four of twelve floats have moved.
//! The time includes the handlers and the adapters of this crate: SQLite in memory holds the table and the objects. `detect` is the time
//! from the event of the file to the last report, `alert` the time to handle the reports: the first file leads to an alert, the others to
//! nothing new. After the last one, another file is judged, and its requests to the table and S3 are counted.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a benchmark ends where something is wrong"
)]

#[path = "../../measure/benches/data/mod.rs"]
mod data;
#[path = "lineage/meter.rs"]
mod meter;

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use data::Traffic;
use futures::executor::block_on;
use meter::{Meter, total};
use sagewarden_events::{Event, ResourceKind, Timestamp, decode};
use sagewarden_govern::ports::PortError;
use sagewarden_govern::{DetectDrift, KnownBaselines, Moment};
use sagewarden_local::{Call, Guard, Guarded, Store, System};
use sagewarden_measure::csv::Header;
use sagewarden_monitor::SuggestedBaseline;
use sagewarden_policy::Bundle;
use serde_json::json;

const ROWS: usize = 100_000;
const EVENTS: usize = 1_000;
const SETTINGS: &str = "[[drift.detect.endpoints]]\nendpoint = \"*\"\nbaseline = \"s3://baselines/b\"\n";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_772_442_000_000 + seconds * 1_000)
}

/// An endpoint that captures its traffic, and its baseline.
fn world(folder: &std::path::Path) -> System {
    let bundle = Bundle::embedded().unwrap().with_settings(SETTINGS).unwrap();
    let system =
        System::new(Store::in_memory().unwrap(), folder, bundle, "111122223333", "eu-west-1").unwrap();
    let create = |kind, request, after| system.account.create(kind, &request, None, at(after)).unwrap();
    create(
        ResourceKind::Model,
        json!({ "ModelName": "m", "PrimaryContainer": { "Image": "r/i@sha256:4f8c3bd2" } }),
        0,
    );
    let variant = json!({ "VariantName": "AllTraffic", "ModelName": "m", "InitialInstanceCount": 1, "InstanceType": "ml.m5.xlarge" });
    let capture = json!({
        "EnableCapture": true,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": "s3://captured/traffic",
        "CaptureOptions": [{ "CaptureMode": "Input" }, { "CaptureMode": "Output" }],
    });
    let config =
        json!({ "EndpointConfigName": "c", "ProductionVariants": [variant], "DataCaptureConfig": capture });
    create(ResourceKind::EndpointConfig, config, 1);
    let endpoint = json!({ "EndpointName": "prod", "EndpointConfigName": "c" });
    let endpoint = create(ResourceKind::Endpoint, endpoint, 2);
    system.account.finish_endpoint(&endpoint, at(100)).unwrap();
    let mut csv = String::new();
    let mut traffic = Traffic::new(1, 0.0);
    for _ in 0..ROWS {
        csv.push_str(&format!("{:.6},", traffic.uniform()));
        traffic.features(&mut csv);
        csv.push('\n');
    }
    let made = SuggestedBaseline::of_csv(csv.as_bytes(), Header::None).unwrap();
    for (name, text) in made.files() {
        system.account.put_object("baselines", &format!("b/{name}"), text.as_bytes(), at(150)).unwrap();
    }
    block_on(system.settle()).unwrap();
    system
}

/// Delivers every outstanding event; returns how long that took.
fn deliver(system: &System) -> Duration {
    let bodies: Vec<String> =
        system.account.drain_events().unwrap().iter().map(ToString::to_string).collect();
    let begun = Instant::now();
    for body in &bodies {
        block_on(system.deliver(body, at(90_000))).unwrap();
    }
    begun.elapsed()
}

/// Counts the requests to the object store, and the bytes written into it.
#[derive(Default)]
struct ObjectCosts {
    gets: Cell<u64>,
    puts: Cell<u64>,
    bytes_put: Cell<usize>,
}

impl Guard for ObjectCosts {
    fn ask(&self, call: Call<'_>) -> Result<(), PortError> {
        match call.method {
            "Files::write" => {
                self.puts.set(self.puts.get() + 1);
                self.bytes_put.set(self.bytes_put.get() + call.bytes);
            }
            _ if call.is_read() => self.gets.set(self.gets.get() + 1),
            _ => {}
        }
        Ok(())
    }
}

/// The requests of one more file to the table and to S3.
fn count(system: &System) {
    let account = &system.account;
    let objects = Guarded::new(account.clone(), ObjectCosts::default());
    let costs = Rc::clone(&objects.guard);
    let world = system.world().with_table(Meter::new(&system.store)).with_objects(objects.clone(), objects);
    let known = KnownBaselines::default();
    let detect = DetectDrift { world: &world, known: &known };
    for event in account.drain_events().unwrap() {
        for event in decode(&event.to_string()).unwrap() {
            let Event::ObjectCreated(written) = event else { continue };
            block_on(detect.on_capture(&written, &Moment { now: at(90_000), owner: "b".to_owned() }))
                .unwrap();
        }
    }
    let asked = total(&world.table.take());
    println!(
        "\none more: {} read units and {} write units in {} requests to the table; {} GET and {} PUT, {} KB, to S3",
        asked.reads,
        asked.writes,
        asked.requests,
        costs.gets.get(),
        costs.puts.get(),
        costs.bytes_put.get() / 1_000
    );
}

fn main() {
    // `cargo test --benches` starts benchmarks, too, without a number.
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let Some(files) = arguments.next().and_then(|text| text.parse::<usize>().ok()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let system = world(folder.path());
    let mut traffic = Traffic::new(2, 1.0);
    println!("| file of the window | detect, ms | alert, ms |\n|---|---|---|");
    let mut put = |number: usize| {
        let mut file = String::new();
        (0..EVENTS).for_each(|_| traffic.event(&mut file));
        let key = format!(
            "traffic/prod/AllTraffic/2026/03/03/10/{:02}-{:02}-000-x.jsonl",
            number / 60,
            number % 60
        );
        system.account.put_object("captured", &key, file.as_bytes(), at(86_400)).unwrap();
    };
    for number in 1..=files {
        put(number);
        let detect = deliver(&system);
        let alert = deliver(&system);
        if matches!(number, 1 | 2 | 5 | 10 | 20 | 30) || number == files {
            let [detect, alert] = [detect, alert].map(|time| time.as_secs_f64() * 1e3);
            println!("| {number} | {detect:.1} | {alert:.1} |");
        }
    }
    put(files + 1);
    count(&system);
}
