//! The IAM roles that resources run with.

use sagewarden_events::Grant;

use super::error::PortError;

/// The policies of a role.
#[derive(Clone, Debug, PartialEq)]
pub enum Grants {
    /// All of them, attached and inline: attached ones first, each in the order of the names.
    Known(Vec<Grant>),
    /// Why the role cannot be read from here: it belongs to another account, or no role has that ARN.
    Unknown(String),
}

/// The roles that resources run with.
pub trait Roles {
    /// The policies of a role of this account by its ARN, as they are now. A permission that is missing is a `Denied` error.
    async fn grants(&self, role_arn: &str) -> Result<Grants, PortError>;
}
