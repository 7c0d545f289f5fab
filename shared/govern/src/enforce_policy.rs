//! A resource came into being: it is judged while it can still be stopped, the verdict is recorded, and what breaks a
//! control is stopped and told.
//!
//! What was asked for is judged on the description, whichever event told of it first; who asked comes from CloudTrail.

use sagewarden_events::{Actor, CallMade, Event, Resource, ResourceChanged, ResourceKind, Status, Timestamp};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::observe::observe;
use sagewarden_lineage::record::name_alias;
use sagewarden_lineage::table::{Attributes, Key, Value, Write};
use sagewarden_policy::{Bundle, Mode, Outcome as Judgement, Plan, Subject, Verdict, judge, plan};
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

use crate::once::{Moment, Receipt, publish_once};
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Account, Bus, ModelUse, Notice, PortError, Remedies, Stopped, Table};

/// The `detail-type` of a verdict that is not compliant.
pub const POLICY_VIOLATION: &str = "Sagewarden Policy Violation";
/// The `detail-type` of a remediation that did not succeed.
pub const REMEDIATION_FAILED: &str = "Sagewarden Remediation Failed";

/// The `detail-type` of a remediation that succeeded after it had failed, or after the finding had left.
pub const REMEDIATION_DONE: &str = "Sagewarden Remediation Done";

/// Endpoint configurations looked at before a model is deleted. An account with more keeps its model and gets the finding.
const MAX_CONFIGS: usize = 100;

/// The use case with the ports it needs.
#[derive(Clone, Copy, Debug)]
pub struct EnforcePolicy<'a, A, T, B> {
    /// Describes resources and stops them.
    pub account: &'a A,
    /// Holds verdicts and receipts.
    pub table: &'a T,
    /// Takes findings.
    pub bus: &'a B,
    /// Policies and settings.
    pub bundle: &'a Bundle,
}

/// What was done about a violation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Remediation {
    /// The API call; absent when none was made.
    action: Option<&'static str>,
    /// What came of it, or why nothing was done.
    result: String,
    /// Whether a call was made and refused.
    failed: bool,
}

/// A resource that was judged.
struct Judged {
    resource: Resource,
    node: NodeId,
    created_at: Timestamp,
    verdict: Verdict,
    status: Option<Status>,
    role: Option<String>,
}

