//! Which captured traffic is compared with what, and what comes of it.

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
    /// How long after its end a window is judged for the last time, in minutes: capture files come late.
    #[serde(deserialize_with = "minutes")]
    pub close_after_minutes: i64,
    /// Hours without captured traffic after which an endpoint with capture is published as not watched; 0 for never.
    #[serde(deserialize_with = "hours")]
    pub silent_after_hours: i64,
    /// By which rules alerts are made.
    pub alert_mode: JudgedBy,
    /// By which rules the files are written that take the place of Model Monitor's.
    pub files_mode: JudgedBy,
    /// Texts that stand for a missing value in exact mode; absent for what pandas, R and SQL write.
    #[serde(deserialize_with = "missing_texts")]
    pub missing_texts: Option<Vec<String>>,
    /// Phrases by which an answer of free text is known as a refusal; absent for what models say in English.
    #[serde(deserialize_with = "phrases")]
    pub refusals: Option<Vec<String>>,
    /// Where reports go, as `s3://<bucket>/<prefix>`; absent for the stack's own bucket.
    #[serde(deserialize_with = "folder")]
    pub reports: Option<String>,
    /// What differs for some endpoints. The first that fits counts.
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

/// Whose answers are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JudgedBy {
    /// Those of Model Monitor's container, its known defects included.
    Compat,
    /// The right ones.
    Exact,
}

/// Which columns of a captured event are looked at, in which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CapturedColumns {
    /// Columns of the output, then of the input: as Model Monitor's container with `output_columns_position` `START`.
    #[default]
    OutputFirst,
    /// Columns of the input, then of the output.
    InputFirst,
    /// Those of the input only.
    Input,
    /// Those of the output only.
    Output,
}

/// The settings of some endpoints.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectedEndpoint {
    /// Which: a name with `*` and `?`.
    #[serde(deserialize_with = "words")]
    pub endpoint: String,
    /// Whether its traffic is looked at.
    #[serde(default = "yes")]
    pub watch: bool,
    /// The folder with `constraints.json` and `statistics.json`; absent: it is looked for.
    #[serde(default, deserialize_with = "folder")]
    pub baseline: Option<String>,
    /// Which columns are looked at; absent for those that the baseline has: the output's, then the input's, or those of one side where
    /// it has all of them by itself.
    #[serde(default)]
    pub columns: Option<CapturedColumns>,
    /// Columns of the baseline that are not looked at, such as ids.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// The largest distance that is no drift, for columns of the baseline by their names.
    #[serde(default)]
    pub thresholds: BTreeMap<String, DriftThreshold>,
    /// Where the rows are in requests of JSON, such as `/instances/*/features`.
    #[serde(default, deserialize_with = "row_path")]
    pub input_path: Option<String>,
    /// The same for answers.
    #[serde(default, deserialize_with = "row_path")]
    pub output_path: Option<String>,
    /// How its predictions are measured once their labels are known.
    #[serde(default, deserialize_with = "watched_quality")]
    pub quality: WatchedQuality,
    /// How the reasons of its model are watched.
    #[serde(default)]
    pub attribution: WatchedAttribution,
    /// Which groups are compared once labels are known.
    #[serde(default, deserialize_with = "watched_bias")]
    pub bias: WatchedBias,
}

/// The largest distance that is no drift: from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DriftThreshold(f64);

impl DriftThreshold {
    /// The number, where it can be one.
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
