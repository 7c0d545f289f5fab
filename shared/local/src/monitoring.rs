//! The service's list of executions of monitoring schedules. It includes executions that never had a job.

use rusqlite::params;
use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_govern::ports::PortError;
use serde_json::{Map, Value, json};

use crate::account::SimulatedAccount;
use crate::fault::Fault;
use crate::shape::{Document, expect_status, seconds};
use crate::store::port_error;

/// Executions without a job are kept among the resources under this name, which no kind of resource has.
const WITHOUT_JOB: &str = "monitoring-execution";

/// The kinds of job definitions by the type of monitoring, and the member of a definition that names the endpoint.
const DEFINITIONS: [(&str, ResourceKind, &str); 4] = [
    ("DataQuality", ResourceKind::DataQualityDefinition, "DataQualityJobInput"),
    ("ModelQuality", ResourceKind::ModelQualityDefinition, "ModelQualityJobInput"),
    ("ModelBias", ResourceKind::ModelBiasDefinition, "ModelBiasJobInput"),
    ("ModelExplainability", ResourceKind::ModelExplainabilityDefinition, "ModelExplainabilityJobInput"),
];

impl SimulatedAccount {
    /// The description of a schedule names the endpoint, also if the schedule names only a job definition.
    pub(crate) fn name_endpoint(&self, schedule: &mut Document) -> Result<(), Fault> {
        let config = schedule.get("MonitoringScheduleConfig");
        let name = config.and_then(|config| config.get("MonitoringJobDefinitionName")?.as_str());
        let monitoring = schedule.get("MonitoringType").and_then(Value::as_str);
        let definition = DEFINITIONS.iter().find(|(of, ..)| Some(*of) == monitoring);
        let (Some(name), Some((_, kind, input))) = (name, definition) else { return Ok(()) };
        let described = self.describe_document(&self.resource(*kind, name))?;
        let endpoint = described.get(*input).and_then(|input| input.pointer("/EndpointInput/EndpointName"));
        if let Some(endpoint) = endpoint {
            schedule.insert("EndpointName".into(), endpoint.clone());
        }
        Ok(())
    }

    /// Lets a processing job fail.
    ///
    /// # Errors
    /// If it is not running.
    pub fn fail_processing(&self, job: &Resource, reason: &str, now: Timestamp) -> Result<(), Fault> {
        self.change(job, now, |document| {
            expect_status(document, "ProcessingJobStatus", "InProgress", "the processing job is in status")?;
            document.insert("ProcessingJobStatus".into(), "Failed".into());
            document.insert("FailureReason".into(), reason.into());
            document.insert("ProcessingEndTime".into(), seconds(now));
            Ok(())
        })
    }

    /// Lets an execution of a schedule fail before it has a job.
    ///
    /// # Errors
    /// If the store fails.
    pub fn fail_execution(&self, schedule: &str, reason: &str, due: Timestamp) -> Result<(), Fault> {
        let summary = json!({
            "MonitoringScheduleName": schedule,
            "ScheduledTime": seconds(due),
            "CreationTime": seconds(due),
            "LastModifiedTime": seconds(due),
            "MonitoringExecutionStatus": "Failed",
            "FailureReason": reason,
        });
        let name = format!("{schedule}/{}", due.millis());
        self.store
            .execute(
                "INSERT OR REPLACE INTO resources (kind, name, document, tags) VALUES (?1, ?2, ?3, '{}')",
                params![WITHOUT_JOB, name, summary.to_string()],
            )
            .map_err(|error| port_error("note an execution", error))?;
        Ok(())
    }

    /// Lets a schedule fail.
    ///
    /// # Errors
    /// If it does not exist.
    pub fn fail_schedule(&self, schedule: &str, reason: &str, now: Timestamp) -> Result<(), Fault> {
        let resource = self.resource(ResourceKind::MonitoringSchedule, schedule);
        self.change(&resource, now, |document| {
            document.insert("MonitoringScheduleStatus".into(), "Failed".into());
            document.insert("FailureReason".into(), reason.into());
            Ok(())
        })
    }

