//! `sagewarden bias`, `sagewarden attribution` and quality without labels, as somebody at a terminal uses them.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod run;

use std::fs;
use std::path::Path;

use run::{failure, out, sagewarden};
use serde_json::{Value, json};
use tempfile::TempDir;

fn oracle(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/outcomes/tests/oracle");
    folder.join(name).to_str().unwrap().to_owned()
}

fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }
}

const RULES: [&str; 6] = ["--label", "Target=1", "--predicted", "Predicted=1", "--facet", "Sex=0"];

fn bias(table: &str, more: &[&str]) -> std::process::Output {
    sagewarden(&[&["bias", table], &RULES[..], more].concat())
}

#[test]
fn bias_is_measured_once_and_judged_against_it_later() {
    let folder = Folder::new();
    let before = folder.path("before");
    let output = bias(&oracle("bias-sex.csv"), &["--subgroups", "Region", "--out", &before]);
    assert_eq!(output.status.code(), Some(0));
    let text = out(&output);
    assert!(text.starts_with("In the labels: Sex = 0, beside everybody else\n"), "{text}");
    assert!(text.contains("Disparate Impact (DI)"), "{text}");
    assert!(text.contains("Without --baseline, nothing is judged\n"), "{text}");

    let again = folder.path("now");
    let more = ["--baseline", &before, "--out", &again, "--format", "json"];
    let output = bias(&oracle("bias-severe.csv"), &more);
    assert_eq!(output.status.code(), Some(1));
    let found: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(found["outcome"], "violated");
    let names: Vec<&str> = found["violations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["metric_name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["DAR", "DCA", "DCR", "DI", "DPPL", "FT", "GE", "RD", "TE"]);
    assert_eq!(
        found["not_compared"],
        json!([
            { "metric": "Sex / 0 / CDDL", "why": "it has no value now" },
            { "metric": "Sex / 0 / CDDPL", "why": "it has no value now" },
        ])
    );
    let written: Value = serde_json::from_str(
        &fs::read_to_string(Path::new(&again).join("constraint_violations.json")).unwrap(),
    )
    .unwrap();
    assert_eq!(written["violations"], found["violations"]);

    // The written file is an analysis in Clarify's form.
    let analysis = format!("{again}/analysis.json");
    let output = sagewarden(&["bias", &analysis, "--baseline", &before]);
    assert_eq!(output.status.code(), Some(1));
    assert!(out(&output).ends_with("9 violations (mode exact)\n"), "{}", out(&output));
}

#[test]
fn what_cannot_be_measured_says_what_to_name() {
    let table = oracle("bias-sex.csv");
    let folder = Folder::new();
    for (arguments, expect) in [
        (vec![table.as_str()], "name the group that is compared with everybody else: --facet COLUMN=VALUE"),
        (
            vec![&table, "--facet", "Sex=0"],
            "say which outcomes are favourable: --label COLUMN=VALUE, --predicted",
        ),
        (vec![&table, "--facet", "Sex"], "`Sex` names no values: write COLUMN=VALUE"),
        (vec![&table, "--facet", "Gender=0", "--label", "Target=1"], "there is no column `Gender`"),
        (vec![&table, "--facet", "Sex=0", "--label", "Target=9"], "no row has a favourable label"),
        (vec!["/nowhere.csv", "--facet", "Sex=0", "--label", "Target=1"], "`/nowhere.csv` cannot be read"),
        (
            vec![&table, "--facet", "Sex=0", "--label", "Target=1", "--baseline", "/nowhere"],
            "`/nowhere` cannot be read",
        ),
    ] {
        let (code, said) = failure(&[&["bias"], arguments.as_slice()].concat());
        assert_eq!(code, Some(2), "{arguments:?}");
        assert!(said.contains(expect), "{arguments:?}: {said}");
    }
    let empty = folder.write("analysis.json", "{}");
    let output = sagewarden(&["bias", &empty, "--baseline", &empty]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("nothing could be compared: neither has bias metrics"));
    let output = sagewarden(&["bias", &empty, "--facet", "Sex=0"]);
    assert!(said(&output).contains("an analysis.json has its facets already"), "{}", said(&output));
}

