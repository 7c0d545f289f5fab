//! Fields of where people work.

use sagewarden_events::ResourceKind::{
    App, Domain, LifecycleConfig, NotebookInstance, Space, StudioLifecycleConfig, UserProfile,
};

use super::field::List::{
    ExecutionRole, FileSystems, InstanceTypes, Keys, LifecycleConfigs, Locations, Mounts, Owned,
    Repositories, Roles, SecurityGroups, StudioImages, Subnets, Tags,
};
use super::field::{Listed, TAGS, listed};
use crate::arn::Named;

/// A path in the settings of a domain's users and of its shared spaces.
macro_rules! defaults {
    ($($path:literal),* $(,)?) => { &[$(concat!("DefaultUserSettings.", $path), concat!("DefaultSpaceSettings.", $path)),*] };
}

pub(super) const LISTED: &[Listed] = &[
    listed(NotebookInstance, "roleAllowed", ExecutionRole, &["RoleArn"]),
    listed(NotebookInstance, "networkAllowed", Subnets, &["SubnetId"]),
    listed(NotebookInstance, "networkAllowed", SecurityGroups, &["SecurityGroups[]"]),
    listed(NotebookInstance, "volumeKeyAllowed", Keys, &["KmsKeyId"]),
    listed(NotebookInstance, "instancesAllowed", InstanceTypes, &["InstanceType", "AcceleratorTypes[]"]),
    listed(
        NotebookInstance,
        "repositoriesAllowed",
        Repositories,
        &["DefaultCodeRepository", "AdditionalCodeRepositories[]"],
    ),
    listed(NotebookInstance, "requiredTags", Tags, TAGS),
    listed(LifecycleConfig, "requiredTags", Tags, TAGS),
    listed(StudioLifecycleConfig, "requiredTags", Tags, TAGS),
    listed(
        Domain,
        "rolesAllowed",
        Roles,
        defaults![
            "ExecutionRole",
            "JupyterLabAppSettings.EmrSettings.AssumableRoleArns[]",
            "JupyterLabAppSettings.EmrSettings.ExecutionRoleArns[]",
        ],
    ),
    listed(
        Domain,
        "rolesAllowed",
        Roles,
        &[
            "DefaultUserSettings.CanvasAppSettings.TimeSeriesForecastingSettings.AmazonForecastRoleArn",
            "DefaultUserSettings.CanvasAppSettings.ModelRegisterSettings.CrossAccountModelRegisterRoleArn",
            "DefaultUserSettings.CanvasAppSettings.GenerativeAiSettings.AmazonBedrockRoleArn",
            "DefaultUserSettings.CanvasAppSettings.EmrServerlessSettings.ExecutionRoleArn",
            "DomainSettings.RStudioServerProDomainSettings.DomainExecutionRoleArn",
        ],
    ),
    listed(
        Domain,
        "repositoriesAllowed",
        Repositories,
        defaults!["*AppSettings.CodeRepositories[].RepositoryUrl"],
    ),
    listed(
        UserProfile,
        "repositoriesAllowed",
        Repositories,
        &["UserSettings.*AppSettings.CodeRepositories[].RepositoryUrl"],
    ),
    listed(
        Space,
        "repositoriesAllowed",
        Repositories,
        &["SpaceSettings.*AppSettings.CodeRepositories[].RepositoryUrl"],
    ),
    listed(Domain, "networkAllowed", Subnets, &["SubnetIds[]"]),
    listed(Domain, "networkAllowed", SecurityGroups, defaults!["SecurityGroups[]"]),
    listed(Domain, "networkAllowed", SecurityGroups, &["DomainSettings.SecurityGroupIds[]"]),
    listed(Domain, "volumeKeyAllowed", Keys, &["KmsKeyId", "HomeEfsFileSystemKmsKeyId"]),
    listed(
        Domain,
        "keysAllowed",
        Keys,
        &[
            "DefaultUserSettings.SharingSettings.S3KmsKeyId",
            "DefaultUserSettings.CanvasAppSettings.WorkspaceSettings.S3KmsKeyId",
        ],
    ),
    listed(
        Domain,
        "dataAllowed",
        Locations,
        &[
            "DefaultUserSettings.SharingSettings.S3OutputPath",
            "DefaultUserSettings.CanvasAppSettings.WorkspaceSettings.S3ArtifactPath",
            "DomainSettings.UnifiedStudioSettings.ProjectS3Path",
        ],
    ),
    listed(Domain, "dataAllowed", Locations, defaults!["CustomFileSystemConfigs[].S3FileSystemConfig.S3Uri"]),
    listed(
        Domain,
        "dataAllowed",
        Mounts,
        defaults![
            "CustomFileSystemConfigs[].EFSFileSystemConfig.FileSystemId",
            "CustomFileSystemConfigs[].FSxLustreFileSystemConfig.FileSystemId",
        ],
    ),
    listed(
        Domain,
        "fileSystemsAllowed",
        FileSystems,
        defaults![
            "CustomFileSystemConfigs[].EFSFileSystemConfig.FileSystemId",
            "CustomFileSystemConfigs[].FSxLustreFileSystemConfig.FileSystemId",
        ],
    ),
    listed(
        Domain,
        "resourcesAllowed",
        InstanceTypes,
        defaults!["*AppSettings.DefaultResourceSpec.InstanceType"],
    ),
    listed(
        Domain,
        "resourcesAllowed",
        InstanceTypes,
        &["DomainSettings.*DomainSettings.DefaultResourceSpec.InstanceType"],
    ),
    listed(
        Domain,
        "resourcesAllowed",
        StudioImages,
        defaults![
            "*AppSettings.DefaultResourceSpec.SageMakerImageArn",
            "*AppSettings.DefaultResourceSpec.SageMakerImageVersionArn",
            "*AppSettings.CustomImages[].ImageName",
        ],
    ),
    listed(
        Domain,
        "resourcesAllowed",
        StudioImages,
        &[
            "DomainSettings.*DomainSettings.DefaultResourceSpec.SageMakerImageArn",
            "DomainSettings.*DomainSettings.DefaultResourceSpec.SageMakerImageVersionArn",
        ],
    ),
    listed(
        Domain,
        "resourcesAllowed",
        LifecycleConfigs,
        defaults![
            "*AppSettings.DefaultResourceSpec.LifecycleConfigArn",
            "*AppSettings.LifecycleConfigArns[]",
            "*AppSettings.BuiltInLifecycleConfigArn",
        ],
    ),
    listed(
        Domain,
        "resourcesAllowed",
        LifecycleConfigs,
        &["DomainSettings.*DomainSettings.DefaultResourceSpec.LifecycleConfigArn"],
    ),
    listed(
        Domain,
        "secretsAllowed",
        Owned(Named::Secret),
        &["DefaultUserSettings.CanvasAppSettings.IdentityProviderOAuthSettings[].SecretArn"],
    ),
    listed(Domain, "requiredTags", Tags, TAGS),
    listed(
        UserProfile,
        "roleAllowed",
        Roles,
        &[
            "UserSettings.ExecutionRole",
            "UserSettings.CanvasAppSettings.TimeSeriesForecastingSettings.AmazonForecastRoleArn",
            "UserSettings.CanvasAppSettings.ModelRegisterSettings.CrossAccountModelRegisterRoleArn",
            "UserSettings.CanvasAppSettings.GenerativeAiSettings.AmazonBedrockRoleArn",
            "UserSettings.CanvasAppSettings.EmrServerlessSettings.ExecutionRoleArn",
            "UserSettings.JupyterLabAppSettings.EmrSettings.AssumableRoleArns[]",
            "UserSettings.JupyterLabAppSettings.EmrSettings.ExecutionRoleArns[]",
        ],
    ),
    listed(UserProfile, "networkAllowed", SecurityGroups, &["UserSettings.SecurityGroups[]"]),
    listed(
        UserProfile,
        "keysAllowed",
        Keys,
        &[
            "UserSettings.SharingSettings.S3KmsKeyId",
            "UserSettings.CanvasAppSettings.WorkspaceSettings.S3KmsKeyId",
        ],
    ),
    listed(
        UserProfile,
        "dataAllowed",
        Locations,
        &[
            "UserSettings.SharingSettings.S3OutputPath",
            "UserSettings.CanvasAppSettings.WorkspaceSettings.S3ArtifactPath",
            "UserSettings.CustomFileSystemConfigs[].S3FileSystemConfig.S3Uri",
        ],
    ),
    listed(
        UserProfile,
        "dataAllowed",
        Mounts,
        &[
            "UserSettings.CustomFileSystemConfigs[].EFSFileSystemConfig.FileSystemId",
            "UserSettings.CustomFileSystemConfigs[].FSxLustreFileSystemConfig.FileSystemId",
        ],
    ),
    listed(
        UserProfile,
        "fileSystemsAllowed",
        FileSystems,
        &[
            "UserSettings.CustomFileSystemConfigs[].EFSFileSystemConfig.FileSystemId",
            "UserSettings.CustomFileSystemConfigs[].FSxLustreFileSystemConfig.FileSystemId",
        ],
    ),
    listed(
        UserProfile,
        "resourcesAllowed",
        InstanceTypes,
        &["UserSettings.*AppSettings.DefaultResourceSpec.InstanceType"],
    ),
    listed(
        UserProfile,
        "resourcesAllowed",
        StudioImages,
        &[
            "UserSettings.*AppSettings.DefaultResourceSpec.SageMakerImageArn",
            "UserSettings.*AppSettings.DefaultResourceSpec.SageMakerImageVersionArn",
            "UserSettings.*AppSettings.CustomImages[].ImageName",
        ],
    ),
    listed(
        UserProfile,
        "resourcesAllowed",
        LifecycleConfigs,
        &[
            "UserSettings.*AppSettings.DefaultResourceSpec.LifecycleConfigArn",
            "UserSettings.*AppSettings.LifecycleConfigArns[]",
            "UserSettings.*AppSettings.BuiltInLifecycleConfigArn",
        ],
    ),
    listed(
        UserProfile,
        "secretsAllowed",
        Owned(Named::Secret),
        &["UserSettings.CanvasAppSettings.IdentityProviderOAuthSettings[].SecretArn"],
    ),
    listed(UserProfile, "requiredTags", Tags, TAGS),
    listed(Space, "dataAllowed", Locations, &["SpaceSettings.CustomFileSystems[].S3FileSystem.S3Uri"]),
    listed(
        Space,
        "dataAllowed",
        Mounts,
        &[
            "SpaceSettings.CustomFileSystems[].EFSFileSystem.FileSystemId",
            "SpaceSettings.CustomFileSystems[].FSxLustreFileSystem.FileSystemId",
        ],
    ),
    listed(
        Space,
        "fileSystemsAllowed",
        FileSystems,
        &[
            "SpaceSettings.CustomFileSystems[].EFSFileSystem.FileSystemId",
            "SpaceSettings.CustomFileSystems[].FSxLustreFileSystem.FileSystemId",
        ],
    ),
    listed(
        Space,
        "resourcesAllowed",
        InstanceTypes,
        &["SpaceSettings.*AppSettings.DefaultResourceSpec.InstanceType"],
    ),
    listed(
        Space,
        "resourcesAllowed",
        StudioImages,
        &[
            "SpaceSettings.*AppSettings.DefaultResourceSpec.SageMakerImageArn",
            "SpaceSettings.*AppSettings.DefaultResourceSpec.SageMakerImageVersionArn",
            "SpaceSettings.*AppSettings.CustomImages[].ImageName",
        ],
    ),
    listed(
        Space,
        "resourcesAllowed",
        LifecycleConfigs,
        &[
            "SpaceSettings.*AppSettings.DefaultResourceSpec.LifecycleConfigArn",
            "SpaceSettings.*AppSettings.LifecycleConfigArns[]",
        ],
    ),
    listed(Space, "requiredTags", Tags, TAGS),
    listed(App, "resourcesAllowed", InstanceTypes, &["ResourceSpec.InstanceType"]),
    listed(
        App,
        "resourcesAllowed",
        StudioImages,
        &["ResourceSpec.SageMakerImageArn", "ResourceSpec.SageMakerImageVersionArn"],
    ),
    listed(
        App,
        "resourcesAllowed",
        LifecycleConfigs,
        &["ResourceSpec.LifecycleConfigArn", "BuiltInLifecycleConfigArn"],
    ),
    listed(App, "requiredTags", Tags, TAGS),
];
