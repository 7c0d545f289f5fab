//! `sagewarden baseline --problem`, and what `sagewarden quality` says against it.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod pairs;
mod run;

use std::fs;
use std::path::PathBuf;

use pairs::{BINARY, Folder, golden, metric, said, truth};
use run::{failure, out, sagewarden};
use serde_json::{Value, json};

fn read(folder: &Folder, name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.path(name)).unwrap()).unwrap()
}

/// How many times the eight rows are enough for a verdict.
const ENOUGH: usize = 7;

/// A baseline of the eight rows: recall and precision 0.75, auc 13/16.
fn baseline(folder: &Folder) -> String {
    let rows: String = BINARY.iter().map(|(said, label)| format!("{said},{label}\n")).collect();
    let data = folder.file("validation.csv", &format!("said,score,label\n{rows}"));
    let base = folder.path("base");
    let output = sagewarden(&[
        "baseline",
        &data,
        "--out",
        &base,
        "--problem",
        "binary",
        "--label",
        "label",
        "--inference",
        "said",
        "--probability",
        "score",
    ]);
    assert!(output.status.success(), "{}", said(&output));
    let text = out(&output);
    assert!(text.starts_with("8 rows, binary classification\n"), "{text}");
    let recall = text.lines().find(|line| line.trim().starts_with("recall")).unwrap();
    assert!(recall.contains(">= 0.7500"), "{text}");
    base
}

#[test]
fn what_the_baseline_was_made_of_keeps_it_and_worse_does_not() {
    let folder = Folder::new();
    let base = baseline(&folder);
    let statistics = read(&folder, "base/statistics.json");
    assert_eq!(statistics["dataset"]["item_count"], 8);
    assert_eq!(statistics["binary_classification_metrics"]["auc"]["value"], 13.0 / 16.0);
    let constraints = read(&folder, "base/constraints.json");
    let rate = &constraints["binary_classification_constraints"]["false_positive_rate"];
    assert_eq!(rate, &json!({ "threshold": 0.25, "comparison_operator": "GreaterThanThreshold" }));

    let judge = ["binary", "--inference", "0", "--probability", "1", "--baseline", &base];
    folder.pairs(&BINARY.repeat(ENOUGH));
    let (code, found) = folder.json(&judge);
    assert_eq!((code, &found["outcome"]), (Some(0), &json!("compliant")), "{found:#}");
    assert_eq!(metric(&found, "auc")["verdict"], "ok");

    // Lines and files that cannot be read are no part of the verdict.
    let pairs = BINARY.repeat(ENOUGH);
    let labels = pairs.iter().zip(0..).map(|((_, label), id)| truth(&format!("id-{id}"), label));
    folder.file("truth/a.jsonl", &(labels.collect::<String>() + "no label\n"));
    let (code, found) = folder.json(&judge);
    assert_eq!((code, &found["outcome"]), (Some(0), &json!("partial")), "{found:#}");
    fs::write(folder.path("truth/b.jsonl"), b"\x1f\x8b\x08\0").unwrap();
    let (code, found) = folder.json(&judge);
    assert_eq!((code, &found["outcome"]), (Some(2), &json!("unknown")), "{found:#}");
    fs::remove_file(folder.path("truth/b.jsonl")).unwrap();

    // The last of four that are not true is now taken for true.
    let mut worse = BINARY;
    worse[7] = ("1,0.1", "0");
    let [captured, truths] = folder.pairs(&worse.repeat(ENOUGH));
    let report = folder.path("new/report");
    let (code, found) = folder.json(&[judge.as_slice(), &["--out", &report]].concat());
    assert_eq!((code, &found["outcome"]), (Some(1), &json!("violated")));
    let rate = "Metric falsePositiveRate with 0.5 was GreaterThanThreshold '0.25'";
    let names = |found: &Value| -> Vec<String> {
        let violations = found["violations"].as_array().unwrap().iter();
        violations.map(|violation| violation["metric_name"].as_str().unwrap().to_owned()).collect()
    };
    let exact = names(&found);
    assert_eq!(exact, ["accuracy", "f0_5", "f1", "f2", "falsePositiveRate", "precision", "trueNegativeRate"]);
    assert_eq!(found["violations"][4]["description"], rate);
    let recall = metric(&found, "recall");
    assert_eq!((&recall["verdict"], &recall["threshold"]), (&json!("ok"), &json!(0.75)));
    let written = read(&folder, "new/report/constraint_violations.json");
    assert_eq!(written, json!({ "violations": found["violations"] }));
    let written = read(&folder, "new/report/statistics.json");
    assert_eq!(
        written["binary_classification_metrics"]["confusion_matrix"]["0"],
        json!({ "0": 14, "1": 14 })
    );

    let (code, compat) = folder.json(&[judge.as_slice(), &["--mode", "compat"]].concat());
    assert_eq!(code, Some(1));
    assert_eq!(names(&compat), exact.into_iter().filter(|name| name != "f0_5").collect::<Vec<_>>());
    let whole = ["quality", &captured, "--ground-truth", &truths, "--problem"];
    let output = sagewarden(&[whole.as_slice(), &judge].concat());
    let text = out(&output);
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains(&format!("violation  {rate}\n")), "{text}");
    assert!(
        text.contains("modes differ  f0_5: exact violated, compat not compared: the container"),
        "{text}"
    );
    assert!(text.ends_with("7 violations (mode exact)\n"), "{text}");
}

