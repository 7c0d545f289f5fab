//! What a monitor found: recorded, and told where it has not been told.

use sagewarden_events::{Resource, Timestamp};
use sagewarden_lineage::edge::{InEdge, Relation};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::record::{NODE, Record};
use sagewarden_lineage::s3::hex;
use sagewarden_lineage::table::{Attributes, Key, Value};
use sagewarden_monitor::{Severity, Violation, Violations, WindowReport, severity};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::behind::Behind;
use super::cause::{Cause, Claim, Scope, rank, word};
use super::execution::Execution;
use super::window::Window;
use super::{AlertDrift, OBSERVED_ON, compose};
use crate::notify::{Moment, readable};
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Bus, Table};
use crate::record::deployment::deployment_in;
use crate::record::monitoring::REPORT;
use crate::world::World;

/// An event holds 256 KB; the report itself holds the rest.
const MAX_LISTED: usize = 100;
const MAX_DESCRIPTION: usize = 500;
/// Entries that a history names.
const NAMED: usize = 3;
/// What a container of somebody's own may add to a violation.
const MAX_OTHER: usize = 1_000;

/// Who looked at what.
pub(super) enum Observed<'a> {
    Execution(&'a Execution),
    Window(&'a Window),
}

impl Observed<'_> {
    pub(super) fn endpoint(&self) -> &Resource {
        match self {
            Self::Execution(execution) => &execution.endpoint,
            Self::Window(window) => &window.endpoint,
        }
    }

    pub(super) fn node(&self) -> NodeId {
        match self {
            Self::Execution(execution) => execution.node(),
            Self::Window(window) => NodeId::window(&window.endpoint, &window.variant, window.window.start),
        }
    }

    /// When what it looked at began: the deployment in question is the one that was in force then.
    pub(super) fn began(&self) -> Timestamp {
        match self {
            Self::Execution(execution) => execution.created_at,
            Self::Window(window) => window.window.start,
        }
    }

    pub(super) fn ended(&self) -> Timestamp {
        match self {
            Self::Execution(execution) => execution.ended_at,
            Self::Window(window) => window.window.end,
        }
    }

    pub(super) fn schedule(&self) -> &str {
        match self {
            Self::Execution(execution) => &execution.schedule.name,
            Self::Window(_) => WindowReport::SCHEDULE,
        }
    }

    pub(super) fn monitoring_type(&self) -> Option<&str> {
        match self {
            Self::Execution(execution) => execution.monitoring_type.as_deref(),
            Self::Window(_) => Some("DataQuality"),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Execution(execution) => execution.job.name.clone(),
            Self::Window(window) => {
                format!("{}/{}/{}", window.endpoint.name, window.variant, window.window.start)
            }
        }
    }
}

/// What the report says.
pub(super) struct Found {
    /// Where it is.
    pub(super) report: String,
    pub(super) violations: Vec<Violation>,
    /// Orders the reports on the same node: the later one has seen more.
    version: String,
}

impl Found {
    pub(super) fn of_execution(report: String, bytes: &[u8]) -> Result<Self, Failure> {
        let found =
            Violations::parse(bytes).map_err(|error| Failure::Reject(format!("`{report}`: {error}")))?;
        Ok(Self { version: version(true, 0, &found.violations), report, violations: found.violations })
    }

    pub(super) fn of_window(report: String, evaluated: &WindowReport) -> Self {
        Self {
            version: version(evaluated.window.complete, evaluated.rows, &evaluated.violations),
            report,
            violations: evaluated.violations.clone(),
        }
    }

    /// The worst by check and excess alone: what is stored must not depend on what else is known by now.
    fn severity(&self) -> Option<Severity> {
        self.violations.iter().map(|violation| severity(violation, None)).max()
    }

