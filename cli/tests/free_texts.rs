//! Prompts and answers of a language model, as `sagewarden baseline --text` and `sagewarden drift` take them.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test ends where something is missing")]

#[path = "run/folder.rs"]
mod folder;
mod run;

use std::fs;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use folder::Folder;
use run::{failure, out, sagewarden};
use serde_json::{Value, json};

/// Some words; the row and a salt decide how many.
fn words(row: u32, salt: u32) -> String {
    let count = 5 + row.wrapping_mul(2_654_435_761).wrapping_add(salt) % 1_000_003 % 37;
    (0..count)
        .map(|word| ["alpha", "beta,", "gamma 7", "delta\n"][(word + row) as usize % 4])
        .collect::<Vec<_>>()
        .join(" ")
}

/// A prompt and its answer; every so many answers are refusals.
fn pair(row: u32, salt: u32, refused: u32) -> (String, String) {
    let answer = if row.is_multiple_of(refused) {
        // As long as the others, so that nothing but the refusal is new.
        format!("I\u{2019}m sorry, but I can\u{2019}t help with that. {}", words(row / 3, salt))
    } else {
        format!("Of course I will do all of this at once for you. {}", words(row / 3, salt))
    };
    (words(row, salt), answer)
}

fn table(salt: u32, refused: u32) -> String {
    let line = |row| {
        let (prompt, answer) = pair(row, salt, refused);
        format!("{}\n", json!({ "answer": answer, "prompt": prompt }))
    };
    (0..2_000).map(line).collect()
}

/// Captured events of `text/plain`, as endpoints capture bodies whose type is listed neither as CSV nor as JSON.
fn events(salt: u32, refused: u32) -> String {
    let side = |text: String| {
        let data = BASE64_STANDARD.encode(text);
        json!({ "observedContentType": "text/plain; charset=utf-8", "mode": "X", "data": data, "encoding": "BASE64" })
    };
    let line = |row| {
        let (prompt, answer) = pair(row, salt, refused);
        let sides = json!({ "endpointInput": side(prompt), "endpointOutput": side(answer) });
        format!(
            "{}\n",
            json!({ "captureData": sides, "eventMetadata": { "eventId": row.to_string() }, "eventVersion": "0" })
        )
    };
    (0..2_000).map(line).collect()
}

fn baseline(folder: &Folder, options: &[&str]) {
    let (data, base) = (folder.file("chats.jsonl", table(0, 50)), folder.path("base"));
    let made = sagewarden(
        &[&["baseline", &data, "--force", "--text", "prompt,answer", "--out", &base], options].concat(),
    );
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// The exit status, the rows, and the features of the violations.
fn judged(folder: &Folder, file: &str, options: &[&str]) -> (Option<i32>, u64, Vec<String>) {
    let base = folder.path("base");
    let output = sagewarden(&[&["drift", "--format", "json", "--baseline", &base, file], options].concat());
    let found: Value = serde_json::from_str(&out(&output)).unwrap();
    let violations = found["violations"].as_array().unwrap().iter();
    let mut names: Vec<_> =
        violations.map(|violation| violation["feature_name"].as_str().unwrap().to_owned()).collect();
    names.dedup();
    (output.status.code(), found["rows"].as_u64().unwrap(), names)
}

#[test]
fn a_baseline_has_the_features_of_its_texts_and_none_of_the_texts() {
    let folder = Folder::new();
    baseline(&folder, &[]);
    let files = ["constraints.json", "statistics.json"]
        .map(|name| fs::read_to_string(folder.path("base") + "/" + name).unwrap());
    let constraints: Value = serde_json::from_str(&files[0]).unwrap();
    let features = constraints["features"].as_array().unwrap();
    let answer: Vec<_> = features
        .iter()
        .take(9)
        .map(|feature| (feature["name"].as_str().unwrap(), feature["inferred_type"].as_str().unwrap()))
        .collect();
    assert_eq!(features.len(), 18);
    assert_eq!(
        answer,
        [
            ("answer.characters", "Integral"),
            ("answer.words", "Integral"),
            ("answer.letters", "Fractional"),
            ("answer.digits", "Fractional"),
            ("answer.punctuation", "Fractional"),
            ("answer.spaces", "Fractional"),
            ("answer.non_ascii", "Fractional"),
            ("answer.empty", "String"),
            ("answer.refused", "String"),
        ]
    );
    // An empty text has no shares, and counts as complete all the same.
    let complete: Vec<_> = features.iter().take(3).map(|feature| &feature["completeness"]).collect();
    assert_eq!(complete, [&json!(1.0), &json!(1.0), &Value::Null]);
    assert!(files.iter().all(|file| !file.contains("alpha") && !file.contains("sorry")));
    let data = folder.path("chats.jsonl");
    let (code, said) = failure(&["baseline", &data, "--text", "answers", "--out", &folder.path("new")]);
    assert_eq!(code, Some(2));
    assert!(said.contains("the data has no column `answers`, which --text names"), "{said}");
}

#[test]
fn more_refusals_are_drift_and_as_many_are_none_in_a_table_and_in_captured_text() {
    let folder = Folder::new();
    baseline(&folder, &[]);
    for (same, more) in [
        (folder.file("same.jsonl", table(1, 50)), folder.file("more.jsonl", table(1, 10))),
        (folder.file("seen-same.jsonl", events(1, 50)), folder.file("seen-more.jsonl", events(1, 10))),
    ] {
        assert_eq!(judged(&folder, &same, &[]), (Some(0), 2_000, Vec::new()), "{same}");
        let (code, rows, names) = judged(&folder, &more, &[]);
        assert_eq!((code, rows), (Some(1), 2_000), "{more}");
        assert!(names.contains(&"answer.refused".to_owned()), "{more}: {names:?}");
    }
}

#[test]
fn longer_prompts_and_empty_answers_are_drift() {
    let folder = Folder::new();
    baseline(&folder, &[]);
    let line = |row| {
        let (prompt, answer) = pair(row, 1, 50);
        let answer = if row.is_multiple_of(20) { String::new() } else { answer };
        format!("{}\n", json!({ "answer": answer, "prompt": format!("{prompt} {prompt}") }))
    };
    let now = folder.file("now.jsonl", (0..2_000).map(line).collect::<String>());
    let (code, _, names) = judged(&folder, &now, &[]);
    assert_eq!(code, Some(1));
    for name in ["prompt.characters", "prompt.words", "answer.empty"] {
        assert!(names.iter().any(|found| found == name), "{name}: {names:?}");
    }
}

#[test]
fn phrases_of_ones_own_replace_the_usual_ones() {
    let folder = Folder::new();
    let own = ["--refusal", "Das darf ich nicht"];
    baseline(&folder, &own);
    let more = folder.file("more.jsonl", table(1, 10));
    let refused = |options: &[&str]| judged(&folder, &more, options).2.contains(&"answer.refused".to_owned());
    assert!(refused(&[]) && !refused(&own));
}
