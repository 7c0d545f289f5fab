//! What an environment allows, and how data is watched: `settings.toml`. Without the policy engine, so that functions which
//! only read settings are built without it.

mod check;
mod detect;
mod drift;
mod environment;
mod file;
mod training;

use std::collections::BTreeMap;

use sagewarden_events::{Resource, Timestamp};
use serde::{Deserialize, Serialize};
use wildmatch::WildMatch;

pub use detect::{CapturedColumns, DetectSettings, DetectedEndpoint, JudgedBy};
pub use drift::{DriftSettings, Retraining};
pub use environment::{Environment, TagValue};
pub use file::{FileError, read_file};
pub use training::{TrainingBaseline, TrainingSettings};

use check::*;

/// Whether violations are only told, or stopped as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Judge, record and tell. The default: a first deployment stops nothing.
    #[default]
    Observe,
    /// Also remedy: stop jobs, delete unused models, change settings, mark with a tag.
    Enforce,
}

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Whether violations are stopped.
    pub mode: Mode,
    /// Where resources may run.
    pub network: NetworkSettings,
    /// Whose keys they may use.
    pub encryption: EncryptionSettings,
    /// Which roles they may run with.
    pub access: AccessSettings,
    /// Where data and images may come from and go to.
    pub artifacts: ArtifactSettings,
    /// What resources may run on.
    pub compute: ComputeSettings,
    /// What every resource must say of itself.
    pub traceability: TraceabilitySettings,
    /// How endpoints are watched.
    pub monitoring: MonitoringSettings,
    /// Which models must be explained.
    pub explainability: ExplainabilitySettings,
    /// Where commits are looked for.
    pub lineage: LineageSettings,
    /// When drift, and silence, are told of.
    pub drift: DriftSettings,
    /// By the id of a control: what is done about it. The default is to enforce it.
    pub controls: BTreeMap<String, ControlMode>,
    /// What may break a control for a while.
    pub waivers: Vec<Waiver>,
    /// What differs in some accounts, or on resources with some tag.
    pub environments: Vec<Environment>,
}

impl Settings {
    /// Whether a setting wants anything; `None` when there is none of this name.
    #[must_use]
    pub fn says(&self, name: &str) -> Option<bool> {
        Some(match name {
            "access.allowed_roles" => !self.access.allowed_roles.is_empty(),
            "access.inspect_roles" => self.access.inspect_roles,
            "artifacts.allowed_buckets" => !self.artifacts.allowed_buckets.is_empty(),
            "artifacts.require_approval" => self.artifacts.require_approval,
            "artifacts.allowed_images" => !self.artifacts.allowed_images.is_empty(),
            "compute" => {
                self.compute
                    != ComputeSettings {
                        allowed_platforms: self.compute.allowed_platforms.clone(),
                        ..ComputeSettings::default()
                    }
            }
            "explainability.high_risk_tag" => self.explainability.high_risk_tag.is_some(),
            "monitoring.required_types" => !self.monitoring.required_types.is_empty(),
            "traceability.required_tags" => !self.traceability.required_tags.is_empty(),
            _ => return None,
        })
    }

    /// What is done about a control. The mode of the whole stands above it: a stack that observes stops nothing.
    #[must_use]
    pub fn control_mode(&self, id: &str) -> ControlMode {
        match self.controls.get(id).copied().unwrap_or_default() {
            ControlMode::Enforce if self.mode == Mode::Observe => ControlMode::Observe,
            mode => mode,
        }
    }
}

/// What is done about one control.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ControlMode {
    /// It is not judged.
    Off,
    /// A violation is told and recorded.
    Observe,
    /// A violation is also remedied.
    #[default]
    Enforce,
}

/// Somebody's word that a resource may break a control until a day.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The control's id.
    pub control: String,
    /// Which resources: `<kind>/<name>` or an ARN, with `*` and `?`.
    #[serde(deserialize_with = "pattern")]
    pub resource: String,
    /// Why.
    #[serde(deserialize_with = "words")]
    pub reason: String,
    /// Who allowed it.
    #[serde(deserialize_with = "words")]
    pub approver: String,
    /// Its last moment: the end of the day that the file names, UTC. A resource that was created later is not covered.
    #[serde(deserialize_with = "end_of_day")]
    pub expires: Timestamp,
}

impl Waiver {
    /// Whether it speaks of this control and resource, expired or not.
    #[must_use]
    pub fn concerns(&self, control: &str, resource: &Resource) -> bool {
        let name = format!("{}/{}", resource.kind.segment(), resource.name);
        let pattern = WildMatch::new(&self.resource);
        self.control == control && (pattern.matches(&name) || pattern.matches(&resource.arn()))
    }
}

