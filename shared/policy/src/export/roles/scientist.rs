//! The rights of a data scientist: experiment, train, try a model on data, and hand it over.
//!
//! The role of the notebook has the same policies, so that the notebook cannot do anything that its user may not do.

use super::row::{Row, always, everything};
use super::shared::*;
use crate::export::condition::all_of;
use crate::export::document::Effect::Allow;

pub(super) const ROWS: &[Row] = &[
    READ,
    JOBS,
    MODELS,
    HUB_DATA,
    EXPERIMENTS,
    OPEN_MLFLOW,
    PIPELINES,
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
    FIND_PRODUCTS,
    CATALOGUE,
    OWN_PRODUCTS,
    OWN_NOTEBOOK,
    OWN_STUDIO,
    OWN_APPS,
    NEVER_DEPLOYS,
    NEVER_NETWORKS,
    NEVER_NOTEBOOKS,
    NEVER_APPROVES,
    NEVER_STAGES,
    NEVER_ELSEWHERE,
    NEVER_ERASES,
    NEVER_MARKS,
    NEVER_ACCESS,
];

const JOBS: Row = Row {
    sid: "RunJobs",
    effect: Allow,
    meaning: "runs and stops training, tuning, processing, labeling, optimization, load tests, batch transform, jobs of a category and training sessions",
    calls: &[
        "sagemaker:CreateAutoMLJob",
        "sagemaker:CreateAutoMLJobV2",
        "sagemaker:CreateHyperParameterTuningJob",
        "sagemaker:CreateInferenceRecommendationsJob",
        "sagemaker:CreateJob",
        "sagemaker:CreateLabelingJob",
        "sagemaker:CreateOptimizationJob",
        "sagemaker:CreateProcessingJob",
        "sagemaker:CreateTrainingJob",
        "sagemaker:CreateTrainingSession",
        "sagemaker:CreateTransformJob",
        "sagemaker:StopAutoMLJob",
        "sagemaker:StopHyperParameterTuningJob",
        "sagemaker:StopInferenceRecommendationsJob",
        "sagemaker:StopJob",
        "sagemaker:StopLabelingJob",
        "sagemaker:StopOptimizationJob",
        "sagemaker:StopProcessingJob",
        "sagemaker:StopTrainingJob",
        "sagemaker:StopTrainingSession",
        "sagemaker:StopTransformJob",
    ],
    place: "jobs",
    on: |_| {
        sagemaker(&[
            "automl-job",
            "hyper-parameter-tuning-job",
            "inference-recommendations-job",
            "job",
            "labeling-job",
            "optimization-job",
            "processing-job",
            "training-job",
            "training-session",
            "transform-job",
        ])
    },
    when: always,
};

const MODELS: Row = Row {
    sid: "OfferModels",
    effect: Allow,
    meaning: "makes models for batch transform, registers versions and describes them in model cards",
    calls: &[
        "sagemaker:CreateModel",
        "sagemaker:CreateModelCard",
        "sagemaker:CreateModelPackage",
        "sagemaker:CreateModelPackageGroup",
        "sagemaker:UpdateModelCard",
    ],
    place: "models, versions and cards",
    on: |_| sagemaker(&["model", "model-card", "model-package", "model-package-group"]),
    when: always,
};

/// Serverless training and jobs of a category take data sets and evaluators from a hub. Models of others are another matter.
const HUB_DATA: Row = Row {
    sid: "ImportDataIntoHubs",
    effect: Allow,
    meaning: "imports data sets and documents, such as evaluators, into hubs; no models",
    calls: &["sagemaker:ImportHubContent"],
    place: "hubs, and their data sets and documents",
    on: |_| {
        ["hub/*", "hub-content/*/DataSet/*", "hub-content/*/JsonDoc/*"]
            .map(|name| format!("arn:aws:sagemaker:*:*:{name}"))
            .to_vec()
    },
    when: always,
};

