//! Bodies of requests and answers: arrays of NumPy, JSON lines, JSON by columns, CSV, and what says it is one of them and is another.
//! Whatever they are, rows have no more columns than are read, and two readers agree.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use sagewarden_measure::capture::{CaptureFormat, CaptureReader, CapturedRecord, CapturedRow, ExpectedColumns, RecordSink};

const TYPES: [(&str, &str); 6] = [
    ("application/x-npy", "BASE64"),
    ("application/jsonlines", "BASE64"),
    ("text/csv", "BASE64"),
    ("application/octet-stream", "BASE64"),
    ("application/json", "JSON"),
    ("text/csv", "CSV"),
];
const MOST: usize = 50;

#[derive(Default, PartialEq, Debug)]
struct Told(Vec<String>);

impl RecordSink for Told {
    fn record(&mut self, record: &CapturedRecord<'_>) {
        let width = |row: CapturedRow<'_>| match row {
            CapturedRow::Absent => 0,
            CapturedRow::Positional(cells) => cells.len(),
            CapturedRow::Named(cells) => cells.len(),
        };
        assert!(width(record.input) <= MOST && width(record.output) <= MOST);
        self.0.push(format!("{} {:?} {:?} {:?}", record.index, record.row, record.input, record.output));
    }
}

/// One body. The first byte chooses its type and, for an array, the form of the header. The other bytes are its content.
fn body(bytes: &[u8]) -> String {
    let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let (content_type, encoding) = TYPES[usize::from(*first) % TYPES.len()];
    let mut content = rest.to_vec();
    if content_type.contains("npy") && *first >= 128 {
        // A header that is whole, so that what it says is reached.
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()).min(60_000);
        let (header, items) = rest.split_at(end);
        content = [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header, items.get(1..).unwrap_or(&[])].concat();
    }
    let data = if encoding == "BASE64" { base64(&content) } else { String::from_utf8_lossy(&content).into_owned() };
    serde_json::json!({ "observedContentType": content_type, "encoding": encoding, "data": data }).to_string()
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let number = (0..3).fold(0_usize, |sum, at| (sum << 8) | usize::from(three.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            text.push(if at <= three.len() { char::from(LETTERS[(number >> (18 - 6 * at)) & 63]) } else { '=' });
        }
    }
    text
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let split = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
    let (input, output) = rest.split_at(split);
    let line = format!(
        r#"{{"captureData":{{"endpointInput":{},"endpointOutput":{}}},"eventMetadata":{{"eventId":"e"}}}}"#,
        body(input),
        body(output.get(1..).unwrap_or(&[]))
    );
    let path = |number: u8| ["", "/a", "/a/*", "/*/a"].get(usize::from(number & 3)).and_then(|path| path.parse().ok());
    let format = CaptureFormat {
        input_path: path(*first),
        output_path: path(first >> 2),
        fit: (first & 16 != 0).then(|| Arc::new(ExpectedColumns::new(["a", "b"]))),
        max_columns: MOST,
        ..CaptureFormat::default()
    };
    let mut one = Told::default();
    let issues = CaptureReader::new(format.clone()).read(line.as_bytes(), &mut one).expect("memory can be read");
    // The second event of a file has its layout from the first.
    let mut two = Told::default();
    let twice = format!("{line}\n{line}\n");
    let both = CaptureReader::new(format).read(twice.as_bytes(), &mut two).expect("memory can be read");
    assert_eq!(two.0.len(), 2 * one.0.len());
    assert_eq!(two.0[..one.0.len()], one.0[..]);
    assert_eq!(two.0[one.0.len()..], one.0[..]);
    assert_eq!(both.count(), 2 * issues.count());
});
