//! The rights of an MLOps engineer: run pipelines, deploy approved models, and watch them.

use super::row::{Row, always, everything};
use super::shared::*;
use crate::export::document::Effect::{Allow, Deny};

pub(super) const ROWS: &[Row] = &[
    READ,
    PIPELINES,
    JOBS,
    REGISTER,
    DEPLOY,
    CALL,
    WATCH,
    RUN_MLFLOW,
    OPEN_MLFLOW,
    TAG,
    PASS,
    LIST_BUCKETS,
    READ_OBJECTS,
    WRITE_OBJECTS,
    KEYS,
    KEYS_BY_ALIAS,
    GRANT_KEYS,
    GRANT_BY_ALIAS,
    SOURCE,
    LOGS,
    METRICS,
    ASK,
    NEVER_BY_HAND,
    NEVER_NETWORKS,
    NEVER_NOTEBOOKS,
    NEVER_APPROVES,
    NEVER_STAGES,
    NEVER_ELSEWHERE,
    NEVER_ERASES,
    NEVER_MARKS,
    NEVER_ACCESS,
];

const PIPELINES: Row = Row {
    sid: "RunPipelines",
    effect: Allow,
    meaning: "writes, runs and repeats pipelines; their jobs run with the role of the pipeline",
    calls: &[
        "sagemaker:CreatePipeline",
        "sagemaker:DeletePipeline",
        "sagemaker:RetryPipelineExecution",
        "sagemaker:StartPipelineExecution",
        "sagemaker:StopPipelineExecution",
        "sagemaker:UpdatePipeline",
        "sagemaker:UpdatePipelineExecution",
    ],
    place: "pipelines",
    on: |_| sagemaker(&["pipeline"]),
    when: always,
};

const JOBS: Row = Row {
    sid: "RunJobs",
    effect: Allow,
    meaning: "runs processing, for baselines, optimization, load tests and batch transform; stops any job",
    calls: &[
        "sagemaker:CreateInferenceRecommendationsJob",
        "sagemaker:CreateOptimizationJob",
        "sagemaker:CreateProcessingJob",
        "sagemaker:CreateTransformJob",
        "sagemaker:StopAutoMLJob",
        "sagemaker:StopHyperParameterTuningJob",
        "sagemaker:StopInferenceRecommendationsJob",
        "sagemaker:StopLabelingJob",
        "sagemaker:StopOptimizationJob",
        "sagemaker:StopProcessingJob",
        "sagemaker:StopTrainingJob",
        "sagemaker:StopTransformJob",
    ],
    place: "jobs",
    on: |_| {
        sagemaker(&[
            "automl-job",
            "hyper-parameter-tuning-job",
            "inference-recommendations-job",
            "labeling-job",
            "optimization-job",
            "processing-job",
            "training-job",
            "transform-job",
        ])
    },
    when: always,
};

const REGISTER: Row = Row {
    sid: "RegisterVersions",
    effect: Allow,
    meaning: "registers versions of models, which somebody else approves",
    calls: &["sagemaker:CreateModelPackage", "sagemaker:CreateModelPackageGroup"],
    place: "versions of models",
    on: |_| sagemaker(&["model-package", "model-package-group"]),
    when: always,
};

const DEPLOY: Row = Row {
    sid: "Deploy",
    effect: Allow,
    meaning: "creates, changes and deletes models and endpoints",
    calls: &[
        "sagemaker:CreateEndpoint",
        "sagemaker:CreateEndpointConfig",
        "sagemaker:CreateInferenceComponent",
        "sagemaker:CreateModel",
        "sagemaker:DeleteEndpoint",
        "sagemaker:DeleteEndpointConfig",
        "sagemaker:DeleteInferenceComponent",
        "sagemaker:DeleteModel",
        "sagemaker:UpdateEndpoint",
        "sagemaker:UpdateEndpointWeightsAndCapacities",
        "sagemaker:UpdateInferenceComponent",
    ],
    place: "models and endpoints",
    on: |_| sagemaker(&["endpoint", "endpoint-config", "inference-component", "model"]),
    when: always,
};

const CALL: Row = Row {
    sid: "CallEndpoints",
    effect: Allow,
    meaning: "calls endpoints, to see that they answer",
    calls: &["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointAsync"],
    place: "endpoints",
    on: |_| sagemaker(&["endpoint"]),
    when: always,
};

const RUN_MLFLOW: Row = Row {
    sid: "RunMlflow",
    effect: Allow,
    meaning: "creates, changes, starts, stops and deletes the team's MLflow servers and apps",
    calls: &[
        "sagemaker:CreateMlflowApp",
        "sagemaker:CreateMlflowTrackingServer",
        "sagemaker:DeleteMlflowApp",
        "sagemaker:DeleteMlflowTrackingServer",
        "sagemaker:StartMlflowTrackingServer",
        "sagemaker:StopMlflowTrackingServer",
        "sagemaker:UpdateMlflowApp",
        "sagemaker:UpdateMlflowTrackingServer",
    ],
    place: "MLflow servers and apps",
    on: |_| sagemaker(&["mlflow-app", "mlflow-tracking-server"]),
    when: always,
};

const WATCH: Row = Row {
    sid: "WatchEndpoints",
    effect: Allow,
    meaning: "plans, changes and ends the monitoring of endpoints",
    calls: &[
        "sagemaker:CreateDataQualityJobDefinition",
        "sagemaker:CreateModelBiasJobDefinition",
        "sagemaker:CreateModelExplainabilityJobDefinition",
        "sagemaker:CreateModelQualityJobDefinition",
        "sagemaker:CreateMonitoringSchedule",
        "sagemaker:DeleteMonitoringSchedule",
        "sagemaker:StartMonitoringSchedule",
        "sagemaker:StopMonitoringSchedule",
        "sagemaker:UpdateMonitoringSchedule",
    ],
    place: "schedules and definitions",
    on: |_| {
        sagemaker(&[
            "data-quality-job-definition",
            "model-bias-job-definition",
            "model-explainability-job-definition",
            "model-quality-job-definition",
            "monitoring-schedule",
        ])
    },
    when: always,
};

/// A pipeline has a definition that somebody reviewed, and a commit.
const NEVER_BY_HAND: Row = Row {
    sid: "NeverTrainsByHand",
    effect: Deny,
    meaning: "trains outside of a pipeline",
    calls: &[
        "sagemaker:CreateAutoMLJob",
        "sagemaker:CreateAutoMLJobV2",
        "sagemaker:CreateHyperParameterTuningJob",
        "sagemaker:CreateJob",
        "sagemaker:CreateTrainingJob",
        "sagemaker:CreateTrainingSession",
        "sagemaker:TrainHubModel",
    ],
    place: "everywhere",
    on: everything,
    when: always,
};
