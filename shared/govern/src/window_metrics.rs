//! Hands the metrics of a window on, if the settings want that.

use sagewarden_monitor::MetricGroup;

use crate::ports::{Metrics as _, Monitor, WindowMetrics};
use crate::window::Window;
use crate::world::World;

/// Publishes metrics of a window. `schedule` is the schedule of Model Monitor that they replace, if there is one.
pub(crate) fn publish(
    world: &impl World,
    window: &Window,
    monitor: Monitor,
    schedule: Option<&str>,
    groups: &[MetricGroup],
) {
    if !world.settings().drift.detect.publish_metrics {
        return;
    }
    for MetricGroup { dimensions, metrics } in groups {
        world.metrics().publish(&WindowMetrics {
            monitor,
            endpoint: &window.endpoint.name,
            schedule: schedule.unwrap_or(monitor.schedule()),
            dimensions,
            time: window.end,
            metrics,
        });
    }
}
