//! Statements into as few policies as their size allows.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;
use thiserror::Error;

use super::document::{PolicyDocument, PolicyKind, Statement};

/// Why nothing is exported.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExportError {
    /// A list of the settings alone is longer than a policy may be. Half of an allow-list would deny the other half.
    #[error(
        "the statement `{sid}` has {length} characters for a single call, and a policy may have {limit}: shorten the list in the settings that it uses ({keys})"
    )]
    TooLong {
        /// The statement.
        sid: String,
        /// Its characters, with the policy around it.
        length: usize,
        /// The limits of AWS.
        limit: usize,
        /// The condition keys that it reads.
        keys: String,
    },
}

/// Puts each statement into the first policy that has room for it, and leaves `spare` characters of a policy free.
pub(super) fn pack(
    statements: Vec<Statement>,
    kind: PolicyKind,
    spare: usize,
) -> Result<Vec<PolicyDocument>, ExportError> {
    let mut policies: Vec<PolicyDocument> = Vec::new();
    for statement in numbered(fitting(statements, kind)?) {
        let own = length(&statement, kind);
        // The comma between two statements.
        let has_room = |policy: &&mut PolicyDocument| length(policy, kind) + own + spare < kind.limit();
        match policies.iter_mut().find(has_room) {
            Some(policy) => policy.statement.push(statement),
            None => policies.push(PolicyDocument::of(vec![statement])),
        }
    }
    Ok(policies)
}

/// Divides statements that are longer than a policy into several with fewer calls or resources each. The values of a condition cannot be
/// divided: a statement denies everything that is not on its list.
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
        } else if let Some(rest) = statement.resource.split_off_half() {
            todo.push_front(Statement { resource: rest, ..statement.clone() });
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
