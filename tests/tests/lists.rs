//! Every field of AWS's API model that is of the sort of a list of the settings is held against that list, or exempt for a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::process::Stdio;

use sagewarden_policy::join;
use sagewarden_policy::lists::table;
use sagewarden_tests::{Result, python, root};
use serde_json::json;

/// The operation that creates a kind, and the one that describes it. Other answers that controls read have operations of their own.
const OPERATIONS: &[(&str, &[&str])] = &[
    ("TrainingJob", &["CreateTrainingJob", "DescribeTrainingJob"]),
    ("ProcessingJob", &["CreateProcessingJob", "DescribeProcessingJob"]),
    ("TransformJob", &["CreateTransformJob", "DescribeTransformJob"]),
    ("TuningJob", &["CreateHyperParameterTuningJob", "DescribeHyperParameterTuningJob"]),
    ("AutoMlJob", &["CreateAutoMLJobV2", "DescribeAutoMLJobV2", "CreateAutoMLJob"]),
    ("CompilationJob", &["CreateCompilationJob", "DescribeCompilationJob"]),
    ("LabelingJob", &["CreateLabelingJob", "DescribeLabelingJob"]),
    ("OptimizationJob", &["CreateOptimizationJob", "DescribeOptimizationJob"]),
    ("RecommendationsJob", &["CreateInferenceRecommendationsJob", "DescribeInferenceRecommendationsJob"]),
    ("Job", &["CreateJob", "DescribeJob"]),
    ("TrainingSession", &["CreateTrainingSession", "DescribeTrainingSession"]),
    ("Model", &["CreateModel", "DescribeModel"]),
    ("EndpointConfig", &["CreateEndpointConfig", "DescribeEndpointConfig"]),
    ("Endpoint", &["CreateEndpoint", "DescribeEndpoint"]),
    ("InferenceComponent", &["CreateInferenceComponent", "DescribeInferenceComponent"]),
    ("InferenceExperiment", &["CreateInferenceExperiment", "DescribeInferenceExperiment"]),
    ("InferenceRouter", &["CreateInferenceRouter", "DescribeInferenceRouter"]),
    ("Cluster", &["CreateCluster", "DescribeCluster"]),
    ("Hub", &["CreateHub", "DescribeHub"]),
    ("HubContent", &["CreateHubContentReference", "ImportHubContent", "DescribeHubContent"]),
    ("PartnerApp", &["CreatePartnerApp", "DescribePartnerApp"]),
    ("CodeRepository", &["CreateCodeRepository", "DescribeCodeRepository"]),
    ("TrackingServer", &["CreateMlflowTrackingServer", "DescribeMlflowTrackingServer"]),
    ("MlflowApp", &["CreateMlflowApp", "DescribeMlflowApp"]),
    (
        "LifecycleConfig",
        &["CreateNotebookInstanceLifecycleConfig", "DescribeNotebookInstanceLifecycleConfig"],
    ),
    ("StudioLifecycleConfig", &["CreateStudioLifecycleConfig", "DescribeStudioLifecycleConfig"]),
    ("NotebookInstance", &["CreateNotebookInstance", "DescribeNotebookInstance"]),
    ("Domain", &["CreateDomain", "DescribeDomain"]),
    ("UserProfile", &["CreateUserProfile", "DescribeUserProfile"]),
    ("Space", &["CreateSpace", "DescribeSpace"]),
    ("App", &["CreateApp", "DescribeApp"]),
    ("FeatureGroup", &["CreateFeatureGroup", "DescribeFeatureGroup"]),
    (
        "MonitoringSchedule",
        &[
            "CreateMonitoringSchedule",
            "DescribeMonitoringSchedule",
            "DescribeDataQualityJobDefinition",
            "DescribeModelQualityJobDefinition",
            "DescribeModelBiasJobDefinition",
            "DescribeModelExplainabilityJobDefinition",
        ],
    ),
    ("ModelPackage", &["CreateModelPackage", "DescribeModelPackage"]),
    ("ModelPackageGroup", &["CreateModelPackageGroup", "DescribeModelPackageGroup"]),
    ("PipelineExecution", &["StartPipelineExecution", "DescribePipelineExecution", "DescribePipeline"]),
];

