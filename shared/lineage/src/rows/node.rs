//! The row of a node: its facts, its in-edges, and its registers. The newest content of a register wins.
//!
//! The names of its attributes are only here. They are short if a closure has them for each node.

use std::collections::{BTreeMap, BTreeSet};

use super::kind::{GONE, RowKind};
use crate::id::{NodeId, NodeKind};
use crate::table::{Attributes, Item, Key, Query, Value, Write};

// Every node.

/// The word of its kind; absent as long as others name the node, but nothing about it has been recorded.
pub const TYPE: &str = "ty";
/// Its name for people.
pub const NAME: &str = "nm";
/// The entity's own time (milliseconds).
pub const CREATED: &str = "ct";
/// The resource's ARN; for a deployment, the endpoint's.
pub const ARN: &str = "arn";
/// The set of its in-edges, each as [`crate::edge::InEdge`] writes it.
pub const IN_EDGES: &str = "ins";
/// The set of gaps, each as [`gap`] writes it.
pub const GAPS: &str = "gaps";

// The states of a resource, and who made and deleted it.

/// The newest state.
pub const STATE: &str = "st";
/// The version of [`STATE`]: a [`super::ReachedState`].
pub const STATE_VERSION: &str = "stv";
/// The set of states that it reached, each a [`super::ReachedState`]; endpoints have rows for them.
pub const STATES: &str = "states";
/// Why it failed.
pub const FAILURE_REASON: &str = "failure_reason";
/// The version of [`FAILURE_REASON`]: the state that it belongs to. A pipeline execution that is retried
/// under one ARN can fail, and succeed later.
pub const FAILURE_VERSION: &str = "whyv";
/// Who created it: the ARN in CloudTrail's event, with the source identity if the session had one.
pub const CREATED_BY: &str = "created_by";
/// The commits that the tags of the creating call named, with spaces between.
pub const ASSERTED: &str = "asserted";
/// The version of [`CREATED_BY`] and [`ASSERTED`].
pub const CREATOR_VERSION: &str = "cbv";
/// When it was deleted (milliseconds).
pub const DELETED_AT: &str = "deleted_at";
/// Who deleted it.
pub const DELETED_BY: &str = "deleted_by";
/// The version of [`DELETED_AT`] and [`DELETED_BY`].
pub const DELETION_VERSION: &str = "delv";

// Objects, sets of objects and images.

/// Where it is; for a violation, where its report is.
pub const URI: &str = "uri";
/// The entity tag.
pub const ETAG: &str = "etag";
/// Bytes.
pub const SIZE: &str = "size";
/// S3's version id; absent if the bucket keeps no versions.
pub const VERSION_ID: &str = "version_id";
/// Why the version is unreliable, in words; absent if it is reliable.
pub const WEAK: &str = "weak";
/// How many objects a set has.
pub const OBJECTS: &str = "objects";
/// Where the list of a large set's objects is kept.
pub const MANIFEST: &str = "manifest";
/// `<algorithm> <value>`, if S3's checksum is not the SHA-256 of the whole object.
pub const CHECKSUM: &str = "checksum";
/// S3's algorithm.
pub const CHECKSUM_ALGORITHM: &str = "checksum_algorithm";
/// `FULL_OBJECT` or `COMPOSITE`.
pub const CHECKSUM_TYPE: &str = "checksum_type";
/// The SHA-256 of the whole object in hexadecimal, if S3 has it.
pub const CHECKSUM_SHA256: &str = "checksum_sha256";
/// The set of names under which an image was seen.
pub const REFERENCES: &str = "refs";

// Commits, branches and tags.

