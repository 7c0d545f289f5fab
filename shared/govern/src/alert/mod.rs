//! What monitoring found, and that it does not run: one alert that names the endpoint and everything behind it.
//!
//! Three things lead here: the event of a processing job that was an execution of a monitoring schedule, the event of a report
//! that was written, and the clock, which asks each schedule whether it ran. What a monitor found is told as
//! [`DRIFT_ALERT`], that it found nothing out as [`MONITORING_FAILED`]: whoever trains again after an alert must not do so because
//! a permission is missing.

mod behind;
mod cause;
mod compose;
mod due;
mod execution;
mod report;
mod retraining;
mod silence;
mod traffic;
mod violations;
mod watch;
mod window;
mod wrong;

use sagewarden_events::{
    ClockTicked, ObjectCreated, Resource, ResourceChanged, ResourceKind, Status, Timestamp,
};
use sagewarden_lineage::id::NodeId;
use sagewarden_monitor::WindowReport;
use sagewarden_settings::DriftSettings;

use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::Account;
use crate::record::RecordLineage;
use crate::record::deployment::deployment_at;
use crate::world::World;
use execution::{Execution, outputs};
use report::{Reading, place_of};
use silence::Silence;
use violations::{Found, Observed};
use wrong::Wrong;

/// The role of the edge from an endpoint to what was observed on it.
pub(crate) const OBSERVED_ON: &str = "observed-on";
/// The `detail-type` of drift alerts.
pub const DRIFT_ALERT: &str = "Sagewarden Drift Alert";
/// The `detail-type` of monitors that do not work.
pub const MONITORING_FAILED: &str = "Sagewarden Monitoring Failed";
/// The `detail-type` for whoever trains models.
pub const RETRAINING_SUGGESTED: &str = "Sagewarden Retraining Suggested";

/// How long a report that should be there is waited for: less than the queue keeps trying (five times, six minutes apart).
const PATIENCE_MS: i64 = 15 * 60_000;

/// The use case with the ports it needs.
#[derive(Clone, Copy, Debug)]
pub struct AlertDrift<'a, W> {
    /// Where jobs, schedules, reports and the table are.
    pub world: &'a W,
}