impl<A: Account + Remedies, T: Table, B: Bus> EnforcePolicy<'_, A, T, B> {
    /// Judges the resource that an event tells of.
    ///
    /// # Errors
    /// Rejects events of resources that do not exist; retries when a service does not answer or a remediation fails.
    pub async fn enforce(&self, event: &Event, moment: &Moment) -> Outcome {
        match event {
            Event::CallMade(call) => self.on_call(call, moment).await,
            Event::ResourceChanged(change) => self.on_change(change, moment).await,
            other => Ok(Done::Nothing(format!("nothing to judge in {}", kind_of(other)))),
        }
    }

    async fn on_call(&self, call: &CallMade, moment: &Moment) -> Outcome {
        if let Some(code) = &call.error_code {
            return Ok(Done::Nothing(format!(
                "`{}` was refused with `{code}`: nothing was created",
                call.name
            )));
        }
        match &call.resource {
            Some(resource) => self.judge_resource(resource, Some(&call.actor), moment).await,
            None => Ok(Done::Nothing(format!("`{}` names no resource that is judged", call.name))),
        }
    }

    async fn on_change(&self, change: &ResourceChanged, moment: &Moment) -> Outcome {
        self.judge_resource(&change.resource, None, moment).await
    }

    async fn judge_resource(&self, resource: &Resource, actor: Option<&Actor>, moment: &Moment) -> Outcome {
        if !is_judged(resource.kind) {
            return Ok(Done::Nothing(format!("there are no controls for {resource}")));
        }
        let Some(judged) = self.look(resource).await? else {
            return self.gone(resource).await;
        };
        self.record(&judged, actor).await?;
        if judged.verdict.outcome == Judgement::Waived {
            return Ok(Done::Acted(format!(
                "{resource} breaks {}, which is waived",
                controls(&judged.verdict)
            )));
        }
        if judged.verdict.outcome == Judgement::Compliant {
            return Ok(Done::Acted(format!(
                "{resource} is compliant ({} controls)",
                judged.verdict.checked.len()
            )));
        }
        // One delivery at a time: what is told is what that one did, not that another had been faster.
        match Receipt::claim(self.table, moment, &self.cause("finding", &judged)).await? {
            Some(receipt) => self.remedy_and_tell(&judged, actor, receipt, moment).await,
            None => self.remedy_again(&judged, moment).await,
        }
    }

    /// The first delivery of a violation that gets this far.
    async fn remedy_and_tell(
        &self,
        judged: &Judged,
        actor: Option<&Actor>,
        receipt: Receipt,
        moment: &Moment,
    ) -> Outcome {
        let (remediation, actor) = match self.remedy(judged, actor).await {
            Ok(done) => done,
            Err(failure) => {
                receipt.give_back(self.table).await?;
                return Err(failure);
            }
        };
        let notice = self.notice(POLICY_VIOLATION, judged, &remediation, actor.as_ref());
        receipt.publish(self.table, self.bus, judged.created_at, &notice).await?;
        if remediation.failed {
            return self.tell_failure(judged, remediation, actor.as_ref(), moment).await;
        }
        Ok(Done::Acted(summary(judged, &remediation, actor.as_ref())))
    }

    /// A later delivery: the finding has been told, but the resource may still be there because a remediation failed.
    async fn remedy_again(&self, judged: &Judged, moment: &Moment) -> Outcome {
        let (remediation, actor) = self.remedy(judged, None).await?;
        if remediation.failed {
            return self.tell_failure(judged, remediation, actor.as_ref(), moment).await;
        }
        let text = summary(judged, &remediation, actor.as_ref());
        if remediation.action.is_none() {
            return Ok(Done::Nothing(format!("{text}; the finding has been told")));
        }
        // Whoever was told of the failure hears the end of it.
        let notice = self.notice(REMEDIATION_DONE, judged, &remediation, actor.as_ref());
        let cause = self.cause("remedied", judged);
        publish_once(self.table, self.bus, moment, &cause, judged.created_at, &notice).await?;
        Ok(Done::Acted(text))
    }

    /// Remedies and finds out who started the resource.
    async fn remedy(
        &self,
        judged: &Judged,
        actor: Option<&Actor>,
    ) -> Result<(Remediation, Option<Actor>), Failure> {
        let remediation = self.remediate(judged).await?;
        self.record_remediation(judged, &remediation).await?;
        Ok((remediation, self.known_actor(judged, actor).await?))
    }

    /// A remediation that failed is told, once, and tried again.
    async fn tell_failure(
        &self,
        judged: &Judged,
        remediation: Remediation,
        actor: Option<&Actor>,
        moment: &Moment,
    ) -> Outcome {
        let notice = self.notice(REMEDIATION_FAILED, judged, &remediation, actor);
        let cause = self.cause("remediation", judged);
        publish_once(self.table, self.bus, moment, &cause, judged.created_at, &notice).await?;
        Err(Failure::not_yet(format!("remedy {}", judged.resource), remediation.result))
    }

    fn notice(
        &self,
        detail_type: &'static str,
        judged: &Judged,
        remediation: &Remediation,
        actor: Option<&Actor>,
    ) -> Notice {
        let detail = detail(judged, remediation, actor, self.bundle.settings().mode);
        Notice { detail_type, resources: vec![judged.resource.arn()], detail }
    }

    /// What a notice is about: a resource as this bundle judges it in this mode. In another mode something else is done.
    fn cause(&self, what: &str, judged: &Judged) -> String {
        let mode = if self.bundle.settings().mode == Mode::Enforce { "enforce" } else { "observe" };
        format!("{what}#{}#{}#{mode}", judged.node, bundle_mark(judged))
    }

    async fn look(&self, resource: &Resource) -> Result<Option<Judged>, Failure> {
        let Some(description) = self.account.describe(resource).await? else { return Ok(None) };
        let resource = &description.resource;
        let seen = observe(resource, &description.document, &BTreeMap::new())?;
        let subject = Subject { resource, document: &description.document, created_at: seen.created_at };
        let role =
            ["RoleArn", "ExecutionRoleArn"].iter().find_map(|key| description.document.get(key)?.as_str());
        Ok(Some(Judged {
            resource: resource.clone(),
            node: seen.id,
            created_at: seen.created_at,
            verdict: judge(self.bundle, &subject),
            status: seen.status.map(|mark| mark.status),
            role: role.map(str::to_owned),
        }))
    }

    /// A deletion has an event, too; only a resource that was never seen is worth a second look.
    async fn gone(&self, resource: &Resource) -> Outcome {
        let alias = name_alias(resource.kind.segment(), &resource.name);
        let known = self.table.query(&sagewarden_lineage::table::Query::prefix(alias, "")).await?;
        let judged = self.table.get(&[judged_key(resource)]).await?;
        if known.items.is_empty() && judged.is_empty() {
            return Err(Failure::Reject(format!(
                "{resource} does not exist (any more): it cannot be judged"
            )));
        }
        Ok(Done::Nothing(format!("{resource} has been deleted")))
    }

    /// The verdict, once per resource and bundle, whoever delivers it; the actor, once CloudTrail has told.
    async fn record(&self, judged: &Judged, actor: Option<&Actor>) -> Result<(), Failure> {
        let findings = serde_json::to_string(&judged.verdict.findings)
            .map_err(|error| Failure::Reject(error.to_string()))?;
        let mut once = Attributes::from([
            ("outcome".into(), Value::Text(outcome_word(judged.verdict.outcome).into())),
            ("findings".into(), Value::Text(findings)),
            ("checked".into(), Value::Text(judged.verdict.checked.join(" "))),
            ("bundle".into(), Value::Text(judged.verdict.bundle.clone())),
        ]);
        if let Some(actor) = actor {
            let text = serde_json::to_string(actor).map_err(|error| Failure::Reject(error.to_string()))?;
            once.insert("actor".into(), Value::Text(text));
        }
        self.table
            .write(&[
                Write::Merge { key: verdict_key(judged), once, union: BTreeMap::new() },
                Write::Merge {
                    key: judged_key(&judged.resource),
                    once: Attributes::from([("id".into(), Value::Text(judged.node.to_string()))]),
                    union: BTreeMap::new(),
                },
            ])
            .await?;
        Ok(())
    }

    /// The first remediation that took effect is what is recorded: later deliveries find the resource stopped.
    async fn record_remediation(&self, judged: &Judged, remediation: &Remediation) -> Result<(), PortError> {
        let Some(action) = remediation.action.filter(|_| !remediation.failed) else { return Ok(()) };
        let once = Attributes::from([
            ("remedy".into(), Value::Text(action.into())),
            ("remedy_result".into(), Value::Text(remediation.result.clone())),
        ]);
        self.table.write(&[Write::Merge { key: verdict_key(judged), once, union: BTreeMap::new() }]).await
    }

    async fn known_actor(&self, judged: &Judged, actor: Option<&Actor>) -> Result<Option<Actor>, PortError> {
        if let Some(actor) = actor {
            return Ok(Some(actor.clone()));
        }
        let recorded = self.table.get(&[verdict_key(judged)]).await?.pop();
        Ok(recorded.and_then(|item| serde_json::from_str(item.text("actor")?).ok()))
    }

    /// Does what the plan says. A refused call is a result, not an error: it is told before it is tried again.
    async fn remediate(&self, judged: &Judged) -> Result<Remediation, Failure> {
        let nothing = |result: String| Remediation { action: None, result, failed: false };
        let resource = &judged.resource;
        Ok(match plan(self.bundle, &judged.verdict) {
            Plan::Nothing(reason) => nothing(reason),
            Plan::Stop => {
                if let Some(status) = judged.status.as_ref().filter(|status| **status != Status::InProgress) {
                    return Ok(nothing(format!("it is {status} already")));
                }
                let action = stop_action(resource.kind);
                match self.account.stop(resource).await {
                    Ok(Stopped::Requested) => done(action, "stop requested"),
                    Ok(Stopped::Already) => nothing("it had ended already".to_owned()),
                    Err(error) => failed(action, &error),
                }
            }
            Plan::DeleteModelIfUnused => self.delete_model(resource).await?,
        })
    }

    async fn delete_model(&self, model: &Resource) -> Result<Remediation, Failure> {
        const ACTION: &str = "DeleteModel";
        let kept = |why: String| Remediation { action: None, result: format!("kept: {why}"), failed: false };
        Ok(match self.account.model_use(model, MAX_CONFIGS).await? {
            ModelUse::Unused => match self.account.delete_model(model).await {
                Ok(()) => done(ACTION, "deleted"),
                Err(error) => failed(ACTION, &error),
            },
            ModelUse::UsedBy(configs) => kept(format!(
                "endpoint configuration {} uses it; an endpoint may serve it",
                configs.join(", ")
            )),
            ModelUse::Unknown { looked_at } => kept(format!(
                "more than {looked_at} endpoint configurations exist; not all could be looked at"
            )),
        })
    }
}

