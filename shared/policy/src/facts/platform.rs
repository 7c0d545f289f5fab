//! Facts of what stands beside jobs and endpoints: clusters, routers, hubs, apps of partners, code repositories.

use super::context::{Context, Facts, fits, flags};
use crate::arn::Arn;
use crate::key::is_own;
use crate::reader::Reader;

/// The groups of a cluster: its own, and those that AWS manages for models of its own.
const GROUPS: [&str; 2] = ["InstanceGroups[]", "RestrictedInstanceGroups[]"];

pub(super) fn cluster(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let groups: Vec<Reader<'_>> = GROUPS.iter().flat_map(|path| reader.parts(path)).collect();
    // A network of a group's own counts in place of the cluster's.
    let own = groups.iter().filter(|group| context.names_vpc(group, "OverrideVpcConfig")).count();
    let names_network = context.names_vpc(&reader, "VpcConfig") || !groups.is_empty() && own == groups.len();
    let with_keys = groups.iter().filter(|group| has_volume_keys(group)).count();
    flags([
        ("networkAllowed", context.listed("networkAllowed") && names_network),
        ("volumeKeysAllowed", context.listed("volumeKeysAllowed") && with_keys == groups.len()),
        ("rolesAllowed", context.listed("rolesAllowed")),
        ("instancesAllowed", context.listed("instancesAllowed")),
        ("imagesMaintained", images_maintained(context, &reader)),
        ("fileSystemsAllowed", context.listed("fileSystemsAllowed")),
        ("secretAllowed", context.listed("secretAllowed")),
        ("dataAllowed", context.listed("dataAllowed")),
        ("requiredTags", context.listed("requiredTags")),
    ])
}

/// A group always has a root volume, and a second one if it is configured. A configuration is about the second one unless it says
/// `RootVolume`; without a key of its own, AWS's key encrypts a volume ("ClusterEbsVolumeConfig", SageMaker API reference).
fn has_volume_keys(group: &Reader<'_>) -> bool {
    let volumes = group.parts("InstanceStorageConfigs[].EbsVolumeConfig");
    let with_keys = volumes.iter().filter(|volume| volume.has_text("VolumeKmsKeyId")).count();
    with_keys == volumes.len() && volumes.iter().any(|volume| volume.is_true("RootVolume"))
}

/// The service says how old the image of a group is; a request does not.
fn images_maintained(context: &Context<'_>, reader: &Reader<'_>) -> bool {
    const FACT: &str = "imagesMaintained";
    const FIELD: &str = "ImageVersionStatus";
    const KNOWN: [&str; 4] = ["UpToDate", "UpdateAvailable", "SecurityUpdateRequired", "EndOfLife"];
    let groups = reader.parts("InstanceGroups[]");
    let old = groups.iter().filter_map(|group| {
        let status = group.word(FIELD, &KNOWN)?;
        ["SecurityUpdateRequired", "EndOfLife"].contains(&status).then(|| group.offends(FACT, FIELD, status))
    });
    let maintained = old.count() == 0;
    if !maintained {
        context.unreadable.decides(FACT);
    }
    maintained
}

const DESTINATIONS: &str = "RoutingTargets[].Destinations[].ResourceArn";

pub(super) fn inference_router(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let stores = reader.parts("RoutingTargets[].AsyncInferenceConfig");
    let with_keys = stores.iter().filter(|store| store.has_text("OutputConfig.KmsKeyId")).count();
    flags([
        ("accountsAllowed", context.listed("accountsAllowed")),
        ("regionsAllowed", regions_allowed(context)),
        ("topicsAllowed", context.listed("topicsAllowed")),
        ("outputKeysAllowed", context.listed("outputKeysAllowed") && with_keys == stores.len()),
        ("dataAllowed", context.listed("dataAllowed")),
        ("requiredTags", context.listed("requiredTags")),
    ])
}

/// Each destination is looked at, so that a finding names all that are wrong.
fn regions_allowed(context: &Context<'_>) -> bool {
    let destinations = context.reader().texts(DESTINATIONS);
    destinations
        .into_iter()
        .filter(|arn| !context.is_of_allowed_region("regionsAllowed", DESTINATIONS, arn))
        .count()
        == 0
}

pub(super) fn hub(context: &Context<'_>) -> Facts {
    const BUCKET: &str = "S3StorageConfig.S3OutputPath";
    let reader = context.reader();
    // The API takes a hub without a bucket, and no page of its reference says which one it then has.
    if !reader.has_text(BUCKET) && !context.settings.artifacts.allowed_buckets.is_empty() {
        reader.undecided(BUCKET, "is absent: the service chooses the bucket".to_owned());
    }
    flags([("dataAllowed", context.listed("dataAllowed")), ("requiredTags", context.listed("requiredTags"))])
}

pub(super) fn hub_content(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let is_reference = reader.has_text("SageMakerPublicHubContentArn");
    // Hubs of AWS's own have its word in the place of an account.
    let by_aws = ["HubContentArn", "HubArn", "HubName"]
        .into_iter()
        .filter_map(|path| reader.text(path))
        .any(|arn| Arn::parse(arn).is_some_and(|arn| arn.account == "aws"));
    let in_allowed_hub = is_reference && is_in_allowed_hub(context, &reader);
    flags([
        ("baseModelAllowed", in_allowed_hub || context.listed("baseModelAllowed")),
        // The documents of references and of AWS's own contents name AWS's buckets.
        ("imported", !is_reference && !by_aws),
        ("dataAllowed", context.listed("dataAllowed")),
    ])
}

/// Whether the settings allow the reference itself: `arn:aws:sagemaker:*:<account>:hub-content/approved/*` allows all that the hub `approved`
/// offers, and whoever may write to that hub decides what that is.
fn is_in_allowed_hub(context: &Context<'_>, reader: &Reader<'_>) -> bool {
    let allowed = &context.settings.artifacts.allowed_base_models;
    if let Some(arn) = reader.text("HubContentArn") {
        return fits(allowed, arn);
    }
    let last =
        |arn: &'_ str| arn.split("/Model/").nth(1).and_then(|rest| rest.split('/').next()).map(str::to_owned);
    let named = reader.text("HubContentName").map(str::to_owned);
    let name = named.or_else(|| reader.text("SageMakerPublicHubContentArn").and_then(last));
    let (Some(hub), Some(name)) = (reader.text("HubName"), name) else { return false };
    match hub.split_once(":hub/") {
        Some((head, hub)) => fits(allowed, &format!("{head}:hub-content/{hub}/ModelReference/{name}")),
        None => {
            let own = format!("hub-content/{hub}/ModelReference/{name}");
            allowed.iter().any(|pattern| is_own(pattern, "sagemaker", &own, context.resource))
        }
    }
}

pub(super) fn partner_app(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let key = reader.has_text("KmsKeyId");
    let signs_in = reader.word("AuthType", &["IAM", "IDC"]);
    let by_session = reader.is_true("EnableIamSessionBasedIdentity");
    flags([
        ("keyAllowed", context.listed("keyAllowed") && key),
        ("roleAllowed", context.listed("roleAllowed")),
        ("namesItsUsers", signs_in == Some("IDC") || by_session),
        ("requiredTags", context.listed("requiredTags")),
    ])
}

pub(super) fn code_repository(context: &Context<'_>) -> Facts {
    flags([
        ("repositoriesAllowed", context.listed("repositoriesAllowed")),
        ("secretInAddress", context.secret_in_address()),
        ("secretAllowed", context.listed("secretAllowed")),
        ("requiredTags", context.listed("requiredTags")),
    ])
}
