//! A resource with its verdict, and how verdicts are named in notices, logs and rows.

use sagewarden_events::{CallMade, Resource, ResourceKind, Status, Timestamp};
use sagewarden_lineage::rows::{self, VerdictCause};
use sagewarden_policy::{Finding, FindingStatus, Judgement, Plan, Verdict};
use sagewarden_settings::Mode;

use crate::enforce::approver::approves;

/// A resource that was judged.
pub(crate) struct Judged {
    pub(crate) resource: Resource,
    /// The partition of its verdicts.
    pub(crate) pk: String,
    pub(crate) created_at: Timestamp,
    /// When it was last changed, for kinds whose settings can change; else when it was created.
    pub(crate) modified_at: Timestamp,
    /// When it was looked at.
    pub(crate) judged_at: Timestamp,
    pub(crate) verdict: Verdict,
    pub(crate) status: Option<Status>,
    pub(crate) role: Option<String>,
    /// The endpoint that it watches, for schedules.
    pub(crate) endpoint: Option<String>,
    /// Its owner, by its tags.
    pub(crate) owner: Option<String>,
    /// The repository that it names.
    pub(crate) repository: Option<String>,
}

impl Judged {
    /// The last person to change a package need not be its approver. So an approval is withdrawn only when the call that gave it is
    /// handled.
    pub(crate) fn mark_unless_approved_by(&mut self, call: Option<&CallMade>) {
        if self.verdict.plan.withdraws_approval() && !call.is_some_and(approves) {
            self.verdict.plan = Plan::Tag;
        }
    }

    /// Why there is no action now: a resource that is being created or changed is judged when that has ended, which is an event of
    /// its own.
    pub(crate) fn not_yet(&self) -> Option<String> {
        let Self { resource, status, .. } = self;
        let status = status.as_ref().filter(|status| !rests(resource.kind, status))?;
        Some(format!("{resource} is {status}: it is judged afterwards"))
    }

    /// The ids of the controls that it fails, separated by spaces, as in its tag.
    pub(crate) fn violated(&self) -> String {
        let Verdict { findings, checked, .. } = &self.verdict;
        let violated = findings.iter().filter(|finding| {
            finding.status == FindingStatus::Violation && checked.contains(&finding.control)
        });
        violated.map(|finding| finding.control.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// Whether the resource is at rest in this state: nothing is creating or changing it.
pub(crate) fn rests(kind: ResourceKind, status: &Status) -> bool {
    match kind {
        ResourceKind::Endpoint => matches!(status, Status::InService | Status::Failed),
        ResourceKind::NotebookInstance => {
            matches!(status, Status::InService | Status::Stopped | Status::Failed)
        }
        _ => true,
    }
}

/// Whether every control passes, or is waived.
pub(crate) fn keeps_every_control(verdict: &Verdict) -> bool {
    matches!(verdict.outcome, Judgement::Compliant | Judgement::Waived)
}

/// The ids of the failed controls; if no control failed, the ids of the undecided and waived ones.
pub(crate) fn controls(verdict: &Verdict) -> String {
    let violated = |finding: &&Finding| finding.status == FindingStatus::Violation;
    let any = verdict.findings.iter().any(|finding| violated(&finding));
    let findings = verdict.findings.iter().filter(|finding| !any || violated(finding));
    findings.map(|finding| finding.control.as_str()).collect::<Vec<_>>().join(", ")
}

/// The outcome as notices and rows have it.
pub(crate) fn outcome_word(outcome: Judgement) -> &'static str {
    match outcome {
        Judgement::Compliant => "compliant",
        Judgement::Violating => "violating",
        Judgement::Waived => "waived",
        Judgement::Unknown => "unknown",
    }
}

/// The mode as causes and rows have it.
pub(crate) fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Enforce => VerdictCause::ENFORCE,
        Mode::Observe => VerdictCause::OBSERVE,
    }
}

/// Distinguishes one set of findings from another.
pub(crate) fn findings_mark(verdict: &Verdict) -> String {
    let stated = verdict.findings.iter().map(|finding| (finding.control.as_str(), finding.actual.as_str()));
    rows::findings_mark(stated)
}
