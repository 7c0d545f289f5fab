//! `AWS API Call via CloudTrail`: who asked for what. "AWS service events delivered via CloudTrail", EventBridge user guide;
//! "CloudTrail record contents", CloudTrail user guide.
//!
//! Parameters are in lowerCamelCase, with empty texts for absent ones. A refused call comes with an `errorCode`.

use serde_json::Value;

use super::field::Fields;
use super::{Envelope, Undecodable};
use crate::{Actor, CallMade, Event, Resource, ResourceKind};

/// Kind, name parameter and ARN in the answer of the calls that create what is judged.
fn creates(call: &str) -> Option<(ResourceKind, &'static str, &'static str)> {
    Some(match call {
        "CreateTrainingJob" => (ResourceKind::TrainingJob, "trainingJobName", "trainingJobArn"),
        "CreateProcessingJob" => (ResourceKind::ProcessingJob, "processingJobName", "processingJobArn"),
        "CreateModel" => (ResourceKind::Model, "modelName", "modelArn"),
        _ => return None,
    })
}

pub(super) fn call_made(envelope: &Envelope, detail: &Fields<'_>) -> Result<Event, Undecodable> {
    let name = detail.required("eventName")?;
    let Some((kind, parameter, answer)) = creates(&name) else { return Ok(envelope.not_ours(&name)) };
    if detail.required("eventSource")? != "sagemaker.amazonaws.com" {
        return Ok(envelope.not_ours(&name));
    }
    let asked = detail.object("requestParameters").and_then(|request| request.text(parameter));
    let answered = detail.object("responseElements").and_then(|response| response.text(answer));
    let answered = answered.and_then(|arn| Resource::parse_arn(&arn).ok()).map(|resource| resource.name);
    let account = detail.text("recipientAccountId").unwrap_or_else(|| envelope.account.clone());
    let region = detail.text("awsRegion").unwrap_or_else(|| envelope.region.clone());
    let resource = asked.or(answered).map(|name| Resource::in_region(kind, &account, &region, &name));
    let error_code = detail.text("errorCode");
    if resource.is_none() && error_code.is_none() {
        return Err(detail.missing(&format!("requestParameters.{parameter}")));
    }
    Ok(Event::CallMade(CallMade {
        name,
        resource,
        actor: actor(detail),
        error_code,
        request: detail.get("requestParameters").cloned().unwrap_or(Value::Null),
        time: detail.time("eventTime").unwrap_or(envelope.time),
    }))
}

fn actor(detail: &Fields<'_>) -> Actor {
    let identity = detail.object("userIdentity");
    let session = identity.as_ref().and_then(|identity| identity.object("sessionContext"));
    let issuer = session.as_ref().and_then(|session| session.object("sessionIssuer"));
    Actor {
        arn: identity.as_ref().and_then(|identity| identity.text("arn")),
        role: issuer.and_then(|issuer| issuer.text("arn")),
        source_identity: session.and_then(|session| session.text("sourceIdentity")),
        source_ip: detail.text("sourceIPAddress"),
    }
}
