//! The kinds of SageMaker resource, and the API's names for them.

use std::fmt;

/// The kinds of SageMaker resource that Sagewarden judges, records or reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceKind {
    /// A processing job; the executions of a monitoring schedule are processing jobs, too.
    ProcessingJob,
    /// A training job.
    TrainingJob,
    /// A batch transform job.
    TransformJob,
    /// A hyperparameter tuning job: it starts training jobs.
    TuningJob,
    /// An Autopilot job: it starts jobs of all kinds.
    AutoMlJob,
    /// A Neo compilation job.
    CompilationJob,
    /// A labeling job: people, and models that they train, label data.
    LabelingJob,
    /// An optimization job: it makes a smaller or faster model out of another one.
    OptimizationJob,
    /// A job that runs a model on several types of instances, and recommends one.
    RecommendationsJob,
    /// A job of a category, whose configuration is a JSON text: it tunes models of others, or makes and rates data.
    Job,
    /// A session in which somebody tunes a model of others step by step.
    TrainingSession,
    /// A version in the model registry.
    ModelPackage,
    /// A group of versions in the model registry.
    ModelPackageGroup,
    /// A model: the entry that names an image and an artifact.
    Model,
    /// An endpoint configuration.
    EndpointConfig,
    /// An endpoint.
    Endpoint,
    /// A model, or an image with an artifact, that somebody put onto an endpoint without a configuration.
    InferenceComponent,
    /// A test of a model in the shadow of an endpoint.
    InferenceExperiment,
    /// It sends requests to endpoints and inference components, also of other regions and accounts.
    InferenceRouter,
    /// A HyperPod cluster: machines that run for long.
    Cluster,
    /// A hub: models, notebooks and data sets that an account offers to its people.
    Hub,
    /// A version of a model, notebook or data set in a hub, or a reference to a public model.
    HubContent,
    /// Software of another company that runs in the account.
    PartnerApp,
    /// An MLflow tracking server.
    TrackingServer,
    /// An MLflow app: a tracking server without instances of its own.
    MlflowApp,
    /// A Model Monitor schedule.
    MonitoringSchedule,
    /// What a schedule runs, for data quality.
    DataQualityDefinition,
    /// What a schedule runs, for model quality.
    ModelQualityDefinition,
    /// What a schedule runs, for model bias.
    ModelBiasDefinition,
    /// What a schedule runs, for feature attribution.
    ModelExplainabilityDefinition,
    /// A notebook instance.
    NotebookInstance,
    /// The scripts of notebook instances.
    LifecycleConfig,
    /// A script that apps of Studio run when they start.
    StudioLifecycleConfig,
    /// A Git repository under a name, with the secret that opens it.
    CodeRepository,
    /// A Studio domain.
    Domain,
    /// A person in a domain.
    UserProfile,
    /// A shared or private space in a domain.
    Space,
    /// An application that runs for a user or a space.
    App,
    /// A feature group.
    FeatureGroup,
    /// A pipeline.
    Pipeline,
    /// One run of a pipeline.
    PipelineExecution,
    /// A trial of an experiment, which a job's `ExperimentConfig` names.
    Trial,
    /// An experiment.
    Experiment,
    /// The entry of an experiment for one job.
    TrialComponent,
}

/// What the API calls a kind.
struct Names {
    kind: ResourceKind,
    /// The type segment of the ARN.
    segment: &'static str,
    /// In a sentence.
    noun: &'static str,
    /// The operation without its verb: `Describe<operation>`.
    operation: &'static str,
    name_field: &'static str,
    arn_field: &'static str,
    status_field: Option<&'static str>,
}

