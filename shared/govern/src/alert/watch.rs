//! The clock's question: did every schedule run? An execution that failed before it had a job, or never started, has
//! no event of its own.

use sagewarden_events::{ClockTicked, Resource, ResourceKind, Status, Timestamp, Watched};
use serde_json::Value as Json;

use super::due::Rhythm;
use super::ended::ended;
use super::execution::Execution;
use super::publish_silence::publish_silence;
use super::silence::Silence;
use super::wrong::Wrong;
use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::parts::{Cut, NamePage, Parts};
use crate::ports::Account;
use crate::world::World;

/// How many schedules a record checks: it describes each, lists its executions, and records and publishes any fault.
const IN_A_PART: usize = 25;

/// A schedule, as the list and its description have it.
struct WatchedSchedule {
    schedule: Resource,
    endpoint: Resource,
    monitoring_type: Option<String>,
    document: Json,
}

impl WatchedSchedule {
    fn silence(&self, at: Timestamp, wrong: Wrong) -> Silence {
        Silence {
            endpoint: self.endpoint.clone(),
            schedule: self.schedule.clone(),
            monitoring_type: self.monitoring_type.clone(),
            execution: None,
            at,
            wrong,
        }
    }

    fn text(&self, pointer: &str) -> Option<&str> {
        self.document.pointer(pointer).and_then(Json::as_str)
    }

    fn time(&self, field: &str) -> Option<Timestamp> {
        self.document.get(field).and_then(Timestamp::from_json)
    }
}

/// Checks whether every schedule of an endpoint ran when it should have. If there are many, hands them on in parts.
///
/// # Errors
/// When a service does not answer: the record is retried.
pub(super) async fn watch_schedules(
    world: &impl World,
    tick: &ClockTicked,
    from: Option<String>,
    moment: &Moment,
) -> Outcome {
    let parts = Parts { tick: tick.time, watched: Watched::Schedules, size: IN_A_PART };
    let page = async |from: Option<String>| {
        let page = world.account().schedules(from.as_deref()).await?;
        let name = |summary: &Json| Some(summary.get("MonitoringScheduleName")?.as_str()?.to_owned());
        Ok(NamePage { names: page.summaries.iter().filter_map(name).collect(), next: page.next })
    };
    match parts.cut(world.bus(), from, page).await? {
        Cut::Here(names) => watch_these_schedules(world, tick, &names, moment).await,
        Cut::HandedOn(done) => Ok(done),
    }
}

/// Checks these schedules. Alerts if one did not run, or is itself stopped or failed. An error with one schedule does
/// not hide the others.
///
/// # Errors
/// When a service does not answer: the other schedules are still checked, and the record is retried.
pub(super) async fn watch_these_schedules(
    world: &impl World,
    tick: &ClockTicked,
    names: &[String],
    moment: &Moment,
) -> Outcome {
    let (mut asked, mut published, mut failed) = (0_usize, Vec::new(), None);
    let (account, region) = (&tick.account, &tick.region);
    let of = |name: &String| Resource::in_region(ResourceKind::MonitoringSchedule, account, region, name);
    let schedules: Vec<Resource> = names.iter().map(of).collect();
    // One after the other: alerts about one endpoint in one quiet period wait for each other.
    for schedule in &schedules {
        match watch(world, schedule, tick.time, moment).await {
            Ok(found) => {
                asked += 1;
                published.extend(found);
            }
            Err(failure) => {
                failed.get_or_insert(failure);
            }
        }
    }
    match failed {
        Some(failure) => Err(failure),
        None if published.is_empty() => {
            Ok(Done::Nothing(format!("{asked} monitoring schedules ran as they should")))
        }
        None => Ok(Done::Acted(published.join("; "))),
    }
}

