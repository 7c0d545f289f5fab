//! Captured predictions, read piece by piece into a join.

use std::borrow::Cow;

use sagewarden_measure::capture::{
    CaptureFormat, CaptureReader, CapturedRecord, CapturedRow, ColumnOrder, RecordSink, RowPath,
};
use sagewarden_measure::{Cell, Issues};

use super::join::{Join, Order};
use super::left_out::LeftOut;
use super::prediction::{Prediction, PredictionAttributes, prediction_id};

/// Reads files of captured events, one after the other. If several predictions have one id, the last counts, in the order of the files.
#[derive(Debug)]
pub struct PredictionReader {
    reader: CaptureReader,
    /// Nothing where an answer has its prediction in its only column.
    attributes: Option<PredictionAttributes>,
    /// Names or places of the columns of requests that are kept with each prediction.
    facets: Vec<String>,
    state: State,
}

#[derive(Debug, Default)]
struct State {
    order: Order,
    /// The first row of an event, which counts if there is no second one.
    pending: Option<(String, Prediction, Order)>,
    left_out: LeftOut,
    first_id: Option<String>,
}

impl PredictionReader {
    /// `attributes` say where an answer has its prediction: without any it is its only column. `output_path` is where the rows are in
    /// answers of JSON.
    #[must_use]
    pub fn new(attributes: PredictionAttributes, output_path: Option<RowPath>) -> Self {
        let reader = CaptureReader::new(CaptureFormat {
            order: ColumnOrder::Output,
            output_path,
            ..CaptureFormat::default()
        });
        let attributes = (attributes != PredictionAttributes::default()).then_some(attributes);
        Self { reader, attributes, facets: Vec::new(), state: State::default() }
    }

    /// The same, with values of the request kept with each prediction: columns by their names, or by their places from 0. `input_path`
    /// is where the rows are in requests of JSON.
    #[must_use]
    pub fn with_facets(
        self,
        facets: Vec<String>,
        input_path: Option<RowPath>,
        output_path: Option<RowPath>,
    ) -> Self {
        if facets.is_empty() {
            return self;
        }
        let format = CaptureFormat { input_path, output_path, ..CaptureFormat::default() };
        Self { reader: CaptureReader::new(format), facets, ..self }
    }

    /// Takes the next bytes of a file.
    pub fn push(&mut self, piece: &[u8], join: &mut Join) {
        // A line at a time, so that the sink knows which one it is.
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            self.state.order.line = self.reader.lines() + 1;
            let (attributes, facets) = (self.attributes.as_ref(), self.facets.as_slice());
            let mut sink = Predictions { attributes, facets, state: &mut self.state, join };
            self.reader.push(part, &mut sink);
        }
    }

    /// The file ends; answers which lines of it are no events, and which events have no prediction.
    pub fn finish(&mut self, join: &mut Join) -> (Issues, LeftOut) {
        self.state.order.line = self.reader.lines() + 1;
        let (attributes, facets) = (self.attributes.as_ref(), self.facets.as_slice());
        let mut sink = Predictions { attributes, facets, state: &mut self.state, join };
        let issues = self.reader.finish(&mut sink);
        sink.send();
        self.state.order = Order { written_at: self.state.order.written_at + 1, line: 0 };
        (issues, std::mem::take(&mut self.state.left_out))
    }

    /// The first id of all files.
    #[must_use]
    pub fn first_id(&self) -> Option<&str> {
        self.state.first_id.as_deref()
    }
}

struct Predictions<'a> {
    attributes: Option<&'a PredictionAttributes>,
    facets: &'a [String],
    state: &'a mut State,
    join: &'a mut Join,
}

impl Predictions<'_> {
    fn send(&mut self) {
        if let Some((id, prediction, order)) = self.state.pending.take() {
            self.join.prediction(&id, prediction, order);
        }
    }

    fn read(&self, row: CapturedRow<'_>) -> Result<Prediction, String> {
        let lookup = |at: &str| cell(row, at);
        match self.attributes {
            Some(attributes) => attributes.read(lookup).map_err(|error| error.to_string()),
            None if width(row) <= 1 => {
                let first = PredictionAttributes { inference: Some("0".to_owned()), probability: None };
                first.read(lookup).map_err(|error| error.to_string())
            }
            None => Err(format!(
                "the answer has {} columns, and no setting says which one is the prediction",
                width(row)
            )),
        }
    }
}

