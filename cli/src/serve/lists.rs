//! The first page, and the lists: the same questions that `list`, `findings` and `inventory` ask.

use futures::executor::block_on;
use sagewarden_govern::{Ask, CountBy, EntryState, Question, answer};
use sagewarden_lineage::answer::Reply;
use sagewarden_lineage::edge::OBSERVED_ON;
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::listing::{EndpointItem, Items, Listing};
use sagewarden_lineage::rows::node::{FOUND, SEVERITY, VIOLATIONS};
use sagewarden_lineage::rows::{NodeRow, ObservationRow};
use sagewarden_view::explorer::{Address, LastDrift, ListPage, OverviewPage};

use sagewarden_events::Resource;
use sagewarden_govern::ports::Table as _;

use crate::input::now;
use crate::serve::answered::{Refused, SentPage};
use crate::serve::explorer::Explorer;

/// The most open findings that the first page counts; if there are more, it says so.
const COUNTED: usize = 1_000;
/// Endpoints whose last window is looked at.
const WATCHED: usize = 20;
/// The results of all monitors for one window: data, quality, bias and attribution.
const OF_A_WINDOW: usize = 4;

/// The list at an address.
pub(super) fn page(
    explorer: &Explorer,
    address: &Address,
    ask: Ask,
    title: &'static str,
) -> Result<SentPage, Refused> {
    let get = |name: &str| address.get(name).map(str::to_owned);
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
        state: standing(address)?,
        by: counted_by(address)?,
        would_have_been_stopped: address.get("would").is_some(),
        ..asked(ask)
    };
    let listing = listing(explorer, &question)?;
    let requests = listing.requests;
    explorer.shown(&ListPage { title, listing }, address, requests)
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
    let endpoints = listing(explorer, &asked(Ask::Endpoints))?;
    let findings = listing(explorer, &Question { limit: Some(COUNTED), ..asked(Ask::Findings) })?;
    let waivers = listing(explorer, &asked(Ask::Waivers))?;
    let live: &[EndpointItem] = if let Items::Endpoints(items) = &endpoints.items { items } else { &[] };
    let (drifting, looked) = drifting(explorer, live)?;
    let requests = endpoints.requests + findings.requests + waivers.requests + looked;
    let page = OverviewPage { endpoints, findings, waivers, drifting, now: now() };
    explorer.shown(&page, address, requests)
}

/// The endpoints in whose last window under the present deployment monitoring found violations, and the requests that it took: one for each endpoint, and one for all that
/// was found.
fn drifting(explorer: &Explorer, live: &[EndpointItem]) -> Result<(Vec<LastDrift>, usize), Refused> {
    let mut last = Vec::new();
    let mut requests = 0;
    for item in live.iter().take(WATCHED) {
        let Ok(resource) = Resource::parse_arn(&item.about.arn) else { continue };
        let newest =
            ObservationRow::before(&NodeId::endpoint(&resource), OBSERVED_ON, None).at_most(OF_A_WINDOW);
        let page = block_on(explorer.rows.query(&newest))?;
        requests += 1;
        // A window that began earlier is about the deployment before.
        let is_of_this = |row: &ObservationRow| row.node.created_at().is_none_or(|began| began >= item.since);
        let rows: Vec<ObservationRow> =
            page.items.iter().filter_map(ObservationRow::parse).filter(is_of_this).collect();
        let at = rows.first().map(|row| row.at);
        last.extend(
            rows.into_iter().filter(|row| Some(row.at) == at).map(|row| (item.about.name.clone(), row)),
        );
    }
    let keys: Vec<_> = last.iter().map(|(_, row)| NodeRow::key(&row.node)).collect();
    if keys.is_empty() {
        return Ok((Vec::new(), requests));
    }
    let nodes = block_on(explorer.rows.get(&keys))?;
    let mut found: Vec<LastDrift> = Vec::new();
    for (endpoint, row) in last {
        let node = nodes.iter().find(|node| node.key == NodeRow::key(&row.node));
        let Some(node) = node.filter(|node| node.number(VIOLATIONS).is_some_and(|number| number > 0)) else {
            continue;
        };
        let severity = node.text(SEVERITY).map(str::to_owned);
        let words = node.text(FOUND).unwrap_or_default().to_owned();
        match found.iter_mut().find(|known| known.endpoint == endpoint) {
            // If several monitors have results, the worst one counts.
            Some(known)
                if known.severity.as_deref() == Some("critical")
                    || severity.as_deref() != Some("critical") => {}
            Some(known) => (known.severity, known.found) = (severity, words),
            None => found.push(LastDrift { endpoint, at: row.at, severity, found: words }),
        }
    }
    Ok((found, requests + 1))
}
