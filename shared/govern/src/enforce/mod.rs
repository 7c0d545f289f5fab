//! A resource was created or changed: Sagewarden judges it while it can still be stopped, records the verdict, remedies the resource if it
//! fails a control, and publishes the finding.
//!
//! The verdict is based on the description, whichever event came first. The creator comes from CloudTrail.

pub(crate) mod canary;
pub(crate) mod inspect_role;
pub(crate) mod judged;
pub(crate) mod known_keys;
pub(crate) mod listed;
pub(crate) mod notice;
pub(crate) mod remediation;

mod approver;
mod delivery;
mod join;
mod look;
mod owed;
mod publish;
mod remedy;
mod stopped_job;
mod verdict_record;

use std::collections::BTreeSet;

use sagewarden_events::{
    Actor, CallMade, Effect, Resource, ResourceChanged, ResourceKind, Status, Timestamp,
    is_for_the_lineage_alone,
};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::rows::{AliasRow, JudgedRow, LiveRow, NoticeRow, VerdictRow};
use sagewarden_policy::{Bundle, Judgement, Plan, judge_erasure, judge_sign_in, owner};

use crate::enforce::delivery::{Delivery, is_about_tags};
use crate::enforce::inspect_role::InspectedRoles;
use crate::enforce::join::Lookup;
use crate::enforce::judged::{Judged, controls, findings_mark, outcome_word};
use crate::enforce::known_keys::KnownKeys;
use crate::enforce::listed::{list_incarnations, note_deletion, note_erasure};
use crate::enforce::look::look;
use crate::enforce::notice::summary;
use crate::enforce::owed::{OwedNotice, owed_about, publish_owed, strike_out, unsettled};
use crate::enforce::publish::{
    claim_finding, claim_start, claim_success, finding, finding_cause, is_of_start, is_of_success,
    publish_erasure, publish_failure, publish_sign_in, success, success_cause,
};
use crate::enforce::remediation::Remediation;
use crate::enforce::remedy::{START_NOTEBOOK, Step};
use crate::enforce::verdict_record::{
    list_verdict, record_creator, record_creator_of_gone, record_verdict, remedy_writes,
};
use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Account, PortError, Table};
use crate::record::closure::query_all;
use crate::world::World;

/// How far a child is followed to its parents.
const STEPS: u8 = 3;

/// Endpoints that are judged because a version that they serve was changed. A sweep finds the others when they change.
const MOST_SERVING: usize = 10;

/// Why Sagewarden does not remedy a resource that no event announced.
const FOUND_LATE: &str = "a sweep found it, and `[reconcile] enforce` does not let it remedy";

/// The use case with the ports it needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EnforcePolicy<'a, W> {
    /// Where resources are described and remedied, and verdicts and receipts are kept.
    pub(crate) world: &'a W,
    /// Recent facts about roles.
    pub(crate) inspected: &'a InspectedRoles,
    /// KMS's answers about keys.
    pub(crate) keys: &'a KnownKeys,
    /// Policies and settings.
    pub(crate) bundle: &'a Bundle,
}

