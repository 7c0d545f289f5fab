//! Redacts secrets in a text that is kept as it came: a JSON document, with further documents in its strings, or any other text.

use std::ops::Range;

use super::edit::{Edit, RedactedText};
use super::json;
use super::names::{PRIVATE_KEY, REDACTED, names_secret, tokens};

/// How deep documents may lie within strings of documents. Each level doubles the backslashes of the level around it, so no record holds
/// many levels.
const DEEPEST: usize = 16;

/// A text without the secrets in it, by the rules of [`super::redacted`]. A text without secrets stays byte for byte.
#[must_use]
pub fn redacted_text(text: &str) -> RedactedText {
    within(text, 0).unwrap_or_else(|| RedactedText { text: text.to_owned(), count: 0 })
}

/// `None` if there is nothing to replace.
fn within(text: &str, depth: usize) -> Option<RedactedText> {
    let is_document = text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[', '"']);
    let document = (is_document && depth <= DEEPEST).then(|| json::edits(text, depth, within)).flatten();
    let edits = document.unwrap_or_else(|| in_prose(text));
    (!edits.is_empty()).then(|| replaced(text, edits))
}

fn replaced(text: &str, mut edits: Vec<Edit>) -> RedactedText {
    // If a part of a value and the whole value begin at one place, the whole value comes first: its replacement is shorter.
    edits.sort_by_key(|edit| (edit.range.start, edit.by.len()));
    let mut shown = String::with_capacity(text.len());
    let (mut at, mut count) = (0, 0);
    for Edit { range, by, count: places } in edits {
        if range.start >= at {
            shown += text.get(at..range.start).unwrap_or_default();
            shown += &by;
            at = range.end;
            count += places;
        }
    }
    shown += text.get(at..).unwrap_or_default();
    RedactedText { text: shown, count }
}

/// Tokens, private keys, `password=hunter2`, `password: "hunter2"` and `--password hunter2`.
fn in_prose(text: &str) -> Vec<Edit> {
    let mut ranges = private_keys(text);
    ranges.extend(tokens(text));
    ranges.extend(assignments(text));
    ranges.into_iter().map(|range| Edit { range, by: REDACTED.to_owned(), count: 1 }).collect()
}

/// From the first dash to the last, or to the end if the key was cut off.
fn private_keys(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(PRIVATE_KEY)) {
        let head = at + found;
        let start =
            text.get(at..head).and_then(|before| before.rfind("-----BEGIN")).map_or(head, |begin| at + begin);
        let after = head + PRIVATE_KEY.len();
        let end = text.get(after..).and_then(|rest| rest.find(PRIVATE_KEY));
        at = end.map_or(text.len(), |end| after + end + PRIVATE_KEY.len());
        ranges.push(start..at);
    }
    ranges
}

/// The values after names of secrets.
fn assignments(text: &str) -> Vec<Range<usize>> {
    let is_name = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '.');
    let mut ranges = Vec::new();
    let mut at = 0;
    while let Some(start) = text.get(at..).and_then(|rest| rest.find(is_name)).map(|found| at + found) {
        let rest = text.get(start..).unwrap_or_default();
        let end = start + rest.find(|char| !is_name(char)).unwrap_or(rest.len());
        at = end;
        let name = text.get(start..end).unwrap_or_default();
        if names_secret(name)
            && let Some(value) = value_after(text, end, name.starts_with('-'))
        {
            at = value.end;
            ranges.push(value);
        }
    }
    ranges
}

