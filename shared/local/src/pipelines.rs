//! Pipelines, experiments and the model registry in the simulated account: the facts that are not in the descriptions of resources.

use rusqlite::params;
use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_govern::ports::PortError;
use serde_json::{Value, json};

use crate::account::SimulatedAccount;
use crate::fault::Fault;
use crate::shape::{expect_status, not_found, seconds};
use crate::store::port_error;

/// The kind under which the steps of an execution are kept.
const STEPS: &str = "pipeline-steps";

impl SimulatedAccount {
    /// The answer of `ListPipelineExecutionSteps`, on one page; `None` if the execution does not exist.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub fn pipeline_steps(&self, execution: &Resource) -> Result<Option<Value>, PortError> {
        if self.load(execution)?.is_none() {
            return Ok(None);
        }
        let steps = self.steps(execution)?;
        Ok(Some(json!({ "PipelineExecutionSteps": steps })))
    }

    /// Lets a step of an execution start something; `kind` is the member of its metadata, such as `TrainingJob`.
    ///
    /// # Errors
    /// If the execution does not exist.
    pub fn start_step(
        &self,
        execution: &Resource,
        name: &str,
        kind: &str,
        started: &Resource,
        now: Timestamp,
    ) -> Result<(), Fault> {
        self.load(execution)?.ok_or_else(|| not_found(execution))?;
        let mut steps = self.steps(execution)?;
        steps.push(json!({
            "StepName": name,
            "StartTime": seconds(now),
            "StepStatus": "Executing",
            "Metadata": { kind: { "Arn": started.arn() } },
        }));
        Ok(self.save_steps(execution, &steps)?)
    }

    /// Lets an execution and its steps succeed.
    ///
    /// # Errors
    /// If it is not running.
    pub fn finish_execution(&self, execution: &Resource, now: Timestamp) -> Result<(), Fault> {
        let mut steps = self.steps(execution)?;
        for step in steps.iter_mut().filter_map(Value::as_object_mut) {
            step.insert("StepStatus".into(), "Succeeded".into());
            step.entry("EndTime").or_insert_with(|| seconds(now));
        }
        self.save_steps(execution, &steps)?;
        self.change(execution, now, |document| {
            expect_status(document, "PipelineExecutionStatus", "Executing", "the execution is in status")?;
            document.insert("PipelineExecutionStatus".into(), "Succeeded".into());
            Ok(())
        })
    }

    /// Makes the trial component of a job, as the service does some time after the job's creation. There is no event for it.
    ///
    /// # Errors
    /// If the job does not exist.
    pub fn attach_component(&self, job: &Resource, now: Timestamp) -> Result<Resource, Fault> {
        self.load(job)?.ok_or_else(|| not_found(job))?;
        let name = format!("{}-aws-{}", job.name, job.kind.segment());
        let component = self.resource(ResourceKind::TrialComponent, &name);
        let document = json!({
            "TrialComponentName": name,
            "TrialComponentArn": component.arn(),
            "Source": { "SourceArn": job.arn(), "SourceType": format!("SageMaker{}", job.kind.operation()) },
            "CreationTime": seconds(now),
            "LastModifiedTime": seconds(now),
        });
        self.take_in(&component, &document, &std::collections::BTreeMap::new())?;
        Ok(component)
    }

    /// The answer of `ListTrialComponents` for a source, on one page.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub fn trial_components(&self, source_arn: &str) -> Result<Value, PortError> {
        let is_of = |component: &Value| {
            component.pointer("/Source/SourceArn").and_then(Value::as_str) == Some(source_arn)
        };
        let components = self.list(ResourceKind::TrialComponent)?.into_iter().filter(is_of);
        let summary = |component: Value| {
            json!({
                "TrialComponentName": component.get("TrialComponentName"),
                "TrialComponentArn": component.get("TrialComponentArn"),
                "TrialComponentSource": component.get("Source"),
                "CreationTime": component.get("CreationTime"),
                "LastModifiedTime": component.get("LastModifiedTime"),
            })
        };
        Ok(json!({ "TrialComponentSummaries": components.map(summary).collect::<Vec<_>>() }))
    }

    /// Sets the approval of a model package.
    ///
    /// # Errors
    /// If the package does not exist.
    pub fn decide(
        &self,
        package: &Resource,
        state: &str,
        by: &str,
        why: &str,
        now: Timestamp,
    ) -> Result<(), Fault> {
        self.change(package, now, |document| {
            document.insert("ModelApprovalStatus".into(), state.into());
            document.insert("ApprovalDescription".into(), why.into());
            document.insert("LastModifiedBy".into(), json!({ "IamIdentity": { "Arn": by } }));
            Ok(())
        })
    }

    fn steps(&self, execution: &Resource) -> Result<Vec<Value>, PortError> {
        let found: Option<String> = self
            .store
            .row(
                "SELECT document FROM resources WHERE kind = ?1 AND name = ?2",
                params![STEPS, execution.name],
                |row| row.get(0),
            )
            .map_err(|error| port_error("read the steps of an execution", error))?;
        Ok(found.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    fn save_steps(&self, execution: &Resource, steps: &[Value]) -> Result<(), PortError> {
        self.store
            .execute(
                "INSERT OR REPLACE INTO resources (kind, name, document, tags) VALUES (?1, ?2, ?3, '{}')",
                params![STEPS, execution.name, json!(steps).to_string()],
            )
            .map_err(|error| port_error("save the steps of an execution", error))?;
        Ok(())
    }
}
