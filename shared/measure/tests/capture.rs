//! Captured events become rows, and their faults are counted.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::fmt::Write as _;

use proptest::prelude::*;
use sagewarden_measure::capture::{
    CaptureFormat, CaptureReader, CapturedRecord, CapturedRow, ColumnOrder, RecordSink,
};
use sagewarden_measure::{Cell, IssueKind};

/// The rows of a reader as text: `a|b` are cells, `-` is a missing one, `x=1|y=2` are named ones.
#[derive(Default)]
struct Told {
    rows: Vec<String>,
    parts: Vec<String>,
}

fn cell_text(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Missing => "-".to_owned(),
        Cell::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
    }
}

fn row_text(row: CapturedRow<'_>) -> String {
    match row {
        CapturedRow::Absent => String::new(),
        CapturedRow::Positional(cells) => cells.iter().map(cell_text).collect::<Vec<_>>().join("|"),
        CapturedRow::Named(cells) => {
            let named = cells.iter().map(|(name, cell)| format!("{name}={}", cell_text(cell)));
            named.collect::<Vec<_>>().join("|")
        }
    }
}

impl RecordSink for Told {
    fn record(&mut self, record: &CapturedRecord<'_>) {
        self.rows.push(row_text(record.row));
        let mut part = String::new();
        for id in [record.event_id(), record.inference_id(), record.inference_time()] {
            write!(part, "{} ", id.as_deref().unwrap_or("-")).unwrap();
        }
        let [output, input, truth] = [record.output, record.input, record.truth].map(row_text);
        write!(part, "{}: {output} < {input} ({truth})", record.index).unwrap();
        self.parts.push(part);
    }
}

fn format(order: ColumnOrder, input_path: &str, output_path: &str) -> CaptureFormat {
    let path = |path: &str| (!path.is_empty()).then(|| path.parse().unwrap());
    let (input_path, output_path) = (path(input_path), path(output_path));
    CaptureFormat { order, input_path, output_path, ..CaptureFormat::default() }
}

/// An event with these bodies. A body is its encoding and its data.
fn event(input: Option<(&str, &str)>, output: Option<(&str, &str)>) -> String {
    let body = |mode: &str, (encoding, data): (&str, &str)| {
        let content_type = if encoding == "JSON" { "application/json" } else { "text/csv" };
        let data = serde_json::to_string(data).unwrap();
        format!(
            r#""endpoint{mode}":{{"observedContentType":"{content_type}","mode":"{}","data":{data},"encoding":"{encoding}"}}"#,
            mode.to_uppercase()
        )
    };
    let bodies = [input.map(|input| body("Input", input)), output.map(|output| body("Output", output))];
    let bodies: Vec<String> = bodies.into_iter().flatten().collect();
    format!(
        r#"{{"captureData":{{{}}},"eventMetadata":{{"eventId":"f04a","inferenceTime":"2022-04-18T00:21:48Z"}},"eventVersion":"0"}}"#,
        bodies.join(",")
    )
}

/// Reads a file three times: by one reader at once, by one in pieces of all sizes, and each line by a reader of its own, which knows
/// no layout. The answers are the same.
fn read(file: &[u8], format: &CaptureFormat) -> (Told, Vec<(IssueKind, u64, Vec<u64>)>) {
    let mut told = Told::default();
    let issues = CaptureReader::new(format.clone()).read(file, &mut told).unwrap();
    for size in [1, 2, 3, 7, 64, 1000] {
        let mut in_pieces = Told::default();
        let mut reader = CaptureReader::new(format.clone());
        file.chunks(size).for_each(|piece| reader.push(piece, &mut in_pieces));
        assert_eq!(reader.finish(&mut in_pieces), issues, "in pieces of {size}");
        assert_eq!(in_pieces.parts, told.parts, "in pieces of {size}");
    }
    let mut alone = Told::default();
    for line in file.split_inclusive(|byte| *byte == b'\n') {
        CaptureReader::new(format.clone()).read(line, &mut alone).unwrap();
    }
    assert_eq!(alone.parts, told.parts);
    assert_eq!(alone.rows, told.rows);
    (told, issues.iter().map(|(kind, issue)| (kind, issue.count, issue.lines.clone())).collect())
}

