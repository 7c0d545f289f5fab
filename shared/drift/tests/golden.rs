//! The reports that AWS's own containers wrote. They lie outside the project, in the folder that `SAGEWARDEN_GOLDEN` names;
//! without it these tests say that they were skipped.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::fs;
use std::path::PathBuf;

use sagewarden_drift::{Severity, Violations};
use serde_json::Value;

/// The report of a case, and how often each kind of entry is in it.
fn check(case: &str, number: usize, severity: Severity, subjects: &[&str]) {
    let Some(folder) = std::env::var_os("SAGEWARDEN_GOLDEN").map(PathBuf::from) else {
        eprintln!("skipped `{case}`: SAGEWARDEN_GOLDEN names no folder with the containers' answers");
        return;
    };
    let text = fs::read_to_string(folder.join(case).join("constraint_violations.json")).unwrap();
    let report = Violations::parse(text.as_bytes()).unwrap();
    assert_eq!(report.violations.len(), number, "{case}");
    assert_eq!(report.severity(), Some(severity), "{case}");
    let mut named: Vec<String> = report.violations.iter().map(|violation| violation.subject()).collect();
    named.sort();
    named.dedup();
    for subject in subjects {
        assert!(named.iter().any(|name| name == subject), "{case}: {subject} is not among {named:?}");
    }
    // Nothing is lost: written again, every entry has the values that the container wrote.
    let original: Value = serde_json::from_str(&text).unwrap();
    let written = serde_json::to_value(&report).unwrap();
    assert_eq!(written["violations"], original["violations"], "{case}");
}

#[test]
fn data_quality() {
    check("churn", 10, Severity::High, &["Churn"]);
    check("cookbook", 2, Severity::High, &["d"]);
}

#[test]
fn model_quality() {
    check("model_quality", 7, Severity::Critical, &["precision"]);
}

#[test]
fn bias() {
    check("bias_adult", 9, Severity::Critical, &["Sex / CDDPL"]);
}

#[test]
fn the_format_of_2019() {
    check("sdk_2019", 7, Severity::High, &["store_and_fwd_flag"]);
}
