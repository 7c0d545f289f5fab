//! `settings.toml`: the values that an environment allows, and how data is watched. This crate does not need the policy engine, so that
//! functions that only read settings are built without it.

mod attribution;
mod bias;
mod check;
mod detect;
mod drift;
mod environment;
mod file;
mod mode;
mod quality;
mod reconcile;
mod routes;
mod section;
mod settings;
mod training;
mod waiver;

pub use attribution::{ScoreThreshold, WatchedAttribution};
pub use bias::WatchedBias;
pub use detect::{CapturedColumns, DetectSettings, DetectedEndpoint, DriftThreshold, JudgedBy};
pub use drift::{DriftSettings, Retraining};
pub use environment::Environment;
pub use file::{FileError, read_file};
pub use mode::{ControlMode, Mode, Profile};
pub use quality::{ProbabilityThreshold, QualityProblem, WatchedQuality};
pub use reconcile::ReconcileSettings;
pub use routes::{Chat, NoticeRoute, Routes};
pub use section::{
    AccessSettings, ArtifactSettings, ComputeSettings, EncryptionSettings, ExplainabilitySettings,
    LineageSettings, MonitoringSettings, NetworkSettings, TagValue, TraceabilitySettings,
};
pub use settings::Settings;
pub use training::{TrainingBaseline, TrainingSettings};
pub use waiver::{LongestWaiver, Waiver};
