//! The list of endpoints: those that are live now or were at a time, and those that were deleted.

use sagewarden_events::Timestamp;
use sagewarden_lineage::answer::LiveEndpoint;
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::listing::{About, EndpointItem, Items, LastDrift};
use sagewarden_lineage::rows::node::{CREATED_BY, FOUND, NAME, SEVERITY, STATE, VIOLATIONS};
use sagewarden_lineage::rows::{EndpointRow, NewestResult, NodeRow, RevisionRow, severity_rank};
use sagewarden_lineage::table::{Item, Key};

use super::filter::Filter;
use super::walker::{Size, Walker};
use crate::lookup::question::{EntryState, NoAnswer, Question};
use crate::lookup::reading::{Interrupted, Reading};
use crate::ports::Table;

/// Endpoints whose nodes are read at once: two each.
const AT_ONCE: usize = 50;

/// Answers `endpoints`.
pub(super) async fn endpoints<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
) -> Result<(Items, Walker), NoAnswer> {
    let (filter, at) = (Filter::of(question)?, question.time()?);
    let state = question.state.unwrap_or(EntryState::Open);
    let size =
        Size { entries: question.page_size()?, at_once: AT_ONCE, beside: 0, is_filtered: filter.is_any() };
    let mut walker = Walker::new(question, vec![EndpointRow::of(filter.account(), filter.region())])?;
    let items = walker
        .collect(reading, size, async |rows| {
            let found = in_force(reading, rows, at).await?;
            let nodes = nodes(reading, found.iter().flatten(), &[]).await?;
            let mut items = described(found, &nodes, at);
            for item in &mut items {
                item.retain(|item| {
                    is_in(state, item.live)
                        && filter.wants(&item.about, Some(item.since), item.owner.as_deref())
                });
            }
            Ok(items)
        })
        .await?;
    Ok((Items::Endpoints(items), walker))
}

/// The live endpoints at a glance.
pub(super) struct Glance {
    /// The first of them.
    pub(super) first: Vec<EndpointItem>,
    /// How many there are.
    pub(super) live: usize,
    /// Whether there are more.
    pub(super) is_cut: bool,
    /// Those of the first whose last result of monitoring has violations.
    pub(super) drifting: Vec<LastDrift>,
}

/// The first `shown` live endpoints, and how many of the first `counted` are live. One request reads the list, and one or two read the nodes.
pub(super) async fn glance<T: Table>(
    reading: &Reading<'_, T>,
    shown: usize,
    counted: usize,
) -> Result<Glance, NoAnswer> {
    let page = reading.query(&EndpointRow::of(None, None).at_most(counted)).await?;
    let rows = page.items.iter().filter_map(EndpointRow::parse);
    let mut live: Vec<EndpointRow> = rows.filter(|row| row.deployment.is_some()).collect();
    let number = live.len();
    live.truncate(shown);
    let results: Vec<&NewestResult> = live.iter().flat_map(of_the_last_window).collect();
    let nodes = nodes(reading, live.iter(), &results).await?;
    let drifting = live.iter().filter_map(|row| last_drift(row, &nodes)).collect();
    let first = described(live.into_iter().map(Some).collect(), &nodes, None).into_iter().flatten().collect();
    Ok(Glance { first, live: number, is_cut: page.next.is_some(), drifting })
}

/// The results of the newest window that began under the deployment in force.
pub(super) fn of_the_last_window(row: &EndpointRow) -> Vec<&NewestResult> {
    let is_of_this = |result: &&NewestResult| result.node.created_at().is_none_or(|began| began >= row.since);
    let results: Vec<&NewestResult> = row.results.iter().filter(is_of_this).collect();
    let last = results.iter().map(|result| result.at).max();
    results.into_iter().filter(|result| Some(result.at) == last).collect()
}

