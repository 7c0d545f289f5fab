//! Counts for CloudWatch in its embedded metric format: a line of JSON on standard output, no API call.
//! Format: "Specification: Embedded metric format" in the CloudWatch user guide.

use std::collections::BTreeMap;

use sagewarden_govern::ports::{Metrics, Monitor, SweptKind, WindowMetrics};
use sagewarden_monitor::{Metric, MetricValue};
use serde_json::{Map, Value, json};

/// How the records of one invocation ended, and how long they took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records that are done.
    pub done: u32,
    /// Records that will be delivered again.
    pub retried: u32,
    /// Records that were put into quarantine.
    pub rejected: u32,
    /// How long each record took.
    pub durations_ms: Vec<i64>,
    /// How long the oldest message of the batch had been in the queue when the batch was finished.
    pub oldest_ms: Option<i64>,
    /// From the creation of a resource, by its event, to the end of the record. If the function judges, that is after the verdict.
    pub from_creation_ms: Vec<i64>,
    /// From the creation of a resource to its stop.
    pub to_stop_ms: Vec<i64>,
    /// Requests to AWS, and how many of them the SDK repeated.
    pub requests: u32,
    /// See [`Self::requests`].
    pub retries: u32,
    /// Whether the canary got the right verdict.
    pub canary: bool,
    /// Findings that were published, by severity.
    pub findings: BTreeMap<String, u32>,
}

/// Every metric of a function, with its unit; the template's dashboard shows these.
pub const METRICS: [(&str, &str); 17] = [
    ("RecordsDone", "Count"),
    ("RecordsRetried", "Count"),
    ("RecordsRejected", "Count"),
    ("RecordDuration", "Milliseconds"),
    ("OldestMessageAge", "Milliseconds"),
    ("TimeFromCreation", "Milliseconds"),
    ("TimeToStop", "Milliseconds"),
    ("Requests", "Count"),
    ("Retries", "Count"),
    ("Findings", "Count"),
    ("CanaryJudged", "Count"),
    ("ResourcesListed", "Count"),
    ("EventsArrived", "Count"),
    ("EventsMissed", "Count"),
    ("MissedMedianAge", "Milliseconds"),
    ("MissedLongestAge", "Milliseconds"),
    ("ResourcesGone", "Count"),
];

impl Tally {
    /// The metric lines: one for the function, and one for each severity of findings.
    #[must_use]
    pub fn lines(&self, function: &str, now_ms: i64) -> Vec<Value> {
        // Leaves out a metric without a value. An array may have 100 values ("Specification: Embedded metric format").
        let several = |values: &[i64]| {
            let some: Vec<&i64> = values.iter().take(AT_ONCE).collect();
            (!some.is_empty()).then(|| json!(some))
        };
        let values = [
            ("RecordsDone", Some(json!(self.done))),
            ("RecordsRetried", Some(json!(self.retried))),
            ("RecordsRejected", Some(json!(self.rejected))),
            ("RecordDuration", several(&self.durations_ms)),
            ("OldestMessageAge", self.oldest_ms.map(|age| json!(age))),
            ("TimeFromCreation", several(&self.from_creation_ms)),
            ("TimeToStop", several(&self.to_stop_ms)),
            ("Requests", Some(json!(self.requests))),
            ("Retries", Some(json!(self.retries))),
            ("CanaryJudged", self.canary.then(|| json!(1))),
        ];
        let values: Vec<(&str, Value)> =
            values.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let mut lines = vec![line(&[("Function", function)], &values, now_ms)];
        for (severity, count) in &self.findings {
            let dimensions = [("Function", function), ("Severity", severity.as_str())];
            lines.push(line(&dimensions, &[("Findings", json!(count))], now_ms));
        }
        lines
    }
}

