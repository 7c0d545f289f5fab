//! Counts for CloudWatch in its embedded metric format: a line of JSON on standard output, no API call.
//! Format: "Specification: Embedded metric format" in the CloudWatch user guide.

use sagewarden_govern::ports::{Metrics, WindowMetrics};
use sagewarden_monitor::{Metric, MetricValue};
use serde_json::{Map, Value, json};

/// What became of the records of one invocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records that came to their end.
    pub done: u32,
    /// Records that will be delivered again.
    pub retried: u32,
    /// Records that were put into quarantine.
    pub rejected: u32,
}

impl Tally {
    /// The metric line.
    #[must_use]
    pub fn line(&self, function: &str, now_ms: i64) -> Value {
        let metrics = ["RecordsDone", "RecordsRetried", "RecordsRejected"]
            .map(|name| json!({ "Name": name, "Unit": "Count" }));
        json!({
            "_aws": {
                "Timestamp": now_ms,
                "CloudWatchMetrics": [{
                    "Namespace": "Sagewarden",
                    "Dimensions": [["Function"]],
                    "Metrics": metrics,
                }],
            },
            "Function": function,
            "RecordsDone": self.done,
            "RecordsRetried": self.retried,
            "RecordsRejected": self.rejected,
        })
    }
}

/// Writes the metrics of windows to the log, from which CloudWatch takes them.
#[derive(Clone, Copy, Debug)]
pub struct MetricLog;

impl Metrics for MetricLog {
    fn publish(&self, window: &WindowMetrics<'_>) {
        container_metrics(window).for_each(|line| println!("{line}"));
    }
}

/// Metrics that one line may hold.
const AT_ONCE: usize = 100;

/// The metrics of Model Monitor's container, as it names them: alarms on them go on working.
///
/// Namespace and dimensions are those of alarms in use (`aws/sagemaker/Endpoints/data-metrics`, `Endpoint` and
/// `MonitoringSchedule`). A statistic set is written as the OpenTelemetry exporter for CloudWatch writes it: `Max`, `Min`,
/// `Count`, `Sum`.
fn container_metrics(window: &WindowMetrics<'_>) -> impl Iterator<Item = Value> {
    window.metrics.chunks(AT_ONCE).map(|some| {
        let names: Vec<Value> = some.iter().map(|metric| json!({ "Name": metric.name })).collect();
        let mut line = Map::new();
        line.extend(some.iter().map(|metric| (metric.name.clone(), value(metric))));
        line.insert("Endpoint".into(), window.endpoint.into());
        line.insert("MonitoringSchedule".into(), window.schedule.into());
        let directive = json!({
            "Timestamp": window.time.millis(),
            "CloudWatchMetrics": [{
                "Namespace": "aws/sagemaker/Endpoints/data-metrics",
                "Dimensions": [["Endpoint", "MonitoringSchedule"]],
                "Metrics": names,
            }],
        });
        line.insert("_aws".into(), directive);
        Value::Object(line)
    })
}

fn value(metric: &Metric) -> Value {
    match metric.value {
        MetricValue::Single(number) => json!(number),
        MetricValue::Set { minimum, maximum, sum, samples } => {
            json!({ "Max": maximum, "Min": minimum, "Count": samples, "Sum": sum })
        }
    }
}

#[cfg(test)]
mod tests {
    use sagewarden_events::Timestamp;

    use super::*;

    #[test]
    fn every_metric_that_is_announced_has_a_value() {
        let line = Tally { done: 2, retried: 1, rejected: 0 }.line("record-commit", 7);
        let announced = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap().clone();
        assert_eq!(announced.len(), 3);
        for metric in announced {
            assert!(line[metric["Name"].as_str().unwrap()].is_u64(), "{metric}");
        }
        assert_eq!(line["RecordsDone"], 2);
    }

    #[test]
    fn metrics_of_a_window_are_written_as_the_container_writes_them() {
        let drift = Metric { name: "feature_baseline_drift_age".into(), value: MetricValue::Single(0.25) };
        let set = MetricValue::Set { minimum: 1.0, maximum: 3.0, sum: 6.0, samples: 3.0 };
        let data = Metric { name: "feature_data_age".into(), value: set };
        let metrics: Vec<Metric> = [drift, data].into_iter().cycle().take(102).collect();
        let time = Timestamp::from_millis(7);
        let window = WindowMetrics { endpoint: "prod", schedule: "hourly", time, metrics: &metrics };
        let lines: Vec<Value> = container_metrics(&window).collect();
        assert_eq!(lines.len(), 2, "a line holds 100 metrics");
        let line = &lines[1];
        assert_eq!(line["feature_baseline_drift_age"], 0.25);
        assert_eq!(line["feature_data_age"], json!({ "Max": 3.0, "Min": 1.0, "Count": 3.0, "Sum": 6.0 }));
        assert_eq!((&line["Endpoint"], &line["MonitoringSchedule"]), (&json!("prod"), &json!("hourly")));
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Namespace"], "aws/sagemaker/Endpoints/data-metrics");
        assert_eq!(
            directive["Metrics"],
            json!([{ "Name": "feature_baseline_drift_age" }, { "Name": "feature_data_age" }])
        );
        assert_eq!(line["_aws"]["Timestamp"], 7);
    }
}
