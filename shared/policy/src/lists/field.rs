//! A row of the table, and the lists of the settings.

use sagewarden_events::ResourceKind;

use crate::arn::Named;

/// Some fields of a kind that one list covers.
#[derive(Clone, Copy, Debug)]
pub struct Listed {
    /// The kind that has them.
    pub kind: ResourceKind,
    /// The fact in the Cedar schema that is false when one does not fit.
    pub fact: &'static str,
    /// The list.
    pub list: List,
    /// Where they stand.
    pub paths: &'static [&'static str],
}

/// A list of the settings, and the content of its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// A role that the resource cannot be without; `access.allowed_roles`.
    ExecutionRole,
    /// Roles that may be named; `access.allowed_roles`.
    Roles,
    /// S3 locations; `artifacts.allowed_buckets`.
    Locations,
    /// Texts that may hold S3 locations: environments, hyperparameters, arguments; `artifacts.allowed_buckets`.
    Texts,
    /// Types of S3 data; a manifest names objects that are not read; `artifacts.allowed_buckets`.
    DataTypes,
    /// Data sets of hubs, which are not buckets; `artifacts.allowed_buckets`.
    OtherStores,
    /// File systems, beside data in buckets: they are no buckets; `artifacts.allowed_buckets`, unless file systems have a list.
    Mounts,
    /// File systems by their ids or DNS names; `artifacts.allowed_file_systems`.
    FileSystems,
    /// Container images; `artifacts.allowed_images`.
    Images,
    /// Algorithms, which run an image that the description does not name; `artifacts.allowed_images`.
    Algorithms,
    /// Models of hubs; `artifacts.allowed_base_models`.
    BaseModels,
    /// Git repositories, or the names of code repositories, which are judged themselves; `artifacts.allowed_repositories`.
    Repositories,
    /// Instance types; `compute.allowed_instance_types`.
    InstanceTypes,
    /// Studio images by ARN, version or name; `compute.allowed_studio_images`.
    StudioImages,
    /// Studio lifecycle configurations; `compute.allowed_lifecycle_configs`.
    LifecycleConfigs,
    /// Subnets; `network.allowed_subnets`.
    Subnets,
    /// Security groups; `network.allowed_security_groups`.
    SecurityGroups,
    /// ARNs of what accounts own; this account and `access.allowed_accounts`.
    Owned(Named),
    /// Keys; `encryption.allowed_keys` and `encryption.allowed_key_accounts`.
    Keys,
    /// Keys of tags; `traceability.required_tags`.
    Tags,
}

/// Where required tags are read for every kind that can have them.
pub(super) const TAGS: &[&str] = &["ListTags:Tags[].Key"];

pub(super) const fn listed(
    kind: ResourceKind,
    fact: &'static str,
    list: List,
    paths: &'static [&'static str],
) -> Listed {
    Listed { kind, fact, list, paths }
}
