//! The use cases of Sagewarden, a room each, over small ports. No SDK, no clock, no runtime: time and settings are
//! passed in.
#![expect(
    async_fn_in_trait,
    reason = "ports are used through generics, and functions run on one thread: no caller needs `Send`"
)]

mod alert;
mod bundle;
mod counted;
mod detect;
mod enforce;
mod lookup;
mod notify;
mod outcome;
pub mod ports;
mod record;
mod review;
pub mod route;
mod world;

pub use alert::{AlertDrift, DRIFT_ALERT, MONITORING_FAILED, RETRAINING_SUGGESTED};
pub use bundle::{BUNDLE_REFUSED, BundleInForce, BundlePlace, KeepBundle};
pub use counted::counted;
pub use detect::suggest_baseline::SuggestBaseline;
pub use detect::{BASELINE_MISSING, DetectDrift};
pub use enforce::inspect_role::{Inspected, InspectedRoles};
pub use enforce::remedy::VIOLATION_TAG;
pub use enforce::{EnforcePolicy, POLICY_VIOLATION, REMEDIATION_DONE, REMEDIATION_FAILED};
pub use lookup::{Ask, NoAnswer, Question, Reply, Way, answer, lookup_lineage};
pub use notify::Moment;
pub use outcome::{Done, Failure, Outcome};
pub use record::RecordLineage;
pub use record::closure::{live_upstream, upstream};
pub use record::deployment::deployment_at;
pub use record::push::record_commit;
pub use review::ReviewCommit;
pub use world::{Absent, Ports, World};
