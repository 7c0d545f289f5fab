//! The keys of `statistics.json`.

use sagewarden_measure::InferredType;
use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::levels;
use crate::{java_json, loose};

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct Statistics {
    /// `0.0`
    #[serde(default)]
    pub version: f64,
    /// The data set as a whole.
    #[serde(default)]
    pub dataset: Dataset,
    /// In the order of the columns.
    #[serde(default)]
    pub features: Vec<FeatureStatistics>,
}

/// The data set as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct Dataset {
    /// Rows.
    #[serde(default)]
    pub item_count: u64,
}

/// One column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct FeatureStatistics {
    /// Its name; `_c0`, `_c1` and so on where the data has no header.
    pub name: String,
    /// Its type.
    #[serde(default)]
    pub inferred_type: InferredType,
    /// For a column of numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numerical_statistics: Option<NumericalStatistics>,
    /// For a column of texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub string_statistics: Option<StringStatistics>,
    /// Present if the container reads a column as texts, while exact mode finds numbers or missing values in it.
    /// Model Monitor has no such key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exact_statistics: Option<ExactStatistics>,
    /// A sample of texts that are too many to list, for exact mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled_texts: Option<SampledTexts>,
    /// How far the periods of the baseline's data are apart, for exact mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub between_periods: Option<BetweenPeriods>,
}

/// The largest distances between a period and all periods together. Model Monitor has no such key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct BetweenPeriods {
    /// How many periods there are.
    pub periods: u64,
    /// The largest gap between the distributions.
    pub linf: f64,
    /// Half of the sum of all differences between shares of texts.
    #[serde(default)]
    pub total_variation: f64,
}

/// How exact mode reads a column otherwise than the container: `5e-05` is a number, `nan` is missing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct ExactStatistics {
    /// Its type; a type of numbers even if some values are texts.
    #[serde(default)]
    pub inferred_type: InferredType,
    /// The number of values. Texts that mean a missing value are missing.
    #[serde(default)]
    pub common: Presence,
    /// How many of the values are numbers.
    #[serde(default)]
    pub num_numbers: u64,
    /// The statistics of those numbers, if it is a column of numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numerical_statistics: Option<NumericalStatistics>,
}

/// How many values there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct Presence {
    /// Values.
    #[serde(default)]
    pub num_present: u64,
    /// Rows without one.
    #[serde(default)]
    pub num_missing: u64,
}

/// A sample of many texts: those whose hashes (xxHash64 with seed 42, without its last 11 bits) are the lowest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct SampledTexts {
    /// All texts with lower hashes are counted.
    pub below: u64,
    /// The hash of each, and how often it occurs.
    pub counts: Vec<(u64, u64)>,
}

/// A column of numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct NumericalStatistics {
    /// How many values there are.
    #[serde(default)]
    pub common: Presence,
    /// The mean.
    pub mean: Option<f64>,
    /// The sum.
    pub sum: Option<f64>,
    /// The standard deviation of the population (divided by the number of values).
    pub std_dev: Option<f64>,
    /// The smallest value.
    pub min: Option<f64>,
    /// The largest value.
    pub max: Option<f64>,
    /// Counted with HyperLogLog++.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approximate_num_distinct_values: Option<u64>,
    /// Values by rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completeness: Option<f64>,
    /// How the values are distributed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<NumericalDistribution>,
}

/// How numbers are distributed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct NumericalDistribution {
    /// The sketch, and buckets made from it.
    pub kll: KllDistribution,
}

/// The sketch, and buckets made from it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct KllDistribution {
    /// Ten of the same width, from the smallest to the largest value.
    #[serde(default)]
    pub buckets: Vec<NumericalBucket>,
    /// The sketch.
    #[serde(default)]
    pub sketch: SketchData,
}

/// A bucket of numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct NumericalBucket {
    /// From here, included.
    pub lower_bound: f64,
    /// The upper end, excluded except in the last bucket.
    pub upper_bound: f64,
    /// How many values, by the sketch.
    pub count: f64,
}

/// A KLL sketch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct SketchData {
    /// Its size.
    pub parameters: SketchParameters,
    /// The values of each level; a value of level `i` represents `2^i` values.
    #[serde(deserialize_with = "levels::deserialize")]
    pub data: Vec<Vec<f64>>,
}

/// The size of a KLL sketch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct SketchParameters {
    /// How much smaller each lower level is.
    pub c: f64,
    /// The size of the highest level.
    pub k: f64,
}

impl Default for SketchParameters {
    fn default() -> Self {
        Self { c: 0.64, k: 2048.0 }
    }
}

/// A column of texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct StringStatistics {
    /// How many values there are.
    #[serde(default)]
    pub common: Presence,
    /// Counted with HyperLogLog++.
    #[serde(default)]
    pub distinct_count: f64,
    /// Values by rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completeness: Option<f64>,
    /// For a column with few different values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<CategoricalDistribution>,
}

/// How texts are distributed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct CategoricalDistribution {
    /// Their counts.
    pub categorical: CategoricalBuckets,
}

/// Counts of texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct CategoricalBuckets {
    /// One a text, in no particular order.
    #[serde(default)]
    pub buckets: Vec<CategoricalBucket>,
}

/// The count of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct CategoricalBucket {
    /// The text.
    pub value: String,
    /// How often.
    pub count: u64,
}

/// Statistics that cannot be read.
#[derive(Debug, Error)]
#[error("this is not a statistics.json of Model Monitor: {0}")]
pub struct UnreadableStatistics(#[from] serde_json::Error);

impl Statistics {
    /// Reads the file.
    ///
    /// # Errors
    /// When it is not valid JSON, or a key has a value of another type.
    pub fn parse(bytes: &[u8]) -> Result<Self, UnreadableStatistics> {
        let statistics: Self = loose::document(bytes)?;
        let is_told = |feature: &FeatureStatistics| {
            feature.numerical_statistics.is_some() || feature.string_statistics.is_some()
        };
        let mut features = statistics.features.iter();
        let has_values = features.clone().any(|feature| feature.inferred_type != InferredType::Unknown);
        if has_values && !features.any(is_told) {
            let why = "none of its features has statistics; it seems to be a constraints.json";
            return Err(serde_json::Error::custom(why).into());
        }
        Ok(statistics)
    }

    /// The file, in the container's layout.
    #[must_use]
    pub fn to_java_json(&self) -> String {
        java_json::to_string(self)
    }
}
