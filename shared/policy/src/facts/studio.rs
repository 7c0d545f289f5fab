//! Facts of where people work: notebook instances and Studio.

use super::context::{Context, Facts, flags};
use crate::reader::Reader;
use crate::secret::holds_secret;

/// The scripts of a notebook instance.
const NOTEBOOK_SCRIPTS: [&str; 2] = ["OnCreate[].Content", "OnStart[].Content"];

fn holds_secrets(scripts: &Reader<'_>, paths: &[&str]) -> bool {
    paths.iter().flat_map(|path| scripts.texts(path)).any(holds_secret)
}

pub(super) fn lifecycle_config(context: &Context<'_>) -> Facts {
    scripts(context, &NOTEBOOK_SCRIPTS)
}

pub(super) fn studio_lifecycle_config(context: &Context<'_>) -> Facts {
    scripts(context, &["StudioLifecycleConfigContent"])
}

fn scripts(context: &Context<'_>, paths: &[&str]) -> Facts {
    flags([
        ("secretsInScripts", holds_secrets(&context.reader(), paths)),
        ("requiredTags", context.listed("requiredTags")),
    ])
}

pub(super) fn notebook_instance(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    // The API always has this field; an answer without it is invalid.
    if !context.is_request() && !reader.has_text("DirectInternetAccess") {
        reader.expected("DirectInternetAccess");
    }
    // A configuration whose name cannot be read was not asked for.
    reader.has_text("NotebookInstanceLifecycleConfigName");
    let platforms = &context.settings.compute.allowed_platforms;
    // "The default value is notebook-al2023-v1", CreateNotebookInstance, SageMaker API reference.
    let is_left_out = context.is_request() && !reader.has_text("PlatformIdentifier");
    let platform = reader.text("PlatformIdentifier").or(is_left_out.then_some("notebook-al2023-v1"));
    let scripts = context.answers("DescribeNotebookInstanceLifecycleConfig");
    let secret = scripts.iter().any(|scripts| holds_secrets(scripts, &NOTEBOOK_SCRIPTS));
    // The subnet alone decides whether it is in a VPC. If it names no security groups, the groups in force are unknown, so a list of
    // allowed groups is undecided.
    let (has_subnet, has_groups) = (reader.has_text("SubnetId"), reader.has_text("SecurityGroups[]"));
    let names_network =
        has_subnet && (has_groups || context.settings.network.allowed_security_groups.is_empty());
    let volume_key = reader.has_text("KmsKeyId");
    let has_repository = reader.has_text("DefaultCodeRepository");
    if !has_repository {
        context.unreadable.decides_by("hasRepository", "DefaultCodeRepository");
    }
    let imds = "InstanceMetadataServiceConfiguration.MinimumInstanceMetadataServiceVersion";
    flags([
        ("directInternet", reader.text("DirectInternetAccess") != Some("Disabled")),
        ("networkAllowed", context.listed("networkAllowed") && names_network),
        ("roleAllowed", context.listed("roleAllowed")),
        ("instancesAllowed", context.listed("instancesAllowed")),
        ("rootAccess", reader.text("RootAccess") != Some("Disabled")),
        ("metadataV2", reader.text(imds) == Some("2")),
        ("secretsInScripts", secret),
        (
            "platformAllowed",
            platforms.is_empty()
                || platform.is_some_and(|platform| platforms.iter().any(|one| one == platform)),
        ),
        ("volumeKeyAllowed", context.listed("volumeKeyAllowed") && volume_key),
        ("hasRepository", has_repository),
        ("repositoriesAllowed", context.listed("repositoriesAllowed")),
        ("secretInAddress", context.secret_in_address()),
        ("requiredTags", context.listed("requiredTags")),
        ("roleIsNarrow", context.role_is_narrow()),
    ])
}

/// The two values of what the API calls a feature status.
const SWITCH: [&str; 2] = ["ENABLED", "DISABLED"];

