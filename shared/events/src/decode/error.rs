//! Why a text cannot be decoded.

use thiserror::Error;

/// Why a text can never be handled as an event. An event of another source is not an error: see [`crate::Event::NotOurs`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Undecodable {
    /// It is not valid JSON.
    #[error("the event is not valid JSON: line {line}, column {column}: {reason}")]
    NotJson {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What the parser says.
        reason: String,
    },
    /// It is JSON, but no object.
    #[error("the event is not a JSON object")]
    NotAnObject,
    /// A required field is absent, null or empty.
    #[error("the event has no `{field}`")]
    Missing {
        /// The path of the field.
        field: String,
    },
    /// A field has a value that it cannot have.
    #[error("the event's `{field}` is `{found}`: expected {wanted}")]
    Invalid {
        /// The path of the field.
        field: String,
        /// The value, shortened.
        found: String,
        /// The values that would be right.
        wanted: &'static str,
    },
}
