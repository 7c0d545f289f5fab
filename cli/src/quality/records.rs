//! Records of ground truth, one after the other: one a line, or the elements of a JSON list, as a notebook of AWS uploads them and its
//! merge job takes them.

use std::io::{self, BufRead, BufReader, Read};

use indicatif::ProgressBar;

use crate::input::source::{BUFFER, MAX_LINE, Source};

/// Hands over each record with its number, or the reason why it is not one. Holds one record at a time, and only the part that was read.
/// Answers with the number of records.
pub(crate) fn records(
    source: &Source,
    progress: &ProgressBar,
    mut each: impl FnMut(u64, Result<&str, &str>),
) -> io::Result<u64> {
    let mut input = BufReader::with_capacity(BUFFER, progress.wrap_read(source.open()?));
    let first = input.fill_buf()?.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'[') { elements(input, &mut each) } else { lines(input, &mut each) }
}

fn lines(mut input: impl BufRead, each: &mut impl FnMut(u64, Result<&str, &str>)) -> io::Result<u64> {
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        if input.by_ref().take(MAX_LINE as u64).read_until(b'\n', &mut line)? == 0 {
            return Ok(number);
        }
        number += 1;
        if line.len() == MAX_LINE && line.last() != Some(&b'\n') && input.skip_until(b'\n')? > 0 {
            each(number, Err(TOO_LONG));
            continue;
        }
        hand_over(number, &line, each);
    }
}

const TOO_LONG: &str = "longer than what is read";

fn hand_over(number: u64, record: &[u8], each: &mut impl FnMut(u64, Result<&str, &str>)) {
    match str::from_utf8(record).map(str::trim) {
        Ok("") => {}
        Ok(text) => each(number, Ok(text)),
        Err(_) => each(number, Err("bytes that are no UTF-8")),
    }
}

/// The elements of one list, or of several lists in a row. The reader of an element finds out whether it is JSON.
fn elements(mut input: impl BufRead, each: &mut impl FnMut(u64, Result<&str, &str>)) -> io::Result<u64> {
    let mut list = List::default();
    loop {
        let read = {
            let piece = input.fill_buf()?;
            piece.iter().for_each(|byte| list.take(*byte, each));
            piece.len()
        };
        if read == 0 {
            // A list that does not end was cut off, wherever that was.
            if list.depth > 0 {
                list.number += 1;
                each(list.number, Err("the list ends within it, since the file was not written to its end"));
            }
            return Ok(list.number);
        }
        input.consume(read);
    }
}

/// How far a list was read.
#[derive(Debug, Default)]
struct List {
    /// How many lists and objects are open.
    depth: u64,
    is_text: bool,
    is_escaped: bool,
    element: Vec<u8>,
    is_too_long: bool,
    number: u64,
}

impl List {
    fn take(&mut self, byte: u8, each: &mut impl FnMut(u64, Result<&str, &str>)) {
        if self.is_text {
            self.is_text = self.is_escaped || byte != b'"';
            self.is_escaped = !self.is_escaped && byte == b'\\';
            return self.keep(byte);
        }
        match byte {
            b'"' => self.is_text = true,
            b'[' | b'{' => {
                self.depth += 1;
                if self.depth == 1 {
                    return;
                }
            }
            b']' | b'}' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    return self.end(each);
                }
            }
            b',' if self.depth == 1 => return self.end(each),
            // Between lists nothing is kept but what should not be there.
            b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => return,
            _ => {}
        }
        self.keep(byte);
    }

    fn keep(&mut self, byte: u8) {
        if self.element.len() < MAX_LINE {
            self.element.push(byte);
        } else {
            self.is_too_long = true;
        }
    }

    fn end(&mut self, each: &mut impl FnMut(u64, Result<&str, &str>)) {
        let is_empty = self.element.trim_ascii().is_empty();
        self.number += u64::from(!is_empty);
        if std::mem::take(&mut self.is_too_long) {
            each(self.number, Err(TOO_LONG));
        } else {
            hand_over(self.number, &self.element, each);
        }
        self.element.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str) -> Vec<String> {
        let mut handed = Vec::new();
        let mut each = |number: u64, record: Result<&str, &str>| {
            handed.push(format!("{number} {}", record.unwrap_or_else(|why| why)));
        };
        elements(text.as_bytes(), &mut each).unwrap();
        // In pieces it is the same.
        let mut again = Vec::new();
        let mut each = |number: u64, record: Result<&str, &str>| {
            again.push(format!("{number} {}", record.unwrap_or_else(|why| why)));
        };
        elements(BufReader::with_capacity(1, text.as_bytes()), &mut each).unwrap();
        assert_eq!(handed, again);
        handed
    }

    #[test]
    fn the_elements_of_a_list_are_records() {
        assert_eq!(
            records(r#"[{"a": [1, 2]}, {"b": "],\"}"}]"#),
            [r#"1 {"a": [1, 2]}"#, r#"2 {"b": "],\"}"}"#]
        );
        assert_eq!(
            records("[\n  {\"a\": 1},\n  {\"a\": 2}\n]\n[3]\n"),
            ["1 {\"a\": 1}", "2 {\"a\": 2}", "3 3"]
        );
        assert_eq!(records("[]"), <[&str; 0]>::default());
        let cut = "2 the list ends within it, since the file was not written to its end";
        assert_eq!(records(r#"[{"a": 1}, {"b"#), [r#"1 {"a": 1}"#, cut]);
    }
}
