//! The kinds of nodes.

use std::fmt;

use sagewarden_events::ResourceKind;

/// The kind of thing that a node represents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NodeKind {
    /// A git commit.
    Commit,
    /// A branch or tag of a repository, over all commits it pointed to.
    Reference,
    /// A version of one S3 object, or of all objects under a prefix.
    Dataset,
    /// A container image.
    Image,
    /// A processing job.
    ProcessingJob,
    /// A training job.
    TrainingJob,
    /// A batch transform job.
    TransformJob,
    /// A hyperparameter tuning job: it starts training jobs.
    TuningJob,
    /// An Autopilot job: it starts jobs of all kinds.
    AutoMlJob,
    /// A labeling job: it makes data with labels.
    LabelingJob,
    /// An optimization job: it makes a model out of another one.
    OptimizationJob,
    /// A version of a model artifact (`model.tar.gz`).
    Artifact,
    /// A SageMaker model.
    Model,
    /// A version in the model registry.
    ModelPackage,
    /// An endpoint configuration.
    EndpointConfig,
    /// A version of an inference component: a model, or an image with an artifact, that a call put onto an endpoint.
    InferenceComponent,
    /// An endpoint over all its deployments.
    Endpoint,
    /// A revision of an inference router: where it sends requests, until somebody changes that.
    InferenceRouter,
    /// One configuration in force on one endpoint.
    Deployment,
    /// One run of a pipeline.
    PipelineExecution,
    /// One run of a monitoring schedule.
    MonitoringExecution,
    /// A finding of monitoring: of one execution, of one window, or about a silent schedule.
    Violation,
    /// An experiment.
    Experiment,
    /// The entry of an experiment for one job.
    TrialComponent,
    /// A run in MLflow, which the jobs that log to it name.
    MlflowRun,
    /// A version of a data set in a hub.
    HubDataset,
    /// A feature group.
    FeatureGroup,
}

impl NodeKind {
    pub(super) const ALL: [(Self, &'static str, &'static str); 27] = [
        (Self::Commit, "commit", "commit"),
        (Self::Reference, "ref", "reference"),
        (Self::Dataset, "ds", "dataset"),
        (Self::Image, "img", "image"),
        (Self::ProcessingJob, "pjob", "processing-job"),
        (Self::TrainingJob, "tjob", "training-job"),
        (Self::TransformJob, "xjob", "transform-job"),
        (Self::TuningJob, "hjob", "tuning-job"),
        (Self::AutoMlJob, "ajob", "automl-job"),
        (Self::LabelingJob, "ljob", "labeling-job"),
        (Self::OptimizationJob, "ojob", "optimization-job"),
        (Self::Artifact, "art", "artifact"),
        (Self::Model, "model", "model"),
        (Self::ModelPackage, "mpkg", "model-package"),
        (Self::EndpointConfig, "epc", "endpoint-config"),
        (Self::InferenceComponent, "ic", "inference-component"),
        (Self::Endpoint, "ep", "endpoint"),
        (Self::InferenceRouter, "rtr", "inference-router"),
        (Self::Deployment, "dep", "deployment"),
        (Self::PipelineExecution, "pexe", "pipeline-execution"),
        (Self::MonitoringExecution, "mon", "monitoring-execution"),
        (Self::Violation, "viol", "violation"),
        (Self::Experiment, "exp", "experiment"),
        (Self::TrialComponent, "tc", "trial-component"),
        (Self::MlflowRun, "mrun", "mlflow-run"),
        (Self::HubDataset, "hds", "hub-dataset"),
        (Self::FeatureGroup, "fg", "feature-group"),
    ];

    /// Every kind, in the order in which a model comes to be.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.iter().map(|(kind, ..)| *kind)
    }

    /// The word that users read and type, such as `training-job`.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(kind, ..)| *kind == self).map_or("", |(_, _, word)| word)
    }

    /// The text before the `#` of its identities.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        Self::ALL.iter().find(|(kind, ..)| *kind == self).map_or("", |(_, prefix, _)| prefix)
    }

    /// The node kind of a SageMaker resource; `None` for kinds that Sagewarden judges or reads, but that are not part of the lineage.
    #[must_use]
    pub fn of_resource(kind: ResourceKind) -> Option<Self> {
        Some(match kind {
            ResourceKind::TrainingJob => Self::TrainingJob,
            ResourceKind::ProcessingJob => Self::ProcessingJob,
            ResourceKind::TransformJob => Self::TransformJob,
            ResourceKind::TuningJob => Self::TuningJob,
            ResourceKind::AutoMlJob => Self::AutoMlJob,
            ResourceKind::LabelingJob => Self::LabelingJob,
            ResourceKind::OptimizationJob => Self::OptimizationJob,
            ResourceKind::Model => Self::Model,
            ResourceKind::ModelPackage => Self::ModelPackage,
            ResourceKind::EndpointConfig => Self::EndpointConfig,
            ResourceKind::Endpoint => Self::Endpoint,
            ResourceKind::InferenceComponent => Self::InferenceComponent,
            ResourceKind::InferenceRouter => Self::InferenceRouter,
            ResourceKind::PipelineExecution => Self::PipelineExecution,
            ResourceKind::FeatureGroup => Self::FeatureGroup,
            ResourceKind::Experiment => Self::Experiment,
            ResourceKind::TrialComponent => Self::TrialComponent,
            _ => return None,
        })
    }
}

impl fmt::Display for NodeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.word().replace('-', " "))
    }
}
