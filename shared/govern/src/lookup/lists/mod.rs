//! Answers about everything, a page at a time. Each list is made from rows that are kept for it: `shared/lineage/src/rows/{index,finding}.rs`.

mod endpoints;
mod filter;
mod findings;
mod inventory;
mod jobs;
mod models;
mod walker;

use sagewarden_events::Timestamp;
use sagewarden_lineage::listing::{Items, Listing, Overview};

use super::arrived::{arrived, sentence};
use super::question::{Ask, NoAnswer, Question};
use super::reading::Reading;
use crate::ports::Table;
use endpoints::Glance;

/// Answers a question for a list.
pub(super) async fn list<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
) -> Result<Listing, NoAnswer> {
    // A list of open findings begins with what sweeps have counted. Other lists ask for it.
    let mut counted = None;
    let (items, walker) = match question.ask {
        Ask::Endpoints => endpoints::endpoints(reading, question).await?,
        Ask::Models => models::models(reading, question).await?,
        Ask::Jobs => jobs::jobs(reading, question).await?,
        Ask::Waivers => findings::waivers(reading, question).await?,
        Ask::Remedies => findings::remedies(reading, question).await?,
        Ask::Erased => findings::erased(reading, question).await?,
        Ask::Inventory => inventory::inventory(reading, question).await?,
        _ => {
            let (items, walker, beside) = findings::findings(reading, question).await?;
            counted = beside;
            (items, walker)
        }
    };
    // Once for a list: on its first page. Waivers, remedies and erasures are acts, and say nothing of what there is.
    let is_of_acts = matches!(question.ask, Ask::Waivers | Ask::Remedies | Ask::Erased);
    let events = match counted {
        _ if question.cursor.is_some() || is_of_acts => None,
        Some(rows) => sentence(&rows),
        None => arrived(reading).await?,
    };
    let mut missing: Vec<String> = walker.missing().into_iter().collect();
    // Counts of a part cannot be added up: another page would name the same resources.
    let cursor = walker.cursor().filter(|_| question.by.is_none());
    if question.by.is_some() && !missing.is_empty() {
        missing =
            vec!["not everything was counted: raise `max_requests`, or narrow the list down".to_owned()];
    }
    Ok(Listing {
        list: question.ask_word(),
        items,
        complete: missing.is_empty(),
        missing,
        cursor,
        events,
        requests: reading.requests(),
    })
}

/// The most open findings that an overview counts; if there are more, it says so.
const COUNTED: usize = 1_000;
/// Endpoints that an overview names, and whose last window it looks at.
const SHOWN: usize = 20;

/// Answers what the first page of an account shows, in about four requests.
///
/// # Errors
/// If the table fails.
pub async fn overview(table: &impl Table, now: Timestamp) -> Result<Overview, NoAnswer> {
    let asked = |ask| Question { ask, now: Some(now), ..Question::default() };
    let reading = Reading::new(table, asked(Ask::Findings).bounds()?.requests, &|| false);
    let findings = list(&reading, &Question { limit: Some(COUNTED), ..asked(Ask::Findings) }).await?;
    let Glance { first, live, is_cut, drifting } = endpoints::glance(&reading, SHOWN, COUNTED).await?;
    let endpoints = Listing {
        list: asked(Ask::Endpoints).ask_word(),
        complete: !is_cut && live <= SHOWN,
        missing: if is_cut || live > SHOWN { vec!["these are the first".to_owned()] } else { Vec::new() },
        items: Items::Endpoints(first),
        cursor: None,
        events: None,
        requests: reading.requests(),
    };
    let waivers = list(&reading, &asked(Ask::Waivers)).await?;
    let requests = reading.requests();
    Ok(Overview { endpoints, live, findings, waivers, drifting, requests })
}
