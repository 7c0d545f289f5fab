//! How the predictions of an endpoint are measured once their labels are known.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::check::{folder, hours_of_a_day, row_path, words};

/// The settings about an endpoint's model quality. If a field is absent, the endpoint's own model quality schedule gives it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WatchedQuality {
    /// Whether its predictions are measured.
    pub watch: bool,
    /// Where labels come, as `s3://<bucket>/<prefix>`: under `<yyyy>/<mm>/<dd>/<hh>/` of the hour in which they were collected.
    #[serde(deserialize_with = "folder")]
    pub ground_truth: Option<String>,
    /// How many hours after the end of a window its labels may arrive.
    #[serde(deserialize_with = "delay")]
    pub ground_truth_delay_hours: Option<i64>,
    /// How long a window is, in hours: a part of a day. If absent, it is as short as the delay allows.
    #[serde(deserialize_with = "window")]
    pub window_hours: Option<i64>,
    /// The folder with the `constraints.json` of a model quality baseline.
    #[serde(deserialize_with = "folder")]
    pub baseline: Option<String>,
    /// The kind of problem that the model solves.
    pub problem: Option<QualityProblem>,
    /// The column or key of the answer that is the label, or the number of a regression.
    #[serde(deserialize_with = "column")]
    pub inference: Option<String>,
    /// The column or key of the answer that is the probability of the positive label.
    #[serde(deserialize_with = "column")]
    pub probability: Option<String>,
    /// The probability above which the answer is the positive label.
    pub threshold: Option<ProbabilityThreshold>,
    /// The label that a binary classifier looks for.
    #[serde(deserialize_with = "column")]
    pub positive: Option<String>,
    /// The column or key of the ground truth that is the label.
    #[serde(deserialize_with = "column")]
    pub label: Option<String>,
    /// Where the rows are in JSON answers; if absent, `output_path` counts.
    #[serde(deserialize_with = "row_path")]
    pub output_path: Option<String>,
}

impl Default for WatchedQuality {
    fn default() -> Self {
        Self {
            watch: true,
            ground_truth: None,
            ground_truth_delay_hours: None,
            window_hours: None,
            baseline: None,
            problem: None,
            inference: None,
            probability: None,
            threshold: None,
            positive: None,
            label: None,
            output_path: None,
        }
    }
}

impl WatchedQuality {
    /// The default of the hours in which labels may arrive.
    pub const USUAL_DELAY_HOURS: i64 = 24;
    /// How many windows one file of labels may concern. The delay is at most as long as this many windows.
    pub const MOST_WINDOWS: i64 = 31;
    /// The longest delay, in hours: that many windows of a day.
    pub const MOST_DELAY_HOURS: i64 = Self::MOST_WINDOWS * 24;

    /// The fault of the settings as a whole.
    fn contradiction(&self) -> Option<String> {
        let is_binary = self.problem == Some(QualityProblem::Binary);
        if self.ground_truth.is_some() && self.problem.is_none() {
            return Some("`ground_truth` needs a `problem`: binary, multiclass or regression".to_owned());
        }
        if self.problem.is_some() && !is_binary && self.probability.is_some() {
            return Some(
                "`probability` is for `problem = \"binary\"`: name the prediction with `inference`"
                    .to_owned(),
            );
        }
        let names_prediction = self.inference.is_some() || self.probability.is_some();
        if is_binary && self.ground_truth.is_some() && !names_prediction {
            return Some("`problem = \"binary\"` needs `inference`, `probability` or both: a column or key of the answer".to_owned());
        }
        let windows = self.ground_truth_delay_hours.zip(self.window_hours);
        let (delay, window) = windows.filter(|(delay, window)| *delay > window * Self::MOST_WINDOWS)?;
        Some(format!(
            "labels that come within {delay} hours may be of more than {} windows of {window}: choose a longer `window_hours`",
            Self::MOST_WINDOWS
        ))
    }
}

/// Reads the settings, and refuses settings that contradict each other.
pub(crate) fn watched_quality<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<WatchedQuality, D::Error> {
    let quality = WatchedQuality::deserialize(deserializer)?;
    quality.contradiction().map_or(Ok(quality), |why| Err(D::Error::custom(why)))
}

/// The kind of problem that a model solves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QualityProblem {
    /// Two labels.
    Binary,
    /// Several labels.
    Multiclass,
    /// A number.
    Regression,
}

/// The threshold that probabilities are compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProbabilityThreshold(f64);

/// The number is never NaN.
impl Eq for ProbabilityThreshold {}

impl ProbabilityThreshold {
    /// `None` if the value is not a number from 0 to 1.
    #[must_use]
    pub fn new(value: f64) -> Option<Self> {
        (0.0..=1.0).contains(&value).then_some(Self(value))
    }

    /// The number.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for ProbabilityThreshold {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(deserializer)?;
        Self::new(value).ok_or_else(|| {
            D::Error::custom(format!("`{value}` is not a probability: write a number from 0 to 1"))
        })
    }
}

fn delay<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    const MOST: i64 = WatchedQuality::MOST_DELAY_HOURS;
    let hours = i64::deserialize(deserializer)?;
    if (0..=MOST).contains(&hours) {
        Ok(Some(hours))
    } else {
        Err(D::Error::custom(format!("`{hours}` is not a number of hours between 0 and {MOST}")))
    }
}

fn window<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    hours_of_a_day(deserializer).map(Some)
}

fn column<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    words(deserializer).map(Some)
}
