//! The records that a reader of captured events hands over.

use std::borrow::Cow;
use std::ops::Range;

use super::event::CapturedEvent;
use super::text::RawText;
use crate::answers::FailedAnswer;
use crate::cell::{Cell, PredictedCells, RowSink};

/// A row of a captured event.
#[derive(Clone, Debug)]
pub struct CapturedRecord<'a> {
    pub(super) event: &'a CapturedEvent<'a>,
    /// Which row of its event, from 0.
    pub index: usize,
    /// Output and input joined as the columns setting says.
    pub row: CapturedRow<'a>,
    /// Where in the row the cells of the output are; empty if the row is the input alone.
    pub answer: Range<usize>,
    /// The input of the model; absent if the column order leaves it out.
    pub input: CapturedRow<'a>,
    /// The output of the model; absent if the column order leaves it out.
    pub output: CapturedRow<'a>,
    /// The label, in files of ground truth and in merged ones.
    pub truth: CapturedRow<'a>,
}

impl CapturedRecord<'_> {
    /// The id that SageMaker gave the invocation.
    #[must_use]
    pub fn event_id(&self) -> Option<Cow<'_, str>> {
        self.event.event_id.and_then(RawText::text)
    }

    /// The id that the caller sent along.
    #[must_use]
    pub fn inference_id(&self) -> Option<Cow<'_, str>> {
        self.event.inference_id.and_then(RawText::text)
    }

    /// The time, as written in the event (RFC 3339).
    #[must_use]
    pub fn inference_time(&self) -> Option<Cow<'_, str>> {
        self.event.inference_time.and_then(RawText::text)
    }
}

/// Cells of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapturedRow<'a> {
    /// The event has no such part.
    Absent,
    /// In the order of the columns.
    Positional(&'a [Cell<'a>]),
    /// Under their names.
    Named(&'a [(&'a str, Cell<'a>)]),
}

/// Takes the rows of captured events in their order.
pub trait RecordSink {
    /// A row of an event.
    fn record(&mut self, record: &CapturedRecord<'_>);

    /// An event whose answer is none.
    fn failed(&mut self, _answer: &CapturedAnswer<'_>) {}
}

/// The answer of an event that has none.
#[derive(Clone, Debug)]
pub struct CapturedAnswer<'a> {
    pub(super) event: &'a CapturedEvent<'a>,
    /// Why it is none.
    pub why: FailedAnswer,
}

impl CapturedAnswer<'_> {
    /// The time of the event, as written there (RFC 3339).
    #[must_use]
    pub fn inference_time(&self) -> Option<Cow<'_, str>> {
        self.event.inference_time.and_then(RawText::text)
    }
}

/// Takes only the joined rows, which data quality looks at. Lines of ground truth have none.
#[derive(Debug)]
pub struct JoinedRows<'s, S: ?Sized>(pub &'s mut S);

impl<S: RowSink + ?Sized> RecordSink for JoinedRows<'_, S> {
    fn record(&mut self, record: &CapturedRecord<'_>) {
        if record.index == 0 && record.output != CapturedRow::Absent {
            self.0.answered(Ok(()));
        }
        match record.row {
            CapturedRow::Absent => {}
            CapturedRow::Positional(cells) => {
                self.0.positional(cells);
                self.0.predicted(PredictedCells::At(record.answer.clone(), cells.len()));
            }
            CapturedRow::Named(cells) => {
                self.0.named(cells);
                let answer = cells.get(record.answer.clone()).unwrap_or_default();
                self.0.predicted(PredictedCells::Named(answer));
            }
        }
    }

    fn failed(&mut self, answer: &CapturedAnswer<'_>) {
        self.0.answered(Err(answer.why));
    }
}
