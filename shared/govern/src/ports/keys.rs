//! The KMS keys that resources name.

use sagewarden_events::KeyManager;

use super::error::PortError;

/// The keys of the account.
pub trait Keys {
    /// Who manages a key of this account, by its id or ARN; `None` when KMS knows no such key. A permission that is missing, in the
    /// key's policy as well, is a `Denied` error.
    async fn manager(&self, key: &str) -> Result<Option<KeyManager>, PortError>;
}
