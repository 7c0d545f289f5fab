//! The reports that AWS's own containers wrote. They lie outside the project, in the folder that `SAGEWARDEN_GOLDEN` names;
//! without it these tests say that they were skipped.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::fs;
use std::path::PathBuf;

use sagewarden_drift::clarify::{Analysis, BiasDrift, Stage, bias_drift};
use sagewarden_drift::quality::Mode;
use sagewarden_drift::{Limit, Severity, Violation, Violations, java_double};
use serde_json::Value;

fn read(case: &str, file: &str) -> Option<String> {
    let Some(folder) = std::env::var_os("SAGEWARDEN_GOLDEN").map(PathBuf::from) else {
        eprintln!("skipped `{case}`: SAGEWARDEN_GOLDEN names no folder with the containers' answers");
        return None;
    };
    Some(fs::read_to_string(folder.join(case).join(file)).unwrap())
}

/// The report of a case, and how often each kind of entry is in it.
fn check(case: &str, number: usize, severity: Severity, subjects: &[&str]) {
    let Some(text) = read(case, "constraint_violations.json") else { return };
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
    assert_eq!(written, original, "{case}");
    for violation in &report.violations {
        numbers_survive(violation);
    }
}

/// Every text tells its numbers, and they print as the container printed them.
fn numbers_survive(violation: &Violation) {
    let text = violation.description.as_deref().unwrap();
    let observed = violation.observed().unwrap_or_else(|| panic!("nothing is told by {text}"));
    let numbers = [Some(observed.value), observed.deviation, observed.threshold];
    for number in numbers.into_iter().flatten() {
        assert!(text.contains(&java_double(number)), "{number} is not in {text}");
    }
    if let Some(metric) = &observed.metric {
        assert_eq!(violation.metric_name.as_ref(), Some(metric));
    }
    assert_eq!(observed.threshold.is_none(), text.starts_with("Value: "), "{text}");
    assert_eq!(observed.excess().is_none(), observed.threshold.is_none(), "{text}");
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

/// What a violation says was live is put into the baseline's place: the same violations come out, with the same texts, and no
/// others.
#[test]
fn each_bias_violation_follows_from_its_two_numbers() {
    let Some(baseline) = read("bias_adult", "constraints.json") else { return };
    let baseline = Analysis::parse(baseline.as_bytes()).unwrap();
    let report = read("bias_adult", "constraint_violations.json").unwrap();
    let mut report = Violations::parse(report.as_bytes()).unwrap();
    let mut live = baseline.clone();
    let groups = &mut live.post_training_bias_metrics.as_mut().unwrap().facets;
    for violation in &report.violations {
        let observed = violation.observed().unwrap();
        assert_eq!(observed.limit, Limit::NoFarther);
        assert!(observed.value.abs() > observed.threshold.unwrap().abs());
        let group = &mut groups.get_mut(violation.facet.as_ref().unwrap()).unwrap()[0];
        assert_eq!(
            Some(&group.value()),
            violation.facet_value.as_ref().and_then(Value::as_str).map(str::to_owned).as_ref()
        );
        let name = violation.metric_name.as_ref().unwrap();
        let metric = group.metrics.iter_mut().find(|metric| metric.name == *name).unwrap();
        assert_eq!(metric.value, observed.threshold, "{name}");
        metric.value = Some(observed.value);
    }
    for mode in [Mode::Compat, Mode::Exact] {
        let drift: BiasDrift = bias_drift(&baseline, &live, mode);
        assert_eq!((drift.compared.len(), drift.incomparable.len()), (21, 0));
        let mut found = drift.violations().violations;
        found.sort_by_key(Violation::subject);
        report.violations.sort_by_key(Violation::subject);
        assert_eq!(found, report.violations);
    }
    let data = baseline.bias(Stage::PreTraining).unwrap();
    assert_eq!(data.facets["Sex"][0].metrics.len(), 8);
}

#[test]
fn the_format_of_2019() {
    check("sdk_2019", 7, Severity::High, &["store_and_fwd_flag"]);
}
