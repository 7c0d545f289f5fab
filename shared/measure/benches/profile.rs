//! The cost of a cell: `cargo bench -p sagewarden-measure --bench profile`. Rows are made in advance; only the profile is measured.
#![expect(clippy::print_stdout, reason = "the figures are the result")]

use std::time::UNIX_EPOCH;

use sagewarden_measure::{Cell, Chance, Detail, InferredType, Profile, RowSink};

const ROWS: usize = 100_000;
const ROUNDS: usize = 20;

/// The name of a column, its type, and its value for a random number.
type Kind<'a> = (&'a str, InferredType, &'a dyn Fn(u64) -> String);

fn main() {
    let texts =
        ["married", "single", "divorced", "university", "graduate school", "high school", "other", "unknown"];
    let kinds: [Kind<'_>; 8] = [
        ("short decimals", InferredType::Fractional, &|random| format!("{:.2}", random as f64 / 1e15)),
        ("17 digits", InferredType::Fractional, &|random| {
            format!("{}", random as f64 / 18_446_744_073_709_551_616.0)
        }),
        ("skewed", InferredType::Fractional, &|random| {
            format!("{:.6}", -(random as f64 / 18_446_744_073_709_551_616.0).ln() * 1e3)
        }),
        ("whole numbers", InferredType::Integral, &|random| (random % 100_000).to_string()),
        ("ages", InferredType::Integral, &|random| (18 + random % 60).to_string()),
        ("zero or one", InferredType::Integral, &|random| (random % 2).to_string()),
        ("few texts", InferredType::String, &|random| {
            texts.get(random as usize % texts.len()).map_or("", |text| text).to_owned()
        }),
        ("ids", InferredType::String, &|random| format!("{random:016x}")),
    ];
    println!("{:<16}{:>16}{:>16}   ns a cell, mean of {ROUNDS} rounds", "", "verdict", "statistics");
    // For profilers: only the mixture.
    let only_mix = std::env::args().any(|argument| argument == "mix");
    for (name, kind, make) in kinds.into_iter().filter(|_| !only_mix) {
        let column = texts_of(make);
        let [verdict, statistics] = [Detail::Verdict, Detail::Statistics]
            .map(|detail| measure(|| Profile::for_features([(name, kind)], detail), &[&column]));
        println!("{name:<16}{verdict:>16.1}{statistics:>16.1}");
    }
    let mix = [0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 6, 6, 6];
    let columns: Vec<Vec<String>> =
        mix.iter().filter_map(|at| kinds.get(*at)).map(|kind| texts_of(kind.2)).collect();
    let refs: Vec<&Vec<String>> = columns.iter().collect();
    let features =
        || mix.iter().filter_map(|at| kinds.get(*at)).zip(0..).map(|(kind, at)| (format!("f{at}"), kind.1));
    for detail in [Detail::Verdict, Detail::Statistics] {
        let cell = measure(|| Profile::for_features(features(), detail), &refs);
        println!("{} features, {detail:?}: {:.0} ns a row", mix.len(), cell * mix.len() as f64);
    }
}

/// A column of texts made of numbers that look random and are the same in each run.
fn texts_of(make: &dyn Fn(u64) -> String) -> Vec<String> {
    let mut chance = Chance::new(7);
    (0..ROWS).map(|_| make(chance.next())).collect()
}

/// For how many nanoseconds this thread has had the processor: other work of the machine counts little. If the kernel
/// does not say, the time of day.
fn now() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let first = told.as_deref().and_then(|told| told.split(' ').next()).and_then(|first| first.parse().ok());
    first.unwrap_or_else(|| UNIX_EPOCH.elapsed().map_or(0.0, |time| time.as_secs_f64() * 1e9))
}

/// The time a cell. The texts lie one after the other, as in a buffer that was read.
fn measure(empty: impl Fn() -> Profile, columns: &[&Vec<String>]) -> f64 {
    let row = |at: usize| columns.iter().filter_map(move |column| column.get(at));
    let all: String = (0..ROWS).flat_map(row).map(String::as_str).collect();
    let mut rest = all.as_bytes();
    let cell = |text: &String| {
        let (first, others) = rest.split_at(text.len());
        rest = others;
        Cell::Text(first)
    };
    let cells: Vec<Cell<'_>> = (0..ROWS).flat_map(row).map(cell).collect();
    let rounds = (0..ROUNDS).map(|_| {
        let mut profile = empty();
        let start = now();
        cells.chunks_exact(columns.len()).for_each(|row| profile.positional(row));
        let time = now() - start;
        std::hint::black_box(&profile);
        time
    });
    rounds.sum::<f64>() / (ROUNDS * cells.len()) as f64
}
