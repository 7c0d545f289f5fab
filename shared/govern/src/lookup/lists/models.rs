//! The list of models: those in use, each once, or all models and packages that were ever recorded.

use std::collections::BTreeSet;

use sagewarden_lineage::answer::LiveEndpoint;
use sagewarden_lineage::graph::Node;
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::listing::{About, Items, ModelItem};
use sagewarden_lineage::rows::node::{APPROVAL, CREATED_BY, REGISTERED_BY};
use sagewarden_lineage::rows::{EndpointRow, LiveRow, MadeRow, NodeRow};

use super::filter::Filter;
use super::inventory::behind;
use super::jobs::{deleted_at, kinds, nodes};
use super::walker::{Size, Walker};
use crate::lookup::question::{EntryState, NoAnswer, Question};
use crate::lookup::reading::{Interrupted, Reading};
use crate::ports::Table;

const MODELS: [NodeKind; 2] = [NodeKind::Model, NodeKind::ModelPackage];

/// Answers `models`.
pub(super) async fn models<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
) -> Result<(Items, Walker), NoAnswer> {
    match question.state.unwrap_or(EntryState::Open) {
        EntryState::Open => in_use(reading, question).await,
        state => recorded(reading, question, state).await,
    }
}

/// The models behind live endpoints. A model behind several of them comes with the first.
async fn in_use<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
) -> Result<(Items, Walker), NoAnswer> {
    let filter = Filter::of(question)?;
    let kinds = kinds(question, &MODELS, "models")?;
    let mut walker = Walker::new(question, vec![EndpointRow::of(filter.account(), filter.region())])?;
    let size = Size { entries: question.page_size()?, at_once: 1, beside: 0, is_filtered: false };
    let items = walker
        .collect(reading, size, async |rows| {
            let mut found = Vec::new();
            for row in rows {
                let live = EndpointRow::parse(row).filter(|row| row.deployment.is_some());
                let Some(live) = live else {
                    found.push(Vec::new());
                    continue;
                };
                let graph = behind(reading, &live.endpoint).await?;
                let mut items = Vec::new();
                for node in kinds.iter().flat_map(|kind| graph.iter().flat_map(|graph| graph.of_kind(*kind)))
                {
                    let running = running(reading, &node.id).await?;
                    let is_first = running.iter().next().is_none_or(|(first, _)| *first == live.endpoint);
                    items.extend(
                        item(node, &running).filter(|_| is_first).filter(|item| wants(&filter, item)),
                    );
                }
                found.push(items);
            }
            Ok(found)
        })
        .await?;
    Ok((Items::Models(items), walker))
}

/// All models and packages, the newest first.
async fn recorded<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
    state: EntryState,
) -> Result<(Items, Walker), NoAnswer> {
    let filter = Filter::of(question)?;
    let kinds = kinds(question, &MODELS, "models")?;
    let shards = kinds.iter().map(|kind| MadeRow::between(*kind, filter.since, None)).collect();
    let mut walker = Walker::new(question, shards)?;
    let size = Size { entries: question.page_size()?, at_once: 20, beside: 0, is_filtered: false };
    let items = walker
        .collect(reading, size, async |rows| {
            let made: Vec<Option<MadeRow>> = rows.iter().map(MadeRow::parse).collect();
            let nodes = nodes(reading, made.iter().flatten().map(|row| &row.id)).await?;
            let mut found = Vec::new();
            for row in made {
                let mut items = Vec::new();
                if let Some(MadeRow { id, .. }) = row {
                    let running = running(reading, &id).await?;
                    let stored = nodes.iter().find(|item| item.key == NodeRow::key(&id)).cloned();
                    let is_wanted = state == EntryState::All || running.is_empty();
                    let item = item(&Node { id, item: stored }, &running);
                    items.extend(item.filter(|item| is_wanted && wants(&filter, item)));
                }
                found.push(items);
            }
            Ok(found)
        })
        .await?;
    Ok((Items::Models(items), walker))
}

fn wants(filter: &Filter, item: &ModelItem) -> bool {
    filter.wants(&item.about, item.created_at, item.owner.as_deref())
}

/// The live endpoints that run something built from a node, with their names.
async fn running<T: Table>(
    reading: &Reading<'_, T>,
    id: &NodeId,
) -> Result<BTreeSet<(NodeId, String)>, Interrupted> {
    let rows = reading.query_all(LiveRow::under(id)).await?;
    let rows = rows.iter().filter_map(LiveRow::parse);
    Ok(rows.map(|row| (row.endpoint, LiveEndpoint::of(&row.deployment).endpoint)).collect())
}

fn item(node: &Node, running: &BTreeSet<(NodeId, String)>) -> Option<ModelItem> {
    let text = |name: &str| node.text(name).map(str::to_owned);
    Some(ModelItem {
        about: About::of(&node.id.as_resource()?),
        identity: node.id.to_string(),
        created_at: node.created_at(),
        owner: text(REGISTERED_BY).or_else(|| text(CREATED_BY)),
        approval: text(APPROVAL),
        deleted_at: node.item.as_ref().and_then(deleted_at),
        endpoints: running.iter().map(|(_, name)| name.clone()).collect(),
    })
}
