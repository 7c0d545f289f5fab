//! How exact mode reads data that is written otherwise than the container expects.

use serde_json::json;

use super::tests::{baseline, numeric, rows, texts_of};
use super::*;
use crate::constraints::Constraints;
use crate::mode::Mode;
use crate::statistics::Statistics;
use sagewarden_measure::{Chance, Detail, MissingTexts, Profile};

const BOTH: [Mode; 2] = [Mode::Compat, Mode::Exact];

/// Numbers of a normal distribution (nearly: the sum of twelve uniform ones), some of them small.
fn normal(seed: u64, count: usize, mean: f64) -> Vec<String> {
    let mut chance = Chance::new(seed);
    (0..count)
        .map(|_| (0..12).map(|_| chance.uniform()).sum::<f64>() - 6.0 + mean)
        .map(|number| format!("{number}"))
        .collect()
}

/// A baseline of one column, written and read back.
fn trained(texts: &[String]) -> (Statistics, Baseline) {
    let statistics = Statistics::from_profile(&column(texts));
    let read = Statistics::parse(statistics.to_java_json().as_bytes()).unwrap();
    assert_eq!(read, statistics);
    let baseline = Baseline::new(Some(&read), Constraints::suggest(&read));
    (read, baseline)
}

fn column(texts: &[String]) -> Profile {
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    rows(&[("x", &texts)])
}

/// The same data as a window, with no more detail than a verdict needs.
fn seen(baseline: &Baseline, texts: &[String]) -> Profile {
    use sagewarden_measure::{Cell, RowSink};
    let mut profile = baseline.empty_profile(Detail::Verdict);
    for text in texts {
        profile.positional(&[if text.is_empty() { Cell::Missing } else { Cell::Text(text.as_bytes()) }]);
    }
    profile
}

fn failing(evaluation: &Evaluation) -> Vec<&'static str> {
    let checks = evaluation.features.iter().flat_map(|feature| &feature.checks);
    checks.filter(|check| !check.passed).map(|check| check.check.name()).collect()
}

/// Replaces one value in every so many, by these in turn.
fn with(mut texts: Vec<String>, every: usize, others: &[&str]) -> Vec<String> {
    let places = (0..texts.len()).step_by(every);
    for (place, other) in places.zip(others.iter().cycle()) {
        texts[place] = (*other).to_owned();
    }
    texts
}

#[test]
fn exact_mode_gives_the_index_and_the_distance_that_risk_departments_report() {
    let words =
        |first: usize| (0..1_000).map(|at| if at < first { "a" } else { "b" }.to_owned()).collect::<Vec<_>>();
    for (kind, before, now, psi) in [
        ("numbers", normal(1, 4_000, 0.0), normal(2, 4_000, 1.0), 0.7..1.2),
        ("the same numbers", normal(1, 4_000, 0.0), normal(2, 4_000, 0.0), 0.0..0.02),
        ("words", words(500), words(800), 0.40..0.45),
    ] {
        let (_, baseline) = trained(&before);
        let window = seen(&baseline, &now);
        let [compat, exact] =
            BOTH.map(|mode| evaluate(&baseline, &window, mode).features.remove(0).distance.unwrap());
        assert_eq!(compat.divergence, None, "{kind}");
        let found = exact.divergence.unwrap();
        let drifted = evaluate(&baseline, &window, Mode::Exact).coverage().drifted;
        assert_eq!(drifted, u64::from(found.psi > 0.1), "{kind}");
        assert!(psi.contains(&found.psi) && found.jensen_shannon < 0.5, "{kind}: {found:?}");
    }
}

