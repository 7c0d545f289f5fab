//! The simulated account's resource policies.

use rusqlite::params;
use sagewarden_events::{Actor, Resource, Timestamp};
use sagewarden_govern::ports::PortError;
use serde_json::{Map, Value};

use crate::account::SimulatedAccount;
use crate::fault::Fault;
use crate::shape::not_found;
use crate::store::port_error;

impl SimulatedAccount {
    /// Attaches a policy to a resource, in place of the one that it has, as `PutEndpointPolicy` does.
    ///
    /// # Errors
    /// If the resource does not exist.
    pub fn put_policy(
        &self,
        resource: &Resource,
        policy: &str,
        caller: &Actor,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let resource = self.existing(resource)?;
        let values = params![resource.kind.segment(), resource.name, policy];
        self.store
            .execute("INSERT OR REPLACE INTO policies (kind, name, policy) VALUES (?1, ?2, ?3)", values)
            .map_err(|error| port_error("save a policy", error))?;
        self.announce_policy("Put", &resource, Some(policy), caller, now)
    }

    /// Takes the policy of a resource away.
    ///
    /// # Errors
    /// If the resource does not exist, or has no policy.
    pub fn delete_policy(&self, resource: &Resource, caller: &Actor, now: Timestamp) -> Result<(), Fault> {
        let resource = self.existing(resource)?;
        self.policy_document(&resource)?;
        self.remove_policy(&resource)?;
        self.announce_policy("Delete", &resource, None, caller, now)
    }

    /// The policy of a resource.
    ///
    /// # Errors
    /// As the API, if the resource has none.
    pub fn policy_document(&self, resource: &Resource) -> Result<String, Fault> {
        let missing = || Fault::validation(format!("Cannot find resource policy for: {}", resource.arn()));
        self.policy(resource)?.ok_or_else(missing)
    }

    pub(crate) fn policy(&self, resource: &Resource) -> Result<Option<String>, PortError> {
        let Ok(resource) = self.existing(resource) else { return Ok(None) };
        self.store
            .row(
                "SELECT policy FROM policies WHERE kind = ?1 AND name = ?2",
                params![resource.kind.segment(), resource.name],
                |row| row.get(0),
            )
            .map_err(|error| port_error("read a policy", error))
    }

    pub(crate) fn remove_policy(&self, resource: &Resource) -> Result<(), PortError> {
        let values = params![resource.kind.segment(), resource.name];
        self.store
            .execute("DELETE FROM policies WHERE kind = ?1 AND name = ?2", values)
            .map_err(|error| port_error("delete a policy", error))?;
        Ok(())
    }

    /// The resource with its name as it was created: names of endpoints ignore case.
    fn existing(&self, resource: &Resource) -> Result<Resource, Fault> {
        let (document, _) = self.load(resource)?.ok_or_else(|| not_found(resource))?;
        let name = resource.kind.name_in(&Value::Object(document));
        Ok(name.map_or_else(|| resource.clone(), |name| resource.sibling(resource.kind, name)))
    }

    fn announce_policy(
        &self,
        verb: &str,
        resource: &Resource,
        policy: Option<&str>,
        caller: &Actor,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let mut request = Map::new();
        request.insert(resource.kind.name_field().into(), resource.name.as_str().into());
        request.extend(policy.map(|policy| ("ResourcePolicy".to_owned(), policy.into())));
        let call = format!("{verb}{}Policy", resource.kind.operation());
        self.announce_call(&call, resource, &request.into(), caller, now)
    }
}
