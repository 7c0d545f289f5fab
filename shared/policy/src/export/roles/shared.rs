//! Rows that several roles have.

use super::row::{Row, always, everything};
use super::scope::Scope;
use crate::export::condition::{Condition, all_of, any_of};
use crate::export::document::Effect::{Allow, Deny};

/// The ARNs of these types of SageMaker's resources.
pub(super) fn sagemaker(types: &[&str]) -> Vec<String> {
    types.iter().map(|kind| format!("arn:aws:sagemaker:*:*:{kind}/*")).collect()
}

/// A request that says one of these.
pub(super) fn says(key: &str, values: &[&str]) -> Condition {
    any_of("StringEquals", key, values)
}

pub(super) const READ: Row = Row {
    sid: "ReadSageMaker",
    effect: Allow,
    meaning: "reads the descriptions of everything in SageMaker, and searches them",
    calls: &[
        "sagemaker:BatchDescribeModelPackage",
        "sagemaker:BatchGetMetrics",
        "sagemaker:Describe*",
        "sagemaker:GetSearchSuggestions",
        "sagemaker:List*",
        "sagemaker:QueryLineage",
        "sagemaker:Search",
    ],
    place: "all of SageMaker",
    on: everything,
    when: always,
};

pub(super) const ASK: Row = Row {
    sid: "AskForLineage",
    effect: Allow,
    meaning: "asks Sagewarden where a model comes from",
    calls: &["lambda:InvokeFunction"],
    place: "the function `lookup-lineage`",
    on: Scope::lookup,
    when: always,
};

pub(super) const LOGS: Row = Row {
    sid: "ReadJobLogs",
    effect: Allow,
    meaning: "reads the logs of jobs",
    calls: &["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"],
    place: "SageMaker's log groups",
    on: |_| {
        ["", ":log-stream:*"]
            .map(|more| format!("arn:aws:logs:*:*:log-group:/aws/sagemaker/*{more}"))
            .to_vec()
    },
    when: always,
};

pub(super) const METRICS: Row = Row {
    sid: "ReadMetrics",
    effect: Allow,
    meaning: "reads metrics",
    calls: &["cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics"],
    place: "CloudWatch",
    on: everything,
    when: always,
};

pub(super) const LIST_BUCKETS: Row = Row {
    sid: "ListBuckets",
    effect: Allow,
    meaning: "sees what lies in the buckets of its environment",
    calls: &["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketVersions"],
    place: "`artifacts.allowed_buckets`",
    on: Scope::buckets,
    when: always,
};

pub(super) const READ_OBJECTS: Row = Row {
    sid: "ReadObjects",
    effect: Allow,
    meaning: "reads data, models and reports of its environment",
    calls: &["s3:GetObject", "s3:GetObjectVersion"],
    place: "`artifacts.allowed_buckets`",
    on: Scope::objects,
    when: always,
};

pub(super) const WRITE_OBJECTS: Row = Row {
    sid: "WriteObjects",
    effect: Allow,
    meaning: "writes data, models and reports of its environment, and deletes none",
    calls: &["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"],
    place: "`artifacts.allowed_buckets`",
    on: Scope::objects,
    when: always,
};

pub(super) const KEYS: Row = Row {
    sid: "UseKeys",
    effect: Allow,
    meaning: "uses the keys of its environment",
    calls: USES_OF_KEYS,
    place: "`encryption.allowed_keys`, or any key of the allowed accounts",
    on: Scope::keys,
    when: always,
};

pub(super) const KEYS_BY_ALIAS: Row = Row {
    sid: "UseKeysByAlias",
    effect: Allow,
    meaning: "uses the keys of its environment that are listed by their alias",
    calls: USES_OF_KEYS,
    place: "keys with an alias of `encryption.allowed_keys`",
    on: Scope::keys_by_alias,
    when: Scope::has_alias,
};

const USES_OF_KEYS: &[&str] = &["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"];

/// SageMaker encrypts volumes by a grant that the caller gives.
pub(super) const GRANT_KEYS: Row = Row {
    sid: "LendKeysToAws",
    meaning: "lets AWS services use these keys for the role's jobs",
    calls: &["kms:CreateGrant"],
    when: |_| for_aws(Condition::new()),
    ..KEYS
};

pub(super) const GRANT_BY_ALIAS: Row = Row {
    sid: "LendKeysByAlias",
    meaning: "lets AWS services use these keys for the role's jobs",
    calls: &["kms:CreateGrant"],
    when: |scope| for_aws(scope.has_alias()),
    ..KEYS_BY_ALIAS
};