/// Fields that no list is held against: the kind, the path, and why. `**` is everything below.
const EXEMPT: &[(&str, &str, &str)] = &[
    ("TrainingJob", "ModelArtifacts.S3ModelArtifacts", "it lies below OutputDataConfig.S3OutputPath"),
    ("CompilationJob", "ModelArtifacts.S3ModelArtifacts", "it lies below OutputConfig.S3OutputLocation"),
    ("CompilationJob", "InferenceImage", "the service names an image of its own"),
    ("LabelingJob", "LabelingJobOutput.OutputDatasetS3Uri", "it lies below OutputConfig.S3OutputPath"),
    (
        "OptimizationJob",
        "OptimizationOutput.RecommendedInferenceImage",
        "what the service recommends, not what runs",
    ),
    (
        "RecommendationsJob",
        "InputConfig.ModelPackageVersionArn",
        "a version in the registry, which is judged itself",
    ),
    ("RecommendationsJob", "OutputConfig.**", "no description has it, so that no job can be held against it"),
    ("RecommendationsJob", "InferenceRecommendations[].**", "what the service made of what was asked"),
    ("TuningJob", "BestTrainingJob.TunedHyperParameters.*", "chosen from the ranges, which are held"),
    ("TuningJob", "OverallBestTrainingJob.TunedHyperParameters.*", "chosen from the ranges, which are held"),
    ("AutoMlJob", "BestCandidate.**", "what the service made of what was asked"),
    ("AutoMlJob", "InputDataConfig[].**", "read as AutoMLJobInputDataConfig, whose fields are held"),
    (
        "AutoMlJob",
        "AutoMLJobConfig.**",
        "read as SecurityConfig and AutoMLProblemTypeConfig, whose fields are held",
    ),
    (
        "AutoMlJob",
        "AutoMLProblemTypeConfig.TimeSeriesForecastingJobConfig.Transformations.**",
        "names of columns and of what is done to them",
    ),
    ("Model", "PrimaryContainer.ModelDataSource.S3DataSource.S3DataType", NO_MANIFEST),
    ("Model", "PrimaryContainer.AdditionalModelDataSources[].S3DataSource.S3DataType", NO_MANIFEST),
    ("Model", "Containers[].ModelDataSource.S3DataSource.S3DataType", NO_MANIFEST),
    ("Model", "Containers[].AdditionalModelDataSources[].S3DataSource.S3DataType", NO_MANIFEST),
    ("Model", "DeploymentRecommendation.**", "what the service recommends, not what runs"),
    ("InferenceComponent", "Specification.InstanceType", INSTANCES),
    ("InferenceComponent", "Specifications[].InstanceType", INSTANCES),
    ("InferenceComponent", "RuntimeConfig.PlacementStatus[].InstanceType", INSTANCES),
    ("Endpoint", "PendingDeploymentSummary.**", "an endpoint is judged once it is in service"),
    ("Endpoint", "DataCaptureConfig.**", CONFIGURATION),
    ("Endpoint", "AsyncInferenceConfig.**", CONFIGURATION),
    ("Endpoint", "ExplainerConfig.**", CONFIGURATION),
    ("Endpoint", "ProductionVariants[].InstancePools[].InstanceType", CONFIGURATION),
    ("Endpoint", "ShadowProductionVariants[].InstancePools[].InstanceType", CONFIGURATION),
    (
        "Cluster",
        "RestrictedInstanceGroups[].EnvironmentConfig.S3OutputPath",
        "no request has it: the service says where it writes",
    ),
    (
        "Cluster",
        "InstanceGroups[].KubernetesConfig.**",
        "labels of Kubernetes, which name no place and start nothing",
    ),
    ("HubContent", "Tags[].Key", "a content is judged for its origin alone; the hub must carry the tags"),
    ("PartnerApp", "ApplicationConfig.Arguments.*", "settings of the partner's software, in its own words"),
    ("PartnerApp", "BaseUrl", "the service's own address of the app"),
    ("TrackingServer", "TrackingServerUrl", "the service's own address of the server"),
    ("NotebookInstance", "SecurityGroupIds[]", "read as SecurityGroups, as it is described"),
    (
        "NotebookInstance",
        "LifecycleConfigName",
        "read as NotebookInstanceLifecycleConfigName, as it is described",
    ),
    (
        "NotebookInstance",
        "NotebookInstanceLifecycleConfigName",
        "a name; the list has ARNs of Studio's configurations, and the scripts themselves are read for secrets",
    ),
    ("LifecycleConfig", "NotebookInstanceLifecycleConfigName", OWN_NAME),
    ("LifecycleConfig", "NotebookInstanceLifecycleConfigArn", OWN_NAME),
    ("LifecycleConfig", "OnCreate[].Content", SCRIPT),
    ("LifecycleConfig", "OnStart[].Content", SCRIPT),
    ("ModelPackageGroup", "ModelPackageGroupName", OWN_NAME),
    ("ModelPackageGroup", "ModelPackageGroupArn", OWN_NAME),
    ("StudioLifecycleConfig", "StudioLifecycleConfigName", OWN_NAME),
    ("StudioLifecycleConfig", "StudioLifecycleConfigArn", OWN_NAME),
    ("StudioLifecycleConfig", "StudioLifecycleConfigAppType", "the kind of app that runs it"),
    ("StudioLifecycleConfig", "StudioLifecycleConfigContent", SCRIPT),
    ("*", "Url", "the service's own address of a notebook, domain or space"),
    ("Domain", "DefaultUserSettings.DefaultLandingUri", PAGE),
    ("UserProfile", "UserSettings.DefaultLandingUri", PAGE),
    ("Domain", "DefaultUserSettings.StudioWebPortalSettings.**", HIDDEN),
    ("UserProfile", "UserSettings.StudioWebPortalSettings.**", HIDDEN),
    ("Domain", "DomainSettings.RStudioServerProDomainSettings.*Url", "a server of RStudio's, no S3 location"),
    ("Domain", "HomeEfsFileSystemId", "the file system that the service makes for the domain"),
    (
        "Domain",
        "SecurityGroupIdForDomainBoundary",
        "the security group that the service makes for the domain",
    ),
    (
        "ModelPackage",
        "InferenceSpecification.Containers[].ModelDataSource.S3DataSource.S3DataType",
        NO_MANIFEST,
    ),
    (
        "ModelPackage",
        "InferenceSpecification.Containers[].AdditionalModelDataSources[].S3DataSource.S3DataType",
        NO_MANIFEST,
    ),
    ("ModelPackage", "InferenceSpecification.Containers[].AdditionalS3DataSource.S3DataType", NO_MANIFEST),
    (
        "ModelPackage",
        "AdditionalInferenceSpecifications[].Containers[].ModelDataSource.S3DataSource.S3DataType",
        NO_MANIFEST,
    ),
    (
        "ModelPackage",
        "AdditionalInferenceSpecifications[].Containers[].AdditionalModelDataSources[].S3DataSource.S3DataType",
        NO_MANIFEST,
    ),
    (
        "ModelPackage",
        "AdditionalInferenceSpecifications[].Containers[].AdditionalS3DataSource.S3DataType",
        NO_MANIFEST,
    ),
    (
        "ModelPackage",
        "SourceAlgorithmSpecification.SourceAlgorithms[].ModelDataSource.S3DataSource.S3DataType",
        NO_MANIFEST,
    ),
    ("ModelPackage", "InferenceSpecification.*InstanceTypes[]", SUPPORTED),
    ("ModelPackage", "AdditionalInferenceSpecifications[].*InstanceTypes[]", SUPPORTED),
    (
        "ModelPackage",
        "Tags[].Key",
        "a version has the tags of its group, and no request for one may bring its own",
    ),
    ("ModelPackage", "CustomerMetadataProperties.*", "words about the package, which nothing reads or runs"),
    (
        "ModelPackageGroup",
        "Tags[].Key",
        "a group is judged for its policy alone; what runs must carry the tags",
    ),
    (
        "ModelPackage",
        "SourceUri",
        "the ARN of the package or model that it was copied from, which is judged itself",
    ),
];

