//! Rows of a CSV file, one at a time: memory does not grow with the file. It is read as Spark reads the data of a
//! baseline: fields may be quoted, an empty field is a missing value, and empty lines are skipped. A short row lacks
//! its last values; the surplus of a long row is left out.

use std::collections::HashMap;
use std::io::{self, BufRead, Chain, Cursor, Read as _};
use std::sync::Arc;

use csv_core::{ReadRecordResult, Reader};
use memchr::{memchr, memchr_iter};
use thiserror::Error;

use crate::cell::{Cell, RowSink};
use crate::foreign::Foreign;
use crate::issues::{IssueKind, Issues};
use crate::missing::MissingTexts;
use crate::profile::Profile;
use crate::scan::DataType;

/// How many columns a table may have.
pub const MAX_COLUMNS: usize = 16_384;
/// How many bytes a row may have.
pub const MAX_ROW: usize = 16 << 20;

/// Whether the first row names the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// Yes.
    FirstRow,
    /// No: columns are called `_c0`, `_c1` and so on, as the container calls them.
    None,
    /// Yes, if none of its fields is a number, or empty.
    Detect,
}

/// A table that cannot be read.
#[derive(Debug, Error)]
pub enum CsvError {
    /// The input ended with an error.
    #[error("line {line}: the input cannot be read on: {source}")]
    Input {
        /// Where.
        line: u64,
        /// Why.
        source: io::Error,
    },
    /// It is not text, by its first bytes.
    #[error("{0}")]
    Foreign(Foreign),
    /// It is not text: it contains a zero byte.
    #[error(
        "line {0}: there is a zero byte in the row, so this is not text in UTF-8: convert it, or unpack it first"
    )]
    ZeroByte(u64),
    /// It is JSON: one record per line, or a list of records.
    #[error(
        "it is JSON, and a table in CSV is expected: write it as one, such as by \
         `pandas.read_json(FILE, lines=True).to_csv(TABLE, index=False)`"
    )]
    Json,
    /// Its columns are not separated by commas, and would be read as one.
    #[error(
        "line {line}: the columns seem to be separated by {}, and commas are expected: separate them by commas, and put fields that have \
         a comma into quotes", separator.name()
    )]
    Separator {
        /// The line of the second row with as many separators.
        line: u64,
        /// The likely separator.
        separator: Separator,
    },
    /// There is nothing but a header, or not even that.
    #[error("there are no rows")]
    NoRows,
    /// Most likely a quote that is not closed.
    #[error("line {0}: the row that begins here is longer than {limit} MiB: is a quote not closed?", limit = MAX_ROW >> 20)]
    RowTooLong(u64),
    /// The rest of the input is in one field: it is not known how many rows that would be.
    #[error(
        "line {0}: a quote in the row that begins here is not closed, so that the rest of the file is one field: close it, write a \
         quote within quotes twice, or write the file anew if it was cut off"
    )]
    QuoteNotClosed(u64),
    /// The first row cannot be a row of a table.
    #[error(
        "line {0}: the first row has more than {MAX_COLUMNS} columns: leave out those that no model reads, or divide the table"
    )]
    TooManyColumns(u64),
    /// A name that stands for two columns.
    #[error("columns {first} and {second} are both called `{name}`: give each column a name of its own")]
    NamedTwice {
        /// The name.
        name: String,
        /// Their places, from 1.
        first: usize,
        /// The same.
        second: usize,
    },
}

/// The separator of a table that is not CSV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// A semicolon: spreadsheets write it in languages with a decimal comma.
    Semicolon,
    /// A tab.
    Tab,
    /// A vertical bar.
    Bar,
}

impl Separator {
    const ALL: [Self; 3] = [Self::Semicolon, Self::Tab, Self::Bar];

    fn name(self) -> &'static str {
        match self {
            Self::Semicolon => "`;`",
            Self::Tab => "tabs",
            Self::Bar => "`|`",
        }
    }

    fn count(self, text: &[u8]) -> usize {
        let byte = match self {
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Bar => b'|',
        };
        memchr_iter(byte, text).count()
    }
}

