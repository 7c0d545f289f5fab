//! Environments: what differs in some accounts, or on resources with some tag.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::check::{accounts, words};
use crate::mode::{ControlMode, Mode, Profile};
use crate::section::{
    AccessSettings, ArtifactSettings, ComputeSettings, EncryptionSettings, ExplainabilitySettings,
    MonitoringSettings, NetworkSettings, TagValue, TraceabilitySettings,
};

/// A part of the world with rules of its own. A section that it has takes the place of the file's; the others stay. The first
/// environment of an account takes the place of the file; those that name a tag come on top.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// What people call it, such as `prod`.
    #[serde(deserialize_with = "words")]
    pub name: String,
    /// Accounts that belong to it.
    #[serde(default, deserialize_with = "accounts")]
    pub accounts: Vec<String>,
    /// A tag of resources that belong to it. Whoever may tag a resource chooses its environment by that: it only ever adds findings,
    /// and only a tag of the creating call leads to a remedy.
    pub tag: Option<TagValue>,
    /// How many of the controls are judged there.
    pub profile: Option<Profile>,
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
    /// The mode of each control by its id; goes before the file's own.
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
}
