//! Where in the cells of an event each part of its row is.

use std::ops::Range;

use super::event::{CapturedEvent, CapturedSide};
use super::fit::Fitted;
use super::format::CaptureFormat;
use super::out::Out;
use super::record::{CapturedRecord, CapturedRow};
use crate::cell::Cell;

/// Where in the cells of an event's row each part is.
#[derive(Debug, Default)]
pub(super) struct JoinedRow {
    joined: Range<usize>,
    sides: [Range<usize>; 3],
}

impl JoinedRow {
    pub(super) fn put(&mut self, side: CapturedSide, cells: Range<usize>) {
        if side != CapturedSide::Truth {
            self.joined.end = cells.end;
        }
        if let Some(range) = self.sides.get_mut(side as usize) {
            *range = cells;
        }
    }

    /// The cells of the answer and of the request.
    pub(super) fn sides<'c, 'a>(&self, cells: &'c [Cell<'a>]) -> (&'c [Cell<'a>], &'c [Cell<'a>]) {
        let [output, input, _] = &self.sides;
        let of = |range: &Range<usize>| cells.get(range.clone()).unwrap_or_default();
        (of(output), of(input))
    }

    /// One side is the row if it has all expected columns by itself.
    pub(super) fn fit(&mut self, format: &CaptureFormat) {
        let [output, input, _] = &self.sides;
        if let Some(expected) = &format.fit
            && !output.is_empty()
            && !input.is_empty()
            && let Fitted::Alone(side) = expected.of_widths(output.len(), input.len())
        {
            self.keep(Some(side));
        }
    }

    pub(super) fn fit_names(&mut self, format: &CaptureFormat, cells: &[(&str, Cell<'_>)]) {
        let [output, input, _] = &self.sides;
        let names =
            |range: &Range<usize>| cells.get(range.clone()).unwrap_or_default().iter().map(|(name, _)| *name);
        if let Some(expected) = &format.fit
            && !output.is_empty()
            && !input.is_empty()
            && let Fitted::Alone(side) = expected.of_names(names(output), names(input))
        {
            self.keep(Some(side));
        }
    }

    /// The row is this side.
    pub(super) fn keep(&mut self, side: Option<CapturedSide>) {
        if let Some(range) = side.and_then(|side| self.sides.get(side as usize)) {
            self.joined = range.clone();
        }
    }

    pub(super) fn send(
        &self,
        event: &CapturedEvent<'_>,
        index: usize,
        cells: &[Cell<'_>],
        out: &mut Out<'_>,
    ) {
        self.tell(event, index, out, |range| CapturedRow::Positional(cells.get(range).unwrap_or_default()));
    }

    pub(super) fn send_named(
        &self,
        event: &CapturedEvent<'_>,
        index: usize,
        cells: &[(&str, Cell<'_>)],
        out: &mut Out<'_>,
    ) {
        self.tell(event, index, out, |range| CapturedRow::Named(cells.get(range).unwrap_or_default()));
    }

    fn tell<'a>(
        &'a self,
        event: &'a CapturedEvent<'_>,
        index: usize,
        out: &mut Out<'_>,
        row: impl Fn(Range<usize>) -> CapturedRow<'a>,
    ) {
        let row =
            |range: &Range<usize>| if range.is_empty() { CapturedRow::Absent } else { row(range.clone()) };
        let [output, input, truth] = &self.sides;
        // One side may be the row by itself.
        let (from, to) = (output.start.max(self.joined.start), output.end.min(self.joined.end));
        let answer = from.saturating_sub(self.joined.start)..to.saturating_sub(self.joined.start);
        out.sink.record(&CapturedRecord {
            event,
            index,
            row: row(&self.joined),
            answer: if from < to { answer } else { 0..0 },
            input: row(input),
            output: row(output),
            truth: row(truth),
        });
    }
}
