//! Bodies that endpoints of all kinds send and receive become rows of the columns that they are compared with.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sagewarden_measure::capture::{
    BatchReader, CaptureFormat, CaptureReader, ColumnOrder, ExpectedColumns, JoinedRows,
};
use sagewarden_measure::{Cell, IssueKind, Issues, RowSink};
use serde_json::json;

/// Rows as text: `a|b` are cells, `-` is a missing one, `x=1|y=2` are named ones.
#[derive(Default)]
struct Told(Vec<String>);

fn cell_text(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Missing => "-".to_owned(),
        Cell::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
    }
}

impl RowSink for Told {
    fn positional(&mut self, cells: &[Cell<'_>]) {
        self.0.push(cells.iter().map(cell_text).collect::<Vec<_>>().join("|"));
    }

    fn named(&mut self, cells: &[(&str, Cell<'_>)]) {
        let named = cells.iter().map(|(name, cell)| format!("{name}={}", cell_text(cell)));
        self.0.push(named.collect::<Vec<_>>().join("|"));
    }
}

/// An event of a request and an answer: of each its content type, its encoding and its data.
fn event(input: (&str, &str, &str), output: (&str, &str, &str)) -> String {
    let body = |(content_type, encoding, data): (&str, &str, &str)| json!({ "observedContentType": content_type, "data": data, "encoding": encoding });
    let sides = json!({ "endpointInput": body(input), "endpointOutput": body(output) });
    json!({ "captureData": sides, "eventMetadata": { "eventId": "e" }, "eventVersion": "0" }).to_string()
}

fn csv(data: &str) -> (&str, &str, &str) {
    ("text/csv", "CSV", data)
}

fn json(data: &str) -> (&str, &str, &str) {
    ("application/json", "JSON", data)
}

/// A baseline of these columns, and what somebody has set.
fn fit(columns: &str, output_path: &str) -> CaptureFormat {
    CaptureFormat {
        fit: (!columns.is_empty()).then(|| Arc::new(ExpectedColumns::new(columns.split(',')))),
        output_path: (!output_path.is_empty()).then(|| output_path.parse().unwrap()),
        ..CaptureFormat::default()
    }
}

fn read(format: &CaptureFormat, line: &str) -> (Vec<String>, Issues) {
    let mut told = Told::default();
    let issues =
        CaptureReader::new(format.clone()).read(line.as_bytes(), &mut JoinedRows(&mut told)).unwrap();
    (told.0, issues)
}

fn check(format: &CaptureFormat, line: &str, rows: &[&str]) {
    let (found, issues) = read(format, line);
    assert_eq!(found, rows, "{line}");
    assert!(issues.is_empty(), "{issues:?} in {line}");
}

/// Nothing is read, and the error is this text.
fn refused(format: &CaptureFormat, line: &str, kind: IssueKind, hint: Option<&str>) {
    let (found, issues) = read(format, line);
    assert_eq!(found, <[&str; 0]>::default(), "{line}");
    assert!(issues.get(kind).is_some(), "{issues:?} in {line}");
    assert_eq!(issues.get(kind).unwrap().hint.as_deref(), hint, "{line}");
}

fn wrapped(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// An array of doubles as NumPy saves it.
fn npy(shape: &str, numbers: &[f64]) -> String {
    let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
    let header = format!("{header:117}\n");
    let items = numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>();
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    wrapped(&[b"\x93NUMPY\x01\0", &length[..], header.as_bytes(), &items].concat())
}

#[test]
fn an_answer_with_a_cell_for_each_row_of_the_request_is_as_many_rows() {
    let format = CaptureFormat::default();
    // The built-in XGBoost.
    check(
        &format,
        &event(csv("9.6,4\n9.1,5\n11.7,0"), csv("0.8,0.2,0.6")),
        &["0.8|9.6|4", "0.2|9.1|5", "0.6|11.7|0"],
    );
    check(&format, &event(csv("1\n2\n"), csv("\"a, b\",c\n")), &["a, b|1", "c|2"]);
    check(&format, &event(csv("1,2\n3,4"), json("[0.1, null]")), &["0.1|1|2", "-|3|4"]);
    check(
        &fit("y,a,b", "/predictions"),
        &event(csv("1,2\n3,4"), json(r#"{"predictions":[0.1,0.2]}"#)),
        &["0.1|1|2", "0.2|3|4"],
    );
    // One row has as many cells as it has.
    check(&format, &event(csv("1,2"), csv("0.1,0.2")), &["0.1|0.2|1|2"]);
    let lines = "each line of a CSV body must be a row: send no header and no empty body";
    refused(&format, &event(csv("1\n2\n3"), csv("0.1,0.2")), IssueKind::RowsDiffer, Some(lines));
    let list = "end the path of a list of results with `/*`";
    refused(&format, &event(csv("1\n2"), json(r#"{"a":1,"b":2}"#)), IssueKind::RowsDiffer, Some(list));
}

#[test]
fn an_answer_alone_has_as_many_rows_as_its_request() {
    let format = CaptureFormat { order: ColumnOrder::Output, ..CaptureFormat::default() };
    check(&format, &event(csv("9.6,4\n9.1,5"), csv("0.8,0.2")), &["0.8", "0.2"]);
    check(&format, &event(json("[[1,2],[3,4]]"), csv("0.8,0.2")), &["0.8", "0.2"]);
    check(&format, &event(csv("1,2\n3,4"), json("[0.1, null]")), &["0.1", "-"]);
    // A request of one row, of another number of rows, or that cannot be read.
    for request in [csv("9.6,4"), csv("1\n2\n3"), ("image/png", "BASE64", "AAAA"), csv("")] {
        check(&format, &event(request, csv("0.8,0.2")), &["0.8|0.2"]);
        check(&format, &event(request, json("[0.8,0.2]")), &["0.8|0.2"]);
    }
}

#[test]
fn a_side_that_lacks_the_ignored_columns_is_the_row() {
    let ignoring = |columns: &str, ignored: &str| {
        let columns = ExpectedColumns::new(columns.split(',')).ignoring(&[ignored.to_owned()]);
        CaptureFormat { fit: Some(Arc::new(columns)), ..CaptureFormat::default() }
    };
    // With the ignored column on one of the sides, both are the row.
    check(&ignoring("y,a,b", "y"), &event(csv("1,2"), csv("0.5")), &["0.5|1|2"]);
    check(&ignoring("y,id,a,b", "id"), &event(csv("1,2"), csv("0.5")), &["0.5|1|2"]);
    check(&ignoring("id,a,b", "id"), &event(csv("1,2"), csv("0.5,0.25")), &["1|2"]);
    check(&ignoring("id,a,b", "none"), &event(csv("1,2"), csv("0.5,0.25")), &["0.5|0.25|1|2"]);
}

#[test]
fn arrays_of_numpy_are_rows_of_numbers() {
    let (request, answer) = (npy("(2, 3)", &[1.0, 2.5, f64::NAN, 4.0, 5.0, 6.0]), npy("(2,)", &[0.5, 0.25]));
    let array = "application/x-npy";
    let line = event((array, "BASE64", &request), (array, "BASE64", &answer));
    check(&CaptureFormat::default(), &line, &["0.5|1.0|2.5|-", "0.25|4.0|5.0|6.0"]);
    // The content decides, whatever the content type says.
    let line = event(("application/octet-stream", "BASE64", &request), csv("1\n0"));
    check(&CaptureFormat::default(), &line, &["1|1.0|2.5|-", "0|4.0|5.0|6.0"]);
    let line = event((array, "BASE64", request.get(..120).unwrap()), csv("1\n0"));
    refused(&CaptureFormat::default(), &line, IssueKind::NotAnArray, None);
    // Several arrays in an archive, as `np.savez` writes it.
    let archive = wrapped(b"PK\x03\x04\x2d\0\xff\xfe");
    for kind in ["application/x-npz", "application/octet-stream"] {
        let line = event((kind, "BASE64", &archive), csv("1\n0"));
        refused(&CaptureFormat::default(), &line, IssueKind::NotAnArray, None);
    }
    let wide = CaptureFormat { max_columns: 2, ..CaptureFormat::default() };
    refused(&wide, &event((array, "BASE64", &request), csv("1\n0")), IssueKind::TooManyColumns, None);
}

#[test]
fn bodies_in_base64_without_a_type_are_what_they_look_like() {
    let binary = "application/octet-stream";
    for (body, row) in [("1,2\n", "0.5|1|2"), ("[1,2]", "0.5|1|2"), ("1e-3,,nan\n", "0.5|1e-3|-|nan")] {
        check(
            &CaptureFormat::default(),
            &event((binary, "BASE64", &wrapped(body.as_bytes())), csv("0.5")),
            &[row],
        );
    }
    for other in ["what is the weather like", "a,b", "\u{1}\u{2}"] {
        let line = event((binary, "BASE64", &wrapped(other.as_bytes())), csv("0.5"));
        refused(&CaptureFormat::default(), &line, IssueKind::UnknownEncoding, None);
    }
    // JSON that was captured as CSV.
    check(&CaptureFormat::default(), &event(csv("[1,2]"), csv("0.5")), &["0.5|1|2"]);
    check(
        &CaptureFormat { order: ColumnOrder::Input, ..CaptureFormat::default() },
        &event(csv(r#"{"a":1}"#), csv("0.5")),
        &["a=1"],
    );
}

#[test]
fn json_lines_have_a_row_a_line() {
    let lines = |data: &'static str| ("application/jsonlines", "JSON", data);
    let request = lines("{\"features\":[1,2]}\n{\"features\":[3,4]}\n");
    let answer = lines("{\"score\":0.5,\"predicted_label\":1}\n{\"score\":0.25,\"predicted_label\":0}");
    for path in ["/features", "/*/features"] {
        let format = CaptureFormat { input_path: Some(path.parse().unwrap()), ..fit("", "/score") };
        check(&format, &event(request, answer), &["0.5|1|2", "0.25|3|4"]);
    }
    let wrapped = wrapped(b"{\"a\":1}\n{\"a\":NaN}\n");
    let line = event(("application/jsonlines", "BASE64", &wrapped), csv("0.5\n0.25"));
    let (rows, issues) =
        read(&CaptureFormat { order: ColumnOrder::Input, ..CaptureFormat::default() }, &line);
    assert_eq!(rows, ["a=1", "a=-"]);
    assert_eq!(issues.iter().map(|(kind, _)| kind).collect::<Vec<_>>(), [IssueKind::NotANumber]);
    let cut = event(lines("{\"features\":[1,2]}\n{\"feat"), csv("0.5\n0.25"));
    refused(&CaptureFormat::default(), &cut, IssueKind::BodyNotJson, None);
}

#[test]
fn json_may_say_column_by_column() {
    let format = CaptureFormat { order: ColumnOrder::Input, ..CaptureFormat::default() };
    let rows = ["age=34|plan=a", "age=51|plan=-"];
    for body in [
        r#"{"age":[34,51],"plan":["a",null]}"#,
        r#"{"age":{"0":34,"1":51},"plan":{"0":"a","1":null}}"#,
        r#"{"age":{"17":34,"4":51},"plan":{"17":"a","4":null}}"#,
        r#"{"columns":["age","plan"],"index":[0,1],"data":[[34,"a"],[51,null]]}"#,
        r#"{"a\u0067e":[34,51],"plan":["\u0061",null]}"#,
    ] {
        check(&format, &event(json(body), csv("0.5")), &rows);
        let path = CaptureFormat { input_path: Some("/inputs".parse().unwrap()), ..format.clone() };
        check(&path, &event(json(&format!(r#"{{"inputs":{body}}}"#)), csv("0.5")), &rows);
    }
    let few = CaptureFormat { max_columns: 1, ..format.clone() };
    for body in [r#"{"age":[34,51],"plan":["a",null]}"#, r#"{"columns":["a","b"],"data":[[1,2]]}"#] {
        refused(&few, &event(json(body), csv("0.5")), IssueKind::TooManyColumns, None);
    }
    let other = r#"{"columns":["age"],"data":[[34,"a"]]}"#;
    refused(&format, &event(json(other), csv("0.5")), IssueKind::NothingAtPath, None);
}

#[test]
fn a_side_that_has_all_columns_is_the_row() {
    let line = event(csv("1,2"), csv("0.5"));
    check(&fit("y,a,b", ""), &line, &["0.5|1|2"]);
    check(&fit("a,b", ""), &line, &["1|2"]);
    check(&fit("y", ""), &line, &["0.5"]);
    // If neither side fits, both are joined; the comparison then refuses the row.
    check(&fit("a,b,c,d", ""), &line, &["0.5|1|2"]);
    check(&fit("", ""), &line, &["0.5|1|2"]);
    check(&fit("a,b", ""), &event(csv("1,2\n3,4"), csv("0.5\n0.25")), &["1|2", "3|4"]);
    let line = event(json(r#"{"a":1,"b":2}"#), json(r#"{"score":0.5}"#));
    check(&fit("a,b", ""), &line, &["a=1|b=2"]);
    check(&fit("score", ""), &line, &["score=0.5"]);
    check(&fit("score,a,b", ""), &line, &["score=0.5|a=1|b=2"]);
    check(&fit("a,b,c", ""), &line, &["score=0.5|a=1|b=2"]);
}

#[test]
fn a_side_that_has_all_columns_is_enough_where_the_other_cannot_be_read() {
    let nested = json(r#"{"predictions":[{"score":0.5}]}"#);
    check(&fit("a,b", ""), &event(csv("1,2"), nested), &["1|2"]);
    check(&fit("a,b", ""), &event(json(r#"{"a":1,"b":2}"#), nested), &["a=1|b=2"]);
    check(&fit("a,b", ""), &event(csv("1,2\n3,4"), ("image/png", "BASE64", "AAAA")), &["1|2", "3|4"]);
    check(&fit("a,b", ""), &event(csv("1,2\n3,4"), csv("0.5\n0.5\n0.5")), &["1|2", "3|4"]);
    check(&fit("y", ""), &event(("image/png", "BASE64", "AAAA"), csv("0.5")), &["0.5"]);
    let hint = "the output seems to have its rows at `/predictions/*`";
    refused(&fit("y,a,b", ""), &event(csv("1,2"), nested), IssueKind::Nested, Some(hint));
    refused(&fit("", ""), &event(csv("1,2"), nested), IssueKind::Nested, Some(hint));
}

#[test]
fn cells_without_names_are_the_columns_that_the_other_side_leaves() {
    let line = event(csv("1,2"), json(r#"{"y":0.5}"#));
    check(&fit("y,a,b", ""), &line, &["y=0.5|a=1|b=2"]);
    check(&fit("a,y,b", ""), &line, &["y=0.5|a=1|b=2"]);
    check(&fit("a,b", ""), &line, &["a=1|b=2"]);
    check(&fit("", ""), &line, &["y=0.5|_c0=1|_c1=2"]);
    check(&fit("y,a,b", ""), &event(json(r#"{"b":1,"a":2}"#), csv("0.5")), &["y=0.5|b=1|a=2"]);
    let two = event(csv("1,2"), json(r#"{"predictions":[{"score":0.5,"predicted_label":0}]}"#));
    let hint = "take one cell of the output: its path may be `/predictions/*/score` or `/predictions/*/predicted_label`";
    refused(&fit("y,a,b", "/predictions/*"), &two, IssueKind::NamesOnOneSide, Some(hint));
    check(&fit("y,a,b", "/predictions/*/predicted_label"), &two, &["0|1|2"]);
    refused(&fit("y,a,b,c,d", "/predictions/*"), &two, IssueKind::NamesOnOneSide, None);
}

#[test]
fn a_path_that_does_not_fit_is_answered_by_one_that_would() {
    let request = json(r#"{"instances":[{"features":[1,2]},{"features":[3,4]}]}"#);
    let input = CaptureFormat { order: ColumnOrder::Input, ..CaptureFormat::default() };
    let hint = Some("the input seems to have its rows at `/instances/*/features`");
    refused(&input, &event(request, csv("0.5")), IssueKind::Nested, hint);
    let wrong = CaptureFormat { input_path: Some("/rows".parse().unwrap()), ..input };
    refused(&wrong, &event(request, csv("0.5")), IssueKind::NothingAtPath, hint);
    let answer = json(r#"{"predictions":[0.1,0.2,0.3]}"#);
    let both = "the output seems to have its rows at `/predictions/*`";
    refused(&fit("", "/predictions"), &event(csv("1\n2"), answer), IssueKind::RowsDiffer, Some(both));
}

#[test]
fn paths_of_both_sides_are_suggested_at_once() {
    let request = json(r#"{"instances":[{"a":1,"b":2}]}"#);
    let line = event(request, json(r#"{"predictions":[{"y":0.5}]}"#));
    let both = "the input seems to have its rows at `/instances/*`, the output seems to have its rows at `/predictions/*`";
    refused(&fit("y,a,b", ""), &line, IssueKind::Nested, Some(both));
    let input = "the input seems to have its rows at `/instances/*`";
    refused(&fit("y,a,b", "/predictions/*"), &line, IssueKind::Nested, Some(input));
    refused(&fit("y,a,b", ""), &event(request, json(r#"{"y":0.5}"#)), IssueKind::Nested, Some(input));
}

#[test]
fn a_header_in_a_body_is_no_row() {
    check(&fit("y,a,b", ""), &event(csv("a,b\n1,2\n3,4\n"), csv("0.5\n0.25")), &["0.5|1|2", "0.25|3|4"]);
    check(&fit("y,a,b", ""), &event(csv("\"a\", b\r\n1,2\r\n"), csv("y\n0.5\n")), &["0.5|1|2"]);
    check(&fit("y,a,b", ""), &event(csv("a,b\n1,2"), csv("0.5")), &["0.5|1|2"]);
    // Texts that are no names, names in another order, and a body with nothing else are rows.
    check(&fit("y,a,b", ""), &event(csv("a,x\n1,2"), csv("0.5,0.25")), &["0.5|a|x", "0.25|1|2"]);
    check(&fit("y,a,b", ""), &event(csv("b,a\n1,2"), csv("0.5,0.25")), &["0.5|b|a", "0.25|1|2"]);
    check(&fit("y,a,b", ""), &event(csv("a,b"), csv("0.5")), &["0.5|a|b"]);
    // The container's reading knows no expected columns.
    check(&fit("", ""), &event(csv("a,b\n1,2"), csv("0.5\n0.25")), &["0.5|a|b", "0.25|1|2"]);
}

#[test]
fn cells_between_other_separators_are_refused_with_their_name() {
    for (data, name) in [("1;2", "`;`"), ("1\t2", "tabs"), ("1|2", "`|`")] {
        let hint = format!("they seem to be separated by {name}");
        let line = event(csv(data), csv("0.5"));
        refused(&fit("y,a,b", ""), &line, IssueKind::OtherSeparator, Some(&hint));
        let rows = format!("{data}\n{data}");
        refused(
            &fit("y,a,b", ""),
            &event(csv(&rows), csv("0.5\n0.5")),
            IssueKind::OtherSeparator,
            Some(&hint),
        );
    }
    for (input, output, columns, name) in [
        ("1,5;2,5", "0,5", "y,a,b", "`;`"),
        ("1,5;2,5;3,5", "0.5", "y,a,b,c", "`;`"),
        ("1,5;2,5", "0.5", "y,a,b", "`;`"),
        ("a;b, c;d", "0.5", "y,a,b,c", "`;`"),
        ("1:2", "0.5", "y,a,b", "`:`"),
        ("1 2 x", "0.5", "y,a,b,c", "spaces"),
        ("1;2;3", "0.5", "a,b,c", "`;`"),
    ] {
        let hint = format!("they seem to be separated by {name}");
        let line = event(csv(input), csv(output));
        refused(&fit(columns, ""), &line, IssueKind::OtherSeparator, Some(&hint));
    }
    check(&fit("y,a", ""), &event(csv("1;2"), csv("0.5")), &["0.5|1;2"]);
    check(&fit("", ""), &event(csv("1;2"), csv("0.5")), &["0.5|1;2"]);
    // A row that lacks a cell and has words, and a request that is the row by itself.
    check(&fit("y,a,b", ""), &event(csv("two words"), csv("0.5")), &["0.5|two words"]);
    check(&fit("a,b", ""), &event(csv("x;y,3"), csv("0.5")), &["x;y|3"]);
}

#[test]
fn an_event_on_several_lines_is_answered_by_what_is_wanted() {
    let hint = Some("an event has to begin and end on one line");
    refused(&fit("", ""), "{\n\"captureData\": {}\n}\n", IssueKind::NotJson, hint);
}

#[test]
fn a_line_may_be_a_list_of_events() {
    let (one, other) = (event(csv("1,2"), csv("0.5")), event(csv("3,4\n5,6"), csv("0.25,0.75")));
    check(&fit("", ""), &format!("[{one}, {other}]\n{one}"), &["0.5|1|2", "0.25|3|4", "0.75|5|6", "0.5|1|2"]);
    for (line, kind) in [
        ("[]", IssueKind::NotAnEvent),
        ("[{}]", IssueKind::NotAnEvent),
        ("[1", IssueKind::CutOff),
        ("[1}", IssueKind::NotJson),
    ] {
        refused(&fit("", ""), line, kind, None);
    }
}

#[test]
fn a_record_of_a_batch_and_its_answer_are_a_row() {
    let read = |format: CaptureFormat, pairs: &[(&str, &str)]| {
        let (mut told, mut reader) = (Told::default(), BatchReader::new(format));
        for ((input, output), number) in pairs.iter().zip(1..) {
            reader.pair(number, input.as_bytes(), output.as_bytes(), &mut JoinedRows(&mut told));
        }
        (told.0, reader.finish())
    };
    let (rows, issues) = read(
        fit("", ""),
        &[("1,\"a, b\"", "0.5"), ("2,c\r", "\"x\""), (r#"{"a":1}"#, r#"{"y":2}"#), ("[1,2]", "0.5")],
    );
    assert_eq!(rows, ["0.5|1|a, b", "x|2|c", "y=2|a=1", "0.5|1|2"]);
    assert!(issues.is_empty());
    // The answer has the record as well (`JoinSource`), or the baseline is of records alone.
    assert_eq!(read(fit("a,b,y", ""), &[("1,2", "1,2,0.5")]).0, ["1|2|0.5"]);
    assert_eq!(read(fit("a,b", ""), &[("1,2", "0.5")]).0, ["1|2"]);
    let (rows, issues) = read(fit("", ""), &[("1", "2"), ("", "0.5")]);
    assert_eq!(
        (rows, issues.get(IssueKind::RowsDiffer).unwrap().lines.as_slice()),
        (vec!["2|1".to_owned()], [2].as_slice())
    );
}
