//! What can be changed about a resource in place.
//!
//! The vocabulary of resources lies in this crate, below everything: the policies choose a change, and adapters that know no
//! policy make it.

use std::collections::BTreeSet;

/// A setting that the API lets be changed in place.
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
    /// `UpdateDomain`: resources started in the domain inherit its tags.
    PropagateTags,
    /// `UpdateDomain`: no Docker in applications.
    DisableDocker,
    /// `UpdateSpace`: no connection from outside.
    DisableRemoteAccess,
    /// `DeleteApp`: the application ends, its home volume stays.
    DeleteApp,
    /// `UpdateModelPackage`: the approval waits for somebody else.
    WithdrawApproval,
    /// `StartMonitoringSchedule`: executions go on.
    StartSchedule,
}

/// Settings to change in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corrections {
    /// Which.
    pub settings: BTreeSet<Change>,
    /// The platform that a notebook instance is moved to.
    pub platform: Option<String>,
}
