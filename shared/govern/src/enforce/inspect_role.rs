//! The rights of the role that a resource runs with, asked at most once in ten minutes: a burst of jobs has one role.

use std::cell::RefCell;
use std::collections::BTreeMap;

use sagewarden_events::Timestamp;
use sagewarden_policy::RoleFacts;

use crate::ports::{Grants, PortError, Roles};

/// How long an answer counts. A role that is changed meanwhile is judged as it was.
const LIFETIME_MS: i64 = 600_000;

/// The known facts about a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inspected {
    /// Its rights.
    Known(RoleFacts),
    /// It could not be looked at, and why.
    Unknown(String),
}

/// Answers of the last ten minutes, by the ARN of the role. For as long as a function lives.
#[derive(Debug, Default)]
pub struct InspectedRoles(RefCell<BTreeMap<String, (Timestamp, Inspected)>>);

impl InspectedRoles {
    /// The present facts about the role.
    ///
    /// # Errors
    ///
    /// If the service does not answer. A missing permission is not an error: it makes the role unknown, and jobs are judged anyway.
    pub async fn inspect(
        &self,
        roles: &impl Roles,
        role_arn: &str,
        now: Timestamp,
    ) -> Result<Inspected, PortError> {
        let fresh = |at: Timestamp| now.millis() - at.millis() < LIFETIME_MS;
        if let Some((_, known)) = self.0.borrow().get(role_arn).filter(|(at, _)| fresh(*at)) {
            return Ok(known.clone());
        }
        let found = match roles.grants(role_arn).await {
            Ok(Grants::Known(grants)) => Inspected::Known(RoleFacts::of(&grants)),
            Ok(Grants::Unknown(reason)) => Inspected::Unknown(reason),
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => Inspected::Unknown(error.to_string()),
        };
        let mut held = self.0.borrow_mut();
        held.retain(|_, (at, _)| fresh(*at));
        held.insert(role_arn.to_owned(), (now, found.clone()));
        Ok(found)
    }
}
