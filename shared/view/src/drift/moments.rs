//! A few numbers about a column, in the baseline and now.

use maud::{Markup, html};
use sagewarden_measure::{ColumnProfile, DistinctSketch};
use sagewarden_monitor::BaselineColumn;

use super::words::percent;
use crate::numbers::short;

/// The mean, the standard deviation, and how many values are missing or different.
pub(super) fn table(baseline: Option<&BaselineColumn<'_>>, now: Option<&ColumnProfile>) -> Markup {
    let numbers = now.and_then(ColumnProfile::numbers).filter(|numbers| numbers.count > 0);
    let rows = [
        ("Mean", number(baseline.and_then(|known| known.mean)), number(numbers.map(|numbers| numbers.mean))),
        (
            "Standard deviation",
            number(baseline.and_then(|known| known.std_dev)),
            number(numbers.and_then(|numbers| numbers.std_dev())),
        ),
        ("Missing", missing_before(baseline), now.map_or_else(none, missing_now)),
        (
            "Different values, about",
            baseline.and_then(|known| known.distinct).map_or_else(none, |distinct| format!("{distinct:.0}")),
            now.and_then(ColumnProfile::distinct)
                .map(DistinctSketch::estimate)
                .map_or_else(none, |distinct| distinct.to_string()),
        ),
    ];
    html! {
        table.moments {
            thead { tr { td {} th scope="col" { "Baseline" } th scope="col" { "Now" } } }
            tbody {
                @for (word, then, now) in rows.iter().filter(|(_, then, now)| *then != none() || *now != none()) {
                    tr { th scope="row" { (word) } td { (then) } td { (now) } }
                }
            }
        }
    }
}

fn none() -> String {
    "\u{2013}".to_owned()
}

fn number(number: Option<f64>) -> String {
    number.filter(|number| number.is_finite()).map_or_else(none, short)
}

fn missing_before(baseline: Option<&BaselineColumn<'_>>) -> String {
    let common = baseline.map(|known| known.common);
    common.map_or_else(none, |common| missing(common.num_missing, common.num_present))
}

/// A text that means a missing value counts as missing, as in exact mode.
fn missing_now(column: &ColumnProfile) -> String {
    missing(column.missing + column.markers, column.present() - column.markers)
}

fn missing(missing: u64, present: u64) -> String {
    let rows = missing.saturating_add(present);
    let share = if rows == 0 { 0.0 } else { missing as f64 / rows as f64 };
    format!("{missing} ({})", percent(share))
}
