//! `sagewarden quality`, as somebody at a terminal uses it.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod pairs;
mod run;

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use pairs::{BINARY, Folder, event, golden, metric, said, truth};
use run::{failure, out, sagewarden};
use serde_json::{Value, json};

fn check(found: &Value, expect: &[(&str, f64)]) {
    for (name, expect) in expect {
        let value = metric(found, name)["value"].as_f64().unwrap();
        assert!((value - expect).abs() < 1e-12, "{name}: {value} instead of {expect}");
    }
}

/// The quality of a binary model whose answers are labels.
fn measured(captured: &str, truths: &str) -> std::process::Output {
    sagewarden(&["quality", captured, "--ground-truth", truths, "--problem", "binary", "--inference", "0"])
}

#[test]
fn a_binary_classifier_is_measured_by_label_and_probability() {
    let folder = Folder::new();
    let [captured, truths] = folder.pairs(&BINARY);
    let (code, found) = folder.json(&["binary", "--inference", "0", "--probability", "1"]);
    assert_eq!((code, &found["outcome"], &found["pairs"]), (Some(0), &Value::Null, &json!(8)));
    // Among the 16 pairs of a true and a false item, 0.8 is above 0.7, 0.6 and 0.4.
    let auc = 13.0 / 16.0;
    check(&found, &[("recall", 0.75), ("precision", 0.75), ("accuracy", 0.75), ("auc", auc)]);
    check(&found, &[("false_positive_rate", 0.25), ("f1", 0.75)]);
    assert_eq!(found["confusion_matrix"], json!({ "0": { "0": 3, "1": 1 }, "1": { "0": 1, "1": 3 } }));
    assert_eq!(metric(&found, "recall")["standard_deviation"], Value::Null, "there are fewer than 200 pairs");

    let output = measured(&captured, &truths);
    let text = out(&output);
    assert!(text.starts_with("8 pairs, binary classification\n"), "{text}");
    assert!(text.contains("predictions: 8 in 1 file, 8 with a label, 0 without\n"), "{text}");
    let row = |name: &str| text.lines().find(|line| line.trim().starts_with(name)).unwrap().to_owned();
    assert!(row("recall").contains("0.7500") && row("auc").contains("undefined"), "{text}");
    assert_eq!(row("true 0").split_whitespace().collect::<Vec<_>>(), ["true", "0", "3", "1"]);
    assert!(text.ends_with("Without --baseline, nothing is judged\n"), "{text}");
    assert!(output.stderr.is_empty());
}

#[test]
fn a_threshold_makes_labels_of_probabilities() {
    let folder = Folder::new();
    folder.pairs(&BINARY);
    // Above 0.5 are three right ones and 0.8, above 0.65 two and 0.8.
    for (threshold, recall, precision) in [("0.5", 0.75, 0.75), ("0.65", 0.5, 2.0 / 3.0)] {
        let (_, found) = folder.json(&["binary", "--probability", "1", "--threshold", threshold]);
        check(&found, &[("recall", recall), ("precision", precision)]);
    }
    let [..] = folder.pairs(&[("yes", "yes"), ("no", "yes"), ("no", "no")]);
    let (_, found) = folder.json(&["binary", "--inference", "0", "--positive", "yes"]);
    check(&found, &[("recall", 0.5), ("precision", 1.0)]);
}

