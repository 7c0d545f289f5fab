//! The rights of an approver: look at a version of a model, and approve or reject it.

use super::row::{Row, always, everything};
use super::shared::*;
use crate::export::condition::all_of;
use crate::export::document::Effect::{Allow, Deny};

pub(super) const ROWS: &[Row] = &[
    READ,
    APPROVE,
    STAGE,
    CARDS,
    LIST_BUCKETS,
    READ_OBJECTS,
    DECRYPT,
    DECRYPT_BY_ALIAS,
    LOGS,
    METRICS,
    ASK,
    NEVER_TRAINS,
    NEVER_DEPLOYS,
    NEVER_NETWORKS,
    NEVER_NOTEBOOKS,
    NEVER_REWRITES,
    NEVER_PASSES,
    NEVER_ELSEWHERE,
    NEVER_ERASES,
    NEVER_MARKS,
    NEVER_ACCESS,
];

const APPROVE: Row = Row {
    sid: "Approve",
    effect: Allow,
    meaning: "approves, rejects and reopens versions of models",
    calls: &["sagemaker:UpdateModelPackage"],
    place: "versions of models",
    on: |_| sagemaker(&["model-package"]),
    when: |_| says("sagemaker:ModelApprovalStatus", &["Approved", "PendingManualApproval", "Rejected"]),
};

const STAGE: Row = Row {
    sid: "ApproveStages",
    effect: Allow,
    meaning: "approves, rejects and reopens a stage in the life of a version",
    calls: &["sagemaker:UpdateModelPackage"],
    place: "versions of models",
    on: |_| sagemaker(&["model-package"]),
    when: |_| says("sagemaker:ModelLifeCycle:StageStatus", &["Approved", "PendingApproval", "Rejected"]),
};

const CARDS: Row = Row {
    sid: "ApproveCards",
    effect: Allow,
    meaning: "approves model cards; IAM cannot distinguish the status of a card from its text",
    calls: &["sagemaker:UpdateModelCard"],
    place: "model cards",
    on: |_| sagemaker(&["model-card"]),
    when: always,
};

const DECRYPT: Row = Row { sid: "ReadWithKeys", calls: READS_OF_KEYS, meaning: READS, ..KEYS };
const DECRYPT_BY_ALIAS: Row =
    Row { sid: "ReadWithKeysByAlias", calls: READS_OF_KEYS, meaning: READS, ..KEYS_BY_ALIAS };
const READS_OF_KEYS: &[&str] = &["kms:Decrypt", "kms:DescribeKey"];
const READS: &str = "reads what is encrypted with the keys of its environment";

/// An approver of a version may not change the contents of that version.
const NEVER_REWRITES: Row = Row {
    sid: "NeverRewrites",
    effect: Deny,
    meaning: "takes properties away from a version",
    calls: &["sagemaker:UpdateModelPackage"],
    place: "everywhere",
    on: everything,
    when: |_| all_of(&[("Null", "sagemaker:CustomerMetadataPropertiesToRemove", "false")]),
};
