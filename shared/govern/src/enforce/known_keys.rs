//! Who manages the keys that resources name. This never changes, so the answers of KMS are kept.

use std::cell::RefCell;
use std::collections::BTreeMap;

use sagewarden_events::KeyManager;

use crate::ports::{Keys, PortError};

/// KMS's answers, by the name of the key, for as long as a function lives.
#[derive(Debug, Default)]
pub struct KnownKeys(RefCell<BTreeMap<String, KeyManager>>);

/// The most keys in memory. An account has hundreds; if there are more, all are asked about anew.
const MAX_KEYS: usize = 1_000;

impl KnownKeys {
    /// Who manages a key; `None` when KMS knows no such key, which may change.
    ///
    /// # Errors
    /// When KMS does not answer, or refuses to.
    pub async fn manager(&self, keys: &impl Keys, key: &str) -> Result<Option<KeyManager>, PortError> {
        if let Some(known) = self.0.borrow().get(key) {
            return Ok(Some(*known));
        }
        let found = keys.manager(key).await?;
        let mut held = self.0.borrow_mut();
        if held.len() >= MAX_KEYS {
            held.clear();
        }
        held.extend(found.map(|manager| (key.to_owned(), manager)));
        Ok(found)
    }
}
