//! From an event to its rows.

use std::ops::Range;

use super::cells::{recycle, split};
use super::event::{CapturedEvent, CapturedSide, Content};
use super::format::CaptureFormat;
use super::part::Part;
use super::path::RowPath;
use super::record::{CapturedRecord, CapturedRow, RecordSink};
use crate::cell::Cell;
use crate::issues::IssueKind;

/// Memory for the rows of an event, used again for the next one.
#[derive(Debug, Default)]
pub(super) struct RowReader {
    /// By side.
    parts: [Part; 3],
    cells: Vec<Cell<'static>>,
    /// `_c0`, `_c1` and so on.
    positions: Vec<String>,
}

/// Where the rows of an event go, and what is wrong with them.
pub(super) struct Out<'s> {
    pub(super) sink: &'s mut dyn RecordSink,
    pub(super) issue: &'s mut dyn FnMut(IssueKind),
}

impl RowReader {
    /// Hands the rows of an event to the sink.
    pub(super) fn read(&mut self, event: &CapturedEvent<'_>, format: &CaptureFormat, out: &mut Out<'_>) {
        let read = match single_lines(event, format) {
            _ if !has_columns(event, format) => Err(IssueKind::NoBody),
            Some(lines) => self.read_single_lines(event, &lines, format, out),
            None => self.read_bodies(event, format, out),
        };
        if let Err(kind) = read {
            (out.issue)(kind);
        }
    }

    /// The usual event: bodies of one line of CSV without quotes, which are split where they stand.
    fn read_single_lines<'a>(
        &mut self,
        event: &CapturedEvent<'a>,
        lines: &[Option<&'a [u8]>; 3],
        format: &CaptureFormat,
        out: &mut Out<'_>,
    ) -> Result<(), IssueKind> {
        let mut cells = recycle(std::mem::take(&mut self.cells));
        let mut row = JoinedRow::default();
        let mut fit = true;
        for &side in format.order.sides() {
            let start = cells.len();
            if let Some(Some(line)) = lines.get(side as usize) {
                fit &= split(line, format.max_columns, &mut cells);
            }
            row.put(side, start..cells.len());
        }
        if fit {
            row.send(event, 0, &cells, out);
        }
        self.cells = recycle(cells);
        if fit { Ok(()) } else { Err(IssueKind::TooManyColumns) }
    }

    /// Whatever else: several lines, quotes, JSON, base64.
    fn read_bodies(
        &mut self,
        event: &CapturedEvent<'_>,
        format: &CaptureFormat,
        out: &mut Out<'_>,
    ) -> Result<(), IssueKind> {
        let mut rows = None;
        for &side in format.order.sides() {
            let Some(part) = self.parts.get_mut(side as usize) else { continue };
            let Some(body) = event.body(side) else {
                part.clear();
                continue;
            };
            part.load(body, format.path(side))?;
            if part.has_barewords {
                (out.issue)(IssueKind::NotANumber);
            }
            // Row i of the answer belongs to row i of the request. Where the numbers differ nothing tells which belong
            // together, so none is used; what the container does then is not known.
            let count = part.count();
            if rows.is_some_and(|rows| rows != count) {
                return Err(IssueKind::RowsDiffer);
            }
            rows = Some(count);
        }
        match rows {
            None | Some(0) => Err(IssueKind::NoRows),
            Some(rows) => {
                for index in 0..rows {
                    self.read_row(event, index, format, out);
                }
                Ok(())
            }
        }
    }

