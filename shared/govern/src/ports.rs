//! What the use cases need from the world: a few small traits. Adapters in `shared/aws` speak to AWS, those in
//! `shared/local` to an embedded store and a simulated account; one suite of contract tests runs over both.

use std::collections::BTreeMap;
use std::error::Error;

use sagewarden_events::{CommitId, Corrections, Grant, Repository, Resource, Timestamp};
use sagewarden_lineage::s3::Checksum;
use sagewarden_lineage::table::{Attributes, Item, Key, Page, Query, Write};
use sagewarden_monitor::Metric;
use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

/// A port failed. What matters to a use case is only whether to try again, and whether access was refused.
#[derive(Debug, Error)]
#[error("{context}: {message}")]
pub struct PortError {
    context: String,
    message: String,
    kind: PortErrorKind,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// Why a port failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortErrorKind {
    /// The service asked to slow down.
    Throttled,
    /// The service did not answer, or answered with a fault of its own.
    Unavailable,
    /// A permission is missing. Trying again helps once somebody has granted it.
    Denied,
    /// The request can never succeed.
    Invalid,
}

impl PortErrorKind {
    /// The word for it. Stored facts name the kind of an error and never its text: a service words each answer differently, and
    /// what is stored stays for ever.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Denied => "denied",
            Self::Invalid => "refused",
        }
    }
}

impl PortError {
    /// `context` says what was tried (`describe training job \`x\``), `message` what came back.
    pub fn new(kind: PortErrorKind, context: impl Into<String>, message: impl Into<String>) -> Self {
        Self { context: context.into(), message: message.into(), kind, source: None }
    }

    /// Keeps the error of the library below.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What was tried.
    #[must_use]
    pub fn context(&self) -> &str {
        &self.context
    }

    /// Why it failed.
    #[must_use]
    pub fn kind(&self) -> PortErrorKind {
        self.kind
    }

    /// Whether the same call may succeed later. A denied call may: permissions get mended while the queue waits.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.kind != PortErrorKind::Invalid
    }

    /// Whether the service is at fault: busy, or silent. Anything else is the same the next time, until somebody changes it.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self.kind, PortErrorKind::Throttled | PortErrorKind::Unavailable)
    }
}

/// What `Describe…` answered, in the API's own words (PascalCase, times in epoch seconds).
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// Which resource was described.
    pub resource: Resource,
    /// The answer.
    pub document: Value,
}

impl Description {
    /// What was answered about `asked`. The name is the one that the answer has: an ARN may be in lower case where the name is
    /// not, and identities must not depend on who asked.
    #[must_use]
    pub fn new(asked: &Resource, document: Value) -> Self {
        let name = asked.kind.name_in(&document).unwrap_or_else(|| asked.name.clone());
        Self { resource: asked.sibling(asked.kind, name), document }
    }
}

/// The SageMaker account as its API tells it.
pub trait Account {
    /// Describes a resource; `None` when there is none of that name (any more).
    async fn describe(&self, resource: &Resource) -> Result<Option<Description>, PortError>;

    /// The tags of a resource; none when it is gone.
    async fn tags(&self, resource: &Resource) -> Result<BTreeMap<String, String>, PortError>;

    /// The monitoring schedules of an endpoint, as `ListMonitoringSchedules` answers: the pages as one.
    async fn schedules_of(&self, endpoint: &Resource) -> Result<Value, PortError>;

    /// The monitoring schedules of the account, as `ListMonitoringSchedules` answers: the pages as one.
    async fn schedules(&self) -> Result<Value, PortError>;

    /// The endpoints of the account, as `ListEndpoints` answers: the pages as one.
    async fn endpoints(&self) -> Result<Value, PortError>;

    /// The executions of a schedule that were due no earlier than `since`, as `ListMonitoringExecutions` answers: the pages as
    /// one. None when there is no such schedule (any more).
    async fn executions_of(&self, schedule: &Resource, since: Timestamp) -> Result<Value, PortError>;

