//! A baseline, made ready for many comparisons.

use std::collections::BTreeMap;

use super::distance::{Counts, Steps};
use crate::constraints::Constraints;
use crate::datatype::InferredType;
use crate::statistics::{FeatureStatistics, Statistics};

/// What data is compared with.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    constraints: Constraints,
    /// One a column of the constraints.
    references: Vec<Reference>,
}

/// The distribution of a column in the baseline.
#[derive(Clone, Debug)]
pub(crate) enum Reference {
    /// Of numbers, as either mode sees them.
    Numbers { compat: Steps, exact: Steps },
    /// Of texts.
    Texts(BTreeMap<String, u64>),
    /// There is none, and why.
    None(&'static str),
}

impl Baseline {
    /// Prepares what is the same for every comparison. Without statistics, distributions are not compared.
    #[must_use]
    pub fn new(statistics: Option<&Statistics>, constraints: Constraints) -> Self {
        let by_name: BTreeMap<&str, &FeatureStatistics> = statistics
            .iter()
            .flat_map(|statistics| statistics.features.iter().rev())
            .map(|feature| (feature.name.as_str(), feature))
            .collect();
        let reference = |name: &str| match by_name.get(name) {
            Some(feature) => Reference::of(feature),
            None if statistics.is_none() => Reference::None("the baseline has no statistics"),
            None => Reference::None("the baseline's statistics do not have it"),
        };
        let references = constraints.features.iter().map(|feature| reference(&feature.name)).collect();
        Self { constraints, references }
    }

    /// What columns must keep.
    #[must_use]
    pub fn constraints(&self) -> &Constraints {
        &self.constraints
    }

    pub(crate) fn references(&self) -> &[Reference] {
        &self.references
    }
}

impl Reference {
    fn of(feature: &FeatureStatistics) -> Self {
        if let Some(numbers) = &feature.numerical_statistics {
            let Some(distribution) = &numbers.distribution else {
                return Self::None("the baseline's statistics have no sketch of it");
            };
            let levels = &distribution.kll.sketch.data;
            let (compat, exact) = Steps::of_both_modes(levels);
            if exact.total() == 0 {
                return Self::None("the baseline's sketch of it is empty");
            }
            return Self::Numbers { compat, exact };
        }
        let texts = feature.string_statistics.as_ref().and_then(|texts| texts.distribution.as_ref());
        match texts {
            Some(texts) => {
                let counts =
                    texts.categorical.buckets.iter().map(|bucket| (bucket.value.clone(), bucket.count));
                Self::Texts(counts.collect())
            }
            None if feature.inferred_type == InferredType::Unknown => {
                Self::None("it has no values in the baseline")
            }
            None => {
                Self::None("it has too many different texts in the baseline for a comparison of their shares")
            }
        }
    }

    /// The texts by reference, as distances take them.
    pub(crate) fn counts(texts: &BTreeMap<String, u64>) -> Counts<'_> {
        texts.iter().map(|(text, count)| (text.as_str(), *count)).collect()
    }
}
