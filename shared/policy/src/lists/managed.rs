//! Jobs whose code is SageMaker's own: labeling, optimization and inference recommendations jobs, jobs of a category, training sessions.

use sagewarden_events::ResourceKind::{
    Job, LabelingJob, OptimizationJob, RecommendationsJob, TrainingSession,
};

use super::field::List::{
    BaseModels, DataTypes, ExecutionRole, Images, InstanceTypes, Keys, Locations, Owned, Roles,
    SecurityGroups, Subnets, Tags, Texts,
};
use super::field::{Listed, TAGS, listed};
use crate::arn::Named;

pub(super) const LISTED: &[Listed] = &[
    listed(LabelingJob, "roleAllowed", ExecutionRole, &["RoleArn"]),
    listed(
        LabelingJob,
        "networkAllowed",
        Subnets,
        &["LabelingJobAlgorithmsConfig.LabelingJobResourceConfig.VpcConfig.Subnets[]"],
    ),
    listed(
        LabelingJob,
        "networkAllowed",
        SecurityGroups,
        &["LabelingJobAlgorithmsConfig.LabelingJobResourceConfig.VpcConfig.SecurityGroupIds[]"],
    ),
    listed(
        LabelingJob,
        "volumeKeyAllowed",
        Keys,
        &["LabelingJobAlgorithmsConfig.LabelingJobResourceConfig.VolumeKmsKeyId"],
    ),
    listed(LabelingJob, "outputKeyAllowed", Keys, &["OutputConfig.KmsKeyId"]),
    listed(
        LabelingJob,
        "dataAllowed",
        Locations,
        &[
            "InputConfig.DataSource.S3DataSource.ManifestS3Uri",
            "OutputConfig.S3OutputPath",
            "LabelCategoryConfigS3Uri",
            "HumanTaskConfig.UiConfig.UiTemplateS3Uri",
        ],
    ),
    listed(LabelingJob, "teamAllowed", Owned(Named::PrivateTeam), &["HumanTaskConfig.WorkteamArn"]),
    listed(
        LabelingJob,
        "topicsAllowed",
        Owned(Named::Topic),
        &["InputConfig.DataSource.SnsDataSource.SnsTopicArn", "OutputConfig.SnsTopicArn"],
    ),
    listed(LabelingJob, "requiredTags", Tags, TAGS),
    listed(OptimizationJob, "roleAllowed", ExecutionRole, &["RoleArn"]),
    listed(OptimizationJob, "networkAllowed", Subnets, &["VpcConfig.Subnets[]"]),
    listed(OptimizationJob, "networkAllowed", SecurityGroups, &["VpcConfig.SecurityGroupIds[]"]),
    listed(OptimizationJob, "outputKeyAllowed", Keys, &["OutputConfig.KmsKeyId"]),
    listed(
        OptimizationJob,
        "dataAllowed",
        Locations,
        &[
            "ModelSource.S3.S3Uri",
            "OutputConfig.S3OutputLocation",
            "OptimizationConfigs[].ModelSpeculativeDecodingConfig.TrainingDataSource.S3Uri",
        ],
    ),
    listed(
        OptimizationJob,
        "dataAllowed",
        DataTypes,
        &["OptimizationConfigs[].ModelSpeculativeDecodingConfig.TrainingDataSource.S3DataType"],
    ),
    listed(
        OptimizationJob,
        "dataAllowed",
        Texts,
        &[
            "OptimizationEnvironment.*",
            "OptimizationConfigs[].ModelQuantizationConfig.OverrideEnvironment.*",
            "OptimizationConfigs[].ModelCompilationConfig.OverrideEnvironment.*",
            "OptimizationConfigs[].ModelShardingConfig.OverrideEnvironment.*",
        ],
    ),
    listed(
        OptimizationJob,
        "imagesAllowed",
        Images,
        &[
            "OptimizationConfigs[].ModelQuantizationConfig.Image",
            "OptimizationConfigs[].ModelCompilationConfig.Image",
            "OptimizationConfigs[].ModelShardingConfig.Image",
        ],
    ),
    listed(OptimizationJob, "instancesAllowed", InstanceTypes, &["DeploymentInstanceType"]),
    listed(OptimizationJob, "requiredTags", Tags, TAGS),
    listed(RecommendationsJob, "roleAllowed", ExecutionRole, &["RoleArn"]),
    listed(RecommendationsJob, "networkAllowed", Subnets, &["InputConfig.VpcConfig.Subnets[]"]),
    listed(
        RecommendationsJob,
        "networkAllowed",
        SecurityGroups,
        &["InputConfig.VpcConfig.SecurityGroupIds[]"],
    ),
    listed(RecommendationsJob, "volumeKeyAllowed", Keys, &["InputConfig.VolumeKmsKeyId"]),
    listed(
        RecommendationsJob,
        "dataAllowed",
        Locations,
        &["InputConfig.ContainerConfig.PayloadConfig.SamplePayloadUrl"],
    ),
    listed(
        RecommendationsJob,
        "instancesAllowed",
        InstanceTypes,
        &[
            "InputConfig.EndpointConfigurations[].InstanceType",
            "InputConfig.ContainerConfig.SupportedInstanceTypes[]",
        ],
    ),
    listed(RecommendationsJob, "requiredTags", Tags, TAGS),
    listed(Job, "roleAllowed", ExecutionRole, &["RoleArn"]),
    listed(Job, "dataAllowed", Texts, &["JobConfigDocument"]),
    // The values of each list in the document (`config_text`).
    listed(Job, "networkAllowed", Subnets, &["JobConfigDocument"]),
    listed(Job, "networkAllowed", SecurityGroups, &["JobConfigDocument"]),
    listed(Job, "keysAllowed", Keys, &["JobConfigDocument"]),
    listed(Job, "namedRolesAllowed", Roles, &["JobConfigDocument"]),
    listed(Job, "baseModelsAllowed", BaseModels, &["JobConfigDocument"]),
    listed(Job, "instancesAllowed", InstanceTypes, &["JobConfigDocument"]),
    listed(Job, "requiredTags", Tags, TAGS),
    listed(TrainingSession, "roleAllowed", ExecutionRole, &["RoleArn"]),
    listed(TrainingSession, "networkAllowed", Subnets, &["VpcConfig.Subnets[]"]),
    listed(TrainingSession, "networkAllowed", SecurityGroups, &["VpcConfig.SecurityGroupIds[]"]),
    listed(TrainingSession, "outputKeyAllowed", Keys, &["OutputConfig.S3Location.KmsKeyArn"]),
    listed(TrainingSession, "dataAllowed", Locations, &["OutputConfig.S3Location.Path"]),
    listed(TrainingSession, "baseModelAllowed", BaseModels, &["ModelConfig.BaseModelArn"]),
    listed(TrainingSession, "packageGroupAllowed", Owned(Named::PackageGroup), &["ModelPackageGroupArn"]),
    listed(TrainingSession, "requiredTags", Tags, TAGS),
];
