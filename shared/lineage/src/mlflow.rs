//! Runs in MLflow, which jobs name.

use sagewarden_events::Resource;

use crate::id::NodeId;

/// A run in MLflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MlflowRun {
    /// The server or app that keeps it.
    pub server: Resource,
    /// The id of its experiment.
    pub experiment: String,
    /// Its id.
    pub run: String,
}

impl MlflowRun {
    /// Its node.
    #[must_use]
    pub fn id(&self) -> NodeId {
        NodeId::mlflow_run(&self.server, &self.experiment, &self.run)
    }
}
