//! Since when each deployment was in force on an endpoint, and which one is in force now.

use sagewarden_events::Timestamp;

use super::kind::{GONE, RowKind, leading_time, millis};
use crate::id::NodeId;
use crate::table::{Attributes, Item, Key, Query, Write};

const DEPLOYMENT: &str = "dep";

/// From a time on, this deployment was in force on an endpoint, or none any more. Revisions arrive in any order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionRow {
    /// Where.
    pub endpoint: NodeId,
    /// Since when.
    pub at: Timestamp,
    /// The deployment; `None` if the endpoint was deleted.
    pub deployment: Option<NodeId>,
}

impl RevisionRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "RevisionRow",
        says: "the deployment in force on an endpoint from a time on, or none",
        pk: "<endpoint>",
        sk: "R#<time>#<deployment or deleted>",
    };
    const PREFIX: &str = "R#";
    pub(super) const NAMING: [&str; 1] = [DEPLOYMENT];

    /// The revisions of an endpoint, the oldest first.
    #[must_use]
    pub fn of(endpoint: &NodeId) -> Query {
        Query::prefix(endpoint.as_str(), Self::PREFIX)
    }

    /// Revisions up to and including a time, the newest first. The first one was in force at that time.
    #[must_use]
    pub fn until(endpoint: &NodeId, at: Timestamp) -> Query {
        Query::between(endpoint.as_str(), Self::PREFIX, Self::end_of(at)).newest_first()
    }

    /// This revision and the earlier ones, the newest first.
    #[must_use]
    pub fn and_before(&self) -> Query {
        let Key { pk, sk } = self.key();
        Query::between(pk, Self::PREFIX, sk).newest_first()
    }

    /// Revisions between two times, both included, the oldest first.
    #[must_use]
    pub fn between(endpoint: &NodeId, from: Timestamp, until: Timestamp) -> Query {
        Query::between(endpoint.as_str(), Self::begin_of(from), Self::end_of(until))
    }

    /// Revisions since a time (included), the oldest first.
    #[must_use]
    pub fn since(endpoint: &NodeId, from: Timestamp) -> Query {
        Query::between(endpoint.as_str(), Self::begin_of(from), format!("{}~", Self::PREFIX))
    }

    /// The row's key.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(self.endpoint.as_str(), format!("{}{}", Self::PREFIX, self.version()))
    }

    /// The writes: the row, and the pointer of the endpoint, in which the newest revision wins.
    #[must_use]
    pub fn writes(&self) -> [Write; 2] {
        let Item { attributes, .. } = self.item();
        let newest = Write::Newest {
            key: CurrentRow::key(&self.endpoint),
            version_attribute: CurrentRow::VERSION.into(),
            version: self.version(),
            attributes,
        };
        [Write::Put(self.item()), newest]
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        Item { key: self.key(), attributes: Attributes::from([(DEPLOYMENT.into(), self.target().into())]) }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let at = leading_time(item.key.sk.strip_prefix(Self::PREFIX)?)?;
        let deployment = item.text(DEPLOYMENT).and_then(NodeId::parse);
        Some(Self { endpoint: NodeId::parse(&item.key.pk)?, at, deployment })
    }

    fn target(&self) -> &str {
        self.deployment.as_ref().map_or(GONE, NodeId::as_str)
    }

    pub(super) fn version(&self) -> String {
        format!("{}#{}", millis(self.at), self.target())
    }

    /// A text that is not larger than any key of this time.
    fn begin_of(at: Timestamp) -> String {
        format!("{}{}", Self::PREFIX, millis(at))
    }

    /// A text that is not smaller than any key of this time, because no identity begins with a tilde.
    fn end_of(at: Timestamp) -> String {
        format!("{}{}#~", Self::PREFIX, millis(at))
    }
}

/// The deployment that is in force on an endpoint: its newest revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentRow {
    /// Where.
    pub endpoint: NodeId,
    /// Since when.
    pub since: Timestamp,
    /// The deployment; `None` if the endpoint was deleted.
    pub deployment: Option<NodeId>,
}

impl CurrentRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "CurrentRow",
        says: "the deployment that is in force on an endpoint",
        pk: "<endpoint>",
        sk: "C",
    };
    const SK: &str = "C";
    pub(super) const VERSION: &str = "v";

    /// Since when which deployment is in force, as a pointer says it.
    pub(super) fn content(item: &Item) -> Option<(Timestamp, Option<NodeId>)> {
        let since = leading_time(item.text(Self::VERSION)?)?;
        Some((since, item.text(DEPLOYMENT).and_then(NodeId::parse)))
    }

    /// The row's key.
    #[must_use]
    pub fn key(endpoint: &NodeId) -> Key {
        Key::new(endpoint.as_str(), Self::SK)
    }

    /// Whether a key belongs to a pointer.
    #[must_use]
    pub fn is(key: &Key) -> bool {
        key.sk == Self::SK
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let endpoint = NodeId::parse(&item.key.pk).filter(|_| Self::is(&item.key))?;
        let (since, deployment) = Self::content(item)?;
        Some(Self { endpoint, since, deployment })
    }
}
