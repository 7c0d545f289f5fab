//! A part of the work that a tick of the clock began, as an event of Sagewarden's own: one invocation cannot ask ten thousand schedules.

use serde_json::{Value, json};

use crate::time::Timestamp;

/// A part of the work of a tick, small enough for one record of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchPart {
    /// What is asked.
    pub watched: Watched,
    /// Which of them.
    pub scope: WatchScope,
}

/// What the clock asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    /// Whether monitoring schedules ran.
    Schedules,
    /// Whether endpoints still capture traffic.
    Endpoints,
    /// Which windows of captured traffic are over.
    Windows,
    /// Whose predictions are to be measured by their labels.
    Labels,
}

impl Watched {
    const ALL: [Self; 4] = [Self::Schedules, Self::Endpoints, Self::Windows, Self::Labels];

    /// The word in the event.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Schedules => "schedules",
            Self::Endpoints => "endpoints",
            Self::Windows => "windows",
            Self::Labels => "labels",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.word() == word)
    }
}

/// Which of those that are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchScope {
    /// The list goes on here: what is there is still to be found out.
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