impl RecordSink for Predictions<'_> {
    fn record(&mut self, record: &CapturedRecord<'_>) {
        match record.index {
            0 => self.send(),
            1 => {
                self.state.pending = None;
                let why = "the event has several predictions under one id, so that no label can be matched with one of them";
                return self.state.left_out.add(self.state.order.line, why);
            }
            _ => return,
        }
        let (inference_id, event_id) = (record.inference_id(), record.event_id());
        let id = prediction_id(inference_id.as_deref(), event_id.as_deref().unwrap_or_default());
        let State { order, pending, left_out, first_id } = self.state;
        if id.is_empty() {
            return left_out.add(order.line, "the event has neither an inference id nor an event id");
        }
        if first_id.is_none() {
            *first_id = Some(id.to_owned());
        }
        *pending = None;
        let facets = self.facets.iter().map(|at| cell(record.input, at).unwrap_or_default().as_ref().into());
        let facets = facets.collect();
        match self.read(record.output).map(|read| Prediction { facets, ..read }) {
            Ok(prediction) => self.state.pending = Some((id.to_owned(), prediction, self.state.order)),
            Err(why) => self.state.left_out.add(self.state.order.line, why),
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

#[cfg(test)]
mod tests {
    use sagewarden_measure::MissingTexts;

    use super::*;
    use crate::quality::TruthReader;

    fn event(id: &str, answer: &str) -> String {
        let event = serde_json::json!({
            "captureData": {
                "endpointOutput": { "observedContentType": "text/csv", "mode": "OUTPUT", "data": answer, "encoding": "CSV" },
            },
            "eventMetadata": { "eventId": id, "inferenceTime": "2026-03-03T09:00:00Z" },
            "eventVersion": "0",
        });
        format!("{event}\n")
    }

    fn label(id: &str, label: &str) -> String {
        format!(
            "{{\"groundTruthData\":{{\"data\":\"{label}\",\"encoding\":\"CSV\"}},\"eventMetadata\":{{\"eventId\":\"{id}\"}}}}\n"
        )
    }

    /// The joined pairs do not depend on where the pieces of a file end.
    #[test]
    fn predictions_meet_their_labels_whatever_the_pieces_of_their_files() {
        let captured =
            [event("a", "0.9"), event("b", "0.2"), "no json\n".to_owned(), event("c", "0.1\n0.2")].concat();
        let labels =
            [label("b", "0"), label("x", "1"), "{}\n".to_owned(), label("a", "1"), label("c", "1")].concat();
        let mut results = Vec::new();
        for size in [1, 7, 100_000] {
            let mut join = Join::new(100);
            let attributes = PredictionAttributes { probability: Some("0".to_owned()), inference: None };
            let mut predictions = PredictionReader::new(attributes, None);
            captured.as_bytes().chunks(size).for_each(|piece| predictions.push(piece, &mut join));
            let (issues, left_out) = predictions.finish(&mut join);
            assert_eq!((issues.iter().count(), left_out.count), (1, 1));
            assert_eq!(left_out.first.map(|(line, _)| line), Some(4));
            let mut truths = TruthReader::new(None, MissingTexts::default());
            labels.as_bytes().chunks(size).for_each(|piece| truths.push(piece, &mut join));
            let left_out = truths.finish(&mut join);
            assert_eq!((left_out.count, left_out.first.map(|(line, _)| line)), (1, Some(3)));
            assert_eq!((predictions.first_id(), truths.first_id()), (Some("a"), Some("b")));
            results.push(join.finish());
        }
        let joined = &results[0];
        let pairs: Vec<_> = joined
            .pairs
            .iter()
            .map(|pair| (&*pair.id, pair.prediction.probability, pair.label.as_str()))
            .collect();
        assert_eq!(pairs.len(), 2);
        assert!(
            pairs.contains(&("a", Some(0.9), "1")) && pairs.contains(&("b", Some(0.2), "0")),
            "{pairs:?}"
        );
        assert_eq!((joined.truths.records, joined.truths.unmatched), (4, 2));
        assert!(results.iter().all(|each| each == joined));
    }

    #[test]
    fn labels_that_nobody_predicted_take_no_room_of_those_that_somebody_did() {
        let mut join = Join::new(2);
        let mut predictions = PredictionReader::new(PredictionAttributes::default(), None);
        predictions.push([event("a", "1"), event("b", "0")].concat().as_bytes(), &mut join);
        predictions.finish(&mut join);
        let mut truths = TruthReader::new(None, MissingTexts::default());
        let others: String = (0..1_000).map(|number| label(&format!("other-{number}"), "1")).collect();
        for text in [others, label("a", "1"), label("b", "1")] {
            truths.push(text.as_bytes(), &mut join);
            truths.finish(&mut join);
        }
        let joined = join.finish();
        assert_eq!((joined.pairs.len(), joined.is_sample()), (2, false));
        assert_eq!((joined.truths.records, joined.truths.unmatched), (1_002, 1_000));
    }

    /// The built-in XGBoost answers a request of two rows with one line, `0.1,0.2`.
    #[test]
    fn an_answer_on_one_line_to_several_rows_is_several_predictions() {
        let asked = |id: &str, request: &str, answer: &str| {
            let event: serde_json::Value = serde_json::from_str(&event(id, answer)).unwrap();
            let mut event = event;
            event["captureData"]["endpointInput"] = serde_json::json!({
                "observedContentType": "text/csv", "mode": "INPUT", "data": request, "encoding": "CSV",
            });
            format!("{event}\n")
        };
        let captured = [asked("a", "1,2\n3,4", "0.1,0.2"), asked("b", "1,2", "0.3,0.7")].concat();
        let mut join = Join::new(10);
        let attributes = PredictionAttributes { probability: Some("0".to_owned()), inference: None };
        let mut predictions = PredictionReader::new(attributes, None);
        predictions.push(captured.as_bytes(), &mut join);
        let (issues, left_out) = predictions.finish(&mut join);
        assert_eq!((issues.iter().count(), left_out.count), (0, 1));
        let (line, why) = left_out.first.unwrap();
        assert!(line == 1 && why.starts_with("the event has several predictions under one id"), "{why}");
        let mut truths = TruthReader::new(None, MissingTexts::default());
        truths.push([label("a", "1"), label("b", "1")].concat().as_bytes(), &mut join);
        truths.finish(&mut join);
        let pairs: Vec<_> =
            join.finish().pairs.into_iter().map(|pair| (pair.id, pair.prediction.probability)).collect();
        assert_eq!(pairs, [("b".into(), Some(0.3))]);
    }
}