    /// The steps of a pipeline's execution, as `ListPipelineExecutionSteps` answers: the pages as one. `None` when there is no
    /// such execution (any more).
    async fn steps_of(&self, execution: &Resource) -> Result<Option<Value>, PortError>;

    /// The trial components whose source is this job, as `ListTrialComponents` answers: the pages as one.
    async fn components_of(&self, job: &Resource) -> Result<Value, PortError>;

    /// Puts parameters on a trial component, as texts; what else it has stays.
    async fn annotate(
        &self,
        component: &Resource,
        parameters: &BTreeMap<String, String>,
    ) -> Result<(), PortError>;
}

/// What a stop call came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The service accepted the call.
    Requested,
    /// The job had ended, or was being stopped, already.
    Already,
}

/// Who uses a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelUse {
    /// No endpoint configuration of the account names it.
    Unused,
    /// These endpoint configurations name it (not necessarily all that do).
    UsedBy(Vec<String>),
    /// There are more endpoint configurations than could be looked at.
    Unknown {
        /// How many were.
        looked_at: usize,
    },
}

/// What Sagewarden may do to a resource.
pub trait Remedies {
    /// Stops a job, notebook instance or pipeline execution. A kind that cannot be stopped is an `Invalid` error.
    async fn stop(&self, resource: &Resource) -> Result<Stopped, PortError>;

    /// Changes settings in place. A setting that the kind does not have is an `Invalid` error.
    async fn change(&self, resource: &Resource, corrections: &Corrections) -> Result<(), PortError>;

    /// Starts a notebook instance that is stopped.
    async fn start(&self, notebook: &Resource) -> Result<(), PortError>;

    /// Puts a tag on a resource; one of the same key is overwritten.
    async fn mark(&self, resource: &Resource, key: &str, value: &str) -> Result<(), PortError>;

    /// Which endpoint configurations use a model; looks at no more than `at_most`.
    async fn model_use(&self, model: &Resource, at_most: usize) -> Result<ModelUse, PortError>;

    /// Deletes a model's entry. A model that is gone already is success.
    async fn delete_model(&self, model: &Resource) -> Result<(), PortError>;
}

/// The policies of a role.
#[derive(Clone, Debug, PartialEq)]
pub enum Grants {
    /// All of them, attached and inline: attached ones first, each in the order of the names.
    Known(Vec<Grant>),
    /// The role cannot be looked at from here, and why: it is another account's, or there is none of that ARN.
    Unknown(String),
}

/// The roles that resources run with.
pub trait Roles {
    /// The policies of a role of this account by its ARN, as they are now. A permission that is missing is a `Denied` error.
    async fn grants(&self, role_arn: &str) -> Result<Grants, PortError>;
}

/// A commit as the repository holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub id: CommitId,
    /// Its parents, first parent first.
    pub parents: Vec<CommitId>,
    /// Who wrote it.
    pub author_name: String,
    /// The writer's e-mail address.
    pub author_email: String,
    /// When it was written.
    pub authored_at: Option<Timestamp>,
    /// When it was committed: what git orders commits by. Later than `authored_at` where a commit was rebased or amended.
    pub committed_at: Option<Timestamp>,
    /// The message, whole and unchanged.
    pub message: String,
}

/// A file that a later commit added or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedFile {
    /// From the root of the repository, with slashes.
    pub path: String,
    /// The id of its content in the later commit.
    pub blob: String,
}

/// What differs between two commits. Only regular files count: no deletions, symbolic links or submodules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// In the service's order.
    pub files: Vec<ChangedFile>,
    /// False when there were more differences than were looked at.
    pub complete: bool,
}

/// Something to say on the page of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment<'a> {
    /// Where.
    pub repository: &'a Repository,
    /// The commit's first parent; absent for the first commit of a repository.
    pub parent: Option<&'a CommitId>,
    /// The commit.
    pub commit: &'a CommitId,
    /// A function of what is to be told, in the form of a UUID.
    pub token: &'a str,
    /// Markdown, no longer than [`Comment::MAX_CHARACTERS`].
    pub text: &'a str,
}

