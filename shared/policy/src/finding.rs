//! The finding of a control that failed.

use sagewarden_events::Timestamp;
use sagewarden_settings::{Settings, Waiver};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::buckets::buckets_in;
use crate::control::{Control, Severity};
use crate::join::{Joined, OperationAnswer, split};
use crate::later::is_later;
use crate::reader::{UnreadablePaths, is_present};

/// One control that the resource does not pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Its id; `ENGINE-ERROR` for a policy that failed, `WAIVER-EXPIRED` for a waiver that ran out.
    pub control: String,
    /// Its area.
    pub area: String,
    /// How bad it is.
    pub severity: Severity,
    /// The rule.
    pub title: String,
    /// Violated, or not decided.
    pub status: FindingStatus,
    /// Paths in the Describe answer.
    pub field: String,
    /// The actual value; `absent` if there is none; the reason, if the control could not be decided.
    pub actual: String,
    /// The wanted value.
    pub wanted: String,
    /// The fix.
    pub fix: String,
    /// The fix as a diff of the request that creates the resource. It has a line for each field: `-` before the present value, `+` before
    /// the value that the field should have. Empty if that value is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub diff: String,
    /// Who allowed it, for a waived violation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiver: Option<WaivedBy>,
}

/// The terms of a waiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaivedBy {
    /// Who allowed it.
    pub approver: String,
    /// Why.
    pub reason: String,
    /// Until when.
    pub expires: Timestamp,
}

/// Whether a finding is certain, allowed, or undecided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingStatus {
    /// The control is violated.
    Violation,
    /// The control is violated, and a waiver allows that.
    Waived,
    /// It could not be decided.
    Unknown,
}

impl Finding {
    pub(crate) fn unknown(control: &Control, fields: String, wanted: String, reason: String) -> Self {
        Self {
            control: control.id.clone(),
            area: control.area.clone(),
            severity: control.severity,
            title: control.title.clone(),
            status: FindingStatus::Unknown,
            field: fields,
            actual: reason,
            wanted,
            fix: "resolve what the reason names; the resource is judged again when it is created".to_owned(),
            diff: String::new(),
            waiver: None,
        }
    }

    pub(crate) fn engine_error(reason: String) -> Self {
        Self {
            control: "ENGINE-ERROR".to_owned(),
            area: "TRC".to_owned(),
            severity: Severity::High,
            title: "every policy can be evaluated".to_owned(),
            status: FindingStatus::Unknown,
            field: String::new(),
            actual: reason,
            wanted: "an evaluation without errors".to_owned(),
            fix: "correct the policy that the message names".to_owned(),
            diff: String::new(),
            waiver: None,
        }
    }

    /// The finding that somebody undoes the corrections of a resource again and again. No policy can see this, because it takes many
    /// verdicts.
    #[must_use]
    pub fn undone(times: usize) -> Self {
        Self {
            control: "REMEDY-UNDONE".to_owned(),
            area: "TRC".to_owned(),
            severity: Severity::Critical,
            title: "a correction must not be undone".to_owned(),
            status: FindingStatus::Violation,
            field: "remediation".to_owned(),
            actual: format!("{times} corrections within a day were undone"),
            wanted: "a resource that stays as it was corrected".to_owned(),
            fix: "find out who changes it back, and take the permission away; then correct it by hand"
                .to_owned(),
            diff: String::new(),
            waiver: None,
        }
    }

    pub(crate) fn expired(waiver: &Waiver) -> Self {
        Self {
            control: "WAIVER-EXPIRED".to_owned(),
            area: "TRC".to_owned(),
            severity: Severity::Medium,
            title: format!("the waiver of {} is still in force", waiver.control),
            status: FindingStatus::Violation,
            field: "waivers".to_owned(),
            actual: format!(
                "the waiver of {} for {} by {} expired on {}",
                waiver.control,
                waiver.resource,
                waiver.approver,
                waiver.expires.day()
            ),
            wanted: "a resource that passes the control, or a waiver that covers its creation".to_owned(),
            fix: "pass the control, or renew the waiver; remove the waiver once nothing needs it".to_owned(),
            diff: String::new(),
            waiver: None,
        }
    }
}

