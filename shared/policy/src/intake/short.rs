//! Objects that name an existing resource by its ARN and do not describe it: entries of a list, or requests that change it.

use sagewarden_events::ResourceKind as K;
use serde_json::Value as Json;

/// An operation, the kind that it is about, and the members of the entries that it lists or of its request ("Actions", SageMaker API
/// reference; a test holds the table against the API). The first operation that fits counts.
type ShortForm = (&'static str, K, &'static [&'static str]);

#[rustfmt::skip]
const SHORT: [ShortForm; 35] = [
    ("UpdateModelPackage", K::ModelPackage, &["ModelPackageArn", "ModelApprovalStatus", "ModelPackageRegistrationType", "ApprovalDescription", "CustomerMetadataProperties", "CustomerMetadataPropertiesToRemove", "AdditionalInferenceSpecificationsToAdd", "InferenceSpecification", "SourceUri", "ModelCard", "ModelLifeCycle", "ClientToken"]),
    ("UpdatePipelineExecution", K::PipelineExecution, &["PipelineExecutionArn", "PipelineExecutionDescription", "PipelineExecutionDisplayName", "ParallelismConfiguration"]),
    ("ListTrainingJobs", K::TrainingJob, &["TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingEndTime", "LastModifiedTime", "TrainingJobStatus", "SecondaryStatus", "WarmPoolStatus", "TrainingPlanArn"]),
    ("ListTrainingJobsForHyperParameterTuningJob", K::TrainingJob, &["TrainingJobDefinitionName", "TrainingJobName", "TrainingJobArn", "TuningJobName", "CreationTime", "TrainingStartTime", "TrainingEndTime", "TrainingJobStatus", "TunedHyperParameters", "FailureReason", "FinalHyperParameterTuningJobObjectiveMetric", "ObjectiveStatus"]),
    ("ListProcessingJobs", K::ProcessingJob, &["ProcessingJobName", "ProcessingJobArn", "CreationTime", "ProcessingEndTime", "LastModifiedTime", "ProcessingJobStatus", "FailureReason", "ExitMessage"]),
    ("ListTransformJobs", K::TransformJob, &["TransformJobName", "TransformJobArn", "CreationTime", "TransformEndTime", "LastModifiedTime", "TransformJobStatus", "FailureReason"]),
    ("ListHyperParameterTuningJobs", K::TuningJob, &["HyperParameterTuningJobName", "HyperParameterTuningJobArn", "HyperParameterTuningJobStatus", "Strategy", "CreationTime", "HyperParameterTuningEndTime", "LastModifiedTime", "TrainingJobStatusCounters", "ObjectiveStatusCounters", "ResourceLimits"]),
    ("ListAutoMLJobs", K::AutoMlJob, &["AutoMLJobName", "AutoMLJobArn", "AutoMLJobStatus", "AutoMLJobSecondaryStatus", "CreationTime", "EndTime", "LastModifiedTime", "FailureReason", "PartialFailureReasons"]),
    ("ListCompilationJobs", K::CompilationJob, &["CompilationJobName", "CompilationJobArn", "CreationTime", "CompilationStartTime", "CompilationEndTime", "CompilationTargetDevice", "CompilationTargetPlatformOs", "CompilationTargetPlatformArch", "CompilationTargetPlatformAccelerator", "LastModifiedTime", "CompilationJobStatus"]),
    ("ListLabelingJobs", K::LabelingJob, &["LabelingJobName", "LabelingJobArn", "CreationTime", "LastModifiedTime", "LabelingJobStatus", "LabelCounters", "WorkteamArn", "PreHumanTaskLambdaArn", "AnnotationConsolidationLambdaArn", "FailureReason", "LabelingJobOutput", "InputConfig"]),
    ("ListOptimizationJobs", K::OptimizationJob, &["OptimizationJobName", "OptimizationJobArn", "CreationTime", "OptimizationJobStatus", "OptimizationStartTime", "OptimizationEndTime", "LastModifiedTime", "DeploymentInstanceType", "MaxInstanceCount", "OptimizationTypes"]),
    ("ListInferenceRecommendationsJobs", K::RecommendationsJob, &["JobName", "JobDescription", "JobType", "JobArn", "Status", "CreationTime", "CompletionTime", "RoleArn", "LastModifiedTime", "FailureReason", "ModelName", "SamplePayloadUrl", "ModelPackageVersionArn"]),
    ("ListMonitoringSchedules", K::MonitoringSchedule, &["MonitoringScheduleName", "MonitoringScheduleArn", "CreationTime", "LastModifiedTime", "MonitoringScheduleStatus", "EndpointName", "MonitoringJobDefinitionName", "MonitoringType"]),
    ("ListInferenceRouters", K::InferenceRouter, &["InferenceRouterName", "InferenceRouterArn", "CreationTime", "LastModifiedTime"]),
    ("ListClusters", K::Cluster, &["ClusterArn", "ClusterName", "CreationTime", "ClusterStatus", "TrainingPlanArns", "ImageVersionStatus"]),
    ("ListClusterEvents", K::Cluster, &["EventId", "ClusterArn", "ClusterName", "InstanceGroupName", "InstanceId", "ResourceType", "EventTime", "Description", "EventLevel", "OperationId"]),
    ("ListHubs", K::Hub, &["HubName", "HubArn", "HubDisplayName", "HubDescription", "HubSearchKeywords", "HubStatus", "CreationTime", "LastModifiedTime"]),
    ("ListHubContents", K::HubContent, &["HubContentName", "HubContentArn", "SageMakerPublicHubContentArn", "HubContentVersion", "HubContentType", "DocumentSchemaVersion", "HubContentDisplayName", "HubContentDescription", "SupportStatus", "HubContentSearchKeywords", "HubContentStatus", "CreationTime", "OriginalCreationTime"]),
    ("ListHubContentVersions", K::HubContent, &["HubContentName", "HubContentArn", "SageMakerPublicHubContentArn", "HubContentVersion", "HubContentType", "DocumentSchemaVersion", "HubContentDisplayName", "HubContentDescription", "SupportStatus", "HubContentSearchKeywords", "HubContentStatus", "CreationTime", "OriginalCreationTime"]),
    ("ListPartnerApps", K::PartnerApp, &["Arn", "Name", "Type", "Status", "CreationTime"]),
    ("ListCodeRepositories", K::CodeRepository, &["CodeRepositoryName", "CodeRepositoryArn", "CreationTime", "LastModifiedTime", "GitConfig"]),
    ("ListMlflowTrackingServers", K::TrackingServer, &["TrackingServerArn", "TrackingServerName", "CreationTime", "LastModifiedTime", "TrackingServerStatus", "IsActive", "MlflowVersion"]),
    ("UpdateMlflowApp", K::MlflowApp, &["Arn", "Name", "ArtifactStoreUri", "ModelRegistrationMode", "WeeklyMaintenanceWindowStart", "DefaultDomainIdList", "AccountDefaultStatus"]),
    ("ListMlflowApps", K::MlflowApp, &["Arn", "Name", "Status", "CreationTime", "LastModifiedTime", "MlflowVersion"]),
    ("ListEndpoints", K::Endpoint, &["EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime", "EndpointStatus"]),
    ("ListInferenceComponents", K::InferenceComponent, &["CreationTime", "InferenceComponentArn", "InferenceComponentName", "EndpointArn", "EndpointName", "VariantName", "InferenceComponentStatus", "LastModifiedTime"]),
    ("ListEndpointConfigs", K::EndpointConfig, &["EndpointConfigName", "EndpointConfigArn", "CreationTime"]),
    ("ListModelPackages", K::ModelPackage, &["ModelPackageName", "ModelPackageGroupName", "ModelPackageVersion", "ModelPackageArn", "ModelPackageDescription", "CreationTime", "ModelPackageStatus", "ModelApprovalStatus", "ModelLifeCycle", "ModelPackageRegistrationType"]),
    ("ListModels", K::Model, &["ModelName", "ModelArn", "CreationTime"]),
    ("ListNotebookInstances", K::NotebookInstance, &["NotebookInstanceName", "NotebookInstanceArn", "NotebookInstanceStatus", "Url", "InstanceType", "CreationTime", "LastModifiedTime", "NotebookInstanceLifecycleConfigName", "DefaultCodeRepository", "AdditionalCodeRepositories"]),
    ("ListNotebookInstanceLifecycleConfigs", K::LifecycleConfig, &["NotebookInstanceLifecycleConfigName", "NotebookInstanceLifecycleConfigArn", "CreationTime", "LastModifiedTime"]),
    ("ListStudioLifecycleConfigs", K::StudioLifecycleConfig, &["StudioLifecycleConfigArn", "StudioLifecycleConfigName", "CreationTime", "LastModifiedTime", "StudioLifecycleConfigAppType"]),
    ("ListFeatureGroups", K::FeatureGroup, &["FeatureGroupName", "FeatureGroupArn", "CreationTime", "FeatureGroupStatus", "OfflineStoreStatus"]),
    ("ListDomains", K::Domain, &["DomainArn", "DomainId", "DomainName", "Status", "CreationTime", "LastModifiedTime", "Url"]),
    ("ListPipelineExecutions", K::PipelineExecution, &["PipelineExecutionArn", "StartTime", "PipelineExecutionStatus", "PipelineExecutionDescription", "PipelineExecutionDisplayName", "PipelineExecutionFailureReason", "PipelineVersionAliases"]),
];

/// What clients in Python put beside an answer.
const BESIDE: &str = "ResponseMetadata";

/// The operations whose entries or requests have an ARN, and say less than a description.
pub fn short_forms() -> impl Iterator<Item = &'static ShortForm> {
    SHORT.iter()
}

/// The operation that a document of a kind is of, if it has nothing that only a description has.
pub(super) fn operation_of(kind: K, document: &Json) -> Option<&'static str> {
    let fields = document.as_object()?;
    let has_all =
        |members: &[&str]| fields.keys().all(|field| members.contains(&field.as_str()) || field == BESIDE);
    SHORT.iter().find(|(_, of, members)| *of == kind && has_all(members)).map(|(operation, ..)| *operation)
}