/// Enough of the bundle's hash to tell bundles apart.
fn bundle_mark(judged: &Judged) -> String {
    judged.verdict.bundle.chars().take(12).collect()
}

fn is_judged(kind: ResourceKind) -> bool {
    matches!(kind, ResourceKind::TrainingJob | ResourceKind::ProcessingJob | ResourceKind::Model)
}

fn stop_action(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::ProcessingJob => "StopProcessingJob",
        _ => "StopTrainingJob",
    }
}

fn done(action: &'static str, result: &str) -> Remediation {
    Remediation { action: Some(action), result: result.to_owned(), failed: false }
}

fn failed(action: &'static str, error: &PortError) -> Remediation {
    Remediation { action: Some(action), result: format!("{action} failed: {error}"), failed: true }
}

fn verdict_key(judged: &Judged) -> Key {
    Key::new(judged.node.as_str(), format!("V#{}", bundle_mark(judged)))
}

/// Says that a resource of this name was judged, even if it is gone before anything else is recorded of it.
pub(crate) fn judged_key(resource: &Resource) -> Key {
    Key::new(format!("K#judged#{}", resource.arn().to_lowercase()), "#")
}

fn outcome_word(outcome: Judgement) -> &'static str {
    match outcome {
        Judgement::Compliant => "compliant",
        Judgement::Violating => "violating",
        Judgement::Waived => "waived",
        Judgement::Unknown => "unknown",
    }
}

