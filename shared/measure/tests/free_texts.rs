//! Columns of free text become features, whichever way their rows come.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sagewarden_measure::capture::{CaptureFormat, CaptureReader, ExpectedColumns, JoinedRows};
use sagewarden_measure::{Categories, Cell, FreeTexts, Issues, Profile, RowSink};
use serde_json::json;

/// A profile of a table with these columns, of which `answer` and `prompt` are free text.
fn profile(columns: &[&str]) -> Profile {
    let texts = FreeTexts::new(["answer", "prompt"], Arc::default());
    Profile::for_header(texts.apart(columns.iter().copied())).with_texts(texts)
}

/// The values of a column with their counts, and how many are missing.
fn seen(profile: &Profile, column: &str) -> (String, u64) {
    let column = profile.column(column).unwrap();
    let values = match column.categories() {
        Categories::Counted(counts) => counts.sorted().into_iter().collect(),
        _ => vec![("too many", 0)],
    };
    let each = values.into_iter().map(|(text, count)| format!("{text}:{count}"));
    (each.collect::<Vec<_>>().join(" "), column.missing)
}

fn check(profile: &Profile, expect: &[(&str, &str, u64)]) {
    for (column, values, missing) in expect {
        assert_eq!(seen(profile, column), ((*values).to_owned(), *missing), "{column}");
    }
}

#[test]
fn a_text_that_is_missing_is_empty_and_a_column_that_is_missing_has_no_features() {
    let text = |text: &'static str| Cell::Text(text.as_bytes());
    let mut table = profile(&["answer", "score", "prompt"]);
    table.positional(&[text("Yes, 1"), text("0.5"), text("a b c")]);
    table.positional(&[Cell::Missing, text("0.25"), text("I cannot assist you")]);
    table.positional(&[text("")]);
    let mut named = profile(&["answer", "score", "prompt"]);
    named.named(&[("prompt", text("a b c")), ("answer", text("Yes, 1")), ("score", text("0.5"))]);
    named.named(&[
        ("score", text("0.25")),
        ("answer", Cell::Missing),
        ("prompt", text("I cannot assist you")),
    ]);
    named.named(&[("answer", text(""))]);
    for found in [table, named] {
        assert_eq!((found.rows, found.columns.len()), (3, 19));
        check(
            &found,
            &[
                ("answer.characters", "0:2 6:1", 0),
                ("answer.words", "0:2 2:1", 0),
                ("answer.letters", "0.5000:1", 2),
                ("answer.empty", "false:1 true:2", 0),
                ("prompt.words", "3:1 4:1", 1),
                ("prompt.refused", "false:1 true:1", 1),
                ("score", "0.25:1 0.5:1", 1),
            ],
        );
    }
}

#[test]
fn rows_without_a_header_have_texts_by_their_place() {
    let texts = FreeTexts::new(["_c1"], Arc::default());
    let mut found = Profile::default().with_texts(texts);
    found.positional(&[Cell::Text(b"1"), Cell::Text(b"two words")]);
    check(&found, &[("_c0", "1:1", 0), ("_c1.words", "2:1", 0)]);
}

/// An answer to a prompt, both of a type and as SageMaker wraps them.
fn event(content_type: &str, encoding: &str, [prompt, answer]: [&str; 2]) -> String {
    let side = |text: &str| {
        let data = if encoding == "BASE64" { BASE64_STANDARD.encode(text) } else { text.to_owned() };
        json!({ "observedContentType": content_type, "data": data, "encoding": encoding })
    };
    let sides = json!({ "endpointInput": side(prompt), "endpointOutput": side(answer) });
    json!({ "captureData": sides, "eventMetadata": { "eventId": "e" }, "eventVersion": "0" }).to_string()
}

fn read(format: &CaptureFormat, line: &str) -> (Profile, Issues) {
    let mut found = profile(&["answer", "prompt"]);
    let issues =
        CaptureReader::new(format.clone()).read(line.as_bytes(), &mut JoinedRows(&mut found)).unwrap();
    (found, issues)
}

fn plain() -> CaptureFormat {
    let fit = Some(Arc::new(ExpectedColumns::new(["answer", "prompt"])));
    CaptureFormat { fit, plain_texts: true, ..CaptureFormat::default() }
}

#[test]
fn a_body_of_plain_text_is_one_text_whatever_it_looks_like() {
    for encoding in ["BASE64", "CSV"] {
        for (body, characters, words) in [
            ("Hello,\n\"you\", there", 19, 3),
            ("1,2,3", 5, 1),
            ("[\"a\"]", 5, 1),
            ("", 0, 0),
            ("a\n\nb\n", 5, 2),
        ] {
            let line = event("text/plain; charset=utf-8", encoding, [body, "ok"]);
            let (found, issues) = read(&plain(), &line);
            assert!(issues.is_empty(), "{body}: {issues:?}");
            assert_eq!(found.rows, 1, "{body}");
            let expect = (format!("{characters}:1"), format!("{words}:1"));
            assert_eq!(seen(&found, "prompt.characters"), (expect.0, 0), "{body}");
            assert_eq!(seen(&found, "prompt.words"), (expect.1, 0), "{body}");
            assert_eq!(seen(&found, "answer.characters"), ("2:1".to_owned(), 0));
        }
    }
}

#[test]
fn a_path_leads_into_json_that_is_called_plain_text() {
    let format = CaptureFormat {
        input_path: Some("/inputs".parse().unwrap()),
        output_path: Some("/*/generated_text".parse().unwrap()),
        ..plain()
    };
    let bodies = [r#"{"inputs":"a b","parameters":{"n":1}}"#, r#"[{"generated_text":"c"}]"#];
    for (content_type, encoding) in [("text/plain", "BASE64"), ("application/json", "JSON")] {
        let (found, issues) = read(&format, &event(content_type, encoding, bodies));
        assert!(issues.is_empty(), "{issues:?}");
        check(&found, &[("prompt.words", "2:1", 0), ("answer.characters", "1:1", 0)]);
    }
}

#[test]
fn messages_of_a_chat_are_texts_at_their_paths() {
    let format = CaptureFormat {
        input_path: Some("/messages/-1/content".parse().unwrap()),
        output_path: Some("/choices/0/message/content".parse().unwrap()),
        ..plain()
    };
    let request =
        r#"{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Who are you?"}]}"#;
    let answer =
        r#"{"id":"x","choices":[{"message":{"role":"assistant","content":"I can\u2019t assist\n"}}]}"#;
    let (found, issues) = read(&format, &event("application/json", "JSON", [request, answer]));
    assert!(issues.is_empty(), "{issues:?}");
    check(&found, &[("prompt.words", "3:1", 0), ("answer.refused", "true:1", 0)]);
}
