//! What IAM must allow for each call. Tests compare this with the roles in the template, and with the calls.

use sagewarden_events::ResourceKind;

/// By the method of the port.
pub const ACTIONS: &[(&str, &[&str])] = &[
    ("Account::tags", &["sagemaker:ListTags"]),
    ("Account::schedules_of", &["sagemaker:ListMonitoringSchedules"]),
    ("Account::policy_of", &["sagemaker:GetEndpointPolicy", "sagemaker:GetModelPackageGroupPolicy"]),
    ("Account::schedules", &["sagemaker:ListMonitoringSchedules"]),
    ("Account::endpoints", &["sagemaker:ListEndpoints"]),
    ("Account::executions_of", &["sagemaker:ListMonitoringExecutions"]),
    ("Account::steps_of", &["sagemaker:ListPipelineExecutionSteps"]),
    ("Account::components_of", &["sagemaker:ListTrialComponents"]),
    ("Account::annotate", &["sagemaker:UpdateTrialComponent"]),
    (
        "Remedies::stop",
        &[
            "sagemaker:StopAutoMLJob",
            "sagemaker:StopCompilationJob",
            "sagemaker:StopHyperParameterTuningJob",
            "sagemaker:StopInferenceRecommendationsJob",
            "sagemaker:StopLabelingJob",
            "sagemaker:StopNotebookInstance",
            "sagemaker:StopOptimizationJob",
            "sagemaker:StopPipelineExecution",
            "sagemaker:StopProcessingJob",
            "sagemaker:StopTrainingJob",
            "sagemaker:StopTransformJob",
        ],
    ),
    (
        "Remedies::change",
        &[
            "sagemaker:DeleteApp",
            "sagemaker:DescribeApp",
            "sagemaker:StartMonitoringSchedule",
            "sagemaker:UpdateDomain",
            "sagemaker:UpdateModelPackage",
            "sagemaker:UpdateNotebookInstance",
            "sagemaker:UpdateSpace",
            "sagemaker:UpdateTrainingJob",
        ],
    ),
    ("Remedies::start", &["sagemaker:StartNotebookInstance"]),
    ("Remedies::mark", &["sagemaker:AddTags"]),
    ("Remedies::model_use", &["sagemaker:ListEndpointConfigs", "sagemaker:DescribeEndpointConfig"]),
    ("Remedies::delete_model", &["sagemaker:DeleteModel"]),
];

/// The action of `Account::describe`, which differs from kind to kind.
#[must_use]
pub fn describing(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::TrainingJob => "sagemaker:DescribeTrainingJob",
        ResourceKind::ProcessingJob => "sagemaker:DescribeProcessingJob",
        ResourceKind::TransformJob => "sagemaker:DescribeTransformJob",
        ResourceKind::TuningJob => "sagemaker:DescribeHyperParameterTuningJob",
        ResourceKind::AutoMlJob => "sagemaker:DescribeAutoMLJobV2",
        ResourceKind::CompilationJob => "sagemaker:DescribeCompilationJob",
        ResourceKind::LabelingJob => "sagemaker:DescribeLabelingJob",
        ResourceKind::OptimizationJob => "sagemaker:DescribeOptimizationJob",
        ResourceKind::RecommendationsJob => "sagemaker:DescribeInferenceRecommendationsJob",
        ResourceKind::Model => "sagemaker:DescribeModel",
        ResourceKind::ModelPackage => "sagemaker:DescribeModelPackage",
        ResourceKind::ModelPackageGroup => "sagemaker:DescribeModelPackageGroup",
        ResourceKind::EndpointConfig => "sagemaker:DescribeEndpointConfig",
        ResourceKind::Endpoint => "sagemaker:DescribeEndpoint",
        ResourceKind::InferenceComponent => "sagemaker:DescribeInferenceComponent",
        ResourceKind::InferenceExperiment => "sagemaker:DescribeInferenceExperiment",
        ResourceKind::MonitoringSchedule => "sagemaker:DescribeMonitoringSchedule",
        ResourceKind::DataQualityDefinition => "sagemaker:DescribeDataQualityJobDefinition",
        ResourceKind::ModelQualityDefinition => "sagemaker:DescribeModelQualityJobDefinition",
        ResourceKind::ModelBiasDefinition => "sagemaker:DescribeModelBiasJobDefinition",
        ResourceKind::ModelExplainabilityDefinition => "sagemaker:DescribeModelExplainabilityJobDefinition",
        ResourceKind::NotebookInstance => "sagemaker:DescribeNotebookInstance",
        ResourceKind::LifecycleConfig => "sagemaker:DescribeNotebookInstanceLifecycleConfig",
        ResourceKind::FeatureGroup => "sagemaker:DescribeFeatureGroup",
        ResourceKind::Pipeline => "sagemaker:DescribePipeline",
        ResourceKind::PipelineExecution => "sagemaker:DescribePipelineExecution",
        ResourceKind::Domain => "sagemaker:DescribeDomain",
        ResourceKind::UserProfile => "sagemaker:DescribeUserProfile",
        ResourceKind::Space => "sagemaker:DescribeSpace",
        ResourceKind::App => "sagemaker:DescribeApp",
        ResourceKind::Trial => "sagemaker:DescribeTrial",
        ResourceKind::Experiment => "sagemaker:DescribeExperiment",
        ResourceKind::TrialComponent => "sagemaker:DescribeTrialComponent",
    }
}