#[test]
fn a_column_of_numbers_stays_one_however_a_few_of_them_are_written() {
    for (kind, every, others) in [
        ("small numbers as Python writes them", 1_000, &["5e-05", "-3.2e-05"][..]),
        (
            "missing values as Python, R, SQL and people write them",
            200,
            &["nan", "NA", "NULL", "?", "-", "N/A"],
        ),
        ("some texts", 100, &["low", "n.d.", "overflow"]),
        ("numbers without a digit on either side of the point", 500, &[".5", "1."]),
    ] {
        let (statistics, baseline) = trained(&with(normal(1, 4_000, 0.0), every, others));
        assert_eq!(format!("{:?}", statistics.features[0].inferred_type), "String", "{kind}");
        for (mean, expect) in [(0.0, &[][..]), (3.0, &["baseline_drift_check"])] {
            let data = seen(&baseline, &with(normal(2, 2_000, mean), every, others));
            let exact = evaluate(&baseline, &data, Mode::Exact);
            assert_eq!(failing(&exact), expect, "{kind}: {exact:#?}");
            let distance = exact.features[0].distance.as_ref().unwrap();
            assert!(mean == 0.0 || (distance.linf - 0.87).abs() < 0.02, "{kind}: {}", distance.linf);
            let compat = evaluate(&baseline, &data, Mode::Compat);
            assert_eq!(failing(&compat), ["data_type_check"], "{kind}");
            assert!(compat.features[0].distance.is_none(), "{kind}");
        }
        // With nothing but texts, it is no longer a column of numbers.
        let texts = with(normal(2, 100, 0.0), 1, &["a", "b"]);
        let exact = evaluate(&baseline, &seen(&baseline, &texts), Mode::Exact);
        assert_eq!(failing(&exact), ["data_type_check"], "{kind}");
    }
}

#[test]
fn a_column_of_texts_that_becomes_one_of_numbers_has_no_text_left_to_the_container() {
    let texts: Vec<String> = ["red", "green"].repeat(200).into_iter().map(str::to_owned).collect();
    let (_, baseline) = trained(&texts);
    let numbers = seen(&baseline, &(0..200).map(|at| (at % 2).to_string()).collect::<Vec<_>>());
    let compat = evaluate(&baseline, &numbers, Mode::Compat);
    let said = compat.violations.iter().find_map(|violation| violation.description.clone()).unwrap();
    assert!(
        said.ends_with(
            "Expected data type: String, Expected match: 100.0%. Observed: Only 0.0% of data is String."
        ),
        "{said}"
    );
    let exact = evaluate(&baseline, &numbers, Mode::Exact);
    assert_eq!(failing(&exact), ["categorical_values_check", "baseline_drift_check"]);
    let differ =
        compare_modes(&compat, &exact).into_iter().find(|differ| differ.check == Check::DataType).unwrap();
    assert_eq!(
        differ.why,
        "the container does not accept a number as text, although a text may look like a number"
    );
}

#[test]
fn columns_that_both_readings_see_alike_have_no_statistics_but_the_containers() {
    let words = |count: usize| (0..count).map(|at| format!("word {at}")).collect::<Vec<_>>();
    for (texts, more) in [
        (normal(1, 500, 50.0), false),
        ((0..500).map(|at| at.to_string()).collect(), false),
        (words(3), false),
        (words(500), false),
        (with(words(3), 3, &["NA"]), false),
        (vec![String::new(); 3], false),
        // Too many texts to list, so that nobody could see that one of them is `NA`.
        (with(words(500), 50, &["NA"]), true),
        (with(normal(1, 500, 50.0), 499, &["1e2"]), true),
        (vec!["0".to_owned(), "1".to_owned(), "NA".to_owned()], true),
        // With this many texts it is a column of texts.
        (with(normal(1, 500, 50.0), 10, &["a"]), false),
    ] {
        let (statistics, _) = trained(&texts);
        assert_eq!(statistics.features[0].exact_statistics.is_some(), more, "{:?}", &texts[..3]);
        assert_eq!(statistics.to_java_json().contains("exact_statistics"), more);
    }
}

