//! Writes the files that `drift.py` measures: `cargo bench -p sagewarden-measure --bench drift -- FOLDER [EVENTS...]`.
//!
//! These are `train.csv`, 100,000 rows for a baseline, and `capture-<events>.jsonl` for each number of events (10^4, 10^5 and 10^6 by
//! default), in which four of twelve floats have moved.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a benchmark ends where something is wrong"
)]

mod data;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use data::Traffic;

const ROWS: usize = 100_000;
const NAMES: [&str; 21] = [
    "output",
    "float_0",
    "float_1",
    "float_2",
    "float_3",
    "float_4",
    "float_5",
    "float_6",
    "float_7",
    "float_8",
    "float_9",
    "float_10",
    "float_11",
    "integer_0",
    "integer_1",
    "integer_2",
    "integer_3",
    "integer_4",
    "city",
    "plan",
    "channel",
];

/// Writes so many pieces, one after the other.
fn write(path: &Path, head: &str, pieces: usize, mut add: impl FnMut(&mut String)) {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path).unwrap());
    file.write_all(head.as_bytes()).unwrap();
    let mut piece = String::new();
    for _ in 0..pieces {
        piece.clear();
        add(&mut piece);
        file.write_all(piece.as_bytes()).unwrap();
    }
    file.flush().unwrap();
}

fn main() {
    // `cargo test --benches` starts benchmarks, too, without a folder.
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let Some(folder) = arguments.next() else { return };
    let folder = Path::new(&folder);
    let mut sizes: Vec<usize> = arguments.map(|argument| argument.parse().unwrap()).collect();
    if sizes.is_empty() {
        sizes = vec![10_000, 100_000, 1_000_000];
    }
    std::fs::create_dir_all(folder).unwrap();
    let mut trained = Traffic::new(7, 0.0);
    write(&folder.join("train.csv"), &(NAMES.join(",") + "\n"), ROWS, |row| {
        *row = format!("{},", trained.uniform());
        trained.features(row);
        row.push('\n');
    });
    for events in sizes {
        let mut traffic = Traffic::new(11, 1.0);
        let path = folder.join(format!("capture-{events}.jsonl"));
        write(&path, "", events, |event| traffic.event(event));
    }
}
