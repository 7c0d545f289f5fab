//! Walks JSON that is known to be valid, by byte positions, without building anything.
//!
//! INVARIANT: the text was accepted by `serde_json`. On other text the walk ends early; it never panics.

use std::ops::Range;

use memchr::memchr2;

/// The end of the string whose inside begins at `at`: the place of its closing quote, and whether it has escapes.
/// `None` if it does not end, or has an escape that JSON does not know.
pub(super) fn string_end(text: &[u8], mut at: usize) -> Option<(usize, bool)> {
    let mut escaped = false;
    loop {
        let found = at + memchr2(b'"', b'\\', text.get(at..)?)?;
        if text.get(found) == Some(&b'"') {
            return Some((found, escaped));
        }
        escaped = true;
        at = match text.get(found + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => found + 2,
            b'u' if text.get(found + 2..found + 6)?.iter().all(u8::is_ascii_hexdigit) => found + 6,
            _ => return None,
        };
    }
}

/// The first place from `at` on that is not white space.
pub(super) fn skip_space(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count()
}

/// The end of the value that begins at `at`.
pub(super) fn value_end(text: &[u8], at: usize) -> Option<usize> {
    match text.get(at)? {
        b'"' => Some(string_end(text, at + 1)?.0 + 1),
        b'{' | b'[' => container_end(text, at),
        _ => {
            let rest = text.get(at..)?;
            let is_end = |byte: &u8| matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n');
            Some(at + rest.iter().position(is_end).unwrap_or(rest.len()))
        }
    }
}

fn container_end(text: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        match text.get(at)? {
            b'"' => at = string_end(text, at + 1)?.0,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// The elements of a list or the members of an object, one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Items {
    at: usize,
}

impl Items {
    /// For the list or object that begins at `at`.
    pub(super) fn of(at: usize) -> Self {
        Self { at: at + 1 }
    }

    /// The next element of a list.
    pub(super) fn element(&mut self, text: &[u8]) -> Option<Range<usize>> {
        let start = self.start(text)?;
        let end = value_end(text, start)?;
        self.at = end;
        Some(start..end)
    }

    /// The next member of an object: the inside of its key, and its value.
    pub(super) fn member(&mut self, text: &[u8]) -> Option<(Range<usize>, Range<usize>)> {
        let key = self.start(text)? + 1;
        let key_end = string_end(text, key)?.0;
        let colon = skip_space(text, key_end + 1);
        let start = skip_space(text, colon + 1);
        let end = value_end(text, start)?;
        self.at = end;
        Some((key..key_end, start..end))
    }

    /// Where the next one begins.
    fn start(&self, text: &[u8]) -> Option<usize> {
        let mut start = skip_space(text, self.at);
        if text.get(start) == Some(&b',') {
            start = skip_space(text, start + 1);
        }
        (!matches!(text.get(start)?, b']' | b'}')).then_some(start)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_string_ends_at_its_own_quote() {
        let check = |text: &str, expect: Option<(usize, bool)>| {
            assert_eq!(string_end(text.as_bytes(), 0), expect, "{text}");
        };
        check("a\"", Some((1, false)));
        check("\"", Some((0, false)));
        check("a\\\"b\" \"", Some((4, true)));
        check("\\u00e9\"", Some((6, true)));
        check("\\/\\b\\f\\n\\r\\t\\\\\"", Some((14, true)));
        for broken in ["a", "", "a\\", "\\x\"", "\\u00g9\"", "\\u00e\"", "\\u00"] {
            check(broken, None);
        }
        assert_eq!(string_end(b"a\"b\"", 2), Some((3, false)), "from where it begins");
    }

    #[test]
    fn white_space_is_what_json_says() {
        assert_eq!(skip_space(b" \t\r\n1 ", 0), 4);
        assert_eq!((skip_space(b"1", 0), skip_space(b" 1", 5), skip_space(b"\x0b1", 0)), (0, 5, 0));
    }

    #[test]
    fn a_value_ends_where_the_next_thing_begins() {
        let check = |text: &str, at: usize, expect: Option<usize>| {
            assert_eq!(value_end(text.as_bytes(), at), expect, "{text}");
        };
        for end in [",", "]", "}", " ", "\t", "\r", "\n", ""] {
            check(&format!("12{end}"), 0, Some(2));
        }
        check("\"a,b\",1", 0, Some(5));
        check("[1,[2],{\"]\":\"}\"}] ", 0, Some(17));
        check("{\"a\":{}},", 0, Some(8));
        check(" [1]", 1, Some(4));
        for broken in ["", "\"a", "[1", "{\"a", "[\"a]"] {
            check(broken, 0, None);
        }
    }

    /// The elements of a list, or the members of an object, as texts.
    fn items(text: &str, at: usize) -> Vec<(Option<String>, String)> {
        let bytes = text.as_bytes();
        let part = |range: Range<usize>| text.get(range).unwrap().to_owned();
        let mut items = Items::of(at);
        if bytes.get(at) == Some(&b'{') {
            return std::iter::from_fn(|| items.member(bytes))
                .map(|(key, value)| (Some(part(key)), part(value)))
                .collect();
        }
        std::iter::from_fn(|| items.element(bytes)).map(|value| (None, part(value))).collect()
    }

    #[test]
    fn the_items_of_a_list_and_an_object_come_one_after_the_other() {
        let texts = |text: &str, at| items(text, at).into_iter().map(|(_, value)| value).collect::<Vec<_>>();
        assert_eq!(texts("x[1 , \"a,b\",[2,3],{} ]", 1), ["1", "\"a,b\"", "[2,3]", "{}"]);
        assert_eq!(texts("[]", 0), Vec::<String>::new());
        assert_eq!(texts("[1", 0), ["1"], "what is cut off ends the walk");
        let member = |key: &str, value: &str| (Some(key.to_owned()), value.to_owned());
        assert_eq!(items(" { \"a\" : 1 ,\"b\\\"\":[]}", 1), [member("a", "1"), member("b\\\"", "[]")]);
        assert_eq!(items("{}", 0), []);
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i32>().prop_map(|number| json!(number)),
            ".{0,6}".prop_map(|text| json!(text))
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::vec((".{0,4}", inner), 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_walk_finds_what_a_parser_finds(value in values(), pretty in any::<bool>()) {
            let text = if pretty { format!("{value:#}") } else { value.to_string() };
            prop_assert_eq!(value_end(text.as_bytes(), 0), Some(text.len()));
            let found: Vec<(Option<String>, Value)> = match text.as_bytes().first() {
                Some(b'[' | b'{') => items(&text, 0)
                    .into_iter()
                    .map(|(key, value)| (key.map(|key| serde_json::from_str(&format!("\"{key}\"")).unwrap()), serde_json::from_str(&value).unwrap()))
                    .collect(),
                _ => Vec::new(),
            };
            let expect: Vec<(Option<String>, Value)> = match value {
                Value::Array(list) => list.into_iter().map(|value| (None, value)).collect(),
                Value::Object(fields) => fields.into_iter().map(|(key, value)| (Some(key), value)).collect(),
                _ => Vec::new(),
            };
            prop_assert_eq!(found, expect);
        }

        #[test]
        fn no_text_makes_the_walk_fail(text in any::<Vec<u8>>(), at in 0_usize..40) {
            let _ = (value_end(&text, at), string_end(&text, at), skip_space(&text, at));
            let (mut list, mut object) = (Items::of(at), Items::of(at));
            while list.element(&text).is_some() {}
            while object.member(&text).is_some() {}
        }
    }
}
