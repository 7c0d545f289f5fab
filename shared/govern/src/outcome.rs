//! How a record ends: `Done`, `Retry` or `Reject`. Nothing else is possible, nothing is dropped.

use sagewarden_lineage::observe::Unreadable;
use thiserror::Error;

use crate::ports::{PortError, PortErrorKind};

/// Why a use case did not get to its end.
#[derive(Debug, Error)]
pub enum Failure {
    /// The world did not answer; the same record later may succeed.
    #[error(transparent)]
    Retry(PortError),
    /// The record can never succeed; it is kept with this reason.
    #[error("{0}")]
    Reject(String),
}

impl Failure {
    /// Something that is expected to be there soon is not there yet.
    pub fn not_yet(context: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Retry(PortError::new(PortErrorKind::Unavailable, context, message))
    }
}

impl From<PortError> for Failure {
    fn from(error: PortError) -> Self {
        if error.is_retryable() { Self::Retry(error) } else { Self::Reject(error.to_string()) }
    }
}

impl From<Unreadable> for Failure {
    fn from(error: Unreadable) -> Self {
        Self::Reject(error.to_string())
    }
}

/// The result in words, for the log and for people who replay events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// Something was judged, recorded or sent.
    Acted(String),
    /// There was nothing to do, and this is why.
    Nothing(String),
}

impl Done {
    /// The words.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Acted(text) | Self::Nothing(text) => text,
        }
    }

    /// This outcome followed by another; outcomes without an action are left out.
    #[must_use]
    pub fn and(self, next: Self) -> Self {
        match (self, next) {
            (Self::Acted(first), Self::Acted(next)) => Self::Acted(format!("{first}; {next}")),
            (Self::Nothing(_), next) => next,
            (first, Self::Nothing(_)) => first,
        }
    }
}

/// The result of a use case.
pub type Outcome = Result<Done, Failure>;
