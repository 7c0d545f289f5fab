//! Model quality violations have the texts of the container.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use sagewarden_monitor::Mode;
use sagewarden_outcomes::quality::*;
use serde_json::Value;

fn statistics(mode: Mode) -> QualityStatistics {
    let mut quality = Quality::new(QualitySettings::new(Problem::BinaryClassification, mode));
    let said = Prediction { label: Some("1".into()), probability: None, ..Prediction::default() };
    quality.add("id", &said, "1").unwrap();
    quality.finish(Period::default())
}

fn check(
    live: f64,
    deviation: f64,
    metric: &str,
    operator: &str,
    threshold: &str,
    mode: Mode,
    expect: Option<&str>,
) {
    let mut statistics = statistics(mode);
    statistics.metrics =
        vec![(metric.to_owned(), MeasuredMetric { value: live, standard_deviation: deviation })];
    let file = format!(
        r#"{{"version":0.0,"binary_classification_constraints":{{"{metric}":{{"threshold":{threshold},"comparison_operator":"{operator}","x":1}}}}}}"#
    );
    let constraints = QualityConstraints::parse(file.as_bytes()).unwrap();
    let again: Value = serde_json::to_value(&constraints).unwrap();
    assert_eq!(again, serde_json::from_str::<Value>(&file).unwrap(), "nothing is lost");
    let found = evaluate(&statistics, &constraints, mode).violations.violations;
    assert_eq!(found.first().and_then(|violation| violation.description.as_deref()), expect);
}

#[test]
fn violations_have_the_containers_texts() {
    use Mode::{Compat, Exact};
    let nan = f64::NAN;
    check(
        0.5661157024793388,
        0.009778008244012105,
        "true_positive_rate",
        LESS_THAN,
        "0.8165137614678899",
        Compat,
        Some(
            "Metric truePositiveRate with 0.5661157024793388 +/- 0.009778008244012105 was LessThanThreshold '0.8165137614678899'",
        ),
    );
    check(
        0.4617049617049617,
        nan,
        "auc",
        LESS_THAN,
        "1.0",
        Compat,
        Some("Metric auc with 0.4617049617049617 was LessThanThreshold '1.0'"),
    );
    check(
        1.0,
        0.0,
        "false_negative_rate",
        GREATER_THAN,
        "0.0",
        Exact,
        Some("Metric falseNegativeRate with 1.0 +/- 0.0 was GreaterThanThreshold '0.0'"),
    );
    check(
        0.25,
        6.962471778914953e-4,
        "accuracy",
        LESS_THAN,
        "0.5",
        Exact,
        Some("Metric accuracy with 0.25 +/- 6.962471778914953E-4 was LessThanThreshold '0.5'"),
    );
    // A value equal to its threshold passes, and an undefined value violates nothing.
    check(1.0, nan, "false_positive_rate", GREATER_THAN, "1.0", Exact, None);
    check(0.5, nan, "recall", LESS_THAN, "null", Exact, None);
    check(nan, nan, "recall", LESS_THAN, "1.0", Exact, None);
    check(0.5, nan, "recall", "EqualsThreshold", "1.0", Exact, None);
    // The container never evaluates it.
    check(0.715, nan, "f0_5", LESS_THAN, "0.9175", Compat, None);
    check(
        0.715,
        nan,
        "f0_5",
        LESS_THAN,
        "0.9175",
        Exact,
        Some("Metric f0_5 with 0.715 was LessThanThreshold '0.9175'"),
    );
    // A metric of somebody's own keeps its name.
    check(
        0.1,
        nan,
        "gini_index",
        LESS_THAN,
        "0.2",
        Exact,
        Some("Metric gini_index with 0.1 was LessThanThreshold '0.2'"),
    );
}

#[test]
fn a_baseline_of_another_problem_is_reported() {
    let statistics = statistics(Mode::Exact);
    let constraints = QualityConstraints::parse(br#"{"regression_constraints":{}}"#).unwrap();
    let evaluated = evaluate(&statistics, &constraints, Mode::Exact);
    assert_eq!(evaluated.skipped[0].why, "the baseline has no constraints for this problem type");
}
