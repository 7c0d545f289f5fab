//! Types of raw text, and of columns of it, by deequ's rules (`DataType` analyzer, Apache-2.0; the rules are stated, not copied).

use serde::{Deserialize, Serialize};

/// The type of one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataType {
    /// `^(-|\+)? ?\d+\.\d+$`: a point, and digits on both sides. Numbers in scientific notation are no numbers to the container
    /// (its documentation asks to convert them).
    Fractional,
    /// `^(-|\+)? ?\d+$`
    Integral,
    /// `true` or `false`
    Boolean,
    /// Anything else.
    String,
}

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

/// How many of a column's values are of each type. Missing values are of none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
