//! Facts of jobs whose code is SageMaker's own: labeling, optimization and inference recommendations jobs, jobs of a category, training
//! sessions.

use super::context::{Context, Facts, flags};
use super::job_config::note_unknown_config;
use crate::instance::has_local_nvme;

pub(super) fn labeling_job(context: &Context<'_>) -> Facts {
    const RESOURCES: &str = "LabelingJobAlgorithmsConfig.LabelingJobResourceConfig";
    let reader = context.reader();
    let names_network = context.names_vpc(&reader, &format!("{RESOURCES}.VpcConfig"));
    let volume_key = reader.has_text(&format!("{RESOURCES}.VolumeKmsKeyId"));
    let output_key = reader.has_text("OutputConfig.KmsKeyId");
    // Another type than a text leaves open whether labels are made by a model.
    let names_algorithm = reader.has_text("LabelingJobAlgorithmsConfig.LabelingJobAlgorithmSpecificationArn");
    let has_team = reader.has_text("HumanTaskConfig.WorkteamArn");
    flags([
        ("roleAllowed", context.listed("roleAllowed")),
        ("teamAllowed", context.listed("teamAllowed") && has_team),
        ("topicsAllowed", context.listed("topicsAllowed")),
        ("dataAllowed", context.listed("dataAllowed")),
        ("outputKeyAllowed", context.listed("outputKeyAllowed") && output_key),
        ("automated", names_algorithm || reader.has_part("LabelingJobAlgorithmsConfig")),
        ("volumeKeyAllowed", context.listed("volumeKeyAllowed") && volume_key),
        ("networkAllowed", context.listed("networkAllowed") && names_network),
        ("requiredTags", context.listed("requiredTags")),
    ])
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
    note_unknown_config(context);
    flags([
        ("networkAllowed", context.listed("networkAllowed")),
        ("keysAllowed", context.listed("keysAllowed")),
        ("namedRolesAllowed", context.listed("namedRolesAllowed")),
        ("baseModelsAllowed", context.listed("baseModelsAllowed")),
        ("instancesAllowed", context.listed("instancesAllowed")),
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
        ("packageGroupAllowed", context.listed("packageGroupAllowed")),
        ("baseModelAllowed", context.listed("baseModelAllowed")),
        ("baseModelPinned", reader.texts(MODEL).into_iter().all(has_version)),
        ("requiredTags", context.listed("requiredTags")),
    ])
}