/// The repository's name.
pub const REPOSITORY: &str = "repository";
/// Forty hexadecimal digits.
pub const COMMIT: &str = "commit";
/// The author's name.
pub const AUTHOR: &str = "author";
/// The author's address.
pub const EMAIL: &str = "email";
/// The commit's message.
pub const MESSAGE: &str = "message";
/// When it was written (milliseconds).
pub const DATE: &str = "date";
/// The commits before it, with spaces between.
pub const PARENTS: &str = "parents";
/// How many parents it has, if there are several.
pub const MERGE: &str = "merge";
/// The ARNs of the callers who pushed. Rows of heads also have this attribute.
pub const PUSHERS: &str = "pushers";
/// The full name, such as `refs/heads/main`.
pub const REFERENCE: &str = "reference";
/// `branch` or `tag`.
pub const REFERENCE_TYPE: &str = "reference_type";
/// The commit that a branch or tag points to, or [`DELETED`].
pub const HEAD: &str = "head";
/// The version of [`HEAD`], which is the version of the head's row.
pub const HEAD_VERSION: &str = "headv";
/// The commit that a branch pointed to when the node was created, or [`NOT_INFERRED`].
pub const INFERRED: &str = "inf";
/// The version of [`INFERRED`], which is the version of the head's row.
pub const INFERRED_VERSION: &str = "infv";

// Jobs.

/// The IAM role that it runs with.
pub const ROLE: &str = "role";
/// Such as `ml.m5.xlarge`.
pub const INSTANCE_TYPE: &str = "instance_type";
/// How many instances it ran on.
pub const INSTANCE_COUNT: &str = "instance_count";
/// `true` if it used managed spot training, else absent.
pub const SPOT: &str = "spot";
/// How long it trained.
pub const TRAINING_SECONDS: &str = "training_seconds";
/// How long AWS billed.
pub const BILLABLE_SECONDS: &str = "billable_seconds";
/// The exit message of a processing container.
pub const EXIT_MESSAGE: &str = "exit_message";
/// The experiment that it names.
pub const EXPERIMENT: &str = "experiment";
/// The trial that it names.
pub const TRIAL: &str = "trial";
/// The run that it names.
pub const RUN: &str = "run";
/// The display name of its trial component.
pub const COMPONENT: &str = "component";
/// How a tuning job searches.
pub const STRATEGY: &str = "strategy";
/// The best training job of a tuning job.
pub const BEST_JOB: &str = "best_job";
/// The kind of problem that an Autopilot job solves.
pub const PROBLEM: &str = "problem";
/// The best candidate of an Autopilot job.
pub const BEST_CANDIDATE: &str = "best_candidate";
/// The call that stopped it, and the controls that it failed.
pub const REMEDY: &str = "remedy";

/// The MLflow server or app that it logs to, or that keeps the run.
pub const MLFLOW: &str = "mlflow";
/// The name of the experiment in MLflow that the request asked for.
pub const MLFLOW_EXPERIMENT: &str = "mlflow_experiment";
/// The name of the run in MLflow that the request asked for.
pub const MLFLOW_RUN: &str = "mlflow_run";
/// The id of the experiment that a run belongs to.
pub const MLFLOW_EXPERIMENT_ID: &str = "mlflow_experiment_id";

// Pipelines and experiments.

/// The ARN of the pipeline that an execution runs.
pub const PIPELINE: &str = "pipeline";
/// The name that people gave it.
pub const DISPLAY_NAME: &str = "display_name";
/// Who started a pipeline's execution.
pub const STARTED_BY: &str = "started_by";

// Model packages, and models that Clarify explains.

/// The package's group.
pub const GROUP: &str = "group";
/// The package's version in its group.
pub const VERSION: &str = "version";
/// Who registered it.
pub const REGISTERED_BY: &str = "registered_by";
/// The algorithm that it was made from.
pub const ALGORITHM: &str = "algorithm";
/// `Approved`, `Rejected` or `PendingManualApproval`.
pub const APPROVAL: &str = "approval";
/// Since when (milliseconds).
pub const APPROVAL_AT: &str = "approval_at";
/// Who decided it, or `unknown`.
pub const APPROVAL_BY: &str = "approval_by";
/// The version of [`APPROVAL`] and its companions.
pub const APPROVAL_VERSION: &str = "approvalv";
/// The stage of a package in its life, and its status there.
pub const STAGE: &str = "stage";
/// Since when (milliseconds).
pub const STAGE_AT: &str = "stage_at";
/// Who moved it there, or `unknown`.
pub const STAGE_BY: &str = "stage_by";
/// The version of [`STAGE`] and its companions.
pub const STAGE_VERSION: &str = "stagev";
/// Who owns a model, what it is for, how much depends on it, and when it is to be validated again: as its package says; empty if it does not.
pub const OWNER: &str = "owner";
/// What it is for.
pub const PURPOSE: &str = "purpose";
/// How much depends on it.
pub const RISK_TIER: &str = "risk_tier";
/// When it is to be validated again.
pub const NEXT_VALIDATION: &str = "next_validation";
/// The version of [`OWNER`] and its companions.
pub const USE_VERSION: &str = "usev";
/// The most important features, in words.
pub const TOP_FEATURES: &str = "top_features";
/// The report that has them.
pub const EXPLANATION: &str = "explanation";
/// The version of [`TOP_FEATURES`] and [`EXPLANATION`]: the report's time and version.
pub const EXPLANATION_VERSION: &str = "expv";

