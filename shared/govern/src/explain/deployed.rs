//! Which model served a window, as the lineage says: the model of the deployment that was in force, the version of its
//! artifact, and the job that trained it.

use sagewarden_events::Timestamp;
use sagewarden_lineage::graph::{Graph, Node};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::node::{ETAG, SIZE, URI, VERSION_ID};
use sagewarden_lineage::s3::S3Location;
use sagewarden_lineage::walk::Limits;

use super::unexplained::Unexplained;
use crate::ports::{ObjectVersion, PortError, Table};
use crate::record::closure::upstream;
use crate::record::deployment::{deployment_in, model_of};
use crate::window::Window;

/// The edges from a model over its package and artifact to the job that trained it.
const TO_TRAINING: Limits = Limits { max_depth: 4, max_nodes: 100 };

/// The file of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Artifact {
    pub(super) bucket: String,
    pub(super) object: ObjectVersion,
}

impl Artifact {
    /// The place and the version, for people.
    pub(super) fn uri(&self) -> String {
        let version = self.object.version_id.as_ref().map(|id| format!("?versionId={id}"));
        format!("s3://{}/{}{}", self.bucket, self.object.key, version.unwrap_or_default())
    }

    fn of(node: &Node) -> Option<Self> {
        let S3Location { bucket, key } = S3Location::parse(node.text(URI)?)?;
        let object = ObjectVersion {
            key,
            version_id: node.text(VERSION_ID).map(str::to_owned),
            etag: node.text(ETAG)?.to_owned(),
            size: u64::try_from(node.number(SIZE)?).ok()?,
            modified_at: node.created_at().unwrap_or(Timestamp::from_millis(0)),
        };
        Some(Self { bucket, object })
    }
}

/// A model that served a window.
#[derive(Debug)]
pub(super) struct DeployedModel {
    pub(super) artifact: Artifact,
    /// The known jobs that trained it.
    pub(super) training: Vec<NodeId>,
}

/// Reads the lineage of a window's variant.
///
/// # Errors
/// If the table fails, or the lineage does not name one artifact.
pub(super) async fn deployed(table: &impl Table, window: &Window) -> Result<DeployedModel, Unexplained> {
    let unknown = |what: &str| Unexplained::NoSuchModel(format!("the lineage does not know {what}"));
    let endpoint = NodeId::endpoint(&window.endpoint);
    let deployment = deployment_in(table, &endpoint, window.start, window.end).await?;
    let deployment = deployment.ok_or_else(|| unknown("the deployment of that time"))?;
    let model = model_of(table, &deployment, &window.variant).await?;
    let model = model.ok_or_else(|| unknown("the model of the variant"))?;
    let graph = behind(table, &model).await?;
    let artifacts = artifacts(&graph, &model);
    let artifact = match artifacts.as_slice() {
        [one] => Artifact::of(one),
        [] => return Err(unknown("the artifact of the model")),
        many => {
            let why = format!(
                "the model has {} artifacts, and requests do not reach all of them as they are",
                many.len()
            );
            return Err(Unexplained::NoSuchModel(why));
        }
    };
    let artifact = artifact.ok_or_else(|| {
        Unexplained::NoSuchModel(
            "the artifact of the model is not one object: it is not compressed".to_owned(),
        )
    })?;
    Ok(DeployedModel { artifact, training: trained_by(&graph) })
}

async fn behind(table: &impl Table, model: &NodeId) -> Result<Graph, PortError> {
    upstream(table, [model.clone()], TO_TRAINING).await
}

/// The artifacts of the model's containers; of a container that names a package, the package's.
fn artifacts<'a>(graph: &'a Graph, model: &NodeId) -> Vec<&'a Node> {
    let of = |owner: &NodeId| -> Vec<&'a Node> {
        let edges =
            graph.edges.iter().filter(|edge| edge.to == *owner && edge.role.starts_with("model-data/"));
        edges.filter_map(|edge| graph.nodes.get(&edge.from)).collect()
    };
    let packages = graph.edges.iter().filter(|edge| edge.to == *model && edge.role.starts_with("package/"));
    let own = of(model);
    own.into_iter().chain(packages.flat_map(|edge| of(&edge.from))).collect()
}

/// The nearest jobs: a model may be trained on from another one, and the data of its own job counts.
fn trained_by(graph: &Graph) -> Vec<NodeId> {
    let jobs: Vec<&NodeId> = graph.of_kind(NodeKind::TrainingJob).map(|job| &job.id).collect();
    let distance = |job: &NodeId| graph.distance.get(job).copied();
    let nearest = jobs.iter().filter_map(|job| distance(job)).min();
    jobs.into_iter().filter(|job| distance(job) == nearest).cloned().collect()
}
