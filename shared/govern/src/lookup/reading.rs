//! Reads for one answer, counted: an answer has a limit of requests, of bytes and of time.

use std::cell::Cell;

use sagewarden_lineage::graph::{Graph, StoppedBy};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::rows::NodeRow;
use sagewarden_lineage::table::{Item, Key, Page, Query};

use super::question::NoAnswer;
use crate::ports::{PortError, Table};
use crate::record::closure::{Reads, query_all};

/// Keys that one request of DynamoDB's `BatchGetItem` takes.
pub(super) const KEYS: usize = 100;

/// Bytes of items that one answer is made of, and of details beside them. A process takes several times as much to show them; it
/// is to stay below 64 MB (docs/BENCHMARKS.md). The last read may go beyond.
const MAX_BYTES: usize = 4_000_000;
const MAX_DETAILS: usize = 2_000_000;

/// A table that is read for one answer.
pub(super) struct Reading<'a, T> {
    table: &'a T,
    requests: Cell<usize>,
    /// Bytes that may still be read.
    bytes: Cell<usize>,
    most: usize,
    is_over: &'a dyn Fn() -> bool,
}

/// Why a read did not happen.
#[derive(Debug)]
pub(super) enum Interrupted {
    /// A limit was reached.
    Stopped(StoppedBy),
    /// The table failed.
    Port(PortError),
}

impl From<PortError> for Interrupted {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl From<Interrupted> for NoAnswer {
    fn from(interrupted: Interrupted) -> Self {
        match interrupted {
            Interrupted::Stopped(why) => Self::Stopped(why),
            Interrupted::Port(error) => Self::Port(error),
        }
    }
}

/// Rows that extend an existing answer; `None` if a limit cuts them off.
pub(super) fn or_cut<R>(read: Result<R, Interrupted>, graph: &mut Graph) -> Result<Option<R>, NoAnswer> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(Interrupted::Stopped(why)) => {
            graph.stopped_by = graph.stopped_by.or(Some(why));
            Ok(None)
        }
        Err(Interrupted::Port(error)) => Err(error.into()),
    }
}

impl<'a, T: Table> Reading<'a, T> {
    /// Allows at most `most` requests, and none once the time is over.
    pub(super) fn new(table: &'a T, most: usize, is_over: &'a dyn Fn() -> bool) -> Self {
        Self { table, requests: Cell::new(0), bytes: Cell::new(MAX_BYTES), most, is_over }
    }

    /// How many requests there were.
    pub(super) fn requests(&self) -> usize {
        self.requests.get()
    }

    /// From now on nodes are read, which have a limit of bytes of their own.
    pub(super) fn begin_nodes(&self) {
        self.bytes.set(MAX_BYTES);
    }

    /// From now on details are read, which have a limit of bytes of their own.
    pub(super) fn begin_details(&self) {
        self.bytes.set(MAX_DETAILS);
    }

    pub(super) async fn get(&self, keys: &[Key]) -> Result<Vec<Item>, Interrupted> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        self.spend(keys.len().div_ceil(KEYS))?;
        let items = self.table.get(keys).await?;
        self.count(&items);
        Ok(items)
    }

    /// The row of a node.
    pub(super) async fn node(&self, id: &NodeId) -> Result<Option<Item>, Interrupted> {
        Ok(self.get(&[NodeRow::key(id)]).await?.pop())
    }

    pub(super) async fn query(&self, query: &Query) -> Result<Page, Interrupted> {
        self.spend(1)?;
        let page = self.table.query(query).await?;
        self.count(&page.items);
        Ok(page)
    }

    /// Every page of a query.
    pub(super) async fn query_all(&self, query: Query) -> Result<Vec<Item>, Interrupted> {
        query_all(self, query).await
    }

    fn count(&self, items: &[Item]) {
        self.bytes.set(self.bytes.get().saturating_sub(items.iter().map(Item::bytes).sum()));
    }

    fn spend(&self, requests: usize) -> Result<(), Interrupted> {
        if (self.is_over)() {
            return Err(Interrupted::Stopped(StoppedBy::Deadline));
        }
        if self.bytes.get() == 0 {
            return Err(Interrupted::Stopped(StoppedBy::MaxBytes));
        }
        let spent = self.requests.get() + requests;
        if spent > self.most {
            return Err(Interrupted::Stopped(StoppedBy::MaxRequests));
        }
        self.requests.set(spent);
        Ok(())
    }
}

impl<T: Table> Reads for Reading<'_, T> {
    type Error = Interrupted;

    async fn items(&self, keys: &[Key]) -> Result<Vec<Item>, Interrupted> {
        self.get(keys).await
    }

    async fn page(&self, query: &Query) -> Result<Page, Interrupted> {
        self.query(query).await
    }
}
