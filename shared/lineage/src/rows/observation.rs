//! Runs and findings of monitoring on an endpoint, in the order of time. Identities would sort by the variant or the name of a job.

use sagewarden_events::Timestamp;

use super::kind::{RowKind, leading_time, millis};
use crate::id::NodeId;
use crate::table::{Attributes, Item, Key, Query};

/// An observation on an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservationRow {
    /// Where.
    pub endpoint: NodeId,
    /// The role of its edge.
    pub role: String,
    /// When.
    pub at: Timestamp,
    /// The observation.
    pub node: NodeId,
}

impl ObservationRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "ObservationRow",
        says: "a run or a finding of monitoring on an endpoint, by its time",
        pk: "<endpoint>",
        sk: "N#<role>#<time>#<identity>",
    };
    const PREFIX: &str = "N#";

    /// Every observation in a role, the newest first. If a time is given, only earlier ones.
    #[must_use]
    pub fn before(endpoint: &NodeId, role: &str, before: Option<Timestamp>) -> Query {
        let prefix = Self::in_role(role);
        // A key continues after the time, so observations at exactly that time are not among them.
        let end = before.map_or_else(|| format!("{prefix}~"), |before| format!("{prefix}{}", millis(before)));
        Query::between(endpoint.as_str(), prefix, end).newest_first()
    }

    /// Every observation in a role, from a time on and before another time, the oldest first.
    #[must_use]
    pub fn between(endpoint: &NodeId, role: &str, from: Timestamp, until: Timestamp) -> Query {
        let key = |time: Timestamp| format!("{}{}", Self::in_role(role), millis(time));
        Query::between(endpoint.as_str(), key(from), key(until))
    }

    /// The row's key.
    #[must_use]
    pub fn key(&self) -> Key {
        let sk = format!("{}{}#{}", Self::in_role(&self.role), millis(self.at), self.node);
        Key::new(self.endpoint.as_str(), sk)
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        Item { key: self.key(), attributes: Attributes::new() }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let (role, rest) = item.key.sk.strip_prefix(Self::PREFIX)?.split_once('#')?;
        let at = leading_time(rest)?;
        let node = NodeId::parse(rest.split_once('#')?.1)?;
        Some(Self { endpoint: NodeId::parse(&item.key.pk)?, role: role.to_owned(), at, node })
    }

    fn in_role(role: &str) -> String {
        format!("{}{role}#", Self::PREFIX)
    }
}
