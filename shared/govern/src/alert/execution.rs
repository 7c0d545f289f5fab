//! A run of a monitoring schedule, as its processing job and the schedule describe it.

use sagewarden_events::{Resource, ResourceKind, Status, Timestamp};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::s3::S3Location;
use serde_json::Value as Json;

use crate::outcome::Failure;
use crate::ports::Account;

/// A monitoring execution that has ended.
pub(super) struct Execution {
    pub(super) job: Resource,
    pub(super) created_at: Timestamp,
    pub(super) ended_at: Timestamp,
    /// Completed, failed or stopped.
    pub(super) status: Status,
    pub(super) failure_reason: Option<String>,
    pub(super) exit_message: Option<String>,
    pub(super) outputs: Vec<S3Location>,
    pub(super) schedule: Resource,
    pub(super) endpoint: Resource,
    pub(super) monitoring_type: Option<String>,
}

impl Execution {
    /// The node of its finding.
    pub(super) fn node(&self) -> NodeId {
        NodeId::violation(&self.job, self.created_at)
    }

    /// Whether the container says that it found violations.
    pub(super) fn found_violations(&self) -> bool {
        self.exit_message.as_deref().is_some_and(|text| text.starts_with("CompletedWithViolations"))
    }

    /// Reads a job's description; `None` if it is not a monitoring execution of an endpoint, or has not ended.
    ///
    /// # Errors
    /// Rejects a job whose schedule is gone; retries when the service does not answer.
    pub(super) async fn read(
        account: &impl Account,
        job: &Resource,
        document: &Json,
    ) -> Result<Option<Self>, Failure> {
        let text = |key: &str| document.get(key).and_then(Json::as_str).filter(|text| !text.is_empty());
        let Some(schedule) = text("MonitoringScheduleArn") else { return Ok(None) };
        let status = text("ProcessingJobStatus").map(Status::parse).filter(Status::is_terminal);
        let Some(status) = status else { return Ok(None) };
        let schedule = Resource::parse_arn(schedule).map_err(|error| Failure::Reject(error.to_string()))?;
        let Some(described) = account.describe(&schedule).await? else {
            return Err(Failure::Reject(format!("{schedule} was not found: its endpoint is not known")));
        };
        let of_schedule = |key: &str| described.document.get(key).and_then(Json::as_str);
        // A schedule without an endpoint monitors batch transforms.
        let Some(endpoint) = of_schedule("EndpointName") else { return Ok(None) };
        let time = |key: &str| document.get(key).and_then(Timestamp::from_json);
        let Some(created_at) = time("CreationTime") else {
            return Err(Failure::Reject(format!("the description of {job} has no `CreationTime`")));
        };
        // A job that failed before its container ran has no other end time.
        let ended_at = time("ProcessingEndTime").or_else(|| time("LastModifiedTime"));
        Ok(Some(Self {
            job: job.clone(),
            created_at,
            ended_at: ended_at.unwrap_or(created_at),
            status,
            failure_reason: text("FailureReason").map(str::to_owned),
            exit_message: text("ExitMessage").map(str::to_owned),
            outputs: outputs(document),
            monitoring_type: of_schedule("MonitoringType").map(str::to_owned),
            endpoint: schedule.sibling(ResourceKind::Endpoint, endpoint),
            schedule,
        }))
    }
}

/// Where a job writes.
pub(super) fn outputs(document: &Json) -> Vec<S3Location> {
    let outputs = document.pointer("/ProcessingOutputConfig/Outputs").and_then(Json::as_array);
    let uris = outputs.into_iter().flatten().filter_map(|output| output.pointer("/S3Output/S3Uri")?.as_str());
    uris.filter_map(S3Location::parse).collect()
}
