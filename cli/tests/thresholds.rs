//! Thresholds of single columns, as `sagewarden baseline` and `sagewarden drift` take them.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test ends where something is missing")]

#[path = "run/folder.rs"]
mod folder;
mod run;

use std::fs;

use folder::Folder;
use run::{failure, out, sagewarden};
use serde_json::{Value, json};

/// Amounts that are higher by a twentieth of their range, and words of which a twentieth has changed.
fn table(moved: bool) -> String {
    let row = |row: u32| {
        let amount = row * 7_919 % 1_000 + if moved { 50 } else { 0 };
        let word = if row.is_multiple_of(2) || (moved && row.is_multiple_of(5)) { "even" } else { "odd" };
        format!("{},{amount},{word}\n", row / 2)
    };
    format!("id,amount,word\n{}", (0..20_000).map(row).collect::<String>())
}

/// The columns that drifted, and the exit status.
fn drifted(folder: &Folder, options: &[&str]) -> (Option<i32>, Vec<String>) {
    let now = folder.file("now.csv", table(true));
    let base = folder.path("base");
    let output = sagewarden(&[&["drift", "--format", "json", "--baseline", &base, &now], options].concat());
    let found: Value = serde_json::from_str(&out(&output)).unwrap();
    let violations = found["violations"].as_array().unwrap().iter();
    let drifts = violations.filter(|violation| violation["constraint_check_type"] == "baseline_drift_check");
    let names = drifts.map(|violation| violation["feature_name"].as_str().unwrap().to_owned());
    (output.status.code(), names.collect())
}

fn baseline(folder: &Folder, options: &[&str]) {
    let data = folder.file("train.csv", table(false));
    let base = folder.path("base");
    let made = sagewarden(&[&["baseline", &data, "--force", "--out", &base], options].concat());
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

#[test]
fn a_column_has_a_threshold_of_its_own_in_the_baseline_or_on_request() {
    let folder = Folder::new();
    baseline(&folder, &["--drift-threshold=amount=0.2"]);
    let constraints: Value =
        serde_json::from_str(&fs::read_to_string(folder.path("base/constraints.json")).unwrap()).unwrap();
    assert_eq!(
        constraints["features"][1]["monitoring_config_overrides"]["distribution_constraints"],
        json!({ "comparison_threshold": 0.2, "categorical_comparison_threshold": 0.2 })
    );
    assert_eq!(drifted(&folder, &[]), (Some(1), vec!["word".to_owned()]));
    baseline(&folder, &[]);
    assert_eq!(drifted(&folder, &[]), (Some(1), vec!["amount".to_owned(), "word".to_owned()]));
    let both = ["--drift-threshold", "amount=0.2", "--drift-threshold", "word=0.2"];
    assert_eq!(drifted(&folder, &both), (Some(0), Vec::new()));
}

#[test]
fn a_threshold_that_means_nothing_is_refused_with_its_place() {
    let folder = Folder::new();
    baseline(&folder, &[]);
    let now = folder.file("now.csv", table(true));
    let (base, data) = (folder.path("base"), folder.path("train.csv"));
    for (option, message) in [
        ("amount=-0.1", "`-0.1` is not a distance from 0 to 1"),
        ("amount=1.5", "`1.5` is not a distance from 0 to 1"),
        ("amount=NaN", "`NaN` is not a distance from 0 to 1"),
        ("amount=much", "`much` is not a distance from 0 to 1"),
        ("amount", "not COLUMN=N"),
        ("amounts=0.1", "the baseline has no column `amounts`"),
    ] {
        let option = format!("--drift-threshold={option}");
        for arguments in [
            vec!["drift", "--baseline", &base, &now, &option],
            vec!["baseline", &data, "--out", &folder.path("new"), &option],
        ] {
            let (code, said) = failure(&arguments);
            assert_eq!(code, Some(2), "{said}");
            assert!(said.contains(message), "{said}");
        }
    }
    let file = folder.path("base/constraints.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("\"comparison_threshold\" : 0.1", "\"comparison_threshold\" : 10"))
        .unwrap();
    let (code, said) = failure(&["drift", "--baseline", &base, &now]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("constraints.json`: ") && said.contains("`comparison_threshold` is 10"), "{said}");
}

#[test]
fn a_dense_measure_is_said_to_be_left_out_and_compared_on_request() {
    let folder = Folder::new();
    // Every number once, in no order.
    let rows = |from: u32| (0..500).map(|row| format!("{},a\n", from + row * 7 % 500)).collect::<String>();
    let data = folder.file("train.csv", format!("age,word\n{}", rows(0)));
    let now = folder.file("now.csv", format!("age,word\n{}", rows(400)));
    let base = folder.path("base");
    let made = sagewarden(&["baseline", &data, "--out", &base]);
    let said = String::from_utf8(made.stderr).unwrap();
    assert!(said.contains("column `age` is not a feature") && said.contains("--drift-threshold age=0.01"));
    let output = sagewarden(&["drift", "--baseline", &base, &now]);
    let text = out(&output) + &String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("not compared: its comparison is switched off"), "{text}");
    let output = sagewarden(&["drift", "--baseline", &base, &now, "--drift-threshold", "age=0.01"]);
    assert_eq!(output.status.code(), Some(1), "{}", out(&output));
}
