use sagewarden_measure::{Cell, Chance, Detail, PredictedCells, Profile, RowSink};

use super::{Baseline, Check, Evaluation, evaluate};
use crate::constraints::Constraints;
use crate::mode::Mode;
use crate::statistics::{BetweenPeriods, Statistics};

/// The baseline of a column of predictions.
fn baseline(rows: &[String], season: Option<BetweenPeriods>) -> Baseline {
    let mut profile = Profile::for_header(["p"]);
    rows.iter().for_each(|row| profile.positional(&[Cell::Text(row.as_bytes())]));
    let mut statistics = Statistics::from_profile(&profile);
    statistics.features[0].between_periods = season;
    Baseline::new(Some(&statistics), Constraints::suggest(&statistics))
}

fn evaluated(baseline: &Baseline, rows: &[String], is_answer: bool, mode: Mode) -> Evaluation {
    let mut profile = baseline.empty_profile(Detail::Verdict);
    for row in rows {
        profile.positional(&[Cell::Text(row.as_bytes())]);
        let cells = if is_answer { 0..1 } else { 0..0 };
        profile.predicted(PredictedCells::At(cells, 1));
    }
    evaluate(baseline, &profile, mode)
}

/// Whether predictions without spread were found; `None` if that was not judged.
fn found(evaluation: &Evaluation) -> Option<bool> {
    let mut checks = evaluation.features[0].checks.iter();
    checks.find(|result| result.check == Check::PredictionSpread).map(|result| !result.passed)
}

/// So many predictions of a model.
fn drawn(seed: u64, count: usize, of: impl Fn(&mut Chance) -> String) -> Vec<String> {
    let mut chance = Chance::new(seed);
    (0..count).map(|_| of(&mut chance)).collect()
}

fn score(chance: &mut Chance) -> String {
    format!("{:.6}", chance.uniform())
}

fn fraud(share: f64) -> impl Fn(&mut Chance) -> String {
    move |chance| u8::from(chance.uniform() < share).to_string()
}

fn word(chance: &mut Chance) -> String {
    ["yes", "no", "perhaps"][chance.below(3) as usize].to_owned()
}

#[test]
fn predictions_that_are_nearly_all_the_same_are_found_where_the_baselines_are_not() {
    let same = |text: &str, count: usize| vec![text.to_owned(); count];
    let scores = |seed, count| drawn(seed, count, score);
    let close = drawn(3, 500, |chance| format!("{:.6}", 0.5 + chance.uniform() / 1_000.0));
    let rare = drawn(1, 20_000, fraud(0.01));
    let mut mixed = same("0.5", 460);
    mixed.extend(scores(4, 40));
    let mut spread = same("0.5", 440);
    spread.extend(scores(4, 60));
    for (what, before, now, expect) in [
        ("one score", scores(1, 5_000), same("0.5", 500), Some(true)),
        ("scores that are nearly one", scores(1, 5_000), close, Some(true)),
        ("one score of more than nine in ten", scores(1, 5_000), mixed, Some(true)),
        ("one score of fewer", scores(1, 5_000), spread, Some(false)),
        ("scores as before", scores(1, 5_000), scores(2, 500), Some(false)),
        (
            "scores that moved",
            scores(1, 5_000),
            drawn(2, 500, |c| format!("{}", 2.0 + c.uniform())),
            Some(false),
        ),
        ("one class of three", drawn(1, 3_000, word), same("no", 200), Some(true)),
        ("one class that the baseline does not have", drawn(1, 3_000, word), same("error", 200), Some(true)),
        ("all classes", drawn(1, 3_000, word), drawn(2, 200, word), Some(false)),
        ("no fraud among many", rare.clone(), same("0", 5_000), Some(true)),
        ("no fraud among so few that chance explains it", rare.clone(), same("0", 300), Some(false)),
        ("fraud as before", rare, drawn(2, 5_000, fraud(0.01)), Some(false)),
        ("a baseline that is all the same", same("0.5", 5_000), same("0.5", 500), None),
        ("another constant than the baseline's", same("0.5", 5_000), same("0.7", 500), None),
        ("two rows", scores(1, 5_000), same("0.5", 2), None),
    ] {
        let baseline = baseline(&before, None);
        let exact = evaluated(&baseline, &now, true, Mode::Exact);
        assert_eq!(found(&exact), expect, "{what}: {:?}", exact.features[0].checks);
        assert!(exact.features[0].prediction);
        for (is_answer, mode) in [(false, Mode::Exact), (true, Mode::Compat)] {
            assert_eq!(found(&evaluated(&baseline, &now, is_answer, mode)), None, "{what} {mode:?}");
        }
    }
}

#[test]
fn the_finding_says_how_much_spread_is_left() {
    let baseline = baseline(&drawn(1, 3_000, |chance| chance.below(4).to_string()), None);
    let exact = evaluated(&baseline, &vec!["3".to_owned(); 200], true, Mode::Exact);
    let violation = exact
        .violations
        .iter()
        .find(|violation| violation.constraint_check_type.as_deref() == Some("prediction_spread_check"));
    let text = violation.and_then(|violation| violation.description.clone()).unwrap();
    let (before, after) = text.split_once(" Expected match: ").unwrap();
    assert!(before.starts_with("Prediction spread requirement is not met. Baseline: 74."), "{text}");
    assert!(
        after.starts_with("7.4") && after.contains("Observed: Only 0.0% of predictions differ"),
        "{text}"
    );
    assert!(text.ends_with("the most frequent ones: 3."), "{text}");
    let observed = violation.and_then(crate::violations::Violation::observed).unwrap();
    assert!((observed.value, observed.threshold.is_some()) == (0.0, true), "{observed:?}");
}

#[test]
fn periods_of_the_baseline_may_have_less_spread() {
    let season = |linf| Some(BetweenPeriods { periods: 5, linf, total_variation: linf });
    let before = drawn(1, 3_000, fraud(0.3));
    for (season, expect) in
        [(None, Some(true)), (season(0.1), Some(true)), (season(0.25), Some(false)), (season(0.5), None)]
    {
        let now = evaluated(&baseline(&before, season), &vec!["0".to_owned(); 100], true, Mode::Exact);
        assert_eq!(found(&now), expect, "{season:?}");
    }
}

/// At most once in ten thousand windows without any change. These distributions are the hard ones: one value has nearly everything, and
/// small windows are often without another one.
#[test]
fn unchanged_predictions_are_not_found() {
    let mut judged = 0;
    for (kind, share) in [(0, 0.5), (0, 0.1), (0, 0.02), (0, 0.005), (1, 0.0), (2, 0.0)] {
        let draw = |seed, count| match kind {
            0 => drawn(seed, count, fraud(share)),
            1 => drawn(seed, count, score),
            _ => drawn(seed, count, |chance| format!("{:.1}", chance.uniform().powi(8))),
        };
        for seed in 0..20 {
            let baseline = baseline(&draw(1_000_000 + seed, 1_000), None);
            for window in 0..20 {
                let now = draw(seed * 1_000 + window, [50, 200, 1_000][(window % 3) as usize]);
                let exact = evaluated(&baseline, &now, true, Mode::Exact);
                judged += usize::from(found(&exact).is_some());
                assert_ne!(found(&exact), Some(true), "{kind} {share} {seed} {window}");
            }
        }
    }
    assert!(judged > 2_000, "{judged}");
}
