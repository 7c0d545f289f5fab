//! A table in JSON: one record per line, records one after the other, or a list of records; also a document that
//! lists values column by column instead of row by row.

use std::io::BufRead;

use super::part::Part;
use super::stream::Documents;
use super::table_error::JsonTableError;
use crate::cell::{Cell, RowSink};
use crate::csv::MAX_COLUMNS;
use crate::issues::{IssueKind, Issues};

/// A table with a known first record and rows that are still to be handed over.
#[derive(Debug)]
pub struct JsonTable<Input> {
    documents: Documents<Input>,
    text: Vec<u8>,
    /// The line of the document in `text`.
    line: u64,
    part: Part,
    issues: Issues,
}

impl<Input: BufRead> JsonTable<Input> {
    /// Reads the first document.
    ///
    /// # Errors
    ///
    /// When there is none, or it is not a record of a table.
    pub fn open(input: Input) -> Result<Self, JsonTableError> {
        let (documents, text) = (Documents::new(input), Vec::new());
        let (part, issues) = (Part::default(), Issues::default());
        let mut table = Self { documents, text, line: 1, part, issues };
        if !table.next()? {
            return Err(JsonTableError::NoRows);
        }
        if is_captured(&table.text) {
            return Err(JsonTableError::Captured(table.line));
        }
        Ok(table)
    }

    /// The names of the cells of the first row, in its order; `None` if they have no names.
    ///
    /// # Errors
    /// When it is not a record.
    pub fn columns(&mut self) -> Result<Vec<String>, JsonTableError> {
        let rows = self.load()?;
        if rows == 0 {
            return Ok(Vec::new());
        }
        self.advance()?;
        let names = self.part.cells().filter(|_| self.part.is_named());
        Ok(names.map(|(name, _)| name.to_owned()).collect())
    }

    /// Hands all rows over, and returns the faults of some of them.
    ///
    /// # Errors
    ///
    /// When there are no rows, a document is not valid JSON or not a record, or the input ends with an error.
    pub fn read_into(mut self, sink: &mut impl RowSink) -> Result<Issues, JsonTableError> {
        let mut all = 0;
        loop {
            let rows = self.load()?;
            for _ in 0..rows {
                self.advance()?;
                give(&self.part, sink);
            }
            if self.part.has_barewords {
                self.issues.add(IssueKind::NotANumber, self.line);
            }
            all += rows;
            if !self.next()? {
                break;
            }
        }
        if all == 0 { Err(JsonTableError::NoRows) } else { Ok(self.issues) }
    }

    fn next(&mut self) -> Result<bool, JsonTableError> {
        let found = self.documents.next(&mut self.text)?;
        self.line = found.unwrap_or(self.line);
        Ok(found.is_some())
    }

    /// Parses the document; returns how many rows it has.
    fn load(&mut self) -> Result<usize, JsonTableError> {
        let text = std::str::from_utf8(&self.text).map_err(|_| self.fault(IssueKind::NotUtf8))?;
        let loaded = self.part.load_document(text, MAX_COLUMNS);
        loaded.map_err(|kind| self.fault(kind))?;
        // An empty list is one of no records.
        Ok(if is_empty_list(&self.text) { 0 } else { self.part.count() })
    }

    fn advance(&mut self) -> Result<(), JsonTableError> {
        let advanced = self.part.advance(None, MAX_COLUMNS);
        advanced.map_err(|kind| self.fault(kind))
    }

    fn fault(&self, kind: IssueKind) -> JsonTableError {
        let line = self.line;
        match kind {
            IssueKind::BodyNotJson => JsonTableError::NotJson(line),
            IssueKind::Nested => JsonTableError::Nested(line),
            IssueKind::TooManyColumns => JsonTableError::TooManyColumns(line),
            kind => JsonTableError::Record { line, kind },
        }
    }
}

