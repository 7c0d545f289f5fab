use sagewarden_measure::{Cell, Chance, Detail, PredictedCells, Profile, RowSink};

use super::{Baseline, Evaluation, evaluate, explained_with_answer_last, may_have_answer_last};
use crate::constraints::Constraints;
use crate::mode::Mode;
use crate::statistics::Statistics;

/// Rows of two features and a label, the label last.
fn row(chance: &mut Chance, moved: f64) -> [String; 3] {
    let amount = 100.0 * chance.uniform() + moved;
    [format!("{amount:.2}"), format!("plan {}", chance.below(3)), chance.below(2).to_string()]
}

fn baseline() -> Baseline {
    let mut chance = Chance::new(1);
    let mut profile = Profile::for_header(["amount", "plan", "label"]);
    for _ in 0..1_000 {
        let cells = row(&mut chance, 0.0);
        profile.positional(&cells.each_ref().map(|text| Cell::Text(text.as_bytes())));
    }
    let statistics = Statistics::from_profile(&profile);
    Baseline::new(Some(&statistics), Constraints::suggest(&statistics))
}

/// The same rows as somebody reads them who puts the answer first.
fn read(baseline: &Baseline, detail: Detail, moved: f64) -> (Profile, Evaluation) {
    let mut chance = Chance::new(2);
    let mut profile = baseline.empty_profile(detail);
    for _ in 0..500 {
        let [amount, plan, label] = row(&mut chance, moved);
        profile.positional(&[&label, &amount, &plan].map(|text| Cell::Text(text.as_bytes())));
        profile.predicted(PredictedCells::At(0..1, 3));
    }
    let exact = evaluate(baseline, &profile, Mode::Exact);
    (profile, exact)
}

#[test]
fn the_other_order_counts_if_only_that_one_explains_the_traffic() {
    let baseline = baseline();
    let (profile, exact) = read(&baseline, Detail::Statistics, 0.0);
    assert!(!exact.violations.is_empty());
    let (turned, explained) = explained_with_answer_last(&baseline, &profile, &exact).unwrap();
    assert!(explained.is_explained() && explained.notes.iter().any(|note| note == Evaluation::ANSWER_LAST));
    let names =
        |profile: &Profile| profile.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&turned), names(&profile));
    let predictions: Vec<&str> = explained.predictions().map(|feature| feature.name.as_str()).collect();
    assert_eq!(predictions, ["label"]);
    // Drift in either order.
    let (profile, exact) = read(&baseline, Detail::Statistics, 30.0);
    assert!(may_have_answer_last(&baseline, &profile, &exact));
    assert!(explained_with_answer_last(&baseline, &profile, &exact).is_none());
    // With fewer details, the rows have to be read again.
    let (profile, exact) = read(&baseline, Detail::Verdict, 0.0);
    assert!(may_have_answer_last(&baseline, &profile, &exact));
    assert!(explained_with_answer_last(&baseline, &profile, &exact).is_none());
}

#[test]
fn the_other_order_is_not_tried_where_it_cannot_help() {
    let baseline = baseline();
    // The amounts have moved so far that they fit the baseline in no order.
    let (profile, exact) = read(&baseline, Detail::Statistics, 5_000.0);
    assert!(!may_have_answer_last(&baseline, &profile, &exact));
    // In a table, nobody knows an answer; and a request alone has no order.
    let (profile, _) = read(&baseline, Detail::Statistics, 0.0);
    let mut table = profile.clone();
    table.columns.iter_mut().for_each(|column| column.is_prediction = false);
    assert!(profile.depends_on_order() && !table.depends_on_order());
    let exact = evaluate(&baseline, &table, Mode::Exact);
    assert!(!exact.violations.is_empty() && !may_have_answer_last(&baseline, &table, &exact));
    // In the right order, a text column alone has moved.
    let mut right = baseline.empty_profile(Detail::Statistics);
    let mut chance = Chance::new(3);
    for _ in 0..500 {
        let [amount, _, label] = row(&mut chance, 0.0);
        right.positional(&[&amount, "plan 0", &label].map(|text| Cell::Text(text.as_bytes())));
        right.predicted(PredictedCells::At(0..1, 3));
    }
    let exact = evaluate(&baseline, &right, Mode::Exact);
    assert_eq!(exact.coverage().drifted, 1);
    assert!(!may_have_answer_last(&baseline, &right, &exact));
}
