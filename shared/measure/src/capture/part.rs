//! The rows of one body, one after the other.

mod load;

use std::collections::HashSet;
use std::ops::Range;

use csv_core::ReadFieldResult;
use memchr::memchr;

use super::columnar::Values;
use super::json::{Items, value_end};
use super::path::{RowPath, follow};
use super::text::RawText;
use crate::cell::Cell;
use crate::issues::IssueKind;

/// A body with rows that are read one by one. Its memory is used again for the next body.
#[derive(Debug, Default)]
pub(super) struct Part {
    text: String,
    rows: Rows,
    /// The parts of the row that had to be unescaped, so that the text does not hold them literally.
    unescaped: Vec<u8>,
    fields: Vec<Field>,
    named: bool,
    /// Made on first use: making it takes longer than reading a hundred events.
    csv: Option<csv_core::Reader>,
    /// The columns of the next row.
    columns: Vec<(Source, Values)>,
    /// The names of the cells of each row, if they are beside the rows.
    names: Vec<Source>,
    /// The cells of one row; each is a row of its own.
    spread: Vec<Field>,
    is_json: bool,
    /// Whether a number was `NaN` or `Infinity`.
    pub(super) has_barewords: bool,
}

/// The rest of a body.
#[derive(Clone, Copy, Debug, Default)]
enum Rows {
    #[default]
    None,
    /// The lines that begin at this offset.
    Lines(usize),
    /// The CSV records that begin at this offset.
    Records(usize),
    /// The value that begins here.
    One(usize),
    /// All of it, as one cell.
    Text,
    /// The elements of a list; the path continues in each of them.
    Each(Items),
    /// Elements of a list, each a row.
    Ready(Items),
    /// The next value of each column; how many rows there are.
    Columns(usize),
    /// Rows in a list, with their names beside it.
    Split(Items),
    /// The cells of a row that begin at this offset.
    Spread(usize),
}

/// A cell, and its name if it has one.
#[derive(Clone, Debug)]
struct Field {
    name: Option<Source>,
    value: Option<Source>,
}

/// Where a text is.
#[derive(Clone, Debug)]
enum Source {
    Text(Range<usize>),
    Unescaped(Range<usize>),
}

impl Part {
    /// The event has no such body.
    pub(super) fn clear(&mut self) {
        self.rows = Rows::None;
        self.fields.clear();
        self.columns.clear();
        self.names.clear();
        self.spread.clear();
        self.unescaped.clear();
        self.named = false;
        self.is_json = false;
        self.has_barewords = false;
    }

    /// How many rows there are. Only right before the first one has been read.
    pub(super) fn count(&mut self) -> usize {
        let text = self.text.as_bytes();
        match self.rows {
            Rows::None => 0,
            Rows::One(_) | Rows::Text => 1,
            Rows::Lines(at) => {
                let lines = text.get(at..).unwrap_or_default().split(|byte| *byte == b'\n');
                lines.filter(|line| !line.is_empty()).count()
            }
            Rows::Each(mut items) | Rows::Ready(mut items) | Rows::Split(mut items) => {
                std::iter::from_fn(|| items.element(text)).count()
            }
            Rows::Columns(rows) => rows,
            Rows::Spread(_) => self.spread.len(),
            Rows::Records(at) => {
                let mut count = 0;
                while self.csv_record(usize::MAX).is_some() {
                    count += 1;
                }
                self.rows = Rows::Records(at);
                self.begin_csv();
                count
            }
        }
    }

    fn begin_csv(&mut self) {
        self.csv.iter_mut().for_each(csv_core::Reader::reset);
    }

