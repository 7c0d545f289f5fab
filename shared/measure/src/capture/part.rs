//! The rows of one body, one after the other.

use std::collections::HashSet;
use std::ops::Range;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use csv_core::ReadFieldResult;
use memchr::{memchr, memchr2};
use serde_json::value::RawValue;

use super::event::{Body, Content};
use super::json::{Items, skip_space, string_end, value_end};
use super::path::{RowPath, follow, is_list_of_containers};
use super::text::RawText;
use crate::cell::Cell;
use crate::issues::IssueKind;

/// A body, whose rows are read one by one. Its memory is used again for the next body.
#[derive(Debug, Default)]
pub(super) struct Part {
    text: String,
    rows: Rows,
    /// What of the row cannot be pointed at in the text.
    unescaped: Vec<u8>,
    fields: Vec<Field>,
    named: bool,
    /// Made when it is needed: that takes longer than reading a hundred events.
    csv: Option<csv_core::Reader>,
    /// Whether `NaN` or `Infinity` stood where a number should.
    pub(super) has_barewords: bool,
}

/// What is left of a body.
#[derive(Clone, Copy, Debug, Default)]
enum Rows {
    #[default]
    None,
    /// Lines from here on.
    Lines(usize),
    /// Records of CSV from here on.
    Records(usize),
    /// The value that begins here.
    One(usize),
    /// Elements of a list.
    Each(Items),
}

/// A cell, and its name if it has one.
#[derive(Clone, Debug)]
struct Field {
    name: Option<Source>,
    value: Option<Source>,
}

/// Where a text stands.
#[derive(Clone, Debug)]
enum Source {
    Text(Range<usize>),
    Unescaped(Range<usize>),
}

impl Part {
    /// There is no such body.
    pub(super) fn clear(&mut self) {
        self.rows = Rows::None;
        self.fields.clear();
        self.has_barewords = false;
    }

    /// Takes a body.
    pub(super) fn load(&mut self, body: &Body<'_>, path: Option<&RowPath>) -> Result<(), IssueKind> {
        self.clear();
        self.text.clear();
        body.data.append_to(&mut self.text).ok_or(IssueKind::NotUtf8)?;
        if body.encoding.base64 {
            let bytes = BASE64_STANDARD.decode(self.text.trim_end()).map_err(|_| IssueKind::NotBase64)?;
            self.text = String::from_utf8(bytes).map_err(|_| IssueKind::NotUtf8)?;
        }
        self.rows = match body.encoding.content.ok_or(IssueKind::UnknownEncoding)? {
            Content::Csv if memchr2(b'"', b'\r', self.text.as_bytes()).is_none() => Rows::Lines(0),
            Content::Csv => Rows::Records(0),
            Content::Json => {
                self.validate()?;
                self.select(path)?
            }
        };
        self.begin_csv();
        Ok(())
    }

    /// The walk relies on JSON that has been accepted. Python writes `NaN` and `Infinity`, which JSON does not know.
    fn validate(&mut self) -> Result<(), IssueKind> {
        if serde_json::from_str::<&RawValue>(&self.text).is_ok() {
            return Ok(());
        }
        let without = without_barewords(&self.text).ok_or(IssueKind::BodyNotJson)?;
        serde_json::from_str::<&RawValue>(&without).map_err(|_| IssueKind::BodyNotJson)?;
        self.text = without;
        self.has_barewords = true;
        Ok(())
    }

    fn select(&self, path: Option<&RowPath>) -> Result<Rows, IssueKind> {
        let text = self.text.as_bytes();
        let start = skip_space(text, 0);
        let Some(path) = path else {
            return Ok(self.batch_or_one(start));
        };
        let at = follow(&self.text, start, &path.to_list).ok_or(IssueKind::NothingAtPath)?;
        match &path.within {
            None => Ok(self.batch_or_one(at)),
            Some(_) if text.get(at) == Some(&b'[') => Ok(Rows::Each(Items::of(at))),
            Some(_) => Err(IssueKind::NothingAtPath),
        }
    }

    fn batch_or_one(&self, at: usize) -> Rows {
        if is_list_of_containers(self.text.as_bytes(), at) {
            Rows::Each(Items::of(at))
        } else {
            Rows::One(at)
        }
    }

    /// How many rows there are. Only right before the first one has been read.
    pub(super) fn count(&mut self) -> usize {
        let text = self.text.as_bytes();
        match self.rows {
            Rows::None => 0,
            Rows::One(_) => 1,
            Rows::Lines(_) => text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count(),
            Rows::Each(mut items) => std::iter::from_fn(|| items.element(text)).count(),
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

    /// Goes to the next row, which is there.
    pub(super) fn advance(&mut self, path: Option<&RowPath>, most: usize) -> Result<(), IssueKind> {
        self.fields.clear();
        self.unescaped.clear();
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
            Rows::Each(mut items) => {
                let element = items.element(self.text.as_bytes()).ok_or(IssueKind::NoRows)?;
                self.rows = Rows::Each(items);
                let within = path.and_then(|path| path.within.as_deref()).unwrap_or_default();
                let at = follow(&self.text, element.start, within).ok_or(IssueKind::NothingAtPath)?;
                self.value(at, most)?;
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
                // Asked again without input, it ends the last field.
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

    /// Where the text of a string is, whose inside is given.
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

/// The text with `null` for `NaN`, `Infinity` and `-Infinity` outside of strings; none when there is none of them.
fn without_barewords(text: &str) -> Option<String> {
    let mut without = String::with_capacity(text.len());
    let mut rest = text;
    let mut found = false;
    while let Some(at) = rest.find(['"', 'N', 'I', '-']) {
        without.push_str(rest.get(..at)?);
        rest = rest.get(at..)?;
        if rest.starts_with('"') {
            let end = string_end(rest.as_bytes(), 1)?.0 + 1;
            without.push_str(rest.get(..end)?);
            rest = rest.get(end..)?;
        } else if let Some(after) =
            ["NaN", "Infinity", "-Infinity"].iter().find_map(|word| rest.strip_prefix(word))
        {
            found = true;
            without.push_str("null");
            rest = after;
        } else {
            without.push_str(rest.get(..1)?);
            rest = rest.get(1..)?;
        }
    }
    without.push_str(rest);
    found.then_some(without)
}