/// The rows of a file, and the kinds of its issues.
fn check(format: &CaptureFormat, file: impl AsRef<[u8]>, rows: &[&str], issues: &[IssueKind]) {
    let (told, found) = read(file.as_ref(), format);
    assert_eq!(told.rows, rows, "{}", String::from_utf8_lossy(file.as_ref()));
    let kinds: Vec<IssueKind> = found.into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, issues, "{}", String::from_utf8_lossy(file.as_ref()));
}

const START: (ColumnOrder, &str, &str) = (ColumnOrder::OutputFirst, "", "");

fn start() -> CaptureFormat {
    format(START.0, START.1, START.2)
}

#[test]
fn output_and_input_are_joined_as_the_setting_says() {
    let line = event(Some(("CSV", "132,10,182.9")), Some(("CSV", "0.036\n")));
    for (order, row) in [
        (ColumnOrder::OutputFirst, "0.036|132|10|182.9"),
        (ColumnOrder::InputFirst, "132|10|182.9|0.036"),
        (ColumnOrder::Input, "132|10|182.9"),
        (ColumnOrder::Output, "0.036"),
    ] {
        check(&format(order, "", ""), &line, &[row], &[]);
    }
    let (told, _) = read(line.as_bytes(), &start());
    assert_eq!(told.parts, ["f04a - 2022-04-18T00:21:48Z 0: 0.036 < 132|10|182.9 ()"]);
}

#[test]
fn what_is_not_captured_has_no_columns() {
    let (input, output) = (event(Some(("CSV", "1,2")), None), event(None, Some(("CSV", "0.5"))));
    check(&start(), format!("{input}\n{output}\n"), &["1|2", "0.5"], &[]);
    check(&format(ColumnOrder::Input, "", ""), &output, &[], &[IssueKind::NoBody]);
    check(&format(ColumnOrder::Output, "", ""), &input, &[], &[IssueKind::NoBody]);
    check(&start(), event(None, None), &[], &[IssueKind::NoBody]);
    // A body that is not joined may be anything.
    let picture = event(Some(("PNG", "....")), Some(("CSV", "0.5\n0.6")));
    check(&format(ColumnOrder::Output, "", ""), &picture, &["0.5", "0.6"], &[]);
}