    /// The first entries, each with how far it is from what is allowed: for a line of a history.
    fn in_words(&self) -> String {
        let word = |violation: &Violation| {
            let observed = violation.observed();
            let pair = observed.and_then(|observed| Some((observed.value, observed.threshold?)));
            let numbers = pair.map(|(value, threshold)| format!(" {value:.4} (threshold {threshold})"));
            violation.subject() + &numbers.unwrap_or_default()
        };
        let mut words: Vec<String> = self.listed().iter().take(NAMED).map(word).collect();
        let more = self.violations.len().saturating_sub(NAMED);
        if more > 0 {
            words.push(format!("{more} more"));
        }
        if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
    }

    fn causes(&self) -> Vec<Cause> {
        let cause = |violation: &Violation| Cause {
            subject: violation.subject(),
            check: violation.constraint_check_type.clone().unwrap_or_default(),
            severity: severity(violation, None),
        };
        self.violations.iter().map(cause).collect()
    }

    /// The entries as they are told and kept: no more than fits, in an order of their own. The container's order changes between
    /// executions; the record must not.
    pub(super) fn listed(&self) -> Vec<Violation> {
        let mut violations = self.violations.clone();
        violations.sort_by_key(|violation| (violation.subject(), violation.constraint_check_type.clone()));
        violations.truncate(MAX_LISTED);
        for violation in &mut violations {
            if let Some(text) = &mut violation.description {
                *text = text.chars().take(MAX_DESCRIPTION).collect();
            }
            if Json::Object(violation.other.clone()).to_string().len() > MAX_OTHER {
                violation.other.clear();
            }
            if violation.facet_value.as_ref().is_some_and(|value| value.to_string().len() > MAX_OTHER) {
                violation.facet_value = None;
            }
        }
        violations
    }
}

/// `1#<complete>#<rows>#<digest>`: behind the `0` of an execution that came to nothing.
fn version(complete: bool, rows: u64, violations: &[Violation]) -> String {
    let mut lines: Vec<String> = violations.iter().map(|violation| json!(violation).to_string()).collect();
    lines.sort();
    let digest = hex(&Sha256::digest(lines.join("\n")));
    format!("1#{}#{rows:020}#{digest}", u8::from(complete))
}

