//! Fields of the model registry, feature groups, monitoring schedules and pipelines.

use sagewarden_events::ResourceKind::{FeatureGroup, ModelPackage, MonitoringSchedule, PipelineExecution};

use super::field::List::{
    Algorithms, DataTypes, ExecutionRole, Images, InstanceTypes, Keys, Locations, Owned, Roles,
    SecurityGroups, Subnets, Tags, Texts,
};
use super::field::{Listed, TAGS, listed};
use crate::arn::Named;

/// A path in the job of a schedule, inline or in a definition.
macro_rules! monitoring {
    ($($path:literal),* $(,)?) => {
        &[$(
            concat!("MonitoringScheduleConfig.MonitoringJobDefinition.", $path),
            concat!("DescribeDataQualityJobDefinition:", $path),
            concat!("DescribeModelQualityJobDefinition:", $path),
            concat!("DescribeModelBiasJobDefinition:", $path),
            concat!("DescribeModelExplainabilityJobDefinition:", $path)
        ),*]
    };
}

/// A path in each sort of job definition that a schedule can name.
macro_rules! definitions {
    ($($path:literal),* $(,)?) => {
        &[$(
            concat!("DescribeDataQualityJobDefinition:", $path),
            concat!("DescribeModelQualityJobDefinition:", $path),
            concat!("DescribeModelBiasJobDefinition:", $path),
            concat!("DescribeModelExplainabilityJobDefinition:", $path)
        ),*]
    };
}

/// A path in each container of a package.
macro_rules! containers {
    ($($path:literal),* $(,)?) => {
        &[$(
            concat!("InferenceSpecification.Containers[].", $path),
            concat!("AdditionalInferenceSpecifications[].Containers[].", $path)
        ),*]
    };
}

/// A path in each transform job that validates a package.
macro_rules! validation {
    ($($path:literal),* $(,)?) => {
        &[$(concat!("ValidationSpecification.ValidationProfiles[].TransformJobDefinition.", $path)),*]
    };
}