impl<W: World> EnforcePolicy<'_, W> {
    /// Judges a resource whose state changed.
    ///
    /// # Errors
    /// Rejects events of resources that do not exist; retries when a service does not answer or a remediation fails.
    pub(crate) async fn on_change(&self, change: &ResourceChanged, moment: &Moment) -> Outcome {
        if let (Some(Status::Deleting), Some(at)) = (&change.status, change.modified_at) {
            note_deletion(self.world.table(), &change.resource, at).await?;
        }
        self.judge_resource(&change.resource, None, moment, STEPS).await
    }

    /// Judges the resource that somebody created, changed or deleted by a call.
    ///
    /// # Errors
    /// As [`Self::on_change`].
    pub(crate) async fn on_call(&self, call: &CallMade, moment: &Moment) -> Outcome {
        if let Some(code) = &call.error_code {
            return Ok(Done::Nothing(format!(
                "`{}` was refused with `{code}`: it changed nothing",
                call.name
            )));
        }
        if is_for_the_lineage_alone(&call.name) {
            return Ok(Done::Nothing(format!("`{}` changes nothing that a control reads", call.name)));
        }
        if let Some(resource) = call.resource.as_ref().filter(|_| deletes(call)) {
            note_deletion(self.world.table(), resource, call.time).await?;
        }
        match (&call.resource, call.effect) {
            (Some(resource), Effect::Deleted) => self.on_erasure(resource, call, moment).await,
            (Some(resource), Effect::SignedIn) => self.on_sign_in(resource, call, moment).await,
            (Some(resource), _) => self.judge_resource(resource, Some(call), moment, STEPS).await,
            (None, _) => Ok(Done::Nothing(format!("`{}` names no resource that is judged", call.name))),
        }
    }

    /// Judges a resource that a sweep found; `None` if it no longer exists. A verdict that still holds is not written again: a sweep is not
    /// an event, and its time says nothing about the resource. If a parent started the resource, the parent is judged when the sweep finds
    /// the parent. A resource that was created since `remedies_since` is remedied. For any other resource, only the finding is published;
    /// if its event arrives late, that event still leads to the remedy.
    ///
    /// # Errors
    ///
    /// As [`Self::on_change`].
    pub(crate) async fn on_found(
        &self,
        resource: &Resource,
        remedies_since: Option<Timestamp>,
        moment: &Moment,
    ) -> Result<Option<Judged>, Failure> {
        let Self { world, inspected, keys, bundle } = *self;
        let lookup = Lookup { world, inspected, keys, bundle, now: moment.now };
        let Some(mut judged) = look(&lookup, resource, None).await? else { return Ok(None) };
        judged.mark_unless_approved_by(None);
        if judged.not_yet().is_some() || parent(&judged).is_some() {
            return Ok(Some(judged));
        }
        let may_remedy = remedies_since.is_some_and(|since| judged.created_at >= since);
        let delivery = Delivery::new(world, &judged, None, moment);
        if stands(world.table(), &judged).await? {
            list_verdict(&delivery).await?;
        } else {
            record_verdict(&delivery).await?;
        }
        // The verdict is recorded as an event would have recorded it, but there is no remedy.
        let only_reports = !may_remedy && remedy::intended(&judged).action.is_some();
        if only_reports {
            judged.verdict.plan = Plan::Nothing(FOUND_LATE.to_owned());
        }
        let delivery = Delivery::new(world, &judged, None, moment).reporting_only(only_reports);
        // The delivery that recorded the verdict may have died before it published the finding.
        act_on(&delivery).await?;
        Ok(Some(judged))
    }

    /// Closes the findings on a resource that a sweep no longer finds. Nobody said when it was deleted.
    ///
    /// # Errors
    /// If the table fails.
    pub(crate) async fn close_gone(&self, resource: &Resource, at: Timestamp) -> Result<(), PortError> {
        note_deletion(self.world.table(), resource, at).await
    }

    /// Deleting the description of a job removes the evidence: all that is left is the deletion itself.
    async fn on_erasure(&self, resource: &Resource, call: &CallMade, moment: &Moment) -> Outcome {
        note_erasure(self.world.table(), resource, call).await?;
        let verdict = judge_erasure(self.bundle, resource, call.time);
        if verdict.outcome == Judgement::Compliant {
            return Ok(Done::Nothing(format!("`{}` of {resource}: it fails no control", call.name)));
        }
        publish_erasure(self.world, resource, &verdict, call, moment).await
    }

    /// Somebody asked for an address or session: nothing of the resource changed. Only its tags say who owns it.
    async fn on_sign_in(&self, resource: &Resource, call: &CallMade, moment: &Moment) -> Outcome {
        let tags = self.world.account().tags(resource).await?;
        match judge_sign_in(self.bundle, resource, &tags, &call.actor, call.time) {
            Some(verdict) if verdict.outcome != Judgement::Compliant => {
                let owner = owner(self.bundle, &resource.account, &tags);
                publish_sign_in(self.world, resource, &verdict, call, owner, moment).await
            }
            _ => Ok(Done::Nothing(format!("`{}` of {resource}: it fails no control", call.name))),
        }
    }

    /// The story: look at the resource and judge it, record the verdict, act on it.
    async fn judge_resource(
        &self,
        resource: &Resource,
        call: Option<&CallMade>,
        moment: &Moment,
        steps: u8,
    ) -> Outcome {
        let Self { world, inspected, keys, bundle } = *self;
        let lookup = Lookup { world, inspected, keys, bundle, now: moment.now };
        let Some(mut judged) = look(&lookup, resource, call).await? else {
            return self.gone(resource, call, moment).await;
        };
        judged.mark_unless_approved_by(call);
        let delivery = Delivery::new(world, &judged, call, moment);
        if let Some(why) = judged.not_yet() {
            record_creator(&delivery).await?;
            return Ok(Done::Nothing(why));
        }
        // The parent decides how a child is made, and replaces it when it is stopped. So Sagewarden judges and remedies the parent.
        if let Some(parent) = parent(&judged).filter(|_| steps > 0) {
            if let Some(call) = call.filter(|call| is_about_tags(call)) {
                let why = format!("`{}` changed tags of {resource}: {parent} has tags of its own", call.name);
                return Ok(Done::Nothing(why));
            }
            let done = Box::pin(self.judge_resource(&parent, None, moment, steps - 1)).await?;
            return Ok(started_by_another(resource, done));
        }
        record_verdict(&delivery).await?;
        if let Some(call) = call.filter(|call| is_about_tags(call)) {
            return act_on_tags(world, judged, call, moment).await;
        }
        let done = act_on(&delivery).await?;
        let done = start_again(&delivery, done).await?;
        let done = stopped_job::explain(&delivery, done).await?;
        if call.is_some_and(decides_on_version) {
            return self.judge_serving(&judged, done, moment).await;
        }
        match &judged.endpoint {
            Some(endpoint) => self.judge_watched(&judged.resource, endpoint, done, moment).await,
            None => Ok(done),
        }
    }

    /// Judges the endpoints that serve a version of the registry: when the version loses its approval or moves to another stage, they may
    /// pass or fail the controls on what serves.
    async fn judge_serving(&self, package: &Judged, done: Done, moment: &Moment) -> Outcome {
        let Some(id) = NodeId::parse(&package.pk) else { return Ok(done) };
        let rows = query_all(self.world.table(), LiveRow::under(&id)).await?;
        let serving: BTreeSet<NodeId> =
            rows.iter().filter_map(LiveRow::parse).map(|row| row.endpoint).collect();
        let mut done = done;
        for endpoint in serving.iter().take(MOST_SERVING) {
            done = self.judge_watched(&package.resource, endpoint.last_name(), done, moment).await?;
        }
        Ok(done)
    }

    /// Judges the endpoint of a schedule: when a schedule comes or goes, the endpoint may pass or fail the controls on its monitoring.
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
    async fn gone(&self, resource: &Resource, call: Option<&CallMade>, moment: &Moment) -> Outcome {
        let table = self.world.table();
        let done = Done::Nothing(format!("{resource} has been deleted"));
        let rows = query_all(table, JudgedRow::and_notices(resource)).await?;
        let owed: Vec<NoticeRow> = unsettled(&rows).collect();
        publish_owed(self.world, moment, resource, &owed).await?;
        if let Some(judged) = rows.iter().find_map(JudgedRow::parse) {
            if let Some(call) = call {
                record_creator_of_gone(table, self.bundle, &judged, call).await?;
            }
            // A delivery may have died between the verdict and the lists.
            list_incarnations(table, Some(&judged)).await?;
            return match judged.endpoint {
                Some(endpoint) => self.judge_watched(resource, &endpoint, done, moment).await,
                None => Ok(done),
            };
        }
        let recorded = AliasRow::named(resource.kind.segment(), &resource.name).at_most(1);
        if table.query(&recorded).await?.items.is_empty() {
            let reason = format!("{resource} was not found: it cannot be judged");
            return Err(Failure::Reject(reason));
        }
        Ok(done)
    }
}

