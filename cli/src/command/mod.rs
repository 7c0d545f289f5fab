//! The command line: its commands and options.

pub(crate) mod answering;
pub(crate) mod ask;
pub(crate) mod check;
pub(crate) mod clarify;
pub(crate) mod data;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod format;
pub(crate) mod install;
pub(crate) mod list;
pub(crate) mod policy;
pub(crate) mod routes;
pub(crate) mod scan;
pub(crate) mod serve;
pub(crate) mod verify;

use clap::{Parser, Subcommand};

use crate::command::ask::{DiffOptions, LineageOptions, PlainOptions, WhyOptions};
use crate::command::check::{CheckOptions, ReplayOptions};
use crate::command::clarify::{ATTRIBUTION_HELP, AttributionOptions, BIAS_HELP, BiasOptions};
use crate::command::data::{
    BASELINE_HELP, BaselineOptions, DRIFT_HELP, DriftOptions, QUALITY_HELP, QualityOptions,
};
use crate::command::demo::DemoOptions;
use crate::command::explain::{EXPLAIN_HELP, ExplanationOptions};
use crate::command::install::{CompletionsOptions, ManualOptions};
use crate::command::list::{
    EXPLAIN_GAP_HELP, EntriesOptions, FINDINGS_HELP, FindingsOptions, INVENTORY_HELP, InventoryOptions,
    LIST_HELP,
};
use crate::command::policy::Policy;
use crate::command::routes::{ROUTES_HELP, RoutesOptions};
use crate::command::scan::{SCAN_HELP, ScanOptions};
use crate::command::serve::{SERVE_HELP, SITE_HELP, ServeOptions, SiteOptions};
use crate::command::verify::{VERIFY_HELP, VerifyOptions};

/// The version and, in a release build of a checkout, its commit (`build.rs`).
const VERSION: &str = env!("SAGEWARDEN_VERSION");

