//! A field that is left out of a request has the API's default. For each field with a documented default that a control reads, this list
//! says how Sagewarden reads a description without it.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::Stdio;

use sagewarden_policy::Bundle;
use sagewarden_tests::{Result, python};
use serde_json::json;

/// The operation that creates what controls speak of, by the first part of their ids.
const OPERATIONS: [(&str, &str); 33] = [
    ("TRN", "CreateTrainingJob"),
    ("PRC", "CreateProcessingJob"),
    ("TRF", "CreateTransformJob"),
    ("HPO", "CreateHyperParameterTuningJob"),
    ("AML", "CreateAutoMLJobV2"),
    ("CMP", "CreateCompilationJob"),
    ("LBL", "CreateLabelingJob"),
    ("OPT", "CreateOptimizationJob"),
    ("REC", "CreateInferenceRecommendationsJob"),
    ("JOB", "CreateJob"),
    ("TSN", "CreateTrainingSession"),
    ("MDL", "CreateModel"),
    ("EPC", "CreateEndpointConfig"),
    ("INC", "CreateInferenceComponent"),
    ("EXP", "CreateInferenceExperiment"),
    ("RTR", "CreateInferenceRouter"),
    ("CLU", "CreateCluster"),
    ("HUB", "CreateHub"),
    ("HBC", "ImportHubContent"),
    ("PAP", "CreatePartnerApp"),
    ("CRP", "CreateCodeRepository"),
    ("MLS", "CreateMlflowTrackingServer"),
    ("MLA", "CreateMlflowApp"),
    ("NLC", "CreateNotebookInstanceLifecycleConfig"),
    ("SLC", "CreateStudioLifecycleConfig"),
    ("NBK", "CreateNotebookInstance"),
    ("DOM", "CreateDomain"),
    ("USR", "CreateUserProfile"),
    ("SPC", "CreateSpace"),
    ("APP", "CreateApp"),
    ("FGR", "CreateFeatureGroup"),
    ("MSC", "CreateMonitoringSchedule"),
    ("MPK", "CreateModelPackage"),
];

const AWS_KEY: &str = "left out, a key of AWS's own or of S3's is used, which is no customer key: broken";
const OFF: &str = "left out, it is off, which is what a switch that is absent is read as";
const OPEN: &str = "left out, it is what the control forbids: broken";
const NAME: &str = "the word is no default of the field";

