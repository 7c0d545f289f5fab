//! The four stages of the secure data-science workshop, and monitoring after them.

use sagewarden_lineage::graph::{Graph, Node};
use sagewarden_lineage::id::NodeKind;
use serde::Serialize;

/// A stage in the life of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Commits, and code that jobs read from S3.
    SourceCode,
    /// Processing jobs, their inputs and outputs.
    Preprocessing,
    /// Training jobs, their images, artifacts and models.
    Modelling,
    /// Configurations, deployments and the endpoint.
    Endpoint,
    /// The findings of monitoring.
    Monitoring,
}

impl Stage {
    /// All stages, in the order of a model's life.
    pub const ALL: [Self; 5] =
        [Self::SourceCode, Self::Preprocessing, Self::Modelling, Self::Endpoint, Self::Monitoring];

    /// The words on a page.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::SourceCode => "source code",
            Self::Preprocessing => "preprocessing",
            Self::Modelling => "modelling",
            Self::Endpoint => "endpoint",
            Self::Monitoring => "monitoring",
        }
    }

    /// The stage of a node in its graph. Data belongs to the job that wrote it, otherwise to the first job that read it. An image belongs
    /// to the first job that ran it.
    #[must_use]
    pub fn of(graph: &Graph, node: &Node) -> Self {
        match node.id.kind() {
            NodeKind::Commit | NodeKind::Reference => Self::SourceCode,
            NodeKind::ProcessingJob
            | NodeKind::LabelingJob
            | NodeKind::HubDataset
            | NodeKind::FeatureGroup => Self::Preprocessing,
            NodeKind::TrainingJob
            | NodeKind::TuningJob
            | NodeKind::AutoMlJob
            | NodeKind::OptimizationJob
            | NodeKind::PipelineExecution
            | NodeKind::Experiment
            | NodeKind::TrialComponent
            | NodeKind::MlflowRun
            | NodeKind::Artifact
            | NodeKind::Model
            | NodeKind::ModelPackage => Self::Modelling,
            NodeKind::EndpointConfig
            | NodeKind::InferenceComponent
            | NodeKind::InferenceRouter
            | NodeKind::Deployment
            | NodeKind::Endpoint
            | NodeKind::TransformJob => Self::Endpoint,
            NodeKind::MonitoringExecution | NodeKind::Violation => Self::Monitoring,
            NodeKind::Dataset if graph.is_code(&node.id) => Self::SourceCode,
            NodeKind::Dataset | NodeKind::Image => {
                let writers = graph.into_node(&node.id).map(|edge| &edge.from);
                let readers = graph.out_of(&node.id).map(|edge| &edge.to);
                let users = writers.chain(readers).filter_map(|id| match id.kind() {
                    NodeKind::ProcessingJob | NodeKind::LabelingJob => Some(Self::Preprocessing),
                    NodeKind::TrainingJob | NodeKind::OptimizationJob | NodeKind::Model => {
                        Some(Self::Modelling)
                    }
                    NodeKind::Deployment | NodeKind::InferenceComponent => Some(Self::Endpoint),
                    _ => None,
                });
                users.min().unwrap_or(Self::Preprocessing)
            }
        }
    }
}
