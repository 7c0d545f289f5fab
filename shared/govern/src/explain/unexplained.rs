//! Why the answers of a model are not explained.

use crate::detect::attempt::NotBegun;
use crate::outcome::Failure;
use crate::ports::PortError;

/// Why there are no reasons.
#[derive(Debug)]
pub(crate) enum Unexplained {
    /// They cannot be computed for such a model, and nothing is wrong.
    NoSuchModel(String),
    /// Something must be mended first.
    Broken(String),
    /// A service failed.
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
        Failure::from(error).into()
    }
}

impl From<NotBegun> for Unexplained {
    fn from(not_begun: NotBegun) -> Self {
        Failure::from(not_begun).into()
    }
}

impl Unexplained {
    /// A failure that stays until somebody mends it is a reason; if a service does not answer, the record is retried.
    ///
    /// # Errors
    /// When a service does not answer.
    pub(crate) fn unless_transient(self) -> Result<Self, Failure> {
        match self {
            Self::Failed(Failure::Retry(error)) if error.is_transient() => Err(error.into()),
            // AWS's message may differ from call to call, and what is written must not.
            Self::Failed(Failure::Retry(error)) => {
                Ok(Self::Broken(format!("{}: {}", error.context(), error.kind().word())))
            }
            Self::Failed(Failure::Reject(why)) => Ok(Self::Broken(why)),
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

    /// Whether somebody must mend something.
    pub(crate) fn is_broken(&self) -> bool {
        !matches!(self, Self::NoSuchModel(_))
    }
}
