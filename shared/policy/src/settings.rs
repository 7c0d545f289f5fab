//! What an environment allows: `settings.toml`.

use std::collections::BTreeMap;

use sagewarden_events::{Resource, ResourceKind, Timestamp};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use wildmatch::WildMatch;

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
    /// Which roles they may run with.
    pub access: AccessSettings,
    /// Where data and images may come from and go to.
    pub artifacts: ArtifactSettings,
    /// Where commits are looked for.
    pub lineage: LineageSettings,
    /// By the id of a control: what is done about it. The default is to enforce it.
    pub controls: BTreeMap<String, ControlMode>,
    /// What may break a control for a while.
    pub waivers: Vec<Waiver>,
}

impl Settings {
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
}

/// Which roles resources may run with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessSettings {
    /// Patterns of role ARNs; empty allows any.
    #[serde(deserialize_with = "role_patterns")]
    pub allowed_roles: Vec<String>,
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

fn role_patterns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let wanted = "the ARN of a role such as `arn:aws:iam::111122223333:role/ds-*`";
    checked(deserializer, wanted, |text| text.starts_with("arn:") && text.contains(":role/"))
}

fn bucket_patterns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-*?".contains(&byte);
    checked(deserializer, "the name of a bucket such as `ds-data-*`", |text| {
        !text.is_empty() && text.bytes().all(is_name)
    })
}

fn image_patterns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let wanted = "an image without tag and digest such as `111122223333.dkr.ecr.*.amazonaws.com/*`";
    checked(deserializer, wanted, |text| text.contains('/') && !text.contains('@'))
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

fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() { Err(D::Error::custom("it must not be empty")) } else { Ok(text) }
}

/// A pattern that fits no resource would waive nothing, and nobody would notice.
fn pattern<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = words(deserializer)?;
    let kind = text.split('/').next().unwrap_or_default();
    if text.starts_with("arn:") || ResourceKind::from_segment(kind).is_some_and(|_| text.contains('/')) {
        return Ok(text);
    }
    Err(D::Error::custom(format!(
        "`{text}` is neither `<kind>/<name>`, such as `training-job/legacy-*`, nor an ARN"
    )))
}

fn end_of_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let date = toml::value::Datetime::deserialize(deserializer)?;
    let end = Timestamp::from_text(&format!("{date}T23:59:59.999Z")).filter(|_| date.time.is_none());
    end.ok_or_else(|| D::Error::custom(format!("`{date}` is not a day such as 2026-12-31")))
}

fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}