    /// Goes to the next row, which must exist.
    pub(super) fn advance(&mut self, path: Option<&RowPath>, most: usize) -> Result<(), IssueKind> {
        self.fields.clear();
        // Names that were unescaped when the body was loaded stay.
        if self.columns.is_empty() && self.names.is_empty() && self.spread.is_empty() {
            self.unescaped.clear();
        }
        self.named = false;
        match self.rows {
            Rows::None => return Ok(()),
            Rows::Lines(at) => self.line(at, most),
            Rows::Records(_) => {
                self.csv_record(most);
            }
            Rows::One(at) => {
                self.rows = Rows::None;
                self.value(at, most)?;
            }
            Rows::Text => {
                self.rows = Rows::None;
                self.fields.push(Field { name: None, value: Some(Source::Text(0..self.text.len())) });
            }
            Rows::Each(mut items) => {
                let element = items.element(self.text.as_bytes()).ok_or(IssueKind::NoRows)?;
                self.rows = Rows::Each(items);
                let within = path.and_then(|path| path.within.as_deref()).unwrap_or_default();
                let at = follow(&self.text, element.start, within).ok_or(IssueKind::NothingAtPath)?;
                self.value(at, most)?;
            }
            Rows::Ready(mut items) => {
                let element = items.element(self.text.as_bytes()).ok_or(IssueKind::NoRows)?;
                self.rows = Rows::Ready(items);
                self.value(element.start, most)?;
            }
            Rows::Columns(_) => self.next_of_columns(most)?,
            Rows::Split(mut items) => {
                let element = items.element(self.text.as_bytes()).ok_or(IssueKind::NoRows)?;
                self.rows = Rows::Split(items);
                self.value(element.start, most)?;
                self.name_fields()?;
            }
            Rows::Spread(at) => {
                self.fields.extend(self.spread.get(at).cloned());
                self.rows = Rows::Spread(at + 1);
            }
        }
        if self.fields.len() > most { Err(IssueKind::TooManyColumns) } else { Ok(()) }
    }

    /// The next line that is not empty.
    fn line(&mut self, at: usize, most: usize) {
        let text = self.text.as_bytes();
        let rest = text.get(at..).unwrap_or_default();
        let start = at + rest.iter().take_while(|byte| **byte == b'\n').count();
        let rest = text.get(start..).unwrap_or_default();
        let end = start + memchr(b'\n', rest).unwrap_or(rest.len());
        self.rows = Rows::Lines(end);
        let mut from = start;
        while from <= end && self.fields.len() <= most {
            let rest = text.get(from..end).unwrap_or_default();
            let to = from + memchr(b',', rest).unwrap_or(rest.len());
            self.fields.push(Field::of_csv(Source::Text(from..to)));
            from = to + 1;
        }
    }

    /// The next record, whose fields may have quotes, commas and line ends in them.
    fn csv_record(&mut self, most: usize) -> Option<()> {
        let Rows::Records(mut at) = self.rows else { return None };
        let csv = self.csv.get_or_insert_with(csv_core::Reader::new);
        self.fields.clear();
        self.unescaped.resize(self.unescaped.len().max(256), 0);
        let (mut start, mut filled) = (0, 0);
        let more = loop {
            let input = self.text.as_bytes().get(at..).unwrap_or_default();
            let output = self.unescaped.get_mut(filled..).unwrap_or_default();
            let (state, read, written) = csv.read_field(input, output);
            at += read;
            filled += written;
            match state {
                // A second call without input ends the last field.
                ReadFieldResult::InputEmpty => {}
                ReadFieldResult::OutputFull => self.unescaped.resize(2 * self.unescaped.len(), 0),
                ReadFieldResult::Field { record_end } => {
                    if self.fields.len() <= most {
                        self.fields.push(Field::of_csv(Source::Unescaped(start..filled)));
                    }
                    start = filled;
                    if record_end {
                        break Some(());
                    }
                }
                ReadFieldResult::End => break None,
            }
        };
        self.rows = Rows::Records(at);
        more
    }

    /// A row of JSON: a list of scalars, an object of scalars, or one scalar.
    fn value(&mut self, at: usize, most: usize) -> Result<(), IssueKind> {
        let mut items = Items::of(at);
        match self.text.as_bytes().get(at) {
            Some(b'[') => {
                while let Some(element) = items.element(self.text.as_bytes()) {
                    let value = self.scalar(element)?;
                    self.push(Field { name: None, value }, most)?;
                }
            }
            Some(b'{') => {
                self.named = true;
                while let Some((key, value)) = items.member(self.text.as_bytes()) {
                    let name = Some(self.source(key)?);
                    let value = self.scalar(value)?;
                    self.push(Field { name, value }, most)?;
                }
                self.keep_the_last_of_each_name();
            }
            _ => {
                let end = value_end(self.text.as_bytes(), at).ok_or(IssueKind::BodyNotJson)?;
                let value = self.scalar(at..end)?;
                self.push(Field { name: None, value }, most)?;
            }
        }
        Ok(())
    }

