//! Whether `detect-drift` makes a baseline from the data that a model was trained on.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::check::words;

/// Whether `detect-drift` makes a baseline from the data that a model was trained on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingSettings {
    /// Whether one is made.
    pub baseline: TrainingBaseline,
    /// The channel with the data. If a job has only one channel, that channel counts.
    #[serde(deserialize_with = "words")]
    pub channel: String,
    /// How many columns at the beginning are labels, which requests do not have. If the channel's content type has a `label_size`, that
    /// counts.
    pub label_columns: usize,
    /// Data of more megabytes than this is skipped.
    #[serde(deserialize_with = "megabytes")]
    pub max_megabytes: u64,
}

impl Default for TrainingSettings {
    fn default() -> Self {
        Self {
            baseline: TrainingBaseline::Report,
            channel: "train".to_owned(),
            label_columns: 1,
            max_megabytes: 256,
        }
    }
}

/// Whether `detect-drift` makes a baseline from training data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrainingBaseline {
    /// Make one; publish a notice if that fails.
    Make,
    /// Make none; publish a notice once for each place of data.
    Report,
    /// Make none, and publish nothing.
    Off,
}

fn megabytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match u64::deserialize(deserializer)? {
        // The function has one minute.
        size @ 1..=1_000 => Ok(size),
        size => Err(D::Error::custom(format!(
            "`{size}` is not a size: write a number from 1 to 1000 (megabytes)"
        ))),
    }
}
