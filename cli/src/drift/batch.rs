//! The records of a batch transform job and its answers, which lie beside them.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use indicatif::ProgressBar;
use sagewarden_measure::capture::{BatchReader, CaptureFormat, JoinedRows};
use sagewarden_measure::{Issues, Profile};

use crate::input::source::{BUFFER, MAX_LINE, answers};

/// Reads both files line by line; answers with the faulty lines, and why it stopped early, if it did.
pub(crate) fn read(
    records: &Path,
    format: &CaptureFormat,
    progress: &ProgressBar,
    rows: &mut Profile,
) -> (Issues, Option<String>) {
    let mut reader = BatchReader::new(format.clone());
    let stopped = pairs(records, format, progress, &mut reader, rows);
    (reader.finish(), stopped.err().map(|error| error.to_string()))
}

fn pairs(
    records: &Path,
    format: &CaptureFormat,
    progress: &ProgressBar,
    reader: &mut BatchReader,
    rows: &mut Profile,
) -> io::Result<()> {
    let mut inputs = BatchLines::of(progress.wrap_read(File::open(records)?));
    let mut outputs = BatchLines::of(File::open(answers(records))?);
    let mut answered = 0_u64;
    loop {
        let mut has_record = inputs.next()?;
        // A job is given no header; who keeps one for people has no answer to it.
        if has_record && inputs.number == 1 && is_header(&inputs.line, format) {
            has_record = inputs.next()?;
        }
        match (has_record, outputs.next()?) {
            (true, true) => {
                reader.pair(inputs.number, &inputs.line, &outputs.line, &mut JoinedRows(&mut *rows))
            }
            (false, false) => return Ok(()),
            (has_record, _) => {
                let more = if has_record { "more records than answers" } else { "more answers than records" };
                let error = format!(
                    "there are {more}: `{}` answers this file line by line, up to line {answered}",
                    answers(records).display()
                );
                return Err(io::Error::new(io::ErrorKind::InvalidData, error));
            }
        }
        answered += 1;
    }
}

/// Whether each cell is the name of a column of the baseline.
fn is_header(line: &[u8], format: &CaptureFormat) -> bool {
    let names = str::from_utf8(line).unwrap_or_default().split(',').map(|name| name.trim().trim_matches('"'));
    format.fit.as_ref().is_some_and(|expected| names.clone().all(|name| expected.has(name)))
}

/// The lines of a file that are not empty, one at a time.
struct BatchLines<Input> {
    input: BufReader<Input>,
    line: Vec<u8>,
    number: u64,
}

impl<Input: io::Read> BatchLines<Input> {
    fn of(input: Input) -> Self {
        Self { input: BufReader::with_capacity(BUFFER, input), line: Vec::new(), number: 0 }
    }

    /// Whether there is another line. If a line is longer than the limit, the block holds only a part of it that still exceeds the limit,
    /// so that the reader refuses it.
    fn next(&mut self) -> io::Result<bool> {
        loop {
            self.line.clear();
            let most = MAX_LINE as u64 + 1;
            if self.input.by_ref().take(most).read_until(b'\n', &mut self.line)? == 0 {
                return Ok(false);
            }
            self.number += 1;
            if self.line.last() != Some(&b'\n') {
                self.input.skip_until(b'\n')?;
            }
            if !self.line.trim_ascii().is_empty() {
                self.line.truncate(self.line.trim_ascii_end().len());
                return Ok(true);
            }
        }
    }
}
