//! Records verdicts: the newest one by each bundle, the creator of the resource, the time when it last passed every control, and the
//! remedy. Facts that become known at the same time are written in one request.

use sagewarden_events::CallMade;
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::rows::{ComplianceRow, FoundRow, JudgedRow, JudgementRow, NodeRow, VerdictRow, node};
use sagewarden_lineage::table::Write;
use sagewarden_policy::{Bundle, Judgement, Plan, Verdict, Would};

use crate::enforce::delivery::Delivery;
use crate::enforce::judged::{Judged, controls, findings_mark, keeps_every_control, mode_word, outcome_word};
use crate::enforce::listed::list_findings;
use crate::enforce::look::created;
use crate::enforce::remediation::Remediation;
use crate::outcome::Failure;
use crate::ports::Table;
use crate::world::World;

/// The verdict, before anything is done about it.
pub(crate) async fn record_verdict(delivery: &Delivery<'_, impl World>) -> Result<(), Failure> {
    let judged = delivery.judged;
    let verdict = verdict(judged)?;
    let found = found(judged, &verdict);
    let mut writes = vec![verdict.write(), JudgementRow(verdict).write()];
    writes.extend(creator(delivery)?);
    let Judged { resource, pk, endpoint, .. } = judged;
    writes.push(JudgedRow::of(resource, pk, endpoint.as_deref()).write());
    writes.extend(compliance(delivery).map(|row| row.write()));
    delivery.table().write(&writes).await?;
    Ok(list_findings(delivery.table(), pk, found.as_ref()).await?)
}

/// The lists, for a verdict that still holds: the delivery that recorded it may have died before it wrote them.
pub(crate) async fn list_verdict(delivery: &Delivery<'_, impl World>) -> Result<(), Failure> {
    let judged = delivery.judged;
    let found = found(judged, &verdict(judged)?);
    Ok(list_findings(delivery.table(), &judged.pk, found.as_ref()).await?)
}

fn found(judged: &Judged, verdict: &VerdictRow) -> Option<FoundRow> {
    FoundRow::of_verdict(verdict, mode_word(judged.verdict.mode), would(judged))
}

/// If nothing is done about the resource: the remedy that `enforce` would have made.
fn would(judged: &Judged) -> Option<&'static str> {
    let Verdict { plan, would, .. } = &judged.verdict;
    would.filter(|_| matches!(plan, Plan::Nothing(_))).map(Would::word)
}

/// Who created the resource, if it is too early for a verdict.
pub(crate) async fn record_creator(delivery: &Delivery<'_, impl World>) -> Result<(), Failure> {
    let Some(write) = creator(delivery)? else { return Ok(()) };
    delivery.table().write(&[write]).await?;
    Ok(list_findings(delivery.table(), &delivery.judged.pk, None).await?)
}

/// Who created a resource that is gone now and was judged before.
pub(crate) async fn record_creator_of_gone(
    table: &impl Table,
    bundle: &Bundle,
    judged: &JudgedRow,
    call: &CallMade,
) -> Result<(), Failure> {
    let created_at = VerdictRow::created_at(&judged.verdicts);
    if !created_at.is_some_and(|at| created(call, at)) {
        return Ok(());
    }
    let text = serde_json::to_string(&call.actor).map_err(|error| Failure::Reject(error.to_string()))?;
    let key = VerdictRow::key(&judged.verdicts, bundle.hash());
    Ok(table.write(&[VerdictRow::write_actor(key, &text)]).await?)
}

/// The record of a remedy that took effect. The first one counts: later deliveries find the resource stopped.
pub(crate) fn remedy_writes(delivery: &Delivery<'_, impl World>, remediation: &Remediation) -> Vec<Write> {
    let Some(action) = remediation.action.as_ref().filter(|_| remediation.took_effect()) else {
        return Vec::new();
    };
    let Judged { pk, verdict, .. } = delivery.judged;
    let Remediation { result, after_ms, remembered, .. } = remediation;
    let mut writes = vec![VerdictRow::write_remedy(delivery.verdict_key(), action, result, *after_ms)];
    writes.extend(remembered.clone());
    // A job that is being stopped may still upload its artifact: the lineage says what to think of that.
    if let Some(id) = NodeId::parse(pk).filter(|_| verdict.plan == Plan::Stop) {
        let text = format!("{action} for {}", controls(verdict));
        writes.push(NodeRow::fact(&id, node::REMEDY, text.into()));
    }
    writes
}

fn verdict(judged: &Judged) -> Result<VerdictRow, Failure> {
    let Judged { verdict, pk, modified_at, judged_at, .. } = judged;
    let findings =
        serde_json::to_string(&verdict.findings).map_err(|error| Failure::Reject(error.to_string()))?;
    Ok(VerdictRow {
        pk: pk.clone(),
        bundle: verdict.bundle.clone(),
        modified_at: *modified_at,
        judged_at: *judged_at,
        is_known: verdict.outcome != Judgement::Unknown,
        findings_mark: findings_mark(verdict),
        outcome: outcome_word(verdict.outcome).to_owned(),
        findings,
        checked: verdict.checked.join(" "),
    })
}

/// Who created the resource, once CloudTrail has said so.
fn creator(delivery: &Delivery<'_, impl World>) -> Result<Option<Write>, Failure> {
    let Some(actor) = delivery.creator() else { return Ok(None) };
    let text = serde_json::to_string(actor).map_err(|error| Failure::Reject(error.to_string()))?;
    Ok(Some(VerdictRow::write_actor(delivery.verdict_key(), &text)))
}

/// When a changeable resource last passed every control: a failure after that time is a new finding.
fn compliance(delivery: &Delivery<'_, impl World>) -> Option<ComplianceRow> {
    let Judged { pk, verdict, .. } = delivery.judged;
    (delivery.can_relapse() && keeps_every_control(verdict)).then(|| ComplianceRow {
        pk: pk.clone(),
        bundle: verdict.bundle.clone(),
        kept_at: delivery.as_of(),
    })
}