    fn read_row(
        &mut self,
        event: &CapturedEvent<'_>,
        index: usize,
        format: &CaptureFormat,
        out: &mut Out<'_>,
    ) {
        let mut fault = None;
        for &side in format.order.sides() {
            if let Some(part) = self.parts.get_mut(side as usize)
                && let Err(kind) = part.advance(format.path(side), format.max_columns)
            {
                fault = Some(kind);
            }
        }
        if let Some(kind) = fault {
            return (out.issue)(kind);
        }
        if self.parts.iter().any(Part::is_named) {
            return self.send_named(event, index, format, out);
        }
        let mut cells = recycle(std::mem::take(&mut self.cells));
        let mut row = JoinedRow::default();
        for &side in format.order.sides() {
            let start = cells.len();
            cells.extend(
                self.parts.get(side as usize).into_iter().flat_map(Part::cells).map(|(_, cell)| cell),
            );
            row.put(side, start..cells.len());
        }
        row.send(event, index, &cells, out);
        self.cells = recycle(cells);
    }

    /// A part without names among others with names gets those of a table without a header. What the container does with
    /// them is not known.
    fn send_named(
        &mut self,
        event: &CapturedEvent<'_>,
        index: usize,
        format: &CaptureFormat,
        out: &mut Out<'_>,
    ) {
        let longest = self.parts.iter().map(|part| part.cells().count()).max().unwrap_or(0);
        for position in self.positions.len()..longest {
            self.positions.push(format!("_c{position}"));
        }
        let mut cells = Vec::new();
        let mut row = JoinedRow::default();
        for &side in format.order.sides() {
            let start = cells.len();
            let Some(part) = self.parts.get(side as usize) else { continue };
            if part.is_named() {
                cells.extend(part.cells());
            } else {
                cells.extend(
                    self.positions.iter().map(String::as_str).zip(part.cells().map(|(_, cell)| cell)),
                );
            }
            row.put(side, start..cells.len());
        }
        row.send_named(event, index, &cells, out);
    }
}

/// The lines of all bodies that are read, if each is one line of CSV without quotes.
fn single_lines<'a>(event: &CapturedEvent<'a>, format: &CaptureFormat) -> Option<[Option<&'a [u8]>; 3]> {
    let mut lines = [None; 3];
    for &side in format.order.sides() {
        if let (Some(line), Some(body)) = (lines.get_mut(side as usize), event.body(side)) {
            let is_csv = !body.encoding.base64 && body.encoding.content == Some(Content::Csv);
            *line = Some(body.data.single_line().filter(|line| is_csv && !line.is_empty())?);
        }
    }
    Some(lines)
}

/// Labels come in files of their own, too, without what they belong to.
fn has_columns(event: &CapturedEvent<'_>, format: &CaptureFormat) -> bool {
    let has = |side: CapturedSide| event.body(side).is_some();
    let is_label = || has(CapturedSide::Truth) && !has(CapturedSide::Input) && !has(CapturedSide::Output);
    format.order.sides().iter().any(|side| *side != CapturedSide::Truth && has(*side)) || is_label()
}

/// Where in the cells of an event's row each part is.
#[derive(Debug, Default)]
struct JoinedRow {
    joined: Range<usize>,
    sides: [Range<usize>; 3],
}

impl JoinedRow {
    fn put(&mut self, side: CapturedSide, cells: Range<usize>) {
        if side != CapturedSide::Truth {
            self.joined.end = cells.end;
        }
        if let Some(range) = self.sides.get_mut(side as usize) {
            *range = cells;
        }
    }

    fn send(&self, event: &CapturedEvent<'_>, index: usize, cells: &[Cell<'_>], out: &mut Out<'_>) {
        self.tell(event, index, out, |range| CapturedRow::Positional(cells.get(range).unwrap_or_default()));
    }

    fn send_named(
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
        out.sink.record(&CapturedRecord {
            event,
            index,
            row: row(&self.joined),
            input: row(input),
            output: row(output),
            truth: row(truth),
        });
    }
}

impl CaptureFormat {
    fn path(&self, side: CapturedSide) -> Option<&RowPath> {
        match side {
            CapturedSide::Input => self.input_path.as_ref(),
            CapturedSide::Output => self.output_path.as_ref(),
            CapturedSide::Truth => None,
        }
    }
}