    fn next_of_columns(&mut self, most: usize) -> Result<(), IssueKind> {
        let mut columns = std::mem::take(&mut self.columns);
        let mut next = || {
            for (name, values) in &mut columns {
                let value = values.next(self.text.as_bytes()).ok_or(IssueKind::NoRows)?;
                let value = self.scalar(value)?;
                self.push(Field { name: Some(name.clone()), value }, most)?;
            }
            Ok(())
        };
        let read = next();
        self.columns = columns;
        self.named = true;
        self.keep_the_last_of_each_name();
        read
    }

    /// The names beside the rows are the names of the cells, if there are as many.
    fn name_fields(&mut self) -> Result<(), IssueKind> {
        if self.named || self.fields.len() != self.names.len() {
            return Err(IssueKind::NothingAtPath);
        }
        for (field, name) in self.fields.iter_mut().zip(&self.names) {
            field.name = Some(name.clone());
        }
        self.named = true;
        self.keep_the_last_of_each_name();
        Ok(())
    }

    /// Reads the cells of a single row as rows, if there are as many; returns whether it did. Only for a body of one
    /// row.
    pub(super) fn spread(&mut self, rows: usize) -> bool {
        let fits = !self.named && self.fields.len() == rows;
        if fits {
            self.spread = std::mem::take(&mut self.fields);
            self.rows = Rows::Spread(0);
        }
        fits
    }

    /// How many cells the row has.
    pub(super) fn width(&self) -> usize {
        self.fields.len()
    }

    fn push(&mut self, field: Field, most: usize) -> Result<(), IssueKind> {
        if self.fields.len() >= most {
            return Err(IssueKind::TooManyColumns);
        }
        self.fields.push(field);
        Ok(())
    }

    fn scalar(&mut self, value: Range<usize>) -> Result<Option<Source>, IssueKind> {
        match self.text.as_bytes().get(value.start) {
            Some(b'[' | b'{') => Err(IssueKind::Nested),
            Some(b'n') => Ok(None),
            Some(b'"') => Ok(Some(self.source(value.start + 1..value.end - 1)?)),
            _ => Ok(Some(Source::Text(value))),
        }
    }

    /// Where the text of a string is, given its inside.
    fn source(&mut self, inside: Range<usize>) -> Result<Source, IssueKind> {
        let raw = self.text.as_bytes().get(inside.clone()).unwrap_or_default();
        if memchr(b'\\', raw).is_none() {
            return Ok(Source::Text(inside));
        }
        let text = RawText { inside: raw, escaped: true }.text().ok_or(IssueKind::NotUtf8)?;
        let start = self.unescaped.len();
        self.unescaped.extend_from_slice(text.as_bytes());
        Ok(Source::Unescaped(start..self.unescaped.len()))
    }

    /// As other readers of JSON do.
    fn keep_the_last_of_each_name(&mut self) {
        let mut seen = HashSet::with_capacity(self.fields.len());
        let is_last: Vec<bool> =
            self.fields.iter().rev().map(|field| seen.insert(self.name(field))).collect();
        if seen.len() < self.fields.len() {
            let mut is_last = is_last.into_iter().rev();
            self.fields.retain(|_| is_last.next().unwrap_or(true));
        }
    }

    /// Whether the body is JSON.
    pub(super) fn is_json(&self) -> bool {
        self.is_json
    }

    /// Whether the cells of the row have names.
    pub(super) fn is_named(&self) -> bool {
        self.named
    }

    /// The cells of the row.
    pub(super) fn cells(&self) -> impl Iterator<Item = (&str, Cell<'_>)> {
        self.fields.iter().map(|field| {
            let cell = match &field.value {
                None => Cell::Missing,
                Some(source) => Cell::Text(self.bytes(source)),
            };
            (self.name(field), cell)
        })
    }

    fn name(&self, field: &Field) -> &str {
        let name = field.name.as_ref().map(|source| self.bytes(source)).unwrap_or_default();
        std::str::from_utf8(name).unwrap_or_default()
    }

    fn bytes(&self, source: &Source) -> &[u8] {
        let (text, range) = match source {
            Source::Text(range) => (self.text.as_bytes(), range),
            Source::Unescaped(range) => (&*self.unescaped, range),
        };
        text.get(range.clone()).unwrap_or_default()
    }
}

impl Field {
    /// An empty field is a missing one, quoted or not.
    fn of_csv(source: Source) -> Self {
        let (Source::Text(range) | Source::Unescaped(range)) = &source;
        Self { name: None, value: (!range.is_empty()).then_some(source) }
    }
}
