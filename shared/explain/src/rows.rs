//! Rows to explain, a column after the other.

use thiserror::Error;

/// Rows of one table. A value that is missing is NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct RowBlock {
    columns: Vec<Vec<f64>>,
    rows: usize,
}

impl RowBlock {
    /// A block without rows.
    #[must_use]
    pub fn new(features: usize) -> Self {
        Self { columns: vec![Vec::new(); features], rows: 0 }
    }

    /// Adds a row. Extra values are left out, and absent ones are missing values.
    pub fn push(&mut self, row: impl IntoIterator<Item = f64>) {
        let mut row = row.into_iter();
        for column in &mut self.columns {
            column.push(row.next().unwrap_or(f64::NAN));
        }
        self.rows += 1;
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns there are.
    #[must_use]
    pub fn features(&self) -> usize {
        self.columns.len()
    }

    /// The values of a feature, one for each row.
    #[must_use]
    pub fn column(&self, feature: usize) -> &[f64] {
        self.columns.get(feature).map(Vec::as_slice).unwrap_or_default()
    }

    /// Takes the rows out, and leaves the block empty.
    pub fn clear(&mut self) {
        self.columns.iter_mut().for_each(Vec::clear);
        self.rows = 0;
    }
}

/// A text that is no value of a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoValue {
    /// The value is not a number.
    #[error("not a number")]
    Text,
    /// It is infinite, or too large for the numbers that the model compares.
    #[error("not a finite number in the model's precision")]
    Infinite,
}

/// A number in the precision in which the model compares it with a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precision {
    /// 32 bits: XGBoost.
    Single,
    /// All of it: LightGBM.
    Double,
}

impl Precision {
    /// The value of a text: a double, as Python reads it, then in the precision of the model. An empty text is a missing value.
    pub(crate) fn value_of(self, text: &[u8]) -> Result<f64, NoValue> {
        let text = text.trim_ascii();
        if text.is_empty() {
            return Ok(f64::NAN);
        }
        let number = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok());
        let number = number.ok_or(NoValue::Text)?;
        let kept = match self {
            Self::Single => f64::from(number as f32),
            Self::Double => number,
        };
        if kept.is_infinite() { Err(NoValue::Infinite) } else { Ok(kept) }
    }
}
