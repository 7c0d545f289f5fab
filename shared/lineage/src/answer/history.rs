//! The history of an entity.

use sagewarden_events::Timestamp;
use serde::Serialize;

use super::words::{closing, line};
use crate::audit::VerdictDigest;

/// The kind of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// A configuration came into force, or the endpoint went away.
    Deployment,
    /// The approval of a model package that an endpoint ran was given or taken back.
    Approval,
    /// The endpoint, or something that it ran, failed a control.
    Finding,
    /// A monitoring execution began, watched and found nothing, or did not watch.
    Monitoring,
    /// A monitoring execution found violations.
    Drift,
    /// The entity was created or deleted, or reached a state.
    State,
}

impl EntryKind {
    /// The word in answers.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::Approval => "approval",
            Self::Finding => "finding",
            Self::Monitoring => "monitoring",
            Self::Drift => "drift",
            Self::State => "state",
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Entry {
    /// When.
    pub time: Timestamp,
    /// Which kind of event.
    pub kind: EntryKind,
    /// One sentence.
    pub text: String,
    /// The identity of the node that it happened to.
    pub subject: String,
    /// For a verdict: its digest in the chain of verdicts on that node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<VerdictDigest>,
    /// For a verdict: the digest of the one before; absent for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<VerdictDigest>,
}

/// The history of an endpoint, or of another entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct History {
    /// The entity.
    pub root: String,
    /// Its kind and name.
    pub name: String,
    /// The newest first.
    pub entries: Vec<Entry>,
    /// Whether the history is complete.
    pub complete: bool,
    /// Why the history is incomplete, in words.
    pub missing: Vec<String>,
    /// Continues with older entries.
    pub cursor: Option<String>,
    /// Requests to the table.
    pub requests: usize,
}

impl History {
    /// Lines for people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("history of {}, the newest first\n", line(&self.name));
        for Entry { time, kind, text: words, .. } in &self.entries {
            text.push_str(&format!("  {time}  {:<10}  {}\n", kind.word(), line(words)));
        }
        text.push_str(&closing(self.complete, &self.missing));
        text
    }
}
