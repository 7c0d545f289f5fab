//! A window of captured traffic with Sagewarden's own evaluation of it. The same window is evaluated again whenever data arrives.

use std::collections::BTreeSet;

use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::s3::{S3Location, hex};
use sagewarden_monitor::{
    AttributedRows, CaptureWindow, LabelledRows, UnreadableLines, Violation, WindowReport,
};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::counted::counted;
use crate::ports::Monitor;
use crate::window::Window;

/// How many kinds of damaged lines a sentence names.
const NAMED: usize = 2;
/// How many metrics a history names; the finding's own facts have the rest.
const MEASURES: usize = 6;
/// How many entries an event lists; the evaluation has the rest.
const MAX_LISTED: usize = 20;

/// A window that was evaluated.
pub(super) struct EvaluatedWindow {
    /// Whether data or predictions were judged.
    pub(super) monitor: Monitor,
    pub(super) window: Window,
    pub(super) report: WindowReport,
    /// Where the evaluation lies.
    pub(super) evaluation: S3Location,
}

impl EvaluatedWindow {
    /// Whether it was compared with a baseline. A window with too few rows has no mode and no violations.
    pub(super) fn is_judged(&self) -> bool {
        !self.report.alert_mode.is_empty() || !self.report.violations.is_empty()
    }

    /// The node of its finding. The name of a variant contains no slash.
    pub(super) fn node(&self) -> NodeId {
        let Window { endpoint, variant, start, .. } = &self.window;
        match self.suffix() {
            None => self.window.node(),
            Some(suffix) => NodeId::window(endpoint, &format!("{variant}/{suffix}"), *start),
        }
    }

