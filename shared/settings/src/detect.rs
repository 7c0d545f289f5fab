//! Which captured traffic `detect-drift` compares with which baseline, and what follows.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use wildmatch::WildMatch;

use crate::attribution::WatchedAttribution;
use crate::bias::{WatchedBias, watched_bias};
use crate::check::{folder, hours, hours_of_a_day, minutes, missing_texts, phrases, row_path, words};
use crate::quality::{WatchedQuality, watched_quality};

/// How captured traffic is judged.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DetectSettings {
    /// How long a window is, in hours: a part of a day.
    #[serde(deserialize_with = "hours_of_a_day")]
    pub window_hours: i64,
    /// How many rows a window must have before it is judged.
    pub min_rows: u64,
    /// How many minutes after its end a window is judged for the last time: capture files come late.
    #[serde(deserialize_with = "minutes")]
    pub close_after_minutes: i64,
    /// If no captured traffic of an endpoint arrives for this many hours, a notice is published; 0 for never.
    #[serde(deserialize_with = "hours")]
    pub silent_after_hours: i64,
    /// The mode of comparison that decides about alerts.
    pub alert_mode: JudgedBy,
    /// The mode of comparison for the files that replace Model Monitor's.
    pub files_mode: JudgedBy,
    /// Texts that mean a missing value in exact mode; if absent, the texts that pandas, R and SQL write.
    #[serde(deserialize_with = "missing_texts")]
    pub missing_texts: Option<Vec<String>>,
    /// Phrases that make an answer of free text a refusal; absent for the phrases that models use in English.
    #[serde(deserialize_with = "phrases")]
    pub refusals: Option<Vec<String>>,
    /// Where reports go, as `s3://<bucket>/<prefix>`; absent for the stack's own bucket.
    #[serde(deserialize_with = "folder")]
    pub reports: Option<String>,
    /// Whether the metrics of closed windows go to CloudWatch, which bills each of them.
    pub publish_metrics: bool,
    /// Settings of some endpoints. The first entry that fits counts.
    pub endpoints: Vec<DetectedEndpoint>,
}

impl Default for DetectSettings {
    fn default() -> Self {
        Self {
            window_hours: 1,
            min_rows: 200,
            close_after_minutes: 15,
            silent_after_hours: 24,
            alert_mode: JudgedBy::Exact,
            files_mode: JudgedBy::Compat,
            missing_texts: None,
            refusals: None,
            reports: None,
            publish_metrics: true,
            endpoints: Vec::new(),
        }
    }
}

impl DetectSettings {
    /// The settings of an endpoint, or the default.
    #[must_use]
    pub fn of(&self, endpoint: &str) -> DetectedEndpoint {
        let found = self.endpoints.iter().find(|each| WildMatch::new(&each.endpoint).matches(endpoint));
        found.cloned().unwrap_or_default()
    }
}

/// A mode of comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JudgedBy {
    /// The answers of Model Monitor's container, including its known defects.
    Compat,
    /// The right answers.
    Exact,
}

/// Which columns of a captured event are compared, and in which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CapturedColumns {
    /// Columns of the output, then of the input: as Model Monitor's container with `output_columns_position` `START`.
    #[default]
    OutputFirst,
    /// Columns of the input, then of the output.
    InputFirst,
    /// Columns of the input only.
    Input,
    /// Columns of the output only.
    Output,
}

/// The settings of some endpoints.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectedEndpoint {
    /// Which endpoints: a name with `*` and `?`.
    #[serde(deserialize_with = "words")]
    pub endpoint: String,
    /// Whether `detect-drift` judges their traffic.
    #[serde(default = "yes")]
    pub watch: bool,
    /// The folder with `constraints.json` and `statistics.json`; if absent, `detect-drift` looks for a baseline.
    #[serde(default, deserialize_with = "folder")]
    pub baseline: Option<String>,
    /// Which columns are compared. If absent, the columns of the baseline: first the columns of the output, then of
    /// the input; or of one side, if that side has all of them.
    #[serde(default)]
    pub columns: Option<CapturedColumns>,
    /// Columns of the baseline that are left out, such as ids.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// The largest distance that is not drift, for columns of the baseline by their names.
    #[serde(default)]
    pub thresholds: BTreeMap<String, DriftThreshold>,
    /// Where the rows are in JSON requests, such as `/instances/*/features`.
    #[serde(default, deserialize_with = "row_path")]
    pub input_path: Option<String>,
    /// Where the rows are in JSON answers.
    #[serde(default, deserialize_with = "row_path")]
    pub output_path: Option<String>,
    /// How predictions are measured once their labels are known.
    #[serde(default, deserialize_with = "watched_quality")]
    pub quality: WatchedQuality,
    /// How the attribution of its model are watched.
    #[serde(default)]
    pub attribution: WatchedAttribution,
    /// Which groups are compared once labels are known.
    #[serde(default, deserialize_with = "watched_bias")]
    pub bias: WatchedBias,
}

/// The largest distance that is not drift: from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DriftThreshold(f64);

impl DriftThreshold {
    /// The number; `None` if it cannot be a distance.
    #[must_use]
    pub fn new(number: f64) -> Option<Self> {
        (0.0..=1.0).contains(&number).then_some(Self(number))
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> f64 {
        self.0
    }
}

/// It is always a number.
impl Eq for DriftThreshold {}

impl<'de> Deserialize<'de> for DriftThreshold {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        let wanted = || D::Error::custom(format!("`{number}` is not a distance from 0 to 1"));
        Self::new(number).ok_or_else(wanted)
    }
}

fn yes() -> bool {
    true
}

impl Default for DetectedEndpoint {
    fn default() -> Self {
        Self {
            endpoint: "*".to_owned(),
            watch: true,
            baseline: None,
            columns: None,
            ignore: Vec::new(),
            thresholds: BTreeMap::new(),
            input_path: None,
            output_path: None,
            quality: WatchedQuality::default(),
            attribution: WatchedAttribution::default(),
            bias: WatchedBias::default(),
        }
    }
}
