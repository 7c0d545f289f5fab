//! `statistics.json` of a model quality job.

use std::collections::BTreeMap;

use sagewarden_monitor::{UnreadableStatistics, java_json, loose};
use serde::de::Error;
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::curve::{PrecisionRecall, ReceiverOperating};
use super::deviation::MeasuredMetric;
use super::multiclass::exact_best_constant;
use super::problem::Problem;

/// The extent of the data, as the container writes it; both fields are absent in a baseline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// Such as `2025-10-20T02:00:00Z`.
    pub start_time: Option<String>,
    /// The end, which does not belong to it.
    pub end_time: Option<String>,
}

/// The file.
#[derive(Clone, Debug, PartialEq)]
pub struct QualityStatistics {
    /// The kind of problem.
    pub problem: Problem,
    /// How many pairs were measured.
    pub item_count: u64,
    /// The extent.
    pub window: Period,
    /// In the container's order.
    pub metrics: Vec<(String, MeasuredMetric)>,
    /// Counts by true label, then by predicted label; empty for a regression.
    pub confusion: BTreeMap<String, BTreeMap<String, u64>>,
    /// Where every prediction has a probability.
    pub receiver_operating: Option<ReceiverOperating>,
    /// Where every prediction has a probability.
    pub precision_recall: Option<PrecisionRecall>,
    /// The area under it: a CloudWatch metric of the container that is not in its file.
    pub au_prc: Option<f64>,
}

impl QualityStatistics {
    pub(super) fn new(problem: Problem, item_count: u64, window: Period) -> Self {
        Self {
            problem,
            item_count,
            window,
            metrics: Vec::new(),
            confusion: BTreeMap::new(),
            receiver_operating: None,
            precision_recall: None,
            au_prc: None,
        }
    }

    /// A metric by its name in the file.
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<MeasuredMetric> {
        self.metrics.iter().find(|(other, _)| other == name).map(|(_, measured)| *measured)
    }

    /// The value of a metric for the best constant classifier. With several labels, both modes use the exact value: the container writes
    /// the value for the rarest label, which is not the best one.
    #[must_use]
    pub fn best_constant(&self, name: &str) -> Option<f64> {
        let name = format!("{name}_best_constant_classifier");
        if self.problem == Problem::MulticlassClassification {
            let exact = exact_best_constant(&self.confusion);
            return exact.into_iter().find(|(other, _)| *other == name).map(|(_, value)| value);
        }
        self.metric(&name).map(|metric| metric.value)
    }

    /// The metrics for CloudWatch: every metric that is defined, and the area under precision over recall.
    pub fn published(&self) -> impl Iterator<Item = (&str, f64)> {
        let area = self.au_prc.map(|area| ("au_prc", area));
        let metrics = self.metrics.iter().map(|(name, measured)| (name.as_str(), measured.value));
        metrics.chain(area).filter(|(_, value)| value.is_finite())
    }

    /// Reads a file, such as the one of a baseline. The curves are left out.
    ///
    /// # Errors
    /// When it is not valid JSON, or has no metrics of any problem.
    pub fn parse(bytes: &[u8]) -> Result<Self, UnreadableStatistics> {
        let file: Value = serde_json::from_slice(&loose::quoted(bytes))?;
        let of = |problem: Problem| Some((problem, file.get(problem.metrics_key())?.as_object()?));
        let Some((problem, metrics)) = Problem::ALL.into_iter().find_map(of) else {
            return Err(serde_json::Error::custom("it has no metrics of model quality").into());
        };
        let dataset = file.get("dataset");
        let text = |key: &str| Some(dataset?.get(key)?.as_str()?.to_owned());
        let window = Period { start_time: text("start_time"), end_time: text("end_time") };
        let count = dataset.and_then(|dataset| dataset.get("item_count")).and_then(Value::as_f64);
        let mut statistics = Self::new(problem, count.unwrap_or(0.0) as u64, window);
        for (name, metric) in metrics {
            if name == "confusion_matrix" {
                statistics.confusion = BTreeMap::deserialize(metric).unwrap_or_default();
            } else if let Some(value) = number(metric.get("value")) {
                let standard_deviation = number(metric.get("standard_deviation")).unwrap_or(f64::NAN);
                statistics.metrics.push((name.clone(), MeasuredMetric { value, standard_deviation }));
            }
        }
        Ok(statistics)
    }

    /// The file, in the container's layout.
    #[must_use]
    pub fn to_java_json(&self) -> String {
        java_json::to_string(self)
    }
}

fn number(value: Option<&Value>) -> Option<f64> {
    match value? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => loose::number(text),
        _ => None,
    }
}

impl Serialize for QualityStatistics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut dataset = json!({ "item_count": self.item_count });
        for (key, time) in [("start_time", &self.window.start_time), ("end_time", &self.window.end_time)] {
            if let (Some(time), Some(dataset)) = (time, dataset.as_object_mut()) {
                dataset.insert(key.to_owned(), json!(time));
            }
        }
        let mut file = serializer.serialize_map(Some(3))?;
        file.serialize_entry("version", &0.0)?;
        file.serialize_entry("dataset", &dataset)?;
        file.serialize_entry(self.problem.metrics_key(), &WrittenMetrics(self))?;
        file.end()
    }
}

struct WrittenMetrics<'a>(&'a QualityStatistics);

impl Serialize for WrittenMetrics<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(statistics) = self;
        let mut metrics = serializer.serialize_map(None)?;
        if !statistics.confusion.is_empty() {
            metrics.serialize_entry("confusion_matrix", &statistics.confusion)?;
        }
        for (name, measured) in &statistics.metrics {
            metrics.serialize_entry(name, measured)?;
        }
        if let Some(curve) = &statistics.receiver_operating {
            metrics.serialize_entry("receiver_operating_characteristic_curve", curve)?;
        }
        if let Some(curve) = &statistics.precision_recall {
            metrics.serialize_entry("precision_recall_curve", curve)?;
        }
        metrics.end()
    }
}
