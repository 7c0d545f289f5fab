//! The metrics of judged windows, and of sweeps through the account.

use sagewarden_events::{ResourceKind, Timestamp};
use sagewarden_monitor::{AttributedRows, LabelledRows, Metric, WindowReport};

/// Takes metrics on behalf of CloudWatch.
pub trait Metrics {
    /// Publishes the metrics of a window that is over.
    fn publish(&self, window: &WindowMetrics<'_>);

    /// Publishes the counts of a sweep that has ended.
    fn swept(&self, _: &SweptKind) {}
}

/// The counts of a sweep through a kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SweptKind {
    /// The kind.
    pub kind: ResourceKind,
    /// When it ended.
    pub time: Timestamp,
    /// Resources that it listed.
    pub listed: u64,
    /// New resources that an event had announced.
    pub known: u64,
    /// New resources that no event had announced.
    pub missed: u64,
    /// How long after their creation these were found: in the middle, in milliseconds; absent if there are none.
    pub late_median_ms: Option<i64>,
    /// At most.
    pub late_most_ms: Option<i64>,
    /// Resources that are there no more.
    pub gone: u64,
}

/// The aspects of an endpoint that Sagewarden itself monitors. Each has reports and metrics of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Monitor {
    /// Traffic beside a baseline.
    DataQuality,
    /// Predictions beside what turned out to be true.
    ModelQuality,
    /// The reasons of the model beside those that it had in the baseline.
    ModelExplainability,
    /// How groups of people fared.
    ModelBias,
}

impl Monitor {
    const ALL: [Self; 4] =
        [Self::DataQuality, Self::ModelQuality, Self::ModelExplainability, Self::ModelBias];

    /// The one whose reports have this name in the place of a schedule's.
    #[must_use]
    pub fn named(schedule: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.schedule() == schedule)
    }

    /// The name of its reports in the place of a schedule's.
    #[must_use]
    pub fn schedule(self) -> &'static str {
        match self {
            Self::DataQuality => WindowReport::SCHEDULE,
            Self::ModelQuality => LabelledRows::SCHEDULE,
            Self::ModelExplainability => AttributedRows::SCHEDULE,
            Self::ModelBias => LabelledRows::BIAS_SCHEDULE,
        }
    }

    /// `MonitoringType` of the SageMaker API.
    #[must_use]
    pub fn monitoring_type(self) -> &'static str {
        match self {
            Self::DataQuality => "DataQuality",
            Self::ModelQuality => "ModelQuality",
            Self::ModelExplainability => "ModelExplainability",
            Self::ModelBias => "ModelBias",
        }
    }
}

/// The metrics of a window, as Model Monitor's container publishes them.
#[derive(Debug)]
pub struct WindowMetrics<'a> {
    /// The aspect.
    pub monitor: Monitor,
    /// The dimension `Endpoint`.
    pub endpoint: &'a str,
    /// The dimension `MonitoringSchedule`.
    pub schedule: &'a str,
    /// Further dimensions, as Clarify's monitors have them.
    pub dimensions: &'a [(&'static str, String)],
    /// The end of the window.
    pub time: Timestamp,
    /// The metrics.
    pub metrics: &'a [Metric],
}
