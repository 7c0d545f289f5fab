//! The rights of a role, as IAM describes them.
//!
//! These words are in this crate, below all others, because an adapter that knows no policy engine reads the rights, and policies judge
//! them.

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
