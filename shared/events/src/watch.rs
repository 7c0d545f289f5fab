//! A part of the work of a tick, as an event of Sagewarden's own. One invocation cannot check ten thousand schedules.

use serde_json::{Value, json};

use crate::time::Timestamp;

/// A part of the work of a tick, small enough for one record of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchPart {
    /// What the clock checks.
    pub watched: Watched,
    /// Which part of them.
    pub scope: WatchScope,
}

/// What the clock checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    /// Whether monitoring schedules ran.
    Schedules,
    /// Whether endpoints still capture traffic.
    Endpoints,
    /// Which windows of captured traffic are over.
    Windows,
    /// Which windows have predictions that are due to be measured.
    Labels,
    /// What there is in the account, kind by kind.
    Account,
}

impl Watched {
    const ALL: [Self; 5] = [Self::Schedules, Self::Endpoints, Self::Windows, Self::Labels, Self::Account];

    /// The word in the event.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Schedules => "schedules",
            Self::Endpoints => "endpoints",
            Self::Windows => "windows",
            Self::Labels => "labels",
            Self::Account => "account",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.word() == word)
    }
}

/// A part of the resources to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchScope {
    /// The list continues at this cursor; the function still has to read it.
    From(String),
    /// These, by name.
    These(Vec<String>),
}

impl WatchPart {
    /// The event's `source`.
    pub const SOURCE: &str = "sagewarden";
    /// The event's `detail-type`.
    pub const DETAIL_TYPE: &str = "Sagewarden Watch Continued";

    /// The event's `detail`; `tick` is when the clock ticked.
    #[must_use]
    pub fn detail(&self, tick: Timestamp) -> Value {
        let watch = self.watched.word();
        match &self.scope {
            WatchScope::From(from) => json!({ "watch": watch, "tick": tick, "from": from }),
            WatchScope::These(these) => json!({ "watch": watch, "tick": tick, "these": these }),
        }
    }
}
