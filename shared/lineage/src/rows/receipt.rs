//! Receipts of published notices. Claims write them, not writes that commute.

use std::collections::BTreeSet;

use sagewarden_events::{Resource, Timestamp};

use super::kind::{RowKind, millis};
use super::verdict::JudgedRow;
use crate::table::{Attributes, Item, Key, Query, Value};

/// The state of a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiptState {
    /// A delivery has claimed it.
    Claimed {
        /// The attempt that claims it.
        owner: String,
        /// Until when no other delivery may claim it.
        until: Timestamp,
    },
    /// The notice was sent.
    Done,
}

impl ReceiptState {
    fn of(item: &Item) -> Option<Self> {
        match item.text(ReceiptRow::STATE)? {
            ReceiptRow::DONE => Some(Self::Done),
            ReceiptRow::CLAIMED => Some(Self::Claimed {
                owner: item.text(ReceiptRow::OWNER)?.to_owned(),
                until: Timestamp::from_millis(item.number(ReceiptRow::UNTIL)?),
            }),
            _ => None,
        }
    }
}

/// A receipt of one cause, or of a set of causes in one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptRow {
    /// The cause of the notice. For a set of causes, the part that they have in common.
    pub cause: String,
    /// The digest of the set; `None` for a receipt of one cause.
    pub set: Option<String>,
    /// Whether the notice was sent.
    pub state: ReceiptState,
    /// When DynamoDB may delete it, in seconds since 1970.
    pub expires: Option<i64>,
    /// The members of the set.
    pub published: BTreeSet<String>,
}

impl ReceiptRow {
    /// The kind of row for one cause, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "ReceiptRow",
        says: "that a notice was published, or that a delivery is publishing it",
        pk: "E#<cause>",
        sk: "#",
    };
    /// The kind of row for a set, as ARCHITECTURE.md describes it.
    pub const OF_SET: RowKind = RowKind {
        row: "ReceiptRow",
        says: "that an alert about a set of causes was published; names the causes",
        pk: "E#<kind of alert>#<endpoint>#<time>, or E#<kind of alert>#<node>",
        sk: "<digest of the set>",
    };
    const PREFIX: &str = "E#";
    const SK: &str = "#";

    /// `claimed` or `done`.
    pub const STATE: &str = "st";
    /// The attempt that claims it.
    pub const OWNER: &str = "owner";
    /// Until when no other delivery may claim it (milliseconds).
    pub const UNTIL: &str = "until";
    /// When it may be deleted (seconds). This is the table's attribute for expiry.
    pub const EXPIRES: &str = "ttl";
    /// The published causes.
    pub const PUBLISHED: &str = "told";
    /// The state of a claimed receipt.
    pub const CLAIMED: &str = "claimed";
    /// The state of a published notice.
    pub const DONE: &str = "done";
    /// The notice to publish if its sender dies.
    pub const OWED: &str = "owed";
    /// The attempt that wrote the owed notice. So an attempt that renews its own claim does not get the notice of another attempt.
    pub const OWED_BY: &str = "owed_by";
    /// The owner of a claim that was given back while a notice was owed.
    const NOBODY: &str = "nobody";

    /// The key of the receipt of one cause.
    #[must_use]
    pub fn key(cause: &str) -> Key {
        Key::new(Self::partition(cause), Self::SK)
    }

    /// The key of the receipt of a set.
    #[must_use]
    pub fn key_of_set(cause: &str, digest: &str) -> Key {
        Key::new(Self::partition(cause), digest)
    }

    /// The receipts of all sets of a cause.
    #[must_use]
    pub fn sets(cause: &str) -> Query {
        Query::whole(Self::partition(cause))
    }

    /// The bounds of the partitions of all receipts: the first is included, the second is not.
    #[must_use]
    pub fn partitions() -> [&'static str; 2] {
        [Self::PREFIX, "E$"]
    }

    /// The cause of a period of an endpoint: `<what>#<endpoint>#<begin>`.
    #[must_use]
    pub fn period(what: &str, endpoint: &str, from: Timestamp) -> String {
        format!("{what}#{endpoint}#{}", millis(from))
    }

    /// The cause that a key is about; `None` if it belongs to another kind of row.
    #[must_use]
    pub fn cause_of(key: &Key) -> Option<&str> {
        key.pk.strip_prefix(Self::PREFIX)
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let key = match &self.set {
            Some(digest) => Self::key_of_set(&self.cause, digest),
            None => Self::key(&self.cause),
        };
        let mut attributes = match &self.state {
            ReceiptState::Claimed { owner, until } => Self::claimed(owner, *until),
            ReceiptState::Done => Self::done(Attributes::new()),
        };
        attributes.extend(self.expires.map(|seconds| (Self::EXPIRES.to_owned(), seconds.into())));
        if !self.published.is_empty() {
            attributes.insert(Self::PUBLISHED.into(), Value::Set(self.published.clone()));
        }
        Item { key, attributes }
    }

    /// The attributes of a claimed receipt.
    #[must_use]
    pub fn claimed(owner: &str, until: Timestamp) -> Attributes {
        Attributes::from([
            (Self::STATE.into(), Self::CLAIMED.into()),
            (Self::OWNER.into(), owner.into()),
            (Self::UNTIL.into(), until.millis().into()),
        ])
    }

    /// The attributes of a claim that was given back while a notice is owed: any delivery may claim it.
    #[must_use]
    pub fn given_back(owed: &str) -> Attributes {
        let mut attributes = Self::claimed(Self::NOBODY, Timestamp::from_millis(0));
        attributes.insert(Self::OWED.into(), owed.into());
        attributes.insert(Self::OWED_BY.into(), Self::NOBODY.into());
        attributes
    }

    /// The attributes of a published notice, with further attributes to keep.
    #[must_use]
    pub fn done(mut attributes: Attributes) -> Attributes {
        attributes.insert(Self::STATE.into(), Self::DONE.into());
        attributes
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        Some(Self {
            cause: Self::cause_of(&item.key)?.to_owned(),
            set: (item.key.sk != Self::SK).then(|| item.key.sk.clone()),
            state: ReceiptState::of(item)?,
            expires: item.number(Self::EXPIRES),
            published: item.set(Self::PUBLISHED).map(str::to_owned).collect(),
        })
    }

    fn partition(cause: &str) -> String {
        format!("{}{cause}", Self::PREFIX)
    }
}

