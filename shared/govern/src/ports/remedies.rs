//! The changes that Sagewarden may make to resources.

use sagewarden_events::{Corrections, Resource, Timestamp};

use super::error::PortError;

/// The result of a stop call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The service accepted the call.
    Requested,
    /// The job had ended, or was being stopped, already.
    Already,
}

/// Who uses a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelUse {
    /// No endpoint configuration of the account names it.
    Unused,
    /// These endpoint configurations name it (not necessarily all that do).
    UsedBy(Vec<String>),
    /// There are more endpoint configurations than could be looked at.
    Unknown {
        /// How many were.
        looked_at: usize,
    },
}

/// The changes that Sagewarden may make to a resource.
pub trait Remedies {
    /// Stops a job, notebook instance or pipeline execution. A kind that cannot be stopped is an `Invalid` error.
    async fn stop(&self, resource: &Resource) -> Result<Stopped, PortError>;

    /// Changes settings in place. A setting that the kind does not have is an `Invalid` error.
    async fn change(&self, resource: &Resource, corrections: &Corrections) -> Result<(), PortError>;

    /// Starts a notebook instance that is stopped.
    async fn start(&self, notebook: &Resource) -> Result<(), PortError>;

    /// Puts tags, keys with values, on a resource; tags of the same keys are overwritten.
    async fn mark(&self, resource: &Resource, tags: &[(&str, &str)]) -> Result<(), PortError>;

    /// Which endpoint configurations that were made since a time use a model; looks at no more than `at_most`, the newest first.
    async fn model_use(
        &self,
        model: &Resource,
        since: Timestamp,
        at_most: usize,
    ) -> Result<ModelUse, PortError>;

    /// Deletes a model's entry. A model that is gone already is success.
    async fn delete_model(&self, model: &Resource) -> Result<(), PortError>;
}
