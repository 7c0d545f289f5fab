//! Loads a body: finds its kind, and where its rows are.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use memchr::memchr2;
use serde_json::value::RawValue;

use super::super::columnar::{Columnar, columnar};
use super::super::event::{Body, Content};
use super::super::fit::ExpectedColumns;
use super::super::json::{Items, skip_space, string_end};
use super::super::path::{RowPath, follow, is_list_of_containers};
use super::super::suggest::suggest;
use super::super::{documents, npy};
use super::{Part, Rows};
use crate::cell::Cell;
use crate::issues::IssueKind;

impl Part {
    /// Loads a body. Its content type gives its kind, unless the body evidently has another one.
    pub(in crate::capture) fn load(
        &mut self,
        body: &Body<'_>,
        path: Option<&RowPath>,
        most: usize,
    ) -> Result<(), IssueKind> {
        self.clear();
        self.text.clear();
        body.data.append_to(&mut self.text).ok_or(IssueKind::NotUtf8)?;
        if body.encoding.base64 {
            let bytes = BASE64_STANDARD.decode(self.text.trim_end()).map_err(|_| IssueKind::NotBase64)?;
            if npy::is_archive(&bytes) {
                return Err(IssueKind::NotAnArray);
            }
            if npy::is_npy(&bytes) || body.encoding.content == Some(Content::Array) {
                return self.load_array(&bytes, most);
            }
            self.text = String::from_utf8(bytes).map_err(|_| IssueKind::NotUtf8)?;
        }
        self.rows = match self.content(body.encoding.content)? {
            Content::Csv if memchr2(b'"', b'\r', self.text.as_bytes()).is_none() => Rows::Lines(0),
            Content::Csv => Rows::Records(0),
            Content::Array => return Err(IssueKind::NotAnArray),
            Content::Text => Rows::Text,
            Content::Json => {
                self.is_json = true;
                self.load_json(path, most)?
            }
        };
        self.begin_csv();
        Ok(())
    }

    /// Loads a JSON document that is a table, or a part of one.
    pub(in crate::capture) fn load_document(&mut self, text: &str, most: usize) -> Result<(), IssueKind> {
        self.clear();
        self.text.clear();
        self.text.push_str(text);
        self.is_json = true;
        self.rows = self.load_json(None, most)?;
        Ok(())
    }

    fn load_array(&mut self, bytes: &[u8], most: usize) -> Result<(), IssueKind> {
        self.text = npy::rows(bytes, most)?;
        self.rows = Rows::Ready(Items::of(0));
        Ok(())
    }

    /// JSON that is captured as CSV is still JSON. If the type of a body is unknown, numbers between commas are CSV.
    fn content(&self, said: Option<Content>) -> Result<Content, IssueKind> {
        let text = self.text.trim_start();
        let is_json = || text.starts_with(['{', '[']) && serde_json::from_str::<&RawValue>(text).is_ok();
        let is_number = |cell: &str| cell.trim().is_empty() || cell.trim().parse::<f64>().is_ok();
        let are_numbers = || text.lines().next().is_some_and(|line| line.split(',').all(is_number));
        match said {
            Some(Content::Csv) | None if is_json() => Ok(Content::Json),
            Some(content) => Ok(content),
            None if are_numbers() => Ok(Content::Csv),
            None => Err(IssueKind::UnknownEncoding),
        }
    }

    /// The walk relies on JSON that has been accepted. Python writes `NaN` and `Infinity`, which JSON does not know.
    fn load_json(&mut self, path: Option<&RowPath>, most: usize) -> Result<Rows, IssueKind> {
        if serde_json::from_str::<&RawValue>(&self.text).is_ok() {
            return self.select(path, most);
        }
        let without = without_barewords(&self.text);
        self.has_barewords = without.is_some();
        let text = without.unwrap_or_else(|| std::mem::take(&mut self.text));
        if self.has_barewords && serde_json::from_str::<&RawValue>(&text).is_ok() {
            self.text = text;
            return self.select(path, most);
        }
        self.text = documents::rows(&text, path).ok_or(IssueKind::BodyNotJson)??;
        Ok(Rows::Ready(Items::of(0)))
    }

    fn select(&mut self, path: Option<&RowPath>, most: usize) -> Result<Rows, IssueKind> {
        let text = self.text.as_bytes();
        let start = skip_space(text, 0);
        let Some(path) = path else {
            return self.batch_or_one(start, most);
        };
        let at = follow(&self.text, start, &path.to_list).ok_or(IssueKind::NothingAtPath)?;
        match &path.within {
            None => self.batch_or_one(at, most),
            Some(_) if text.get(at) == Some(&b'[') => Ok(Rows::Each(Items::of(at))),
            Some(_) => Err(IssueKind::NothingAtPath),
        }
    }

    fn batch_or_one(&mut self, at: usize, most: usize) -> Result<Rows, IssueKind> {
        if is_list_of_containers(self.text.as_bytes(), at) {
            return Ok(Rows::Each(Items::of(at)));
        }
        match columnar(self.text.as_bytes(), at, most) {
            None => Ok(Rows::One(at)),
            Some(Columnar::Columns(columns)) => {
                let rows = columns.first().map_or(0, |(_, values)| {
                    let mut values = *values;
                    std::iter::from_fn(|| values.next(self.text.as_bytes())).count()
                });
                let named = columns.into_iter().map(|(name, values)| Ok((self.source(name)?, values)));
                self.columns = named.collect::<Result<_, IssueKind>>()?;
                Ok(Rows::Columns(rows))
            }
            Some(Columnar::Split(names, items)) => {
                self.names = names.into_iter().map(|name| self.source(name)).collect::<Result<_, _>>()?;
                Ok(Rows::Split(items))
            }
        }
    }

    /// Leaves out a first row that names expected columns in their order, if rows follow.
    pub(in crate::capture) fn skip_header(&mut self, expected: &ExpectedColumns) {
        let begin = self.rows;
        if !matches!(begin, Rows::Lines(_) | Rows::Records(_)) || self.count() < 2 {
            return;
        }
        let read = self.advance(None, expected.count());
        if read.is_err() || !expected.are_in_a_row(self.texts().map(<[u8]>::trim_ascii)) {
            self.rows = begin;
            self.begin_csv();
        }
    }

    fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.cells().map(|(_, cell)| match cell {
            Cell::Text(text) => text,
            Cell::Missing => b"".as_slice(),
        })
    }

    /// Whether the body is an object of JSON.
    pub(in crate::capture) fn is_object(&self) -> bool {
        self.is_json && self.text.trim_start().starts_with('{')
    }

    /// Where the rows of the body seem to be.
    pub(in crate::capture) fn suggestion(&self) -> Option<String> {
        self.is_json.then(|| suggest(&self.text)).flatten()
    }
}

/// The text with `null` for `NaN`, `Infinity` and `-Infinity` outside of strings; `None` if it has none of them.
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
