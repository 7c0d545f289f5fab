//! What is wrong with a monitor, or with what it looks at.

use std::collections::BTreeSet;

use sagewarden_lineage::s3::{S3Location, hex};
use sagewarden_monitor::{CaptureWindow, Severity, UnreadableLines, WindowReport};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::counted::counted;

/// Reasons are the service's own words: no longer than its limit of 1,024 characters.
const MAX_REASON: usize = 1_024;
/// Kinds of lines that a sentence names.
const NAMED: usize = 2;
/// Entries that an event lists; the evaluation has the rest.
const MAX_LISTED: usize = 20;

/// What is wrong with it.
pub(super) enum Wrong {
    ExecutionFailed {
        reason: Option<String>,
    },
    ExecutionStopped {
        reason: Option<String>,
    },
    ExecutionMissing,
    ScheduleFailed {
        reason: Option<String>,
    },
    ScheduleStopped,
    ReportMissing {
        place: S3Location,
    },
    ReportDenied {
        place: S3Location,
    },
    /// Captured traffic that is not what it should be, or is gone.
    TrafficUnreadable(Box<Unread>),
    /// An endpoint captures, to this place, and no file has come.
    TrafficMissing {
        place: String,
    },
    /// Such files as this one are there, and nobody told of them.
    TrafficUnheard {
        file: String,
    },
}

/// What of a window's traffic was not looked at.
pub(super) struct Unread {
    pub(super) evaluation: S3Location,
    pub(super) report: WindowReport,
}

impl Unread {
    /// Whether more was read than not.
    pub(super) fn is_part(&self) -> bool {
        self.report.rows > self.report.unreadable_lines
    }

    /// What is wrong with it, in words of the format.
    pub(super) fn kinds(&self) -> BTreeSet<&str> {
        let gone = (!self.report.gone.is_empty()).then_some("gone");
        self.report.unreadable.iter().map(|lines| lines.kind.as_str()).chain(gone).collect()
    }

    /// What, in a sentence.
    pub(super) fn summary(&self) -> String {
        let WindowReport { unreadable, unreadable_lines, gone, window, rows, .. } = &self.report;
        let mut parts = Vec::new();
        if *unreadable_lines > 0 {
            let words = UnreadableLines::in_words(unreadable, NAMED);
            parts.push(format!("{} could not be read: {words}", counted(*unreadable_lines, "line")));
        }
        if let Some(first) = gone.first() {
            let files = counted(gone.len(), "file");
            parts.push(format!("{files} had gone before anybody read it, such as {first}"));
        }
        let CaptureWindow { start, end, .. } = window;
        format!(
            "of the traffic from {start} to {end} {}; {} could",
            parts.join(", and "),
            counted(*rows, "row")
        )
    }

    pub(super) fn advice(&self) -> String {
        let place = &self.evaluation;
        format!(
            "look at the lines and files that {place} names. Lines that are no capture events come of whatever else writes there; \
             rows that do not fit come of a body whose rows `input_path` and `output_path` under `[[drift.detect.endpoints]]` have \
             to find. Files are gone where a lifecycle rule or somebody deletes them before an hour is over"
        )
    }

    /// The entries as they are told and kept: no more than fits.
    pub(super) fn listed(&self) -> Json {
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

    /// The later one has seen more.
    fn version(&self) -> String {
        let WindowReport { unreadable_lines, gone, rows, window, .. } = &self.report;
        let digest = hex(&Sha256::digest(self.listed().to_string()));
        format!("{}#{rows:020}#{unreadable_lines:020}#{:05}#{digest}", u8::from(window.complete), gone.len())
    }
}

impl Wrong {
    /// The `cause` of the event.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::ExecutionFailed { .. } => "execution-failed",
            Self::ExecutionStopped { .. } => "execution-stopped",
            Self::ExecutionMissing => "execution-missing",
            Self::ScheduleFailed { .. } => "schedule-failed",
            Self::ScheduleStopped => "schedule-stopped",
            Self::ReportMissing { .. } => "report-missing",
            Self::ReportDenied { .. } => "report-denied",
            Self::TrafficUnreadable(_) => "traffic-unreadable",
            Self::TrafficMissing { .. } => "traffic-missing",
            Self::TrafficUnheard { .. } => "traffic-unheard",
        }
    }

    pub(super) fn severity(&self) -> Severity {
        match self {
            // Somebody may have meant it.
            Self::ExecutionStopped { .. } | Self::ScheduleStopped => Severity::Medium,
            // Nobody may have asked.
            Self::TrafficMissing { .. } => Severity::Medium,
            Self::TrafficUnreadable(unread) if unread.is_part() => Severity::Medium,
            _ => Severity::High,
        }
    }

    pub(super) fn reason(&self) -> Option<String> {
        match self {
            Self::ExecutionFailed { reason }
            | Self::ExecutionStopped { reason }
            | Self::ScheduleFailed { reason } => {
                reason.as_ref().map(|text| text.chars().take(MAX_REASON).collect())
            }
            _ => None,
        }
    }

    /// Where the report or the traffic is, or should be.
    pub(super) fn place(&self) -> Option<String> {
        match self {
            Self::ReportMissing { place } | Self::ReportDenied { place } => Some(place.to_string()),
            Self::TrafficUnreadable(unread) => Some(unread.evaluation.to_string()),
            Self::TrafficMissing { place } | Self::TrafficUnheard { file: place } => Some(place.clone()),
            _ => None,
        }
    }

    pub(super) fn unread(&self) -> Option<&Unread> {
        match self {
            Self::TrafficUnreadable(unread) => Some(unread),
            _ => None,
        }
    }

    /// Orders what is said of the same node, behind what a report says if one is read later: a window that grows has more in it.
    pub(super) fn version(&self) -> String {
        let word = self.word();
        self.unread().map_or_else(|| format!("0#{word}"), |unread| format!("0#{word}#{}", unread.version()))
    }
}