pub(super) const LISTED: &[Listed] = &[
    listed(MonitoringSchedule, "roleAllowed", ExecutionRole, monitoring!["RoleArn"]),
    listed(MonitoringSchedule, "networkAllowed", Subnets, monitoring!["NetworkConfig.VpcConfig.Subnets[]"]),
    listed(
        MonitoringSchedule,
        "networkAllowed",
        SecurityGroups,
        monitoring!["NetworkConfig.VpcConfig.SecurityGroupIds[]"],
    ),
    listed(
        MonitoringSchedule,
        "volumeKeyAllowed",
        Keys,
        &[
            "MonitoringScheduleConfig.MonitoringJobDefinition.MonitoringResources.ClusterConfig.VolumeKmsKeyId",
        ],
    ),
    listed(
        MonitoringSchedule,
        "volumeKeyAllowed",
        Keys,
        definitions!["JobResources.ClusterConfig.VolumeKmsKeyId"],
    ),
    listed(
        MonitoringSchedule,
        "outputKeyAllowed",
        Keys,
        &[
            "MonitoringScheduleConfig.MonitoringJobDefinition.MonitoringOutputConfig.KmsKeyId",
            "DescribeDataQualityJobDefinition:DataQualityJobOutputConfig.KmsKeyId",
            "DescribeModelQualityJobDefinition:ModelQualityJobOutputConfig.KmsKeyId",
            "DescribeModelBiasJobDefinition:ModelBiasJobOutputConfig.KmsKeyId",
            "DescribeModelExplainabilityJobDefinition:ModelExplainabilityJobOutputConfig.KmsKeyId",
        ],
    ),
    listed(
        MonitoringSchedule,
        "dataAllowed",
        Locations,
        monitoring!["*BaselineConfig.*Resource.S3Uri", "*OutputConfig.MonitoringOutputs[].S3Output.S3Uri",],
    ),
    listed(
        MonitoringSchedule,
        "dataAllowed",
        Locations,
        definitions!["*JobInput.BatchTransformInput.DataCapturedDestinationS3Uri"],
    ),
    listed(
        MonitoringSchedule,
        "dataAllowed",
        Locations,
        &[
            "MonitoringScheduleConfig.MonitoringJobDefinition.MonitoringInputs[].BatchTransformInput.DataCapturedDestinationS3Uri",
            "MonitoringScheduleConfig.MonitoringJobDefinition.*AppSpecification.*SourceUri",
            "DescribeDataQualityJobDefinition:*AppSpecification.*SourceUri",
            "DescribeModelQualityJobDefinition:*AppSpecification.*SourceUri",
            "DescribeModelQualityJobDefinition:*JobInput.GroundTruthS3Input.S3Uri",
            "DescribeModelBiasJobDefinition:*AppSpecification.ConfigUri",
            "DescribeModelBiasJobDefinition:*JobInput.GroundTruthS3Input.S3Uri",
            "DescribeModelExplainabilityJobDefinition:*AppSpecification.ConfigUri",
        ],
    ),
    listed(MonitoringSchedule, "dataAllowed", Texts, definitions!["*AppSpecification.Environment.*"]),
    listed(
        MonitoringSchedule,
        "dataAllowed",
        Texts,
        &[
            "MonitoringScheduleConfig.MonitoringJobDefinition.Environment.*",
            "MonitoringScheduleConfig.MonitoringJobDefinition.*AppSpecification.ContainerEntrypoint[]",
            "MonitoringScheduleConfig.MonitoringJobDefinition.*AppSpecification.ContainerArguments[]",
            "DescribeDataQualityJobDefinition:*AppSpecification.ContainerEntrypoint[]",
            "DescribeDataQualityJobDefinition:*AppSpecification.ContainerArguments[]",
            "DescribeModelQualityJobDefinition:*AppSpecification.ContainerEntrypoint[]",
            "DescribeModelQualityJobDefinition:*AppSpecification.ContainerArguments[]",
        ],
    ),
    listed(MonitoringSchedule, "imagesAllowed", Images, monitoring!["*AppSpecification.ImageUri"]),
    listed(
        MonitoringSchedule,
        "instancesAllowed",
        InstanceTypes,
        monitoring!["*Resources.ClusterConfig.InstanceType"],
    ),
    listed(MonitoringSchedule, "requiredTags", Tags, TAGS),
    listed(ModelPackage, "roleAllowed", Roles, &["ValidationSpecification.ValidationRole"]),
    listed(ModelPackage, "keyAllowed", Keys, &["SecurityConfig.KmsKeyId"]),
    listed(
        ModelPackage,
        "keyAllowed",
        Keys,
        validation!["TransformOutput.KmsKeyId", "TransformResources.VolumeKmsKeyId"],
    ),
    listed(
        ModelPackage,
        "dataAllowed",
        Locations,
        containers![
            "ModelDataUrl",
            "ModelDataSource.S3DataSource.S3Uri",
            "ModelDataSource.S3DataSource.ManifestS3Uri",
            "AdditionalModelDataSources[].S3DataSource.S3Uri",
            "AdditionalModelDataSources[].S3DataSource.ManifestS3Uri",
            "AdditionalS3DataSource.S3Uri",
        ],
    ),
    listed(
        ModelPackage,
        "dataAllowed",
        Locations,
        &[
            "SourceAlgorithmSpecification.SourceAlgorithms[].ModelDataUrl",
            "SourceAlgorithmSpecification.SourceAlgorithms[].ModelDataSource.S3DataSource.S3Uri",
            "SourceAlgorithmSpecification.SourceAlgorithms[].ModelDataSource.S3DataSource.ManifestS3Uri",
            "ModelMetrics.*.*.S3Uri",
            "DriftCheckBaselines.*.*.S3Uri",
            "SamplePayloadUrl",
        ],
    ),
    listed(
        ModelPackage,
        "dataAllowed",
        Locations,
        validation!["TransformInput.DataSource.S3DataSource.S3Uri", "TransformOutput.S3OutputPath"],
    ),
    listed(
        ModelPackage,
        "dataAllowed",
        DataTypes,
        validation!["TransformInput.DataSource.S3DataSource.S3DataType"],
    ),
    listed(ModelPackage, "dataAllowed", Texts, containers!["Environment.*"]),
    listed(ModelPackage, "dataAllowed", Texts, validation!["Environment.*"]),
    listed(ModelPackage, "imagesAllowed", Images, containers!["Image"]),
    listed(
        ModelPackage,
        "imagesAllowed",
        Algorithms,
        &["SourceAlgorithmSpecification.SourceAlgorithms[].AlgorithmName"],
    ),
    listed(ModelPackage, "instancesAllowed", InstanceTypes, validation!["TransformResources.InstanceType"]),
    listed(FeatureGroup, "roleAllowed", Roles, &["RoleArn"]),
    listed(
        FeatureGroup,
        "dataAllowed",
        Locations,
        &[
            "OfflineStoreConfig.S3StorageConfig.S3Uri",
            "OfflineStoreConfig.S3StorageConfig.ResolvedOutputS3Uri",
        ],
    ),
    listed(FeatureGroup, "offlineKeyAllowed", Keys, &["OfflineStoreConfig.S3StorageConfig.KmsKeyId"]),
    listed(FeatureGroup, "onlineKeyAllowed", Keys, &["OnlineStoreConfig.SecurityConfig.KmsKeyId"]),
    listed(FeatureGroup, "requiredTags", Tags, TAGS),
    listed(PipelineExecution, "roleAllowed", ExecutionRole, &["DescribePipeline:RoleArn"]),
    listed(ModelPackage, "packageGroupAllowed", Owned(Named::PackageGroup), &["ModelPackageGroupName"]),
];
