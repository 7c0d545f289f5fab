//! How a port fails.

use std::error::Error;

use thiserror::Error;

/// A failure of a port. A use case needs to know only two things: whether to try again, and whether access was refused.
#[derive(Debug, Error)]
#[error("{context}: {message}")]
pub struct PortError {
    context: String,
    message: String,
    kind: PortErrorKind,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// Why a port failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortErrorKind {
    /// The service asked to slow down.
    Throttled,
    /// The service did not answer, or answered with a fault of its own.
    Unavailable,
    /// A permission is missing. Trying again helps once somebody has granted it.
    Denied,
    /// The request can never succeed.
    Invalid,
}

impl PortErrorKind {
    /// The word for it. Stored facts name the kind of an error and never its text: a service words each answer differently, and
    /// stored content stays for ever.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Denied => "denied",
            Self::Invalid => "refused",
        }
    }
}

impl PortError {
    /// `context` names the attempted call (`describe training job \`x\``), `message` its answer.
    pub fn new(kind: PortErrorKind, context: impl Into<String>, message: impl Into<String>) -> Self {
        Self { context: context.into(), message: message.into(), kind, source: None }
    }

    /// The same, for somebody who does not try again: as if the service had refused.
    #[must_use]
    pub fn as_refused(mut self) -> Self {
        self.kind = PortErrorKind::Denied;
        self
    }

    /// Keeps the error of the library below.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The call that failed.
    #[must_use]
    pub fn context(&self) -> &str {
        &self.context
    }

    /// Why it failed.
    #[must_use]
    pub fn kind(&self) -> PortErrorKind {
        self.kind
    }

    /// Whether the same call may succeed later. A denied call may: somebody may grant the permission while the queue waits.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.kind != PortErrorKind::Invalid
    }

    /// Whether the service is at fault: busy, or silent. Anything else is the same the next time, until somebody changes it.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self.kind, PortErrorKind::Throttled | PortErrorKind::Unavailable)
    }
}
