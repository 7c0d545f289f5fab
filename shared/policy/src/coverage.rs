//! The operations of the SageMaker API that Sagewarden sees, and the reason why it does not see the others.
//!
//! The operations are those of botocore's model of the API (`sagemaker`, 2017-07-24) that create, change, open or delete something. A test
//! fails if the model has an operation that this list lacks.

use std::collections::BTreeMap;

use sagewarden_events::{Effect, ResourceKind, effect_of, known_calls, lineage_calls};

/// The coverage of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coverage {
    /// Sagewarden judges the resource that it creates or changes.
    Judged,
    /// Sagewarden records the time of the call and, if a trail says so, the caller.
    Recorded,
    /// Sagewarden judges or records the resource when another one uses it.
    WhenUsed,
    /// It changes nothing that a control or the lineage is about.
    Nothing,
    /// Neither judged nor recorded.
    NotSeen,
}

impl Coverage {
    /// All of them, from the best to the worst.
    pub const ALL: [Self; 5] = [Self::Judged, Self::Recorded, Self::WhenUsed, Self::Nothing, Self::NotSeen];

    /// In a few words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Judged => "judged",
            Self::Recorded => "recorded",
            Self::WhenUsed => "when used",
            Self::Nothing => "nothing to see",
            Self::NotSeen => "not seen",
        }
    }
}

/// An operation that creates, changes, opens or deletes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoveredOperation {
    /// Its name in the API.
    pub name: &'static str,
    /// The coverage of a call.
    pub coverage: Coverage,
    /// Why, or by what.
    pub reason: &'static str,
}

/// Every operation by its name.
#[must_use]
pub fn coverage() -> Vec<CoveredOperation> {
    let row = |name, coverage, reason| (name, CoveredOperation { name, coverage, reason });
    let mut all: BTreeMap<&'static str, CoveredOperation> = GROUPS
        .iter()
        .flat_map(|(coverage, reason, names)| names.iter().map(move |name| row(*name, *coverage, *reason)))
        .collect();
    let recorded =
        lineage_calls().map(|(name, _)| row(name, Coverage::Recorded, "the call, with its caller"));
    all.extend(recorded);
    all.extend(known_calls().map(|name| match effect_of(name) {
        Some((kind, Effect::Deleted)) if !is_evidence(kind) => {
            row(name, Coverage::Recorded, "the call, which closes its findings")
        }
        _ => row(name, Coverage::Judged, "the call"),
    }));
    all.into_values().collect()
}

/// Whether a control is about the deletion of a description.
fn is_evidence(kind: ResourceKind) -> bool {
    matches!(kind, ResourceKind::TrainingJob | ResourceKind::ProcessingJob)
}

/// The operations that Sagewarden does not see, for a policy that denies them.
pub fn not_seen() -> impl Iterator<Item = CoveredOperation> {
    coverage().into_iter().filter(|operation| operation.coverage == Coverage::NotSeen)
}

