//! The nodes that attempts at recording still have to refresh, so that a retry finds the changes that its predecessor left.

use std::collections::BTreeSet;

use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::rows::PendingRow;
use sagewarden_lineage::table::{Key, Write};

use crate::notify::Moment;
use crate::ports::{PortError, Table};
use crate::record::closure::query_all;

/// The most nodes in a row: an item holds 400 KB, and an S3 key may have 1 KB. If a record dies, nodes beyond this number are refreshed at
/// their next change.
const MAX_NODES: usize = 200;

/// An attempt that began longer ago has ended: a Lambda function runs for no more than 15 minutes. The sixteenth is for clocks that
/// differ.
const OVER_MS: i64 = 16 * 60_000;

/// The rows of a node.
///
/// INVARIANT: an attempt deletes its own row, and the rows of attempts that have ended. Another attempt that is alive may have written its
/// row and not yet its nodes: deleting that row would leave its retry without the list.
pub(super) struct Pending {
    /// The row of this attempt.
    own: PendingRow,
    /// The nodes that other attempts are changing, or changed and did not refresh.
    of_others: BTreeSet<NodeId>,
    /// The rows to delete in the end.
    over: Vec<Key>,
}

impl Pending {
    /// Reads what attempts at `subject` have left.
    ///
    /// # Errors
    /// When the table fails.
    pub(super) async fn of(table: &impl Table, subject: &NodeId, moment: &Moment) -> Result<Self, PortError> {
        let mut pending = Self::none(subject, moment);
        let own = pending.own.key();
        for item in query_all(table, PendingRow::of(subject)).await? {
            let Some(row) = PendingRow::parse(&item) else { continue };
            if item.key == own {
                // An earlier step of this attempt was cut short by an error.
                pending.own.nodes = row.nodes;
                pending.over.push(item.key);
                continue;
            }
            pending.of_others.extend(row.nodes);
            if moment.now.millis() - row.at.millis() > OVER_MS {
                pending.over.push(item.key);
            }
        }
        Ok(pending)
    }

    /// For a record that names no node of others: neither has any attempt at the same.
    pub(super) fn none(subject: &NodeId, moment: &Moment) -> Self {
        let (at, owner) = (moment.now, moment.owner.clone());
        let own = PendingRow { subject: subject.clone(), at, owner, nodes: BTreeSet::new() };
        Self { own, of_others: BTreeSet::new(), over: Vec::new() }
    }

    /// Notes nodes that the attempt is about to write.
    ///
    /// # Errors
    ///
    /// When the table fails. Then none of these nodes may be written.
    pub(super) async fn note<'a>(
        &mut self,
        table: &impl Table,
        nodes: impl Iterator<Item = &'a NodeId>,
    ) -> Result<(), PortError> {
        let known = self.own.nodes.len();
        self.own.nodes.extend(nodes.cloned());
        if self.own.nodes.len() == known {
            return Ok(());
        }
        let row = PendingRow { nodes: self.nodes_of_row(), ..self.own.clone() };
        self.over.push(row.key());
        table.write(&[row.write()]).await
    }

    /// Every node to refresh.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &NodeId> {
        self.own.nodes.iter().chain(&self.of_others)
    }

    /// All of them are refreshed.
    ///
    /// # Errors
    /// When the table fails.
    pub(super) async fn end(self, table: &impl Table) -> Result<(), PortError> {
        let over: BTreeSet<Key> = self.over.into_iter().collect();
        if over.is_empty() {
            return Ok(());
        }
        table.write(&over.into_iter().map(Write::Delete).collect::<Vec<_>>()).await
    }

    fn nodes_of_row(&self) -> BTreeSet<NodeId> {
        self.own.nodes.iter().take(MAX_NODES).cloned().collect()
    }
}
