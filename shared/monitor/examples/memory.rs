//! How much memory a baseline or a profile takes at most: `cargo run --release --example memory -p sagewarden-monitor -- <what> <count>`.
//! Each run is a process of its own, and prints `VmHWM` before and after. `docs/BENCHMARKS.md` has what came of it.
#![expect(clippy::unwrap_used, reason = "a measurement ends where something is missing")]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

use sagewarden_measure::csv::Header;
use sagewarden_measure::{Detail, Profile};
use sagewarden_monitor::{Baseline, Constraints, Statistics, SuggestedBaseline};

/// Where one run leaves a file for the next.
fn place(name: &str) -> PathBuf {
    env::temp_dir().join(name)
}

fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A table of so many columns with so many rows of different numbers.
fn table(columns: usize, rows: usize) -> String {
    let mut text = (0..columns).map(|column| format!("c{column}")).collect::<Vec<_>>().join(",");
    for row in 0..rows {
        text.push('\n');
        let cells = (0..columns).map(|column| format!("{}.5", (row * 7_919 + column * 31) % 1_000_003));
        text.push_str(&cells.collect::<Vec<_>>().join(","));
    }
    text
}

fn main() {
    let mut arguments = env::args().skip(1);
    let (what, count) = (arguments.next().unwrap(), arguments.next().unwrap().parse::<usize>().unwrap());
    let rows = arguments.next().map_or(1_000, |rows| rows.parse().unwrap());
    let mut text = String::new();
    let mut made = None;
    match what.as_str() {
        "features" => {
            let all: Vec<String> = (0..count).map(|n| format!("{{\"name\":\"c{n}\"}}")).collect();
            write!(text, "{{\"version\":0.0,\"features\":[{}]}}", all.join(",")).unwrap();
        }
        "values" => {
            let all: Vec<String> = (0..count).map(|n| format!("\"{n}\"")).collect();
            let domain = all.join(",");
            write!(text, "{{\"features\":[{{\"name\":\"c\",\"inferred_type\":\"String\",\"string_constraints\":{{\"domains\":[{domain}]}}}}]}}").unwrap();
        }
        "statistics" => {
            let made_of = SuggestedBaseline::of_csv(table(count, rows).as_bytes(), Header::FirstRow).unwrap();
            let [(_, statistics), (_, constraints)] = made_of.files();
            fs::write(place("memory-statistics.json"), statistics).unwrap();
            fs::write(place("memory-constraints.json"), constraints).unwrap();
        }
        "read" => {
            let before = peak();
            let constraints = fs::read(place("memory-constraints.json")).unwrap();
            let statistics = fs::read(place("memory-statistics.json")).unwrap();
            let read = Constraints::parse(&constraints).unwrap();
            let stats = Statistics::parse(&statistics).unwrap();
            let baseline = Baseline::new(Some(&stats), read);
            println!(
                "read: {} + {} bytes, {} kB, {} kB before",
                constraints.len(),
                statistics.len(),
                peak(),
                before
            );
            drop(baseline);
            return;
        }
        "profile" => {
            let csv = table(count, rows);
            let before = peak();
            let made_of = SuggestedBaseline::of_csv(csv.as_bytes(), Header::FirstRow).unwrap();
            println!("training data: {count} columns, {rows} rows, {} kB, {before} kB before", peak());
            drop(made_of);
            return;
        }
        "merge" => {
            let csv = table(count, rows);
            let made_of = SuggestedBaseline::of_csv(csv.as_bytes(), Header::FirstRow).unwrap();
            let bytes = made_of.profile.to_bytes();
            drop((csv, made_of));
            fs::write(place("memory.profile"), bytes).unwrap();
        }
        "merged" => {
            let before = peak();
            let bytes = fs::read(place("memory.profile")).unwrap();
            let one = Profile::from_bytes(&bytes).unwrap();
            let first = peak();
            let mut all = Profile::from_bytes(&bytes).unwrap();
            all.merge(&one);
            let kept = all.to_bytes();
            println!(
                "profile of {} columns: {} bytes, one {first} kB, two merged and kept {} kB ({} bytes), {before} kB before",
                one.columns.len(),
                bytes.len(),
                peak(),
                kept.len()
            );
            return;
        }
        _ => {
            let names = (0..count).map(|n| format!("c{n}"));
            made = Some(Profile::for_header(names));
        }
    }
    if what == "statistics" || what == "merge" {
        return;
    }
    let before = peak();
    if made.is_none() {
        let read = Constraints::parse(text.as_bytes()).unwrap();
        let baseline = Baseline::new(None, read);
        let profile = baseline.empty_profile(Detail::Statistics);
        println!("{what} {count}: {} bytes, {} kB, {before} kB before", text.len(), peak());
        drop((baseline, profile));
    }
}
