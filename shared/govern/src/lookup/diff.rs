//! What differs between two answers, with what the controls said of each.

use sagewarden_lineage::answer::{Difference, Verdicts, difference, newest_verdict};
use sagewarden_lineage::graph::Graph;
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::VerdictRow;

use super::lineage::lineage;
use super::question::{Bounds, NoAnswer, Question};
use super::reading::Reading;
use crate::ports::Table;

/// Answers `diff`.
pub(super) async fn diff<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
    bounds: Bounds,
) -> Result<Difference, NoAnswer> {
    let other = question.with.clone().unwrap_or_default();
    let one = lineage(reading, question, bounds).await?;
    let other = lineage(reading, &Question { entity: other, ..question.clone() }, bounds).await?;
    reading.begin_nodes();
    let verdicts_of_one = verdicts(reading, &one.graph).await?;
    let verdicts_of_other = verdicts(reading, &other.graph).await?;
    let mut found = difference((&one, &verdicts_of_one), (&other, &verdicts_of_other));
    found.requests = reading.requests();
    Ok(found)
}

/// The newest verdict on each node that is judged; at most so many are asked for.
async fn verdicts<T: Table>(reading: &Reading<'_, T>, graph: &Graph) -> Result<Verdicts, NoAnswer> {
    const MOST: usize = 25;
    const JUDGED: [NodeKind; 5] = [
        NodeKind::TrainingJob,
        NodeKind::ProcessingJob,
        NodeKind::Model,
        NodeKind::ModelPackage,
        NodeKind::EndpointConfig,
    ];
    let mut verdicts = Verdicts::new();
    let mut ids: Vec<&NodeId> = graph.nodes.keys().filter(|id| JUDGED.contains(&id.kind())).collect();
    ids.sort_by_key(|id| graph.distance.get(*id));
    for id in ids.into_iter().take(MOST) {
        let rows = reading.query_all(VerdictRow::of(id.as_str())).await?;
        verdicts.extend(newest_verdict(&rows).map(|(_, words)| (id.clone(), words)));
    }
    Ok(verdicts)
}
