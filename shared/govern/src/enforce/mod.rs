//! A resource came into being or was changed: it is judged while it can still be stopped, the verdict is recorded, and what
//! breaks a control is remedied and published.
//!
//! What was asked for is judged on the description, whichever event came first; who asked comes from CloudTrail.

pub(crate) mod inspect_role;
pub(crate) mod notice;
pub(crate) mod remediation;

mod delivery;
mod join;
mod judged;
mod look;
mod publish;
mod remedy;
mod verdict_record;

use sagewarden_events::{Actor, CallMade, Effect, Resource, ResourceChanged, ResourceKind};
use sagewarden_lineage::rows::{AliasRow, JudgedRow};
use sagewarden_policy::{Bundle, Judgement, judge_erasure};

use crate::enforce::delivery::Delivery;
use crate::enforce::inspect_role::InspectedRoles;
use crate::enforce::join::Lookup;
use crate::enforce::judged::{Judged, controls};
use crate::enforce::look::look;
use crate::enforce::notice::summary;
use crate::enforce::publish::{
    claim_finding, publish_erasure, publish_failure, publish_finding, publish_start, publish_success,
};
use crate::enforce::remediation::Remediation;
use crate::enforce::verdict_record::{record_creator, record_verdict};
use crate::notify::{Moment, Receipt};
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::Table;
use crate::world::World;

/// How far a child is followed to its parents.
const STEPS: u8 = 3;

/// The use case with the ports it needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EnforcePolicy<'a, W> {
    /// Where resources are described and remedied, and verdicts and receipts are kept.
    pub(crate) world: &'a W,
    /// What was found out about roles lately.
    pub(crate) inspected: &'a InspectedRoles,
    /// Policies and settings.
    pub(crate) bundle: &'a Bundle,
}

impl<W: World> EnforcePolicy<'_, W> {
    /// Judges a resource whose state changed.
    ///
    /// # Errors
    /// Rejects events of resources that do not exist; retries when a service does not answer or a remediation fails.
    pub(crate) async fn on_change(&self, change: &ResourceChanged, moment: &Moment) -> Outcome {
        self.judge_resource(&change.resource, None, moment, STEPS).await
    }

    /// Judges the resource that somebody created, changed or deleted by a call.
    ///
    /// # Errors
    /// As [`Self::on_change`].
    pub(crate) async fn on_call(&self, call: &CallMade, moment: &Moment) -> Outcome {
        if let Some(code) = &call.error_code {
            return Ok(Done::Nothing(format!(
                "`{}` was refused with `{code}`: nothing came of it",
                call.name
            )));
        }
        match (&call.resource, call.effect) {
            (Some(resource), Effect::Deleted) => self.on_erasure(resource, call, moment).await,
            (Some(resource), _) => self.judge_resource(resource, Some(call), moment, STEPS).await,
            (None, _) => Ok(Done::Nothing(format!("`{}` names no resource that is judged", call.name))),
        }
    }

    /// Whoever deletes the description of a job takes the evidence along: all that is left is that they did.
    async fn on_erasure(&self, resource: &Resource, call: &CallMade, moment: &Moment) -> Outcome {
        let verdict = judge_erasure(self.bundle, resource, call.time);
        if verdict.outcome == Judgement::Compliant {
            return Ok(Done::Nothing(format!("`{}` of {resource}: nothing is held against it", call.name)));
        }
        publish_erasure(self.world, resource, &verdict, call, moment).await
    }

    /// The story: look at the resource and judge it, record the verdict, act on it.
    async fn judge_resource(
        &self,
        resource: &Resource,
        call: Option<&CallMade>,
        moment: &Moment,
        steps: u8,
    ) -> Outcome {
        let Self { world, inspected, bundle } = *self;
        let lookup = Lookup { world, inspected, bundle, now: moment.now };
        let Some(mut judged) = look(&lookup, resource).await? else {
            return self.gone(resource, moment).await;
        };
        judged.mark_unless_approved_by(call);
        let delivery = Delivery::new(world, &judged, call, moment);
        if let Some(why) = judged.not_yet() {
            record_creator(&delivery).await?;
            return Ok(Done::Nothing(why));
        }
        // A child is made as its parent says, and replaced when it is stopped: the parent is judged, and acted on.
        if let Some(parent) = parent(&judged).filter(|_| steps > 0) {
            let done = Box::pin(self.judge_resource(&parent, None, moment, steps - 1)).await?;
            return Ok(started_by_another(resource, done));
        }
        record_verdict(&delivery).await?;
        let done = act_on(&delivery).await?;
        let done = start_again(&delivery, done).await?;
        match &judged.endpoint {
            Some(endpoint) => self.judge_watched(&judged.resource, endpoint, done, moment).await,
            None => Ok(done),
        }
    }

    /// Whether an endpoint is watched as it must be is seen when its schedules come and go.
    async fn judge_watched(
        &self,
        schedule: &Resource,
        endpoint: &str,
        done: Done,
        moment: &Moment,
    ) -> Outcome {
        let endpoint = schedule.sibling(ResourceKind::Endpoint, endpoint);
        match Box::pin(self.judge_resource(&endpoint, None, moment, 0)).await {
            Ok(more) => Ok(Done::Acted(format!("{}; {}", done.text(), more.text()))),
            // A schedule may outlive its endpoint.
            Err(Failure::Reject(_)) => Ok(done),
            Err(failure) => Err(failure),
        }
    }

    /// A deletion has an event, too; only a resource that was never seen is worth a second look.
    async fn gone(&self, resource: &Resource, moment: &Moment) -> Outcome {
        let table = self.world.table();
        let done = Done::Nothing(format!("{resource} has been deleted"));
        let judged = table.get(&[JudgedRow::key(resource)]).await?.pop();
        if let Some(judged) = judged.and_then(|item| JudgedRow::parse(&item)) {
            return match judged.endpoint {
                Some(endpoint) => self.judge_watched(resource, &endpoint, done, moment).await,
                None => Ok(done),
            };
        }
        let recorded = AliasRow::named(resource.kind.segment(), &resource.name).at_most(1);
        if table.query(&recorded).await?.items.is_empty() {
            let reason = format!("{resource} does not exist (any more): it cannot be judged");
            return Err(Failure::Reject(reason));
        }
        Ok(done)
    }
}

