//! A monitor does not work: it failed, was stopped, did not run, or its report may not be read. Silence is not
//! health.

use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_lineage::id::NodeId;
use sagewarden_monitor::CaptureWindow;
use serde_json::json;

use super::cause::Cause;
use super::evaluated::EvaluatedWindow;
use super::execution::Execution;
use super::wrong::Wrong;
use crate::ports::{Monitor, Notice};

/// The `detail-type` of monitors that do not work.
pub const MONITORING_FAILED: &str = "Sagewarden Monitoring Failed";

/// A monitor that did not judge its endpoint's traffic.
pub(super) struct Silence {
    pub(super) endpoint: Resource,
    pub(super) schedule: Resource,
    pub(super) monitoring_type: Option<String>,
    /// The execution, if there was one: its job, and when the job was created.
    pub(super) execution: Option<(Resource, Timestamp)>,
    /// When it ended, or should have begun.
    pub(super) at: Timestamp,
    pub(super) wrong: Wrong,
}

impl Silence {
    pub(super) fn of_execution(execution: &Execution, wrong: Wrong) -> Self {
        Self {
            endpoint: execution.endpoint.clone(),
            schedule: execution.schedule.clone(),
            monitoring_type: execution.monitoring_type.clone(),
            execution: Some((execution.job.clone(), execution.created_at)),
            at: execution.ended_at,
            wrong,
        }
    }

    /// For Sagewarden's own monitoring, in place of a schedule of Model Monitor.
    pub(super) fn of_own(monitor: Monitor, endpoint: &Resource, at: Timestamp, wrong: Wrong) -> Self {
        Self {
            schedule: endpoint.sibling(ResourceKind::MonitoringSchedule, monitor.schedule()),
            endpoint: endpoint.clone(),
            monitoring_type: Some(monitor.monitoring_type().to_owned()),
            execution: None,
            at,
            wrong,
        }
    }

    /// The ARN of the schedule; Sagewarden's own monitoring has none.
    fn schedule_arn(&self) -> Option<String> {
        Monitor::named(&self.schedule.name).is_none().then(|| self.schedule.arn())
    }

    /// The fault, with the variant that the traffic belongs to: each has a node of its own.
    fn what(&self) -> String {
        let word = self.wrong.word();
        self.wrong
            .window()
            .map_or_else(|| word.to_owned(), |window| format!("{word}/{}", window.report.variant))
    }

    /// For unreadable traffic, each variant and each kind of damage is a cause of its own.
    pub(super) fn causes(&self) -> Vec<Cause> {
        let (schedule, word) = (&self.schedule.name, self.wrong.word());
        let cause =
            |subject: String, check: String| Cause { subject, check, severity: self.wrong.severity() };
        match (self.wrong.window(), self.wrong.unreadable()) {
            (None, _) => vec![cause(schedule.clone(), word.to_owned())],
            (Some(window), None) => {
                vec![cause(format!("{schedule}/{}", window.report.variant), word.to_owned())]
            }
            (_, Some(window)) => {
                let variant = &window.report.variant;
                let kinds = window.unreadable_kinds().into_iter();
                kinds.map(|kind| cause(format!("{schedule}/{variant}"), format!("{word}/{kind}"))).collect()
            }
        }
    }

    pub(super) fn node(&self) -> NodeId {
        match &self.execution {
            Some((job, created_at)) => NodeId::violation(job, *created_at),
            None => NodeId::silence(&self.schedule, &self.endpoint, &self.what(), self.at),
        }
    }

    pub(super) fn name(&self) -> String {
        match (&self.execution, self.wrong.window()) {
            (Some((job, _)), _) => job.name.clone(),
            (None, Some(window)) => {
                let report = &window.report;
                format!("{}/{}/{}", report.endpoint, report.variant, report.window.start)
            }
            (None, None) => format!("{}/{}", self.schedule.name, self.at),
        }
    }

    /// The fault, in a sentence.
    pub(super) fn summary(&self) -> String {
        let (schedule, endpoint, at) = (&self.schedule.name, &self.endpoint.name, self.at);
        let run = self.execution.as_ref().map_or_else(
            || format!("the execution of schedule {schedule} that was due at {at}"),
            |(job, _)| format!("monitoring execution {} of schedule {schedule}", job.name),
        );
        let because = self.wrong.reason().map(|reason| format!(": {reason}")).unwrap_or_default();
        let what = match &self.wrong {
            Wrong::ExecutionFailed { .. } => format!("{run} failed{because}"),
            Wrong::ExecutionStopped { .. } => format!("{run} was stopped{because}"),
            Wrong::ExecutionMissing => format!("{run} did not run"),
            Wrong::ScheduleFailed { .. } => format!("monitoring schedule {schedule} failed{because}"),
            Wrong::ScheduleStopped => format!("monitoring schedule {schedule} has been stopped since {at}"),
            Wrong::ReportMissing { place } => {
                format!("{run} found violations, but its report {place} is missing, or names none")
            }
            Wrong::ReportDenied { place } => match self.schedule_arn() {
                Some(_) => format!("the report {place} of {run} may not be read"),
                None => format!("the evaluation {place} of its traffic until {at} may not be read"),
            },
            Wrong::TrafficUnreadable(window) => window.unreadable_summary(),
            Wrong::Unmeasured(window) => {
                let CaptureWindow { start, end, .. } = window.report.window;
                let what = match window.monitor {
                    Monitor::ModelExplainability => "the attribution of its model",
                    Monitor::ModelBias => "the groups in its predictions",
                    Monitor::DataQuality | Monitor::ModelQuality => "its predictions",
                };
                format!("{what} from {start} to {end} cannot be judged{because}")
            }
            Wrong::TrafficMissing { .. } => {
                format!("it captures its traffic, but none has arrived since {at}")
            }
            Wrong::TrafficUnheard { file } => {
                format!(
                    "captured files such as {file} are in S3, but S3 has sent no event about them since {at}"
                )
            }
        };
        let is_part = self.wrong.unreadable().is_some_and(EvaluatedWindow::is_mostly_readable);
        let how = if is_part { "only partly watched" } else { "not watched" };
        format!("endpoint {endpoint} is {how}: {what}")
    }

