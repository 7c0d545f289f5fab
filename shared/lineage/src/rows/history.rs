//! Jobs that ended long ago: their findings can never be fixed.

use sagewarden_events::Timestamp;

use super::kind::{RowKind, leading_time, millis};
use super::verdict::{VERDICTS, key_in, subject_of};
use crate::table::{Attributes, Item, Key, Write};

/// Records that a job has ended, and that the findings on it are history. This closes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRow {
    /// The partition of the verdicts ([`super::VerdictRow::partition`]).
    pub subject: String,
    /// The job's last change that is history. A verdict on a later change has open findings again.
    pub until: Timestamp,
}

impl HistoryRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "HistoryRow",
        says: "that a job ended long ago, which closes its findings as history",
        pk: VERDICTS,
        sk: "VH",
    };
    const SK: &str = "VH";
    const UNTIL: &str = "until";

    /// The row's key.
    #[must_use]
    pub fn key(subject: &str) -> Key {
        key_in(subject, Self::SK.to_owned())
    }

    /// The write: the newest change counts.
    #[must_use]
    pub fn write(&self) -> Write {
        Write::Newest {
            key: Self::key(&self.subject),
            version_attribute: Self::UNTIL.into(),
            version: millis(self.until),
            attributes: Attributes::new(),
        }
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let attributes = Attributes::from([(Self::UNTIL.into(), millis(self.until).into())]);
        Item { key: Self::key(&self.subject), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let subject = subject_of(&item.key).filter(|_| item.key.sk == Self::SK)?;
        Some(Self { subject: subject.to_owned(), until: leading_time(item.text(Self::UNTIL)?)? })
    }
}