/// Where resources may run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkSettings {
    /// Subnet ids; empty allows any.
    #[serde(deserialize_with = "subnets")]
    pub allowed_subnets: Vec<String>,
    /// Security group ids; empty allows any.
    #[serde(deserialize_with = "security_groups")]
    pub allowed_security_groups: Vec<String>,
}

/// Whose keys resources may use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EncryptionSettings {
    /// Accounts; empty allows the resource's own account only.
    #[serde(deserialize_with = "accounts")]
    pub allowed_key_accounts: Vec<String>,
    /// Patterns of the ARNs of keys or aliases; empty allows any key of these accounts.
    #[serde(deserialize_with = "key_patterns")]
    pub allowed_keys: Vec<String>,
}

/// Which roles resources may run with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessSettings {
    /// Patterns of role ARNs; empty allows any.
    #[serde(deserialize_with = "role_patterns")]
    pub allowed_roles: Vec<String>,
    /// Patterns of the ARNs of who may approve a model package; empty allows anybody but its author.
    #[serde(deserialize_with = "principal_patterns")]
    pub allowed_approvers: Vec<String>,
    /// Whether the policies of the role that a job runs with are looked at; needs permissions to read them.
    pub inspect_roles: bool,
}

/// Where data and images may come from and go to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ArtifactSettings {
    /// Patterns of bucket names; empty allows any.
    #[serde(deserialize_with = "bucket_patterns")]
    pub allowed_buckets: Vec<String>,
    /// Patterns of image names without tag and digest, such as `111122223333.dkr.ecr.*.amazonaws.com/*`; empty allows any.
    #[serde(deserialize_with = "image_patterns")]
    pub allowed_images: Vec<String>,
    /// Whether models must come from an approved version of the model registry.
    pub require_approval: bool,
}

/// What resources may run on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ComputeSettings {
    /// Patterns of instance types; empty allows any.
    #[serde(deserialize_with = "instance_patterns")]
    pub allowed_instance_types: Vec<String>,
    /// How long a training or tuning job may run at most, in seconds; absent allows any time.
    #[serde(deserialize_with = "seconds")]
    pub max_runtime_seconds: Option<i64>,
    /// Platforms of notebook instances that AWS still mends; empty allows any.
    pub allowed_platforms: Vec<String>,
    /// Patterns of the ARNs of Studio images; empty allows any.
    pub allowed_studio_images: Vec<String>,
    /// Patterns of the ARNs of Studio lifecycle configurations; empty allows any.
    pub allowed_lifecycle_configs: Vec<String>,
}

impl Default for ComputeSettings {
    fn default() -> Self {
        Self {
            allowed_instance_types: Vec::new(),
            max_runtime_seconds: None,
            // The one that Security Hub's SageMaker.8 lets pass.
            allowed_platforms: vec!["notebook-al2023-v1".to_owned()],
            allowed_studio_images: Vec::new(),
            allowed_lifecycle_configs: Vec::new(),
        }
    }
}

/// What every resource must say of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TraceabilitySettings {
    /// Keys of tags; empty wants none.
    #[serde(deserialize_with = "tag_keys")]
    pub required_tags: Vec<String>,
}

/// How endpoints are watched.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MonitoringSettings {
    /// Types of Model Monitor schedule that every endpoint must have; empty wants none.
    #[serde(deserialize_with = "monitoring_types")]
    pub required_types: Vec<String>,
    /// The part of the requests that must be captured at least, in percent.
    #[serde(deserialize_with = "percent")]
    pub min_sampling_percentage: i64,
}

impl Default for MonitoringSettings {
    fn default() -> Self {
        Self { required_types: Vec::new(), min_sampling_percentage: 1 }
    }
}

/// Which models must be explained.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExplainabilitySettings {
    /// The tag of what is of high risk, as `key=value`; absent means that nothing is.
    pub high_risk_tag: Option<TagValue>,
}

/// Where to look for a commit that nobody named.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LineageSettings {
    /// The repository's name; names in braces are tags of the resource.
    pub repository: String,
    /// The branch whose head counts.
    pub branch: String,
    /// Whether the commit that a job names is written onto its trial component, once the job has ended.
    pub write_back_commit: bool,
}

impl Default for LineageSettings {
    fn default() -> Self {
        Self {
            repository: "ds-source-{ProjectName}-{EnvironmentType}".to_owned(),
            branch: "main".to_owned(),
            write_back_commit: false,
        }
    }
}
