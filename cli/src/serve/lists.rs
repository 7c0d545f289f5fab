//! The first page, and the lists: the same questions that `list`, `findings` and `inventory` ask.

use futures::executor::block_on;
use sagewarden_govern::{Ask, CountBy, EntryState, Question, answer};
use sagewarden_lineage::answer::Reply;
use sagewarden_lineage::listing::{Items, Listing};
use sagewarden_view::explorer::{Address, ControlTitles, ListPage, OverviewPage};

use crate::input::nearest::Nearest;
use crate::input::now;
use crate::serve::answered::{Refused, SentPage};
use crate::serve::explorer::Explorer;

/// Models on a page: each takes a request or two.
const MODELS: usize = 40;

/// The list at an address.
pub(super) fn page(
    explorer: &Explorer,
    address: &Address,
    ask: Ask,
    title: &'static str,
) -> Result<SentPage, Refused> {
    let get = |name: &str| address.get(name).map(str::to_owned);
    if let Some(at) = get("at").filter(|_| ask == Ask::Findings) {
        return Err(Refused::wrong(format!(
            "the list of findings is of the present: leave out `at`. `/findings?state=all&since={at}` has everything found since \
             then, and the page of a resource has its verdict as of a time"
        )));
    }
    let question = Question {
        severity: get("severity"),
        control: get("control"),
        owner: get("owner"),
        kind: get("kind"),
        account: get("account"),
        region: get("region"),
        since: get("since"),
        cursor: get("cursor"),
        at: get("at").filter(|_| matches!(ask, Ask::Inventory | Ask::Endpoints)),
        limit: (ask == Ask::Inventory).then_some(MODELS),
        state: standing(address)?,
        by: counted_by(address)?,
        would_have_been_stopped: would(address)?,
        ..asked(ask)
    };
    let listing = listing(explorer, &question)?;
    if let Some(control) = question.control.as_deref().filter(|_| listing.items.is_empty()) {
        known_control(explorer, control)?;
    }
    let requests = listing.requests;
    explorer.shown(&ListPage { title, listing, titles: titles(explorer) }, address, requests)
}

/// Whether only those are wanted that `enforce` would have stopped. Questions have the long name.
fn would(address: &Address) -> Result<bool, Refused> {
    for name in ["would", "would_have_been_stopped"] {
        match address.get(name) {
            None => {}
            Some("1" | "yes" | "true") => return Ok(true),
            Some("0" | "no" | "false") => return Ok(false),
            Some(other) => return Err(Refused::wrong(format!("`{name}` is `{other}`: write yes or no"))),
        }
    }
    Ok(false)
}

/// An empty list says that nobody broke a control: that is no answer about a control that does not exist.
fn known_control(explorer: &Explorer, asked: &str) -> Result<(), Refused> {
    let mut nearest = Nearest::to(asked);
    for control in explorer.bundle.controls() {
        if control.id.eq_ignore_ascii_case(asked) {
            return Ok(());
        }
        nearest.consider(&control.id, &control.id);
    }
    let meant = nearest.question().unwrap_or_else(|| "`/controls` has all of them".to_owned());
    Err(Refused::wrong(format!(
        "`control` is `{asked}`, which is neither a control nor in the store: {meant}"
    )))
}

fn standing(address: &Address) -> Result<Option<EntryState>, Refused> {
    Ok(Some(match address.get("state") {
        None => return Ok(None),
        Some("open") => EntryState::Open,
        Some("closed") => EntryState::Closed,
        Some("all") => EntryState::All,
        Some(other) => {
            return Err(Refused::wrong(format!("`state` is `{other}`: write open, closed or all")));
        }
    }))
}

fn counted_by(address: &Address) -> Result<Option<CountBy>, Refused> {
    Ok(Some(match address.get("by") {
        None => return Ok(None),
        Some("owner") => CountBy::Owner,
        Some("control") => CountBy::Control,
        Some("kind") => CountBy::Kind,
        Some("week") => CountBy::Week,
        Some(other) => {
            return Err(Refused::wrong(format!("`by` is `{other}`: write owner, control, kind or week")));
        }
    }))
}

fn asked(ask: Ask) -> Question {
    Question { ask, now: Some(now()), ..Question::default() }
}

fn titles(explorer: &Explorer) -> ControlTitles {
    let controls = explorer.bundle.controls();
    ControlTitles(controls.map(|control| (control.id.clone(), control.title.clone())).collect())
}

fn listing(explorer: &Explorer, question: &Question) -> Result<Listing, Refused> {
    match block_on(answer(&explorer.rows, question, &|| false))? {
        Reply::Listing(listing) => Ok(listing),
        _ => Err(Refused::broken("the answer has another form than expected".to_owned())),
    }
}

/// How many resources have findings of each control, and the requests that it took.
pub(super) fn by_control(
    explorer: &Explorer,
    state: EntryState,
) -> Result<(Vec<(String, usize)>, usize), Refused> {
    let question = Question { by: Some(CountBy::Control), state: Some(state), ..asked(Ask::Findings) };
    let listing = listing(explorer, &question)?;
    let counts = if let Items::Counts(items) = listing.items { items } else { Vec::new() };
    Ok((counts.into_iter().map(|item| (item.value, item.resources)).collect(), listing.requests))
}

/// The first page.
pub(super) fn overview(explorer: &Explorer, address: &Address) -> Result<SentPage, Refused> {
    let now = now();
    let overview = block_on(sagewarden_govern::overview(&explorer.rows, now))?;
    let requests = overview.requests;
    explorer.shown(&OverviewPage { overview, now, titles: titles(explorer) }, address, requests)
}