#[test]
fn csv_has_quotes_and_empty_cells() {
    for (data, row) in [
        ("1,,3", "1|-|3"),
        (",", "-|-"),
        ("1,2\r\n", "1|2"),
        (r#""a,b","c ""d""",e"#, r#"a,b|c "d"|e"#),
        ("\"a\nb\",2\n", "a\nb|2"),
        (r#""",2"#, "-|2"),
        ("  1, 2", "  1| 2"),
        ("größer,ß", "größer|ß"),
        ("a\tb,\u{1}", "a\tb|\u{1}"),
        ("-", "-"),
    ] {
        check(&format(ColumnOrder::Input, "", ""), event(Some(("CSV", data)), None), &[row], &[]);
    }
}

#[test]
fn line_i_of_the_answer_belongs_to_line_i_of_the_request() {
    let both = |input, output| event(Some(("CSV", input)), Some(("CSV", output)));
    check(&start(), both("1,2\n3,4\n", "0.1\n0.2"), &["0.1|1|2", "0.2|3|4"], &[]);
    check(&start(), both("1,2\n\n3,4\n\n", "0.1\n0.2\n"), &["0.1|1|2", "0.2|3|4"], &[]);
    check(&start(), both("\"1\",2\n3,4\n", "0.1\n0.2\n"), &["0.1|1|2", "0.2|3|4"], &[]);
    check(&start(), both("1,2\n3,4\n", "0.1\n"), &[], &[IssueKind::RowsDiffer]);
    check(&start(), both("1,2", "\n"), &[], &[IssueKind::EmptyAnswer]);
    check(&start(), both("", ""), &[], &[IssueKind::EmptyAnswer]);
}

#[test]
fn json_bodies_are_lists_objects_scalars_or_batches() {
    let input = |body, path| (format(ColumnOrder::Input, path, ""), event(Some(("JSON", body)), None));
    for (body, path, rows) in [
        ("[1, 2.50 ,\"x\", null,true]", "", vec!["1|2.50|x|-|true"]),
        (r#"{"a":1,"b":"x\ny","c":null}"#, "", vec!["a=1|b=x\ny|c=-"]),
        (r#"{"a":1,"b":2,"a":3}"#, "", vec!["b=2|a=3"]),
        (r#"{"ä\u00df":"\ud83d\ude00\"","b":"\\"}"#, "", vec!["äß=😀\"|b=\\"]),
        ("0.5\n", "", vec!["0.5"]),
        ("\"\"", "", vec![""]),
        ("[[1,2],[3,4]]", "", vec!["1|2", "3|4"]),
        (r#"[{"a":1},{"a":2}]"#, "", vec!["a=1", "a=2"]),
        (
            r#"{"instances":[{"features":[1,2]},{"features":[3,4]}]}"#,
            "/instances/*/features",
            vec!["1|2", "3|4"],
        ),
        (r#"{"instances":[[1,2],[3,4]]}"#, "/instances", vec!["1|2", "3|4"]),
        (r#"{"instances": [ [1 , 2] , [3,4] ] }"#, "/instances/*", vec!["1|2", "3|4"]),
        (r#"{"instances":[{"data":{"a":1,"b":2}}]}"#, "/instances/0/data", vec!["a=1|b=2"]),
        (r#"{"predictions":[0.1,0.9]}"#, "/predictions/*", vec!["0.1", "0.9"]),
        (r#"{"predictions":[0.1,0.9]}"#, "/predictions", vec!["0.1|0.9"]),
        (r#"{"prediction": 0.1 ,"x":[]}"#, "/prediction", vec!["0.1"]),
        (
            "[1e999,-0,1E5,123456789012345678901234567890]",
            "",
            vec!["1e999|-0|1E5|123456789012345678901234567890"],
        ),
    ] {
        let (format, line) = input(body, path);
        check(&format, line, &rows, &[]);
    }
    for (body, path, kind) in [
        (r#"{"instances":[[1,2]]}"#, "", IssueKind::Nested),
        (r#"{"instances":[{"features":[1,2]}]}"#, "/instances", IssueKind::Nested),
        ("[1,[2]]", "", IssueKind::Nested),
        (r#"{"a":1}"#, "/instances", IssueKind::NothingAtPath),
        (r#"{"a":1}"#, "/a/*", IssueKind::NothingAtPath),
        (r#"{"a":[{"b":1}]}"#, "/a/*/c", IssueKind::NothingAtPath),
        (r#"{"a":1"#, "", IssueKind::BodyNotJson),
        ("", "", IssueKind::BodyNotJson),
        (r#"{"a":[]}"#, "/a/*", IssueKind::NoRows),
    ] {
        let (format, line) = input(body, path);
        check(&format, line, &[], &[kind]);
    }
}

#[test]
fn requests_and_answers_may_be_encoded_differently() {
    let format = format(ColumnOrder::OutputFirst, "/instances/*/features", "/predictions/*");
    let line = event(
        Some(("JSON", r#"{"instances":[{"features":[1,2]},{"features":[3,4]}]}"#)),
        Some(("JSON", r#"{"predictions":[0.1,0.9]}"#)),
    );
    check(&format, line, &["0.1|1|2", "0.9|3|4"], &[]);
    let line = event(Some(("JSON", r#"{"age":1,"income":2}"#)), Some(("CSV", "0.5,x\n")));
    check(&start(), line, &["_c0=0.5|_c1=x|age=1|income=2"], &[]);
    let line = event(Some(("CSV", "1,2\n3,4")), Some(("JSON", "[[0.1],[0.2]]")));
    check(&start(), line, &["0.1|1|2", "0.2|3|4"], &[]);
}

#[test]
fn base64_is_read_by_its_content_type() {
    let line = |content_type: &str, data: &str| {
        event(Some(("BASE64", data)), None).replace("text/csv", content_type)
    };
    let input = format(ColumnOrder::Input, "", "");
    check(&input, line("text/csv", "MSwyCg=="), &["1|2"], &[]);
    check(&input, line("text/csv; charset=utf-8", "MSwyCjMsNA=="), &["1|2", "3|4"], &[]);
    check(&input, line("application/json", "eyJhIjoxfQ=="), &["a=1"], &[]);
    check(&input, line("application/x-npy", "MSwyCg=="), &[], &[IssueKind::NotAnArray]);
    check(&input, line("text/csv", "MSwyCg="), &[], &[IssueKind::NotBase64]);
    check(&input, line("text/csv", "/////w=="), &[], &[IssueKind::NotUtf8]);
    let other = event(Some(("AVRO", "x")), None);
    check(&input, other, &[], &[IssueKind::UnknownEncoding]);
}

#[test]
fn the_order_of_keys_and_unknown_keys_do_not_matter() {
    let lines = [
        r#"{"eventMetadata":{"eventId":"e","inferenceTime":"t"},"eventVersion":"0","captureData":{"endpointOutput":{"encoding":"CSV","data":"0.3","mode":"OUTPUT"},"endpointInput":{"data":"9,45","encoding":"CSV","observedContentType":"text/csv"}}}"#,
        r#" { "captureData" : { "endpointInput" : { "data" : "9,45" , "encoding" : "CSV", "more": [ { } ] } , "endpointOutput":{"data":"0.3","encoding":"CSV"} } , "new" : {"data":"x"} , "eventMetadata":{"eventId":"e","inferenceTime":"t","customAttributes":["a=\"1\"","b"],"x":null} } "#,
        r#"{"captureData":{"endpointInput":{"data":"9,45","encoding":"CSV"},"batchTransformOutput":{"data":"0.3","encoding":"CSV"}},"eventMetadata":{"eventId":"e","inferenceTime":"t"}}"#,
    ];
    for line in lines {
        let (told, issues) = read(line.as_bytes(), &start());
        assert_eq!(told.parts, ["e - t 0: 0.3 < 9|45 ()"], "{line}");
        assert_eq!(told.rows, ["0.3|9|45"], "{line}");
        assert!(issues.is_empty());
    }
}

#[test]
fn labels_and_merged_lines_are_told() {
    let label = r#"{"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":"e"},"eventVersion":"0"}"#;
    let (told, issues) = read(label.as_bytes(), &start());
    assert_eq!((told.parts, issues), (vec!["e - - 0:  <  (1)".to_owned()], vec![]));
    let merged = r#"{"captureData":{"endpointInput":{"data":"1,2","encoding":"CSV"},"endpointOutput":{"data":"0.3","encoding":"CSV"}},"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":"e","inferenceId":"57","inferenceTime":"t"}}"#;
    let (told, _) = read(merged.as_bytes(), &start());
    assert_eq!(told.parts, ["e 57 t 0: 0.3 < 1|2 (1)"]);
    assert_eq!(told.rows, ["0.3|1|2"]);
}

#[test]
fn bad_lines_are_counted_where_they_are_and_good_ones_used() {
    let good = event(Some(("CSV", "1,2")), Some(("CSV", "0.5")));
    let mut file = Vec::new();
    for line in [
        good.as_bytes(),
        b"{\"captureData\":",
        b"",
        good.as_bytes(),
        b"[1,2]",
        b"{\"sentence\":\"hm\"}",
        b"{\"captureData\":{\"endpointInput\":{\"data\":\"\xff\",\"encoding\":\"CSV\"}}}",
        b"\0\0\0",
        good.replace("1,2", "1,\t2").as_bytes(),
        good.replace("1,2", r"1,\x").as_bytes(),
        good.replace("f04a", r"\ud800").as_bytes(),
        good.replace("1,2", r"\ud800").as_bytes(),
        good.as_bytes(),
    ] {
        file.extend_from_slice(line);
        file.push(b'\n');
    }
    let (told, issues) = read(&file, &start());
    assert_eq!(told.rows, ["0.5|1|2"; 4]);
    assert_eq!(
        issues,
        [
            (IssueKind::NotUtf8, 2, vec![7, 12]),
            (IssueKind::NotJson, 4, vec![2, 8, 9, 10]),
            (IssueKind::NotAnEvent, 2, vec![5, 6]),
        ]
    );
}

#[test]
fn a_file_that_is_cut_off_is_used_up_to_there() {
    let line = event(Some(("CSV", "1,ä")), Some(("CSV", "0.5")));
    for end in 1..line.len() {
        let mut file = format!("{line}\n").into_bytes();
        file.extend_from_slice(&line.as_bytes()[..end]);
        let (told, issues) = read(&file, &start());
        assert_eq!(told.rows, ["0.5|1|ä"]);
        assert_eq!(issues, [(IssueKind::CutOff, 1, vec![2])], "after {end} bytes");
    }
    check(&start(), format!("{line}\n{line}"), &["0.5|1|ä"; 2], &[]);
    check(&start(), "", &[], &[]);
    check(&start(), "\n\r\n", &[], &[]);
}

#[test]
fn barewords_of_python_are_missing_cells() {
    let body = r#"{"a":NaN,"b":-Infinity,"c":"NaN","d":-1,"e":[]}"#.replace(r#","e":[]"#, "");
    let input = format(ColumnOrder::Input, "", "");
    check(&input, event(Some(("JSON", &body)), None), &["a=-|b=-|c=NaN|d=-1"], &[IssueKind::NotANumber]);
    check(&input, event(Some(("JSON", "[NaN")), None), &[], &[IssueKind::BodyNotJson]);
    // In CSV they are texts like others; the evaluation decides about their type.
    check(&input, event(Some(("CSV", "NaN,inf,1e999")), None), &["NaN|inf|1e999"], &[]);
    let bare = event(Some(("CSV", "1")), None).replace("\"1\"", "NaN");
    check(&input, bare, &[], &[IssueKind::NotJson]);
}

#[test]
fn a_million_columns_and_endless_lines_are_refused() {
    let commas = ",".repeat(999_999);
    let nulls = format!("[null{}]", ",null".repeat(999_999));
    let good = event(Some(("CSV", "1")), None);
    let input = format(ColumnOrder::Input, "", "");
    let mut file = String::new();
    for line in [
        &event(Some(("CSV", &commas)), None),
        &good,
        &event(Some(("CSV", &format!("\"a\"{commas}"))), None),
        &event(Some(("CSV", &format!("1\n{commas}\n2"))), None),
        &event(Some(("JSON", &nulls)), None),
        &good,
    ] {
        writeln!(file, "{line}").unwrap();
    }
    let mut told = Told::default();
    let issues = CaptureReader::new(input.clone()).read(file.as_bytes(), &mut told).unwrap();
    assert_eq!(told.rows, ["1", "1", "2", "1"]);
    let columns = issues.get(IssueKind::TooManyColumns).unwrap();
    assert_eq!((columns.count, columns.lines.as_slice()), (4, [1, 3, 4, 5].as_slice()));

    let small = CaptureFormat { max_line: 1000, ..input };
    let long = "x".repeat(2000);
    let file = format!("{good}\n{long}\n{good}\n{long}\n\n{good}\n{long}");
    let (told, issues) = read(file.as_bytes(), &small);
    assert_eq!(told.rows, ["1", "1", "1"]);
    assert_eq!(issues, [(IssueKind::LineTooLong, 3, vec![2, 4, 7])]);
}

#[test]
fn space_at_the_ends_of_a_line_counts_however_the_line_comes() {
    let line = event(Some(("CSV", "1")), Some(("CSV", "2")));
    let format = CaptureFormat { max_line: line.len() + 10, ..start() };
    let file = format!("{line}{}\n{}\n{line}\n", " ".repeat(11), " ".repeat(line.len() + 11));
    // `read` compares a file that is read whole with one that comes in pieces.
    let (told, issues) = read(file.as_bytes(), &format);
    assert_eq!(told.rows, ["2|1"]);
    assert_eq!(issues, [(IssueKind::LineTooLong, 2, vec![1, 2])]);
}

/// Cells that need no quotes, and some that do.
fn cells() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(
        prop_oneof!["[0-9]{0,4}(\\.[0-9]{1,3})?", "[a-zß\"\\\\, \n]{0,5}", "[-+eENaIn.,]{1,4}"],
        1..12,
    )
}

fn csv_line(cells: &[String]) -> String {
    let quoted = |cell: &String| match cell {
        plain if plain.contains(['"', ',', '\n']) => format!("\"{}\"", plain.replace('"', "\"\"")),
        plain => plain.clone(),
    };
    cells.iter().map(quoted).collect::<Vec<_>>().join(",")
}

fn told_cells(cells: &[String]) -> String {
    cells.iter().map(|cell| if cell.is_empty() { "-" } else { cell }).collect::<Vec<_>>().join("|")
}

proptest! {
    #[test]
    fn what_is_written_is_read(events in prop::collection::vec((cells(), cells(), any::<bool>()), 1..6)) {
        let mut file = String::new();
        let mut expected = Vec::new();
        for (input, output, line_end) in &events {
            // An empty line is not a row.
            prop_assume!(!csv_line(input).is_empty() && !csv_line(output).is_empty());
            let output_line = format!("{}{}", csv_line(output), if *line_end { "\n" } else { "" });
            writeln!(file, "{}", event(Some(("CSV", &csv_line(input))), Some(("CSV", &output_line)))).unwrap();
            expected.push(format!("{}|{}", told_cells(output), told_cells(input)));
        }
        let (told, issues) = read(file.as_bytes(), &start());
        prop_assert_eq!(told.rows, expected);
        prop_assert_eq!(issues, vec![]);
    }

    /// `read` compares readers that know a layout with one that does not.
    #[test]
    fn known_layouts_change_nothing(
        events in prop::collection::vec((cells(), cells()), 2..5),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..4, r#"["\\{}:,nu0d\x00\x1f\x7f\x80 ]"#), 0..4),
    ) {
        let mut file = Vec::new();
        for (input, output) in &events {
            let line = event(Some(("CSV", &csv_line(input))), Some(("CSV", &csv_line(output))));
            file.extend_from_slice(line.as_bytes());
            file.push(b'\n');
        }
        for (place, change, text) in changes {
            let at = place.index(file.len());
            match change {
                0 => { file.remove(at); }
                1 => { file.splice(at..at, text.bytes()); }
                2 => { file.splice(at..at, [0xff]); }
                _ => { file.splice(at..=at, text.bytes()); }
            }
        }
        read(&file, &start());
    }
}

#[test]
fn the_files_of_2019_are_read() {
    let Some(folder) = std::env::var_os("SAGEWARDEN_GOLDEN").map(std::path::PathBuf::from) else {
        eprintln!("skipped: SAGEWARDEN_GOLDEN names no folder with captured events");
        return;
    };
    let events = std::fs::read(folder.join("sdk_2019/capture.jsonl")).unwrap();
    let labels = std::fs::read(folder.join("sdk_2019/actuals.jsonl")).unwrap();
    let lines = |file: &[u8]| file.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
    let ((captured, issues), (truth, no_issues)) = (read(&events, &start()), read(&labels, &start()));
    assert_eq!((issues, no_issues), (vec![], vec![]));
    assert_eq!((captured.rows.len(), truth.rows.len()), (lines(&events), lines(&labels)));
    assert_eq!(captured.rows[0], "0.302709460258|9|45|45|42|7|5|0");
    assert_eq!(truth.parts[0], "74b0dd56-e7c8-368e-94b1-14a138a96000 - {%s} 0:  <  (1)");
}
