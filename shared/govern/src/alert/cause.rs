//! What is told, once: the pairs of subject and check that a window or an execution violates.
//!
//! A receipt holds a whole set of causes, and its key is a function of that set, so that the same set is told once whatever
//! brings it. What is new of a set is what no other set of the same partition has told; a partition is a quiet period of an
//! endpoint, or the window itself. Each set leaves a receipt, new or not: what the table holds in the end does not depend on the
//! order in which they came.

use std::collections::BTreeSet;

use sagewarden_events::Timestamp;
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::s3::hex;
use sagewarden_lineage::table::{Item, Key, Query};
use sagewarden_monitor::Severity;
use sha2::{Digest, Sha256};

use crate::notify::{Moment, Receipt};
use crate::ports::{PortError, PortErrorKind, Table};
use crate::record::closure::query_all;

/// Sets hold so many causes at most, the worst first: a receipt is an item of at most 400 KB.
const MOST: usize = 300;
/// Names of features that are longer are told apart by their beginnings.
const MAX_SUBJECT: usize = 300;
/// The attribute of a receipt that holds its set.
const TOLD: &str = "told";

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    /// The feature, metric or schedule.
    pub(super) subject: String,
    /// Which check found it.
    pub(super) check: String,
    /// How bad.
    pub(super) severity: Severity,
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

    /// Whether it was told, as bad as this or worse.
    fn is_among(&self, told: &BTreeSet<String>) -> bool {
        let pair = self.pair();
        (rank(self.severity)..=rank(Severity::Critical)).any(|rank| told.contains(&format!("{rank}|{pair}")))
    }
}

/// Severities in order, as a digit.
pub(super) fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Medium => 0,
        Severity::High => 1,
        Severity::Critical => 2,
    }
}

pub(super) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// Where and when something is told.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    pub(super) partition: String,
    /// The end of the period: the receipt remembers from then on.
    pub(super) until: Timestamp,
}

impl Scope {
    /// The quiet period of an endpoint that a time lies in; without quiet periods the node itself. Periods are counted from a
    /// fixed time, not from the first alert: which of two causes is told must not depend on which was heard of first.
    pub(super) fn of(what: &str, endpoint: &NodeId, node: &NodeId, at: Timestamp, quiet_hours: i64) -> Self {
        match period(at, quiet_hours) {
            Some((from, until)) => {
                let partition = format!("E#{what}#{}#{:015}", endpoint.tail(), from.millis());
                Self { partition, until }
            }
            None => Self { partition: format!("E#{what}#{}", node.tail()), until: at },
        }
    }
}

/// The period of so many hours that a time lies in.
pub(super) fn period(at: Timestamp, hours: i64) -> Option<(Timestamp, Timestamp)> {
    let length = hours * 3_600_000;
    if length <= 0 {
        return None;
    }
    let from = at.millis().div_euclid(length) * length;
    Some((Timestamp::from_millis(from), Timestamp::from_millis(from + length)))
}

/// A claim on a set of causes.
pub(super) struct Claim {
    receipt: Receipt,
    set: BTreeSet<String>,
    until: Timestamp,
    /// What has not been told yet; the indices of the causes.
    pub(super) fresh: BTreeSet<usize>,
}

impl Claim {
    /// Claims what is to be told of these causes; `None` when the same set has been told.
    ///
    /// # Errors
    /// When the table fails, or another delivery is telling something of the same scope: the record is to be retried.
    pub(super) async fn of(
        table: &impl Table,
        moment: &Moment,
        scope: &Scope,
        causes: &[Cause],
    ) -> Result<Option<Self>, PortError> {
        let set = set_of(causes);
        let digest = digest(&set);
        let key = Key::new(&scope.partition, &digest);
        if is_done(table, &key).await? {
            return Ok(None);
        }
        let Some(receipt) = Receipt::claim_key(table, moment, key).await? else { return Ok(None) };
        let others = match query_all(table, Query::prefix(&scope.partition, "")).await {
            Ok(rows) => rows.into_iter().filter(|row| row.key.sk != digest).collect::<Vec<_>>(),
            Err(error) => {
                receipt.give_back(table).await?;
                return Err(error);
            }
        };
        if others.iter().any(|row| is_busy(row, moment.now)) {
            receipt.give_back(table).await?;
            let context = format!("tell `{}`", scope.partition);
            let message = "another delivery tells of the same endpoint";
            return Err(PortError::new(PortErrorKind::Unavailable, context, message));
        }
        let told: BTreeSet<String> = others.iter().flat_map(|row| row.set(TOLD).map(str::to_owned)).collect();
        let fresh = causes.iter().enumerate().filter(|(_, cause)| !cause.is_among(&told));
        let fresh = fresh.map(|(index, _)| index).collect();
        Ok(Some(Self { receipt, set, until: scope.until, fresh }))
    }

    /// Marks the set as told.
    pub(super) async fn settle(self, table: &impl Table) -> Result<(), PortError> {
        self.receipt.settle_with(table, self.until, TOLD, self.set).await
    }

    /// Lets another delivery try.
    pub(super) async fn give_back(self, table: &impl Table) -> Result<(), PortError> {
        self.receipt.give_back(table).await
    }
}

/// Whether the set of these causes has been told.
pub(super) async fn was_told(table: &impl Table, scope: &Scope, causes: &[Cause]) -> Result<bool, PortError> {
    is_done(table, &Key::new(&scope.partition, digest(&set_of(causes)))).await
}

async fn is_done(table: &impl Table, key: &Key) -> Result<bool, PortError> {
    let receipt = table.get(std::slice::from_ref(key)).await?.pop();
    Ok(receipt.is_some_and(|receipt| receipt.text("st") == Some("done")))
}

fn set_of(causes: &[Cause]) -> BTreeSet<String> {
    let mut worst: Vec<&Cause> = causes.iter().collect();
    worst.sort_by_key(|cause| (std::cmp::Reverse(rank(cause.severity)), cause.entry()));
    worst.into_iter().take(MOST).map(Cause::entry).collect()
}

/// Whether somebody is telling it, and has not died over it.
fn is_busy(receipt: &Item, now: Timestamp) -> bool {
    receipt.text("st") == Some("claimed")
        && receipt.number("until").is_some_and(|until| until >= now.millis())
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

    fn cause(subject: &str, severity: Severity) -> Cause {
        Cause { subject: subject.into(), check: "c".into(), severity }
    }

    #[test]
    fn what_was_told_as_worse_was_told() {
        let told = BTreeSet::from([cause("f", Severity::High).entry()]);
        assert!(cause("f", Severity::Medium).is_among(&told));
        assert!(cause("f", Severity::High).is_among(&told));
        assert!(!cause("f", Severity::Critical).is_among(&told));
        assert!(!cause("g", Severity::Medium).is_among(&told));
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