impl<W: World> AlertDrift<'_, W> {
    /// What is told when.
    fn settings(&self) -> &DriftSettings {
        &self.world.settings().drift
    }

    /// Records an endpoint or a job whose own events are late. `record-lineage` alone may write commits back.
    fn recorder(&self) -> RecordLineage<'_, W> {
        RecordLineage { world: self.world, writes_back: false }
    }

    /// A processing job changed its state: alerts when it was a monitoring execution that found violations, failed or was
    /// stopped.
    ///
    /// # Errors
    /// Rejects reports that cannot be read; retries when a service does not answer.
    pub async fn on_job(&self, change: &ResourceChanged, moment: &Moment) -> Outcome {
        let job = &change.resource;
        if job.kind != ResourceKind::ProcessingJob {
            return Ok(Done::Nothing(format!("{job} is no monitoring execution")));
        }
        let Some(description) = self.world.account().describe(job).await? else {
            return Err(Failure::Reject(format!(
                "{job} does not exist (any more): its report cannot be found"
            )));
        };
        match self.execution(job, &description.document).await? {
            Some(execution) => self.ended(&execution, moment).await,
            None => Ok(Done::Nothing(format!("{job} is no ended monitoring execution"))),
        }
    }

    /// A report was written: by Sagewarden's own evaluation of a window, or by an execution whose own event may be lost. The
    /// schedule in the report's key leads to its newest execution.
    ///
    /// # Errors
    /// Retries while the execution is still running.
    pub async fn on_report(&self, object: &ObjectCreated, moment: &Moment) -> Outcome {
        let Some(place) = place_of(object) else {
            return Ok(Done::Nothing(format!("`{}` is no monitoring report", object.key)));
        };
        if place.schedule == WindowReport::SCHEDULE {
            return if place.is_evaluation {
                self.on_evaluation(object, &place, moment).await
            } else {
                self.on_window(object, &place, moment).await
            };
        }
        if place.is_evaluation {
            return Ok(Done::Nothing(format!("`{}` is no evaluation of a window", object.key)));
        }
        let (account, region) = (&object.account, &object.region);
        let schedule =
            Resource::in_region(ResourceKind::MonitoringSchedule, account, region, &place.schedule);
        let described = self.world.account().describe(&schedule).await?;
        let newest = described.and_then(|description| {
            let summary = description.document.get("LastMonitoringExecutionSummary")?;
            Resource::parse_arn(summary.get("ProcessingJobArn")?.as_str()?).ok()
        });
        let Some(job) = newest else {
            return Ok(Done::Nothing(format!("{schedule} has no execution: the report is none of ours")));
        };
        let Some(description) = self.world.account().describe(&job).await? else {
            return Err(Failure::Reject(format!("{job} does not exist (any more)")));
        };
        let outputs = outputs(&description.document);
        let is_its_own = |key: &str| key.trim_end_matches('/') == place.folder.trim_end_matches('/');
        if !outputs.iter().any(|at| at.bucket == object.bucket && is_its_own(&at.key)) {
            return Ok(Done::Nothing(format!("the report is not of the newest execution of {schedule}")));
        }
        match self.execution(&job, &description.document).await? {
            Some(execution) => self.ended(&execution, moment).await,
            None => Err(Failure::not_yet(format!("read the report of {job}"), "the execution has not ended")),
        }
    }

    /// The clock ticked: did every schedule run, and does the traffic of every endpoint arrive?
    ///
    /// # Errors
    /// When a service does not answer: the rest is asked all the same, and the tick comes again.
    pub async fn on_clock(&self, tick: &ClockTicked, moment: &Moment) -> Outcome {
        let schedules = self.watch_schedules(tick, moment).await;
        let traffic = self.watch_traffic(tick, moment).await;
        Ok(traffic?.and(schedules?))
    }

    /// What an execution that has ended comes to.
    async fn ended(&self, execution: &Execution, moment: &Moment) -> Outcome {
        let reason = execution.failure_reason.clone().or_else(|| execution.exit_message.clone());
        match execution.status {
            Status::Failed => {
                let wrong = Wrong::ExecutionFailed { reason };
                self.tell_silence(&Silence::of_execution(execution, wrong), moment).await
            }
            Status::Stopped => {
                let wrong = Wrong::ExecutionStopped { reason };
                self.tell_silence(&Silence::of_execution(execution, wrong), moment).await
            }
            _ => self.completed(execution, moment).await,
        }
    }

    async fn completed(&self, execution: &Execution, moment: &Moment) -> Outcome {
        let job = &execution.job;
        let (report, bytes) = match self.report_of(execution).await? {
            Reading::Found { report, bytes } => (report, bytes),
            Reading::Nothing => return Ok(Done::Nothing(format!("{job} completed without violations"))),
            Reading::Missing { place } => {
                let waited = moment.now.millis() - execution.ended_at.millis();
                if waited < PATIENCE_MS {
                    let message = "the execution found violations, but its report is not there";
                    return Err(Failure::not_yet(format!("read the report of {job}"), message));
                }
                let wrong = Wrong::ReportMissing { place };
                return self.tell_silence(&Silence::of_execution(execution, wrong), moment).await;
            }
            Reading::Denied { place, error } => {
                let wrong = Wrong::ReportDenied { place };
                self.tell_silence(&Silence::of_execution(execution, wrong), moment).await?;
                // Told, and tried again: once somebody has granted the permission, the report is read after all.
                return Err(Failure::Retry(error));
            }
        };
        let found = Found::of_execution(report, &bytes)?;
        let observed = Observed::Execution(execution);
        self.tell_violations(&observed, &found, moment).await
    }

    /// The endpoint's own events may be late, so it is looked at before the question what ran. One that is gone leaves what is known of
    /// it.
    async fn record_now(&self, endpoint: &Resource, moment: &Moment) -> Result<(), Failure> {
        match self.recorder().record_endpoint_now(endpoint, moment.now).await {
            Ok(_) | Err(Failure::Reject(_)) => Ok(()),
            Err(retry) => Err(retry),
        }
    }

    /// What ran when a monitor looked.
    async fn deployment(
        &self,
        endpoint: &Resource,
        at: Timestamp,
        moment: &Moment,
    ) -> Result<Option<NodeId>, Failure> {
        self.record_now(endpoint, moment).await?;
        Ok(deployment_at(self.world.table(), &NodeId::endpoint(endpoint), at).await?)
    }
}
