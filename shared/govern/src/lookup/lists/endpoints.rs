//! The list of endpoints: those that are live now or were at a time, and those that were deleted.

use sagewarden_events::Timestamp;
use sagewarden_lineage::answer::LiveEndpoint;
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::listing::{About, EndpointItem, Items};
use sagewarden_lineage::rows::node::{CREATED_BY, NAME, STATE};
use sagewarden_lineage::rows::{EndpointRow, NodeRow, RevisionRow};
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
            let mut items = described(reading, rows, at).await?;
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
        let then =
            then.map(|row| EndpointRow { endpoint: row.endpoint, since: row.at, deployment: row.deployment });
        found.push(then);
    }
    Ok(found)
}

async fn described<T: Table>(
    reading: &Reading<'_, T>,
    rows: &[Item],
    at: Option<Timestamp>,
) -> Result<Vec<Vec<EndpointItem>>, Interrupted> {
    let found = in_force(reading, rows, at).await?;
    let nodes = found.iter().flatten().flat_map(|row| std::iter::once(&row.endpoint).chain(&row.deployment));
    let keys: Vec<Key> = nodes.map(NodeRow::key).collect();
    let nodes = reading.get(&keys).await?;
    let node = |id: &NodeId| nodes.iter().find(|item| item.key == NodeRow::key(id));
    let item = |row: EndpointRow| {
        let endpoint = node(&row.endpoint);
        let resource = row.endpoint.as_resource()?;
        let mut about = About::of(&resource);
        about.name = endpoint.and_then(|item| item.text(NAME)).unwrap_or(&about.name).to_owned();
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
    Ok(found.into_iter().map(|row| row.and_then(item).into_iter().collect()).collect())
}
