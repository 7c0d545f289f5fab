//! Fields of what serves.

use sagewarden_events::ResourceKind::{
    Endpoint, EndpointConfig, InferenceComponent, InferenceExperiment, MlflowApp, Model, TrackingServer,
};

use super::field::List::{
    BaseModels, ExecutionRole, Images, InstanceTypes, Keys, Locations, Owned, Roles, SecurityGroups, Subnets,
    Tags, Texts,
};
use super::field::{Listed, TAGS, listed};
use crate::arn::Named;

/// A path in each container of a model.
macro_rules! containers {
    ($($path:literal),* $(,)?) => { &[$(concat!("PrimaryContainer.", $path), concat!("Containers[].", $path)),*] };
}

/// A path in each variant of an endpoint or its configuration.
macro_rules! variants {
    ($($path:literal),* $(,)?) => {
        &[$(concat!("ProductionVariants[].", $path), concat!("ShadowProductionVariants[].", $path)),*]
    };
}

/// A path in each specification of an inference component.
macro_rules! specifications {
    ($($path:literal),* $(,)?) => { &[$(concat!("Specification.", $path), concat!("Specifications[].", $path)),*] };
}

pub(super) const LISTED: &[Listed] = &[
    listed(Model, "roleAllowed", ExecutionRole, &["ExecutionRoleArn"]),
    listed(Model, "networkAllowed", Subnets, &["VpcConfig.Subnets[]"]),
    listed(Model, "networkAllowed", SecurityGroups, &["VpcConfig.SecurityGroupIds[]"]),
    listed(
        Model,
        "dataAllowed",
        Locations,
        containers![
            "ModelDataUrl",
            "ModelDataSource.S3DataSource.S3Uri",
            "ModelDataSource.S3DataSource.ManifestS3Uri",
            "AdditionalModelDataSources[].S3DataSource.S3Uri",
            "AdditionalModelDataSources[].S3DataSource.ManifestS3Uri",
        ],
    ),
    // The package of a container says what the container takes from the registry.
    listed(
        Model,
        "dataAllowed",
        Locations,
        &[
            "DescribeModelPackage:InferenceSpecification.Containers[].ModelDataUrl",
            "DescribeModelPackage:InferenceSpecification.Containers[].ModelDataSource.S3DataSource.S3Uri",
            "DescribeModelPackage:InferenceSpecification.Containers[].ModelDataSource.S3DataSource.ManifestS3Uri",
        ],
    ),
    listed(
        Model,
        "baseModelsAllowed",
        BaseModels,
        containers![
            "ModelDataSource.S3DataSource.HubAccessConfig.HubContentArn",
            "AdditionalModelDataSources[].S3DataSource.HubAccessConfig.HubContentArn",
        ],
    ),
    listed(Model, "dataAllowed", Texts, containers!["Environment.*"]),
    listed(Model, "imagesAllowed", Images, containers!["Image"]),
    listed(
        Model,
        "imagesAllowed",
        Images,
        &["DescribeModelPackage:InferenceSpecification.Containers[].Image"],
    ),
    listed(Model, "requiredTags", Tags, TAGS),
    listed(EndpointConfig, "roleAllowed", Roles, &["ExecutionRoleArn"]),
    listed(EndpointConfig, "networkAllowed", Subnets, &["VpcConfig.Subnets[]"]),
    listed(EndpointConfig, "networkAllowed", SecurityGroups, &["VpcConfig.SecurityGroupIds[]"]),
    listed(EndpointConfig, "volumeKeyAllowed", Keys, &["KmsKeyId"]),
    listed(EndpointConfig, "captureKeyAllowed", Keys, &["DataCaptureConfig.KmsKeyId"]),
    listed(EndpointConfig, "extraOutputsEncrypted", Keys, &["AsyncInferenceConfig.OutputConfig.KmsKeyId"]),
    listed(EndpointConfig, "extraOutputsEncrypted", Keys, variants!["CoreDumpConfig.KmsKeyId"]),
    listed(
        EndpointConfig,
        "dataAllowed",
        Locations,
        &[
            "DataCaptureConfig.DestinationS3Uri",
            "AsyncInferenceConfig.OutputConfig.S3OutputPath",
            "AsyncInferenceConfig.OutputConfig.S3FailurePath",
            "ExplainerConfig.ClarifyExplainerConfig.ShapConfig.ShapBaselineConfig.ShapBaselineUri",
        ],
    ),
    listed(EndpointConfig, "dataAllowed", Locations, variants!["CoreDumpConfig.DestinationS3Uri"]),
    listed(
        EndpointConfig,
        "instancesAllowed",
        InstanceTypes,
        variants!["InstanceType", "InstancePools[].InstanceType", "AcceleratorType"],
    ),
    listed(
        EndpointConfig,
        "topicsAllowed",
        Owned(Named::Topic),
        &[
            "AsyncInferenceConfig.OutputConfig.NotificationConfig.SuccessTopic",
            "AsyncInferenceConfig.OutputConfig.NotificationConfig.ErrorTopic",
        ],
    ),
    listed(EndpointConfig, "requiredTags", Tags, TAGS),
    listed(
        Endpoint,
        "imagesAllowed",
        Images,
        variants!["DeployedImages[].SpecifiedImage", "DeployedImages[].ResolvedImage"],
    ),
    listed(Endpoint, "requiredTags", Tags, TAGS),
    listed(InferenceComponent, "dataAllowed", Locations, specifications!["Container.ArtifactUrl"]),
    listed(InferenceComponent, "dataAllowed", Texts, specifications!["Container.Environment.*"]),
    listed(
        InferenceComponent,
        "imagesAllowed",
        Images,
        specifications![
            "Container.Image",
            "Container.DeployedImage.SpecifiedImage",
            "Container.DeployedImage.ResolvedImage"
        ],
    ),
    listed(InferenceComponent, "requiredTags", Tags, TAGS),
    listed(InferenceExperiment, "roleAllowed", ExecutionRole, &["RoleArn"]),
    listed(InferenceExperiment, "storedKeyAllowed", Keys, &["DataStorageConfig.KmsKey"]),
    listed(InferenceExperiment, "volumeKeyAllowed", Keys, &["KmsKey"]),
    listed(InferenceExperiment, "dataAllowed", Locations, &["DataStorageConfig.Destination"]),
    listed(
        InferenceExperiment,
        "instancesAllowed",
        InstanceTypes,
        &["ModelVariants[].InfrastructureConfig.RealTimeInferenceConfig.InstanceType"],
    ),
    listed(InferenceExperiment, "requiredTags", Tags, TAGS),
    listed(TrackingServer, "roleAllowed", ExecutionRole, &["RoleArn"]),
    listed(TrackingServer, "dataAllowed", Locations, &["ArtifactStoreUri"]),
    listed(TrackingServer, "requiredTags", Tags, TAGS),
    listed(MlflowApp, "roleAllowed", ExecutionRole, &["RoleArn"]),
    listed(MlflowApp, "keyAllowed", Keys, &["KmsKeyId"]),
    listed(MlflowApp, "dataAllowed", Locations, &["ArtifactStoreUri"]),
    listed(MlflowApp, "requiredTags", Tags, TAGS),
];
