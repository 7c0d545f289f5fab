//! Facts of the resources that serve: models, endpoint configurations, endpoints.

use std::collections::BTreeSet;

use sagewarden_events::ResourceKind;

use super::context::{Context, Facts, fits, flags, is_pinned};
use super::registry::SCHEDULE_STATUSES;
use crate::buckets::bucket;
use crate::join::{OperationAnswer, SERVED_SERVERLESS};
use crate::reader::Reader;

const CONTAINERS: [&str; 2] = ["PrimaryContainer", "Containers[]"];

pub(super) fn model(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let containers: Vec<Reader<'_>> = CONTAINERS.iter().flat_map(|path| reader.parts(path)).collect();
    let in_registry = |container: &Reader<'_>| {
        // A container of the registry brings its image along.
        !container.has_text("Image") || container.text("ImageConfig.RepositoryAccessMode") == Some("Vpc")
    };
    note_missing_packages(context, &containers);
    let names_network = context.names_vpc(&reader, "VpcConfig");
    let isolated = reader.is_true("EnableNetworkIsolation");
    if let Some(OperationAnswer::Unreadable(reason)) = context.joined.get(SERVED_SERVERLESS) {
        let images = ("PrimaryContainer.ImageConfig", containers.iter().all(in_registry));
        let fields = [("VpcConfig", names_network), ("EnableNetworkIsolation", isolated), images];
        let absent = fields.iter().filter(|(_, is_there)| !is_there);
        absent.for_each(|(field, _)| reader.undecided(field, reason.clone()));
    }
    let images_pinned = containers.iter().flat_map(|each| each.texts("Image")).all(is_pinned);
    if !images_pinned {
        context.unreadable.decides("imagesPinned");
    }
    flags([
        ("networkAllowed", context.listed("networkAllowed") && names_network),
        ("networkIsolation", isolated),
        ("roleAllowed", context.listed("roleAllowed")),
        ("dataAllowed", context.listed("dataAllowed")),
        ("imagesAllowed", context.listed("imagesAllowed")),
        ("baseModelsAllowed", context.listed("baseModelsAllowed")),
        ("serverless", is_for_serverless(context)),
        ("multiModelGoverned", is_multi_model_governed(context, &containers)),
        ("imagesFromVpc", containers.iter().all(in_registry)),
        ("imagesPinned", images_pinned),
        ("dataVersioned", context.inputs_versioned()),
        ("roleIsNarrow", context.role_is_narrow()),
        ("approved", are_approved(context)),
        ("requiredTags", context.listed("requiredTags")),
    ])
}

/// Serverless inference serves it, which has no VPC, no isolation and no private registry ("Serverless Inference", SageMaker developer
/// guide): the settings list it, or in the same file nothing but serverless variants serve it.
fn is_for_serverless(context: &Context<'_>) -> bool {
    let listed = fits(&context.settings.network.serverless_models, &context.resource.name);
    listed || !context.answers(SERVED_SERVERLESS).is_empty()
}

/// If the package of a container was not found, its contents are unknown.
fn note_missing_packages(context: &Context<'_>, containers: &[Reader<'_>]) {
    let named: BTreeSet<&str> = containers.iter().filter_map(|each| each.text("ModelPackageName")).collect();
    if named.len() > context.answers("DescribeModelPackage").len() {
        let path = "DescribeModelPackage:InferenceSpecification";
        context.reader().undecided(path, "is not known: the package was not found".to_owned());
    }
}

/// A multi-model container loads every model put under its prefix later, unjudged: only an allowed bucket limits that.
fn is_multi_model_governed(context: &Context<'_>, containers: &[Reader<'_>]) -> bool {
    let allowed = &context.settings.artifacts.allowed_buckets;
    let paths = ["ModelDataUrl", "ModelDataSource.S3DataSource.S3Uri"];
    let governed = |container: &Reader<'_>| {
        let uris: Vec<&str> = paths.iter().flat_map(|path| container.texts(path)).collect();
        let within = uris.into_iter().all(|uri| bucket(uri).is_some_and(|bucket| fits(allowed, bucket)));
        container.word("Mode", &["SingleModel", "MultiModel"]) != Some("MultiModel") || within
    };
    // Reads each, so that a value of a wrong type is noted in any of them.
    containers.iter().filter(|container| !governed(container)).count() == 0
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
    if !containers.is_empty() && !from_packages {
        context.unreadable.decides(approval_fact(context.resource.kind));
    }
    let packages = context.answers("DescribeModelPackage");
    // Each is read, so that an unreadable status is noted.
    let approved = packages.iter().filter(|each| !is_approved(each)).count() == 0;
    from_packages && approved && packages.len() >= named.len()
}

