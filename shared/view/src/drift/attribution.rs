//! How much each feature matters to the model, in the baseline and now.

use maud::{Markup, html};
use sagewarden_monitor::Mode;
use sagewarden_outcomes::clarify::{Importance, LIMIT, attribution_drift, importance};

use super::picture;
use super::report::AttributionChange;
use super::series::Shares;
use crate::numbers::{count, short};

/// The most features in the list; the others become one row.
const SHOWN: usize = 10;

pub(super) fn section(attribution: &AttributionChange<'_>, mode: Mode) -> Markup {
    let drift = attribution_drift(attribution.baseline, attribution.now, mode);
    let rows = rows(&importance(attribution.baseline), &importance(attribution.now));
    html! {
        section #attribution aria-label="Feature attribution" {
            h2 { "What the model looks at" }
            ul.checks {
                @for ranking in &drift.rankings {
                    li.bad[ranking.is_below(LIMIT)] data-explainer=(ranking.explainer) data-label=(ranking.label)
                        data-score=[ranking.score] {
                        @if ranking.is_below(LIMIT) { "\u{2717} " } @else { "\u{2713} " }
                        (ranking.explainer) ", " bdi { (ranking.label) } ": "
                        @if let Some(score) = ranking.score { "NDCG " strong { (short(score)) } ", at least " (short(LIMIT)) }
                        @else { "in the baseline, no feature has an attribution" }
                    }
                }
                @for text in &drift.unmatched { li { (text) } }
                @if drift.rankings.is_empty() && drift.unmatched.is_empty() { li { "The analyses have no global SHAP values" } }
            }
            @if !rows.is_empty() {
                table {
                    caption { "Shares of the mean absolute SHAP values" }
                    thead { tr { th scope="col" { "Feature" } th scope="col" { "Baseline" } th scope="col" { "Now" } } }
                    tbody { (picture::rows(&rows, None)) }
                }
            }
        }
    }
}

fn rows(baseline: &Importance, now: &Importance) -> Vec<Shares> {
    let share = |of: &Importance, name: &str| {
        let total: f64 = of.values().sum();
        of.get(name).map(|value| if total > 0.0 { value / total } else { 0.0 })
    };
    let mut names: Vec<&String> = baseline.keys().chain(now.keys()).collect();
    names.sort();
    names.dedup();
    let mut rows: Vec<Shares> = names
        .into_iter()
        .map(|name| Shares { text: name.clone(), baseline: share(baseline, name), now: share(now, name) })
        .collect();
    let size = |row: &Shares| row.baseline.unwrap_or(0.0).max(row.now.unwrap_or(0.0));
    rows.sort_by(|left, right| size(right).total_cmp(&size(left)));
    if rows.len() > SHOWN {
        let rest = rows.split_off(SHOWN);
        let sum = |of: fn(&Shares) -> Option<f64>| Some(rest.iter().filter_map(of).sum());
        rows.push(Shares {
            text: count(rest.len(), "other"),
            baseline: sum(|row| row.baseline),
            now: sum(|row| row.now),
        });
    }
    rows
}
