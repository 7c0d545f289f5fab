//! Large facts of a node. They are in a row of their own, so that a walk of the graph does not read them.

use serde_json::Value as Json;

use super::kind::{RowKind, leading_time, millis};
use crate::id::NodeId;
use crate::table::{Attributes, Item, Key, Write};
use sagewarden_events::Timestamp;

/// If the detail has more bytes than this, it is left out and marked. An item holds 400 KB, so there is room for the other attributes.
const MAX_DETAIL: usize = 300_000;

const JSON: &str = "json";
const JSON_VERSION: &str = "jsonv";
const OMITTED_BYTES: &str = "omitted_bytes";

/// The large facts of a node: hyperparameters, environment, violations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetailRow {
    /// The identity of the node.
    pub id: NodeId,
    /// The facts as JSON text; absent or `{}` if they were too large.
    pub json: Option<String>,
    /// How large they were if they were left out, otherwise zero.
    pub omitted_bytes: i64,
}

impl DetailRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "DetailRow",
        says: "the large facts of a node as JSON, such as hyperparameters or violations",
        pk: "<identity>",
        sk: "$",
    };
    const SK: &str = "$";

    /// Facts, or the mark that they are too large.
    #[must_use]
    pub fn of(id: &NodeId, detail: &Json) -> Self {
        let text = detail.to_string();
        if text.len() > MAX_DETAIL {
            let omitted_bytes = i64::try_from(text.len()).unwrap_or(i64::MAX);
            return Self { id: id.clone(), json: None, omitted_bytes };
        }
        Self { id: id.clone(), json: Some(text), omitted_bytes: 0 }
    }

    /// The key of a node's details.
    #[must_use]
    pub fn key(id: &NodeId) -> Key {
        Key::new(id.as_str(), Self::SK)
    }

    /// Whether a key belongs to details.
    #[must_use]
    pub fn is(key: &Key) -> bool {
        key.sk == Self::SK
    }

    /// The row of facts that never change.
    #[must_use]
    pub fn item(&self) -> Item {
        let attributes = match &self.json {
            Some(json) => Attributes::from([(JSON.into(), json.clone().into())]),
            None => Attributes::from([(OMITTED_BYTES.into(), self.omitted_bytes.into())]),
        };
        Item { key: Self::key(&self.id), attributes }
    }

    /// The row of facts whose largest version wins. Each content names both attributes, so that no value of an older content stays.
    #[must_use]
    pub fn newest(&self, version: &str) -> Write {
        let json = self.json.as_deref().unwrap_or("{}");
        Write::Newest {
            key: Self::key(&self.id),
            version_attribute: JSON_VERSION.into(),
            version: version.to_owned(),
            attributes: Attributes::from([
                (JSON.into(), json.into()),
                (OMITTED_BYTES.into(), self.omitted_bytes.into()),
            ]),
        }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let id = NodeId::parse(&item.key.pk).filter(|_| Self::is(&item.key))?;
        let json = item.text(JSON).map(str::to_owned);
        Some(Self { id, json, omitted_bytes: item.number(OMITTED_BYTES).unwrap_or_default() })
    }
}

/// A version of Clarify's report on a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplanationRow {
    /// The job that wrote the report, or the package that names it.
    pub id: NodeId,
    /// The version of the report.
    pub version: String,
    /// `{report, version, attributions}` as JSON text.
    pub json: String,
}

impl ExplanationRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "ExplanationRow",
        says: "one version of a report on why a model answers as it does",
        pk: "<identity>",
        sk: "X#<object version>",
    };
    const PREFIX: &str = "X#";

    /// The key of a version of the report.
    #[must_use]
    pub fn key(id: &NodeId, version: &str) -> Key {
        Key::new(id.as_str(), format!("{}{version}", Self::PREFIX))
    }

    /// The key of the explanation that a node's register names ([`super::node::EXPLANATION_VERSION`]).
    #[must_use]
    pub fn key_of_newest(id: &NodeId, register_version: &str) -> Option<Key> {
        register_version.split_once('#').map(|(_, version)| Self::key(id, version))
    }

    /// The version of the node's register. The newest report counts.
    #[must_use]
    pub fn register_version(written_at: Timestamp, version: &str) -> String {
        format!("{}#{version}", millis(written_at))
    }

    /// When the report in a node's register was written.
    #[must_use]
    pub fn written_at(register_version: &str) -> Option<Timestamp> {
        leading_time(register_version)
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let attributes = Attributes::from([(JSON.into(), self.json.clone().into())]);
        Item { key: Self::key(&self.id, &self.version), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let version = item.key.sk.strip_prefix(Self::PREFIX)?.to_owned();
        Some(Self { id: NodeId::parse(&item.key.pk)?, version, json: item.text(JSON)?.to_owned() })
    }
}
