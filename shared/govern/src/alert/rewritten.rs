//! A finding is never replaced. Three changes are recorded beside the finding and published, because somebody may be
//! hiding drift: a window changes after it was closed, a window is compared with another baseline than before, or the
//! report of an execution is written again.

use std::collections::BTreeSet;

use sagewarden_lineage::edge::OBSERVED_ON;
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::record::Record;
use sagewarden_lineage::rows::{NodeRow, node};
use sagewarden_lineage::s3::hex;
use sagewarden_lineage::table::{Attributes, Item};
use sagewarden_monitor::{DriftSeverity, RewrittenAfter};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::cause::Scope;
use super::commands::history;
use super::found::{Found, Observed};
use super::record_found::{NOT_RECORDED, facts_of};
use super::recording::store;
use crate::counted::counted;
use crate::notify::{Kept, Moment, publish_once_and_say};
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Notice, Table};
use crate::world::World;

/// The `detail-type` of an attempt to replace a finding.
pub const FINDING_REWRITTEN: &str = "Sagewarden Finding Rewritten";

/// How many changes of one finding are recorded and published. Later changes hide nothing, so they are left out.
const MOST: usize = 5;
/// The prefix of a change in the set of verdicts.
const REWRITTEN: &str = "rewritten after ";
/// The lowest version: a window that had no violations when it was closed has no recorded finding.
const NOTHING_FOUND: &str = "0#nothing";

/// Why a finding would have changed.
#[derive(Clone, Copy)]
pub(super) enum Rewriting<'a> {
    /// Files of a window arrived after it had been closed.
    Files(&'a RewrittenAfter),
    /// The window is compared with another baseline than the finding was.
    Baseline { before: &'a str, now: &'a str },
    /// The report of an execution was written again.
    Report,
}

/// The finding as it would be now.
struct Change<'a> {
    observed: &'a Observed<'a>,
    found: &'a Found,
    why: Rewriting<'a>,
    /// The recorded finding, if there is one.
    before: Option<Item>,
}

/// Records how a finding would have changed, and publishes that.
///
/// # Errors
///
/// When a service does not answer.
pub(super) async fn keep_both(
    world: &impl World,
    observed: &Observed<'_>,
    found: &Found,
    why: Rewriting<'_>,
    moment: &Moment,
) -> Outcome {
    let id = observed.node();
    let before = world.table().get(&[NodeRow::key(&id)]).await?.pop();
    let change = Change { observed, found, why, before };
    let (verdict, known) = (change.verdict(), change.known());
    if known.len() >= MOST && !known.contains(verdict.as_str()) {
        return Ok(Done::Nothing(format!("{} was rewritten {MOST} times before", observed.name())));
    }
    change.record(world, &id, verdict.clone(), moment).await?;
    let cause = change.cause(world, &id, &verdict);
    let (table, bus) = (world.table(), world.bus());
    publish_once_and_say(
        table,
        bus,
        moment,
        &cause,
        Kept::ForReplays,
        &change.notice(&history(world, observed)),
    )
    .await
}

