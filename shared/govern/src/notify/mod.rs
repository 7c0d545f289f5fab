//! Notices that are published once for a cause, however often the cause is delivered.

mod concerned;

use std::collections::BTreeSet;

use sagewarden_events::Timestamp;
use sagewarden_lineage::rows::ReceiptRow;
use sagewarden_lineage::table::{Attributes, Key, Value};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::outcome::{Done, Outcome};
use crate::ports::{Bus, Claim, Claimed, Notice, PortError, PortErrorKind, Table};

pub(crate) use concerned::Concerned;

/// One invocation of a use case: when it is, and who it is to others that run at the same time.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Now.
    pub now: Timestamp,
    /// Unique to this attempt.
    pub owner: String,
}

/// A sender that dies leaves its claim behind; after this it can be taken over.
const LEASE_MS: i64 = 120_000;
/// Longer than any archive from which events are replayed (400 days).
const RECEIPT_SECONDS: i64 = 400 * 86_400;

/// A claim on an action that must happen once, such as publishing a notice. It is held while the text of the notice is found.
pub(crate) struct Receipt {
    claim: Claim,
}

impl Receipt {
    /// Claims a cause; `None` when it is done.
    ///
    /// # Errors
    ///
    /// When the table fails, or another delivery holds the claim. The record must then be retried.
    pub(crate) async fn claim(
        table: &impl Table,
        moment: &Moment,
        cause: &str,
    ) -> Result<Option<Self>, PortError> {
        Self::claim_key(table, moment, ReceiptRow::key(cause)).await
    }

    /// As [`Self::claim`], for the key of any [`ReceiptRow`].
    pub(crate) async fn claim_key(
        table: &impl Table,
        moment: &Moment,
        key: Key,
    ) -> Result<Option<Self>, PortError> {
        Self::claim_as(table, moment, key, None).await.map(|claimed| claimed.map(|(receipt, _)| receipt))
    }

    /// Claims the key of a `NoticeRow`, which holds the owed notice until it is settled, even if this process dies. The receipt also brings
    /// the notice that an earlier delivery owed when it died.
    #[cfg_attr(not(feature = "judging"), expect(dead_code, reason = "only what judges owes notices"))]
    pub(crate) async fn claim_owing(
        table: &impl Table,
        moment: &Moment,
        key: Key,
        owed: String,
    ) -> Result<Option<(Self, Option<String>)>, PortError> {
        Self::claim_as(table, moment, key, Some(owed)).await
    }

    async fn claim_as(
        table: &impl Table,
        moment: &Moment,
        key: Key,
        owed: Option<String>,
    ) -> Result<Option<(Self, Option<String>)>, PortError> {
        let until = Timestamp::from_millis(moment.now.millis() + LEASE_MS);
        let claim = Claim { key, owner: moment.owner.clone(), now: moment.now, until, owed };
        match table.claim(&claim).await? {
            Claimed::Done => Ok(None),
            Claimed::Mine { owed } => {
                // The row holds the notice that was owed first; a delivery that gives the claim back keeps it.
                let first = owed.clone().or_else(|| claim.owed.clone());
                Ok(Some((Self { claim: Claim { owed: first, ..claim } }, owed)))
            }
            Claimed::Busy => {
                let message = "another delivery is publishing it";
                let cause = ReceiptRow::cause_of(&claim.key).unwrap_or(&claim.key.pk);
                let context = format!("publish `{cause}`");
                Err(PortError::new(PortErrorKind::Unavailable, context, message))
            }
        }
    }

    /// This notice is owed from now on. It is written down when the claim is given back.
    #[cfg_attr(not(feature = "judging"), expect(dead_code, reason = "only what judges owes notices"))]
    pub(crate) fn owe(&mut self, owed: String) {
        self.claim.owed = Some(owed);
    }

