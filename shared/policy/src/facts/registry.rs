//! Facts of the model registry, feature groups, monitoring schedules and pipelines.

use super::context::{Context, Facts, count, fits, flags};
use super::person::{Person, Persons};
use super::stages::skips_stage;
use crate::instance::Instances;
use crate::reader::Reader;

/// Operations that describe the job of a schedule, and the place of their output's settings.
pub(crate) const DEFINITIONS: [(&str, &str, &str); 4] = [
    ("DescribeDataQualityJobDefinition", "DataQualityJobOutputConfig", "DataQualityBaselineConfig"),
    ("DescribeModelQualityJobDefinition", "ModelQualityJobOutputConfig", "ModelQualityBaselineConfig"),
    ("DescribeModelBiasJobDefinition", "ModelBiasJobOutputConfig", "ModelBiasBaselineConfig"),
    (
        "DescribeModelExplainabilityJobDefinition",
        "ModelExplainabilityJobOutputConfig",
        "ModelExplainabilityBaselineConfig",
    ),
];

pub(super) const SCHEDULE_STATUSES: [&str; 4] = ["Pending", "Failed", "Scheduled", "Stopped"];

/// The definition that a schedule runs, inline or by name.
struct Monitoring<'a> {
    job: Reader<'a>,
    cluster: &'static str,
    output: &'static str,
    baseline: &'static str,
}

pub(super) fn monitoring_schedule(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let inline =
        reader.parts("MonitoringScheduleConfig.MonitoringJobDefinition").pop().map(|job| Monitoring {
            job,
            cluster: "MonitoringResources.ClusterConfig",
            output: "MonitoringOutputConfig",
            baseline: "BaselineConfig",
        });
    let named = || {
        DEFINITIONS.into_iter().find_map(|(operation, output, baseline)| {
            let job = context.answers(operation).pop()?;
            Some(Monitoring { job, cluster: "JobResources.ClusterConfig", output, baseline })
        })
    };
    let status = reader.word("MonitoringScheduleStatus", &SCHEDULE_STATUSES);
    let mut facts = flags([
        ("running", context.is_request() || status == Some("Scheduled")),
        ("pending", status == Some("Pending")),
    ]);
    let Some(monitoring) = inline.or_else(named) else {
        note_missing_definition(context, &reader);
        facts.extend(monitoring_facts(context, &reader, "", "", ""));
        return facts;
    };
    let Monitoring { job, cluster, output, baseline } = monitoring;
    facts.extend(monitoring_facts(context, &job, cluster, output, baseline));
    facts
}

/// Notes that the job definition of a schedule is neither inline nor found, so that it is unknown.
fn note_missing_definition(context: &Context<'_>, reader: &Reader<'_>) {
    const INLINE: &str = "MonitoringScheduleConfig.MonitoringJobDefinition";
    let is_named = reader.has_text("MonitoringScheduleConfig.MonitoringJobDefinitionName");
    if !is_named {
        reader.expected(INLINE);
    } else if DEFINITIONS.iter().all(|(operation, ..)| context.joined.contains_key(*operation)) {
        reader.undecided(INLINE, "is not there, and the definition that it names was not found".to_owned());
    }
}

fn monitoring_facts(
    context: &Context<'_>,
    job: &Reader<'_>,
    cluster: &str,
    output: &str,
    baseline: &str,
) -> Facts {
    if !cluster.is_empty() {
        job.demands(cluster);
    }
    let instances = Instances::of(job, cluster);
    let names_network = context.names_vpc(job, "NetworkConfig.VpcConfig");
    let volume_key = job.has_text(&format!("{cluster}.VolumeKmsKeyId"));
    let output_key = job.has_text(&format!("{output}.KmsKeyId"));
    let mut facts = flags([
        ("networkAllowed", context.listed("networkAllowed") && names_network),
        ("networkIsolation", job.is_true("NetworkConfig.EnableNetworkIsolation")),
        ("takesVolumeKey", instances.takes_volume_key),
        ("volumeKeyAllowed", context.listed("volumeKeyAllowed") && volume_key),
        ("outputKeyAllowed", context.listed("outputKeyAllowed") && output_key),
        ("roleAllowed", context.listed("roleAllowed")),
        ("dataAllowed", context.listed("dataAllowed")),
        ("imagesAllowed", context.listed("imagesAllowed")),
        ("instancesAllowed", context.listed("instancesAllowed")),
        ("requiredTags", context.listed("requiredTags")),
        ("interContainerEncryption", job.is_true("NetworkConfig.EnableInterContainerTrafficEncryption")),
        ("hasBaseline", job.has_text(&format!("{baseline}.ConstraintsResource.S3Uri"))),
    ]);
    facts.push(count("instances", instances.total));
    facts
}