    /// Records on a schedule how its newest execution ended, as the service does.
    ///
    /// # Errors
    /// If the schedule does not exist.
    pub fn note_execution(
        &self,
        schedule: &str,
        job: &Resource,
        status: &str,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let resource = self.resource(ResourceKind::MonitoringSchedule, schedule);
        self.change(&resource, now, |document| {
            let endpoint = document.get("EndpointName").cloned().unwrap_or_default();
            let summary = json!({
                "MonitoringScheduleName": schedule,
                "ScheduledTime": seconds(now),
                "CreationTime": seconds(now),
                "LastModifiedTime": seconds(now),
                "MonitoringExecutionStatus": status,
                "ProcessingJobArn": job.arn(),
                "EndpointName": endpoint,
            });
            document.insert("LastMonitoringExecutionSummary".into(), summary);
            Ok(())
        })
    }

    /// The answer of `ListMonitoringExecutions` for a schedule, on one page: the executions that were due at `since` or later, the newest
    /// first.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub fn execution_summaries(&self, schedule: &str, since: Option<Timestamp>) -> Result<Value, PortError> {
        let arn = self.resource(ResourceKind::MonitoringSchedule, schedule).arn();
        let jobs = self.list(ResourceKind::ProcessingJob)?;
        let is_run =
            |job: &&Value| job.get("MonitoringScheduleArn").and_then(Value::as_str) == Some(arn.as_str());
        let mut executions: Vec<Value> =
            jobs.iter().filter(is_run).map(|job| summary(schedule, job)).collect();
        executions.extend(self.executions_without_job(schedule)?);
        let due = |execution: &Value| execution.get("ScheduledTime").and_then(Timestamp::from_json);
        executions.retain(|execution| since.is_none_or(|since| due(execution) >= Some(since)));
        executions.sort_by_key(|execution| std::cmp::Reverse(due(execution)));
        Ok(json!({ "MonitoringExecutionSummaries": executions }))
    }

    fn executions_without_job(&self, schedule: &str) -> Result<Vec<Value>, PortError> {
        let connection = self.store.lock();
        let read = || {
            let mut statement = connection.prepare_cached(
                "SELECT document FROM resources WHERE kind = ?1 AND substr(name, 1, length(?2)) = ?2 ORDER BY name",
            )?;
            let prefix = format!("{schedule}/");
            statement
                .query_map(params![WITHOUT_JOB, prefix], |row| row.get::<_, String>(0))?
                .collect::<Result<Vec<_>, _>>()
        };
        let texts = read().map_err(|error| port_error("list executions", error))?;
        Ok(texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect())
    }
}

/// An execution, computed from the description of its job. It was due at the full hour.
fn summary(schedule: &str, job: &Value) -> Value {
    const HOUR: i64 = 3_600_000;
    let text = |field: &str| job.get(field).and_then(Value::as_str).unwrap_or_default();
    let found = text("ExitMessage").starts_with("CompletedWithViolations");
    let status = match text("ProcessingJobStatus") {
        "Completed" if found => "CompletedWithViolations",
        other => other,
    };
    let created = job.get("CreationTime").and_then(Timestamp::from_json).map_or(0, Timestamp::millis);
    let due = Timestamp::from_millis(created.div_euclid(HOUR) * HOUR);
    let mut summary = Map::from_iter([
        ("MonitoringScheduleName".to_owned(), json!(schedule)),
        ("ScheduledTime".to_owned(), seconds(due)),
        ("MonitoringExecutionStatus".to_owned(), json!(status)),
    ]);
    for (field, from) in [
        ("CreationTime", "CreationTime"),
        ("LastModifiedTime", "LastModifiedTime"),
        ("ProcessingJobArn", "ProcessingJobArn"),
        ("FailureReason", "FailureReason"),
    ] {
        summary.extend(job.get(from).map(|value| (field.to_owned(), value.clone())));
    }
    Value::Object(summary)
}
