//! KMS keys of the simulated account.

use rusqlite::params;
use sagewarden_events::KeyManager;
use sagewarden_govern::ports::{Keys, PortError};

use crate::account::SimulatedAccount;
use crate::store::port_error;

impl SimulatedAccount {
    /// The id of a customer's key that every simulated account has.
    pub const KEY: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

    /// Makes a key, or changes who manages it. Returns its ARN.
    ///
    /// # Errors
    /// If the store fails.
    pub fn put_key(&self, id: &str, manager: KeyManager) -> Result<String, PortError> {
        let written = self.store.execute(
            "INSERT OR REPLACE INTO keys (id, manager) VALUES (?1, ?2)",
            params![id, manager.word()],
        );
        written.map_err(|error| port_error("write a key", error))?;
        Ok(self.key_arn(id))
    }

    /// The ARN of a key of this account, whether there is one or not.
    #[must_use]
    pub fn key_arn(&self, id: &str) -> String {
        format!("arn:aws:kms:{}:{}:key/{id}", self.region, self.account)
    }
}

impl Keys for SimulatedAccount {
    async fn manager(&self, key: &str) -> Result<Option<KeyManager>, PortError> {
        self.key_manager(key)
    }
}

impl SimulatedAccount {
    /// See [`Keys::manager`].
    ///
    /// # Errors
    /// If the store fails.
    pub fn key_manager(&self, key: &str) -> Result<Option<KeyManager>, PortError> {
        let id = key.rsplit('/').next().unwrap_or(key);
        if key != id && key != self.key_arn(id) {
            return Ok(None);
        }
        if id == Self::KEY {
            return Ok(Some(KeyManager::Customer));
        }
        let found: Option<String> = self
            .store
            .row("SELECT manager FROM keys WHERE id = ?1", params![id], |row| row.get(0))
            .map_err(|error| port_error("look at a key", error))?;
        Ok(found.and_then(|word| KeyManager::from_word(&word)))
    }
}
