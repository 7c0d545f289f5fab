//! The types of columns of raw text, by deequ's rules (`DataType` analyzer, Apache-2.0; the rules are stated, not
//! copied).

use serde::{Deserialize, Serialize};

use crate::scan::DataType;

/// The type of a column, in the words of `inferred_type`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum InferredType {
    /// Whole numbers.
    Integral,
    /// Numbers.
    Fractional,
    /// Texts, truth values, or a mixture.
    String,
    /// Nothing but missing values.
    #[default]
    #[serde(other)]
    Unknown,
}

/// How many of a column's values have each type. Missing values have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct TypeCounts {
    /// Texts like `1.5`.
    pub fractional: u64,
    /// Texts like `15`.
    pub integral: u64,
    /// `true` and `false`.
    pub boolean: u64,
    /// Everything else.
    pub string: u64,
}

impl TypeCounts {
    /// Counts a value.
    pub fn add(&mut self, data_type: DataType) {
        *match data_type {
            DataType::Fractional => &mut self.fractional,
            DataType::Integral => &mut self.integral,
            DataType::Boolean => &mut self.boolean,
            DataType::String => &mut self.string,
        } += 1;
    }

    /// Adds the counts of other values.
    pub fn merge(&mut self, other: &Self) {
        self.fractional += other.fractional;
        self.integral += other.integral;
        self.boolean += other.boolean;
        self.string += other.string;
    }

    /// How many values there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.fractional + self.integral + self.boolean + self.string
    }

    /// The type of the column: one text makes it a column of texts, one fraction a column of fractions.
    #[must_use]
    pub fn inferred(&self) -> InferredType {
        if self.string > 0 || self.boolean > 0 {
            InferredType::String
        } else if self.fractional > 0 {
            InferredType::Fractional
        } else if self.integral > 0 {
            InferredType::Integral
        } else {
            InferredType::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_the_widest_type_of_its_values() {
        for (texts, inferred) in [
            (&[][..], InferredType::Unknown),
            (&["1", "2"], InferredType::Integral),
            (&["1", "2.5"], InferredType::Fractional),
            (&["1", "2.5", "a"], InferredType::String),
            (&["true", "false"], InferredType::String),
            (&["true", "1"], InferredType::String),
        ] {
            let mut counts = TypeCounts::default();
            texts.iter().for_each(|text| counts.add(DataType::of(text.as_bytes())));
            assert_eq!(counts.inferred(), inferred, "{texts:?}");
            assert_eq!(counts.total(), texts.len() as u64);
            let mut twice = counts;
            twice.merge(&counts);
            assert_eq!((twice.inferred(), twice.total()), (inferred, 2 * counts.total()));
        }
    }
}
