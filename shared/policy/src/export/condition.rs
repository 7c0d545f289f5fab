//! When a statement denies.

use std::collections::BTreeMap;

use serde::Serialize;

/// One condition block: operator, key, values. All of them must hold for the statement to deny; an empty one always does.
pub(crate) type Condition = BTreeMap<&'static str, BTreeMap<String, Values>>;

/// What a condition key is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Values {
    One(String),
    Any(Vec<String>),
}
