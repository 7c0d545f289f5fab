//! Facts of jobs. "CreateTrainingJob", "CreateProcessingJob", …, SageMaker API reference.

use super::context::{Context, Facts, count, flags, is_pinned};
use super::serving::are_approved;
use crate::instance::Instances;
use crate::reader::Reader;

/// Where a training job, or a definition of one within a tuning job, writes.
const TRAINING_OUTPUTS: [&str; 5] = [
    "OutputDataConfig.S3OutputPath",
    "CheckpointConfig.S3Uri",
    "DebugHookConfig.S3OutputPath",
    "TensorBoardOutputConfig.S3OutputPath",
    "ProfilerConfig.S3OutputPath",
];
pub(crate) const TRAINING_INPUTS: &str = "InputDataConfig[].DataSource.S3DataSource.S3Uri";

/// What a training job has in common with the definitions of a tuning job.
struct Training {
    network_allowed: bool,
    network_isolation: bool,
    role_allowed: bool,
    inputs_allowed: bool,
    outputs_allowed: bool,
    images_allowed: bool,
    volume_key_set: bool,
    output_key_allowed: bool,
    traffic_encrypted: bool,
}

impl Training {
    fn of(context: &Context<'_>, reader: &Reader<'_>, cluster: &str, instances: &Instances) -> Self {
        let key = context.key_allowed(reader, &format!("{cluster}.VolumeKmsKeyId"));
        Self {
            network_allowed: context.vpc_allowed(reader, "VpcConfig"),
            network_isolation: reader.is_true("EnableNetworkIsolation"),
            role_allowed: context.role_allowed(reader, "RoleArn"),
            inputs_allowed: context.buckets_allowed(reader, &[TRAINING_INPUTS]),
            outputs_allowed: context.buckets_allowed(reader, &TRAINING_OUTPUTS),
            images_allowed: context.images_allowed(reader, &["AlgorithmSpecification.TrainingImage"]),
            volume_key_set: key || !instances.takes_volume_key,
            output_key_allowed: context.key_allowed(reader, "OutputDataConfig.KmsKeyId"),
            traffic_encrypted: reader.is_true("EnableInterContainerTrafficEncryption")
                || instances.total <= 1,
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            network_allowed: self.network_allowed && other.network_allowed,
            network_isolation: self.network_isolation && other.network_isolation,
            role_allowed: self.role_allowed && other.role_allowed,
            inputs_allowed: self.inputs_allowed && other.inputs_allowed,
            outputs_allowed: self.outputs_allowed && other.outputs_allowed,
            images_allowed: self.images_allowed && other.images_allowed,
            volume_key_set: self.volume_key_set && other.volume_key_set,
            output_key_allowed: self.output_key_allowed && other.output_key_allowed,
            traffic_encrypted: self.traffic_encrypted && other.traffic_encrypted,
        }
    }

    fn facts(&self) -> Facts {
        flags([
            ("networkAllowed", self.network_allowed),
            ("networkIsolation", self.network_isolation),
            ("roleAllowed", self.role_allowed),
            ("inputsAllowed", self.inputs_allowed),
            ("outputsAllowed", self.outputs_allowed),
            ("imagesAllowed", self.images_allowed),
            ("outputKeyAllowed", self.output_key_allowed),
        ])
    }
}

