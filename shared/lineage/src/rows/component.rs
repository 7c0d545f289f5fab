//! Which inference components were put onto an endpoint.

use super::kind::RowKind;
use crate::id::{NodeId, NodeKind};
use crate::table::{Attributes, Item, Key, Query};

/// A version of an inference component was put onto an endpoint. Its node says until when it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentRow {
    /// Where.
    pub endpoint: NodeId,
    /// The version; its identity has the time since when.
    pub version: NodeId,
}

impl ComponentRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "ComponentRow",
        says: "a version of an inference component that was put onto an endpoint",
        pk: "<endpoint>",
        sk: "I#<identity>",
    };
    const PREFIX: &str = "I#";

    /// The components of an endpoint; the versions of one component follow each other, the oldest first.
    #[must_use]
    pub fn of(endpoint: &NodeId) -> Query {
        Query::prefix(endpoint.as_str(), Self::PREFIX)
    }

    /// The versions of the same component on the same endpoint, the oldest first.
    #[must_use]
    pub fn of_same_component(&self) -> Query {
        let version = self.version.as_str();
        let component = version.rsplit_once('@').map_or(version, |(component, _)| component);
        Query::prefix(self.endpoint.as_str(), format!("{}{component}@", Self::PREFIX))
    }

    /// The row's key.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(self.endpoint.as_str(), format!("{}{}", Self::PREFIX, self.version))
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        Item { key: self.key(), attributes: Attributes::new() }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let version = NodeId::parse(item.key.sk.strip_prefix(Self::PREFIX)?)?;
        let endpoint = NodeId::parse(&item.key.pk)?;
        (version.kind() == NodeKind::InferenceComponent).then_some(Self { endpoint, version })
    }
}
