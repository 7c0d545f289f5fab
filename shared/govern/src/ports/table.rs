//! The lineage table: reads, writes that commute, and claims.

use sagewarden_events::Timestamp;
use sagewarden_lineage::table::{Attributes, Item, Key, Page, Query, Write};

use super::error::PortError;

/// A claim on a side effect that must happen once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The receipt's key.
    pub key: Key,
    /// Who claims: one invocation. Only this owner can settle or release.
    pub owner: String,
    /// Now.
    pub now: Timestamp,
    /// Until when no other delivery may claim, in case the owner dies.
    pub until: Timestamp,
    /// What is to be said should the owner die: the receipt holds it until the claim is settled.
    pub owed: Option<String>,
}

/// What came of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// It is the caller's: do it, then settle. `owed` is what an earlier claim that came to no end left to be said.
    Mine {
        /// Of the earliest such claim.
        owed: Option<String>,
    },
    /// It has been done.
    Done,
    /// Somebody else is at it; try again later.
    Busy,
}

/// The lineage table. Reads see all writes that returned before.
pub trait Table {
    /// Applies the writes, each by itself. Writes of one item take effect in their order, writes of different
    /// items in no particular order. After an error some may have been applied; the same call again completes them. An item that
    /// is too large (400 KB) is an `Invalid` error.
    async fn write(&self, writes: &[Write]) -> Result<(), PortError>;

    /// The items of these keys, in no particular order; missing ones are left out, and one that is named twice comes once.
    async fn get(&self, keys: &[Key]) -> Result<Vec<Item>, PortError>;

    /// One page of a partition.
    async fn query(&self, query: &Query) -> Result<Page, PortError>;

    /// Claims a side effect. The receipt says `st` = `claimed`, and until when in `until` (milliseconds): granted if no delivery has it,
    /// when the last claim ran out unsettled, and again to its owner. What is owed stays what the first of these claims said.
    async fn claim(&self, claim: &Claim) -> Result<Claimed, PortError>;

    /// Marks a claimed side effect as done. The receipt keeps nothing but `attributes` and `st` = `done`, so that it is
    /// the same for every delivery. Fails if the claim is not (or no longer) the owner's.
    async fn settle(&self, claim: &Claim, attributes: Attributes) -> Result<(), PortError>;

    /// Gives a claim back after a failure; nothing happens when it is not the owner's. Where something is owed, the receipt stays
    /// and says what the claim says now, and anybody may claim it.
    async fn release(&self, claim: &Claim) -> Result<(), PortError>;
}

/// A table that somebody else holds.
impl<T: Table> Table for &T {
    async fn write(&self, writes: &[Write]) -> Result<(), PortError> {
        (*self).write(writes).await
    }

    async fn get(&self, keys: &[Key]) -> Result<Vec<Item>, PortError> {
        (*self).get(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Page, PortError> {
        (*self).query(query).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Claimed, PortError> {
        (*self).claim(claim).await
    }

    async fn settle(&self, claim: &Claim, attributes: Attributes) -> Result<(), PortError> {
        (*self).settle(claim, attributes).await
    }

    async fn release(&self, claim: &Claim) -> Result<(), PortError> {
        (*self).release(claim).await
    }
}
