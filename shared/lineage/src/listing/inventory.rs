//! The inventory: each model in use, with the facts that a reviewer asks for.

use std::collections::BTreeMap;

use sagewarden_events::Timestamp;
use serde::{Deserialize, Serialize};

/// How many open findings there are of each severity.
pub type SeverityCounts = BTreeMap<String, usize>;

/// A model that an endpoint runs. A fact that nobody recorded is absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InventoryItem {
    /// The name of the model.
    pub model: String,
    /// Its ARN.
    pub model_arn: Option<String>,
    /// The model package group that it comes from.
    pub group: Option<String>,
    /// Its version in the group.
    pub version: Option<i64>,
    /// Who owns it: as the package says, else who registered it or created the model.
    pub owner: Option<String>,
    /// The purpose, according to the package.
    pub purpose: Option<String>,
    /// Its risk tier, as the package says.
    pub risk_tier: Option<String>,
    /// The stage of its life that the package has reached, and its status there.
    pub stage: Option<String>,
    /// Whether the package is approved.
    pub approval: Option<String>,
    /// Who approved it.
    pub approver: Option<String>,
    /// When.
    pub approved_at: Option<Timestamp>,
    /// The endpoint.
    pub endpoint: String,
    /// Its ARN.
    pub endpoint_arn: String,
    /// The configuration in force.
    pub configuration: String,
    /// Since when.
    pub since: Timestamp,
    /// The training jobs behind the deployment, the newest last.
    pub training_jobs: Vec<String>,
    /// The data that they read, each with its version.
    pub data: Vec<String>,
    /// The commits that the jobs and the deployment were built from.
    pub commits: Vec<String>,
    /// The images, by their digests if they are pinned.
    pub images: Vec<String>,
    /// Open findings on everything behind the endpoint. Empty if there are none; absent for a time in the past.
    pub findings: Option<SeverityCounts>,
    /// The types of monitoring that ran or found something.
    pub monitored: Vec<String>,
    /// The end of the last window with captured traffic; absent for a time in the past.
    pub last_window: Option<Timestamp>,
    /// When the last violation was found in a window that began under this deployment.
    pub last_drift: Option<Timestamp>,
    /// Its severity.
    pub last_drift_severity: Option<String>,
    /// Whether an explanation of the model is recorded.
    pub explained: bool,
    /// The date of the model's next validation, according to the package.
    pub next_validation: Option<String>,
    /// Whether everything behind the endpoint is recorded.
    pub complete: bool,
    /// The missing parts, in words.
    pub missing: Vec<String>,
}
