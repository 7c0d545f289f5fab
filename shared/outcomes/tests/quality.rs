//! Metrics against AWS's documented examples and against slow, obvious oracles; the join against every order.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use proptest::prelude::*;
use sagewarden_measure::MissingTexts;
use sagewarden_monitor::Mode;
use sagewarden_outcomes::quality::*;

fn said(label: &str, probability: Option<f64>) -> Prediction {
    Prediction { label: (!label.is_empty()).then(|| label.to_owned()), probability, ..Prediction::default() }
}

fn measure(problem: Problem, mode: Mode, items: &[(Prediction, String)]) -> QualityStatistics {
    let mut quality = Quality::new(QualitySettings::new(problem, mode));
    for (number, (prediction, label)) in items.iter().enumerate() {
        quality.add(&format!("id-{number}"), prediction, label).unwrap();
    }
    quality.finish(Period::default())
}

/// So many pairs of a predicted and a true label.
fn pairs(counts: &[(&str, &str, usize)]) -> Vec<(Prediction, String)> {
    let each = |(predicted, actual, count): &(&str, &str, usize)| {
        vec![(said(predicted, None), (*actual).to_owned()); *count]
    };
    counts.iter().flat_map(each).collect()
}

fn value(statistics: &QualityStatistics, name: &str) -> f64 {
    statistics.metric(name).unwrap().value
}