#[test]
fn several_labels_are_read_out_of_json() {
    let folder = Folder::new();
    let pairs = [("a", "a"), ("a", "a"), ("b", "a"), ("b", "b"), ("a", "c"), ("c", "c")];
    let answer = |label: &str| format!(r#"{{"predictions":[{{"score":0.9,"predicted_label":"{label}"}}]}}"#);
    let answers: Vec<_> = pairs.iter().map(|(said, label)| (answer(said), *label)).collect();
    folder.pairs(&answers.iter().map(|(answer, label)| (answer.as_str(), *label)).collect::<Vec<_>>());
    let at = ["multiclass", "--output-path", "/predictions/*", "--inference", "predicted_label"];
    let (code, found) = folder.json(&at);
    assert_eq!(code, Some(0));
    // Precision of a is 2/3, of b 1/2, of c 1; they are true 3, 1 and 2 times.
    let precision = (3.0 * 2.0 / 3.0 + 0.5 + 2.0) / 6.0;
    check(
        &found,
        &[("accuracy", 4.0 / 6.0), ("weighted_recall", 4.0 / 6.0), ("weighted_precision", precision)],
    );
    assert_eq!(metric(&found, "accuracy")["best_constant_classifier"], 0.5, "always a");
    assert_eq!(found["confusion_matrix"]["c"], json!({ "a": 1, "b": 0, "c": 1 }));
}

#[test]
fn a_regression_takes_the_only_column_of_the_answer() {
    let folder = Folder::new();
    folder.pairs(&[("1\n", "2"), ("3\n", "3"), ("5\n", "7")]);
    let (code, found) = folder.json(&["regression"]);
    assert_eq!(code, Some(0));
    // The squared distances of the true values from their mean 4 are 4, 1 and 9.
    let mse: f64 = 5.0 / 3.0;
    check(&found, &[("mae", 1.0), ("mse", mse), ("rmse", mse.sqrt()), ("r2", 1.0 - 5.0 / 14.0)]);

    let [captured, truths] = folder.pairs(&[("1,2", "2"), ("3,4", "3")]);
    let whole = ["quality", &captured, "--ground-truth", &truths, "--problem", "regression"];
    let (code, words) = failure(&whole);
    assert_eq!(code, Some(2));
    assert!(
        words.contains("a.jsonl`, lines 1, 2: the first: the answer has 2 columns: say with --inference"),
        "{words}"
    );
    assert!(words.contains("error: no prediction could be read from"), "{words}");
    assert!(sagewarden(&[whole.as_slice(), &["--inference", "1"]].concat()).status.success());
}

#[test]
fn labels_stand_where_the_option_says_and_events_may_come_through_a_pipe() {
    let folder = Folder::new();
    let truths = folder.file("truth.jsonl", &(truth("a", "7,2") + &truth("b", "7,3")));
    let arguments = ["quality", "-", "--ground-truth", &truths, "--problem", "regression", "--label", "1"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_sagewarden"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let events = event("a", None, "2") + event("b", None, "3.5").trim_end();
    command.stdin.take().unwrap().write_all(events.as_bytes()).unwrap();
    let text = out(&command.wait_with_output().unwrap());
    let mae = text.lines().find(|line| line.trim().starts_with("mae")).unwrap();
    assert!(mae.contains("0.2500"), "{text}");
}

#[test]
fn the_callers_id_goes_before_the_endpoints_and_the_last_record_counts() {
    let folder = Folder::new();
    let events = [event("e1", Some("mine"), "1"), event("e2", None, "2"), event("e3", Some(""), "3")];
    folder.file("captured/2026/a.jsonl", &events.concat());
    // `e1` is no name of the first event, since its caller gave it one.
    let first = [truth("mine", "100"), truth("e1", "100"), truth("e2", "2"), truth("e3", "3")];
    folder.file("truth/01.jsonl", &first.concat());
    folder.file("truth/02.jsonl", &truth("mine", "1"));
    folder.file("truth/notes.txt", "neither");
    let (_, found) = folder.json(&["regression"]);
    check(&found, &[("mae", 0.0)]);
    assert_eq!(found["predictions"]["unmatched"], 0);
    let labels = json!({ "files": 2, "records": 5, "repeated": 1, "unmatched": 1, "dropped": 0 });
    assert_eq!(found["labels"], labels);
}

#[test]
fn unusable_lines_are_reported_with_their_place_and_the_rest_is_measured() {
    let folder = Folder::new();
    let batch = event("batch", None, "0.1\n0.9\n");
    let events = [
        event("a", None, "0.9"),
        "no json\n".to_owned(),
        event("b", None, "high"),
        event("c", None, ""),
        batch,
        event("d", None, "0.2"),
    ];
    let captured = folder.file("captured/a.jsonl", &events.concat());
    let truths = [
        truth("a", "1"),
        "{\"x\":1}\n".to_owned(),
        "\n".to_owned(),
        truth("b", ""),
        truth("d", "0"),
        // Its event has two rows, and nothing says which one is meant.
        truth("batch", "1"),
        "[".to_owned(),
    ];
    let truths = folder.file("truth/a.jsonl", &truths.concat());
    let whole =
        ["quality", &captured, "--ground-truth", &truths, "--problem", "binary", "--probability", "0"];
    let output = sagewarden(&whole);
    assert_eq!(output.status.code(), Some(0));
    let (text, words) = (out(&output), said(&output));
    assert!(text.starts_with("2 pairs"), "{text}");
    let told = |file: &str, rest: &str| words.contains(&format!("warning: `{file}`, {rest}"));
    assert!(told(&captured, "line 2: not valid JSON\n"), "{words}");
    assert!(told(&captured, "line 4: the answer is empty\n"), "{words}");
    assert!(told(&captured, "lines 3, 5: the first: `high` in `0` is not a probability\n"), "{words}");
    assert!(
        told(&truths, "lines 2, 4, 7: the first: the line is not ground truth: missing field"),
        "{words}"
    );
    assert_eq!(words.lines().count(), 4, "{words}");
    let (_, found) = folder.json(&["binary", "--probability", "0"]);
    let unusable = found["troubles"].as_array().unwrap().iter().map(|trouble| &trouble["unusable"]["count"]);
    assert_eq!(unusable.collect::<Vec<_>>(), [&json!(3), &json!(2)]);
}

#[test]
fn pairs_of_another_problem_are_reported() {
    let folder = Folder::new();
    let pairs: Vec<_> = (0..10).map(|n| ("2", if n == 1 { "low" } else { "2" })).collect();
    folder.pairs(&pairs);
    let (code, found) = folder.json(&["regression"]);
    assert_eq!((code, &found["pairs"], &found["unusable_pairs"]), (Some(0), &json!(9), &json!(1)));
    assert_eq!(
        found["first_unusable"],
        json!({ "id": "id-1", "why": "`low` is not a number: a regression has numbers only" })
    );
    let unusable = &found["troubles"][0]["unusable"];
    assert_eq!((&unusable["count"], &unusable["first"]), (&json!(1), &found["first_unusable"]["why"]));
    let [captured, truths] = folder.pairs(&[("1", "low")]);
    let (code, words) =
        failure(&["quality", &captured, "--ground-truth", &truths, "--problem", "regression"]);
    assert_eq!(code, Some(2));
    assert!(words.contains("none of 1 pairs can be measured: `low` is not a number"), "{words}");
}

#[test]
fn probabilities_are_no_labels_and_paths_no_columns() {
    let folder = Folder::new();
    let [captured, truths] = folder.pairs(&[("0.9", "a"), ("0.2", "b"), ("0.7", "a")]);
    let whole = ["quality", &captured, "--ground-truth", &truths, "--problem", "multiclass"];
    let (code, words) = failure(&whole);
    assert_eq!(code, Some(2));
    assert!(words.contains("no prediction is one of the labels: is it a probability? name the"), "{words}");
    assert_eq!(folder.json(&["multiclass"]).1["outcome"], "unknown");

    let [..] = folder.pairs(&[("a", "a"), ("b", "b")]);
    let output = sagewarden(&[whole.as_slice(), &["--output-path", "/predictions/*"]].concat());
    assert!(output.status.success());
    let words = said(&output);
    assert_eq!(
        words.matches("a.jsonl`: its first answer is CSV, and --output-path is for JSON").count(),
        1,
        "{words}"
    );
    let answer = r#"{"predictions":["a"]}"#;
    folder.pairs(&[(answer, "a"), (answer, "b")]);
    let output = sagewarden(&[whole.as_slice(), &["--output-path", "/predictions/*"]].concat());
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn labels_of_nothing_are_an_error_that_says_where_to_look() {
    let folder = Folder::new();
    let captured = folder.file("captured/a.jsonl", &event("e1", None, "1"));
    let truths = folder.file("truth/a.jsonl", &truth("customer-7", "1"));
    let whole = ["quality", &captured, "--ground-truth", &truths, "--problem", "regression"];
    let (code, words) = failure(&whole);
    assert_eq!(code, Some(2));
    for part in [
        "none of 1 labels belongs to one of 1 predictions: no prediction has an inference id",
        "the first prediction is `e1` of 2026-03-02T00:21:48Z, the first label `customer-7`",
        "as InferenceId when the endpoint is invoked, or name ground truth of the same hours",
    ] {
        assert!(words.contains(part), "{words}");
    }
    folder.file("captured/a.jsonl", &event("e1", Some("customer-8"), "1"));
    assert!(failure(&whole).1.contains("all predictions have inference ids"));
}

#[test]
fn more_ids_than_are_held_leave_a_sample() {
    let folder = Folder::new();
    folder.pairs(&[("1", "1"); 300]);
    let (_, found) = folder.json(&["regression", "--max-ids", "100"]);
    assert_eq!((&found["pairs"], &found["is_sample"]), (&json!(100), &json!(true)));
    assert_eq!((&found["labels"]["records"], &found["labels"]["dropped"]), (&json!(300), &json!(200)));
    let (_, found) = folder.json(&["regression"]);
    assert_eq!(metric(&found, "mae")["standard_deviation"], 0.0, "300 pairs are enough");
}

#[test]
fn what_cannot_run_says_what_to_do() {
    let folder = Folder::new();
    folder.pairs(&[("1", "1")]);
    folder.file("nothing.jsonl", "");
    fs::create_dir(folder.path("empty")).unwrap();
    folder.file("data/constraints.json", r#"{"version":0.0,"features":[]}"#);
    folder.file("broken/constraints.json", r#"{"regression_constraints":7}"#);
    let of = |captured: &str, truths: &str, options: &str| {
        let mut arguments =
            vec!["quality".to_owned(), captured.to_owned(), "--ground-truth".to_owned(), truths.to_owned()];
        arguments.extend(options.split(' ').map(str::to_owned));
        let (code, said) = failure(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(code, Some(2), "{said}");
        said
    };
    let path = |name: &str| folder.path(name);
    for (options, words) in [
        ("--problem binary", "say what holds the prediction: --inference COLUMN for a label"),
        ("--problem regression --probability 0", "--probability is for --problem binary"),
        ("--problem multiclass --positive 1", "--positive is for --problem binary"),
        ("--problem binary --inference 0 --threshold 0.5", "cannot be used with"),
        ("--problem binary --probability 0 --threshold nan", "not a number"),
        (
            "--problem binary --probability 0 --threshold 1.5",
            "--threshold is compared with a probability: name",
        ),
        ("--problem regression --max-ids 0", "--max-ids"),
        (
            &format!("--problem regression --baseline {}", path("empty")),
            "constraints.json; `sagewarden baseline --problem regression` makes one",
        ),
        (&format!("--problem regression --baseline {}", path("broken")), "constraints.json`: "),
        (
            &format!("--problem regression --baseline {}", path("data")),
            "constraints.json` has no constraints of regression: `sagewarden baseline --problem` makes them",
        ),
    ] {
        let said = of(&path("captured"), &path("truth"), options);
        assert!(said.contains(words), "{said}");
    }
    for (captured, truths, words) in [
        (path("empty"), path("truth"), "empty` holds no file that ends in .jsonl"),
        (path("captured"), path("missing.jsonl"), "missing.jsonl` cannot be read"),
        (path("truth"), path("truth"), "no prediction could be read from `"),
        (path("captured"), path("captured"), "no label could be read from `"),
        (path("nothing.jsonl"), path("truth"), "nothing.jsonl` has no rows"),
        (path("captured"), path("nothing.jsonl"), "nothing.jsonl` has no rows"),
        ("-".to_owned(), "-".to_owned(), "standard input (-) can be read once"),
    ] {
        let said = of(&captured, &truths, "--problem regression");
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn captured_events_and_labels_of_2019_are_measured() {
    let (Some(captured), Some(truths)) =
        (golden("sdk_2019", "capture.jsonl"), golden("sdk_2019", "actuals.jsonl"))
    else {
        return;
    };
    let output = sagewarden(&[
        "quality",
        &captured,
        "--ground-truth",
        &truths,
        "--problem",
        "binary",
        "--probability",
        "0",
        "--format",
        "json",
    ]);
    let found: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!((&found["pairs"], &found["labels"]["unmatched"]), (&json!(44), &json!(0)));
    check(&found, &[("recall", 11.0 / 34.0)]);
}

/// A label that is missing is not the label `NA`: with it as the most frequent one, real labels would be left out as third ones.
#[test]
fn a_text_for_a_missing_value_is_no_label() {
    let folder = Folder::new();
    let pairs: Vec<(&str, &str)> = [("1", "1"), ("0", "0"), ("1", "NA"), ("0", "NA"), ("0", "NA")].repeat(2);
    let [captured, truths] = folder.pairs(&pairs);
    let (code, found) = folder.json(&["binary", "--inference", "0"]);
    assert_eq!((code, &found["pairs"]), (Some(0), &json!(4)), "{found:#}");
    assert_eq!(found["confusion_matrix"], json!({ "0": { "0": 2, "1": 0 }, "1": { "0": 0, "1": 2 } }));
    assert_eq!(found["troubles"][0]["unusable"]["count"], 6, "{found:#}");
    let output = measured(&captured, &truths);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("has no label: `NA` means a missing value"), "{told}");
    // Who names such a text has it as a label.
    let (_, found) = folder.json(&["multiclass", "--inference", "0", "--missing", "gone"]);
    assert_eq!(found["pairs"], 10, "{found:#}");
}
