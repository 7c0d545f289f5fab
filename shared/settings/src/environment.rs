//! Environments: what differs in some accounts, or on resources with some tag.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::{
    AccessSettings, ArtifactSettings, ComputeSettings, ControlMode, EncryptionSettings,
    ExplainabilitySettings, Mode, MonitoringSettings, NetworkSettings, Settings, TraceabilitySettings, check,
};

/// A part of the world with rules of its own. A section that it has takes the place of the file's; the others stay. The first
/// environment that fits a resource counts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// What people call it, such as `prod`.
    #[serde(deserialize_with = "check::words")]
    pub name: String,
    /// Accounts that belong to it.
    #[serde(default, deserialize_with = "check::accounts")]
    pub accounts: Vec<String>,
    /// A tag of resources that belong to it. Whoever may tag a resource chooses its environment by that: let only trusted
    /// roles set this tag.
    pub tag: Option<TagValue>,
    /// Whether violations are remedied there.
    pub mode: Option<Mode>,
    /// Where resources may run.
    pub network: Option<NetworkSettings>,
    /// Whose keys they may use.
    pub encryption: Option<EncryptionSettings>,
    /// Which roles they may run with.
    pub access: Option<AccessSettings>,
    /// Where data and images may come from and go to.
    pub artifacts: Option<ArtifactSettings>,
    /// What they may run on.
    pub compute: Option<ComputeSettings>,
    /// What they must say of themselves.
    pub traceability: Option<TraceabilitySettings>,
    /// How endpoints are watched.
    pub monitoring: Option<MonitoringSettings>,
    /// Which models must be explained.
    pub explainability: Option<ExplainabilitySettings>,
    /// By the id of a control: what is done about it there, above the file's own.
    #[serde(default)]
    pub controls: BTreeMap<String, ControlMode>,
}

impl Environment {
    /// Whether a resource of this account with these tags belongs to it. Where it names accounts and a tag, both must fit.
    #[must_use]
    pub fn fits(&self, account: &str, tags: &BTreeMap<&str, &str>) -> bool {
        let by_account = self.accounts.is_empty() || self.accounts.iter().any(|one| one == account);
        let by_tag = self.tag.as_ref().is_none_or(|tag| tag.is_on(tags));
        let names_something = !self.accounts.is_empty() || self.tag.is_some();
        names_something && by_account && by_tag
    }

    /// The settings that hold in it.
    #[must_use]
    pub fn over(&self, base: &Settings) -> Settings {
        fn or<T: Clone>(own: Option<&T>, base: &T) -> T {
            own.unwrap_or(base).clone()
        }
        let mut controls = base.controls.clone();
        controls.extend(self.controls.clone());
        Settings {
            mode: self.mode.unwrap_or(base.mode),
            network: or(self.network.as_ref(), &base.network),
            encryption: or(self.encryption.as_ref(), &base.encryption),
            access: or(self.access.as_ref(), &base.access),
            artifacts: or(self.artifacts.as_ref(), &base.artifacts),
            compute: or(self.compute.as_ref(), &base.compute),
            traceability: or(self.traceability.as_ref(), &base.traceability),
            monitoring: or(self.monitoring.as_ref(), &base.monitoring),
            explainability: or(self.explainability.as_ref(), &base.explainability),
            lineage: base.lineage.clone(),
            drift: base.drift.clone(),
            controls,
            waivers: base.waivers.clone(),
            environments: Vec::new(),
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
    /// Whether a resource has it.
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
