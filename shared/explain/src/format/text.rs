//! Models in JSON, the default from 1.0 to 2.0.

use std::borrow::Cow;

use crate::error::NoModel;
use crate::format::document::Written;
use crate::raw::RawModel;

pub(super) fn read(bytes: &[u8]) -> Result<RawModel, NoModel> {
    let text = strict(bytes);
    let mut reader = serde_json::Deserializer::from_slice(&text);
    let written: Written = serde_path_to_error::deserialize(&mut reader).map_err(|error| NoModel::Json {
        path: error.path().to_string(),
        problem: error.inner().to_string(),
    })?;
    written.into_raw()
}

/// The words that XGBoost writes where JSON has no number, for example as the threshold of a split by categories.
const NO_NUMBERS: [&[u8]; 3] = [b"NaN", b"-Infinity", b"Infinity"];

/// The same in plain JSON: `null` in place of a value that is not a number.
fn strict(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut strict = Vec::new();
    let mut taken = 0;
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        at += match rest {
            [b'"', inner @ ..] => 1 + string(inner),
            [b'N' | b'I' | b'-', ..] => match NO_NUMBERS.iter().find(|word| rest.starts_with(word)) {
                Some(word) => {
                    strict.extend_from_slice(bytes.get(taken..at).unwrap_or_default());
                    strict.extend_from_slice(b"null");
                    taken = at + word.len();
                    word.len()
                }
                None => 1,
            },
            _ => 1,
        };
    }
    if taken == 0 {
        return Cow::Borrowed(bytes);
    }
    strict.extend_from_slice(bytes.get(taken..).unwrap_or_default());
    Cow::Owned(strict)
}

/// How long a string is, with the quote that ends it.
fn string(inner: &[u8]) -> usize {
    let mut is_escaped = false;
    let end = inner.iter().position(|byte| {
        let ends = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        ends
    });
    end.map_or(inner.len(), |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_null_unless_it_is_part_of_a_text() {
        for (text, expect) in [
            (r#"{"a": [NaN, -Infinity,Infinity, -1]}"#, r#"{"a": [null, null,null, -1]}"#),
            (r#"{"NaN": "Infinity \" NaN", "b\\": NaN}"#, r#"{"NaN": "Infinity \" NaN", "b\\": null}"#),
            (r#"{"open": "NaN"#, r#"{"open": "NaN"#),
            ("[1.5]", "[1.5]"),
        ] {
            assert_eq!(String::from_utf8_lossy(&strict(text.as_bytes())), expect);
        }
    }
}
