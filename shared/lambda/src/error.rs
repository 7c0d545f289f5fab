//! Errors of functions that callers invoke directly, with names that alarms and callers can rely on.

use lambda_runtime::Diagnostic;
use thiserror::Error;

/// Why an invocation failed.
#[derive(Debug, Error)]
pub enum FunctionError {
    /// The caller's request is wrong; the same request will fail again.
    #[error("{0}")]
    BadRequest(String),
    /// No entity has that name.
    #[error("{0}")]
    NotFound(String),
    /// A service did not answer; the same request may succeed later.
    #[error("{0}")]
    Unavailable(String),
}

impl From<FunctionError> for Diagnostic {
    fn from(error: FunctionError) -> Self {
        let error_type = match &error {
            FunctionError::BadRequest(_) => "BadRequest",
            FunctionError::NotFound(_) => "NotFound",
            FunctionError::Unavailable(_) => "Unavailable",
        };
        Self { error_type: error_type.to_owned(), error_message: error.to_string() }
    }
}
