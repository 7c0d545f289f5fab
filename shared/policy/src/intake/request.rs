//! Bare requests and descriptions: their fields show the kind.

use sagewarden_events::ResourceKind;
use serde_json::{Value as Json, json};

use super::account::resource;
use super::candidate::Candidate;
use super::nothing;
use super::opening;
use super::short;
use super::taken::{Intake, Unusable};
use crate::join::{Joined, OperationAnswer};

/// The operation that creates a resource of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Creation {
    /// Its name.
    pub operation: &'static str,
    /// The kind of that resource.
    pub kind: ResourceKind,
    /// The member that names the resource.
    pub name: &'static str,
    /// The other members that the API demands, or without which no control can judge the request.
    pub required: &'static [&'static str],
    /// Members that no other operation takes which names such a resource.
    pub own: &'static [&'static str],
}

/// The operations that create resources with controls.
pub fn creations() -> impl Iterator<Item = &'static Creation> {
    CREATIONS.iter()
}

use ResourceKind as K;

const fn creation(
    operation: &'static str,
    kind: ResourceKind,
    name: &'static str,
    required: &'static [&'static str],
    own: &'static [&'static str],
) -> Creation {
    Creation { operation, kind, name, required, own }
}

/// "Actions", SageMaker API reference. If a document names several resources, the first is its subject: an inference component names its
/// endpoint.
#[rustfmt::skip]
pub(super) const CREATIONS: [Creation; 42] = [
    creation("CreateTrainingJob", K::TrainingJob, "TrainingJobName", &["RoleArn", "OutputDataConfig"], &["AlgorithmSpecification", "RoleArn", "InputDataConfig", "OutputDataConfig", "VpcConfig", "StoppingCondition", "EnableNetworkIsolation"]),
    creation("CreateProcessingJob", K::ProcessingJob, "ProcessingJobName", &["ProcessingResources", "AppSpecification", "RoleArn"], &["ProcessingInputs", "ProcessingOutputConfig", "ProcessingResources", "AppSpecification", "NetworkConfig", "RoleArn"]),
    creation("CreateTransformJob", K::TransformJob, "TransformJobName", &["ModelName", "TransformInput", "TransformOutput", "TransformResources"], &["ModelName", "TransformInput", "TransformOutput", "TransformResources"]),
    creation("CreateHyperParameterTuningJob", K::TuningJob, "HyperParameterTuningJobName", &["HyperParameterTuningJobConfig"], &["HyperParameterTuningJobConfig", "TrainingJobDefinition", "TrainingJobDefinitions"]),
    creation("CreateAutoMLJobV2", K::AutoMlJob, "AutoMLJobName", &["AutoMLJobInputDataConfig", "OutputDataConfig", "AutoMLProblemTypeConfig", "RoleArn"], &["AutoMLJobInputDataConfig", "InputDataConfig", "OutputDataConfig", "AutoMLProblemTypeConfig", "AutoMLJobConfig", "RoleArn", "SecurityConfig"]),
    creation("CreateCompilationJob", K::CompilationJob, "CompilationJobName", &["RoleArn", "OutputConfig", "StoppingCondition"], &["InputConfig", "VpcConfig", "StoppingCondition"]),
    creation("CreateLabelingJob", K::LabelingJob, "LabelingJobName", &["InputConfig", "OutputConfig", "RoleArn", "HumanTaskConfig"], &["LabelAttributeName", "HumanTaskConfig", "LabelingJobAlgorithmsConfig", "LabelCategoryConfigS3Uri"]),
    creation("CreateOptimizationJob", K::OptimizationJob, "OptimizationJobName", &["RoleArn", "ModelSource", "OptimizationConfigs", "OutputConfig"], &["ModelSource", "OptimizationConfigs", "DeploymentInstanceType", "OptimizationEnvironment"]),
    creation("CreateInferenceRecommendationsJob", K::RecommendationsJob, "JobName", &["JobType", "RoleArn", "InputConfig"], &[]),
    creation("CreateJob", K::Job, "JobName", &["JobCategory", "RoleArn"], &["JobConfigDocument", "JobConfigSchemaVersion"]),
    creation("CreateTrainingSession", K::TrainingSession, "TrainingSessionName", &["RoleArn", "ModelConfig", "OutputConfig"], &["LoraConfig", "ModelConfig"]),
    creation("CreateMonitoringSchedule", K::MonitoringSchedule, "MonitoringScheduleName", &["MonitoringScheduleConfig"], &[]),
    creation("CreateInferenceComponent", K::InferenceComponent, "InferenceComponentName", &["EndpointName"], &["EndpointName", "VariantName"]),
    creation("CreateInferenceExperiment", K::InferenceExperiment, "Name", &["Type", "RoleArn", "EndpointName", "ModelVariants", "ShadowModeConfig"], &[]),
    creation("CreateInferenceRouter", K::InferenceRouter, "InferenceRouterName", &["RoutingTargets"], &[]),
    creation("CreateCluster", K::Cluster, "ClusterName", &["InstanceGroups"], &["VpcConfig"]),
    creation("CreateHubContentReference", K::HubContent, "HubName", &["SageMakerPublicHubContentArn"], &["SageMakerPublicHubContentArn"]),
    creation("ImportHubContent", K::HubContent, "HubContentName", &["HubName", "HubContentType", "HubContentDocument"], &["HubContentDocument"]),
    creation("CreateHub", K::Hub, "HubName", &["HubDescription"], &["S3StorageConfig"]),
    creation("CreatePartnerApp", K::PartnerApp, "Name", &["Type", "ExecutionRoleArn", "AuthType"], &[]),
    creation("CreateMlflowTrackingServer", K::TrackingServer, "TrackingServerName", &["ArtifactStoreUri", "RoleArn"], &["RoleArn", "MlflowVersion"]),
    creation("CreateMlflowApp", K::MlflowApp, "Name", &["ArtifactStoreUri", "RoleArn"], &[]),
    creation("CreateEndpoint", K::Endpoint, "EndpointName", &["EndpointConfigName"], &[]),
    creation("CreateEndpointConfig", K::EndpointConfig, "EndpointConfigName", &["ProductionVariants"], &["ProductionVariants", "DataCaptureConfig", "AsyncInferenceConfig", "ShadowProductionVariants"]),
    creation("CreateModelPackage", K::ModelPackage, "ModelPackageGroupName", &["InferenceSpecification"], &["InferenceSpecification", "SourceAlgorithmSpecification", "ModelMetrics", "DriftCheckBaselines", "MetadataProperties", "SourceUri", "ModelCard", "ModelPackageDescription", "CertifyForMarketplace", "ValidationSpecification", "CustomerMetadataProperties", "Domain", "Task", "SamplePayloadUrl", "AdditionalInferenceSpecifications", "SkipModelValidation", "SecurityConfig", "ModelLifeCycle"]),
    creation("CreateModelPackage", K::ModelPackage, "ModelPackageName", &["InferenceSpecification"], &["InferenceSpecification", "SourceAlgorithmSpecification", "ModelMetrics", "DriftCheckBaselines", "MetadataProperties", "SourceUri", "ModelCard", "ModelApprovalStatus", "ModelPackageDescription", "CertifyForMarketplace", "ValidationSpecification", "CustomerMetadataProperties", "Domain", "Task", "SamplePayloadUrl", "AdditionalInferenceSpecifications", "SkipModelValidation", "SecurityConfig", "ModelLifeCycle"]),
    creation("CreateModel", K::Model, "ModelName", &["PrimaryContainer"], &["PrimaryContainer", "Containers", "ExecutionRoleArn", "VpcConfig", "EnableNetworkIsolation"]),
    creation("CreateNotebookInstance", K::NotebookInstance, "NotebookInstanceName", &["InstanceType", "RoleArn"], &["SubnetId", "SecurityGroupIds", "KmsKeyId", "DirectInternetAccess"]),
    creation("CreateNotebookInstanceLifecycleConfig", K::LifecycleConfig, "NotebookInstanceLifecycleConfigName", &["OnStart"], &[]),
    creation("CreateNotebookInstanceLifecycleConfig", K::LifecycleConfig, "NotebookInstanceLifecycleConfigName", &["OnCreate"], &[]),
    creation("CreateCodeRepository", K::CodeRepository, "CodeRepositoryName", &["GitConfig"], &[]),
    creation("CreateStudioLifecycleConfig", K::StudioLifecycleConfig, "StudioLifecycleConfigName", &["StudioLifecycleConfigContent"], &["StudioLifecycleConfigContent", "StudioLifecycleConfigAppType"]),
    creation("CreateApp", K::App, "AppName", &["DomainId", "AppType", "ResourceSpec"], &["ResourceSpec", "RecoveryMode"]),
    creation("CreateFeatureGroup", K::FeatureGroup, "FeatureGroupName", &["RecordIdentifierFeatureName", "EventTimeFeatureName", "FeatureDefinitions"], &["RecordIdentifierFeatureName", "EventTimeFeatureName", "FeatureDefinitions", "OfflineStoreConfig", "RoleArn"]),
    creation("CreateUserProfile", K::UserProfile, "UserProfileName", &["DomainId", "UserSettings"], &["SingleSignOnUserIdentifier", "SingleSignOnUserValue"]),
    creation("CreateSpace", K::Space, "SpaceName", &["DomainId", "SpaceSettings"], &["OwnershipSettings", "SpaceSharingSettings"]),
    creation("CreateDomain", K::Domain, "DomainName", &["AuthMode", "DefaultUserSettings"], &["AuthMode", "DefaultUserSettings", "AppNetworkAccessType", "HomeEfsFileSystemKmsKeyId", "DefaultSpaceSettings", "AppSecurityGroupManagement"]),
    creation("CreateDataQualityJobDefinition", K::DataQualityDefinition, "JobDefinitionName", &["DataQualityAppSpecification"], &["DataQualityAppSpecification", "DataQualityJobInput", "DataQualityJobOutputConfig"]),
    creation("CreateModelQualityJobDefinition", K::ModelQualityDefinition, "JobDefinitionName", &["ModelQualityAppSpecification"], &["ModelQualityAppSpecification", "ModelQualityJobInput", "ModelQualityJobOutputConfig"]),
    creation("CreateModelBiasJobDefinition", K::ModelBiasDefinition, "JobDefinitionName", &["ModelBiasAppSpecification"], &["ModelBiasAppSpecification", "ModelBiasJobInput", "ModelBiasJobOutputConfig"]),
    creation("CreateModelExplainabilityJobDefinition", K::ModelExplainabilityDefinition, "JobDefinitionName", &["ModelExplainabilityAppSpecification"], &["ModelExplainabilityAppSpecification", "ModelExplainabilityJobInput", "ModelExplainabilityJobOutputConfig"]),
    creation("StartPipelineExecution", K::PipelineExecution, "PipelineName", &["ClientRequestToken", "PipelineParameters"], &["PipelineExecutionDisplayName", "PipelineParameters", "SelectiveExecutionConfig"]),
];

