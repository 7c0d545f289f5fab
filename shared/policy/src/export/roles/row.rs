//! A row of the table of a role.

use super::scope::Scope;
use crate::export::condition::{Condition, Values};
use crate::export::document::{Effect, Statement};

/// A line of the table of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Its meaning, in a few words.
    pub meaning: &'static str,
    /// Its resources, in a few words.
    pub place: &'static str,
    /// How IAM reads it; its list of resources is empty if the settings list none.
    pub statement: Statement,
}

impl Clause {
    /// Whether the settings name anything that it could be about.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statement.resources().is_empty()
    }
}

/// A row: calls, their resources, and the condition.
pub(super) struct Row {
    /// The statement's name.
    pub(super) sid: &'static str,
    pub(super) effect: Effect,
    /// Its meaning, in a few words.
    pub(super) meaning: &'static str,
    pub(super) calls: &'static [&'static str],
    /// Its resources, in a few words.
    pub(super) place: &'static str,
    /// The same as ARNs; none where the settings list none, and then the row gives no statement.
    pub(super) on: fn(&Scope) -> Vec<String>,
    pub(super) when: fn(&Scope) -> Condition,
}

impl Row {
    pub(super) fn clause(&self, scope: &Scope) -> Clause {
        let statement = Statement {
            sid: self.sid.to_owned(),
            effect: self.effect,
            action: self.calls.iter().map(|call| (*call).to_owned()).collect(),
            resource: Values::of((self.on)(scope)),
            condition: (self.when)(scope),
            controls: Vec::new(),
        };
        Clause { meaning: self.meaning, place: self.place, statement }
    }
}

/// All resources: for calls without resource-level permissions, and for denials that hold everywhere.
pub(super) fn everything(_: &Scope) -> Vec<String> {
    vec!["*".to_owned()]
}

/// No condition.
pub(super) fn always(_: &Scope) -> Condition {
    Condition::new()
}
