//! Tolerant access to fields. AWS's own events mix null, "", {} and [], so all of these count as absent.

use serde_json::{Map, Value};

use super::error::Undecodable;
use crate::time::Timestamp;

/// The fields of an object, and its place, for messages.
pub(super) struct Fields<'a> {
    value: &'a Value,
    object: Option<&'a Map<String, Value>>,
    path: String,
}

impl<'a> Fields<'a> {
    pub(super) fn new(value: &'a Value, path: impl Into<String>) -> Self {
        Self { value, object: value.as_object(), path: path.into() }
    }

    /// The object as it came.
    pub(super) fn value(&self) -> &'a Value {
        self.value
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.object?.get(name).filter(|value| match value {
            Value::Null => false,
            Value::String(text) => !text.is_empty(),
            Value::Array(list) => !list.is_empty(),
            Value::Object(fields) => !fields.is_empty(),
            Value::Bool(_) | Value::Number(_) => true,
        })
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get(name)?.as_str().map(str::to_owned)
    }

    pub(super) fn required(&self, name: &str) -> Result<String, Undecodable> {
        let value = self.get(name).ok_or_else(|| self.missing(name))?;
        value.as_str().map(str::to_owned).ok_or_else(|| self.invalid(name, value, "text"))
    }

    /// A time in any of AWS's spellings; any other text counts as absent.
    pub(super) fn time(&self, name: &str) -> Option<Timestamp> {
        Timestamp::from_json(self.get(name)?)
    }

    pub(super) fn required_time(&self, name: &str) -> Result<Timestamp, Undecodable> {
        let value = self.get(name).ok_or_else(|| self.missing(name))?;
        Timestamp::from_json(value)
            .ok_or_else(|| self.invalid(name, value, "ISO 8601, or epoch seconds or milliseconds"))
    }

    pub(super) fn object(&self, name: &str) -> Option<Fields<'a>> {
        let value = self.get(name)?;
        value.is_object().then(|| Fields::new(value, self.at(name)))
    }

    pub(super) fn list(&self, name: &str) -> Option<Vec<Fields<'a>>> {
        let list = self.get(name)?.as_array()?;
        Some(
            list.iter()
                .enumerate()
                .map(|(index, value)| Fields::new(value, format!("{}[{index}]", self.at(name))))
                .collect(),
        )
    }

    pub(super) fn strings(&self, name: &str) -> Vec<String> {
        let list = self.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Names and values of the texts among the fields.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (String, String)> + use<'a> {
        self.object
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
    }

    pub(super) fn missing(&self, name: &str) -> Undecodable {
        Undecodable::Missing { field: self.at(name) }
    }

    pub(super) fn invalid(&self, name: &str, found: &Value, wanted: &'static str) -> Undecodable {
        let found = match found {
            Value::String(text) => text.chars().take(80).collect(),
            other => other.to_string().chars().take(80).collect(),
        };
        Undecodable::Invalid { field: self.at(name), found, wanted }
    }

    fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}
