//! Verdicts exactly at a limit and just beyond it, and the words that go with them.

use sagewarden_measure::{Cell, RowSink};
use serde_json::json;

use super::tests::{baseline, numeric, rows, texts_of};
use super::*;
use crate::mode::Mode;

const BOTH: [Mode; 2] = [Mode::Compat, Mode::Exact];

/// Numbers in scientific notation among others.
fn numbers(scientific: usize) -> Vec<String> {
    (0..40).map(|at| if at < scientific { format!("{at}e0") } else { format!("{at}.5") }).collect()
}

fn borrowed(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

#[test]
fn numbers_in_scientific_notation_are_counted_in_a_note() {
    let values: Vec<f64> = (0..40).map(f64::from).collect();
    let baseline = baseline(vec![numeric("f", "Fractional", &values)], json!({}));
    let notes = |scientific: usize, mode: Mode| {
        let texts = numbers(scientific);
        evaluate(&baseline, &rows(&[("f", &borrowed(&texts))]), mode).notes
    };
    let words = |numbers: &str| {
        [format!("`f`: {numbers} in scientific notation, which the container takes for texts")]
    };
    assert_eq!(notes(0, Mode::Exact), <[String; 0]>::default());
    assert_eq!(notes(1, Mode::Exact), words("1 number is"));
    assert_eq!(notes(3, Mode::Exact), words("3 numbers are"));
    assert_eq!(notes(3, Mode::Compat), <[String; 0]>::default());
}

#[test]
fn the_container_counts_shares_of_a_hundred_and_twenty_texts() {
    let texts = |number: usize| (0..number).map(|at| format!("t{at:03}")).collect::<Vec<_>>();
    for (number, mode, compared) in
        [(120, Mode::Compat, true), (121, Mode::Compat, false), (121, Mode::Exact, true)]
    {
        let texts = texts(number);
        let counts: Vec<(&str, u64)> = texts.iter().map(|text| (text.as_str(), 1)).collect();
        let baseline = baseline(vec![texts_of("f", &counts)], json!({}));
        let evaluation = evaluate(&baseline, &rows(&[("f", &borrowed(&texts))]), mode);
        assert_eq!(evaluation.features[0].distance.is_some(), compared, "{number} {mode:?}");
        if !compared {
            let why = "it has too many different texts for a comparison of their shares";
            assert_eq!(evaluation.features[0].not_compared.as_deref(), Some(why));
        }
    }
}

#[test]
fn a_distance_at_its_threshold_is_no_drift() {
    // One text is a quarter more frequent: 0.75 against 0.5.
    let data = rows(&[("f", &["a", "a", "a", "b"])]);
    for (threshold, verdict) in [(0.25, Verdict::Ok), (0.2499, Verdict::Violated)] {
        let config = json!({ "distribution_constraints": {
            "comparison_method": "Simple", "categorical_comparison_threshold": threshold,
        } });
        let baseline = baseline(vec![texts_of("f", &[("a", 2), ("b", 2)])], config);
        for mode in BOTH {
            assert_eq!(evaluate(&baseline, &data, mode).features[0].verdict, verdict, "{threshold}");
        }
    }
}

#[test]
fn shares_at_their_threshold_are_enough() {
    let feature = || {
        (json!({ "name": "f", "inferred_type": "Integral", "completeness": 0.75 }), json!({ "name": "f" }))
    };
    let config = |threshold: f64| json!({ "datatype_check_threshold": threshold });
    let passed = |threshold: f64, texts: &[&str]| {
        let evaluation =
            evaluate(&baseline(vec![feature()], config(threshold)), &rows(&[("f", texts)]), Mode::Compat);
        evaluation.features[0].checks.iter().map(|check| check.passed).collect::<Vec<_>>()
    };
    assert_eq!(passed(0.5, &["1", "x", "2", "y"]), [true, true]);
    assert_eq!(passed(0.51, &["1", "x", "2", "y"]), [false, true]);
    assert_eq!(passed(0.5, &["1", "1", "1", ""]), [true, true]);
    assert_eq!(passed(0.5, &["1", "1", "", ""]), [true, false]);
}

/// The notes for data with these columns against a baseline with those.
fn notes(of_baseline: &[&str], of_data: &[&str]) -> Vec<String> {
    let features = of_baseline.iter().map(|name| numeric(name, "Integral", &[1.0])).collect();
    let columns: Vec<(&str, &[&str])> = of_data.iter().map(|name| (*name, &["1"][..])).collect();
    evaluate(&baseline(features, json!({})), &rows(&columns), Mode::Exact).notes
}

#[test]
fn five_names_are_read_and_more_are_counted() {
    assert_eq!(notes(&["a", "b"], &["a"]), ["the data lacks `b`"]);
    assert_eq!(notes(&["a"], &["a", "b"]), ["the baseline lacks `b`"]);
    let five = ["a", "b", "c", "d", "e", "f"];
    assert_eq!(notes(&five, &["a"]), ["the data lacks `b`, `c`, `d`, `e`, `f`"]);
    let seven = ["a", "b", "c", "d", "e", "f", "g", "h"];
    assert_eq!(notes(&seven, &["a"]), ["the data lacks `b`, `c`, `d`, `e`, `f`, 2 more"]);
    let other = notes(&["a"], &["b"]);
    assert!(other.iter().any(|note| note.contains("this baseline was made of other data")), "{other:?}");
}

#[test]
fn rows_of_another_width_are_counted() {
    let evaluated = |widths: &[usize]| {
        let features = ["a", "b", "c"].map(|name| numeric(name, "Integral", &[1.0])).to_vec();
        let baseline = baseline(features, json!({}));
        let mut profile = rows(&[("a", &[]), ("b", &[]), ("c", &[])]);
        widths.iter().for_each(|width| profile.positional(&[Cell::Text(b"1"); 4][..*width]));
        evaluate(&baseline, &profile, Mode::Exact).notes
    };
    assert_eq!(evaluated(&[3, 3, 3]), <[String; 0]>::default());
    assert_eq!(evaluated(&[3, 3, 2]), ["2 rows have 3 columns, 1 row has more or fewer"]);
    assert_eq!(evaluated(&[3, 3, 3, 2, 4]), ["3 rows have 3 columns, 2 rows have more or fewer"]);
    let narrow = evaluated(&[1, 1, 2]);
    assert!(narrow.contains(&"2 rows have 1 column, 1 row has more or fewer".to_owned()), "{narrow:?}");
}

#[test]
fn columns_without_numbers_or_rows_have_no_such_metrics() {
    let features = || vec![numeric("f", "Integral", &[1.0, 2.0])];
    let names = |texts: &[&str]| {
        let (baseline, data) = (baseline(features(), json!({})), rows(&[("f", texts)]));
        let evaluation = evaluate(&baseline, &data, Mode::Exact);
        metrics(&baseline, &data, &evaluation).into_iter().map(|metric| metric.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&["1", "2"]), ["feature_data_f", "feature_non_null_f", "feature_baseline_drift_f"]);
    assert_eq!(names(&["1", "x"]), ["feature_non_null_f", "feature_baseline_drift_f"]);
    assert_eq!(names(&["", ""]), ["feature_non_null_f"]);
    assert_eq!(names(&[]), <[String; 0]>::default());
}

#[test]
fn modes_are_compared_where_they_judge_the_same_column() {
    let drifted = |comparison: &str, spread: f64| {
        let values: Vec<f64> = (0..40).map(|at| f64::from(at) * spread).collect();
        let config = json!({ "distribution_constraints": { "comparison_method": comparison } });
        let baseline = baseline(vec![numeric("f", "Fractional", &values)], config);
        // 30 of 40 values are the same.
        let texts: Vec<String> =
            (0..40).map(|at| format!("{:?}", if at < 30 { 1.0 } else { f64::from(at) * spread })).collect();
        let data = rows(&[("f", &borrowed(&texts))]);
        let [compat, exact] = BOTH.map(|mode| evaluate(&baseline, &data, mode));
        compare_modes(&compat, &exact).into_iter().map(|each| each.why).collect::<Vec<_>>()
    };
    // With its allowance for chance the container would miss it; by the bare distance it finds it.
    let robust = drifted("Robust", 1.0);
    assert!(
        robust.iter().all(|why| why.contains("does not see") || why.contains("misses that")),
        "{robust:?}"
    );
    assert_eq!(robust.len(), 1);
    assert_eq!(drifted("Simple", 1.0), <[String; 0]>::default());
}

#[test]
fn columns_without_names_are_judged_by_their_position() {
    let features = ["a", "b"].map(|name| numeric(name, "Integral", &[1.0])).to_vec();
    let baseline = baseline(features, json!({}));
    let data = rows(&[("_c0", &["1", "1"]), ("_c1", &["1", "x"])]);
    for mode in BOTH {
        let evaluation = evaluate(&baseline, &data, mode);
        let verdicts: Vec<bool> = evaluation
            .features
            .iter()
            .map(|feature| feature.checks.iter().all(|check| check.passed))
            .collect();
        assert_eq!(verdicts, [true, false]);
        assert!(evaluation.features.iter().all(|feature| feature.checks.len() >= 2), "{evaluation:?}");
        assert_eq!(evaluation.nothing_judged(), None);
    }
}

#[test]
fn where_no_check_applied_it_is_said_why() {
    let of = |features: &[&str], columns: &[(&str, &[&str])]| {
        let features = features.iter().map(|name| numeric(name, "Integral", &[1.0])).collect();
        evaluate(&baseline(features, json!({})), &rows(columns), Mode::Exact)
    };
    assert_eq!(of(&["a"], &[("a", &[])]).nothing_judged().as_deref(), Some("there are no rows"));
    let empty = Evaluation { features: Vec::new(), ..of(&["a"], &[("a", &[])]) };
    assert_eq!(empty.nothing_judged().as_deref(), Some("the baseline has no features"));
    // Too many columns are a violation: at least this was judged.
    let wide = of(&["a"], &[("_c0", &["1"]), ("_c1", &["1"])]);
    assert!(!wide.violations.is_empty() && wide.features.iter().all(|feature| feature.checks.is_empty()));
    assert_eq!(wide.nothing_judged(), None);
    let few = of(&["a"], &[("a", &["1"])]).nothing_judged();
    assert_eq!(few.as_deref(), Some("with so few rows, chance may explain any gap between distributions"));
}

#[test]
fn a_window_that_cannot_show_any_gap_is_unknown_and_not_without_drift() {
    let values: Vec<f64> = (0..1_000).map(f64::from).collect();
    let baseline = baseline(vec![numeric("a", "Integral", &values)], json!({}));
    let judged = |rows_now: usize, mode| {
        let texts: Vec<String> = (0..rows_now).map(|at| (at * 1_000 / rows_now).to_string()).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        evaluate(&baseline, &rows(&[("a", &texts)]), mode).nothing_judged()
    };
    let why = "with so few rows, chance may explain any gap between distributions: 528 rows show one of 0.1";
    assert_eq!(judged(1, Mode::Exact).as_deref(), Some(why));
    assert_eq!(judged(20, Mode::Exact), None);
    assert_eq!(judged(1, Mode::Compat), None, "the container answers");
}