/// The values at a field that a list does not allow. For a network, a missing value fails a control as well, so all values are shown.
fn offending(control: &Control, field: &str, unreadable: &UnreadablePaths) -> Vec<String> {
    if control.area == "NET" { Vec::new() } else { unreadable.offending(&control.facts, field) }
}

/// Values that are shown; more are counted.
const SHOWN: usize = 10;
/// Characters of a value that are shown: users choose some of them.
const LENGTH: usize = 200;

/// The values at a control's fields, looked up in the documents. With one field, only its value; with several, each value has the name of
/// its field.
pub(crate) fn actual(
    document: &Json,
    joined: &Joined,
    control: &Control,
    unreadable: &UnreadablePaths,
) -> String {
    let broke = |field: &str| {
        let offending = offending(control, field, unreadable);
        let mut values = stands(document, joined, field);
        values.retain(|value| offending.iter().any(|one| value.ends_with(&cut_short(one))));
        if values.is_empty() { offending } else { values }
    };
    // Values off the list fail it; if these are known, allowed values are left out.
    let broken: Vec<(&str, Vec<String>)> =
        control.fields.iter().map(|field| (field.as_str(), broke(field))).collect();
    let told: Vec<(&str, Vec<String>)> = if broken.iter().any(|(_, values)| !values.is_empty()) {
        broken.into_iter().filter(|(_, values)| !values.is_empty()).collect()
    } else {
        // A value that was not asked for may exist: it is not shown as absent.
        let is_asked =
            |field: &&String| split(field).0.is_none_or(|operation| joined.contains_key(operation));
        let fields = control.fields.iter().filter(is_asked);
        fields.map(|field| (field.as_str(), stands(document, joined, field))).collect()
    };
    let is_told = |values: &[String]| values.iter().any(|value| !value.ends_with(ABSENT));
    // If several fields may hold the value, the absent ones are left out, unless all are absent.
    let any = told.iter().any(|(_, values)| is_told(values));
    let mut names = control.fields.iter().map(|field| last(field));
    let of_one_name = names.next().is_some_and(|first| names.all(|name| name == first));
    let alternatives = control.area == "ART" || control.fields.len() > 4 || of_one_name;
    if !any {
        return ABSENT.to_owned();
    }
    // If several fields have one name, the absent ones are left out beside one with a value.
    let says_nothing = |(at, (field, values)): &(usize, &(&str, Vec<String>))| {
        let others =
            told.iter().enumerate().filter(|(other, (name, _))| other != at && last(name) == last(field));
        !is_told(values)
            && (alternatives || others.into_iter().any(|(other, (_, values))| is_told(values) || other < *at))
    };
    let shown: Vec<&(&str, Vec<String>)> =
        told.iter().enumerate().filter(|each| !says_nothing(each)).map(|(_, each)| each).collect();
    match shown.as_slice() {
        [(_, values)] => shortened(&cut(values)),
        several => {
            let each = several.iter().map(|(field, values)| format!("{}: {}", last(field), cut(values)));
            shortened(&each.collect::<Vec<_>>().join("; "))
        }
    }
}

/// Fields of a control that are always named.
const FEW: usize = 6;

/// The fields in a finding: those with values off the list, else all, or, if there are many, those with a value.
pub(crate) fn concerned(
    document: &Json,
    joined: &Joined,
    control: &Control,
    unreadable: &UnreadablePaths,
) -> String {
    let broken = control.fields.iter().filter(|field| !offending(control, field, unreadable).is_empty());
    let broken: Vec<&str> = broken.map(String::as_str).collect();
    if !broken.is_empty() {
        return broken.join(", ");
    }
    let all = || control.fields.join(", ");
    if control.fields.len() <= FEW {
        return all();
    }
    let says = |field: &&String| stands(document, joined, field).iter().any(|value| !value.ends_with(ABSENT));
    let told: Vec<&str> = control.fields.iter().filter(says).map(String::as_str).collect();
    if told.is_empty() { all() } else { told.join(", ") }
}