type Group = (Coverage, &'static str, &'static [&'static str]);

const STATE: &str = "the change of state that follows";

#[rustfmt::skip]
const GROUPS: &[Group] = &[
    (Coverage::Judged, STATE, &["StartNotebookInstance", "StopNotebookInstance", "RetryPipelineExecution"]),
    (Coverage::Recorded, STATE, &[
        "StopTrainingJob", "StopProcessingJob", "StopTransformJob", "StopHyperParameterTuningJob", "StopPipelineExecution",
    ]),
    (Coverage::WhenUsed, "each execution is judged when it starts, and each job in it", &[
        "CreatePipeline", "UpdatePipeline", "UpdatePipelineVersion",
    ]),
    (Coverage::WhenUsed, "the schedule that names it is judged", &[
        "CreateDataQualityJobDefinition", "CreateModelBiasJobDefinition", "CreateModelExplainabilityJobDefinition", "CreateModelQualityJobDefinition",
    ]),
    (Coverage::WhenUsed, "the domain, space or app that names it is judged", &[
        "CreateImage", "CreateImageVersion", "UpdateImage", "UpdateImageVersion", "CreateAppImageConfig", "UpdateAppImageConfig",
    ]),
    (Coverage::WhenUsed, "the job, package or model that names it is judged; its images and data are undecided", &["CreateAlgorithm"]),

    (Coverage::Nothing, "experiments, lineage and notes of SageMaker's own: no control is about them, and the lineage does not rely on them", &[
        "AddAssociation", "DeleteAssociation", "AssociateTrialComponent", "DisassociateTrialComponent",
        "CreateAction", "UpdateAction", "DeleteAction", "CreateArtifact", "UpdateArtifact", "DeleteArtifact", "CreateContext", "UpdateContext", "DeleteContext",
        "CreateExperiment", "UpdateExperiment", "DeleteExperiment", "CreateTrial", "UpdateTrial", "DeleteTrial",
        "CreateTrialComponent", "UpdateTrialComponent", "DeleteTrialComponent", "UpdateFeatureMetadata",
        "CreateModelCard", "UpdateModelCard", "DeleteModelCard", "CreateModelCardExportJob",
    ]),
    (Coverage::Nothing, "an empty group without a policy: both are judged when they come", &["CreateModelPackageGroup"]),
    (Coverage::Nothing, "it ends something, and Sagewarden's records stay", &[
        "DeletePipeline", "DeleteAlgorithm", 
        "DeleteImage", "DeleteImageVersion", "DeleteAppImageConfig",
        "DeleteDataQualityJobDefinition", "DeleteModelBiasJobDefinition", "DeleteModelExplainabilityJobDefinition", "DeleteModelQualityJobDefinition",
        "StopAutoMLJob", "StopCompilationJob", "StopJob", "StopTrainingSession", "StopOptimizationJob", "StopLabelingJob",
        "StopInferenceRecommendationsJob", "StopAIBenchmarkJob", "StopAIRecommendationJob", "StopEdgePackagingJob",
        "StopEdgeDeploymentStage", "StopMlflowTrackingServer",
        "DeleteAIBenchmarkJob", "DeleteAIRecommendationJob", "DeleteAIWorkloadConfig",
        "DeleteClusterExtension", "DeleteClusterSchedulerConfig", "DeleteComputeQuota", "BatchDeleteClusterNodes", "DetachClusterNodeVolume",
        "DeleteDeviceFleet", "DeregisterDevices", "DeleteEdgeDeploymentPlan", "DeleteEdgeDeploymentStage",
        
        "DeleteFlowDefinition", "DeleteHumanTaskUi", "DeleteWorkforce", "DeleteWorkteam", "DeleteProject",
        "DeleteGlobalInferenceGateway", "RemoveInferenceGateway",
    ]),
    (Coverage::Nothing, "it starts again what was judged when it was created or changed", &["StartMlflowTrackingServer"]),
    (Coverage::Nothing, "capacity, quotas and alarms", &[
        "CreateTrainingPlan", "ExtendTrainingPlan", "CreateComputeQuota", "UpdateComputeQuota", "CreateClusterSchedulerConfig", "UpdateClusterSchedulerConfig",
        "UpdateMonitoringAlert", "BatchRebootClusterNodes", "BatchReplaceClusterNodes", "StartClusterHealthCheck", "MoveClusterNodes",
    ]),
    (Coverage::Nothing, "it answers a step that waits, or names an execution anew", &[
        "SendPipelineExecutionStepSuccess", "SendPipelineExecutionStepFailure", "UpdatePipelineExecution",
    ]),

    (Coverage::NotSeen, "the description of a job is evidence, and no control covers its deletion", &["DeleteHyperParameterTuningJob", "DeleteCompilationJob"]),
    (Coverage::NotSeen, "sends requests to models on clusters of several regions: the description of a gateway does not say which", &[
        "CreateGlobalInferenceGateway", "UpdateGlobalInferenceGateway", "AddInferenceGateway",
    ]),
    (Coverage::NotSeen, "Sagewarden does not know this kind of job: it does not judge network, keys, role and data", &[
        "CreateAIBenchmarkJob", "CreateAIRecommendationJob",
        "CreateAIWorkloadConfig", "CreateEdgePackagingJob",
    ]),
    (Coverage::NotSeen, "volumes, network interfaces and extensions of machines in a cluster: the description of the cluster shows none of them", &[
        "AttachClusterNodeVolume", "AttachClusterNodeNetworkInterface", "CreateClusterExtension", "UpdateClusterExtension",
    ]),
    (Coverage::NotSeen, "addresses of the files of a model in a hub: whoever has them can copy the model", &["CreateHubContentPresignedUrls"]),
    (Coverage::NotSeen, "people who see data", &[
        "CreateWorkforce", "UpdateWorkforce", "CreateWorkteam", "UpdateWorkteam", "CreateFlowDefinition", "CreateHumanTaskUi",
    ]),
    (Coverage::NotSeen, "models on devices outside the account", &[
        "CreateDeviceFleet", "UpdateDeviceFleet", "RegisterDevices", "UpdateDevices", "CreateEdgeDeploymentPlan", "CreateEdgeDeploymentStage", "StartEdgeDeploymentStage",
    ]),
    (Coverage::NotSeen, "a project makes repositories, pipelines and roles by a template", &[
        "CreateProject", "UpdateProject", "EnableSagemakerServicecatalogPortfolio", "DisableSagemakerServicecatalogPortfolio",
    ]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_operation_is_decided_on_twice() {
        let mut seen = BTreeMap::new();
        for (_, reason, names) in GROUPS {
            for name in *names {
                assert_eq!(seen.insert(*name, *reason), None, "{name}");
            }
        }
        for name in known_calls().chain(lineage_calls().map(|(name, _)| name)) {
            assert!(!seen.contains_key(name), "{name} is judged or recorded by its call");
        }
    }

    #[test]
    fn what_is_judged_by_its_call_is_not_shown_as_recorded_only() {
        let of = |name: &str| coverage().into_iter().find(|each| each.name == name).map(|each| each.coverage);
        assert_eq!(of("CreateTrainingJob"), Some(Coverage::Judged));
        assert_eq!(of("DeleteModel"), Some(Coverage::Recorded));
        assert_eq!(of("CreateInferenceComponent"), Some(Coverage::Judged));
        assert_eq!(of("DeleteInferenceComponent"), Some(Coverage::Recorded));
        assert_eq!(of("CreateInferenceRouter"), Some(Coverage::Judged));
        assert_eq!(of("CreateProject"), Some(Coverage::NotSeen));
        assert_eq!(of("DescribeModel"), None);
        assert!(not_seen().all(|each| !each.reason.is_empty() && each.coverage == Coverage::NotSeen));
    }
}
