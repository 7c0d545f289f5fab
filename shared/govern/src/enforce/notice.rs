//! The notices about verdicts: their detail, and one sentence for people.

use sagewarden_events::{Actor, CallMade, Resource};
use sagewarden_policy::{Finding, Judgement, Verdict};
use serde_json::{Value as Json, json};

use crate::enforce::judged::{Judged, controls, outcome_word};
use crate::enforce::remediation::Remediation;
use crate::notify::Concerned;
use crate::ports::Notice;

/// The `detail-type` of a verdict that is not compliant.
pub const POLICY_VIOLATION: &str = "Sagewarden Policy Violation";
/// The `detail-type` of a remediation that did not succeed.
pub const REMEDIATION_FAILED: &str = "Sagewarden Remediation Failed";
/// The `detail-type` of a remediation that succeeded after it had failed, or after the finding had left.
pub const REMEDIATION_DONE: &str = "Sagewarden Remediation Done";

/// A notice on a resource.
pub(crate) fn notice(
    detail_type: &'static str,
    judged: &Judged,
    remediation: &Remediation,
    actor: Option<&Actor>,
    changed_by: Option<&Actor>,
) -> Notice {
    let detail = detail(judged, remediation, actor, changed_by);
    Notice::new(detail_type, vec![judged.resource.arn()], detail)
}

/// The detail of a notice on a resource; `docs/EVENTS.md` has its schema.
fn detail(
    judged: &Judged,
    remediation: &Remediation,
    actor: Option<&Actor>,
    changed_by: Option<&Actor>,
) -> Json {
    let Judged { resource, verdict, .. } = judged;
    let undone = remediation.undone.map(Finding::undone);
    let findings: Vec<&Finding> = verdict.findings.iter().chain(&undone).collect();
    let mut concerned = Concerned::default();
    judged.owner.iter().for_each(|owner| concerned.person(owner));
    judged.repository.iter().for_each(|name| concerned.repository(name));
    actor.into_iter().chain(changed_by).for_each(|caller| concerned.caller(caller));
    let detail = json!({
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
        "findings": findings,
        "mode": verdict.mode,
        "remediation": remediation,
        "bundle": verdict.bundle,
    });
    concerned.named_in(detail)
}

/// The detail of a notice that the description of a resource was erased.
pub(crate) fn erasure_detail(resource: &Resource, verdict: &Verdict, call: &CallMade) -> Json {
    let text = format!(
        "{resource} fails {}: {} erased its description with {}; its lineage stays",
        controls(verdict),
        caller(call),
        call.name
    );
    call_detail(resource, verdict, call, &text, "it cannot be undone", Concerned::default())
}

/// The detail of a notice that somebody asked for an address or session of a resource of somebody else.
pub(crate) fn sign_in_detail(
    resource: &Resource,
    verdict: &Verdict,
    call: &CallMade,
    owner: Option<&str>,
) -> Json {
    let mut concerned = Concerned::default();
    owner.into_iter().for_each(|owner| concerned.person(owner));
    let text = format!(
        "{resource} fails {}: {} asked with {} to work there, and is not its owner",
        controls(verdict),
        caller(call),
        call.name
    );
    call_detail(
        resource,
        verdict,
        call,
        &text,
        "the address may be in use: end the session if it was not agreed",
        concerned,
    )
}

fn caller(call: &CallMade) -> String {
    call.actor.name().unwrap_or_else(|| "unknown".to_owned())
}

/// The detail of a notice on a call that leaves nothing to remedy.
fn call_detail(
    resource: &Resource,
    verdict: &Verdict,
    call: &CallMade,
    text: &str,
    result: &str,
    mut concerned: Concerned,
) -> Json {
    concerned.caller(&call.actor);
    let remediation = Remediation { result: result.to_owned(), ..Remediation::default() };
    let detail = json!({
        "text": text,
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
    });
    concerned.named_in(detail)
}

/// The findings, the caller and the remedy, in a sentence.
pub(crate) fn summary(judged: &Judged, remediation: &Remediation, actor: Option<&Actor>) -> String {
    let done = match &remediation.action {
        Some(action) => format!("{action}: {}", remediation.result),
        None => format!("nothing was done: {}", remediation.result),
    };
    let ids = controls(&judged.verdict);
    let found = match judged.verdict.outcome {
        Judgement::Unknown => format!("could not be judged: {ids} undecided"),
        Judgement::Compliant => "passes every control".to_owned(),
        _ => format!("fails {ids}"),
    };
    format!("{} {found}; started by {}; {done}", judged.resource, who(judged, actor))
}

/// The changes with which the resource would pass.
fn advice(verdict: &Verdict) -> String {
    let open = verdict.findings.iter().filter(|finding| finding.waiver.is_none());
    open.map(|finding| format!("{} ({})", finding.fix, finding.control)).collect::<Vec<_>>().join("; ")
}

/// Who started it: the person in the session, else the principal, else the role that it runs with.
fn who(judged: &Judged, actor: Option<&Actor>) -> String {
    match (actor.and_then(Actor::name), &judged.role) {
        (Some(caller), _) => caller,
        (None, Some(role)) => format!("unknown (it runs with {role})"),
        (None, None) => "unknown".to_owned(),
    }
}
