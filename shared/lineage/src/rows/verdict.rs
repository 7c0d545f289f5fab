//! What the controls said of a resource, what was done about it, and when it last kept them all.

use std::collections::BTreeMap;

use sagewarden_events::{Resource, Timestamp};

use super::kind::{RowKind, leading_time, millis};
use crate::id::NodeId;
use crate::table::{Attributes, Item, Key, Query, Value, Write};

/// Digits of a bundle's hash that stand in keys: enough to tell bundles apart.
const MARK: usize = 12;

/// The second form is that of kinds that have no node.
const VERDICTS: &str = "<identity>, or R#<kind>#<account>/<region>/<name>@<ms>";

/// The first digits of a bundle's hash.
#[must_use]
pub fn bundle_mark(bundle: &str) -> &str {
    bundle.get(..MARK).unwrap_or(bundle)
}

/// The newest verdict by a bundle on an incarnation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictRow {
    /// The partition ([`Self::partition`]).
    pub pk: String,
    /// The bundle's hash.
    pub bundle: String,
    /// When what was judged was last changed.
    pub modified_at: Timestamp,
    /// Whether every control could be decided: what is known comes after what was not, whenever it was found out.
    pub is_known: bool,
    /// Tells one set of findings from another.
    pub findings_mark: String,
    /// The outcome's word.
    pub outcome: String,
    /// The findings as JSON text.
    pub findings: String,
    /// The controls that were checked, with spaces between.
    pub checked: String,
}

impl VerdictRow {
    /// What the row is.
    pub const KIND: RowKind = RowKind {
        row: "VerdictRow",
        says: "the newest verdict by a bundle, who created the resource, and what was done about it",
        pk: VERDICTS,
        sk: "V#<bundle>",
    };
    const PREFIX: &str = "V#";
    const WITHOUT_NODE: &str = "R#";

    /// The outcome's word.
    pub const OUTCOME: &str = "outcome";
    /// The findings as JSON text.
    pub const FINDINGS: &str = "findings";
    /// The controls that were checked.
    pub const CHECKED: &str = "checked";
    /// The whole hash of the bundle.
    pub const BUNDLE: &str = "bundle";
    /// The version of the verdict: `<time>#<whether known>#<mark of the findings>`.
    pub const AS_OF: &str = "as_of";
    /// Who created the resource, as JSON text.
    pub const ACTOR: &str = "actor";
    /// The API call of the first remedy that took effect.
    pub const REMEDY: &str = "remedy";
    /// What came of it.
    pub const REMEDY_RESULT: &str = "remedy_result";
    /// How long after the cause it was made, in milliseconds.
    pub const REMEDY_AFTER_MS: &str = "remedy_after_ms";
    /// How often the resource was changed by Sagewarden.
    pub const CHANGES: &str = "remedy_changes";
    /// The controls that its tag names.
    pub const MARKED: &str = "remedy_marked";
    /// `yes` while a notebook instance waits to be started again, then `no`.
    pub const STOPPED_TO_CHANGE: &str = "stopped_to_change";
    const CHANGES_AS_OF: &str = "remedy_changed_as_of";
    const MARKED_AS_OF: &str = "remedy_marked_as_of";
    const STOPPED_AS_OF: &str = "stopped_as_of";

    /// The partition of the verdicts on an incarnation: its node's, or of kinds that have none one of its own.
    #[must_use]
    pub fn partition(resource: &Resource, created_at: Timestamp) -> String {
        NodeId::resource(resource, created_at).map_or_else(
            || {
                let Resource { kind, account, region, name, .. } = resource;
                let prefix = Self::WITHOUT_NODE;
                format!("{prefix}{}#{account}/{region}/{name}@{}", kind.segment(), created_at.millis())
            },
            |id| id.to_string(),
        )
    }

    /// The verdicts in a partition, one a bundle.
    #[must_use]
    pub fn of(pk: &str) -> Query {
        Query::prefix(pk, Self::PREFIX)
    }

