//! What leaves the system about a verdict: the finding, and what became of its remediation, each once a cause.

use sagewarden_events::{Actor, CallMade, Resource};
use sagewarden_lineage::rows::{bundle_mark, millis};
use sagewarden_policy::{Judgement, Verdict};
use sagewarden_settings::Mode;
use serde_json::Value as Json;

use crate::enforce::delivery::Delivery;
use crate::enforce::judged::{Judged, findings_mark};
use crate::enforce::notice::{
    POLICY_VIOLATION, REMEDIATION_DONE, REMEDIATION_FAILED, erasure_detail, notice, summary,
};
use crate::enforce::remediation::Remediation;
use crate::notify::{Moment, Receipt, publish_once};
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Notice, PortError};
use crate::world::World;

/// Claims the finding, so that one delivery at a time remedies it and says what it did; `None` when it has been published.
pub(crate) async fn claim_finding(delivery: &Delivery<'_, impl World>) -> Result<Option<Receipt>, PortError> {
    let cause = cause("finding", delivery).await?;
    Receipt::claim(delivery.table(), delivery.moment, &cause).await
}

/// The finding, with what was done about it.
pub(crate) async fn publish_finding(
    delivery: &Delivery<'_, impl World>,
    receipt: Receipt,
    remediation: &Remediation,
    actor: Option<&Actor>,
) -> Result<(), PortError> {
    let judged = delivery.judged;
    let changed_by = delivery.change().map(|call| &call.actor);
    let notice = notice(POLICY_VIOLATION, judged, remediation, actor, changed_by);
    receipt.publish(delivery.table(), delivery.world.bus(), judged.created_at, &notice).await
}

/// A remediation that failed. What the service may allow later is tried again.
pub(crate) async fn publish_failure(
    delivery: &Delivery<'_, impl World>,
    remediation: Remediation,
    actor: Option<&Actor>,
) -> Outcome {
    let Delivery { world, judged, moment, .. } = delivery;
    let notice = notice(REMEDIATION_FAILED, judged, &remediation, actor, None);
    let cause = cause("remediation", delivery).await?;
    publish_once(world.table(), world.bus(), moment, &cause, judged.created_at, &notice).await?;
    if remediation.hopeless {
        return Ok(Done::Acted(summary(judged, &remediation, actor)));
    }
    Err(Failure::not_yet(format!("remedy {}", judged.resource), remediation.result))
}

/// A remediation that took effect after the finding had left: whoever read of the failure reads the end of it.
pub(crate) async fn publish_success(
    delivery: &Delivery<'_, impl World>,
    remediation: &Remediation,
    actor: Option<&Actor>,
) -> Result<(), PortError> {
    let Delivery { world, judged, moment, .. } = delivery;
    let notice = notice(REMEDIATION_DONE, judged, remediation, actor, None);
    let cause = cause("remedied", delivery).await?;
    publish_once(world.table(), world.bus(), moment, &cause, judged.created_at, &notice).await?;
    Ok(())
}

/// A notebook instance that was started again.
pub(crate) async fn publish_start(
    delivery: &Delivery<'_, impl World>,
    remediation: &Remediation,
) -> Result<(), PortError> {
    let Delivery { world, judged, moment, .. } = delivery;
    let Judged { pk, modified_at, .. } = judged;
    let notice = notice(REMEDIATION_DONE, judged, remediation, None, None);
    let cause = format!("started#{pk}#{}", modified_at.millis());
    publish_once(world.table(), world.bus(), moment, &cause, *modified_at, &notice).await?;
    Ok(())
}

/// That somebody erased a description, which leaves nothing to remedy.
pub(crate) async fn publish_erasure(
    world: &impl World,
    resource: &Resource,
    verdict: &Verdict,
    call: &CallMade,
    moment: &Moment,
) -> Outcome {
    let detail = erasure_detail(resource, verdict, call);
    let text = detail.get("text").and_then(Json::as_str).unwrap_or_default().to_owned();
    let notice = Notice { detail_type: POLICY_VIOLATION, resources: vec![resource.arn()], detail };
    let cause = format!("erased#{}#{}", resource.arn(), call.time.millis());
    publish_once(world.table(), world.bus(), moment, &cause, call.time, &notice).await?;
    Ok(Done::Acted(text))
}

/// What a notice is about: a resource as this bundle judges it in this mode. In another mode something else is done. A resource
/// that can be changed may break the same controls again after it had kept them all: that is another finding.
async fn cause(what: &str, delivery: &Delivery<'_, impl World>) -> Result<String, PortError> {
    let Judged { resource, pk, verdict, modified_at, .. } = delivery.judged;
    let mode = if verdict.mode == Mode::Enforce { "enforce" } else { "observe" };
    let known = if verdict.outcome == Judgement::Unknown { "unknown#" } else { "" };
    let (bundle, findings) = (bundle_mark(&verdict.bundle), findings_mark(verdict));
    let cause = format!("{what}#{pk}#{bundle}#{mode}#{known}{findings}");
    if !resource.kind.is_mutable() {
        return Ok(cause);
    }
    let since = delivery.kept_at().await?.map(millis).unwrap_or_default();
    // Each of several remedies has a notice: a notebook instance that somebody started again is stopped again.
    let at = if what == "finding" { String::new() } else { millis(*modified_at) };
    Ok(format!("{cause}#{since}#{at}"))
}
