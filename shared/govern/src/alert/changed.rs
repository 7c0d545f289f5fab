//! The changes of a deployment, compared with the deployment before it.

use std::collections::BTreeMap;

use sagewarden_events::Timestamp;
use sagewarden_lineage::answer::{Answer, Aspect, AspectChange, Verdicts, difference};
use sagewarden_lineage::graph::{Graph, StoppedBy};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::DetailRow;
use sagewarden_lineage::table::{Item, Key};
use sagewarden_lineage::walk::Limits;
use serde::Serialize;
use serde_json::Value as Json;

use super::revisions::deployed_before;
use crate::newest_verdicts::newest_verdicts;
use crate::outcome::Failure;
use crate::ports::{PortError, Table};
use crate::record::closure::upstream;

/// How many changes an alert names, how many values of each, and how many characters of a value.
const MAX_CHANGES: usize = 20;
const MAX_VALUES: usize = 3;
const MAX_VALUE: usize = 200;
/// How many details are read at once (each of up to 300 KB), and after how many bytes no more are read.
const DETAILS: usize = 25;
const MAX_BYTES: usize = 2_000_000;

/// The changes of the deployment, compared with the one before.
#[derive(Debug, Serialize)]
pub(super) struct DeploymentChanges {
    /// The deployment before.
    pub(super) before: String,
    /// Since when the later deployment was in force.
    pub(super) since: Timestamp,
    pub(super) changes: Vec<AspectChange>,
    /// How many were left out.
    pub(super) omitted: usize,
    /// Whether both deployments are known completely.
    pub(super) complete: bool,
}

impl DeploymentChanges {
    /// The aspects that differ, in words.
    pub(super) fn aspects(&self) -> Vec<&'static str> {
        let mut aspects: Vec<Aspect> = self.changes.iter().map(|change| change.aspect).collect();
        aspects.sort();
        aspects.dedup();
        aspects.into_iter().map(Aspect::word).collect()
    }
}

/// The changes of a deployment, compared with the one before; `graph` is everything upstream of it. `None` if there was none before, or if
/// one of the two was never recorded.
///
/// # Errors
///
/// When the table fails.
pub(super) async fn changed_by(
    table: &impl Table,
    endpoint: &NodeId,
    deployment: &NodeId,
    graph: Graph,
    at: Timestamp,
) -> Result<Option<DeploymentChanges>, Failure> {
    let Some((since, before)) = deployed_before(table, endpoint, deployment, at).await? else {
        return Ok(None);
    };
    let is_there = |graph: &Graph, id| graph.nodes.get(id).is_some_and(|node| node.item.is_some());
    let former = upstream(table, [before.clone()], Limits::default()).await?;
    if !is_there(&former, &before) || !is_there(&graph, deployment) {
        return Ok(None);
    }
    let (one, of_one) = side(table, &before, former).await?;
    let (other, of_other) = side(table, deployment, graph).await?;
    let mut difference = difference((&one, &of_one), (&other, &of_other));
    let omitted = difference.changes.len().saturating_sub(MAX_CHANGES);
    difference.changes.truncate(MAX_CHANGES);
    for change in &mut difference.changes {
        for values in [&mut change.before, &mut change.after] {
            values.truncate(MAX_VALUES);
            values.iter_mut().for_each(|value| *value = value.chars().take(MAX_VALUE).collect());
        }
    }
    Ok(Some(DeploymentChanges {
        before: before.to_string(),
        since,
        changes: difference.changes,
        omitted,
        complete: difference.complete,
    }))
}

/// One of the two, with the facts that its graph does not have: parameters, and verdicts of controls.
async fn side(
    table: &impl Table,
    deployment: &NodeId,
    mut graph: Graph,
) -> Result<(Answer, Verdicts), PortError> {
    let details = parameters(table, &mut graph).await?;
    let verdicts = newest_verdicts(table, &graph).await?;
    let answer = Answer { root: deployment.clone(), graph, details, cursor: None, requests: 0 };
    Ok((answer, verdicts))
}

/// The hyperparameters, environment and metrics of jobs and packages, nearest to the deployment first.
async fn parameters(table: &impl Table, graph: &mut Graph) -> Result<BTreeMap<NodeId, Json>, PortError> {
    const WITH_PARAMETERS: [NodeKind; 6] = [
        NodeKind::TrainingJob,
        NodeKind::ProcessingJob,
        NodeKind::TransformJob,
        NodeKind::TuningJob,
        NodeKind::AutoMlJob,
        NodeKind::ModelPackage,
    ];
    let mut ids: Vec<&NodeId> =
        graph.nodes.keys().filter(|id| WITH_PARAMETERS.contains(&id.kind())).collect();
    ids.sort_by_key(|id| graph.distance.get(*id));
    let keys: Vec<Key> = ids.into_iter().map(DetailRow::key).collect();
    let (mut details, mut bytes) = (BTreeMap::new(), 0);
    for keys in keys.chunks(DETAILS) {
        if bytes >= MAX_BYTES {
            graph.stopped_by = graph.stopped_by.or(Some(StoppedBy::MaxBytes));
            break;
        }
        let items = table.get(keys).await?;
        bytes += items.iter().map(Item::bytes).sum::<usize>();
        let parsed = items.iter().filter_map(DetailRow::parse);
        details.extend(parsed.filter_map(|row| Some((row.id, serde_json::from_str(&row.json?).ok()?))));
    }
    Ok(details)
}
