//! The use cases of Sagewarden, each in a room of its own, over small ports. This crate has no SDK, no clock and no runtime: callers pass
//! in time and settings.
//!
//! The use cases that judge by policies need the feature `judging`; all others need settings only.
#![expect(
    async_fn_in_trait,
    reason = "ports are used through generics, and functions run on one thread: no caller needs `Send`"
)]

mod alert;
#[cfg(feature = "judging")]
mod bundle;
mod clarify_files;
mod counted;
mod detect;
#[cfg(feature = "judging")]
mod enforce;
#[cfg(feature = "explaining")]
mod explain;
#[cfg(feature = "judging")]
mod judging;
mod lookup;
mod newest_verdicts;
mod notify;
mod outcome;
mod parts;
pub mod ports;
mod quality;
#[cfg(feature = "judging")]
mod reconcile;
mod record;
mod report_place;
#[cfg(feature = "judging")]
mod review;
pub mod route;
#[cfg(feature = "judging")]
mod sweep;
mod window;
mod window_metrics;
mod world;

pub use alert::AlertDrift;
pub use alert::drift_notice::DRIFT_ALERT;
pub use alert::retraining::RETRAINING_SUGGESTED;
pub use alert::rewritten::FINDING_REWRITTEN;
pub use alert::silence::MONITORING_FAILED;
#[cfg(feature = "judging")]
pub use bundle::{BUNDLE_REFUSED, BundleInForce, BundlePlace, pull_bundle};
pub use counted::counted;
pub use detect::DetectDrift;
pub use detect::known_baselines::KnownBaselines;
pub use detect::suggest_baseline::SuggestBaseline;
pub use detect::unjudged::BASELINE_MISSING;
#[cfg(feature = "judging")]
pub use enforce::inspect_role::{Inspected, InspectedRoles};
#[cfg(feature = "judging")]
pub use enforce::known_keys::KnownKeys;
#[cfg(feature = "judging")]
pub use enforce::notice::{POLICY_VIOLATION, REMEDIATION_DONE, REMEDIATION_FAILED};
#[cfg(feature = "judging")]
pub use enforce::remediation::VIOLATION_TAG;
pub use lookup::{
    Ask, CountBy, DeploymentPeriod, EntryState, NoAnswer, Question, Way, answer, answer_within,
    deployment_periods, entity, is_region, lookup_lineage, overview, uses,
};
pub use notify::Moment;
pub use outcome::{Done, Failure, Outcome};
pub use quality::MeasureQuality;
#[cfg(feature = "judging")]
pub use reconcile::EVENTS_MISSED;
pub use record::RecordLineage;
pub use record::closure::{live_upstream, upstream};
pub use record::deployment::deployment_at;
pub use record::push::{RecordedPush, record_commit};
#[cfg(feature = "judging")]
pub use sweep::{SWEPT, Sweep, SweepStep, Swept, SweptResource, is_lasting};
pub use world::{Absent, Given, Ports, World};
