//! Calls that CloudTrail reported. A call names a resource, not its incarnation, so calls are kept under the name.

use sagewarden_events::{Resource, ResourceKind, Timestamp};

use super::kind::{RowKind, millis};
use super::node::ASSERTED;
use crate::table::{Attributes, Item, Key, Query, Write};

const AT: &str = "at";
const BY: &str = "by";
const CONFIGURATION: &str = "config";

/// The effect of a call on the resource that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEffect {
    /// The resource was created. For an endpoint, also: a caller asked for a configuration.
    Created,
    /// The resource was deleted.
    Deleted,
}

/// A call that created or deleted a named resource, or asked for another configuration of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRow {
    /// The partition ([`Self::partition`]).
    pub pk: String,
    /// The effect of the call.
    pub effect: CallEffect,
    /// When it was made.
    pub at: Timestamp,
    /// Who made it.
    pub by: Option<String>,
    /// The commits that the call named in its tags, with spaces between.
    pub asserted: Option<String>,
    /// For endpoints, the configuration that the caller asked for.
    pub configuration: Option<String>,
}

impl CallRow {
    /// The kind of row for a creation, as ARCHITECTURE.md describes it.
    pub const CREATION: RowKind = RowKind {
        row: "CallRow",
        says: "who created the resource of a name, or asked for a configuration of an endpoint",
        pk: "K#call#<kind>/<account>/<region>/<name>",
        sk: "C#<time>#<who>, or C#<time>#<who>#<configuration>",
    };
    /// The kind of row for a deletion, as ARCHITECTURE.md describes it.
    pub const DELETION: RowKind = RowKind {
        row: "CallRow",
        says: "who deleted the resource of a name",
        pk: "K#call#<kind>/<account>/<region>/<name>",
        sk: "D#<time>#<who>",
    };
    /// The beginning of the partitions of calls.
    pub const PARTITION: &str = "K#call#";
    const CREATED: &str = "C#";
    const DELETED: &str = "D#";

    /// The partition of the calls on a name. Names of endpoints ignore case.
    #[must_use]
    pub fn partition(resource: &Resource) -> String {
        let Resource { kind, account, region, name, .. } = resource;
        let name = if *kind == ResourceKind::Endpoint { name.to_lowercase() } else { name.clone() };
        format!("{}{}/{account}/{region}/{name}", Self::PARTITION, kind.segment())
    }

    /// All calls on a name.
    #[must_use]
    pub fn of(resource: &Resource) -> Query {
        Query::whole(Self::partition(resource))
    }

    /// The calls that created the resource or asked for a configuration, the oldest first.
    #[must_use]
    pub fn creations(resource: &Resource) -> Query {
        Query::prefix(Self::partition(resource), Self::CREATED)
    }

    /// The text that distinguishes a call from others on the same name. It sorts by time.
    #[must_use]
    pub fn version(&self) -> String {
        let call = format!("{}#{}", millis(self.at), self.by.as_deref().unwrap_or_default());
        match &self.configuration {
            Some(configuration) => format!("{call}#{configuration}"),
            None => call,
        }
    }

    /// The row's key.
    #[must_use]
    pub fn key(&self) -> Key {
        let prefix = match self.effect {
            CallEffect::Created => Self::CREATED,
            CallEffect::Deleted => Self::DELETED,
        };
        Key::new(self.pk.as_str(), format!("{prefix}{}", self.version()))
    }

    /// The write.
    #[must_use]
    pub fn write(&self) -> Write {
        Write::Put(self.item())
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let mut attributes = Attributes::from([(AT.into(), self.at.millis().into())]);
        for (name, text) in [(BY, &self.by), (ASSERTED, &self.asserted), (CONFIGURATION, &self.configuration)]
        {
            attributes.extend(text.iter().map(|text| (name.to_owned(), text.clone().into())));
        }
        Item { key: self.key(), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let Key { pk, sk } = &item.key;
        pk.strip_prefix(Self::PARTITION)?;
        let effect = match sk {
            sk if sk.starts_with(Self::CREATED) => CallEffect::Created,
            sk if sk.starts_with(Self::DELETED) => CallEffect::Deleted,
            _ => return None,
        };
        let text = |name: &str| item.text(name).map(str::to_owned);
        Some(Self {
            pk: pk.clone(),
            effect,
            at: item.number(AT).map(Timestamp::from_millis)?,
            by: text(BY),
            asserted: text(ASSERTED),
            configuration: text(CONFIGURATION),
        })
    }
}