#[test]
fn a_model_that_denies_everybody_has_no_verdict() {
    let folder = Folder::new();
    let table = |predicted: fn(usize) -> usize| {
        let rows: String =
            (0..200).map(|row| format!("{},{},{}\n", row % 2, row / 2 % 2, predicted(row))).collect();
        format!("Sex,Target,Predicted\n{rows}")
    };
    let fair = folder.write("fair.csv", &table(|row| row / 4 % 2));
    let before = folder.path("before");
    assert_eq!(bias(&fair, &["--out", &before]).status.code(), Some(0));
    assert_eq!(bias(&fair, &["--baseline", &before]).status.code(), Some(0));
    // The labels are as before, but nobody is favoured any more.
    let denied = folder.write("denied.csv", &table(|_| 0));
    let output = bias(&denied, &["--baseline", &before]);
    assert_eq!(output.status.code(), Some(2), "{}", out(&output));
    assert!(out(&output).ends_with("No verdict (mode exact)\n"), "{}", out(&output));
    assert!(said(&output).contains("it has no value now"), "{}", said(&output));
    let output = bias(&denied, &["--baseline", &before, "--format", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&out(&output)).unwrap()["outcome"], "unknown");
}

#[test]
fn rows_without_a_group_are_counted_in_a_note() {
    let folder = Folder::new();
    let table = folder.write("table.csv", "Sex,Target,Predicted\n0,1,1\nNA,1,0\n1,0,1\n1,,1\n");
    for (arguments, expect) in [
        (&[] as &[&str], ["`Target` are left out: 1 of 4", "`Sex` are left out: 1 of 4"]),
        (
            &["--mode", "compat"],
            ["`Target` are left out: 1 of 4", "`Sex` count as outside of the group: 1 of 4"],
        ),
        (&["--missing", "gone"], ["`Target` are left out: 1 of 4", ""]),
    ] {
        let output = bias(&table, arguments);
        assert_eq!(output.status.code(), Some(0));
        let said = said(&output);
        let notes = said.matches("note: rows without a value in ").count();
        assert_eq!(notes, expect.iter().filter(|note| !note.is_empty()).count(), "{said}");
        assert!(expect.iter().all(|note| said.contains(note)), "{said}");
    }
}

fn explanation(features: &[(&str, f64)]) -> String {
    let features: Vec<Value> =
        features.iter().map(|(name, value)| json!({ "name": name, "mean_abs_shap": value })).collect();
    json!({ "objective": "binary:logistic", "trees": 1, "rows": 9, "base_value": 0.1, "features": features })
        .to_string()
}

#[test]
fn an_order_of_features_that_turned_round_is_a_violation() {
    let folder = Folder::new();
    // The example of the developer guide.
    let before = folder.write("before.json", &explanation(&[("a", 0.70), ("b", 0.50), ("c", 0.05)]));
    let now = folder.write("now.json", &explanation(&[("a", 0.05), ("b", 0.50), ("c", 0.70), ("d", 0.0)]));
    let report = folder.path("report");
    let output = sagewarden(&["attribution", &now, "--baseline", &before, "--out", &report]);
    assert_eq!(output.status.code(), Some(1));
    let text = out(&output);
    assert!(text.contains("0.6876") && text.contains("new: `d`"), "{text}");
    let written = fs::read_to_string(Path::new(&report).join("constraint_violations.json")).unwrap();
    assert!(written.contains("feature_attribution_drift_check"), "{written}");
    let output = sagewarden(&["attribution", &before, "--baseline", &before, "--format", "json"]);
    assert_eq!(output.status.code(), Some(0));
    let found: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!((&found["outcome"], &found["rankings"][0]["ndcg"]), (&json!("compliant"), &json!(1.0)));
}

#[test]
fn attributions_of_two_methods_are_not_compared() {
    let folder = Folder::new();
    let ours = folder.write("ours.json", &explanation(&[("a", 0.7)]));
    let clarify = json!({ "version": "1.0", "explanations": { "kernel_shap": { "label0": { "global_shap_values": { "a": 0.7 } } } } });
    let clarifys = folder.write("analysis.json", &clarify.to_string());
    let output = sagewarden(&["attribution", &ours, "--baseline", &clarifys]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("nothing could be compared: kernel_shap / label0 is in the baseline only"),
        "{}",
        said(&output)
    );
    let broken = folder.write("broken.json", "{");
    let output = sagewarden(&["attribution", &broken, "--baseline", &ours]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("broken.json"), "{}", said(&output));
}

