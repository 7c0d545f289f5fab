//! Fields of jobs.

use sagewarden_events::ResourceKind::{
    AutoMlJob, CompilationJob, ProcessingJob, TrainingJob, TransformJob, TuningJob,
};

use super::field::List::{
    Algorithms, BaseModels, DataTypes, ExecutionRole, FileSystems, Images, InstanceTypes, Keys, Locations,
    Mounts, OtherStores, Owned, Roles, SecurityGroups, Subnets, Tags, Texts,
};
use super::field::{Listed, TAGS, listed};
use crate::arn::Named;

/// A path in each definition of a tuning job.
macro_rules! definitions {
    ($($path:literal),* $(,)?) => {
        &[$(concat!("TrainingJobDefinition.", $path), concat!("TrainingJobDefinitions[].", $path)),*]
    };
}

pub(super) const LISTED: &[Listed] = &[
    listed(TrainingJob, "roleAllowed", ExecutionRole, &["RoleArn"]),
    listed(TrainingJob, "networkAllowed", Subnets, &["VpcConfig.Subnets[]"]),
    listed(TrainingJob, "networkAllowed", SecurityGroups, &["VpcConfig.SecurityGroupIds[]"]),
    listed(TrainingJob, "volumeKeyAllowed", Keys, &["ResourceConfig.VolumeKmsKeyId"]),
    listed(TrainingJob, "outputKeyAllowed", Keys, &["OutputDataConfig.KmsKeyId"]),
    listed(TrainingJob, "inputsAllowed", Locations, &["InputDataConfig[].DataSource.S3DataSource.S3Uri"]),
    listed(
        TrainingJob,
        "inputsAllowed",
        DataTypes,
        &["InputDataConfig[].DataSource.S3DataSource.S3DataType"],
    ),
    listed(
        TrainingJob,
        "inputsAllowed",
        OtherStores,
        &["InputDataConfig[].DataSource.DatasetSource.DatasetArn"],
    ),
    listed(
        TrainingJob,
        "inputsAllowed",
        Mounts,
        &["InputDataConfig[].DataSource.FileSystemDataSource.FileSystemId"],
    ),
    listed(
        TrainingJob,
        "fileSystemsAllowed",
        FileSystems,
        &["InputDataConfig[].DataSource.FileSystemDataSource.FileSystemId"],
    ),
    listed(
        TrainingJob,
        "inputsAllowed",
        Texts,
        &[
            "HyperParameters.*",
            "Environment.*",
            "AlgorithmSpecification.ContainerEntrypoint[]",
            "AlgorithmSpecification.ContainerArguments[]",
        ],
    ),
    listed(
        TrainingJob,
        "outputsAllowed",
        Locations,
        &[
            "OutputDataConfig.S3OutputPath",
            "CheckpointConfig.S3Uri",
            "DebugHookConfig.S3OutputPath",
            "DebugRuleConfigurations[].S3OutputPath",
            "TensorBoardOutputConfig.S3OutputPath",
            "ProfilerConfig.S3OutputPath",
            "ProfilerRuleConfigurations[].S3OutputPath",
        ],
    ),
    listed(
        TrainingJob,
        "outputsAllowed",
        Texts,
        &[
            "DebugHookConfig.HookParameters.*",
            "DebugHookConfig.CollectionConfigurations[].CollectionParameters.*",
            "DebugRuleConfigurations[].RuleParameters.*",
            "ProfilerConfig.ProfilingParameters.*",
            "ProfilerRuleConfigurations[].RuleParameters.*",
        ],
    ),
    listed(
        TrainingJob,
        "imagesAllowed",
        Images,
        &[
            "AlgorithmSpecification.TrainingImage",
            "DebugRuleConfigurations[].RuleEvaluatorImage",
            "ProfilerRuleConfigurations[].RuleEvaluatorImage",
        ],
    ),
    listed(
        TrainingJob,
        "imagesAllowed",
        Algorithms,
        &[
            "AlgorithmSpecification.AlgorithmName",
            "ServerlessJobConfig.BaseModelArn",
            "ServerlessJobConfig.EvaluatorArn",
            "ModelPackageConfig.SourceModelPackageArn",
        ],
    ),
    listed(TrainingJob, "baseModelAllowed", BaseModels, &["ServerlessJobConfig.BaseModelArn"]),
    listed(
        TrainingJob,
        "instancesAllowed",
        InstanceTypes,
        &[
            "ResourceConfig.InstanceType",
            "ResourceConfig.InstanceGroups[].InstanceType",
            "ResourceConfig.InstancePreferences[].InstanceType",
            "ResourceConfig.SelectedInstanceType",
            "DebugRuleConfigurations[].InstanceType",
            "ProfilerRuleConfigurations[].InstanceType",
        ],
    ),
    listed(
        TrainingJob,
        "packageGroupAllowed",
        Owned(Named::PackageGroup),
        &["ModelPackageConfig.ModelPackageGroupArn"],
    ),
    listed(TrainingJob, "requiredTags", Tags, TAGS),
    listed(ProcessingJob, "roleAllowed", ExecutionRole, &["RoleArn"]),
    listed(
        ProcessingJob,
        "roleAllowed",
        Roles,
        &["ProcessingInputs[].DatasetDefinition.RedshiftDatasetDefinition.ClusterRoleArn"],
    ),
    listed(ProcessingJob, "networkAllowed", Subnets, &["NetworkConfig.VpcConfig.Subnets[]"]),
    listed(ProcessingJob, "networkAllowed", SecurityGroups, &["NetworkConfig.VpcConfig.SecurityGroupIds[]"]),
    listed(ProcessingJob, "volumeKeyAllowed", Keys, &["ProcessingResources.ClusterConfig.VolumeKmsKeyId"]),
    listed(
        ProcessingJob,
        "outputKeyAllowed",
        Keys,
        &[
            "ProcessingOutputConfig.KmsKeyId",
            "ProcessingInputs[].DatasetDefinition.AthenaDatasetDefinition.KmsKeyId",
            "ProcessingInputs[].DatasetDefinition.RedshiftDatasetDefinition.KmsKeyId",
        ],
    ),
    listed(
        ProcessingJob,
        "dataAllowed",
        Locations,
        &[
            "ProcessingInputs[].S3Input.S3Uri",
            "ProcessingInputs[].DatasetDefinition.AthenaDatasetDefinition.OutputS3Uri",
            "ProcessingInputs[].DatasetDefinition.RedshiftDatasetDefinition.OutputS3Uri",
            "ProcessingOutputConfig.Outputs[].S3Output.S3Uri",
        ],
    ),
    listed(ProcessingJob, "dataAllowed", DataTypes, &["ProcessingInputs[].S3Input.S3DataType"]),
    listed(
        ProcessingJob,
        "dataAllowed",
        Texts,
        &[
            "Environment.*",
            "AppSpecification.ContainerEntrypoint[]",
            "AppSpecification.ContainerArguments[]",
            "ProcessingInputs[].DatasetDefinition.AthenaDatasetDefinition.QueryString",
            "ProcessingInputs[].DatasetDefinition.RedshiftDatasetDefinition.QueryString",
        ],
    ),
    // The catalog or the cluster knows what a query reads.
    listed(
        ProcessingJob,
        "dataAllowed",
        OtherStores,
        &[
            "ProcessingInputs[].DatasetDefinition.AthenaDatasetDefinition.Database",
            "ProcessingInputs[].DatasetDefinition.RedshiftDatasetDefinition.ClusterId",
        ],
    ),
    listed(ProcessingJob, "imagesAllowed", Images, &["AppSpecification.ImageUri"]),
    listed(
        ProcessingJob,
        "instancesAllowed",
        InstanceTypes,
        &[
            "ProcessingResources.ClusterConfig.InstanceType",
            "ProcessingResources.ClusterConfig.InstancePreferences[].InstanceType",
            "ProcessingResources.ClusterConfig.SelectedInstanceType",
        ],
    ),
    listed(ProcessingJob, "requiredTags", Tags, TAGS),
    listed(TransformJob, "modelIsolated", Subnets, &["DescribeModel:VpcConfig.Subnets[]"]),
    listed(TransformJob, "modelIsolated", SecurityGroups, &["DescribeModel:VpcConfig.SecurityGroupIds[]"]),
    listed(TransformJob, "volumeKeyAllowed", Keys, &["TransformResources.VolumeKmsKeyId"]),
    listed(TransformJob, "outputKeyAllowed", Keys, &["TransformOutput.KmsKeyId"]),
    listed(TransformJob, "captureKeyAllowed", Keys, &["DataCaptureConfig.KmsKeyId"]),
    listed(
        TransformJob,
        "dataAllowed",
        Locations,
        &[
            "TransformInput.DataSource.S3DataSource.S3Uri",
            "TransformOutput.S3OutputPath",
            "DataCaptureConfig.DestinationS3Uri",
        ],
    ),
    listed(TransformJob, "dataAllowed", DataTypes, &["TransformInput.DataSource.S3DataSource.S3DataType"]),
    listed(TransformJob, "dataAllowed", Texts, &["Environment.*"]),
    listed(TransformJob, "instancesAllowed", InstanceTypes, &["TransformResources.InstanceType"]),
    listed(TransformJob, "requiredTags", Tags, TAGS),
    listed(TuningJob, "roleAllowed", ExecutionRole, definitions!["RoleArn"]),
    listed(TuningJob, "networkAllowed", Subnets, definitions!["VpcConfig.Subnets[]"]),
    listed(TuningJob, "networkAllowed", SecurityGroups, definitions!["VpcConfig.SecurityGroupIds[]"]),
    listed(
        TuningJob,
        "volumeKeyAllowed",
        Keys,
        definitions!["ResourceConfig.VolumeKmsKeyId", "HyperParameterTuningResourceConfig.VolumeKmsKeyId"],
    ),
    listed(TuningJob, "outputKeyAllowed", Keys, definitions!["OutputDataConfig.KmsKeyId"]),
    listed(
        TuningJob,
        "inputsAllowed",
        Locations,
        definitions!["InputDataConfig[].DataSource.S3DataSource.S3Uri"],
    ),
    listed(
        TuningJob,
        "inputsAllowed",
        DataTypes,
        definitions!["InputDataConfig[].DataSource.S3DataSource.S3DataType"],
    ),
    listed(
        TuningJob,
        "inputsAllowed",
        OtherStores,
        definitions!["InputDataConfig[].DataSource.DatasetSource.DatasetArn"],
    ),
    listed(
        TuningJob,
        "inputsAllowed",
        Mounts,
        definitions!["InputDataConfig[].DataSource.FileSystemDataSource.FileSystemId"],
    ),
    listed(
        TuningJob,
        "fileSystemsAllowed",
        FileSystems,
        definitions!["InputDataConfig[].DataSource.FileSystemDataSource.FileSystemId"],
    ),
    listed(TuningJob, "inputsAllowed", Texts, definitions!["StaticHyperParameters.*", "Environment.*"]),
    // Values that the tuning job tries are hyperparameters, too.
    listed(
        TuningJob,
        "inputsAllowed",
        Texts,
        definitions!["HyperParameterRanges.CategoricalParameterRanges[].Values[]"],
    ),
    listed(
        TuningJob,
        "inputsAllowed",
        Texts,
        &["HyperParameterTuningJobConfig.ParameterRanges.CategoricalParameterRanges[].Values[]"],
    ),
    listed(
        TuningJob,
        "outputsAllowed",
        Locations,
        definitions!["OutputDataConfig.S3OutputPath", "CheckpointConfig.S3Uri"],
    ),
    listed(TuningJob, "imagesAllowed", Images, definitions!["AlgorithmSpecification.TrainingImage"]),
    listed(TuningJob, "imagesAllowed", Algorithms, definitions!["AlgorithmSpecification.AlgorithmName"]),
    listed(
        TuningJob,
        "instancesAllowed",
        InstanceTypes,
        definitions![
            "ResourceConfig.InstanceType",
            "ResourceConfig.InstanceGroups[].InstanceType",
            "ResourceConfig.InstancePreferences[].InstanceType",
            "ResourceConfig.SelectedInstanceType",
            "HyperParameterTuningResourceConfig.InstanceType",
            "HyperParameterTuningResourceConfig.InstanceConfigs[].InstanceType",
        ],
    ),
    listed(TuningJob, "requiredTags", Tags, TAGS),
    listed(AutoMlJob, "roleAllowed", ExecutionRole, &["RoleArn"]),
    listed(
        AutoMlJob,
        "roleAllowed",
        Roles,
        &["AutoMLComputeConfig.EmrServerlessComputeConfig.ExecutionRoleARN"],
    ),
    listed(AutoMlJob, "networkAllowed", Subnets, &["SecurityConfig.VpcConfig.Subnets[]"]),
    listed(AutoMlJob, "networkAllowed", SecurityGroups, &["SecurityConfig.VpcConfig.SecurityGroupIds[]"]),
    listed(AutoMlJob, "volumeKeyAllowed", Keys, &["SecurityConfig.VolumeKmsKeyId"]),
    listed(AutoMlJob, "outputKeyAllowed", Keys, &["OutputDataConfig.KmsKeyId"]),
    listed(
        AutoMlJob,
        "dataAllowed",
        Locations,
        &[
            "AutoMLJobInputDataConfig[].DataSource.S3DataSource.S3Uri",
            "OutputDataConfig.S3OutputPath",
            "AutoMLProblemTypeConfig.*JobConfig.FeatureSpecificationS3Uri",
        ],
    ),
    listed(
        AutoMlJob,
        "dataAllowed",
        DataTypes,
        &["AutoMLJobInputDataConfig[].DataSource.S3DataSource.S3DataType"],
    ),
    listed(
        AutoMlJob,
        "dataAllowed",
        Texts,
        &["AutoMLProblemTypeConfig.*JobConfig.TextGenerationHyperParameters.*"],
    ),
    listed(AutoMlJob, "requiredTags", Tags, TAGS),
    listed(CompilationJob, "roleAllowed", ExecutionRole, &["RoleArn"]),
    listed(CompilationJob, "networkAllowed", Subnets, &["VpcConfig.Subnets[]"]),
    listed(CompilationJob, "networkAllowed", SecurityGroups, &["VpcConfig.SecurityGroupIds[]"]),
    listed(CompilationJob, "outputKeyAllowed", Keys, &["OutputConfig.KmsKeyId"]),
    listed(CompilationJob, "dataAllowed", Locations, &["InputConfig.S3Uri", "OutputConfig.S3OutputLocation"]),
    listed(CompilationJob, "dataAllowed", OtherStores, &["ModelPackageVersionArn"]),
    listed(CompilationJob, "requiredTags", Tags, TAGS),
];
