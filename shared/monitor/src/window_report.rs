//! `evaluation.json`: the result of Sagewarden's own evaluation of a window of captured traffic. It lies beside the files in Model
//! Monitor's format. Alerts come from this file: it has the violations of the mode for alerts, while the files beside it may have the
//! container's answer.

use std::collections::BTreeSet;
use std::fmt;

use sagewarden_events::Timestamp;

use crate::attributed_rows::AttributedRows;
use crate::evaluate::{Check, Coverage, Evaluation};
use crate::labelled_rows::LabelledRows;
use crate::loose;
use crate::violations::Violation;
use sagewarden_measure::{AnswerCounts, Issues};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct WindowReport {
    /// The version of the format; this code reads 1.
    #[serde(default = "first_version")]
    pub version: u32,
    /// The endpoint's name.
    pub endpoint: String,
    /// The variant whose traffic it is.
    #[serde(default)]
    pub variant: String,
    /// The time span that was judged.
    pub window: CaptureWindow,
    /// The mode that found the violations: `exact` or `compat`.
    #[serde(default)]
    pub alert_mode: String,
    /// How many rows were judged. A window grows while data arrives.
    #[serde(default)]
    pub rows: u64,
    /// The files that the rows came from.
    #[serde(default)]
    pub files: Vec<String>,
    /// The unreadable lines, by file and kind; the other lines of these files were used. At most
    /// [`Self::MAX_UNREADABLE`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<UnreadableLines>,
    /// How many lines that is in all, including those that are not listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unreadable_lines: u64,
    /// Files that no longer existed when they were to be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<String>,
    /// The evidence for the verdict; absent if there were too few rows for a verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
    /// Why the absence of violations does not mean the absence of drift: nothing could be compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// The violations, as entries of `constraint_violations.json`.
    #[serde(default)]
    pub violations: Vec<Violation>,
    /// How far each compared feature is from the baseline, in the mode for alerts. At most [`Self::MAX_DISTANCES`], the largest for
    /// their thresholds first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distances: Vec<FeatureDistance>,
    /// The features that are predictions, because they came from the endpoint's answers. If one of them has drifted, that is prediction drift.
    /// At most [`Self::MAX_DISTANCES`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub predictions: Vec<String>,
    /// How many answers are none: absent, empty, the message of an error, or unreadable. `None` without captured answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<AnswerCounts>,
    /// Set if the cells of the answers were taken for the last columns of the baseline, because only this order explains the traffic.
    #[serde(default, skip_serializing_if = "is_false")]
    pub input_first: bool,
    /// The differences between the verdicts of the two modes.
    #[serde(default)]
    pub differences: Vec<ModeDifference>,
    /// Where the baseline is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// A digest of the baseline's files and of the way they are read: another digest means another baseline, wherever it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline_digest: Option<String>,
    /// Set if the window had been closed before: its result at that time stands, with this one beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rewritten: Option<RewrittenAfter>,
    /// Set if predictions were compared with their labels, and not traffic with a baseline of data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labelled: Option<LabelledRows>,
    /// The reasons of the model. An evaluation of data has them to say what drift does to the answers; in an evaluation of its own,
    /// they were judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<AttributedRows>,
}

/// The distance of a feature from the baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct FeatureDistance {
    /// The feature.
    pub feature: String,
    /// Its distance.
    pub value: f64,
    /// A larger distance is drift.
    pub threshold: f64,
}

impl FeatureDistance {
    /// The distances of an evaluation that are numbers, the largest for their thresholds first.
    #[must_use]
    pub fn of(evaluation: &Evaluation) -> Vec<Self> {
        let compared = evaluation.features.iter().filter_map(|feature| {
            let distance = feature.distance.as_ref().filter(|distance| distance.value.is_finite())?;
            let (value, threshold) = (distance.value, distance.threshold);
            Some(Self { feature: feature.name.clone(), value, threshold })
        });
        let mut distances: Vec<Self> = compared.collect();
        let excess = |each: &Self| each.value / each.threshold.max(f64::MIN_POSITIVE);
        distances.sort_by(|one, other| excess(other).total_cmp(&excess(one)));
        distances.truncate(WindowReport::MAX_DISTANCES);
        distances
    }
}

