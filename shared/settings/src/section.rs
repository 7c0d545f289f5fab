//! The sections of the file that environments can have of their own, and where commits are looked for.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::check::*;

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
    /// Patterns of the names of models that serverless inference may serve, and nothing else; empty allows any, and exempts none.
    #[serde(deserialize_with = "model_patterns")]
    pub serverless_models: Vec<String>,
}

/// Which keys resources may use.
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
    /// Patterns of the ARNs of people and roles that may approve a model package; empty allows anybody but its author.
    #[serde(deserialize_with = "principal_patterns")]
    pub allowed_approvers: Vec<String>,
    /// Accounts, beside the resource's own, that a resource policy may open it to, whose teams and topics a labeling job may use, and to whose
    /// endpoints a router may send requests.
    #[serde(deserialize_with = "accounts")]
    pub allowed_accounts: Vec<String>,
    /// Regions, beside its own, to which a router may send requests.
    #[serde(deserialize_with = "regions")]
    pub allowed_regions: Vec<String>,
    /// Keys of the tags whose value names the owner of a resource; the first one that it has counts. If empty, anybody may sign in to
    /// notebook instances, user profiles, spaces and apps, and findings name no owner by tag.
    #[serde(deserialize_with = "tag_keys")]
    pub owner_tags: Vec<String>,
    /// Patterns of the ARNs of roles that may ask for the addresses of others, such as the role of a portal.
    #[serde(deserialize_with = "role_patterns")]
    pub sign_in_roles: Vec<String>,
    /// Whether Sagewarden checks the policies of the role that a job runs with; this needs permissions to read them.
    pub inspect_roles: bool,
}

/// Where data and images may come from and go to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ArtifactSettings {
    /// Patterns of bucket names; empty allows any.
    #[serde(deserialize_with = "bucket_patterns")]
    pub allowed_buckets: Vec<String>,
    /// Patterns of the ids of file systems, such as `fs-0123456789abcdef0`; empty allows any.
    #[serde(deserialize_with = "file_system_patterns")]
    pub allowed_file_systems: Vec<String>,
    /// Patterns of image names without tag and digest, such as `111122223333.dkr.ecr.*.amazonaws.com/*`; empty allows any.
    #[serde(deserialize_with = "image_patterns")]
    pub allowed_images: Vec<String>,
    /// Patterns of the ARNs of hub contents that may be tuned or deployed; empty allows any.
    #[serde(deserialize_with = "content_patterns")]
    pub allowed_base_models: Vec<String>,
    /// Patterns of Git repositories without scheme, such as `git-codecommit.*.amazonaws.com/v1/repos/ds-*`; empty allows any.
    #[serde(deserialize_with = "repository_patterns")]
    pub allowed_repositories: Vec<String>,
    /// Whether models must come from an approved version of the model registry.
    pub require_approval: bool,
    /// The stage of a version in the model registry in which it must be approved before an endpoint serves it; if absent, any.
    #[serde(deserialize_with = "stage_name")]
    pub serving_stage: Option<String>,
    /// The stages of a version in the model registry, in their order; if empty, a version may skip any.
    #[serde(deserialize_with = "stage_names")]
    pub stages: Vec<String>,
}

/// Which instance types, platforms and images resources may run on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ComputeSettings {
    /// Patterns of instance types; empty allows any.
    #[serde(deserialize_with = "instance_patterns")]
    pub allowed_instance_types: Vec<String>,
    /// How long a training or tuning job may run at most, in seconds; absent allows any time.
    #[serde(deserialize_with = "seconds")]
    pub max_runtime_seconds: Option<i64>,
    /// Platforms of notebook instances that AWS still patches; empty allows any.
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
            // The platform that Security Hub's control SageMaker.8 passes.
            allowed_platforms: vec!["notebook-al2023-v1".to_owned()],
            allowed_studio_images: Vec::new(),
            allowed_lifecycle_configs: Vec::new(),
        }
    }
}

/// The tags that every resource must carry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TraceabilitySettings {
    /// Keys of tags; if empty, no tag is required.
    #[serde(deserialize_with = "tag_keys")]
    pub required_tags: Vec<String>,
    /// Whether the guard of the Python package refuses requests from a checkout with uncommitted changes.
    pub refuse_uncommitted: bool,
}

/// How endpoints are watched.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MonitoringSettings {
    /// Types of Model Monitor schedule that every endpoint must have; if empty, no schedule is required.
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
    /// The tag of high-risk resources, as `key=value`; if absent, no resource is high-risk.
    pub high_risk_tag: Option<TagValue>,
}

/// Where to look for the commit, if a resource names none.
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

/// `key=value`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagValue {
    key: String,
    value: String,
}

impl TagValue {
    /// Whether a resource has the tag.
    #[must_use]
    pub fn is_on(&self, tags: &BTreeMap<&str, &str>) -> bool {
        tags.get(self.key.as_str()) == Some(&self.value.as_str())
    }
}

impl<'de> Deserialize<'de> for TagValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.split_once('=').map(|(key, value)| (key.trim(), value.trim())) {
            Some((key, value)) if !key.is_empty() && !value.is_empty() => {
                Ok(Self { key: key.to_owned(), value: value.to_owned() })
            }
            _ => Err(D::Error::custom(format!("`{text}` is not `key=value`, such as `Environment=prod`"))),
        }
    }
}