fn parent(judged: &Judged) -> Option<Resource> {
    judged.verdict.parent.as_deref().and_then(|arn| Resource::parse_arn(arn).ok())
}

fn started_by_another(child: &Resource, parent: Done) -> Done {
    let text = format!("{child} was started by another: {}", parent.text());
    match parent {
        Done::Acted(_) => Done::Acted(text),
        Done::Nothing(_) => Done::Nothing(text),
    }
}

async fn act_on(delivery: &Delivery<'_, impl World>) -> Outcome {
    let Judged { resource, verdict, .. } = delivery.judged;
    match verdict.outcome {
        Judgement::Waived => {
            Ok(Done::Acted(format!("{resource} breaks {}, which is waived", controls(verdict))))
        }
        Judgement::Compliant => {
            Ok(Done::Acted(format!("{resource} is compliant ({} controls)", verdict.checked.len())))
        }
        Judgement::Violating | Judgement::Unknown => match claim_finding(delivery).await? {
            Some(receipt) => remedy_and_publish(delivery, receipt).await,
            None => remedy_again(delivery).await,
        },
    }
}

/// The first delivery of a violation that gets this far.
async fn remedy_and_publish(delivery: &Delivery<'_, impl World>, receipt: Receipt) -> Outcome {
    let (remediation, actor) = match remedy_and_attribute(delivery).await {
        Ok(done) => done,
        Err(failure) => {
            receipt.give_back(delivery.table()).await?;
            return Err(failure);
        }
    };
    publish_finding(delivery, receipt, &remediation, actor.as_ref()).await?;
    if remediation.failed {
        return publish_failure(delivery, remediation, actor.as_ref()).await;
    }
    Ok(Done::Acted(summary(delivery.judged, &remediation, actor.as_ref())))
}

/// A later delivery: the finding has been published, but the resource may still be there because a remediation failed, or takes
/// a second step.
async fn remedy_again(delivery: &Delivery<'_, impl World>) -> Outcome {
    let (remediation, actor) = remedy_and_attribute(delivery).await?;
    if remediation.failed {
        return publish_failure(delivery, remediation, actor.as_ref()).await;
    }
    let text = summary(delivery.judged, &remediation, actor.as_ref());
    if remediation.action.is_none() {
        return Ok(Done::Nothing(format!("{text}; the finding has been told")));
    }
    publish_success(delivery, &remediation, actor.as_ref()).await?;
    Ok(Done::Acted(text))
}

/// Remedies and finds out who started the resource.
async fn remedy_and_attribute(
    delivery: &Delivery<'_, impl World>,
) -> Result<(Remediation, Option<Actor>), Failure> {
    let remediation = remedy::carry_out(delivery).await?;
    Ok((remediation, delivery.known_creator().await?))
}

/// A notebook instance that was stopped to be changed goes on, once nothing is left to be changed or to stop it for.
async fn start_again(delivery: &Delivery<'_, impl World>, done: Done) -> Outcome {
    match remedy::start_again(delivery).await? {
        None => Ok(done),
        Some(remediation) if remediation.failed => publish_failure(delivery, remediation, None).await,
        Some(remediation) => {
            publish_start(delivery, &remediation).await?;
            Ok(Done::Acted(format!("{}; {}", done.text(), remediation.result)))
        }
    }
}
