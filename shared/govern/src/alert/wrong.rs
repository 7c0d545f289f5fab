//! Faults of a monitor, or of the data that it monitors.

use std::rc::Rc;

use sagewarden_lineage::s3::S3Location;
use sagewarden_monitor::DriftSeverity;

use super::evaluated::EvaluatedWindow;
use crate::ports::Monitor;

/// Reasons are the service's own words: no longer than its limit of 1,024 characters.
const MAX_REASON: usize = 1_024;

/// The fault.
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
    /// Captured traffic of this window is damaged, or is gone.
    TrafficUnreadable(Rc<EvaluatedWindow>),
    /// Predictions of this window, or the attribution of its model, could not be judged, although nothing more is expected.
    Unmeasured(Rc<EvaluatedWindow>),
    /// An endpoint captures its traffic to this place, and no file has arrived.
    TrafficMissing {
        place: String,
    },
    /// Files such as this one are in S3, and no event announced them.
    TrafficUnheard {
        file: String,
    },
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
            Self::Unmeasured(window) if window.reasons().is_some() => "attribution-unmeasured",
            Self::Unmeasured(window) if window.monitor == Monitor::ModelBias => "bias-unmeasured",
            Self::Unmeasured(window) if window.is_without_labels() => "labels-missing",
            Self::Unmeasured(_) => "quality-unmeasured",
            Self::TrafficMissing { .. } => "traffic-missing",
            Self::TrafficUnheard { .. } => "traffic-unheard",
        }
    }

    pub(super) fn severity(&self) -> DriftSeverity {
        match self {
            // Somebody may have stopped it on purpose.
            Self::ExecutionStopped { .. } | Self::ScheduleStopped => DriftSeverity::Medium,
            // Perhaps nobody called the endpoint.
            Self::TrafficMissing { .. } => DriftSeverity::Medium,
            Self::TrafficUnreadable(window) if window.is_mostly_readable() => DriftSeverity::Medium,
            _ => DriftSeverity::High,
        }
    }

    pub(super) fn reason(&self) -> Option<String> {
        match self {
            Self::ExecutionFailed { reason }
            | Self::ExecutionStopped { reason }
            | Self::ScheduleFailed { reason } => {
                reason.as_ref().map(|text| text.chars().take(MAX_REASON).collect())
            }
            Self::Unmeasured(window) => {
                window.unmeasured().map(|text| text.chars().take(MAX_REASON).collect())
            }
            _ => None,
        }
    }

    /// Where the report or the traffic is, or should be.
    pub(super) fn place(&self) -> Option<String> {
        match self {
            Self::ReportMissing { place } | Self::ReportDenied { place } => Some(place.to_string()),
            Self::TrafficUnreadable(window) | Self::Unmeasured(window) => Some(window.evaluation.to_string()),
            Self::TrafficMissing { place } | Self::TrafficUnheard { file: place } => Some(place.clone()),
            _ => None,
        }
    }

    /// The window that the notice is about.
    pub(super) fn window(&self) -> Option<&EvaluatedWindow> {
        match self {
            Self::TrafficUnreadable(window) | Self::Unmeasured(window) => Some(window),
            _ => None,
        }
    }

    /// The window whose traffic could not be read.
    pub(super) fn unreadable(&self) -> Option<&EvaluatedWindow> {
        match self {
            Self::TrafficUnreadable(window) => Some(window),
            _ => None,
        }
    }

    /// Orders the statements about one node: a report that is read later replaces an earlier statement, and so does a larger window.
    pub(super) fn version(&self) -> String {
        let word = self.word();
        self.unreadable()
            .map_or_else(|| format!("0#{word}"), |window| format!("0#{word}#{}", window.unreadable_version()))
    }
}
