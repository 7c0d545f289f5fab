//! For `#[serde(with = "number_or_text")]` on a number: a value that JSON has no number for, such as NaN, is written
//! as text.

use serde::Serializer;

use crate::java_number::java_double;

/// Writes the number, or its text.
///
/// # Errors
/// When the output fails.
pub fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if number.is_finite() {
        serializer.serialize_f64(*number)
    } else {
        serializer.serialize_str(&java_double(*number))
    }
}