    /// The key of the verdict by a bundle.
    #[must_use]
    pub fn key(pk: &str, bundle: &str) -> Key {
        Key::new(pk, format!("{}{}", Self::PREFIX, bundle_mark(bundle)))
    }

    /// The write of a verdict.
    #[must_use]
    pub fn write(&self) -> Write {
        Write::Newest {
            key: Self::key(&self.pk, &self.bundle),
            version_attribute: Self::AS_OF.into(),
            version: self.version(),
            attributes: self.attributes(),
        }
    }

    /// Who created the resource.
    #[must_use]
    pub fn write_actor(key: Key, actor: &str) -> Write {
        let once = Attributes::from([(Self::ACTOR.into(), actor.into())]);
        Write::Merge { key, once, union: BTreeMap::new() }
    }

    /// The first remedy that took effect.
    #[must_use]
    pub fn write_remedy(key: Key, action: &str, result: &str, after_ms: i64) -> Write {
        let once = Attributes::from([
            (Self::REMEDY.into(), action.into()),
            (Self::REMEDY_RESULT.into(), result.into()),
            (Self::REMEDY_AFTER_MS.into(), after_ms.into()),
        ]);
        Write::Merge { key, once, union: BTreeMap::new() }
    }

    /// How often it was changed by now.
    #[must_use]
    pub fn write_changes(key: Key, made: i64) -> Write {
        Self::note(key, Self::CHANGES_AS_OF, format!("{made:05}"), Self::CHANGES, made.into())
    }

    /// Which controls its tag names.
    #[must_use]
    pub fn write_marked(key: Key, modified_at: Timestamp, controls: &str) -> Write {
        let version = format!("{}#{controls}", millis(modified_at));
        Self::note(key, Self::MARKED_AS_OF, version, Self::MARKED, controls.into())
    }

    /// Whether a notebook instance waits to be started again; of one time the larger step counts.
    #[must_use]
    pub fn write_stopped(key: Key, modified_at: Timestamp, step: &str, waits: &str) -> Write {
        let version = format!("{}#{step}", millis(modified_at));
        Self::note(key, Self::STOPPED_AS_OF, version, Self::STOPPED_TO_CHANGE, waits.into())
    }

    /// The row with nothing but the verdict.
    #[must_use]
    pub fn item(&self) -> Item {
        let mut attributes = self.attributes();
        attributes.insert(Self::AS_OF.into(), self.version().into());
        Item { key: Self::key(&self.pk, &self.bundle), attributes }
    }

    /// Reads a row; `None` when it is another kind, or holds no verdict yet.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        item.key.sk.strip_prefix(Self::PREFIX)?;
        let text = |name: &str| item.text(name).map(str::to_owned);
        let as_of = item.text(Self::AS_OF)?;
        let mut parts = as_of.splitn(3, '#').skip(1);
        Some(Self {
            pk: item.key.pk.clone(),
            bundle: text(Self::BUNDLE)?,
            modified_at: leading_time(as_of)?,
            is_known: parts.next()? == "1",
            findings_mark: parts.next()?.to_owned(),
            outcome: text(Self::OUTCOME)?,
            findings: text(Self::FINDINGS)?,
            checked: text(Self::CHECKED)?,
        })
    }

    fn version(&self) -> String {
        format!("{}#{}#{}", millis(self.modified_at), u8::from(self.is_known), self.findings_mark)
    }

    fn attributes(&self) -> Attributes {
        Attributes::from([
            (Self::OUTCOME.into(), self.outcome.clone().into()),
            (Self::FINDINGS.into(), self.findings.clone().into()),
            (Self::CHECKED.into(), self.checked.clone().into()),
            (Self::BUNDLE.into(), self.bundle.clone().into()),
        ])
    }

    fn note(key: Key, version_attribute: &str, version: String, name: &str, value: Value) -> Write {
        let attributes = Attributes::from([(name.to_owned(), value)]);
        Write::Newest { key, version_attribute: version_attribute.to_owned(), version, attributes }
    }
}

