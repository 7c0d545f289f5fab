//! The use cases of Sagewarden, one file each, over small ports. No SDK, no clock, no runtime: time and settings are
//! passed in.
#![expect(
    async_fn_in_trait,
    reason = "ports are used through generics, and functions run on one thread: no caller needs `Send`"
)]

mod alert_drift;
mod closure;
mod comment;
mod commit_claim;
mod counted;
mod data_versions;
mod deployed_by;
mod detect_drift;
mod enforce_policy;
mod explanation;
mod finding_notice;
mod inspect_role;
mod join;
mod keep_bundle;
mod last_capture;
mod listed_data;
mod lookup_lineage;
mod once;
mod outcome;
pub mod ports;
mod record_call;
mod record_commit;
mod record_deployment;
mod record_experiment;
mod record_feature_group;
mod record_lineage;
mod record_monitoring;
mod record_pipeline;
mod remedy;
mod review_commit;
mod store_record;
mod suggest_baseline;
mod verdict_record;
mod walk_commits;
mod write_back;

pub use alert_drift::{AlertDrift, DRIFT_ALERT, MONITORING_FAILED, RETRAINING_SUGGESTED};
pub use closure::{live_upstream, upstream};
pub use counted::counted;
pub use detect_drift::{BASELINE_MISSING, DetectDrift, Metrics, WindowMetrics};
pub use enforce_policy::{EnforcePolicy, POLICY_VIOLATION, REMEDIATION_DONE, REMEDIATION_FAILED};
pub use inspect_role::{InspectRole, Inspected, InspectedRoles};
pub use keep_bundle::{BUNDLE_REFUSED, BundleInForce, BundlePlace, KeepBundle};
pub use lookup_lineage::{Ask, NoAnswer, Question, Way, answer, lookup_lineage};
pub use once::Moment;
pub use outcome::{Done, Failure, Outcome};
pub use record_commit::record_commit;
pub use record_deployment::deployment_at;
pub use record_lineage::RecordLineage;
pub use remedy::VIOLATION_TAG;
pub use review_commit::ReviewCommit;
pub use suggest_baseline::SuggestBaseline;
