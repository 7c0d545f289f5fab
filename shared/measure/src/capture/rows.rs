//! From an event to its rows.

use super::cells::{recycle, split};
use super::event::{Body, CapturedEvent, CapturedSide, Encoding};
use super::failed::failed;
use super::format::CaptureFormat;
use super::hint::{hint, unnamed_side};
use super::joined::JoinedRow;
use super::out::Out;
use super::part::Part;
use super::record::CapturedAnswer;
use super::separator::other_separator;
use super::single_lines::single_lines;
use crate::answers::FailedAnswer;
use crate::cell::Cell;
use crate::issues::IssueKind;

/// Memory for the rows of an event, used again for the next one.
#[derive(Debug, Default)]
pub(super) struct RowReader {
    /// The rows of each side.
    parts: [Part; 3],
    cells: Vec<Cell<'static>>,
    /// `_c0`, `_c1` and so on.
    positions: Vec<String>,
}

/// Why rows cannot be read, and on which side.
#[derive(Clone, Copy, Debug)]
struct Fault(IssueKind, Option<CapturedSide>);

impl RowReader {
    /// Hands the rows of an event to the sink.
    pub(super) fn read(&mut self, event: &CapturedEvent<'_>, format: &CaptureFormat, out: &mut Out<'_>) {
        let failed = failed(event, format);
        let read = match (failed, single_lines(event, format)) {
            _ if !has_columns(event, format) => Err(Fault(IssueKind::NoBody, None)),
            (Some(FailedAnswer::Error), _) => self.read_request(event, IssueKind::ErrorAnswer, format, out),
            (Some(FailedAnswer::Empty), _) => self.read_request(event, IssueKind::EmptyAnswer, format, out),
            (_, Some(lines)) => self.read_single_lines(event, &lines, format, out),
            (_, None) => self.read_bodies(event, format, out),
        };
        let is_unreadable =
            matches!(read, Err(Fault(kind, Some(CapturedSide::Output))) if kind != IssueKind::TooManyColumns);
        if let Some(why) = failed.or(is_unreadable.then_some(FailedAnswer::Unreadable)) {
            out.sink.failed(&CapturedAnswer { event, why });
        }
        if let Err(fault) = read {
            self.report(fault, format, out);
        }
    }

    /// The request of an answer that is none, if the request alone has all expected columns.
    fn read_request(
        &mut self,
        event: &CapturedEvent<'_>,
        why: IssueKind,
        format: &CaptureFormat,
        out: &mut Out<'_>,
    ) -> Result<(), Fault> {
        match self.enough_alone(event, format) {
            Some((sides @ [CapturedSide::Input, _], rows)) => {
                self.read_rows(event, &sides, rows, format, out)
            }
            _ => Err(Fault(why, Some(CapturedSide::Output))),
        }
    }

    fn report(&self, Fault(kind, side): Fault, format: &CaptureFormat, out: &mut Out<'_>) {
        (out.issue)(kind, &|| hint(&self.parts, kind, side, format));
    }

    /// The usual event: bodies of one line of CSV without quotes, which are split in place.
    fn read_single_lines<'a>(
        &mut self,
        event: &CapturedEvent<'a>,
        lines: &[Option<&'a [u8]>; 3],
        format: &CaptureFormat,
        out: &mut Out<'_>,
    ) -> Result<(), Fault> {
        let mut cells = recycle(std::mem::take(&mut self.cells));
        let mut row = JoinedRow::default();
        let mut too_wide = None;
        for &side in format.order.sides() {
            let start = cells.len();
            if let Some(Some(line)) = lines.get(side as usize)
                && !split(line, format.max_columns, &mut cells)
            {
                too_wide = Some(side);
            }
            row.put(side, start..cells.len());
        }
        if too_wide.is_none() {
            send_row(row, event, 0, &cells, format, out);
        }
        self.cells = recycle(cells);
        too_wide.map_or(Ok(()), |side| Err(Fault(IssueKind::TooManyColumns, Some(side))))
    }

