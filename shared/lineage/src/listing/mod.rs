//! Answers about everything: lists of endpoints, models, jobs, findings and waivers, the inventory, and why something is missing.
//!
//! A list is one document: `items`, whether that is all (`complete`, and `missing` in words if not), and a `cursor` that continues it.

mod cursor;
mod drift;
mod gap;
mod inventory;
mod item;

pub use cursor::ListCursor;
pub use drift::LastDrift;
pub use gap::GapExplanation;
pub use inventory::{InventoryItem, SeverityCounts};
pub use item::{
    About, CountItem, EndpointItem, ErasedItem, FindingItem, JobItem, ModelItem, RemedyItem, WaiverItem,
};

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listing {
    /// The subject of the list, as a question names it.
    pub list: String,
    /// The entries of this page.
    pub items: Items,
    /// Whether there is nothing more.
    pub complete: bool,
    /// Why there may be more, in words.
    pub missing: Vec<String>,
    /// Continues the list after this page.
    pub cursor: Option<String>,
    /// How many events of the newest month never arrived, in words, if that was counted. The first page says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<String>,
    /// Requests to the table.
    pub requests: usize,
}

/// What the first page of an account shows.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The first live endpoints.
    pub endpoints: Listing,
    /// How many endpoints are live; if there are more, the list of them is not complete.
    pub live: usize,
    /// The open findings.
    pub findings: Listing,
    /// The waivers.
    pub waivers: Listing,
    /// Those of the first endpoints whose last window has violations.
    pub drifting: Vec<LastDrift>,
    /// Requests to the table.
    pub requests: usize,
}

/// The entries of a page. As JSON they are one list.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Items {
    /// Entries of `endpoints`.
    Endpoints(Vec<EndpointItem>),
    /// Entries of `models`.
    Models(Vec<ModelItem>),
    /// Entries of `jobs`.
    Jobs(Vec<JobItem>),
    /// Entries of `findings`.
    Findings(Vec<FindingItem>),
    /// Counts of `findings`.
    Counts(Vec<CountItem>),
    /// Entries of `waivers`.
    Waivers(Vec<WaiverItem>),
    /// Entries of `remedies`.
    Remedies(Vec<RemedyItem>),
    /// Entries of `erased`.
    Erased(Vec<ErasedItem>),
    /// Entries of `inventory`.
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

    /// Whether it has no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A page as [`Serialize`] writes it: the name of the list says what its entries are.
impl<'de> Deserialize<'de> for Listing {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct ListDocument {
            list: String,
            items: Vec<Value>,
            complete: bool,
            missing: Vec<String>,
            cursor: Option<String>,
            #[serde(default)]
            events: Option<String>,
            requests: usize,
        }
        let ListDocument { list, items, complete, missing, cursor, events, requests } =
            ListDocument::deserialize(input)?;
        let items = Items::of(&list, items).map_err(D::Error::custom)?;
        Ok(Self { list, items, complete, missing, cursor, events, requests })
    }
}

impl Items {
    fn of(list: &str, items: Vec<Value>) -> Result<Self, serde_json::Error> {
        fn each<Item: DeserializeOwned>(items: Vec<Value>) -> Result<Vec<Item>, serde_json::Error> {
            items.into_iter().map(serde_json::from_value).collect()
        }
        Ok(match list {
            "endpoints" => Self::Endpoints(each(items)?),
            "models" => Self::Models(each(items)?),
            "jobs" => Self::Jobs(each(items)?),
            // Findings that were counted are a list of the same name.
            "findings" if items.iter().any(|item| item.get("by").is_some()) => Self::Counts(each(items)?),
            "findings" => Self::Findings(each(items)?),
            "waivers" => Self::Waivers(each(items)?),
            "remedies" => Self::Remedies(each(items)?),
            "erased" => Self::Erased(each(items)?),
            "inventory" => Self::Inventory(each(items)?),
            other => return Err(serde_json::Error::custom(format!("`{other}` is not a list"))),
        })
    }
}
