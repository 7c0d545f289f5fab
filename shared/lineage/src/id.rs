//! Identities of lineage nodes.
//!
//! An identity names one incarnation. Names of jobs, models and configurations can be used again after a deletion, so the creation time is
//! part of their identities. An identity depends only on the entity, never on the delivery that reported it.

mod kind;

use std::fmt;

pub use kind::NodeKind;
use sagewarden_events::{CommitId, Repository, Resource, ResourceKind, Timestamp};

/// The text before the digest of a set of objects.
const SET: &str = "set:";

/// The identity of a node: the partition key of its items.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(String);

impl NodeId {
    /// Reads a stored identity; `None` if its prefix names no kind of node.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, rest) = text.split_once('#')?;
        (!rest.is_empty() && NodeKind::ALL.iter().any(|(_, known, _)| *known == prefix))
            .then(|| Self(text.to_owned()))
    }

    /// `commit#<host>/<account>/<repository>@<40 hex>`
    #[must_use]
    pub fn commit(repository: &Repository, commit: &CommitId) -> Self {
        Self::of(NodeKind::Commit, format!("{}@{commit}", repository_path(repository)))
    }

    /// `ref#<host>/<account>/<repository>@<full name>`, such as `…@refs/heads/main`: also the partition of its heads
    #[must_use]
    pub fn reference(repository: &Repository, full_name: &str) -> Self {
        Self::of(NodeKind::Reference, format!("{}@{full_name}", repository_path(repository)))
    }

    /// `ds#s3://<bucket>/<key>@<version>`
    #[must_use]
    pub fn dataset(bucket: &str, key: &str, version: &str) -> Self {
        Self::of(NodeKind::Dataset, format!("s3://{bucket}/{key}@{version}"))
    }

    /// `ds#set:<sha-256 of the manifest>`
    #[must_use]
    pub fn dataset_set(digest: &str) -> Self {
        Self::of(NodeKind::Dataset, format!("{SET}{digest}"))
    }

    /// `art#s3://<bucket>/<key>@<version>`
    #[must_use]
    pub fn artifact(bucket: &str, key: &str, version: &str) -> Self {
        Self::of(NodeKind::Artifact, format!("s3://{bucket}/{key}@{version}"))
    }

    /// `img#sha256:<digest>` if the reference is pinned, else `img#tag:<reference>`. A tag can be moved, so two jobs with the same tag need
    /// not have run the same image.
    #[must_use]
    pub fn image(reference: &str) -> Self {
        match image_digest(reference) {
            Some(digest) => Self::image_of_digest(digest),
            None => Self::of(NodeKind::Image, format!("tag:{reference}")),
        }
    }

    /// `img#<digest>`, for an image whose repository is unknown.
    #[must_use]
    pub fn image_of_digest(digest: &str) -> Self {
        Self::of(NodeKind::Image, digest)
    }

    /// `<kind>#<account>/<region>/<name>@<creation time in ms>`; an endpoint is `ep#<account>/<region>/<lower-case name>`:
    /// its name ignores case, and its incarnations share one history.
    #[must_use]
    pub fn resource(resource: &Resource, created_at: Timestamp) -> Option<Self> {
        let kind = NodeKind::of_resource(resource.kind)?;
        Some(match kind {
            NodeKind::Endpoint => Self::endpoint(resource),
            _ => Self::of(kind, format!("{}@{}", place(resource), created_at.millis())),
        })
    }

    /// `ep#<account>/<region>/<lower-case name>`
    #[must_use]
    pub fn endpoint(endpoint: &Resource) -> Self {
        Self::of(NodeKind::Endpoint, place(endpoint).to_lowercase())
    }

    /// `dep#<account>/<region>/<endpoint>@<endpoint created>/<configuration>@<configuration created>`: a configuration in force on an
    /// endpoint. Both are immutable, so scaling and repeated events make no new deployment. The revisions of the endpoint record when it
    /// was in force.
    #[must_use]
    pub fn deployment(
        endpoint: &Resource,
        endpoint_created: Timestamp,
        config: &str,
        config_created: Timestamp,
    ) -> Self {
        Self::of(
            NodeKind::Deployment,
            format!(
                "{}@{}/{config}@{}",
                place(endpoint).to_lowercase(),
                endpoint_created.millis(),
                config_created.millis()
            ),
        )
    }

    /// `viol#<account>/<region>/window/<lower-case endpoint>/<variant>@<start>`: one node for all findings in a window of captured traffic.
    /// It cannot equal the identity of a job, whose name has no slash.
    #[must_use]
    pub fn window(endpoint: &Resource, variant: &str, start: Timestamp) -> Self {
        let Resource { account, region, name, .. } = endpoint;
        let endpoint = name.to_lowercase();
        let tail = format!("{account}/{region}/window/{endpoint}/{variant}@{}", start.millis());
        Self::of(NodeKind::Violation, tail)
    }

    /// `viol#<account>/<region>/schedule/<schedule>/<lower-case endpoint>/<what>@<time>`: a schedule is silent about an endpoint. The
    /// identity has the reason and the time since when.
    #[must_use]
    pub fn silence(schedule: &Resource, endpoint: &Resource, what: &str, at: Timestamp) -> Self {
        let Resource { account, region, name, .. } = schedule;
        let endpoint = endpoint.name.to_lowercase();
        let tail = format!("{account}/{region}/schedule/{name}/{endpoint}/{what}@{}", at.millis());
        Self::of(NodeKind::Violation, tail)
    }

    /// `viol#<account>/<region>/<processing job>@<created>`: one node for all findings of one execution.
    #[must_use]
    pub fn violation(execution: &Resource, created_at: Timestamp) -> Self {
        Self::of(NodeKind::Violation, format!("{}@{}", place(execution), created_at.millis()))
    }

    /// `mon#<account>/<region>/<processing job>@<created>`: in the API, a run of a schedule is a processing job.
    #[must_use]
    pub fn monitoring_execution(job: &Resource, created_at: Timestamp) -> Self {
        Self::of(NodeKind::MonitoringExecution, format!("{}@{}", place(job), created_at.millis()))
    }

    /// `mrun#<account>/<region>/<kind of server>/<server>/<experiment>/<run>`: a run belongs to an experiment of an MLflow server or app. MLflow
    /// lets ids hold any letters, so those that separate parts of identities are written as `%` and their hexadecimal digits.
    #[must_use]
    pub fn mlflow_run(server: &Resource, experiment: &str, run: &str) -> Self {
        let Resource { kind, account, region, name, .. } = server;
        let tail = [kind.segment(), name, experiment, run].map(escaped).join("/");
        Self::of(NodeKind::MlflowRun, format!("{account}/{region}/{tail}"))
    }

    /// `hds#<account>/<region>/<hub>/DataSet/<name>/<version>@<creation time in ms>`; `None` for other contents of hubs, and for a data set
    /// that is named without its version.
    #[must_use]
    pub fn hub_dataset(content: &Resource, created_at: Timestamp) -> Option<Self> {
        let is_version =
            matches!(content.name.split('/').collect::<Vec<_>>().as_slice(), [_, "DataSet", _, _]);
        (content.kind == ResourceKind::HubContent && is_version)
            .then(|| Self::of(NodeKind::HubDataset, format!("{}@{}", place(content), created_at.millis())))
    }

    /// The text that distinguishes a version or an incarnation from others of its place: the text after the last `@`, such as an object's
    /// version or a commit. A set of objects has no place, and an image may have none. For these, it is the whole tail.
    #[must_use]
    pub fn version(&self) -> &str {
        self.place_and_version().map_or(self.tail(), |(_, version)| version)
    }

    /// The digest of a set of objects; `None` for other nodes.
    #[must_use]
    pub fn set_digest(&self) -> Option<&str> {
        self.tail().strip_prefix(SET).filter(|_| self.kind() == NodeKind::Dataset)
    }

    /// The forty digits of a commit; `None` for other kinds.
    #[must_use]
    pub fn commit_id(&self) -> Option<&str> {
        (self.kind() == NodeKind::Commit).then(|| self.version())
    }

    /// The host and the name of the repository that a commit or a reference belongs to; `None` for other kinds.
    #[must_use]
    pub fn repository(&self) -> Option<(&str, &str)> {
        let (path, _) = match self.kind() {
            NodeKind::Commit => self.place_and_version()?,
            // Git allows an `@` in the names of branches and tags; CodeCommit allows none in names of repositories.
            NodeKind::Reference => self.tail().split_once('@')?,
            _ => return None,
        };
        let (host, rest) = path.split_once('/')?;
        Some((host, rest.split('/').next_back()?))
    }

    /// The names of the endpoint and the configuration of a deployment; `None` for other kinds.
    #[must_use]
    pub fn deployed(&self) -> Option<(&str, &str)> {
        let mut parts = self.tail().splitn(4, '/').skip(2).map(|part| Some(part.rsplit_once('@')?.0));
        let names = parts.next().flatten().zip(parts.next().flatten());
        names.filter(|_| self.kind() == NodeKind::Deployment)
    }

    /// The account and the region of a SageMaker resource; `None` for other nodes.
    #[must_use]
    pub fn account_and_region(&self) -> Option<(&str, &str)> {
        let elsewhere =
            [NodeKind::Commit, NodeKind::Reference, NodeKind::Dataset, NodeKind::Artifact, NodeKind::Image];
        let mut parts = self.tail().split('/');
        parts.next().zip(parts.next()).filter(|_| !elsewhere.contains(&self.kind()))
    }

    /// The `sha256:…` of an image that is known by its digest; `None` for other nodes.
    #[must_use]
    pub fn image_digest(&self) -> Option<&str> {
        Some(self.tail()).filter(|tail| self.kind() == NodeKind::Image && is_digest(tail))
    }

    /// The creation time in the identity of an incarnation of a resource.
    #[must_use]
    pub fn created_at(&self) -> Option<Timestamp> {
        self.version().parse().ok().map(Timestamp::from_millis)
    }

    /// Whether it is the identity of a resource, or of one of its incarnations. Ignores upper and lower case.
    #[must_use]
    pub fn is_at(&self, resource: &Resource) -> bool {
        let (place, tail) = (place(resource).to_lowercase(), self.tail().to_lowercase());
        tail.strip_prefix(&place).is_some_and(|rest| rest.is_empty() || rest.starts_with('@'))
    }

    /// When the endpoint of a deployment was created.
    #[must_use]
    pub fn endpoint_created_at(&self) -> Option<Timestamp> {
        let (_, created) = self.tail().split('/').nth(2)?.rsplit_once('@')?;
        created.parse().ok().filter(|_| self.kind() == NodeKind::Deployment).map(Timestamp::from_millis)
    }

    /// The SageMaker resource of a node; `None` for other nodes. The name of an endpoint is in lower case.
    #[must_use]
    pub fn as_resource(&self) -> Option<Resource> {
        let kind =
            ResourceKind::ALL.into_iter().find(|kind| NodeKind::of_resource(*kind) == Some(self.kind()))?;
        let place = match kind {
            ResourceKind::Endpoint => self.tail(),
            _ => self.place_and_version()?.0,
        };
        let mut parts = place.splitn(3, '/');
        Some(Resource::in_region(kind, parts.next()?, parts.next()?, parts.next()?))
    }

    /// The name of the thing that the node represents.
    #[must_use]
    pub fn kind(&self) -> NodeKind {
        let prefix = self.0.split('#').next().unwrap_or_default();
        // INVARIANT: every constructor writes a known prefix.
        NodeKind::ALL
            .iter()
            .find(|(_, known, _)| *known == prefix)
            .map_or(NodeKind::Dataset, |(kind, ..)| *kind)
    }

    /// The text after the kind's prefix.
    #[must_use]
    pub fn tail(&self) -> &str {
        self.0.split_once('#').map_or("", |(_, tail)| tail)
    }

    /// The last name of its place, such as the job's; for a deployment, the configuration's.
    #[must_use]
    pub fn last_name(&self) -> &str {
        let place = self.place_and_version().map_or(self.tail(), |(place, _)| place);
        place.rsplit('/').next().unwrap_or(place)
    }

    fn place_and_version(&self) -> Option<(&str, &str)> {
        self.tail().rsplit_once('@')
    }

    /// The whole identity.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn of(kind: NodeKind, tail: impl fmt::Display) -> Self {
        Self(format!("{}#{tail}", kind.prefix()))
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `<host>/<account>/<name>`, the place of a repository in commit ids and branch keys.
#[must_use]
pub fn repository_path(repository: &Repository) -> String {
    let Repository { account, region, name } = repository;
    format!("git-codecommit.{region}.amazonaws.com/{account}/{name}")
}

/// The `sha256:…` of an image reference that is pinned by digest.
#[must_use]
pub fn image_digest(reference: &str) -> Option<&str> {
    let (_, digest) = reference.rsplit_once('@')?;
    is_digest(digest).then_some(digest)
}

fn is_digest(text: &str) -> bool {
    let is_hash = |hex: &str| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.strip_prefix("sha256:").is_some_and(is_hash)
}

fn place(resource: &Resource) -> String {
    format!("{}/{}/{}", resource.account, resource.region, resource.name)
}

/// Letters, digits and the signs in usual ids as they are, and every other byte as `%` and two hexadecimal digits.
fn escaped(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.bytes().fold(String::new(), |mut out, byte| {
        if is_plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02x}"));
        }
        out
    })
}

#[cfg(test)]
mod tests;