    /// All other events: several lines, quotes, JSON, arrays, base64. If the two sides cannot be read together, one
    /// side with all expected columns is enough.
    fn read_bodies(
        &mut self,
        event: &CapturedEvent<'_>,
        format: &CaptureFormat,
        out: &mut Out<'_>,
    ) -> Result<(), Fault> {
        let sides = format.order.sides();
        let rows = self.load(event, sides, format);
        let usable = rows.and_then(|rows| self.advance(sides, format).map(|()| rows));
        match usable {
            Ok(rows) => self.read_rows(event, sides, rows, format, out),
            Err(fault) => match self.enough_alone(event, format) {
                Some((sides, rows)) => self.read_rows(event, &sides, rows, format, out),
                // Other rows of the event may be readable.
                None => match rows {
                    Ok(rows) if rows > 1 => {
                        self.load(event, sides, format)?;
                        let _ = self.advance(sides, format);
                        self.report(fault, format, out);
                        self.read_rows_from(1, event, sides, rows, format, out);
                        Ok(())
                    }
                    _ => {
                        self.load_each(event, sides, format);
                        Err(fault)
                    }
                },
            },
        }
    }

    /// A side whose first row has all expected columns, and how many rows it has.
    fn enough_alone(
        &mut self,
        event: &CapturedEvent<'_>,
        format: &CaptureFormat,
    ) -> Option<([CapturedSide; 2], usize)> {
        let expected = format.fit.as_deref().filter(|_| format.order.sides().len() > 2)?;
        [CapturedSide::Input, CapturedSide::Output].into_iter().find_map(|side| {
            let sides = [side, CapturedSide::Truth];
            let rows = self.load(event, &sides, format).ok()?;
            self.advance(&sides, format).ok()?;
            let part = self.parts.get(side as usize)?;
            let has_all = if part.is_named() {
                expected.are_all(part.cells().map(|(name, _)| name))
            } else {
                expected.fits(part.width())
            };
            has_all.then_some((sides, rows))
        })
    }

    /// Loads the bodies of these sides; returns how many rows they have. Row i of the answer belongs to row i of the
    /// request.
    fn load(
        &mut self,
        event: &CapturedEvent<'_>,
        sides: &[CapturedSide],
        format: &CaptureFormat,
    ) -> Result<usize, Fault> {
        self.parts.iter_mut().for_each(Part::clear);
        let mut counts = [None; 3];
        for &side in sides {
            if let Some(count) = counts.get_mut(side as usize) {
                *count = self.load_side(event, side, format)?;
            }
        }
        let [output, input, truth] = counts;
        let output = if sides.contains(&CapturedSide::Input) {
            self.spread(output, input, format)
        } else {
            self.spread_by_request(event, output, format)?
        };
        // If the numbers differ, it is unknown which rows belong together, so none is used. Nobody knows what the container does then.
        let mut all = [output, input, truth].into_iter().flatten();
        match all.next() {
            None => Err(Fault(IssueKind::NoRows, None)),
            Some(rows) if all.any(|others| others != rows) => Err(Fault(IssueKind::RowsDiffer, None)),
            Some(0) => Err(Fault(IssueKind::NoRows, None)),
            Some(rows) => Ok(rows),
        }
    }

    /// Loads the body of a side, if the event has it; returns how many rows it has.
    fn load_side(
        &mut self,
        event: &CapturedEvent<'_>,
        side: CapturedSide,
        format: &CaptureFormat,
    ) -> Result<Option<usize>, Fault> {
        let (Some(part), Some(body)) = (self.parts.get_mut(side as usize), event.body(side)) else {
            return Ok(None);
        };
        let encoding = Encoding { content: format.content(side, body), ..body.encoding };
        let body = Body { encoding, ..*body };
        part.load(&body, format.path(side), format.max_columns).map_err(|kind| Fault(kind, Some(side)))?;
        if let Some(expected) = format.fit.as_deref() {
            part.skip_header(expected);
        }
        Ok(Some(part.count()))
    }

