//! A lineage table that fails as a service does: before a write, in the midst of it, after it, or by answering from the past.
//! All of it follows from a seed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sagewarden_govern::ports::{Claim, Claimed, PortError, PortErrorKind, Table};
use sagewarden_lineage::fold;
use sagewarden_lineage::table::{Attributes, Item, Key, Page, Query, Write};
use sagewarden_measure::Chance;

/// The faults, in percent of the calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Writes, claims and releases that fail: before, in the midst, or after they were applied.
    pub writes: u64,
    /// Reads that fail.
    pub reads: u64,
    /// Receipts that cannot be settled: the notice has been published, and the table does not know.
    pub settles: u64,
    /// Reads that do not see the last writes.
    pub stale: u64,
}

/// How many writes a stale read may miss.
const LAG: usize = 8;

/// A table with faults.
#[derive(Debug)]
pub struct Faulty<T> {
    table: T,
    /// An empty table of the same kind, which gets every write later.
    past: T,
    faults: Faults,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    chance: Chance,
    waiting: VecDeque<Vec<Write>>,
    happened: BTreeMap<&'static str, usize>,
}

/// When a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Before,
    Midway,
    After,
}

impl<T: Table> Faulty<T> {
    /// A table over `table`; `past` is an empty one of its kind.
    pub fn new(table: T, past: T, seed: u64, faults: Faults) -> Self {
        let state = State { chance: Chance::new(seed), waiting: VecDeque::new(), happened: BTreeMap::new() };
        Self { table, past, faults, state: Mutex::new(state) }
    }

    /// How often what happened.
    #[must_use]
    pub fn happened(&self) -> BTreeMap<&'static str, usize> {
        self.state().happened.clone()
    }

    /// From now on nothing goes wrong.
    pub fn heal(&mut self) {
        self.faults = Faults::default();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn strikes(&self, percent: u64, what: &'static str) -> bool {
        let mut state = self.state();
        let strikes = state.chance.below(100) < percent;
        if strikes {
            *state.happened.entry(what).or_default() += 1;
        }
        strikes
    }

    /// Whether and when a change fails.
    fn failure(&self, percent: u64, what: &'static str) -> Option<When> {
        self.strikes(percent, what).then(|| match self.state().chance.below(3) {
            0 => When::Before,
            1 => When::Midway,
            _ => When::After,
        })
    }

    fn error(&self, context: &str) -> PortError {
        match self.state().chance.below(2) {
            0 => PortError::new(PortErrorKind::Throttled, context, "asked to slow down"),
            _ => PortError::new(PortErrorKind::Unavailable, context, "no answer"),
        }
    }

    /// Applies writes here at once, and in the past when more have come.
    async fn apply(&self, writes: &[Write]) -> Result<(), PortError> {
        self.table.write(writes).await?;
        if self.faults.stale == 0 {
            return Ok(());
        }
        let due = {
            let mut state = self.state();
            state.waiting.push_back(writes.to_vec());
            let lag = usize::try_from(state.chance.below(LAG as u64)).unwrap_or(LAG);
            let due = state.waiting.len().saturating_sub(lag);
            state.waiting.drain(..due).collect::<Vec<_>>()
        };
        for writes in due {
            self.past.write(&writes).await?;
        }
        Ok(())
    }

    /// Where a read looks.
    fn source(&self, what: &str) -> Result<&T, PortError> {
        if self.strikes(self.faults.reads, "reads refused") {
            return Err(PortError::new(PortErrorKind::Throttled, what, "asked to slow down"));
        }
        Ok(if self.strikes(self.faults.stale, "stale reads") { &self.past } else { &self.table })
    }

    /// Some of the items in the writes. The writes of one item stay together and in their order.
    fn some(&self, writes: &[Write]) -> Vec<Write> {
        let mut state = self.state();
        let mut chosen = BTreeMap::new();
        let mut some = Vec::new();
        for write in writes {
            if *chosen.entry(fold::key(write)).or_insert_with(|| state.chance.below(2) == 0) {
                some.push(write.clone());
            }
        }
        some
    }
}

impl<T: Table> Table for Faulty<T> {
    async fn write(&self, writes: &[Write]) -> Result<(), PortError> {
        match self.failure(self.faults.writes, "writes") {
            None => return self.apply(writes).await,
            Some(When::Before) => {}
            Some(When::Midway) => self.apply(&self.some(writes)).await?,
            Some(When::After) => self.apply(writes).await?,
        }
        Err(self.error("write"))
    }

    async fn get(&self, keys: &[Key]) -> Result<Vec<Item>, PortError> {
        self.source("get")?.get(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Page, PortError> {
        self.source("query")?.query(query).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Claimed, PortError> {
        match self.failure(self.faults.writes, "claims") {
            None => return self.table.claim(claim).await,
            Some(When::Before | When::Midway) => {}
            Some(When::After) => {
                self.table.claim(claim).await?;
            }
        }
        Err(self.error("claim"))
    }

    async fn settle(&self, claim: &Claim, attributes: Attributes) -> Result<(), PortError> {
        match self.failure(self.faults.settles, "settles") {
            None => return self.table.settle(claim, attributes).await,
            Some(When::Before | When::Midway) => {}
            Some(When::After) => self.table.settle(claim, attributes).await?,
        }
        Err(self.error("settle"))
    }

    async fn release(&self, claim: &Claim) -> Result<(), PortError> {
        match self.failure(self.faults.writes, "releases") {
            None => return self.table.release(claim).await,
            Some(When::Before | When::Midway) => {}
            Some(When::After) => self.table.release(claim).await?,
        }
        Err(self.error("release"))
    }
}
