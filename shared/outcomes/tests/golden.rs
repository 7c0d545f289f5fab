//! The reports that AWS's own containers wrote. They lie outside the project, in the folder that `SAGEWARDEN_GOLDEN` names;
//! without it these tests say that they were skipped.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::fs;
use std::path::PathBuf;

use sagewarden_measure::MissingTexts;
use sagewarden_monitor::{DriftSeverity, Limit, Mode, Violation, Violations, java_double};
use sagewarden_outcomes::clarify::{Analysis, BiasDrift, BiasStage, bias_drift};
use sagewarden_outcomes::quality::{
    Join, Order, Period, Prediction, Problem, Quality, QualityConstraints, QualitySettings,
    QualityStatistics, Truth, evaluate, prediction_id,
};
use serde_json::Value;

fn read(case: &str, file: &str) -> Option<String> {
    let Some(folder) = std::env::var_os("SAGEWARDEN_GOLDEN").map(PathBuf::from) else {
        eprintln!("skipped `{case}`: SAGEWARDEN_GOLDEN names no folder with the containers' answers");
        return None;
    };
    Some(fs::read_to_string(folder.join(case).join(file)).unwrap())
}

/// The report of a case, and how often each kind of entry is in it.
fn check(case: &str, number: usize, severity: DriftSeverity, subjects: &[&str]) {
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

/// Every text contains its numbers, and they print as the container printed them.
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
    check("churn", 10, DriftSeverity::High, &["Churn"]);
    check("cookbook", 2, DriftSeverity::High, &["d"]);
}

#[test]
fn model_quality() {
    check("model_quality", 7, DriftSeverity::Critical, &["precision"]);
}

fn binary(counts: &[(&str, &str, usize)]) -> QualityStatistics {
    let mut quality = Quality::new(QualitySettings::new(Problem::BinaryClassification, Mode::Compat));
    for (predicted, actual, count) in counts {
        for number in 0..*count {
            let prediction = Prediction {
                label: Some((*predicted).to_owned()),
                probability: None,
                ..Prediction::default()
            };
            quality.add(&format!("{predicted}/{actual}/{number}"), &prediction, actual).unwrap();
        }
    }
    quality.finish(Period::default())
}

/// The numbers in the seven violations show the data: a baseline of 57 rows, 34 of them positive, in which everything was predicted as
/// positive, and 2242 rows, 569 of them negative, in which nothing was. The same seven violations result, except for the number that was
/// drawn at random: the deviation of the accuracy.
#[test]
fn the_seven_model_quality_violations_follow_from_the_data() {
    let Some(report) = read("model_quality", "constraint_violations.json") else { return };
    let constraints = QualityConstraints::suggest(&binary(&[("1", "1", 34), ("1", "0", 23)]));
    let live = binary(&[("0", "0", 569), ("0", "1", 1673)]);
    let found = evaluate(&live, &constraints, Mode::Compat);
    let told = |violations: &Violations| {
        let text = |violation: &Violation| {
            let text = violation.description.clone().unwrap();
            match text.split_once(" +/- ") {
                Some((before, after)) if violation.metric_name.as_deref() == Some("accuracy") => {
                    format!("{before} +/- ?{}", after.trim_start_matches(|c| c != ' '))
                }
                _ => text,
            }
        };
        let mut texts: Vec<String> = violations.violations.iter().map(text).collect();
        texts.sort();
        texts
    };
    assert_eq!(told(&found.violations), told(&Violations::parse(report.as_bytes()).unwrap()));
    // A metric that the container leaves out counts as a violation here.
    let right = evaluate(&live, &constraints, Mode::Exact);
    assert_eq!(right.violations.violations.len(), 8);
}

#[test]
fn predictions_and_ground_truth_of_2019_are_joined() {
    let (Some(actuals), Some(capture)) =
        (read("sdk_2019", "actuals.jsonl"), read("sdk_2019", "capture.jsonl"))
    else {
        return;
    };
    let mut join = Join::default();
    for (line, text) in (0..).zip(actuals.lines()) {
        let truth = Truth::parse(text, None, &MissingTexts::default()).unwrap();
        join.truth(&truth.id, truth.label, Order { written_at: 0, line });
    }
    for (line, text) in (0..).zip(capture.lines()) {
        let record: Value = serde_json::from_str(text).unwrap();
        let id = record.pointer("/eventMetadata/eventId").and_then(Value::as_str).unwrap();
        let output = record.pointer("/captureData/endpointOutput/data").and_then(Value::as_str).unwrap();
        let said =
            Prediction { label: None, probability: Some(output.parse().unwrap()), ..Prediction::default() };
        join.prediction(prediction_id(None, id), said, Order { written_at: 0, line });
    }
    let joined = join.finish();
    assert_eq!((joined.predictions.records, joined.truths.records), (44, 44));
    assert_eq!((joined.predictions.unmatched, joined.truths.unmatched), (0, 0));
    let mut quality = Quality::new(QualitySettings::new(Problem::BinaryClassification, Mode::Compat));
    assert_eq!(quality.add_all(&joined), (0, None));
    let statistics = quality.finish(Period::default());
    let recall = statistics.metric("recall").unwrap().value;
    assert_eq!((statistics.item_count, recall), (44, 11.0 / 34.0));
}

#[test]
fn bias() {
    check("bias_adult", 9, DriftSeverity::Critical, &["Sex=0 / CDDPL"]);
}

/// The live values in the violations become the baseline: the same violations result, with the same texts, and no others.
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
    let data = baseline.bias(BiasStage::PreTraining).unwrap();
    assert_eq!(data.facets["Sex"][0].metrics.len(), 8);
}

#[test]
fn the_format_of_2019() {
    check("sdk_2019", 7, DriftSeverity::High, &["store_and_fwd_flag"]);
}