#[test]
fn missing_values_are_missing_whatever_says_so() {
    let numbers = |other: &str| with(normal(3, 1_000, 9.0), 10, &[other]);
    let words = |other: &str| with((0..1_000).map(|at| format!("word {at}")).collect(), 10, &[other]);
    for of in [&numbers as &dyn Fn(&str) -> Vec<String>, &words] {
        for before in ["", "NaN", "null"] {
            let (_, baseline) = trained(&of(before));
            for now in ["", "nan", "N/A", "None", " ? "] {
                let exact = evaluate(&baseline, &seen(&baseline, &of(now)), Mode::Exact);
                assert_eq!(failing(&exact), <[&str; 0]>::default(), "{before} {now}: {exact:#?}");
                let completeness =
                    exact.features[0].checks.iter().find(|check| check.check == Check::Completeness);
                let completeness = completeness.unwrap();
                assert_eq!(
                    (completeness.observed, completeness.threshold),
                    (Some(0.9), 0.9),
                    "{before} {now}"
                );
            }
            let more = with(of(before), 2, &["nan"]);
            let exact = evaluate(&baseline, &seen(&baseline, &more), Mode::Exact);
            assert_eq!(failing(&exact), ["completeness_check"], "{before}");
        }
    }
}

#[test]
fn a_text_that_the_baseline_lists_is_a_value_and_not_missing() {
    let baseline = baseline(vec![texts_of("country", &[("NA", 40), ("ZA", 60)])], json!({}));
    let texts = |namibia: usize, nothing: usize| {
        [vec!["NA"; namibia], vec!["nan"; nothing], vec!["ZA"; 100 - namibia - nothing]].concat()
    };
    for (namibia, nothing, expect) in
        [(40, 0, &[][..]), (0, 0, &["baseline_drift_check"]), (40, 10, &["completeness_check"])]
    {
        let exact = evaluate(&baseline, &rows(&[("country", &texts(namibia, nothing))]), Mode::Exact);
        assert_eq!(failing(&exact), expect, "{namibia} {nothing}: {exact:#?}");
    }
}

#[test]
fn which_texts_are_missing_can_be_said() {
    let (statistics, _) = trained(&normal(4, 500, 0.0));
    let constraints = Constraints::suggest(&statistics);
    let own = Baseline::new(Some(&statistics), constraints).with_missing(MissingTexts::new(["leer"]));
    for (text, expect) in [("leer", "completeness_check"), ("nan", "data_type_check")] {
        let data = seen(&own, &with(normal(4, 500, 0.0), 5, &[text]));
        assert_eq!(failing(&evaluate(&own, &data, Mode::Exact)), [expect]);
    }
}

#[test]
fn truth_values_are_those_of_json_python_and_r() {
    for before in [["true", "false"], ["True", "False"], ["TRUE", "FALSE"]] {
        let baseline = baseline(vec![texts_of("f", &before.map(|text| (text, 50)))], json!({}));
        for now in [["true", "false"], ["True", "False"], ["TRUE", "FALSE"]] {
            let data = rows(&[("f", &[[now[0]; 50], [now[1]; 50]].concat())]);
            let [compat, exact] = BOTH.map(|mode| evaluate(&baseline, &data, mode));
            assert_eq!(failing(&exact), <[&str; 0]>::default(), "{before:?} {now:?}");
            assert_eq!(failing(&compat).is_empty(), before == now);
            let data = rows(&[("f", &[[now[0]; 90].as_slice(), &[now[1]; 10]].concat())]);
            assert_eq!(failing(&evaluate(&baseline, &data, Mode::Exact)), ["baseline_drift_check"]);
        }
    }
}

#[test]
fn where_the_container_reads_otherwise_it_is_said_why() {
    let values: Vec<f64> = (0..200).map(f64::from).collect();
    let baseline = baseline(vec![numeric("x", "Integral", &values)], json!({}));
    let texts = |of: &dyn Fn(u32) -> String| (0..200).map(of).collect::<Vec<_>>();
    for (texts, whys) in [
        (texts(&|at| format!("{at}.0")), &["`3.0`"][..]),
        (
            texts(&|at| if at % 2 == 0 { "nan".to_owned() } else { at.to_string() }),
            &["`nan`", "missing value", "`nan`"],
        ),
    ] {
        let data = column(&texts);
        let [compat, exact] = BOTH.map(|mode| evaluate(&baseline, &data, mode));
        let found = compare_modes(&compat, &exact);
        assert_eq!(found.len(), whys.len(), "{found:#?}");
        for (found, why) in found.iter().zip(whys) {
            assert!(found.why.contains(why), "{found:#?}");
        }
    }
}

