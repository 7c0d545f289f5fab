//! The sources of all pages.

use sagewarden_events::Timestamp;
use sagewarden_local::{SimulatedAccount, Store, System};
use sagewarden_policy::Bundle;
use sagewarden_view::explorer::{Address, Frame, Page};

use crate::ask::names;
use crate::serve::answered::{Refused, SentPage};
use crate::serve::source::{Evidence, ReadTable};

/// The sources of a page.
#[derive(Debug)]
pub(crate) struct Explorer {
    pub(super) rows: ReadTable,
    pub(super) evidence: Evidence,
    pub(super) evidence_bucket: String,
    pub(super) bundle: Bundle,
    /// Whether somebody will be there to answer further requests.
    pub(super) is_live: bool,
}

impl Explorer {
    /// The pages of a store, with these policies and settings.
    pub(crate) fn new(store: Store, bundle: Bundle) -> Self {
        let evidence = Evidence::Local(SimulatedAccount::new(store.clone(), "", ""));
        let evidence_bucket = System::EVIDENCE_BUCKET.to_owned();
        Self { rows: ReadTable::Local(store), evidence, evidence_bucket, bundle, is_live: true }
    }

    /// Whether the evidence in a bucket is shown. A stack keeps its own in one bucket, and the reader's credentials open others, too.
    pub(super) fn shows(&self, bucket: &str) -> bool {
        self.rows.store().is_some() || bucket == self.evidence_bucket
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
        let nearest = self.rows.store().and_then(|store| names::nearest(store, entity).ok());
        let names = nearest.map(|nearest| nearest.names()).unwrap_or_default();
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