#[test]
fn few_labels_have_no_verdict_and_it_is_said_how_many_would() {
    let folder = Folder::new();
    let base = baseline(&folder);
    let judge = ["binary", "--inference", "0", "--probability", "1", "--baseline", &base];
    // Three of six hundred predictions have labels, and all of these are wrong.
    let mut wrong = vec![("1,0.9", "0"); 600];
    wrong[0] = ("0,0.1", "1");
    let [captured, truths] = folder.pairs(&wrong);
    let labels: String =
        wrong.iter().zip(0..3).map(|((_, label), id)| truth(&format!("id-{id}"), label)).collect();
    folder.file("truth/a.jsonl", &labels);
    let out_folder = folder.path("few");
    let (code, found) = folder.json(&[judge.as_slice(), &["--out", &out_folder]].concat());
    assert_eq!((code, &found["outcome"], &found["pairs"]), (Some(2), &json!("unknown"), &json!(3)));
    assert_eq!(found["violations"], json!([]));
    assert_eq!(read(&folder, "few/constraint_violations.json"), json!({ "violations": [] }));
    let whole = ["quality", &captured, "--ground-truth", &truths, "--problem"];
    let output = sagewarden(&[whole.as_slice(), &judge].concat());
    let words = "nothing could be judged: 3 predictions with labels are too few for a verdict: with fewer than 50, chance";
    assert!(said(&output).contains(words), "{output:?}");
    assert!(out(&output).ends_with("No verdict (mode exact)\n"), "{}", out(&output));
    // The container judges any number, and fifty are enough.
    let (code, compat) = folder.json(&[judge.as_slice(), &["--mode", "compat"]].concat());
    assert_eq!((code, &compat["outcome"]), (Some(1), &json!("violated")));
    for (count, expect) in [(49, Some(2)), (50, Some(1))] {
        folder.pairs(&wrong[..count]);
        assert_eq!(folder.json(&judge).0, expect, "{count}");
    }
}

#[test]
fn a_verdict_is_none_where_no_threshold_applies() {
    let folder = Folder::new();
    folder.pairs(&[("1", "1"), ("0", "0")]);
    let constraint = json!({ "threshold": null, "comparison_operator": "LessThanThreshold" });
    let file = json!({ "binary_classification_constraints": { "auc": constraint, "own": constraint } });
    folder.file("base/constraints.json", &file.to_string());
    let base = folder.path("base");
    let (code, found) = folder.json(&["binary", "--inference", "0", "--baseline", &base]);
    assert_eq!((code, &found["outcome"]), (Some(2), &json!("unknown")));
    assert_eq!(metric(&found, "own")["verdict"], json!({ "not_compared": "it has no threshold" }));
}