/// Every package behind it is approved in the stage that the settings name. What comes from no package has no stage.
fn are_in_serving_stage(context: &Context<'_>) -> bool {
    let wanted = context.settings.artifacts.serving_stage.as_deref();
    let models = context.answers("DescribeModel");
    let containers: Vec<Reader<'_>> =
        models.iter().flat_map(|model| CONTAINERS.iter().flat_map(|path| model.parts(path))).collect();
    let named: BTreeSet<&str> = containers.iter().filter_map(|each| each.text("ModelPackageName")).collect();
    let from_packages = containers.iter().all(|each| each.has_text("ModelPackageName"));
    if !from_packages {
        context.unreadable.decides("inServingStage");
    }
    let packages = context.answers("DescribeModelPackage");
    let is_there = |package: &Reader<'_>| {
        let [stage, status] =
            ["Stage", "StageStatus"].map(|name| package.text(&format!("ModelLifeCycle.{name}")));
        stage == wanted && status == Some("Approved")
    };
    // Each is read, so that an unreadable stage is noted.
    let there = packages.iter().filter(|each| !is_there(each)).count() == 0;
    from_packages && there && packages.len() >= named.len()
}

/// MLflow registers models by itself as `Logged`. Nobody chose these versions, whatever their status says.
fn is_approved(package: &Reader<'_>) -> bool {
    let is_logged = package.text("ModelPackageRegistrationType") == Some("Logged");
    package.text("ModelApprovalStatus") == Some("Approved") && !is_logged
}

/// The name of the fact that the models of this kind are approved.
fn approval_fact(kind: ResourceKind) -> &'static str {
    if kind == ResourceKind::TransformJob { "modelApproved" } else { "approved" }
}

/// A variant without instances. Its limits are read as well, so that an unreadable value there is noted.
fn is_serverless(variant: &Reader<'_>) -> bool {
    variant.has_integer("ServerlessConfig.MaxConcurrency");
    variant.has_part("ServerlessConfig")
}

const VARIANTS: [&str; 2] = ["ProductionVariants[]", "ShadowProductionVariants[]"];

pub(super) fn endpoint_config(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let variants: Vec<Reader<'_>> = VARIANTS.iter().flat_map(|path| reader.parts(path)).collect();
    let dumps_encrypted = variants
        .iter()
        .all(|variant| !variant.has_part("CoreDumpConfig") || variant.has_text("CoreDumpConfig.KmsKeyId"));
    let is_async = reader.has_part("AsyncInferenceConfig");
    let async_encrypted = !is_async || reader.has_text("AsyncInferenceConfig.OutputConfig.KmsKeyId");
    let extra = async_encrypted && dumps_encrypted;
    let volume_key = reader.has_text("KmsKeyId");
    let capture_key = reader.has_text("DataCaptureConfig.KmsKeyId");
    let names_network = context.names_vpc(&reader, "VpcConfig");
    // Endpoints of inference components name no model: the network is the configuration's own. All names are counted, not only the first
    // one, because every name has to be readable.
    let has_models = variants.iter().filter(|variant| variant.has_text("ModelName")).count() > 0;
    let production = reader.parts("ProductionVariants[]");
    let alone = production.iter().any(|variant| {
        !is_serverless(variant) && variant.number("InitialInstanceCount").is_some_and(|number| number < 2)
    });
    let is_as_listed = |variant: &Reader<'_>| {
        let model = variant.text("ModelName").unwrap_or_default();
        is_serverless(variant) == fits(&context.settings.network.serverless_models, model)
    };
    // Each name is read, so that an unknown name is noted.
    let as_listed = variants.iter().filter(|variant| !is_as_listed(variant)).count() == 0;
    flags([
        ("serverlessAsListed", as_listed),
        ("serverless", !variants.is_empty() && variants.iter().all(is_serverless)),
        ("volumeKeyAllowed", context.listed("volumeKeyAllowed") && volume_key),
        ("captures", captures(&reader)),
        ("capturesEnough", captures_enough(context, &reader)),
        ("captureKeyAllowed", context.listed("captureKeyAllowed") && capture_key),
        ("extraOutputsEncrypted", context.listed("extraOutputsEncrypted") && extra),
        ("shellAccess", variants.iter().any(|variant| variant.is_true("EnableSSMAccess"))),
        ("dataAllowed", context.listed("dataAllowed")),
        ("topicsAllowed", context.listed("topicsAllowed")),
        ("roleAllowed", context.listed("roleAllowed")),
        ("instancesAllowed", context.listed("instancesAllowed")),
        ("requiredTags", context.listed("requiredTags")),
        ("explained", reader.has_part("ExplainerConfig.ClarifyExplainerConfig")),
        ("hasModels", has_models),
        ("networkAllowed", context.listed("networkAllowed") && (names_network || has_models)),
        ("networkIsolation", reader.is_true("EnableNetworkIsolation")),
        ("single", alone),
    ])
}