/// The grant is for a service of AWS.
fn for_aws(mut condition: Condition) -> Condition {
    condition.extend(all_of(&[("Bool", "kms:GrantIsForAWSResource", "true")]));
    condition
}

pub(super) const SOURCE: Row = Row {
    sid: "UseRepositories",
    effect: Allow,
    meaning: "reads and pushes source code",
    calls: &[
        "codecommit:CreatePullRequest",
        "codecommit:GetBranch",
        "codecommit:GetCommit",
        "codecommit:GetRepository",
        "codecommit:GitPull",
        "codecommit:GitPush",
        "codecommit:ListBranches",
    ],
    place: "`lineage.repository`",
    on: Scope::repositories,
    when: always,
};

pub(super) const OPEN_MLFLOW: Row = Row {
    sid: "OpenMlflow",
    effect: Allow,
    meaning: "opens the pages of the team's MLflow servers and apps",
    calls: &["sagemaker:CreatePresignedMlflowAppUrl", "sagemaker:CreatePresignedMlflowTrackingServerUrl"],
    place: "MLflow servers and apps",
    on: |_| sagemaker(&["mlflow-app", "mlflow-tracking-server"]),
    when: always,
};

pub(super) const PASS: Row = Row {
    sid: "PassExecutionRoles",
    effect: Allow,
    meaning: "hands execution roles to SageMaker, and to no other service",
    calls: &["iam:PassRole"],
    place: "`access.allowed_roles`",
    on: Scope::execution_roles,
    when: |_| all_of(&[("StringEquals", "iam:PassedToService", "sagemaker.amazonaws.com")]),
};

pub(super) const TAG: Row = Row {
    sid: "TagWork",
    effect: Allow,
    meaning: "tags jobs, models and experiments; not notebooks and Studio, whose tags say who may open them",
    calls: &["sagemaker:AddTags"],
    place: "what a team makes",
    on: |_| sagemaker(WORK),
    when: always,
};

const WORK: &[&str] = &[
    "automl-job",
    "endpoint",
    "endpoint-config",
    "experiment",
    "experiment-trial",
    "experiment-trial-component",
    "hyper-parameter-tuning-job",
    "inference-recommendations-job",
    "job",
    "labeling-job",
    "mlflow-app",
    "mlflow-tracking-server",
    "model",
    "model-card",
    "model-package",
    "model-package-group",
    "monitoring-schedule",
    "optimization-job",
    "pipeline",
    "processing-job",
    "training-job",
    "training-session",
    "transform-job",
];

pub(super) const NEVER_MARKS: Row = Row {
    sid: "NeverMarks",
    effect: Deny,
    meaning: "sets or changes the marks of a violation",
    calls: &["sagemaker:AddTags"],
    place: "everywhere",
    on: everything,
    when: |_| {
        any_of("ForAnyValue:StringEquals", "aws:TagKeys", &["sagewarden:violation", "sagewarden:finding"])
    },
};

pub(super) const NEVER_ERASES: Row = Row {
    sid: "NeverErasesEvidence",
    effect: Deny,
    meaning: "deletes jobs, tags or versions of models that say what was done",
    calls: &[
        "sagemaker:DeleteModelPackage",
        "sagemaker:DeleteProcessingJob",
        "sagemaker:DeleteTags",
        "sagemaker:DeleteTrainingJob",
    ],
    place: "everywhere",
    on: everything,
    when: always,
};

pub(super) const NEVER_NETWORKS: Row = Row {
    sid: "NeverNetworks",
    effect: Deny,
    meaning: "creates network interfaces, VPC endpoints or other ways out of the network",
    calls: &[
        "ec2:AttachInternetGateway",
        "ec2:AttachNetworkInterface",
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:CreateInternetGateway",
        "ec2:CreateNatGateway",
        "ec2:CreateNetworkInterface",
        "ec2:CreateNetworkInterfacePermission",
        "ec2:CreateRoute",
        "ec2:CreateVpcEndpoint",
        "ec2:CreateVpcPeeringConnection",
        "ec2:ModifyVpcEndpoint",
    ],
    place: "everywhere",
    on: everything,
    when: always,
};

pub(super) const NEVER_ACCESS: Row = Row {
    sid: "NeverGrantsAccess",
    effect: Deny,
    meaning: "creates or changes users, roles and policies",
    calls: &[
        "iam:Add*",
        "iam:Attach*",
        "iam:Create*",
        "iam:Delete*",
        "iam:Detach*",
        "iam:Put*",
        "iam:Set*",
        "iam:Update*",
        "kms:PutKeyPolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketPolicy",
    ],
    place: "everywhere",
    on: everything,
    when: always,
};

