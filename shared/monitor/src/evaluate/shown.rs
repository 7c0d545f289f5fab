//! The figures of a baseline that people see.

use std::collections::BTreeMap;

use super::baseline::Baseline;
use super::described::Described;
use super::reference::{BaselineDistribution, NumbersReference};
use crate::statistics::Presence;

/// A column of a baseline, with the data that its statistics have.
#[derive(Clone, Debug)]
pub struct BaselineColumn<'a> {
    /// How many values it has, and how many rows lack one.
    pub common: Presence,
    /// The mean of its numbers.
    pub mean: Option<f64>,
    /// Their standard deviation.
    pub std_dev: Option<f64>,
    /// How many different values there are: an estimate.
    pub distinct: Option<f64>,
    /// How its values are distributed.
    pub values: BaselineValues<'a>,
}

/// How the values of a column are distributed.
#[derive(Clone, Debug)]
pub enum BaselineValues<'a> {
    /// Numbers in ascending order, each with its number of occurrences.
    Numbers(Vec<(f64, u64)>),
    /// Texts, and how often each occurs.
    Texts(&'a BTreeMap<String, u64>),
    /// The distribution is not known.
    Unknown,
}

impl Baseline {
    /// A column by its name; `None` if the baseline has no statistics for it.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<BaselineColumn<'_>> {
        let reference = self.reference(name)?;
        let Described { common, mean, std_dev, distinct } = reference.described?;
        let exact = reference.exact.as_ref().and_then(|exact| exact.distribution.as_ref());
        let values = match exact.unwrap_or(&reference.distribution) {
            BaselineDistribution::Numbers { exact: NumbersReference::Sketch(steps), .. } => {
                BaselineValues::Numbers(steps.each().collect())
            }
            BaselineDistribution::Numbers { exact: NumbersReference::Buckets(cuts), .. } => {
                BaselineValues::Numbers(cuts.each().collect())
            }
            BaselineDistribution::Texts(texts) => BaselineValues::Texts(texts),
            _ => BaselineValues::Unknown,
        };
        Some(BaselineColumn { common, mean, std_dev, distinct, values })
    }
}