/// As much of a text as a finding can hold.
pub(crate) fn shortened(text: &str) -> String {
    const BYTES: usize = 2000;
    match text.get(..text.floor_char_boundary(BYTES)) {
        Some(head) if head.len() < text.len() => format!("{head} …"),
        _ => text.to_owned(),
    }
}

const ABSENT: &str = "absent";

/// As much of a value as is shown.
fn cut_short(value: &str) -> String {
    value.chars().take(LENGTH).collect()
}

fn last(field: &str) -> &str {
    let field = field.strip_suffix(".*").unwrap_or(field);
    field.rsplit(['.', ':']).next().unwrap_or(field)
}

fn cut(values: &[String]) -> String {
    let shown = values.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match values.len() {
        0 => ABSENT.to_owned(),
        number if number > SHOWN => format!("{shown} and {} more", number - SHOWN),
        _ => shown,
    }
}

/// The values at a field; where a list on the way has several elements, each says which it is.
fn stands(document: &Json, joined: &Joined, field: &str) -> Vec<String> {
    let (operation, path) = split(field);
    // A script may hold the very secret that it should not.
    if path.ends_with(".Content") {
        return vec!["(not shown)".to_owned()];
    }
    let documents: Vec<&Json> = match operation.map(|operation| joined.get(operation)) {
        None => vec![document],
        Some(Some(OperationAnswer::Documents(documents))) => documents.iter().collect(),
        Some(_) => Vec::new(),
    };
    let mut told = Vec::new();
    for document in documents {
        let parts: Vec<&str> = path.split('.').collect();
        walk(document, &parts, String::new(), is_free_text(path), &mut told);
    }
    told
}

fn walk(value: &Json, path: &[&str], place: String, free: bool, told: &mut Vec<String>) {
    // Enough to show, and to count: ten values of a list of ten thousand.
    const COUNTED: usize = 10_000;
    if told.len() >= COUNTED {
        return;
    }
    let say = |text: &str| if place.is_empty() { text.to_owned() } else { format!("{place} {text}") };
    let Some((head, rest)) = path.split_first() else {
        // Free texts may hold private words: only the locations in them are shown.
        if free {
            let buckets = texts(value).into_iter().flat_map(buckets_in);
            told.extend(buckets.map(|bucket| say(&format!("s3://{bucket}"))));
            return;
        }
        let text = match value.as_str() {
            Some(text) => text.to_owned(),
            None if is_later(value) => "known later".to_owned(),
            None => value.to_string(),
        };
        told.push(say(&cut_short(&text)));
        return;
    };
    let (key, each) = head.strip_suffix("[]").map_or((*head, false), |key| (key, true));
    if let Some(end) = key.strip_prefix('*') {
        let fields = value.as_object().into_iter().flatten().filter(|(name, _)| name.ends_with(end));
        for (name, value) in fields {
            let place = if free && rest.is_empty() { format!("{place}{name}") } else { place.clone() };
            enter(Some(value), name, each, rest, place, free, told);
        }
        return;
    }
    enter(value.get(key), key, each, rest, place, free, told);
}

/// Continues within a field of any name: a user may have chosen the name, such as `*`.
fn enter(
    value: Option<&Json>,
    key: &str,
    each: bool,
    rest: &[&str],
    place: String,
    free: bool,
    told: &mut Vec<String>,
) {
    match value.filter(|value| is_present(value)) {
        // A value in another branch of the document does not count for this one.
        None if place.is_empty() => {}
        None => told.push(format!("{place} {ABSENT}")),
        Some(Json::Array(list)) if each => {
            let several = list.len() > 1 && !rest.is_empty();
            for (index, element) in list.iter().enumerate() {
                let place = if several { format!("{place}{key}[{index}]") } else { place.clone() };
                walk(element, rest, place, free, told);
            }
        }
        Some(value) => walk(value, rest, place, free, told),
    }
}