/// One line under these dimensions.
fn line(dimensions: &[(&str, &str)], values: &[(&str, Value)], now_ms: i64) -> Value {
    let unit = |name: &str| METRICS.iter().find(|(each, _)| *each == name).map(|(_, unit)| *unit);
    let names: Vec<&str> = dimensions.iter().map(|(name, _)| *name).collect();
    let metrics: Vec<Value> =
        values.iter().map(|(name, _)| json!({ "Name": name, "Unit": unit(name) })).collect();
    let directive = json!({
        "Timestamp": now_ms,
        "CloudWatchMetrics": [{ "Namespace": "Sagewarden", "Dimensions": [names], "Metrics": metrics }],
    });
    let mut line = Map::from_iter([("_aws".to_owned(), directive)]);
    line.extend(dimensions.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
    line.extend(values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    Value::Object(line)
}

/// Writes the metrics of windows and sweeps to the log, from which CloudWatch takes them.
#[derive(Clone, Copy, Debug)]
pub struct MetricLog;

impl Metrics for MetricLog {
    fn publish(&self, window: &WindowMetrics<'_>) {
        Self::lines(window).iter().for_each(|line| println!("{line}"));
    }

    fn swept(&self, sweep: &SweptKind) {
        println!("{}", Self::sweep_line(sweep));
    }
}

impl MetricLog {
    /// The line of a sweep. The kind is a field and no dimension: CloudWatch bills each combination of dimensions.
    #[must_use]
    pub fn sweep_line(sweep: &SweptKind) -> Value {
        let values = [
            ("ResourcesListed", Some(json!(sweep.listed))),
            ("EventsArrived", Some(json!(sweep.known))),
            ("EventsMissed", Some(json!(sweep.missed))),
            ("MissedMedianAge", sweep.late_median_ms.map(|age| json!(age))),
            ("MissedLongestAge", sweep.late_most_ms.map(|age| json!(age))),
            ("ResourcesGone", Some(json!(sweep.gone))),
        ];
        let values: Vec<(&str, Value)> =
            values.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let mut line = line(&[("Function", "reconcile")], &values, sweep.time.millis());
        if let Some(fields) = line.as_object_mut() {
            fields.insert("resource.kind".to_owned(), sweep.kind.operation().into());
        }
        line
    }

    /// The lines of a window. Leaves out values that CloudWatch would refuse: with one of these, CloudWatch would refuse the whole line.
    #[must_use]
    pub fn lines(window: &WindowMetrics<'_>) -> Vec<Value> {
        let is_dimension = |value: &str| (1..=DIMENSION).contains(&value.chars().count());
        if !window.dimensions.iter().all(|(_, value)| is_dimension(value)) {
            return Vec::new();
        }
        let taken: Vec<&Metric> = window.metrics.iter().filter(|metric| is_taken(metric)).collect();
        taken.chunks(AT_ONCE).map(|some| container_line(window, some)).collect()
    }
}

/// Metrics that one line may hold.
const AT_ONCE: usize = 100;

/// Characters of a name (`MetricName` of `PutMetricData`).
const NAME: usize = 255;
/// Characters of the value of a dimension (`Dimension` of `PutMetricData`).
const DIMENSION: usize = 1_024;
/// Values are between the negative of this and this ("MetricDatum", CloudWatch API reference).
const LARGEST: f64 = 2.348_542_582_773_833_3e108;

/// Whether CloudWatch accepts a metric: its name is within the limits, and its value is a finite number of at most 2^360.
fn is_taken(metric: &Metric) -> bool {
    let numbers = match metric.value {
        MetricValue::Single(number) => vec![number],
        MetricValue::Set { minimum, maximum, sum, samples } => vec![minimum, maximum, sum, samples],
    };
    // Every comparison with NaN is false.
    (1..=NAME).contains(&metric.name.chars().count()) && numbers.iter().all(|number| number.abs() <= LARGEST)
}

/// A line with the metrics of Model Monitor's container, under the same names, so that alarms on them keep working.
///
/// Namespace and dimensions of alarms in use (`aws/sagemaker/Endpoints/data-metrics`, `Endpoint` and
/// `MonitoringSchedule`). A statistic set is written as the OpenTelemetry exporter for CloudWatch writes it: `Max`, `Min`,
/// `Count`, `Sum`.
fn container_line(window: &WindowMetrics<'_>, some: &[&Metric]) -> Value {
    let names: Vec<Value> = some.iter().map(|metric| json!({ "Name": metric.name })).collect();
    let mut line = Map::new();
    line.extend(some.iter().map(|metric| (metric.name.clone(), value(metric))));
    let own = [("Endpoint", window.endpoint), ("MonitoringSchedule", window.schedule)];
    let further = window.dimensions.iter().map(|(name, value)| (*name, value.as_str()));
    let dimensions: Vec<(&str, &str)> = own.into_iter().chain(further).collect();
    line.extend(dimensions.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
    let dimensions: Vec<&str> = dimensions.iter().map(|(name, _)| *name).collect();
    let directive = json!({
        "Timestamp": window.time.millis(),
        "CloudWatchMetrics": [{
            "Namespace": namespace(window.monitor),
            "Dimensions": [dimensions],
            "Metrics": names,
        }],
    });
    line.insert("_aws".into(), directive);
    Value::Object(line)
}

fn namespace(monitor: Monitor) -> &'static str {
    match monitor {
        Monitor::DataQuality => "aws/sagemaker/Endpoints/data-metrics",
        Monitor::ModelQuality => "aws/sagemaker/Endpoints/model-metrics",
        Monitor::ModelExplainability => "aws/sagemaker/Endpoints/explainability-metrics",
        Monitor::ModelBias => "aws/sagemaker/Endpoints/bias-metrics",
    }
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
    use std::collections::BTreeSet;

    use sagewarden_events::{ResourceKind, Timestamp};

    use super::*;

    #[test]
    fn every_metric_that_is_announced_has_a_value_and_a_unit() {
        let nothing = Tally { done: 2, retried: 1, ..Tally::default() };
        let everything = Tally {
            durations_ms: vec![3, 4],
            oldest_ms: Some(9),
            from_creation_ms: vec![5],
            to_stop_ms: vec![6],
            canary: true,
            findings: BTreeMap::from([("high".into(), 2), ("low".into(), 1)]),
            ..nothing.clone()
        };
        let mut seen = BTreeSet::new();
        for (tally, count) in [(&nothing, 1), (&everything, 3)] {
            let lines = tally.lines("record-commit", 7);
            assert_eq!(lines.len(), count);
            for line in &lines {
                let directive = &line["_aws"]["CloudWatchMetrics"][0];
                for dimension in directive["Dimensions"][0].as_array().unwrap() {
                    assert!(line[dimension.as_str().unwrap()].is_string(), "{dimension}");
                }
                for metric in directive["Metrics"].as_array().unwrap() {
                    let name = metric["Name"].as_str().unwrap();
                    assert!(line[name].is_u64() || line[name][0].is_u64(), "{metric}");
                    assert!(METRICS.contains(&(name, metric["Unit"].as_str().unwrap())), "{metric}");
                    seen.insert(name.to_owned());
                }
            }
            assert_eq!(lines[0]["RecordsDone"], 2);
        }
        let sweep = SweptKind {
            kind: ResourceKind::Model,
            time: Timestamp::from_millis(7),
            listed: 9,
            known: 3,
            missed: 1,
            late_median_ms: Some(5),
            late_most_ms: Some(6),
            gone: 2,
        };
        let line = MetricLog::sweep_line(&sweep);
        for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap() {
            let name = metric["Name"].as_str().unwrap();
            assert!(line[name].is_i64() && METRICS.contains(&(name, metric["Unit"].as_str().unwrap())));
            seen.insert(name.to_owned());
        }
        assert_eq!((&line["Function"], &line["resource.kind"]), (&json!("reconcile"), &json!("Model")));
        assert_eq!((&line["EventsArrived"], &line["EventsMissed"]), (&json!(3), &json!(1)));
        // Nothing was missed, so nothing was late.
        let in_time = MetricLog::sweep_line(&SweptKind { late_median_ms: None, late_most_ms: None, ..sweep });
        assert!(in_time["MissedMedianAge"].is_null() && in_time["MissedLongestAge"].is_null());
        assert_eq!(seen.len(), METRICS.len());
    }

    #[test]
    fn metrics_of_a_window_are_written_as_the_container_writes_them() {
        let drift = Metric { name: "feature_baseline_drift_age".into(), value: MetricValue::Single(0.25) };
        let set = MetricValue::Set { minimum: 1.0, maximum: 3.0, sum: 6.0, samples: 3.0 };
        let data = Metric { name: "feature_data_age".into(), value: set };
        let metrics: Vec<Metric> = [drift, data].into_iter().cycle().take(102).collect();
        let time = Timestamp::from_millis(7);
        let window = WindowMetrics {
            monitor: Monitor::DataQuality,
            endpoint: "prod",
            schedule: "hourly",
            dimensions: &[],
            time,
            metrics: &metrics,
        };
        let lines = MetricLog::lines(&window);
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
