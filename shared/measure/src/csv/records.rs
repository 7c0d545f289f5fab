//! The records of an input, whatever they mean.

use std::io::{BufRead, Chain, Cursor, Read as _};

use csv_core::{ReadRecordResult, Reader};
use memchr::memchr;

use super::error::CsvError;
use super::limits::{MAX_COLUMNS, MAX_ROW};
use super::separator::RowShape;
use crate::foreign::Foreign;

/// How JSON begins, and a row of a table does not: with a record or a list of records, on one line or on several.
const JSON: [&[u8]; 8] = [b"{\"", b"{\n", b"{\r\n", b"{ \"", b"[{", b"[[", b"[\n", b"[\r\n"];

/// An input. The bytes that were read from its beginning to recognize it come first.
pub(super) type RestOf<Input> = Chain<Cursor<Vec<u8>>, Input>;

/// The records of an input, one at a time, in memory that grows to the size of the largest record.
#[derive(Debug)]
pub(super) struct Records<Input> {
    input: RestOf<Input>,
    reader: Reader,
    /// The fields of the record, one after the other, and room for more.
    text: Vec<u8>,
    /// The ends of the fields, and room for more.
    ends: Vec<usize>,
    length: usize,
    pub(super) width: usize,
    /// Whether the record has more fields than there are ends.
    pub(super) too_wide: bool,
    /// The line in which the record begins, from 1.
    pub(super) line: u64,
    /// Ends of empty lines, and of those before the input.
    skipped: u64,
}

impl<Input: BufRead> Records<Input> {
    /// Skips the mark that Windows begins a text with. (The parser does so as well, but reads a buffer with nothing
    /// else as the end of the input.)
    pub(super) fn new(mut input: Input) -> Result<Self, CsvError> {
        let beginning = Foreign::beginning(&mut input);
        let mut beginning = beginning.map_err(|source| CsvError::Input { line: 1, source })?;
        if let Some(foreign) = Foreign::of(&beginning) {
            return Err(CsvError::Foreign(foreign));
        }
        if let Some(text) = beginning.strip_prefix("\u{feff}".as_bytes()) {
            beginning = text.to_vec();
        }
        if JSON.iter().any(|json| beginning.starts_with(json)) {
            return Err(CsvError::Json);
        }
        Ok(Self::of(Cursor::new(beginning).chain(input), 0))
    }

    /// The lines of a text, which follow this many other lines.
    pub(super) fn after(input: Input, lines: u64) -> Self {
        Self::of(Cursor::new(Vec::new()).chain(input), lines)
    }

    fn of(input: RestOf<Input>, lines: u64) -> Self {
        Self {
            input,
            reader: Reader::new(),
            text: vec![0; 4096],
            ends: vec![0; 64],
            length: 0,
            width: 0,
            too_wide: false,
            line: lines + 1,
            skipped: lines,
        }
    }

    /// The bytes that were not read yet, and the number of lines before them.
    pub(super) fn into_rest(mut self) -> Result<(RestOf<Input>, u64), CsvError> {
        self.skip_empty_lines()?;
        Ok((self.input, self.reader.line() - 1 + self.skipped))
    }

    /// Reads the next record; false if there is none.
    pub(super) fn read(&mut self) -> Result<bool, CsvError> {
        self.skip_empty_lines()?;
        self.line = self.reader.line() + self.skipped;
        (self.length, self.width, self.too_wide) = (0, 0, false);
        let mut begun = false;
        loop {
            let line = self.line;
            let input = self.input.fill_buf().map_err(|source| CsvError::Input { line, source })?;
            // The parser accepts the end of its input as the end of any field. A line end does not end a field with
            // an open quote.
            let is_end = input.is_empty() && begun;
            let input = if is_end { b"\n".as_slice() } else { input };
            let text = self.text.get_mut(self.length..).unwrap_or_default();
            let ends = self.ends.get_mut(self.width..).unwrap_or_default();
            let (result, read, written, ended) = self.reader.read_record(input, text, ends);
            if is_end && written > 0 {
                return Err(CsvError::QuoteNotClosed(line));
            }
            begun |= read > 0;
            self.input.consume(if is_end { 0 } else { read });
            self.length += written;
            self.width += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.text.len() >= MAX_ROW => {
                    return Err(CsvError::RowTooLong(line));
                }
                ReadRecordResult::OutputFull => self.text.resize(2 * self.text.len(), 0),
                ReadRecordResult::OutputEndsFull if self.ends.len() >= MAX_COLUMNS => {
                    // The fields so far are not needed: the record is left out.
                    (self.length, self.width, self.too_wide) = (0, 0, true);
                }
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::Record => return Ok(true),
                ReadRecordResult::End => return Ok(false),
            }
        }
    }

    /// Skips the rest of a line end, and empty lines, so that the line in which the next record begins is known.
    fn skip_empty_lines(&mut self) -> Result<(), CsvError> {
        loop {
            let line = self.line;
            let input = self.input.fill_buf().map_err(|source| CsvError::Input { line, source })?;
            let empty = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
            let (bytes, lines) =
                empty.fold((0, 0), |(bytes, lines), byte| (bytes + 1, lines + u64::from(*byte == b'\n')));
            let whole = bytes > 0 && bytes == input.len();
            self.input.consume(bytes);
            self.skipped += lines;
            if !whole {
                return Ok(());
            }
        }
    }

    fn bytes(&self) -> &[u8] {
        self.text.get(..self.length).unwrap_or_default()
    }

    pub(super) fn is_utf8(&self) -> bool {
        str::from_utf8(self.bytes()).is_ok()
    }

    /// Text has no zero bytes: this is UTF-16 without a mark, or a file of another kind.
    pub(super) fn refuse_zero_bytes(&self) -> Result<(), CsvError> {
        memchr(0, self.bytes()).map_or(Ok(()), |_| Err(CsvError::ZeroByte(self.line)))
    }

    pub(super) fn shape(&self) -> RowShape {
        RowShape::of(self.fields())
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = &[u8]> {
        let ends = self.ends.get(..self.width).unwrap_or_default();
        let starts = std::iter::once(&0).chain(ends);
        starts.zip(ends).map(|(start, end)| self.text.get(*start..*end).unwrap_or_default())
    }
}