pub(super) fn domain(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let shares_in_the_clear = shares_in_the_clear(&reader, "DefaultUserSettings");
    // Older requests name the key of the home volumes otherwise.
    let volume_key = reader.has_any_text(&["KmsKeyId", "HomeEfsFileSystemKmsKeyId"]);
    let network = &context.settings.network;
    let has_subnets = reader.has_text("SubnetIds[]") || network.allowed_subnets.is_empty();
    let has_groups =
        reader.has_text("DefaultUserSettings.SecurityGroups[]") || network.allowed_security_groups.is_empty();
    let by_user = reader.text("DomainSettings.ExecutionRoleIdentityConfig") == Some("USER_PROFILE_NAME");
    let portal = "DefaultUserSettings.StudioWebPortalSettings.ExecutionRoleSessionNameMode";
    let by_identity = reader.text(portal) == Some("USER_IDENTITY");
    let docker = reader.word("DomainSettings.DockerSettings.EnableDockerAccess", &SWITCH);
    flags([
        ("vpcOnly", reader.text("AppNetworkAccessType") == Some("VpcOnly")),
        ("singleSignOn", reader.text("AuthMode") == Some("SSO")),
        ("networkAllowed", context.listed("networkAllowed") && has_subnets && has_groups),
        ("rolesAllowed", context.listed("rolesAllowed")),
        ("secretsAllowed", context.listed("secretsAllowed")),
        ("repositoriesAllowed", context.listed("repositoriesAllowed")),
        ("secretInAddress", context.secret_in_address()),
        ("dataAllowed", context.listed("dataAllowed")),
        ("resourcesAllowed", context.listed("resourcesAllowed")),
        ("volumeKeyAllowed", context.listed("volumeKeyAllowed") && volume_key),
        ("sharesInTheClear", shares_in_the_clear),
        ("keysAllowed", context.listed("keysAllowed")),
        ("fileSystemsAllowed", context.listed("fileSystemsAllowed")),
        ("requiredTags", context.listed("requiredTags")),
        ("namesTheUser", by_user || by_identity),
        ("propagatesTags", reader.text("TagPropagation") == Some("ENABLED")),
        ("docker", docker == Some("ENABLED")),
    ])
}

/// Whether outputs of notebooks are shared and no key is named for them.
fn shares_in_the_clear(reader: &Reader<'_>, settings: &str) -> bool {
    let option = format!("{settings}.SharingSettings.NotebookOutputOption");
    let shares = reader.word(&option, &["Allowed", "Disabled"]) == Some("Allowed");
    let has_key = reader.has_text(&format!("{settings}.SharingSettings.S3KmsKeyId"));
    shares && !has_key
}

/// A profile inherits each setting that it lacks from its domain. So it need not name any.
pub(super) fn user_profile(context: &Context<'_>) -> Facts {
    flags([
        ("roleAllowed", context.listed("roleAllowed")),
        ("secretsAllowed", context.listed("secretsAllowed")),
        ("networkAllowed", context.listed("networkAllowed")),
        ("repositoriesAllowed", context.listed("repositoriesAllowed")),
        ("secretInAddress", context.secret_in_address()),
        ("dataAllowed", context.listed("dataAllowed")),
        ("resourcesAllowed", context.listed("resourcesAllowed")),
        ("sharesInTheClear", shares_in_the_clear(&context.reader(), "UserSettings")),
        ("keysAllowed", context.listed("keysAllowed")),
        ("fileSystemsAllowed", context.listed("fileSystemsAllowed")),
        ("requiredTags", context.listed("requiredTags")),
    ])
}

pub(super) fn space(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    flags([
        ("repositoriesAllowed", context.listed("repositoriesAllowed")),
        ("secretInAddress", context.secret_in_address()),
        ("remoteAccess", reader.word("SpaceSettings.RemoteAccess", &SWITCH) == Some("ENABLED")),
        ("dataAllowed", context.listed("dataAllowed")),
        ("resourcesAllowed", context.listed("resourcesAllowed")),
        ("fileSystemsAllowed", context.listed("fileSystemsAllowed")),
        ("requiredTags", context.listed("requiredTags")),
    ])
}

pub(super) fn app(context: &Context<'_>) -> Facts {
    flags([
        ("resourcesAllowed", context.listed("resourcesAllowed")),
        ("requiredTags", context.listed("requiredTags")),
    ])
}