const NO_MANIFEST: &str = "S3Prefix or S3Object: there is no manifest";
const INSTANCES: &str =
    "one of the endpoint's instances, which are held against the list in its configuration";
const CONFIGURATION: &str = "what the endpoint's configuration says, which is judged itself";
const SCRIPT: &str = "a script, which is read for secrets";
const OWN_NAME: &str = "its own name: the list is for what names it";
const PAGE: &str = "the page of Studio that a user sees first";
const HIDDEN: &str = "what the user is not shown, not what may run";
const SUPPORTED: &str = "what the package could run on; what it runs on is its endpoint's or job's";

/// The fields of the table by their kind, with tags as in a request. Fields of other answers are compared with the models together with the
/// fields of controls.
fn decided() -> BTreeMap<String, Vec<String>> {
    let mut decided: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in table() {
        let kind = format!("{:?}", row.kind);
        let own = OPERATIONS.iter().find(|(name, _)| *name == kind).map_or(&[] as &[&str], |(_, own)| own);
        let paths = row.paths.iter().map(|path| join::split(path));
        let of_kind = paths
            .filter(|(operation, _)| operation.is_none_or(|one| one == "ListTags" || own.contains(&one)));
        decided.entry(kind).or_default().extend(of_kind.map(|(_, path)| path.to_owned()));
    }
    decided
}

