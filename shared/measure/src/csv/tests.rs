//! Valid tables, and the faults of others.

use std::io::{self, BufReader, Read};

use super::*;
use crate::cell::Cell;
use crate::issues::Issue;

/// Gives a few bytes at a time, so that a buffer ends at every place once.
struct Trickle<'a>(&'a [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(buffer.len());
        self.0.read(&mut buffer[..count])
    }
}

fn read(text: &[u8], header: Header, step: usize) -> Result<(Vec<String>, Vec<String>, Issues), CsvError> {
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
                    error.contains(&format!("seem to be separated by {name}: separate them by commas")),
                    "{error}"
                );
            }
        }
        let rows = "1;2\n3;4\n".replace(';', separator);
        let error = read(rows.as_bytes(), Header::None, 7).unwrap_err().to_string();
        assert!(error.starts_with("line 2: the columns seem"), "{error}");
    }
    for (rows, header, name) in [
        ("1,5;2,5\n3,5;4,5\n", Header::None, "`;`"),
        ("1,5;2,5\n3,5;4,5\n", Header::Detect, "`;`"),
        ("a;b, c;d\ne;f, g;h\n", Header::None, "`;`"),
        ("a:b:c\n1:2:3\n", Header::FirstRow, "`:`"),
        ("a b\n1 2\n", Header::FirstRow, "spaces"),
        ("1 2 3\n4 5 6\n", Header::Detect, "spaces"),
    ] {
        let error = read(rows.as_bytes(), header, 7).unwrap_err().to_string();
        assert!(error.starts_with("line 2: the columns seem to be separated by "), "{error}");
        assert!(error.contains(&format!("by {name}: separate them by commas")), "{error}");
    }
    // A spreadsheet says it.
    let error = read(b"sep=;\na;b\n1;2\n", Header::FirstRow, 7).unwrap_err().to_string();
    assert!(
        error.starts_with("line 1: the first line says that the columns are separated by `;`: leave it out"),
        "{error}"
    );
    check("sep=,\na,b\n1,2\n", Header::FirstRow, &["a", "b"], &["1|2"]);
    check("\u{feff}sep=,\r\n1,2\r\n", Header::None, &["_c0", "_c1"], &["1|2"]);
    // Somebody who expects other columns looks closer.
    let opened = |text: &'static [u8]| CsvTable::open(text, Header::Detect).unwrap();
    assert!(
        opened(b"a;b\n").refuse_other_separator(2).is_err()
            && opened(b"a;b\n").refuse_other_separator(1).is_ok()
    );
    assert!(opened(b"1,5;2,5\n3,5;4,5\n").refuse_other_separator(2).is_err());
    assert!(opened(b"a,b\n1,2\n").refuse_other_separator(3).is_ok());
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
        assert!(error.starts_with("it is JSON, not CSV"), "{error}");
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
            "line {line}: the row has a zero byte, so this is not text in UTF-8: convert it, or unpack it first"
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
            "line 1: the first row has more than 16384 columns: leave out columns that no model reads, or divide the table",
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
             write a quote within quotes twice, or write the file again if it was cut off"
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
    // The header that pandas writes for an array.
    check("0,1,2\n7,8,9\n", Header::Detect, &["0", "1", "2"], &["7|8|9"]);
    check("0,1\n7,8\n", Header::Detect, &["_c0", "_c1"], &["0|1", "7|8"]);
    check("0,1,1\n7,8,9\n", Header::Detect, &["_c0", "_c1", "_c2"], &["0|1|1", "7|8|9"]);
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
