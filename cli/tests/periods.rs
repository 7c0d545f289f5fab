//! Baselines of several periods, as `sagewarden baseline` makes them.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test ends where something is missing")]

#[path = "run/folder.rs"]
mod folder;
mod run;

use folder::Folder;
use run::{failure, out, sagewarden};
use serde_json::Value;

const ROWS: u64 = 400;

/// Amounts of some days; at weekends they are higher.
fn sales(days: std::ops::Range<u64>, seed: u64, moved: u64) -> String {
    let row = |day: u64, row: u64| {
        let mixed = (day * ROWS + row + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        let weekend = if day % 7 >= 5 { 400 } else { 0 };
        let date = format!("2024-01-{:02}", day + 1);
        format!("{date} {:02}:00:00,{}.5,{date}\n", row % 24, mixed % 1_000 + weekend + moved)
    };
    let rows = days.flat_map(|day| (0..ROWS).map(move |number| (day, number)));
    let rows: String = rows.map(|(day, number)| row(day, number)).collect();
    format!("at,amount,day\n{rows}")
}

/// Whether the amounts of a day drift.
fn drifts(folder: &Folder, day: u64, moved: u64) -> bool {
    let now = folder.file("now.csv", sales(day..day + 1, 77, moved));
    let base = folder.path("base");
    let output = sagewarden(&["drift", "--format", "json", "--ignore", "at,day", "--baseline", &base, &now]);
    let found: Value = serde_json::from_str(&out(&output)).unwrap();
    found["violations"].to_string().contains("baseline_drift_check")
}

#[test]
fn a_weekend_is_no_drift_where_the_baseline_knows_weekends() {
    let folder = Folder::new();
    let data = folder.file("train.csv", sales(0..14, 0, 0));
    let parts = [0..7, 7..14].map(|week| folder.file(&format!("week{}.csv", week.start), sales(week, 0, 0)));
    let base = folder.path("base");
    let make = |options: &[&str]| {
        let made = sagewarden(&[&["baseline", "--force", "--out", &base], options].concat());
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    };
    make(&[&data]);
    assert!(drifts(&folder, 5, 0), "a weekend against all days");
    for options in [
        vec![data.as_str(), "--period", "day", "--time", "at"],
        vec![&data, "--period", "day"],
        vec![&parts[0], &parts[1], "--period", "day", "--time", "at"],
    ] {
        make(&options);
        assert_eq!([1, 5].map(|day| drifts(&folder, day, 0)), [false, false], "{options:?}");
        assert_eq!([1, 5].map(|day| drifts(&folder, day, 1_000)), [true, true], "{options:?}");
    }
    // Both weeks have their weekends: neither is far from the whole.
    make(&[&parts[0], &parts[1], "--period", "file"]);
    assert!(drifts(&folder, 5, 0));
}

#[test]
fn periods_that_cannot_be_told_are_refused() {
    let folder = Folder::new();
    let data = folder.file("train.csv", sales(0..3, 0, 0));
    let many: String = (0..300).map(|row| format!("{row},1.5\n")).collect();
    let many = folder.file("many.csv", format!("id,amount\n{many}"));
    for (options, message) in [
        (vec![data.as_str(), "--period", "month"], "the data has no column `month`"),
        (vec![&data, "--period", "day", "--time", "when"], "the data has no column `when`"),
        (vec![&data, "--period", "month", "--time", "at"], "--time goes with --period hour, day or week"),
        (
            vec![&data, "--period", "file"],
            "periods in the data: 1; with 200 rows or more: 1; a baseline by period needs",
        ),
        (vec![&many, "--period", "id"], "there are more than 200 periods: name longer ones"),
    ] {
        let (code, said) = failure(&[&["baseline", "--out", &folder.path("b")], options.as_slice()].concat());
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(message), "{said}");
    }
}
