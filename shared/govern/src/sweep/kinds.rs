//! The kinds that a sweep walks through.

use sagewarden_events::{ResourceKind, lineage_calls};

/// The kinds that a sweep walks through. The kinds that serve come first, because the lists of jobs may be very long.
pub const SWEPT: [ResourceKind; 41] = [
    ResourceKind::Endpoint,
    ResourceKind::EndpointConfig,
    ResourceKind::InferenceComponent,
    ResourceKind::InferenceExperiment,
    ResourceKind::InferenceRouter,
    ResourceKind::Cluster,
    ResourceKind::Hub,
    ResourceKind::HubContent,
    ResourceKind::PartnerApp,
    ResourceKind::TrackingServer,
    ResourceKind::MlflowApp,
    ResourceKind::Model,
    ResourceKind::ModelPackage,
    ResourceKind::ModelPackageGroup,
    ResourceKind::MonitoringSchedule,
    ResourceKind::DataQualityDefinition,
    ResourceKind::ModelQualityDefinition,
    ResourceKind::ModelBiasDefinition,
    ResourceKind::ModelExplainabilityDefinition,
    ResourceKind::Domain,
    ResourceKind::UserProfile,
    ResourceKind::Space,
    ResourceKind::App,
    ResourceKind::NotebookInstance,
    ResourceKind::LifecycleConfig,
    ResourceKind::StudioLifecycleConfig,
    ResourceKind::CodeRepository,
    ResourceKind::FeatureGroup,
    ResourceKind::Pipeline,
    ResourceKind::PipelineExecution,
    ResourceKind::TuningJob,
    ResourceKind::AutoMlJob,
    ResourceKind::CompilationJob,
    ResourceKind::LabelingJob,
    ResourceKind::OptimizationJob,
    ResourceKind::RecommendationsJob,
    ResourceKind::Job,
    ResourceKind::TrainingSession,
    ResourceKind::TransformJob,
    ResourceKind::ProcessingJob,
    ResourceKind::TrainingJob,
];

/// Whether resources of a kind last until somebody deletes them. The others end by themselves, and a sweep may leave out old ones.
#[must_use]
pub fn is_lasting(kind: ResourceKind) -> bool {
    !matches!(
        kind,
        ResourceKind::TrainingJob
            | ResourceKind::ProcessingJob
            | ResourceKind::TransformJob
            | ResourceKind::TuningJob
            | ResourceKind::AutoMlJob
            | ResourceKind::CompilationJob
            | ResourceKind::LabelingJob
            | ResourceKind::OptimizationJob
            | ResourceKind::RecommendationsJob
            | ResourceKind::Job
            | ResourceKind::TrainingSession
            | ResourceKind::PipelineExecution
    )
}

/// The kind with this word, if sweeps walk through it.
pub(crate) fn swept_kind(word: &str) -> Option<ResourceKind> {
    SWEPT.into_iter().find(|kind| kind.operation() == word)
}

/// Whether an event announces that a resource of this kind was created, so that its absence means something.
pub(super) fn is_announced(kind: ResourceKind) -> bool {
    lineage_calls().any(|(call, created)| created == kind && !call.starts_with("Delete"))
}
