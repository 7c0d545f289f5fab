//! From facts to a verdict, and from a verdict to what to do.

use cedar_policy::{
    Authorizer, Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression,
};
use sagewarden_events::{Resource, ResourceKind, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::bundle::Bundle;
use crate::control::{Control, Remedy, Severity};
use crate::facts::{attributes, entity_type, parent, values};
use crate::settings::{ControlMode, Mode, Settings, Waiver};

/// What is judged.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Which resource.
    pub resource: &'a Resource,
    /// What `Describe…` answered, in the API's shape.
    pub document: &'a Json,
    /// When it was created: whether a waiver covers it is a matter of that time, whenever it is judged.
    pub created_at: Timestamp,
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// In one word.
    pub outcome: Outcome,
    /// In the order of control ids.
    pub findings: Vec<Finding>,
    /// The controls that apply to the kind, in the order of their ids.
    pub checked: Vec<String>,
    /// The ARN of what started the resource on a user's behalf (a tuning job, a monitoring schedule, …).
    pub parent: Option<String>,
    /// The hash of the bundle it was judged by.
    pub bundle: String,
}

/// A verdict in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Every control holds.
    Compliant,
    /// At least one is violated.
    Violating,
    /// Those that are violated are waived.
    Waived,
    /// The engine failed on something: no pass, and no ground for a remedy either.
    Unknown,
}

/// One control that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Its id, or `ENGINE-ERROR`.
    pub control: String,
    /// Its area.
    pub area: String,
    /// How bad it is.
    pub severity: Severity,
    /// What should hold.
    pub title: String,
    /// Violated, or not decided.
    pub status: FindingStatus,
    /// Paths in the Describe answer.
    pub field: String,
    /// What stands there; `absent` when nothing does.
    pub actual: String,
    /// What is wanted.
    pub wanted: String,
    /// What to change.
    pub fix: String,
    /// Who allowed it, for a waived violation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiver: Option<WaivedBy>,
}

/// What a waiver says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaivedBy {
    /// Who allowed it.
    pub approver: String,
    /// Why.
    pub reason: String,
    /// Until when.
    pub expires: Timestamp,
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingStatus {
    /// The control is violated.
    Violation,
    /// It is violated, and somebody allowed that.
    Waived,
    /// It could not be decided.
    Unknown,
}

/// What to do about a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Tell only, for this reason.
    Nothing(String),
    /// Stop the job.
    Stop,
    /// Delete the model when no endpoint configuration uses it.
    DeleteModelIfUnused,
}

/// Judges a resource. Kinds without controls are compliant with nothing checked.
#[must_use]
pub fn judge(bundle: &Bundle, subject: &Subject<'_>) -> Verdict {
    let mut verdict = Verdict {
        outcome: Outcome::Compliant,
        findings: Vec::new(),
        checked: checked(bundle, subject.resource.kind),
        parent: parent(subject.document).map(str::to_owned),
        bundle: bundle.hash().to_owned(),
    };
    let Some(facts) = attributes(subject.resource, subject.document, bundle.settings()) else {
        return verdict;
    };
    match evaluate(bundle, subject.resource, facts) {
        Ok(violated) => {
            let judged = violated.iter().filter(|id| verdict.checked.contains(id));
            let controls = judged.filter_map(|id| bundle.control(id));
            verdict.findings = controls.map(|control| finding(bundle, subject, control)).collect();
            verdict.findings.sort_by(|a, b| a.control.cmp(&b.control));
            verdict.outcome = match verdict.findings.as_slice() {
                [] => Outcome::Compliant,
                findings if findings.iter().all(|finding| finding.waiver.is_some()) => Outcome::Waived,
                _ => Outcome::Violating,
            };
        }
        Err(reason) => {
            verdict.findings = vec![engine_error(reason)];
            verdict.outcome = Outcome::Unknown;
        }
    }
    verdict
}

