//! Bias and attributions against AWS's documented examples, a slow oracle, and every order of keys.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use sagewarden_monitor::{DriftSeverity, Mode, severity};
use sagewarden_outcomes::clarify::*;
use serde_json::{Map, Value, json};

fn explained(values: &[(&str, f64)]) -> Analysis {
    let values: Map<String, Value> =
        values.iter().map(|(feature, value)| ((*feature).to_owned(), json!(value))).collect();
    labelled("label0", &Value::Object(values))
}

fn labelled(label: &str, values: &Value) -> Analysis {
    let file = json!({ "version": "1.0", "explanations": { "kernel_shap": { label: { "global_shap_values": values, "expected_value": 0.25 } } } });
    Analysis::parse(file.to_string().as_bytes()).unwrap()
}

fn score(baseline: &[(&str, f64)], live: &[(&str, f64)], mode: Mode) -> Option<f64> {
    attribution_drift(&explained(baseline), &explained(live), mode).rankings[0].score
}

/// "Monitor feature attribution drift", SageMaker developer guide: the ranks are reversed, and the score is 0.69.
#[test]
fn the_documented_attributions_drift() {
    let baseline = explained(&[("a", 0.70), ("b", 0.50), ("c", 0.05)]);
    let live = explained(&[("a", 0.05), ("b", 0.50), ("c", 0.70)]);
    let drift = attribution_drift(&baseline, &live, Mode::Compat);
    let found = drift.rankings[0].score.unwrap();
    assert!((found - 0.6876).abs() < 5e-5, "{found}");
    let text = serde_json::to_string(&drift.violations(LIMIT)).unwrap();
    assert_eq!(
        text,
        format!(
            r#"{{"version":"1.0","violations":[{{"constraint_check_type":"feature_attribution_drift_check","description":"Feature attribution drift {found} exceeds threshold 0.9","metric_name":"shap","label":"label0"}}]}}"#
        )
    );
    let violation = &drift.violations(LIMIT).violations[0];
    assert_eq!(
        (violation.subject().as_str(), severity(violation, None)),
        ("label0 / shap", DriftSeverity::High)
    );
    assert_eq!(attribution_drift(&baseline, &baseline, Mode::Compat).violations(LIMIT).violations, []);
}

#[test]
fn the_threshold_itself_is_kept() {
    let ranking = |score: Option<f64>| Ranking {
        explainer: "kernel_shap".into(),
        label: "x".into(),
        score,
        only_in_baseline: Vec::new(),
        only_live: Vec::new(),
    };
    assert!(!ranking(Some(0.9)).is_below(LIMIT));
    assert!(ranking(Some(0.8999999999999999)).is_below(LIMIT));
    assert!(!ranking(None).is_below(LIMIT));
}

#[test]
fn features_on_one_side_are_named_and_count_as_nothing_on_the_other() {
    let baseline = explained(&[("a", 0.7), ("b", 0.5), ("gone", 0.4)]);
    let live = explained(&[("a", 0.7), ("b", 0.5), ("new", 0.6)]);
    let drift = attribution_drift(&baseline, &live, Mode::Exact);
    let ranking = &drift.rankings[0];
    assert_eq!(
        (&ranking.only_in_baseline[..], &ranking.only_live[..]),
        (&["gone".to_owned()][..], &["new".to_owned()][..])
    );
    // Ranks: a, new, b, gone.
    let log = |rank: f64| (rank + 1.0).log2();
    let expect = (0.7 + 0.5 / log(3.0) + 0.4 / log(4.0)) / (0.7 + 0.5 / log(2.0) + 0.4 / log(3.0));
    assert!((ranking.score.unwrap() - expect).abs() < 1e-15);
}