/// Something is captured. A share of 0 percent of the calls is nothing.
fn captures(reader: &Reader<'_>) -> bool {
    let is_on = reader.is_true_by_default("DataCaptureConfig", "EnableCapture");
    is_on && reader.number("DataCaptureConfig.InitialSamplingPercentage") != Some(0)
}

/// Input and output are captured, and as large a part of them as the settings want.
fn captures_enough(context: &Context<'_>, reader: &Reader<'_>) -> bool {
    let modes = reader.texts("DataCaptureConfig.CaptureOptions[].CaptureMode");
    let both = modes.contains(&"InputAndOutput") || (modes.contains(&"Input") && modes.contains(&"Output"));
    let least = context.settings.monitoring.min_sampling_percentage;
    let part = reader.number("DataCaptureConfig.InitialSamplingPercentage").unwrap_or(0);
    reader.is_true_by_default("DataCaptureConfig", "EnableCapture") && both && part >= least
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
    let is_request = context.is_request();
    let capturing = if is_request {
        will_capture(context, &reader, &configs)
    } else {
        reader.is_true_by_default("DataCaptureConfig", "EnableCapture")
            && reader.text("DataCaptureConfig.CaptureStatus") == Some("Started")
    };
    // A variant with instances is not serverless, even if it has a serverless configuration.
    let has_instances = reader.parts("ProductionVariants[]").iter().any(|variant| {
        ["CurrentInstanceCount", "DesiredInstanceCount"]
            .into_iter()
            .any(|count| variant.number(count) > Some(0))
    });
    if !is_request && (capturing || has_instances) {
        context.unreadable.decides_by("capturing", "DataCaptureConfig");
    }
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
        ("inServingStage", are_in_serving_stage(context)),
        ("imagesAllowed", context.listed("imagesAllowed")),
        ("imagesAsApproved", images_as_approved(context, &reader)),
        ("principalsAllowed", context.principals_allowed("GetEndpointPolicy")),
        ("requiredTags", context.listed("requiredTags")),
        ("alarmed", reader.has_part("LastDeploymentConfig.AutoRollbackConfiguration.Alarms[]")),
    ])
}

/// A request names its configuration, and only that says what is captured: the one in the same file, else the account's.
fn will_capture(context: &Context<'_>, reader: &Reader<'_>, configs: &[Reader<'_>]) -> bool {
    const CAPTURE: &str = "DataCaptureConfig";
    let capturing = configs.iter().filter(|config| captures(config)).count();
    let is_known = !configs.is_empty()
        && !context.unreadable.is_later(&format!("DescribeEndpointConfig:{CAPTURE}"))
        && context.unreadable.concerning(&format!("DescribeEndpointConfig:{CAPTURE}")).is_none();
    if !is_known {
        reader.for_the_account(CAPTURE);
    }
    !is_known || capturing == configs.len()
}

const EXECUTION_STATUSES: [&str; 7] =
    ["Pending", "Completed", "CompletedWithViolations", "InProgress", "Failed", "Stopping", "Stopped"];

/// Every image that runs was resolved to a digest, and where the packages behind it name digests, to one of theirs.
fn images_as_approved<'a>(context: &Context<'a>, reader: &Reader<'a>) -> bool {
    let running = reader.parts("ProductionVariants[].DeployedImages[]");
    let packages = context.answers("DescribeModelPackage");
    let approved: Vec<&str> = packages
        .iter()
        .flat_map(|package| package.texts("InferenceSpecification.Containers[].ImageDigest"))
        .collect();
    let digest_of = |image: &Reader<'a>| {
        let resolved = image.text("ResolvedImage").and_then(|resolved| resolved.split_once('@'));
        resolved.map(|(_, digest)| digest)
    };
    if running.iter().any(|image| digest_of(image).is_none()) {
        context.unreadable.decides_by("imagesAsApproved", "ProductionVariants");
    }
    running
        .iter()
        .all(|image| digest_of(image).is_some_and(|digest| approved.is_empty() || approved.contains(&digest)))
}
