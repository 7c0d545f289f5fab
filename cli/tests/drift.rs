//! `sagewarden drift`, as somebody at a terminal uses it.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod run;

use std::fs;
use std::path::Path;
use std::process::Command;

use run::{failure, out, sagewarden};
use serde_json::{Value, json};
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    /// The baseline has three columns. The first is the model's answer.
    fn new() -> Self {
        let folder = Self(TempDir::new().unwrap());
        let rows: String =
            (0..500).map(|row| format!("{}.5,{},{}\n", row % 10, amount(row), word(row))).collect();
        let data = folder.file("train.csv", &format!("score,amount,word\n{rows}"));
        let made = sagewarden(&["baseline", &data, "--out", &folder.path("base")]);
        assert!(made.status.success());
        folder
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::create_dir_all(Path::new(&path).parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// The exit status and the document of a run.
    fn json(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let base = self.path("base");
        let output = sagewarden(&[&["drift", "--baseline", &base, "--format", "json"], arguments].concat());
        (output.status.code(), serde_json::from_str(&out(&output)).unwrap())
    }
}

fn word(row: u32) -> &'static str {
    if row.is_multiple_of(2) { "even" } else { "odd" }
}

/// Each value twice: a number that counts the rows is not a feature.
fn amount(row: u32) -> u32 {
    row / 2 * 2
}

/// Captured events of one hour, whose amounts are moved.
fn events(hour: u32, moved: u32) -> String {
    let line = |row: u32| {
        let side = |data: String| json!({ "observedContentType": "text/csv", "mode": "X", "data": data, "encoding": "CSV" });
        let event = json!({
            "captureData": {
                "endpointInput": side(format!("{},{}", amount(row) + moved, word(row))),
                "endpointOutput": side(format!("{}.5", row % 10)),
            },
            "eventMetadata": { "eventId": row.to_string(), "inferenceTime": format!("2026-03-02T{hour:02}:21:48Z") },
            "eventVersion": "0",
        });
        format!("{event}\n")
    };
    (0..500).map(line).collect()
}

