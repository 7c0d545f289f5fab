//! Attempts at work that may take more memory than there is: a process that is killed cannot say so afterwards.

use sagewarden_events::Timestamp;

use super::kind::{RowKind, leading_time, millis};
use crate::s3::hex;
use crate::table::{Attributes, Item, Key, Query};
use sha2::{Digest, Sha256};

/// An attempt that has begun, and has not ended in any way that the process survived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// At what: the place of a file, or of data.
    pub subject: String,
    /// When it began.
    pub at: Timestamp,
    /// Who made it: a request of Lambda, and its record.
    pub owner: String,
}

impl AttemptRow {
    /// What the row is.
    pub const KIND: RowKind = RowKind {
        row: "AttemptRow",
        says: "a read of a file that may not fit into memory; deleted when the read ends in any way",
        pk: "K#attempt#<digest of the place>",
        sk: "<time>#<request>",
    };
    const PREFIX: &str = "K#attempt#";
    const SUBJECT: &str = "subject";

    /// The attempts at something, the oldest first.
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

    /// Reads a row; `None` when it is another kind.
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