    /// The advice.
    fn advice(&self) -> String {
        let schedule = &self.schedule.name;
        match &self.wrong {
            Wrong::ExecutionFailed { reason } if says_no_data(reason.as_deref()) => format!(
                "no requests were captured in that time: look at the traffic of {} and at its data capture",
                self.endpoint.name
            ),
            Wrong::ExecutionFailed { .. } => {
                "read the job's log in /aws/sagemaker/ProcessingJobs and fix the cause; the next execution starts by itself"
                    .to_owned()
            }
            Wrong::ExecutionStopped { .. } => format!(
                "ask who stopped it, or give the job more time (StoppingCondition of schedule {schedule})"
            ),
            Wrong::ExecutionMissing => {
                format!("look at schedule {schedule} (DescribeMonitoringSchedule); stop and start it if it hangs")
            }
            Wrong::ScheduleFailed { .. } => format!("fix the cause, then update schedule {schedule}"),
            Wrong::ScheduleStopped => format!(
                "start schedule {schedule} again (StartMonitoringSchedule), or delete it if nobody needs to watch the endpoint"
            ),
            Wrong::ReportMissing { place } => format!(
                "find out who deleted, moved or overwrote s3://{}/{}; the job's log has its content",
                place.bucket, place.key
            ),
            Wrong::ReportDenied { place } => format!(
                "grant the role of alert-drift s3:GetObject on arn:aws:s3:::{}/{} (and s3:ListBucket on arn:aws:s3:::{}, \
                 kms:Decrypt on its key) in the bucket's policy; then redrive the dead-letter queue",
                place.bucket, place.key, place.bucket
            ),
            Wrong::TrafficUnreadable(window) => window.unreadable_advice(),
            Wrong::Unmeasured(window) => unmeasured_advice(window),
            Wrong::TrafficMissing { place } => format!(
                "check whether anybody calls {}. If so, check that its role may write to {place}, and that the stack parameter DataBuckets includes that bucket. In the settings, `silent_after_hours` sets the delay of this notice, and `watch` the endpoints",
                self.endpoint.name
            ),
            Wrong::TrafficUnheard { .. } => {
                "switch on notifications to EventBridge for the bucket; if they are on, look for rejected records in the stack's bucket (rejected/detect-drift/) and in the dead-letter queue of detect-drift"
                    .to_owned()
            }
        }
    }

    /// The event; `deployment` is the deployment that was in force.
    pub(super) fn notice(&self, deployment: Option<&NodeId>) -> Notice {
        let Self { endpoint, schedule, wrong, .. } = self;
        let execution = self
            .execution
            .as_ref()
            .map(|(job, created_at)| json!({ "name": job.name, "arn": job.arn(), "created_at": created_at }));
        let detail = json!({
            "text": self.summary(),
            "about": endpoint.arn(),
            "advice": self.advice(),
            "cause": wrong.word(),
            "reason": wrong.reason(),
            "severity": wrong.severity(),
            "endpoint": { "name": endpoint.name, "arn": endpoint.arn() },
            "schedule": { "name": schedule.name, "arn": self.schedule_arn() },
            "monitoring_type": self.monitoring_type,
            "execution": execution,
            "at": self.at,
            "report": wrong.place(),
            "unreadable": wrong.unreadable().map(EvaluatedWindow::unreadable_listed),
            "deployment": deployment.map(ToString::to_string),
        });
        let mut resources = vec![endpoint.arn()];
        resources.extend(self.schedule_arn());
        resources.extend(self.execution.iter().map(|(job, _)| job.arn()));
        Notice::new(MONITORING_FAILED, resources, detail)
    }
}

fn unmeasured_advice(window: &EvaluatedWindow) -> String {
    if window.reasons().is_some() {
        return "fix the cause: the role of detect-drift must be able to read the model's artifact, and requests must have the columns that the model was trained with. To switch explanations off, set `watch = false` under `attribution` in `[[drift.detect.endpoints]]`"
            .to_owned();
    }
    let place =
        window.report.labelled.as_ref().map(|labelled| labelled.ground_truth.as_str()).unwrap_or_default();
    if window.is_without_labels() {
        format!(
            "check that labels are still written below {place}, and that their `eventId` is the inference id of the call or, without one, its event id. In the settings, `ground_truth_delay_hours` under `quality` says how late they may come"
        )
    } else {
        "fix the cause: `quality` under `[[drift.detect.endpoints]]` names the problem, the prediction and the baseline. `sagewarden baseline --problem` makes a baseline from labelled predictions"
            .to_owned()
    }
}

/// Model Monitor's reason if nothing was captured: "Job inputs had no data".
fn says_no_data(reason: Option<&str>) -> bool {
    reason.is_some_and(|reason| reason.to_lowercase().contains("no data"))
}
