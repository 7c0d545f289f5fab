//! Records of a file, handed over one after the other while its bytes come: one a line, or the elements of a JSON list, as a notebook of
//! AWS uploads them and its merge job takes them.

/// Bytes of a record; a label needs a few hundred.
const MAX_RECORD: usize = 1 << 20;
const TOO_LONG: &str = "longer than what is read";
const NO_UTF8: &str = "bytes that are not UTF-8";
const CUT_OFF: &str = "the list ends within it, since the file was not written to its end";

/// Takes a record with its number, from 1, or the reason why it is not one.
pub type Each<'a> = &'a mut dyn FnMut(u64, Result<&str, &'static str>);

/// How far a file was read. One record is held, and no more of it than is read.
#[derive(Clone, Debug)]
pub struct Records {
    longest: usize,
    form: Form,
    record: Vec<u8>,
    is_too_long: bool,
    number: u64,
}

#[derive(Clone, Copy, Debug, Default)]
enum Form {
    /// Nothing but space so far.
    #[default]
    Unknown,
    Lines,
    /// How many lists and objects are open, and whether a text is.
    List {
        depth: u64,
        is_text: bool,
        is_escaped: bool,
    },
}

impl Default for Records {
    fn default() -> Self {
        Self::of_at_most(MAX_RECORD)
    }
}

impl Records {
    /// Reads records of at most this many bytes; a longer one is handed over as an error.
    #[must_use]
    pub fn of_at_most(longest: usize) -> Self {
        Self { longest, form: Form::default(), record: Vec::new(), is_too_long: false, number: 0 }
    }

    /// Takes the next bytes of the file.
    pub fn push(&mut self, piece: &[u8], each: Each<'_>) {
        if matches!(self.form, Form::Unknown) {
            let Some(first) = piece.iter().find(|byte| !byte.is_ascii_whitespace()) else {
                // Empty lines count as lines.
                self.number += piece.iter().filter(|byte| **byte == b'\n').count() as u64;
                return;
            };
            self.form = if *first == b'[' {
                Form::List { depth: 0, is_text: false, is_escaped: false }
            } else {
                Form::Lines
            };
        }
        match self.form {
            Form::List { .. } => piece.iter().for_each(|byte| self.element(*byte, each)),
            _ => {
                for part in piece.split_inclusive(|byte| *byte == b'\n') {
                    self.keep(part);
                    if part.last() == Some(&b'\n') {
                        self.end_line(each);
                    }
                }
            }
        }
    }

    /// The file ends; returns the number of records.
    pub fn finish(mut self, each: Each<'_>) -> u64 {
        match self.form {
            Form::List { depth, .. } if depth > 0 => {
                self.number += 1;
                each(self.number, Err(CUT_OFF));
            }
            Form::Lines if !self.record.is_empty() => self.end_line(each),
            _ => {}
        }
        self.number
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = self.longest.saturating_sub(self.record.len());
        self.is_too_long |= bytes.len() > room;
        self.record.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }

    fn end_line(&mut self, each: Each<'_>) {
        self.number += 1;
        self.hand_over(each);
    }

    fn element(&mut self, byte: u8, each: Each<'_>) {
        let Form::List { depth, is_text, is_escaped } = &mut self.form else { return };
        if *is_text {
            *is_text = *is_escaped || byte != b'"';
            *is_escaped = !*is_escaped && byte == b'\\';
            return self.keep(&[byte]);
        }
        match byte {
            b'"' => *is_text = true,
            b'[' | b'{' => {
                *depth += 1;
                if *depth == 1 {
                    return;
                }
            }
            b']' | b'}' => {
                *depth = depth.saturating_sub(1);
                if *depth == 0 {
                    return self.end_element(each);
                }
            }
            b',' if *depth == 1 => return self.end_element(each),
            // Between lists, only unexpected bytes are kept, so that they are reported.
            b' ' | b'\t' | b'\r' | b'\n' if *depth == 0 => return,
            _ => {}
        }
        self.keep(&[byte]);
    }

    fn end_element(&mut self, each: Each<'_>) {
        self.number += u64::from(!self.record.trim_ascii().is_empty());
        self.hand_over(each);
    }

    fn hand_over(&mut self, each: Each<'_>) {
        let is_too_long = std::mem::take(&mut self.is_too_long);
        match str::from_utf8(&self.record).map(str::trim) {
            _ if is_too_long => each(self.number, Err(TOO_LONG)),
            Ok("") => {}
            Ok(text) => each(self.number, Ok(text)),
            Err(_) => each(self.number, Err(NO_UTF8)),
        }
        self.record.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let mut found = Vec::new();
        let mut each = |number: u64, record: Result<&str, &'static str>| {
            found.push(format!("{number} {}", record.unwrap_or_else(|why| why)));
        };
        let mut records = Records::default();
        pieces.iter().for_each(|piece| records.push(piece, &mut each));
        records.finish(&mut each);
        found
    }

    fn check(text: &[u8], expect: &[&str]) {
        assert_eq!(read(&[text]), expect);
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(read(&bytes), expect, "in pieces it is the same");
    }

    #[test]
    fn lines_are_records_and_keep_their_numbers() {
        check(b"a\n\n b \r\nc", &["1 a", "3 b", "4 c"]);
        check(b"\n \na\n", &["3 a"]);
        check(b"", &[]);
        check(b"a\n\xff\nb\n", &["1 a", "2 bytes that are not UTF-8", "3 b"]);
    }

    #[test]
    fn elements_of_a_list_are_records() {
        check(br#"[{"a": [1, 2]}, {"b": "],\"}"}]"#, &[r#"1 {"a": [1, 2]}"#, r#"2 {"b": "],\"}"}"#]);
        check(b"[\n  {\"a\": 1},\n  {\"a\": 2}\n]\n[3]\n", &["1 {\"a\": 1}", "2 {\"a\": 2}", "3 3"]);
        check(b"[]", &[]);
        let cut = "2 the list ends within it, since the file was not written to its end";
        check(br#"[{"a": 1}, {"b"#, &[r#"1 {"a": 1}"#, cut]);
    }

    #[test]
    fn no_record_is_held_beyond_its_bound() {
        let long = [&b"a\n"[..], &vec![b'x'; 3 * MAX_RECORD], &b"\nb\n"[..]].concat();
        assert_eq!(read(&[&long]), ["1 a", "2 longer than what is read", "3 b"]);
    }
}
