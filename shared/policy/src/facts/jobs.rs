//! Facts of jobs. "CreateTrainingJob", "CreateProcessingJob", …, SageMaker API reference.

use super::context::{Context, Facts, count, flags, is_pinned};
use super::serving::are_approved;
use crate::buckets::bucket;
use crate::instance::Instances;
use crate::reader::Reader;

/// Facts that a training job shares with the definitions of a tuning job, except those that lists cover.
struct Training {
    names_network: bool,
    network_isolation: bool,
    volume_key_set: bool,
    output_key_set: bool,
    traffic_encrypted: bool,
}

impl Training {
    fn of(context: &Context<'_>, reader: &Reader<'_>, cluster: &str, instances: &Instances) -> Self {
        let key = reader.has_text(&format!("{cluster}.VolumeKmsKeyId"));
        Self {
            names_network: context.names_vpc(reader, "VpcConfig"),
            network_isolation: reader.is_true("EnableNetworkIsolation"),
            volume_key_set: key || !instances.takes_volume_key,
            output_key_set: reader.has_text("OutputDataConfig.KmsKeyId") || writes_to_express(reader),
            traffic_encrypted: reader.is_true("EnableInterContainerTrafficEncryption")
                || instances.total <= 1,
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            names_network: self.names_network && other.names_network,
            network_isolation: self.network_isolation && other.network_isolation,
            volume_key_set: self.volume_key_set && other.volume_key_set,
            output_key_set: self.output_key_set && other.output_key_set,
            traffic_encrypted: self.traffic_encrypted && other.traffic_encrypted,
        }
    }

    fn facts(&self, context: &Context<'_>) -> Facts {
        flags([
            ("networkAllowed", context.listed("networkAllowed") && self.names_network),
            ("networkIsolation", self.network_isolation),
            ("roleAllowed", context.listed("roleAllowed")),
            ("inputsAllowed", context.listed("inputsAllowed")),
            ("fileSystemsAllowed", context.listed("fileSystemsAllowed")),
            ("outputsAllowed", context.listed("outputsAllowed")),
            ("imagesAllowed", context.listed("imagesAllowed")),
            ("instancesAllowed", context.listed("instancesAllowed")),
            ("outputKeyAllowed", context.listed("outputKeyAllowed") && self.output_key_set),
            ("requiredTags", context.listed("requiredTags")),
        ])
    }
}

/// Seconds that a training job may run if it sets no limit ("StoppingCondition", SageMaker API reference).
const LONGEST_BY_DEFAULT: i64 = 86_400;

pub(super) fn training_job(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let cluster = "ResourceConfig";
    let instances = Instances::of(&reader, cluster);
    let limit = context.settings.compute.max_runtime_seconds;
    let seconds = reader.number("StoppingCondition.MaxRuntimeInSeconds").unwrap_or(LONGEST_BY_DEFAULT);
    let in_time = limit.is_none_or(|limit| seconds <= limit);
    let mut facts = Training::of(context, &reader, cluster, &instances).facts(context);
    facts.extend(cluster_facts(context, &reader, &instances, "ResourceConfig.VolumeKmsKeyId"));
    facts.extend(flags([
        ("interContainerEncryption", reader.is_true("EnableInterContainerTrafficEncryption")),
        ("remoteDebug", reader.is_true("RemoteDebugConfig.EnableRemoteDebug")),
        ("runtimeAllowed", in_time),
        ("packageGroupAllowed", context.listed("packageGroupAllowed")),
        ("baseModelAllowed", context.listed("baseModelAllowed")),
        ("hasExperiment", has_experiment(&reader, &["MlflowConfig.MlflowExperimentName"])),
        ("imagesPinned", reader.texts("AlgorithmSpecification.TrainingImage").into_iter().all(is_pinned)),
        ("seeded", is_seeded(&reader)),
    ]));
    facts.extend(provenance(context));
    facts
}

