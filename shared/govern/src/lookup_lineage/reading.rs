//! Reads for one answer, counted: an answer has a limit of requests and of time.

use std::cell::Cell;

use sagewarden_lineage::graph::StoppedBy;
use sagewarden_lineage::table::{Item, Key, Page, Query};

use super::question::NoAnswer;
use crate::closure::{Reads, query_all};
use crate::ports::{PortError, Table};

/// Keys that one request of DynamoDB's `BatchGetItem` takes.
const KEYS: usize = 100;

/// A table that is read for one answer.
pub(super) struct Reading<'a, T> {
    table: &'a T,
    requests: Cell<usize>,
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

impl<'a, T: Table> Reading<'a, T> {
    /// At most so many requests, and none once the time is over.
    pub(super) fn new(table: &'a T, most: usize, is_over: &'a dyn Fn() -> bool) -> Self {
        Self { table, requests: Cell::new(0), most, is_over }
    }

    /// How many requests there were.
    pub(super) fn requests(&self) -> usize {
        self.requests.get()
    }

    pub(super) async fn get(&self, keys: &[Key]) -> Result<Vec<Item>, Interrupted> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        self.spend(keys.len().div_ceil(KEYS))?;
        Ok(self.table.get(keys).await?)
    }

    pub(super) async fn query(&self, query: &Query) -> Result<Page, Interrupted> {
        self.spend(1)?;
        Ok(self.table.query(query).await?)
    }

    /// Every page of a query.
    pub(super) async fn query_all(&self, query: Query) -> Result<Vec<Item>, Interrupted> {
        query_all(self, query).await
    }

    fn spend(&self, requests: usize) -> Result<(), Interrupted> {
        if (self.is_over)() {
            return Err(Interrupted::Stopped(StoppedBy::Deadline));
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
