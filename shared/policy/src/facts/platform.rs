//! Facts of what stands beside jobs and endpoints: clusters, routers, hubs, apps of partners, code repositories.

use super::context::{Context, Facts, flags};
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

pub(super) fn inference_router(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let stores = reader.parts("RoutingTargets[].AsyncInferenceConfig");
    let with_keys = stores.iter().filter(|store| store.has_text("OutputConfig.KmsKeyId")).count();
    flags([
        ("accountsAllowed", destinations_fit(context, Context::is_of_allowed_account, "accountsAllowed")),
        ("regionsAllowed", destinations_fit(context, Context::is_of_allowed_region, "regionsAllowed")),
        ("topicsAllowed", topics_allowed(context)),
        ("outputKeysAllowed", context.listed("outputKeysAllowed") && with_keys == stores.len()),
        ("dataAllowed", context.listed("dataAllowed")),
        ("requiredTags", context.listed("requiredTags")),
    ])
}

type Fits<'a> = fn(&Context<'a>, &'static str, &str, &str) -> bool;

/// Each destination is looked at, so that a finding names all that are wrong.
fn destinations_fit<'a>(context: &Context<'a>, fits: Fits<'a>, fact: &'static str) -> bool {
    const PATH: &str = "RoutingTargets[].Destinations[].ResourceArn";
    let destinations = context.reader().texts(PATH);
    destinations.into_iter().filter(|arn| !fits(context, fact, PATH, arn)).count() == 0
}

fn topics_allowed(context: &Context<'_>) -> bool {
    const PATHS: [&str; 2] = [
        "RoutingTargets[].AsyncInferenceConfig.OutputConfig.NotificationConfig.SuccessTopic",
        "RoutingTargets[].AsyncInferenceConfig.OutputConfig.NotificationConfig.ErrorTopic",
    ];
    let reader = context.reader();
    let named =
        PATHS.into_iter().flat_map(|path| reader.texts(path).into_iter().map(move |topic| (path, topic)));
    named.filter(|(path, topic)| !context.is_of_allowed_account("topicsAllowed", path, topic)).count() == 0
}

pub(super) fn hub(context: &Context<'_>) -> Facts {
    flags([("dataAllowed", context.listed("dataAllowed")), ("requiredTags", context.listed("requiredTags"))])
}

pub(super) fn hub_content(context: &Context<'_>) -> Facts {
    flags([
        ("baseModelAllowed", context.listed("baseModelAllowed")),
        // The document of a reference is AWS's own, and names AWS's buckets.
        ("imported", !context.reader().has_text("SageMakerPublicHubContentArn")),
        ("dataAllowed", context.listed("dataAllowed")),
    ])
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
    const SECRET: &str = "GitConfig.SecretArn";
    let reader = context.reader();
    let own = reader
        .text(SECRET)
        .is_none_or(|secret| context.is_of_allowed_account("secretAllowed", SECRET, secret));
    let url = reader.text("GitConfig.RepositoryUrl");
    flags([
        ("repositoriesAllowed", context.listed("repositoriesAllowed")),
        ("secretInAddress", url.is_some_and(has_password)),
        ("secretAllowed", own),
        ("requiredTags", context.listed("requiredTags")),
    ])
}

/// `https://<user>:<password>@<host>/…`. Hosts take tokens in either place, so that a user alone counts, too.
fn has_password(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().is_some_and(|authority| authority.contains('@'))
}
