//! Values that are unknown before the run or the deployment: the output of a step, a parameter without a default, another resource's
//! attribute. In a document, such a value is an object with a key that no request of the API has, and that no file may contain.

use serde_json::{Value as Json, json};

const KEY: &str = "sagewarden:later";

/// The key of the known beginning of a text.
const BEGINS: &str = "sagewarden:begins";

/// The key of a JSON text of which only some values are known.
const WHOLE: &str = "sagewarden:whole";

/// The beginning of a part of a text that is put in later.
pub(crate) const SUBSTITUTION: &str = "${";

/// The key of a document that may be incomplete.
pub(crate) const UNSAID: &str = "sagewarden:unsaid";

/// A value that is known later; `of` is the id of its source within the file.
pub(crate) fn later(of: Option<&str>) -> Json {
    json!({ KEY: of })
}

/// A text of which only the beginning is known.
pub(crate) fn begun(text: &str) -> Json {
    if text.is_empty() { later(None) } else { json!({ KEY: null, BEGINS: text }) }
}

/// A JSON text with values that are known later: each one stands there as `${…}`. What is literal in it is known.
pub(crate) fn with_holes(text: &str) -> Json {
    json!({ KEY: null, BEGINS: text.split(SUBSTITUTION).next(), WHOLE: text })
}

/// A JSON text in which some values are known.
pub(crate) fn whole(value: &Json) -> Option<&str> {
    value.get(WHOLE)?.as_str()
}

/// The known beginning of a text whose rest is known later.
pub(crate) fn beginning(value: &Json) -> Option<&str> {
    value.get(BEGINS)?.as_str()
}

pub(crate) fn is_later(value: &Json) -> bool {
    value.as_object().is_some_and(|fields| fields.contains_key(KEY))
}

/// The source of a value within the same file.
pub(crate) fn origin(value: &Json) -> Option<&str> {
    if is_later(value) { value.get(KEY)?.as_str() } else { None }
}

/// A document within a text; none if the document itself contains such a value.
pub(crate) fn parse(text: &str) -> Option<Json> {
    serde_json::from_str(text).ok().filter(|parsed| !is_forged(parsed))
}

/// The field that marks a part of a document as one that may have more fields than it shows.
pub(crate) fn incomplete() -> (String, Json) {
    (UNSAID.to_owned(), Json::Bool(true))
}

/// Marks a part of a document as one that may have more fields than it shows.
pub(crate) fn mark_incomplete(part: &mut Json) {
    if let Some(fields) = part.as_object_mut() {
        fields.extend([incomplete()]);
    }
}

/// Whether a file contains such a value itself: its author could keep controls from being judged.
pub(crate) fn is_forged(value: &Json) -> bool {
    match value {
        Json::Object(fields) => fields
            .iter()
            .any(|(key, value)| [KEY, BEGINS, WHOLE, UNSAID].contains(&key.as_str()) || is_forged(value)),
        Json::Array(list) => list.iter().any(is_forged),
        _ => false,
    }
}
