//! Captured predictions, read line by line.

use std::borrow::Cow;

use indicatif::ProgressBar;
use sagewarden_measure::capture::{
    CaptureFormat, CaptureReader, CapturedRecord, CapturedRow, ColumnOrder, RecordSink, RowPath,
};
use sagewarden_measure::{Cell, Issues};
use sagewarden_outcomes::quality::{Order, Prediction, PredictionAttributes, UnusablePair, prediction_id};

use crate::input::Inputs;
use crate::input::source::{MAX_LINE, Reading, Source};
use crate::input::trouble::{Trouble, Unusable};
use crate::quality::seen::Seen;

/// Where an answer has its prediction.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// In its only column.
    Only,
    At(PredictionAttributes),
}

/// Reads the model's answers, and hands each prediction over with its id and its place, or with the reason why it cannot be used.
pub(crate) fn read(
    inputs: &Inputs,
    output_path: Option<&RowPath>,
    answer: &Answer,
    take: impl FnMut(&str, Prediction, Order) -> Result<(), UnusablePair>,
) -> (Seen, Vec<Trouble>) {
    let mut reader = CaptureReader::new(CaptureFormat {
        order: ColumnOrder::Output,
        output_path: output_path.cloned(),
        ..CaptureFormat::default()
    });
    let mut sink = Predictions {
        take,
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
        let Reading { bytes, stopped } = events(source, &progress, &mut reader, &mut sink);
        let issues = sink.finish(&mut reader);
        let unusable = std::mem::take(&mut sink.unusable);
        troubles.extend(Trouble::of(source, issues, unusable, stopped, bytes));
    }
    progress.finish_and_clear();
    (sink.seen, troubles)
}

/// Whether the answer of an event is CSV.
fn is_csv(event: &[u8]) -> bool {
    let event: serde_json::Value = serde_json::from_slice(event).unwrap_or_default();
    event.pointer("/captureData/endpointOutput/encoding").is_some_and(|encoding| encoding == "CSV")
}

/// A line at a time, so that the sink knows which one it is.
fn events(
    source: &Source,
    progress: &ProgressBar,
    reader: &mut CaptureReader,
    sink: &mut Predictions<'_, impl Take>,
) -> Reading {
    let mut first = Vec::new();
    let mut looks_at_first = sink.looks_for_csv && sink.seen.has_csv.is_none();
    source.read(progress, |read| {
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
    })
}

/// Takes a prediction.
trait Take: FnMut(&str, Prediction, Order) -> Result<(), UnusablePair> {}

impl<F: FnMut(&str, Prediction, Order) -> Result<(), UnusablePair>> Take for F {}

/// Takes the answers of captured events.
struct Predictions<'a, T> {
    take: T,
    answer: &'a Answer,
    /// The file, and the line in it.
    order: Order,
    /// The first row of an event. It counts only if the event has no second row.
    pending: Option<(String, Prediction, Order)>,
    seen: Seen,
    unusable: Unusable,
    /// The setting is a path in JSON.
    looks_for_csv: bool,
}

impl<T: Take> Predictions<'_, T> {
    /// The file ends.
    fn finish(&mut self, reader: &mut CaptureReader) -> Issues {
        self.order.line = reader.lines() + 1;
        let issues = reader.finish(self);
        self.send();
        issues
    }

    fn send(&mut self) {
        let Some((id, prediction, order)) = self.pending.take() else { return };
        if let Err(why) = (self.take)(&id, prediction, order) {
            self.unusable.add(order.line, why.to_string());
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

impl<T: Take> RecordSink for Predictions<'_, T> {
    fn record(&mut self, record: &CapturedRecord<'_>) {
        match record.index {
            0 => self.send(),
            1 => {
                self.pending = None;
                let why = "the event has several predictions under one id, so that no label can be matched with one of them";
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
