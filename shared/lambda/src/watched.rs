//! Counts the actions of a record that is running: its requests to services, and its notices. The log and the metrics show them; the use
//! cases do not know about this.

use std::cell::RefCell;
use std::rc::Rc;

use sagewarden_govern::ports::{Bus, Claim, Claimed, Notice, PortError, Table};
use sagewarden_lineage::rows::VerdictRow;
use sagewarden_lineage::table::{Attributes, Item, Key, Page, Query, Value as Cell, Write};
use serde_json::Value;

/// The requests, verdicts and notices of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deeds {
    /// Requests to AWS, including repeated ones.
    pub(crate) requests: u32,
    /// How many of these requests the SDK repeated.
    pub(crate) retries: u32,
    /// The verdict that was recorded, or the verdict of the published finding.
    pub(crate) verdict: Option<String>,
    /// The severities of the findings that were published.
    pub(crate) severities: Vec<String>,
    /// From the creation of the stopped resource to the stop.
    pub(crate) stopped_after_ms: Option<i64>,
    /// The canary got the right verdict.
    pub(crate) canary: bool,
}

tokio::task_local! {
    static UNDER_WAY: Rc<RefCell<Deeds>>;
}

/// Runs a record and notes its actions, however many others run beside it.
pub(crate) async fn watch<T>(record: impl Future<Output = T>) -> (T, Deeds) {
    let deeds = Rc::new(RefCell::new(Deeds::default()));
    let ended = UNDER_WAY.scope(Rc::clone(&deeds), record).await;
    (ended, deeds.take())
}

/// Notes a request of the record that is running; `attempt` counts from one. For `sagewarden_aws::load_config`.
pub fn note_request(attempt: u32) {
    note(|deeds| {
        deeds.requests += 1;
        deeds.retries += u32::from(attempt > 1);
    });
}

/// Notes that the canary got the right verdict.
pub fn note_canary() {
    note(|deeds| deeds.canary = true);
}

/// Outside of a record, such as at the start of the function, this does nothing.
fn note(deed: impl FnOnce(&mut Deeds)) {
    let _outside = UNDER_WAY.try_with(|deeds| deed(&mut deeds.borrow_mut()));
}

/// The `detail-type` of a finding. It is repeated here, because functions that judge nothing are built without the use case that defines
/// it.
const FINDING: &str = "Sagewarden Policy Violation";

/// A bus that notes each notice once it has accepted it.
#[derive(Clone, Debug)]
pub struct WatchedBus<B>(pub B);

impl<B: Bus> Bus for WatchedBus<B> {
    async fn publish(&self, notice: &Notice) -> Result<(), PortError> {
        self.0.publish(notice).await?;
        note(|deeds| deeds.published(notice));
        Ok(())
    }
}

/// A table that notes each verdict once it has accepted it.
#[derive(Clone, Debug)]
pub struct WatchedTable<T>(pub T);

impl<T: Table> Table for WatchedTable<T> {
    async fn write(&self, writes: &[Write]) -> Result<(), PortError> {
        self.0.write(writes).await?;
        if let Some(outcome) = writes.iter().find_map(verdict_in) {
            note(|deeds| deeds.verdict = Some(outcome.to_owned()));
        }
        Ok(())
    }

