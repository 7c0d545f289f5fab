//! Operations that create something in SageMaker for which there are no controls.

use serde_json::Value as Json;

/// An operation, the members that it requires, and those that it takes beside them ("Actions", SageMaker API reference; a test holds
/// the table against the API).
type Operation = (&'static str, &'static [&'static str], &'static [&'static str]);

#[rustfmt::skip]
const OPERATIONS: [Operation; 34] = [
    ("CreateAIBenchmarkJob", &["AIBenchmarkJobName", "BenchmarkTarget", "OutputConfig", "AIWorkloadConfigIdentifier", "RoleArn"], &["NetworkConfig", "Tags"]),
    ("CreateAIRecommendationJob", &["AIRecommendationJobName", "ModelSource", "OutputConfig", "AIWorkloadConfigIdentifier", "PerformanceTarget", "RoleArn"], &["InferenceSpecification", "OptimizeModel", "ComputeSpec", "AdapterSource", "Tags"]),
    ("CreateAIWorkloadConfig", &["AIWorkloadConfigName"], &["DatasetConfig", "AIWorkloadConfigs", "Tags"]),
    ("CreateAction", &["ActionName", "Source", "ActionType"], &["Description", "Status", "Properties", "MetadataProperties", "Tags"]),
    ("CreateAlgorithm", &["AlgorithmName", "TrainingSpecification"], &["AlgorithmDescription", "InferenceSpecification", "ValidationSpecification", "CertifyForMarketplace", "Tags"]),
    ("CreateAppImageConfig", &["AppImageConfigName"], &["Tags", "KernelGatewayImageConfig", "JupyterLabAppImageConfig", "CodeEditorAppImageConfig"]),
    ("CreateArtifact", &["Source", "ArtifactType"], &["ArtifactName", "Properties", "MetadataProperties", "Tags"]),
    ("CreateClusterExtension", &["ClusterArn", "ExtensionName"], &["ExtensionVersion", "ConfigurationValues", "Tags", "ClientToken"]),
    ("CreateClusterSchedulerConfig", &["Name", "ClusterArn", "SchedulerConfig"], &["Description", "Tags"]),
    ("CreateComputeQuota", &["Name", "ClusterArn", "ComputeQuotaConfig", "ComputeQuotaTarget"], &["Description", "ActivationState", "Tags"]),
    ("CreateContext", &["ContextName", "Source", "ContextType"], &["Description", "Properties", "Tags"]),
    ("CreateDeviceFleet", &["DeviceFleetName", "OutputConfig"], &["RoleArn", "Description", "Tags", "EnableIotRoleAlias"]),
    ("CreateEdgeDeploymentPlan", &["EdgeDeploymentPlanName", "ModelConfigs", "DeviceFleetName"], &["Stages", "Tags"]),
    ("CreateEdgeDeploymentStage", &["EdgeDeploymentPlanName", "Stages"], &[]),
    ("CreateEdgePackagingJob", &["EdgePackagingJobName", "CompilationJobName", "ModelName", "ModelVersion", "RoleArn", "OutputConfig"], &["ResourceKey", "Tags"]),
    ("CreateExperiment", &["ExperimentName"], &["DisplayName", "Description", "Tags"]),
    ("CreateFlowDefinition", &["FlowDefinitionName", "OutputConfig", "RoleArn"], &["HumanLoopRequestSource", "HumanLoopActivationConfig", "HumanLoopConfig", "Tags"]),
    ("CreateGlobalInferenceGateway", &["Name", "ExecutionRoleArn", "Gateways"], &["Routing", "ClientToken", "Tags"]),
    ("CreateHubContentPresignedUrls", &["HubName", "HubContentType", "HubContentName"], &["HubContentVersion", "AccessConfig", "MaxResults", "NextToken"]),
    ("CreateHumanTaskUi", &["HumanTaskUiName", "UiTemplate"], &["Tags"]),
    ("CreateImage", &["ImageName", "RoleArn"], &["Description", "DisplayName", "Tags"]),
    ("CreateImageVersion", &["BaseImage", "ClientToken", "ImageName"], &["Aliases", "VendorGuidance", "JobType", "MLFramework", "ProgrammingLang", "Processor", "Horovod", "ReleaseNotes"]),
    ("CreateModelCard", &["ModelCardName", "Content", "ModelCardStatus"], &["SecurityConfig", "Tags"]),
    ("CreateModelCardExportJob", &["ModelCardName", "ModelCardExportJobName", "OutputConfig"], &["ModelCardVersion"]),
    ("CreateModelPackageGroup", &["ModelPackageGroupName"], &["ModelPackageGroupDescription", "Tags", "ManagedConfiguration"]),
    ("CreatePresignedDomainUrl", &["DomainId", "UserProfileName"], &["SessionExpirationDurationInSeconds", "ExpiresInSeconds", "SpaceName", "LandingUri"]),
    ("CreatePresignedMlflowTrackingServerUrl", &["TrackingServerName"], &["ExpiresInSeconds", "SessionExpirationDurationInSeconds"]),
    ("CreatePresignedNotebookInstanceUrl", &["NotebookInstanceName"], &["SessionExpirationDurationInSeconds"]),
    ("CreateProject", &["ProjectName"], &["ProjectDescription", "ServiceCatalogProvisioningDetails", "Tags", "TemplateProviders"]),
    ("CreateTrainingPlan", &["TrainingPlanName", "TrainingPlanOfferingId"], &["SpareInstanceCountPerUltraServer", "Tags"]),
    ("CreateTrial", &["TrialName", "ExperimentName"], &["DisplayName", "MetadataProperties", "Tags"]),
    ("CreateTrialComponent", &["TrialComponentName"], &["DisplayName", "Status", "StartTime", "EndTime", "Parameters", "InputArtifacts", "OutputArtifacts", "MetadataProperties", "Tags"]),
    ("CreateWorkforce", &["WorkforceName"], &["CognitoConfig", "OidcConfig", "SourceIpConfig", "Tags", "WorkforceVpcConfig", "IpAddressType"]),
    ("CreateWorkteam", &["WorkteamName", "MemberDefinitions", "Description"], &["WorkforceName", "NotificationConfiguration", "WorkerAccessConfiguration", "Tags"]),
];

/// The operations without controls: name, required members, other members.
pub fn without_controls() -> impl Iterator<Item = &'static Operation> {
    OPERATIONS.iter()
}

/// Whether a call creates something without controls.
pub(super) fn is_without_controls(call: &str) -> bool {
    OPERATIONS.iter().any(|(operation, ..)| *operation == call)
}

/// The operation without controls that a document is a request of, or describes the result of.
pub(super) fn operation_of(document: &Json) -> Option<&'static str> {
    let fields = document.as_object()?;
    let found = OPERATIONS.iter().find(|(operation, required, others)| {
        let named = operation.strip_prefix("Create").unwrap_or_default();
        let arn = fields.get(&format!("{named}Arn")).and_then(Json::as_str);
        let is_described = arn.is_some_and(|arn| arn.starts_with("arn:") && arn.contains(":sagemaker:"));
        let has_all = required.iter().all(|member| fields.contains_key(*member));
        let takes = |key: &str| required.contains(&key) || others.contains(&key);
        // A request with only the name of a resource may also describe, stop or delete it.
        let is_more = !named.starts_with("Presigned") || fields.len() > required.len();
        is_described || has_all && is_more && fields.keys().all(|key| takes(key))
    });
    found.map(|(operation, ..)| *operation)
}