#[test]
fn labels_and_explainers_are_opaque_and_missing_ones_are_reported() {
    let values = json!({ "a": 0.2, "b": "0.1" });
    let odd = labelled("0.7956783771514893", &values);
    let drift = attribution_drift(&odd, &odd, Mode::Compat);
    assert_eq!(
        (drift.rankings[0].label.as_str(), drift.rankings[0].score),
        ("0.7956783771514893", Some(1.0))
    );
    let drift = attribution_drift(&odd, &labelled("label0", &values), Mode::Compat);
    assert_eq!(drift.rankings, []);
    assert_eq!(
        drift.unmatched,
        [
            "kernel_shap / 0.7956783771514893 is in the baseline only",
            "kernel_shap / label0 is not in the baseline"
        ]
    );
    let other =
        Analysis::parse(br#"{"explanations":{"pdp":[{"feature_name":"a"}],"shap":{"l":{"text":1}}}}"#)
            .unwrap();
    assert_eq!(attribution_drift(&other, &other, Mode::Exact), AttributionDrift::default());
    assert_eq!(importance(&odd), BTreeMap::from([("a".into(), 0.2), ("b".into(), 0.1)]));
}

/// The aggregation `median` can be negative.
#[test]
fn negative_attributions_count_by_their_size_only_where_the_answer_is_to_be_right() {
    let baseline = [("a", -0.7), ("b", 0.5), ("c", 0.05)];
    let live = [("a", 0.7), ("b", -0.5), ("c", 0.05)];
    assert_eq!(score(&baseline, &live, Mode::Exact), Some(1.0));
    // The formula as it is: gains -0.7, 0.05, 0.5 over ideal 0.5, 0.05, -0.7.
    let log = |rank: f64| (rank + 1.0).log2();
    let expect = (-0.7 + 0.05 / log(2.0) + 0.5 / log(3.0)) / (0.5 + 0.05 / log(2.0) - 0.7 / log(3.0));
    let found = score(&baseline, &live, Mode::Compat).unwrap();
    assert!((found - expect).abs() < 1e-12 && found < 0.0, "{found} instead of {expect}");
    // A baseline that attributes nothing ranks nothing.
    assert_eq!(score(&[("a", 0.0), ("b", 0.0)], &live, Mode::Exact), None);
    assert_eq!(score(&[], &live, Mode::Compat), None);
}

/// Every order of the tied features, and the mean over all of them.
fn by_permutation(baseline: &[f64], live: &[f64]) -> f64 {
    fn gain(order: &[usize], gains: &[f64]) -> f64 {
        order.iter().enumerate().map(|(rank, at)| gains[*at] / (rank as f64 + 2.0).log2()).sum()
    }
    fn permutations(left: &[usize], taken: &mut Vec<usize>, all: &mut Vec<Vec<usize>>) {
        if left.is_empty() {
            all.push(taken.clone());
        }
        for at in 0..left.len() {
            let mut rest = left.to_vec();
            taken.push(rest.remove(at));
            permutations(&rest, taken, all);
            taken.pop();
        }
    }
    let mut all = Vec::new();
    permutations(&(0..live.len()).collect::<Vec<_>>(), &mut Vec::new(), &mut all);
    let sorted = |order: &Vec<usize>, by: &[f64]| order.windows(2).all(|pair| by[pair[0]] >= by[pair[1]]);
    let allowed: Vec<f64> =
        all.iter().filter(|order| sorted(order, live)).map(|order| gain(order, baseline)).collect();
    let best = all.iter().find(|order| sorted(order, baseline)).unwrap();
    allowed.iter().sum::<f64>() / allowed.len() as f64 / gain(best, baseline)
}

proptest! {
    #[test]
    fn the_score_is_the_mean_over_every_order_that_ties_allow(values in prop::collection::vec((1..5_u8, 0..5_u8), 1..6)) {
        let names = ["a", "b", "c", "d", "e"];
        let side = |of: &dyn Fn(&(u8, u8)) -> u8| -> Vec<(&str, f64)> {
            names.iter().zip(&values).map(|(name, value)| (*name, f64::from(of(value)))).collect()
        };
        let (baseline, live) = (side(&|value| value.0), side(&|value| value.1));
        let only = |side: &[(&str, f64)]| side.iter().map(|(_, value)| *value).collect::<Vec<f64>>();
        let expect = by_permutation(&only(&baseline), &only(&live));
        for mode in [Mode::Compat, Mode::Exact] {
            let found = score(&baseline, &live, mode).unwrap();
            prop_assert!((found - expect).abs() < 1e-12, "{found} instead of {expect}");
            prop_assert!((0.0..=1.0 + 1e-12).contains(&found));
        }
    }

    #[test]
    fn a_bias_metric_drifts_when_it_is_farther_from_its_ideal(baseline in -2.0..2.0_f64, live in -2.0..2.0_f64) {
        let violated = |name: &str, mode: Mode| bias_drift(&biased(name, json!(baseline)), &biased(name, json!(live)), mode).compared[0].violated;
        for mode in [Mode::Compat, Mode::Exact] {
            prop_assert_eq!(violated("DPPL", mode), live.abs() > baseline.abs());
        }
        prop_assert_eq!(violated("DI", Mode::Compat), live.abs() > baseline.abs());
    }
}

fn biased(name: &str, value: Value) -> Analysis {
    let metrics = json!([{ "name": name, "value": value }]);
    let file = json!({ "post_training_bias_metrics": { "facets": { "Age": [{ "value_or_threshold": "40", "metrics": metrics }] } } });
    Analysis::parse(file.to_string().as_bytes()).unwrap()
}

fn check(name: &str, baseline: Value, live: Value, compat: bool, exact: bool) {
    for (mode, expect) in [(Mode::Compat, compat), (Mode::Exact, exact)] {
        let drift = bias_drift(&biased(name, baseline.clone()), &biased(name, live.clone()), mode);
        assert_eq!(drift.compared[0].violated, expect, "{name} {baseline} {live} {mode:?}");
    }
}

#[test]
fn the_ideal_of_disparate_impact_is_one() {
    // Worse for the group: only the distance from 1 decides.
    check("DI", json!(0.8), json!(0.5), false, true);
    check("DI", json!(0.8), json!(0.0), false, true);
    // Better for it.
    check("DI", json!(0.5), json!(0.8), true, false);
    // Half and double are equally far.
    check("DI", json!(0.5), json!(2.0), true, false);
    check("DI", json!(0.5), json!(2.1), true, true);
    check("DI", json!("Infinity"), json!("Infinity"), false, false);
}

#[test]
fn incomparable_attributions_are_reported() {
    let drift = bias_drift(&biased("RD", json!("NaN")), &biased("RD", json!(1.0)), Mode::Exact);
    assert_eq!(
        (drift.incomparable[0].metric.as_str(), drift.incomparable[0].why),
        ("Age / 40 / RD", "it has no value in the baseline")
    );
    let drift = bias_drift(&biased("RD", json!(1.0)), &biased("RD", Value::Null), Mode::Exact);
    assert_eq!(drift.incomparable[0].why, "it has no value now");
    let drift = bias_drift(&biased("RD", json!(1.0)), &biased("AD", json!(1.0)), Mode::Exact);
    let whys: Vec<&str> = drift.incomparable.iter().map(|each| each.why).collect();
    assert_eq!(whys, ["it is in the baseline only", "it is not in the baseline"]);
    assert_eq!(drift.nothing_compared().as_deref(), Some("Age / 40 / RD: it is in the baseline only"));
    assert_eq!(drift.violations().violations, []);
}

#[test]
fn a_bias_violation_has_the_text_of_2023() {
    let drift =
        bias_drift(&biased("TE", json!(2.916666666666667)), &biased("TE", json!("Infinity")), Mode::Compat);
    assert_eq!(
        serde_json::to_value(drift.violations()).unwrap(),
        json!({ "version": "1.0", "violations": [{
            "facet": "Age",
            "facet_value": "40",
            "metric_name": "TE",
            "constraint_check_type": "bias_drift_check",
            "description": "Metric value Infinity doesn't meet the baseline constraint requirement 2.916666666666667",
        }] })
    );
}
