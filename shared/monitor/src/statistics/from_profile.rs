//! A profile as the container's statistics.

use sagewarden_measure::{
    Categories, ColumnProfile, DistinctSketch, InferredType, KllSketch, Moments, Profile,
};

use super::schema::{
    CategoricalBucket, CategoricalBuckets, CategoricalDistribution, Dataset, ExactStatistics,
    FeatureStatistics, KllDistribution, NumericalBucket, NumericalDistribution, NumericalStatistics,
    Presence, SampledTexts, SketchData, SketchParameters, Statistics, StringStatistics,
};

/// Texts are listed if there are about this many at most (deequ's `DEFAULT_CARDINALITY_THRESHOLD`).
const FEW: u64 = 120;
const BUCKETS: u32 = 10;
/// A column with many texts is a column of numbers if at least this share of them are numbers.
const NEARLY: f64 = 0.95;

impl Statistics {
    /// The statistics of a profile. Figures that the profile did not collect are left out.
    #[must_use]
    pub fn from_profile(profile: &Profile) -> Self {
        Self {
            version: 0.0,
            dataset: Dataset { item_count: profile.rows },
            features: profile.columns.iter().map(feature).collect(),
        }
    }
}

fn feature(column: &ColumnProfile) -> FeatureStatistics {
    let inferred_type = column.types.inferred();
    let (mut numerical_statistics, mut string_statistics) = (None, None);
    match inferred_type {
        InferredType::Integral | InferredType::Fractional => numerical_statistics = Some(numerical(column)),
        InferredType::String => string_statistics = Some(string(column)),
        InferredType::Unknown => {}
    }
    let exact_statistics = string_statistics.as_ref().and_then(|texts| exact(column, texts));
    let sampled_texts = string_statistics
        .as_ref()
        .filter(|_| exact_statistics.as_ref().is_none_or(|exact| exact.numerical_statistics.is_none()))
        .and_then(|texts| sampled(column, texts));
    FeatureStatistics {
        name: column.name.clone(),
        inferred_type,
        numerical_statistics,
        string_statistics,
        exact_statistics,
        sampled_texts,
        between_periods: None,
    }
}

/// For texts that are not listed.
fn sampled(column: &ColumnProfile, texts: &StringStatistics) -> Option<SampledTexts> {
    let sample = column.sampled().filter(|_| texts.distribution.is_none())?;
    Some(SampledTexts { below: sample.below(), counts: sample.each().collect() })
}

fn numerical(column: &ColumnProfile) -> NumericalStatistics {
    let moments = column.numbers().filter(|moments| moments.count > 0);
    let of = |value: fn(&Moments) -> f64| moments.as_ref().map(value).filter(|value| value.is_finite());
    let sketch = column.sketch().filter(|_| moments.is_some());
    NumericalStatistics {
        common: presence(column),
        mean: of(|moments| moments.mean),
        sum: of(|moments| moments.sum),
        std_dev: of(|moments| moments.std_dev().unwrap_or(f64::NAN)),
        min: of(|moments| moments.min),
        max: of(|moments| moments.max),
        approximate_num_distinct_values: column.distinct().map(DistinctSketch::estimate),
        completeness: completeness(column),
        distribution: moments
            .zip(sketch)
            .map(|(moments, sketch)| NumericalDistribution { kll: distribution(&moments, sketch) }),
    }
}

fn distribution(moments: &Moments, sketch: &KllSketch) -> KllDistribution {
    KllDistribution {
        buckets: buckets(moments, sketch),
        sketch: SketchData { parameters: SketchParameters::default(), data: sketch.levels().to_vec() },
    }
}

/// Ten of the same width, counted by the sketch. The last one has its upper bound in it.
fn buckets(moments: &Moments, sketch: &KllSketch) -> Vec<NumericalBucket> {
    let (min, width) = (moments.min, moments.max - moments.min);
    let bound = |index: u32| min + width * f64::from(index) / f64::from(BUCKETS);
    let each = (0..BUCKETS).map(|index| {
        let (lower_bound, upper_bound) = (bound(index), bound(index + 1));
        let last = index + 1 == BUCKETS;
        let below = if last { sketch.rank(upper_bound) } else { sketch.rank_exclusive(upper_bound) };
        let count = below.saturating_sub(sketch.rank_exclusive(lower_bound)) as f64;
        NumericalBucket { lower_bound, upper_bound, count }
    });
    each.collect()
}

fn string(column: &ColumnProfile) -> StringStatistics {
    let distinct = column.distinct().map(DistinctSketch::estimate);
    let few = match (column.categories(), distinct) {
        (Categories::Counted(counts), Some(distinct)) if distinct <= FEW => Some(counts),
        (Categories::Counted(counts), None) if counts.len() as u64 <= FEW => Some(counts),
        _ => None,
    };
    let bucket = |(value, count): (&str, u64)| CategoricalBucket { value: value.to_owned(), count };
    StringStatistics {
        common: presence(column),
        distinct_count: distinct.unwrap_or_else(|| few.map_or(0, |few| few.len() as u64)) as f64,
        completeness: completeness(column),
        distribution: few.map(|few| CategoricalDistribution {
            categorical: CategoricalBuckets { buckets: few.sorted().into_iter().map(bucket).collect() },
        }),
    }
}

/// Facts that the container's statistics of a column of texts lack: all or nearly all of its values are numbers, or some of its many texts
/// mean a missing value. If texts are listed, each of them is a value.
fn exact(column: &ColumnProfile, texts: &StringStatistics) -> Option<ExactStatistics> {
    let moments = column.numbers().filter(|moments| moments.count > 0);
    let values = column.present() - column.markers;
    let (count, whole) = moments.map_or((0, 0), |moments| (moments.count, moments.whole));
    let listed = texts.distribution.is_some();
    let nearly = !listed && count as f64 >= NEARLY * values as f64;
    let is_numeric = count > 0 && (count == values || nearly);
    if !is_numeric && (listed || column.markers == 0) {
        return None;
    }
    let common = Presence { num_present: values, num_missing: column.missing + column.markers };
    let inferred_type = match is_numeric {
        true if whole == count => InferredType::Integral,
        true => InferredType::Fractional,
        false => InferredType::String,
    };
    let numerical_statistics = is_numeric.then(|| NumericalStatistics {
        common: Presence { num_present: count, num_missing: values - count + common.num_missing },
        approximate_num_distinct_values: None,
        completeness: None,
        ..numerical(column)
    });
    Some(ExactStatistics { inferred_type, common, num_numbers: count, numerical_statistics })
}

fn presence(column: &ColumnProfile) -> Presence {
    Presence { num_present: column.present(), num_missing: column.missing }
}

fn completeness(column: &ColumnProfile) -> Option<f64> {
    let rows = column.present() + column.missing;
    (rows > 0).then(|| column.present() as f64 / rows as f64)
}

#[cfg(test)]
#[path = "from_profile_tests.rs"]
mod tests;
