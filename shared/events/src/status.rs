//! Resource states in the spellings of the events and of the API.

use std::fmt;

/// The state of a job or an endpoint. Events write `IN_SERVICE` where the API writes `InService`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// A job was accepted and runs.
    InProgress,
    /// A job is being stopped.
    Stopping,
    /// A job was stopped.
    Stopped,
    /// A job ended well.
    Completed,
    /// A pipeline runs.
    Executing,
    /// A pipeline ended well.
    Succeeded,
    /// A job or an endpoint failed.
    Failed,
    /// An endpoint is being made.
    Creating,
    /// An endpoint is being changed, or rolled back.
    Updating,
    /// An endpoint serves.
    InService,
    /// An endpoint is being deleted.
    Deleting,
    /// Any other word, as it came.
    Other(String),
}

impl Status {
    /// Reads a state in any spelling; unknown words are kept, never an error.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let folded: String =
            text.chars().filter(|c| *c != '_' && *c != ' ').flat_map(char::to_lowercase).collect();
        match folded.as_str() {
            "inprogress" => Self::InProgress,
            "stopping" => Self::Stopping,
            "stopped" => Self::Stopped,
            "completed" => Self::Completed,
            "executing" => Self::Executing,
            "succeeded" => Self::Succeeded,
            "failed" => Self::Failed,
            "creating" => Self::Creating,
            "updating" | "systemupdating" | "rollingback" => Self::Updating,
            "inservice" => Self::InService,
            "deleting" => Self::Deleting,
            _ => Self::Other(text.to_owned()),
        }
    }

    /// The API's spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::InProgress => "InProgress",
            Self::Stopping => "Stopping",
            Self::Stopped => "Stopped",
            Self::Completed => "Completed",
            Self::Executing => "Executing",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Creating => "Creating",
            Self::Updating => "Updating",
            Self::InService => "InService",
            Self::Deleting => "Deleting",
            Self::Other(text) => text,
        }
    }

    /// Orders states with the same time: the later stage of life wins.
    #[must_use]
    pub fn rank(&self) -> u8 {
        match self {
            Self::Other(_) | Self::Creating | Self::InProgress | Self::Executing => 0,
            Self::Updating | Self::Stopping => 1,
            Self::Stopped | Self::InService => 2,
            Self::Completed | Self::Succeeded | Self::Failed => 3,
            Self::Deleting => 4,
        }
    }

    /// Whether a job in this state has ended and cannot be stopped any more.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        // Training sessions end by themselves, too: "TrainingSessionDetail", SageMaker API reference.
        let has_expired = matches!(self, Self::Other(word) if word == "Expired");
        has_expired || matches!(self, Self::Stopped | Self::Completed | Self::Succeeded | Self::Failed)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_has_two_spellings_and_unknown_ones_are_kept() {
        let check = |text: &str, expect: Status| assert_eq!(Status::parse(text), expect);
        check("IN_SERVICE", Status::InService);
        check("InService", Status::InService);
        check("SystemUpdating", Status::Updating);
        check("InProgress", Status::InProgress);
        check("OutOfService", Status::Other("OutOfService".to_owned()));
        assert_eq!(Status::parse("IN_SERVICE").to_string(), "InService");
    }
}
