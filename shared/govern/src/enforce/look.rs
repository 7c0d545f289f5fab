//! Looks at a resource as it is now, and judges it.

use std::collections::BTreeMap;

use sagewarden_events::{CallMade, Effect, Resource, ResourceKind, Status, Timestamp};
use sagewarden_lineage::rows::VerdictRow;
use sagewarden_policy::join::{Joined, OperationAnswer};
use sagewarden_policy::{Subject, judge_created};
use serde_json::Value as Json;

use crate::enforce::approver::{as_approved, stricter, was_withdrawn};
use crate::enforce::join::Lookup;
use crate::enforce::judged::Judged;
use crate::outcome::Failure;
use crate::ports::{Account, Description};
use crate::world::World;

/// The resource with its verdict; `None` when it does not exist. Only the call that created it says which tags it was created with.
pub(crate) async fn look(
    lookup: &Lookup<'_, impl World>,
    resource: &Resource,
    call: Option<&CallMade>,
) -> Result<Option<Judged>, Failure> {
    let Some(description) = lookup.world.account().describe(resource).await? else { return Ok(None) };
    is_of(&description, resource)?;
    // An app is described for a while after it was deleted ("DescribeApp", SageMaker API reference).
    let state = description.resource.kind.status_field().and_then(|field| description.document.get(field));
    if description.resource.kind == ResourceKind::App && state.and_then(Json::as_str) == Some("Deleted") {
        return Ok(None);
    }
    let time = |field: &str| description.document.get(field).and_then(Timestamp::from_json);
    let Some(created_at) = time("CreationTime") else {
        let reason =
            format!("the description of {resource} has no readable `CreationTime`: it cannot be judged");
        return Err(Failure::Reject(reason));
    };
    let joined = lookup.join(&description).await?;
    let (resource, document) = (&description.resource, &description.document);
    let text = |field: &str| document.get(field).and_then(Json::as_str).filter(|text| !text.is_empty());
    let own = time("LastModifiedTime").filter(|_| resource.kind.is_mutable());
    let as_of = own.unwrap_or(created_at);
    let subject = Subject { resource, document, as_of, joined: &joined };
    let created_with = call.filter(|call| created(call, created_at)).map(requested_tags).unwrap_or_default();
    let modified_at = own.into_iter().chain(last_changes(&joined)).max();
    let status = resource.kind.status_field().and_then(text);
    let watched = text("EndpointName").filter(|_| resource.kind == ResourceKind::MonitoringSchedule);
    let pk = VerdictRow::partition(resource, created_at);
    let judge = |document| judge_created(lookup.bundle, &Subject { document, ..subject }, &created_with);
    let mut verdict = judge(document);
    if let Some((call, approved)) = call.and_then(|call| Some((call, as_approved(document, call)?)))
        && !was_withdrawn(lookup.world.table(), &pk, lookup.bundle.hash(), call).await?
    {
        verdict = stricter(verdict, judge(&approved));
    }
    Ok(Some(Judged {
        pk,
        created_at,
        modified_at: modified_at.unwrap_or(created_at),
        judged_at: lookup.now,
        verdict,
        status: status.map(Status::parse),
        role: text("RoleArn").or_else(|| text("ExecutionRoleArn")).map(str::to_owned),
        endpoint: watched.map(str::to_owned),
        owner: lookup.owner(resource, &joined),
        repository: lookup.repository(&description, &joined),
        resource: resource.clone(),
    }))
}

/// Holds the ARN of a description against the resource that was asked for by its name.
fn is_of(description: &Description, resource: &Resource) -> Result<(), Failure> {
    let arn = description.document.get(resource.kind.arn_field()).and_then(Json::as_str);
    let own = arn.and_then(|arn| Resource::parse_arn(arn).ok());
    let elsewhere = |own: &Resource| own.account != resource.account || own.region != resource.region;
    match own.filter(elsewhere) {
        None => Ok(()),
        Some(own) => {
            Err(Failure::Reject(format!("{resource} was asked for, and {own} answered: neither is changed")))
        }
    }
}

/// Whether a call created the resource with this creation time, and not an earlier one of its name.
pub(crate) fn created(call: &CallMade, created_at: Timestamp) -> bool {
    call.effect == Effect::Created && (created_at.millis() - call.time.millis()).abs() <= CLOCKS_DIFFER_MS
}

/// The largest difference between the time of a call in CloudTrail and the creation time in the description.
pub(crate) const CLOCKS_DIFFER_MS: i64 = 60_000;

/// The tags of a request, as CloudTrail writes them.
fn requested_tags(call: &CallMade) -> BTreeMap<&str, &str> {
    let list = call.request.get("tags").and_then(Json::as_array).into_iter().flatten();
    list.filter_map(|tag| tag.get("key")?.as_str().zip(tag.get("value")?.as_str())).collect()
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
