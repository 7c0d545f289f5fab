//! The sources of all pages.

use sagewarden_events::Timestamp;
use sagewarden_local::{SimulatedAccount, Store};
use sagewarden_policy::Bundle;
use sagewarden_view::explorer::{Address, Frame, Page};

use crate::ask::names;
use crate::serve::answered::{Refused, SentPage};

/// The sources of a page.
#[derive(Debug)]
pub(crate) struct Explorer {
    pub(super) store: Store,
    /// Evidence is read from the buckets of the store.
    pub(super) objects: SimulatedAccount,
    pub(super) bundle: Bundle,
    /// Whether somebody will be there to answer further requests.
    pub(super) is_live: bool,
}

impl Explorer {
    /// The pages of a store, with these policies and settings.
    pub(crate) fn new(store: Store, bundle: Bundle) -> Self {
        let objects = SimulatedAccount::new(store.clone(), "", "");
        Self { store, objects, bundle, is_live: true }
    }

    pub(super) fn frame(&self, address: &Address) -> Frame {
        Frame { address: address.clone(), is_live: self.is_live, requests: 0 }
    }

    /// A page with the number of requests that it took.
    pub(super) fn shown(
        &self,
        page: &dyn Page,
        address: &Address,
        requests: usize,
    ) -> Result<SentPage, Refused> {
        SentPage::page(page, &Frame { requests, ..self.frame(address) })
    }

    /// A refusal, with the nearest names if nothing is recorded.
    pub(super) fn refused(&self, entity: &str, refused: Refused) -> Refused {
        if refused.status == 404 { self.unknown(entity, refused.trouble.reason) } else { refused }
    }

    /// Nothing is recorded: the names that are nearest may have been meant.
    pub(super) fn unknown(&self, entity: &str, reason: String) -> Refused {
        // If no similar name is found, that is not a second error.
        let names = names::nearest(&self.store, entity).map(|nearest| nearest.names()).unwrap_or_default();
        let page = |name: String| Some((entity_page(&name)?, name));
        Refused::unknown(reason).near(names.into_iter().filter_map(page).collect())
    }
}

/// The page of an entity as people type it.
pub(super) fn entity_page(entity: &str) -> Option<Address> {
    if entity.starts_with("s3://") {
        return Some(Address::of(["dataset", entity]));
    }
    let (kind, name) = entity.split_once('/')?;
    Some(Address::of([kind, name]))
}

/// The time of a page, or now.
pub(super) fn at(address: &Address) -> Option<Timestamp> {
    let text = address.get("at")?;
    Timestamp::end_of_day(text).or_else(|| Timestamp::from_text(text))
}