impl Comment<'_> {
    /// CodeCommit takes no more ("Quotas in AWS CodeCommit", user guide).
    pub const MAX_CHARACTERS: usize = 10_240;
}

/// The hosting of the source code.
pub trait SourceControl {
    /// A commit of a repository; `None` when the repository or the commit does not exist.
    async fn commit(&self, repository: &Repository, id: &CommitId) -> Result<Option<Commit>, PortError>;

    /// What `after` added to or changed in `before`; all of its files when there is no commit before. `None` when the
    /// repository or one of the commits does not exist. Looks at no more than `at_most` differences.
    async fn changes(
        &self,
        repository: &Repository,
        before: Option<&CommitId>,
        after: &CommitId,
        at_most: usize,
    ) -> Result<Option<Changes>, PortError>;

    /// The content of a changed file; `None` when it is larger than `at_most` bytes.
    async fn content(
        &self,
        repository: &Repository,
        file: &ChangedFile,
        at_most: usize,
    ) -> Result<Option<Vec<u8>>, PortError>;

    /// Posts a comment. Where a comment with this token has been posted, that one stays as it is, and nothing is added.
    async fn post(&self, comment: &Comment<'_>) -> Result<(), PortError>;
}

/// A version of an S3 object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectVersion {
    /// The key.
    pub key: String,
    /// Absent when the bucket keeps no versions.
    pub version_id: Option<String>,
    /// The entity tag, without quotes.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// S3's `LastModified`, in whole seconds.
    pub modified_at: Timestamp,
}

/// The objects that stood under a prefix at a point in time, in the order of their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// One version a key.
    pub objects: Vec<ObjectVersion>,
    /// False when there were more keys, or more versions, than were looked at.
    pub complete: bool,
}

/// The object store.
pub trait Objects {
    /// What stood at `prefix` (a key, or the beginning of keys) at `as_of`: for each key its newest version that was not
    /// written later and is not a delete marker. Looks at no more than `at_most` keys.
    async fn versions(
        &self,
        bucket: &str,
        prefix: &str,
        as_of: Timestamp,
        at_most: usize,
    ) -> Result<Listing, PortError>;

    /// Whether a bucket keeps versions, as `GetBucketVersioning` says: `Enabled`, `Suspended`, or nothing when it never did.
    async fn versioning(&self, bucket: &str) -> Result<Option<String>, PortError>;

    /// The newest content of an object; `None` when there is none. Larger than `at_most` bytes is an `Invalid` error.
    async fn read(&self, bucket: &str, key: &str, at_most: u64) -> Result<Option<Vec<u8>>, PortError>;

    /// The content of this version; `None` when it is there no more. Larger than `at_most` bytes is an `Invalid` error.
    async fn read_version(
        &self,
        bucket: &str,
        object: &ObjectVersion,
        at_most: u64,
    ) -> Result<Option<Vec<u8>>, PortError>;

    /// What the store says of the content of this version; `None` when it says nothing, or the version is there no more. A
    /// permission that is missing is a `Denied` error.
    async fn checksum(&self, bucket: &str, object: &ObjectVersion) -> Result<Option<Checksum>, PortError>;

    /// Keeps a manifest where the system keeps its own things, under its digest; returns its place. `None` where there is no
    /// such place. The same manifest again changes nothing.
    async fn keep_manifest(&self, digest: &str, text: &str) -> Result<Option<String>, PortError>;
}

/// Files that are too large to be held, and files that Sagewarden writes.
pub trait Files {
    /// Gives the content of this version piece by piece, from its beginning to its end; false when it is there no more. After
    /// an error `take` has got a part of it.
    async fn stream(
        &self,
        bucket: &str,
        object: &ObjectVersion,
        take: &mut dyn FnMut(&[u8]),
    ) -> Result<bool, PortError>;

    /// Writes a file. What stands there is replaced.
    async fn write(&self, bucket: &str, key: &str, content_type: &str, body: &[u8]) -> Result<(), PortError>;
}

