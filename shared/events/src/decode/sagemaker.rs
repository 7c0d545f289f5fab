//! SageMaker's `… State Change` events. "Amazon SageMaker AI events", EventBridge events reference.
//!
//! The detail copies only some fields of the description. So this reads only names, states, times and tags.

use super::envelope::Envelope;
use super::error::Undecodable;
use super::field::Fields;
use crate::case::lower_first;
use crate::event::{Event, ResourceChanged};
use crate::kind::ResourceKind;
use crate::resource::Resource;
use crate::status::Status;

/// The kind of resource that an event of this detail type is about.
#[must_use]
pub fn state_change_of(detail_type: &str) -> Option<ResourceKind> {
    Some(match detail_type {
        "SageMaker Training Job State Change" => ResourceKind::TrainingJob,
        "SageMaker Processing Job State Change" => ResourceKind::ProcessingJob,
        "SageMaker Model State Change" => ResourceKind::Model,
        "SageMaker Endpoint Config State Change" => ResourceKind::EndpointConfig,
        "SageMaker Endpoint State Change" => ResourceKind::Endpoint,
        "SageMaker Transform Job State Change" => ResourceKind::TransformJob,
        "SageMaker HyperParameter Tuning Job State Change" => ResourceKind::TuningJob,
        "SageMaker Model Package State Change" => ResourceKind::ModelPackage,
        "SageMaker Monitoring Schedule State Change" => ResourceKind::MonitoringSchedule,
        "SageMaker Notebook Instance State Change" => ResourceKind::NotebookInstance,
        "SageMaker Feature Group State Change" => ResourceKind::FeatureGroup,
        "SageMaker HyperPod Cluster State Change" => ResourceKind::Cluster,
        "SageMaker Ground Truth Labeling Job State Change" => ResourceKind::LabelingJob,
        "SageMaker Model Building Pipeline Execution Status Change" => ResourceKind::PipelineExecution,
        _ => return None,
    })
}

pub(super) fn resource_changed(envelope: &Envelope, detail: &Fields<'_>) -> Result<Event, Undecodable> {
    let Some(kind) = state_change_of(&envelope.detail_type) else { return Ok(envelope.not_ours("unknown")) };
    // The events of pipelines are in lowerCamelCase, all others in PascalCase.
    let text = |field: &str| detail.text(field).or_else(|| detail.text(&lower_first(field)));
    // The ARN may be in lower case although the name is not, so the name counts first. AWS has published no sample of a schedule's event;
    // as in every event, its `resources` name the schedule.
    let arn = text(kind.arn_field()).or_else(|| envelope.resources.first().cloned());
    let arn = arn.and_then(|arn| Resource::parse_arn(&arn).ok()).filter(|arn| arn.kind == kind);
    let name = kind.name_in(detail.value()).or_else(|| arn.map(|arn| arn.name));
    let name = name.ok_or_else(|| detail.missing(kind.name_field()))?;
    let status = match kind {
        ResourceKind::PipelineExecution => detail.text("currentPipelineExecutionStatus"),
        _ => kind.status_field().and_then(|field| detail.text(field)),
    };
    Ok(Event::ResourceChanged(ResourceChanged {
        resource: Resource::in_region(kind, &envelope.account, &envelope.region, &name),
        status: status.map(|text| Status::parse(&text)),
        failure_reason: detail.text("FailureReason"),
        created_at: detail.time("CreationTime"),
        modified_at: detail.time("LastModifiedTime"),
        tags: detail.object("Tags").map(|tags| tags.pairs().collect()).unwrap_or_default(),
        endpoint_config: detail.text("EndpointConfigName").filter(|_| kind == ResourceKind::Endpoint),
        approval: detail.text("ModelApprovalStatus").filter(|_| kind == ResourceKind::ModelPackage),
        time: envelope.time,
    }))
}