/// The value that is assigned at this place: after `=` or `:`, or after a blank that follows a flag. A command that fetches a secret
/// (`$(...)`) is not a secret.
fn value_after(text: &str, at: usize, is_flag: bool) -> Option<Range<usize>> {
    let quote = |char: char| matches!(char, '"' | '\'' | '\\');
    let rest = text.get(at..)?;
    let behind = rest.trim_start_matches(quote).trim_start();
    let value = match behind.strip_prefix(['=', ':']) {
        Some(value) => value.trim_start_matches(['=', '>']).trim_start(),
        None if is_flag && rest.starts_with(char::is_whitespace) => rest.trim_start(),
        None => return None,
    };
    let open = value.get(..value.len() - value.trim_start_matches(quote).len())?;
    let body = value.get(open.len()..)?;
    let length = match open.chars().last() {
        Some(mark) => body.find([mark, '\n']),
        None => body.find(|char: char| {
            char.is_whitespace() || matches!(char, '"' | '\'' | ',' | ';' | '&' | '}' | ']' | ')')
        }),
    };
    let start = text.len() - body.len();
    let range = start..start + length.unwrap_or(body.len());
    let found = text.get(range.clone())?.trim_end_matches('\\');
    let is_none = found.is_empty() || found.starts_with('$') || (is_flag && found.starts_with('-'));
    (!is_none).then(|| start..start + found.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let redacted = redacted_text(text);
        assert_eq!(redacted.text, expect);
        assert_eq!(redacted.count > 0, text != expect, "{text}");
    }

    #[test]
    fn what_stands_under_the_name_of_a_secret_is_replaced_and_all_else_stays_byte_for_byte() {
        check(
            "{ \"a\" : 1e400,\r\n \"db_password\" :\t\"hunter2\",\"a\":[\"--api-key\", \"k\", \"--x=1\"], \"pin_password\":1234}",
            "{ \"a\" : 1e400,\r\n \"db_password\" :\t\"[redacted]\",\"a\":[\"--api-key\", \"[redacted]\", \"--x=1\"], \"pin_password\":\"[redacted]\"}",
        );
        for same in [
            "",
            " ",
            "null",
            r#"{"a":1, "a" : 2}"#,
            r#""\ud800""#,
            "\u{feff}{}",
            r#"{"password":"","max_tokens":"512","use_token":true}"#,
        ] {
            check(same, same);
        }
    }

    #[test]
    fn documents_in_strings_and_pairs_of_name_and_value_are_looked_into() {
        check(
            r#"{"requestParameters":"{\"environment\":{\"DB_PASSWORD\":\"hunter2\",\"A\":\"1\"}}"}"#,
            r#"{"requestParameters":"{\"environment\":{\"DB_PASSWORD\":\"[redacted]\",\"A\":\"1\"}}"}"#,
        );
        check(
            r#"[{"Value":"hunter2","Name":"DbPassword"},{"key":"team","value":"risk"},{"password":["a","b"]}]"#,
            r#"[{"Value":"[redacted]","Name":"DbPassword"},{"key":"team","value":"risk"},{"password":["[redacted]","[redacted]"]}]"#,
        );
        check(
            r#"{"note":"run with password=hunter2 and AKIAIOSFODNN7EXAMPLE"}"#,
            r#"{"note":"run with password=[redacted] and [redacted]"}"#,
        );
        let mut deep = r#"{"password":"hunter2"}"#.to_owned();
        for _ in 0..5 {
            deep = serde_json::json!({ "in": deep }).to_string();
        }
        assert!(!redacted_text(&deep).text.contains("hunter2"));
    }

    #[test]
    fn what_is_no_json_is_redacted_by_its_words() {
        check("password=hunter2&x=1", "password=[redacted]&x=1");
        check(r#"{"db_password": "hunter2"#, r#"{"db_password": "[redacted]"#);
        check(r#"{"x": {"db_password": "hun ter2", "#, r#"{"x": {"db_password": "[redacted]", "#);
        check(r#"{\"db_password\": \"hunter2\"} x"#, r#"{\"db_password\": \"[redacted]\"} x"#);
        check("train --api-key k --rows 5", "train --api-key [redacted] --rows 5");
        check(
            "a\n-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\nb",
            "a\n[redacted]\nb",
        );
        check("-----BEGIN PRIVATE KEY-----\nMII", "[redacted]");
        check("use AKIAIOSFODNN7EXAMPLE and ASIAIOSFODNN7EXAMPLE", "use [redacted] and [redacted]");
        check(
            "password=$(aws secretsmanager get-secret-value)",
            "password=$(aws secretsmanager get-secret-value)",
        );
        for same in ["[".repeat(1 << 20), "\"".repeat(1 << 20), "token_count=5".to_owned()] {
            assert!(redacted_text(&same).text == same);
        }
    }
}
