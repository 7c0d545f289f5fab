//! A pipeline's execution and what its steps started.

use sagewarden_events::{Resource, Timestamp};
use sagewarden_lineage::edge::{InEdge, Relation};
use sagewarden_lineage::observe::Observation;
use sagewarden_lineage::record::Record;
use serde_json::Value as Json;

use crate::outcome::Failure;
use crate::ports::Account;
use crate::record::RecordLineage;
use crate::world::World;

/// A step that started something.
struct Step {
    name: String,
    started: Resource,
    /// Whatever carries the resource's name and is younger than this came later.
    until: Timestamp,
}

impl<W: World> RecordLineage<'_, W> {
    /// Links an execution to the jobs, models and packages that its steps started. A step that has not started anything yet is
    /// found by the execution's next event.
    pub(crate) async fn link_steps(&self, record: &mut Record, seen: &Observation) -> Result<(), Failure> {
        let Some(document) = self.world.account().steps_of(&seen.resource).await? else { return Ok(()) };
        for Step { name, started, until } in steps(&document) {
            let role = format!("step/{name}");
            match self.incarnation(&started, until).await? {
                Some(id) => {
                    let edge = InEdge::new(Relation::ContributedTo, role, seen.id.clone());
                    record.edge(&id, &edge);
                }
                None => {
                    let what = format!("step {name}: {started} was deleted before it could be recorded");
                    record.gap(&seen.id, &role, what);
                }
            }
        }
        Ok(())
    }
}

/// "PipelineExecutionStepMetadata", SageMaker API reference: one member a kind of step, most with an `Arn`.
const WITH_ARN: [&str; 7] =
    ["TrainingJob", "ProcessingJob", "TransformJob", "TuningJob", "Model", "RegisterModel", "AutoMLJob"];
/// Checks run a processing job of their own.
const WITH_CHECK: [&str; 2] = ["QualityCheck", "ClarifyCheck"];

fn steps(document: &Json) -> impl Iterator<Item = Step> + '_ {
    let steps = document.get("PipelineExecutionSteps").and_then(Json::as_array);
    steps.into_iter().flatten().filter_map(|step| {
        let metadata = step.get("Metadata")?;
        let arn = WITH_ARN.iter().find_map(|kind| metadata.get(*kind)?.get("Arn")?.as_str());
        let check = || WITH_CHECK.iter().find_map(|kind| metadata.get(*kind)?.get("CheckJobArn")?.as_str());
        let started = Resource::parse_arn(arn.or_else(check)?).ok()?;
        let name = step.get("StepName")?.as_str()?.to_owned();
        let ended = step.get("EndTime").and_then(Timestamp::from_json);
        Some(Step { name, started, until: ended.unwrap_or(Timestamp::from_millis(i64::MAX)) })
    })
}
