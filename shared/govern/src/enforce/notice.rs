//! What is said of a verdict: the detail of the notices, and one sentence for people.

use sagewarden_events::{Actor, CallMade, Resource};
use sagewarden_policy::{Finding, FindingStatus, Judgement, Verdict};
use serde_json::{Value as Json, json};

use crate::enforce::Judged;
use crate::enforce::remedy::Remediation;

/// The detail of a notice on a resource; `docs/EVENTS.md` has its schema.
pub(crate) fn detail(
    judged: &Judged,
    remediation: &Remediation,
    actor: Option<&Actor>,
    changed_by: Option<&Actor>,
) -> Json {
    let Judged { resource, verdict, .. } = judged;
    json!({
        "text": summary(judged, remediation, actor),
        "about": resource.arn(),
        "advice": advice(verdict),
        "outcome": outcome_word(verdict.outcome),
        "resource": {
            "kind": resource.kind.segment(),
            "name": resource.name,
            "arn": resource.arn(),
            "created_at": judged.created_at,
        },
        "started_by": who(judged, actor),
        "actor": actor,
        "changed_by": changed_by,
        "role": judged.role,
        "parent": verdict.parent,
        "environment": verdict.environment,
        "findings": verdict.findings,
        "mode": verdict.mode,
        "remediation": remediation,
        "bundle": verdict.bundle,
    })
}

/// The detail of a notice that the description of a resource was erased.
pub(crate) fn erasure_detail(resource: &Resource, verdict: &Verdict, call: &CallMade) -> Json {
    let caller = name_of(&call.actor).unwrap_or_else(|| "unknown".to_owned());
    let remediation = Remediation { result: "it cannot be undone".to_owned(), ..Remediation::default() };
    json!({
        "text": format!(
            "{resource} breaks {}: {caller} erased its description with {}; what the lineage holds of it stays",
            controls(verdict),
            call.name
        ),
        "about": resource.arn(),
        "advice": advice(verdict),
        "outcome": outcome_word(verdict.outcome),
        "resource": { "kind": resource.kind.segment(), "name": resource.name, "arn": resource.arn(), "created_at": null },
        "started_by": "unknown",
        "actor": null,
        "changed_by": call.actor,
        "role": null,
        "parent": null,
        "environment": verdict.environment,
        "findings": verdict.findings,
        "mode": verdict.mode,
        "remediation": remediation,
        "bundle": verdict.bundle,
    })
}

pub(crate) fn summary(judged: &Judged, remediation: &Remediation, actor: Option<&Actor>) -> String {
    let done = match &remediation.action {
        Some(action) => format!("{action}: {}", remediation.result),
        None => format!("nothing was done: {}", remediation.result),
    };
    let ids = controls(&judged.verdict);
    let found = match judged.verdict.outcome {
        Judgement::Unknown => format!("could not be judged by {ids}"),
        Judgement::Compliant => "keeps every control".to_owned(),
        _ => format!("breaks {ids}"),
    };
    format!("{} {found}; started by {}; {done}", judged.resource, who(judged, actor))
}

/// The ids of the controls that do not hold; where none certainly does not, of those that are not known or waived.
pub(crate) fn controls(verdict: &Verdict) -> String {
    let violated = |finding: &&Finding| finding.status == FindingStatus::Violation;
    let any = verdict.findings.iter().any(|finding| violated(&finding));
    let findings = verdict.findings.iter().filter(|finding| !any || violated(finding));
    findings.map(|finding| finding.control.as_str()).collect::<Vec<_>>().join(", ")
}

/// What to change so that the controls hold.
fn advice(verdict: &Verdict) -> String {
    let open = verdict.findings.iter().filter(|finding| finding.waiver.is_none());
    open.map(|finding| format!("{} ({})", finding.fix, finding.control)).collect::<Vec<_>>().join("; ")
}

pub(crate) fn outcome_word(outcome: Judgement) -> &'static str {
    match outcome {
        Judgement::Compliant => "compliant",
        Judgement::Violating => "violating",
        Judgement::Waived => "waived",
        Judgement::Unknown => "unknown",
    }
}

/// Who started it, as far as is known: the person kept in the session, the principal, else the role it runs with.
fn who(judged: &Judged, actor: Option<&Actor>) -> String {
    match (actor.and_then(name_of), &judged.role) {
        (Some(caller), _) => caller,
        (None, Some(role)) => format!("unknown (it runs with {role})"),
        (None, None) => "unknown".to_owned(),
    }
}

fn name_of(actor: &Actor) -> Option<String> {
    actor.source_identity.clone().or_else(|| actor.arn.clone())
}
