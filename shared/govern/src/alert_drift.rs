//! A monitoring execution found violations: one alert that names the endpoint and everything behind it.

use sagewarden_drift::{Severity, Violation, Violations};
use sagewarden_events::{ObjectCreated, Resource, ResourceChanged, ResourceKind, Status, Timestamp};
use sagewarden_lineage::chain::Chain;
use sagewarden_lineage::edge::{InEdge, Relation};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::record::Record;
use sagewarden_lineage::s3::S3Location;
use sagewarden_lineage::table::{Attributes, Value};
use sagewarden_lineage::walk::Limits;
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::closure::upstream;
use crate::once::{Moment, publish_once};
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Account, Bus, Notice, Objects, PortError, SourceControl, Table};
use crate::record_deployment::deployment_at;
use crate::record_lineage::RecordLineage;

/// The role of the edge from an endpoint to what was observed on it.
pub(crate) const OBSERVED_ON: &str = "observed-on";
/// The `detail-type` of drift alerts.
pub const DRIFT_ALERT: &str = "Sagewarden Drift Alert";

/// The file's name in the container; AWS's table of outputs also spells it with an `s`.
const REPORT_NAMES: [&str; 2] = ["constraint_violations.json", "constraints_violations.json"];
/// A report names at most a few thousand features.
const MAX_REPORT: u64 = 8 * 1024 * 1024;
/// An event holds 256 KB; the report itself holds the rest.
const MAX_LISTED: usize = 100;
const MAX_DESCRIPTION: usize = 500;
const MAX_CHAIN: usize = 40;
/// What a container of somebody's own may add to a violation.
const MAX_OTHER: usize = 1_000;

/// The use case with the ports it needs.
#[derive(Clone, Copy, Debug)]
pub struct AlertDrift<'a, A, O, S, T, B> {
    /// Describes jobs and schedules, and records an endpoint whose events are late.
    pub recorder: RecordLineage<'a, A, O, S, T>,
    /// Takes the alert.
    pub bus: &'a B,
}

/// A monitoring execution that completed.
struct Execution {
    job: Resource,
    created_at: Timestamp,
    ended_at: Timestamp,
    exit_message: Option<String>,
    outputs: Vec<S3Location>,
    schedule: Resource,
    endpoint: Resource,
    monitoring_type: Option<String>,
}

/// The detail of a drift alert.
#[derive(Debug, Serialize)]
struct Alert<'a> {
    text: String,
    about: String,
    advice: String,
    severity: Severity,
    endpoint: Json,
    schedule: Json,
    monitoring_type: Option<&'a str>,
    execution: Json,
    report: String,
    violation_count: usize,
    violations: Vec<Violation>,
    deployment: Option<String>,
    chain: Chain,
}

