//! Captured predictions and ground truth: read line by line into a join, and what is wrong with them.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read};

use indicatif::ProgressBar;
use sagewarden_measure::capture::{
    CaptureFormat, CaptureReader, CapturedRecord, CapturedRow, ColumnOrder, RecordSink, RowPath,
};
use sagewarden_measure::{Cell, Issues};
use sagewarden_outcomes::quality::{
    Join, JoinedPairs, Order, Prediction, PredictionAttributes, Truth, prediction_id,
};
use thiserror::Error;

use crate::input::{BUFFER, Inputs, Source, Trouble, Unusable};

/// Longer lines of ground truth are not read: what a line of captured events may have.
const MAX_LINE: usize = 12 << 20;

/// Where an answer has its prediction.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// In its only column.
    Only,
    At(PredictionAttributes),
}

/// What is told of the side where nothing was joined.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    first_id: Option<String>,
    with_inference_id: u64,
    /// The first and the last time, as they stand there.
    from: Option<String>,
    to: Option<String>,
    /// A file whose first answer is CSV, of which --output-path says nothing.
    pub(crate) has_csv: Option<String>,
}

/// Predictions and labels of which none belong together.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "none of {labels} labels belongs to one of {predictions} predictions: {ids}; the first prediction is `{prediction}`{time}, the first \
     label `{label}`: send the ids of the labels as InferenceId when the endpoint is invoked, or name ground truth of the same hours"
)]
pub(crate) struct Unjoined {
    predictions: u64,
    labels: u64,
    ids: String,
    prediction: String,
    time: String,
    label: String,
}

impl Unjoined {
    pub(crate) fn of(joined: &JoinedPairs, predictions: &Seen, labels: &Seen) -> Self {
        let records = joined.predictions.records;
        let ids = match predictions.with_inference_id {
            0 => "no prediction has an inference id, so event ids count".to_owned(),
            all if all == records => "all predictions have inference ids, which count".to_owned(),
            some => format!("{some} predictions have an inference id, which counts, the others an event id"),
        };
        let time = match (&predictions.from, &predictions.to) {
            (Some(from), Some(to)) if from == to => format!(" of {from}"),
            (Some(from), Some(to)) => format!(" (predictions are from {from} to {to})"),
            _ => String::new(),
        };
        Self {
            predictions: records,
            labels: joined.truths.records,
            ids,
            prediction: predictions.first_id.clone().unwrap_or_default(),
            time,
            label: labels.first_id.clone().unwrap_or_default(),
        }
    }
}

/// Reads what the model said.
pub(crate) fn predictions(
    inputs: &Inputs,
    output_path: Option<&RowPath>,
    answer: &Answer,
    join: &mut Join,
) -> (Seen, Vec<Trouble>) {
    let mut reader = CaptureReader::new(CaptureFormat {
        order: ColumnOrder::Output,
        output_path: output_path.cloned(),
        ..CaptureFormat::default()
    });
    let mut sink = Predictions {
        join,
        answer,
        order: Order::default(),
        pending: None,
        seen: Seen::default(),
        unusable: Unusable::default(),
        looks_for_csv: output_path.is_some(),
    };
    let progress = inputs.progress();
    let mut troubles = Vec::new();
    for (place, source) in (0..).zip(&inputs.sources) {
        sink.order = Order { written_at: place, line: 0 };
        let read = events(source, &progress, &mut reader, &mut sink);
        let issues = sink.finish(&mut reader);
        let unusable = std::mem::take(&mut sink.unusable);
        let (bytes, stopped) = found(read);
        troubles.extend(Trouble::of(source, issues, unusable, stopped, bytes));
    }
    progress.finish_and_clear();
    (sink.seen, troubles)
}

/// How much was found, and why not all of it.
fn found(read: io::Result<u64>) -> (u64, Option<String>) {
    read.map_or_else(|error| (0, Some(error.to_string())), |found| (found, None))
}

/// Whether the answer of an event is CSV.
fn is_csv(event: &[u8]) -> bool {
    let event: serde_json::Value = serde_json::from_slice(event).unwrap_or_default();
    event.pointer("/captureData/endpointOutput/encoding").is_some_and(|encoding| encoding == "CSV")
}

