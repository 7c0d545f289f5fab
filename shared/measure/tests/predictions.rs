//! Which columns of captured traffic are predictions.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::sync::Arc;

use sagewarden_measure::capture::{CaptureFormat, CaptureReader, ColumnOrder, ExpectedColumns, JoinedRows};
use sagewarden_measure::{Detail, FreeTexts, InferredType, Profile, Refusals};
use serde_json::{Value, json};

fn side(data: &str) -> Value {
    let encoding = if data.starts_with(['{', '[']) { "JSON" } else { "CSV" };
    json!({ "observedContentType": "x", "mode": "X", "data": data, "encoding": encoding })
}

fn event(input: &str, output: &str) -> String {
    let sides = json!({ "endpointInput": side(input), "endpointOutput": side(output) });
    json!({ "captureData": sides, "eventMetadata": { "eventId": "e" }, "eventVersion": "0" }).to_string()
}

fn profile(names: &[&str], ignored: &[String], texts: &[&str]) -> Profile {
    let texts = FreeTexts::new(texts.iter().copied(), Arc::new(Refusals::default()));
    let columns = texts.apart(names.iter().copied());
    let features = columns.into_iter().map(|name| (name, InferredType::Fractional));
    Profile::for_features(features, Detail::Verdict).ignoring(ignored).with_texts(texts)
}

fn predictions(profile: &Profile) -> String {
    let names = profile.columns.iter().filter(|column| column.is_prediction);
    names.map(|column| column.name.as_str()).collect::<Vec<_>>().join(" ")
}

/// The predictions among these columns, in traffic of such bodies.
fn check(names: &str, order: ColumnOrder, ignored: &str, events: &[(&str, &str)], expect: &str) {
    let names: Vec<&str> = names.split(' ').collect();
    let ignored: Vec<String> = ignored.split_whitespace().map(str::to_owned).collect();
    let expected = ExpectedColumns::new(names.iter().copied()).ignoring(&ignored);
    let format = CaptureFormat { order, fit: Some(Arc::new(expected)), ..CaptureFormat::default() };
    let lines: Vec<String> = events.iter().map(|(input, output)| event(input, output)).collect();
    let mut whole = profile(&names, &ignored, &[]);
    CaptureReader::new(format.clone())
        .read(lines.join("\n").as_bytes(), &mut JoinedRows(&mut whole))
        .unwrap();
    assert_eq!(predictions(&whole), expect, "{events:?}");
    // In parts, and kept in between.
    let mut merged = profile(&names, &ignored, &[]);
    for line in &lines {
        let mut part = profile(&names, &ignored, &[]).into_part();
        CaptureReader::new(format.clone()).read(line.as_bytes(), &mut JoinedRows(&mut part)).unwrap();
        merged.merge(&Profile::from_bytes(&part.to_bytes()).unwrap());
    }
    assert_eq!(predictions(&merged), expect, "{events:?}");
    assert_eq!(merged, whole);
}

#[test]
fn columns_that_the_answer_fills_are_predictions() {
    use ColumnOrder::{Input, InputFirst, Output, OutputFirst};
    check("p a b", OutputFirst, "", &[("1,2", "0.5")], "p");
    check("a b p", InputFirst, "", &[("1,2", "0.5")], "p");
    check("p q a", OutputFirst, "", &[("1\n2", "0.5,1\n0.25,0")], "p q");
    check("p a b", OutputFirst, "", &[(r#"{"a":1,"b":2}"#, r#"{"p":0.5}"#)], "p");
    check("p a b", OutputFirst, "", &[(r#"{"a":1,"b":2}"#, "0.5")], "p");
    check("p a b", OutputFirst, "", &[("1,2", "0.5"), (r#"{"a":1,"b":2}"#, r#"{"p":0.5}"#)], "p");
    check("p", Output, "", &[("1,2", "0.5")], "p");
    check("a b", Input, "", &[("1,2", "0.5")], "");
    // The request alone is the row, or the row lacks the label, which is ignored.
    check("a b", OutputFirst, "", &[("1,2", "0.5")], "");
    check("label p a b", OutputFirst, "label", &[("1,2", "0.5")], "p");
    check("p a label b", OutputFirst, "label", &[("1,2", "0.5")], "p");
}

#[test]
fn the_features_of_a_text_in_an_answer_are_predictions() {
    for (input, output) in [("\"a\"", "\"b c\""), (r#"{"prompt":"a"}"#, r#"{"answer":"b c"}"#)] {
        let mut found = profile(&["answer", "prompt"], &[], &["answer", "prompt"]);
        let expected = Arc::new(ExpectedColumns::new(["answer", "prompt"]));
        let format = CaptureFormat { fit: Some(expected), ..CaptureFormat::default() };
        CaptureReader::new(format)
            .read(event(input, output).as_bytes(), &mut JoinedRows(&mut found))
            .unwrap();
        let names = predictions(&found);
        assert!(names.starts_with("answer.characters ") && names.ends_with("answer.refused"), "{names}");
        assert_eq!(names.split(' ').count(), 9, "{names}");
    }
    let texts = FreeTexts::new(["answer"], Arc::new(Refusals::default()));
    assert!(texts.shows_likeness("answer.characters") && texts.shows_likeness("score"));
    assert!(!texts.shows_likeness("answer.digits") && !texts.shows_likeness("answer.refused"));
}
