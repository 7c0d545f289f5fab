//! Answers about everything: lists of endpoints, models, jobs, findings and waivers, the inventory, and why something is missing.
//!
//! A list is one document: `items`, whether that is all (`complete`, and `missing` in words if not), and a `cursor` that continues it.

mod cursor;
mod gap;
mod inventory;
mod item;

pub use cursor::ListCursor;
pub use gap::GapExplanation;
pub use inventory::{InventoryItem, SeverityCounts};
pub use item::{
    About, CountItem, EndpointItem, ErasedItem, FindingItem, JobItem, ModelItem, RemedyItem, WaiverItem,
};

use serde::Serialize;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listing {
    /// What the list is about, as a question names it.
    pub list: String,
    /// The entries of this page.
    pub items: Items,
    /// Whether there is nothing more.
    pub complete: bool,
    /// Why there may be more, in words.
    pub missing: Vec<String>,
    /// Continues the list after this page.
    pub cursor: Option<String>,
    /// Requests to the table.
    pub requests: usize,
}

/// The entries of a page. As JSON they are one list.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Items {
    /// Of `endpoints`.
    Endpoints(Vec<EndpointItem>),
    /// Of `models`.
    Models(Vec<ModelItem>),
    /// Of `jobs`.
    Jobs(Vec<JobItem>),
    /// Of `findings`.
    Findings(Vec<FindingItem>),
    /// Of `findings`, counted.
    Counts(Vec<CountItem>),
    /// Of `waivers`.
    Waivers(Vec<WaiverItem>),
    /// Of `remedies`.
    Remedies(Vec<RemedyItem>),
    /// Of `erased`.
    Erased(Vec<ErasedItem>),
    /// Of `inventory`.
    Inventory(Vec<InventoryItem>),
}

impl Items {
    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Endpoints(items) => items.len(),
            Self::Models(items) => items.len(),
            Self::Jobs(items) => items.len(),
            Self::Findings(items) => items.len(),
            Self::Counts(items) => items.len(),
            Self::Waivers(items) => items.len(),
            Self::Remedies(items) => items.len(),
            Self::Erased(items) => items.len(),
            Self::Inventory(items) => items.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