impl Creation {
    /// Whether a document is such a request: it has all that is required, or something that nothing else takes.
    fn is_made_by(&self, document: &Json) -> bool {
        let has = |field: &&str| document.get(*field).is_some_and(|value| !value.is_null());
        self.names(document) && (self.required.iter().all(has) || self.own.iter().any(has))
    }

    /// The fields that a document lacks, in words.
    fn missing(&self, document: &Json) -> String {
        let is_missing = |field: &&&str| document.get(**field).is_none_or(Json::is_null);
        let missing: Vec<String> =
            self.required.iter().filter(is_missing).map(|field| format!("`{field}`")).collect();
        missing.join(", ")
    }

    fn names(&self, document: &Json) -> bool {
        document.get(self.name).is_some_and(Json::is_string)
    }

    /// Whether the name of its member says what it names: half of all documents have a `Name`, and jobs of other services a `JobName`.
    fn has_telling_name(&self) -> bool {
        !["Name", "JobName"].contains(&self.name)
    }
}

/// The creation of a resource of another kind that a request names.
pub(super) fn of_another(kind: ResourceKind, request: &Json) -> Option<&'static Creation> {
    CREATIONS.iter().find(|one| one.kind != kind && one.has_telling_name() && one.names(request))
}

/// The kind in the name of the operation that creates it.
pub(super) fn kind_of(name: &str) -> Option<ResourceKind> {
    let named = |operation: &str| operation.strip_prefix("Create") == Some(name);
    CREATIONS.iter().find(|creation| named(creation.operation)).map(|creation| creation.kind)
}