/// The actions of `Estate::page`, which differ from kind to kind. The first one is for the bulk call, where the kind has one.
#[must_use]
pub fn listing(kind: ResourceKind) -> &'static [&'static str] {
    match kind {
        ResourceKind::TrainingJob => &["sagemaker:Search", "sagemaker:ListTrainingJobs"],
        ResourceKind::ProcessingJob => &["sagemaker:ListProcessingJobs"],
        ResourceKind::TransformJob => &["sagemaker:ListTransformJobs"],
        ResourceKind::TuningJob => &["sagemaker:Search", "sagemaker:ListHyperParameterTuningJobs"],
        ResourceKind::AutoMlJob => &["sagemaker:ListAutoMLJobs"],
        ResourceKind::CompilationJob => &["sagemaker:ListCompilationJobs"],
        ResourceKind::LabelingJob => &["sagemaker:ListLabelingJobs"],
        ResourceKind::OptimizationJob => &["sagemaker:ListOptimizationJobs"],
        ResourceKind::RecommendationsJob => &["sagemaker:ListInferenceRecommendationsJobs"],
        ResourceKind::ModelPackage => &["sagemaker:Search", "sagemaker:ListModelPackages"],
        ResourceKind::ModelPackageGroup => &["sagemaker:ListModelPackageGroups"],
        ResourceKind::Model => &["sagemaker:Search", "sagemaker:ListModels"],
        ResourceKind::EndpointConfig => &["sagemaker:ListEndpointConfigs"],
        ResourceKind::Endpoint => &["sagemaker:ListEndpoints"],
        ResourceKind::InferenceComponent => &["sagemaker:ListInferenceComponents"],
        ResourceKind::InferenceExperiment => &["sagemaker:ListInferenceExperiments"],
        ResourceKind::MonitoringSchedule => &["sagemaker:ListMonitoringSchedules"],
        ResourceKind::DataQualityDefinition => &["sagemaker:ListDataQualityJobDefinitions"],
        ResourceKind::ModelQualityDefinition => &["sagemaker:ListModelQualityJobDefinitions"],
        ResourceKind::ModelBiasDefinition => &["sagemaker:ListModelBiasJobDefinitions"],
        ResourceKind::ModelExplainabilityDefinition => &["sagemaker:ListModelExplainabilityJobDefinitions"],
        ResourceKind::NotebookInstance => &["sagemaker:ListNotebookInstances"],
        ResourceKind::LifecycleConfig => &["sagemaker:ListNotebookInstanceLifecycleConfigs"],
        ResourceKind::FeatureGroup => &["sagemaker:ListFeatureGroups"],
        ResourceKind::Pipeline => &["sagemaker:ListPipelines"],
        ResourceKind::PipelineExecution => &["sagemaker:Search"],
        ResourceKind::Domain => &["sagemaker:ListDomains"],
        ResourceKind::UserProfile => &["sagemaker:ListUserProfiles", "sagemaker:ListDomains"],
        ResourceKind::Space => &["sagemaker:ListSpaces", "sagemaker:ListDomains"],
        ResourceKind::App => &["sagemaker:ListApps", "sagemaker:ListDomains"],
        ResourceKind::Trial | ResourceKind::Experiment | ResourceKind::TrialComponent => &[],
    }
}
