//! The rows of sweeps through an account: how far a sweep came, and which lasting resources it saw.

use std::collections::BTreeMap;

use sagewarden_events::{Resource, ResourceKind, Timestamp};

use super::kind::{RowKind, earliest, millis};
use crate::table::{Attributes, Item, Key, Query, Write};

const SWEEP: &str = "K#sweep";

/// How far the newest sweep through a kind came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepRow {
    /// The kind.
    pub kind: ResourceKind,
    /// The region.
    pub region: String,
    /// When the sweep began.
    pub began: Timestamp,
    /// Only resources that were created since then, if it has such a limit.
    pub since: Option<Timestamp>,
    /// How many pages it has done.
    pub pages: u64,
    /// How many resources they listed.
    pub listed: u64,
    /// Whether the bulk call listed them.
    pub by_search: bool,
    /// Where the next page begins; `None` once the sweep has come to its end.
    pub cursor: Option<String>,
}

impl SweepRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "SweepRow",
        says: "how far the newest sweep through a kind of resource came",
        pk: SWEEP,
        sk: "<kind>#<region>",
    };
    const AS_OF: &str = "as_of";
    const SINCE: &str = "since";
    const LISTED: &str = "listed";
    const BY_SEARCH: &str = "by_search";
    const CURSOR: &str = "cursor";

    /// The row's key.
    #[must_use]
    pub fn key(kind: ResourceKind, region: &str) -> Key {
        // Pipelines and their executions share a segment.
        Key::new(SWEEP, format!("{}#{region}", kind.operation()))
    }

    /// The write: of two sweeps the later one counts, and of one sweep the later page.
    #[must_use]
    pub fn write(&self) -> Write {
        let Item { key, mut attributes } = self.item();
        attributes.remove(Self::AS_OF);
        Write::Newest { key, version_attribute: Self::AS_OF.into(), version: self.version(), attributes }
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX).into();
        // A register keeps attributes that a write does not name, so each write names all of them.
        let since = self.since.map(millis).unwrap_or_default();
        let attributes = Attributes::from([
            (Self::AS_OF.into(), self.version().into()),
            (Self::LISTED.into(), number(self.listed)),
            (Self::BY_SEARCH.into(), i64::from(self.by_search).into()),
            (Self::SINCE.into(), since.into()),
            (Self::CURSOR.into(), self.cursor.clone().unwrap_or_default().into()),
        ]);
        Item { key: Self::key(self.kind, &self.region), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let (operation, region) = item.key.sk.split_once('#').filter(|_| item.key.pk == SWEEP)?;
        let kind = ResourceKind::ALL.into_iter().find(|kind| kind.operation() == operation)?;
        let (began, pages) = item.text(Self::AS_OF)?.split_once('#')?;
        let time = |text: &str| text.parse().ok().map(Timestamp::from_millis);
        Some(Self {
            kind,
            region: region.to_owned(),
            began: time(began)?,
            since: item.text(Self::SINCE).and_then(time),
            pages: pages.parse().ok()?,
            listed: item.number(Self::LISTED).and_then(|listed| u64::try_from(listed).ok())?,
            by_search: item.number(Self::BY_SEARCH) == Some(1),
            cursor: item.text(Self::CURSOR).filter(|cursor| !cursor.is_empty()).map(str::to_owned),
        })
    }

    fn version(&self) -> String {
        format!("{}#{:08}", millis(self.began), self.pages)
    }
}

/// A resource that lasts until somebody deletes it, as a sweep saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRow {
    /// Which one.
    pub resource: Resource,
    /// When it was created.
    pub created_at: Timestamp,
    /// When a sweep first found it gone. Only CloudTrail knows when it was deleted, and by whom.
    pub gone_seen_at: Option<Timestamp>,
}

impl SeenRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "SeenRow",
        says: "that a sweep saw a resource that lasts, and when a sweep first found it gone",
        pk: "K#seen#<kind>",
        sk: "<ARN>@<ms>",
    };
    const PREFIX: &str = "K#seen#";
    /// When a sweep first found it gone, in milliseconds.
    pub const GONE_SEEN_AT: &str = "gone_seen_at";
    const GONE_VERSION: &str = "gone_seen_v";

    /// The row's key.
    #[must_use]
    pub fn key(&self) -> Key {
        let sk = format!("{}@{}", self.resource.arn(), self.created_at.millis());
        Key::new(format!("{}{}", Self::PREFIX, self.resource.kind.segment()), sk)
    }

    /// All resources of a kind that sweeps have seen.
    #[must_use]
    pub fn of(kind: ResourceKind) -> Query {
        Query::whole(format!("{}{}", Self::PREFIX, kind.segment()))
    }

    /// The write that records that it was seen. Which sweep saw it first does not matter.
    #[must_use]
    pub fn write(&self) -> Write {
        Write::Merge { key: self.key(), once: Attributes::new(), union: BTreeMap::new() }
    }

    /// The write that records that it is gone: the earliest time counts.
    #[must_use]
    pub fn write_gone(&self, at: Timestamp) -> Write {
        Write::Newest {
            key: self.key(),
            version_attribute: Self::GONE_VERSION.into(),
            version: earliest(at),
            attributes: Attributes::from([(Self::GONE_SEEN_AT.into(), at.millis().into())]),
        }
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let mut attributes = Attributes::new();
        if let Some(at) = self.gone_seen_at {
            attributes.insert(Self::GONE_SEEN_AT.into(), at.millis().into());
            attributes.insert(Self::GONE_VERSION.into(), earliest(at).into());
        }
        Item { key: self.key(), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        item.key.pk.strip_prefix(Self::PREFIX)?;
        let (arn, created_at) = item.key.sk.rsplit_once('@')?;
        Some(Self {
            resource: Resource::parse_arn(arn).ok()?,
            created_at: Timestamp::from_millis(created_at.parse().ok()?),
            gone_seen_at: item.number(Self::GONE_SEEN_AT).map(Timestamp::from_millis),
        })
    }
}