    /// [`Self::spread`] if the columns of the answer alone count: the request then only says how many rows the answer has. A request that
    /// cannot be read says nothing.
    fn spread_by_request(
        &mut self,
        event: &CapturedEvent<'_>,
        output: Option<usize>,
        format: &CaptureFormat,
    ) -> Result<Option<usize>, Fault> {
        if output != Some(1) {
            return Ok(output);
        }
        let asked = self.load_side(event, CapturedSide::Input, format).unwrap_or_default();
        self.parts.get_mut(CapturedSide::Input as usize).into_iter().for_each(Part::clear);
        match self.spread(output, asked, format) {
            // The row may have been read.
            Some(1) if asked.is_some_and(|rows| rows > 1) => {
                self.load_side(event, CapturedSide::Output, format)
            }
            spread => Ok(spread),
        }
    }

    /// Loads the parts that can be loaded, for a hint.
    fn load_each(&mut self, event: &CapturedEvent<'_>, sides: &[CapturedSide], format: &CaptureFormat) {
        for &side in sides {
            if let (Some(part), Some(body)) = (self.parts.get_mut(side as usize), event.body(side)) {
                let encoding = Encoding { content: format.content(side, body), ..body.encoding };
                let body = Body { encoding, ..*body };
                if part.load(&body, format.path(side), format.max_columns).is_ok() {
                    let _ = part.advance(format.path(side), format.max_columns);
                }
            }
        }
    }

    /// The built-in XGBoost answers a request of several rows with one line, `0.1,0.2,0.3`, and an array with one
    /// axis is one row as well. So an answer of one row with a cell for each row of the request has that many rows.
    fn spread(
        &mut self,
        output: Option<usize>,
        input: Option<usize>,
        format: &CaptureFormat,
    ) -> Option<usize> {
        let (Some(1), Some(rows @ 2..)) = (output, input) else { return output };
        let side = CapturedSide::Output;
        let Some(part) = self.parts.get_mut(side as usize) else { return output };
        let read = part.advance(format.path(side), format.max_columns.max(rows));
        if read.is_ok() && part.spread(rows) { Some(rows) } else { output }
    }

    /// Goes to the next row of each of these sides.
    fn advance(&mut self, sides: &[CapturedSide], format: &CaptureFormat) -> Result<(), Fault> {
        let mut fault = None;
        for &side in sides {
            if let Some(part) = self.parts.get_mut(side as usize)
                && let Err(kind) = part.advance(format.path(side), format.max_columns)
            {
                fault = Some(Fault(kind, Some(side)));
            }
        }
        fault.map_or(Ok(()), Err)
    }

    /// Sends all rows. The first one has been read.
    fn read_rows(
        &mut self,
        event: &CapturedEvent<'_>,
        sides: &[CapturedSide],
        rows: usize,
        format: &CaptureFormat,
        out: &mut Out<'_>,
    ) -> Result<(), Fault> {
        self.send(event, 0, sides, format, out)?;
        self.read_rows_from(1, event, sides, rows, format, out);
        Ok(())
    }

    fn read_rows_from(
        &mut self,
        first: usize,
        event: &CapturedEvent<'_>,
        sides: &[CapturedSide],
        rows: usize,
        format: &CaptureFormat,
        out: &mut Out<'_>,
    ) {
        for _ in self.parts.iter().filter(|part| part.has_barewords) {
            (out.issue)(IssueKind::NotANumber, &|| None);
        }
        for index in first..rows {
            let sent = self.advance(sides, format).and_then(|()| self.send(event, index, sides, format, out));
            if let Err(fault) = sent {
                self.report(fault, format, out);
            }
        }
    }

