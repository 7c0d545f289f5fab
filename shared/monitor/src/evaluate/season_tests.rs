use sagewarden_measure::{Cell, Chance, Detail, Issues, Profile, RowSink};

use super::{Baseline, Check, evaluate};
use crate::baseline::SuggestedBaseline;
use crate::mode::Mode;
use crate::statistics::Statistics;

const ROWS: usize = 500;

/// A day of amounts and shops. At weekends amounts are higher, and half of the sales are in one shop.
fn day(profile: &mut Profile, seed: u64, is_weekend: bool, moved: f64) {
    let mut chance = Chance::new(seed);
    for _ in 0..ROWS {
        let normal: f64 = (0..12).map(|_| chance.below(1_000_000) as f64 / 1e6).sum::<f64>() - 6.0;
        let amount = format!("{:.4}", normal + moved + if is_weekend { 1.0 } else { 0.0 });
        let shop = if is_weekend && chance.below(2) == 0 { 0 } else { chance.below(5) };
        let shop = if moved > 0.0 { 4 } else { shop };
        profile.positional(&[Cell::Text(amount.as_bytes()), Cell::Text(format!("shop {shop}").as_bytes())]);
    }
}

fn is_weekend(day: u64) -> bool {
    day % 7 >= 5
}

/// The baseline of four weeks, written and read again.
fn four_weeks(with_periods: bool) -> Baseline {
    let empty = || Profile::for_header(["amount", "shop"]);
    let (mut whole, mut periods) = (empty(), Vec::new());
    for number in 0..28 {
        let mut period = empty();
        day(&mut period, number, is_weekend(number), 0.0);
        day(&mut whole, number, is_weekend(number), 0.0);
        periods.push(period);
    }
    let mut made = SuggestedBaseline::of_profile(whole, Issues::default());
    if with_periods {
        assert_eq!(made.keep_spread(&periods), 28);
    }
    let [(_, statistics), _] = made.files();
    let read = Statistics::parse(statistics.as_bytes()).unwrap();
    assert_eq!(read, made.statistics);
    Baseline::new(Some(&read), made.constraints)
}

/// The columns that drifted on a day.
fn drifted(baseline: &Baseline, seed: u64, is_weekend: bool, moved: f64) -> Vec<String> {
    let mut now = baseline.empty_profile(Detail::Verdict);
    day(&mut now, seed, is_weekend, moved);
    let found = evaluate(baseline, &now, Mode::Exact).violations.into_iter();
    let drift =
        found.filter(|each| each.constraint_check_type.as_deref() == Some(Check::BaselineDrift.name()));
    drift.filter_map(|each| each.feature_name).collect()
}

#[test]
fn weekends_are_drift_only_where_the_baseline_does_not_know_its_periods() {
    let (without, with) = (four_weeks(false), four_weeks(true));
    let days = || (0..70_u64).map(|number| (1_000 + number, is_weekend(number)));
    let red = |baseline: &Baseline, weekend: bool| {
        let of_kind = days().filter(|(_, is_weekend)| *is_weekend == weekend);
        of_kind.filter(|(seed, is_weekend)| !drifted(baseline, *seed, *is_weekend, 0.0).is_empty()).count()
    };
    assert_eq!(red(&without, true), 20, "each weekend is far from the whole");
    assert_eq!((red(&with, true), red(&with, false)), (0, 0), "of 20 and 50 days of ten weeks");
    // A day unlike any day of the baseline is found, on working days and at weekends.
    for weekend in [false, true] {
        assert_eq!(drifted(&with, 77, weekend, 2.5), ["amount", "shop"], "{weekend}");
    }
}

#[test]
fn a_spread_needs_two_periods_with_rows_enough() {
    let mut whole = Profile::for_header(["amount", "shop"]);
    day(&mut whole, 1, false, 0.0);
    let mut few = Profile::for_header(["amount", "shop"]);
    few.positional(&[Cell::Text(b"1.5"), Cell::Text(b"shop 1")]);
    let mut made = SuggestedBaseline::of_profile(whole.clone(), Issues::default());
    assert_eq!(made.keep_spread([&whole, &few]), 1);
    assert!(made.statistics.features.iter().all(|feature| feature.between_periods.is_none()));
    assert_eq!(made.keep_spread([&whole, &whole, &few]), 2);
    assert_eq!(made.statistics.features[0].between_periods.map(|spread| spread.linf), Some(0.0));
}
