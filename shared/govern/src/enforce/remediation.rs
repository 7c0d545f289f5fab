//! The remedy of a violation.

use sagewarden_lineage::table::Write;
use serde::{Deserialize, Serialize};

use crate::ports::{PortError, PortErrorKind};

/// The tag that marks a resource that fails a control; its value is the controls' ids.
pub const VIOLATION_TAG: &str = "sagewarden:violation";

/// The tag of a job that was stopped; its value is the `notice_id` of the finding.
pub(crate) const FINDING_TAG: &str = "sagewarden:finding";

/// The action against a violation, as notices have it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Remediation {
    /// The API call; absent when none was made.
    pub(crate) action: Option<String>,
    /// Its result, or the reason why there was no remedy.
    pub(crate) result: String,
    /// Whether a call was made and refused.
    pub(crate) failed: bool,
    /// From the resource's creation, or the call that changed it, to the remedy, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) after_ms: Option<i64>,
    /// Whether the same call would be refused again.
    #[serde(skip)]
    pub(crate) hopeless: bool,
    /// How often the remedy was undone, if Sagewarden no longer tries: somebody has to act now.
    #[serde(skip)]
    pub(crate) undone: Option<usize>,
    /// The fact that the row of the verdict keeps for the next delivery, if the remedy takes effect.
    #[serde(skip)]
    pub(crate) remembered: Option<Write>,
}

impl Remediation {
    pub(crate) fn nothing(result: impl Into<String>) -> Self {
        Self { result: result.into(), ..Self::default() }
    }

    pub(crate) fn done(action: &str, result: impl Into<String>) -> Self {
        Self { action: Some(action.to_owned()), result: result.into(), ..Self::default() }
    }

    /// A refused call is a result, not an error: it is published before it is tried again.
    pub(crate) fn of(action: &str, result: impl Into<String>, answer: Result<(), PortError>) -> Self {
        match answer {
            Ok(()) => Self::done(action, result),
            Err(error) => Self {
                hopeless: error.kind() == PortErrorKind::Invalid,
                ..Self::failed(action, format!("{action} failed: {error}"))
            },
        }
    }

    pub(crate) fn failed(action: &str, result: impl Into<String>) -> Self {
        Self { failed: true, ..Self::done(action, result) }
    }

    /// The notice that is owed while a remedy is under way, in case the process dies.
    pub(crate) fn begun(action: &str) -> Self {
        Self::done(action, "the function died during this call: check whether the call took effect")
    }

    /// The notice that is owed after a remedy has failed: that it, or a later one, took effect.
    pub(crate) fn no_longer_needed(action: &str) -> Self {
        Self::done(action, "the resource is as it must be now, or gone: no further call was made")
    }

    pub(crate) fn remembering(self, write: Write) -> Self {
        Self { remembered: Some(write), ..self }
    }

    pub(crate) fn took_effect(&self) -> bool {
        self.action.is_some() && !self.failed
    }
}