/// Something that Sagewarden says to the world, as an event on its own bus (`source` is `sagewarden`).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Notice {
    /// The `detail-type`.
    pub detail_type: &'static str,
    /// ARNs that the event is about.
    pub resources: Vec<String>,
    /// The `detail`.
    pub detail: Value,
}

/// The system's own event bus.
pub trait Bus {
    /// Publishes a notice; success only when the bus has taken it.
    async fn publish(&self, notice: &Notice) -> Result<(), PortError>;
}

/// A claim on a side effect that must happen once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The receipt's key; its `pk` begins with `E#`.
    pub key: Key,
    /// Who claims: one invocation. Only this owner can settle or release.
    pub owner: String,
    /// Now.
    pub now: Timestamp,
    /// Until when nobody else may claim, should the owner die.
    pub until: Timestamp,
}

/// What came of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// It is the caller's: do it, then settle.
    Mine,
    /// It has been done.
    Done,
    /// Somebody else is at it; try again later.
    Busy,
}

/// The lineage table. Reads see all writes that returned before.
pub trait Table {
    /// Applies the writes, each by itself. Those of one item take effect in the order in which they stand, those of different
    /// items in no particular order. After an error some may have been applied; the same call again mends that. An item that
    /// is too large (400 KB) is an `Invalid` error.
    async fn write(&self, writes: &[Write]) -> Result<(), PortError>;

    /// The items of these keys, in no particular order; missing ones are left out, and one that is named twice comes once.
    async fn get(&self, keys: &[Key]) -> Result<Vec<Item>, PortError>;

    /// One page of a partition.
    async fn query(&self, query: &Query) -> Result<Page, PortError>;

    /// Claims a side effect. The receipt says `st` = `claimed`, and until when in `until` (milliseconds): granted when nobody has, when the last claim ran out unsettled, and again to its owner.
    async fn claim(&self, claim: &Claim) -> Result<Claimed, PortError>;

    /// Marks a claimed side effect as done. The receipt keeps nothing but `attributes` and `st` = `done`, so that it is
    /// the same whoever did it. Fails when the claim is not (any more) the owner's.
    async fn settle(&self, claim: &Claim, attributes: Attributes) -> Result<(), PortError>;

    /// Gives a claim back after a failure; nothing happens when it is not the owner's.
    async fn release(&self, claim: &Claim) -> Result<(), PortError>;
}

/// A table that somebody else holds.
impl<T: Table> Table for &T {
    async fn write(&self, writes: &[Write]) -> Result<(), PortError> {
        (*self).write(writes).await
    }

    async fn get(&self, keys: &[Key]) -> Result<Vec<Item>, PortError> {
        (*self).get(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Page, PortError> {
        (*self).query(query).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Claimed, PortError> {
        (*self).claim(claim).await
    }

    async fn settle(&self, claim: &Claim, attributes: Attributes) -> Result<(), PortError> {
        (*self).settle(claim, attributes).await
    }

    async fn release(&self, claim: &Claim) -> Result<(), PortError> {
        (*self).release(claim).await
    }
}

/// A record that can never succeed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// The function that rejected it.
    pub function: String,
    /// Its id in the queue.
    pub message_id: String,
    /// Why.
    pub reason: String,
    /// When.
    pub time: Timestamp,
    /// The record as it came.
    pub body: String,
}

/// Where rejected records are kept.
pub trait Quarantine {
    /// Keeps a record; the same record again overwrites itself.
    async fn keep(&self, rejected: &Rejected) -> Result<(), PortError>;
}

/// Takes metrics on behalf of CloudWatch.
pub trait Metrics {
    /// Publishes the metrics of a window that is over.
    fn publish(&self, window: &WindowMetrics<'_>);
}

/// The metrics of a window, as Model Monitor's container publishes them.
#[derive(Debug)]
pub struct WindowMetrics<'a> {
    /// The dimension `Endpoint`.
    pub endpoint: &'a str,
    /// The dimension `MonitoringSchedule`.
    pub schedule: &'a str,
    /// The end of the window.
    pub time: Timestamp,
    /// The metrics.
    pub metrics: &'a [Metric],
}
