//! An event, independent of the shape it came in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::git::{CommitId, RefChange, RefKind, Repository};
use crate::resource::Resource;
use crate::status::Status;
use crate::time::Timestamp;
use crate::watch::WatchPart;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A branch or tag of a CodeCommit repository was created, moved or deleted.
    ReferenceChanged(ReferenceChanged),
    /// A SageMaker resource changed its state.
    ResourceChanged(ResourceChanged),
    /// Somebody called the SageMaker API (CloudTrail).
    CallMade(CallMade),
    /// An object was written to S3.
    ObjectCreated(ObjectCreated),
    /// A scheduled rule of EventBridge fired.
    ClockTicked(ClockTicked),
    /// A well-formed event that does not concern Sagewarden.
    NotOurs {
        /// The event's `source`.
        source: String,
        /// The event's `detail-type`, or its equivalent in the older form.
        detail_type: String,
    },
}

/// A push, in either of CodeCommit's two forms.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceChanged {
    /// Where.
    pub repository: Repository,
    /// What happened to the reference.
    pub change: RefChange,
    /// Branch or tag.
    pub kind: RefKind,
    /// The short name, such as `main`.
    pub name: String,
    /// The commit that it points to now; absent if it was deleted.
    pub commit: Option<CommitId>,
    /// The commit that it pointed to before, if the event says so.
    pub old_commit: Option<CommitId>,
    /// Who pushed, as an ARN, if the event says so.
    pub caller: Option<String>,
    /// When.
    pub time: Timestamp,
}

/// A SageMaker `… State Change` event.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceChanged {
    /// Which resource.
    pub resource: Resource,
    /// The state, for kinds that have one.
    pub status: Option<Status>,
    /// The reason of a failure.
    pub failure_reason: Option<String>,
    /// When the resource was created.
    pub created_at: Option<Timestamp>,
    /// When the state was reached.
    pub modified_at: Option<Timestamp>,
    /// The tags that the event carries; only `ListTags` answers all of them.
    pub tags: BTreeMap<String, String>,
    /// The endpoint configuration in force, for endpoints.
    pub endpoint_config: Option<String>,
    /// Whether a model package may be used, for packages: `Approved`, `Rejected` or `PendingManualApproval`.
    pub approval: Option<String>,
    /// When the event was sent.
    pub time: Timestamp,
}

/// An `AWS API Call via CloudTrail` event of SageMaker.
#[derive(Clone, Debug, PartialEq)]
pub struct CallMade {
    /// The API's name, such as `CreateTrainingJob`.
    pub name: String,
    /// What it does to the resource.
    pub effect: Effect,
    /// The resource, if the call names it.
    pub resource: Option<Resource>,
    /// Who called.
    pub actor: Actor,
    /// The error, if the call was refused or failed: nothing was created.
    pub error_code: Option<String>,
    /// The request in CloudTrail's lowerCamelCase; null if CloudTrail left it out.
    pub request: Value,
    /// When.
    pub time: Timestamp,
}

/// What a call does to its resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The call creates it.
    Created,
    /// The call changes its settings.
    Changed,
    /// The call deletes it, and its description with it.
    Deleted,
    /// The call asks for an address or session with which somebody works as its user.
    SignedIn,
}

/// Who called the API, as CloudTrail's `userIdentity` says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The principal: a user, or the session of a role.
    pub arn: Option<String>,
    /// The role behind the session.
    pub role: Option<String>,
    /// The identity that the person kept when assuming the role (`sourceIdentity`).
    pub source_identity: Option<String>,
    /// The id of the user of Identity Center on whose behalf the call was made (`onBehalfOf`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
    /// The address of the caller, or the AWS service that called.
    pub source_ip: Option<String>,
}

impl Actor {
    /// What stands before the id of a user of Identity Center.
    pub const IDENTITY_CENTER_USER: &str = "Identity Center user ";

    /// The person behind the call, as far as a session names one: the source identity, else the user of Identity Center.
    #[must_use]
    pub fn person(&self) -> Option<String> {
        let user = || self.on_behalf_of.as_ref().map(|user| format!("{}{user}", Self::IDENTITY_CENTER_USER));
        self.source_identity.clone().or_else(user)
    }

    /// The source identity of the session; else the principal, and the user of Identity Center for whom it acts.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        let user = self.person().filter(|_| self.source_identity.is_none());
        match (&self.arn, user) {
            (Some(arn), Some(user)) => Some(format!("{arn} for {user}")),
            (_, Some(user)) => Some(user),
            (arn, None) => self.source_identity.clone().or_else(|| arn.clone()),
        }
    }

    /// What a tag or a rule may call the person: the source identity, else the name of the session or user; and the id of the user of
    /// Identity Center. A source identity stays whichever role is assumed next: beside it, the name of a session says nothing.
    pub fn short_names(&self) -> impl Iterator<Item = &str> {
        let own = self.source_identity.as_deref().or_else(|| self.arn.as_deref()?.rsplit('/').next());
        own.into_iter().chain(self.on_behalf_of.as_deref())
    }
}

/// An S3 `Object Created` event (EventBridge form).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectCreated {
    /// Twelve digits.
    pub account: String,
    /// Such as `eu-west-1`.
    pub region: String,
    /// The bucket.
    pub bucket: String,
    /// The key, as it is (this form is not URL-encoded).
    pub key: String,
    /// Absent if the bucket keeps no versions.
    pub version_id: Option<String>,
    /// The entity tag, without quotes.
    pub etag: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// Orders the events of one key, because their times are only exact to a second. A hexadecimal number whose trailing zeros may be
    /// missing.
    pub sequencer: Option<String>,
    /// When.
    pub time: Timestamp,
}

/// A `Scheduled Event` of EventBridge, which says only when and where; or a part of the work that such an event began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockTicked {
    /// Twelve digits.
    pub account: String,
    /// Such as `eu-west-1`.
    pub region: String,
    /// When it was due.
    pub time: Timestamp,
    /// Which part of the work this is; absent for the tick itself.
    pub part: Option<WatchPart>,
}
