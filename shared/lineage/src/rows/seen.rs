//! What a sweep saw, and what it did not see any more.

use std::collections::BTreeMap;

use sagewarden_events::{Resource, ResourceKind, Timestamp};

use super::finding::OpenFindingRow;
use super::kind::{RowKind, earliest, leading_time, millis};
use crate::table::{Attributes, Item, Key, Query, Write};

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
        sk: "<time>#<ARN>",
    };
    const PREFIX: &str = "K#seen#";
    /// When a sweep first found it gone, in milliseconds.
    pub const GONE_SEEN_AT: &str = "gone_seen_at";
    const GONE_VERSION: &str = "gone_seen_v";

    /// The row's key.
    #[must_use]
    pub fn key(&self) -> Key {
        let sk = format!("{}#{}", millis(self.created_at), self.resource.arn());
        Key::new(format!("{}{}", Self::PREFIX, self.resource.kind.segment()), sk)
    }

    /// All resources of a kind that sweeps have seen.
    #[must_use]
    pub fn of(kind: ResourceKind) -> Query {
        Self::between(kind, None, None)
    }

    /// Those that were created between two times, both included.
    #[must_use]
    pub fn between(kind: ResourceKind, from: Option<Timestamp>, until: Option<Timestamp>) -> Query {
        let bound = |time: Option<Timestamp>, end: &str| time.map_or(end.to_owned(), millis);
        let until = format!("{}#~", bound(until, "~"));
        Query::between(format!("{}{}", Self::PREFIX, kind.segment()), bound(from, ""), until)
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
        let (_, arn) = item.key.sk.split_once('#')?;
        Some(Self {
            resource: Resource::parse_arn(arn).ok()?,
            created_at: leading_time(&item.key.sk)?,
            gone_seen_at: item.number(Self::GONE_SEEN_AT).map(Timestamp::from_millis),
        })
    }
}

/// That a sweep found a resource which no event had announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissedRow {
    /// Which one.
    pub resource: Resource,
    /// When it was created.
    pub created_at: Timestamp,
    /// When a sweep first found it.
    pub found_at: Timestamp,
}

impl MissedRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "MissedRow",
        says: "that a sweep found a resource which no event had announced",
        pk: Self::PK,
        sk: "<time>#<ARN>",
    };
    const PK: &str = "K#missed";
    const FOUND_AT: &str = "found_at";
    const FOUND_VERSION: &str = "found_v";

    /// Those that were created between two times: the first is included, the second is not.
    #[must_use]
    pub fn between(from: Timestamp, until: Timestamp) -> Query {
        let last = Timestamp::from_millis(until.millis() - 1);
        Query::between(Self::PK, millis(from), format!("{}#~", millis(last)))
    }

    /// The write: the earliest time counts.
    #[must_use]
    pub fn write(&self) -> Write {
        let Item { key, mut attributes } = self.item();
        attributes.remove(Self::FOUND_VERSION);
        let version = earliest(self.found_at);
        Write::Newest { key, version_attribute: Self::FOUND_VERSION.into(), version, attributes }
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let attributes = Attributes::from([
            (Self::FOUND_AT.into(), self.found_at.millis().into()),
            (Self::FOUND_VERSION.into(), earliest(self.found_at).into()),
        ]);
        let sk = format!("{}#{}", millis(self.created_at), self.resource.arn());
        Item { key: Key::new(Self::PK, sk), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let (_, arn) = item.key.sk.split_once('#').filter(|_| item.key.pk == Self::PK)?;
        Some(Self {
            resource: Resource::parse_arn(arn).ok()?,
            created_at: leading_time(&item.key.sk)?,
            found_at: Timestamp::from_millis(item.number(Self::FOUND_AT)?),
        })
    }
}

/// How many resources of a kind were created in a month, and how many of them no event had announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrivedRow {
    /// Such as `2026-03`.
    pub month: String,
    /// The kind.
    pub kind: ResourceKind,
    /// The region.
    pub region: String,
    /// Until when sweeps have counted.
    pub until: Timestamp,
    /// How many there were.
    pub arrived: u64,
    /// How many of them no event had announced.
    pub missed: u64,
}

impl ArrivedRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "ArrivedRow",
        says: "how many resources of a kind were created in a month, and how many no event had announced",
        pk: Self::PK,
        sk: "<month>#<region>#<kind>",
    };
    /// The same row where a list of open findings begins, so that one request reads both.
    pub const BESIDE: RowKind = RowKind {
        row: "ArrivedRow",
        says: "the same counts for the newest month, where a list of open findings begins: one request reads both",
        pk: OpenFindingRow::PK,
        sk: "~<region>#<kind>",
    };
    const PK: &str = "K#arrived";
    const MONTH: &str = "month";
    const UNTIL: &str = "until";
    const ARRIVED: &str = "arrived";
    const MISSED: &str = "missed";

    /// The counts, the newest month first.
    #[must_use]
    pub fn newest() -> Query {
        Query::whole(Self::PK).newest_first()
    }

    /// The writes of both rows: the sweep that counted for longer counts.
    #[must_use]
    pub fn writes(&self) -> [Write; 2] {
        [self.item(), self.beside()].map(|Item { key, mut attributes }| {
            attributes.remove(Self::UNTIL);
            let version = millis(self.until);
            Write::Newest { key, version_attribute: Self::UNTIL.into(), version, attributes }
        })
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX).into();
        let attributes = Attributes::from([
            (Self::UNTIL.into(), millis(self.until).into()),
            (Self::ARRIVED.into(), number(self.arrived)),
            (Self::MISSED.into(), number(self.missed)),
        ]);
        let Self { month, kind, region, .. } = self;
        Item { key: Key::new(Self::PK, format!("{month}#{region}#{}", kind.operation())), attributes }
    }

    /// The row beside the open findings. Its sort key comes behind all accounts, and these lists are read from their end.
    #[must_use]
    pub fn beside(&self) -> Item {
        let Item { mut attributes, .. } = self.item();
        attributes.insert(Self::MONTH.into(), self.month.clone().into());
        let sk = format!("~{}#{}", self.region, self.kind.operation());
        Item { key: Key::new(OpenFindingRow::PK, sk), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let Key { pk, sk } = &item.key;
        let (month, place) = match pk.as_str() {
            Self::PK => sk.split_once('#')?,
            OpenFindingRow::PK => (item.text(Self::MONTH)?, sk.strip_prefix('~')?),
            _ => return None,
        };
        let (region, operation) = place.split_once('#')?;
        let number = |name: &str| item.number(name).and_then(|number| u64::try_from(number).ok());
        Some(Self {
            month: month.to_owned(),
            kind: ResourceKind::ALL.into_iter().find(|kind| kind.operation() == operation)?,
            region: region.to_owned(),
            until: Timestamp::from_millis(item.text(Self::UNTIL)?.parse().ok()?),
            arrived: number(Self::ARRIVED)?,
            missed: number(Self::MISSED)?,
        })
    }
}
