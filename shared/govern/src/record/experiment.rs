//! The experiment that a job belongs to.

use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_lineage::edge::{InEdge, Relation};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::observe::Observation;
use sagewarden_lineage::record::Record;
use serde_json::Value as Json;

use crate::outcome::Failure;
use crate::ports::{Account, PortError};
use crate::record::RecordLineage;
use crate::world::World;

/// The role of the edge from a trial component to its job, and what fills the gap while there is none.
const COMPONENT: &str = "trial-component";

impl<W: World> RecordLineage<'_, W> {
    /// Links a job to its trial components, and these to their experiment. SageMaker makes the component after the job; until
    /// then it is a gap that the job's next event fills.
    pub(crate) async fn link_experiment(
        &self,
        record: &mut Record,
        seen: &Observation,
    ) -> Result<(), Failure> {
        if !seen.experiment.is_some() {
            return Ok(());
        }
        let components = self.components(seen).await?;
        if components.is_empty() {
            let what = "it belongs to an experiment, but has no trial component";
            record.gap(&seen.id, COMPONENT, what);
        }
        let experiment = self.experiment(seen).await?;
        for component in &components {
            let newest = Timestamp::from_millis(i64::MAX);
            let Some(id) = self.incarnation(component, newest).await? else { continue };
            record.edge(&seen.id, &InEdge::new(Relation::AssociatedWith, COMPONENT, id.clone()));
            if let Some(experiment) = &experiment {
                let place = &seen.experiment;
                let trial = place.trial.as_ref().or(place.run.as_ref()).map_or("-", String::as_str);
                let role = format!("trial/{trial}");
                record.edge(&id, &InEdge::new(Relation::AssociatedWith, role, experiment.clone()));
            }
        }
        Ok(())
    }

    /// The components whose source is this incarnation of the job: they are made after it.
    pub(crate) async fn components(&self, seen: &Observation) -> Result<Vec<Resource>, PortError> {
        let listed = self.world.account().components_of(&seen.resource).await?;
        let listed = listed.get("TrialComponentSummaries").and_then(Json::as_array).cloned();
        // Times of descriptions and of lists may be cut to whole seconds.
        let from = seen.created_at.millis().div_euclid(1_000) * 1_000;
        let component = |summary: &Json| {
            let name = summary.get("TrialComponentName")?.as_str()?;
            let created = summary.get("CreationTime").and_then(Timestamp::from_json)?;
            let component = seen.resource.sibling(ResourceKind::TrialComponent, name);
            (created.millis() >= from).then_some(component)
        };
        Ok(listed.iter().flatten().filter_map(component).collect())
    }

    /// The experiment by its name, or by that of the trial.
    async fn experiment(&self, seen: &Observation) -> Result<Option<NodeId>, Failure> {
        let mut name = seen.experiment.experiment.clone();
        if let (None, Some(trial)) = (&name, &seen.experiment.trial) {
            let trial =
                self.world.account().describe(&seen.resource.sibling(ResourceKind::Trial, trial)).await?;
            name = trial.and_then(|trial| Some(trial.document.get("ExperimentName")?.as_str()?.to_owned()));
        }
        let Some(name) = name else { return Ok(None) };
        let experiment = seen.resource.sibling(ResourceKind::Experiment, name);
        self.incarnation(&experiment, seen.created_at).await
    }
}
