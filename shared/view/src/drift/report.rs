//! The content of the page.

use sagewarden_measure::Profile;
use sagewarden_monitor::{Baseline, Evaluation, Mode, Verdict};
use sagewarden_outcomes::clarify::Analysis;
use serde::Serialize;

/// The content of a page.
#[derive(Clone, Copy, Debug)]
pub struct DriftReport<'a> {
    /// The subject of the report, such as the name of an endpoint.
    pub title: &'a str,
    /// The baseline that it was compared with. Without statistics, there are no pictures of it.
    pub baseline: &'a Baseline,
    /// Facts about the baseline besides its rows, each with a name: for example its place, and the data that it was made from.
    pub identity: &'a [(&'static str, String)],
    /// The profile of the data.
    pub profile: &'a Profile,
    /// The container's answer.
    pub compat: &'a Evaluation,
    /// The answer of exact mode.
    pub exact: &'a Evaluation,
    /// The mode whose answer counts.
    pub mode: Mode,
    /// The trend: one part for each hour, in order.
    pub windows: &'a [TrendWindow],
    /// How much each feature mattered to the model.
    pub attribution: Option<AttributionChange<'a>>,
    /// Faults of the inputs, in sentences.
    pub issues: &'a [String],
}

/// A part of the data, by its time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TrendWindow {
    /// When it begins, such as `2022-04-18T00:00:00Z`.
    pub start: String,
    /// How many rows it has.
    pub rows: u64,
    /// The distances in the order of the baseline's features, in the mode that counts.
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
