//! The notices about a verdict: the finding, and the result of its remediation, each once for a cause.

use sagewarden_events::{Actor, CallMade, Resource};
use sagewarden_lineage::rows::{VerdictCause, bundle_mark, millis};
use sagewarden_lineage::table::Write;
use sagewarden_policy::{Judgement, Verdict};
use serde_json::Value as Json;

use crate::enforce::delivery::Delivery;
use crate::enforce::judged::{Judged, findings_mark, mode_word};
use crate::enforce::notice::{
    POLICY_VIOLATION, REMEDIATION_DONE, REMEDIATION_FAILED, erasure_detail, notice, sign_in_detail, summary,
};
use crate::enforce::owed::{OwedNotice, publish_about};
use crate::enforce::remediation::Remediation;
use crate::enforce::remedy::{self, START_NOTEBOOK};
use crate::enforce::verdict_record::remedy_writes;
use crate::notify::{Kept, Moment, publish_once};
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Notice, PortError};
use crate::window::DAY_MS;
use crate::world::World;

/// The first part of the cause of a notice that a remedy took effect.
const SUCCESS: &str = "remedied";
/// The first part of the cause of a notice that a notebook instance was started.
const START: &str = "started";

/// Writes the owed finding with the action about to be taken: from here on it is published once, whatever fails. One delivery
/// at a time remedies; `None` when the finding has been published.
pub(crate) async fn claim_finding(
    delivery: &Delivery<'_, impl World>,
) -> Result<Option<OwedNotice>, PortError> {
    let begun = remedy::intended(delivery.judged);
    let notice = finding(delivery, &begun, delivery.creator());
    claim(delivery, &finding_cause(delivery).await?, &notice, &remedy_writes(delivery, &begun)).await
}

/// The finding, with the action that followed.
pub(crate) fn finding(
    delivery: &Delivery<'_, impl World>,
    remediation: &Remediation,
    actor: Option<&Actor>,
) -> Notice {
    let changed_by = delivery.change().map(|call| &call.actor);
    notice(POLICY_VIOLATION, delivery.judged, remediation, actor, changed_by)
}

/// Publishes that a remediation failed. If the service may allow the call later, it is tried again.
pub(crate) async fn publish_failure(
    delivery: &Delivery<'_, impl World>,
    remediation: Remediation,
    actor: Option<&Actor>,
) -> Outcome {
    let Delivery { world, judged, moment, .. } = *delivery;
    let notice = notice(REMEDIATION_FAILED, judged, &remediation, actor, None);
    let what = match remediation.undone {
        Some(_) => undone_on(delivery),
        None => "remediation".to_owned(),
    };
    publish_about(world, moment, &judged.resource, &cause(&what, delivery).await?, &notice).await?;
    if remediation.hopeless {
        return Ok(Done::Acted(summary(judged, &remediation, actor)));
    }
    Err(Failure::not_yet(format!("remedy {}", judged.resource), remediation.result))
}

/// A resource that is no longer corrected is published once a day, as long as somebody undoes corrections.
fn undone_on(delivery: &Delivery<'_, impl World>) -> String {
    let at = delivery.call.map_or(delivery.judged.modified_at, |call| call.time);
    format!("undone{}", at.millis() / DAY_MS)
}

/// The cause of the notice that a remedy took effect after the finding was published: people who read that it failed learn how it ended.
pub(crate) async fn success_cause(delivery: &Delivery<'_, impl World>) -> Result<String, PortError> {
    cause(SUCCESS, delivery).await
}

/// Writes down that the end of a remedy is owed, by this call. `None` when it has been published.
pub(crate) async fn claim_success(
    delivery: &Delivery<'_, impl World>,
    action: &str,
    actor: Option<&Actor>,
) -> Result<Option<OwedNotice>, PortError> {
    let later = Remediation::no_longer_needed(action);
    let notice = success(delivery, &later, actor);
    claim(delivery, &success_cause(delivery).await?, &notice, &remedy_writes(delivery, &later)).await
}

/// The notice that a remedy took effect.
pub(crate) fn success(
    delivery: &Delivery<'_, impl World>,
    remediation: &Remediation,
    actor: Option<&Actor>,
) -> Notice {
    notice(REMEDIATION_DONE, delivery.judged, remediation, actor, None)
}

