use sagewarden_measure::{Cell, Detail, InferredType, Profile, RowSink};
use sagewarden_monitor::{Baseline, Constraints, Mode, Statistics, evaluate};

use super::{DriftReport, TrendWindow};
use crate::numbers::short;

const NASTY: &str = "<script>alert(1)</script>\"'&";

fn profile(constraints: &Constraints, rows: u32, shift: f64) -> Profile {
    let mut profile = if constraints.features.is_empty() {
        Profile::for_header(["amount", NASTY])
    } else {
        Baseline::new(None, constraints.clone()).empty_profile(Detail::Statistics)
    };
    for row in 0..rows {
        let amount = (f64::from(row) + shift).to_string();
        let word = if row % 3 == 0 { "<b>" } else { "plain" };
        profile.positional(&[Cell::Text(amount.as_bytes()), Cell::Text(word.as_bytes())]);
    }
    profile
}

fn page(shift: f64, windows: &[TrendWindow]) -> String {
    let statistics = Statistics::from_profile(&profile(&Constraints::default(), 1000, 0.0));
    let constraints = Constraints::suggest(&statistics);
    let now = profile(&constraints, 1000, shift);
    let baseline = Baseline::new(Some(&statistics), constraints);
    let (compat, exact) = (evaluate(&baseline, &now, Mode::Compat), evaluate(&baseline, &now, Mode::Exact));
    let report = DriftReport {
        title: NASTY,
        baseline: &baseline,
        identity: &[("Where", NASTY.to_owned())],
        profile: &now,
        compat: &compat,
        exact: &exact,
        mode: Mode::Exact,
        windows,
        attribution: None,
        issues: &[NASTY.to_owned()],
    };
    report.html()
}

#[test]
fn names_and_texts_are_escaped_wherever_they_stand() {
    let page = page(400.0, &[]);
    assert!(!page.contains("<script>alert") && !page.contains("<b>") && !page.contains("\"'&\""), "{page}");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;'&amp;"));
}

#[test]
fn the_worst_comes_first_with_its_numbers() {
    let page = page(400.0, &[]);
    assert!(page.contains(r#"data-rows="1000" data-drifted="1" data-violated="1""#), "{page}");
    let card = page.split("<article").nth(1).unwrap();
    assert!(card.contains(r#"data-feature="amount" data-verdict="violated""#), "{card}");
    assert!(card.contains(r#"data-threshold="0.01""#));
    assert!(card.contains("Largest gap at"));
}

#[test]
fn the_trend_has_a_point_an_hour_where_there_was_a_distance() {
    let window = |hour: u32, distance| TrendWindow {
        start: format!("2022-04-18T{hour:02}:00:00Z"),
        rows: 10,
        distances: vec![distance, None],
    };
    let windows = [window(0, Some(0.0)), window(1, None), window(2, Some(0.4))];
    let page = page(0.0, &windows);
    assert!(page.contains(r#"data-points="2""#), "{page}");
    assert!(page.contains(r#"data-hour="2022-04-18T02:00:00Z" data-distance="0.4""#));
    assert!(page.contains("2022-04-18T00:00:00Z to 2022-04-18T02:00:00Z, 3 hours with data"));
}

#[test]
fn numbers_are_short() {
    for (value, text) in [
        (0.0, "0"),
        (0.1, "0.1"),
        (0.123_456, "0.1235"),
        (-1234.56, "-1235"),
        (1e9, "1.000e9"),
        (1e-7, "1.000e-7"),
        (10.0, "10"),
    ] {
        assert_eq!(short(value), text);
    }
}

#[test]
fn a_thousand_features_are_some_megabytes() {
    let names: Vec<String> = (0..1000).map(|index| format!("f{index}")).collect();
    let mut profile = Profile::for_header(names);
    for row in 0..500_u32 {
        let texts: Vec<String> = (0..1000_u32).map(|column| (row * 7 + column % 13).to_string()).collect();
        let cells: Vec<Cell<'_>> = texts.iter().map(|text| Cell::Text(text.as_bytes())).collect();
        profile.positional(&cells);
    }
    let statistics = Statistics::from_profile(&profile);
    let baseline = Baseline::new(Some(&statistics), Constraints::suggest(&statistics));
    let evaluation = evaluate(&baseline, &profile, Mode::Exact);
    assert!(evaluation.features.iter().all(|feature| feature.inferred_type == InferredType::Integral));
    let report = DriftReport {
        title: "wide",
        baseline: &baseline,
        identity: &[],
        profile: &profile,
        compat: &evaluation,
        exact: &evaluation,
        mode: Mode::Exact,
        windows: &[],
        attribution: None,
        issues: &[],
    };
    let length = report.html().len();
    assert!(length < 8_000_000, "{length}");
}
