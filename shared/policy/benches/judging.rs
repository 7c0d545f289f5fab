//! What a verdict costs, part by part: `cargo bench -p sagewarden-policy`. The figures of one run are in docs/BENCHMARKS.md.
//!
//! 10,000 descriptions of training jobs are made from the fixture, always the same ones: other instance types, groups of
//! instances, two to six channels, many hyperparameters and metrics, and in every third one something that breaks a control.
//! Each part runs over all of them several times; the best round counts, because other programs only ever make it slower.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a benchmark ends where something is missing"
)]

#[path = "../tests/cases/mod.rs"]
mod cases;

use std::hint::black_box;
use std::time::{Duration, Instant};

use cases::{CREATED, Case, Kept, STRICT, of, strict};
use sagewarden_events::Resource;
use sagewarden_measure::Chance;
use sagewarden_policy::join::Joined;
use sagewarden_policy::{Bundle, Judgement, Subject, judge, measure};
use serde_json::{Value, json};

const DOCUMENTS: u64 = 10_000;
const ROUNDS: usize = 12;

fn main() {
    // `cargo test --benches` starts benchmarks, too; it does not ask for `--bench`.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let kept = of("training-job");
    let jobs: Vec<Job> = (0..DOCUMENTS).map(|number| Job::of(&described(&kept, number))).collect();
    let bundle = strict();
    let parsed: Vec<Value> = jobs.iter().map(|job| serde_json::from_str(&job.text).unwrap()).collect();

    // One set of all policies for every kind must say the same.
    let whole = measure::unsorted().unwrap().with_settings(STRICT).unwrap();
    let verdicts: Vec<_> =
        jobs.iter().zip(&parsed).map(|(job, document)| judge(&bundle, &job.subject(document))).collect();
    for ((job, document), verdict) in jobs.iter().zip(&parsed).zip(&verdicts) {
        assert_eq!(&judge(&whole, &job.subject(document)), verdict);
    }
    let count = |outcome| verdicts.iter().filter(|verdict| verdict.outcome == outcome).count();
    assert_eq!(count(Judgement::Unknown), 0);
    let length = |pick: fn(std::vec::IntoIter<usize>) -> Option<usize>| {
        pick(jobs.iter().map(|job| job.text.len()).collect::<Vec<_>>().into_iter()).unwrap()
    };
    println!(
        "{} documents of {} to {} bytes ({} on average), {} controls on, {} documents violating",
        jobs.len(),
        length(Iterator::min),
        length(Iterator::max),
        jobs.iter().map(|job| job.text.len()).sum::<usize>() / jobs.len(),
        verdicts[0].checked.len(),
        count(Judgement::Violating)
    );

    let from_text = |bundle: &Bundle| {
        round(&jobs, |job| {
            let document: Value = serde_json::from_str(&job.text).unwrap();
            judge(bundle, &job.subject(&document))
        })
    };
    // In turns, so that what else the machine does falls on all of them.
    let mut best = [Duration::MAX; 7];
    for _ in 0..ROUNDS {
        let [parse, facts, cedar] = parts(&jobs, &bundle);
        let [.., cedar_of_all] = parts(&jobs, &whole);
        let (total, total_of_all) = (from_text(&bundle), from_text(&whole));
        let rounds = [total, parse, facts, cedar, total_of_all, cedar_of_all, load()];
        best.iter_mut().zip(rounds).for_each(|(best, round)| *best = round.min(*best));
    }
    let [total, parse, facts, cedar, total_of_all, cedar_of_all, load] = best;
    let rest = total.saturating_sub(parse + facts + cedar);
    let row = |what: &str, time: Duration| {
        println!("{what:<58}{:>8.1}", time.as_secs_f64() * 1e6 / DOCUMENTS as f64);
    };
    println!("\nmicroseconds per document, best of {ROUNDS} rounds");
    row("from the text to the verdict", total);
    row("  parsing the JSON, dropping the document", parse);
    row("  facts", facts);
    row("  Cedar: entities and decision", cedar);
    row("  the rest: which controls, findings, plan", rest);
    row("from the text to the verdict, all policies in one set", total_of_all);
    row("  Cedar: entities and decision", cedar_of_all);
    println!("\nmilliseconds, best of {ROUNDS} rounds");
    let what = format!("load and validate the built-in bundle of {} controls", bundle.controls().count());
    println!("{what:<58}{:>8.1}", load.as_secs_f64() * 1e3);
}

/// The time for all of the jobs.
fn round<O>(jobs: &[Job], one: impl Fn(&Job) -> O) -> Duration {
    let start = Instant::now();
    jobs.iter().for_each(|job| drop(black_box(one(black_box(job)))));
    start.elapsed()
}