/// A request or a description, bare.
pub(super) fn request(document: Json) -> Result<Intake, Unusable> {
    if let Some(candidate) = opening::of_request(&document) {
        return Ok(Intake::of(candidate));
    }
    let described = CREATIONS.iter().find(|one| is_described(one.kind, &document));
    if let Some(operation) = described.and_then(|one| short::operation_of(one.kind, &document)) {
        return Err(Unusable::OtherCall(operation.to_owned()));
    }
    let made = CREATIONS.iter().find(|one| one.is_made_by(&document));
    let Some(creation) = described.or(made) else {
        if let Some(operation) = nothing::operation_of(&document) {
            return Err(Unusable::NoControls(operation.to_owned()));
        }
        let named = CREATIONS.iter().find(|one| one.has_telling_name() && one.names(&document));
        return Err(named.map_or(Unusable::UnknownForm, |one| Unusable::OtherOperation {
            name: one.name,
            operation: one.operation,
            missing: one.missing(&document),
        }));
    };
    // If a request names several resources, the first one that it creates or describes counts.
    Ok(Intake::of(of_kind(creation.kind, document, None)))
}

/// Whether the API described a resource of a kind: only it gives name and ARN. A job has the ARN alone of the one that it belongs to, and an
/// answer to a request to create something has no more than the ARN.
fn is_described(kind: ResourceKind, document: &Json) -> bool {
    let arn = document.get(kind.arn_field()).and_then(Json::as_str);
    let is_own = |arn| sagewarden_events::Resource::parse_arn(arn).is_ok_and(|own| own.kind == kind);
    arn.is_some_and(is_own) && kind.name_in(document).is_some()
}