/// Buckets as somebody wrote them by hand, with or without a sketch.
fn by_hand(present: u64, sketch: &serde_json::Value, buckets: &[(f64, f64, f64)]) -> Baseline {
    let buckets: Vec<_> = buckets
        .iter()
        .map(|(from, to, count)| json!({"lower_bound": from, "upper_bound": to, "count": count}))
        .collect();
    let mut kll = json!({ "buckets": buckets });
    if !sketch.is_null() {
        kll["sketch"] = json!({"parameters": {"c": 0.64, "k": 2048.0}, "data": sketch});
    }
    let statistics = json!({"name": "x", "inferred_type": "Fractional", "numerical_statistics": {
        "common": {"num_present": present, "num_missing": 0}, "distribution": {"kll": kll}}});
    baseline(vec![(numeric("x", "Fractional", &[]).0, statistics)], json!({}))
}

#[test]
fn a_baseline_that_was_written_by_hand_is_compared_by_its_buckets_or_not_at_all() {
    let (even, sketch_of_two) =
        ([(0.0, 1.0, 500.0), (1.0, 2.0, 300.0), (2.0, 3.0, 200.0)], json!([[0.0, 3.0]]));
    let data = |shares: [usize; 3]| {
        let texts: Vec<String> =
            (0..3_u32).zip(shares).flat_map(|(at, share)| vec![format!("{at}.5"); share]).collect();
        column(&texts)
    };
    let (same, other) = (data([250, 150, 100]), data([100, 150, 250]));
    for (present, sketch) in
        [(1_000, &json!(null)), (1_000, &json!([[]])), (1_000, &sketch_of_two), (0, &sketch_of_two)]
    {
        let baseline = by_hand(present, sketch, &even);
        let exact = evaluate(&baseline, &same, Mode::Exact);
        let distance = exact.features[0].distance.as_ref().unwrap();
        assert_eq!((distance.linf, distance.baseline_n, exact.nothing_judged()), (0.0, 1_000, None));
        let exact = evaluate(&baseline, &other, Mode::Exact);
        assert_eq!(failing(&exact), ["baseline_drift_check"]);
        assert!((exact.features[0].distance.as_ref().unwrap().linf - 0.3).abs() < 1e-9);
        assert!(exact.notes[0].contains("its buckets are compared"), "{:?}", exact.notes);
    }
    // Each value has moved into the next bucket or stayed: no gap at any bound is larger than a bucket, and half of
    // the values are elsewhere.
    let ten: Vec<(f64, f64, f64)> = (0..10).map(|at| (f64::from(at), f64::from(at + 1), 100.0)).collect();
    let odd: Vec<String> = (0..300_u32).map(|at| format!("{}.5", 2 * (at % 5) + 1)).collect();
    let exact = evaluate(&by_hand(1_000, &json!(null), &ten), &column(&odd), Mode::Exact);
    let distance = exact.features[0].distance.as_ref().unwrap();
    assert_eq!((distance.method, failing(&exact)), (Method::TotalVariation, vec!["baseline_drift_check"]));
    for (sketch, buckets) in [
        (&sketch_of_two, &[][..]),
        // Invalid buckets: they overlap, end before they begin, or hold less than nothing.
        (&sketch_of_two, &[(0.0, 2.0, 5.0), (1.0, 3.0, 5.0)]),
        (&json!(null), &[(1.0, 0.0, 5.0)]),
        (&json!(null), &[(0.0, 1.0, -5.0)]),
        (&json!([[]]), &[(0.0, 1.0, 0.0)]),
    ] {
        let exact = evaluate(&by_hand(1_000, sketch, buckets), &same, Mode::Exact);
        assert!(
            exact.features[0].distance.is_none() && exact.nothing_judged().is_some(),
            "{buckets:?}: {exact:#?}"
        );
    }
}

