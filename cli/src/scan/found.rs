//! The results of a scan, one resource a line. They are written while the scan runs, so that nothing is lost if it stops.

use sagewarden_events::Timestamp;
use sagewarden_govern::SweptResource;
use sagewarden_policy::{Bundle, Control, Finding, FindingStatus, Judgement, Remedy, Severity, Verdict};
use sagewarden_settings::ControlMode;
use serde::{Deserialize, Serialize};

use crate::scan::kinds;

/// A resource with its verdict.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct FoundResource {
    pub(super) arn: String,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) created_at: Option<Timestamp>,
    pub(super) status: Option<String>,
    /// The owner by its tags, else the role that it runs with.
    pub(super) owner: Option<String>,
    /// `compliant`, `violating`, `undecided`, `waived`, or `not judged` for a kind without controls.
    pub(super) outcome: String,
    pub(super) checked: usize,
    pub(super) findings: Vec<Finding>,
    /// What Sagewarden would do if it enforced the settings.
    pub(super) remedy: Option<String>,
    /// Whether it is a job that has ended, and that Sagewarden would have stopped while it ran.
    #[serde(default)]
    pub(super) ran_on: bool,
    /// Why another resource is judged instead, or why there is no verdict yet.
    pub(super) left: Option<String>,
    /// Why the resource is not in the lineage.
    pub(super) unrecorded: Option<String>,
}

impl FoundResource {
    /// `enforcing` are the settings with the mode that stops.
    pub(super) fn of(found: &SweptResource, enforcing: &Bundle) -> Self {
        let SweptResource { resource, created_at, status, role, owner, verdict, left, unrecorded } = found;
        let counts = verdict.as_ref().filter(|_| left.is_none());
        let strongest = counts.and_then(|verdict| strongest(verdict, enforcing));
        let has_ended =
            status.as_deref().is_some_and(|status| sagewarden_events::Status::parse(status).is_terminal());
        let ran_on = has_ended && strongest == Some(Remedy::Stop);
        Self {
            arn: resource.arn(),
            kind: kinds::word(resource.kind).to_owned(),
            name: resource.name.clone(),
            created_at: *created_at,
            status: status.clone(),
            owner: owner.clone().or_else(|| role.clone()),
            outcome: counts.map_or("not judged", |verdict| word(verdict.outcome)).to_owned(),
            checked: counts.map_or(0, |verdict| verdict.checked.len()),
            findings: counts.map(|verdict| verdict.findings.clone()).unwrap_or_default(),
            remedy: strongest.filter(|_| !ran_on).map(|remedy| remedy.explain().to_owned()),
            ran_on,
            left: left.clone(),
            unrecorded: unrecorded.clone(),
        }
    }

    /// The controls that it fails.
    pub(super) fn failed(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.status == FindingStatus::Violation)
    }

    /// The worst severity of a failed control.
    pub(super) fn severity(&self) -> Option<Severity> {
        self.failed().map(|finding| finding.severity).max()
    }
}

fn word(outcome: Judgement) -> &'static str {
    match outcome {
        Judgement::Compliant => "compliant",
        Judgement::Violating => "violating",
        Judgement::Unknown => "undecided",
        Judgement::Waived => "waived",
    }
}

/// The strongest remedy of the failed controls, if they have one.
fn strongest(verdict: &Verdict, enforcing: &Bundle) -> Option<Remedy> {
    let failed = verdict.findings.iter().filter(|finding| finding.status == FindingStatus::Violation);
    let controls = failed.filter_map(|finding| enforcing.control(&finding.control));
    let enforced = controls.filter(|control| enforcing.control_mode(control) == ControlMode::Enforce);
    let strongest = enforced.map(|control: &Control| control.remedy).max_by_key(|remedy| strength(*remedy));
    strongest.filter(|remedy| *remedy != Remedy::None)
}

fn strength(remedy: Remedy) -> u8 {
    match remedy {
        Remedy::Stop => 4,
        Remedy::DeleteIfUnused => 3,
        Remedy::Change(_) => 2,
        Remedy::Tag => 1,
        Remedy::None => 0,
    }
}
