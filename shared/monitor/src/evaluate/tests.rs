use sagewarden_measure::{Cell, Detail, Profile, RowSink};
use serde_json::{Value, json};

use super::*;
use crate::constraints::Constraints;
use crate::mode::Mode;
use crate::statistics::Statistics;

/// A data set of columns of one length, from their raw texts; an empty one is missing.
pub(super) fn rows(columns: &[(&str, &[&str])]) -> Profile {
    let mut profile = Profile::for_header(columns.iter().map(|(name, _)| *name));
    fill(&mut profile, columns);
    profile
}

fn fill(profile: &mut Profile, columns: &[(&str, &[&str])]) {
    let length = columns.first().map_or(0, |(_, texts)| texts.len());
    for row in 0..length {
        let cells: Vec<Cell<'_>> = columns
            .iter()
            .map(
                |(_, texts)| {
                    if texts[row].is_empty() { Cell::Missing } else { Cell::Text(texts[row].as_bytes()) }
                },
            )
            .collect();
        profile.positional(&cells);
    }
}

fn repeated<'a>(parts: &[(&'a str, usize)]) -> Vec<&'a str> {
    parts.iter().flat_map(|(text, times)| std::iter::repeat_n(*text, *times)).collect()
}

/// A feature of `constraints.json` and its `statistics.json`, which do not say how much data they were made from.
pub(super) fn numeric(name: &str, inferred: &str, values: &[f64]) -> (Value, Value) {
    (
        json!({"name": name, "inferred_type": inferred, "completeness": 1.0}),
        json!({"name": name, "inferred_type": inferred, "numerical_statistics": {
            "distribution": {"kll": {"sketch": {"parameters": {"c": 0.64, "k": 2048.0}, "data": [values]}}}}}),
    )
}

pub(super) fn texts_of(name: &str, counts: &[(&str, u64)]) -> (Value, Value) {
    let domains: Vec<&str> = counts.iter().map(|(text, _)| *text).collect();
    let buckets: Vec<Value> =
        counts.iter().map(|(text, count)| json!({"value": text, "count": count})).collect();
    (
        json!({"name": name, "inferred_type": "String", "completeness": 1.0, "string_constraints": {"domains": domains}}),
        json!({"name": name, "inferred_type": "String", "string_statistics": {
            "distribution": {"categorical": {"buckets": buckets}}}}),
    )
}

pub(super) fn baseline(features: Vec<(Value, Value)>, monitoring: Value) -> Baseline {
    let (constraints, statistics): (Vec<Value>, Vec<Value>) = features.into_iter().unzip();
    let constraints = json!({"features": constraints, "monitoring_config": monitoring});
    let statistics = json!({"features": statistics});
    let statistics = Statistics::parse(statistics.to_string().as_bytes()).unwrap();
    Baseline::new(Some(&statistics), Constraints::parse(constraints.to_string().as_bytes()).unwrap())
}

fn described(evaluation: &Evaluation) -> Vec<(&str, &str, &str)> {
    evaluation
        .violations
        .iter()
        .map(|violation| {
            let texts = [&violation.feature_name, &violation.constraint_check_type, &violation.description];
            let [name, check, text] = texts.map(|text| text.as_deref().unwrap());
            (name, check, text)
        })
        .collect()
}

/// The checks that fail, by feature.
fn check(baseline: &Baseline, profile: &Profile, mode: Mode, expect: &[(&str, &str)]) -> Evaluation {
    let evaluation = evaluate(baseline, profile, mode);
    let found: Vec<_> = described(&evaluation).into_iter().map(|(name, check, _)| (name, check)).collect();
    assert_eq!(found, expect, "{mode:?}: {evaluation:#?}");
    // A stored verdict is read back unchanged.
    let stored = serde_json::to_string(&evaluation).unwrap();
    assert_eq!(serde_json::from_str::<Evaluation>(&stored).unwrap(), evaluation);
    evaluation
}

const BOTH: [Mode; 2] = [Mode::Compat, Mode::Exact];

