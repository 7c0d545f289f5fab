//! Counts what DynamoDB would charge for, by its published rules, in front of a table that does the work.
//!
//! An item's size is the bytes of its names and values ("DynamoDB item sizes and formats", developer guide). A write costs a unit
//! for each KB begun of the larger of the item before and after, refused conditions included. A strongly consistent read costs a
//! unit for each 4 KB begun: of each item in `BatchGetItem` (a missing one costs a unit), of the sum in `Query`. Requests are
//! those that `shared/aws/dynamodb` makes: one for the merges of an item, 25 puts or 100 gets in a batch, a page of 1 MB.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use sagewarden_govern::ports::{Claim, Claimed, PortError, Table};
use sagewarden_lineage::fold::{self, by_item, is_one_update};
use sagewarden_lineage::rows::KINDS;
use sagewarden_lineage::table::{Attributes, Item, Key, Page, Query, Range, Write};

/// The requests to the table.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    pub(crate) requests: u64,
    pub(crate) reads: u64,
    pub(crate) writes: u64,
}

impl std::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.reads += other.reads;
        self.writes += other.writes;
    }
}

/// The table with a meter.
#[derive(Debug)]
pub(crate) struct Meter<'a, T> {
    table: &'a T,
    parts: RefCell<BTreeMap<String, Cost>>,
}

impl<'a, T: Table> Meter<'a, T> {
    pub(crate) fn new(table: &'a T) -> Self {
        Self { table, parts: RefCell::default() }
    }

    /// The cost so far by part, and the meter goes back to nothing.
    pub(crate) fn take(&self) -> BTreeMap<String, Cost> {
        self.parts.take()
    }

    fn add(&self, part: &str, cost: Cost) {
        *self.parts.borrow_mut().entry(part.to_owned()).or_default() += cost;
    }

    async fn size_of(&self, key: &Key) -> Result<usize, PortError> {
        Ok(self.table.get(std::slice::from_ref(key)).await?.first().map_or(0, Item::bytes))
    }
}

/// The sum of all parts.
pub(crate) fn total(parts: &BTreeMap<String, Cost>) -> Cost {
    let mut sum = Cost::default();
    parts.values().for_each(|part| sum += *part);
    sum
}

/// Whether a register's version is not newer than the stored one.
fn is_old(write: &Write, stored: Option<&Item>) -> bool {
    let Write::Newest { version_attribute, version, .. } = write else { return false };
    stored.and_then(|item| item.text(version_attribute)).is_some_and(|stored| stored >= version.as_str())
}

fn units(bytes: usize, unit: usize) -> u64 {
    bytes.div_ceil(unit).max(1) as u64
}

/// The meaning of a key, or of its first part: the kind of row whose patterns begin as the key does.
fn part_of(pk: &str, sk: &str) -> String {
    let fixed = |pattern: &'static str| pattern.split('<').next().unwrap_or_default();
    let fits = |pattern: &'static str, text: &str| match fixed(pattern) {
        whole if whole == pattern => text == whole,
        // Only the beginning of a query is known.
        begin => text.starts_with(begin) || begin.starts_with(text),
    };
    let fitting = KINDS.iter().filter(|kind| fits(kind.pk, pk) && fits(kind.sk, sk));
    let nearest = fitting.max_by_key(|kind| (fixed(kind.pk).len(), fixed(kind.sk).len()));
    let row = nearest.map_or("other", |kind| kind.row);
    match row {
        "NodeRow" => "node",
        "DetailRow" => "detail",
        "CurrentRow" => "pointer",
        "ClosureRow" => "closure",
        "LiveRow" => "live index",
        "OutEdgeRow" => "out-edge",
        "StateRow" => "state",
        "RevisionRow" => "revision",
        "HeadRow" | "FollowerRow" => "branch",
        "VerdictRow" | "ComplianceRow" => "verdict",
        "AliasRow" | "CallRow" | "JudgedRow" | "UnindexedRow" => "alias",
        other => other,
    }
    .into()
}

impl<T: Table> Table for Meter<'_, T> {
    async fn write(&self, writes: &[Write]) -> Result<(), PortError> {
        let mut whole = 0_u64;
        for writes in by_item(writes) {
            let key = fold::key(&writes[0]);
            let before = self.table.get(std::slice::from_ref(key)).await?.pop();
            let is_whole = matches!(writes[0], Write::Put(_) | Write::Delete(_));
            // Merges of one item are one update, unless a register is older than the stored one. Then that update is refused, and each
            // merge goes alone.
            let fits = is_one_update(&writes) && !writes.iter().any(|write| is_old(write, before.as_ref()));
            self.table.write(&writes).await?;
            let after = self.size_of(key).await?;
            let cost = units(before.as_ref().map_or(0, Item::bytes).max(after), 1024);
            let updates = match writes.len() as u64 {
                _ if is_whole => 0,
                1 => 1,
                _ if fits => 1,
                several => several + u64::from(is_one_update(&writes)),
            };
            whole += u64::from(is_whole);
            let cost = Cost { requests: updates, reads: 0, writes: cost * updates.max(1) };
            self.add(&part_of(&key.pk, &key.sk), cost);
        }
        if whole > 0 {
            self.add("batches of puts", Cost { requests: whole.div_ceil(25), ..Cost::default() });
        }
        Ok(())
    }

    async fn get(&self, keys: &[Key]) -> Result<Vec<Item>, PortError> {
        let items = self.table.get(keys).await?;
        let keys: BTreeSet<&Key> = keys.iter().collect();
        let found: BTreeMap<&Key, usize> = items.iter().map(|item| (&item.key, item.bytes())).collect();
        for key in &keys {
            let reads = units(found.get(key).copied().unwrap_or_default(), 4096);
            self.add(&part_of(&key.pk, &key.sk), Cost { requests: 0, reads, writes: 0 });
        }
        if let Some(first) = keys.first() {
            let requests = keys.len().div_ceil(100) as u64;
            self.add(&part_of(&first.pk, &first.sk), Cost { requests, ..Cost::default() });
        }
        Ok(items)
    }

    async fn query(&self, query: &Query) -> Result<Page, PortError> {
        let page = self.table.query(query).await?;
        let bytes: usize = page.items.iter().map(Item::bytes).sum();
        let (Range::Prefix(low) | Range::Between(low, _)) = &query.range;
        let cost =
            Cost { requests: bytes.div_ceil(1 << 20).max(1) as u64, reads: units(bytes, 4096), writes: 0 };
        self.add(&part_of(&query.pk, low), cost);
        Ok(page)
    }

    async fn claim(&self, claim: &Claim) -> Result<Claimed, PortError> {
        self.table.claim(claim).await
    }

    async fn settle(&self, claim: &Claim, attributes: Attributes) -> Result<(), PortError> {
        self.table.settle(claim, attributes).await
    }

    async fn release(&self, claim: &Claim) -> Result<(), PortError> {
        self.table.release(claim).await
    }
}
