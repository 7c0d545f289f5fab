//! Reads which run in MLflow a job logs to.
//!
//! The request names the server or app, and may name an experiment and a run. Names in MLflow are not unique and can be changed. So only the
//! ids are an identity, which the service adds to the description when it has made the run (`MlflowDetails` of `DescribeTrainingJob`,
//! SageMaker API reference).

use sagewarden_events::{Resource, ResourceKind};

use super::{Observation, View};
use crate::edge::LOGGED;
use crate::mlflow::MlflowRun;
use crate::rows::node;

/// The longest id in MLflow that the API allows.
const MAX_ID: usize = 256;

impl Observation {
    /// The run that a training job logs to.
    pub(super) fn logs_to(&mut self, view: &View<'_>) {
        self.fact_text(view, node::MLFLOW, "MlflowConfig.MlflowResourceArn");
        self.fact_text(view, node::MLFLOW_EXPERIMENT, "MlflowConfig.MlflowExperimentName");
        self.fact_text(view, node::MLFLOW_RUN, "MlflowConfig.MlflowRunName");
        let id = |path: &str| view.text(path).filter(|id| id.len() <= MAX_ID);
        let (experiment, run) = (id("MlflowDetails.MlflowExperimentId"), id("MlflowDetails.MlflowRunId"));
        let named = view.text("MlflowConfig.MlflowResourceArn");
        let server = named.as_deref().and_then(|arn| Resource::parse_arn(arn).ok()).filter(keeps_runs);
        let mut gap = |words: String| self.gaps.push((LOGGED.to_owned(), words));
        match (server, experiment, run) {
            (Some(server), Some(experiment), Some(run)) => {
                self.run = Some(MlflowRun { server, experiment, run });
            }
            (None, _, Some(run)) => {
                gap(format!("it logs to run `{run}` of an MLflow server that it does not name"))
            }
            (Some(server), ..) if self.has_ended() => {
                self.gaps.push((
                    LOGGED.to_owned(),
                    format!("it logs to {server}, but its description names no run"),
                ));
            }
            // While a job runs, a later event may name the run.
            _ => {}
        }
    }
}

fn keeps_runs(resource: &Resource) -> bool {
    matches!(resource.kind, ResourceKind::MlflowApp | ResourceKind::TrackingServer)
}
