//! From facts to a verdict, and from a verdict to what to do.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::{Actor, Change, Corrections, Resource, ResourceKind, Timestamp};
use sagewarden_settings::{ControlMode, Mode, Settings, Waiver};
use serde_json::Value as Json;

use crate::action::Action;
use crate::bundle::Bundle;
use crate::config_text::{is_config, part_of};
use crate::control::{Control, Remedy};
use crate::engine::Rules;
use crate::facts::{Context, attributes, parent};
use crate::finding::{Finding, FindingStatus, WaivedBy, fill};
use crate::fixes::changes::Failed;
use crate::join::{Joined, OperationAnswer, split, tags};
use crate::key::KEY_OPERATION;
use crate::lists::{List, Listed, of_kind};
use crate::merge::{Part, merge};
use crate::owner::is_stranger;
use crate::reader::UnreadablePaths;
use crate::shown::{actual, concerned, shortened};
use crate::verdict::{Judgement, Plan, Verdict, Would, outcome};

/// The subject of a verdict.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Which resource.
    pub resource: &'a Resource,
    /// The answer of `Describe…`, in the API's shape.
    pub document: &'a Json,
    /// The time of its creation, or of its last change if it can be changed. This time decides whether a waiver covers it. For a resource
    /// that does not exist yet, the time of judging.
    pub as_of: Timestamp,
    /// The answers beside the description. Controls that need other answers are not judged.
    pub joined: &'a Joined,
}

/// Judges a resource whose creation tags are unknown: failures under environments by tag are findings, and nothing is
/// done about it. Kinds without controls are compliant with nothing checked.
#[must_use]
pub fn judge(bundle: &Bundle, subject: &Subject<'_>) -> Verdict {
    judge_created(bundle, subject, &BTreeMap::new())
}

/// As [`judge`], with the tags of the call that created the resource.
#[must_use]
pub fn judge_created(bundle: &Bundle, subject: &Subject<'_>, created_with: &BTreeMap<&str, &str>) -> Verdict {
    let account = &subject.resource.account;
    let whole = evaluate(bundle, subject, Action::Run, bundle.of_account(account));
    let tags = tags(subject.joined);
    // Removing a tag does not take a resource out of its environment: the tags of the creation count as well.
    let by_tags = bundle.by_tag().filter_map(|(environment, settings)| {
        let counts = environment.fits(account, created_with);
        let named = (Some(environment.name.as_str()), settings);
        let verdict = || evaluate(bundle, subject, Action::Run, named);
        (counts || environment.fits(account, &tags)).then(|| Part { verdict: verdict(), counts })
    });
    merge(whole, by_tags.collect())
}

/// Judges that the description of a resource was erased. It cannot be read any more: only who it was is known.
#[must_use]
pub fn judge_erasure(bundle: &Bundle, resource: &Resource, at: Timestamp) -> Verdict {
    let (document, joined) = (Json::Null, Joined::new());
    let subject = Subject { resource, document: &document, as_of: at, joined: &joined };
    evaluate(bundle, &subject, Action::Erase, bundle.of_account(&resource.account))
}

/// Judges that somebody asked for an address or session with which to work as the user of a resource; `None` if its owner asked, or somebody
/// who may ask for others, or if no tag names an owner.
#[must_use]
pub fn judge_sign_in(
    bundle: &Bundle,
    resource: &Resource,
    tags: &BTreeMap<String, String>,
    caller: &Actor,
    at: Timestamp,
) -> Option<Verdict> {
    let (environment, settings) = bundle.of_account(&resource.account);
    if !is_stranger(&settings.access, tags, caller) {
        return None;
    }
    let name = resource.name.rsplit('/').next().unwrap_or_default();
    let document = Json::Object([(resource.kind.name_field().to_owned(), name.into())].into_iter().collect());
    let joined = Joined::new();
    let subject = Subject { resource, document: &document, as_of: at, joined: &joined };
    Some(evaluate(bundle, &subject, Action::Open, (environment, settings)))
}

/// Whether a control is judged: it is on, and the setting that it depends on, if any, is set.
fn judges(settings: &Settings, control: &Control) -> bool {
    let says = control.setting.as_deref().is_none_or(|name| settings.says(name).unwrap_or(true));
    says && settings.control_mode(&control.id, control.profile) != ControlMode::Off
}

