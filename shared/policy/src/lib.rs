//! Judging SageMaker resources: facts from a description, controls in Cedar, a verdict, and what to do about it. Pure: no
//! clock, no service; reading a bundle from a folder is the only input.

mod bundle;
mod control;
mod engine;
pub mod export;
mod facts;
mod finding;
mod instance;
pub mod intake;
pub mod join;
mod judge;
#[doc(hidden)]
pub mod measure;
mod role;
mod secret;
mod settings;

pub use bundle::{Bundle, BundleError};
pub use control::{Change, Control, Remedy, Severity};
pub use finding::{Finding, FindingStatus, WaivedBy};
pub use judge::{Corrections, Outcome, Plan, Subject, Verdict, judge, judge_erasure, operations};
pub use role::{Grant, RoleFacts};
pub use settings::{
    AccessSettings, ArtifactSettings, CapturedColumns, ComputeSettings, ControlMode, DetectSettings,
    DetectedEndpoint, DriftSettings, EncryptionSettings, Environment, ExplainabilitySettings, JudgedBy,
    LineageSettings, Mode, MonitoringSettings, NetworkSettings, Retraining, Settings, TagValue,
    TraceabilitySettings, TrainingBaseline, TrainingSettings, Waiver,
};
