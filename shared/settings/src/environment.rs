//! Environments: settings of some accounts, or of resources with a tag.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::check::{accounts, words};
use crate::mode::{ControlMode, Mode, Profile};
use crate::section::{
    AccessSettings, ArtifactSettings, ComputeSettings, EncryptionSettings, ExplainabilitySettings,
    MonitoringSettings, NetworkSettings, TagValue, TraceabilitySettings,
};

/// An environment. Its sections replace the sections of the file; the other sections stay. The first environment of an account replaces the
/// settings of the file. Environments with a tag apply in addition.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Its name for people, such as `prod`.
    #[serde(deserialize_with = "words")]
    pub name: String,
    /// Accounts that belong to it.
    #[serde(default, deserialize_with = "accounts")]
    pub accounts: Vec<String>,
    /// A tag of resources that belong to it. People who may tag a resource can choose its environment. So such an environment only adds
    /// findings, and only a tag of the creating call leads to a remedy.
    pub tag: Option<TagValue>,
    /// Which controls are judged there.
    pub profile: Option<Profile>,
    /// Whether violations are remedied there.
    pub mode: Option<Mode>,
    /// Where resources may run.
    pub network: Option<NetworkSettings>,
    /// The keys that they may use.
    pub encryption: Option<EncryptionSettings>,
    /// Which roles they may run with.
    pub access: Option<AccessSettings>,
    /// Where data and images may come from and go to.
    pub artifacts: Option<ArtifactSettings>,
    /// The instance types that they may run on.
    pub compute: Option<ComputeSettings>,
    /// Which tags they must carry.
    pub traceability: Option<TraceabilitySettings>,
    /// How endpoints are watched.
    pub monitoring: Option<MonitoringSettings>,
    /// Which models must be explained.
    pub explainability: Option<ExplainabilitySettings>,
    /// The mode of each control by its id; it overrides the mode in the file.
    #[serde(default)]
    pub controls: BTreeMap<String, ControlMode>,
}

impl Environment {
    /// Whether a resource of this account with these tags belongs to it. If it names accounts and a tag, both must fit.
    #[must_use]
    pub fn fits(&self, account: &str, tags: &BTreeMap<&str, &str>) -> bool {
        let by_account = self.accounts.is_empty() || self.accounts.iter().any(|one| one == account);
        let by_tag = self.tag.as_ref().is_none_or(|tag| tag.is_on(tags));
        let names_something = !self.accounts.is_empty() || self.tag.is_some();
        names_something && by_account && by_tag
    }
}