#[test]
fn types_are_held_against_what_the_baseline_expects() {
    for (expected, texts, compat, exact) in [
        ("Integral", ["1", "2", "3", "4"], true, true),
        ("Integral", ["1", "2", "3.5", "4"], false, false),
        ("Integral", ["1", "2", "", "4"], true, true),
        ("Fractional", ["1.5", "2.5", "3.0", "4.0"], true, true),
        // Whole numbers and numbers in scientific notation are numbers, except to the container.
        ("Fractional", ["1.5", "2", "3.0", "4.0"], false, true),
        ("Fractional", ["1.5", "2e-5", "3.0", "4.0"], false, true),
        ("Fractional", ["1.5", "x", "3.0", "4.0"], false, false),
        // So are whole numbers that are written as fractions. A missing value has no type, however it is written.
        ("Integral", ["1.0", "2e1", "-3.0", "4"], false, true),
        ("Integral", ["1.0", "2.5e0", "3.0", "4"], false, false),
        ("Integral", ["1", "nan", "NULL", "?"], false, true),
        ("Fractional", ["1.5", "nan", "NULL", "?"], false, true),
        ("Fractional", ["nan", "NULL", "?", "-"], false, true),
        // A text may look like a number, except to the container.
        ("String", ["1.5", "x", "3", "4"], false, true),
        ("String", ["x", "true", "", "y"], true, true),
        ("Unknown", ["1.5", "x", "3", "4"], true, true),
        ("Integral", ["", "", "", ""], true, true),
    ] {
        let feature = json!({"name": "f", "inferred_type": expected});
        let baseline = baseline(vec![(feature, json!({"name": "f"}))], json!({}));
        for (mode, passes) in [(Mode::Compat, compat), (Mode::Exact, exact)] {
            let failing: &[_] = if passes { &[] } else { &[("f", "data_type_check")] };
            check(&baseline, &rows(&[("f", &texts)]), mode, failing);
        }
    }
}

#[test]
fn thresholds_are_the_share_that_must_match() {
    let feature = json!({"name": "f", "inferred_type": "Integral", "completeness": 0.7});
    let data = rows(&[("f", &["1", "2", "x", ""])]);
    for (threshold, failing) in [(0.9, true), (0.5, false)] {
        let config = json!({"datatype_check_threshold": threshold});
        let baseline = baseline(vec![(feature.clone(), json!({"name": "f"}))], config);
        for mode in BOTH {
            let failing: &[_] = if failing { &[("f", "data_type_check")] } else { &[] };
            let evaluation = check(&baseline, &data, mode, failing);
            let seen: Vec<_> =
                evaluation.features[0].checks.iter().map(|check| check.observed.unwrap()).collect();
            assert_eq!(seen, [2.0 / 3.0, 0.75], "missing values are of no type");
        }
    }
}

#[test]
fn missing_values_make_a_column_incomplete_and_nothing_else() {
    let (constraints, statistics) = numeric("f", "Integral", &[1.0, 2.0]);
    let baseline = baseline(vec![(constraints, statistics)], json!({}));
    let evaluation =
        check(&baseline, &rows(&[("f", &["", "", ""])]), Mode::Compat, &[("f", "completeness_check")]);
    assert_eq!(
        described(&evaluation)[0].2,
        "Data completeness requirement is not met. Expected: 100.0%. Observed: Only 0.0%."
    );
    // Cells that are absent from their rows are missing as well.
    let mut short = rows(&[("f", &["1", "2", "1"])]);
    short.positional(&[]);
    let evaluation = check(&baseline, &short, Mode::Exact, &[("f", "completeness_check")]);
    assert_eq!(evaluation.features[0].checks[1].observed, Some(0.75));
}

