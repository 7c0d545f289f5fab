//! What an environment allows: `settings.toml`.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// Whether violations are only told, or stopped as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Judge, record and tell. The default: a first deployment stops nothing.
    #[default]
    Observe,
    /// Also stop jobs and delete unused models.
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
    /// Where commits are looked for.
    pub lineage: LineageSettings,
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
}

/// Where to look for a commit that nobody named.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LineageSettings {
    /// The repository's name; names in braces are tags of the resource.
    pub repository: String,
    /// The branch whose head counts.
    pub branch: String,
}

impl Default for LineageSettings {
    fn default() -> Self {
        Self { repository: "ds-source-{ProjectName}-{EnvironmentType}".to_owned(), branch: "main".to_owned() }
    }
}

fn subnets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    checked(deserializer, "a subnet id such as `subnet-0a1b2c3d`", |text| is_id(text, "subnet-"))
}

fn security_groups<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    checked(deserializer, "a security group id such as `sg-0a1b2c3d`", |text| is_id(text, "sg-"))
}

fn accounts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    checked(deserializer, "an account of 12 digits", |text| {
        text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// An allow-list with a typo would forbid everything, or nothing: it is refused instead.
fn checked<'de, D: Deserializer<'de>>(
    deserializer: D,
    wanted: &str,
    is_right: impl Fn(&str) -> bool,
) -> Result<Vec<String>, D::Error> {
    let list = Vec::<String>::deserialize(deserializer)?;
    match list.iter().find(|text| !is_right(text)) {
        Some(wrong) => Err(D::Error::custom(format!("`{wrong}` is not {wanted}"))),
        None => Ok(list),
    }
}

fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}
