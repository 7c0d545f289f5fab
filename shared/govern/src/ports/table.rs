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
    /// The notice to publish if the owner dies: the receipt holds it until the claim is settled.
    pub owed: Option<String>,
}

/// The result of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// The claim is granted: act, then settle. `owed` is the notice of an earlier claim whose owner died.
    Mine {
        /// The time of the earliest such claim.
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

    /// Claims a side effect. The receipt then has `st` = `claimed` and the end of the claim in `until` (milliseconds). The claim is granted
    /// if no delivery holds one, if the last one ran out unsettled, or if the caller owns it. The owed notice stays the one of the first of
    /// these claims.
    async fn claim(&self, claim: &Claim) -> Result<Claimed, PortError>;

    /// Marks a claimed side effect as done. The receipt keeps only `attributes` and `st` = `done`, so that it is the same for every
    /// delivery. Fails if the claim is not (or no longer) the owner's.
    async fn settle(&self, claim: &Claim, attributes: Attributes) -> Result<(), PortError>;

    /// Gives a claim back after a failure. Does nothing if the caller does not own it. If a notice is owed, the receipt stays with the
    /// notice of this claim, and any delivery may claim it.
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
