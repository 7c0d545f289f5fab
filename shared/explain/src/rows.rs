//! Rows to explain, a column after the other.

use thiserror::Error;

/// Rows of one table. A value that is missing is NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct RowBlock {
    columns: Vec<Vec<f32>>,
    rows: usize,
}

impl RowBlock {
    /// A block without rows.
    #[must_use]
    pub fn new(features: usize) -> Self {
        Self { columns: vec![Vec::new(); features], rows: 0 }
    }

    /// Adds a row. Extra values are left out, and absent ones are missing values.
    pub fn push(&mut self, row: impl IntoIterator<Item = f32>) {
        let mut row = row.into_iter();
        for column in &mut self.columns {
            column.push(row.next().unwrap_or(f32::NAN));
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
    pub fn column(&self, feature: usize) -> &[f32] {
        self.columns.get(feature).map(Vec::as_slice).unwrap_or_default()
    }

    /// Takes the rows out, for others.
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
    /// It is too large for a number of XGBoost.
    #[error("not a finite number, and XGBoost takes no other")]
    Infinite,
}

/// The value of a feature that a text says, as Python makes it of a text: a double, and of that what XGBoost keeps. An empty text is
/// a missing value.
///
/// # Errors
/// If the text is no finite number.
pub fn value_of(text: &[u8]) -> Result<f32, NoValue> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return Ok(f32::NAN);
    }
    let number = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok());
    let number = number.ok_or(NoValue::Text)? as f32;
    if number.is_infinite() { Err(NoValue::Infinite) } else { Ok(number) }
}