/// Who started it, as far as is known: the person kept in the session, the principal, else the role it runs with.
fn who(judged: &Judged, actor: Option<&Actor>) -> String {
    let caller = actor.and_then(|actor| actor.source_identity.clone().or_else(|| actor.arn.clone()));
    match (caller, &judged.role) {
        (Some(caller), _) => caller,
        (None, Some(role)) => format!("unknown (it runs with {role})"),
        (None, None) => "unknown".to_owned(),
    }
}

fn detail(judged: &Judged, remediation: &Remediation, actor: Option<&Actor>, mode: Mode) -> Json {
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
        "role": judged.role,
        "parent": verdict.parent,
        "findings": verdict.findings,
        "mode": mode,
        "remediation": remediation,
        "bundle": verdict.bundle,
    })
}

/// The ids of the controls that do not hold.
fn controls(verdict: &Verdict) -> String {
    verdict.findings.iter().map(|finding| finding.control.as_str()).collect::<Vec<_>>().join(", ")
}

/// What to change so that the controls hold.
fn advice(verdict: &Verdict) -> String {
    let open = verdict.findings.iter().filter(|finding| finding.waiver.is_none());
    open.map(|finding| format!("{} ({})", finding.fix, finding.control)).collect::<Vec<_>>().join("; ")
}

fn summary(judged: &Judged, remediation: &Remediation, actor: Option<&Actor>) -> String {
    let done = match remediation.action {
        Some(action) => format!("{action}: {}", remediation.result),
        None => format!("nothing was done: {}", remediation.result),
    };
    let found = match judged.verdict.outcome {
        Judgement::Unknown => "could not be judged: a policy failed".to_owned(),
        _ => format!("breaks {}", controls(&judged.verdict)),
    };
    format!("{} {found}; started by {}; {done}", judged.resource, who(judged, actor))
}

fn kind_of(event: &Event) -> &'static str {
    match event {
        Event::ReferenceChanged(_) => "a push",
        Event::ResourceChanged(_) => "a state change",
        Event::CallMade(_) => "an API call",
        Event::ObjectCreated(_) => "a new object",
        Event::NotOurs { .. } => "an event of somebody else",
    }
}
