//! The rights of an auditor: read who did what, and by which rules. An auditor may not read training data.

use super::row::{Row, always, everything};
use super::scope::Scope;
use super::shared::*;
use crate::export::document::Effect::{Allow, Deny};

pub(super) const ROWS: &[Row] = &[
    READ,
    ASK,
    EVIDENCE,
    TABLE,
    DECRYPT,
    TRAIL,
    ACCESS,
    SOURCE_READ,
    CATALOGUE,
    STACK,
    LOGS,
    FUNCTION_LOGS,
    METRICS,
    NEVER_CHANGES,
    NEVER_DATA,
    NEVER_PASSES,
    NEVER_ACCESS,
];

const EVIDENCE: Row = Row {
    sid: "ReadEvidence",
    effect: Allow,
    meaning: "reads reports, baselines and manifests that Sagewarden wrote",
    calls: &[
        "s3:GetBucketLocation",
        "s3:GetObject",
        "s3:GetObjectRetention",
        "s3:GetObjectVersion",
        "s3:ListBucket",
        "s3:ListBucketVersions",
    ],
    place: "buckets of the stack",
    on: |scope| {
        let bucket = scope.of_stack("arn:aws:s3:::");
        vec![format!("{bucket}/*"), bucket]
    },
    when: always,
};

const TABLE: Row = Row {
    sid: "ReadTable",
    effect: Allow,
    meaning: "reads verdicts and lineage, and verifies their chain",
    calls: &[
        "dynamodb:BatchGetItem",
        "dynamodb:DescribeTable",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:Scan",
    ],
    place: "the table of the stack",
    on: |scope| vec![scope.of_stack("arn:aws:dynamodb:*:*:table/")],
    when: always,
};

const DECRYPT: Row = Row {
    sid: "DecryptEvidence",
    effect: Allow,
    meaning: "decrypts them",
    calls: &["kms:Decrypt", "kms:DescribeKey"],
    place: "the key of the stack",
    on: |_| vec!["arn:aws:kms:*:*:key/*".to_owned()],
    when: Scope::is_of_stack,
};

const TRAIL: Row = Row {
    sid: "ReadTrail",
    effect: Allow,
    meaning: "reads who called what, and whether the trail is on",
    calls: &[
        "cloudtrail:DescribeTrails",
        "cloudtrail:GetEventSelectors",
        "cloudtrail:GetTrailStatus",
        "cloudtrail:LookupEvents",
    ],
    place: "CloudTrail",
    on: everything,
    when: always,
};

const ACCESS: Row = Row {
    sid: "ReadAccess",
    effect: Allow,
    meaning: "reads which roles there are, and what they may do",
    calls: &[
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListRolePolicies",
        "iam:ListRoles",
        "iam:SimulatePrincipalPolicy",
    ],
    place: "IAM",
    on: everything,
    when: always,
};

const SOURCE_READ: Row = Row {
    sid: "ReadRepositories",
    effect: Allow,
    meaning: "reads source code and its history",
    calls: &[
        "codecommit:BatchGetCommits",
        "codecommit:GetBranch",
        "codecommit:GetCommit",
        "codecommit:GetDifferences",
        "codecommit:GetFile",
        "codecommit:GetRepository",
        "codecommit:GitPull",
        "codecommit:ListBranches",
    ],
    ..SOURCE
};

const CATALOGUE: Row = Row {
    sid: "ReadCatalogue",
    effect: Allow,
    meaning: "reads the catalogue and what was launched from it",
    calls: &[
        "servicecatalog:Describe*",
        "servicecatalog:List*",
        "servicecatalog:ScanProvisionedProducts",
        "servicecatalog:SearchProductsAsAdmin",
        "servicecatalog:SearchProvisionedProducts",
    ],
    place: "the catalogue",
    on: everything,
    when: always,
};

const STACK: Row = Row {
    sid: "ReadStack",
    effect: Allow,
    meaning: "reads how Sagewarden is deployed",
    calls: &[
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStackResources",
        "cloudformation:DescribeStacks",
        "cloudformation:GetTemplate",
    ],
    place: "the stack",
    on: Scope::stack,
    when: always,
};

const FUNCTION_LOGS: Row = Row {
    sid: "ReadFunctionLogs",
    effect: Allow,
    meaning: "reads the logs of Sagewarden's functions",
    calls: &["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"],
    place: "log groups of the stack",
    on: |scope| {
        let group = scope.of_stack("arn:aws:logs:*:*:log-group:/aws/lambda/");
        vec![format!("{group}:log-stream:*"), group]
    },
    when: always,
};

const NEVER_CHANGES: Row = Row {
    sid: "NeverChanges",
    effect: Deny,
    meaning: "creates, changes, starts, stops or deletes anything, and calls no endpoint",
    calls: &[
        "codecommit:GitPush",
        "dynamodb:DeleteItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "s3:DeleteObject*",
        "s3:PutObject*",
        "sagemaker:Add*",
        "sagemaker:Create*",
        "sagemaker:Delete*",
        "sagemaker:Invoke*",
        "sagemaker:Put*",
        "sagemaker:Start*",
        "sagemaker:Stop*",
        "sagemaker:Update*",
        "servicecatalog:ProvisionProduct",
    ],
    place: "everywhere",
    on: everything,
    when: always,
};

const NEVER_DATA: Row = Row {
    sid: "NeverData",
    effect: Deny,
    meaning: "reads the data that models are trained on",
    calls: &["s3:GetObject", "s3:GetObjectVersion", "sagemaker:BatchGetRecord", "sagemaker:GetRecord"],
    place: "`artifacts.allowed_buckets`",
    on: |scope| {
        let features = sagemaker(&["feature-group"]);
        [scope.objects(), features].concat()
    },
    when: always,
};
