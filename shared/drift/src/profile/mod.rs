//! What a data set looks like, in bounded memory.

use std::collections::BTreeMap;

use crate::datatype::TypeCounts;
use crate::sketch::distinct::DistinctSketch;
use crate::sketch::kll::KllSketch;

/// What a data set looks like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// Rows.
    pub rows: u64,
    /// How many rows have how many cells: of good data there is one entry.
    pub widths: BTreeMap<usize, u64>,
    /// In the order of the columns.
    pub columns: Vec<ColumnProfile>,
}

/// What a column looks like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// Rows without a value.
    pub missing: u64,
    /// The types of the values.
    pub types: TypeCounts,
    /// Of the values that are finite numbers.
    pub numbers: Moments,
    /// Of the same.
    pub sketch: KllSketch,
    /// Of all values.
    pub distinct: DistinctSketch,
    /// Of all values.
    pub categories: Categories,
}

/// The first moments of numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    /// How many.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// Their mean.
    pub mean: f64,
    /// The sum of the squared distances from the mean.
    pub m2: f64,
    /// The smallest; infinity when there is none.
    pub min: f64,
    /// The largest; minus infinity when there is none.
    pub max: f64,
}

/// How often each text occurs, as long as they are few.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Categories {
    /// All of them.
    Counted(BTreeMap<Box<str>, u64>),
    /// More than could be counted.
    TooMany,
}

impl Default for Categories {
    fn default() -> Self {
        Self::Counted(BTreeMap::new())
    }
}
