//! Which page an address leads to. It only reads, and no address makes it panic.

use futures::executor::block_on;
use sagewarden_govern::{Ask, Question, answer as ask};
use sagewarden_lineage::answer::Reply;
use sagewarden_view::explorer::{Address, DifferencePage, asked_entity};

use crate::input::nearest::Nearest;
use crate::serve::answered::{Refused, SentPage};
use crate::serve::explorer::{Explorer, at};
use crate::serve::{catalogue, drift, entity, graph, lists, search};

/// The answer to a request for this target: a path and a query.
pub(super) fn answer(explorer: &Explorer, target: &str) -> SentPage {
    let address = Address::parse(target);
    let found = match &address {
        Some(address) => explorer.still_there().and_then(|()| page(explorer, address)),
        None => Err(Refused::wrong(
            "the address is not encoded as it must be: `%` begins two hexadecimal digits of UTF-8".to_owned(),
        )),
    };
    let frame = explorer.frame(&address.unwrap_or_default());
    found.unwrap_or_else(|refused| SentPage::refused(&refused, &frame))
}

fn page(explorer: &Explorer, address: &Address) -> Result<SentPage, Refused> {
    let path = address.path();
    if let Some(wrong) = address.get("at").filter(|text| !text.is_empty() && at(address).is_none()) {
        return Err(Refused::wrong(format!("`at` is `{wrong}`: write a day or a time, such as 2026-03-02")));
    }
    known_parameters(address)?;
    match path.as_slice() {
        [] => lists::overview(explorer, address),
        ["inventory"] => lists::page(explorer, address, Ask::Inventory, "Models in use"),
        ["findings"] => lists::page(explorer, address, Ask::Findings, "Findings"),
        ["endpoints"] => lists::page(explorer, address, Ask::Endpoints, "Endpoints"),
        ["waivers"] => lists::page(explorer, address, Ask::Waivers, "Waivers"),
        ["remedies"] => lists::page(explorer, address, Ask::Remedies, "Remedies"),
        ["erased"] => lists::page(explorer, address, Ask::Erased, "Erased descriptions"),
        ["search"] => search::page(explorer, address),
        ["controls"] => catalogue::page(explorer, address),
        ["graph", kind, rest @ ..] if !rest.is_empty() => {
            graph::page(explorer, address, &asked_entity(kind, rest))
        }
        ["diff", one, first, other, second] => {
            difference(explorer, address, &asked_entity(one, &[first]), &asked_entity(other, &[second]))
        }
        ["drift", rest @ ..] if !rest.is_empty() => drift::page(explorer, address, &rest.join("/")),
        ["report", bucket, key @ ..] if !key.is_empty() => drift::report(explorer, bucket, &key.join("/")),
        [kind, rest @ ..] if !rest.is_empty() => entity::page(explorer, address, &asked_entity(kind, rest)),
        [_, ..] => Err(explorer.unknown(&path.join("/"), "there is no page at this address".to_owned())),
    }
}

/// The parameters of a page, beside those of every page.
fn parameters(path: &[&str]) -> &'static [&'static str] {
    match path {
        ["inventory" | "findings" | "endpoints" | "waivers" | "remedies" | "erased"] => &[
            "state",
            "severity",
            "by",
            "control",
            "owner",
            "kind",
            "account",
            "region",
            "since",
            "would",
            "would_have_been_stopped",
            "cursor",
        ],
        ["search"] => &["q"],
        ["controls"] => &["severity", "chapter", "show"],
        ["graph", ..] => &["depth", "open", "apart", "hide", "path", "past"],
        _ => &[],
    }
}

/// A parameter that nobody reads would be ignored in silence: it is refused.
fn known_parameters(address: &Address) -> Result<(), Refused> {
    let known: Vec<&str> = parameters(&address.path()).iter().copied().chain(["at", "format"]).collect();
    let Some((wrong, _)) = address.query().find(|(name, _)| !known.contains(name)) else { return Ok(()) };
    let mut nearest = Nearest::to(wrong);
    known.iter().for_each(|name| nearest.consider(name, name));
    let meant = nearest.question().unwrap_or_else(|| format!("write {}", known.join(", ")));
    Err(Refused::wrong(format!("`{wrong}` is no parameter of this page: {meant}")))
}

fn difference(explorer: &Explorer, address: &Address, one: &str, other: &str) -> Result<SentPage, Refused> {
    let question = Question {
        ask: Ask::Diff,
        with: Some(other.to_owned()),
        at: address.get("at").map(str::to_owned),
        ..Question::about(one)
    };
    let reply = block_on(ask(&explorer.rows, &question, &|| false))
        .map_err(|refusal| explorer.refused(one, refusal.into()))?;
    match reply {
        Reply::Difference(difference) => {
            let page = DifferencePage { difference: &difference };
            explorer.shown(&page, address, difference.requests)
        }
        _ => Err(Refused::broken("the answer has another form than expected".to_owned())),
    }
}