/// A model that says yes to everything, and labels of which some are `unknown`.
#[test]
fn a_broken_model_does_not_pass_because_of_stray_labels() {
    let folder = Folder::new();
    let base = baseline(&folder);
    let judge = ["binary", "--inference", "0", "--baseline", &base];
    let label = |n: usize, every: usize| match n {
        _ if n.is_multiple_of(every) => "unknown",
        _ if n.is_multiple_of(2) => "0",
        _ => "1",
    };
    let pairs: Vec<_> = (0..400).map(|n| ("1", label(n, 20))).collect();
    folder.pairs(&pairs);
    let (code, found) = folder.json(&judge);
    assert_eq!((code, &found["pairs"], &found["unusable_pairs"]), (Some(1), &json!(380), &json!(20)));
    assert_eq!(found["confusion_matrix"]["0"], json!({ "0": 0, "1": 180 }));
    assert_eq!(found["first_unusable"]["id"], "id-0");

    // More than a tenth: whatever comes out is no verdict, with a baseline or without.
    let pairs: Vec<_> = (0..400).map(|n| ("1", label(n, 9))).collect();
    let [captured, truths] = folder.pairs(&pairs);
    let (code, found) = folder.json(&judge);
    assert_eq!((code, &found["outcome"]), (Some(2), &json!("unknown")));
    let whole = ["quality", &captured, "--ground-truth", &truths, "--problem"];
    let output = sagewarden(&[whole.as_slice(), &judge].concat());
    assert!(said(&output).contains("error: only 355 of 400 pairs could be measured: no verdict"));
    assert!(out(&output).ends_with("No verdict (mode exact)\n"), "{}", out(&output));
    assert_eq!(folder.json(&["binary", "--inference", "0"]).0, Some(2));
}

#[test]
fn labels_of_other_names_want_positive() {
    let folder = Folder::new();
    let [captured, truths] = folder.pairs(&[("yes", "yes"), ("no", "yes"), ("no", "no")]);
    let words =
        "no label is `1`: the labels are `yes` and `no`; name the one that is looked for with --positive";
    let quality =
        ["quality", &captured, "--ground-truth", &truths, "--problem", "binary", "--inference", "0"];
    let (code, said) = failure(&quality);
    assert_eq!(code, Some(2));
    assert!(said.contains(words), "{said}");
    assert!(sagewarden(&[quality.as_slice(), &["--positive", "no"]].concat()).status.success());

    let data = folder.file("data.csv", "y,p\nyes,yes\nno,no\nyes,no\n");
    let base = folder.path("base");
    let baseline =
        ["baseline", &data, "--out", &base, "--problem", "binary", "--label", "y", "--inference", "p"];
    let (code, said) = failure(&baseline);
    assert_eq!(code, Some(2));
    assert!(said.contains(words), "{said}");
    assert!(!PathBuf::from(&base).exists());
    assert!(sagewarden(&[baseline.as_slice(), &["--positive", "yes"]].concat()).status.success());
}

#[test]
fn the_best_constant_of_several_labels_is_the_most_frequent() {
    let folder = Folder::new();
    let data = folder.file("data.csv", "y,p\na,a\na,a\nb,a\n");
    let base = folder.path("base");
    let options = ["--problem", "multiclass", "--label", "y", "--inference", "p"];
    let text = out(&sagewarden(&[&["baseline", &data, "--out", &base], options.as_slice()].concat()));
    let accuracy = text.lines().find(|line| line.trim().starts_with("accuracy")).unwrap();
    let cells: Vec<_> = accuracy.split_whitespace().collect();
    assert_eq!(cells, ["accuracy", "0.6667", "0.6667", ">=", "0.6667"]);
    let metrics = &read(&folder, "base/statistics.json")["multiclass_classification_metrics"];
    assert_eq!(metrics["accuracy_best_constant_classifier"]["value"], 1.0 / 3.0, "as the container has it");
}

