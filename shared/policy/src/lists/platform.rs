//! Fields of what stands beside jobs and endpoints: clusters, routers, hubs, apps of partners, code repositories.

use sagewarden_events::ResourceKind::{
    Cluster, CodeRepository, Hub, HubContent, InferenceRouter, PartnerApp,
};

use super::field::List::{
    BaseModels, ExecutionRole, FileSystems, InstanceTypes, Keys, Locations, Owned, Repositories, Roles,
    SecurityGroups, Subnets, Tags, Texts,
};
use super::field::{Listed, TAGS, listed};
use crate::arn::Named;

/// A path in each group of instances, and in each one that AWS manages for models of its own.
macro_rules! groups {
    ($($path:literal),* $(,)?) => { &[$(concat!("InstanceGroups[].", $path), concat!("RestrictedInstanceGroups[].", $path)),*] };
}

pub(super) const LISTED: &[Listed] = &[
    listed(Cluster, "rolesAllowed", ExecutionRole, groups!["ExecutionRole"]),
    listed(Cluster, "rolesAllowed", Roles, &["ClusterRole"]),
    listed(Cluster, "networkAllowed", Subnets, &["VpcConfig.Subnets[]"]),
    listed(Cluster, "networkAllowed", SecurityGroups, &["VpcConfig.SecurityGroupIds[]"]),
    listed(Cluster, "networkAllowed", Subnets, groups!["OverrideVpcConfig.Subnets[]"]),
    listed(Cluster, "networkAllowed", SecurityGroups, groups!["OverrideVpcConfig.SecurityGroupIds[]"]),
    listed(
        Cluster,
        "volumeKeysAllowed",
        Keys,
        groups!["InstanceStorageConfigs[].EbsVolumeConfig.VolumeKmsKeyId"],
    ),
    // Where a restricted group writes is chosen by the service.
    listed(Cluster, "dataAllowed", Locations, &["InstanceGroups[].LifeCycleConfig.SourceS3Uri"]),
    listed(
        Cluster,
        "fileSystemsAllowed",
        FileSystems,
        groups![
            "InstanceStorageConfigs[].FsxLustreConfig.DnsName",
            "InstanceStorageConfigs[].FsxOpenZfsConfig.DnsName",
        ],
    ),
    listed(Cluster, "instancesAllowed", InstanceTypes, groups!["InstanceType"]),
    listed(
        Cluster,
        "instancesAllowed",
        InstanceTypes,
        &[
            "InstanceGroups[].InstanceRequirements.InstanceTypes[]",
            "InstanceGroups[].InstanceRequirements.DesiredInstanceTypes[]",
            "InstanceGroups[].InstanceRequirements.CurrentInstanceTypes[]",
            "InstanceGroups[].InstanceTypeDetails[].InstanceType",
        ],
    ),
    listed(
        Cluster,
        "secretAllowed",
        Owned(Named::Secret),
        &["Orchestrator.Slurm.AccountingDatabase.SecretArn"],
    ),
    listed(Cluster, "requiredTags", Tags, TAGS),
    listed(
        InferenceRouter,
        "outputKeysAllowed",
        Keys,
        &["RoutingTargets[].AsyncInferenceConfig.OutputConfig.KmsKeyId"],
    ),
    listed(
        InferenceRouter,
        "dataAllowed",
        Locations,
        &[
            "RoutingTargets[].AsyncInferenceConfig.OutputConfig.S3OutputPath",
            "RoutingTargets[].AsyncInferenceConfig.OutputConfig.S3FailurePath",
        ],
    ),
    listed(
        InferenceRouter,
        "accountsAllowed",
        Owned(Named::Destination),
        &["RoutingTargets[].Destinations[].ResourceArn"],
    ),
    listed(
        InferenceRouter,
        "topicsAllowed",
        Owned(Named::Topic),
        &[
            "RoutingTargets[].AsyncInferenceConfig.OutputConfig.NotificationConfig.SuccessTopic",
            "RoutingTargets[].AsyncInferenceConfig.OutputConfig.NotificationConfig.ErrorTopic",
        ],
    ),
    listed(InferenceRouter, "requiredTags", Tags, TAGS),
    listed(Hub, "dataAllowed", Locations, &["S3StorageConfig.S3OutputPath"]),
    listed(Hub, "requiredTags", Tags, TAGS),
    listed(HubContent, "baseModelAllowed", BaseModels, &["SageMakerPublicHubContentArn"]),
    listed(HubContent, "dataAllowed", Texts, &["HubContentDocument"]),
    listed(PartnerApp, "roleAllowed", ExecutionRole, &["ExecutionRoleArn"]),
    listed(PartnerApp, "keyAllowed", Keys, &["KmsKeyId"]),
    listed(PartnerApp, "requiredTags", Tags, TAGS),
    listed(CodeRepository, "repositoriesAllowed", Repositories, &["GitConfig.RepositoryUrl"]),
    listed(CodeRepository, "secretAllowed", Owned(Named::Secret), &["GitConfig.SecretArn"]),
    listed(CodeRepository, "requiredTags", Tags, TAGS),
];
