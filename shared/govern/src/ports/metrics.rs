//! The metrics of judged windows.

use sagewarden_events::Timestamp;
use sagewarden_monitor::Metric;

/// Takes metrics on behalf of CloudWatch.
pub trait Metrics {
    /// Publishes the metrics of a window that is over.
    fn publish(&self, window: &WindowMetrics<'_>);
}

/// The metrics of a window, as Model Monitor's container publishes them.
#[derive(Debug)]
pub struct WindowMetrics<'a> {
    /// The dimension `Endpoint`.
    pub endpoint: &'a str,
    /// The dimension `MonitoringSchedule`.
    pub schedule: &'a str,
    /// The end of the window.
    pub time: Timestamp,
    /// The metrics.
    pub metrics: &'a [Metric],
}
