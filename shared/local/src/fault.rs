//! Refusals of the simulated account, in the words of the API.

use sagewarden_govern::ports::PortError;
use thiserror::Error;

/// An error of the API.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{code}: {message}")]
pub struct Fault {
    /// The error code, such as `ValidationException`.
    pub code: String,
    /// The message.
    pub message: String,
}

impl Fault {
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }

    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }
}

impl From<PortError> for Fault {
    fn from(error: PortError) -> Self {
        Self::new("InternalFailure", error.to_string())
    }
}
