//! Files of captured events. Whether they are read at once, in pieces, or each line by a reader that knows no layout, the rows and
//! what is wrong are the same.
#![no_main]

use std::collections::BTreeMap;
use std::sync::Arc;

use sagewarden_measure::capture::{CaptureFormat, ExpectedColumns, CaptureReader, ColumnOrder, JoinedRows, CapturedRecord, RecordSink};
use sagewarden_measure::{IssueKind, Issues, Profile};

use libfuzzer_sys::fuzz_target;

#[derive(Default)]
struct Told(Vec<String>);

impl RecordSink for Told {
    fn record(&mut self, record: &CapturedRecord<'_>) {
        let CapturedRecord { index, row, input, output, truth, .. } = record;
        let ids = (record.event_id(), record.inference_id(), record.inference_time());
        self.0.push(format!("{index} {ids:?} {row:?} {input:?} {output:?} {truth:?}"));
    }
}

fn count(counts: &mut BTreeMap<IssueKind, u64>, issues: &Issues) {
    for (kind, issue) in issues.iter() {
        *counts.entry(kind).or_default() += issue.count;
    }
}

/// The first byte says how events become rows, the rest is the file.
fn format(byte: u8) -> CaptureFormat {
    let order = match byte & 3 {
        0 => ColumnOrder::OutputFirst,
        1 => ColumnOrder::InputFirst,
        2 => ColumnOrder::Input,
        _ => ColumnOrder::Output,
    };
    let path = |number: u8| {
        ["", "/a", "/a/*", "/a/*/b"].get(usize::from(number & 3)).and_then(|path| path.parse().ok())
    };
    let (max_line, max_columns) = if byte & 64 == 0 { (1 << 20, 1000) } else { (600, 3) };
    let fit = (byte & 128 != 0).then(|| Arc::new(ExpectedColumns::new(["a", "b"])));
    CaptureFormat {
        order,
        input_path: path(byte >> 2),
        output_path: path(byte >> 4),
        plain_texts: fit.is_some(),
        fit,
        max_line,
        max_columns,
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, file)) = bytes.split_first() else { return };
    let format = format(*first);

    let mut at_once = Told::default();
    let mut counts = BTreeMap::new();
    let issues = CaptureReader::new(format.clone()).read(file, &mut at_once).expect("memory can be read");
    count(&mut counts, &issues);

    let mut in_pieces = Told::default();
    let mut reader = CaptureReader::new(format.clone());
    file.chunks(file.len() / 3 + 1).for_each(|piece| reader.push(piece, &mut in_pieces));
    assert_eq!(reader.finish(&mut in_pieces), issues);
    assert_eq!(in_pieces.0, at_once.0);

    let mut alone = Told::default();
    let mut counts_alone = BTreeMap::new();
    for line in file.split_inclusive(|byte| *byte == b'\n') {
        let issues = CaptureReader::new(format.clone()).read(line, &mut alone).expect("memory can be read");
        count(&mut counts_alone, &issues);
    }
    assert_eq!(alone.0, at_once.0);
    assert_eq!(counts_alone, counts);

    let mut profile = Profile::default();
    CaptureReader::new(format).read(file, &mut JoinedRows(&mut profile)).expect("memory can be read");
    assert!(profile.rows <= at_once.0.len() as u64);
});
