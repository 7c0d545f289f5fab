//! The buckets of S3 locations: of a URI, and of those that stand anywhere in a text.

use std::borrow::Cow;
use std::collections::BTreeSet;

/// How often JSON within JSON is decoded. The training toolkit decodes a hyperparameter twice at most.
const MOST_DECODED: usize = 8;

/// `s3://<bucket>/…`; what is no S3 URI fits nothing.
pub(crate) fn bucket(uri: &str) -> Option<&str> {
    uri.strip_prefix("s3://")?.split('/').next().filter(|bucket| !bucket.is_empty())
}

/// The buckets of the S3 locations within a text, each once: hyperparameters are JSON in quotes, arguments may be whole command lines.
///
/// JSON can write any character as an escape, and whoever decodes it reads `s3:\/\/evil` as a location. So the escapes of the whole
/// text are resolved, again and again for JSON within JSON. It need not parse: Python reads what this program does not.
pub(crate) fn buckets_in(text: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    let mut add = |buckets: &mut dyn Iterator<Item = &str>| {
        found.extend(buckets.filter(|bucket| seen.insert((*bucket).to_owned())).map(str::to_owned));
    };
    add(&mut written_in(text));
    let mut decoded = Cow::Borrowed(text);
    for _ in 0..MOST_DECODED {
        let next = without_escapes(&decoded);
        if next == decoded {
            break;
        }
        // A regular expression such as `s3:\/\/([^\/]+)` names no bucket.
        add(&mut written_in(&next).filter(|bucket| !bucket.is_empty()));
        decoded = Cow::Owned(next);
    }
    found
}

/// The buckets of the locations that stand in a text as they are.
fn written_in(text: &str) -> impl Iterator<Item = &str> {
    const SCHEMES: [&str; 3] = ["s3://", "s3a://", "s3n://"];
    let is_end = |at: char| !(at.is_ascii_alphanumeric() || "-._:".contains(at));
    let starts = text.match_indices("://").filter_map(move |(at, _)| {
        let head = text.get(..at + 3)?;
        SCHEMES.iter().find(|scheme| {
            let start = head.len().checked_sub(scheme.len()).and_then(|start| head.get(start..));
            start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        })?;
        text.get(at + 3..)
    });
    starts.map(move |rest| rest.split(is_end).next().unwrap_or_default())
}

/// A text with the escapes of JSON resolved once (RFC 8259, section 7). A backslash before anything else stays.
fn without_escapes(text: &str) -> String {
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        resolved.push_str(before);
        let hex = escape.strip_prefix('u').and_then(|hex| hex.get(..4));
        let unit = hex.filter(|hex| !hex.starts_with('+')).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        let (character, length) = match (escape.chars().next(), unit) {
            // Half of a pair is a character that no bucket has.
            (_, Some(unit)) => (char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER), 5),
            (Some(same @ ('/' | '\\' | '"')), _) => (same, 1),
            (Some('b' | 'f' | 'n' | 'r' | 't'), _) => (' ', 1),
            _ => ('\\', 0),
        };
        resolved.push(character);
        rest = escape.get(length..).unwrap_or_default();
    }
    resolved + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_read_from_the_uri_of_an_object() {
        assert_eq!((bucket("s3://b/k"), bucket("s3://b"), bucket("file:///b")), (Some("b"), Some("b"), None));
    }

    fn check(text: &str, expect: &[&str]) {
        assert_eq!(buckets_in(text), expect, "{text}");
    }

    #[test]
    fn buckets_are_found_wherever_they_stand_in_a_text() {
        check("s3://evil/code.tar.gz", &["evil"]);
        check("\"s3://evil/code.tar.gz\"", &["evil"]);
        check("--data=s3://a/x,S3A://b/y --out 's3n://c' s3://a/z", &["a", "b", "c"]);
        check("{\"train\": \"s3://a\"}", &["a"]);
        check("https://example.com/s3 s3:/a 7", &[]);
        check("s3://", &[""]);
    }

    #[test]
    fn buckets_are_found_however_json_writes_them() {
        for text in [
            r#""s3:\/\/evil/code.tar.gz""#,
            r#""\u00733://evil/code.tar.gz""#,
            r#""s3\u003A//\u0065vil/code.tar.gz""#,
            r#"{"code": ["s3:\u002f\u002fevil"]}"#,
            // Within JSON within JSON, and within a command line.
            r#""{\"code\": \"s3:\\/\\/evil\"}""#,
            r#"--config={"code":"s3:\/\/evil"}"#,
            // What Python reads and serde does not.
            r#"{"a": NaN, "b": "\ud800 s3:\/\/evil"}"#,
        ] {
            check(text, &["evil"]);
        }
        check(r#""s3://a\u002db/x""#, &["a", "a-b"]);
        check(r#""s3:\/\/\u00fcber\/x \n""#, &[]);
    }

    #[test]
    fn a_backslash_that_is_no_escape_of_json_hides_nothing_and_names_nothing() {
        check(r"^s3:\/\/([^\/]+)\/(.*)$", &[]);
        check(r"C:\data\x s3://a \u00 \u+123 \", &["a"]);
        check(r"s3:\\/\\/a", &["a"]);
    }

    #[test]
    fn json_within_json_is_decoded_as_often_as_the_bound_says() {
        let mut text = r#""s3:\/\/evil""#.to_owned();
        for _ in 1..MOST_DECODED {
            text = serde_json::Value::from(text).to_string();
        }
        check(&text, &["evil"]);
        check(&serde_json::Value::from(text).to_string(), &[]);
    }
}
