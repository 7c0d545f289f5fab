//! What a record still has to refresh.

use std::collections::BTreeSet;

use super::kind::RowKind;
use crate::id::NodeId;
use crate::table::{Attributes, Item, Key, Value, Write};

const NODES: &str = "nodes";

/// The nodes of others that a record changes. It is written before they are, and deleted once the closures that hold them are
/// refreshed: after a crash, a retry cannot see any more which of them changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingRow {
    /// What the record is about.
    pub subject: NodeId,
    /// The nodes; never empty.
    pub nodes: BTreeSet<NodeId>,
}

impl PendingRow {
    /// What the row is.
    pub const KIND: RowKind = RowKind {
        row: "PendingRow",
        says: "the nodes of others that a record is changing; deleted once closures that hold them are refreshed",
        pk: "<identity>",
        sk: "P",
    };
    const SK: &str = "P";

    /// The row's key.
    #[must_use]
    pub fn key(subject: &NodeId) -> Key {
        Key::new(subject.as_str(), Self::SK)
    }

    /// The write.
    #[must_use]
    pub fn write(&self) -> Write {
        Write::Put(self.item())
    }

    /// The write that ends it.
    #[must_use]
    pub fn delete(subject: &NodeId) -> Write {
        Write::Delete(Self::key(subject))
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let nodes = self.nodes.iter().map(ToString::to_string).collect();
        let attributes = Attributes::from([(NODES.into(), Value::Set(nodes))]);
        Item { key: Self::key(&self.subject), attributes }
    }

    /// Reads a row; `None` when it is another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let subject = NodeId::parse(&item.key.pk).filter(|_| item.key.sk == Self::SK)?;
        Some(Self { subject, nodes: item.set(NODES).filter_map(NodeId::parse).collect() })
    }
}
