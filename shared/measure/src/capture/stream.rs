//! The JSON documents of a stream, one at a time: one per line, one after the other, or the elements of a list.

use std::io::{self, BufRead};

use super::table_error::{JsonTableError, MAX_DOCUMENT};

/// Splits a stream into documents. Memory grows to the size of the largest document.
#[derive(Debug)]
pub(super) struct Documents<Input> {
    input: Input,
    /// The line that is being read, from 1.
    line: u64,
    place: Place,
    /// Whether nothing has been read yet.
    is_new: bool,
}

/// Where in the stream the next byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Between documents.
    Outside,
    /// Where an element of a list begins, or the list ends.
    Element,
    /// After an element of a list.
    Behind,
}

impl<Input: BufRead> Documents<Input> {
    pub(super) fn new(input: Input) -> Self {
        Self { input, line: 1, place: Place::Outside, is_new: true }
    }

    /// Puts the next document into `text`, and returns the line in which it begins; `None` at the end.
    pub(super) fn next(&mut self, text: &mut Vec<u8>) -> Result<Option<u64>, JsonTableError> {
        text.clear();
        if std::mem::take(&mut self.is_new) && self.peek()? == Some(0xef) {
            // The mark that Windows begins a text with.
            for _ in "\u{feff}".as_bytes() {
                let is_there = self.peek()?.is_some();
                self.input.consume(usize::from(is_there));
            }
        }
        loop {
            let Some(byte) = self.skip_space()? else {
                return if self.place == Place::Outside {
                    Ok(None)
                } else {
                    Err(JsonTableError::NotClosed(self.line))
                };
            };
            match (self.place, byte) {
                (Place::Behind, b',') => self.turn(Place::Element),
                (Place::Behind | Place::Element, b']') => self.turn(Place::Outside),
                (Place::Behind, _) => return Err(JsonTableError::NotJson(self.line)),
                (Place::Outside, b'[') => {
                    let line = self.line;
                    self.input.consume(1);
                    match self.skip_space()? {
                        // A list of records: they are read one by one.
                        Some(b'{' | b'[') => self.place = Place::Element,
                        // A record that is a list.
                        _ => {
                            text.push(b'[');
                            self.value(text, 1, line)?;
                            return Ok(Some(line));
                        }
                    }
                }
                (Place::Outside | Place::Element, _) => {
                    let line = self.line;
                    self.value(text, 0, line)?;
                    if self.place == Place::Element {
                        self.place = Place::Behind;
                    }
                    return Ok(Some(line));
                }
            }
        }
    }

    fn turn(&mut self, place: Place) {
        self.input.consume(1);
        self.place = place;
    }

    fn peek(&mut self) -> Result<Option<u8>, JsonTableError> {
        self.input_error(|input| input.fill_buf().map(|bytes| bytes.first().copied()))
    }

    fn input_error<T>(
        &mut self,
        read: impl FnOnce(&mut Input) -> io::Result<T>,
    ) -> Result<T, JsonTableError> {
        read(&mut self.input).map_err(|source| JsonTableError::Input { line: self.line, source })
    }

    /// The first byte that is not white space; it is not consumed.
    fn skip_space(&mut self) -> Result<Option<u8>, JsonTableError> {
        loop {
            let line = self.line;
            let bytes = self.input.fill_buf().map_err(|source| JsonTableError::Input { line, source })?;
            let is_space = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
            let space = bytes.iter().take_while(is_space);
            let (length, lines) =
                space.fold((0, 0), |(length, lines), byte| (length + 1, lines + u64::from(*byte == b'\n')));
            let next = bytes.get(length).copied();
            let is_end = bytes.is_empty();
            self.input.consume(length);
            self.line += lines;
            if next.is_some() || is_end {
                return Ok(next);
            }
        }
    }

    /// Appends a value up to its end, given how many brackets are open.
    fn value(&mut self, text: &mut Vec<u8>, open: usize, begun: u64) -> Result<(), JsonTableError> {
        let mut walk = ValueWalk { open, ..ValueWalk::default() };
        loop {
            let line = self.line;
            let bytes = self.input.fill_buf().map_err(|source| JsonTableError::Input { line, source })?;
            if bytes.is_empty() {
                // A number at the end of the file needs nothing after it.
                return if walk.is_closed() { Ok(()) } else { Err(JsonTableError::NotClosed(begun)) };
            }
            let taken = walk.take(bytes);
            let part = bytes.get(..taken).unwrap_or_default();
            self.line += memchr::memchr_iter(b'\n', part).count() as u64;
            text.extend_from_slice(part);
            self.input.consume(taken);
            if walk.has_ended {
                return Ok(());
            }
            if text.len() > MAX_DOCUMENT {
                return Err(JsonTableError::TooLong(begun));
            }
        }
    }
}

/// How far a walk through a value has come.
#[derive(Debug, Default)]
struct ValueWalk {
    open: usize,
    in_string: bool,
    is_escaped: bool,
    /// Whether the value is a number or a word, which ends where something else begins.
    is_bare: bool,
    has_ended: bool,
}

impl ValueWalk {
    fn is_closed(&self) -> bool {
        self.open == 0 && !self.in_string
    }

    /// How many of the bytes belong to the value.
    fn take(&mut self, bytes: &[u8]) -> usize {
        for (at, byte) in bytes.iter().enumerate() {
            if self.in_string {
                match byte {
                    _ if self.is_escaped => self.is_escaped = false,
                    b'\\' => self.is_escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                self.has_ended = self.is_closed();
            } else {
                match byte {
                    b'"' => self.in_string = true,
                    b'{' | b'[' => self.open += 1,
                    b'}' | b']' if self.open > 0 => {
                        self.open -= 1;
                        self.has_ended = self.open == 0;
                    }
                    _ if self.open > 0 => {}
                    b' ' | b'\t' | b'\r' | b'\n' | b',' | b']' | b'}' => {
                        // A closing bracket that nothing opened is not valid JSON.
                        self.has_ended = true;
                        return if self.is_bare { at } else { at + 1 };
                    }
                    _ => self.is_bare = true,
                }
            }
            if self.has_ended {
                return at + 1;
            }
        }
        bytes.len()
    }
}