impl<A: Account, O: Objects, S: SourceControl, T: Table, B: Bus> AlertDrift<'_, A, O, S, T, B> {
    /// A processing job changed its state: alerts when it was a monitoring execution that found violations.
    ///
    /// # Errors
    /// Rejects reports that cannot be read; retries when a service does not answer.
    pub async fn on_job(&self, change: &ResourceChanged, moment: &Moment) -> Outcome {
        let job = &change.resource;
        if job.kind != ResourceKind::ProcessingJob {
            return Ok(Done::Nothing(format!("{job} is no monitoring execution")));
        }
        let Some(description) = self.recorder.account.describe(job).await? else {
            return Err(Failure::Reject(format!(
                "{job} does not exist (any more): its report cannot be found"
            )));
        };
        match self.execution(job, &description.document).await? {
            Some(execution) => self.alert(&execution, moment).await,
            None => Ok(Done::Nothing(format!("{job} is no completed monitoring execution"))),
        }
    }

    /// A report was written: the second net for an execution whose own event is lost. The schedule in the report's key
    /// leads to its newest execution.
    ///
    /// # Errors
    /// Retries while the execution is still running.
    pub async fn on_report(&self, object: &ObjectCreated, moment: &Moment) -> Outcome {
        let Some(schedule) = schedule_of(object) else {
            return Ok(Done::Nothing(format!("`{}` is no monitoring report", object.key)));
        };
        let described = self.recorder.account.describe(&schedule).await?;
        let newest = described.and_then(|description| {
            let summary = description.document.get("LastMonitoringExecutionSummary")?;
            Resource::parse_arn(summary.get("ProcessingJobArn")?.as_str()?).ok()
        });
        let Some(job) = newest else {
            return Ok(Done::Nothing(format!("{schedule} has no execution: the report is none of ours")));
        };
        let Some(description) = self.recorder.account.describe(&job).await? else {
            return Err(Failure::Reject(format!("{job} does not exist (any more)")));
        };
        let folder = object.key.rsplit_once('/').map_or("", |(folder, _)| folder);
        let outputs = outputs(&description.document);
        if !outputs.iter().any(|at| at.bucket == object.bucket && at.key.trim_end_matches('/') == folder) {
            return Ok(Done::Nothing(format!("the report is not of the newest execution of {schedule}")));
        }
        match self.execution(&job, &description.document).await? {
            Some(execution) => self.alert(&execution, moment).await,
            None => {
                Err(Failure::not_yet(format!("read the report of {job}"), "the execution has not completed"))
            }
        }
    }

    /// Reads a job's description; `None` when it is no monitoring execution, or did not complete.
    async fn execution(&self, job: &Resource, document: &Json) -> Result<Option<Execution>, Failure> {
        let text = |key: &str| document.get(key).and_then(Json::as_str).filter(|text| !text.is_empty());
        let Some(schedule) = text("MonitoringScheduleArn") else { return Ok(None) };
        if text("ProcessingJobStatus").map(Status::parse) != Some(Status::Completed) {
            return Ok(None);
        }
        let schedule = Resource::parse_arn(schedule).map_err(|error| Failure::Reject(error.to_string()))?;
        let Some(described) = self.recorder.account.describe(&schedule).await? else {
            return Err(Failure::Reject(format!(
                "{schedule} does not exist (any more): its endpoint is not known"
            )));
        };
        let endpoint = described
            .document
            .get("EndpointName")
            .and_then(Json::as_str)
            .map(|name| schedule.sibling(ResourceKind::Endpoint, name));
        // A schedule without an endpoint monitors batch transforms.
        let Some(endpoint) = endpoint else { return Ok(None) };
        let time = |key: &str| document.get(key).and_then(Timestamp::from_json);
        let (Some(created_at), Some(ended_at)) = (time("CreationTime"), time("ProcessingEndTime")) else {
            return Err(Failure::Reject(format!(
                "the description of {job} has no `CreationTime` or `ProcessingEndTime`"
            )));
        };
        Ok(Some(Execution {
            job: job.clone(),
            created_at,
            ended_at,
            exit_message: text("ExitMessage").map(str::to_owned),
            outputs: outputs(document),
            monitoring_type: described
                .document
                .get("MonitoringType")
                .and_then(Json::as_str)
                .map(str::to_owned),
            schedule,
            endpoint,
        }))
    }

    async fn alert(&self, execution: &Execution, moment: &Moment) -> Outcome {
        let Some((report, bytes)) = self.report(execution).await? else {
            return Ok(Done::Nothing(format!("{} completed without violations", execution.job)));
        };
        let found =
            Violations::parse(&bytes).map_err(|error| Failure::Reject(format!("`{report}`: {error}")))?;
        let Some(severity) = found.severity() else {
            return Ok(Done::Nothing(format!("{} completed without violations", execution.job)));
        };
        let endpoint = NodeId::endpoint(&execution.endpoint);
        let deployment = self.deployment(execution, &endpoint, moment).await?;
        let node = self.record(execution, &endpoint, &report, &found, severity).await?;
        let graph = upstream(self.recorder.table, deployment.clone(), Limits::default()).await?;
        let mut chain = Chain::of(&graph).bounded(MAX_CHAIN);
        if deployment.is_none() {
            chain.complete = false;
            chain.missing.push(format!("no deployment of {} is known for that time", execution.endpoint));
        }
        let alert = compose(execution, &report, &found, severity, deployment.as_ref(), chain);
        let notice = Notice {
            detail_type: DRIFT_ALERT,
            resources: vec![execution.endpoint.arn(), execution.job.arn()],
            detail: serde_json::to_value(&alert).map_err(|error| Failure::Reject(error.to_string()))?,
        };
        let cause = format!("drift#{}", node.tail());
        let table = self.recorder.table;
        let sent = publish_once(table, self.bus, moment, &cause, execution.ended_at, &notice).await?;
        Ok(if sent {
            Done::Acted(format!("alert sent: {}", alert.text))
        } else {
            Done::Nothing(format!("the alert for {} was sent before", execution.job))
        })
    }

    /// The report and where it is. A report that is missing means that there are no violations, unless the execution says
    /// otherwise; a report that may not be read is an error.
    async fn report(&self, execution: &Execution) -> Result<Option<(String, Vec<u8>)>, Failure> {
        for output in &execution.outputs {
            for name in REPORT_NAMES {
                let folder = output.key.trim_end_matches('/');
                let key = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
                if let Some(bytes) = self.recorder.objects.read(&output.bucket, &key, MAX_REPORT).await? {
                    return Ok(Some((format!("s3://{}/{key}", output.bucket), bytes)));
                }
            }
        }
        let told =
            execution.exit_message.as_deref().is_some_and(|text| text.starts_with("CompletedWithViolations"));
        if told {
            let context = format!("read the report of {}", execution.job);
            return Err(Failure::not_yet(
                context,
                "the execution found violations, but its report is not there",
            ));
        }
        Ok(None)
    }

    /// What ran when the execution started. The endpoint's own events may be late, so it is looked at before the question.
    async fn deployment(
        &self,
        execution: &Execution,
        endpoint: &NodeId,
        moment: &Moment,
    ) -> Result<Option<NodeId>, Failure> {
        match self.recorder.record_endpoint_now(&execution.endpoint, moment.now).await {
            // An endpoint that is gone leaves what is known of it.
            Ok(_) | Err(Failure::Reject(_)) => {}
            Err(retry) => return Err(retry),
        }
        Ok(deployment_at(self.recorder.table, endpoint, execution.created_at).await?)
    }

    async fn record(
        &self,
        execution: &Execution,
        endpoint: &NodeId,
        report: &str,
        found: &Violations,
        severity: Severity,
    ) -> Result<NodeId, PortError> {
        let node = NodeId::violation(&execution.job, execution.created_at);
        let mut facts = Attributes::from([
            ("uri".into(), Value::Text(report.into())),
            ("arn".into(), Value::Text(execution.job.arn())),
            ("schedule".into(), Value::Text(execution.schedule.name.clone())),
            ("severity".into(), Value::Text(severity_word(severity).into())),
            ("violations".into(), Value::Number(i64::try_from(found.violations.len()).unwrap_or(i64::MAX))),
        ]);
        if let Some(kind) = &execution.monitoring_type {
            facts.insert("monitoring_type".into(), Value::Text(kind.clone()));
        }
        let mut record = Record::default();
        record.node(&node, &execution.job.name, Some(execution.ended_at), facts);
        record.detail(&node, &json!({ "violations": listed(found) }));
        record.edge(&node, &InEdge::new(Relation::AssociatedWith, OBSERVED_ON, endpoint.clone()));
        self.recorder.store(record).await?;
        Ok(node)
    }
}

