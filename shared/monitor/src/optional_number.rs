//! For `#[serde(with = "optional_number")]` on a number that is absent, null, a number or text.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

use crate::{loose, number_or_text};

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(f64),
    Text(String),
}

/// Writes the number as [`number_or_text`] does.
///
/// # Errors
/// When the output fails.
pub fn serialize<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        None => serializer.serialize_none(),
        Some(number) => number_or_text::serialize(number, serializer),
    }
}

/// Reads a number, or the text of one.
///
/// # Errors
/// When it is something else.
pub fn deserialize<'a, D: Deserializer<'a>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    Ok(match Option::<Written>::deserialize(deserializer)? {
        None => None,
        Some(Written::Number(number)) => Some(number),
        Some(Written::Text(text)) => Some(
            loose::number(&text)
                .ok_or_else(|| D::Error::custom(format!("`{text}` is not a number, `NaN` or `Infinity`")))?,
        ),
    })
}
