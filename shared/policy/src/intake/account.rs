//! The account that a resource will run in: if it has no ARN of its own, the account of its roles.

use sagewarden_events::{Resource, ResourceKind};
use serde_json::Value as Json;

use crate::later::beginning;

/// The fields of roles, at any depth.
const ROLES: [&str; 4] = ["RoleArn", "ExecutionRoleArn", "ExecutionRole", "ValidationRole"];

/// The resource of a request: account and region from its own ARN, else the account from its roles.
pub(super) fn resource(kind: ResourceKind, name: &str, document: &Json) -> Resource {
    let own = document.get(kind.arn_field()).and_then(|arn| Resource::parse_arn(arn.as_str()?).ok());
    if let Some(own) = own {
        return own.sibling(kind, name);
    }
    Resource::in_region(kind, account_of(document).unwrap_or_default(), "", name)
}

/// The account of the role at the top, else the one that all roles below it have.
pub(super) fn account_of(document: &Json) -> Option<&str> {
    let top = ROLES.iter().find_map(|key| account(written(document.get(*key)?)?));
    top.or_else(|| {
        let mut found = Vec::new();
        collect(document, &mut found);
        let first = *found.first()?;
        found.iter().all(|one| *one == first).then_some(first)
    })
}

/// The accounts of the roles in several documents.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    first: Option<String>,
    are_several: bool,
}

impl Accounts {
    pub(super) fn add(&mut self, document: &Json) {
        let mut found = Vec::new();
        collect(document, &mut found);
        for account in found {
            match &self.first {
                None => self.first = Some(account.to_owned()),
                Some(first) => self.are_several |= first != account,
            }
        }
    }

    /// The account that all roles have.
    pub(super) fn only(&self) -> Option<&str> {
        self.first.as_deref().filter(|_| !self.are_several)
    }
}

fn collect<'a>(value: &'a Json, found: &mut Vec<&'a str>) {
    match value {
        Json::Object(fields) => {
            for (key, value) in fields {
                let role = written(value).filter(|_| ROLES.contains(&key.as_str()));
                found.extend(role.and_then(account));
                collect(value, found);
            }
        }
        Json::Array(list) => list.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}

/// A text, or its known beginning.
fn written(value: &Json) -> Option<&str> {
    value.as_str().or_else(|| beginning(value))
}

/// The account in `arn:aws:iam::<account>:role/<name>`.
fn account(role: &str) -> Option<&str> {
    let mut parts = role.split(':');
    let is_role = parts.next() == Some("arn") && parts.nth(1) == Some("iam");
    let account = parts.nth(1).filter(|account| is_role && !account.is_empty());
    // The account ends at the next colon, also where the rest is not known yet.
    account.filter(|_| parts.next().is_some())
}