pub(super) fn processing_job(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let cluster = "ProcessingResources.ClusterConfig";
    reader.demands(cluster);
    let instances = Instances::of(&reader, cluster);
    // Queries write their results with keys of their own.
    let queries = ["AthenaDatasetDefinition", "RedshiftDatasetDefinition"].into_iter().all(|query| {
        let parts = reader.parts("ProcessingInputs[]");
        parts.iter().all(|input| {
            let definition = format!("DatasetDefinition.{query}");
            !input.has_part(&definition) || input.has_text(&format!("{definition}.KmsKeyId"))
        })
    });
    let has_outputs = has_outputs_in_s3(&reader);
    let output_key = (reader.has_text("ProcessingOutputConfig.KmsKeyId") || !has_outputs) && queries;
    let names_network = context.names_vpc(&reader, "NetworkConfig.VpcConfig");
    let mut facts = flags([
        ("networkAllowed", context.listed("networkAllowed") && names_network),
        ("networkIsolation", reader.is_true("NetworkConfig.EnableNetworkIsolation")),
        ("roleAllowed", context.listed("roleAllowed")),
        ("dataAllowed", context.listed("dataAllowed")),
        ("imagesAllowed", context.listed("imagesAllowed")),
        ("instancesAllowed", context.listed("instancesAllowed")),
        ("outputKeyAllowed", context.listed("outputKeyAllowed") && output_key),
        ("interContainerEncryption", reader.is_true("NetworkConfig.EnableInterContainerTrafficEncryption")),
        ("hasExperiment", has_experiment(&reader, &[])),
        ("imagesPinned", reader.texts("AppSpecification.ImageUri").into_iter().all(is_pinned)),
        ("requiredTags", context.listed("requiredTags")),
    ]);
    let key = "ProcessingResources.ClusterConfig.VolumeKmsKeyId";
    facts.extend(cluster_facts(context, &reader, &instances, key));
    facts.extend(provenance(context));
    facts
}

pub(super) fn transform_job(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    reader.demands("TransformResources");
    let instances = Instances::of(&reader, "TransformResources");
    let models = context.answers("DescribeModel");
    let isolated =
        |model: &Reader<'_>| context.names_vpc(model, "VpcConfig") && model.is_true("EnableNetworkIsolation");
    let isolated = !models.is_empty() && models.iter().all(isolated);
    let output_key = reader.has_text("TransformOutput.KmsKeyId");
    let has_experiment = has_experiment(&reader, &[]);
    if !has_experiment {
        context.unreadable.decides_by("hasExperiment", "ExperimentConfig");
    }
    let capture_key = reader.has_text("DataCaptureConfig.KmsKeyId");
    let mut facts = cluster_facts(context, &reader, &instances, "TransformResources.VolumeKmsKeyId");
    facts.extend(flags([
        ("modelIsolated", context.listed("modelIsolated") && isolated),
        ("dataAllowed", context.listed("dataAllowed")),
        ("instancesAllowed", context.listed("instancesAllowed")),
        ("modelApproved", are_approved(context)),
        ("outputKeyAllowed", context.listed("outputKeyAllowed") && output_key),
        ("captures", reader.has_text("DataCaptureConfig.DestinationS3Uri")),
        ("captureKeyAllowed", context.listed("captureKeyAllowed") && capture_key),
        ("hasExperiment", has_experiment),
        ("requiredTags", context.listed("requiredTags")),
    ]));
    facts
}

pub(super) fn tuning_job(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let mut definitions = reader.parts("TrainingJobDefinition");
    definitions.extend(reader.parts("TrainingJobDefinitions[]"));
    let each = |definition: &Reader<'_>| {
        // An unreadable value is not passed over although the other one counts.
        for cluster in ["HyperParameterTuningResourceConfig", "ResourceConfig"] {
            definition.text(&format!("{cluster}.VolumeKmsKeyId"));
            Instances::of(definition, cluster);
        }
        // Each of the two fields says what the job runs on.
        let cluster = if definition.has_part("HyperParameterTuningResourceConfig") {
            "HyperParameterTuningResourceConfig"
        } else {
            "ResourceConfig"
        };
        Training::of(context, definition, cluster, &Instances::of(definition, cluster))
    };
    let Some(all) = definitions.iter().map(each).reduce(Training::and) else {
        for definition in ["TrainingJobDefinition", "TrainingJobDefinitions"] {
            reader.expected(definition);
        }
        let nothing = Instances::of(&reader, "ResourceConfig");
        let nothing = Training::of(context, &reader, "ResourceConfig", &nothing);
        return tuning_facts(context, &reader, &nothing);
    };
    tuning_facts(context, &reader, &all)
}

