//! What can be typed.

pub(crate) mod ask;
pub(crate) mod check;
pub(crate) mod clarify;
pub(crate) mod data;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod format;
pub(crate) mod install;
pub(crate) mod policy;
pub(crate) mod verify;

use clap::{Parser, Subcommand};

use crate::command::ask::{DiffOptions, LineageOptions, PlainOptions};
use crate::command::check::{CheckOptions, ReplayOptions};
use crate::command::clarify::{ATTRIBUTION_HELP, AttributionOptions, BIAS_HELP, BiasOptions};
use crate::command::data::{
    BASELINE_HELP, BaselineOptions, DRIFT_HELP, DriftOptions, QUALITY_HELP, QualityOptions,
};
use crate::command::demo::DemoOptions;
use crate::command::explain::{EXPLAIN_HELP, ExplanationOptions};
use crate::command::install::{CompletionsOptions, ManualOptions};
use crate::command::policy::Policy;
use crate::command::verify::{VERIFY_HELP, VerifyOptions};

/// The version and, of a release build of a checkout, its commit (`build.rs`).
const VERSION: &str = env!("SAGEWARDEN_VERSION");

/// Governance for Amazon SageMaker: every job is judged while it can still be stopped, every model is traced to commit, data
/// version and image, and every drift alert names that chain.
#[derive(Debug, Parser)]
#[command(name = "sagewarden", version = VERSION, about, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Tell the story of a credit model on this machine: a push, a forbidden job, a deployment, a drift alert
    #[command(
        after_help = "Example:\n  sagewarden demo --out sagewarden-demo\n\nNothing outside the folder is touched, no network is used."
    )]
    Demo(DemoOptions),
    /// Judge a request, a description, an API call or a pipeline definition before it is sent
    #[command(
        after_help = "Examples:\n  sagewarden check create-training-job.json\n  sagewarden check pipeline.json --settings infra/settings.toml --format json\n  sagewarden check --format sarif pipeline.json > sagewarden.sarif\n\nFILE is a Create request, a Describe answer, a CloudTrail event of a Create call, or a SageMaker pipeline definition, whose steps are judged each by itself.\nExit status: 0 compliant, 1 at least one control is broken or undecided, 2 a file cannot be judged."
    )]
    Check(CheckOptions),
    /// Make the baseline that drift or model quality is judged by: the statistics.json and constraints.json that Model Monitor
    /// makes of a CSV file
    #[command(after_help = BASELINE_HELP)]
    Baseline(BaselineOptions),
    /// Judge captured traffic against a baseline, and show where it has drifted
    #[command(after_help = DRIFT_HELP)]
    Drift(DriftOptions),
    /// Measure what a model said against what turned out to be true, and show where it is worse than its baseline
    #[command(after_help = QUALITY_HELP)]
    Quality(QualityOptions),
    /// Measure how a group of people fares beside everybody else, with Clarify's bias metrics
    #[command(after_help = BIAS_HELP)]
    Bias(BiasOptions),
    /// Explain the answers of an XGBoost model: which features moved them, by exact SHAP values
    #[command(after_help = EXPLAIN_HELP)]
    Explain(ExplanationOptions),
    /// Judge whether the features that mattered to a model still matter in the same order
    #[command(after_help = ATTRIBUTION_HELP)]
    Attribution(AttributionOptions),
    /// List and explain the controls, or validate policies and settings
    Policy {
        /// What to do with them
        #[command(subcommand)]
        command: Policy,
    },
    /// Give recorded AWS events to the system and see what it makes of them
    #[command(
        after_help = "Examples:\n  sagewarden replay events/aws.sagemaker/api-call-via-cloudtrail/create-training-job.json\n  sagewarden replay sagewarden-demo/events/*.json --store sagewarden-demo/sagewarden.db\n\nThere is no AWS behind this: a resource that the simulated account does not know is taken from the event itself.\nA push needs its repository: beside a store, in `git/NAME.git`.\nExit status: 0 all handled, 1 at least one rejected or to be retried, 2 the command could not run."
    )]
    Replay(ReplayOptions),
    /// Show where something comes from, or what became of it
    #[command(
        after_help = "Examples:\n  sagewarden lineage endpoint/credit-default-prod\n  sagewarden lineage endpoint/credit-default-prod --at 2026-03-02T12:00:00Z\n  sagewarden lineage commit/1a2b3c4 --downstream --store sagewarden-demo/sagewarden.db\n  sagewarden lineage training-job/credit-train-002 --format json\n\nThe answer says whether it is whole; one that was cut has a `cursor` (see --format json) that continues it.\nExit status: 0 answered, 2 there is no answer, or nothing to write in this format."
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
    /// Write the CreateTrainingJob request that repeats a model, and what is missing for an exact repeat
    #[command(
        after_help = "Examples:\n  sagewarden reproduce model/credit-default-model\n  sagewarden reproduce training-job/credit-train-002 --format json"
    )]
    Reproduce(PlainOptions),
    /// Show what happened to an endpoint: deployments, approvals, findings, drift
    #[command(
        after_help = "Examples:\n  sagewarden history endpoint/credit-default-prod\n  sagewarden history endpoint/credit-default-prod --at 2026-03-02T12:00:00Z"
    )]
    History(PlainOptions),
    /// Check that no verdict is gone or was changed, in a store or an export of the table
    #[command(after_help = VERIFY_HELP)]
    Verify(VerifyOptions),
    /// Print the completion script of a shell
    #[command(
        after_help = "Examples:\n  sagewarden completions bash > ~/.local/share/bash-completion/completions/sagewarden\n  sagewarden completions zsh > ~/.zfunc/_sagewarden"
    )]
    Completions(CompletionsOptions),
    /// Print the manual page, or write those of all commands into a folder
    #[command(
        after_help = "Examples:\n  sagewarden man | man -l -\n  sagewarden man --out ~/.local/share/man/man1"
    )]
    Man(ManualOptions),
}