#[test]
fn traffic_like_the_baseline_is_compliant() {
    let folder = Folder::new();
    let file = folder.file("captured/a.jsonl", &events(0, 0));
    let output = sagewarden(&["drift", "--baseline", &folder.path("base"), &file]);
    let text = out(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(output.stderr.is_empty());
    assert!(text.starts_with("500 rows of 1 file, 3 features\n"), "{text}");
    assert!(text.ends_with("No violation (mode exact)\n"), "{text}");
}

#[test]
fn moved_traffic_is_violated_and_written() {
    let folder = Folder::new();
    folder.file("captured/credit/v1/2026/03/02/00/a.jsonl", &events(0, 0));
    folder.file("captured/credit/v1/2026/03/02/01/b.jsonl", &events(1, 400));
    folder.file("captured/notes.txt", "neither");
    let (captured, report) = (folder.path("captured"), folder.path("new/report"));
    let (code, found) = folder.json(&[&captured, "--out", &report]);
    assert_eq!(code, Some(1));
    assert_eq!(
        (&found["outcome"], &found["rows"], &found["files"]),
        (&json!("violated"), &json!(1000), &json!(2))
    );
    assert_eq!(found["violations"][0]["feature_name"], "amount");
    assert_eq!(found["violations"][0]["constraint_check_type"], "baseline_drift_check");
    assert_eq!(found["features"].as_array().unwrap().len(), 3);
    let trend: Vec<f64> = found["windows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|window| window["distances"][1].as_f64().unwrap())
        .collect();
    assert!(trend.len() == 2 && trend[0] == 0.0 && trend[1] > 0.5, "{trend:?}");
    let file = |name: &str| fs::read_to_string(Path::new(&report).join(name)).unwrap();
    let violations: Value = serde_json::from_str(&file("constraint_violations.json")).unwrap();
    assert_eq!(violations["violations"], found["violations"]);
    let statistics: Value = serde_json::from_str(&file("statistics.json")).unwrap();
    assert_eq!(statistics["dataset"]["item_count"], 1000);
    let page = file("report.html");
    assert!(page.contains("Drift of") && page.contains("credit, v1") && page.contains(r#"data-points="2""#));
}

#[test]
fn hours_are_told_apart_by_the_times_of_events_in_one_file() {
    let folder = Folder::new();
    let file = folder.file("all.jsonl", &(events(3, 0) + &events(1, 0) + &events(3, 0)));
    let (_, found) = folder.json(&[&file]);
    let hours: Vec<_> =
        found["windows"].as_array().unwrap().iter().map(|each| (&each["start"], &each["rows"])).collect();
    let (first, second) = (json!("2026-03-02T01:00:00Z"), json!("2026-03-02T03:00:00Z"));
    assert_eq!(hours, [(&first, &json!(500)), (&second, &json!(1000))]);
}

#[test]
fn good_lines_of_a_damaged_file_are_used_and_bad_ones_counted() {
    let folder = Folder::new();
    let whole = events(0, 0);
    let file = folder.file("cut.jsonl", &format!("no json\n{}", whole.get(..whole.len() - 40).unwrap()));
    let output = sagewarden(&["drift", "--baseline", &folder.path("base"), &file]);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(said.contains("line 1: not valid JSON") && said.contains("line 501: cut off"), "{said}");
    let told = out(&output);
    assert!(told.starts_with("499 rows"), "{told}");
    assert!(told.ends_with("No violation in what could be read (mode exact)\n"), "{told}");
    let (code, found) = folder.json(&[&file]);
    assert_eq!((code, &found["outcome"]), (Some(0), &json!("partial")));

    // Of what is left when a tenth is lost, nothing clean can be said.
    let file = folder.file("mostly.jsonl", &format!("{}{}", "no json\n".repeat(60), events(0, 0)));
    let output = sagewarden(&["drift", "--baseline", &folder.path("base"), &file]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(said.contains("no verdict: 60 lines could not be used, and 500 rows could"), "{said}");
    assert!(out(&output).ends_with("No verdict (mode exact)\n"), "{}", out(&output));
    assert_eq!(folder.json(&[&file]).1["outcome"], "unknown");
}

#[test]
fn what_cannot_be_read_to_its_end_leaves_no_verdict() {
    let folder = Folder::new();
    folder.file("all/a.jsonl", &events(0, 0));
    assert_eq!(folder.json(&[&folder.path("all")]).1["outcome"], "compliant");
    fs::write(folder.path("all/b.jsonl"), b"\x1f\x8b\x08\0\0\0").unwrap();
    folder.file("all/c.csv", "score,amount,word\n1.5,1,\"even\n1.5,1,odd\n");
    let (code, found) = folder.json(&[&folder.path("all")]);
    assert_eq!((code, &found["outcome"], &found["rows"]), (Some(2), &json!("unknown"), &json!(500)));
    let stopped: Vec<_> = found["troubles"].as_array().unwrap().iter().map(|each| &each["stopped"]).collect();
    assert!(stopped.len() == 2 && stopped[1].as_str().unwrap().starts_with("line 2: a quote"), "{stopped:?}");
    let output = sagewarden(&["drift", "--baseline", &folder.path("base"), &folder.path("all")]);
    assert!(out(&output).ends_with("No violation in what could be read (mode exact)\n"), "{}", out(&output));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.ends_with("b.jsonl` and 1 more file could not be read to the end: the answer covers the rest\n"),
        "{said}"
    );
}

#[test]
fn files_without_rows_are_told_and_change_nothing() {
    let folder = Folder::new();
    folder.file("all/a.jsonl", &events(0, 0));
    folder.file("all/b.jsonl", "");
    folder.file("all/c.csv", "score,amount,word\n");
    let output = sagewarden(&["drift", "--baseline", &folder.path("base"), &folder.path("all")]);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("b.jsonl` has no rows\n") && said.ends_with("c.csv` has no rows\n"), "{said}");
    let (code, said) = failure(&["drift", "--baseline", &folder.path("base"), &folder.path("all/b.jsonl")]);
    assert_eq!(code, Some(2));
    assert!(said.starts_with("warning: ") && said.contains("b.jsonl` has no rows"), "{said}");
}

/// Captured events whose answer is this for each row.
fn answered(answer: impl Fn(u32) -> String) -> String {
    let answered = |(row, line): (u32, &str)| {
        let mut event: Value = serde_json::from_str(line).unwrap();
        *event.pointer_mut("/captureData/endpointOutput/data").unwrap() = json!(answer(row));
        format!("{event}\n")
    };
    (0..).zip(events(0, 0).lines()).map(answered).collect()
}

#[test]
fn drift_of_answers_is_called_prediction_drift() {
    let folder = Folder::new();
    let file = folder.file("captured/a.jsonl", &answered(|row| format!("{}.5", 8 + row % 5)));
    let base = folder.path("base");
    let text = out(&sagewarden(&["drift", "--baseline", &base, &file, "--out", &folder.path("out")]));
    assert!(text.contains("score (prediction)") && !text.contains("amount (prediction)"), "{text}");
    assert!(
        text.contains("score  baseline_drift_check (prediction drift): Baseline drift distance"),
        "{text}"
    );
    let page = fs::read_to_string(folder.path("out/report.html")).unwrap();
    assert!(page.contains(">prediction drift<") && page.contains("Prediction, "), "{page}");
    let (code, found) = folder.json(&[&file]);
    let features = found["features"].as_array().unwrap();
    let predictions: Vec<&Value> = features.iter().filter(|each| each["prediction"] == true).collect();
    assert_eq!((code, predictions.len(), &predictions[0]["name"]), (Some(1), 1, &json!("score")));
}

#[test]
fn answers_that_are_nearly_all_the_same_are_a_finding_of_their_own() {
    let folder = Folder::new();
    let file = folder.file("captured/a.jsonl", &answered(|_| "4.5".to_owned()));
    let (code, found) = folder.json(&[&file]);
    let checks = |found: &Value| {
        let violations = found["violations"].as_array().unwrap();
        let check = |each: &Value| each["constraint_check_type"].as_str().unwrap().to_owned();
        violations.iter().map(check).collect::<Vec<_>>()
    };
    assert_eq!(
        (code, checks(&found)),
        (Some(1), vec!["baseline_drift_check".to_owned(), "prediction_spread_check".to_owned()])
    );
    let (_, compat) = folder.json(&[&file, "--mode", "compat"]);
    assert!(!checks(&compat).iter().any(|check| check == "prediction_spread_check"), "{compat}");
    // A table does not say which of its columns were answers.
    let rows: String = (0..500).map(|row| format!("4.5,{},{}\n", amount(row), word(row))).collect();
    let table = folder.file("table.csv", &format!("score,amount,word\n{rows}"));
    assert_eq!(checks(&folder.json(&[&table]).1), ["baseline_drift_check"]);
}

#[test]
fn failed_answers_are_counted_and_too_many_are_a_violation() {
    let folder = Folder::new();
    let error = r#"{"error": "CUDA out of memory"}"#;
    let failing = |every: u32| {
        answered(|row| if row % every == 3 { error.to_owned() } else { format!("{}.5", row % 10) })
    };
    let file = folder.file("captured/a.jsonl", &failing(20));
    let (code, found) = folder.json(&[&file]);
    let [violation] = found["violations"].as_array().unwrap().as_slice() else { panic!("{found:#}") };
    assert_eq!((code, &violation["constraint_check_type"]), (Some(1), &json!("error_rate_check")));
    assert_eq!(violation["feature_name"], "Answers");
    assert_eq!(found["answers"]["errors"], 25);
    let base = folder.path("base");
    let output = sagewarden(&["drift", "--baseline", &base, &file, "--out", &folder.path("out")]);
    assert!(
        out(&output).contains("note: 25 of 500 answers failed: 25 with the message of an error\n"),
        "{}",
        out(&output)
    );
    assert!(fs::read_to_string(folder.path("out/report.html")).unwrap().contains("25 of 500 answers failed"));
    for more in [["--drift-threshold", "Answers=0.1"], ["--ignore", "Answers"], ["--mode", "compat"]] {
        let (_, found) = folder.json(&[&[file.as_str()], more.as_slice()].concat());
        assert!(!found["violations"].to_string().contains("error_rate_check"), "{more:?} {found:#}");
    }
    let (code, found) = folder.json(&[&folder.file("captured/b.jsonl", &failing(300))]);
    assert_eq!((code, &found["outcome"]), (Some(0), &json!("partial")));
}

#[test]
fn tables_are_read_by_the_names_of_their_columns() {
    let folder = Folder::new();
    let rows: String =
        (0..500).map(|row| format!("{},{},{}.5\n", word(row), amount(row), row % 10)).collect();
    folder.file("tables/now.csv", &format!("word,amount,score\n{rows}"));
    let (code, found) = folder.json(&[&folder.path("tables")]);
    assert_eq!((code, &found["rows"]), (Some(0), &json!(500)), "{found:#}");
}

#[test]
fn records_of_a_batch_are_read_with_the_answers_that_lie_beside_them() {
    let folder = Folder::new();
    let records: String = (0..500).map(|row| format!("{},{}\n", amount(row), word(row))).collect();
    let answers: String = (0..500).map(|row| format!("{}.5\n", row % 10)).collect();
    let named = folder.file("batch/now.csv", &format!("amount,word\n{records}"));
    folder.file("batch/now.csv.out", &answers);
    for path in [folder.path("batch"), named.clone()] {
        let (code, found) = folder.json(&[&path]);
        assert_eq!(
            (code, &found["rows"], &found["coverage"]["compared"]),
            (Some(0), &json!(500), &json!(3)),
            "{found:#}"
        );
        assert_eq!(found["troubles"], json!([]));
    }
    let lines: String = (0..500).map(|row| format!("[{},\"{}\"]\n", amount(row), word(row))).collect();
    folder.file("lines/now.jsonl", &lines);
    folder.file("lines/now.jsonl.out", &answers);
    assert_eq!(folder.json(&[&folder.path("lines")]).0, Some(0));
    folder.file("batch/now.csv.out", "0.5\n");
    let (code, found) = folder.json(&[&named]);
    assert_eq!(code, Some(2), "{found:#}");
    let why = found["troubles"][0]["stopped"].as_str().unwrap();
    assert!(why.starts_with("there are more records than answers: "), "{why}");
    assert!(
        why.contains("line by line, up to line 1; run the job with BatchStrategy `SingleRecord`"),
        "{why}"
    );
}

/// A job may send many records at once, and may write each record before its answer.
#[test]
fn answers_of_a_batch_are_read_however_the_job_puts_them_together() {
    let folder = Folder::new();
    let record = |row: u32| format!("{},{}", amount(row), word(row));
    let answer = |row: u32| format!("{}.5", row % 10);
    let records: String = (0..500).map(|row| record(row) + "\n").collect();
    let answers: Vec<String> = (0..500).map(answer).collect();
    let document = json!({ "predictions": answers.iter().map(|text| json!({ "score": text.parse::<f64>().unwrap() })).collect::<Vec<_>>() });
    let joined: String = (0..500).map(|row| format!("{},{}\n", record(row), answer(row))).collect();
    let named = folder.file("batch/now.csv", &records);
    for (out, path) in
        [(answers.join(","), None), (format!("{document}\n"), Some("/predictions/*/score")), (joined, None)]
    {
        folder.file("batch/now.csv.out", &out);
        for file in [named.clone(), folder.path("batch/now.csv.out")] {
            let options = path.map(|path| ["--output-path", path]);
            let (code, found) = folder
                .json(&[&[file.as_str()][..], options.as_ref().map_or(&[] as &[&str], |it| it)].concat());
            assert_eq!(
                (code, &found["rows"], &found["coverage"]["compared"], &found["troubles"]),
                (Some(0), &json!(500), &json!(3), &json!([])),
                "{found:#}"
            );
        }
    }
    let alone = folder.file("alone/now.csv.out", "0.5\n");
    let (code, told) = failure(&["drift", "--baseline", &folder.path("base"), &alone]);
    assert_eq!(code, Some(2));
    assert!(told.contains("has answers of a batch transform job, and its records"), "{told}");
}

#[test]
fn a_baseline_of_requests_alone_is_compared_with_requests_alone() {
    let folder = Folder::new();
    let rows: String = (0..500).map(|row| format!("{},{}\n", amount(row), word(row))).collect();
    let data = folder.file("requests.csv", &format!("amount,word\n{rows}"));
    assert!(sagewarden(&["baseline", &data, "--out", &folder.path("base"), "--force"]).status.success());
    let file = folder.file("a.jsonl", &events(0, 0));
    let (code, found) = folder.json(&[&file]);
    assert_eq!((code, &found["coverage"]["compared"]), (Some(0), &json!(2)), "{found:#}");
    // Who says what the columns are means it, and the container knows no better.
    for option in [["--columns", "start"], ["--mode", "compat"]] {
        let (_, found) = folder.json(&[&[file.as_str()], option.as_slice()].concat());
        assert_eq!(found["coverage"]["compared"], json!(0), "{found:#}");
        assert!(found["violations"].to_string().contains("extra_column_check"), "{found:#}");
    }
}

#[test]
fn an_answer_that_may_belong_behind_the_request_is_said_with_the_option_that_fits() {
    let folder = Folder::new();
    let rows: String =
        (0..500).map(|row| format!("{},{},{}.5\n", amount(row), word(row), row % 10)).collect();
    let data = folder.file("last.csv", &format!("amount,word,score\n{rows}"));
    let base = folder.path("last");
    assert!(sagewarden(&["baseline", &data, "--out", &base]).status.success());
    let traffic = folder.file("traffic.jsonl", &events(9, 0));
    let output = sagewarden(&["drift", "--baseline", &base, &traffic]);
    assert_eq!(output.status.code(), Some(0));
    assert!(out(&output).contains("are taken for the last ones of the baseline"), "{}", out(&output));
    // Neither order explains traffic that moved.
    let moved = folder.file("moved-last.jsonl", &events(9, 1_000));
    let output = sagewarden(&["drift", "--baseline", &base, &moved]);
    assert_eq!(output.status.code(), Some(1));
    assert!(out(&output).contains("pass --columns end"), "{}", out(&output));
    let output = sagewarden(&["drift", "--baseline", &base, &traffic, "--columns", "start"]);
    assert_eq!(output.status.code(), Some(1));
    let output = sagewarden(&["drift", "--baseline", &base, &traffic, "--columns", "end"]);
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
    let (code, found) = folder.json(&[&folder.file("moved.jsonl", &events(9, 1_000))]);
    assert_eq!(code, Some(1));
    assert!(!found["notes"].to_string().contains("--columns end"), "one column of three: {found}");
}

#[test]
fn columns_that_are_no_features_are_said_and_not_compared() {
    let folder = Folder::new();
    let table = |from: u32| {
        let row = |row: u32| {
            format!("{},2024-{:02}-{:02},{}\n", from + row, from / 500 + 1, row % 28 + 1, word(row))
        };
        format!("id,day,word\n{}", (0..500).map(row).collect::<String>())
    };
    let (train, now) = (folder.file("train.csv", &table(0)), folder.file("now.csv", &table(500)));
    let made = sagewarden(&["baseline", &train, "--out", &folder.path("base"), "--force"]);
    let told = String::from_utf8(made.stderr).unwrap();
    for column in
        ["`id` is not a feature: its values count up", "`day` is not a feature: its values are dates"]
    {
        assert!(told.contains(column), "{told}");
    }
    let (code, found) = folder.json(&[&now]);
    assert_eq!((code, &found["coverage"]["compared"]), (Some(0), &json!(1)), "{found:#}");
}

#[test]
fn columns_are_ignored_on_request() {
    let folder = Folder::new();
    let file = folder.file("a.jsonl", &events(0, 400));
    assert_eq!(folder.json(&[&file]).0, Some(1));
    let (code, found) = folder.json(&[&file, "--ignore", "amount"]);
    assert_eq!((code, &found["coverage"]["compared"]), (Some(0), &json!(2)), "{found:#}");
    let (code, told) = failure(&["drift", "--baseline", &folder.path("base"), &file, "--ignore", "amonut"]);
    assert_eq!(code, Some(2));
    assert!(told.contains("the baseline has no column `amonut`"), "{told}");
}

#[test]
fn why_nothing_could_be_compared_is_said_once() {
    let folder = Folder::new();
    let file = folder.file("a.jsonl", &events(0, 0));
    let base = folder.path("base");
    let text = out(&sagewarden(&["drift", "--baseline", &base, "--columns", "input", &file]));
    assert_eq!(text.matches("and the baseline has 3").count(), 1, "{text}");
    let other = folder.file("other.csv", "x,y,z\n1,2,3\n4,5,6\n");
    let text = out(&sagewarden(&["drift", "--baseline", &base, &other]));
    assert_eq!(text.matches("was made of other data").count(), 1, "{text}");
}

#[test]
fn a_body_that_cannot_be_read_is_answered_by_the_path_that_would() {
    let folder = Folder::new();
    let event = |body: &str| {
        let side = |kind: &str, data: &str| json!({ "observedContentType": kind, "data": data, "encoding": if kind == "text/csv" { "CSV" } else { "JSON" } });
        json!({ "captureData": { "endpointInput": side("text/csv", "7,even"), "endpointOutput": side("application/json", body) }, "eventMetadata": { "eventId": "e" } }).to_string()
    };
    let file = folder.file("a.jsonl", &event(r#"{"predictions":[{"score":0.5}]}"#));
    let (_, told) = failure(&["drift", "--baseline", &folder.path("base"), &file]);
    assert!(told.contains("(the output seems to have its rows at `/predictions/*`)"), "{told}");
    let (_, found) = folder.json(&[&file, "--output-path", "/predictions/*"]);
    assert_eq!((&found["rows"], &found["coverage"]["compared"]), (&json!(1), &json!(3)), "{found:#}");
}

#[test]
fn a_window_of_a_row_is_not_taken_for_compliant() {
    let folder = Folder::new();
    let all = events(9, 0);
    let (code, found) = folder.json(&[&folder.file("one.jsonl", all.lines().next().unwrap())]);
    assert_eq!((code, &found["outcome"]), (Some(2), &json!("unknown")), "{found}");
    // Windows begins texts with a mark.
    let (code, found) = folder.json(&[&folder.file("marked.jsonl", &format!("\u{feff}{all}"))]);
    assert_eq!((code, &found["rows"], &found["troubles"]), (Some(0), &json!(500), &json!([])), "{found}");
}

#[test]
fn other_data_is_not_taken_for_compliant() {
    let folder = Folder::new();
    let other = folder.file("other.csv", "x,y,z\n1,2,3\n4,5,6\n");
    let (code, found) = folder.json(&[&other]);
    assert_eq!(code, Some(1), "{found:#}");
    assert!(found["notes"].to_string().contains("this baseline was made of other data"), "{found:#}");
    let (code, found) = folder.json(&[&other, "--mode", "compat"]);
    assert_eq!(found["outcome"], "unknown");
    assert_eq!(code, Some(2), "the container counts columns only, so that it has judged nothing");
}

#[test]
fn without_statistics_distributions_are_not_compared_and_there_is_no_verdict() {
    let folder = Folder::new();
    fs::remove_file(folder.path("base/statistics.json")).unwrap();
    let file = folder.file("a.jsonl", &events(0, 400));
    let output = sagewarden(&["drift", "--baseline", &folder.path("base"), &file]);
    assert_eq!(output.status.code(), Some(2));
    assert!(out(&output).contains("has no statistics.json"), "{}", out(&output));
    assert!(out(&output).contains("note: 0 of 3 features compared with the baseline\n"), "{}", out(&output));
    assert!(out(&output).ends_with("No verdict (mode exact)\n"), "{}", out(&output));
    let (code, found) = folder.json(&[&file]);
    assert_eq!((code, &found["outcome"]), (Some(2), &json!("unknown")));
    assert_eq!((&found["coverage"]["features"], &found["coverage"]["compared"]), (&json!(3), &json!(0)));
    let first = &found["coverage"]["not_compared"][0];
    assert_eq!(
        (&first["feature"], &first["why"]),
        (&json!("score"), &json!("the baseline has no statistics"))
    );
}

#[test]
fn a_file_that_is_named_twice_is_read_once() {
    let folder = Folder::new();
    let file = folder.file("all/a.jsonl", &events(0, 0));
    let all = folder.path("all");
    let output = sagewarden(&["drift", "--baseline", &folder.path("base"), &all, &file, &all]);
    assert_eq!(output.status.code(), Some(0));
    assert!(out(&output).starts_with("500 rows of 1 file, 3 features\n"), "{}", out(&output));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "note: 2 names left out: a file that is named twice is read once\n");
}

#[test]
fn one_is_told_in_the_singular() {
    let folder = Folder::new();
    let data = folder.file("one.csv", "a\n1\n");
    let made = sagewarden(&["baseline", &data, "--out", &folder.path("one")]);
    assert!(out(&made).starts_with("1 row, 1 column\n"), "{}", out(&made));
    let output = sagewarden(&["drift", "--baseline", &folder.path("one"), &data]);
    assert!(out(&output).starts_with("1 row of 1 file, 1 feature\n"), "{}", out(&output));
}

#[test]
fn statistics_of_another_baseline_are_not_taken_for_compliant() {
    let folder = Folder::new();
    let other = folder.file("other.csv", "x,y,z\n1,2.5,u\n4,5.5,v\n");
    assert!(sagewarden(&["baseline", &other, "--out", &folder.path("other")]).status.success());
    let good = folder.file("a.jsonl", &events(0, 0));
    for statistics in [fs::read_to_string(folder.path("other/statistics.json")).unwrap(), "{}".to_owned()] {
        folder.file("base/statistics.json", &statistics);
        let (code, said) = failure(&["drift", "--baseline", &folder.path("base"), &good]);
        assert_eq!(code, Some(2), "{said}");
        assert!(
            said.contains(
                "no distribution could be compared: constraints.json and statistics.json come from"
            ),
            "{said}"
        );
    }
}

#[test]
fn tables_of_another_format_are_refused_with_what_to_do() {
    let folder = Folder::new();
    let semicolons = folder.file("semicolons.csv", "score;amount;word\n1,5;2;odd\n2,5;3;even\n");
    let tabs = folder.file("tabs.csv", "score\tamount\tword\n1.5\t2\todd\n");
    for (file, words) in [
        (&semicolons, "line 2: the columns seem to be separated by `;`: separate them by commas"),
        (&tabs, "line 2: the columns seem to be separated by tabs: separate them by commas"),
    ] {
        let (code, said) = failure(&["baseline", file, "--out", &folder.path("new")]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(words), "{said}");
        assert!(!Path::new(&folder.path("new")).exists(), "{file}");
    }
    let said = folder.file("said.csv", "sep=;\nscore;amount;word\n1,5;2;odd\n2,5;3;even\n");
    let decimals = folder.file("decimals.csv", "1,5;2,5\n3,5;4,5\n");
    let colons = folder.file("colons.csv", "score:amount:word\n1:2:3\n2:3:4\n");
    let spaces = folder.file("spaces.csv", "score amount word\n1 2 odd\n2 3 even\n");
    let base = folder.path("base");
    for (file, option, words) in [
        (&said, "--force", "line 1: the first line says that the columns are separated by `;`: leave it out"),
        (&decimals, "--no-header", "line 2: the columns seem to be separated by `;`"),
        (&colons, "--force", "line 2: the columns seem to be separated by `:`"),
        (&spaces, "--force", "line 2: the columns seem to be separated by spaces"),
    ] {
        let (code, told) = failure(&["baseline", file, "--out", &folder.path("other"), option]);
        assert!(code == Some(2) && told.contains(words), "{told}");
        let header = if option == "--no-header" { vec![option] } else { vec![] };
        let (code, told) = failure(&[&["drift", "--baseline", &base, file], header.as_slice()].concat());
        assert!(code == Some(2) && told.contains(words), "{told}");
    }
    for (file, words) in [(&semicolons, "separated by `;`"), (&tabs, "separated by tabs")] {
        let (code, said) = failure(&["drift", "--baseline", &base, file]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn a_column_of_numbers_that_python_wrote_is_compared_as_one() {
    let folder = Folder::new();
    let table = |moved: f64| {
        let number = |row: u32| match row {
            7 => "5e-05".to_owned(),
            9 => "nan".to_owned(),
            _ => format!("{}", f64::from(row * 37 % 101) / 7.0 + moved),
        };
        let rows: String = (0..500).map(|row| format!("{},{row}.0\n", number(row))).collect();
        format!("x,k\n{rows}")
    };
    let whole = table(0.0).replace(".0\n", "\n");
    let train = folder.file("train.csv", &whole);
    let made = sagewarden(&["baseline", &train, "--out", &folder.path("python")]);
    assert!(made.status.success());
    let base = folder.path("python");
    for (moved, code) in [(0.0, Some(0)), (20.0, Some(1))] {
        let now = folder.file("now.csv", &table(moved));
        let output = sagewarden(&["drift", "--baseline", &base, &now]);
        assert_eq!(output.status.code(), code, "{}", out(&output));
    }
    let text = fs::read_to_string(folder.path("python/statistics.json")).unwrap();
    let statistics: Value = serde_json::from_str(&text).unwrap();
    let [x, k] = [0, 1].map(|at| &statistics["features"][at]);
    assert_eq!(
        (&x["inferred_type"], &k["inferred_type"]),
        (&json!("String"), &json!("Integral")),
        "as AWS writes it"
    );
    assert_eq!(x["exact_statistics"]["inferred_type"], "Fractional");
    assert_eq!(x["exact_statistics"]["common"], json!({ "num_present": 499, "num_missing": 1 }));
    assert!(k.get("exact_statistics").is_none());
}

#[test]
fn which_texts_are_missing_can_be_said() {
    let folder = Folder::new();
    let table = |missing: &str| {
        let number = |row: u32| if row % 10 == 3 { missing.to_owned() } else { format!("{row}.5") };
        let rows: String = (0..500).map(|row| format!("{}\n", number(row))).collect();
        format!("x\n{rows}")
    };
    let (train, now) = (folder.file("train.csv", &table("leer")), folder.file("now.csv", &table("-x")));
    let own = ["--missing", "-x,leer"];
    assert!(
        sagewarden(&[&["baseline", &train, "--out", &folder.path("own")], &own[..]].concat())
            .status
            .success()
    );
    let drift = ["drift", "--baseline", &folder.path("own"), &now];
    assert_eq!(sagewarden(&[&drift[..], &own].concat()).status.code(), Some(0));
    assert_eq!(sagewarden(&drift).status.code(), Some(1));
}

/// Names and texts come from others.
#[test]
fn control_sequences_do_not_reach_the_terminal() {
    let folder = Folder::new();
    let header = "\u{1b}[31mred\u{1b}[2J,\"word\nNo violation\"\n";
    let train = folder.file("train.csv", &format!("{header}1,x\n2,x\u{9b}2J\n"));
    let now = folder.file("now.csv", &format!("{header}z,y\u{1b}[A\nz,y\u{1b}[A\n"));
    let base = folder.path("evil");
    for arguments in [&["baseline", &train, "--out", &base][..], &["drift", "--baseline", &base, &now]] {
        let output = Command::new(env!("CARGO_BIN_EXE_sagewarden"))
            .args(arguments)
            .env("CLICOLOR_FORCE", "1")
            .output()
            .unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        let own = ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[31m"];
        let rest = own.iter().fold(said.clone(), |rest, sequence| rest.replace(sequence, ""));
        assert!(!rest.contains(['\u{1b}', '\u{9b}']), "{said:?}");
        assert!(said.contains(r"\u{1b}[31mred\u{1b}[2J") && said.contains(r"word\nNo violation"), "{said}");
    }
    let output = sagewarden(&["drift", "--baseline", &base, &now, "--format", "json"]);
    let found: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(found["features"][0]["name"], "\u{1b}[31mred\u{1b}[2J");
}

#[test]
fn what_cannot_run_says_what_to_do() {
    let folder = Folder::new();
    let base = folder.path("base");
    let good = folder.file("a.jsonl", &events(0, 0));
    let useless = folder.file("useless.jsonl", "[1]\n{\"a\":1}\n");
    let empty = folder.path("empty");
    fs::create_dir(&empty).unwrap();
    folder.file("broken/constraints.json", "{\"features\":7}");
    folder.file("bare/constraints.json", "{}");
    folder.file("number/constraints.json", "7");
    folder.file("list/constraints.json", "{\"features\":[7]}");
    let packed = folder.path("packed.jsonl");
    fs::write(&packed, b"\x1f\x8b\x08\0\0\0").unwrap();
    let swap = |from: &str, to: &str| {
        folder.file(
            &format!("{from}/{to}"),
            &fs::read_to_string(folder.path(&format!("base/{from}"))).unwrap(),
        );
        folder.path(from)
    };
    let cases: [(&[&str], &str); 11] = [
        (
            &["--baseline", &folder.path("bare"), &good],
            "constraints.json of Model Monitor: it has no `features`",
        ),
        (&["--baseline", &folder.path("number"), &good], "it is not a JSON object"),
        (&["--baseline", &folder.path("list"), &good], "integer `7`, expected a JSON object"),
        (
            &["--baseline", &swap("statistics.json", "constraints.json"), &good],
            "it seems to be a statistics.json",
        ),
        (
            &["--baseline", &base, &packed],
            "packed.jsonl` cannot be read to its end: it is compressed (gzip): unpack it first",
        ),
        (&["--baseline", &empty, &good], "holds no baseline"),
        (&["--baseline", &folder.path("broken"), &good], "constraints.json"),
        (&["--baseline", &base, &empty], "holds no captured events"),
        (&["--baseline", &base, &useless], "no row could be read"),
        (&["--baseline", &base, &folder.path("missing.jsonl")], "cannot be read"),
        (&["--baseline", &base, &good, "--input-path", "instances"], "is not a path of rows"),
    ];
    for (arguments, words) in cases {
        let (code, said) = failure(&[&["drift"], arguments].concat());
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(words), "{said}");
    }
}

/// Twelve features and a label, of which requests have the features only.
#[test]
fn a_column_that_requests_lack_is_ignored_on_request_wherever_it_is() {
    let folder = Folder::new();
    let only = |row: u32| {
        let side = json!({ "observedContentType": "text/csv", "mode": "INPUT", "data": format!("{},{}", amount(row), word(row)), "encoding": "CSV" });
        format!(
            "{}\n",
            json!({ "captureData": { "endpointInput": side }, "eventMetadata": { "eventId": row.to_string() } })
        )
    };
    let traffic = folder.file("only.jsonl", &(0..500).map(only).collect::<String>());
    for (name, head, label) in [("first", "label,amount,word", 0), ("last", "amount,word,label", 2)] {
        let row = |row: u32| {
            let (amount, word) = (amount(row).to_string(), word(row).to_string());
            let mut cells = vec![amount, word];
            cells.insert(label, (row % 2).to_string());
            cells.join(",") + "\n"
        };
        let data = folder.file("data.csv", &format!("{head}\n{}", (0..500).map(row).collect::<String>()));
        let base = folder.path(name);
        assert!(sagewarden(&["baseline", &data, "--out", &base]).status.success());
        let output = sagewarden(&["drift", "--baseline", &base, &traffic]);
        assert!(out(&output).contains("`--ignore "), "{}", out(&output));
        let output =
            sagewarden(&["drift", "--baseline", &base, &traffic, "--ignore", "label", "--format", "json"]);
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            (output.status.code(), &found["coverage"]["compared"]),
            (Some(0), &json!(2)),
            "{name}: {found:#}"
        );
        // A table with names may lack it as well.
        let rows: String = (0..500).map(|row| format!("{},{}\n", amount(row), word(row))).collect();
        let named = folder.file("named.csv", &format!("amount,word\n{rows}"));
        let output = sagewarden(&["drift", "--baseline", &base, &named, "--ignore", "label"]);
        assert_eq!(output.status.code(), Some(0), "{}", out(&output));
    }
}

/// Rows with names lack the column that they lack, be it the last one.
#[test]
fn a_table_with_names_is_compared_by_name_whichever_column_it_lacks() {
    let folder = Folder::new();
    for (head, is_last) in [("score,amount", true), ("amount,word", false)] {
        let row = |row: u32| match is_last {
            true => format!("{}.5,{}\n", row % 10, amount(row) + 1_000),
            false => format!("{},{}\n", amount(row) + 1_000, word(row)),
        };
        let file = folder.file("less.csv", &format!("{head}\n{}", (0..500).map(row).collect::<String>()));
        let (code, found) = folder.json(&[&file]);
        assert_eq!((code, &found["coverage"]["compared"]), (Some(1), &json!(2)), "{found:#}");
        let violations = found["violations"].to_string();
        assert!(violations.contains("amount") && violations.contains("missing_column_check"), "{violations}");
    }
}

#[test]
fn a_number_is_refused_as_a_text_for_missing_values() {
    for command in [
        "drift --baseline b x",
        "baseline x",
        "quality --problem regression x",
        "bias x",
        "explain --model m x",
    ] {
        for value in ["-999", "NA,0", "true"] {
            let arguments: Vec<&str> = command.split(' ').chain(["--missing", value]).collect();
            let (code, told) = failure(&arguments);
            assert_eq!(code, Some(2));
            assert!(
                told.contains("not a text that can stand for a missing value: it must be no number"),
                "{told}"
            );
        }
    }
}
