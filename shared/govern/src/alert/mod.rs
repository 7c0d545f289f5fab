//! Monitoring found violations, or does not run: one alert names the endpoint and everything behind it.
//!
//! Three triggers lead here. A processing job that was an execution of a monitoring schedule has ended ([`AlertDrift::on_job`]). A report
//! was written, by such an execution or by `detect-drift` about a window of captured traffic ([`AlertDrift::on_report`]). A tick of the
//! clock checks whether each schedule ran and whether captured traffic still arrives ([`AlertDrift::on_clock`]).
//!
//! A violation is published as `Sagewarden Drift Alert`, a monitor that could not judge as `Sagewarden Monitoring Failed`. They are two
//! events because nobody should retrain a model over a missing permission.

mod behind;
mod believed;
mod cause;
mod chain_words;
mod changed;
mod commands;
mod drift;
pub(crate) mod drift_notice;
mod due;
mod ended;
mod evaluated;
mod execution;
mod found;
mod importances;
mod publish_silence;
mod record_found;
mod record_reasons;
mod recording;
mod refused;
mod report;
pub(crate) mod retraining;
mod revisions;
pub(crate) mod rewritten;
pub(crate) mod silence;
mod since;
mod traffic;
mod watch;
mod windows;
mod wrong;

use sagewarden_events::{
    ClockTicked, ObjectCreated, Resource, ResourceChanged, ResourceKind, WatchScope, Watched,
};
use sagewarden_lineage::s3::S3Location;

use self::ended::ended;
use self::execution::{Execution, outputs};
use crate::detect::baseline_place::explained_job;
use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Account, Monitor};
use crate::report_place::{ReportFile, ReportPlace};
use crate::world::World;

/// The use case with the ports it needs.
#[derive(Clone, Copy, Debug)]
pub struct AlertDrift<'a, W> {
    /// Where jobs, schedules, reports and the table are.
    pub world: &'a W,
}

impl<W: World> AlertDrift<'_, W> {
    /// A processing job changed its state. Alerts if the job was a monitoring execution that found violations, failed
    /// or was stopped.
    ///
    /// # Errors
    /// Rejects reports that cannot be read; retries when a service does not answer.
    pub async fn on_job(&self, change: &ResourceChanged, moment: &Moment) -> Outcome {
        let (account, job) = (self.world.account(), &change.resource);
        if job.kind != ResourceKind::ProcessingJob {
            return Ok(Done::Nothing(format!("{job} is not a monitoring execution")));
        }
        let Some(description) = account.describe(job).await? else {
            return Err(Failure::Reject(format!("{job} was not found: its report cannot be found")));
        };
        match Execution::read(account, job, &description.document).await? {
            Some(execution) => ended(self.world, &execution, moment).await,
            None => Ok(Done::Nothing(format!("{job} is not a monitoring execution that has ended"))),
        }
    }

    /// A report was written: by Sagewarden's own evaluation of a window, or by an execution whose own event may be lost.
    /// Or the reasons of a new model were written beside the baseline of its training data.
    ///
    /// Only the event of the evaluation counts for a judged window. The files beside it are named like Model
    /// Monitor's own, so the rule in the template cannot exclude them; their events lead to nothing.
    ///
    /// # Errors
    /// Rejects reports that cannot be used; retries while the execution is still running.
    pub async fn on_report(&self, object: &ObjectCreated, moment: &Moment) -> Outcome {
        let own = S3Location { bucket: object.bucket.clone(), key: object.key.clone() };
        if let Some(job) = explained_job(self.world.evidence_bucket(), &own) {
            return record_reasons::record_training(self.world, &job, &own, moment).await;
        }
        let Some(place) = ReportPlace::parse(&object.key) else {
            return Ok(Done::Nothing(format!("`{}` is not a monitoring report", object.key)));
        };
        match (Monitor::named(&place.schedule).is_some(), place.file) {
            (true, ReportFile::Evaluation) => {
                windows::on_evaluation(self.world, object, &place, moment).await
            }
            (true, ReportFile::Violations) => {
                Ok(Done::Nothing(format!("`{}` lies beside the evaluation of its window", object.key)))
            }
            (false, ReportFile::Evaluation) => {
                Ok(Done::Nothing(format!("`{}` is not an evaluation of a window", object.key)))
            }
            (false, ReportFile::Violations) => self.on_execution_report(object, &place, moment).await,
        }
    }

    /// The schedule in the report's key leads to its newest execution.
    async fn on_execution_report(
        &self,
        object: &ObjectCreated,
        place: &ReportPlace,
        moment: &Moment,
    ) -> Outcome {
        let account = self.world.account();
        let schedule = Resource::in_region(
            ResourceKind::MonitoringSchedule,
            &object.account,
            &object.region,
            &place.schedule,
        );
        let described = account.describe(&schedule).await?;
        let newest = described.and_then(|description| {
            let summary = description.document.get("LastMonitoringExecutionSummary")?;
            Resource::parse_arn(summary.get("ProcessingJobArn")?.as_str()?).ok()
        });
        let Some(job) = newest else {
            return Ok(Done::Nothing(format!(
                "{schedule} has no execution: the report does not concern Sagewarden"
            )));
        };
        let Some(description) = account.describe(&job).await? else {
            return Err(Failure::Reject(format!("{job} was not found")));
        };
        let outputs = outputs(&description.document);
        let is_its_own = |key: &str| key.trim_end_matches('/') == place.folder.trim_end_matches('/');
        if !outputs.iter().any(|at| at.bucket == object.bucket && is_its_own(&at.key)) {
            return Ok(Done::Nothing(format!("the report is not of the newest execution of {schedule}")));
        }
        match Execution::read(account, &job, &description.document).await? {
            Some(execution) => ended(self.world, &execution, moment).await,
            None => Err(Failure::not_yet(format!("read the report of {job}"), "the execution has not ended")),
        }
    }

    /// The clock ticked, or this is a part of its work: did every schedule run, and does the traffic of every
    /// endpoint arrive?
    ///
    /// # Errors
    /// When a service does not answer: the other checks still run, and the record is retried.
    pub async fn on_clock(&self, tick: &ClockTicked, moment: &Moment) -> Outcome {
        let world = self.world;
        match tick.part.as_ref().map(|part| (part.watched, part.scope.clone())) {
            None => {
                let schedules = watch::watch_schedules(world, tick, None, moment).await;
                let traffic = traffic::watch_traffic(world, tick, None, moment).await;
                Ok(traffic?.and(schedules?))
            }
            Some((Watched::Schedules, WatchScope::From(from))) => {
                watch::watch_schedules(world, tick, Some(from), moment).await
            }
            Some((Watched::Schedules, WatchScope::These(names))) => {
                watch::watch_these_schedules(world, tick, &names, moment).await
            }
            Some((Watched::Endpoints, WatchScope::From(from))) => {
                traffic::watch_traffic(world, tick, Some(from), moment).await
            }
            Some((Watched::Endpoints, WatchScope::These(names))) => {
                traffic::watch_traffic_of(world, tick, &names, moment).await
            }
            Some((Watched::Windows | Watched::Labels, _)) => {
                Ok(Done::Nothing("detect-drift closes windows, and measures predictions".to_owned()))
            }
            Some((Watched::Account, _)) => {
                Ok(Done::Nothing("reconcile looks through the account".to_owned()))
            }
        }
    }
}
