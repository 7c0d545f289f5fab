//! The result of a sweep for one resource.

use sagewarden_events::{Resource, Timestamp};
use sagewarden_policy::Verdict;

use crate::enforce::judged::Judged;
use crate::ports::ListedResource;

/// How a sweep handled a resource of a list.
#[derive(Debug)]
pub enum Swept {
    /// It was looked at.
    Found(Box<SweptResource>),
    /// It was gone when it was to be described.
    Vanished(Resource),
    /// It could not be judged or recorded; the rest of the sweep goes on.
    Failed {
        /// Which one.
        resource: Resource,
        /// Why.
        reason: String,
    },
    /// An earlier sweep saw the resource, and it no longer exists.
    Gone(Resource),
}

/// A resource that a sweep looked at.
#[derive(Debug)]
pub struct SweptResource {
    /// Which one.
    pub resource: Resource,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// Its state, for kinds that have one.
    pub status: Option<String>,
    /// The role that it runs with.
    pub role: Option<String>,
    /// Its owner, by its tags.
    pub owner: Option<String>,
    /// The verdict; `None` for a kind without controls.
    pub verdict: Option<Verdict>,
    /// Why the verdict is not recorded: the resource is being changed, or another one started it.
    pub left: Option<String>,
    /// Why it is not in the lineage, though its kind belongs there.
    pub unrecorded: Option<String>,
}

impl SweptResource {
    pub(super) fn of(listed: &ListedResource) -> Self {
        Self {
            resource: listed.resource.clone(),
            created_at: listed.created_at,
            status: None,
            role: None,
            owner: None,
            verdict: None,
            left: None,
            unrecorded: None,
        }
    }

    /// As it was looked at: the description has the name as its owner wrote it.
    pub(super) fn take(&mut self, judged: Judged) {
        self.left = judged
            .not_yet()
            .or_else(|| judged.verdict.parent.as_ref().map(|parent| format!("it was started by {parent}")));
        self.created_at = Some(judged.created_at);
        self.status = judged.status.map(|status| status.to_string());
        self.role = judged.role;
        self.owner = judged.owner;
        self.verdict = Some(judged.verdict);
        self.resource = judged.resource;
    }
}
