//! Judging SageMaker resources: facts from a description, controls in Cedar, a verdict, and what to do about it. Pure: no
//! clock, no service; reading a bundle from a folder is the only input.

mod bundle;
mod control;
pub mod export;
mod facts;
mod instance;
pub mod intake;
mod judge;
mod role;
mod settings;

pub use bundle::{Bundle, BundleError};
pub use control::{Control, Remedy, Severity};
pub use judge::{Finding, FindingStatus, Outcome, Plan, Subject, Verdict, WaivedBy, judge, plan};
pub use role::{Grant, RoleFacts};
pub use settings::{
    AccessSettings, ArtifactSettings, ControlMode, EncryptionSettings, LineageSettings, Mode,
    NetworkSettings, Settings, Waiver,
};
