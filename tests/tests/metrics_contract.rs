//! The contract of `Metrics`: CloudWatch accepts every line ("Specification: Embedded metric format", CloudWatch user guide), and each line
//! has all values. The lines of `MetricLog` and of a batch have one form.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::{ResourceKind, Timestamp};
use sagewarden_govern::Absent;
use sagewarden_govern::ports::{Metrics, Monitor, SweptKind, WindowMetrics};
use sagewarden_lambda::{METRICS, MetricLog, Tally};
use sagewarden_monitor::{Metric, MetricValue};
use serde_json::{Map, Value};

/// `StandardUnit` of CloudWatch's API.
const UNITS: &str = "Seconds Microseconds Milliseconds Bytes Kilobytes Megabytes Gigabytes Terabytes Bits Kilobits Megabits \
    Gigabits Terabits Percent Count Bytes/Second Kilobytes/Second Megabytes/Second Gigabytes/Second Terabytes/Second \
    Bits/Second Kilobits/Second Megabits/Second Gigabits/Second Terabits/Second Count/Second None";
/// Statistic sets are in no specification; CloudWatch has taken them from the OpenTelemetry exporter for years.
const SET: [&str; 4] = ["Count", "Max", "Min", "Sum"];

fn number(value: &Value) -> bool {
    value.as_f64().is_some_and(|number| number.abs() <= 2_f64.powi(360))
}

fn is_value(value: &Value) -> bool {
    match value {
        Value::Array(many) => (1..=100).contains(&many.len()) && many.iter().all(number),
        Value::Object(set) => {
            set.len() == SET.len() && SET.iter().all(|name| set.get(*name).is_some_and(number))
        }
        one => number(one),
    }
}

fn text(value: &Value, characters: usize) -> &str {
    let text = value.as_str().unwrap_or_default();
    assert!((1..=characters).contains(&text.chars().count()), "{value} has no, or too many, characters");
    text
}

fn array(value: &Value, at_most: usize) -> &[Value] {
    let array = value.as_array().unwrap();
    assert!(!array.is_empty() && array.len() <= at_most, "{} members", array.len());
    array
}

/// Holds a line against the specification; returns the names of its metrics with their values.
fn taken(line: &str) -> BTreeMap<String, Value> {
    assert!(!line.contains('\n') && line.len() < 256 << 10, "an event of the log: {} bytes", line.len());
    let root: Map<String, Value> = serde_json::from_str(line).unwrap();
    let meta = root["_aws"].as_object().unwrap();
    assert!(meta["Timestamp"].is_u64(), "milliseconds since 1970: {}", meta["Timestamp"]);
    let mut values = BTreeMap::new();
    for directive in array(&meta["CloudWatchMetrics"], usize::MAX) {
        let members: BTreeSet<&str> = directive.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, BTreeSet::from(["Dimensions", "Metrics", "Namespace"]), "no other members");
        assert!(!text(&directive["Namespace"], 255).starts_with(':'));
        let mut dimensions = BTreeSet::new();
        for set in array(&directive["Dimensions"], usize::MAX) {
            for name in array(set, 30) {
                text(&root[text(name, 250)], 1_024);
                dimensions.insert(name.as_str().unwrap());
            }
        }
        for metric in array(&directive["Metrics"], 100) {
            let name = text(&metric["Name"], 255);
            assert!(!dimensions.contains(name), "`{name}` is a dimension");
            let unit = metric.get("Unit").map_or("None", |unit| unit.as_str().unwrap());
            assert!(UNITS.split_whitespace().any(|each| each == unit), "`{unit}` is no unit");
            assert!(metric.as_object().unwrap().keys().all(|key| key == "Name" || key == "Unit"), "{metric}");
            assert!(is_value(&root[name]), "`{name}` is {}", root[name]);
            values.insert(name.to_owned(), root[name].clone());
        }
    }
    values
}

fn metric(name: &str, value: f64) -> Metric {
    Metric { name: name.to_owned(), value: MetricValue::Single(value) }
}

/// The metrics that CloudWatch takes of these.
fn published(metrics: &[Metric]) -> BTreeMap<String, Value> {
    published_under(&[], metrics)
}