const EXPERIMENTS: Row = Row {
    sid: "RecordExperiments",
    effect: Allow,
    meaning: "records experiments, trials and where things come from",
    calls: &[
        "sagemaker:AddAssociation",
        "sagemaker:AssociateTrialComponent",
        "sagemaker:BatchPutMetrics",
        "sagemaker:CreateAction",
        "sagemaker:CreateArtifact",
        "sagemaker:CreateContext",
        "sagemaker:CreateExperiment",
        "sagemaker:CreateTrial",
        "sagemaker:CreateTrialComponent",
        "sagemaker:DisassociateTrialComponent",
        "sagemaker:UpdateExperiment",
        "sagemaker:UpdateTrial",
        "sagemaker:UpdateTrialComponent",
    ],
    place: "experiments and lineage",
    on: |_| {
        sagemaker(&[
            "action",
            "artifact",
            "context",
            "experiment",
            "experiment-trial",
            "experiment-trial-component",
            "processing-job",
            "training-job",
        ])
    },
    when: always,
};

const PIPELINES: Row = Row {
    sid: "RunPipelines",
    effect: Allow,
    meaning: "writes and runs pipelines",
    calls: &[
        "sagemaker:CreatePipeline",
        "sagemaker:StartPipelineExecution",
        "sagemaker:StopPipelineExecution",
        "sagemaker:UpdatePipeline",
    ],
    place: "pipelines",
    on: |_| sagemaker(&["pipeline"]),
    when: always,
};

const CATALOGUE: Row = Row {
    sid: "LaunchProducts",
    effect: Allow,
    meaning: "launches notebooks and Studio from the catalogue",
    calls: &[
        "servicecatalog:DescribeProduct",
        "servicecatalog:DescribeProvisioningParameters",
        "servicecatalog:ListLaunchPaths",
        "servicecatalog:ProvisionProduct",
    ],
    place: "products of its portfolios",
    on: |_| vec!["arn:aws:catalog:*:*:product/*".to_owned()],
    when: always,
};

const FIND_PRODUCTS: Row = Row {
    sid: "FindProducts",
    effect: Allow,
    meaning: "finds what the catalogue has for it",
    calls: &["servicecatalog:DescribeProductView", "servicecatalog:SearchProducts"],
    place: "products of its portfolios",
    on: everything,
    when: always,
};

const OWN_PRODUCTS: Row = Row {
    sid: "KeepOwnProducts",
    effect: Allow,
    meaning: "updates and ends what it launched itself",
    calls: &[
        "servicecatalog:DescribeProvisionedProduct",
        "servicecatalog:DescribeRecord",
        "servicecatalog:ListRecordHistory",
        "servicecatalog:ScanProvisionedProducts",
        "servicecatalog:SearchProvisionedProducts",
        "servicecatalog:TerminateProvisionedProduct",
        "servicecatalog:UpdateProvisionedProduct",
    ],
    place: "its own launches",
    on: everything,
    when: |_| all_of(&[("StringEquals", "servicecatalog:userLevel", "self")]),
};

/// The tag that the products set, and that the role carries.
const OWNER: (&str, &str, &str) =
    ("StringEquals", "aws:ResourceTag/NotebookOwnerUsername", "${aws:PrincipalTag/NotebookOwnerUsername}");

const OWN_NOTEBOOK: Row = Row {
    sid: "OpenOwnNotebook",
    effect: Allow,
    meaning: "opens, starts and stops its own notebook",
    calls: &[
        "sagemaker:CreatePresignedNotebookInstanceUrl",
        "sagemaker:StartNotebookInstance",
        "sagemaker:StopNotebookInstance",
    ],
    place: "notebook instances",
    on: |_| sagemaker(&["notebook-instance"]),
    when: |_| all_of(&[OWNER]),
};

const OWN_STUDIO: Row = Row {
    sid: "OpenOwnStudio",
    effect: Allow,
    meaning: "opens Studio as itself",
    calls: &["sagemaker:CreatePresignedDomainUrl"],
    place: "user profiles",
    on: |_| sagemaker(&["user-profile"]),
    when: |_| all_of(&[OWNER]),
};

const OWN_APPS: Row = Row {
    sid: "RunOwnApps",
    effect: Allow,
    meaning: "starts and ends applications in its own private spaces",
    calls: &["sagemaker:CreateApp", "sagemaker:DeleteApp"],
    place: "applications",
    on: |_| sagemaker(&["app"]),
    when: |_| {
        all_of(&[
            (
                "ArnLike",
                "sagemaker:OwnerUserProfileArn",
                "arn:aws:sagemaker:*:*:user-profile/${sagemaker:DomainId}/${sagemaker:UserProfileName}",
            ),
            ("StringEquals", "sagemaker:SpaceSharingType", "Private"),
        ])
    },
};