/// A table with known columns and rows that are still to be read.
#[derive(Debug)]
pub struct CsvTable<Input> {
    records: Records<Input>,
    columns: Vec<String>,
    /// How many columns at the beginning are left out.
    left_out: usize,
    /// Whether the first row has names.
    named: bool,
    /// Whether the first row has values and is still to be handed over.
    first: bool,
    /// The separator in the first row, and how often it occurs. One row without commas may be chance; two such rows
    /// are another format.
    suspect: Option<(Separator, usize)>,
    missing: Arc<MissingTexts>,
    issues: Issues,
}

impl<Input: BufRead> CsvTable<Input> {
    /// Reads the first row.
    ///
    /// # Errors
    /// When there is none, or it cannot be a row of a table.
    pub fn open(input: Input, header: Header) -> Result<Self, CsvError> {
        let mut records = Records::new(input)?;
        if !records.read()? {
            return Err(CsvError::NoRows);
        }
        if records.too_wide {
            return Err(CsvError::TooManyColumns(records.line));
        }
        let suspect = records.separator();
        let named = match header {
            Header::FirstRow => true,
            Header::None => false,
            Header::Detect => {
                !records.fields().any(|field| field.trim_ascii().is_empty() || is_number(field))
            }
        };
        let mut issues = Issues::default();
        let columns = if named {
            records.refuse_zero_bytes()?;
            if !records.is_utf8() {
                issues.add(IssueKind::NotUtf8, records.line);
            }
            names(&records)?
        } else {
            (0..records.width).map(|index| format!("_c{index}")).collect()
        };
        Ok(Self {
            records,
            columns,
            left_out: 0,
            named,
            first: !named,
            suspect,
            missing: Arc::default(),
            issues,
        })
    }

    /// The same table without its first columns, such as the label of training data.
    #[must_use]
    pub fn without_first(mut self, columns: usize) -> Self {
        self.left_out = columns.min(self.columns.len());
        self.columns.drain(..self.left_out);
        self
    }

    /// The same table, whose profile reads these texts as missing values.
    #[must_use]
    pub fn with_missing(self, missing: MissingTexts) -> Self {
        Self { missing: Arc::new(missing), ..self }
    }

    /// The names of the columns; a column without a name has `_c` and its place, from 0.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Whether the first row names the columns.
    #[must_use]
    pub fn has_header(&self) -> bool {
        self.named
    }

    /// Whether each name is a number: then the first row is probably not a header.
    #[must_use]
    pub fn header_looks_like_values(&self) -> bool {
        !self.columns.is_empty() && self.columns.iter().all(|name| is_number(name.as_bytes()))
    }

    /// Hands all rows over, and returns what is wrong with some of them. A row with more than [`MAX_COLUMNS`] fields
    /// is left out.
    ///
    /// # Errors
    /// When there are no rows, a row is too long or is not text, columns are not separated by commas, or the input
    /// ends with an error or within a quote.
    pub fn read_into(mut self, sink: &mut impl RowSink) -> Result<Issues, CsvError> {
        let mut rows = 0_u64;
        loop {
            let is_first = std::mem::take(&mut self.first);
            if !is_first && !self.records.read()? {
                break;
            }
            self.records.refuse_zero_bytes()?;
            if !is_first && let Some(suspect) = self.suspect.take() {
                self.records.refuse_separator(suspect)?;
            }
            self.give(sink);
            rows += 1;
        }
        if rows == 0 { Err(CsvError::NoRows) } else { Ok(self.issues) }
    }

    /// The profile of all rows, and what is wrong with some of them.
    ///
    /// # Errors
    /// As [`Self::read_into`].
    pub fn profile(self) -> Result<(Profile, Issues), CsvError> {
        let mut profile = self.empty_profile();
        let issues = self.read_into(&mut profile)?;
        Ok((profile, issues))
    }

    /// The profile of no row, for somebody who does more with the rows than that.
    #[must_use]
    pub fn empty_profile(&self) -> Profile {
        Profile::for_header(self.columns.iter().cloned()).with_missing(Arc::clone(&self.missing))
    }