fn give(part: &Part, sink: &mut impl RowSink) {
    if part.is_named() {
        sink.named(&part.cells().collect::<Vec<(&str, Cell<'_>)>>());
    } else {
        sink.positional(&part.cells().map(|(_, cell)| cell).collect::<Vec<Cell<'_>>>());
    }
}

fn is_empty_list(document: &[u8]) -> bool {
    let inside = document.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]"));
    inside.is_some_and(|inside| inside.trim_ascii().is_empty())
}

/// Whether a document is an event of data capture, or ground truth.
fn is_captured(document: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Event {
        capture_data: Option<serde::de::IgnoredAny>,
        ground_truth_data: Option<serde::de::IgnoredAny>,
    }
    // A list is not an event, although serde reads one as a struct.
    let event = serde_json::from_slice::<Event>(document).ok().filter(|_| document.starts_with(b"{"));
    event.is_some_and(|event| event.capture_data.is_some() || event.ground_truth_data.is_some())
}

#[cfg(test)]
mod tests {
    use std::io::{self, BufReader, Read};

    use super::*;

    struct Told(Vec<String>);

    impl RowSink for Told {
        fn positional(&mut self, cells: &[Cell<'_>]) {
            self.0.push(cells.iter().map(|cell| told(*cell)).collect::<Vec<_>>().join("|"));
        }

        fn named(&mut self, cells: &[(&str, Cell<'_>)]) {
            let cells = cells.iter().map(|(name, cell)| format!("{name}={}", told(*cell)));
            self.0.push(cells.collect::<Vec<_>>().join("|"));
        }
    }

    fn told(cell: Cell<'_>) -> String {
        match cell {
            Cell::Missing => "-".to_owned(),
            Cell::Text(text) => String::from_utf8_lossy(text).into_owned(),
        }
    }

    /// Gives a few bytes at a time, so that a buffer ends at every place once.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(buffer.len());
            self.0.read(&mut buffer[..count])
        }
    }

    fn read(text: &[u8], step: usize) -> Result<(Vec<String>, Vec<String>, Issues), JsonTableError> {
        let mut table = JsonTable::open(BufReader::with_capacity(step, Trickle(text, step)))?;
        let columns = table.columns()?;
        let mut told = Told(Vec::new());
        let issues = table.read_into(&mut told)?;
        Ok((columns, told.0, issues))
    }

    fn check(text: &str, columns: &[&str], rows: &[&str]) {
        for step in [1, 2, 3, 7, 1000] {
            let (named, told, issues) = read(text.as_bytes(), step).unwrap();
            assert_eq!((named.as_slice(), told.as_slice()), (columns, rows).map_owned(), "{text} by {step}");
            assert!(issues.is_empty());
        }
    }

    trait MapOwned {
        fn map_owned(&self) -> (&[String], &[String]);
    }

    impl MapOwned for (&[&str], &[&str]) {
        fn map_owned(&self) -> (&[String], &[String]) {
            let own = |texts: &[&str]| -> &'static [String] {
                Vec::leak(texts.iter().map(|text| (*text).to_owned()).collect())
            };
            (own(self.0), own(self.1))
        }
    }

    #[test]
    fn records_are_read_a_line_each_one_behind_the_other_and_from_a_list() {
        let rows = ["a=1|b=x", "a=2|b=-", "b=}]\"\\|a=3.5"];
        let records = [r#"{"a":1,"b":"x"}"#, r#"{"a":2,"b":null}"#, r#"{"b":"}]\"\\","a":3.5}"#];
        for text in [
            records.join("\n"),
            records.join("\r\n") + "\r\n",
            records.join(""),
            format!("\u{feff}{}", records.join("\n")),
            format!("[{}]", records.join(",")),
            format!("[\n  {}\n]\n", records.join(",\n  ")),
            format!("[{}]\n[{}]", records[0], records[1..].join(" , ")),
        ] {
            check(&text, &["a", "b"], &rows);
        }
        check("[1,2]\n[3,\"x\"]", &[], &["1|2", "3|x"]);
        check("[[1,2],[3,\"x\"]]", &[], &["1|2", "3|x"]);
        check("1\n2", &[], &["1", "2"]);
        check("{\"a\":[1,2],\"b\":[\"x\",null]}", &["a", "b"], &["a=1|b=x", "a=2|b=-"]);
        check("{\n\"a\": 1\n}\n{\n\"a\": 2\n}\n", &["a"], &["a=1", "a=2"]);
    }

    #[test]
    fn what_is_no_table_is_refused_with_its_line() {
        for (text, message) in [
            ("", "there are no rows"),
            (" \n", "there are no rows"),
            ("[]", "there are no rows"),
            ("{\"a\":1}\n{\"a\":", "line 2: the record that begins here is not closed"),
            ("{\"a\":1}\n{\"a\":\"x", "line 2: the record that begins here is not closed"),
            ("[{\"a\":1},\n{\"a\":2}", "line 2: the record that begins here is not closed"),
            ("[{\"a\":1}\n{\"a\":2}]", "line 2: this is not valid JSON"),
            ("{\"a\":1}\n{a:2}", "line 2: this is not valid JSON"),
            ("{\"a\":1}\n]", "line 2: this is not valid JSON"),
            ("{\"a\":1}\n,{\"a\":1}", "line 2: this is not valid JSON"),
            ("{\"a\":1}\n\n{\"a\":{\"b\":1}}", "line 3: there are objects or lists within a record"),
            ("{\"captureData\":{}}", "line 1: these are captured events"),
            ("{\"groundTruthData\":{},\"eventMetadata\":{}}", "line 1: these are captured events"),
        ] {
            for step in [1, 3, 1000] {
                let said = read(text.as_bytes(), step).unwrap_err().to_string();
                assert!(said.starts_with(message), "{text}: {said}");
            }
        }
        let wide = format!("[{}1]", "1,".repeat(MAX_COLUMNS));
        let said = read(wide.as_bytes(), 1000).unwrap_err().to_string();
        assert!(said.starts_with("line 1: the record has more than 16384 columns"), "{said}");
        let said = read(b"{\"a\":\"\xff\"}", 3).unwrap_err().to_string();
        assert_eq!(said, "line 1: bytes that are not UTF-8");
    }

    proptest::proptest! {
        #[test]
        fn wherever_a_buffer_ends_the_rows_are_the_same(text in r#"[\[\]{}",:\\a1N \n]{0,40}"#) {
            let told = |step| read(text.as_bytes(), step).map_err(|error| error.to_string());
            let whole = told(1000);
            for step in [1, 3] {
                proptest::prop_assert_eq!(told(step), whole.clone());
            }
        }
    }

    #[test]
    fn what_python_writes_for_a_number_is_missing_and_said() {
        let (_, rows, issues) = read(b"{\"a\":1}\n{\"a\":NaN}\n", 5).unwrap();
        assert_eq!(rows, ["a=1", "a=-"]);
        assert_eq!(issues.get(IssueKind::NotANumber).unwrap().lines, [2]);
    }
}