fn tuning_facts(context: &Context<'_>, reader: &Reader<'_>, all: &Training) -> Facts {
    let mut facts = all.facts(context);
    let limit = reader.number("HyperParameterTuningJobConfig.ResourceLimits.MaxRuntimeInSeconds");
    let in_time = match context.settings.compute.max_runtime_seconds {
        Some(most) => limit.is_some_and(|limit| limit <= most),
        None => limit.is_some(),
    };
    facts.extend(flags([
        ("volumeKeyAllowed", context.listed("volumeKeyAllowed") && all.volume_key_set),
        ("trafficEncrypted", all.traffic_encrypted),
        ("seeded", reader.has_integer("HyperParameterTuningJobConfig.RandomSeed")),
        ("limited", in_time),
    ]));
    facts
}

pub(super) fn automl_job(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let names_network = context.names_vpc(&reader, "SecurityConfig.VpcConfig");
    let volume_key = reader.has_text("SecurityConfig.VolumeKmsKeyId");
    let output_key = reader.has_text("OutputDataConfig.KmsKeyId");
    flags([
        ("networkAllowed", context.listed("networkAllowed") && names_network),
        ("roleAllowed", context.listed("roleAllowed")),
        ("volumeKeyAllowed", context.listed("volumeKeyAllowed") && volume_key),
        ("outputKeyAllowed", context.listed("outputKeyAllowed") && output_key),
        ("interContainerEncryption", reader.is_true("SecurityConfig.EnableInterContainerTrafficEncryption")),
        ("dataAllowed", context.listed("dataAllowed")),
        ("requiredTags", context.listed("requiredTags")),
        ("deploys", reader.has_part("ModelDeployConfig")),
    ])
}

pub(super) fn compilation_job(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    // This API calls the list `Subnets`, too.
    let names_network = context.names_vpc(&reader, "VpcConfig");
    let output_key = reader.has_text("OutputConfig.KmsKeyId");
    flags([
        ("networkAllowed", context.listed("networkAllowed") && names_network),
        ("roleAllowed", context.listed("roleAllowed")),
        ("dataAllowed", context.listed("dataAllowed")),
        ("outputKeyAllowed", context.listed("outputKeyAllowed") && output_key),
        ("requiredTags", context.listed("requiredTags")),
    ])
}

/// Output into a feature group is encrypted with the key of that group.
fn has_outputs_in_s3(reader: &Reader<'_>) -> bool {
    const OUTPUTS: &str = "ProcessingOutputConfig.Outputs[]";
    let is_of_group =
        |output: &Reader<'_>| output.has_part("FeatureStoreOutput") && !output.has_part("S3Output");
    let outputs = reader.parts(OUTPUTS);
    reader.has_part(OUTPUTS) && (outputs.is_empty() || !outputs.iter().all(is_of_group))
}

/// Objects in S3 Express One Zone take no key of KMS: their buckets are known by the end of their name ("OutputDataConfig", SageMaker
/// API reference; "Directory bucket naming rules", S3 user guide).
fn writes_to_express(reader: &Reader<'_>) -> bool {
    let output = reader.text("OutputDataConfig.S3OutputPath");
    output.and_then(bucket).is_some_and(|bucket| bucket.ends_with("--x-s3"))
}

fn cluster_facts(context: &Context<'_>, reader: &Reader<'_>, instances: &Instances, key: &str) -> Facts {
    let named = reader.has_text(key);
    let mut facts = flags([
        ("takesVolumeKey", instances.takes_volume_key),
        ("volumeKeyAllowed", context.listed("volumeKeyAllowed") && named),
    ]);
    facts.push(count("instances", instances.total));
    facts
}

/// Facts for traceability and repetition that the job's own description lacks.
fn provenance(context: &Context<'_>) -> Facts {
    let known = context.answers("GetCommit").iter().any(|answer| answer.has_text("commit.commitId"));
    flags([
        ("commitKnown", known),
        ("inputsVersioned", context.inputs_versioned()),
        ("roleIsNarrow", context.role_is_narrow()),
    ])
}

fn has_experiment(reader: &Reader<'_>, more: &[&str]) -> bool {
    let names = ["ExperimentConfig.ExperimentName", "ExperimentConfig.TrialName", "ExperimentConfig.RunName"];
    let named = reader.has_any_text(&names);
    reader.has_any_text(more) || named
}

/// Names that AWS's own algorithms and the common libraries give to the seed of their random numbers.
const SEEDS: [&str; 4] = [
    "HyperParameters.seed",
    "HyperParameters.random_seed",
    "HyperParameters.random_state",
    "HyperParameters.sagemaker_seed",
];

fn is_seeded(reader: &Reader<'_>) -> bool {
    let named = reader.has_any_text(&SEEDS);
    reader.has_integer("InputDataConfig[].ShuffleConfig.Seed") || named
}
