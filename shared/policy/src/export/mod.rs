//! Preventive policies out of the same settings: what IAM can see in a request, it can deny before the call is made.
//!
//! A control that the bundle does not have, or that is `off`, gives no statement. One in mode `observe` gives one like any other: the mode says what Sagewarden
//! does about a resource that exists, an exported policy denies because somebody chose to attach it.
//!
//! Nobody is exempt. Service-linked roles are outside the reach of a service control policy anyway, and Sagewarden itself creates
//! nothing that these statements deny.

mod beyond;
mod condition;
mod rules;

use std::collections::{BTreeMap, VecDeque};

use sagewarden_settings::{ControlMode, Settings};
use serde::Serialize;
use thiserror::Error;

use crate::bundle::Bundle;
use condition::Condition;
use rules::{RULES, Rule};

/// What the policies are attached as. Both deny only; they allow nothing by themselves.
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

/// A statement that denies calls, on a condition or whatever they ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// Alphanumeric, unique among the exported statements.
    pub sid: String,
    effect: &'static str,
    /// The calls, such as `sagemaker:CreateModel`.
    pub action: Vec<String>,
    resource: &'static str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    condition: Condition,
    /// The ids of the controls that it stands for.
    #[serde(skip)]
    pub controls: Vec<&'static str>,
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

    fn of(statement: Vec<Statement>) -> Self {
        Self { version: Self::VERSION, statement }
    }
}

/// A control, and where its statements differ from it, or why it has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Its id.
    pub control: String,
    /// In a few words.
    pub reason: String,
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// As few as the limit allows; together they hold every statement.
    pub policies: Vec<PolicyDocument>,
    /// Controls of the bundle that the policies do not hold to the letter.
    pub differing: Vec<Gap>,
    /// Controls of the bundle that IAM cannot express.
    pub beyond: Vec<Gap>,
    /// Controls that the settings switch off, or leave to a higher profile.
    pub off: Vec<String>,
}

/// Why nothing is exported.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExportError {
    /// A list of the settings alone is longer than a policy may be. Half of an allow-list would deny the other half.
    #[error(
        "the statement `{sid}` has {length} characters for one call alone, a policy may have {limit}: \
         shorten the list in the settings that it names ({keys})"
    )]
    TooLong {
        /// The statement.
        sid: String,
        /// Its characters, with the policy around it.
        length: usize,
        /// What is allowed.
        limit: usize,
        /// The condition keys that it speaks of.
        keys: String,
    },
}

/// The preventive policies of a bundle's settings.
///
/// # Errors
/// When a list of the settings does not fit into one policy.
pub fn export(bundle: &Bundle, kind: PolicyKind) -> Result<Export, ExportError> {
    let is_on = |id: &str| bundle.control(id).is_some_and(|one| bundle.control_mode(one) != ControlMode::Off);
    let policies = pack(statements(bundle.settings(), is_on), kind)?;
    let (on, off): (Vec<_>, Vec<_>) = bundle.controls().map(|control| &control.id).partition(|id| is_on(id));
    let gap = |control: &&String, reason: String| Gap { control: (*control).clone(), reason };
    let (named, unnamed): (Vec<_>, Vec<_>) =
        on.into_iter().partition(|id| preventable().any(|named| named == id.as_str()));
    let differs = |id: &&String| beyond::difference(id).map(|note| gap(id, note));
    let why = |id: &&String| gap(id, beyond::reason(id, bundle.control(id)));
    Ok(Export {
        policies,
        differing: named.iter().filter_map(differs).collect(),
        beyond: unnamed.iter().map(why).collect(),
        off: off.into_iter().cloned().collect(),
    })
}

/// The ids of the controls that have a statement, several times where they have several, whether a bundle has them or not.
pub fn preventable() -> impl Iterator<Item = &'static str> {
    RULES.iter().flat_map(|rule| rule.covers.iter().map(|(control, _)| *control))
}

/// Every statement that the settings ask for, in the order of the table, of the controls that are on.
fn statements(settings: &Settings, is_on: impl Fn(&str) -> bool) -> Vec<Statement> {
    let of_rule = |rule: &Rule| {
        let on = |(control, _): &&(&str, &[&str])| is_on(control);
        let covers: Vec<_> = rule.covers.iter().filter(on).collect();
        let controls: Vec<&'static str> = covers.iter().map(|(control, _)| *control).collect();
        let calls = covers.iter().flat_map(|(_, calls)| calls.iter());
        let mut action: Vec<String> = calls.map(|call| format!("sagemaker:{call}")).collect();
        // Two controls may be prevented at one call.
        action.sort();
        action.dedup();
        let conditions = if action.is_empty() { Vec::new() } else { (rule.when)(settings) };
        let statement = |condition| Statement {
            sid: rule.sid.to_owned(),
            effect: "Deny",
            action: action.clone(),
            resource: "*",
            condition,
            controls: controls.clone(),
        };
        conditions.into_iter().map(statement).collect::<Vec<_>>()
    };
    RULES.iter().flat_map(of_rule).collect()
}

/// Puts each statement into the first policy that has room for it.
fn pack(statements: Vec<Statement>, kind: PolicyKind) -> Result<Vec<PolicyDocument>, ExportError> {
    let mut policies: Vec<PolicyDocument> = Vec::new();
    for statement in numbered(fitting(statements, kind)?) {
        let own = length(&statement, kind);
        // A comma stands between two statements.
        let has_room = |policy: &&mut PolicyDocument| length(policy, kind) + own < kind.limit();
        match policies.iter_mut().find(has_room) {
            Some(policy) => policy.statement.push(statement),
            None => policies.push(PolicyDocument::of(vec![statement])),
        }
    }
    Ok(policies)
}

/// Cuts statements that are longer than a policy into several about fewer calls each. Calls can be parted, values cannot: a
/// statement denies what is not on its list.
fn fitting(statements: Vec<Statement>, kind: PolicyKind) -> Result<Vec<Statement>, ExportError> {
    // A number may be added to the name.
    const NUMBER: usize = 4;
    let (mut todo, mut fitting) = (VecDeque::from(statements), Vec::new());
    while let Some(mut statement) = todo.pop_front() {
        let length = length(&PolicyDocument::of(vec![statement.clone()]), kind) + NUMBER;
        if length <= kind.limit() {
            fitting.push(statement);
        } else if statement.action.len() > 1 {
            let rest = statement.action.split_off(statement.action.len() / 2);
            todo.push_front(Statement { action: rest, ..statement.clone() });
            todo.push_front(statement);
        } else {
            let mut keys: Vec<&str> =
                statement.condition.values().flat_map(BTreeMap::keys).map(String::as_str).collect();
            keys.dedup();
            let keys = keys.join(", ");
            return Err(ExportError::TooLong { sid: statement.sid, length, limit: kind.limit(), keys });
        }
    }
    Ok(fitting)
}

/// Gives statements of the same name a number from the second on.
fn numbered(mut statements: Vec<Statement>) -> Vec<Statement> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for statement in &mut statements {
        let number = seen.entry(statement.sid.clone()).or_default();
        *number += 1;
        if *number > 1 {
            statement.sid += &number.to_string();
        }
    }
    statements
}

/// The characters that count when it is written without white space between its parts.
fn length<T: Serialize>(part: &T, kind: PolicyKind) -> usize {
    // These types are always JSON; a text that could not be written would be no policy of any length.
    serde_json::to_string(part).map_or(usize::MAX / 4, |text| kind.count(&text))
}

#[cfg(test)]
mod tests;