impl Change<'_> {
    /// The change as the set of verdicts holds it.
    fn verdict(&self) -> String {
        let count = counted(self.found.violations.len(), "violation");
        let (words, report) = (self.found.in_words(), &self.found.report);
        match self.why {
            Rewriting::Files(after) => format!(
                "{REWRITTEN}closing: {count} ({words}), with {} that came until {}; report {report}",
                counted(after.count, "file"),
                after.written_at
            ),
            // Without the number of violations now: otherwise each new file would be another change.
            Rewriting::Baseline { before, now } => {
                format!(
                    "{REWRITTEN}its baseline was {before}: it is compared with {now} now; report {report}"
                )
            }
            Rewriting::Report => format!("{REWRITTEN}it was recorded: {count} ({words}) in {report}"),
        }
    }

    /// The changes that were recorded before.
    fn known(&self) -> BTreeSet<&str> {
        let verdicts = self.before.iter().flat_map(|item| item.set(node::VERDICTS));
        verdicts.filter(|verdict| verdict.starts_with(REWRITTEN)).collect()
    }

    fn late(&self) -> Option<&RewrittenAfter> {
        match self.why {
            Rewriting::Files(after) => Some(after),
            Rewriting::Baseline { .. } | Rewriting::Report => None,
        }
    }

    fn violations_before(&self) -> i64 {
        self.before.as_ref().and_then(|item| item.number(node::VIOLATIONS)).unwrap_or_default()
    }

    fn found_before(&self) -> &str {
        self.before.as_ref().and_then(|item| item.text(node::FOUND)).unwrap_or("nothing")
    }

    async fn record(
        &self,
        world: &impl World,
        id: &NodeId,
        verdict: String,
        moment: &Moment,
    ) -> Result<(), Failure> {
        let ended = self.observed.ended();
        let mut record = Record::default();
        record.node(id, &self.observed.name(), Some(ended), facts_of(self.observed));
        record.grow(id, node::VERDICTS, [verdict]);
        let nothing = Attributes::from([
            (node::VIOLATIONS.into(), 0_i64.into()),
            (node::FOUND.into(), "nothing".into()),
            (node::ROWS.into(), 0_i64.into()),
            (node::BASELINE.into(), NOT_RECORDED.into()),
        ]);
        record.register(id, node::FOUND_VERSION, NOTHING_FOUND.to_owned(), nothing);
        let endpoint = NodeId::endpoint(self.observed.endpoint());
        record.observed(id, OBSERVED_ON, &endpoint, ended);
        record.newest_result(&endpoint, self.observed.monitoring_type().unwrap_or_default(), ended, 0, id);
        store(world, moment, record).await
    }

    /// A finding that would have changed is published with each change. Windows without a finding are many: they
    /// share one notice in a quiet period of their endpoint.
    fn cause(&self, world: &impl World, id: &NodeId, verdict: &str) -> String {
        if self.violations_before() > 0 {
            return format!("rewritten#{}#{}", id.tail(), hex(&Sha256::digest(verdict)));
        }
        let quiet = world.settings().drift.quiet_hours_after_alert;
        let at = self.late().map_or_else(|| self.observed.ended(), |after| after.written_at);
        let endpoint = NodeId::endpoint(self.observed.endpoint());
        Scope::of("rewritten", &endpoint, id, at, quiet).cause
    }

    fn severity(&self) -> DriftSeverity {
        let now = i64::try_from(self.found.violations.len()).unwrap_or(i64::MAX);
        if now < self.violations_before() { DriftSeverity::High } else { DriftSeverity::Medium }
    }

    /// The notice, with the command that shows the history of the endpoint.
    fn notice(&self, history: &str) -> Notice {
        let Self { observed, found, why, .. } = self;
        let (endpoint, after) = (observed.endpoint(), self.late());
        let (was, now) = (self.violations_before(), found.violations.len());
        let how = match why {
            Rewriting::Files(after) => format!(
                "{} of its traffic from {} to {} arrived after the window was closed at {}",
                counted(after.count, "file"),
                observed.began(),
                observed.ended(),
                after.closed_at
            ),
            Rewriting::Baseline { before, now } => format!(
                "its traffic from {} to {} was compared with {before}, and is compared with {now} now",
                observed.began(),
                observed.ended()
            ),
            Rewriting::Report => {
                format!("the report of {} was written again after Sagewarden recorded it", observed.name())
            }
        };
        let text = format!(
            "a new file would change a finding on endpoint {}: {how}. The finding has {} ({}); with the file it would have {now} ({}). The finding stays as it is",
            endpoint.name,
            counted(usize::try_from(was).unwrap_or_default(), "violation"),
            self.found_before(),
            found.in_words(),
        );
        let both = format!("`{history}` shows both verdicts");
        let where_to_look = after.and_then(|after| after.files.first()).unwrap_or(&found.report);
        let advice = match why {
            Rewriting::Baseline { .. } => format!(
                "ask who changed the baseline: its files in S3, a monitoring schedule of the endpoint, or the settings; {both}"
            ),
            Rewriting::Files(_) | Rewriting::Report => format!(
                "ask who wrote {where_to_look} (see CloudTrail's data events of the bucket), and let only the role of the endpoint or of the schedule write there; {both}"
            ),
        };
        let detail = json!({
            "text": text,
            "about": endpoint.arn(),
            "advice": advice,
            "severity": self.severity(),
            "endpoint": { "name": endpoint.name, "arn": endpoint.arn() },
            "finding": observed.node().to_string(),
            "window": after.map(|after| json!({
                "start": observed.began(), "end": observed.ended(), "closed_at": after.closed_at,
            })),
            "written_at": after.map(|after| after.written_at),
            "files": after.map(|after| &after.files),
            "file_count": after.map(|after| after.count),
            "before": { "violation_count": was, "found": self.found_before() },
            "after": { "violation_count": now, "found": found.in_words() },
            "report": found.report,
        });
        Notice::new(FINDING_REWRITTEN, vec![endpoint.arn()], detail)
    }
}
