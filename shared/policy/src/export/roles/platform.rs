//! The rights of a platform engineer: run Sagewarden's stack and the catalogue.
//!
//! A person who deploys functions with roles can give a function any right that the account has. These denials hold for the engineer's own
//! calls. For the functions, review the stack's template.

use super::row::{Row, always, everything};
use super::scope::Scope;
use super::shared::*;
use super::stack::*;
use crate::export::condition::{all_of, any_of};
use crate::export::document::Effect::{Allow, Deny};

pub(super) const ROWS: &[Row] = &[
    READ,
    STACK,
    TEMPLATES,
    FUNCTIONS,
    SOURCES,
    MESSAGES,
    ALARMS,
    STORES,
    NEW_KEYS,
    STACK_KEYS,
    ALIASES,
    LOG_GROUPS,
    LOG_LISTS,
    ROLES,
    PASS_TO_FUNCTIONS,
    PASS_TO_CATALOGUE,
    CATALOGUE,
    METRICS,
    ASK,
    NEVER_TRAINS,
    NEVER_DEPLOYS,
    NEVER_APPROVES_ANY,
    NEVER_PASSES,
    NEVER_DATA,
    NEVER_FORGES,
];

const ROLES: Row = Row {
    sid: "RunRoles",
    effect: Allow,
    meaning: "creates and changes the roles of the stack and of the portfolio",
    calls: &[
        "iam:AttachRolePolicy",
        "iam:CreatePolicy",
        "iam:CreatePolicyVersion",
        "iam:CreateRole",
        "iam:DeletePolicyVersion",
        "iam:DeleteRolePolicy",
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListPolicyVersions",
        "iam:PutRolePolicy",
        "iam:TagPolicy",
        "iam:TagRole",
        "iam:UpdateAssumeRolePolicy",
    ],
    place: "roles and policies whose names begin with the stack's",
    on: |scope| {
        ["arn:aws:iam::*:policy/", "arn:aws:iam::*:role/"].map(|before| scope.of_stack(before)).to_vec()
    },
    when: always,
};

const PASS_TO_FUNCTIONS: Row = Row {
    sid: "PassToFunctions",
    effect: Allow,
    meaning: "hands the roles of the stack to its functions",
    calls: &["iam:PassRole"],
    place: "roles whose names begin with the stack's",
    on: |scope| vec![scope.of_stack("arn:aws:iam::*:role/")],
    when: |_| {
        any_of("StringEquals", "iam:PassedToService", &["events.amazonaws.com", "lambda.amazonaws.com"])
    },
};

const PASS_TO_CATALOGUE: Row = Row {
    sid: "PassToCatalogue",
    effect: Allow,
    meaning: "hands the launch role to the catalogue",
    calls: &["iam:PassRole"],
    place: "roles whose names begin with the stack's",
    on: |scope| vec![scope.of_stack("arn:aws:iam::*:role/")],
    when: |_| all_of(&[("StringEquals", "iam:PassedToService", "servicecatalog.amazonaws.com")]),
};

const CATALOGUE: Row = Row {
    sid: "RunCatalogue",
    effect: Allow,
    meaning: "runs portfolios, products and constraints, shares none with other accounts, and launches nothing",
    calls: &[
        "servicecatalog:AssociatePrincipalWithPortfolio",
        "servicecatalog:AssociateProductWithPortfolio",
        "servicecatalog:AssociateTagOptionWithResource",
        "servicecatalog:CreateConstraint",
        "servicecatalog:CreatePortfolio",
        "servicecatalog:CreateProduct",
        "servicecatalog:CreateProvisioningArtifact",
        "servicecatalog:CreateTagOption",
        "servicecatalog:DeleteConstraint",
        "servicecatalog:DeletePortfolio",
        "servicecatalog:DeleteProduct",
        "servicecatalog:DeleteProvisioningArtifact",
        "servicecatalog:Describe*",
        "servicecatalog:DisassociatePrincipalFromPortfolio",
        "servicecatalog:DisassociateProductFromPortfolio",
        "servicecatalog:List*",
        "servicecatalog:SearchProductsAsAdmin",
        "servicecatalog:SearchProvisionedProducts",
        "servicecatalog:UpdateConstraint",
        "servicecatalog:UpdatePortfolio",
        "servicecatalog:UpdateProduct",
        "servicecatalog:UpdateProvisioningArtifact",
    ],
    place: "the catalogue",
    on: everything,
    when: always,
};

const NEVER_APPROVES_ANY: Row = Row {
    sid: "NeverTouchesVersions",
    effect: Deny,
    meaning: "approves or changes versions of models",
    calls: &["sagemaker:DeleteModelPackage", "sagemaker:UpdateModelPackage"],
    place: "everywhere",
    on: everything,
    when: always,
};

const NEVER_DATA: Row = Row {
    sid: "NeverData",
    effect: Deny,
    meaning: "reads or writes the data that models are trained on",
    calls: &["s3:DeleteObject*", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
    place: "`artifacts.allowed_buckets`",
    on: Scope::objects,
    when: always,
};

const NEVER_FORGES: Row = Row {
    sid: "NeverForges",
    effect: Deny,
    meaning: "writes or deletes verdicts and lineage by hand",
    calls: &[
        "dynamodb:BatchWriteItem",
        "dynamodb:DeleteItem",
        "dynamodb:DeleteTable",
        "dynamodb:PartiQLDelete",
        "dynamodb:PartiQLInsert",
        "dynamodb:PartiQLUpdate",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "s3:BypassGovernanceRetention",
    ],
    place: "everywhere",
    on: everything,
    when: always,
};