fn left(decided: &BTreeMap<String, Vec<String>>) -> Result<Vec<String>> {
    let operations: BTreeMap<&str, &[&str]> = OPERATIONS.iter().copied().collect();
    let asked = json!({ "operations": operations, "decided": decided });
    let mut script =
        python::model_script("lists.py")?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    script.stdin.take().ok_or("the script has no input")?.write_all(&serde_json::to_vec(&asked)?)?;
    let output = script.wait_with_output()?;
    assert!(output.status.success(), "the script failed; its error is above");
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[test]
fn every_kind_with_controls_is_walked() -> Result<()> {
    let schema = fs::read_to_string(root().join("infra/policies/schema.cedarschema"))?;
    let entities = schema.lines().filter_map(|line| line.strip_prefix("entity ")?.split_once(" = {"));
    let kinds: BTreeSet<&str> = entities.map(|(kind, _)| kind).collect();
    let walked: BTreeSet<&str> = OPERATIONS.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(walked, kinds);
    Ok(())
}

#[test]
fn every_field_of_the_sort_of_a_list_is_decided() -> Result<()> {
    let mut decided = decided();
    for (kind, path, why) in EXEMPT {
        assert!(why.len() > 20, "{kind} {path}: {why}");
        decided.entry((*kind).to_owned()).or_default().push((*path).to_owned());
    }
    assert_eq!(left(&decided)?, Vec::<String>::new());
    Ok(())
}

#[test]
fn what_nobody_has_decided_on_is_noticed() -> Result<()> {
    let mut decided = decided();
    for (kind, path, _) in EXEMPT {
        decided.entry((*kind).to_owned()).or_default().push((*path).to_owned());
    }
    let training = decided.get_mut("TrainingJob").ok_or("training jobs have lists")?;
    training.retain(|path| path != "CheckpointConfig.S3Uri" && path != "Environment.*");
    training.push("VpcConfig.SubnetIds[]".to_owned());
    let expected = [
        "TrainingJob: `CheckpointConfig.S3Uri` of CreateTrainingJob is an S3 location, which nobody has decided on",
        "TrainingJob: `Environment.*` of CreateTrainingJob is a free text, which nobody has decided on",
        "TrainingJob: no model has `VpcConfig.SubnetIds[]`",
    ];
    assert_eq!(left(&decided)?, expected);
    Ok(())
}