const fn names(
    kind: ResourceKind,
    segment: &'static str,
    noun: &'static str,
    operation: &'static str,
    fields: (&'static str, &'static str, Option<&'static str>),
) -> Names {
    let (name_field, arn_field, status_field) = fields;
    Names { kind, segment, noun, operation, name_field, arn_field, status_field }
}

use ResourceKind as K;

/// "Actions", SageMaker API reference; segments as in "Resource types", service authorization reference. In the order of
/// [`ResourceKind::ALL`].
#[rustfmt::skip]
const NAMES: [Names; 44] = [
    names(K::ProcessingJob, "processing-job", "processing job", "ProcessingJob", ("ProcessingJobName", "ProcessingJobArn", Some("ProcessingJobStatus"))),
    names(K::TrainingJob, "training-job", "training job", "TrainingJob", ("TrainingJobName", "TrainingJobArn", Some("TrainingJobStatus"))),
    names(K::TransformJob, "transform-job", "transform job", "TransformJob", ("TransformJobName", "TransformJobArn", Some("TransformJobStatus"))),
    names(K::TuningJob, "hyper-parameter-tuning-job", "tuning job", "HyperParameterTuningJob", ("HyperParameterTuningJobName", "HyperParameterTuningJobArn", Some("HyperParameterTuningJobStatus"))),
    names(K::AutoMlJob, "automl-job", "AutoML job", "AutoMLJobV2", ("AutoMLJobName", "AutoMLJobArn", Some("AutoMLJobStatus"))),
    names(K::CompilationJob, "compilation-job", "compilation job", "CompilationJob", ("CompilationJobName", "CompilationJobArn", Some("CompilationJobStatus"))),
    names(K::LabelingJob, "labeling-job", "labeling job", "LabelingJob", ("LabelingJobName", "LabelingJobArn", Some("LabelingJobStatus"))),
    names(K::OptimizationJob, "optimization-job", "optimization job", "OptimizationJob", ("OptimizationJobName", "OptimizationJobArn", Some("OptimizationJobStatus"))),
    names(K::RecommendationsJob, "inference-recommendations-job", "inference recommendations job", "InferenceRecommendationsJob", ("JobName", "JobArn", Some("Status"))),
    names(K::Job, "job", "job of a category", "Job", ("JobName", "JobArn", Some("JobStatus"))),
    names(K::TrainingSession, "training-session", "training session", "TrainingSession", ("TrainingSessionName", "TrainingSessionArn", Some("TrainingSessionStatus"))),
    names(K::ModelPackage, "model-package", "model package", "ModelPackage", ("ModelPackageName", "ModelPackageArn", Some("ModelPackageStatus"))),
    names(K::ModelPackageGroup, "model-package-group", "model package group", "ModelPackageGroup", ("ModelPackageGroupName", "ModelPackageGroupArn", Some("ModelPackageGroupStatus"))),
    names(K::Model, "model", "model", "Model", ("ModelName", "ModelArn", None)),
    names(K::EndpointConfig, "endpoint-config", "endpoint configuration", "EndpointConfig", ("EndpointConfigName", "EndpointConfigArn", None)),
    names(K::Endpoint, "endpoint", "endpoint", "Endpoint", ("EndpointName", "EndpointArn", Some("EndpointStatus"))),
    names(K::InferenceComponent, "inference-component", "inference component", "InferenceComponent", ("InferenceComponentName", "InferenceComponentArn", Some("InferenceComponentStatus"))),
    names(K::InferenceExperiment, "inference-experiment", "inference experiment", "InferenceExperiment", ("Name", "Arn", Some("Status"))),
    names(K::InferenceRouter, "inference-router", "inference router", "InferenceRouter", ("InferenceRouterName", "InferenceRouterArn", Some("Status"))),
    names(K::Cluster, "cluster", "HyperPod cluster", "Cluster", ("ClusterName", "ClusterArn", Some("ClusterStatus"))),
    names(K::Hub, "hub", "hub", "Hub", ("HubName", "HubArn", Some("HubStatus"))),
    names(K::HubContent, "hub-content", "content of a hub", "HubContent", ("HubContentName", "HubContentArn", Some("HubContentStatus"))),
    names(K::PartnerApp, "partner-app", "partner app", "PartnerApp", ("Name", "Arn", Some("Status"))),
    names(K::TrackingServer, "mlflow-tracking-server", "MLflow tracking server", "MlflowTrackingServer", ("TrackingServerName", "TrackingServerArn", Some("TrackingServerStatus"))),
    names(K::MlflowApp, "mlflow-app", "MLflow app", "MlflowApp", ("Name", "Arn", Some("Status"))),
    names(K::MonitoringSchedule, "monitoring-schedule", "monitoring schedule", "MonitoringSchedule", ("MonitoringScheduleName", "MonitoringScheduleArn", Some("MonitoringScheduleStatus"))),
    names(K::DataQualityDefinition, "data-quality-job-definition", "data quality job definition", "DataQualityJobDefinition", ("JobDefinitionName", "JobDefinitionArn", None)),
    names(K::ModelQualityDefinition, "model-quality-job-definition", "model quality job definition", "ModelQualityJobDefinition", ("JobDefinitionName", "JobDefinitionArn", None)),
    names(K::ModelBiasDefinition, "model-bias-job-definition", "model bias job definition", "ModelBiasJobDefinition", ("JobDefinitionName", "JobDefinitionArn", None)),
    names(K::ModelExplainabilityDefinition, "model-explainability-job-definition", "model explainability job definition", "ModelExplainabilityJobDefinition", ("JobDefinitionName", "JobDefinitionArn", None)),
    names(K::NotebookInstance, "notebook-instance", "notebook instance", "NotebookInstance", ("NotebookInstanceName", "NotebookInstanceArn", Some("NotebookInstanceStatus"))),
    names(K::LifecycleConfig, "notebook-instance-lifecycle-config", "lifecycle configuration", "NotebookInstanceLifecycleConfig", ("NotebookInstanceLifecycleConfigName", "NotebookInstanceLifecycleConfigArn", None)),
    names(K::StudioLifecycleConfig, "studio-lifecycle-config", "Studio lifecycle configuration", "StudioLifecycleConfig", ("StudioLifecycleConfigName", "StudioLifecycleConfigArn", None)),
    names(K::CodeRepository, "code-repository", "code repository", "CodeRepository", ("CodeRepositoryName", "CodeRepositoryArn", None)),
    names(K::Domain, "domain", "domain", "Domain", ("DomainId", "DomainArn", Some("Status"))),
    names(K::UserProfile, "user-profile", "user profile", "UserProfile", ("UserProfileName", "UserProfileArn", Some("Status"))),
    names(K::Space, "space", "space", "Space", ("SpaceName", "SpaceArn", Some("Status"))),
    names(K::App, "app", "app", "App", ("AppName", "AppArn", Some("Status"))),
    names(K::FeatureGroup, "feature-group", "feature group", "FeatureGroup", ("FeatureGroupName", "FeatureGroupArn", Some("FeatureGroupStatus"))),
    names(K::Pipeline, "pipeline", "pipeline", "Pipeline", ("PipelineName", "PipelineArn", None)),
    names(K::PipelineExecution, "pipeline", "pipeline execution", "PipelineExecution", ("PipelineExecutionArn", "PipelineExecutionArn", Some("PipelineExecutionStatus"))),
    names(K::Trial, "experiment-trial", "trial", "Trial", ("TrialName", "TrialArn", None)),
    names(K::Experiment, "experiment", "experiment", "Experiment", ("ExperimentName", "ExperimentArn", None)),
    names(K::TrialComponent, "experiment-trial-component", "trial component", "TrialComponent", ("TrialComponentName", "TrialComponentArn", None)),
];

impl ResourceKind {
    /// Every kind, in the order in which a model comes to be.
    pub const ALL: [Self; 44] = [
        Self::ProcessingJob,
        Self::TrainingJob,
        Self::TransformJob,
        Self::TuningJob,
        Self::AutoMlJob,
        Self::CompilationJob,
        Self::LabelingJob,
        Self::OptimizationJob,
        Self::RecommendationsJob,
        Self::Job,
        Self::TrainingSession,
        Self::ModelPackage,
        Self::ModelPackageGroup,
        Self::Model,
        Self::EndpointConfig,
        Self::Endpoint,
        Self::InferenceComponent,
        Self::InferenceExperiment,
        Self::InferenceRouter,
        Self::Cluster,
        Self::Hub,
        Self::HubContent,
        Self::PartnerApp,
        Self::TrackingServer,
        Self::MlflowApp,
        Self::MonitoringSchedule,
        Self::DataQualityDefinition,
        Self::ModelQualityDefinition,
        Self::ModelBiasDefinition,
        Self::ModelExplainabilityDefinition,
        Self::NotebookInstance,
        Self::LifecycleConfig,
        Self::StudioLifecycleConfig,
        Self::CodeRepository,
        Self::Domain,
        Self::UserProfile,
        Self::Space,
        Self::App,
        Self::FeatureGroup,
        Self::Pipeline,
        Self::PipelineExecution,
        Self::Trial,
        Self::Experiment,
        Self::TrialComponent,
    ];

    fn names(self) -> &'static Names {
        let found = NAMES.iter().find(|names| names.kind == self);
        // INVARIANT: the table has a row for each kind (a test counts them).
        found.unwrap_or(&NAMES[0])
    }

    /// In words, such as `training job`.
    #[must_use]
    pub fn noun(self) -> &'static str {
        self.names().noun
    }

    /// The type segment of the ARN, such as `training-job`; also the word users type.
    #[must_use]
    pub fn segment(self) -> &'static str {
        self.names().segment
    }

    /// The operation without its verb, such as `TrainingJob` in `DescribeTrainingJob`.
    #[must_use]
    pub fn operation(self) -> &'static str {
        self.names().operation
    }

    /// The field that holds the name in requests, descriptions and events. For resources in a domain, and for versions of a package, it
    /// holds only a part of the name: see [`ResourceKind::name_in`].
    #[must_use]
    pub fn name_field(self) -> &'static str {
        self.names().name_field
    }

    /// The field that holds the ARN in descriptions and events.
    #[must_use]
    pub fn arn_field(self) -> &'static str {
        self.names().arn_field
    }

    /// The field that holds the state in descriptions and events, for kinds that have one.
    #[must_use]
    pub fn status_field(self) -> Option<&'static str> {
        self.names().status_field
    }

    /// Whether the settings of a resource of this kind can change while it lives.
    #[must_use]
    pub fn is_mutable(self) -> bool {
        matches!(
            self,
            Self::ModelPackage
                | Self::ModelPackageGroup
                | Self::Endpoint
                | Self::InferenceComponent
                | Self::InferenceExperiment
                | Self::InferenceRouter
                | Self::Cluster
                | Self::Hub
                | Self::HubContent
                | Self::PartnerApp
                | Self::TrackingServer
                | Self::MlflowApp
                | Self::MonitoringSchedule
                | Self::NotebookInstance
                | Self::LifecycleConfig
                | Self::CodeRepository
                | Self::Domain
                | Self::UserProfile
                | Self::Space
        )
    }

    /// The kind that an ARN's type segment names; executions share theirs with their pipelines.
    #[must_use]
    pub fn from_segment(segment: &str) -> Option<Self> {
        NAMES.iter().find(|names| names.segment == segment).map(|names| names.kind)
    }
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.noun())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_each_kind_in_its_place() {
        let listed: Vec<ResourceKind> = NAMES.iter().map(|names| names.kind).collect();
        assert_eq!(listed, ResourceKind::ALL);
    }
}
