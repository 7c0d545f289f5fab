//! Records of CloudTrail and EventBridge: calls, log files of calls, and events about resources.

use sagewarden_events::{Effect, Resource, ResourceKind, effect_of, state_change_of, to_api_case};
use serde_json::Value as Json;

use super::candidate::{Candidate, Words};
use super::nothing::is_without_controls;
use super::opening;
use super::pipeline;
use super::request::{CREATIONS, of_another, of_kind};
use super::taken::{Intake, Unusable};
use crate::later::{is_forged, later, mark_incomplete, parse};

/// A log file of CloudTrail, or the answer of `lookup-events`. Records of other services are passed over.
pub(super) fn log(file: &Json, list: &str) -> Result<Intake, Unusable> {
    let mut intake = Intake::default();
    let mut others = 0_usize;
    for (index, entry) in file.get(list).and_then(Json::as_array).into_iter().flatten().enumerate() {
        let text = entry.get("CloudTrailEvent").and_then(Json::as_str);
        let parsed = text.and_then(parse);
        // The answer of `lookup-events` has the record as a text.
        let named = entry.get("EventName").and_then(Json::as_str).filter(|name| created_by(name).is_some());
        if let (None, Some(name)) = (&parsed, named) {
            let why = format!("{list}[{index}]: the `CloudTrailEvent` of `{name}` cannot be read");
            intake.undecided.push(why);
            continue;
        }
        match record(parsed.as_ref().unwrap_or(entry)) {
            Ok(part) => intake.add(part, &format!("{list}[{index}]")),
            Err(Unusable::UnknownForm) => others += 1,
            Err(unusable) => intake.note(unusable.to_string()),
        }
    }
    if others > 0 && !intake.is_empty() {
        let records = if others == 1 { "record" } else { "records" };
        intake.note(format!("{others} {records} of other services passed over"));
    }
    Ok(intake)
}

/// A record of a call that creates something.
pub(super) fn record(record: &Json) -> Result<Intake, Unusable> {
    let text = |key: &str| record.get(key).and_then(Json::as_str);
    // Comprehend has endpoints as well.
    if text("eventSource").is_some_and(|source| source != "sagemaker.amazonaws.com") {
        return Err(Unusable::UnknownForm);
    }
    if let Some(code) = text("errorCode").filter(|code| !code.is_empty()) {
        return Err(Unusable::Refused(code.to_owned()));
    }
    let call = text("eventName").unwrap_or_default();
    if ["CreatePipeline", "UpdatePipeline"].contains(&call) {
        let request = record.get("requestParameters").map(to_api_case).ok_or(Unusable::UnknownForm)?;
        let mut intake = Intake::default();
        intake.add(pipeline::in_text(&request, Words::Trail)?, "requestParameters");
        return Ok(intake);
    }
    let document = record.get("requestParameters").map(to_api_case).filter(Json::is_object);
    if let Some(opened) = document.as_ref().and_then(|document| opening::of_call(call, document)) {
        return Ok(Intake::of(recorded(opened, record)));
    }
    if let Some((kind, request)) = changed_by(call).zip(document.clone()) {
        let name = kind.name_in(&request);
        return Ok(Intake::of(recorded(of_kind(kind, as_change(kind, request), name.as_deref()), record)));
    }
    let kind = match created_by(call) {
        Some(kind) => kind,
        None if text("eventSource").is_some() => return Err(other(call)),
        None => return Err(Unusable::UnknownForm),
    };
    // CloudTrail leaves parameters out that it may not show, and cuts records that are too large.
    let hidden = |why: &str| match text("eventSource") {
        Some(_) => Ok(Intake::undecided(format!("`{call}`: {why}"))),
        None => Err(Unusable::UnknownForm),
    };
    let Some(document) = document else { return hidden("the record does not show its parameters") };
    let answered = record.get("responseElements").map(to_api_case).and_then(|answer| kind.name_in(&answer));
    let Some(name) = kind.name_in(&document).or(answered) else { return hidden("the record has no name") };
    Ok(Intake::of(recorded(of_kind(kind, document, Some(&name)), record)))
}

/// The resource of a recorded call, in the account of the record.
fn recorded(mut candidate: Candidate, record: &Json) -> Candidate {
    let text = |key: &str| record.get(key).and_then(Json::as_str);
    if let (Some(account), Some(region)) = (text("recipientAccountId"), text("awsRegion")) {
        let Resource { kind, name, .. } = &candidate.resource;
        candidate.resource = Resource::in_region(*kind, account, region, name);
    }
    candidate.at = "requestParameters".to_owned();
    candidate.words = Words::Trail;
    candidate
}

/// The request of a call, as a client sends it.
///
/// # Errors
///
/// When the operation creates nothing that has controls, or the request is not an object or names what another operation creates.
pub fn of_call(operation: &str, request: Json) -> Result<Intake, Unusable> {
    if is_forged(&request) || !request.is_object() {
        return Err(Unusable::UnknownForm);
    }
    if ["CreatePipeline", "UpdatePipeline"].contains(&operation) {
        return pipeline::in_text(&request, Words::Api);
    }
    if let Some(opened) = opening::of_call(operation, &request) {
        return Ok(Intake::of(opened));
    }
    let (changed, created) = (changed_by(operation), created_by(operation));
    let kind = changed.or(created).ok_or_else(|| other(operation))?;
    let another = of_another(kind, &request).filter(|_| kind.name_in(&request).is_none());
    if let Some(creation) = another {
        return Err(Unusable::OtherRequest {
            operation: operation.to_owned(),
            name: creation.name,
            other: creation.operation,
        });
    }
    let request = if changed.is_some() { as_change(kind, request) } else { request };
    Ok(Intake::of(of_kind(kind, request, None)))
}

