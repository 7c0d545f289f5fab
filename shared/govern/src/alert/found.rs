//! The subject of a monitor, and the content of its report.

use sagewarden_events::{Resource, Timestamp};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::s3::{S3Location, hex};
use sagewarden_monitor::{AttributedRows, DriftSeverity, Violation, Violations, WindowReport, severity};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::cause::Cause;
use super::evaluated::EvaluatedWindow;
use super::execution::Execution;

/// How many entries an event lists. An event holds 256 KB; the report itself has the rest.
const MAX_LISTED: usize = 100;
const MAX_DESCRIPTION: usize = 500;
/// How many entries a history names.
const NAMED: usize = 3;
/// How many bytes of a violation's own keys are kept: custom containers may add some.
const MAX_OTHER: usize = 1_000;

/// Who looked at what.
pub(super) enum Observed<'a> {
    Execution(&'a Execution),
    Window(&'a EvaluatedWindow),
}

impl Observed<'_> {
    pub(super) fn endpoint(&self) -> &Resource {
        match self {
            Self::Execution(execution) => &execution.endpoint,
            Self::Window(window) => &window.window.endpoint,
        }
    }

    pub(super) fn node(&self) -> NodeId {
        match self {
            Self::Execution(execution) => execution.node(),
            Self::Window(window) => window.node(),
        }
    }

    /// When the monitored data began: the deployment in force at that time is the one in question.
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

    /// The reasons of the model in that data, if they were computed.
    pub(super) fn attribution(&self) -> Option<&AttributedRows> {
        match self {
            Self::Execution(_) => None,
            Self::Window(window) => window.report.attribution.as_ref(),
        }
    }

    /// Sagewarden's own evaluation of a window.
    pub(super) fn report(&self) -> Option<&WindowReport> {
        match self {
            Self::Execution(_) => None,
            Self::Window(window) => Some(&window.report),
        }
    }

    pub(super) fn schedule(&self) -> &str {
        match self {
            Self::Execution(execution) => &execution.schedule.name,
            Self::Window(window) => window.monitor.schedule(),
        }
    }

    pub(super) fn monitoring_type(&self) -> Option<&str> {
        match self {
            Self::Execution(execution) => execution.monitoring_type.as_deref(),
            Self::Window(window) => Some(window.monitor.monitoring_type()),
        }
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Execution(execution) => execution.job.name.clone(),
            Self::Window(window) => window.name(),
        }
    }
}

/// The contents of a report.
pub(super) struct Found {
    /// Where it is.
    pub(super) report: String,
    pub(super) violations: Vec<Violation>,
    /// The baseline that the traffic of a window was compared with: its place, and a digest of its files at that
    /// time.
    pub(super) baseline: Option<String>,
    /// Orders the reports on one node: a later report is based on more data.
    pub(super) version: String,
}

impl Found {
    /// # Errors
    /// When the file is not a report, with the reason.
    pub(super) fn of_execution(report: &S3Location, bytes: &[u8]) -> Result<Self, String> {
        let violations = Violations::parse(bytes).map_err(|error| error.to_string())?.violations;
        Ok(Self {
            version: version(true, 0, &violations),
            report: report.to_string(),
            violations,
            baseline: None,
        })
    }

    pub(super) fn of_window(window: &EvaluatedWindow) -> Self {
        let WindowReport { window: span, rows, violations, baseline, baseline_digest, .. } = &window.report;
        let baseline = baseline.as_ref().zip(baseline_digest.as_ref());
        Self {
            baseline: baseline.map(|(place, digest)| format!("{place} ({digest})")),
            version: version(span.complete, *rows, violations),
            report: window.evaluation.to_string(),
            violations: violations.clone(),
        }
    }

    /// The worst severity by check and excess alone: stored values must not depend on facts that may arrive later.
    pub(super) fn severity(&self) -> Option<DriftSeverity> {
        self.violations.iter().map(|violation| severity(violation, None)).max()
    }

    /// The violations that a line of a history gives with their values.
    pub(super) fn named(&self) -> impl Iterator<Item = Violation> {
        self.listed().into_iter().take(NAMED)
    }

    /// The named violations with value and threshold, and how many more there are.
    pub(super) fn in_words(&self) -> String {
        let word = |violation: &Violation| {
            let observed = violation.observed();
            let pair = observed.and_then(|observed| Some((observed.value, observed.threshold?)));
            let numbers = pair.map(|(value, threshold)| format!(" {value:.4} (threshold {threshold})"));
            violation.subject() + &numbers.unwrap_or_default()
        };
        let mut words: Vec<String> = self.named().map(|violation| word(&violation)).collect();
        let more = self.violations.len().saturating_sub(NAMED);
        if more > 0 {
            words.push(format!("{more} more"));
        }
        if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
    }

    pub(super) fn causes(&self) -> Vec<Cause> {
        let cause = |violation: &Violation| Cause {
            subject: violation.subject(),
            check: violation.constraint_check_type.clone().unwrap_or_default(),
            severity: severity(violation, None),
        };
        self.violations.iter().map(cause).collect()
    }

    /// The entries as events and details list them: no more than fit, and sorted. The container's order changes
    /// between executions; the record must not.
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

/// `1#<complete>#<rows>#<digest>`: sorts after the `0` of an execution without a result.
fn version(complete: bool, rows: u64, violations: &[Violation]) -> String {
    let mut lines: Vec<String> = violations.iter().map(|violation| json!(violation).to_string()).collect();
    lines.sort();
    let digest = hex(&Sha256::digest(lines.join("\n")));
    format!("1#{}#{rows:020}#{digest}", u8::from(complete))
}