/// Events as an endpoint captures them, one for each score.
fn captured(folder: &Folder, scores: &[f64]) -> String {
    let event = |(place, score): (usize, &f64)| {
        let data = |data: String| json!({ "observedContentType": "text/csv", "mode": "OUTPUT", "data": data, "encoding": "CSV" });
        let event = json!({
            "captureData": { "endpointInput": data("1".into()), "endpointOutput": data(score.to_string()) },
            "eventMetadata": { "eventId": format!("e{place}"), "inferenceTime": "2026-03-02T09:00:00Z" },
            "eventVersion": "0",
        });
        format!("{event}\n")
    };
    folder.write("captured.jsonl", &scores.iter().enumerate().map(event).collect::<String>())
}

#[test]
fn without_labels_the_quality_is_estimated_and_judged() {
    let folder = Folder::new();
    let scores: Vec<f64> = (0..300).map(|place| f64::from(place % 10) / 10.0 + 0.05).collect();
    let captures = captured(&folder, &scores);
    let arguments = ["quality", captures.as_str(), "--problem", "binary", "--probability", "0"];
    let output = sagewarden(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = out(&output);
    assert!(text.starts_with("300 predictions, binary classification, estimated without labels\n"), "{text}");
    assert!(text.contains("note: the estimate takes scores for probabilities"), "{text}");
    let accuracy = text.lines().find(|line| line.trim().starts_with("accuracy")).unwrap();
    assert!(accuracy.contains("0.7500"), "{accuracy}");

    let constraints = |least: f64| {
        json!({ "version": 0.0, "binary_classification_constraints": {
        "accuracy": { "threshold": least, "comparison_operator": "LessThanThreshold" } } })
    };
    let baseline = folder.path("baseline");
    fs::create_dir(&baseline).unwrap();
    for (least, code, outcome) in [(0.7, 0, "compliant"), (0.8, 1, "violated")] {
        fs::write(Path::new(&baseline).join("constraints.json"), constraints(least).to_string()).unwrap();
        let output = sagewarden(&[&arguments[..], &["--baseline", &baseline, "--format", "json"]].concat());
        assert_eq!(output.status.code(), Some(code), "{}", said(&output));
        let found: Value = serde_json::from_str(&out(&output)).unwrap();
        assert_eq!((&found["outcome"], &found["is_estimate"]), (&json!(outcome), &json!(true)));
    }

    // Labelled scores that say nothing: whatever the score, half are positive.
    let rows: String =
        (0..200).map(|row| format!("{},{}\n", row % 2, f64::from(row / 2 % 10) / 10.0 + 0.05)).collect();
    let table = folder.write("validation.csv", &format!("truth,p\n{rows}"));
    let more = ["--calibrate", &table, "--calibrate-columns", "truth,p"];
    let output = sagewarden(&[&arguments[..], &more].concat());
    let text = out(&output);
    assert!(
        text.contains("calibrated by 200 labelled scores: on average, a score differs by 0.2500"),
        "{text}{}",
        said(&output)
    );
    let accuracy = text.lines().find(|line| line.trim().starts_with("accuracy")).unwrap();
    assert!(accuracy.contains("0.5000"), "{accuracy}");
}

#[test]
fn an_estimate_needs_probabilities() {
    let folder = Folder::new();
    let captures = captured(&folder, &[0.5]);
    for (arguments, expect) in [
        (
            vec!["--problem", "regression"],
            "without --ground-truth, the command estimates quality from probabilities",
        ),
        (
            vec!["--problem", "binary", "--inference", "0"],
            "without --ground-truth, the command estimates quality",
        ),
        (
            vec!["--problem", "binary", "--probability", "0", "--calibrate", "/nowhere"],
            "`/nowhere` cannot be read",
        ),
        (vec!["--problem", "binary", "--probability", "0", "--out", "x"], "--ground-truth"),
    ] {
        let (code, said) = failure(&[&["quality", captures.as_str()], arguments.as_slice()].concat());
        assert_eq!(code, Some(2), "{arguments:?}");
        assert!(said.contains(expect), "{arguments:?}: {said}");
    }
    let logits = captured(&folder, &[1.5, -0.5]);
    let output = sagewarden(&["quality", &logits, "--problem", "binary", "--probability", "0"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("`1.5` is not a probability from 0 to 1"), "{}", said(&output));
}
