//! A resource came into being or was changed: it is judged while it can still be stopped, the verdict is recorded, and what
//! breaks a control is remedied and told.
//!
//! What was asked for is judged on the description, whichever event told of it first; who asked comes from CloudTrail.

pub(crate) mod inspect_role;
pub(crate) mod join;
pub(crate) mod notice;
pub(crate) mod remedy;
pub(crate) mod verdict_record;

use sagewarden_events::{Actor, CallMade, Effect, Event, Resource, ResourceKind, Status, Timestamp};
use sagewarden_lineage::record::{name_alias, verdicts_pk};
use sagewarden_lineage::table::Query;
use sagewarden_policy::join::{Joined, OperationAnswer};
use sagewarden_policy::{Bundle, Judgement, Plan, Subject, Verdict, judge, judge_erasure};
use sagewarden_settings::Mode;
use serde_json::Value as Json;

use crate::enforce::inspect_role::InspectedRoles;
use crate::enforce::join::Lookup;
use crate::enforce::notice::{controls, detail, erasure_detail, summary};
use crate::enforce::remedy::{Remediation, Remedying};
use crate::enforce::verdict_record::{
    bundle_mark, compliance_key, findings_mark, known_actor, millis, record, record_actor,
    remember_compliance,
};
use crate::judged_key::judged_key;
use crate::notify::{Moment, Receipt, publish_once};
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Account, Notice, PortError, Table};
use crate::world::World;

/// The `detail-type` of a verdict that is not compliant.
pub const POLICY_VIOLATION: &str = "Sagewarden Policy Violation";
/// The `detail-type` of a remediation that did not succeed.
pub const REMEDIATION_FAILED: &str = "Sagewarden Remediation Failed";
/// The `detail-type` of a remediation that succeeded after it had failed, or after the finding had left.
pub const REMEDIATION_DONE: &str = "Sagewarden Remediation Done";

/// How far a child is followed to its parents.
const STEPS: u8 = 3;

/// The use case with the ports it needs.
#[derive(Clone, Copy, Debug)]
pub struct EnforcePolicy<'a, W> {
    /// Where resources are described and remedied, and verdicts and receipts are kept.
    pub world: &'a W,
    /// What was found out about roles lately.
    pub inspected: &'a InspectedRoles,
    /// Policies and settings.
    pub bundle: &'a Bundle,
}

/// A resource that was judged.
pub(crate) struct Judged {
    pub(crate) resource: Resource,
    /// The partition of its verdicts.
    pub(crate) pk: String,
    pub(crate) created_at: Timestamp,
    /// When it was last changed, for kinds whose settings can change; else when it was created.
    pub(crate) modified_at: Timestamp,
    pub(crate) verdict: Verdict,
    pub(crate) status: Option<Status>,
    pub(crate) role: Option<String>,
    /// When it was changed by the call that led here; absent for what was created.
    pub(crate) since: Option<Timestamp>,
    /// The endpoint that it watches, for schedules.
    pub(crate) endpoint: Option<String>,
}