/// A notice about a resource, which is owed or was sent. Its row is beside the [`JudgedRow`], so that the next delivery about the resource
/// finds an owed notice, even if the resource is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeRow {
    /// The resource's ARN in lower case.
    pub arn: String,
    /// The subject of the notice.
    pub cause: String,
    /// Whether the notice was sent.
    pub state: ReceiptState,
    /// For an owed notice: its content, to publish if its sender dies.
    pub owed: Option<String>,
}

impl NoticeRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "NoticeRow",
        says: "that a notice about a resource was published, or the notice to publish if its sender dies",
        pk: "K#judged#<ARN in lower case>",
        sk: "E#<cause>",
    };
    const PREFIX: &str = ReceiptRow::PREFIX;

    /// The key of the notice about a cause.
    #[must_use]
    pub fn key(resource: &Resource, cause: &str) -> Key {
        Self::key_of(&resource.arn().to_lowercase(), cause)
    }

    /// The notices about a resource.
    #[must_use]
    pub fn about(resource: &Resource) -> Query {
        Query::prefix(JudgedRow::partition(&resource.arn().to_lowercase()), Self::PREFIX)
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let mut attributes = match &self.state {
            ReceiptState::Claimed { owner, until } => ReceiptRow::claimed(owner, *until),
            ReceiptState::Done => ReceiptRow::done(Attributes::new()),
        };
        attributes.extend(self.owed.iter().map(|owed| (ReceiptRow::OWED.to_owned(), owed.clone().into())));
        Item { key: Self::key_of(&self.arn, &self.cause), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        Some(Self {
            arn: JudgedRow::arn_of(&item.key)?.to_owned(),
            cause: item.key.sk.strip_prefix(Self::PREFIX)?.to_owned(),
            state: ReceiptState::of(item)?,
            owed: item.text(ReceiptRow::OWED).map(str::to_owned),
        })
    }

    fn key_of(arn: &str, cause: &str) -> Key {
        Key::new(JudgedRow::partition(arn), format!("{}{cause}", Self::PREFIX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_have_partitions_of_their_own_and_are_found_by_their_cause() {
        let key = ReceiptRow::key_of_set("cause", "00");
        assert_eq!(ReceiptRow::cause_of(&key), Some("cause"));
        assert_eq!(ReceiptRow::cause_of(&Key::new("ep#1/r/prod", "#")), None);
        assert_eq!(ReceiptRow::sets("cause"), Query::whole(key.pk.clone()));
        assert_eq!(ReceiptRow::key("cause"), Key::new(key.pk.clone(), "#"));
        let [from, before] = ReceiptRow::partitions();
        assert!((from..before).contains(&key.pk.as_str()));
        assert!(!(from..before).contains(&"ep#1/r/prod"));
        assert_eq!(
            ReceiptRow::period("drift", "1/r/prod", Timestamp::from_millis(61)),
            "drift#1/r/prod#000000000000061"
        );
    }

    #[test]
    fn what_is_given_back_may_be_claimed_by_anybody_and_says_what_is_owed() {
        let item = Item { key: ReceiptRow::key("cause"), attributes: ReceiptRow::given_back("words") };
        let state = ReceiptRow::parse(&item).map(|row| row.state);
        assert_eq!(
            state,
            Some(ReceiptState::Claimed { owner: "nobody".into(), until: Timestamp::from_millis(0) })
        );
        assert_eq!(
            (item.text(ReceiptRow::OWED), item.text(ReceiptRow::OWED_BY)),
            (Some("words"), Some("nobody"))
        );
        let done = ReceiptRow::done(Attributes::from([("a".to_owned(), Value::from("b"))]));
        assert_eq!(done.len(), 2, "{done:?}");
        let item = |attributes| Item { key: ReceiptRow::key("cause"), attributes };
        assert_eq!(ReceiptRow::parse(&item(done)).map(|row| row.state), Some(ReceiptState::Done));
        let odd = Attributes::from([(ReceiptRow::STATE.to_owned(), Value::from("odd"))]);
        assert_eq!(ReceiptRow::parse(&item(odd)), None);
    }
}