/// A line at a time, so that the sink knows which one it is. Gives the number of bytes.
fn events(
    source: &Source,
    progress: &ProgressBar,
    reader: &mut CaptureReader,
    sink: &mut Predictions<'_>,
) -> io::Result<u64> {
    let mut input = progress.wrap_read(source.open()?);
    let mut buffer = vec![0; BUFFER];
    let mut bytes = 0;
    let mut first = Vec::new();
    let mut looks_at_first = sink.looks_for_csv && sink.seen.has_csv.is_none();
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return Ok(bytes),
            Ok(length) => {
                bytes += length as u64;
                let read = buffer.get(..length).unwrap_or_default();
                for piece in read.split_inclusive(|byte| *byte == b'\n') {
                    sink.order.line = reader.lines() + 1;
                    if looks_at_first {
                        first.extend_from_slice(piece);
                        looks_at_first = piece.last() != Some(&b'\n') && first.len() < MAX_LINE;
                        if is_csv(&first) {
                            sink.seen.has_csv = Some(source.name());
                        }
                    }
                    reader.push(piece, sink);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Takes the answers of captured events.
struct Predictions<'a> {
    join: &'a mut Join,
    answer: &'a Answer,
    /// The file, and the line in it.
    order: Order,
    /// The first row of an event, which counts if there is no second one.
    pending: Option<(String, Prediction, Order)>,
    seen: Seen,
    unusable: Unusable,
    /// There is a path into JSON.
    looks_for_csv: bool,
}

impl Predictions<'_> {
    /// The file ends.
    fn finish(&mut self, reader: &mut CaptureReader) -> Issues {
        self.order.line = reader.lines() + 1;
        let issues = reader.finish(self);
        self.send();
        issues
    }

    fn send(&mut self) {
        if let Some((id, prediction, order)) = self.pending.take() {
            self.join.prediction(&id, prediction, order);
        }
    }

    fn see(&mut self, id: &str, record: &CapturedRecord<'_>) {
        let seen = &mut self.seen;
        if seen.first_id.is_none() {
            seen.first_id = Some(id.to_owned());
        }
        seen.with_inference_id += u64::from(record.inference_id().is_some_and(|id| !id.is_empty()));
        let Some(time) = record.inference_time() else { return };
        if seen.from.as_deref().is_none_or(|from| *time < *from) {
            seen.from = Some(time.clone().into_owned());
        }
        if seen.to.as_deref().is_none_or(|to| *time > *to) {
            seen.to = Some(time.into_owned());
        }
    }

    fn read(&self, row: CapturedRow<'_>) -> Result<Prediction, String> {
        let lookup = |at: &str| cell(row, at);
        match self.answer {
            Answer::At(attributes) => attributes.read(lookup).map_err(|error| error.to_string()),
            Answer::Only => match width(row) {
                0 | 1 => {
                    let first = PredictionAttributes { inference: Some("0".to_owned()), probability: None };
                    first.read(lookup).map_err(|error| error.to_string())
                }
                columns => Err(format!(
                    "the answer has {columns} columns: say with --inference which of them is the prediction"
                )),
            },
        }
    }
}

impl RecordSink for Predictions<'_> {
    fn record(&mut self, record: &CapturedRecord<'_>) {
        match record.index {
            0 => self.send(),
            1 => {
                self.pending = None;
                let why =
                    "the event has several predictions under one id, so that no label is that of one of them";
                return self.unusable.add(self.order.line, why);
            }
            _ => return,
        }
        let (inference_id, event_id) = (record.inference_id(), record.event_id());
        let id = prediction_id(inference_id.as_deref(), event_id.as_deref().unwrap_or_default());
        if id.is_empty() {
            return self
                .unusable
                .add(self.order.line, "the event has neither an inference id nor an event id");
        }
        match self.read(record.output) {
            Ok(prediction) => {
                self.see(id, record);
                self.pending = Some((id.to_owned(), prediction, self.order));
            }
            Err(why) => self.unusable.add(self.order.line, why),
        }
    }
}

fn width(row: CapturedRow<'_>) -> usize {
    match row {
        CapturedRow::Absent => 0,
        CapturedRow::Positional(cells) => cells.len(),
        CapturedRow::Named(cells) => cells.len(),
    }
}

/// The text at a name, or else at a place from 0.
fn cell<'a>(row: CapturedRow<'a>, at: &str) -> Option<Cow<'a, str>> {
    let place = || at.parse::<usize>().ok();
    let cell = match row {
        CapturedRow::Absent => return None,
        CapturedRow::Positional(cells) => *cells.get(place()?)?,
        CapturedRow::Named(cells) => {
            let named = cells.iter().find(|(name, _)| *name == at);
            named.or_else(|| cells.get(place()?))?.1
        }
    };
    Some(match cell {
        Cell::Missing => Cow::Borrowed(""),
        Cell::Text(text) => String::from_utf8_lossy(text),
    })
}

/// Reads what turned out to be true. `attribute` is where the label stands, if not at the beginning.
pub(crate) fn truths(inputs: &Inputs, attribute: Option<&str>, join: &mut Join) -> (Seen, Vec<Trouble>) {
    let progress = inputs.progress();
    let mut seen = Seen::default();
    let mut troubles = Vec::new();
    for (place, source) in (0..).zip(&inputs.sources) {
        let mut unusable = Unusable::default();
        let read = lines(source, &progress, |line, text| {
            let truth = match text.map(|text| Truth::parse(text, attribute)) {
                Ok(Ok(truth)) => truth,
                Ok(Err(why)) => return unusable.add(line, why),
                Err(why) => return unusable.add(line, why),
            };
            if seen.first_id.is_none() {
                seen.first_id = Some(truth.id.clone());
            }
            join.truth(&truth.id, truth.label, Order { written_at: place, line });
        });
        let (lines, stopped) = found(read);
        troubles.extend(Trouble::of(source, Issues::default(), unusable, stopped, lines));
    }
    progress.finish_and_clear();
    (seen, troubles)
}

/// Hands over each line that is not empty, with its number, or why it is none. One line is held, and no more of it than is read. Gives
/// the number of lines.
fn lines(
    source: &Source,
    progress: &ProgressBar,
    mut each: impl FnMut(u64, Result<&str, &str>),
) -> io::Result<u64> {
    let mut input = BufReader::with_capacity(BUFFER, progress.wrap_read(source.open()?));
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        if input.by_ref().take(MAX_LINE as u64).read_until(b'\n', &mut line)? == 0 {
            return Ok(number);
        }
        number += 1;
        if line.len() == MAX_LINE && line.last() != Some(&b'\n') && input.skip_until(b'\n')? > 0 {
            each(number, Err("longer than what is read"));
            continue;
        }
        match str::from_utf8(&line).map(str::trim) {
            Ok("") => {}
            Ok(text) => each(number, Ok(text)),
            Err(_) => each(number, Err("bytes that are no UTF-8")),
        }
    }
}
