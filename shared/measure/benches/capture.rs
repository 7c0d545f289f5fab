//! How fast captured events become rows: `cargo bench -p sagewarden-measure --bench capture [-- EVENTS [NAME]]`. With NAME, it measures
//! only the cases whose names contain it.
//!
//! Prints processor time, which other programs on the machine change little, and the best of several runs.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a benchmark ends where something is wrong"
)]

mod data;

use std::hint::black_box;
use std::time::{Duration, Instant};

use sagewarden_measure::capture::{CaptureFormat, CaptureReader, CapturedRecord, JoinedRows, RecordSink};
use sagewarden_measure::{Cell, RowSink};

use data::Traffic;

/// Looks at nothing.
struct Nothing;

impl RecordSink for Nothing {
    fn record(&mut self, record: &CapturedRecord<'_>) {
        black_box(record);
    }
}

/// Looks at each cell, and adds up lengths.
#[derive(Default)]
struct Lengths(usize);

impl RowSink for Lengths {
    fn positional(&mut self, cells: &[Cell<'_>]) {
        for cell in cells {
            if let Cell::Text(text) = cell {
                self.0 += text.len();
            }
        }
    }

    fn named(&mut self, cells: &[(&str, Cell<'_>)]) {
        black_box(cells);
    }
}

/// The time that this thread has had the processor; without Linux, the time that has passed.
fn now(start: Instant) -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let on_processor = told.and_then(|told| told.split(' ').next()?.parse().ok());
    on_processor.map_or_else(|| start.elapsed(), Duration::from_nanos)
}

/// The cases to measure; all by default.
fn only() -> Option<String> {
    std::env::args().skip(1).find(|argument| !argument.starts_with('-') && argument.parse::<usize>().is_err())
}

fn measure(what: &str, bytes: usize, events: usize, mut run: impl FnMut()) {
    let start = Instant::now();
    if only().is_some_and(|only| !what.contains(&only)) {
        return;
    }
    // The system counts the processor's time in steps of some milliseconds.
    let repeats = u32::try_from(100_000_000 / bytes).unwrap_or(1).max(1);
    let times = (0..9).map(|_| {
        let before = now(start);
        (0..repeats).for_each(|_| run());
        (now(start) - before) / repeats
    });
    let best = times.min().unwrap_or_default().as_secs_f64();
    println!(
        "{what:<28} {:>8.0} MB/s {:>8.1} ns an event",
        bytes as f64 / best / 1e6,
        best * 1e9 / events as f64
    );
}

/// Reads a file.
fn read(file: &[u8], sink: &mut dyn RecordSink) {
    let issues = CaptureReader::new(CaptureFormat::default()).read(file, sink).unwrap();
    assert!(issues.is_empty(), "{issues:?}");
}

fn main() {
    let events = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(100_000);
    let mut traffic = Traffic::new(1, 0.0);
    let mut file = String::new();
    (0..events).for_each(|_| traffic.event(&mut file));
    println!("{events} events, {} bytes, {} an event", file.len(), file.len() / events);

    let bytes = file.as_bytes();
    measure("copying in blocks", bytes.len(), events, || {
        let mut block = vec![0; 256 * 1024];
        for piece in bytes.chunks(block.len()) {
            block[..piece.len()].copy_from_slice(piece);
            black_box(&block);
        }
    });
    measure("finding line ends", bytes.len(), events, || {
        black_box(memchr::memchr_iter(b'\n', bytes).count());
    });
    measure("events, no sink", bytes.len(), events, || read(bytes, &mut Nothing));
    measure("joined rows, lengths", bytes.len(), events, || {
        let mut lengths = Lengths::default();
        read(bytes, &mut JoinedRows(&mut lengths));
        black_box(lengths.0);
    });
    // Each line has another layout than the one before it, and none comes again.
    let odd: String =
        file.lines().enumerate().map(|(at, line)| format!("{line}{}\n", " ".repeat(at % 7))).collect();
    measure("odd: blanks at the end", odd.len(), events, || read(odd.as_bytes(), &mut Nothing));
    let odd: String = file
        .lines()
        .enumerate()
        .map(|(at, line)| {
            format!("{}\n", line.replacen("\"captureData\":", &format!("\"v\":{at},\"captureData\":"), 1))
        })
        .collect();
    measure("odd: no layout repeats", odd.len(), events, || read(odd.as_bytes(), &mut Nothing));
}