pub(super) const NEVER_ELSEWHERE: Row = Row {
    sid: "NeverOtherEnvironments",
    effect: Deny,
    meaning: "reads or writes data of other environments, such as production data from development",
    calls: &["s3:*"],
    place: "`artifacts.allowed_buckets` of other environments",
    on: Scope::elsewhere,
    when: always,
};

pub(super) const NEVER_APPROVES: Row = Row {
    sid: "NeverApproves",
    effect: Deny,
    meaning: "approves a version of a model, be it its own",
    calls: &["sagemaker:CreateModelPackage", "sagemaker:UpdateModelPackage"],
    place: "everywhere",
    on: everything,
    when: |_| all_of(&[("StringEquals", "sagemaker:ModelApprovalStatus", "Approved")]),
};

pub(super) const NEVER_STAGES: Row = Row {
    sid: "NeverApprovesStages",
    effect: Deny,
    meaning: "approves a stage in the life of a version",
    calls: &["sagemaker:CreateModelPackage", "sagemaker:UpdateModelPackage"],
    place: "everywhere",
    on: everything,
    when: |_| all_of(&[("StringEquals", "sagemaker:ModelLifeCycle:StageStatus", "Approved")]),
};

pub(super) const NEVER_NOTEBOOKS: Row = Row {
    sid: "NeverNotebooksPastCatalogue",
    effect: Deny,
    meaning: "creates or changes notebooks, Studio domains, profiles and their scripts: the catalogue does",
    calls: &[
        "sagemaker:CreateCodeRepository",
        "sagemaker:CreateDomain",
        "sagemaker:CreateNotebookInstance",
        "sagemaker:CreateNotebookInstanceLifecycleConfig",
        "sagemaker:CreateStudioLifecycleConfig",
        "sagemaker:CreateUserProfile",
        "sagemaker:DeleteDomain",
        "sagemaker:DeleteNotebookInstance",
        "sagemaker:DeleteUserProfile",
        "sagemaker:UpdateDomain",
        "sagemaker:UpdateNotebookInstance",
        "sagemaker:UpdateNotebookInstanceLifecycleConfig",
        "sagemaker:UpdateUserProfile",
    ],
    place: "everywhere",
    on: everything,
    when: always,
};

pub(super) const NEVER_DEPLOYS: Row = Row {
    sid: "NeverDeploys",
    effect: Deny,
    meaning: "creates, changes or deletes endpoints",
    calls: &[
        "sagemaker:CreateEndpoint",
        "sagemaker:CreateEndpointConfig",
        "sagemaker:CreateInferenceComponent",
        "sagemaker:CreateInferenceExperiment",
        "sagemaker:DeleteEndpoint",
        "sagemaker:DeleteEndpointConfig",
        "sagemaker:DeleteInferenceComponent",
        "sagemaker:DeployHubModel",
        "sagemaker:UpdateEndpoint",
        "sagemaker:UpdateEndpointWeightsAndCapacities",
        "sagemaker:UpdateInferenceComponent",
        "sagemaker:UpdateInferenceComponentRuntimeConfig",
    ],
    place: "everywhere",
    on: everything,
    when: always,
};

pub(super) const NEVER_TRAINS: Row = Row {
    sid: "NeverTrains",
    effect: Deny,
    meaning: "starts a job or a pipeline, and creates a model or a version of one",
    calls: &[
        "sagemaker:CreateAutoMLJob",
        "sagemaker:CreateAutoMLJobV2",
        "sagemaker:CreateHyperParameterTuningJob",
        "sagemaker:CreateInferenceRecommendationsJob",
        "sagemaker:CreateJob",
        "sagemaker:CreateLabelingJob",
        "sagemaker:CreateModel",
        "sagemaker:CreateModelPackage",
        "sagemaker:CreateOptimizationJob",
        "sagemaker:CreatePipeline",
        "sagemaker:CreateProcessingJob",
        "sagemaker:CreateTrainingJob",
        "sagemaker:CreateTrainingSession",
        "sagemaker:CreateTransformJob",
        "sagemaker:ImportHubContent",
        "sagemaker:RetryPipelineExecution",
        "sagemaker:StartPipelineExecution",
        "sagemaker:TrainHubModel",
        "sagemaker:UpdatePipeline",
    ],
    place: "everywhere",
    on: everything,
    when: always,
};

pub(super) const NEVER_PASSES: Row = Row {
    sid: "NeverPassesRoles",
    effect: Deny,
    meaning: "hands a role to SageMaker",
    calls: &["iam:PassRole"],
    place: "everywhere",
    on: everything,
    when: |_| all_of(&[("StringEquals", "iam:PassedToService", "sagemaker.amazonaws.com")]),
};