impl<W: World> EnforcePolicy<'_, W> {
    /// Judges the resource that an event tells of.
    ///
    /// # Errors
    /// Rejects events of resources that do not exist; retries when a service does not answer or a remediation fails.
    pub async fn enforce(&self, event: &Event, moment: &Moment) -> Outcome {
        match event {
            Event::CallMade(call) => self.on_call(call, moment).await,
            Event::ResourceChanged(change) => {
                self.judge_resource(&change.resource, None, moment, STEPS).await
            }
            other => Ok(Done::Nothing(format!("nothing to judge in {}", kind_of(other)))),
        }
    }

    async fn on_call(&self, call: &CallMade, moment: &Moment) -> Outcome {
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
        let detail = erasure_detail(resource, &verdict, call);
        let text = detail.get("text").and_then(Json::as_str).unwrap_or_default().to_owned();
        let notice = Notice { detail_type: POLICY_VIOLATION, resources: vec![resource.arn()], detail };
        let cause = format!("erased#{}#{}", resource.arn(), call.time.millis());
        publish_once(self.world.table(), self.world.bus(), moment, &cause, call.time, &notice).await?;
        Ok(Done::Acted(text))
    }

    async fn judge_resource(
        &self,
        resource: &Resource,
        call: Option<&CallMade>,
        moment: &Moment,
        steps: u8,
    ) -> Outcome {
        let Some(mut judged) = self.look(resource, moment.now).await? else {
            return self.gone(resource, moment).await;
        };
        judged.since = call.filter(|call| call.effect == Effect::Changed).map(|call| call.time);
        if judged.verdict.plan.withdraws_approval() && !call.is_some_and(approves) {
            // Whoever changed it last need not be who approved it: only the call that approves tells.
            judged.verdict.plan = Plan::Tag;
        }
        let creator = call.filter(|call| call.effect == Effect::Created).map(|call| &call.actor);
        if let Some(why) = not_yet(&judged) {
            record_actor(self.world.table(), &judged, creator).await?;
            return Ok(Done::Nothing(why));
        }
        // A child is made as its parent says, and replaced when it is stopped: the parent is judged, and acted on.
        let parent = judged.verdict.parent.as_deref().and_then(|arn| Resource::parse_arn(arn).ok());
        if let Some(parent) = parent.filter(|_| steps > 0) {
            let done = Box::pin(self.judge_resource(&parent, None, moment, steps - 1)).await?;
            return Ok(match done {
                Done::Acted(text) => Done::Acted(format!("{resource} was started by another: {text}")),
                Done::Nothing(text) => Done::Nothing(format!("{resource} was started by another: {text}")),
            });
        }
        record(self.world.table(), &judged).await?;
        record_actor(self.world.table(), &judged, creator).await?;
        let done = self.act_on(&judged, call, moment).await?;
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

    async fn act_on(&self, judged: &Judged, call: Option<&CallMade>, moment: &Moment) -> Outcome {
        let Judged { resource, verdict, .. } = judged;
        match verdict.outcome {
            Judgement::Waived => {
                remember_compliance(self.world.table(), judged).await?;
                let text = format!("{resource} breaks {}, which is waived", controls(verdict));
                return self.start_again(judged, Done::Acted(text), moment).await;
            }
            Judgement::Compliant => {
                remember_compliance(self.world.table(), judged).await?;
                let text = format!("{resource} is compliant ({} controls)", verdict.checked.len());
                return self.start_again(judged, Done::Acted(text), moment).await;
            }
            Judgement::Violating | Judgement::Unknown => {}
        }
        // One delivery at a time: what is told is what that one did, not that another had been faster.
        let cause = self.cause("finding", judged).await?;
        let done = match Receipt::claim(self.world.table(), moment, &cause).await? {
            Some(receipt) => self.remedy_and_tell(judged, call, receipt, moment).await?,
            None => self.remedy_again(judged, moment).await?,
        };
        self.start_again(judged, done, moment).await
    }

    /// The first delivery of a violation that gets this far.
    async fn remedy_and_tell(
        &self,
        judged: &Judged,
        call: Option<&CallMade>,
        receipt: Receipt,
        moment: &Moment,
    ) -> Outcome {
        let creator = call.filter(|call| call.effect == Effect::Created).map(|call| &call.actor);
        let (remediation, actor) = match self.remedy(judged, creator, moment).await {
            Ok(done) => done,
            Err(failure) => {
                receipt.give_back(self.world.table()).await?;
                return Err(failure);
            }
        };
        let changed_by = call.filter(|call| call.effect == Effect::Changed).map(|call| &call.actor);
        let notice = notice(POLICY_VIOLATION, judged, &remediation, actor.as_ref(), changed_by);
        receipt.publish(self.world.table(), self.world.bus(), judged.created_at, &notice).await?;
        if remediation.failed {
            return self.tell_failure(judged, remediation, actor.as_ref(), moment).await;
        }
        Ok(Done::Acted(summary(judged, &remediation, actor.as_ref())))
    }

    /// A later delivery: the finding has been told, but the resource may still be there because a remediation failed, or
    /// takes a second step.
    async fn remedy_again(&self, judged: &Judged, moment: &Moment) -> Outcome {
        let (remediation, actor) = self.remedy(judged, None, moment).await?;
        if remediation.failed {
            return self.tell_failure(judged, remediation, actor.as_ref(), moment).await;
        }
        let text = summary(judged, &remediation, actor.as_ref());
        if remediation.action.is_none() {
            return Ok(Done::Nothing(format!("{text}; the finding has been told")));
        }
        // Whoever was told of the failure hears the end of it.
        let notice = notice(REMEDIATION_DONE, judged, &remediation, actor.as_ref(), None);
        let cause = self.cause("remedied", judged).await?;
        publish_once(self.world.table(), self.world.bus(), moment, &cause, judged.created_at, &notice)
            .await?;
        Ok(Done::Acted(text))
    }

    /// Remedies and finds out who started the resource.
    async fn remedy(
        &self,
        judged: &Judged,
        creator: Option<&Actor>,
        moment: &Moment,
    ) -> Result<(Remediation, Option<Actor>), Failure> {
        let remediation = self.remedying().carry_out(judged, moment.now).await?;
        Ok((remediation, known_actor(self.world.table(), judged, creator).await?))
    }

    /// A notebook instance that was stopped to be changed goes on, once nothing is left to be changed or to stop it for.
    async fn start_again(&self, judged: &Judged, done: Done, moment: &Moment) -> Outcome {
        match self.remedying().start_again(judged).await? {
            None => Ok(done),
            Some(remediation) if remediation.failed => {
                self.tell_failure(judged, remediation, None, moment).await
            }
            Some(remediation) => {
                let notice = notice(REMEDIATION_DONE, judged, &remediation, None, None);
                let cause = format!("started#{}#{}", judged.pk, judged.modified_at.millis());
                publish_once(
                    self.world.table(),
                    self.world.bus(),
                    moment,
                    &cause,
                    judged.modified_at,
                    &notice,
                )
                .await?;
                Ok(Done::Acted(format!("{}; {}", done.text(), remediation.result)))
            }
        }
    }

    fn remedying(&self) -> Remedying<'_, W> {
        Remedying { world: self.world }
    }

    /// A remediation that failed is told, once. What the service may allow later is tried again.
    async fn tell_failure(
        &self,
        judged: &Judged,
        remediation: Remediation,
        actor: Option<&Actor>,
        moment: &Moment,
    ) -> Outcome {
        let notice = notice(REMEDIATION_FAILED, judged, &remediation, actor, None);
        let cause = self.cause("remediation", judged).await?;
        publish_once(self.world.table(), self.world.bus(), moment, &cause, judged.created_at, &notice)
            .await?;
        if remediation.hopeless {
            return Ok(Done::Acted(summary(judged, &remediation, actor)));
        }
        Err(Failure::not_yet(format!("remedy {}", judged.resource), remediation.result))
    }

    /// What a notice is about: a resource as this bundle judges it in this mode. In another mode something else is done. What
    /// can be changed may break other controls later, or the same again after it had kept them all.
    async fn cause(&self, what: &str, judged: &Judged) -> Result<String, PortError> {
        let Judged { pk, verdict, .. } = judged;
        let mode = if verdict.mode == Mode::Enforce { "enforce" } else { "observe" };
        let known = if verdict.outcome == Judgement::Unknown { "unknown#" } else { "" };
        let cause = format!("{what}#{pk}#{}#{mode}#{known}", bundle_mark(verdict));
        let cause = format!("{cause}{}", findings_mark(verdict));
        if !judged.resource.kind.is_mutable() {
            return Ok(cause);
        }
        let kept = self.world.table().get(&[compliance_key(judged)]).await?.pop();
        let kept = kept.and_then(|item| item.text("kept_at").map(str::to_owned));
        let since = kept.filter(|at| *at < millis(judged.modified_at)).unwrap_or_default();
        // Each of several remedies is told: a notebook instance that somebody started again is stopped again.
        let at = if what == "finding" { String::new() } else { millis(judged.modified_at) };
        Ok(format!("{cause}#{since}#{at}"))
    }

    async fn look(&self, resource: &Resource, now: Timestamp) -> Result<Option<Judged>, Failure> {
        let Some(description) = self.world.account().describe(resource).await? else { return Ok(None) };
        let time = |field: &str| description.document.get(field).and_then(Timestamp::from_json);
        let Some(created_at) = time("CreationTime") else {
            let reason =
                format!("the description of {resource} has no readable `CreationTime`: it cannot be judged");
            return Err(Failure::Reject(reason));
        };
        let lookup = Lookup {
            world: self.world,
            inspected: self.inspected,
            settings: &self.bundle.settings().lineage,
            now,
        };
        let joined = lookup.join(self.bundle, &description).await?;
        let (resource, document) = (&description.resource, &description.document);
        let subject = Subject { resource, document, created_at, joined: &joined };
        let text = |field: &str| document.get(field).and_then(Json::as_str).filter(|text| !text.is_empty());
        let own = time("LastModifiedTime").filter(|_| resource.kind.is_mutable());
        let modified_at = own.into_iter().chain(last_changes(&joined)).max();
        let status = resource.kind.status_field().and_then(text);
        let watched = text("EndpointName").filter(|_| resource.kind == ResourceKind::MonitoringSchedule);
        Ok(Some(Judged {
            pk: verdicts_pk(resource, created_at),
            created_at,
            modified_at: modified_at.unwrap_or(created_at),
            verdict: judge(self.bundle, &subject),
            status: status.map(Status::parse),
            role: text("RoleArn").or_else(|| text("ExecutionRoleArn")).map(str::to_owned),
            since: None,
            endpoint: watched.map(str::to_owned),
            resource: resource.clone(),
        }))
    }

    /// A deletion has an event, too; only a resource that was never seen is worth a second look.
    async fn gone(&self, resource: &Resource, moment: &Moment) -> Outcome {
        let alias = name_alias(resource.kind.segment(), &resource.name);
        let known = self.world.table().query(&Query::prefix(alias, "")).await?;
        let judged = self.world.table().get(&[judged_key(resource)]).await?;
        if known.items.is_empty() && judged.is_empty() {
            return Err(Failure::Reject(format!(
                "{resource} does not exist (any more): it cannot be judged"
            )));
        }
        let done = Done::Nothing(format!("{resource} has been deleted"));
        match judged.first().and_then(|item| item.text("endpoint")) {
            Some(endpoint) => self.judge_watched(resource, endpoint, done, moment).await,
            None => Ok(done),
        }
    }
}

