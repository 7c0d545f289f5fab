//! The causes of an alert: the pairs of subject and check that a window or an execution violates. Each is published
//! once.
//!
//! A receipt holds a whole set of causes, and its key is a function of that set: the same set is published once,
//! whatever event brings it. A cause is new if no other set of the same scope has published it. A scope is a quiet
//! period of an endpoint, or the window itself. Each set leaves a receipt, even if none of its causes is new. So the
//! final state of the table does not depend on the order of events.

use std::collections::BTreeSet;

use sagewarden_events::Timestamp;
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::rows::{ReceiptRow, ReceiptState};
use sagewarden_lineage::s3::hex;
use sagewarden_lineage::table::{Item, Key};
use sagewarden_monitor::DriftSeverity;
use sha2::{Digest, Sha256};

use crate::notify::{Moment, Receipt};
use crate::ports::{Notice, PortError, PortErrorKind, Table};
use crate::record::closure::query_all;

/// How many causes a set holds, the worst first: a receipt is an item of at most 400 KB.
const MOST: usize = 300;
/// How many characters of a feature's name count.
const MAX_SUBJECT: usize = 300;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    /// The feature, metric or schedule.
    pub(super) subject: String,
    /// Which check found it.
    pub(super) check: String,
    /// The severity.
    pub(super) severity: DriftSeverity,
}

impl Cause {
    fn pair(&self) -> String {
        let subject: String = self.subject.chars().take(MAX_SUBJECT).collect();
        format!("{}|{subject}", self.check)
    }

    /// `<rank>|<check>|<subject>`
    fn entry(&self) -> String {
        format!("{}|{}", rank(self.severity), self.pair())
    }

    /// Whether it was published with this severity or a higher one.
    fn is_among(&self, published: &BTreeSet<String>) -> bool {
        let pair = self.pair();
        (rank(self.severity)..=rank(DriftSeverity::Critical))
            .any(|rank| published.contains(&format!("{rank}|{pair}")))
    }
}

/// Severities in order, as a digit.
pub(super) fn rank(severity: DriftSeverity) -> u8 {
    match severity {
        DriftSeverity::Medium => 0,
        DriftSeverity::High => 1,
        DriftSeverity::Critical => 2,
    }
}

pub(super) fn word(severity: DriftSeverity) -> &'static str {
    match severity {
        DriftSeverity::Medium => "medium",
        DriftSeverity::High => "high",
        DriftSeverity::Critical => "critical",
    }
}

/// The scope in which an alert is published once.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// The cause of its receipts.
    pub(super) cause: String,
}

impl Scope {
    /// The quiet period of an endpoint that contains a time; without quiet periods, the node itself. Periods are
    /// counted from a fixed time, not from the first alert: which of two causes is published must not depend on which
    /// arrived first.
    pub(super) fn of(what: &str, endpoint: &NodeId, node: &NodeId, at: Timestamp, quiet_hours: i64) -> Self {
        let cause = match period(at, quiet_hours) {
            Some((from, _)) => ReceiptRow::period(what, endpoint.tail(), from),
            None => format!("{what}#{}", node.tail()),
        };
        Self { cause }
    }
}

/// The period of this many hours that contains a time.
pub(super) fn period(at: Timestamp, hours: i64) -> Option<(Timestamp, Timestamp)> {
    let length = hours * 3_600_000;
    if length <= 0 {
        return None;
    }
    let from = at.millis().div_euclid(length) * length;
    Some((Timestamp::from_millis(from), Timestamp::from_millis(from + length)))
}

/// A claim on a set of causes.
pub(super) struct SetClaim {
    receipt: Receipt,
    set: BTreeSet<String>,
    /// The causes that have not been published yet, by index.
    pub(super) fresh: BTreeSet<usize>,
}

