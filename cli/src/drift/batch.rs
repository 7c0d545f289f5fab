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
    if let Some(answer) = answer_to_all(&answers(records))? {
        let all = all(records, format, progress)?;
        reader.pair(1, &all, &answer, &mut JoinedRows(&mut *rows));
        return Ok(());
    }
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
                let answer = without_record(&outputs.line, &inputs.line, format);
                reader.pair(inputs.number, &inputs.line, answer, &mut JoinedRows(&mut *rows))
            }
            (false, false) => return Ok(()),
            (has_record, _) => {
                let more = if has_record { "more records than answers" } else { "more answers than records" };
                let error = format!(
                    "there are {more}: `{}` answers this file line by line, up to line {answered}; {ONE_EACH}",
                    answers(records).display()
                );
                return Err(io::Error::new(io::ErrorKind::InvalidData, error));
            }
        }
        answered += 1;
    }
}

/// How a job writes an answer for each record.
const ONE_EACH: &str =
    "run the job with BatchStrategy `SingleRecord`, and with SplitType and AssembleWith `Line`";

/// The only line of the answers, if it has several: a job that sends its records together gets one answer, such as the line
/// `0.1,0.2,0.3` of the built-in XGBoost, or a list in JSON.
fn answer_to_all(answers: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut lines = BatchLines::of(File::open(answers)?);
    if !lines.next()? {
        return Ok(None);
    }
    let first = std::mem::take(&mut lines.line);
    let has_several = first.contains(&b',') || matches!(first.first(), Some(b'{' | b'['));
    Ok((has_several && !lines.next()?).then_some(first))
}

/// All records, as one request.
fn all(records: &Path, format: &CaptureFormat, progress: &ProgressBar) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    progress.wrap_read(File::open(records)?).take(MAX_LINE as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_LINE {
        let error = format!("`{}` answers all records on one line: {ONE_EACH}", answers(records).display());
        return Err(io::Error::new(io::ErrorKind::InvalidData, error));
    }
    let first = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| end + 1);
    if bytes.get(..first).is_some_and(|line| is_header(line.trim_ascii_end(), format)) {
        bytes.drain(..first);
    }
    Ok(bytes)
}

/// The answer alone, if the job wrote each record before it (JoinSource `Input`). A record of one cell may begin an answer by chance.
fn without_record<'l>(answer: &'l [u8], record: &[u8], format: &CaptureFormat) -> &'l [u8] {
    let rest = answer.strip_prefix(record).and_then(|rest| rest.strip_prefix(b","));
    rest.filter(|_| format.fit.is_some() && record.contains(&b',')).unwrap_or(answer)
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