/// The operations that must be called beside the description, so that every control of a kind can be judged.
#[must_use]
pub fn operations(bundle: &Bundle, kind: ResourceKind) -> BTreeSet<String> {
    let Some(Ok(rules)) = bundle.rules(kind, Action::Run) else { return BTreeSet::new() };
    let is_judged = |control: &&Control| bundle.any_settings().any(|settings| judges(settings, control));
    let controls = rules.controls.values().filter(is_judged);
    let fields: BTreeSet<&str> =
        controls.flat_map(|control| control.fields.iter().map(String::as_str)).collect();
    let mut operations: BTreeSet<String> =
        fields.iter().filter_map(|field| split(field).0).map(str::to_owned).collect();
    // A field may hold keys, and be judged for something else.
    let is_of_keys =
        |row: &&&Listed| row.list == List::Keys && row.paths.iter().any(|path| fields.contains(path));
    let is_judged_for =
        |fact: &str| rules.controls.values().filter(is_judged).any(|one| one.facts.contains(fact));
    if of_kind(kind).iter().filter(is_of_keys).any(|row| is_judged_for(row.fact)) {
        operations.insert(KEY_OPERATION.to_owned());
    }
    // The tags that choose environments, and those that name the owner, who hears of findings.
    if bundle.tells_environments_by_tag()
        || bundle.any_settings().any(|one| !one.access.owner_tags.is_empty())
    {
        operations.insert("ListTags".to_owned());
    }
    operations
}

/// The verdict by the settings of one environment.
fn evaluate(
    bundle: &Bundle,
    subject: &Subject<'_>,
    action: Action,
    (environment, settings): (Option<&str>, &Settings),
) -> Verdict {
    let Subject { resource, document, joined, .. } = *subject;
    let tags = tags(joined);
    let mut verdict = Verdict {
        outcome: Judgement::Compliant,
        findings: Vec::new(),
        checked: Vec::new(),
        skipped: Vec::new(),
        at_run_time: Vec::new(),
        parent: parent(resource, document).map(str::to_owned),
        environment: environment.map(str::to_owned),
        mode: settings.mode,
        bundle: bundle.hash().to_owned(),
        plan: Plan::Nothing("no control certainly fails".to_owned()),
        would: None,
    };
    let rules = match bundle.rules(resource.kind, action) {
        None => return verdict,
        Some(Ok(rules)) => rules,
        Some(Err(reason)) => {
            verdict.findings = vec![Finding::engine_error(reason.to_owned())];
            verdict.outcome = outcome(&verdict.findings);
            return verdict;
        }
    };
    let unreadable = UnreadablePaths::default();
    let context = Context { resource, document, joined, settings, unreadable: &unreadable };
    let Some(facts) = attributes(&context) else { return verdict };
    let on = rules.controls.values().filter(|one| judges(settings, one));
    let evaluated = rules.evaluate(&resource.account, &resource.arn(), facts, &tags);
    let violated = evaluated.as_deref().unwrap_or_default();
    let spared = spares(&context);
    let known = Known { joined, unreadable: &unreadable, violated, spared };
    let (checked, skipped): (Vec<&Control>, Vec<&Control>) = on.partition(|control| known.decides(control));
    let ids = |controls: &[&Control]| controls.iter().map(|control| control.id.clone()).collect();
    (verdict.checked, verdict.skipped) = (ids(&checked), ids(&skipped));
    verdict.at_run_time =
        ids(&skipped.into_iter().filter(|control| known.waits(control)).collect::<Vec<_>>());
    verdict.findings = match &evaluated {
        Ok(violated) => {
            let unreadable = if action == Action::Run { &unreadable } else { &UnreadablePaths::default() };
            let case = Case { subject, settings, unreadable, violated, spared };
            checked.into_iter().flat_map(|control| case.findings(control)).collect()
        }
        Err(reason) => vec![Finding::engine_error(reason.clone())],
    };
    verdict.outcome = outcome(&verdict.findings);
    verdict.plan = plan(rules, settings, &verdict);
    verdict.would = would(rules, &verdict);
    verdict
}