/// The time of the parts for all of the jobs, one after the other for each, as a verdict has them.
fn parts(jobs: &[Job], bundle: &Bundle) -> [Duration; 3] {
    let mut times = [Duration::ZERO; 3];
    for job in jobs {
        let start = Instant::now();
        let document: Value = serde_json::from_str(black_box(&job.text)).unwrap();
        let parsed = Instant::now();
        let facts = black_box(measure::facts(bundle, &job.subject(&document)));
        let gathered = Instant::now();
        drop(black_box(measure::decide(bundle, &job.resource, &job.joined, facts)));
        let decided = Instant::now();
        drop(document);
        let dropped = decided.elapsed();
        times[0] += parsed - start + dropped;
        times[1] += gathered - parsed;
        times[2] += decided - gathered;
    }
    times
}

fn load() -> Duration {
    let start = Instant::now();
    black_box(Bundle::embedded().unwrap());
    start.elapsed()
}

/// What a function knows of a job when it judges it.
struct Job {
    text: String,
    resource: Resource,
    joined: Joined,
}

impl Job {
    fn of(kept: &Kept) -> Self {
        Self { text: kept.document.to_string(), resource: kept.resource(), joined: kept.joined() }
    }

    fn subject<'a>(&'a self, document: &'a Value) -> Subject<'a> {
        Subject { resource: &self.resource, document, as_of: CREATED, joined: &self.joined }
    }
}

/// The description of a job, a function of its number. Every control can be decided.
fn described(kept: &Kept, number: u64) -> Kept {
    let mut varied = kept.clone();
    let chance = &mut Chance::new(number);
    vary(&mut varied.document, number, chance);
    let own: Vec<&Case> =
        kept.cases.iter().filter(|case| case.answer_of.is_none() && case.unknown.is_empty()).collect();
    let breaks = number.is_multiple_of(3);
    let fitting: Vec<&&Case> = own.iter().filter(|case| case.breaks.is_empty() != breaks).collect();
    if breaks || number.is_multiple_of(2) {
        let chosen = chance.below(fitting.len() as u64) as usize;
        varied = varied.changed(fitting[chosen]);
    }
    varied
}

/// Differences between documents that break no control.
fn vary(document: &mut Value, number: u64, chance: &mut Chance) {
    document["TrainingJobName"] = json!(format!("credit-{number}"));
    let types = ["ml.m5.xlarge", "ml.m5.4xlarge", "ml.t3.large", "ml.g5.2xlarge", "ml.p4d.24xlarge"];
    let instance_type = |chance: &mut Chance| types[chance.below(types.len() as u64) as usize];
    let instances = 1 + chance.below(4);
    if instances > 1 {
        document["EnableInterContainerTrafficEncryption"] = json!(true);
    }
    if chance.below(5) == 0 {
        let mut group = |index| json!({ "InstanceGroupName": format!("group-{index}"), "InstanceType": instance_type(chance), "InstanceCount": 1 });
        document["ResourceConfig"]["InstanceGroups"] = (0..instances).map(&mut group).collect();
        let config = document["ResourceConfig"].as_object_mut().unwrap();
        config.remove("InstanceType");
        config.remove("InstanceCount");
    } else {
        document["ResourceConfig"]["InstanceType"] = json!(instance_type(chance));
        document["ResourceConfig"]["InstanceCount"] = json!(instances);
    }
    let channel = |index| {
        json!({
            "ChannelName": format!("channel-{index}"), "CompressionType": "None", "RecordWrapperType": "None",
            "ContentType": "text/csv",
            "DataSource": { "S3DataSource": {
                "S3DataType": "S3Prefix", "S3DataDistributionType": "FullyReplicated",
                "S3Uri": format!("s3://ds-data/credit/{number}/{index}"),
            } },
        })
    };
    document["InputDataConfig"] = (0..2 + chance.below(5)).map(channel).collect();
    for index in 0..chance.below(30) {
        document["HyperParameters"][format!("parameter_{index}")] =
            json!(format!("0.{}", chance.below(1_000_000)));
    }
    let metric =
        |index| json!({ "Name": format!("validation:metric-{index}"), "Regex": "metric=([0-9\\.]+)" });
    document["AlgorithmSpecification"]["MetricDefinitions"] = (0..1 + chance.below(6)).map(metric).collect();
    let statuses = ["Starting", "Downloading", "Training", "Uploading"];
    let transition = |(index, status): (usize, &str)| {
        let start = 1_772_442_000 + index * 60;
        json!({ "Status": status, "StartTime": start, "EndTime": start + 60, "StatusMessage": format!("{status} the job") })
    };
    let seen = 1 + chance.below(4) as usize;
    document["SecondaryStatusTransitions"] =
        statuses.into_iter().enumerate().take(seen).map(transition).collect();
    if chance.below(2) == 0 {
        document["CheckpointConfig"] =
            json!({ "S3Uri": "s3://ds-model/checkpoints", "LocalPath": "/opt/ml/checkpoints" });
        document["Environment"] =
            json!({ "LOG_LEVEL": "info", "REPOSITORY": "credit", "RUN": number.to_string() });
    }
    document["EnableManagedSpotTraining"] = json!(chance.below(2) == 0);
}