/// When a resource that can be changed last kept every control of a bundle: what it breaks later is a new finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComplianceRow {
    /// The partition ([`VerdictRow::partition`]).
    pub pk: String,
    /// The first digits of the bundle's hash.
    pub bundle: String,
    /// When what was judged was last changed.
    pub kept_at: Timestamp,
}

impl ComplianceRow {
    /// What the row is.
    pub const KIND: RowKind = RowKind {
        row: "ComplianceRow",
        says: "when a resource that can be changed last kept every control of a bundle",
        pk: VERDICTS,
        sk: "VK#<bundle>",
    };
    const PREFIX: &str = "VK#";
    const KEPT_AT: &str = "kept_at";

    /// The row's key.
    #[must_use]
    pub fn key(pk: &str, bundle: &str) -> Key {
        Key::new(pk, format!("{}{}", Self::PREFIX, bundle_mark(bundle)))
    }

    /// The write: the register is all that the row holds.
    #[must_use]
    pub fn write(&self) -> Write {
        Write::Newest {
            key: Self::key(&self.pk, &self.bundle),
            version_attribute: Self::KEPT_AT.into(),
            version: millis(self.kept_at),
            attributes: Attributes::new(),
        }
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let attributes = Attributes::from([(Self::KEPT_AT.into(), millis(self.kept_at).into())]);
        Item { key: Self::key(&self.pk, &self.bundle), attributes }
    }

    /// Reads a row; `None` when it is another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let bundle = item.key.sk.strip_prefix(Self::PREFIX)?.to_owned();
        let kept_at = leading_time(item.text(Self::KEPT_AT)?)?;
        Some(Self { pk: item.key.pk.clone(), bundle, kept_at })
    }
}

/// That a resource of a name was judged, even if it is gone before anything else is recorded of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedRow {
    /// Its ARN in lower case.
    pub arn: String,
    /// The partition of its verdicts.
    pub verdicts: String,
    /// Of a monitoring schedule: the endpoint that it watches.
    pub endpoint: Option<String>,
}

impl JudgedRow {
    /// What the row is.
    pub const KIND: RowKind = RowKind {
        row: "JudgedRow",
        says: "that a resource was judged, and the endpoint that a schedule watches",
        pk: "K#judged#<ARN in lower case>",
        sk: "#",
    };
    const PREFIX: &str = "K#judged#";
    const SK: &str = "#";
    const ID: &str = "id";
    const ENDPOINT: &str = "endpoint";

    /// What is known of a resource that was judged.
    #[must_use]
    pub fn of(resource: &Resource, verdicts: &str, endpoint: Option<&str>) -> Self {
        let arn = resource.arn().to_lowercase();
        Self { arn, verdicts: verdicts.to_owned(), endpoint: endpoint.map(str::to_owned) }
    }

    /// The row's key.
    #[must_use]
    pub fn key(resource: &Resource) -> Key {
        Self::key_of(&resource.arn().to_lowercase())
    }

    /// The write: of several incarnations of one name the first that is told counts.
    #[must_use]
    pub fn write(&self) -> Write {
        let Item { key, attributes: once } = self.item();
        Write::Merge { key, once, union: BTreeMap::new() }
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let mut attributes = Attributes::from([(Self::ID.into(), self.verdicts.clone().into())]);
        attributes.extend(self.endpoint.iter().map(|name| (Self::ENDPOINT.into(), name.clone().into())));
        Item { key: Self::key_of(&self.arn), attributes }
    }

    /// Reads a row; `None` when it is another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        Some(Self {
            arn: item.key.pk.strip_prefix(Self::PREFIX)?.to_owned(),
            verdicts: item.text(Self::ID)?.to_owned(),
            endpoint: item.text(Self::ENDPOINT).map(str::to_owned),
        })
    }

    fn key_of(arn: &str) -> Key {
        Key::new(format!("{}{arn}", Self::PREFIX), Self::SK)
    }
}
