//! Attempts at work that may need more memory than there is. A process that is killed for this cannot report it afterwards.

use sagewarden_events::Timestamp;

use super::kind::{RowKind, leading_time, millis};
use crate::s3::hex;
use crate::table::{Attributes, Item, Key, Query};
use sha2::{Digest, Sha256};

/// An attempt that has begun. If the process survives, the row is deleted when the attempt ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// The subject of the attempt: the place of a file, or of data.
    pub subject: String,
    /// When it began.
    pub at: Timestamp,
    /// Who made the attempt: a request of Lambda, and its record.
    pub owner: String,
}

impl AttemptRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "AttemptRow",
        says: "a read of a file that may not fit into memory; deleted when the read ends in any way",
        pk: "K#attempt#<digest of the place>",
        sk: "<time>#<request>",
    };
    const PREFIX: &str = "K#attempt#";
    const SUBJECT: &str = "subject";

    /// The attempts at a subject, the oldest first.
    #[must_use]
    pub fn at(subject: &str) -> Query {
        Query::whole(Self::pk(subject))
    }

    /// The row's key.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(Self::pk(&self.subject), format!("{}#{}", millis(self.at), self.owner))
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let subject = Attributes::from([(Self::SUBJECT.into(), self.subject.clone().into())]);
        Item { key: self.key(), attributes: subject }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        item.key.pk.strip_prefix(Self::PREFIX)?;
        let owner = item.key.sk.split_once('#')?.1.to_owned();
        Some(Self { subject: item.text(Self::SUBJECT)?.to_owned(), at: leading_time(&item.key.sk)?, owner })
    }

    fn pk(subject: &str) -> String {
        format!("{}{}", Self::PREFIX, hex(&Sha256::digest(subject)))
    }
}