pub(super) fn training_job(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let cluster = "ResourceConfig";
    let instances = Instances::of(&reader, cluster);
    let types = [
        "ResourceConfig.InstanceType",
        "ResourceConfig.InstanceGroups[].InstanceType",
        "ResourceConfig.InstancePreferences[].InstanceType",
    ];
    let limit = context.settings.compute.max_runtime_seconds;
    let in_time = limit.is_none_or(|limit| {
        reader.number("StoppingCondition.MaxRuntimeInSeconds").is_some_and(|seconds| seconds <= limit)
    });
    let mut facts = Training::of(context, &reader, cluster, &instances).facts();
    facts.extend(cluster_facts(context, &reader, &instances, "ResourceConfig.VolumeKmsKeyId"));
    facts.extend(flags([
        ("interContainerEncryption", reader.is_true("EnableInterContainerTrafficEncryption")),
        ("remoteDebug", reader.is_true("RemoteDebugConfig.EnableRemoteDebug")),
        ("instancesAllowed", context.instances_allowed(&reader, &types)),
        ("runtimeAllowed", in_time),
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
    let instances = Instances::of(&reader, cluster);
    let data = [
        "ProcessingInputs[].S3Input.S3Uri",
        "ProcessingInputs[].DatasetDefinition.AthenaDatasetDefinition.OutputS3Uri",
        "ProcessingInputs[].DatasetDefinition.RedshiftDatasetDefinition.OutputS3Uri",
        "ProcessingOutputConfig.Outputs[].S3Output.S3Uri",
    ];
    // Queries write their results with keys of their own.
    let queries = ["AthenaDatasetDefinition", "RedshiftDatasetDefinition"].into_iter().all(|query| {
        let parts = reader.parts("ProcessingInputs[]");
        parts.iter().all(|input| {
            let definition = format!("DatasetDefinition.{query}");
            !input.has_part(&definition) || context.key_allowed(input, &format!("{definition}.KmsKeyId"))
        })
    });
    let mut facts = flags([
        ("networkAllowed", context.vpc_allowed(&reader, "NetworkConfig.VpcConfig")),
        ("networkIsolation", reader.is_true("NetworkConfig.EnableNetworkIsolation")),
        ("roleAllowed", context.role_allowed(&reader, "RoleArn")),
        ("dataAllowed", context.buckets_allowed(&reader, &data)),
        ("imagesAllowed", context.images_allowed(&reader, &["AppSpecification.ImageUri"])),
        ("outputKeyAllowed", context.key_allowed(&reader, "ProcessingOutputConfig.KmsKeyId") && queries),
        ("interContainerEncryption", reader.is_true("NetworkConfig.EnableInterContainerTrafficEncryption")),
        ("hasExperiment", has_experiment(&reader, &[])),
        ("imagesPinned", reader.texts("AppSpecification.ImageUri").into_iter().all(is_pinned)),
    ]);
    let key = "ProcessingResources.ClusterConfig.VolumeKmsKeyId";
    facts.extend(cluster_facts(context, &reader, &instances, key));
    facts.extend(provenance(context));
    facts
}

pub(super) fn transform_job(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let instances = Instances::of(&reader, "TransformResources");
    let data = ["TransformInput.DataSource.S3DataSource.S3Uri", "TransformOutput.S3OutputPath"];
    let models = context.answers("DescribeModel");
    let compliant = |model: &Reader<'_>| {
        context.vpc_allowed(model, "VpcConfig") && model.is_true("EnableNetworkIsolation")
    };
    let mut facts = cluster_facts(context, &reader, &instances, "TransformResources.VolumeKmsKeyId");
    facts.extend(flags([
        ("modelIsolated", !models.is_empty() && models.iter().all(compliant)),
        ("dataAllowed", context.buckets_allowed(&reader, &data)),
        ("modelApproved", are_approved(context)),
        ("outputKeyAllowed", context.key_allowed(&reader, "TransformOutput.KmsKeyId")),
        ("captures", reader.has_text("DataCaptureConfig.DestinationS3Uri")),
        ("captureKeyAllowed", context.key_allowed(&reader, "DataCaptureConfig.KmsKeyId")),
        ("hasExperiment", has_experiment(&reader, &[])),
        ("requiredTags", context.has_required_tags()),
    ]));
    facts
}

pub(super) fn tuning_job(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let mut definitions = reader.parts("TrainingJobDefinition");
    definitions.extend(reader.parts("TrainingJobDefinitions[]"));
    let each = |definition: &Reader<'_>| {
        // What nobody can read is not passed over because the other one counts.
        for cluster in ["HyperParameterTuningResourceConfig", "ResourceConfig"] {
            definition.text(&format!("{cluster}.VolumeKmsKeyId"));
            Instances::of(definition, cluster);
        }
        // Either says what the jobs run on.
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
    let mut facts = all.facts();
    let limit = reader.number("HyperParameterTuningJobConfig.ResourceLimits.MaxRuntimeInSeconds");
    let in_time = match context.settings.compute.max_runtime_seconds {
        Some(most) => limit.is_some_and(|limit| limit <= most),
        None => limit.is_some(),
    };
    facts.extend(flags([
        ("volumeKeyAllowed", all.volume_key_set),
        ("trafficEncrypted", all.traffic_encrypted),
        ("seeded", reader.has_integer("HyperParameterTuningJobConfig.RandomSeed")),
        ("limited", in_time),
    ]));
    facts
}

pub(super) fn automl_job(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    let data = ["AutoMLJobInputDataConfig[].DataSource.S3DataSource.S3Uri", "OutputDataConfig.S3OutputPath"];
    flags([
        ("networkAllowed", context.vpc_allowed(&reader, "SecurityConfig.VpcConfig")),
        ("volumeKeyAllowed", context.key_allowed(&reader, "SecurityConfig.VolumeKmsKeyId")),
        ("outputKeyAllowed", context.key_allowed(&reader, "OutputDataConfig.KmsKeyId")),
        ("interContainerEncryption", reader.is_true("SecurityConfig.EnableInterContainerTrafficEncryption")),
        ("dataAllowed", context.buckets_allowed(&reader, &data)),
        ("deploys", reader.has_part("ModelDeployConfig")),
    ])
}

pub(super) fn compilation_job(context: &Context<'_>) -> Facts {
    let reader = context.reader();
    flags([
        // This API calls the list `Subnets`, too.
        ("networkAllowed", context.vpc_allowed(&reader, "VpcConfig")),
        ("outputKeyAllowed", context.key_allowed(&reader, "OutputConfig.KmsKeyId")),
    ])
}

fn cluster_facts(context: &Context<'_>, reader: &Reader<'_>, instances: &Instances, key: &str) -> Facts {
    let mut facts = flags([
        ("takesVolumeKey", instances.takes_volume_key),
        ("volumeKeyAllowed", context.key_allowed(reader, key)),
    ]);
    facts.push(count("instances", instances.total));
    facts
}

/// What makes a job traceable and repeatable beyond its own description.
fn provenance(context: &Context<'_>) -> Facts {
    let known = context.answers("GetCommit").iter().any(|answer| answer.has_text("commit.commitId"));
    flags([
        ("requiredTags", context.has_required_tags()),
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