/// The fault of one schedule, in words. Publishes a new one.
async fn watch(
    world: &impl World,
    schedule: &Resource,
    now: Timestamp,
    moment: &Moment,
) -> Result<Vec<String>, Failure> {
    // The schedule was deleted since it was listed.
    let Some(described) = world.account().describe(schedule).await? else { return Ok(Vec::new()) };
    let document = described.document;
    let text = |field: &str| document.get(field).and_then(Json::as_str).map(str::to_owned);
    // A schedule without an endpoint monitors batch transforms.
    let Some(endpoint) = text("EndpointName") else { return Ok(Vec::new()) };
    let watched = WatchedSchedule {
        schedule: schedule.clone(),
        endpoint: schedule.sibling(ResourceKind::Endpoint, endpoint),
        monitoring_type: text("MonitoringType"),
        document,
    };
    let mut outcomes = Vec::new();
    let changed = watched.time("LastModifiedTime").or_else(|| watched.time("CreationTime"));
    match (watched.text("/MonitoringScheduleStatus"), changed) {
        (Some("Failed"), Some(at)) => {
            let reason = watched.text("/FailureReason").map(str::to_owned);
            let silence = watched.silence(at, Wrong::ScheduleFailed { reason });
            outcomes.push(publish_silence(world, &silence, moment).await?);
        }
        (Some("Stopped"), Some(at)) => {
            outcomes
                .push(publish_silence(world, &watched.silence(at, Wrong::ScheduleStopped), moment).await?);
        }
        (Some("Scheduled"), _) => outcomes = watch_executions(world, &watched, now, moment).await?,
        _ => {}
    }
    Ok(outcomes
        .iter()
        .filter(|done| matches!(done, Done::Acted(_)))
        .map(|done| done.text().to_owned())
        .collect())
}

async fn watch_executions(
    world: &impl World,
    watched: &WatchedSchedule,
    now: Timestamp,
    moment: &Moment,
) -> Result<Vec<Done>, Failure> {
    let Some(created) = watched.time("CreationTime") else { return Ok(Vec::new()) };
    let expression = watched.text("/MonitoringScheduleConfig/ScheduleConfig/ScheduleExpression");
    let slots = Rhythm::of(expression).due(created, now, world.settings().drift.execution_grace_minutes);
    let Some(since) = slots.iter().map(|slot| slot.from).min() else { return Ok(Vec::new()) };
    let answer = world.account().executions_of(&watched.schedule, since).await?;
    let executions = answer.get("MonitoringExecutionSummaries").and_then(Json::as_array);
    let executions: Vec<&Json> = executions.into_iter().flatten().collect();
    let mut outcomes = Vec::new();
    for slot in slots {
        let ran = executions.iter().filter_map(|execution| due_at(execution)).any(|at| slot.holds(at));
        if !ran {
            let silence = watched.silence(slot.from, Wrong::ExecutionMissing);
            outcomes.push(publish_silence(world, &silence, moment).await?);
        }
    }
    for execution in executions {
        outcomes.extend(watch_execution(world, watched, execution, moment).await?);
    }
    Ok(outcomes)
}

/// An execution failed or was stopped. If it had a job, this acts as if the job's event had arrived.
async fn watch_execution(
    world: &impl World,
    watched: &WatchedSchedule,
    execution: &Json,
    moment: &Moment,
) -> Result<Option<Done>, Failure> {
    let text = |field: &str| execution.get(field).and_then(Json::as_str);
    let status = text("MonitoringExecutionStatus").map(Status::parse);
    let reason = text("FailureReason").map(str::to_owned);
    let wrong = match status {
        Some(Status::Failed) => Wrong::ExecutionFailed { reason },
        Some(Status::Stopped) => Wrong::ExecutionStopped { reason },
        _ => return Ok(None),
    };
    if let Some(job) = text("ProcessingJobArn").and_then(|arn| Resource::parse_arn(arn).ok())
        && let Some(description) = world.account().describe(&job).await?
        && let Some(execution) = Execution::read(world.account(), &job, &description.document).await?
    {
        return ended(world, &execution, moment).await.map(Some);
    }
    let Some(at) = due_at(execution) else { return Ok(None) };
    publish_silence(world, &watched.silence(at, wrong), moment).await.map(Some)
}

/// When an execution was due.
fn due_at(execution: &Json) -> Option<Timestamp> {
    let time = |field: &str| execution.get(field).and_then(Timestamp::from_json);
    time("ScheduledTime").or_else(|| time("CreationTime"))
}
