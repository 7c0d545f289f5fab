//! When a statement denies.

use std::collections::BTreeMap;

use serde::Serialize;

/// One condition block: operator, key, values. All of them must hold for the statement to deny; an empty one always does.
pub(crate) type Condition = BTreeMap<&'static str, BTreeMap<String, Values>>;

/// The values of a condition key, or the resources of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Values {
    One(String),
    Any(Vec<String>),
}

impl Values {
    /// As few brackets as these values need.
    pub(super) fn of(mut values: Vec<String>) -> Self {
        match values.pop() {
            Some(only) if values.is_empty() => Self::One(only),
            Some(last) => {
                values.push(last);
                Self::Any(values)
            }
            None => Self::Any(values),
        }
    }

    pub(super) fn all(&self) -> Vec<&str> {
        match self {
            Self::One(value) => vec![value],
            Self::Any(values) => values.iter().map(String::as_str).collect(),
        }
    }

    /// Takes the second half out; `None` if there is only one.
    pub(super) fn split_off_half(&mut self) -> Option<Self> {
        match self {
            Self::Any(values) if values.len() > 1 => Some(Self::Any(values.split_off(values.len() / 2))),
            Self::One(_) | Self::Any(_) => None,
        }
    }
}

/// A condition block of these terms, each with one value.
pub(super) fn all_of(terms: &[(&'static str, &str, &str)]) -> Condition {
    let mut condition = Condition::new();
    for (operator, key, value) in terms {
        let values = Values::One((*value).to_owned());
        condition.entry(operator).or_default().insert((*key).to_owned(), values);
    }
    condition
}

/// A condition block of one term with several values.
pub(super) fn any_of(operator: &'static str, key: &str, values: &[&str]) -> Condition {
    let values = Values::Any(values.iter().map(|value| (*value).to_owned()).collect());
    Condition::from([(operator, BTreeMap::from([(key.to_owned(), values)]))])
}
