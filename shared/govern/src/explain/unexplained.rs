//! Why the answers of a model are not explained.

use sagewarden_settings::WatchedAttribution;

use crate::detect::attempt::NotBegun;
use crate::outcome::Failure;
use crate::ports::PortError;

/// Why there are no reasons.
#[derive(Debug)]
pub(crate) enum Unexplained {
    /// SHAP values cannot be computed for this kind of model, which is not a fault.
    NoSuchModel(String),
    /// Somebody must fix something first.
    Broken(String),
    /// The table failed, or a service does not answer: that says nothing about the model.
    Failed(Failure),
}

impl From<Failure> for Unexplained {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Reject(why) => Self::Broken(why),
            failure @ Failure::Retry(_) => Self::Failed(failure),
        }
    }
}

impl From<PortError> for Unexplained {
    fn from(error: PortError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<NotBegun> for Unexplained {
    fn from(not_begun: NotBegun) -> Self {
        match not_begun {
            NotBegun::Killed(why) => Self::Broken(why),
            NotBegun::Failed(error) => error.into(),
        }
    }
}

impl Unexplained {
    /// The reason if a file cannot be read and somebody must fix that. Failures that pass by themselves are retried instead.
    pub(super) fn of_file(error: PortError) -> Self {
        if error.is_transient() {
            return Self::Failed(error.into());
        }
        // AWS's message may differ from call to call, but the written text must not.
        Self::Broken(format!("{}: {}", error.context(), error.kind().word()))
    }

    /// If the settings name a baseline of attributions, somebody expects attributions: a model that cannot be explained is then a fault.
    pub(super) fn if_expected(self, said: &WatchedAttribution) -> Self {
        match self {
            Self::NoSuchModel(why) if said.baseline.is_some() => Self::Broken(why),
            other => other,
        }
    }

    /// A reason, or a failure to be retried.
    ///
    /// # Errors
    /// When the table failed, or a service does not answer.
    pub(crate) fn unless_failed(self) -> Result<Self, Failure> {
        match self {
            Self::Failed(failure) => Err(failure),
            known => Ok(known),
        }
    }

    /// The reason in words.
    pub(crate) fn why(&self) -> String {
        match self {
            Self::NoSuchModel(why) | Self::Broken(why) => why.clone(),
            Self::Failed(failure) => failure.to_string(),
        }
    }

    /// Whether somebody must fix something.
    pub(crate) fn is_broken(&self) -> bool {
        !matches!(self, Self::NoSuchModel(_))
    }
}
