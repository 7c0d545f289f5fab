//! The settings of a resource that Sagewarden can change in place.
//!
//! These words are in this crate, below all others, because policies choose a change, and adapters that know no policy make it.

use std::collections::BTreeSet;

/// A setting that the API can change in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// `UpdateTrainingJob`: no shell in the container.
    DisableRemoteDebug,
    /// `UpdateNotebookInstance`, while it is stopped: no root access.
    DisableRootAccess,
    /// `UpdateNotebookInstance`, while it is stopped: version 2 of the metadata service only.
    RequireMetadataV2,
    /// `UpdateNotebookInstance`, while it is stopped: a platform that AWS still patches.
    ReplacePlatform,
    /// `UpdateDomain`: all traffic through the VPC.
    RouteThroughVpc,
    /// `UpdateDomain`: CloudTrail names the user profile.
    NameTheUser,
    /// `UpdateDomain`: resources that are started in the domain inherit its tags.
    PropagateTags,
    /// `UpdateDomain`: no Docker in applications.
    DisableDocker,
    /// `UpdateSpace`: nobody can connect to the space from outside.
    DisableRemoteAccess,
    /// `DeleteApp`: the application ends, but its home volume stays.
    DeleteApp,
    /// `UpdateModelPackage`: withdraws the approval, so that somebody else must approve.
    WithdrawApproval,
    /// `StartMonitoringSchedule`: the schedule starts executions again.
    StartSchedule,
}

/// Settings to change in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corrections {
    /// The settings.
    pub settings: BTreeSet<Change>,
    /// The platform that a notebook instance is moved to.
    pub platform: Option<String>,
}