#[test]
fn texts_that_the_baseline_does_not_have_fail_the_domains() {
    let feature = texts_of("f", &[("a", 50), ("b", 50)]);
    let data = rows(&[("f", &repeated(&[("a", 45), ("b", 45), ("new", 10)]))]);
    let strict = baseline(vec![feature.clone()], json!({}));
    for mode in BOTH {
        let evaluation = check(&strict, &data, mode, &[("f", "categorical_values_check")]);
        assert_eq!(evaluation.features[0].checks[2].observed, Some(0.9));
    }
    let lax = baseline(vec![feature], json!({"domain_content_threshold": 0.9}));
    check(&lax, &data, Mode::Exact, &[]);
    // Too many to count: some are new, but it is not known how many values have these texts.
    let texts: Vec<String> = (0..2000).map(|at| format!("text {at}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let many = rows(&[("f", &texts)]);
    check(&strict, &many, Mode::Compat, &[("f", "categorical_values_check")]);
    let evaluation = check(&lax, &many, Mode::Exact, &[]);
    assert!(matches!(evaluation.features[0].verdict, Verdict::NotCompared(_)));
}

#[test]
fn numbers_that_occur_more_often_are_drift_that_the_container_does_not_see() {
    let ones = |share: usize| {
        let texts: Vec<f64> = (0..100).map(|at| f64::from(u8::from(at < share))).collect();
        texts
    };
    let baseline = baseline(vec![numeric("f", "Integral", &ones(5))], json!({}));
    let data = rows(&[("f", &repeated(&[("0", 5), ("1", 95)]))]);
    let compat = check(&baseline, &data, Mode::Compat, &[]);
    let distance = compat.features[0].distance.as_ref().unwrap();
    assert_eq!((distance.value, distance.linf, distance.baseline_n, distance.current_n), (0.0, 0.0, 2, 2));
    assert_eq!(distance.at, None);

    let exact = check(&baseline, &data, Mode::Exact, &[("f", "baseline_drift_check")]);
    let distance = exact.features[0].distance.as_ref().unwrap();
    assert_eq!(distance.linf, 0.95 - 0.05);
    assert_eq!(distance.value, (0.95 - 0.05) - 1.8 * (200.0_f64 / 10_000.0).sqrt());
    assert_eq!(
        distance.at,
        Some(DistributionGap { place: GapPlace::Number(0.0), baseline: 0.95, current: 0.05 })
    );
    let text = described(&exact)[0].2;
    assert!(
        text.starts_with("Baseline drift distance: 0.6454 ") && text.ends_with(" exceeds threshold: 0.01"),
        "{text}"
    );

    let differences = compare_modes(&compat, &exact);
    assert_eq!(differences.len(), 1);
    assert_eq!((differences[0].check, &differences[0].compat), (Check::BaselineDrift, &Verdict::Ok));
    assert!(
        differences[0].why.contains("with 2 different values in the baseline and 2 now"),
        "{differences:?}"
    );
}

#[test]
fn simple_distances_are_not_corrected() {
    let values: Vec<f64> = (0..40).map(f64::from).collect();
    let config = json!({"distribution_constraints": {"comparison_method": "Simple"}});
    let baseline = baseline(vec![numeric("f", "Integral", &values)], config);
    let texts: Vec<String> = (5..45).map(|value| value.to_string()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for mode in BOTH {
        let evaluation = check(&baseline, &rows(&[("f", &texts)]), mode, &[("f", "baseline_drift_check")]);
        let distance = evaluation.features[0].distance.clone().unwrap();
        assert_eq!((distance.method, distance.value), (Method::Simple, distance.linf));
        assert!((distance.linf - 0.125).abs() < 1e-12);
        assert_eq!(distance.at.unwrap().place, GapPlace::Number(4.0));
    }
}

#[test]
fn texts_are_compared_by_their_shares_with_a_threshold_of_their_own() {
    let feature = texts_of("f", &[("a", 5000), ("b", 5000)]);
    let data = rows(&[("f", &repeated(&[("a", 3000), ("b", 7000)]))]);
    let drift = &[("f", "baseline_drift_check")];
    for mode in BOTH {
        let usual = baseline(vec![feature.clone()], json!({}));
        let distance = check(&usual, &data, mode, drift).features[0].distance.clone().unwrap();
        assert_eq!((distance.linf, distance.baseline_n, distance.current_n), (0.2, 10_000, 10_000));
        assert_eq!(
            distance.at,
            Some(DistributionGap { place: GapPlace::Text("a".to_owned()), baseline: 0.5, current: 0.3 })
        );
        let lax = json!({"distribution_constraints": {"categorical_comparison_threshold": 0.3}});
        check(&baseline(vec![feature.clone()], lax), &data, mode, &[]);
    }
}

#[test]
fn chi_squared_reads_the_threshold_as_a_level_of_significance() {
    let config = |method: &str| {
        json!({"distribution_constraints": {"comparison_method": method, "categorical_comparison_threshold": 0.05,
            "categorical_drift_method": "ChiSquared"}})
    };
    let feature = texts_of("f", &[("a", 500), ("b", 500)]);
    for (a, b, drifts) in [(500, 500, false), (480, 520, false), (400, 600, true)] {
        let data = rows(&[("f", &repeated(&[("a", a), ("b", b)]))]);
        let failing: &[_] = if drifts { &[("f", "baseline_drift_check")] } else { &[] };
        for (method, mode) in [("Robust", Mode::Compat), ("Robust", Mode::Exact), ("Simple", Mode::Exact)] {
            let evaluation = check(&baseline(vec![feature.clone()], config(method)), &data, mode, failing);
            let distance = evaluation.features[0].distance.clone().unwrap();
            assert_eq!(distance.method, Method::ChiSquared);
            assert_eq!(distance.value, 1.0 - distance.p_value.unwrap());
            assert_eq!(distance.threshold, 0.95);
        }
    }
    // The bare statistic: (480 - 500)^2 / 500 twice.
    let data = rows(&[("f", &repeated(&[("a", 480), ("b", 520)]))]);
    let evaluation = check(
        &baseline(vec![feature], config("Simple")),
        &data,
        Mode::Compat,
        &[("f", "baseline_drift_check")],
    );
    assert_eq!(described(&evaluation)[0].2, "Baseline drift distance: 1.6 exceeds threshold: 0.05");
    assert!(evaluation.notes[0].contains("chi-squared"), "{:?}", evaluation.notes);
}

#[test]
fn what_is_switched_off_is_not_judged() {
    let drifted = rows(&[("f", &repeated(&[("0.5", 50)])), ("g", &repeated(&[("0.5", 50)]))]);
    let features = || {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        vec![numeric("f", "Integral", &values), numeric("g", "Integral", &values)]
    };
    let why = |evaluation: &Evaluation, at: usize| match &evaluation.features[at].verdict {
        Verdict::NotCompared(why) => why.clone(),
        other => panic!("{other:?}"),
    };
    for mode in BOTH {
        let off = baseline(features(), json!({"evaluate_constraints": "Disabled"}));
        let evaluation = check(&off, &drifted, mode, &[]);
        assert!(why(&evaluation, 0).contains("evaluate_constraints"));
        // One column differs from the rest.
        let mut one = features();
        one[1].0["monitoringConfigOverrides"] = json!({"evaluate_constraints": "Disabled"});
        let evaluation = evaluate(&baseline(one, json!({})), &drifted, mode);
        assert_eq!(evaluation.features[0].verdict, Verdict::Violated);
        assert!(why(&evaluation, 1).contains("evaluate_constraints"));
        // Distributions only.
        let config = json!({"distribution_constraints": {"perform_comparison": "Disabled"}, "datatype_check_threshold": 0.0});
        let evaluation = check(&baseline(features(), config), &drifted, mode, &[]);
        assert!(why(&evaluation, 0).contains("perform_comparison"));
    }
}

#[test]
fn surplus_and_missing_columns_are_one_violation_each() {
    let three = || ["a", "b", "c"].map(|name| numeric(name, "Integral", &[1.0])).to_vec();
    let named = |names: &[&str]| {
        let columns: Vec<_> = names.iter().map(|name| (*name, &["1", "1"][..])).collect();
        rows(&columns)
    };
    let (extra, missing) =
        (("Extra columns", "extra_column_check"), ("Missing columns", "missing_column_check"));
    for (names, compat, exact) in [
        (&["_c0", "_c1", "_c2"][..], vec![], vec![]),
        // Without names the columns cannot be matched: nothing else is judged.
        (&["_c0", "_c1"], vec![missing], vec![missing]),
        (&["_c0", "_c1", "_c2", "_c3"], vec![extra], vec![extra]),
        (&["c", "a", "b"], vec![], vec![]),
        (&["a", "c"], vec![missing], vec![missing]),
        (&["a", "b", "c", "d"], vec![extra], vec![extra]),
        // The container counts columns. Exact mode also notices as many columns with other names.
        (&["a", "b", "d"], vec![], vec![missing, extra]),
        (&["x", "y", "z"], vec![], vec![missing, extra]),
    ] {
        let baseline = baseline(three(), json!({}));
        check(&baseline, &named(names), Mode::Compat, &compat);
        check(&baseline, &named(names), Mode::Exact, &exact);
    }
}

/// A profile that was made for the baseline has the baseline's columns from the beginning, even if rows have another
/// width.
#[test]
fn rows_of_another_width_than_the_baseline_are_not_judged_column_by_column() {
    let baseline =
        baseline(["a", "b", "c"].map(|name| numeric(name, "Integral", &[1.0])).to_vec(), json!({}));
    let profile = || baseline.empty_profile(Detail::Verdict);
    let (extra, missing) =
        (("Extra columns", "extra_column_check"), ("Missing columns", "missing_column_check"));
    for (width, violation) in [(2, Some(missing)), (3, None), (4, Some(extra))] {
        let mut table = profile();
        (0..5).for_each(|_| {
            table.positional(&[Cell::Text(b"1"), Cell::Text(b"1"), Cell::Missing, Cell::Missing][..width])
        });
        // A few rows have another width, too few to count.
        table.positional(&[Cell::Text(b"1")]);
        for mode in BOTH {
            let evaluation = evaluate(&baseline, &table, mode);
            let found: Vec<_> =
                described(&evaluation).into_iter().map(|(name, check, _)| (name, check)).collect();
            // A third column without values is incomplete; an absent one is missing.
            let incomplete = ["b", "c"].map(|name| (name, "completeness_check")).to_vec();
            assert_eq!(found, violation.map_or(incomplete, |one| vec![one]), "{width}: {evaluation:#?}");
            assert!(evaluation.notes.iter().any(|note| note.contains("more or fewer")), "{evaluation:#?}");
        }
    }
    let object = |names: &[&'static str]| {
        let mut profile = profile();
        let cells: Vec<_> = names.iter().map(|name| (*name, Cell::Text(b"1"))).collect();
        (0..5).for_each(|_| profile.named(&cells));
        profile
    };
    check(&baseline, &object(&["c", "b", "a"]), Mode::Exact, &[]);
    check(&baseline, &object(&["c", "b"]), Mode::Exact, &[missing]);
    // Objects that lack the last column lack just that one.
    let evaluation = check(&baseline, &object(&["a", "b"]), Mode::Exact, &[missing]);
    assert_eq!(evaluation.features[0].checks.len(), 3, "what is there is judged");
    let evaluation = check(&baseline, &object(&["c", "b", "a", "d"]), Mode::Exact, &[extra]);
    assert_eq!(evaluation.features[0].checks.len(), 3, "what is there is judged");
    check(&baseline, &object(&["c", "d", "a"]), Mode::Exact, &[missing, extra]);
    check(&baseline, &object(&["c", "d", "a"]), Mode::Compat, &[]);
}

#[test]
fn a_baseline_of_other_data_is_said_to_be_one() {
    let three = || ["a", "b", "c"].map(|name| numeric(name, "Integral", &[1.0])).to_vec();
    let names: Vec<String> = (0..100).map(|at| format!("other{at}")).collect();
    let columns: Vec<_> = names.iter().map(|name| (name.as_str(), &["x"][..])).collect();
    let other = rows(&columns);
    for mode in BOTH {
        let evaluation = evaluate(&baseline(three(), json!({})), &other, mode);
        let noise = described(&evaluation).len();
        assert!(noise <= 2, "{noise} violations of nonsense");
        assert!(
            evaluation.notes.iter().any(|note| note.contains("made of other data")),
            "{:?}",
            evaluation.notes
        );
        assert!(evaluation.features.iter().all(|feature| matches!(feature.verdict, Verdict::NotCompared(_))));
    }
}

#[test]
fn no_rows_are_no_violations_and_no_verdict() {
    let empty = rows(&[("a", &[])]);
    let evaluation =
        check(&baseline(vec![numeric("a", "Integral", &[1.0])], json!({})), &empty, Mode::Exact, &[]);
    assert_eq!(evaluation.features[0].verdict, Verdict::NotCompared("there are no rows".to_owned()));
}

#[test]
fn without_statistics_types_are_checked_and_distributions_are_not() {
    let constraints = br#"{"features":[{"name":"f","inferred_type":"Integral"}]}"#;
    let baseline = Baseline::new(None, Constraints::parse(constraints).unwrap());
    let evaluation = check(&baseline, &rows(&[("f", &["1"])]), Mode::Exact, &[]);
    assert_eq!(
        evaluation.features[0].verdict,
        Verdict::NotCompared("the baseline has no statistics".to_owned())
    );
    check(&baseline, &rows(&[("f", &["x"])]), Mode::Exact, &[("f", "data_type_check")]);
}

#[test]
fn the_difference_of_the_modes_is_explained() {
    let values: Vec<f64> = (0..200).map(|at| f64::from(at) / 8.0).collect();
    let baseline = baseline(vec![numeric("f", "Fractional", &values)], json!({}));
    let texts = |of: &dyn Fn(u32) -> String| -> Vec<String> { (0..200).map(of).collect() };
    for (texts, expected) in [
        // The same shares of other values: each lies between two values of the baseline, but 150 are equal.
        (texts(&|at| format!("{:?}", f64::from(at) / 8.0 + 0.01)), vec![]),
        (
            texts(&|at| format!("{:?}", if at < 150 { 0.0 } else { f64::from(at % 50) / 2.0 })),
            vec!["not how often"],
        ),
        (texts(&|at| format!("{:e}", f64::from(at) / 8.0)), vec!["scientific", "scientific"]),
        (texts(&|at| format!("{}", at / 8)), vec!["whole numbers"]),
    ] {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let data = rows(&[("f", &texts)]);
        let [compat, exact] = BOTH.map(|mode| evaluate(&baseline, &data, mode));
        let differences = compare_modes(&compat, &exact);
        let whys: Vec<&str> = differences.iter().map(|difference| difference.why.as_str()).collect();
        assert_eq!(whys.len(), expected.len(), "{whys:?}");
        for (why, expected) in whys.iter().zip(expected) {
            assert!(why.contains(expected), "{why}");
        }
    }
}

/// The feature fails another check in both modes.
#[test]
fn a_difference_is_about_its_check_and_not_about_the_feature() {
    let values: Vec<f64> = (0..200).map(f64::from).collect();
    let baseline = baseline(vec![numeric("f", "Integral", &values)], json!({}));
    let mut texts: Vec<String> = (0..200).map(|at| at.to_string()).collect();
    texts[7] = "x".to_owned();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let data = rows(&[("f", &texts)]);
    let [compat, exact] = BOTH.map(|mode| check(&baseline, &data, mode, &[("f", "data_type_check")]));
    let why = "its values are text now, and the container makes no sketch of text";
    let expected = Disagreement {
        feature: "f".to_owned(),
        check: Check::BaselineDrift,
        compat: Verdict::NotCompared(why.to_owned()),
        exact: Verdict::Ok,
        why: format!("the container compares nothing: {why}"),
    };
    assert_eq!(compare_modes(&compat, &exact), [expected]);
}

#[test]
fn metrics_have_the_names_of_the_container() {
    let quiet = json!({"name": "q", "inferred_type": "Integral", "num_constraints": {"monitoring_config_overrides": {"emit_metrics": "Disabled"}}});
    let features = vec![
        numeric("f", "Integral", &[1.0, 2.0]),
        texts_of("g", &[("a", 2)]),
        (quiet, json!({"name": "q"})),
    ];
    let baseline = baseline(features, json!({}));
    let data = rows(&[("f", &["1", "4", "", "4"]), ("g", &["a"; 4]), ("q", &["1"; 4])]);
    let evaluation = evaluate(&baseline, &data, Mode::Exact);
    let metrics = metrics(&baseline, &data, &evaluation);
    let named: Vec<_> = metrics.iter().map(|metric| (metric.name.as_str(), metric.value)).collect();
    let [f, g] =
        [0, 1].map(|at| MetricValue::Single(evaluation.features[at].distance.clone().unwrap().value));
    let set = MetricValue::Set { minimum: 1.0, maximum: 4.0, sum: 9.0, samples: 3.0 };
    assert_eq!(
        named,
        [
            ("feature_data_f", set),
            ("feature_non_null_f", MetricValue::Single(0.75)),
            ("feature_baseline_drift_f", f),
            ("feature_non_null_g", MetricValue::Single(1.0)),
            ("feature_baseline_drift_g", g),
        ]
    );
}

#[test]
fn statistics_of_another_baseline_are_told_where_nothing_could_be_compared() {
    let numbers = || numeric("n", "Integral", &[1.0, 2.0, 3.0].repeat(4));
    let texts = || texts_of("t", &[("x", 8), ("y", 4)]);
    let named = |(constraints, mut statistics): (Value, Value), name: &str| {
        statistics["name"] = json!(name);
        (constraints, statistics)
    };
    let mixed = |(constraints, _): (Value, Value), (_, mut statistics): (Value, Value)| {
        statistics["name"] = constraints["name"].clone();
        (constraints, statistics)
    };
    let bare = |(constraints, mut statistics): (Value, Value), key: &str| {
        statistics.as_object_mut().unwrap().remove(key);
        (constraints, statistics)
    };
    let data = rows(&[("n", &["1", "2", "3"].repeat(4)), ("t", &["x", "x", "y"].repeat(4))]);
    let foreign = "the baseline's statistics do not have it";
    let kept = |feature: (Value, Value)| feature;
    for (features, why) in [
        (vec![named(numbers(), "a"), named(texts(), "b")], Some(("n", foreign))),
        (
            vec![mixed(numbers(), texts()), mixed(texts(), numbers())],
            Some((
                "n",
                "it is a column of texts in the baseline's statistics, and of type Integral in its constraints",
            )),
        ),
        (
            vec![bare(numbers(), "numerical_statistics"), kept(texts())],
            // The other one is compared.
            None,
        ),
        (vec![numbers(), texts()], None),
    ] {
        let baseline = baseline(features, json!({}));
        for mode in BOTH {
            let evaluation = check(&baseline, &data, mode, &[]);
            let told = why.map(|(name, why)| {
                format!("constraints.json and statistics.json come from different baselines: `{name}`: {why}")
            });
            assert_eq!(evaluation.nothing_compared(), told);
            assert_eq!(evaluation.nothing_judged(), told);
        }
    }
}

#[test]
fn where_no_distribution_was_compared_there_is_no_clean_verdict_unless_somebody_wanted_none() {
    let many =
        json!({"name": "t", "inferred_type": "String", "string_statistics": {"distinct_count": 9000.0}});
    let ids = (json!({"name": "t", "inferred_type": "String", "completeness": 1.0}), many);
    let off = json!({"distribution_constraints": {"perform_comparison": "Disabled"}});
    let foreign = || (numeric("t", "String", &[]).0, numeric("t", "Integral", &[1.0]).1);
    let data = rows(&[("t", &["x", "x", "y"])]);
    let many = "`t`: it has too many different texts in the baseline for a comparison of their shares";
    for (baseline, why) in [
        (baseline(vec![ids.clone()], json!({})), Some(many)),
        (baseline(vec![foreign()], off), None),
        (
            Baseline::new(None, baseline(vec![ids.clone()], json!({})).constraints().clone()),
            Some("`t`: the baseline has no statistics"),
        ),
    ] {
        for mode in BOTH {
            let evaluation = check(&baseline, &data, mode, &[]);
            let told = (evaluation.nothing_compared(), evaluation.nothing_judged());
            assert_eq!(told, (why.map(str::to_owned), why.map(str::to_owned)));
            assert!(matches!(evaluation.features[0].verdict, Verdict::NotCompared(_)));
        }
    }
    // A violation of another check counts, even if some columns were not compared.
    let evaluation = check(
        &baseline(vec![ids], json!({})),
        &rows(&[("t", &["x", ""])]),
        Mode::Exact,
        &[("t", "completeness_check")],
    );
    assert_eq!((evaluation.nothing_compared().as_deref(), evaluation.nothing_judged()), (Some(many), None));
}

#[test]
fn a_file_that_is_given_for_the_other_is_refused() {
    let statistics = Statistics::from_profile(&rows(&[("n", &["1", "2"]), ("t", &["x", "y"])]));
    let constraints = Constraints::suggest(&statistics);
    let error = Constraints::parse(statistics.to_java_json().as_bytes()).unwrap_err().to_string();
    assert!(error.ends_with("it seems to be a statistics.json"), "{error}");
    let error = Statistics::parse(constraints.to_java_json().as_bytes()).unwrap_err().to_string();
    assert!(error.ends_with("it seems to be a constraints.json"), "{error}");
    assert_eq!(Constraints::parse(constraints.to_java_json().as_bytes()).unwrap(), constraints);
}