/// The kind of the resource that a call changes, if its creation has controls: the request shows only what changes.
fn changed_by(call: &str) -> Option<ResourceKind> {
    let changed = call.strip_prefix("Update")?;
    CREATIONS.iter().find(|one| one.operation.strip_prefix("Create") == Some(changed)).map(|one| one.kind)
}

/// A request as the change of a resource: what it leaves out stays as it is. `UpdateMonitoringSchedule` requires the whole configuration,
/// so that only the tags stay.
fn as_change(kind: ResourceKind, mut request: Json) -> Json {
    match request.as_object_mut().filter(|_| kind == ResourceKind::MonitoringSchedule) {
        Some(fields) => {
            fields.entry("Tags").or_insert_with(|| later(None));
            request
        }
        None => incomplete(request),
    }
}

/// A document that may have more fields than it shows, at any depth. Maps of the users' own are given as a whole.
fn incomplete(mut request: Json) -> Json {
    const WHOLE: [&str; 4] = ["Environment", "HyperParameters", "StaticHyperParameters", "Tags"];
    if let Json::Object(fields) = &mut request {
        for (_, part) in fields.iter_mut().filter(|(name, _)| !WHOLE.contains(&name.as_str())) {
            *part = incomplete(part.take());
        }
    }
    mark_incomplete(&mut request);
    request
}

/// The kind of the resource that a call creates, if it has controls. Only a request to create is complete.
pub(super) fn created_by(call: &str) -> Option<ResourceKind> {
    match (effect_of(call), CREATIONS.iter().find(|one| one.operation == call)) {
        (Some((kind, Effect::Created)), _) => Some(kind),
        (None, Some(one)) => Some(one.kind),
        _ => None,
    }
}

/// Why a call is not judged.
pub(super) fn other(call: &str) -> Unusable {
    if matches!(effect_of(call), Some((_, Effect::SignedIn))) {
        Unusable::SignIn(call.to_owned())
    } else if is_without_controls(call) {
        Unusable::NoControls(call.to_owned())
    } else {
        Unusable::OtherCall(call.to_owned())
    }
}

/// Marks an event about a resource as one that may lack fields of the description. A key that is absent from its detail need not be absent
/// from the resource ("Amazon SageMaker AI events", EventBridge events reference, whose samples have keys for empty values).
pub fn mark_unsaid(event: &mut Json) {
    let Some(kind) = event.get("detail-type").and_then(Json::as_str).and_then(state_change_of) else {
        return;
    };
    let Some(detail) = event.get_mut("detail").filter(|detail| detail.is_object()) else { return };
    let lists = SHORTER.iter().filter(|(shorter, _)| *shorter == kind);
    for (_, list) in lists {
        let parts = detail.pointer_mut(list).and_then(Json::as_array_mut);
        parts.into_iter().flatten().for_each(mark_incomplete);
    }
    mark_incomplete(detail);
}

/// Lists in events whose elements have some of the description's fields, and no key for the others: a container of a package has only
/// image, digest and place ("SageMaker model package state change", the same reference).
const SHORTER: [(ResourceKind, &str); 1] =
    [(ResourceKind::ModelPackage, "/InferenceSpecification/Containers")];

/// An event about a resource: its detail has the fields of the description.
pub(super) fn state_change(event: &Json) -> Result<Intake, Unusable> {
    let text = |key: &str| event.get(key).and_then(Json::as_str).unwrap_or_default();
    let kind = state_change_of(text("detail-type")).filter(|_| text("source") == "aws.sagemaker");
    let mut event = event.clone();
    mark_unsaid(&mut event);
    let text = |key: &str| event.get(key).and_then(Json::as_str).unwrap_or_default();
    let detail = event.get("detail").cloned();
    let (Some(kind), Some(detail)) = (kind, detail) else { return Err(Unusable::UnknownForm) };
    // The events of pipelines are in lowerCamelCase, and say nothing that controls read.
    if kind == ResourceKind::PipelineExecution {
        return Err(Unusable::OtherCall(text("detail-type").to_owned()));
    }
    // The ARN may be the only name that there is.
    let first = event.pointer("/resources/0").and_then(Json::as_str);
    let named = first.and_then(|arn| Resource::parse_arn(arn).ok()).filter(|named| named.kind == kind);
    let named = kind.name_in(&detail).or(named.map(|named| named.name)).ok_or(Unusable::UnknownForm)?;
    let mut candidate = of_kind(kind, detail, Some(&named));
    if candidate.resource.account.is_empty() {
        let Resource { kind, name, .. } = &candidate.resource;
        candidate.resource = Resource::in_region(*kind, text("account"), text("region"), name);
    }
    candidate.at = "detail".to_owned();
    Ok(Intake::of(candidate))
}
