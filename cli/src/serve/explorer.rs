//! Which page an address leads to. It only reads, and no address makes it panic.

use sagewarden_events::Timestamp;
use sagewarden_govern::{Ask, Question, answer};
use sagewarden_lineage::answer::Reply;
use sagewarden_local::{SimulatedAccount, Store};
use sagewarden_policy::Bundle;
use sagewarden_view::explorer::{Address, DifferencePage, Frame, Page, asked_entity};

use futures::executor::block_on;

use crate::ask::names;
use crate::serve::answered::{Answered, Refused};
use crate::serve::{catalogue, drift, entity, graph, lists, search};

/// What pages are made from.
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

    /// The answer to a request for this target: a path and a query.
    pub(super) fn answer(&self, target: &str) -> Answered {
        let address = Address::parse(target);
        let found = match &address {
            Some(address) => self.page(address),
            None => Err(Refused::wrong(
                "the address is not encoded as it must be: `%` begins two hexadecimal digits of UTF-8"
                    .to_owned(),
            )),
        };
        let frame = self.frame(&address.unwrap_or_default());
        found.unwrap_or_else(|refused| Answered::refused(&refused, &frame))
    }

    pub(super) fn frame(&self, address: &Address) -> Frame {
        Frame { address: address.clone(), is_live: self.is_live, requests: 0 }
    }

    fn page(&self, address: &Address) -> Result<Answered, Refused> {
        let path = address.path();
        match path.as_slice() {
            [] => lists::overview(self, address),
            ["inventory"] => lists::page(self, address, Ask::Inventory, "Models in use"),
            ["findings"] => lists::page(self, address, Ask::Findings, "Findings"),
            ["endpoints"] => lists::page(self, address, Ask::Endpoints, "Endpoints"),
            ["waivers"] => lists::page(self, address, Ask::Waivers, "Waivers"),
            ["remedies"] => lists::page(self, address, Ask::Remedies, "Remedies"),
            ["erased"] => lists::page(self, address, Ask::Erased, "Erased descriptions"),
            ["search"] => search::page(self, address),
            ["controls"] => catalogue::page(self, address),
            ["graph", kind, rest @ ..] if !rest.is_empty() => {
                graph::page(self, address, &asked_entity(kind, rest))
            }
            ["diff", one, first, other, second] => {
                self.difference(address, &asked_entity(one, &[first]), &asked_entity(other, &[second]))
            }
            ["drift", rest @ ..] if !rest.is_empty() => drift::page(self, address, &rest.join("/")),
            ["report", bucket, key @ ..] if !key.is_empty() => drift::report(self, bucket, &key.join("/")),
            [kind, rest @ ..] if !rest.is_empty() => entity::page(self, address, &asked_entity(kind, rest)),
            [_, ..] => Err(self.unknown(&path.join("/"), "there is no page at this address".to_owned())),
        }
    }

    fn difference(&self, address: &Address, one: &str, other: &str) -> Result<Answered, Refused> {
        let question = Question {
            ask: Ask::Diff,
            with: Some(other.to_owned()),
            at: address.get("at").map(str::to_owned),
            ..Question::about(one)
        };
        let reply = block_on(answer(&self.store, &question, &|| false))
            .map_err(|refusal| self.refused(one, refusal.into()))?;
        match reply {
            Reply::Difference(difference) => {
                let page = DifferencePage { difference: &difference };
                self.shown(&page, address, difference.requests)
            }
            _ => Err(Refused::broken("the answer is of another kind".to_owned())),
        }
    }

    /// A page with the number of requests that it took.
    pub(super) fn shown(
        &self,
        page: &dyn Page,
        address: &Address,
        requests: usize,
    ) -> Result<Answered, Refused> {
        Answered::page(page, &Frame { requests, ..self.frame(address) })
    }

    /// A refusal, with the nearest names if nothing is recorded.
    pub(super) fn refused(&self, entity: &str, refused: Refused) -> Refused {
        if refused.status == 404 { self.unknown(entity, refused.trouble.reason) } else { refused }
    }

    fn unknown(&self, entity: &str, reason: String) -> Refused {
        // That no better name was found is not worth a second error.
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