    fn give(&mut self, sink: &mut impl RowSink) {
        let (records, line) = (&self.records, self.records.line);
        if records.too_wide {
            self.issues.add(IssueKind::TooLarge, line);
            return;
        }
        if records.width != self.left_out + self.columns.len() {
            self.issues.add(IssueKind::Ragged, line);
        }
        if !records.is_utf8() {
            self.issues.add(IssueKind::NotUtf8, line);
        }
        let fields = records.fields().skip(self.left_out).take(self.columns.len());
        let cells: Vec<Cell<'_>> =
            fields.map(|text| if text.is_empty() { Cell::Missing } else { Cell::Text(text) }).collect();
        sink.positional(&cells);
    }
}

/// How JSON begins, and a row of a table does not: with a record or a list of records, on one line or on several.
const JSON: [&[u8]; 8] = [b"{\"", b"{\n", b"{\r\n", b"{ \"", b"[{", b"[[", b"[\n", b"[\r\n"];

fn is_number(field: &[u8]) -> bool {
    matches!(DataType::of(field), DataType::Integral | DataType::Fractional)
}

/// The names of a header. Bytes that are not valid UTF-8 are read as Java reads them.
fn names<Input: BufRead>(header: &Records<Input>) -> Result<Vec<String>, CsvError> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let each = (1..).zip(header.fields()).map(|(place, name)| {
        let name = match String::from_utf8_lossy(name).trim() {
            "" => format!("_c{}", place - 1),
            name => name.to_owned(),
        };
        match places.insert(name.clone(), place) {
            Some(first) => Err(CsvError::NamedTwice { name, first, second: place }),
            None => Ok(name),
        }
    });
    each.collect()
}

/// The records of an input, one at a time, in memory that grows to the size of the largest record.
#[derive(Debug)]
struct Records<Input> {
    input: Chain<Cursor<Vec<u8>>, Input>,
    reader: Reader,
    /// The fields of the record, one after the other, and room for more.
    text: Vec<u8>,
    /// The ends of the fields, and room for more.
    ends: Vec<usize>,
    length: usize,
    width: usize,
    /// Whether the record has more fields than there are ends.
    too_wide: bool,
    /// The line in which the record begins, from 1.
    line: u64,
    /// Ends of empty lines.
    skipped: u64,
}

impl<Input: BufRead> Records<Input> {
    /// Skips the mark that Windows begins a text with. (The parser does so as well, but reads a buffer with nothing
    /// else as the end of the input.)
    fn new(mut input: Input) -> Result<Self, CsvError> {
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
        Ok(Self {
            input: Cursor::new(beginning).chain(input),
            reader: Reader::new(),
            text: vec![0; 4096],
            ends: vec![0; 64],
            length: 0,
            width: 0,
            too_wide: false,
            line: 1,
            skipped: 0,
        })
    }

    /// Reads the next record; false if there is none.
    fn read(&mut self) -> Result<bool, CsvError> {
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

    fn is_utf8(&self) -> bool {
        str::from_utf8(self.bytes()).is_ok()
    }

    /// Text has no zero bytes: this is UTF-16 without a mark, or a file of another kind.
    fn refuse_zero_bytes(&self) -> Result<(), CsvError> {
        memchr(0, self.bytes()).map_or(Ok(()), |_| Err(CsvError::ZeroByte(self.line)))
    }

    /// The likely separator of a record that has one field, and how often it occurs.
    fn separator(&self) -> Option<(Separator, usize)> {
        let each = Separator::ALL.map(|separator| (separator, separator.count(self.bytes())));
        let most = each.into_iter().max_by_key(|(_, count)| *count);
        most.filter(|(_, count)| self.width == 1 && *count > 0)
    }

    /// Refuses a second record with as many separators. It may have commas: then they are part of its numbers.
    fn refuse_separator(&self, (separator, count): (Separator, usize)) -> Result<(), CsvError> {
        if separator.count(self.bytes()) == count {
            return Err(CsvError::Separator { line: self.line, separator });
        }
        Ok(())
    }

    fn fields(&self) -> impl Iterator<Item = &[u8]> {
        let ends = self.ends.get(..self.width).unwrap_or_default();
        let starts = std::iter::once(&0).chain(ends);
        starts.zip(ends).map(|(start, end)| self.text.get(*start..*end).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read};

    use super::*;
    use crate::issues::Issue;

    /// Gives a few bytes at a time, so that a buffer ends at every place once.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(buffer.len());
            self.0.read(&mut buffer[..count])
        }
    }