fn compose<'a>(
    execution: &'a Execution,
    report: &str,
    found: &Violations,
    severity: Severity,
    deployment: Option<&NodeId>,
    chain: Chain,
) -> Alert<'a> {
    let Execution { job, endpoint, schedule, .. } = execution;
    Alert {
        text: summary(execution, found, &chain),
        about: endpoint.arn(),
        advice: format!(
            "read {report} beside the baseline of schedule {}; then retrain, or set a new baseline",
            schedule.name
        ),
        severity,
        endpoint: json!({ "name": endpoint.name, "arn": endpoint.arn() }),
        schedule: json!({ "name": schedule.name, "arn": schedule.arn() }),
        monitoring_type: execution.monitoring_type.as_deref(),
        execution: json!({
            "name": job.name,
            "arn": job.arn(),
            "created_at": execution.created_at,
            "ended_at": execution.ended_at,
        }),
        report: report.to_owned(),
        violation_count: found.violations.len(),
        violations: listed(found),
        deployment: deployment.map(ToString::to_string),
        chain,
    }
}

/// One sentence that stands by itself in an e-mail or a chat.
fn summary(execution: &Execution, found: &Violations, chain: &Chain) -> String {
    const NAMED: usize = 3;
    let mut subjects: Vec<String> = found.violations.iter().map(Violation::subject).collect();
    subjects.sort();
    subjects.dedup();
    let more = subjects.len().saturating_sub(NAMED);
    subjects.truncate(NAMED);
    let number = found.violations.len();
    let mut text = format!(
        "{number} violation{} on endpoint {}: {}",
        if number == 1 { "" } else { "s" },
        execution.endpoint.name,
        subjects.join(", ")
    );
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    let names = |list: &[sagewarden_lineage::chain::Named]| {
        list.iter().map(|each| each.name.clone()).collect::<Vec<_>>().join(", ")
    };
    if !chain.models.is_empty() {
        text.push_str(&format!("; model {}", names(&chain.models)));
    }
    if !chain.training_jobs.is_empty() {
        text.push_str(&format!("; trained by {}", names(&chain.training_jobs)));
    }
    for commit in &chain.commits {
        let short: String = commit.commit.chars().take(7).collect();
        let built: Vec<&str> = commit.built.iter().map(|built| built.what.as_str()).collect();
        text.push_str(&format!("; commit {short} ({})", built.join(", ")));
    }
    text
}

fn listed(found: &Violations) -> Vec<Violation> {
    let mut violations = found.violations.clone();
    // The container's order changes between executions; the record must not.
    violations.sort_by_key(|violation| (violation.subject(), violation.constraint_check_type.clone()));
    violations.truncate(MAX_LISTED);
    for violation in &mut violations {
        if let Some(text) = &mut violation.description {
            *text = text.chars().take(MAX_DESCRIPTION).collect();
        }
        if Json::Object(violation.other.clone()).to_string().len() > MAX_OTHER {
            violation.other.clear();
        }
    }
    violations
}

fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

fn outputs(document: &Json) -> Vec<S3Location> {
    let outputs = document.pointer("/ProcessingOutputConfig/Outputs").and_then(Json::as_array);
    let uris = outputs.into_iter().flatten().filter_map(|output| output.pointer("/S3Output/S3Uri")?.as_str());
    uris.filter_map(S3Location::parse).collect()
}

/// Model Monitor writes to `<prefix>/<endpoint>/<schedule>/<yyyy>/<mm>/<dd>/<hh>/constraint_violations.json`.
fn schedule_of(object: &ObjectCreated) -> Option<Resource> {
    let mut parts = object.key.rsplit('/');
    let name = parts.next()?;
    let dated = parts.by_ref().take(4).all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let schedule = parts.next().filter(|_| dated && REPORT_NAMES.contains(&name))?;
    Some(Resource::in_region(ResourceKind::MonitoringSchedule, &object.account, &object.region, schedule))
}