/// A request of a kind. Names that the service chooses (a domain's id, a package's version) are unknown in advance.
pub(super) fn of_kind(kind: ResourceKind, document: Json, named: Option<&str>) -> Candidate {
    let document = in_one_form(kind, document);
    let name = named.map(str::to_owned).or_else(|| kind.name_in(&document));
    let name = name.unwrap_or_else(|| stands_for_name(&document));
    match definition_type(kind) {
        Some(of) => of_definition(kind, of, &name, document),
        None => Candidate::new(resource(kind, &name, &document), document),
    }
}

fn stands_for_name(document: &Json) -> String {
    let fields =
        ["DomainName", "ModelPackageGroupName", "PipelineExecutionDisplayName", "PipelineName", "Name"];
    let found = fields.iter().find_map(|field| document.get(*field)?.as_str());
    found.unwrap_or("(not named yet)").to_owned()
}

/// The type of monitoring that a definition is of.
fn definition_type(kind: ResourceKind) -> Option<&'static str> {
    Some(match kind {
        K::DataQualityDefinition => "DataQuality",
        K::ModelQualityDefinition => "ModelQuality",
        K::ModelBiasDefinition => "ModelBias",
        K::ModelExplainabilityDefinition => "ModelExplainability",
        _ => return None,
    })
}

/// A definition is judged as the job of a schedule that names it.
fn of_definition(kind: ResourceKind, of: &str, name: &str, document: Json) -> Candidate {
    let own = resource(kind, name, &document);
    let config = json!({ "MonitoringType": of, "MonitoringJobDefinitionName": name });
    let mut schedule = json!({ "MonitoringScheduleConfig": config });
    if let (Some(tags), Some(fields)) = (document.get("Tags"), schedule.as_object_mut()) {
        fields.insert("Tags".to_owned(), tags.clone());
    }
    let operation = format!("Describe{}", kind.operation());
    let mut candidate = Candidate::new(own.sibling(K::MonitoringSchedule, name), schedule);
    candidate.known = Joined::from([(operation, OperationAnswer::Documents(vec![document]))]);
    candidate.shown = Some(kind);
    candidate
}

/// Requests in the words of descriptions. The first version of the AutoML API has some fields one level deeper than the second, and another
/// name for the inputs. Requests for notebook instances have other names for some fields than their descriptions.
fn in_one_form(kind: ResourceKind, mut document: Json) -> Json {
    let Some(fields) = document.as_object_mut() else { return document };
    if kind == K::NotebookInstance {
        let names = [
            ("SecurityGroupIds", "SecurityGroups"),
            ("LifecycleConfigName", "NotebookInstanceLifecycleConfigName"),
        ];
        for (asked, described) in names {
            if let Some(value) = fields.remove(asked) {
                fields.insert(described.to_owned(), value);
            }
        }
    }
    if kind != K::AutoMlJob {
        return document;
    }
    if let Some(inputs) = fields.remove("InputDataConfig") {
        fields.insert("AutoMLJobInputDataConfig".to_owned(), inputs);
    }
    if let Some(Json::Object(config)) = fields.remove("AutoMLJobConfig") {
        let features =
            config.get("CandidateGenerationConfig").and_then(|of| of.get("FeatureSpecificationS3Uri"));
        if let Some(uri) = features {
            let config = json!({ "TabularJobConfig": { "FeatureSpecificationS3Uri": uri } });
            fields.insert("AutoMLProblemTypeConfig".to_owned(), config);
        }
        fields.extend(config.into_iter().filter(|(key, _)| key == "SecurityConfig"));
    }
    document
}

/// Whether a document, or an object directly in it, has a name like a request and another field of a request.
pub(super) fn has_fields_of_request(json: &Json) -> bool {
    const OTHERS: [&str; 8] = [
        "RoleArn",
        "ExecutionRoleArn",
        "ResourceConfig",
        "ProcessingResources",
        "TransformResources",
        "PrimaryContainer",
        "Containers",
        "ProductionVariants",
    ];
    let has_any = |part: &Json, fields: &[&str]| fields.iter().any(|field| part.get(*field).is_some());
    let is_one = |part: &Json| {
        let mut creations = CREATIONS.iter().filter(|creation| creation.has_telling_name());
        has_any(part, &OTHERS) && creations.any(|creation| part.get(creation.name).is_some())
    };
    match json {
        Json::Array(parts) => parts.iter().any(is_one),
        Json::Object(parts) => is_one(json) || parts.values().any(is_one),
        _ => false,
    }
}
