//! The jobs that the steps of a pipeline's execution started.

use sagewarden_events::{Resource, Timestamp};
use sagewarden_lineage::observe::Observation;
use serde_json::Value as Json;

use crate::ports::{Account, PortError};
use crate::record::named::{NamedResource, Tie};

/// The jobs, models and packages that the steps of an execution started. A step that has not started anything yet is found by the
/// execution's next event.
pub(crate) async fn name_steps(
    account: &impl Account,
    seen: &Observation,
) -> Result<Vec<NamedResource>, PortError> {
    let document = account.steps_of(&seen.resource).await?;
    Ok(document.iter().flat_map(started).collect())
}

/// "PipelineExecutionStepMetadata", SageMaker API reference: one member a kind of step, most with an `Arn`.
const WITH_ARN: [&str; 7] =
    ["TrainingJob", "ProcessingJob", "TransformJob", "TuningJob", "Model", "RegisterModel", "AutoMLJob"];
/// Checks run a processing job of their own.
const WITH_CHECK: [&str; 2] = ["QualityCheck", "ClarifyCheck"];

fn started(document: &Json) -> impl Iterator<Item = NamedResource> + '_ {
    let steps = document.get("PipelineExecutionSteps").and_then(Json::as_array);
    steps.into_iter().flatten().filter_map(|step| {
        let metadata = step.get("Metadata")?;
        let arn = WITH_ARN.iter().find_map(|kind| metadata.get(*kind)?.get("Arn")?.as_str());
        let check = || WITH_CHECK.iter().find_map(|kind| metadata.get(*kind)?.get("CheckJobArn")?.as_str());
        let resource = Resource::parse_arn(arn.or_else(check)?).ok()?;
        let step_name = step.get("StepName")?.as_str()?.to_owned();
        // Whatever carries the resource's name and is younger than the end of the step came later.
        let ended = step.get("EndTime").and_then(Timestamp::from_json);
        let named_at = ended.unwrap_or(Timestamp::from_millis(i64::MAX));
        let role = format!("step/{step_name}");
        Some(NamedResource { tie: Tie::Started { step: step_name }, role, resource, named_at })
    })
}
