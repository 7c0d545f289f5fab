//! The experiment that a job belongs to. A job names its trial or experiment; SageMaker makes a trial component for the job, and
//! the component is what belongs to the experiment.

use sagewarden_events::{ResourceKind, Timestamp};
use sagewarden_lineage::observe::Observation;
use sagewarden_lineage::record::Record;
use serde_json::Value as Json;

use crate::ports::{Account, PortError};
use crate::record::named::{NamedResource, Tie};

/// The role of the edge from a trial component to its job, and the subject of the gap until it exists.
const COMPONENT: &str = "trial-component";

/// The description of the trial that a job names, if it names one that exists.
pub(crate) async fn describe_trial(
    account: &impl Account,
    seen: &Observation,
) -> Result<Option<Json>, PortError> {
    let Some(trial) = &seen.experiment.trial else { return Ok(None) };
    let described = account.describe(&seen.resource.sibling(ResourceKind::Trial, trial)).await?;
    Ok(described.map(|trial| trial.document))
}

/// Whether only the trial can say which experiment a job belongs to.
pub(crate) fn only_the_trial_names_it(seen: &Observation) -> bool {
    seen.experiment.experiment.is_none() && seen.experiment.trial.is_some()
}

/// The experiment and the trial components of a job. SageMaker makes the component after the job; until then the job has a gap,
/// which its next event fills.
pub(crate) async fn name_experiment(
    account: &impl Account,
    record: &mut Record,
    seen: &Observation,
    trial: Option<&Json>,
) -> Result<Vec<NamedResource>, PortError> {
    if !seen.experiment.is_some() {
        return Ok(Vec::new());
    }
    let components = components(account, seen).await?;
    if components.is_empty() {
        let what = "it belongs to an experiment, but has no trial component";
        record.gap(&seen.id, COMPONENT, what);
    }
    Ok(experiment(seen, trial).into_iter().chain(components).collect())
}

/// The experiment by its name, or as the trial names it.
fn experiment(seen: &Observation, trial: Option<&Json>) -> Option<NamedResource> {
    let place = &seen.experiment;
    let of_trial = || trial?.get("ExperimentName")?.as_str().map(str::to_owned);
    let name = place.experiment.clone().or_else(of_trial)?;
    let trial = place.trial.as_ref().or(place.run.as_ref()).map_or("-", String::as_str);
    Some(NamedResource {
        tie: Tie::Experiment,
        role: format!("trial/{trial}"),
        resource: seen.resource.sibling(ResourceKind::Experiment, name),
        named_at: seen.created_at,
    })
}

/// The components whose source is this incarnation of the job: they are made after it.
async fn components(account: &impl Account, seen: &Observation) -> Result<Vec<NamedResource>, PortError> {
    let listed = account.components_of(&seen.resource).await?;
    let listed = listed.get("TrialComponentSummaries").and_then(Json::as_array);
    // Times of descriptions and of lists may be cut to whole seconds.
    let from = seen.created_at.millis().div_euclid(1_000) * 1_000;
    let component = |summary: &Json| {
        let name = summary.get("TrialComponentName")?.as_str()?;
        let created = summary.get("CreationTime").and_then(Timestamp::from_json)?;
        (created.millis() >= from).then(|| NamedResource {
            tie: Tie::Component,
            role: COMPONENT.to_owned(),
            resource: seen.resource.sibling(ResourceKind::TrialComponent, name),
            named_at: Timestamp::from_millis(i64::MAX),
        })
    };
    Ok(listed.into_iter().flatten().filter_map(component).collect())
}