/// Environments, hyperparameters and arguments hold any text of their users.
fn is_free_text(path: &str) -> bool {
    [".*", ".ContainerArguments", ".ContainerEntrypoint", ".Values"].iter().any(|end| path.ends_with(end))
}

/// The texts of a value: itself, or the elements of a list.
fn texts(value: &Json) -> Vec<&str> {
    match value {
        Json::Array(list) => list.iter().filter_map(Json::as_str).collect(),
        value => value.as_str().into_iter().collect(),
    }
}

/// The value that a control requires, with the settings filled in; `own` is the account of the resource.
pub(crate) fn fill(template: &str, settings: &Settings, own: &str) -> String {
    if !template.contains('{') {
        return template.to_owned();
    }
    let list = |wish: &str, ids: &[String], none: &str| {
        if ids.is_empty() { none.to_owned() } else { format!("{wish} {}", ids.join(", ")) }
    };
    let encryption = &settings.encryption;
    let owners = match encryption.allowed_key_accounts.as_slice() {
        [] => own.to_owned(),
        accounts => accounts.join(" or "),
    };
    let keys = match encryption.allowed_keys.as_slice() {
        [] if owners.is_empty() => "a KMS key of the resource's own account".to_owned(),
        [] => format!("a KMS key of account {owners}"),
        keys => format!("a KMS key that fits {}", keys.join(", ")),
    };
    let limit = settings.compute.max_runtime_seconds;
    let limit = limit.map_or("any limit of time".to_owned(), |limit| format!("at most {limit} seconds"));
    let approvers = match settings.access.allowed_approvers.as_slice() {
        [] => "somebody other than its author".to_owned(),
        allowed => format!("somebody other than its author, who fits {}", allowed.join(", ")),
    };
    let (access, artifacts, compute) = (&settings.access, &settings.artifacts, &settings.compute);
    let network = &settings.network;
    template
        .replace("{key}", &keys)
        .replace("{allowed_roles}", &list("a role that fits", &access.allowed_roles, "any role"))
        .replace("{allowed_accounts}", &wanted_accounts(&access.allowed_accounts, own))
        .replace("{allowed_approvers}", &approvers)
        .replace("{allowed_buckets}", &list("buckets that fit", &artifacts.allowed_buckets, "any bucket"))
        .replace("{allowed_images}", &list("images that fit", &artifacts.allowed_images, "any image"))
        .replace(
            "{allowed_instance_types}",
            &list("instance types that fit", &compute.allowed_instance_types, "any instance type"),
        )
        .replace("{serverless_models}", &list("models that fit", &network.serverless_models, "no model"))
        .replace("{allowed_platforms}", &list("one of", &compute.allowed_platforms, "any platform"))
        .replace(
            "{allowed_studio_images}",
            &list("images that fit", &compute.allowed_studio_images, "any image"),
        )
        .replace(
            "{allowed_lifecycle_configs}",
            &list(
                "lifecycle configurations that fit",
                &compute.allowed_lifecycle_configs,
                "any lifecycle configuration",
            ),
        )
        .replace("{max_runtime}", &limit)
        .replace(
            "{required_tags}",
            &list("tags with the keys", &settings.traceability.required_tags, "any tags"),
        )
        .replace(
            "{required_types}",
            &list("schedules of the types", &settings.monitoring.required_types, "schedules of any type"),
        )
        .replace("{min_sampling_percentage}", &settings.monitoring.min_sampling_percentage.to_string())
        .replace("{allowed_subnets}", &list("subnets", &network.allowed_subnets, "subnets of any VPC"))
        .replace(
            "{allowed_security_groups}",
            &list("security groups", &network.allowed_security_groups, "security groups of any VPC"),
        )
}

/// The accounts that a resource policy may open something to.
fn wanted_accounts(others: &[String], own: &str) -> String {
    match others {
        [] if own.is_empty() => "principals of the resource's own account only".to_owned(),
        [] => format!("principals of account {own} only"),
        others => format!("principals of the resource's own account, or of {}", others.join(" or ")),
    }
}

#[cfg(test)]
mod tests;