impl<W: World> AlertDrift<'_, W> {
    pub(super) async fn tell_violations(
        &self,
        observed: &Observed<'_>,
        found: &Found,
        moment: &Moment,
    ) -> Outcome {
        let Some(worst) = found.severity() else {
            return self.nothing_found(observed, found).await;
        };
        let deployment = self.deployment_of(observed, moment).await?;
        let node = self.record_found(observed, found, Some(worst)).await?;
        let table = self.world.table();
        let endpoint = NodeId::endpoint(observed.endpoint());
        let quiet = self.settings().quiet_hours_after_alert;
        let scope = Scope::of("drift", &endpoint, &node, observed.began(), quiet);
        let causes = found.causes();
        let told = match Claim::of(table, moment, &scope, &causes).await? {
            None => Done::Nothing(format!("the alert for {} was sent before", observed.name())),
            Some(claim) if claim.fresh.is_empty() => {
                claim.settle(table).await?;
                Done::Nothing(format!("what was found in {} was told before", observed.name()))
            }
            Some(claim) => self.tell_new(observed, found, deployment.as_ref(), claim).await?,
        };
        let suggested = self.suggest_retraining(observed, found, worst, deployment.as_ref(), moment).await?;
        Ok(told.and(suggested))
    }

    /// The deployment whose traffic was looked at: the one in force when the window began, or that came into force in it.
    async fn deployment_of(
        &self,
        observed: &Observed<'_>,
        moment: &Moment,
    ) -> Result<Option<NodeId>, Failure> {
        self.record_now(observed.endpoint(), moment).await?;
        let endpoint = NodeId::endpoint(observed.endpoint());
        Ok(deployment_in(self.world.table(), &endpoint, observed.began(), observed.ended()).await?)
    }

    /// A window without violations leaves nothing, unless it had some when less of it was known.
    async fn nothing_found(&self, observed: &Observed<'_>, found: &Found) -> Outcome {
        let name = observed.name();
        let key = Key::new(observed.node().as_str(), NODE);
        if matches!(observed, Observed::Window(_)) && !self.world.table().get(&[key]).await?.is_empty() {
            self.record_found(observed, found, None).await?;
            return Ok(Done::Acted(format!("{name} has no violations any more")));
        }
        Ok(Done::Nothing(format!("{name} completed without violations")))
    }

    async fn tell_new(
        &self,
        observed: &Observed<'_>,
        found: &Found,
        deployment: Option<&NodeId>,
        claim: Claim,
    ) -> Outcome {
        let table = self.world.table();
        let notice = async {
            let behind = self.behind(observed.endpoint(), deployment, observed.began()).await?;
            let earlier = self.earlier(observed).await?;
            compose::drift_alert(observed, found, &claim, deployment, &behind, earlier)
        };
        let sent = match notice.await {
            Ok(notice) => {
                self.world.bus().publish(&readable(&notice)).await.map(|()| notice).map_err(Failure::from)
            }
            Err(failure) => Err(failure),
        };
        match sent {
            Ok(notice) => {
                claim.settle(table).await?;
                let text = notice.detail.get("text").and_then(Json::as_str).unwrap_or_default();
                Ok(Done::Acted(format!("alert sent: {text}")))
            }
            Err(failure) => {
                claim.give_back(table).await?;
                Err(failure)
            }
        }
    }

    async fn record_found(
        &self,
        observed: &Observed<'_>,
        found: &Found,
        worst: Option<Severity>,
    ) -> Result<NodeId, Failure> {
        let node = observed.node();
        let mut facts = Attributes::from([
            ("uri".into(), Value::Text(found.report.clone())),
            ("schedule".into(), Value::Text(observed.schedule().to_owned())),
        ]);
        if let Some(kind) = observed.monitoring_type() {
            facts.insert("monitoring_type".into(), Value::Text(kind.to_owned()));
        }
        let number = |number: usize| Value::Number(i64::try_from(number).unwrap_or(i64::MAX));
        let mut newest = Attributes::from([
            ("violations".into(), number(found.violations.len())),
            ("found".into(), Value::Text(found.in_words())),
        ]);
        match observed {
            Observed::Execution(execution) => {
                facts.insert("arn".into(), Value::Text(execution.job.arn()));
            }
            Observed::Window(window) => {
                facts.insert("window_start".into(), Value::Text(window.window.start.to_string()));
                facts.insert("window_end".into(), Value::Text(window.window.end.to_string()));
                newest.insert("rows".into(), number(usize::try_from(window.rows).unwrap_or(usize::MAX)));
            }
        }
        let mut record = Record::default();
        record.node(&node, &observed.name(), Some(observed.ended()), facts);
        record.register(&node, "foundv", found.version.clone(), newest);
        if let Some(worst) = worst {
            // The worst that it ever was: a window in which less is wrong now was told as it was.
            let severity = Attributes::from([("severity".into(), Value::Text(word(worst).into()))]);
            record.register(&node, "sevv", rank(worst).to_string(), severity);
        }
        record.versioned_detail(&node, &found.version, &json!({ "violations": found.listed() }));
        let endpoint = NodeId::endpoint(observed.endpoint());
        record.edge(&node, &InEdge::new(Relation::AssociatedWith, OBSERVED_ON, endpoint));
        if let Observed::Execution(execution) = observed {
            // The execution's own event may be late: whoever comes first records it.
            if let Some(run) = self.recorder().incarnation(&execution.job, execution.created_at).await? {
                record.edge(&node, &InEdge::new(Relation::Produced, REPORT, run));
            }
        }
        self.recorder().store(record).await?;
        Ok(node)
    }
}

impl Behind {
    /// The worst of the entries, with how much the model relies on their features.
    pub(super) fn severity_of(&self, found: &Found) -> Severity {
        let all = found.violations.iter().map(|violation| self.importances.severity(violation));
        all.max().unwrap_or(Severity::Medium)
    }
}