/// When the resources that a verdict also depends on were changed: schedules, packages, definitions.
fn last_changes(joined: &Joined) -> impl Iterator<Item = Timestamp> {
    let documents = joined.values().flat_map(|answer| match answer {
        OperationAnswer::Documents(documents) => documents.as_slice(),
        OperationAnswer::Unreadable(_) => &[],
    });
    let listed = |document: &Json| {
        let list = document.get("MonitoringScheduleSummaries").and_then(Json::as_array);
        list.into_iter().flatten().filter_map(last_change).max()
    };
    documents.filter_map(move |document| last_change(document).max(listed(document)))
}

fn last_change(document: &Json) -> Option<Timestamp> {
    document.get("LastModifiedTime").and_then(Timestamp::from_json)
}

fn notice(
    detail_type: &'static str,
    judged: &Judged,
    remediation: &Remediation,
    actor: Option<&Actor>,
    changed_by: Option<&Actor>,
) -> Notice {
    let detail = detail(judged, remediation, actor, changed_by);
    Notice { detail_type, resources: vec![judged.resource.arn()], detail }
}

/// Whether a call is what approved the package.
fn approves(call: &CallMade) -> bool {
    call.request.get("modelApprovalStatus").and_then(Json::as_str) == Some("Approved")
}

/// Why a resource is not judged now: what is being made or changed is judged when that has come to an end, which is an event
/// of its own.
fn not_yet(judged: &Judged) -> Option<String> {
    let Judged { resource, status, .. } = judged;
    let status = status.as_ref()?;
    let rests = match resource.kind {
        ResourceKind::Endpoint => matches!(status, Status::InService | Status::Failed),
        ResourceKind::NotebookInstance => {
            matches!(status, Status::InService | Status::Stopped | Status::Failed)
        }
        _ => true,
    };
    (!rests).then(|| format!("{resource} is {status}: it is judged when that is over"))
}

fn kind_of(event: &Event) -> &'static str {
    match event {
        Event::ReferenceChanged(_) => "a push",
        Event::ResourceChanged(_) => "a state change",
        Event::CallMade(_) => "an API call",
        Event::ObjectCreated(_) => "a new object",
        Event::ClockTicked(_) => "the clock",
        Event::NotOurs { .. } => "an event of somebody else",
    }
}