/// The worst of these results, if one has violations.
pub(super) fn worst<'i>(results: &[&NewestResult], nodes: &'i [Item]) -> Option<&'i Item> {
    let keys: Vec<Key> = results.iter().map(|result| NodeRow::key(&result.node)).collect();
    let found = nodes.iter().filter(|node| keys.contains(&node.key));
    let violated = found.filter(|node| node.number(VIOLATIONS).is_some_and(|number| number > 0));
    violated.min_by_key(|node| severity_rank(node.text(SEVERITY).unwrap_or_default()))
}

fn last_drift(row: &EndpointRow, nodes: &[Item]) -> Option<LastDrift> {
    let results = of_the_last_window(row);
    let worst = worst(&results, nodes)?;
    Some(LastDrift {
        endpoint: name_of(row, nodes)?,
        at: results.first()?.at,
        severity: worst.text(SEVERITY).map(str::to_owned),
        found: worst.text(FOUND).unwrap_or_default().to_owned(),
    })
}

/// The name as people wrote it. Keys have it in lower case.
fn name_of(row: &EndpointRow, nodes: &[Item]) -> Option<String> {
    let node = nodes.iter().find(|item| item.key == NodeRow::key(&row.endpoint));
    let written = node.and_then(|item| item.text(NAME)).map(str::to_owned);
    written.or_else(|| row.endpoint.as_resource().map(|resource| resource.name))
}

fn is_in(state: EntryState, is_open: bool) -> bool {
    match state {
        EntryState::All => true,
        EntryState::Open => is_open,
        EntryState::Closed => !is_open,
    }
}

/// The endpoints in some rows: their present configuration, or the one in force at a time.
pub(super) async fn in_force<T: Table>(
    reading: &Reading<'_, T>,
    rows: &[Item],
    at: Option<Timestamp>,
) -> Result<Vec<Option<EndpointRow>>, Interrupted> {
    let mut found = Vec::new();
    for row in rows.iter().map(EndpointRow::parse) {
        let (Some(at), Some(now)) = (at, &row) else {
            found.push(row);
            continue;
        };
        let page = reading.query(&RevisionRow::until(&now.endpoint, at).at_most(1)).await?;
        let then = page.items.first().and_then(RevisionRow::parse);
        let results = Vec::new();
        found.push(then.map(|RevisionRow { endpoint, at: since, deployment }| EndpointRow {
            endpoint,
            since,
            deployment,
            results,
        }));
    }
    Ok(found)
}

/// The nodes of endpoints, of their deployments, and of some results.
async fn nodes<'r, T: Table>(
    reading: &Reading<'_, T>,
    rows: impl Iterator<Item = &'r EndpointRow>,
    results: &[&NewestResult],
) -> Result<Vec<Item>, Interrupted> {
    let nodes = rows.flat_map(|row| std::iter::once(&row.endpoint).chain(&row.deployment));
    let keys: Vec<Key> = nodes.chain(results.iter().map(|result| &result.node)).map(NodeRow::key).collect();
    reading.get(&keys).await
}

fn described(
    found: Vec<Option<EndpointRow>>,
    nodes: &[Item],
    at: Option<Timestamp>,
) -> Vec<Vec<EndpointItem>> {
    let node = |id: &NodeId| nodes.iter().find(|item| item.key == NodeRow::key(id));
    let item = |row: EndpointRow| {
        let endpoint = node(&row.endpoint);
        let resource = row.endpoint.as_resource()?;
        let mut about = About::of(&resource);
        about.name = name_of(&row, nodes)?;
        let deployed = row.deployment.as_ref();
        Some(EndpointItem {
            about,
            live: deployed.is_some(),
            // The newest state says nothing about an earlier time.
            state: endpoint.filter(|_| at.is_none()).and_then(|item| item.text(STATE)).map(str::to_owned),
            configuration: deployed.map(|id| LiveEndpoint::of(id).configuration),
            deployment: deployed.map(ToString::to_string),
            since: row.since,
            owner: deployed.and_then(|id| node(id)?.text(CREATED_BY)).map(str::to_owned),
        })
    };
    found.into_iter().map(|row| row.and_then(item).into_iter().collect()).collect()
}