/// Whether the resource is certainly not of high risk, so that the controls for high-risk resources do not apply.
fn spares(context: &Context<'_>) -> bool {
    const TAG: &str = "ListTags:Tags[].Value";
    let is_listed = matches!(context.joined.get("ListTags"), Some(OperationAnswer::Documents(_)));
    let is_readable = context.unreadable.concerning(TAG).is_none() && !context.unreadable.is_later(TAG);
    is_listed && is_readable && !context.is_high_risk()
}

/// The results of controls.
struct Known<'a> {
    joined: &'a Joined,
    unreadable: &'a UnreadablePaths,
    violated: &'a [String],
    spared: bool,
}

impl Known<'_> {
    /// Whether a control can be judged by known values. A failure that the file shows counts, whatever the account or a later value would
    /// add.
    fn decides(&self, control: &Control) -> bool {
        if is_spared(self.spared, control) || is_decisive(control, self.unreadable) {
            return true;
        }
        let broken = self.violated.contains(&control.id);
        is_answered(control, self.joined)
            && (!self.waits(control) || self.is_settled(control))
            && (broken || !self.touches(control, UnreadablePaths::is_for_the_account))
    }

    /// Whether what is known decides all facts of a control, although the ends of some values are not known.
    fn is_settled(&self, control: &Control) -> bool {
        let facts = &control.facts;
        !facts.is_empty() && facts.iter().all(|fact| self.unreadable.is_settled(fact))
    }

    /// Whether a control needs a value that is known only at run time.
    fn waits(&self, control: &Control) -> bool {
        self.touches(control, UnreadablePaths::is_later)
    }

    fn touches(&self, control: &Control, check: fn(&UnreadablePaths, &str) -> bool) -> bool {
        places(control).iter().any(|place| check(self.unreadable, place))
    }
}

/// Where what is known of a control's values is noted: its fields, and the part of a configuration that one of its facts is about.
fn places(control: &Control) -> Vec<String> {
    let configs = control.fields.iter().filter(|field| is_config(field));
    let parts = configs.flat_map(|field| control.facts.iter().map(|fact| part_of(field, fact)));
    control.fields.iter().cloned().chain(parts).collect()
}

/// Whether one fact decides a control.
fn is_decisive(control: &Control, unreadable: &UnreadablePaths) -> bool {
    control.facts.iter().any(|fact| unreadable.is_decisive(fact))
}

fn is_spared(spared: bool, control: &Control) -> bool {
    spared && control.facts.contains("highRisk")
}

/// Whether every call that a control needs was made.
fn is_answered(control: &Control, joined: &Joined) -> bool {
    let mut operations = control.fields.iter().filter_map(|field| split(field).0);
    operations.all(|operation| joined.contains_key(operation))
}

/// The answer of the engine about a subject.
struct Case<'a> {
    subject: &'a Subject<'a>,
    settings: &'a Settings,
    unreadable: &'a UnreadablePaths,
    violated: &'a [String],
    spared: bool,
}