// Feature groups.

/// The feature that identifies a record.
pub const RECORD_IDENTIFIER: &str = "record_identifier";
/// The feature that holds the time of an event.
pub const EVENT_TIME: &str = "event_time";
/// Where the offline store is.
pub const OFFLINE_STORE: &str = "offline_store";

// Deployments.

/// The endpoint of a deployment or an inference component.
pub const ENDPOINT: &str = "ep";
/// The variant of an inference component.
pub const VARIANT: &str = "variant";
/// Where an inference router sends requests: each target with its destinations.
pub const ROUTES: &str = "routes";
/// The notebook that a job of Studio's scheduler ran.
pub const NOTEBOOK: &str = "notebook";
/// Of a version of an inference component: the set of digests of what it runs, as its call or a description says it.
pub const CONTENT: &str = "content";
/// `true` if inference components were ever put onto an endpoint, else absent.
pub const COMPONENTS: &str = "components";
/// Of an endpoint: whether somebody ever changed the weights of its variants. In an answer, the weights at its time, in words.
pub const TRAFFIC: &str = "traffic";

// The run or finding of a monitor.

/// The schedule's name.
pub const SCHEDULE: &str = "schedule";
/// The schedule's type.
pub const MONITORING_TYPE: &str = "monitoring_type";
/// How many violations were found.
pub const VIOLATIONS: &str = "violations";
/// The findings, in words.
pub const FOUND: &str = "found";
/// How many rows of traffic were compared.
pub const ROWS: &str = "rows";
/// The set of later verdicts on a recorded finding: verdicts on a closed window, and verdicts that were written later. None of them is ever
/// removed.
pub const VERDICTS: &str = "verdicts";
/// The baseline that the traffic was compared with: its place, and a digest of its content.
pub const BASELINE: &str = "baseline";
/// The measured quality of predictions, or the attribution of the model, in a sentence.
pub const MEASURED: &str = "measured";
/// The version of [`VIOLATIONS`], [`FOUND`], [`ROWS`], [`BASELINE`] and [`MEASURED`].
pub const FOUND_VERSION: &str = "foundv";
/// The worst severity that it ever had.
pub const SEVERITY: &str = "severity";
/// The version of [`SEVERITY`]: its rank.
pub const SEVERITY_VERSION: &str = "sevv";
/// The set of reasons why a monitor was silent.
pub const SILENT: &str = "silent";
/// When the traffic began.
pub const WINDOW_START: &str = "window_start";
/// When the traffic ended.
pub const WINDOW_END: &str = "window_end";

/// The value of [`HEAD`] if the branch or tag was deleted.
pub const DELETED: &str = GONE;
/// The value of [`INFERRED`] if the branch had been deleted by then.
pub const NOT_INFERRED: &str = "none";

/// Attributes of a node that are replaced together by the newest content. Each content names all of them, so that no value of an older
/// content stays if a newer content lacks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    /// The attribute that holds the version.
    pub version: &'static str,
    /// The attributes that belong together.
    pub content: &'static [&'static str],
}