/// How each of them is read.
const DECIDED: &[(&str, &str, &str)] = &[
    ("CreateAutoMLJobV2", "ModelDeployConfig.AutoGenerateEndpointName", OFF),
    ("CreateCompilationJob", "OutputConfig.KmsKeyId", AWS_KEY),
    ("CreateCluster", "InstanceGroups[].InstanceStorageConfigs[].EbsVolumeConfig.RootVolume", OFF),
    ("CreateCluster", "RestrictedInstanceGroups[].InstanceStorageConfigs[].EbsVolumeConfig.RootVolume", OFF),
    (
        "CreateDomain",
        "DefaultUserSettings.CanvasAppSettings.TimeSeriesForecastingSettings.AmazonForecastRoleArn",
        "the role of the user",
    ),
    (
        "CreateUserProfile",
        "UserSettings.CanvasAppSettings.TimeSeriesForecastingSettings.AmazonForecastRoleArn",
        "the role of the user",
    ),
    ("CreateDomain", "AppNetworkAccessType", OPEN),
    ("CreateDomain", "DefaultUserSettings.SecurityGroups", NAME),
    ("CreateDomain", "DefaultUserSettings.SharingSettings.NotebookOutputOption", OFF),
    ("CreateDomain", "DefaultUserSettings.StudioWebPortalSettings.ExecutionRoleSessionNameMode", OPEN),
    ("CreateDomain", "KmsKeyId", AWS_KEY),
    ("CreateDomain", "TagPropagation", OPEN),
    ("CreateEndpointConfig", "DataCaptureConfig.EnableCapture", "left out of its part, it is on"),
    ("CreateEndpointConfig", "ProductionVariants[].CoreDumpConfig.KmsKeyId", AWS_KEY),
    ("CreateEndpointConfig", "ProductionVariants[].EnableSSMAccess", OFF),
    ("CreateEndpointConfig", "ShadowProductionVariants[].CoreDumpConfig.KmsKeyId", AWS_KEY),
    ("CreateEndpointConfig", "ShadowProductionVariants[].EnableSSMAccess", OFF),
    ("CreateFeatureGroup", "OnlineStoreConfig.EnableOnlineStore", OFF),
    ("CreateHyperParameterTuningJob", "TrainingJobDefinition.OutputDataConfig.KmsKeyId", AWS_KEY),
    ("CreateHyperParameterTuningJob", "TrainingJobDefinitions[].OutputDataConfig.KmsKeyId", AWS_KEY),
    ("CreateInferenceExperiment", "KmsKey", AWS_KEY),
    ("CreateLabelingJob", "OutputConfig.KmsKeyId", AWS_KEY),
    ("CreateMlflowApp", "ModelRegistrationMode", OFF),
    ("CreateMlflowTrackingServer", "AutomaticModelRegistration", OFF),
    ("CreateModel", "Containers[].ModelDataUrl", NAME),
    ("CreateModel", "PrimaryContainer.ModelDataUrl", NAME),
    (
        "CreateModelPackage",
        "ValidationSpecification.ValidationProfiles[].TransformJobDefinition.TransformOutput.KmsKeyId",
        AWS_KEY,
    ),
    (
        "CreateMonitoringSchedule",
        "MonitoringScheduleConfig.MonitoringJobDefinition.MonitoringResources.ClusterConfig.InstanceCount",
        "one",
    ),
    ("CreateNotebookInstance", "AdditionalCodeRepositories[]", NAME),
    ("CreateNotebookInstance", "DefaultCodeRepository", NAME),
    ("CreateNotebookInstance", "DirectInternetAccess", OPEN),
    (
        "CreateNotebookInstance",
        "InstanceMetadataServiceConfiguration.MinimumInstanceMetadataServiceVersion",
        OPEN,
    ),
    ("CreateNotebookInstance", "PlatformIdentifier", "notebook-al2023-v1"),
    ("CreateNotebookInstance", "RootAccess", OPEN),
    ("CreatePartnerApp", "KmsKeyId", AWS_KEY),
    ("CreateTrainingSession", "OutputConfig.S3Location.KmsKeyArn", AWS_KEY),
    ("CreateProcessingJob", "ProcessingResources.ClusterConfig.InstanceCount", "one"),
    ("CreateTrainingJob", "AlgorithmSpecification.ContainerEntrypoint", NAME),
    ("CreateTrainingJob", "OutputDataConfig.KmsKeyId", AWS_KEY),
    ("CreateTrainingJob", "StoppingCondition.MaxRuntimeInSeconds", "a day"),
    ("CreateTransformJob", "TransformOutput.KmsKeyId", AWS_KEY),
    ("CreateUserProfile", "UserSettings.SecurityGroups", NAME),
];

#[test]
fn every_field_with_a_default_is_decided() -> Result<()> {
    let bundle = Bundle::embedded()?;
    let mut asked = BTreeSet::new();
    for control in bundle.controls() {
        let prefix = control.id.split('-').next().unwrap_or_default();
        let Some((_, operation)) = OPERATIONS.iter().find(|(known, _)| *known == prefix) else { continue };
        let own = control.fields.iter().filter(|field| !field.contains(':'));
        asked.extend(own.map(|field| (*operation, field.as_str())));
    }
    let mut script =
        python::model_script("defaults.py")?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    script.stdin.take().ok_or("the script has no input")?.write_all(&serde_json::to_vec(&json!(asked))?)?;
    let output = script.wait_with_output()?;
    assert!(output.status.success(), "the script failed; its error is above");
    let found: BTreeSet<(String, String)> = serde_json::from_slice(&output.stdout)?;
    let decided = DECIDED.iter().map(|(operation, path, _)| ((*operation).to_owned(), (*path).to_owned()));
    assert_eq!(found, decided.collect());
    Ok(())
}
