//! The newest verdicts on the nodes of a graph.

use sagewarden_lineage::answer::{Verdicts, newest_verdict};
use sagewarden_lineage::graph::Graph;
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::VerdictRow;

use crate::record::closure::{Reads, query_all};

/// The nodes whose verdicts are read; each takes a request.
const MOST: usize = 25;

/// The newest verdict on each node that is judged, those next to the beginning first.
///
/// # Errors
/// When one cannot be read.
pub(crate) async fn newest_verdicts<R: Reads>(reads: &R, graph: &Graph) -> Result<Verdicts, R::Error> {
    const JUDGED: [NodeKind; 6] = [
        NodeKind::TrainingJob,
        NodeKind::ProcessingJob,
        NodeKind::Model,
        NodeKind::ModelPackage,
        NodeKind::EndpointConfig,
        NodeKind::InferenceComponent,
    ];
    let mut verdicts = Verdicts::new();
    let mut ids: Vec<&NodeId> = graph.nodes.keys().filter(|id| JUDGED.contains(&id.kind())).collect();
    ids.sort_by_key(|id| graph.distance.get(*id));
    for id in ids.into_iter().take(MOST) {
        let rows = query_all(reads, VerdictRow::of(id.as_str())).await?;
        verdicts.extend(newest_verdict(&rows).map(|(_, words)| (id.clone(), words)));
    }
    Ok(verdicts)
}
