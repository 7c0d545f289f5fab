//! What is written of a verdict: a document of a window of captured traffic ([`WindowReport`](crate::WindowReport)), and a page for people
//! ([`Report`]).
//!
//! The page is self-contained: a summary, and for each feature a card with a picture of the baseline against now.
//! Everything is there without the script too; a content security policy keeps the page from the network.

mod attribution;
mod card;
mod picture;
mod series;
#[cfg(test)]
mod tests;

use sagewarden_measure::Profile;
use sagewarden_monitor::{Difference, Evaluation, FeatureVerdict, Mode, Statistics, Verdict, compare_modes};
use sagewarden_outcomes::clarify::Analysis;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Serialize;
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What a page is made of.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// What was judged, such as the name of an endpoint.
    pub title: &'a str,
    /// The statistics of the baseline; without them there are no pictures of it.
    pub baseline: Option<&'a Statistics>,
    /// What the data looks like.
    pub profile: &'a Profile,
    /// The container's answer.
    pub compat: &'a Evaluation,
    /// The right answer.
    pub exact: &'a Evaluation,
    /// Which of them counts.
    pub mode: Mode,
    /// The trend: one an hour, in their order.
    pub windows: &'a [Window],
    /// What the model looked at.
    pub attribution: Option<Attribution<'a>>,
    /// What was wrong with the inputs, in sentences.
    pub issues: &'a [String],
}

/// A part of the data, by its time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Window {
    /// When it begins, such as `2022-04-18T00:00:00Z`.
    pub start: String,
    /// How many rows it has.
    pub rows: u64,
    /// The distances in the order of the baseline's features, by the mode that counts.
    pub distances: Vec<Option<f64>>,
}

/// Clarify's analyses of the baseline and of now.
#[derive(Clone, Copy, Debug)]
pub struct Attribution<'a> {
    /// Then.
    pub baseline: &'a Analysis,
    /// Now.
    pub now: &'a Analysis,
}

impl<'a> Report<'a> {
    fn counted(&self) -> &'a Evaluation {
        match self.mode {
            Mode::Compat => self.compat,
            Mode::Exact => self.exact,
        }
    }

    fn violated(&self) -> usize {
        self.counted().features.iter().filter(|feature| feature.verdict == Verdict::Violated).count()
    }

    fn drifted(&self) -> usize {
        self.counted().features.iter().filter(|feature| has_drifted(feature)).count()
    }

    /// The page as text.
    #[must_use]
    pub fn html(&self) -> String {
        let differences = compare_modes(self.compat, self.exact);
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy());
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { "Drift of " (self.title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    header {
                        h1 { "Drift of " bdi { (self.title) } }
                        (self.summary(&differences))
                    }
                    (self.said())
                    @if let Some(attribution) = self.attribution { (attribution::section(&attribution, self.mode)) }
                    (tools(&differences))
                    main #features aria-label="Features, the worst first" {
                        @for index in self.worst_first() { (card::card(self, index, &differences)) }
                    }
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        }
        .into_string()
    }

    fn summary(&self, differences: &[Difference]) -> Markup {
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
                    div { dt { "Judged as" } dd { (self.mode.name()) } }
                    div { dt { "Modes differ on" } dd { (count(differences.len(), "check")) } }
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
            _ => "not told by the data".to_owned(),
        }
    }

    /// What is no matter of one feature.
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

    /// Violated before others, and those that exceed their threshold most before others.
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

/// What needs the script, which shows it.
fn tools(differences: &[Difference]) -> Markup {
    html! {
        nav #tools aria-label="Search and filter" hidden {
            input #search type="search" placeholder="name of a feature" aria-label="Search the features";
            label { input #violated type="checkbox"; " violated only" }
            @if !differences.is_empty() { label { input #differing type="checkbox"; " modes differ only" } }
            output #shown for="search violated differing" {}
        }
    }
}

/// Only this style and this script, by their digests: nothing that a name smuggles in runs, and nothing is fetched.
fn policy() -> String {
    let digest = |text: &str| BASE64.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}

fn has_drifted(feature: &FeatureVerdict) -> bool {
    feature.distance.as_ref().is_some_and(|distance| distance.value > distance.threshold)
}

/// `1 check`, `2 checks`
fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// A number for a person: four significant digits.
fn short(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..1e7).contains(&size) {
        return format!("{value:.3e}");
    }
    let places = (3 - size.log10().floor() as i32).clamp(0, 8) as usize;
    let text = format!("{value:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A share for a person.
fn percent(share: f64) -> String {
    format!("{} %", short((share * 1000.0).round() / 10.0))
}
