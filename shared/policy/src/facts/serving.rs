//! Facts of what serves: models, endpoint configurations, endpoints.

use std::collections::BTreeSet;

use sagewarden_events::ResourceKind;

use super::context::{Context, Facts, flags, is_pinned};
use super::registry::SCHEDULE_STATUSES;
use crate::reader::Reader;

const CONTAINERS: [&str; 2] = ["PrimaryContainer", "Containers[]"];

pub(super) fn model(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let containers: Vec<Reader<'_>> = CONTAINERS.iter().flat_map(|path| reader.parts(path)).collect();
    let data = [
        "ModelDataUrl",
        "ModelDataSource.S3DataSource.S3Uri",
        "AdditionalModelDataSources[].S3DataSource.S3Uri",
    ];
    let in_registry = |container: &Reader<'_>| {
        // A container of the registry brings its image along.
        !container.has_text("Image") || container.text("ImageConfig.RepositoryAccessMode") == Some("Vpc")
    };
    flags([
        ("networkAllowed", context.vpc_allowed(&reader, "VpcConfig")),
        ("networkIsolation", reader.is_true("EnableNetworkIsolation")),
        ("roleAllowed", context.role_allowed(&reader, "ExecutionRoleArn")),
        ("dataAllowed", containers.iter().all(|each| context.buckets_allowed(each, &data))),
        ("imagesAllowed", containers.iter().all(|each| context.images_allowed(each, &["Image"]))),
        ("imagesFromVpc", containers.iter().all(in_registry)),
        ("imagesPinned", containers.iter().flat_map(|each| each.texts("Image")).all(is_pinned)),
        ("dataVersioned", context.inputs_versioned()),
        ("roleIsNarrow", context.role_is_narrow()),
        ("approved", are_approved(context)),
        ("requiredTags", context.has_required_tags()),
    ])
}

/// There are packages in the registry behind it, and all of them are approved.
pub(super) fn are_approved(context: &Context<'_>) -> bool {
    // A package whose name cannot be read was not asked for.
    for model in context.answers("DescribeModel") {
        model.has_any_text(&[
            "ModelName",
            "PrimaryContainer.ModelPackageName",
            "Containers[].ModelPackageName",
        ]);
    }
    // Every container comes from a package, and every package that is named was found.
    let models = if context.resource.kind == ResourceKind::Model {
        vec![context.reader()]
    } else {
        context.answers("DescribeModel")
    };
    let containers: Vec<Reader<'_>> =
        models.iter().flat_map(|model| CONTAINERS.iter().flat_map(|path| model.parts(path))).collect();
    let named: BTreeSet<&str> = containers.iter().filter_map(|each| each.text("ModelPackageName")).collect();
    let from_packages =
        !containers.is_empty() && containers.iter().all(|each| each.has_text("ModelPackageName"));
    let packages = context.answers("DescribeModelPackage");
    let approved = packages.iter().all(|each| each.text("ModelApprovalStatus") == Some("Approved"));
    from_packages && approved && packages.len() >= named.len()
}

/// A variant without instances. How much it may do is read as well, so that what cannot be read there is noted.
fn is_serverless(variant: &Reader<'_>) -> bool {
    variant.has_integer("ServerlessConfig.MaxConcurrency");
    variant.has_part("ServerlessConfig")
}

const VARIANTS: [&str; 2] = ["ProductionVariants[]", "ShadowProductionVariants[]"];

pub(super) fn endpoint_config(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let variants: Vec<Reader<'_>> = VARIANTS.iter().flat_map(|path| reader.parts(path)).collect();
    let dumps_encrypted = variants.iter().all(|variant| {
        !variant.has_part("CoreDumpConfig") || context.key_allowed(variant, "CoreDumpConfig.KmsKeyId")
    });
    let is_async = reader.has_part("AsyncInferenceConfig");
    let async_encrypted =
        !is_async || context.key_allowed(&reader, "AsyncInferenceConfig.OutputConfig.KmsKeyId");
    let data = [
        "DataCaptureConfig.DestinationS3Uri",
        "AsyncInferenceConfig.OutputConfig.S3OutputPath",
        "AsyncInferenceConfig.OutputConfig.S3FailurePath",
        "ProductionVariants[].CoreDumpConfig.DestinationS3Uri",
        "ShadowProductionVariants[].CoreDumpConfig.DestinationS3Uri",
    ];
    let production = reader.parts("ProductionVariants[]");
    let alone = production.iter().any(|variant| {
        !is_serverless(variant) && variant.number("InitialInstanceCount").is_some_and(|number| number < 2)
    });
    flags([
        ("serverless", !variants.is_empty() && variants.iter().all(is_serverless)),
        ("volumeKeyAllowed", context.key_allowed(&reader, "KmsKeyId")),
        ("captures", reader.is_true("DataCaptureConfig.EnableCapture")),
        ("capturesEnough", captures_enough(context, &reader)),
        ("captureKeyAllowed", context.key_allowed(&reader, "DataCaptureConfig.KmsKeyId")),
        ("extraOutputsEncrypted", async_encrypted && dumps_encrypted),
        ("shellAccess", variants.iter().any(|variant| variant.is_true("EnableSSMAccess"))),
        ("dataAllowed", context.buckets_allowed(&reader, &data)),
        ("explained", reader.has_part("ExplainerConfig.ClarifyExplainerConfig")),
        // Endpoints of inference components name no model: the network is the configuration's own.
        // Counted, not asked for the first: every name has to be readable.
        ("hasModels", variants.iter().filter(|variant| variant.has_text("ModelName")).count() > 0),
        ("networkAllowed", context.vpc_allowed(&reader, "VpcConfig")),
        ("networkIsolation", reader.is_true("EnableNetworkIsolation")),
        ("single", alone),
    ])
}

