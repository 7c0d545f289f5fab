//! Answers that are none, as captured events show them.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sagewarden_measure::capture::{CaptureFormat, CaptureReader, ColumnOrder, ExpectedColumns, JoinedRows};
use sagewarden_measure::{AnswerCounts, Detail, InferredType, IssueKind, Profile};
use serde_json::{Value, json};

/// An event; without an output if there is none.
fn event(input: &str, output: Option<(&str, &str)>) -> String {
    let side = |data: &str, encoding: &str| json!({ "observedContentType": "x", "mode": "X", "data": data, "encoding": encoding });
    let mut sides = json!({ "endpointInput": side(input, "CSV") });
    if let (Some((data, encoding)), Some(sides)) = (output, sides.as_object_mut()) {
        sides.insert("endpointOutput".to_owned(), side(data, encoding));
    }
    json!({ "captureData": sides, "eventMetadata": { "eventId": "e" }, "eventVersion": "0" }).to_string()
}

fn fit(columns: &str) -> CaptureFormat {
    let expected = ExpectedColumns::new(columns.split(','));
    CaptureFormat { fit: Some(Arc::new(expected)), ..CaptureFormat::default() }
}

/// The profile of an event, and the kinds of its issues.
fn read(format: &CaptureFormat, line: &str) -> (Profile, Vec<IssueKind>) {
    let features = ["p", "a", "b"].map(|name| (name, InferredType::Fractional));
    let mut profile = Profile::for_features(features, Detail::Verdict);
    let issues =
        CaptureReader::new(format.clone()).read(line.as_bytes(), &mut JoinedRows(&mut profile)).unwrap();
    (profile, issues.iter().map(|(kind, _)| kind).collect())
}

#[test]
fn errors_and_empty_answers_are_counted_and_no_rows() {
    let (error, empty) = (
        AnswerCounts { errors: 1, ..AnswerCounts::default() },
        AnswerCounts { empty: 1, ..AnswerCounts::default() },
    );
    let given = AnswerCounts { given: 1, ..AnswerCounts::default() };
    let html = BASE64_STANDARD.encode("<!DOCTYPE HTML><title>500 Internal Server Error</title>");
    let wrapped = BASE64_STANDARD.encode(r#"{"error": "CUDA out of memory"}"#);
    for (output, encoding, expect) in [
        ("0.5\n", "CSV", given),
        ("-1", "CSV", given),
        (r#"{"p": 0.5}"#, "JSON", given),
        (r#"{"p": 0.5, "error": null}"#, "JSON", given),
        (r#"{"p": 0.5, "error": "partly"}"#, "JSON", given),
        ("", "CSV", empty),
        ("\r\n", "CSV", empty),
        ("", "JSON", empty),
        (r#"{"error": "CUDA out of memory"}"#, "JSON", error),
        (r#"{"error": {"message": "x"}}"#, "CSV", error),
        (r#"{"code": 400, "type": "BadRequestException", "message": "x"}"#, "JSON", error),
        (r#"{"ErrorCode": "CLIENT_ERROR_FROM_MODEL", "OriginalStatusCode": 400}"#, "JSON", error),
        (r#"{"detail": "Not Found"}"#, "JSON", error),
        ("Internal Server Error", "CSV", error),
        ("Traceback (most recent call last):\n  File", "CSV", error),
        (&html, "BASE64", error),
        (&wrapped, "BASE64", error),
    ] {
        let (profile, issues) = read(&fit("p,a,b"), &event("1,2", Some((output, encoding))));
        assert_eq!(profile.answers, expect, "{output}");
        let is_given = expect == given;
        assert_eq!(profile.rows, u64::from(is_given), "{output}");
        let kind = if expect == error { IssueKind::ErrorAnswer } else { IssueKind::EmptyAnswer };
        assert_eq!(issues, if is_given { vec![] } else { vec![kind] }, "{output}");
        // The request alone is the row, whatever the answer is.
        let (profile, _) = read(&fit("a,b"), &event("1,2", Some((output, encoding))));
        let failed = if output.contains("partly") { 1 } else { expect.failed() };
        assert_eq!((profile.rows, profile.answers.failed()), (1, failed), "{output}");
    }
}

#[test]
fn absent_and_unreadable_answers_are_counted_and_only_where_answers_count() {
    let (profile, _) = read(&fit("p,a,b"), &event("1,2", None));
    assert_eq!((profile.answers.absent, profile.answers.expected()), (1, 0), "nobody captures answers");
    let lines =
        [event("1,2", None), event("1,2", Some(("0.5", "CSV"))), event("1,2", Some(("\u{fffd}%", "BASE64")))];
    let (profile, issues) = read(&fit("p,a,b"), &lines.join("\n"));
    assert_eq!((profile.answers.absent, profile.answers.unreadable, profile.answers.expected()), (1, 1, 3));
    assert_eq!(issues, [IssueKind::NotBase64]);
    let words = profile.answers.in_words().unwrap();
    assert_eq!(words, "2 of 3 answers failed: 1 absent, 1 unreadable");
    let input = CaptureFormat { order: ColumnOrder::Input, ..CaptureFormat::default() };
    let (profile, _) = read(&input, &lines.join("\n"));
    assert_eq!(profile.answers, AnswerCounts::default());
    // At the path of the answer is an answer, whatever is beside it.
    let path = CaptureFormat { output_path: Some("/predictions/*".parse().unwrap()), ..fit("p,a,b") };
    let body = |answer: &Value| event("1,2", Some((&answer.to_string(), "JSON")));
    let answer = json!({ "predictions": [0.5], "error": "a warning" });
    assert_eq!(read(&path, &body(&answer)).0.answers.given, 1);
    assert_eq!(read(&path, &body(&json!({ "error": "x" }))).0.answers.errors, 1);
    // Counts are kept with the profile, and merged.
    let (profile, _) = read(&fit("p,a,b"), &lines.join("\n"));
    let mut kept = Profile::from_bytes(&profile.to_bytes()).unwrap();
    kept.merge(&profile);
    assert_eq!((kept.answers.given, kept.answers.failed()), (2, 4));
}
