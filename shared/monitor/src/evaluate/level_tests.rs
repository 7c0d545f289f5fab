//! The findings of exact mode with its own threshold, and the differences that a window with few rows cannot show.

use serde_json::json;

use super::tests::{baseline, numeric, rows};
use super::*;
use crate::mode::Mode;
use sagewarden_measure::{Cell, Chance, Detail, RowSink};

/// Numbers of a normal distribution, as texts.
fn bell(chance: &mut Chance, count: usize, mean: f64, spread: f64) -> Vec<f64> {
    (0..count).map(|_| ((0..12).map(|_| chance.uniform()).sum::<f64>() - 6.0) * spread + mean).collect()
}

/// Both modes' answers on a window of twenty columns; the first columns are moved and spread.
fn window(seed: u64, size: usize, changed: usize, mean: f64, spread: f64) -> [Evaluation; 2] {
    let mut chance = Chance::new(seed);
    let features =
        (0..20).map(|at| numeric(&format!("f{at}"), "Fractional", &bell(&mut chance, 10_000, 0.0, 1.0)));
    let baseline = baseline(features.collect(), json!({}));
    let columns: Vec<Vec<String>> = (0..20)
        .map(|at| {
            if at < changed {
                bell(&mut chance, size, mean, spread)
            } else {
                bell(&mut chance, size, 0.0, 1.0)
            }
        })
        .map(|column| column.iter().map(|number| format!("{number:.6}")).collect())
        .collect();
    let mut profile = baseline.empty_profile(Detail::Verdict);
    for row in 0..size {
        let cells: Vec<Cell<'_>> = columns.iter().map(|column| Cell::Text(column[row].as_bytes())).collect();
        profile.positional(&cells);
    }
    [Mode::Compat, Mode::Exact].map(|mode| evaluate(&baseline, &profile, mode))
}

fn drifted(evaluation: &Evaluation) -> Vec<&str> {
    evaluation
        .features
        .iter()
        .filter(|feature| feature.has_drifted())
        .map(|feature| feature.name.as_str())
        .collect()
}

#[test]
fn what_moves_a_little_is_found_in_windows_that_can_show_it() {
    for (what, size, mean, spread) in [
        ("half a deviation", 1_000, 0.5, 1.0),
        ("a quarter", 2_500, 0.25, 1.0),
        ("a spread of 1.3", 5_000, 0.0, 1.3),
    ] {
        let [compat, exact] = window(1, size, 5, mean, spread);
        assert_eq!(drifted(&exact), ["f0", "f1", "f2", "f3", "f4"], "{what}");
        assert!(mean > 0.4 || drifted(&compat).len() < 5, "{what}");
    }
    let [compat, exact] = window(2, 5_000, 5, 0.0, 1.3);
    let differ = compare_modes(&compat, &exact);
    let differ = differ.iter().find(|differ| differ.check == Check::BaselineDrift).unwrap();
    let why = "the container's threshold is 0.1, without an allowance for chance, and exact mode's is 0.01";
    assert_eq!(differ.why, why);
}

#[test]
fn windows_in_which_nothing_has_changed_are_quiet() {
    // The level is one in five hundred: two of thirty are as good as impossible.
    let loud: Vec<_> =
        (10..40).flat_map(|seed| window(seed, 300, 0, 0.0, 1.0)[1].violations.clone()).collect();
    assert!(loud.len() <= 1, "of 30 windows of 20 features: {loud:?}");
}

#[test]
fn what_so_few_rows_can_show_is_said() {
    let texts: Vec<String> = (0..200).map(|at| format!("{}.5", at % 40)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let values: Vec<f64> = (0..4_000).map(|at| f64::from(at % 40) + 0.5).collect();
    let many = baseline(vec![numeric("f", "Fractional", &values)], json!({}));
    let of = |mode: Mode, rows_of: &[&str]| evaluate(&many, &rows(&[("f", rows_of)]), mode).resolution();
    let known = of(Mode::Exact, &texts).unwrap();
    assert!((known.gap - 0.1347).abs() < 1e-4, "{known:?}");
    // This many rows show a gap of a tenth, and one row less does not.
    let needed = known.rows.unwrap();
    assert!(level::detectable(1, 4_000, needed) <= Resolution::ENOUGH);
    assert!(level::detectable(1, 4_000, needed - 1) > Resolution::ENOUGH);
    assert_eq!(of(Mode::Compat, &texts), None);
    let few = baseline(vec![numeric("f", "Fractional", &values[..100])], json!({}));
    let known = evaluate(&few, &rows(&[("f", &texts)]), Mode::Exact).resolution().unwrap();
    assert_eq!(known.rows, None, "with so small a baseline no window is large enough");
}
