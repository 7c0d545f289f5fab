//! Waivers: what may break a control for a while.

use sagewarden_events::{Resource, Timestamp};
use serde::Deserialize;
use wildmatch::WildMatch;

use crate::check::{end_of_day, pattern, words};

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