impl SetClaim {
    /// Claims the causes that are not published yet; `None` if the same set was published before.
    ///
    /// # Errors
    ///
    /// When the table fails, or another delivery is publishing a cause of the same scope. The record must then be retried.
    pub(super) async fn of(
        table: &impl Table,
        moment: &Moment,
        scope: &Scope,
        causes: &[Cause],
    ) -> Result<Option<Self>, PortError> {
        let set = set_of(causes);
        let digest = digest(&set);
        let key = ReceiptRow::key_of_set(&scope.cause, &digest);
        if is_done(table, &key).await? {
            return Ok(None);
        }
        let partition = key.pk.clone();
        let Some(receipt) = Receipt::claim_key(table, moment, key).await? else { return Ok(None) };
        let others: Vec<ReceiptRow> = match query_all(table, ReceiptRow::sets(&scope.cause)).await {
            Ok(rows) => {
                let parsed = rows.iter().filter_map(ReceiptRow::parse);
                parsed.filter(|other| other.set.as_ref() != Some(&digest)).collect()
            }
            Err(error) => {
                receipt.give_back(table).await?;
                return Err(error);
            }
        };
        if others.iter().any(|other| is_busy(other, moment.now)) {
            receipt.give_back(table).await?;
            let message = "another delivery is publishing about the same endpoint";
            return Err(PortError::new(
                PortErrorKind::Unavailable,
                format!("publish for `{partition}`"),
                message,
            ));
        }
        let published: BTreeSet<String> = others.into_iter().flat_map(|other| other.published).collect();
        let fresh = causes.iter().enumerate().filter(|(_, cause)| !cause.is_among(&published));
        let fresh = fresh.map(|(index, _)| index).collect();
        Ok(Some(Self { receipt, set, fresh }))
    }

    /// The notice in its published form ([`Receipt::stamped`]).
    pub(super) fn stamped(&self, notice: &Notice) -> Notice {
        self.receipt.stamped(notice)
    }

    /// Marks the set as published.
    pub(super) async fn settle(self, table: &impl Table) -> Result<(), PortError> {
        self.receipt.settle_with(table, ReceiptRow::PUBLISHED, self.set).await
    }

    /// Lets another delivery try.
    pub(super) async fn give_back(self, table: &impl Table) -> Result<(), PortError> {
        self.receipt.give_back(table).await
    }
}

/// Whether the set of these causes has been published.
pub(super) async fn was_published(
    table: &impl Table,
    scope: &Scope,
    causes: &[Cause],
) -> Result<bool, PortError> {
    is_done(table, &ReceiptRow::key_of_set(&scope.cause, &digest(&set_of(causes)))).await
}

async fn is_done(table: &impl Table, key: &Key) -> Result<bool, PortError> {
    let receipt: Option<Item> = table.get(std::slice::from_ref(key)).await?.pop();
    Ok(receipt.as_ref().and_then(ReceiptRow::parse).is_some_and(|row| row.state == ReceiptState::Done))
}

fn set_of(causes: &[Cause]) -> BTreeSet<String> {
    let mut worst: Vec<&Cause> = causes.iter().collect();
    worst.sort_by_key(|cause| (std::cmp::Reverse(rank(cause.severity)), cause.entry()));
    worst.into_iter().take(MOST).map(Cause::entry).collect()
}

/// Whether another delivery is publishing it, and is still alive.
fn is_busy(receipt: &ReceiptRow, now: Timestamp) -> bool {
    matches!(receipt.state, ReceiptState::Claimed { until, .. } if until >= now)
}

fn digest(set: &BTreeSet<String>) -> String {
    let mut hasher = Sha256::new();
    for entry in set {
        hasher.update(entry.as_bytes());
        hasher.update(b"\n");
    }
    hex(&hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(subject: &str, severity: DriftSeverity) -> Cause {
        Cause { subject: subject.into(), check: "c".into(), severity }
    }

    #[test]
    fn what_was_published_as_worse_was_published() {
        let published = BTreeSet::from([cause("f", DriftSeverity::High).entry()]);
        assert!(cause("f", DriftSeverity::Medium).is_among(&published));
        assert!(cause("f", DriftSeverity::High).is_among(&published));
        assert!(!cause("f", DriftSeverity::Critical).is_among(&published));
        assert!(!cause("g", DriftSeverity::Medium).is_among(&published));
    }

    #[test]
    fn periods_are_counted_from_midnight() {
        let at = Timestamp::from_text("2026-03-03T09:12:00Z").unwrap();
        let text = |hours| period(at, hours).map(|(from, until)| format!("{from} {until}"));
        assert_eq!(text(24).as_deref(), Some("2026-03-03T00:00:00Z 2026-03-04T00:00:00Z"));
        assert_eq!(text(6).as_deref(), Some("2026-03-03T06:00:00Z 2026-03-03T12:00:00Z"));
        assert_eq!(text(0), None);
    }
}