/// Says that files of a window were written after it had been closed, and later than capture writes any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct RewrittenAfter {
    /// When the window was due to be closed.
    pub closed_at: Timestamp,
    /// When the last of these files was written.
    pub written_at: Timestamp,
    /// Files that were written after that. At most [`WindowReport::MAX_REWRITTEN`].
    pub files: Vec<String>,
    /// How many that is in all.
    pub count: u64,
}

/// A span of time, its end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct CaptureWindow {
    /// From.
    pub start: Timestamp,
    /// Until.
    pub end: Timestamp,
    /// Whether no more data is expected.
    #[serde(default)]
    pub complete: bool,
}

/// A feature on which the two modes disagree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct ModeDifference {
    /// The feature.
    pub feature: String,
    /// The difference and its reason, in words.
    pub text: String,
}

/// Lines of a file with the same fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct UnreadableLines {
    /// The file.
    pub file: String,
    /// The fault, as a word of the format: `not-json`. Later versions may add words.
    pub kind: String,
    /// The same for people.
    #[serde(default)]
    pub text: String,
    /// How many lines.
    pub count: u64,
    /// The first of them, from 1.
    #[serde(default)]
    pub lines: Vec<u64>,
}

impl UnreadableLines {
    /// The lines of a file that could not be used. A line that was used in spite of a fault, such as a cell that
    /// counts as missing, is not among them: see
    /// [`IssueKind::is_row_lost`](sagewarden_measure::IssueKind::is_row_lost).
    pub fn of<'a>(file: &'a str, issues: &'a Issues) -> impl Iterator<Item = Self> + 'a {
        issues.iter().filter(|(kind, _)| kind.is_row_lost()).map(move |(kind, issue)| Self {
            file: file.to_owned(),
            kind: kind.name(),
            text: match &issue.hint {
                Some(hint) => format!("{kind} ({hint})"),
                None => kind.to_string(),
            },
            count: issue.count,
            lines: issue.lines.clone(),
        })
    }

    /// The first entries in a sentence, and how many more there are.
    #[must_use]
    pub fn in_words(entries: &[Self], at_most: usize) -> String {
        let mut told: Vec<String> = entries.iter().take(at_most).map(ToString::to_string).collect();
        if let Some(more) = entries.len().checked_sub(at_most).filter(|more| *more > 0) {
            told.push(format!("and {more} more {}", if more == 1 { "entry" } else { "entries" }));
        }
        told.join("; ")
    }
}

impl fmt::Display for UnreadableLines {
    /// `2 lines: the body is not base64 (lines 1, 7 of s3://…)`, `1200 lines: … (first 1, 7, 9, 12, 20 of s3://…)`
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, text, kind, file, lines } = self;
        let text = if text.is_empty() { kind } else { text };
        let nouns = if *count == 1 { "line" } else { "lines" };
        let numbers = lines.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        let place = match lines.len() {
            0 => format!("in {file}"),
            told if told as u64 == *count => format!("{nouns} {numbers} of {file}"),
            _ => format!("first {numbers} of {file}"),
        };
        write!(formatter, "{count} {nouns}: {text} ({place})")
    }
}