/// Every register of a node.
pub const REGISTERS: [Register; 12] = [
    Register { version: STATE_VERSION, content: &[STATE] },
    Register { version: FAILURE_VERSION, content: &[FAILURE_REASON] },
    Register { version: APPROVAL_VERSION, content: &[APPROVAL, APPROVAL_AT, APPROVAL_BY] },
    Register { version: STAGE_VERSION, content: &[STAGE, STAGE_AT, STAGE_BY] },
    Register { version: USE_VERSION, content: &[OWNER, PURPOSE, RISK_TIER, NEXT_VALIDATION] },
    Register { version: HEAD_VERSION, content: &[HEAD] },
    Register { version: INFERRED_VERSION, content: &[INFERRED] },
    Register { version: EXPLANATION_VERSION, content: &[TOP_FEATURES, EXPLANATION] },
    Register { version: CREATOR_VERSION, content: &[CREATED_BY, ASSERTED] },
    Register { version: DELETION_VERSION, content: &[DELETED_AT, DELETED_BY] },
    Register { version: FOUND_VERSION, content: &[VIOLATIONS, FOUND, ROWS, BASELINE, MEASURED] },
    Register { version: SEVERITY_VERSION, content: &[SEVERITY] },
];

/// The attributes of a node's row that name other nodes.
pub(super) const NAMING: [&str; 3] = [HEAD, INFERRED, ENDPOINT];

const GAP_SEPARATOR: char = '\t';

/// A gap as stored in [`GAPS`]: the subject that would fill it (the role of an edge, or the identity of a node), and the words.
#[must_use]
pub fn gap(subject: &str, words: &str) -> String {
    format!("{subject}{GAP_SEPARATOR}{words}")
}

/// Reads a gap as subject and words; `None` if it is not a gap.
#[must_use]
pub fn parse_gap(text: &str) -> Option<(&str, &str)> {
    text.split_once(GAP_SEPARATOR)
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRow {
    /// The identity of the node.
    pub id: NodeId,
    /// Its facts, in-edges and registers.
    pub attributes: Attributes,
}

impl NodeRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "NodeRow",
        says: "a node: its facts, its in-edges and, except for endpoints, the states that it reached",
        pk: "<identity>",
        sk: "#",
    };
    const SK: &str = "#";

    /// The beginning of the partitions of a kind of node.
    #[must_use]
    pub fn partitions(kind: NodeKind) -> String {
        format!("{}#", kind.prefix())
    }

    /// The key of a node.
    #[must_use]
    pub fn key(id: &NodeId) -> Key {
        Key::new(id.as_str(), Self::SK)
    }

    /// The node that a key is about; `None` if the key belongs to another kind of row.
    #[must_use]
    pub fn id_of(key: &Key) -> Option<NodeId> {
        NodeId::parse(&key.pk).filter(|_| key.sk == Self::SK)
    }

    /// The node and every other row of its partition, the largest sort keys first. So states, approvals and revisions come before edges,
    /// and the newest observations before older ones.
    #[must_use]
    pub fn and_all_beside(id: &NodeId) -> Query {
        Query::whole(id.as_str()).newest_first()
    }

    /// Whether anything but its name is known.
    #[must_use]
    pub fn is_recorded(item: &Item) -> bool {
        item.text(TYPE).is_some()
    }

    /// Adds facts and members of sets.
    #[must_use]
    pub fn merge(id: &NodeId, once: Attributes, union: BTreeMap<String, BTreeSet<String>>) -> Write {
        Write::Merge { key: Self::key(id), once, union }
    }

    /// Adds one fact.
    #[must_use]
    pub fn fact(id: &NodeId, name: &str, value: Value) -> Write {
        Self::merge(id, Attributes::from([(name.to_owned(), value)]), BTreeMap::new())
    }

    /// Writes a register.
    #[must_use]
    pub fn newest(id: &NodeId, version_attribute: &str, version: String, attributes: Attributes) -> Write {
        Write::Newest {
            key: Self::key(id),
            version_attribute: version_attribute.to_owned(),
            version,
            attributes,
        }
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        Item { key: Self::key(&self.id), attributes: self.attributes.clone() }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        Some(Self { id: Self::id_of(&item.key)?, attributes: item.attributes.clone() })
    }
}
