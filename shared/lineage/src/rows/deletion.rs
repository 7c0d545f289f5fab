//! Deletions of judged resources, and of the descriptions of jobs, which are evidence.

use sagewarden_events::{Resource, Timestamp};

use super::kind::{RowKind, leading_time, millis};
use super::verdict::JudgedRow;
use crate::table::{Attributes, Item, Key, Query};

/// Records that the resource of an ARN was deleted at a time. This closes the findings on all resources that had the
/// ARN until then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedRow {
    /// The resource's ARN in lower case.
    pub arn: String,
    /// When.
    pub at: Timestamp,
}

impl DeletedRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "DeletedRow",
        says: "that a resource was deleted, which closes its findings",
        pk: "K#judged#<ARN in lower case>",
        sk: "D#<time>",
    };
    const PREFIX: &str = "D#";

    /// The deletion of a resource.
    #[must_use]
    pub fn of(resource: &Resource, at: Timestamp) -> Self {
        Self { arn: resource.arn().to_lowercase(), at }
    }

    /// The last deletion from a time on.
    #[must_use]
    pub fn since(resource: &Resource, from: Timestamp) -> Query {
        let bound = |end: &str| format!("{}{end}", Self::PREFIX);
        let pk = JudgedRow::partition(&resource.arn().to_lowercase());
        Query::between(pk, bound(&millis(from)), bound("~")).newest_first().at_most(1)
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let key = Key::new(JudgedRow::partition(&self.arn), format!("{}{}", Self::PREFIX, millis(self.at)));
        Item { key, attributes: Attributes::new() }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let arn = JudgedRow::arn_of(&item.key)?.to_owned();
        Some(Self { arn, at: leading_time(item.key.sk.strip_prefix(Self::PREFIX)?)? })
    }
}

/// That somebody erased the description of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasedRow {
    /// When.
    pub at: Timestamp,
    /// The ARN of the job.
    pub arn: String,
    /// The API call.
    pub call: String,
    /// Who called, if that is known.
    pub by: Option<String>,
}

impl ErasedRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "ErasedRow",
        says: "that somebody erased the description of a job",
        pk: "K#erased",
        sk: "<time>#<ARN>",
    };
    const PK: &str = "K#erased";
    const CALL: &str = "call";
    const BY: &str = "by";

    /// The erasures between two times, both included; the newest first.
    #[must_use]
    pub fn between(from: Option<Timestamp>, until: Option<Timestamp>) -> Query {
        let bound = |time: Option<Timestamp>, end: &str| time.map_or(end.to_owned(), millis);
        let until = format!("{}#~", bound(until, "~"));
        Query::between(Self::PK, bound(from, ""), until).newest_first()
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let mut attributes = Attributes::from([(Self::CALL.into(), self.call.clone().into())]);
        attributes.extend(self.by.iter().map(|by| (Self::BY.to_owned(), by.clone().into())));
        Item { key: Key::new(Self::PK, format!("{}#{}", millis(self.at), self.arn)), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let Key { pk, sk } = &item.key;
        let arn = sk.split_once('#').filter(|_| pk == Self::PK)?.1.to_owned();
        let call = item.text(Self::CALL)?.to_owned();
        Some(Self { at: leading_time(sk)?, arn, call, by: item.text(Self::BY).map(str::to_owned) })
    }
}
