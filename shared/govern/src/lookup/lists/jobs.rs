//! The lists of jobs, and of all models and packages, the newest first.

use sagewarden_events::{ResourceKind, Timestamp};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::listing::{About, Items, JobItem};
use sagewarden_lineage::rows::node::{CREATED_BY, DELETED_AT, INSTANCE_TYPE, REMEDY, ROLE, STATE};
use sagewarden_lineage::rows::{MadeRow, NodeRow};
use sagewarden_lineage::table::{Item, Key};

use super::filter::Filter;
use super::walker::{Size, Walker};
use crate::lookup::question::{NoAnswer, Question};
use crate::lookup::reading::{Interrupted, KEYS, Reading};
use crate::ports::Table;

/// The kinds of jobs, in the order of the list.
const JOBS: [NodeKind; 7] = [
    NodeKind::TrainingJob,
    NodeKind::ProcessingJob,
    NodeKind::TransformJob,
    NodeKind::TuningJob,
    NodeKind::AutoMlJob,
    NodeKind::LabelingJob,
    NodeKind::OptimizationJob,
];

/// Answers `jobs`.
pub(super) async fn jobs<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
) -> Result<(Items, Walker), NoAnswer> {
    let filter = Filter::of(question)?;
    let kinds = kinds(question, &JOBS, "jobs")?;
    let shards = kinds.iter().map(|kind| MadeRow::between(*kind, filter.since, None)).collect();
    let size =
        Size { entries: question.page_size()?, at_once: KEYS, beside: 0, is_filtered: filter.is_any() };
    let mut walker = Walker::new(question, shards)?;
    let items = walker
        .collect(reading, size, async |rows| {
            let made: Vec<Option<MadeRow>> = rows.iter().map(MadeRow::parse).collect();
            let nodes = nodes(reading, made.iter().flatten().map(|row| &row.id)).await?;
            let job = |row: MadeRow| job(&row, nodes.iter().find(|item| item.key == NodeRow::key(&row.id)));
            let jobs = made.into_iter().map(|row| row.and_then(job));
            let wanted =
                |item: &JobItem| filter.wants(&item.about, Some(item.created_at), item.owner.as_deref());
            Ok(jobs.map(|job| job.filter(wanted).into_iter().collect()).collect())
        })
        .await?;
    Ok((Items::Jobs(items), walker))
}

/// The kinds of a list that the question wants.
pub(super) fn kinds(
    question: &Question,
    listed: &[NodeKind],
    list: &'static str,
) -> Result<Vec<NodeKind>, NoAnswer> {
    let Some(word) = question.kind.as_deref() else { return Ok(listed.to_vec()) };
    let kind = ResourceKind::from_segment(word).and_then(NodeKind::of_resource);
    match kind.filter(|kind| listed.contains(kind)) {
        Some(kind) => Ok(vec![kind]),
        None => {
            let resources = ResourceKind::ALL
                .iter()
                .filter(|kind| NodeKind::of_resource(**kind).is_some_and(|kind| listed.contains(&kind)));
            let words: Vec<&str> = resources.map(|kind| kind.segment()).collect();
            let reason =
                format!("is `{word}`, which is not in the list of {list}: write one of {}", words.join(", "));
            Err(NoAnswer::BadField { field: "kind", reason })
        }
    }
}

/// The rows of some nodes.
pub(super) async fn nodes<'i, T: Table>(
    reading: &Reading<'_, T>,
    ids: impl Iterator<Item = &'i NodeId>,
) -> Result<Vec<Item>, Interrupted> {
    let keys: Vec<Key> = ids.map(NodeRow::key).collect();
    reading.get(&keys).await
}

/// When the description of a node was erased, or the resource deleted.
pub(super) fn deleted_at(node: &Item) -> Option<Timestamp> {
    node.number(DELETED_AT).map(Timestamp::from_millis)
}

fn job(row: &MadeRow, node: Option<&Item>) -> Option<JobItem> {
    let text = |name: &str| node.and_then(|item| item.text(name)).map(str::to_owned);
    Some(JobItem {
        about: About::of(&row.id.as_resource()?),
        identity: row.id.to_string(),
        created_at: row.at,
        state: text(STATE),
        owner: text(CREATED_BY),
        role: text(ROLE),
        instance_type: text(INSTANCE_TYPE),
        remedy: text(REMEDY),
        deleted_at: node.and_then(deleted_at),
    })
}
