//! Facts of where people work: notebook instances and Studio.

use super::context::{Context, Facts, fits, flags};
use crate::secret::holds_secret;

pub(super) fn notebook_instance(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    // The API always says it; an answer without it is no answer.
    if !context.is_request() && !reader.has_text("DirectInternetAccess") {
        reader.expected("DirectInternetAccess");
    }
    // A configuration whose name cannot be read was not asked for.
    reader.has_text("NotebookInstanceLifecycleConfigName");
    let platforms = &context.settings.compute.allowed_platforms;
    let platform = reader.text("PlatformIdentifier");
    let scripts = context.answers("DescribeNotebookInstanceLifecycleConfig");
    let contents = scripts.iter().flat_map(|scripts| {
        ["OnCreate[].Content", "OnStart[].Content"].into_iter().flat_map(|path| scripts.texts(path))
    });
    let secret = contents.into_iter().any(holds_secret);
    let imds = "InstanceMetadataServiceConfiguration.MinimumInstanceMetadataServiceVersion";
    flags([
        ("directInternet", reader.text("DirectInternetAccess") != Some("Disabled")),
        ("networkAllowed", context.network_allowed(&reader, "SubnetId", "SecurityGroups[]")),
        ("rootAccess", reader.text("RootAccess") != Some("Disabled")),
        ("metadataV2", reader.text(imds) == Some("2")),
        ("secretsInScripts", secret),
        (
            "platformAllowed",
            platforms.is_empty()
                || platform.is_some_and(|platform| platforms.iter().any(|one| one == platform)),
        ),
        ("volumeKeyAllowed", context.key_allowed(&reader, "KmsKeyId")),
        ("hasRepository", reader.has_text("DefaultCodeRepository")),
        ("requiredTags", context.has_required_tags()),
        ("roleIsNarrow", context.role_is_narrow()),
    ])
}

/// The two positions of what the API calls a feature status.
const SWITCH: [&str; 2] = ["ENABLED", "DISABLED"];

pub(super) fn domain(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let sharing = "DefaultUserSettings.SharingSettings";
    let shares =
        reader.word(&format!("{sharing}.NotebookOutputOption"), &["Allowed", "Disabled"]) == Some("Allowed");
    let key_allowed = context.key_allowed(&reader, &format!("{sharing}.S3KmsKeyId"));
    let by_user = reader.text("DomainSettings.ExecutionRoleIdentityConfig") == Some("USER_PROFILE_NAME");
    let portal = "DefaultUserSettings.StudioWebPortalSettings.ExecutionRoleSessionNameMode";
    let by_identity = reader.text(portal) == Some("USER_IDENTITY");
    let docker = reader.word("DomainSettings.DockerSettings.EnableDockerAccess", &SWITCH);
    flags([
        ("vpcOnly", reader.text("AppNetworkAccessType") == Some("VpcOnly")),
        ("singleSignOn", reader.text("AuthMode") == Some("SSO")),
        ("volumeKeyAllowed", context.key_allowed(&reader, "KmsKeyId")),
        ("sharesInTheClear", shares && !key_allowed),
        ("namesTheUser", by_user || by_identity),
        ("propagatesTags", reader.text("TagPropagation") == Some("ENABLED")),
        ("docker", docker == Some("ENABLED")),
    ])
}

pub(super) fn user_profile(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let path = "UserSettings.ExecutionRole";
    // A profile without a role of its own runs with the domain's.
    flags([("roleAllowed", !reader.has_text(path) || context.role_allowed(&reader, path))])
}

pub(super) fn space(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    flags([("remoteAccess", reader.word("SpaceSettings.RemoteAccess", &SWITCH) == Some("ENABLED"))])
}

pub(super) fn app(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let is_allowed = |path: &str, allowed: &[String]| {
        allowed.is_empty() || reader.text(path).is_none_or(|name| fits(allowed, name))
    };
    let compute = &context.settings.compute;
    // Studio Classic runs its own server on this type, which nobody chooses.
    let of_the_service = reader.text("ResourceSpec.InstanceType") == Some("system");
    let allowed = context.instances_allowed(&reader, &["ResourceSpec.InstanceType"]);
    let resources = (of_the_service || allowed)
        && is_allowed("ResourceSpec.SageMakerImageArn", &compute.allowed_studio_images)
        && is_allowed("ResourceSpec.LifecycleConfigArn", &compute.allowed_lifecycle_configs);
    flags([("resourcesAllowed", resources)])
}