#[test]
fn what_was_compared_and_what_was_not_is_counted_and_named() {
    let ids =
        json!({"name": "id", "inferred_type": "String", "string_statistics": {"distinct_count": 9000.0}});
    let many = (json!({"name": "id", "inferred_type": "String"}), ids);
    let features = vec![numeric("x", "Integral", &[1.0, 2.0]), many, texts_of("t", &[("a", 2)])];
    let data = rows(&[("x", &["1", "2"]), ("id", &["u", "v"]), ("t", &["a", "a"])]);
    let coverage = evaluate(&baseline(features, json!({})), &data, Mode::Exact).coverage();
    assert_eq!((coverage.features, coverage.compared), (3, 2));
    let why = "it has too many different texts in the baseline for a comparison of their shares";
    let missed = [NotCompared { feature: "id".to_owned(), why: why.to_owned() }];
    assert_eq!(coverage.not_compared, missed);
}

/// Rows of a baseline and of a window, and how many of them the baseline's constraints do not allow.
#[test]
fn a_share_below_what_the_baseline_kept_is_a_violation_beyond_chance_only() {
    let words = |count: usize, odd: &[&str]| {
        let words = ["a", "b", "c"].into_iter().cycle().take(count - odd.len());
        words.chain(odd.iter().copied()).map(str::to_owned).collect::<Vec<_>>()
    };
    for (kind, before, now, expect) in [
        ("a hole where there was none", words(500, &[]), words(1_000, &[""]), None),
        (
            "many holes where there were none",
            words(500, &[]),
            words(1_000, &[""; 60]),
            Some("completeness_check"),
        ),
        ("somewhat more holes than before", words(500, &[""; 50]), words(1_000, &[""; 130]), None),
        (
            "twice as many holes as before",
            words(500, &[""; 50]),
            words(1_000, &[""; 200]),
            Some("completeness_check"),
        ),
        ("a new word", words(500, &[]), words(1_000, &["d"]), None),
        (
            "a new word now and again",
            words(500, &[]),
            words(1_000, &["d"; 60]),
            Some("categorical_values_check"),
        ),
        (
            "new words where each tenth was seen once",
            words(50, &["d", "e", "f", "g", "h"]),
            words(100, &["i", "j", "k"]),
            None,
        ),
    ] {
        let (_, baseline) = trained(&before);
        let [compat, exact] = BOTH.map(|mode| evaluate(&baseline, &column(&now), mode));
        assert_eq!(failing(&exact), Vec::from_iter(expect), "{kind}: {exact:#?}");
        assert_eq!(failing(&compat).len(), 1, "the container allows for nothing: {kind}");
    }
}

/// Windows of the same data as the baseline, with everything that real tables have: missing values, words, numbers in
/// every notation.
#[test]
fn halves_of_one_table_are_alike() {
    let mut failed = Vec::new();
    for seed in 0..200 {
        let mut chance = Chance::new(seed);
        let mut half = || -> Vec<Vec<String>> {
            let rows = 150 + chance.below(400) as usize;
            let mut column =
                |of: &dyn Fn(&mut Chance) -> String| (0..rows).map(|_| of(&mut chance)).collect::<Vec<_>>();
            vec![
                column(&|chance| {
                    if chance.below(10) == 0 { String::new() } else { chance.below(50).to_string() }
                }),
                column(&|chance| {
                    if chance.below(200) == 0 { "nan".to_owned() } else { format!("{}", chance.uniform()) }
                }),
                column(&|chance| {
                    if chance.below(50) == 0 { "low".to_owned() } else { format!("{}", chance.uniform()) }
                }),
                // Some words are rare.
                column(&|chance| format!("word {}", (chance.uniform() * chance.uniform() * 60.0) as u32)),
                column(&|chance| format!("{}", -chance.uniform().ln())),
            ]
        };
        let (before, now) = (half(), half());
        for (column, (before, now)) in before.iter().zip(&now).enumerate() {
            let (_, baseline) = trained(before);
            let checks = failing(&evaluate(&baseline, &seen(&baseline, now), Mode::Exact));
            failed.extend(checks.into_iter().map(|check| (seed, column, check)));
        }
    }
    assert!(failed.len() <= 1, "of 1,000 columns: {failed:?}");
}

