//! Roles of the simulated account and their policies.

use rusqlite::{OptionalExtension, params};
use sagewarden_events::Grant;
use sagewarden_govern::ports::{Grants, PortError, PortErrorKind, Roles};
use serde_json::Value;

use crate::account::SimulatedAccount;
use crate::store::port_error;

impl SimulatedAccount {
    /// Makes a role with these policies, which replace its earlier ones. Returns its ARN. `path` begins and ends with `/`.
    ///
    /// # Errors
    /// If the store fails.
    pub fn put_role(&self, path: &str, name: &str, grants: &[Grant]) -> Result<String, PortError> {
        let arn = format!("arn:aws:iam::{}:role{path}{name}", self.account);
        let mut connection = self.store.lock();
        let mut write = || {
            let transaction = connection.transaction()?;
            transaction.execute("INSERT OR REPLACE INTO roles (arn) VALUES (?1)", params![arn])?;
            transaction.execute("DELETE FROM role_policies WHERE role = ?1", params![arn])?;
            for Grant { name, arn: policy, document } in grants {
                transaction.execute(
                    "INSERT INTO role_policies (role, name, arn, document) VALUES (?1, ?2, ?3, ?4)",
                    params![arn, name, policy, document.to_string()],
                )?;
            }
            transaction.commit()
        };
        write().map_err(|error| port_error("write a role", error))?;
        Ok(arn)
    }
}

impl Roles for SimulatedAccount {
    async fn grants(&self, role_arn: &str) -> Result<Grants, PortError> {
        let connection = self.store.lock();
        let known = connection
            .query_row("SELECT 1 FROM roles WHERE arn = ?1", params![role_arn], |_| Ok(()))
            .optional()
            .map_err(|error| port_error("look at a role", error))?;
        if known.is_none() {
            return Ok(Grants::Unknown(format!("the account has no role `{role_arn}`")));
        }
        let read = || {
            let mut statement = connection.prepare_cached(
                "SELECT name, arn, document FROM role_policies WHERE role = ?1 ORDER BY arn IS NULL, name",
            )?;
            let rows = statement.query_map(params![role_arn], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?, row.get::<_, String>(2)?))
            })?;
            rows.collect::<Result<Vec<_>, _>>()
        };
        let rows = read().map_err(|error| port_error("read the policies of a role", error))?;
        let grants = rows.into_iter().map(|(name, arn, document)| {
            let document: Value = serde_json::from_str(&document).map_err(|error| {
                PortError::new(PortErrorKind::Invalid, format!("read policy `{name}`"), error.to_string())
            })?;
            Ok(Grant { name, arn, document })
        });
        Ok(Grants::Known(grants.collect::<Result<_, PortError>>()?))
    }
}
