//! Tables in JSON: records a line, one behind the other, or in a list; column by column. Wherever a buffer ends, the rows are the same.
#![no_main]

use std::io::BufReader;

use libfuzzer_sys::fuzz_target;
use sagewarden_measure::capture::JsonTable;
use sagewarden_measure::{Cell, RowSink};

#[derive(Default)]
struct Told(Vec<String>);

impl RowSink for Told {
    fn positional(&mut self, cells: &[Cell<'_>]) {
        self.0.push(format!("{cells:?}"));
    }

    fn named(&mut self, cells: &[(&str, Cell<'_>)]) {
        self.0.push(format!("{cells:?}"));
    }
}

/// The rows, and what is wrong with the rest.
fn read(bytes: &[u8], buffer: usize) -> (Vec<String>, String) {
    let mut told = Told::default();
    let read = JsonTable::open(BufReader::with_capacity(buffer, bytes)).and_then(|table| table.read_into(&mut told));
    let end = read.map_or_else(|error| error.to_string(), |issues| format!("{issues:?}"));
    (told.0, end)
}

fuzz_target!(|bytes: &[u8]| {
    let whole = read(bytes, 8192);
    for buffer in [1, 3, 7] {
        assert_eq!(read(bytes, buffer), whole);
    }
});