/// What to do about a verdict. Nothing is ever done on an unknown outcome, and nothing to a child whose parent would only
/// start another one.
#[must_use]
pub fn plan(bundle: &Bundle, verdict: &Verdict) -> Plan {
    if verdict.outcome != Outcome::Violating {
        return Plan::Nothing("nothing is certainly violated".to_owned());
    }
    if let Some(parent) = &verdict.parent {
        return Plan::Nothing(format!("it was started by {parent}, which is to be changed"));
    }
    if bundle.settings().mode == Mode::Observe {
        return Plan::Nothing("the mode is observe".to_owned());
    }
    let enforced = verdict.findings.iter().filter(|finding| {
        finding.status == FindingStatus::Violation
            && bundle.settings().control_mode(&finding.control) == ControlMode::Enforce
    });
    let remedies =
        enforced.filter_map(|finding| bundle.control(&finding.control)).map(|control| control.remedy);
    match remedies.into_iter().find(|remedy| *remedy != Remedy::None) {
        None => Plan::Nothing("the violated controls are only told".to_owned()),
        Some(Remedy::Stop) => Plan::Stop,
        Some(_) => Plan::DeleteModelIfUnused,
    }
}

/// The ids of the violated controls. Cedar skips a policy whose evaluation fails, so any failure at all voids the answer.
fn evaluate(
    bundle: &Bundle,
    resource: &Resource,
    facts: Vec<(String, RestrictedExpression)>,
) -> Result<Vec<String>, String> {
    let kind = entity_type(resource.kind).unwrap_or_default();
    let subject = uid(kind, &resource.arn())?;
    let account = uid("Account", &resource.account)?;
    let action = uid("Action", "run")?;
    let entity =
        Entity::new(subject.clone(), facts.into_iter().collect(), [].into()).map_err(|e| e.to_string())?;
    let owner = Entity::new_no_attrs(account.clone(), [].into());
    let entities =
        Entities::from_entities([entity, owner], Some(&bundle.schema)).map_err(|e| e.to_string())?;
    let context = context(bundle.settings(), &resource.account)?;
    let request =
        Request::new(account, action, subject, context, Some(&bundle.schema)).map_err(|e| e.to_string())?;
    let response = Authorizer::new().is_authorized(&request, &bundle.policies, &entities);
    if let Some(error) = response.diagnostics().errors().next() {
        return Err(error.to_string());
    }
    let reasons = response.diagnostics().reason().map(ToString::to_string);
    Ok(reasons.filter(|id| bundle.control(id).is_some()).collect())
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, String> {
    let name: EntityTypeName = kind.parse().map_err(|error| format!("{error}"))?;
    Ok(EntityUid::from_type_name_and_id(name, EntityId::new(id)))
}

fn context(settings: &Settings, own: &str) -> Result<Context, String> {
    let set = |list: &[String]| {
        RestrictedExpression::new_set(list.iter().map(|text| RestrictedExpression::new_string(text.clone())))
    };
    let network = &settings.network;
    let bool = RestrictedExpression::new_bool;
    Context::from_pairs([
        ("anySubnet".to_owned(), bool(network.allowed_subnets.is_empty())),
        ("subnets".to_owned(), set(&network.allowed_subnets)),
        ("anySecurityGroup".to_owned(), bool(network.allowed_security_groups.is_empty())),
        ("securityGroups".to_owned(), set(&network.allowed_security_groups)),
        ("keyAccounts".to_owned(), set(&key_accounts(settings, own))),
    ])
    .map_err(|error| error.to_string())
}

fn key_accounts(settings: &Settings, own: &str) -> Vec<String> {
    let listed = &settings.encryption.allowed_key_accounts;
    if listed.is_empty() { vec![own.to_owned()] } else { listed.clone() }
}

fn finding(bundle: &Bundle, subject: &Subject<'_>, control: &Control) -> Finding {
    let fix = match parent(subject.document) {
        Some(parent) => format!("{} in {parent}, which started it", control.fix),
        None => control.fix.clone(),
    };
    let (waiver, expired) = waiver(bundle.settings(), subject, &control.id);
    let fix = match expired {
        Some(expired) if waiver.is_none() => {
            format!("{fix}; the waiver by {} expired on {}", expired.approver, day(expired.expires))
        }
        _ => fix,
    };
    Finding {
        control: control.id.clone(),
        area: control.area.clone(),
        severity: control.severity,
        title: control.title.clone(),
        status: if waiver.is_some() { FindingStatus::Waived } else { FindingStatus::Violation },
        field: control.fields.join(", "),
        actual: actual(subject.document, &control.fields, control.area == "ART"),
        wanted: fill(&control.wanted, bundle.settings(), &subject.resource.account),
        fix,
        waiver,
    }
}

/// The waiver that covers a resource for a control, and the last one that did not cover it any more.
fn waiver<'a>(
    settings: &'a Settings,
    subject: &Subject<'_>,
    control: &str,
) -> (Option<WaivedBy>, Option<&'a Waiver>) {
    let concerning = settings.waivers.iter().filter(|waiver| waiver.concerns(control, subject.resource));
    let last = concerning.max_by_key(|waiver| waiver.expires);
    let valid = last.filter(|waiver| waiver.expires >= subject.created_at).map(|waiver| WaivedBy {
        approver: waiver.approver.clone(),
        reason: waiver.reason.clone(),
        expires: waiver.expires,
    });
    (valid, last)
}