    /// The notice as it leaves: with an id that is the same however often it is sent.
    pub(crate) fn stamped(&self, notice: &Notice) -> Notice {
        notice.clone().with(NOTICE_ID, notice_id(&self.claim.key).into())
    }

    /// Publishes the notice and marks the cause as done; gives the claim back when that fails.
    pub(crate) async fn publish(
        self,
        table: &impl Table,
        bus: &impl Bus,
        kept: Kept,
        notice: &Notice,
    ) -> Result<(), PortError> {
        if let Err(error) = bus.publish(&self.stamped(notice)).await {
            self.give_back(table).await?;
            return Err(error);
        }
        self.settle(table, kept).await
    }

    /// Marks the cause as done.
    pub(crate) async fn settle(self, table: &impl Table, kept: Kept) -> Result<(), PortError> {
        table.settle(&self.claim, kept.until(self.claim.now)).await
    }

    /// As [`Self::settle`], and notes a set of texts that is a function of the receipt's key.
    pub(crate) async fn settle_with(
        self,
        table: &impl Table,
        name: &str,
        members: BTreeSet<String>,
    ) -> Result<(), PortError> {
        let mut attributes = Kept::ForReplays.until(self.claim.now);
        attributes.insert(name.to_owned(), Value::Set(members));
        table.settle(&self.claim, attributes).await
    }

    /// Lets another delivery try.
    pub(crate) async fn give_back(self, table: &impl Table) -> Result<(), PortError> {
        table.release(&self.claim).await
    }
}

/// How long a receipt remembers its cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// For causes that only an event brings: as long as somebody may replay it, counted from when the notice was sent. Counted from
    /// the cause, an older notice would be published at each delivery.
    ForReplays,
    /// For causes that recur by themselves as long as their subject exists.
    #[cfg_attr(not(feature = "judging"), expect(dead_code, reason = "only what is judged can recur"))]
    ForGood,
}

impl Kept {
    fn until(self, sent_at: Timestamp) -> Attributes {
        match self {
            Self::ForGood => Attributes::new(),
            Self::ForReplays => {
                let expires = sent_at.millis() / 1000 + RECEIPT_SECONDS;
                Attributes::from([(ReceiptRow::EXPIRES.into(), Value::Number(expires))])
            }
        }
    }
}

/// The field of a notice's `detail` by which a receiver recognizes a repeated notice: a sender may die between publishing and noting it.
const NOTICE_ID: &str = "notice_id";

/// The id of the notice whose receipt has this key.
pub(crate) fn notice_id(Key { pk, sk }: &Key) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("sagewarden:{pk}\n{sk}").as_bytes()).to_string()
}

/// Publishes `notice` unless that was done for this cause before. Returns whether it was published now.
///
/// If the process dies between publishing and settling, the notice is published again after the lease. So a notice is published at least
/// once, and more than once only if a sender dies within these milliseconds.
///
/// # Errors
///
/// When the table or the bus fail, or another sender holds the claim. The record must then be retried.
pub(crate) async fn publish_once(
    table: &impl Table,
    bus: &impl Bus,
    moment: &Moment,
    cause: &str,
    kept: Kept,
    notice: &Notice,
) -> Result<bool, PortError> {
    match Receipt::claim(table, moment, cause).await? {
        None => Ok(false),
        Some(receipt) => receipt.publish(table, bus, kept, notice).await.map(|()| true),
    }
}

/// As [`publish_once`]; answers with the words of the notice.
///
/// # Errors
/// As [`publish_once`].
pub(crate) async fn publish_once_and_say(
    table: &impl Table,
    bus: &impl Bus,
    moment: &Moment,
    cause: &str,
    kept: Kept,
    notice: &Notice,
) -> Outcome {
    let text = notice.detail().get("text").and_then(Json::as_str).unwrap_or_default();
    Ok(if publish_once(table, bus, moment, cause, kept, notice).await? {
        Done::Acted(format!("published: {text}"))
    } else {
        Done::Nothing(format!("published before: {text}"))
    })
}
