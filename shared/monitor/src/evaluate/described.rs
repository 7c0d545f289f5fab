//! A column of a baseline in a few numbers.

use serde::{Deserialize, Serialize};

use crate::statistics::{FeatureStatistics, Presence};

/// The moments of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Described {
    pub(crate) common: Presence,
    pub(crate) mean: Option<f64>,
    pub(crate) std_dev: Option<f64>,
    pub(crate) distinct: Option<f64>,
}

impl Described {
    /// As exact mode reads it, if the container sees texts.
    pub(crate) fn of(known: &FeatureStatistics) -> Self {
        let exact = known.exact_statistics.as_ref();
        let numbers = exact.and_then(|exact| exact.numerical_statistics.as_ref());
        let numbers = numbers.or(known.numerical_statistics.as_ref());
        let texts = known.string_statistics.as_ref();
        let of_container = known.numerical_statistics.as_ref().map(|numbers| numbers.common);
        let common = exact.map(|exact| exact.common).or(of_container).or(texts.map(|texts| texts.common));
        let distinct =
            known.numerical_statistics.as_ref().and_then(|numbers| numbers.approximate_num_distinct_values);
        Self {
            common: common.unwrap_or_default(),
            mean: numbers.and_then(|numbers| numbers.mean),
            std_dev: numbers.and_then(|numbers| numbers.std_dev),
            distinct: distinct.map(|distinct| distinct as f64).or(texts.map(|texts| texts.distinct_count)),
        }
    }
}
