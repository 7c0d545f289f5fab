//! How somebody shared the traffic of an endpoint out among its variants.

use sagewarden_events::Timestamp;
use sha2::{Digest, Sha256};

use super::kind::{RowKind, leading_time, millis};
use crate::id::NodeId;
use crate::s3::hex;
use crate::table::{Attributes, Item, Key, Query};

const ASKED: &str = "asked";
const BY: &str = "by";

/// A call gave variants of an endpoint other weights. The configuration stays; which model answers how often changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficRow {
    /// Where.
    pub endpoint: NodeId,
    /// When the call was made.
    pub at: Timestamp,
    /// The weights in words, by variant, such as `champion 0.9, challenger 0.1`.
    pub asked: String,
    /// Who made the call.
    pub by: Option<String>,
}

impl TrafficRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "TrafficRow",
        says: "a call that gave variants of an endpoint other weights",
        pk: "<endpoint>",
        sk: "T#<time>#<digest of the weights and who>",
    };
    const PREFIX: &str = "T#";

    /// Calls before a time, or all, the newest first.
    #[must_use]
    pub fn before(endpoint: &NodeId, before: Option<Timestamp>) -> Query {
        match before {
            // A call at that very time has a longer key, which sorts behind it.
            Some(before) => {
                let end = format!("{}{}", Self::PREFIX, millis(before));
                Query::between(endpoint.as_str(), Self::PREFIX, end).newest_first()
            }
            None => Query::prefix(endpoint.as_str(), Self::PREFIX).newest_first(),
        }
    }

    /// The row's key. CloudTrail's times are whole seconds: two calls of a second differ in what they say.
    #[must_use]
    pub fn key(&self) -> Key {
        let says = format!("{}\n{}", self.asked, self.by.as_deref().unwrap_or_default());
        let digest = hex(&Sha256::digest(says));
        let digest = digest.get(..16).unwrap_or(&digest);
        Key::new(self.endpoint.as_str(), format!("{}{}#{digest}", Self::PREFIX, millis(self.at)))
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let mut attributes = Attributes::from([(ASKED.into(), self.asked.as_str().into())]);
        attributes.extend(self.by.iter().map(|by| (BY.to_owned(), by.as_str().into())));
        Item { key: self.key(), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let at = leading_time(item.key.sk.strip_prefix(Self::PREFIX)?)?;
        let asked = item.text(ASKED)?.to_owned();
        let by = item.text(BY).map(str::to_owned);
        Some(Self { endpoint: NodeId::parse(&item.key.pk)?, at, asked, by })
    }
}
