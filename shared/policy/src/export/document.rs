//! A policy document and its statements.

use std::collections::BTreeMap;

use serde::Serialize;

use super::condition::{Condition, Values};

/// The kind of policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// A managed policy of IAM, for users, groups, roles and permission sets.
    Iam,
    /// A service control policy of AWS Organizations, for accounts and organizational units.
    Scp,
}

impl PolicyKind {
    /// How many characters one policy may have.
    ///
    /// IAM does not count white space
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>). Organizations counts every character
    /// (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html>); 5,120 of them are
    /// taken everywhere (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>).
    #[must_use]
    pub fn limit(self) -> usize {
        match self {
            Self::Iam => 6144,
            Self::Scp => 5120,
        }
    }

    /// How many characters of a text count.
    #[must_use]
    pub fn count(self, text: &str) -> usize {
        match self {
            Self::Iam => text.chars().filter(|character| !character.is_whitespace()).count(),
            Self::Scp => text.chars().count(),
        }
    }
}

/// The effect of a statement on its calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Effect {
    /// Permits them, unless another statement denies them.
    Allow,
    /// Refuses them, whatever another statement permits.
    Deny,
}

/// A statement about calls, on a condition or always.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// Alphanumeric, unique among the exported statements.
    pub sid: String,
    /// Whether it permits or refuses.
    pub effect: Effect,
    /// The calls, such as `sagemaker:CreateModel`.
    pub action: Vec<String>,
    pub(super) resource: Values,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) condition: Condition,
    /// The ids of its controls.
    #[serde(skip)]
    pub controls: Vec<&'static str>,
}

impl Statement {
    /// The ARNs that it is about, or `*`.
    #[must_use]
    pub fn resources(&self) -> Vec<&str> {
        self.resource.all()
    }

    /// Its conditions: operator, key and values of each.
    pub fn terms(&self) -> impl Iterator<Item = (&str, &str, Vec<&str>)> {
        let of = |(operator, keys): (&&'static str, _)| (*operator, keys);
        self.condition.iter().map(of).flat_map(|(operator, keys): (&str, &BTreeMap<String, Values>)| {
            keys.iter().map(move |(key, values)| (operator, key.as_str(), values.all()))
        })
    }
}

/// A policy that is small enough to be attached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyDocument {
    version: &'static str,
    /// At least one.
    pub statement: Vec<Statement>,
}

impl PolicyDocument {
    /// The version of the policy language in which `${aws:PrincipalAccount}` is a variable.
    const VERSION: &str = "2012-10-17";

    pub(super) fn of(statement: Vec<Statement>) -> Self {
        Self { version: Self::VERSION, statement }
    }
}
