//! What the page is made of.

use sagewarden_measure::Profile;
use sagewarden_monitor::{Baseline, Evaluation, Mode, Verdict};
use sagewarden_outcomes::clarify::Analysis;
use serde::Serialize;

/// What a page is made of.
#[derive(Clone, Copy, Debug)]
pub struct DriftReport<'a> {
    /// What was judged, such as the name of an endpoint.
    pub title: &'a str,
    /// What it was compared with; without statistics there are no pictures of it.
    pub baseline: &'a Baseline,
    /// What is known of the baseline besides its rows: a name and what it is, such as where it lies and of which data it was made.
    pub identity: &'a [(&'static str, String)],
    /// What the data looks like.
    pub profile: &'a Profile,
    /// The container's answer.
    pub compat: &'a Evaluation,
    /// The right answer.
    pub exact: &'a Evaluation,
    /// Which of them counts.
    pub mode: Mode,
    /// The trend: one an hour, in their order.
    pub windows: &'a [TrendWindow],
    /// What the model looked at.
    pub attribution: Option<AttributionChange<'a>>,
    /// What was wrong with the inputs, in sentences.
    pub issues: &'a [String],
}

/// A part of the data, by its time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TrendWindow {
    /// When it begins, such as `2022-04-18T00:00:00Z`.
    pub start: String,
    /// How many rows it has.
    pub rows: u64,
    /// The distances in the order of the baseline's features, by the mode that counts.
    pub distances: Vec<Option<f64>>,
}

/// Clarify's analyses of the baseline and of now.
#[derive(Clone, Copy, Debug)]
pub struct AttributionChange<'a> {
    /// Then.
    pub baseline: &'a Analysis,
    /// Now.
    pub now: &'a Analysis,
}

impl<'a> DriftReport<'a> {
    pub(super) fn counted(&self) -> &'a Evaluation {
        match self.mode {
            Mode::Compat => self.compat,
            Mode::Exact => self.exact,
        }
    }

    pub(super) fn violated(&self) -> usize {
        self.counted().features.iter().filter(|feature| feature.verdict == Verdict::Violated).count()
    }

    pub(super) fn drifted(&self) -> usize {
        self.counted().features.iter().filter(|feature| feature.has_drifted()).count()
    }
}