/// Whether a call approves or rejects a version of the registry, or moves it to another stage.
fn decides_on_version(call: &CallMade) -> bool {
    call.name == "UpdateModelPackage"
        && ["modelApprovalStatus", "modelLifeCycle"].iter().any(|field| call.request.get(field).is_some())
}

/// Whether a call deletes its resource. The deletion of a schedule also changes how its endpoint is watched.
fn deletes(call: &CallMade) -> bool {
    call.effect == Effect::Deleted || call.name == "DeleteMonitoringSchedule"
}

/// Whether the table holds this verdict on the present state of the resource.
async fn stands(table: &impl Table, judged: &Judged) -> Result<bool, PortError> {
    let Judged { pk, verdict, modified_at, .. } = judged;
    let stored = table.get(&[VerdictRow::key(pk, &verdict.bundle)]).await?.pop();
    Ok(stored.as_ref().and_then(VerdictRow::parse).is_some_and(|row| {
        row.modified_at >= *modified_at
            && row.outcome == outcome_word(verdict.outcome)
            && row.findings_mark == findings_mark(verdict)
    }))
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

/// Acts on a call that changes only tags: it leads to a finding, and to a mark at most. Stricter settings may have come into force while a
/// job ran: a person who sets a tag must not cause Sagewarden to stop that job. The next change of the resource leads to the remedy.
async fn act_on_tags(world: &impl World, mut judged: Judged, call: &CallMade, moment: &Moment) -> Outcome {
    let only_reports = !matches!(judged.verdict.plan, Plan::Tag | Plan::Nothing(_));
    if only_reports {
        judged.verdict.plan = Plan::Nothing(format!("`{}` changed only its tags", call.name));
    }
    let delivery = Delivery::new(world, &judged, Some(call), moment).reporting_only(only_reports);
    act_on(&delivery).await
}

async fn act_on(delivery: &Delivery<'_, impl World>) -> Outcome {
    let Delivery { world, judged, moment, .. } = *delivery;
    let Judged { resource, verdict, .. } = judged;
    let owed = owed_about(world, resource).await?;
    // A notebook instance that is stopped has not been started.
    let stands_still = judged.status == Some(Status::Stopped);
    let others = owed.iter().filter(|row| !(stands_still && is_of_start(&row.cause)));
    let said = match verdict.outcome {
        Judgement::Waived => format!("{resource} fails {}, which is waived", controls(verdict)),
        Judgement::Compliant => format!("{resource} is compliant ({} controls)", verdict.checked.len()),
        Judgement::Violating | Judgement::Unknown => {
            let own = finding_cause(delivery).await?;
            // The end of a remedy is published when there is an end: not while something is still to be remedied.
            let others = others.filter(|row| row.cause != own && !is_of_success(&row.cause));
            publish_owed(world, moment, resource, others).await?;
            return match claim_finding(delivery).await? {
                Some(finding) if delivery.only_reports && finding.earlier.is_some() => {
                    finding.leave(world, None).await?;
                    Ok(Done::Nothing(format!("{resource} is being remedied")))
                }
                Some(finding) => remedy_and_publish(delivery, finding, &owed).await,
                None if delivery.only_reports => {
                    Ok(Done::Nothing(format!("the finding on {resource} has been published")))
                }
                None => remedy_again(delivery, &owed).await,
            };
        }
    };
    // Somebody has corrected the earlier finding meanwhile.
    publish_owed(world, moment, resource, others).await?;
    Ok(Done::Acted(said))
}

/// Only two deliveries get this far: the first one of a violation, and one that takes over from a delivery that died.
async fn remedy_and_publish(
    delivery: &Delivery<'_, impl World>,
    owed: OwedNotice,
    all_owed: &[NoticeRow],
) -> Outcome {
    let world = delivery.world;
    let step = match remedy::decide(delivery).await {
        Ok(step) => step,
        Err(failure) => return leave_untouched(delivery, owed, failure).await,
    };
    if let (Step::Call(call), Some(earlier)) = (&step, &owed.earlier)
        && earlier.action.as_deref() != Some(call.action())
    {
        // The delivery that died had completed its remedy: the next remedy follows.
        let (earlier, writes) = (earlier.clone(), remedy_writes(delivery, earlier));
        let noted = async {
            delivery.table().write(&writes).await?;
            delivery.known_creator().await
        };
        let actor = match noted.await {
            Ok(actor) => actor,
            Err(error) => {
                owed.leave(world, None).await?;
                return Err(error.into());
            }
        };
        owed.publish(world, &finding(delivery, &earlier, actor.as_ref()), &writes).await?;
        return remedy_again(delivery, all_owed).await;
    }
    let remediation = match remedy::take(delivery, step).await {
        Ok(remediation) => done_by_either(delivery, remediation, owed.earlier.as_ref()),
        Err(error) => return leave_untouched(delivery, owed, error.into()).await,
    };
    let writes = remedy_writes(delivery, &remediation);
    let noted = async {
        delivery.table().write(&writes).await?;
        let actor = delivery.known_creator().await?;
        if remediation.failed && !remediation.hopeless {
            owe_the_end(delivery, &remediation, actor.as_ref()).await?;
        }
        Ok(actor)
    };
    let actor = match noted.await {
        Ok(actor) => actor,
        Err(error) => {
            // A failed remedy may have taken effect, and no row says that its result is owed: the resource may be gone at the next
            // delivery. So the finding still says that the remedy was begun.
            let is_final = !remediation.failed || remediation.hopeless;
            let notice = is_final.then(|| finding(delivery, &remediation, delivery.creator()));
            owed.leave(world, notice.as_ref().map(|notice| (notice, writes.as_slice()))).await?;
            return Err(PortError::into(error));
        }
    };
    owed.publish(world, &finding(delivery, &remediation, actor.as_ref()), &writes).await?;
    if remediation.failed {
        return publish_failure(delivery, remediation, actor.as_ref()).await;
    }
    if remediation.took_effect() {
        // An earlier delivery may have published that it failed: its readers learn the end, too.
        let cause = success_cause(delivery).await?;
        let ends = all_owed.iter().filter(|row| row.cause == cause);
        publish_owed(world, delivery.moment, &delivery.judged.resource, ends).await?;
    }
    Ok(Done::Acted(summary(delivery.judged, &remediation, actor.as_ref())))
}

/// Nothing was called: the finding is left to another delivery, and says so unless an earlier one had done something.
async fn leave_untouched(delivery: &Delivery<'_, impl World>, owed: OwedNotice, failure: Failure) -> Outcome {
    let nothing = Remediation::nothing(format!("it could not be remedied then: {failure}"));
    let notice = finding(delivery, &nothing, delivery.creator());
    let untouched = owed.earlier.is_none().then_some((&notice, [].as_slice()));
    owed.leave(delivery.world, untouched).await?;
    Err(failure)
}

/// If this delivery had nothing to do because an earlier one had done it, the answer is the earlier action.
fn done_by_either(
    delivery: &Delivery<'_, impl World>,
    now: Remediation,
    earlier: Option<&Remediation>,
) -> Remediation {
    // A model that is still there was not deleted.
    let may_have = delivery.judged.verdict.plan != Plan::DeleteModelIfUnused;
    match earlier {
        Some(earlier) if now.action.is_none() && may_have => earlier.clone(),
        _ => now,
    }
}

/// A remedy that was published as failed may turn out to have worked, or succeed later: that must be published, too.
async fn owe_the_end(
    delivery: &Delivery<'_, impl World>,
    failed: &Remediation,
    actor: Option<&Actor>,
) -> Result<(), PortError> {
    let Some(action) = &failed.action else { return Ok(()) };
    match claim_success(delivery, action, actor).await? {
        Some(owed) => owed.leave(delivery.world, None).await,
        None => Ok(()),
    }
}

/// A later delivery: the finding has been published, but the resource may still be there because a remediation failed, or takes
/// a second step.
async fn remedy_again(delivery: &Delivery<'_, impl World>, owed: &[NoticeRow]) -> Outcome {
    let Delivery { world, judged, moment, .. } = *delivery;
    let call = match remedy::decide(delivery).await? {
        Step::Call(call) => call,
        Step::Nothing(remediation) => {
            let actor = delivery.creator_as_read().await?;
            if remediation.failed {
                return publish_failure(delivery, remediation, actor.as_ref()).await;
            }
            // An earlier try took effect after all. A model that is still there was not deleted.
            if judged.verdict.plan != Plan::DeleteModelIfUnused {
                let cause = success_cause(delivery).await?;
                let ends = owed.iter().filter(|row| row.cause == cause);
                publish_owed(world, moment, &judged.resource, ends).await?;
            }
            let text = summary(judged, &remediation, actor.as_ref());
            return Ok(Done::Nothing(format!("{text}; the finding has been published")));
        }
    };
    if let Some(done) = remedy::done_meanwhile(delivery, &call).await? {
        return Ok(Done::Nothing(format!(
            "{} has been {done}; the finding has been published",
            judged.resource
        )));
    }
    let actor = delivery.known_creator().await?;
    let success_owed = claim_success(delivery, call.action(), actor.as_ref()).await?;
    let taken = async {
        let remediation = remedy::take(delivery, Step::Call(call)).await?;
        delivery.table().write(&remedy_writes(delivery, &remediation)).await?;
        Ok::<_, PortError>(remediation)
    };
    let remediation = match taken.await {
        Ok(remediation) if remediation.took_effect() => remediation,
        other => {
            if let Some(owed) = success_owed {
                owed.leave(world, None).await?;
            }
            let remediation = other?;
            if remediation.failed {
                return publish_failure(delivery, remediation, actor.as_ref()).await;
            }
            return Ok(Done::Nothing(summary(judged, &remediation, actor.as_ref())));
        }
    };
    let text = summary(judged, &remediation, actor.as_ref());
    if let Some(own) = success_owed {
        let notice = success(delivery, &remediation, actor.as_ref());
        own.publish(world, &notice, &remedy_writes(delivery, &remediation)).await?;
    }
    // People who read about an earlier failure have now read about its end.
    let cause = success_cause(delivery).await?;
    let earlier = owed.iter().filter(|row| is_of_success(&row.cause) && row.cause != cause);
    strike_out(world, moment, &judged.resource, earlier).await?;
    Ok(Done::Acted(text))
}

/// A notebook instance that was stopped for a change starts again, once nothing is left to change and no control wants it stopped.
async fn start_again(delivery: &Delivery<'_, impl World>, done: Done) -> Outcome {
    if remedy::was_started_by_others(delivery).await? {
        delivery.table().write(&[remedy::started(delivery)]).await?;
    }
    if !remedy::is_to_be_started(delivery).await? {
        return Ok(done);
    }
    let started = remedy::started(delivery);
    // Another delivery has started it.
    let Some(owed) = claim_start(delivery, started.clone()).await? else { return Ok(done) };
    let remediation = remedy::start(delivery).await;
    if remediation.hopeless {
        // The same start would be refused again: the instance stays as it is, and no start is outstanding any more.
        delivery.table().write(&[started]).await?;
        owed.strike_out(delivery.world).await?;
        return publish_failure(delivery, remediation, None).await;
    }
    if remediation.failed {
        let later = success(delivery, &Remediation::no_longer_needed(START_NOTEBOOK), None);
        owed.leave(delivery.world, Some((&later, &[started]))).await?;
        return publish_failure(delivery, remediation, None).await;
    }
    let notice = success(delivery, &remediation, None);
    if let Err(error) = delivery.table().write(std::slice::from_ref(&started)).await {
        owed.leave(delivery.world, Some((&notice, &[started]))).await?;
        return Err(error.into());
    }
    owed.publish(delivery.world, &notice, &[started]).await?;
    Ok(Done::Acted(format!("{}; {}", done.text(), remediation.result)))
}
