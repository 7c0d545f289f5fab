//! A monitoring execution has ended: its result is read and handed on.

use sagewarden_events::Status;
use sagewarden_lineage::s3::S3Location;

use super::drift;
use super::execution::Execution;
use super::found::{Found, Observed};
use super::publish_silence::publish_silence;
use super::refused::refuse_once;
use super::report::{ReportReading, read_report};
use super::silence::Silence;
use super::wrong::Wrong;
use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::world::World;

/// How long to wait for a report that should be there: less than the queue keeps trying (five times, six minutes
/// apart).
const PATIENCE_MS: i64 = 15 * 60_000;

/// An execution that failed or was stopped is published as silence; the report of one that completed is read.
///
/// # Errors
/// Rejects reports that cannot be used; retries if a report is missing or denied, or a service does not answer.
pub(super) async fn ended(world: &impl World, execution: &Execution, moment: &Moment) -> Outcome {
    let reason = execution.failure_reason.clone().or_else(|| execution.exit_message.clone());
    let wrong = match execution.status {
        Status::Failed => Wrong::ExecutionFailed { reason },
        Status::Stopped => Wrong::ExecutionStopped { reason },
        _ => return completed(world, execution, moment).await,
    };
    publish_silence(world, &Silence::of_execution(execution, wrong), moment).await
}

async fn completed(world: &impl World, execution: &Execution, moment: &Moment) -> Outcome {
    let job = &execution.job;
    let (report, bytes) = match read_report(world.objects(), execution).await? {
        ReportReading::Found { report, bytes } => (report, bytes),
        ReportReading::Nothing => {
            return Ok(Done::Nothing(format!("{job} completed without violations")));
        }
        ReportReading::Missing { place } => return missing(world, execution, place, moment).await,
        ReportReading::Denied { place, error } => {
            let silence = Silence::of_execution(execution, Wrong::ReportDenied { place });
            publish_silence(world, &silence, moment).await?;
            // Published, and tried again: once somebody has granted the permission, the report can be read.
            return Err(Failure::Retry(error));
        }
    };
    let found = match Found::of_execution(&report, &bytes) {
        Ok(found) => found,
        Err(reason) => return refuse_once(world, &report, &reason, moment).await,
    };
    let observed = Observed::Execution(execution);
    // The job itself says that it found violations. So a report without them, which somebody wrote over, counts as
    // missing.
    if found.violations.is_empty()
        && execution.found_violations()
        && !drift::is_recorded(world, &observed).await?
    {
        return missing(world, execution, report, moment).await;
    }
    drift::alert(world, &observed, &found, moment).await
}

/// The execution found violations, and its report does not say which.
async fn missing(world: &impl World, execution: &Execution, place: S3Location, moment: &Moment) -> Outcome {
    if moment.now.millis() - execution.ended_at.millis() < PATIENCE_MS {
        let message = "the execution found violations, but its report is missing";
        return Err(Failure::not_yet(format!("read the report of {}", execution.job), message));
    }
    let silence = Silence::of_execution(execution, Wrong::ReportMissing { place });
    publish_silence(world, &silence, moment).await
}