pub(super) fn model_package(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let approved = reader.text("ModelApprovalStatus") == Some("Approved");
    let stage_approved = reader.text("ModelLifeCycle.StageStatus") == Some("Approved");
    let stage_four_eyes = four_eyes(context, &reader, stage_approved);
    let four_eyes = four_eyes(context, &reader, approved);
    let key = reader.has_text("SecurityConfig.KmsKeyId");
    let containers = reader.parts("InferenceSpecification.Containers[]");
    let is_pinned =
        |container: &Reader<'_>| container.has_text("ImageDigest") && container.has_text("ModelDataETag");
    // Counted: each is read, and one without a digest is not pinned, whatever is known of its data.
    let digests = containers.iter().filter(|container| container.has_text("ImageDigest")).count();
    let is_said = !context.unreadable.is_later("InferenceSpecification.Containers[].ImageDigest");
    if digests < containers.len() && is_said {
        context.unreadable.decides("pinned");
    }
    flags([
        ("approved", approved),
        ("fourEyes", four_eyes),
        ("stageApproved", stage_approved),
        ("stageFourEyes", stage_four_eyes),
        ("skipsStage", skips_stage(context)),
        (
            "namesCommit",
            reader.has_text("MetadataProperties.CommitId")
                && reader.has_text("MetadataProperties.Repository"),
        ),
        ("namesOrigin", reader.has_text("MetadataProperties.GeneratedBy")),
        ("pinned", context.is_request() || !containers.is_empty() && containers.iter().all(is_pinned)),
        (
            "explained",
            reader.has_text("ModelMetrics.Explainability.Report.S3Uri")
                && reader.has_text("ModelMetrics.Bias.Report.S3Uri"),
        ),
        ("hasDriftBaseline", reader.has_text("DriftCheckBaselines.ModelDataQuality.Constraints.S3Uri")),
        ("keyAllowed", context.listed("keyAllowed") && key),
        ("packageGroupAllowed", context.listed("packageGroupAllowed")),
        ("roleAllowed", context.listed("roleAllowed")),
        ("dataAllowed", context.listed("dataAllowed")),
        ("imagesAllowed", context.listed("imagesAllowed")),
        ("instancesAllowed", context.listed("instancesAllowed")),
        ("cardApproved", reader.text("ModelCard.ModelCardStatus") == Some("Approved")),
    ])
}

/// Whether an allowed approver, other than the author, approved the package.
fn four_eyes(context: &Context<'_>, reader: &Reader<'_>, approved: bool) -> bool {
    let [author, approver] = ["CreatedBy", "LastModifiedBy"].map(|by| Person::of(reader, by));
    let allowed = &context.settings.access.allowed_approvers;
    let is_allowed = approver.arn().is_some_and(|approver| allowed.is_empty() || fits(allowed, approver));
    let persons = author.beside(&approver);
    // An approval at creation is an approval by the author.
    if approved && !context.is_request() {
        for (person, path) in [(author, "CreatedBy.IamIdentity.Arn"), (approver, AT_APPROVER)] {
            if person.arn().is_none() {
                // Older packages do not say who made or changed them.
                reader.expected(path);
            }
        }
        if persons == Persons::Unknown && is_allowed {
            let reason = "is another session of the author's role: without a source identity or a user profile of both, nobody \
                          knows whether it is another person";
            reader.undecided(AT_APPROVER, reason.to_owned());
        }
    }
    is_allowed && persons == Persons::Different
}

const AT_APPROVER: &str = "LastModifiedBy.IamIdentity.Arn";

pub(super) fn model_package_group(context: &Context<'_>) -> Facts {
    flags([("principalsAllowed", context.principals_allowed("GetModelPackageGroupPolicy"))])
}

pub(super) fn feature_group(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let offline_key = reader.has_text("OfflineStoreConfig.S3StorageConfig.KmsKeyId");
    let online_key = reader.has_text("OnlineStoreConfig.SecurityConfig.KmsKeyId");
    flags([
        ("offline", reader.has_part("OfflineStoreConfig")),
        ("online", reader.is_true("OnlineStoreConfig.EnableOnlineStore")),
        ("offlineKeyAllowed", context.listed("offlineKeyAllowed") && offline_key),
        ("onlineKeyAllowed", context.listed("onlineKeyAllowed") && online_key),
        ("roleAllowed", context.listed("roleAllowed")),
        ("dataAllowed", context.listed("dataAllowed")),
        ("requiredTags", context.listed("requiredTags")),
    ])
}

pub(super) fn pipeline_execution(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let is_described = !context.answers("DescribePipeline").is_empty();
    flags([
        ("roleAllowed", context.listed("roleAllowed") && is_described),
        ("hasExperiment", context.is_request() || reader.has_text("PipelineExperimentConfig.ExperimentName")),
        ("namesItsStarter", context.is_request() || reader.has_text("CreatedBy.IamIdentity.Arn")),
        ("versioned", reader.has_integer("PipelineVersionId")),
    ])
}
