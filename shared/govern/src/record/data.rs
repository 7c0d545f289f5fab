//! The places in S3 that a resource read and wrote, and the versions of their objects at that time.

use sagewarden_events::ResourceKind;
use sagewarden_lineage::edge::{InEdge, MODEL_DATA, Relation};
use sagewarden_lineage::id::NodeKind;
use sagewarden_lineage::observe::Observation;
use sagewarden_lineage::record::Record;

use crate::outcome::Failure;
use crate::ports::Objects;
use crate::record::data_versions::record_versions;
use crate::record::explanation::{explain, record_explanation};
use crate::record::feature_group::name_offline_store;
use crate::record::listed_data::listed_data;
use crate::record::named::NamedResource;

/// Links a resource to the data that it read and wrote, and records what explains it. Returns the feature groups in whose offline
/// stores the inputs may lie.
pub(crate) async fn link_data(
    s3: &impl Objects,
    record: &mut Record,
    seen: &Observation,
) -> Result<Vec<NamedResource>, Failure> {
    let mut named = Vec::new();
    for input in &seen.inputs {
        let source = match input.manifest {
            Some(kind) => listed_data(s3, record, seen, input, kind).await?,
            None => record_versions(s3, record, seen, input, reads(seen.resource.kind, &input.role)).await?,
        };
        if let Some(source) = source {
            named.extend(name_offline_store(seen, &source, input));
            record.edge(&seen.id, &InEdge::new(Relation::ContributedTo, &input.role, source));
        }
    }
    let writes = match seen.resource.kind {
        ResourceKind::TrainingJob | ResourceKind::OptimizationJob => NodeKind::Artifact,
        _ => NodeKind::Dataset,
    };
    for output in &seen.outputs {
        if let Some(product) = record_versions(s3, record, seen, output, writes).await? {
            record.edge(&product, &InEdge::new(Relation::Produced, &output.role, seen.id.clone()));
        }
        explain(s3, record, seen, output).await?;
    }
    if let Some(report) = &seen.explanation {
        // It was written before the package that names it was registered.
        record_explanation(s3, record, &seen.id, report, None, seen.created_at).await?;
    }
    Ok(named)
}

/// What an input is to a resource: the artifact of a model, or data.
fn reads(kind: ResourceKind, role: &str) -> NodeKind {
    match kind {
        ResourceKind::Model | ResourceKind::ModelPackage | ResourceKind::InferenceComponent => {
            NodeKind::Artifact
        }
        ResourceKind::OptimizationJob if role == MODEL_DATA => NodeKind::Artifact,
        _ => NodeKind::Dataset,
    }
}