#[test]
fn values_that_the_baselines_range_does_not_have_are_found_beyond_chance() {
    let ages = |count: u64, odd: &[&str]| {
        let ages = (0..count - odd.len() as u64).map(|at| (18 + at * 7 % 62).to_string());
        ages.chain(odd.iter().map(|text| (*text).to_owned())).collect::<Vec<_>>()
    };
    for (kind, rows, odd, expect) in [
        ("none", 200, &[][..], None),
        ("one that is older than all", 200, &["81"], None),
        ("one of no year", 200, &["99999"], None),
        ("a twelfth of no year", 200, &["99999"; 16], Some("value_range_check")),
        ("a twelfth below zero", 200, &["-1"; 16], Some("value_range_check")),
        ("few of many below zero", 5_000, &["-1"; 45], Some("value_range_check")),
        ("few of many a year too old", 5_000, &["80"; 45], None),
    ] {
        let (_, baseline) = trained(&ages(5_000, &[]));
        let [compat, exact] = BOTH.map(|mode| evaluate(&baseline, &seen(&baseline, &ages(rows, odd)), mode));
        assert_eq!(failing(&exact), Vec::from_iter(expect), "{kind}: {exact:#?}");
        assert_eq!(failing(&compat), <[&str; 0]>::default(), "{kind}");
    }
}

#[test]
fn half_of_many_categories_are_missed_and_rare_classes_are_counted() {
    let shops = |rows: usize, of: usize| (0..rows).map(|at| format!("shop {}", at % of)).collect::<Vec<_>>();
    let fraud = |rows: usize, percent: usize, names: [&str; 2]| {
        (0..rows).map(|at| names[usize::from(at % 1_000 < percent)].to_owned()).collect::<Vec<_>>()
    };
    let classes = |rows, share| fraud(rows, share, ["0", "1"]);
    let words = |rows, share| fraud(rows, share, ["web", "phone"]);
    for (kind, before, now, method) in [
        ("the same shops", shops(6_000, 60), shops(3_000, 60), None),
        ("half of the shops", shops(6_000, 60), shops(3_000, 30), Some(Method::TotalVariation)),
        ("the same share of fraud", classes(20_000, 10), classes(20_000, 11), None),
        ("three times as much", classes(20_000, 5), classes(20_000, 15), Some(Method::RareClass)),
        ("eight times as much", classes(20_000, 10), classes(20_000, 80), Some(Method::Robust)),
        ("hardly any left", classes(20_000, 15), classes(20_000, 5), Some(Method::RareClass)),
        ("half as much again", classes(20_000, 40), classes(20_000, 60), None),
        ("twice as much of nearly nothing", classes(20_000, 2), classes(20_000, 4), None),
        ("more calls", words(20_000, 5), words(20_000, 15), Some(Method::RareClass)),
        ("more calls of a few", words(200, 5), words(200, 20), None),
    ] {
        let (_, baseline) = trained(&before);
        let [compat, exact] = BOTH.map(|mode| evaluate(&baseline, &seen(&baseline, &now), mode));
        let found = exact.features[0].distance.as_ref().unwrap();
        assert_eq!(found.method, method.unwrap_or(Method::Robust), "{kind}: {found:#?}");
        assert_eq!(!failing(&exact).is_empty(), method.is_some(), "{kind}: {exact:#?}");
        let said = exact.violations.iter().find_map(|violation| violation.description.clone());
        if method == Some(Method::RareClass) {
            let said = said.unwrap();
            assert!(said.ends_with(" exceeds threshold: 0.001"), "{kind}: {said}");
        }
        assert_eq!(failing(&compat), <[&str; 0]>::default(), "{kind}");
    }
}

#[test]
fn samples_of_one_distribution_of_many_categories_are_no_drift() {
    let mut failed = 0;
    for seed in 0..300 {
        let mut chance = Chance::new(seed);
        let shops = 2 + chance.below(100);
        let rows = |chance: &mut Chance| 200 + chance.below(800);
        let mut sample = || -> Vec<String> {
            let rows = rows(&mut chance);
            let shop = |chance: &mut Chance| (chance.uniform() * chance.uniform() * shops as f64) as u64;
            (0..rows).map(|_| format!("shop {}", shop(&mut chance))).collect()
        };
        let (before, now) = (sample(), sample());
        let (_, baseline) = trained(&before);
        failed += failing(&evaluate(&baseline, &column(&now), Mode::Exact)).len();
    }
    assert!(failed <= 1, "{failed} of 300");
}