fn day(time: Timestamp) -> String {
    time.to_string().split('T').next().unwrap_or_default().to_owned()
}

fn engine_error(reason: String) -> Finding {
    Finding {
        control: "ENGINE-ERROR".to_owned(),
        area: "TRC".to_owned(),
        severity: Severity::High,
        title: "every policy can be evaluated".to_owned(),
        status: FindingStatus::Unknown,
        field: String::new(),
        actual: reason,
        wanted: "an evaluation without errors".to_owned(),
        fix: "mend the policy that the message names".to_owned(),
        waiver: None,
    }
}

/// What stands at the paths, looked up in the document itself: one path gives its value, several name themselves.
fn actual(document: &Json, fields: &[String], any_place: bool) -> String {
    const SHOWN: usize = 10;
    let word = |value: &&Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let show = |path: &String| {
        let found = values(document, path);
        let words: Vec<String> = found.iter().take(SHOWN).map(word).collect();
        match found.len() {
            0 => "absent".to_owned(),
            number if number > SHOWN => format!("{} and {} more", words.join(", "), number - SHOWN),
            _ => words.join(", "),
        }
    };
    // Where a control speaks of all places that may name something, those that name nothing say nothing.
    let is_told = |path: &&String| !any_place || !values(document, path).is_empty();
    let told: Vec<&String> = fields.iter().filter(is_told).collect();
    match told.as_slice() {
        [] => "absent".to_owned(),
        [path] => show(path),
        several => several
            .iter()
            .map(|path| format!("{}: {}", path.rsplit('.').next().unwrap_or(path), show(path)))
            .collect::<Vec<_>>()
            .join("; "),
    }
}

pub(crate) fn fill(template: &str, settings: &Settings, own: &str) -> String {
    let list = |ids: &[String]| if ids.is_empty() { "of any VPC".to_owned() } else { ids.join(", ") };
    let any = |patterns: &[String]| if patterns.is_empty() { "any".to_owned() } else { patterns.join(", ") };
    template
        .replace("{allowed_roles}", &any(&settings.access.allowed_roles))
        .replace("{allowed_buckets}", &any(&settings.artifacts.allowed_buckets))
        .replace("{allowed_images}", &any(&settings.artifacts.allowed_images))
        .replace("{allowed_subnets}", &list(&settings.network.allowed_subnets))
        .replace("{allowed_security_groups}", &list(&settings.network.allowed_security_groups))
        .replace("{key_accounts}", &key_accounts(settings, own).join(" or "))
}

/// Controls carry the kind in their id's first part, by the catalogue's naming.
fn checked(bundle: &Bundle, kind: ResourceKind) -> Vec<String> {
    let prefix = match kind {
        ResourceKind::TrainingJob => "TRN-",
        ResourceKind::ProcessingJob => "PRC-",
        ResourceKind::Model => "MDL-",
        _ => return Vec::new(),
    };
    let is_judged =
        |id: &String| id.starts_with(prefix) && bundle.settings().control_mode(id) != ControlMode::Off;
    bundle.controls().map(|control| control.id.clone()).filter(is_judged).collect()
}
