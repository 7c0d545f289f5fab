//! JSON as the containers write it: a number that is not finite stands as text (`"NaN"`), or, from Python, as a bare
//! word that JSON does not have (`Infinity`).

use std::borrow::Cow;

use serde::de::{DeserializeOwned, Error as _};

/// The words, the longest first.
const WORDS: [&[u8]; 3] = [b"-Infinity", b"Infinity", b"NaN"];

/// Reads a document that must be an object. Otherwise serde would read a list as its fields in their order, and an
/// empty list as a document without any fault.
///
/// # Errors
/// When it is not a JSON object, or not one of this type.
pub fn document<T: DeserializeOwned>(json: &[u8]) -> Result<T, serde_json::Error> {
    let begin = json.iter().find(|byte| !byte.is_ascii_whitespace());
    if begin.is_some_and(|byte| matches!(byte, b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n')) {
        return Err(serde_json::Error::custom("it is not a JSON object"));
    }
    serde_json::from_slice(json)
}

/// The same document with its bare words as text. Nothing is copied when there are none.
#[must_use]
pub fn quoted(json: &[u8]) -> Cow<'_, [u8]> {
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    let mut written: Option<Vec<u8>> = None;
    let mut copied = 0;
    let mut at = 0;
    let mut in_text = false;
    while let Some(&byte) = json.get(at) {
        let word = if in_text { None } else { word_at(json, at, byte) };
        match (in_text, byte) {
            // The next byte is escaped.
            (true, b'\\') => at += 1,
            (_, b'"') => in_text = !in_text,
            _ => {}
        }
        let Some(word) = word else {
            at += 1;
            continue;
        };
        let out = written.get_or_insert_with(|| Vec::with_capacity(json.len() + 16));
        out.extend_from_slice(json.get(copied..at).unwrap_or_default());
        out.push(b'"');
        out.extend_from_slice(word);
        out.push(b'"');
        at += word.len();
        copied = at;
    }
    match written {
        None => Cow::Borrowed(json),
        Some(mut out) => {
            out.extend_from_slice(json.get(copied..).unwrap_or_default());
            Cow::Owned(out)
        }
    }
}

fn word_at(json: &[u8], at: usize, byte: u8) -> Option<&'static [u8]> {
    if !matches!(byte, b'-' | b'I' | b'N') {
        return None;
    }
    let rest = json.get(at..)?;
    WORDS.into_iter().find(|word| rest.starts_with(word))
}

/// A number that may stand as text.
#[must_use]
pub fn number(text: &str) -> Option<f64> {
    match text.trim() {
        "NaN" => Some(f64::NAN),
        "Infinity" | "inf" => Some(f64::INFINITY),
        "-Infinity" | "-inf" => Some(f64::NEG_INFINITY),
        // Rust also reads `nan` and `infinity`, which no container writes.
        text => text.parse().ok().filter(|number: &f64| number.is_finite()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expect: &str) {
        assert_eq!(String::from_utf8_lossy(&quoted(json.as_bytes())), expect);
    }

    #[test]
    fn bare_words_become_text_and_text_stays() {
        check(r#"{"a":NaN,"b":[-Infinity, Infinity]}"#, r#"{"a":"NaN","b":["-Infinity", "Infinity"]}"#);
        check(r#"{"a \" NaN":"x NaN \\"}"#, r#"{"a \" NaN":"x NaN \\"}"#);
        check(r#"{"a":-1,"N":"Infinity"}"#, r#"{"a":-1,"N":"Infinity"}"#);
        check("\u{feff}{}", "{}");
        check("NaN", "\"NaN\"");
        check("\"NaN\\", "\"NaN\\");
        assert!(matches!(quoted(b"{\"a\":-1}"), Cow::Borrowed(_)));
    }
}
