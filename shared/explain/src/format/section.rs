//! Lines of `key=value`, as LightGBM writes them.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::error::NoModel;

/// Characters of a value that an error quotes.
const MAX_SHOWN: usize = 40;

/// The lines of a file, and how far they are read.
pub(super) struct Lines<'a> {
    rest: &'a [u8],
    /// The number of the line that comes next, from 1.
    number: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, number: 1 }
    }

    /// The line that comes next, and what follows it; `None` at the end.
    fn peek(&self) -> Option<(&'a [u8], &'a [u8])> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        Some(match end {
            Some(end) => (self.rest.get(..end)?, self.rest.get(end + 1..)?),
            None => (self.rest, &[]),
        })
    }

    /// Whether such a line comes next.
    pub(super) fn next_is(&self, is_such: impl Fn(&str) -> bool) -> bool {
        self.peek().is_some_and(|(line, _)| std::str::from_utf8(line).is_ok_and(|line| is_such(line.trim())))
    }

    /// An error at the line that comes next.
    pub(super) fn fault<T>(&self, problem: String) -> Result<T, NoModel> {
        Err(NoModel::Line { line: self.number, problem })
    }
}

/// Lines with different keys.
pub(super) struct Section<'a> {
    /// The first line.
    begin: usize,
    values: BTreeMap<&'a str, (usize, &'a str)>,
}

impl<'a> Section<'a> {
    /// Reads the first line, and the others up to one that begins something else.
    pub(super) fn read(lines: &mut Lines<'a>, is_end: impl Fn(&str) -> bool) -> Result<Self, NoModel> {
        let mut section = Self { begin: lines.number, values: BTreeMap::new() };
        while let Some((line, rest)) = lines.peek() {
            let Ok(line) = std::str::from_utf8(line) else {
                return lines.fault("it is not text in UTF-8".to_owned());
            };
            let line = line.trim();
            if lines.number > section.begin && is_end(line) {
                break;
            }
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            if !key.is_empty() && section.values.insert(key, (lines.number, value)).is_some() {
                return lines.fault(format!("`{}` is there twice", shown(key)));
            }
            lines.rest = rest;
            lines.number += 1;
        }
        Ok(section)
    }

    /// The words of a value; none if there is no such key.
    pub(super) fn words(&self, key: &str) -> impl Iterator<Item = &'a str> {
        let value = self.values.get(key).map_or("", |(_, value)| *value);
        value.split_ascii_whitespace()
    }

    /// A value that is one number.
    ///
    /// # Errors
    /// If it is not there, or no such number.
    pub(super) fn number<T: FromStr>(&self, key: &'static str) -> Result<T, NoModel> {
        let Some((line, value)) = self.values.get(key) else { return self.missing(key) };
        value.trim().parse().map_err(|_| NoModel::Line {
            line: *line,
            problem: format!("`{}` is not a `{key}`", shown(value)),
        })
    }

    /// A value that consists of this many numbers.
    ///
    /// # Errors
    /// If it is not there, there are more or fewer, or some are no such numbers.
    pub(super) fn list<T: FromStr>(&self, key: &'static str, count: usize) -> Result<Vec<T>, NoModel> {
        let Some((line, value)) = self.values.get(key) else { return self.missing(key) };
        let wrong = |problem: String| NoModel::Line { line: *line, problem };
        let found = value.split_ascii_whitespace().count();
        if found != count {
            return Err(wrong(format!("`{key}` has {found} values; expected: {count}")));
        }
        let parse = |word: &str| {
            word.parse().map_err(|_| wrong(format!("`{}` is not a value of `{key}`", shown(word))))
        };
        value.split_ascii_whitespace().map(parse).collect()
    }

    /// An error at the line of a key.
    pub(super) fn fault<T>(&self, key: &str, problem: String) -> Result<T, NoModel> {
        let line = self.values.get(key).map_or(self.begin, |(line, _)| *line);
        Err(NoModel::Line { line, problem })
    }

    fn missing<T>(&self, key: &'static str) -> Result<T, NoModel> {
        self.fault(key, format!("the part that begins here has no `{key}`"))
    }
}

fn shown(text: &str) -> String {
    text.chars().take(MAX_SHOWN).collect()
}