    fn read(
        text: &[u8],
        header: Header,
        step: usize,
    ) -> Result<(Vec<String>, Vec<String>, Issues), CsvError> {
        struct Told(Vec<String>);
        impl RowSink for Told {
            fn positional(&mut self, cells: &[Cell<'_>]) {
                let text = |cell: &Cell<'_>| match cell {
                    Cell::Missing => "-".to_owned(),
                    Cell::Text(text) => String::from_utf8_lossy(text).into_owned(),
                };
                self.0.push(cells.iter().map(text).collect::<Vec<_>>().join("|"));
            }
            fn named(&mut self, _: &[(&str, Cell<'_>)]) {}
        }
        let table = CsvTable::open(BufReader::with_capacity(7, Trickle(text, step)), header)?;
        let (columns, mut told) = (table.columns().to_vec(), Told(Vec::new()));
        let issues = table.read_into(&mut told)?;
        Ok((columns, told.0, issues))
    }

    fn check(text: &str, header: Header, columns: &[&str], rows: &[&str]) -> Issues {
        let mut all = None;
        for step in [3, 5, 7] {
            let (named, told, issues) = read(text.as_bytes(), header, step).unwrap();
            assert_eq!(
                (named.as_slice(), told.as_slice()),
                (columns.map_owned().as_slice(), rows.map_owned().as_slice()),
                "{text:?}"
            );
            all = Some(issues);
        }
        all.unwrap()
    }

    trait Owned {
        fn map_owned(&self) -> Vec<String>;
    }
    impl Owned for [&str] {
        fn map_owned(&self) -> Vec<String> {
            self.iter().map(|text| (*text).to_owned()).collect()
        }
    }

    #[test]
    fn columns_that_are_separated_by_anything_else_are_refused_with_what_separates_them() {
        for (name, separator) in [("`;`", ";"), ("tabs", "\t")] {
            for rows in [
                "a;b;c\n1;2;3\n4;5;6\n",
                "\"a\";\"b\";\"c\"\n1;\"x\";3\n",
                "a;b;c\n1,5;2,5;3,5\n",
                "\u{feff}a;b;c\r\n\r\n;;\r\n",
            ] {
                let rows = rows.replace(';', separator);
                for header in [Header::FirstRow, Header::Detect] {
                    let error = read(rows.as_bytes(), header, 7).unwrap_err().to_string();
                    assert!(
                        error.contains(&format!("seem to be separated by {name}, and commas")),
                        "{error}"
                    );
                }
            }
            let rows = "1;2\n3;4\n".replace(';', separator);
            let error = read(rows.as_bytes(), Header::None, 7).unwrap_err().to_string();
            assert!(error.starts_with("line 2: the columns seem"), "{error}");
        }
        // Texts that have one now and then.
        check("a;b\n1\n", Header::FirstRow, &["a;b"], &["1"]);
        check("a;b\n1;2;3\n", Header::FirstRow, &["a;b"], &["1;2;3"]);
        check("a,b;c\n1,2;3\n", Header::FirstRow, &["a", "b;c"], &["1|2;3"]);
        check("a\n1;2\n3;4\n", Header::FirstRow, &["a"], &["1;2", "3;4"]);
        check("1;2\n", Header::None, &["_c0"], &["1;2"]);
    }

    #[test]
    fn json_is_no_table_and_is_told_what_to_become() {
        for text in [
            "{\"a\": 1}\n{\"a\": 2}\n",
            "{\n  \"a\": 1\n}",
            "[{\"a\": 1}]",
            "[[1, 2], [3, 4]]",
            "[\r\n1]",
            "\u{feff}{\"a\": 1}",
        ] {
            let error = read(text.as_bytes(), Header::FirstRow, 7).unwrap_err().to_string();
            assert!(error.starts_with("it is JSON, and a table in CSV is expected"), "{error}");
        }
        check("{a},[b\n1,2\n", Header::FirstRow, &["{a}", "[b"], &["1|2"]);
    }

    #[test]
    fn tables_are_read_as_they_are_written() {
        for text in [
            "a,b\n1,x\n2,y\n",
            "a,b\r\n1,x\r\n2,y\r\n",
            "\u{feff}a,b\n1,x\n2,y",
            "\n\na,b\n\n1,x\n\r\n\n2,y\n\n",
            "\"a\",\"b\"\n\"1\",x\n2,\"y\"",
            " a ,b \n1,x\n2,y\n",
        ] {
            assert!(check(text, Header::FirstRow, &["a", "b"], &["1|x", "2|y"]).is_empty(), "{text:?}");
        }
        let quoted = "\"a, b\",c\n\"1\n2\",\"say \"\"no\"\"\"\n,\"\"\n";
        assert!(check(quoted, Header::FirstRow, &["a, b", "c"], &["1\n2|say \"no\"", "-|-"]).is_empty());
        assert!(check("1,x\n2,y\n", Header::None, &["_c0", "_c1"], &["1|x", "2|y"]).is_empty());
        assert!(check("a,,c\n1,2,3\n", Header::FirstRow, &["a", "_c1", "c"], &["1|2|3"]).is_empty());
    }

    #[test]
    fn rows_that_do_not_fit_are_used_and_told_with_their_lines() {
        let text = "a,b\r\n1,x\r\n\r\n2\r\n\"3\r\n\",x\r\n4,x,y\r\n5,x\r\n";
        let issues = check(text, Header::FirstRow, &["a", "b"], &["1|x", "2", "3\r\n|x", "4|x", "5|x"]);
        assert_eq!(issues.get(IssueKind::Ragged).map(Issue::to_string).as_deref(), Some("lines 4, 7"));
        let (_, rows, issues) = read(b"a\nx\ncaf\xe9\n", Header::FirstRow, 7).unwrap();
        assert_eq!(rows, ["x", "caf\u{fffd}"]);
        assert_eq!(issues.get(IssueKind::NotUtf8).map(Issue::to_string).as_deref(), Some("line 3"));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let wide = |text: &str, mark: &[u8], bytes: fn(u16) -> [u8; 2]| {
            [mark, &text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>()].concat()
        };
        let table = "a,b\n1,x\n2,y\n";
        let utf16 = "it is text in UTF-16: convert it to UTF-8";
        let zero = |line| {
            format!(
                "line {line}: there is a zero byte in the row, so this is not text in UTF-8: convert it, or unpack it first"
            )
        };
        for (bytes, message) in [
            (wide(table, b"\xff\xfe", u16::to_le_bytes), utf16.to_owned()),
            (wide(table, b"\xfe\xff", u16::to_be_bytes), utf16.to_owned()),
            (wide(table, b"", u16::to_le_bytes), zero(1)),
            (b"\x1f\x8b\x08\0\0\0".to_vec(), "it is compressed (gzip): unpack it first".to_owned()),
            (b"a,b\n1,x\n2,\0\n".to_vec(), zero(3)),
        ] {
            for (step, header) in [(1, Header::FirstRow), (7, Header::Detect)] {
                assert_eq!(read(&bytes, header, step).unwrap_err().to_string(), message, "{bytes:?}");
            }
        }
    }

    #[test]
    fn a_header_that_is_no_utf8_is_told_as_a_row_would_be() {
        for header in [Header::FirstRow, Header::Detect, Header::None] {
            let (_, _, issues) = read(b"caf\xe9,b\n1,2\n", header, 7).unwrap();
            assert_eq!(issues.get(IssueKind::NotUtf8).map(Issue::to_string).as_deref(), Some("line 1"));
        }
    }

    #[test]
    fn what_is_no_table_is_refused() {
        let wide = "1,".repeat(MAX_COLUMNS) + "1\n";
        let long = format!("a,b\n1,2\n3,\"{}", "x\n".repeat(MAX_ROW));
        for (text, message) in [
            ("", "there are no rows"),
            ("\n\r\n", "there are no rows"),
            ("a,b\n", "there are no rows"),
            ("a,b,a\n1,2,3\n", "columns 1 and 3 are both called `a`: give each column a name of its own"),
            (
                &wide,
                "line 1: the first row has more than 16384 columns: leave out those that no model reads, or divide the table",
            ),
            (&long, "line 3: the row that begins here is longer than 16 MiB: is a quote not closed?"),
        ] {
            assert_eq!(read(text.as_bytes(), Header::FirstRow, 1 << 16).unwrap_err().to_string(), message);
        }
        // Later in the file, it is one row among many.
        let text = format!("a,b\n1,2\n{wide}3,4\n");
        let (_, rows, issues) = read(text.as_bytes(), Header::FirstRow, 1 << 16).unwrap();
        assert_eq!(rows, ["1|2", "3|4"]);
        assert_eq!(issues.get(IssueKind::TooLarge).map(Issue::to_string).as_deref(), Some("line 3"));
    }

    #[test]
    fn a_quote_that_is_not_closed_is_an_error_at_its_row() {
        let told = |line| {
            format!(
                "line {line}: a quote in the row that begins here is not closed, so that the rest of the file is one field: close it, \
                 write a quote within quotes twice, or write the file anew if it was cut off"
            )
        };
        for (text, line) in [
            ("a,b\n1,\"x\n2,y\n3,z\n", 2),
            ("a,b\r\n\r\n1,x\r\n2,\"y", 4),
            ("a,b\n1,x\n\"", 3),
            ("a,b\n1,x\n\"2\"\"", 3),
            ("\"a,b\n1,x\n", 1),
        ] {
            for step in [3, 5, 7] {
                let error = read(text.as_bytes(), Header::FirstRow, step).unwrap_err();
                assert_eq!(error.to_string(), told(line), "{text:?}");
            }
        }
        // The others are closed, or open nothing.
        for text in
            ["a,b\n1,\"x\"", "a,b\n1,\"\"", "a,b\n1,5\"", "a,b\n1,\"x\"\n\n", "a,b\n1,\"\"\"\"", "a,b\n1,"]
        {
            assert!(read(text.as_bytes(), Header::FirstRow, 3).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn a_table_may_have_as_many_columns_as_is_said() {
        let text = format!("{}x\n", "1,".repeat(MAX_COLUMNS - 1));
        let mut profile = Profile::default();
        CsvTable::open(text.as_bytes(), Header::None).unwrap().read_into(&mut profile).unwrap();
        assert_eq!(profile.columns.len(), MAX_COLUMNS);
    }

    #[test]
    fn a_header_is_detected_by_its_texts() {
        for (text, columns, rows) in [
            ("a,b\n1,x\n", ["a", "b"], vec!["1|x"]),
            ("0,x\n1,y\n", ["_c0", "_c1"], vec!["0|x", "1|y"]),
            (",x\n1,y\n", ["_c0", "_c1"], vec!["-|x", "1|y"]),
        ] {
            check(text, Header::Detect, &columns, &rows);
        }
    }

    #[test]
    fn first_columns_can_be_left_out() {
        let left = |text: &str, columns| {
            let mut profile = Profile::default();
            let table = CsvTable::open(text.as_bytes(), Header::Detect).unwrap().without_first(columns);
            let names = table.columns().to_vec();
            let issues = table.read_into(&mut profile).unwrap();
            (names, profile.columns.len(), issues.is_empty())
        };
        assert_eq!(left("y,a,b\n1,2,x\n", 1), (vec!["a".to_owned(), "b".to_owned()], 2, true));
        assert_eq!(left("1,2\n3,4\n", 5), (Vec::new(), 0, true));
    }

    #[test]
    fn a_header_of_numbers_is_suspicious() {
        for (text, suspicious) in [("1,2.5\n3,4\n", true), ("a,2.5\n3,4\n", false)] {
            let table = CsvTable::open(text.as_bytes(), Header::FirstRow).unwrap();
            assert_eq!(table.header_looks_like_values(), suspicious);
        }
    }
}
