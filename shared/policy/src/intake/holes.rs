//! Definitions in a text with places that are not known yet, such as `"EnableNetworkIsolation":${Isolation}`.

use serde_json::{Map, Value as Json};

use crate::later::{begun, parse};

/// The longest definition of a pipeline or of a state machine that the APIs take is 1 MB.
pub(super) const LONGEST_DEFINITION: usize = 1 << 20;
/// The placeholder in a definition for a part that is not known yet. State machines write their own substitutions this way.
pub(super) const HOLE: &str = "${not known yet}";

/// A document in which placeholders (`${…}`) may also stand for whole values; those become texts. None if the document contains a value
/// that no file may have.
pub(super) fn parse_with_holes(text: &str) -> Option<Json> {
    parse(text).or_else(|| parse(&quoted(text)?))
}

/// A definition in which every text with a hole is known later.
pub(super) fn without_holes(definition: Json) -> Json {
    match definition {
        Json::String(text) if text.contains(HOLE) => begun(text.split(HOLE).next().unwrap_or_default()),
        Json::Array(list) => list.into_iter().map(without_holes).collect(),
        Json::Object(fields) => {
            fields.into_iter().map(|(key, value)| (key, without_holes(value))).collect::<Map<_, _>>().into()
        }
        other => other,
    }
}

/// The text with quotation marks around each placeholder that stands outside of a text of JSON; none if there is no such placeholder.
fn quoted(text: &str) -> Option<String> {
    let mut whole = String::with_capacity(text.len());
    let (mut is_within, mut is_escaped, mut is_any) = (false, false, false);
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let hole = rest.strip_prefix("${").filter(|_| !is_within).and_then(|after| after.find('}'));
        if let Some(hole) = hole.and_then(|end| rest.get(..end + 3)) {
            whole.push_str(&Json::from(hole).to_string());
            rest = rest.get(hole.len()..).unwrap_or_default();
            is_any = true;
            continue;
        }
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = is_within,
            '"' => is_within = !is_within,
            _ => {}
        }
        whole.push(letter);
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
    }
    is_any.then_some(whole)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_placeholder_may_stand_for_a_value_or_be_a_part_of_a_text() {
        let check = |text: &str, expect: Option<Json>| assert_eq!(parse_with_holes(text), expect, "{text}");
        check(r#"{"a": ${X}, "b": "\"${Y}"}"#, Some(json!({ "a": "${X}", "b": "\"${Y}" })));
        check(r#"[${X},${Y}]"#, Some(json!(["${X}", "${Y}"])));
        check(r#"{"a": 1}"#, Some(json!({ "a": 1 })));
        check(r#"{"ä": "${X}"}"#, Some(json!({ "ä": "${X}" })));
        for broken in ["{\"a\": ${X}", "{\"a\": ${X", "${", "{\"sagewarden:later\": ${X}}"] {
            check(broken, None);
        }
    }
}