#[test]
fn a_baseline_of_bad_rows_is_refused_with_the_line() {
    let folder = Folder::new();
    let base = folder.path("base");
    for (text, options, words) in [
        ("a,b\n1,1\n2,x\n", "--problem regression --label b --inference a", "line 3: `x` is not a number"),
        ("a,b\n1,1\n,1\n", "--problem regression --label b --inference a", "line 3: `a` is empty"),
        (
            "a,b\n1,1\n1,\n",
            "--problem multiclass --label b --inference a",
            "line 3: the label in `b` is empty",
        ),
        ("a,b\n1,1\n", "--problem binary --label c --inference a", "line 2: there is no column `c`"),
        ("a,b\n", "--problem binary --label b --inference a", "the data has no rows"),
        (
            "a,b\n1,1\n",
            "--problem binary --label b --inference b",
            "`b` is both the label and the prediction",
        ),
        (
            "a,b\n1,1\n",
            "--problem binary --label 1 --probability b",
            "`b` is both the label and the prediction",
        ),
        ("a,b,a\n1,1,0\n", "--problem binary --label b --inference a", "the header has `a` more than once"),
        ("a,b\n", "--problem binary --inference a", "--label <COLUMN>"),
        ("a,b\n", "--label b", "--problem <PROBLEM>"),
        ("a,b\n", "--problem multiclass --label b", "say which column holds the prediction"),
    ] {
        let data = folder.file("data.csv", text);
        let options: Vec<&str> = options.split(' ').collect();
        let (code, said) = failure(&[&["baseline", &data, "--out", &base], options.as_slice()].concat());
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(words), "{said}");
        assert!(!PathBuf::from(&base).exists());
    }
    for (text, options) in [
        ("a;b\n1;1\n0;0\n", "--label 0 --inference 1"),
        ("1,5;2,5\n3,5;4,5\n", "--label 0 --inference 1 --no-header"),
        ("sep=;\na;b\n1;1\n", "--label a --inference b"),
        ("a b\n1 1\n0 1\n", "--label a --inference b"),
        ("a:b:c\n1:1:2\n0:1:3\n", "--label a --inference b"),
    ] {
        let data = folder.file("data.csv", text);
        let options: Vec<&str> = options.split(' ').collect();
        let problem = ["baseline", &data, "--out", &base, "--problem", "regression"];
        let (code, said) = failure(&[problem.as_slice(), &options].concat());
        assert!(
            code == Some(2) && said.contains("columns") && said.contains("separated by"),
            "{text} {said}"
        );
    }
    let data = folder.file("data.csv", "7,4\n2,2\n3,5\n");
    let by_place =
        ["baseline", &data, "--out", &base, "--problem", "regression", "--label", "1", "--inference", "0"];
    let output = sagewarden(&by_place);
    assert!(
        said(&output).contains("data.csv`: the first row has numbers only: if it is not a header"),
        "{output:?}"
    );
    assert_eq!(failure(&by_place).0, Some(2), "it is there already");
    assert!(sagewarden(&[by_place.as_slice(), &["--no-header", "--force"]].concat()).status.success());
    assert_eq!(read(&folder, "base/statistics.json")["regression_metrics"]["mae"]["value"], 5.0 / 3.0);
}

/// The container's answer shows its data (see the tests of the library): 57 rows that were all predicted as true, 34 of them rightly; then
/// 2242 rows of which none was predicted as true, 1673 of them wrongly. The texts are equal, except for the deviation of the accuracy,
/// whose samples the container draws at random.
#[test]
fn the_containers_violations_come_out_of_data_like_its_own() {
    let Some(report) = golden("model_quality", "constraint_violations.json") else { return };
    let folder = Folder::new();
    let rows: String = (0..57).map(|row| if row < 34 { "1,1\n" } else { "1,0\n" }).collect();
    let data = folder.file("data.csv", &rows);
    let base = folder.path("base");
    let options = ["--problem", "binary", "--inference", "0", "--label", "1", "--no-header"];
    assert!(
        sagewarden(&[&["baseline", &data, "--out", &base], options.as_slice()].concat()).status.success()
    );
    let pairs: Vec<_> = (0..2242).map(|row| ("0", if row < 569 { "0" } else { "1" })).collect();
    folder.pairs(&pairs);
    let (code, found) = folder.json(&["binary", "--inference", "0", "--baseline", &base, "--mode", "compat"]);
    assert_eq!(code, Some(1));
    let texts = |report: &Value| {
        let text = |violation: &Value| {
            let text = violation["description"].as_str().unwrap().to_owned();
            match text.split_once(" +/- ") {
                Some((before, _)) if violation["metric_name"] == "accuracy" => before.to_owned(),
                _ => text,
            }
        };
        let mut texts: Vec<_> = report["violations"].as_array().unwrap().iter().map(text).collect();
        texts.sort();
        texts
    };
    let report = serde_json::from_str(&fs::read_to_string(report).unwrap()).unwrap();
    assert_eq!(texts(&found), texts(&report));
}
