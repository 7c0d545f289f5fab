//! The finding of a control that failed.

use sagewarden_events::Timestamp;
use sagewarden_settings::{Settings, Waiver};
use serde::{Deserialize, Serialize};

use crate::control::{Control, Severity};
use crate::repository::without_secrets;

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
            // A reason names the values that stand in the way.
            actual: without_secrets(&reason),
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
        .replace(
            "{allowed_file_systems}",
            &list("file systems that fit", &artifacts.allowed_file_systems, "any file system"),
        )
        .replace("{allowed_images}", &list("images that fit", &artifacts.allowed_images, "any image"))
        .replace("{allowed_regions}", &wanted_regions(&access.allowed_regions))
        .replace(
            "{allowed_base_models}",
            &list("base models that fit", &artifacts.allowed_base_models, "any base model"),
        )
        .replace(
            "{allowed_repositories}",
            &list("repositories that fit", &artifacts.allowed_repositories, "any repository"),
        )
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
        .replace(
            "{stages}",
            &list("each of the stages, in this order:", &artifacts.stages, "any order of stages"),
        )
        .replace("{serving_stage}", artifacts.serving_stage.as_deref().unwrap_or("any stage"))
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

/// The regions to which a router may send requests.
fn wanted_regions(others: &[String]) -> String {
    match others {
        [] => "the router's own region only".to_owned(),
        others => format!("the router's own region, or {}", others.join(" or ")),
    }
}

/// The accounts that a resource may be opened to, and whose resources it may name.
fn wanted_accounts(others: &[String], own: &str) -> String {
    match others {
        [] if own.is_empty() => "of the resource's own account only".to_owned(),
        [] => format!("of account {own} only"),
        others => format!("of the resource's own account, or of {}", others.join(" or ")),
    }
}

#[cfg(test)]
mod tests;