/// The same under further dimensions.
fn published_under(dimensions: &[(&'static str, String)], metrics: &[Metric]) -> BTreeMap<String, Value> {
    let time = Timestamp::from_millis(1_772_442_000_000);
    let window = WindowMetrics {
        monitor: Monitor::DataQuality,
        endpoint: "prod",
        schedule: "quality",
        dimensions,
        time,
        metrics,
    };
    MetricLog.publish(&window);
    Absent.publish(&window);
    let lines = MetricLog::lines(&window);
    lines.iter().flat_map(|line| taken(&line.to_string())).collect()
}

#[test]
fn every_metric_of_a_window_is_taken() {
    let set = MetricValue::Set { minimum: -1.5, maximum: 3.0, sum: 6.0, samples: 3.0 };
    let mut metrics =
        vec![metric("feature_non_null_é \"`\n漢字", 0.0), metric("feature_baseline_drift_a", 1e-300)];
    metrics.push(Metric { name: "feature_data_a".to_owned(), value: set });
    assert_eq!(published(&metrics).len(), 3);
    // However many.
    let many: Vec<Metric> = (0..1_234).map(|column| metric(&format!("feature_data_{column}"), 0.5)).collect();
    assert_eq!(published(&many).len(), many.len());
    assert_eq!(published(&[]).len(), 0, "a line without a metric is none");
}

#[test]
fn a_metric_that_would_be_refused_takes_no_other_with_it() {
    let set = |minimum: f64, sum: f64| MetricValue::Set { minimum, maximum: 1.0, sum, samples: 2.0 };
    let mut metrics = vec![
        metric("nan", f64::NAN),
        metric("infinite", f64::INFINITY),
        metric("beyond", -1e109),
        metric("", 1.0),
        metric(&"x".repeat(256), 1.0),
        Metric { name: "set-of-nan".to_owned(), value: set(f64::NAN, 1.0) },
        Metric { name: "overflown".to_owned(), value: set(0.0, f64::INFINITY) },
    ];
    metrics.push(metric(&"é".repeat(255), 1.0));
    metrics.push(metric("largest", 2_f64.powi(360)));
    let taken = published(&metrics);
    assert_eq!(taken.into_keys().collect::<Vec<_>>(), ["largest".to_owned(), "é".repeat(255)]);
}

#[test]
fn metrics_with_dimensions_that_would_be_refused_are_left_out() {
    let metrics = [metric("bias_metric_DI", 0.5)];
    let under = |value: &str| {
        let facet = [("Facet", "sex".to_owned()), ("FacetValue", value.to_owned())];
        published_under(&facet, &metrics).len()
    };
    assert_eq!([under("0"), under(&"x".repeat(1_024)), under(""), under(&"x".repeat(1_025))], [1, 1, 0, 0]);
}

#[test]
fn every_metric_of_a_batch_and_of_a_sweep_is_taken() {
    let tally = Tally {
        done: u32::MAX,
        durations_ms: (0..250).collect(),
        oldest_ms: Some(i64::MAX),
        from_creation_ms: vec![0],
        to_stop_ms: vec![1; 100],
        canary: true,
        findings: BTreeMap::from([("high".into(), 2), ("low".into(), 1)]),
        ..Tally::default()
    };
    let mut lines = tally.lines("enforce-policy", 1_772_442_000_000);
    lines.push(MetricLog::sweep_line(&SweptKind {
        kind: ResourceKind::TrainingJob,
        time: Timestamp::from_millis(1_772_442_000_000),
        listed: u64::MAX,
        known: 0,
        missed: 2,
        late_median_ms: Some(1),
        late_most_ms: Some(i64::MAX),
        gone: 1,
    }));
    let names: BTreeSet<String> =
        lines.iter().flat_map(|line| taken(&line.to_string())).map(|(name, _)| name).collect();
    assert_eq!(names, METRICS.iter().map(|(name, _)| (*name).to_owned()).collect());
    let idle = Tally::default().lines("record-commit", 0);
    assert_eq!(idle.iter().flat_map(|line| taken(&line.to_string())).count(), 5);
}