/// Writes down that the start of a notebook instance is owed.
pub(crate) async fn claim_start(
    delivery: &Delivery<'_, impl World>,
    started: Write,
) -> Result<Option<OwedNotice>, PortError> {
    let notice = success(delivery, &Remediation::begun(START_NOTEBOOK), None);
    claim(delivery, &start_cause(delivery.judged), &notice, &[started]).await
}

/// The cause of the notice that a notebook instance was started again.
fn start_cause(judged: &Judged) -> String {
    format!("{START}#{}#{}", judged.pk, judged.modified_at.millis())
}

async fn claim(
    delivery: &Delivery<'_, impl World>,
    cause: &str,
    notice: &Notice,
    writes: &[Write],
) -> Result<Option<OwedNotice>, PortError> {
    let Delivery { world, judged, moment, .. } = *delivery;
    OwedNotice::claim(world, moment, &judged.resource, cause, notice, writes).await
}

/// Publishes that somebody erased a description. There is nothing left to remedy.
pub(crate) async fn publish_erasure(
    world: &impl World,
    resource: &Resource,
    verdict: &Verdict,
    call: &CallMade,
    moment: &Moment,
) -> Outcome {
    let cause = format!("erased#{}#{}", resource.arn(), call.time.millis());
    publish_call(world, resource, erasure_detail(resource, verdict, call), &cause, moment).await
}

/// Publishes that somebody signed in who is not the owner: once a day for each person. There is nothing to remedy.
pub(crate) async fn publish_sign_in(
    world: &impl World,
    resource: &Resource,
    verdict: &Verdict,
    call: &CallMade,
    owner: Option<&str>,
    moment: &Moment,
) -> Outcome {
    let who = call.actor.name().unwrap_or_default();
    let cause = format!("opened#{}#{who}#{}", resource.arn(), call.time.millis().div_euclid(DAY_MS));
    publish_call(world, resource, sign_in_detail(resource, verdict, call, owner), &cause, moment).await
}

async fn publish_call(
    world: &impl World,
    resource: &Resource,
    detail: Json,
    cause: &str,
    moment: &Moment,
) -> Outcome {
    let text = detail.get("text").and_then(Json::as_str).unwrap_or_default().to_owned();
    let notice = Notice::new(POLICY_VIOLATION, vec![resource.arn()], detail);
    publish_once(world.table(), world.bus(), moment, cause, Kept::ForReplays, &notice).await?;
    Ok(Done::Acted(text))
}

/// The cause of the finding of a delivery.
pub(crate) async fn finding_cause(delivery: &Delivery<'_, impl World>) -> Result<String, PortError> {
    cause(VerdictCause::FINDING, delivery).await
}

/// Whether a notice is about the end of a remedy.
pub(crate) fn is_of_success(cause: &str) -> bool {
    cause.starts_with(SUCCESS)
}

/// Whether a notice is about the start of a notebook instance.
pub(crate) fn is_of_start(cause: &str) -> bool {
    cause.starts_with(START)
}

/// The subject of a notice: a resource, judged by this bundle in this mode. Another mode leads to another action. A resource that can be
/// changed may fail the same controls again after it had passed all of them: that is a new finding. So may a job, once its tags change.
async fn cause(what: &str, delivery: &Delivery<'_, impl World>) -> Result<String, PortError> {
    let Judged { resource, pk, verdict, modified_at, .. } = delivery.judged;
    let since = if delivery.can_relapse() { delivery.kept_at().await?.map(millis) } else { None };
    let times = (resource.kind.is_mutable() || since.is_some()).then(|| {
        // Each of several remedies has a notice: a notebook instance that somebody started again is stopped again.
        let at = if what == VerdictCause::FINDING { String::new() } else { millis(*modified_at) };
        [since.unwrap_or_default(), at]
    });
    let cause = VerdictCause {
        what: what.to_owned(),
        pk: pk.clone(),
        bundle: bundle_mark(&verdict.bundle).to_owned(),
        mode: mode_word(verdict.mode).to_owned(),
        is_known: verdict.outcome != Judgement::Unknown,
        findings_mark: findings_mark(verdict),
        times,
    };
    Ok(cause.to_string())
}