impl Case<'_> {
    /// The finding of a control: none if it passed; for one with an expired waiver, that the waiver has expired.
    fn findings(&self, control: &Control) -> Vec<Finding> {
        let Subject { resource, document, joined, .. } = *self.subject;
        let fields = || concerned(document, joined, control, self.unreadable);
        let wanted = || fill(&control.wanted, self.settings, &resource.account);
        if is_spared(self.spared, control) {
            return Vec::new();
        }
        if let Some(reason) = self.not_known(control) {
            return vec![Finding::unknown(control, fields(), wanted(), reason)];
        }
        if !self.violated.contains(&control.id) {
            return Vec::new();
        }
        let fix = match parent(resource, document) {
            Some(parent) => format!("{} in {}, which started it", control.fix, shortened(parent)),
            None => control.fix.clone(),
        };
        let (waiver, last) = self.waiver(&control.id);
        // If a parent started the resource, the fix belongs into the parent's request.
        let diff = match parent(resource, document) {
            Some(_) => String::new(),
            None => self.diff(control),
        };
        let expired = last.filter(|_| waiver.is_none()).map(Finding::expired);
        let finding = Finding {
            control: control.id.clone(),
            area: control.area.clone(),
            severity: control.severity,
            title: control.title.clone(),
            status: if waiver.is_some() { FindingStatus::Waived } else { FindingStatus::Violation },
            field: fields(),
            actual: actual(document, joined, control, self.unreadable),
            wanted: wanted(),
            fix,
            diff,
            waiver,
        };
        std::iter::once(finding).chain(expired).collect()
    }

    fn diff(&self, control: &Control) -> String {
        let Subject { resource, document, joined, .. } = *self.subject;
        let (settings, unreadable) = (self.settings, self.unreadable);
        Failed { kind: resource.kind, document, joined, settings, unreadable }.diff(control)
    }

    /// Why it is not known whether the resource passes a control.
    fn not_known(&self, control: &Control) -> Option<String> {
        let decisive = is_decisive(control, self.unreadable);
        // A failure in one field counts, whatever is in another: nobody can delay it by adding an unreadable value.
        if decisive && self.violated.contains(&control.id) {
            return None;
        }
        places(control).iter().find_map(|field| {
            let refused = split(field).0.and_then(|operation| match self.subject.joined.get(operation) {
                Some(OperationAnswer::Unreadable(reason)) if !decisive => {
                    Some(format!("{operation}: {reason}"))
                }
                _ => None,
            });
            refused.or_else(|| self.unreadable.concerning(field))
        })
    }

    /// The waiver that covers the subject for a control, and the last one that concerns it, in force or not.
    fn waiver(&self, control: &str) -> (Option<WaivedBy>, Option<&Waiver>) {
        let Subject { resource, as_of, .. } = *self.subject;
        let concerning = self.settings.waivers.iter().filter(|waiver| waiver.concerns(control, resource));
        let last = concerning.max_by_key(|waiver| waiver.expires);
        let valid = last.filter(|waiver| waiver.expires >= as_of).map(|waiver| WaivedBy {
            approver: waiver.approver.clone(),
            reason: waiver.reason.clone(),
            expires: waiver.expires,
        });
        (valid, last)
    }
}

/// The strongest remedy for a verdict if every mode were `enforce`.
fn would(rules: &Rules, verdict: &Verdict) -> Option<Would> {
    if verdict.parent.is_some() {
        return None;
    }
    let violations = verdict.findings.iter().filter(|finding| finding.status == FindingStatus::Violation);
    let controls = violations.filter_map(|finding| rules.controls.get(&finding.control));
    let remedies = controls.filter_map(|control| match control.remedy {
        Remedy::None => None,
        Remedy::Tag => Some(Would::Mark),
        Remedy::Change(_) => Some(Would::Change),
        Remedy::DeleteIfUnused => Some(Would::Delete),
        Remedy::Stop => Some(Would::Stop),
    });
    remedies.max()
}

/// The remedy for a verdict. An undecided control never leads to one, nor does a child whose parent would only
/// start another one.
fn plan(rules: &Rules, settings: &Settings, verdict: &Verdict) -> Plan {
    if verdict.outcome != Judgement::Violating {
        return Plan::Nothing("no control certainly fails".to_owned());
    }
    if let Some(parent) = &verdict.parent {
        return Plan::Nothing(format!("{parent} started it, and is changed instead"));
    }
    if settings.mode == Mode::Observe {
        return Plan::Nothing("the mode is observe".to_owned());
    }
    let violations = verdict.findings.iter().filter(|finding| finding.status == FindingStatus::Violation);
    let controls = violations
        .filter_map(|finding| rules.controls.get(&finding.control))
        .filter(|control| settings.control_mode(&control.id, control.profile) == ControlMode::Enforce);
    let remedies: Vec<Remedy> = controls.map(|control| control.remedy).collect();
    let changes: BTreeSet<Change> = remedies
        .iter()
        .filter_map(|remedy| match remedy {
            Remedy::Change(change) => Some(*change),
            _ => None,
        })
        .collect();
    // The strongest first: a stopped or deleted resource need not be changed.
    if remedies.contains(&Remedy::Stop) {
        Plan::Stop
    } else if remedies.contains(&Remedy::DeleteIfUnused) {
        Plan::DeleteModelIfUnused
    } else if !changes.is_empty() {
        Plan::Change(Corrections {
            settings: changes,
            platform: settings.compute.allowed_platforms.first().cloned(),
        })
    } else if remedies.contains(&Remedy::Tag) {
        Plan::Tag
    } else {
        Plan::Nothing("the failed controls are only published".to_owned())
    }
}