    async fn get(&self, keys: &[Key]) -> Result<Vec<Item>, PortError> {
        self.0.get(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Page, PortError> {
        self.0.query(query).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Claimed, PortError> {
        self.0.claim(claim).await
    }

    async fn settle(&self, claim: &Claim, attributes: Attributes) -> Result<(), PortError> {
        self.0.settle(claim, attributes).await
    }

    async fn release(&self, claim: &Claim) -> Result<(), PortError> {
        self.0.release(claim).await
    }
}

/// The outcome of the verdict that a write holds: `compliant`, `waived`, `violating` or `unknown`.
fn verdict_in(write: &Write) -> Option<&str> {
    let attributes = match write {
        Write::Newest { attributes, .. } => attributes,
        Write::Put(item) => &item.attributes,
        Write::Merge { .. } | Write::Delete(_) => return None,
    };
    attributes.get(VerdictRow::FINDINGS)?;
    match attributes.get(VerdictRow::OUTCOME)? {
        Cell::Text(outcome) => Some(outcome),
        _ => None,
    }
}

impl Deeds {
    /// Notices about a resource have an outcome (docs/EVENTS.md). Notices of a remedy repeat the findings that it is for, so only the first
    /// notice counts.
    fn published(&mut self, notice: &Notice) {
        let detail = notice.detail();
        let Some(outcome) = detail.get("outcome").and_then(Value::as_str) else { return };
        self.verdict = Some(outcome.to_owned());
        if notice.detail_type == FINDING {
            let findings = detail.get("findings").and_then(Value::as_array).into_iter().flatten();
            let broken =
                findings.filter(|finding| finding.get("status").is_none_or(|status| status != "waived"));
            let severity = |finding: &Value| Some(finding.get("severity")?.as_str()?.to_owned());
            self.severities.extend(broken.filter_map(severity));
        }
        let action = detail.pointer("/remediation/action").and_then(Value::as_str).unwrap_or_default();
        let failed = detail.pointer("/remediation/failed").and_then(Value::as_bool).unwrap_or_default();
        if action.starts_with("Stop") && !failed {
            self.stopped_after_ms = detail.pointer("/remediation/after_ms").and_then(Value::as_i64);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    struct Taking;

    impl Bus for Taking {
        async fn publish(&self, _: &Notice) -> Result<(), PortError> {
            Ok(())
        }
    }

    fn finding(severity: &str, action: &str) -> Notice {
        let detail = json!({
            "outcome": "violating",
            "findings": [
                { "severity": severity, "status": "violation" }, { "severity": "low", "status": "waived" },
            ],
            "remediation": { "action": action, "failed": false, "after_ms": 41_000 },
        });
        Notice::new("Sagewarden Policy Violation", Vec::new(), detail)
    }

    #[tokio::test]
    async fn each_record_has_its_own_deeds() {
        let bus = WatchedBus(Taking);
        let record = async |severity: &str, requests: u32, action: &str| {
            for attempt in 1..=requests {
                note_request(attempt);
                tokio::task::yield_now().await;
            }
            // The notice of a remedy's end repeats findings, but is not a finding.
            let done = finding(severity, action).detail().clone();
            let done = Notice::new("Sagewarden Remediation Done", Vec::new(), done);
            bus.publish(&done).await?;
            bus.publish(&finding(severity, action)).await
        };
        let (one, other) = futures::join!(
            watch(record("high", 3, "StopTrainingJob")),
            watch(record("critical", 1, "AddTags"))
        );
        let expected = |requests, severity: &str, stopped_after_ms| Deeds {
            requests,
            retries: requests - 1,
            verdict: Some("violating".into()),
            severities: vec![severity.into()],
            stopped_after_ms,
            canary: false,
        };
        assert_eq!(one.1, expected(3, "high", Some(41_000)));
        assert_eq!(other.1, expected(1, "critical", None));
        // No record is running.
        note_request(1);
    }

    #[test]
    fn a_verdict_is_known_by_what_is_written_of_it() {
        let text = |text: &str| Cell::Text(text.into());
        let verdict = Write::Newest {
            key: VerdictRow::key("p", "b"),
            version_attribute: VerdictRow::AS_OF.into(),
            version: "1".into(),
            attributes: Attributes::from([
                (VerdictRow::OUTCOME.into(), text("compliant")),
                (VerdictRow::FINDINGS.into(), text("[]")),
            ]),
        };
        assert_eq!(verdict_in(&verdict), Some("compliant"));
        assert_eq!(verdict_in(&VerdictRow::write_actor(VerdictRow::key("p", "b"), "ana")), None);
    }
}