/// A document that cannot be read.
#[derive(Debug, Error)]
#[error("it is not an evaluation of a window: {0}")]
pub struct UnreadableWindowReport(#[from] serde_json::Error);

impl WindowReport {
    /// The name of the file in its folder.
    pub const FILE: &str = "evaluation.json";
    /// The page beside it, for people.
    pub const PAGE: &str = "report.html";
    /// How many entries list unreadable lines: a day of broken files must not make the document too large.
    pub const MAX_UNREADABLE: usize = 1_000;
    /// How many distances are listed: a table of ten thousand features must not make the document too large.
    pub const MAX_DISTANCES: usize = 1_000;
    /// How many of the files that were written after the window had been closed are named.
    pub const MAX_REWRITTEN: usize = 100;
    /// The name in Model Monitor's key layout, in place of a schedule's name.
    pub const SCHEDULE: &str = "sagewarden-data-quality";

    /// Whether the violation is about a prediction.
    #[must_use]
    pub fn is_of_prediction(&self, violation: &Violation) -> bool {
        violation.feature_name.as_ref().is_some_and(|name| self.predictions.contains(name))
    }

    /// The predictions whose distribution has drifted, sorted.
    #[must_use]
    pub fn drifted_predictions(&self) -> BTreeSet<&str> {
        let of_drift = |violation: &&Violation| {
            violation.constraint_check_type.as_deref() == Some(Check::BaselineDrift.name())
        };
        let drifted = self.violations.iter().filter(of_drift).filter(|each| self.is_of_prediction(each));
        drifted.filter_map(|violation| violation.feature_name.as_deref()).collect()
    }

    /// Whether predictions have nearly no spread: the model may have failed, or somebody may have poisoned it.
    #[must_use]
    pub fn has_no_spread(&self) -> bool {
        let check = Check::PredictionSpread.name();
        self.violations.iter().any(|violation| violation.constraint_check_type.as_deref() == Some(check))
    }

    /// Reads the file. Unknown keys are ignored.
    ///
    /// # Errors
    /// When it is not a JSON object with an endpoint and a window.
    pub fn parse(bytes: &[u8]) -> Result<Self, UnreadableWindowReport> {
        Ok(loose::document(bytes)?)
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn first_version() -> u32 {
    1
}

#[cfg(test)]
mod tests {
    use sagewarden_measure::{Issue, IssueKind};
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read_and_unknown_keys_are_passed_over() {
        let document = json!({
            "version": 1, "endpoint": "prod", "variant": "AllTraffic",
            "window": { "start": "2026-03-03T09:00:00Z", "end": "2026-03-03T10:00:00Z", "complete": true },
            "alert_mode": "exact", "rows": 1_000, "files": ["s3://b/k"],
            "violations": [{ "feature_name": "f", "constraint_check_type": "baseline_drift_check" }],
            "differences": [{ "feature": "f", "text": "compat sees distinct values only" }],
            "unreadable": [{ "file": "s3://b/k", "kind": "of-the-future", "count": 7 }], "unreadable_lines": 7, "gone": ["s3://b/l"],
            "coverage": { "features": 2, "compared": 1, "not_compared": [{ "feature": "id", "why": "-" }] },
            "baseline": "s3://b/baseline", "of_the_future": [1],
        });
        let report = WindowReport::parse(document.to_string().as_bytes()).unwrap();
        assert_eq!(report.window.start.millis(), 1_772_528_400_000);
        assert_eq!((report.rows, report.violations.len()), (1_000, 1));
        assert_eq!((report.unreadable.len(), report.unreadable_lines, report.gone.len()), (1, 7, 1));
        assert_eq!(
            report.coverage.as_ref().map(|coverage| (coverage.compared, coverage.not_compared.len())),
            Some((1, 1))
        );
        let written = serde_json::to_vec(&report).unwrap();
        assert_eq!(WindowReport::parse(&written).unwrap(), report);
    }

    #[test]
    fn kinds_are_told_by_the_words_of_the_format() {
        let mut issues = Issues::default();
        issues.add(IssueKind::NotJson, 3);
        let told: Vec<_> = UnreadableLines::of("s3://b/k", &issues).collect();
        assert_eq!(
            serde_json::to_value(&told).unwrap(),
            json!([{ "file": "s3://b/k", "kind": "not-json", "text": "not valid JSON", "count": 1, "lines": [3] }])
        );
        let mut issues = Issues::default();
        issues.add_with_hint(IssueKind::NoRows, 1, || Some("there are some at `/a`".to_owned()));
        let told: Vec<String> = UnreadableLines::of("f", &issues).map(|lines| lines.text).collect();
        assert_eq!(told, ["the event has no rows (there are some at `/a`)"]);
    }

    #[test]
    fn every_kind_is_told_in_a_sentence() {
        let entry = |kind: IssueKind, issue: &Issue| UnreadableLines {
            file: "s3://b/k".to_owned(),
            kind: kind.name(),
            text: kind.to_string(),
            count: issue.count,
            lines: issue.lines.clone(),
        };
        let lines = |count: u64| {
            let mut issues = Issues::default();
            IssueKind::ALL
                .into_iter()
                .for_each(|kind| (0..count).for_each(|line| issues.add(kind, 2 * line + 1)));
            let told = issues.iter().map(|(kind, issue)| entry(kind, issue).to_string());
            told.collect::<Vec<_>>().join("\n")
        };
        let words = [
            "more or fewer fields than the table has columns",
            "bytes that are not UTF-8",
            "larger than what is read",
            "cut off, since the file was not written to its end",
            "longer than a captured event can be",
            "not valid JSON",
            "JSON, but with neither `captureData` nor `groundTruthData`",
            "the event lacks a body that columns are taken from: compare the setting with what the endpoint captures",
            "the body is not CSV, JSON or a NumPy array: list its content type in the endpoint's CaptureContentTypeHeader",
            "the body is not base64",
            "the body is not valid JSON",
            "`NaN` and `Infinity` are not valid JSON; they count as missing",
            "objects or lists within a row: set the path that leads to the rows, such as `/instances/*/features`",
            "the path of the rows leads nowhere in the body",
            "the event has no rows",
            "input and output have different numbers of rows, so none is used",
            "the row has more columns than are read",
            "the body is not a readable NumPy array: it is cut off, an archive of arrays, or holds pickled objects, records or complex numbers; send one array of numbers, as `np.save` writes it",
            "one of the bodies names its cells, the other does not, and together they are not the baseline's columns",
            "the cells are not separated by commas, so the columns are not the baseline's",
            "the answer is empty",
            "the answer is the message of an error: look at the logs of the model's container",
        ];
        let told = |begin: &str, end: &str| {
            words.map(|words| format!("{begin}: {words} ({end} of s3://b/k)")).join("\n")
        };
        assert_eq!(lines(1), told("1 line", "line 1"));
        assert_eq!(lines(2), told("2 lines", "lines 1, 3"));
        assert_eq!(lines(7), told("7 lines", "first 1, 3, 5, 7, 9"));
    }

    #[test]
    fn lines_that_were_used_all_the_same_are_none_of_them() {
        let mut issues = Issues::default();
        for kind in [IssueKind::NotANumber, IssueKind::CutOff, IssueKind::Ragged] {
            issues.add(kind, 3);
        }
        let kinds: Vec<String> = UnreadableLines::of("s3://b/k", &issues).map(|lines| lines.kind).collect();
        assert_eq!(kinds, ["cut-off"]);
    }

    #[test]
    fn entries_are_told_apart_and_those_of_the_future_by_their_word() {
        let entry = |kind: &str, text: &str, count, lines: &[u64]| UnreadableLines {
            file: "f".to_owned(),
            kind: kind.to_owned(),
            text: text.to_owned(),
            count,
            lines: lines.to_vec(),
        };
        let entries = [
            entry("not-json", "not valid JSON", 2, &[3, 7]),
            entry("of-the-future", "", 9, &[]),
            entry("not-json", "not valid JSON", 1, &[1]),
        ];
        let first = "2 lines: not valid JSON (lines 3, 7 of f)";
        assert_eq!(UnreadableLines::in_words(&entries[..1], 2), first);
        assert_eq!(
            UnreadableLines::in_words(&entries, 2),
            format!("{first}; 9 lines: of-the-future (in f); and 1 more entry")
        );
    }

    #[test]
    fn it_needs_an_endpoint_and_a_window_and_no_more() {
        let least = json!({ "endpoint": "prod", "window": { "start": 0, "end": 3_600 } });
        let report = WindowReport::parse(least.to_string().as_bytes()).unwrap();
        assert_eq!((report.version, report.rows, report.window.complete), (1, 0, false));
        assert_eq!((report.unreadable.len(), report.unreadable_lines, report.gone.len()), (0, 0, 0));
        for bad in
            [json!({}), json!([]), json!({ "endpoint": "prod", "window": { "start": "soon", "end": 1 } })]
        {
            let error = WindowReport::parse(bad.to_string().as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with("it is not an evaluation of a window: "), "{error}");
        }
    }
}