/// Input and output are captured, and as large a part of them as the settings want.
fn captures_enough(context: &Context<'_>, reader: &Reader<'_>) -> bool {
    let modes = reader.texts("DataCaptureConfig.CaptureOptions[].CaptureMode");
    let both = modes.contains(&"InputAndOutput") || (modes.contains(&"Input") && modes.contains(&"Output"));
    let least = context.settings.monitoring.min_sampling_percentage;
    let part = reader.number("DataCaptureConfig.InitialSamplingPercentage").unwrap_or(0);
    reader.is_true("DataCaptureConfig.EnableCapture") && both && part >= least
}

pub(super) fn endpoint(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let configs = context.answers("DescribeEndpointConfig");
    for config in &configs {
        config.has_any_text(&[
            "EndpointConfigName",
            "ProductionVariants[].ModelName",
            "ShadowProductionVariants[].ModelName",
        ]);
    }
    let serverless = configs.iter().any(|config| {
        let variants = config.parts("ProductionVariants[]");
        !variants.is_empty() && variants.iter().all(is_serverless)
    });
    let capturing = reader.is_true("DataCaptureConfig.EnableCapture")
        && reader.text("DataCaptureConfig.CaptureStatus") == Some("Started");
    let schedules = context.answers("ListMonitoringSchedules");
    for schedule in &schedules {
        schedule.has_text("MonitoringScheduleSummaries[].MonitoringScheduleName");
    }
    let types: Vec<&str> = schedules
        .iter()
        .flat_map(|answer| answer.parts("MonitoringScheduleSummaries[]"))
        .filter(|schedule| schedule.word("MonitoringScheduleStatus", &SCHEDULE_STATUSES) == Some("Scheduled"))
        // Schedules of the first years name no type: they are of data quality.
        .map(|schedule| schedule.text("MonitoringType").unwrap_or("DataQuality"))
        .collect();
    let required = &context.settings.monitoring.required_types;
    let status = "LastMonitoringExecutionSummary.MonitoringExecutionStatus";
    let executions = context.answers("DescribeMonitoringSchedule");
    let statuses: Vec<_> =
        executions.iter().map(|schedule| schedule.word(status, &EXECUTION_STATUSES)).collect();
    let failed = statuses.contains(&Some("Failed"));
    flags([
        ("serverless", serverless),
        ("capturing", capturing),
        ("monitored", required.iter().all(|wanted| types.contains(&wanted.as_str()))),
        ("monitoringFailed", failed),
        ("approved", are_approved(context)),
        ("imagesAsApproved", images_as_approved(context, &reader)),
        ("alarmed", reader.has_part("LastDeploymentConfig.AutoRollbackConfiguration.Alarms[]")),
    ])
}

const EXECUTION_STATUSES: [&str; 7] =
    ["Pending", "Completed", "CompletedWithViolations", "InProgress", "Failed", "Stopping", "Stopped"];

/// Every image that runs was resolved to a digest, and where the packages behind it name digests, to one of theirs.
fn images_as_approved(context: &Context<'_>, reader: &Reader<'_>) -> bool {
    let running = reader.parts("ProductionVariants[].DeployedImages[]");
    let packages = context.answers("DescribeModelPackage");
    let approved: Vec<&str> = packages
        .iter()
        .flat_map(|package| package.texts("InferenceSpecification.Containers[].ImageDigest"))
        .collect();
    running.iter().all(|image| {
        let digest = image
            .text("ResolvedImage")
            .and_then(|resolved| resolved.split_once('@'))
            .map(|(_, digest)| digest);
        digest.is_some_and(|digest| approved.is_empty() || approved.contains(&digest))
    })
}