/// Governance for Amazon SageMaker: judge every job while it can still be stopped, trace every model to its commit, data versions
/// and image, and name that chain in every drift alert.
#[derive(Debug, Parser)]
#[command(name = "sagewarden", version = VERSION, about, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the story of a credit model on this machine: a push, a forbidden job, a deployment, a drift alert
    #[command(
        after_help = "Example:\n  sagewarden demo --out sagewarden-demo\n\nThe demo changes nothing outside the folder and uses no network."
    )]
    Demo(DemoOptions),
    /// Judge everything that an AWS account has in SageMaker, and record where it comes from; read-only, without a deployment
    #[command(after_help = SCAN_HELP)]
    Scan(ScanOptions),
    /// Judge requests, pipelines, templates and plans before anything is created
    #[command(
        after_help = "Examples:\n  sagewarden check create-training-job.json\n  sagewarden check pipeline.json --settings infra/settings.toml --format json\n  sagewarden check --format sarif pipeline.json > sagewarden.sarif\n\nFILE is a Create request, a Describe answer, a CloudTrail event of a Create call, a CloudFormation template, a Terraform plan, or a SageMaker pipeline definition. Each resource and each step of a pipeline is judged by itself. docs/check.md lists all forms.\nExit status: 0 compliant, 1 at least one control failed or is undecided, 2 a file cannot be judged."
    )]
    Check(CheckOptions),
    /// Make a baseline for `drift` or `quality` from a table: statistics.json and constraints.json, as Model Monitor writes them
    #[command(after_help = BASELINE_HELP)]
    Baseline(BaselineOptions),
    /// Compare captured traffic with a baseline, and show which features have drifted
    #[command(after_help = DRIFT_HELP)]
    Drift(DriftOptions),
    /// Compare predictions with true labels, and show which metrics are worse than their baseline
    #[command(after_help = QUALITY_HELP)]
    Quality(QualityOptions),
    /// Compare a group of people with everybody else, by Clarify's bias metrics
    #[command(after_help = BIAS_HELP)]
    Bias(BiasOptions),
    /// Explain the predictions of an XGBoost or LightGBM model by exact SHAP values of its features
    #[command(after_help = EXPLAIN_HELP)]
    Explain(ExplanationOptions),
    /// Compare the ranking of a model's features by importance with an earlier ranking
    #[command(after_help = ATTRIBUTION_HELP)]
    Attribution(AttributionOptions),
    /// List and explain the controls, or validate policies and settings
    Policy {
        /// What to do with them
        #[command(subcommand)]
        command: Policy,
    },
    /// Write a CloudFormation template that sends findings and drift alerts to the people and teams that they concern
    #[command(after_help = ROUTES_HELP)]
    Routes(RoutesOptions),
    /// Replay recorded AWS events, and show what the functions would do
    #[command(
        after_help = "Examples:\n  sagewarden replay events/aws.sagemaker/api-call-via-cloudtrail/create-training-job.json\n  sagewarden replay sagewarden-demo/events/*.json --store sagewarden-demo/sagewarden.db\n\nThe command asks nothing of AWS: it takes a resource that the simulated account does not know from the event itself.\nA push needs its repository, in `git/NAME.git` beside the store.\nExit status: 0 all events were handled, 1 at least one was rejected or must be retried, 2 the command could not run."
    )]
    Replay(ReplayOptions),
    /// Show what an entity was made from, or what was made from it
    #[command(
        after_help = "Examples:\n  sagewarden lineage endpoint/credit-default-prod\n  sagewarden lineage endpoint/credit-default-prod --at 2026-03-02T12:00:00Z\n  sagewarden lineage commit/1a2b3c4 --downstream --store sagewarden-demo/sagewarden.db\n  sagewarden lineage training-job/credit-train-002 --format json\n\nAn incomplete answer says so; its `cursor` in --format json continues it.\nExit status: 0 answered, 2 no answer, or nothing to write in this format."
    )]
    Lineage(LineageOptions),
    /// Show which endpoints run something built from a commit, an object version, an image, a job or a model
    #[command(
        after_help = "Examples:\n  sagewarden impact commit/1a2b3c4\n  sagewarden impact 's3://BUCKET/KEY?versionId=ID'\n  sagewarden impact training-job/credit-train-002 --at 2026-03-02T12:00:00Z"
    )]
    Impact(PlainOptions),
    /// Show what differs between two models, packages, jobs or deployments: commit, data, image, parameters, metrics, controls
    #[command(
        after_help = "Examples:\n  sagewarden diff model/credit-default-model model/credit-default-model-2\n  sagewarden diff endpoint/credit-default-prod@2026-03-02T12:00:00Z endpoint/credit-default-prod"
    )]
    Diff(DiffOptions),
    /// Write the CreateTrainingJob request that trains a model again, and list what is missing for an exact repeat
    #[command(
        after_help = "Examples:\n  sagewarden reproduce model/credit-default-model\n  sagewarden reproduce training-job/credit-train-002 --format json"
    )]
    Reproduce(PlainOptions),
    /// Show what happened to an endpoint (deployments, approvals, findings, drift), or to a job or another entity
    #[command(
        after_help = "Examples:\n  sagewarden history endpoint/credit-default-prod\n  sagewarden history endpoint/credit-default-prod --at 2026-03-02T12:00:00Z\n  sagewarden history training-job/credit-train-001"
    )]
    History(PlainOptions),
    /// Show why a resource was stopped, changed, marked or reported: what failed, who started it, and how to fix it
    #[command(
        after_help = "Examples:\n  sagewarden why training-job/credit-train-001\n  sagewarden why arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/ana\n\nExit status: 0 answered, 2 no answer."
    )]
    Why(WhyOptions),
    /// List endpoints, models, jobs, findings, waivers, remedies, or erased descriptions
    #[command(after_help = LIST_HELP)]
    List(EntriesOptions),
    /// Show each model in use with its owner, approval, data, commit, open findings and monitoring, now or on any day
    #[command(after_help = INVENTORY_HELP)]
    Inventory(InventoryOptions),
    /// List findings, count them, or show what `enforce` would have stopped
    #[command(after_help = FINDINGS_HELP)]
    Findings(FindingsOptions),
    /// Show why there is no lineage of a resource, or no verdict on it
    #[command(after_help = EXPLAIN_GAP_HELP)]
    ExplainGap(WhyOptions),
    /// Look at a store in the browser: every entity as a page, its lineage as a picture, drift and controls
    #[command(after_help = SERVE_HELP)]
    Serve(ServeOptions),
    /// Write the pages of `serve` as a folder of files
    #[command(after_help = SITE_HELP)]
    Site(SiteOptions),
    /// Check that no verdict was removed or changed, in a store or an export of the table
    #[command(after_help = VERIFY_HELP)]
    Verify(VerifyOptions),
    /// Print the completion script of a shell
    #[command(
        after_help = "Examples:\n  sagewarden completions bash > ~/.local/share/bash-completion/completions/sagewarden\n  sagewarden completions zsh > ~/.zfunc/_sagewarden"
    )]
    Completions(CompletionsOptions),
    /// Print the manual page, or write the manual pages of all commands into a folder
    #[command(
        after_help = "Examples:\n  sagewarden man | man -l -\n  sagewarden man --out ~/.local/share/man/man1"
    )]
    Man(ManualOptions),
}