    /// Which of the window's nodes it is, unless its data was judged.
    fn suffix(&self) -> Option<&'static str> {
        match self.monitor {
            Monitor::DataQuality => None,
            Monitor::ModelQuality => Some("model-quality"),
            Monitor::ModelExplainability => Some("model-explainability"),
            Monitor::ModelBias => Some("model-bias"),
        }
    }

    /// `<endpoint>/<variant>/<start>`, with a suffix if something else than its data was judged.
    pub(super) fn name(&self) -> String {
        let name = self.window.name();
        self.suffix().map_or_else(|| name.clone(), |suffix| format!("{name}/{suffix}"))
    }

    /// Whether it measures something that is worth keeping whatever the verdict is, and nothing more is expected: predictions, or the
    /// reasons of the model.
    pub(super) fn is_measured(&self) -> bool {
        let WindowReport { labelled, unknown, window, .. } = &self.report;
        let has_reasons = self.reasons().is_some_and(|reasons| reasons.rows > 0);
        window.complete && (has_reasons || (labelled.is_some() && unknown.is_none()))
    }

    /// The reasons of the model, if they were judged.
    pub(super) fn reasons(&self) -> Option<&AttributedRows> {
        let is_own = self.monitor == Monitor::ModelExplainability;
        self.report.attribution.as_ref().filter(|_| is_own)
    }

    /// The measured values for a line of a history that already gives the values of these violations.
    pub(super) fn measured_in_words(&self, named: &[Violation]) -> Option<String> {
        match (self.reasons(), &self.report.labelled) {
            (Some(reasons), _) => {
                let unknown = self.report.unknown.as_ref().map(|why| format!("; {why}"));
                let words = if named.is_empty() { reasons.in_words() } else { reasons.most_important() };
                Some(words + &unknown.unwrap_or_default())
            }
            (None, Some(labelled)) => {
                let is_named = |name: &str| named.iter().any(|one| one.metric_name.as_deref() == Some(name));
                // Metrics of the best constant classifier are a comparison, not a result of this model.
                let own = labelled.metrics.iter().filter(|(name, _)| {
                    !name.ends_with("_best_constant_classifier") && !is_named(name.as_str())
                });
                let metrics: Vec<String> =
                    own.take(MEASURES).map(|(name, value)| format!("{name} {value:.4}")).collect();
                let metrics =
                    if metrics.is_empty() { String::new() } else { format!("; {}", metrics.join(", ")) };
                Some(labelled.in_words() + &metrics)
            }
            (None, None) => None,
        }
    }

    /// The facts about labels for events and details: without the files, which the evaluation lists.
    pub(super) fn labelled(&self) -> Option<LabelledRows> {
        let labelled = self.report.labelled.as_ref();
        labelled.map(|labelled| LabelledRows { files: Vec::new(), ..labelled.clone() })
    }

    /// Why predictions could not be judged or the model not be explained, although nothing more is expected. A model of a kind that cannot
    /// be explained is not a fault.
    pub(super) fn unmeasured(&self) -> Option<&str> {
        let WindowReport { labelled, unknown, window, .. } = &self.report;
        let is_fault = labelled.is_some() || self.reasons().is_some_and(|reasons| reasons.is_broken);
        unknown.as_deref().filter(|_| is_fault && window.complete)
    }

    /// Whether that is because no prediction has a label.
    pub(super) fn is_without_labels(&self) -> bool {
        self.report.labelled.as_ref().is_some_and(|labelled| labelled.matched == 0)
    }

    /// Whether all captured traffic could be read.
    pub(super) fn is_readable(&self) -> bool {
        self.report.unreadable_lines == 0 && self.report.gone.is_empty()
    }

    /// Whether more rows could be read than lines could not.
    pub(super) fn is_mostly_readable(&self) -> bool {
        self.report.rows > self.report.unreadable_lines
    }

    /// The kinds of faults in the unreadable traffic, in the words of the format.
    pub(super) fn unreadable_kinds(&self) -> BTreeSet<&str> {
        let gone = (!self.report.gone.is_empty()).then_some("gone");
        self.report.unreadable.iter().map(|lines| lines.kind.as_str()).chain(gone).collect()
    }

    /// The unreadable parts of the traffic, in a sentence.
    pub(super) fn unreadable_summary(&self) -> String {
        let WindowReport { unreadable, unreadable_lines, gone, window, rows, .. } = &self.report;
        let mut parts = Vec::new();
        if *unreadable_lines > 0 {
            let words = UnreadableLines::in_words(unreadable, NAMED);
            parts.push(format!("{} could not be read: {words}", counted(*unreadable_lines, "line")));
        }
        if let Some(first) = gone.first() {
            let files = counted(gone.len(), "file");
            parts.push(format!("{files} had gone before detect-drift read them, such as {first}"));
        }
        let CaptureWindow { start, end, .. } = window;
        format!(
            "traffic from {start} to {end}: {}; {} could be read",
            parts.join(", and "),
            counted(*rows, "row")
        )
    }

    pub(super) fn unreadable_advice(&self) -> String {
        let place = &self.evaluation;
        if self.report.labelled.is_some() {
            return format!(
                "look at the lines and files that {place} names: a label is a record with `groundTruthData` and `eventMetadata`; `inference` and `probability` under `quality` say where a prediction stands"
            );
        }
        format!(
            "look at the lines and files that {place} names. If lines are not capture events, something else writes there too. If rows do not fit, set `input_path` and `output_path` under `[[drift.detect.endpoints]]` to where a body has its rows. If files are gone, a lifecycle rule or a person deleted them within the hour"
        )
    }

    /// The unreadable lines and missing files as JSON, for events and details. It has only as many entries as fit there.
    pub(super) fn unreadable_listed(&self) -> Json {
        let WindowReport { unreadable, unreadable_lines, gone, rows, variant, window, .. } = &self.report;
        json!({
            "variant": variant,
            "window": window,
            "rows": rows,
            "lines": unreadable_lines,
            "files_gone": gone.len(),
            "first_lines": unreadable.iter().take(MAX_LISTED).collect::<Vec<_>>(),
            "first_gone": gone.iter().take(MAX_LISTED).collect::<Vec<_>>(),
        })
    }

    /// Orders the evaluations of one window by their unreadable parts: a later one is based on more data.
    pub(super) fn unreadable_version(&self) -> String {
        let WindowReport { unreadable_lines, gone, rows, window, .. } = &self.report;
        let digest = hex(&Sha256::digest(self.unreadable_listed().to_string()));
        format!("{}#{rows:020}#{unreadable_lines:020}#{:05}#{digest}", u8::from(window.complete), gone.len())
    }
}