/// The examples of "Model quality metrics" in the SageMaker developer guide.
#[test]
fn the_documented_binary_example_comes_out_to_the_last_bit() {
    let items = pairs(&[("0", "0", 1), ("1", "0", 2), ("1", "1", 1)]);
    let statistics = measure(Problem::BinaryClassification, Mode::Compat, &items);
    for (name, expect) in [
        ("recall", 1.0),
        ("precision", 0.3333333333333333),
        ("accuracy", 0.5),
        ("recall_best_constant_classifier", 1.0),
        ("precision_best_constant_classifier", 0.25),
        ("accuracy_best_constant_classifier", 0.25),
        ("true_positive_rate", 1.0),
        ("true_negative_rate", 0.33333333333333337),
        ("false_positive_rate", 0.6666666666666666),
        ("false_negative_rate", 0.0),
        ("f0_5", 0.3846153846153846),
        ("f1", 0.5),
        ("f2", 0.7142857142857143),
        ("f0_5_best_constant_classifier", 0.29411764705882354),
        ("f1_best_constant_classifier", 0.4),
        ("f2_best_constant_classifier", 0.625),
    ] {
        assert_eq!(value(&statistics, name).to_bits(), f64::to_bits(expect), "{name}");
    }
    let file = serde_json::to_value(&statistics).unwrap();
    let metrics = &file["binary_classification_metrics"];
    assert_eq!(file["version"].to_string(), "0.0");
    assert_eq!(file["dataset"].to_string(), r#"{"item_count":4}"#);
    assert_eq!(metrics["confusion_matrix"].to_string(), r#"{"0":{"0":1,"1":2},"1":{"0":0,"1":1}}"#);
    assert_eq!(metrics["recall"], serde_json::json!({ "value": 1.0, "standard_deviation": "NaN" }));
    assert_eq!(metrics["auc"]["value"], "NaN", "nothing was ranked");
    assert_eq!(metrics.get("precision_recall_curve"), None);
    assert_eq!(metrics.as_object().unwrap().len(), 18);
}

/// Confusion matrices that the container printed, and its metrics for them: its constant classifier always gives the model's most frequent
/// answer.
#[test]
fn the_best_constant_classifier_of_the_container_says_what_the_model_says_most_often() {
    // True and false positives, false and true negatives; recall, precision, accuracy and f1.
    for ([both, false_alarms, missed, none], compat, exact) in [
        ([68, 26, 41, 66], [0.0, 0.0, 92.0 / 201.0, 0.0], 109.0 / 201.0),
        ([10, 6, 18, 167], [0.0, 0.0, 173.0 / 201.0, 0.0], 173.0 / 201.0),
        ([298, 0, 0, 2], [1.0, 298.0 / 300.0, 298.0 / 300.0, 596.0 / 598.0], 298.0 / 300.0),
        ([2, 1, 1, 2], [1.0, 0.5, 0.5, 2.0 / 3.0], 0.5),
    ] {
        let items =
            pairs(&[("1", "1", both), ("1", "0", false_alarms), ("0", "1", missed), ("0", "0", none)]);
        let statistics = measure(Problem::BinaryClassification, Mode::Compat, &items);
        for (name, expect) in ["recall", "precision", "accuracy", "f1"].into_iter().zip(compat) {
            let found = value(&statistics, &format!("{name}_best_constant_classifier"));
            assert!((found - expect).abs() < 1e-15, "{both} {name}: {found} instead of {expect}");
        }
        let statistics = measure(Problem::BinaryClassification, Mode::Exact, &items);
        assert_eq!(value(&statistics, "accuracy_best_constant_classifier"), exact);
        assert_eq!(value(&statistics, "recall_best_constant_classifier"), 1.0);
    }
}

#[test]
fn the_area_under_a_curve_of_one_label_is_the_containers_and_undefined_in_exact_mode() {
    for (label, compat) in [("0", 0.0), ("1", 1.0)] {
        let items: Vec<_> = [0.9, 0.3].map(|score| (said("", Some(score)), label.to_owned())).to_vec();
        assert_eq!(value(&measure(Problem::BinaryClassification, Mode::Compat, &items), "auc"), compat);
        assert!(value(&measure(Problem::BinaryClassification, Mode::Exact, &items), "auc").is_nan());
    }
}

#[test]
fn the_documented_curves_come_out() {
    let items: Vec<_> = [0.9, 0.8, 0.7, 0.6].map(|score| (said("1", Some(score)), "1".to_owned())).to_vec();
    let statistics = measure(Problem::BinaryClassification, Mode::Compat, &items);
    let metrics = serde_json::to_value(&statistics).unwrap()["binary_classification_metrics"].take();
    let roc = &metrics["receiver_operating_characteristic_curve"];
    assert_eq!(roc["false_positive_rates"].to_string(), "[0.0,0.0,0.0,0.0,0.0,1.0]");
    assert_eq!(roc["true_positive_rates"].to_string(), "[0.0,0.25,0.5,0.75,1.0,1.0]");
    let curve = &metrics["precision_recall_curve"];
    assert_eq!(curve["precisions"].to_string(), "[1.0,1.0,1.0,1.0,1.0]");
    assert_eq!(curve["recalls"].to_string(), "[0.0,0.25,0.5,0.75,1.0]");
}

#[test]
fn a_long_curve_is_thinned_and_its_area_is_not() {
    let items: Vec<_> =
        (0..5_000).map(|n| (said("", Some(f64::from(n) / 5_000.0)), text(n % 3 == 0 || n > 4_000))).collect();
    let statistics = measure(Problem::BinaryClassification, Mode::Exact, &items);
    let curve = statistics.receiver_operating.as_ref().unwrap();
    assert_eq!(curve.true_positive_rates.len(), 1_003);
    assert_eq!(curve.true_positive_rates[1_001..], [1.0, 1.0]);
    let won: usize = (0..5_000)
        .filter(|n| n % 3 == 0 || *n > 4_000)
        .map(|n| (0..n.min(4_001)).filter(|m| m % 3 != 0).count())
        .sum();
    let (yes, all) = ((0..5_000).filter(|n| n % 3 == 0 || *n > 4_000).count(), 5_000);
    assert_eq!(value(&statistics, "auc"), won as f64 / (yes * (all - yes)) as f64);
}

#[test]
fn the_documented_multiclass_example_comes_out() {
    let items = pairs(&[("0", "0", 1180), ("1", "0", 510), ("0", "1", 268), ("1", "1", 138)]);
    let statistics = measure(Problem::MulticlassClassification, Mode::Compat, &items);
    for (name, expect) in [
        ("accuracy", 0.6288167938931297),
        ("weighted_recall", 0.6288167938931297),
        ("weighted_precision", 0.6983172269629505),
        ("weighted_f0_5", 0.6803947317178771),
        ("weighted_f1", 0.6571162346664904),
        ("weighted_f2", 0.6384024354394601),
        ("accuracy_best_constant_classifier", 0.19370229007633588),
        ("weighted_recall_best_constant_classifier", 0.19370229007633588),
        ("weighted_precision_best_constant_classifier", 0.03752057718081697),
        ("weighted_f0_5_best_constant_classifier", 0.04473443104152011),
        ("weighted_f1_best_constant_classifier", 0.06286421244683643),
        ("weighted_f2_best_constant_classifier", 0.10570313141262414),
    ] {
        let found = value(&statistics, name);
        assert!((found / expect - 1.0).abs() < 1e-15, "{name}: {found} instead of {expect}");
    }
    // The documented deviations are between 0.0012 and 0.0062; ours are of that size, not of those digits.
    let deviation = statistics.metric("accuracy").unwrap().standard_deviation;
    assert!((0.001..0.02).contains(&deviation), "{deviation}");
    let right = measure(Problem::MulticlassClassification, Mode::Exact, &items);
    assert_eq!(value(&right, "accuracy_best_constant_classifier"), 1690.0 / 2096.0);
}

#[test]
fn what_is_undefined_says_so_and_is_no_threshold() {
    let statistics = measure(Problem::BinaryClassification, Mode::Exact, &pairs(&[("0", "0", 3)]));
    assert!(value(&statistics, "recall").is_nan());
    assert!(value(&statistics, "false_negative_rate").is_nan());
    // The container's answer to a model that never says yes is 0, not nothing.
    assert_eq!(value(&statistics, "precision"), 0.0);
    let constraints = QualityConstraints::suggest(&statistics);
    let written = serde_json::to_value(&constraints).unwrap();
    assert_eq!(
        written["binary_classification_constraints"]["recall"],
        serde_json::json!({ "threshold": null, "comparison_operator": "LessThanThreshold" })
    );
    let evaluated = evaluate(&statistics, &constraints, Mode::Exact);
    assert_eq!(evaluated.violations.violations, []);
    assert!(evaluated.skipped.iter().any(|skipped| skipped.metric == "recall"));
    let nothing = measure(Problem::Regression, Mode::Exact, &[]);
    assert!(value(&nothing, "mae").is_nan());
}

#[test]
fn a_baseline_reads_labelled_rows_and_names_the_line_that_is_wrong() {
    let columns = LabelledColumns {
        header: true,
        ground_truth: "label".into(),
        prediction: PredictionAttributes { inference: None, probability: Some("probability".into()) },
        missing: MissingTexts::default(),
    };
    let settings = || QualitySettings::new(Problem::BinaryClassification, Mode::Compat);
    let data = "probability,label\n0.9,1\n0.6,0\n0.5,1\n0.1,0\n";
    let (statistics, constraints) = baseline(data.as_bytes(), &columns, settings()).unwrap();
    assert_eq!(value(&statistics, "auc"), 0.75);
    assert_eq!(value(&statistics, "recall"), 0.5, "0.5 is not above the threshold");
    let binary = constraints.binary_classification_constraints.unwrap();
    let names: Vec<&str> = binary.keys().map(String::as_str).collect();
    let expect = [
        "accuracy",
        "auc",
        "f0_5",
        "f1",
        "f2",
        "false_negative_rate",
        "false_positive_rate",
        "precision",
        "recall",
        "true_negative_rate",
        "true_positive_rate",
    ];
    assert_eq!(names, expect);
    assert_eq!(binary["auc"].threshold, Some(0.75));
    assert_eq!(binary["false_positive_rate"].comparison_operator.as_deref(), Some(GREATER_THAN));

    let fails = |data: &str, columns: &LabelledColumns| {
        baseline(data.as_bytes(), columns, settings()).unwrap_err().to_string()
    };
    assert_eq!(
        fails("probability,label\n0.9,1\nhigh,1\n", &columns),
        "line 3: `high` in `probability` is not a probability"
    );
    assert_eq!(
        fails("probability,label\n0.9,1\n0.9,0\n0.9,2\n", &columns),
        "line 4: `2` is a third label beside `0` and `1`: is this a multiclass problem?"
    );
    assert_eq!(
        fails("probability,label\n0.9,no\n0.9,yes\n0.1,no\n", &columns),
        "no label is `1`: the labels are `no` and `yes`; name the one that is looked for with --positive"
    );
    // The stray one is named, though it comes first.
    let rows = "0.1,0\n0.9,1\n".repeat(10);
    assert_eq!(
        fails(&format!("probability,label\n0.9,unknown\n{rows}"), &columns),
        "line 2: `unknown` is a third label beside `0` and `1`"
    );
    assert_eq!(
        fails("probability,label\n0.9,1\n0.1,NA\n0.1,0\n", &columns),
        "line 3: the label in `label` is `NA`, which means a missing value"
    );
    assert_eq!(fails("probability\n0.9\n", &columns), "line 2: there is no column `label` with the label");
    assert_eq!(fails("probability,label\n", &columns), "the data has no rows");
    let other = fails("probability;label\n0.9;1\n", &columns);
    assert!(other.starts_with("the columns seem to be separated by `;`: separate them by commas"), "{other}");

    for outside in ["1.9", "-0.2", "7"] {
        assert_eq!(
            fails(&format!("probability,label\n0,0\n1,1\n{outside},1\n"), &columns),
            format!("line 4: `{outside}` is not a probability from 0 to 1")
        );
    }
    let by_index = LabelledColumns {
        header: false,
        ground_truth: "1".into(),
        prediction: PredictionAttributes { inference: Some("0".into()), probability: None },
        ..LabelledColumns::default()
    };
    let regression = QualitySettings::new(Problem::Regression, Mode::Compat);
    let (statistics, constraints) = baseline("1,2\n3,3\n5,7\n".as_bytes(), &by_index, regression).unwrap();
    assert_eq!((value(&statistics, "mae"), value(&statistics, "mse")), (1.0, 5.0 / 3.0));
    assert_eq!(
        constraints.regression_constraints.unwrap()["r2"].comparison_operator.as_deref(),
        Some(LESS_THAN)
    );
}

#[test]
fn the_file_reads_back() {
    let items: Vec<_> =
        (0..300).map(|n| (said("", Some(f64::from(n % 7) / 7.0)), (n % 2).to_string())).collect();
    let mut statistics = measure(Problem::BinaryClassification, Mode::Compat, &items);
    statistics.window =
        Period { start_time: Some("2025-10-20T02:00:00Z".into()), end_time: Some("x".into()) };
    let read = QualityStatistics::parse(&serde_json::to_vec(&statistics).unwrap()).unwrap();
    assert_eq!(
        (read.item_count, &read.window, &read.confusion),
        (300, &statistics.window, &statistics.confusion)
    );
    for (name, measured) in &statistics.metrics {
        assert_eq!(read.metric(name), Some(*measured), "{name}");
    }
    assert!(statistics.published().any(|(name, _)| name == "au_prc"));
    for text in ["{}", r#"{"regression_metrics":[]}"#] {
        let error = QualityStatistics::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(error.ends_with("it has no metrics of model quality"), "{error}");
    }
}

/// A label, a prediction and a score on a coarse grid, so that ties are common.
fn scored() -> impl Strategy<Value = Vec<(bool, bool, u8)>> {
    prop::collection::vec((any::<bool>(), any::<bool>(), 0..6_u8), 1..60)
}

fn text(yes: bool) -> String {
    u8::from(yes).to_string()
}

fn near(found: f64, expect: f64) -> bool {
    (found.is_nan() && expect.is_nan()) || (found - expect).abs() <= 1e-12 * expect.abs().max(1.0)
}

proptest! {
    #[test]
    fn binary_metrics_are_those_of_counting_each_by_itself(items in scored()) {
        let pairs: Vec<_> = items.iter().map(|(predicted, actual, score)| (said(&text(*predicted), Some(f64::from(*score) / 5.0)), text(*actual))).collect();
        let statistics = measure(Problem::BinaryClassification, Mode::Exact, &pairs);
        let count = |of: &dyn Fn(bool, bool) -> bool| items.iter().filter(|(predicted, actual, _)| of(*predicted, *actual)).count() as f64;
        let recall = count(&|predicted, actual| predicted && actual) / count(&|_, actual| actual);
        prop_assert!(near(value(&statistics, "recall"), recall));
        prop_assert!(near(value(&statistics, "false_negative_rate"), count(&|p, a| !p && a) / count(&|_, a| a)));
        prop_assert!(near(value(&statistics, "true_negative_rate"), count(&|p, a| !p && !a) / count(&|_, a| !a)));
        prop_assert!(near(value(&statistics, "accuracy"), count(&|p, a| p == a) / items.len() as f64));
        // Every pair of a true and a false item: who has the higher score?
        let mut won = 0.0;
        let mut all = 0.0;
        for (_, one, high) in &items {
            for (_, other, low) in &items {
                if *one && !*other {
                    all += 1.0;
                    won += if high > low { 1.0 } else if high == low { 0.5 } else { 0.0 };
                }
            }
        }
        prop_assert!(near(value(&statistics, "auc"), won / all));
        // The curve that is written has the same area.
        let roc = statistics.receiver_operating.as_ref().unwrap();
        let steps = roc.false_positive_rates.windows(2).zip(roc.true_positive_rates.windows(2));
        let area: f64 = steps.map(|(x, y)| (x[1] - x[0]) * (y[0] + y[1]) / 2.0).sum();
        prop_assert!(all == 0.0 || near(area, won / all));
        // By its definition: (1 + b^2) tp / ((1 + b^2) tp + b^2 fn + fp).
        let (tp, fp, fn_) = (count(&|p, a| p && a), count(&|p, a| p && !a), count(&|p, a| !p && a));
        for (name, square) in [("f0_5", 0.25), ("f1", 1.0), ("f2", 4.0)] {
            let expect = (1.0 + square) * tp / ((1.0 + square) * tp + square * fn_ + fp);
            prop_assert!(tp + fn_ == 0.0 || near(value(&statistics, name), expect), "{name}");
        }
    }

    #[test]
    fn multiclass_metrics_are_those_of_each_class_against_the_rest(items in prop::collection::vec((0..4_u8, 0..4_u8), 1..80)) {
        let pairs: Vec<_> = items.iter().map(|(p, a)| (said(&p.to_string(), None), a.to_string())).collect();
        let statistics = measure(Problem::MulticlassClassification, Mode::Exact, &pairs);
        let (mut recall, mut precision, mut f2) = (0.0, 0.0, 0.0);
        for class in 0..4 {
            let one: Vec<_> = items.iter().map(|(p, a)| (said(&text(*p == class), None), text(*a == class))).collect();
            let weight = items.iter().filter(|(_, a)| *a == class).count() as f64 / items.len() as f64;
            if weight > 0.0 {
                let binary = measure(Problem::BinaryClassification, Mode::Exact, &one);
                recall += weight * value(&binary, "recall");
                precision += weight * value(&binary, "precision");
                f2 += weight * value(&binary, "f2");
            }
        }
        prop_assert!(near(value(&statistics, "weighted_recall"), recall));
        prop_assert!(near(value(&statistics, "weighted_precision"), precision));
        prop_assert!(near(value(&statistics, "weighted_f2"), f2));
        prop_assert!(near(value(&statistics, "weighted_recall"), value(&statistics, "accuracy")));
        for (actual, row) in &statistics.confusion {
            for (predicted, count) in row {
                let expect = pairs.iter().filter(|(p, a)| a == actual && p.label.as_ref() == Some(predicted)).count();
                prop_assert_eq!(*count, expect as u64);
            }
        }
    }

    #[test]
    fn regression_metrics_are_those_of_two_passes(items in prop::collection::vec((-1e3..1e3_f64, -1e3..1e3_f64), 2..80)) {
        let pairs: Vec<_> = items.iter().map(|(p, a)| (said(&p.to_string(), None), a.to_string())).collect();
        let statistics = measure(Problem::Regression, Mode::Exact, &pairs);
        let n = items.len() as f64;
        let mean = items.iter().map(|(_, a)| a).sum::<f64>() / n;
        let squared: f64 = items.iter().map(|(p, a)| (p - a).powi(2)).sum();
        let around: f64 = items.iter().map(|(_, a)| (a - mean).powi(2)).sum();
        prop_assert!(near(value(&statistics, "mae"), items.iter().map(|(p, a)| (p - a).abs()).sum::<f64>() / n));
        prop_assert!(near(value(&statistics, "mse"), squared / n));
        prop_assert!(near(value(&statistics, "rmse"), (squared / n).sqrt()));
        prop_assert!(around < 1e-9 || (value(&statistics, "r2") - (1.0 - squared / around)).abs() < 1e-9 * (1.0 + squared / around));
    }
}
