//! The rights of a role, as IAM describes them.
//!
//! The vocabulary of resources lies in this crate, below everything: an adapter that knows no policy engine reads it, and the
//! policies judge it.

use serde_json::Value;

/// One policy of a role.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// The policy's name.
    pub name: String,
    /// The ARN of an attached managed policy; `None` for an inline one.
    pub arn: Option<String>,
    /// The document, as JSON.
    pub document: Value,
}