    fn send(
        &mut self,
        event: &CapturedEvent<'_>,
        index: usize,
        sides: &[CapturedSide],
        format: &CaptureFormat,
        out: &mut Out<'_>,
    ) -> Result<(), Fault> {
        if self.parts.iter().any(Part::is_named) {
            return self.send_named(event, index, sides, format, out);
        }
        let mut cells = recycle(std::mem::take(&mut self.cells));
        let mut row = JoinedRow::default();
        for &side in sides {
            let start = cells.len();
            cells.extend(
                self.parts.get(side as usize).into_iter().flat_map(Part::cells).map(|(_, cell)| cell),
            );
            row.put(side, start..cells.len());
        }
        send_row(row, event, index, &cells, format, out);
        self.cells = recycle(cells);
        Ok(())
    }

    /// If only one part has names, the other part gets the remaining names of the expected columns. If no columns are expected, it gets the
    /// names of a table without a header. Nobody knows what the container does then.
    fn send_named(
        &mut self,
        event: &CapturedEvent<'_>,
        index: usize,
        sides: &[CapturedSide],
        format: &CaptureFormat,
        out: &mut Out<'_>,
    ) -> Result<(), Fault> {
        let longest = self.parts.iter().map(Part::width).max().unwrap_or(0);
        for position in self.positions.len()..longest {
            self.positions.push(format!("_c{position}"));
        }
        let left = left_names(&self.parts, format)?;
        let positions: Vec<&str> = match &left {
            Some((names, _)) => names.clone(),
            None => self.positions.iter().map(String::as_str).collect(),
        };
        let mut cells = Vec::new();
        let mut row = JoinedRow::default();
        for &side in sides {
            let start = cells.len();
            let Some(part) = self.parts.get(side as usize) else { continue };
            if part.is_named() {
                cells.extend(part.cells());
            } else if left.is_some() && side == CapturedSide::Truth {
                let names = self.positions.iter().map(String::as_str);
                cells.extend(names.zip(part.cells().map(|(_, cell)| cell)));
            } else {
                cells.extend(positions.iter().copied().zip(part.cells().map(|(_, cell)| cell)));
            }
            row.put(side, start..cells.len());
        }
        match left {
            Some((_, joined)) if !joined => row.keep(unnamed_side(&self.parts)),
            Some(_) => {}
            None => row.fit_names(format, &cells),
        }
        row.send_named(event, index, &cells, out);
        Ok(())
    }
}

fn send_row(
    mut row: JoinedRow,
    event: &CapturedEvent<'_>,
    index: usize,
    cells: &[Cell<'_>],
    format: &CaptureFormat,
    out: &mut Out<'_>,
) {
    let (output, input) = row.sides(cells);
    if let Some(separator) = other_separator(output, input, format) {
        let hint = || Some(format!("they seem to be separated by {separator}"));
        return (out.issue)(IssueKind::OtherSeparator, &hint);
    }
    row.fit(format);
    row.send(event, index, cells, out);
}

/// The names for the cells of the side without names, and whether both sides are the row. `None` if no columns are
/// expected, or both sides have names.
fn left_names<'f>(
    parts: &[Part; 3],
    format: &'f CaptureFormat,
) -> Result<Option<(Vec<&'f str>, bool)>, Fault> {
    let (Some(expected), Some(side)) = (format.fit.as_deref(), unnamed_side(parts)) else { return Ok(None) };
    let [output, input, _] = parts;
    let (unnamed, named) = match side {
        CapturedSide::Input => (input, output),
        _ => (output, input),
    };
    let left = expected.left_by(named.cells().map(|(name, _)| name), unnamed.width());
    left.map(Some).ok_or(Fault(IssueKind::NamesOnOneSide, None))
}

/// Labels also come in files of their own, without the events that they belong to.
fn has_columns(event: &CapturedEvent<'_>, format: &CaptureFormat) -> bool {
    let has = |side: CapturedSide| event.body(side).is_some();
    let is_label = || has(CapturedSide::Truth) && !has(CapturedSide::Input) && !has(CapturedSide::Output);
    format.order.sides().iter().any(|side| *side != CapturedSide::Truth && has(*side)) || is_label()
}
