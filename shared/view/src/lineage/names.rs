//! The columns of the flat view that the system fills, and the prefixes for hyperparameters and channels with the same names.

use std::borrow::Cow;

pub(super) const FIRST: [&str; 3] = ["TrialComponentName", "DisplayName", "SourceArn"];
pub(super) const LAST: [&str; 2] = ["Trials", "Experiments"];

/// Columns between the fixed ones. Columns that begin with `SageMaker.` are also the system's.
const OWN: [&str; 8] = [
    "commit",
    "author",
    "message",
    "date",
    "SpotSavingPercent",
    "TopFeatures",
    "DeletedAt",
    "ContainerArguments",
];
const SAGEMAKER: &str = "SageMaker.";
/// Ends of the columns of metrics and of data.
const ENDS: [&str; 4] = [" - Last", " - MediaType", " - Value", " - Weak"];

const HYPERPARAMETERS: &str = "HyperParameters.";
const CHANNELS: &str = "Channels.";

/// The column of a hyperparameter: `eta`, but `HyperParameters.commit`. This is the same in every row, even in rows where the system has no
/// such cell.
pub(super) fn hyperparameter(name: &str) -> Cow<'_, str> {
    let fixed = FIRST.iter().chain(&LAST).chain(&OWN);
    let is_taken = fixed.into_iter().any(|own| *own == name)
        || ENDS.iter().any(|end| name.ends_with(end))
        || [SAGEMAKER, HYPERPARAMETERS].iter().any(|head| name.starts_with(head));
    if is_taken { Cow::Owned(format!("{HYPERPARAMETERS}{name}")) } else { Cow::Borrowed(name) }
}

/// The prefix for the columns of a channel, or of another input or output, that somebody named.
pub(super) fn channel(name: &str) -> Cow<'_, str> {
    let is_taken = name == "endpoint-name" || [SAGEMAKER, CHANNELS].iter().any(|head| name.starts_with(head));
    if is_taken { Cow::Owned(format!("{CHANNELS}{name}")) } else { Cow::Borrowed(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_the_system_has_get_a_prefix_and_no_two_become_one() {
        for (name, column) in [
            ("eta", "eta"),
            ("commit", "HyperParameters.commit"),
            ("HyperParameters.commit", "HyperParameters.HyperParameters.commit"),
            ("SageMaker.InstanceType", "HyperParameters.SageMaker.InstanceType"),
            ("DeletedAt", "HyperParameters.DeletedAt"),
            ("auc - Last", "HyperParameters.auc - Last"),
            ("Trials", "HyperParameters.Trials"),
        ] {
            assert_eq!(hyperparameter(name), column);
        }
        assert_eq!(channel("train"), "train");
        assert_eq!(channel("SageMaker.ModelArtifact"), "Channels.SageMaker.ModelArtifact");
        assert_eq!(channel("Channels.SageMaker.x"), "Channels.Channels.SageMaker.x");
    }
}
