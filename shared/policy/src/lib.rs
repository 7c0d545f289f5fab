//! Judging SageMaker resources: facts from a description, controls in Cedar, a verdict, and a remedy. Pure: no clock, no service; reading a
//! bundle from a folder is the only input. The settings of an environment are in `sagewarden-settings`.

mod action;
mod arn;
mod buckets;
mod bundle;
mod bundle_error;
mod config_text;
mod control;
pub mod coverage;
mod digest;
mod engine;
pub mod export;
mod facts;
mod finding;
pub mod fixes;
mod instance;
pub mod intake;
pub mod join;
mod judge;
mod key;
mod later;
pub mod lists;
#[doc(hidden)]
pub mod measure;
mod merge;
mod nesting;
mod opened;
mod owner;
mod policies;
mod policy_file;
mod reader;
mod repository;
mod role;
mod secret;
mod shown;
mod validated;
mod values;
mod verdict;

pub use arn::Named;
pub use bundle::Bundle;
pub use bundle_error::BundleError;
pub use control::{Control, Remedy, Severity};
pub use finding::{Finding, FindingStatus, WaivedBy};
pub use judge::{Subject, judge, judge_created, judge_erasure, judge_sign_in, operations};
pub use key::{KEY_OPERATION, key_answer, key_refusal};
pub use owner::owner;
pub use role::RoleFacts;
pub use verdict::{Judgement, Plan, Verdict, Would};
