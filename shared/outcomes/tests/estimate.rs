//! Quality that is estimated from probabilities, beside NannyML's figures, and what labels drawn by them come to.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::path::Path;

use proptest::prelude::*;
use sagewarden_measure::MissingTexts;
use sagewarden_monitor::Mode;
use sagewarden_outcomes::quality::{
    Calibration, Estimation, LabelledColumns, Period, Prediction, PredictionAttributes, Problem, Quality,
    QualitySettings, QualityStatistics, UnreadableData,
};
use serde_json::Value;

fn settings() -> QualitySettings {
    QualitySettings::new(Problem::BinaryClassification, Mode::Exact)
}

fn prediction(score: f64) -> Prediction {
    Prediction { label: None, probability: Some(score), ..Prediction::default() }
}

fn estimated(scores: impl IntoIterator<Item = f64>, calibration: Option<Calibration>) -> QualityStatistics {
    let mut estimation = Estimation::new(&settings(), calibration);
    for score in scores {
        estimation.add(&prediction(score)).unwrap();
    }
    estimation.finish()
}

fn oracle(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle").join(name)).unwrap()
}

fn columns() -> LabelledColumns {
    LabelledColumns {
        header: true,
        ground_truth: "label".into(),
        prediction: PredictionAttributes { inference: None, probability: Some("score".into()) },
        missing: MissingTexts::default(),
    }
}

#[test]
fn estimates_are_those_of_nannyml_with_and_without_calibration() {
    let table = oracle("estimate.csv");
    let expected: Value = serde_json::from_str(&oracle("estimate.json")).unwrap();
    let scores: Vec<f64> =
        table.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().parse().unwrap()).collect();
    let calibration = Calibration::read(table.as_bytes(), &columns(), "1").unwrap();
    for (score, worth) in scores.iter().zip(expected["calibrated_scores"].as_array().unwrap()) {
        assert!((calibration.probability(*score) - worth.as_f64().unwrap()).abs() < 1e-9, "{score}");
    }
    for (key, calibration) in [("as_they_are", None), ("calibrated", Some(calibration))] {
        let statistics = estimated(scores.clone(), calibration);
        for (name, value) in expected[key].as_object().unwrap() {
            // NannyML rounds the counts of the curve.
            let off = (statistics.metric(name).unwrap().value - value.as_f64().unwrap()).abs();
            assert!(off < if name == "auc" { 1e-5 } else { 1e-9 }, "{key}, {name}: off by {off}");
        }
    }
}

#[test]
fn a_calibration_needs_rows_with_both_labels() {
    let read = |table: &str| Calibration::read(table.as_bytes(), &columns(), "1");
    let of = |label: &str, rows: usize| format!("label,score\n{}", format!("{label},0.5\n").repeat(rows));
    for table in [of("1", 200), of("0", 200), of("1", 5)] {
        assert!(matches!(read(&table), Err(UnreadableData::NoCalibration { fewest: 100, .. })));
    }
    let outside = read("label,score\n1,7\n").unwrap_err().to_string();
    assert_eq!(outside, "line 2: `7` is not a probability from 0 to 1");
}

#[test]
fn scores_that_are_worth_something_else_are_put_right() {
    // Whatever has 0.9 is positive in half of the rows.
    let rows = (0..200).map(|row| (0.9, row % 2 == 0)).chain((0..200).map(|row| (0.1, row % 10 == 0)));
    let calibration = Calibration::of(rows.collect()).unwrap();
    assert_eq!([0.0, 0.1, 0.9, 1.0].map(|score| calibration.probability(score)), [0.1, 0.1, 0.5, 0.5]);
    assert!((calibration.probability(0.5) - 0.3).abs() < 1e-12, "between two scores");
    assert!((calibration.error_before - 0.2).abs() < 1e-12);
}

#[test]
fn a_deviation_is_that_of_the_ratio() {
    let recall = estimated([0.9, 0.2], None).metric("recall").unwrap();
    // 0.9 of 1.1; by hand: each label moves what is found and what there is to find.
    let value: f64 = 0.9 / 1.1;
    let variance = 0.09 * (1.0 - value).powi(2) + 0.16 * value.powi(2);
    assert!((recall.value - value).abs() < 1e-12);
    assert!((recall.standard_deviation - f64::sqrt(variance) / 1.1).abs() < 1e-12);
}

#[test]
fn an_answer_without_a_probability_is_not_counted() {
    let mut estimation = Estimation::new(&settings(), None);
    assert!(
        estimation
            .add(&Prediction { label: Some("1".into()), probability: None, ..Prediction::default() })
            .is_err()
    );
    assert!(estimation.add(&prediction(-0.1)).is_err());
    assert!(estimation.add(&prediction(f64::NAN)).is_err());
    let statistics = estimation.finish();
    assert_eq!(statistics.item_count, 0);
    assert!(statistics.metric("accuracy").unwrap().value.is_nan());
}

proptest! {
    /// If every score is 0 or 1, nothing is uncertain: the estimate equals the metrics with labels that equal the answers.
    #[test]
    fn of_certain_scores_the_estimate_is_the_measurement(labels in prop::collection::vec(any::<bool>(), 2..60)) {
        prop_assume!(labels.iter().any(|label| *label) && labels.iter().any(|label| !*label));
        let mut quality = Quality::new(settings());
        for (place, label) in labels.iter().enumerate() {
            let label = u8::from(*label);
            quality.add(&place.to_string(), &prediction(f64::from(label)), &label.to_string()).unwrap();
        }
        let measured = quality.finish(Period::default());
        let estimate = estimated(labels.iter().map(|label| f64::from(u8::from(*label))), None);
        for (name, metric) in &estimate.metrics {
            let value = measured.metric(name).unwrap().value;
            prop_assert!((metric.value - value).abs() < 1e-9, "{} {} {}", name, metric.value, value);
            prop_assert!(metric.standard_deviation.is_nan() || metric.standard_deviation < 1e-9, "{}", name);
        }
    }

    /// Labels drawn by the probabilities come to within five deviations of the estimate.
    #[test]
    fn labels_drawn_by_the_probabilities_come_to_the_estimate(seed in any::<u64>()) {
        let mut state = seed;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let mut quality = Quality::new(settings());
        let mut scores = Vec::new();
        for place in 0..2_000 {
            let score = uniform();
            let label = u8::from(uniform() < score);
            quality.add(&format!("{place}"), &prediction(score), &label.to_string()).unwrap();
            scores.push(score);
        }
        let measured = quality.finish(Period::default());
        for (name, metric) in estimated(scores, None).metrics {
            let off = (metric.value - measured.metric(&name).unwrap().value).abs();
            let allowed = if name == "auc" { 0.05 } else { 5.0 * metric.standard_deviation };
            prop_assert!(off < allowed, "{}: {} off, {} allowed", name, off, allowed);
        }
    }
}
