//! Waivers: resources that may fail a control for a while.

use sagewarden_events::{Resource, Timestamp};
use serde::Deserialize;
use wildmatch::WildMatch;

use crate::check::{beginning_of_day, end_of_day, pattern, words};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A decision of an approver that a resource may fail a control until a day.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The control's id.
    pub control: String,
    /// Which resources: an ARN that names an account and a kind, with `*` and `?` in the rest.
    #[serde(deserialize_with = "pattern")]
    pub resource: String,
    /// Why.
    #[serde(deserialize_with = "words")]
    pub reason: String,
    /// Who allowed it.
    #[serde(deserialize_with = "words")]
    pub approver: String,
    /// When it was granted: the beginning of the day that the file names, UTC.
    #[serde(deserialize_with = "beginning_of_day")]
    pub granted: Timestamp,
    /// Its last moment: the end of the day that the file names, UTC. It does not cover resources that were created or changed later.
    #[serde(deserialize_with = "end_of_day")]
    pub expires: Timestamp,
}

/// How many days a waiver lasts at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct LongestWaiver(u16);

impl Default for LongestWaiver {
    fn default() -> Self {
        Self(365)
    }
}

impl Waiver {
    /// The fault of its term, in words.
    pub(crate) fn wrong_term(&self, longest: LongestWaiver) -> Option<String> {
        let days = (self.expires.millis() - self.granted.millis()) / DAY_MS;
        if self.expires < self.granted {
            return Some(format!("the waiver of {} expires before it is granted", self.control));
        }
        let LongestWaiver(most) = longest;
        (days > i64::from(most)).then(|| {
            format!("the waiver of {} lasts {days} days: `longest_waiver_days` is {most}", self.control)
        })
    }

    /// Whether it is about this control and resource, expired or not.
    #[must_use]
    pub fn concerns(&self, control: &str, resource: &Resource) -> bool {
        self.control == control && WildMatch::new(&self.resource).matches(&resource.arn())
    }
}
