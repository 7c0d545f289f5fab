//! Facts of jobs whose code is SageMaker's own: labeling, optimization and inference recommendations jobs, jobs of a category, training
//! sessions.

use super::context::{Context, Facts, flags};
use super::job_config::JobConfig;
use crate::instance::has_local_nvme;

pub(super) fn labeling_job(context: &Context<'_>) -> Facts {
    const RESOURCES: &str = "LabelingJobAlgorithmsConfig.LabelingJobResourceConfig";
    let reader = context.reader();
    let names_network = context.names_vpc(&reader, &format!("{RESOURCES}.VpcConfig"));
    let volume_key = reader.has_text(&format!("{RESOURCES}.VolumeKmsKeyId"));
    let output_key = reader.has_text("OutputConfig.KmsKeyId");
    // Another type than a text leaves open whether labels are made by a model.
    let names_algorithm = reader.has_text("LabelingJobAlgorithmsConfig.LabelingJobAlgorithmSpecificationArn");
    flags([
        ("roleAllowed", context.listed("roleAllowed")),
        ("teamAllowed", team_allowed(context)),
        ("topicsAllowed", topics_allowed(context)),
        ("dataAllowed", context.listed("dataAllowed")),
        ("outputKeyAllowed", context.listed("outputKeyAllowed") && output_key),
        ("automated", names_algorithm || reader.has_part("LabelingJobAlgorithmsConfig")),
        ("volumeKeyAllowed", context.listed("volumeKeyAllowed") && volume_key),
        ("networkAllowed", context.listed("networkAllowed") && names_network),
        ("requiredTags", context.listed("requiredTags")),
    ])
}

/// `arn:<partition>:sagemaker:<region>:<account>:workteam/private-crowd/<name>`; teams of vendors and of the public have other words in the
/// place of `private-crowd` ("Using Amazon Mechanical Turk", "Managing Vendor Workforces", SageMaker developer guide).
fn team_allowed(context: &Context<'_>) -> bool {
    const FACT: &str = "teamAllowed";
    const PATH: &str = "HumanTaskConfig.WorkteamArn";
    let reader = context.reader();
    let Some(team) = reader.text(PATH) else { return false };
    let is_private = team.rsplit(':').next().is_some_and(|name| name.starts_with("workteam/private-crowd/"));
    if !is_private {
        reader.offends(FACT, PATH, team);
        context.unreadable.decides(FACT);
        return false;
    }
    context.is_of_allowed_account(FACT, PATH, team)
}

fn topics_allowed(context: &Context<'_>) -> bool {
    const FACT: &str = "topicsAllowed";
    let paths = ["InputConfig.DataSource.SnsDataSource.SnsTopicArn", "OutputConfig.SnsTopicArn"];
    let reader = context.reader();
    let named = paths.into_iter().filter_map(|path| Some((path, reader.text(path)?)));
    // Each topic is looked at, so that a finding names all that are wrong.
    named.filter(|(path, topic)| !context.is_of_allowed_account(FACT, path, topic)).count() == 0
}

pub(super) fn optimization_job(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let names_network = context.names_vpc(&reader, "VpcConfig");
    let output_key = reader.has_text("OutputConfig.KmsKeyId");
    flags([
        ("networkAllowed", context.listed("networkAllowed") && names_network),
        ("outputKeyAllowed", context.listed("outputKeyAllowed") && output_key),
        ("roleAllowed", context.listed("roleAllowed")),
        ("dataAllowed", context.listed("dataAllowed")),
        ("imagesAllowed", context.listed("imagesAllowed")),
        ("instancesAllowed", context.listed("instancesAllowed")),
        ("requiredTags", context.listed("requiredTags")),
    ])
}

/// No description has the `OutputConfig` of the request, so that no control is about it.
pub(super) fn recommendations_job(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let names_network = context.names_vpc(&reader, "InputConfig.VpcConfig");
    let volume_key = reader.has_text("InputConfig.VolumeKmsKeyId");
    // Endpoints that exist have volumes of their own.
    let exist = reader.has_part("InputConfig.Endpoints[]");
    let configurations = reader.parts("InputConfig.EndpointConfigurations[]");
    let takes_key = configurations.iter().filter(|one| {
        let instance = one.text("InstanceType");
        !one.has_part("ServerlessConfig") && !instance.is_some_and(has_local_nvme)
    });
    // Without configurations, SageMaker chooses the instances.
    let takes_volume_key = !exist && (configurations.is_empty() || takes_key.count() > 0);
    flags([
        ("networkAllowed", context.listed("networkAllowed") && names_network),
        ("takesVolumeKey", takes_volume_key),
        ("volumeKeyAllowed", context.listed("volumeKeyAllowed") && volume_key),
        ("roleAllowed", context.listed("roleAllowed")),
        ("dataAllowed", context.listed("dataAllowed")),
        ("instancesAllowed", context.listed("instancesAllowed")),
        ("requiredTags", context.listed("requiredTags")),
    ])
}

pub(super) fn job(context: &Context<'_>) -> Facts {
    let config = JobConfig::of(context);
    flags([
        ("networkAllowed", config.network_allowed(context)),
        ("keysAllowed", config.keys_allowed(context)),
        ("roleAllowed", context.listed("roleAllowed")),
        ("dataAllowed", context.listed("dataAllowed")),
        ("requiredTags", context.listed("requiredTags")),
    ])
}

pub(super) fn training_session(context: &Context<'_>) -> Facts {
    const MODEL: &str = "ModelConfig.BaseModelArn";
    let reader = context.reader();
    let names_network = context.names_vpc(&reader, "VpcConfig");
    let output_key = reader.has_text("OutputConfig.S3Location.KmsKeyArn");
    // `…:hub-content/<hub>/Model/<name>/<version>` ("BaseModelArn", SageMaker API reference).
    let has_version = |model: &str| model.split('/').count() > 4;
    flags([
        ("networkAllowed", context.listed("networkAllowed") && names_network),
        ("outputKeyAllowed", context.listed("outputKeyAllowed") && output_key),
        ("roleAllowed", context.listed("roleAllowed")),
        ("dataAllowed", context.listed("dataAllowed")),
        ("baseModelAllowed", context.listed("baseModelAllowed")),
        ("baseModelPinned", reader.texts(MODEL).into_iter().all(has_version)),
        ("requiredTags", context.listed("requiredTags")),
    ])
}
