//! The page as text.

use maud::{Markup, html};
use sagewarden_monitor::{Disagreement, FeatureVerdict, Verdict, compare_modes};

use super::report::DriftReport;
use super::words::GLOSSARY;
use super::{attribution, card};
use crate::numbers::count;
use crate::page::page;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// How many cards are printed, so that the page takes two sheets. The style sheet has the same number.
const PRINTED: usize = 18;

impl DriftReport<'_> {
    /// The page as text.
    #[must_use]
    pub fn html(&self) -> String {
        let differences = compare_modes(self.compat, self.exact);
        let body = html! {
            header {
                h1 { "Drift of " bdi { (self.title) } }
                (self.summary(&differences))
            }
            (self.identity())
            (self.said())
            @if let Some(attribution) = self.attribution { (attribution::section(&attribution, self.mode)) }
            (tools(&differences))
            main #features aria-label="Features, the worst first" {
                @for index in self.worst_first() { (card::card(self, index, &differences)) }
            }
            p.printed { "On paper: the " (PRINTED) " worst of " (count(self.counted().features.len(), "feature")) "." }
            (glossary())
        };
        page(&format!("Drift of {}", self.title), STYLE, SCRIPT, &body)
    }

    fn summary(&self, differences: &[Disagreement]) -> Markup {
        let counted = self.counted();
        let (violated, drifted) = (self.violated(), self.drifted());
        let compared = counted.features.iter().filter(|feature| feature.distance.is_some()).count();
        let is_clean = counted.violations.is_empty();
        html! {
            section #summary data-rows=(counted.rows) data-drifted=(drifted) data-violated=(violated)
                data-violations=(counted.violations.len()) data-features=(counted.features.len())
                data-windows=(self.windows.len()) data-mode=(self.mode.name()) {
                p.verdict.good[is_clean].bad[!is_clean] role="status" {
                    @if is_clean && compared == 0 { "No violation, but no distribution was compared" }
                    @else if is_clean && !self.issues.is_empty() { "No violation in what could be read" }
                    @else if is_clean { "No violation" }
                    @else { (count(counted.violations.len(), "violation")) ": " (drifted) " of " (count(compared, "compared feature")) " drifted" }
                }
                dl.facts {
                    div { dt { "Rows" } dd { (counted.rows) } }
                    div { dt { "Features" } dd { (counted.features.len()) } }
                    div { dt { "Drifted" } dd #drifted { (drifted) } }
                    div { dt { "Time" } dd { (self.span()) } }
                    div { dt { "Mode" } dd { (self.mode.name()) } }
                    @if let Some(failed) = counted.answers.and_then(|answers| answers.counts.in_words()) { div { dt { "Answers" } dd #answers { (failed) } } }
                    div { dt { "Modes differ on" } dd { (count(differences.len(), "check")) } }
                }
            }
        }
    }

    /// The baseline that the data was compared with.
    fn identity(&self) -> Markup {
        html! {
            section #baseline aria-label="The baseline" {
                dl.facts {
                    div { dt { "Rows of the baseline" } dd { (self.baseline.rows().map_or_else(|| "unknown".to_owned(), |rows| rows.to_string())) } }
                    @for (name, value) in self.identity { div { dt { (name) } dd { bdi { (value) } } } }
                }
            }
        }
    }

    fn span(&self) -> String {
        match (self.windows.first(), self.windows.last()) {
            (Some(first), Some(last)) if first.start != last.start => {
                format!("{} to {}, {} hours with data", first.start, last.start, self.windows.len())
            }
            (Some(only), _) => format!("the hour from {}", only.start),
            _ => "unknown: the data has no times".to_owned(),
        }
    }

    /// Facts that are not about one feature.
    fn said(&self) -> Markup {
        let is_a_feature = |name: &Option<String>| {
            name.as_ref().is_some_and(|name| self.counted().features.iter().any(|each| each.name == *name))
        };
        let others: Vec<_> =
            self.counted().violations.iter().filter(|each| !is_a_feature(&each.feature_name)).collect();
        let notes = &self.counted().notes;
        html! {
            @if !others.is_empty() || !notes.is_empty() || !self.issues.is_empty() {
                section #notes aria-label="Notes" {
                    ul {
                        @for violation in others {
                            li.bad {
                                @if let Some(name) = &violation.feature_name { (name) ": " }
                                (violation.description.as_deref().unwrap_or_default())
                            }
                        }
                        @for note in notes { li { (note) } }
                        @for issue in self.issues { li.issue { (issue) } }
                    }
                }
            }
        }
    }

    /// Features with violations come first. Among these, the feature that exceeds its threshold most comes first.
    fn worst_first(&self) -> Vec<usize> {
        let features = &self.counted().features;
        let excess = |feature: &FeatureVerdict| {
            let distance = feature.distance.as_ref();
            distance.map_or(-1.0, |distance| distance.value / distance.threshold.max(f64::MIN_POSITIVE))
        };
        let mut order: Vec<(usize, bool, f64)> = features
            .iter()
            .enumerate()
            .map(|(index, feature)| (index, feature.verdict != Verdict::Violated, excess(feature)))
            .collect();
        order.sort_by(|left, right| left.1.cmp(&right.1).then(right.2.total_cmp(&left.2)));
        order.into_iter().map(|(index, ..)| index).collect()
    }
}

/// Explains the container's words.
fn glossary() -> Markup {
    html! {
        section #words aria-label="What the words mean" {
            h2 { "What the words mean" }
            dl { @for (word, meaning) in GLOSSARY { dt { (word) } dd { (meaning) } } }
        }
    }
}

/// Controls that need the script. The script shows them.
fn tools(differences: &[Disagreement]) -> Markup {
    html! {
        nav #tools aria-label="Search and filter" hidden {
            input #search type="search" placeholder="name of a feature" aria-label="Search the features";
            label { input #violated type="checkbox"; " violated only" }
            @if !differences.is_empty() { label { input #differing type="checkbox"; " modes differ only" } }
            output #shown for="search violated differing" {}
        }
    }
}
