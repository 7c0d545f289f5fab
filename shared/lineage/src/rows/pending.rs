//! The nodes whose closures an attempt at recording still has to refresh.

use std::collections::BTreeSet;

use sagewarden_events::Timestamp;

use super::kind::{RowKind, leading_time, millis};
use super::receipt::ReceiptRow;
use crate::id::NodeId;
use crate::table::{Attributes, Item, Key, Query, Value, Write};

const NODES: &str = "nodes";

/// The nodes of other entities that an attempt changes. This row is written before these nodes, and deleted after the closures that hold
/// them are refreshed. After a crash, a retry could not see any more which of them changed.
///
/// Each attempt has a row of its own. If two attempts shared a row, one would delete nodes that the other still has to refresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingRow {
    /// The node that the attempt records.
    pub subject: NodeId,
    /// When the attempt began.
    pub at: Timestamp,
    /// Unique to the attempt.
    pub owner: String,
    /// The nodes; never empty.
    pub nodes: BTreeSet<NodeId>,
}

impl PendingRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "PendingRow",
        says: "the nodes of others that an attempt at recording a node is changing; deleted once closures that hold them are \
               refreshed",
        pk: "P#<identity>",
        sk: "<time>#<attempt>",
    };
    const PREFIX: &str = "P#";
    /// If an attempt leaves its row behind, the next attempt deletes it, if the node is recorded again. When the row expires, no queue has
    /// the event any more, because SQS keeps a message for 14 days.
    const LASTS_SECONDS: i64 = 30 * 86_400;

    /// The rows of all attempts at a node, the oldest first.
    #[must_use]
    pub fn of(subject: &NodeId) -> Query {
        Query::whole(Self::pk(subject))
    }

    /// The bounds of the partitions of all such rows: the first is included, the second is not.
    #[must_use]
    pub fn partitions() -> [&'static str; 2] {
        [Self::PREFIX, "P$"]
    }

    /// The row's key.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(Self::pk(&self.subject), format!("{}#{}", millis(self.at), self.owner))
    }

    /// The write.
    #[must_use]
    pub fn write(&self) -> Write {
        Write::Put(self.item())
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let nodes = self.nodes.iter().map(ToString::to_string).collect();
        let expires = self.at.millis() / 1000 + Self::LASTS_SECONDS;
        let attributes = Attributes::from([
            (NODES.into(), Value::Set(nodes)),
            (ReceiptRow::EXPIRES.into(), Value::Number(expires)),
        ]);
        Item { key: self.key(), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let subject = NodeId::parse(item.key.pk.strip_prefix(Self::PREFIX)?)?;
        let (at, owner) = (leading_time(&item.key.sk)?, item.key.sk.split_once('#')?.1.to_owned());
        Some(Self { subject, at, owner, nodes: item.set(NODES).filter_map(NodeId::parse).collect() })
    }

    fn pk(subject: &NodeId) -> String {
        format!("{}{subject}", Self::PREFIX)
    }
}
