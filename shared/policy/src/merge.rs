//! One verdict out of several: that by the settings of a resource's account, and one by each environment that its tags name.
//!
//! Whoever may tag a resource chooses such an environment. So tags only ever make it stricter: everything that any of these settings
//! forbids is a finding. And what is done to a resource follows from the tags that it was created with, never from later ones.

use std::collections::BTreeSet;

use sagewarden_events::{Change, Corrections};
use sagewarden_settings::Mode;

use crate::finding::{Finding, FindingStatus};
use crate::verdict::{Judgement, Plan, Verdict, outcome};

/// A verdict by the settings of one environment.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) verdict: Verdict,
    /// Whether it may be acted on: it follows from the account, or from a tag of the call that created the resource.
    pub(crate) counts: bool,
}

/// The verdict of all parts; the first is the account's.
pub(crate) fn merge(mut whole: Verdict, by_tags: Vec<Part>) -> Verdict {
    for Part { verdict, counts } in by_tags {
        let plan = if counts || matches!(verdict.plan, Plan::Nothing(_)) {
            verdict.plan
        } else {
            let name = verdict.environment.as_deref().unwrap_or_default();
            Plan::Nothing(format!(
                "it is not known to have been created with the tag of the environment `{name}`"
            ))
        };
        whole.findings = findings(whole.findings, verdict.findings);
        whole.checked = union(whole.checked, verdict.checked);
        whole.skipped = union(whole.skipped, verdict.skipped);
        let names = whole.environment.into_iter().chain(verdict.environment);
        whole.environment = Some(names.collect::<Vec<_>>().join(", "));
        whole.mode = if counts && verdict.mode == Mode::Enforce { Mode::Enforce } else { whole.mode };
        whole.plan = stronger(whole.plan, plan, whole.outcome == Judgement::Violating);
        whole.outcome = outcome(&whole.findings);
    }
    whole
}

fn union(one: Vec<String>, other: Vec<String>) -> Vec<String> {
    one.into_iter().chain(other).collect::<BTreeSet<String>>().into_iter().collect()
}

/// Of the same control the worse finding, of two that are as bad the account's.
fn findings(mut found: Vec<Finding>, more: Vec<Finding>) -> Vec<Finding> {
    for finding in more {
        let same = |one: &&mut Finding| one.control == finding.control && one.title == finding.title;
        match found.iter_mut().find(same) {
            Some(known) if badness(&finding) > badness(known) => *known = finding,
            Some(_) => {}
            None => {
                let after = found.iter().position(|one| one.control > finding.control);
                found.insert(after.unwrap_or(found.len()), finding);
            }
        }
    }
    found
}

fn badness(finding: &Finding) -> u8 {
    match finding.status {
        FindingStatus::Waived => 0,
        FindingStatus::Unknown => 1,
        FindingStatus::Violation => 2,
    }
}

/// What does more; where neither does anything, the reason of the one that found a violation.
fn stronger(whole: Plan, other: Plan, whole_violates: bool) -> Plan {
    match (whole, other) {
        (Plan::Nothing(own), Plan::Nothing(others)) => {
            Plan::Nothing(if whole_violates { own } else { others })
        }
        (Plan::Change(own), Plan::Change(others)) => Plan::Change(both(own, others)),
        (own, other) if strength(&other) > strength(&own) => other,
        (own, _) => own,
    }
}

fn both(own: Corrections, others: Corrections) -> Corrections {
    let settings: BTreeSet<Change> = own.settings.into_iter().chain(others.settings).collect();
    Corrections { settings, platform: own.platform.or(others.platform) }
}

fn strength(plan: &Plan) -> u8 {
    match plan {
        Plan::Nothing(_) => 0,
        Plan::Tag => 1,
        Plan::Change(_) => 2,
        Plan::DeleteModelIfUnused => 3,
        Plan::Stop => 4,
    }
}
