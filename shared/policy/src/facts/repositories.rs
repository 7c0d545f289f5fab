//! Secrets in the addresses of repositories, wherever a kind names one.

use super::context::Context;
use crate::lists::{List, of_kind};
use crate::repository::holds_secret;

impl Context<'_> {
    /// Whether the address of a repository, wherever the kind names one, holds a password or a token.
    pub(super) fn secret_in_address(&self) -> bool {
        const FACT: &str = "secretInAddress";
        let rows = of_kind(self.resource.kind).iter().filter(|row| row.list == List::Repositories);
        let mut found = false;
        for path in rows.flat_map(|row| row.paths) {
            let (documents, path) = self.documents(path);
            for document in &documents {
                for address in document.texts(path).into_iter().filter(|address| holds_secret(address)) {
                    document.offends(FACT, path, address);
                    found = true;
                }
            }
        }
        if found {
            self.unreadable.decides(FACT);
        }
        found
    }
}
