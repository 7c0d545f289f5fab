//! The buckets of S3 locations: of a URI, and of all locations anywhere in a text.

use std::collections::BTreeSet;

use sagewarden_events::address::{NameIn, addresses, decodings, plain};

/// `s3://<bucket>/…`; any other text fits nothing.
pub(crate) fn bucket(uri: &str) -> Option<&str> {
    uri.strip_prefix("s3://")?.split('/').next().filter(|bucket| !bucket.is_empty())
}

/// The buckets of the S3 locations within a text, each once: hyperparameters are JSON in quotes, arguments may be whole command lines.
///
/// JSON can write any character as an escape, and a decoder reads `s3:\/\/evil` as a location. So the escapes of the whole
/// text are resolved, again and again for JSON within JSON.
pub(crate) fn buckets_in(text: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    let mut add = |text: &str, decoded: bool| {
        let joined = as_python_reads_it(text);
        let buckets = joined.iter().flat_map(|text| written_in(text)).chain(written_in(text));
        // Once it is decoded, a regular expression such as `s3:\/\/([^\/]+)` looks like a location without a bucket.
        let named = buckets.filter(|bucket| !(decoded && bucket.is_empty()));
        found.extend(named.filter(|bucket| seen.insert(bucket.clone())));
    };
    add(text, false);
    for decoded in decodings(text) {
        add(&decoded, true);
    }
    found
}

/// The buckets of the locations that a text contains literally: URIs, ARNs, and hosts of S3.
fn written_in(text: &str) -> Vec<String> {
    let is_part = |at: &char| at.is_ascii_alphanumeric() || "-._:".contains(*at);
    let found = addresses(text).into_iter().filter_map(|range| {
        let address = text.get(range)?;
        let plain = plain(address);
        let bucket: String = NameIn::by(&plain).bucket()?.chars().take_while(is_part).collect();
        // Not before: there, the slashes are escaped.
        (!bucket.is_empty() || address.contains("://")).then_some(bucket)
    });
    found.collect()
}

/// A text that is a location and nothing else, as Python's `urlparse` reads it: tabs and line breaks are no part of it.
fn as_python_reads_it(text: &str) -> Option<String> {
    let inner = text.trim().trim_matches('"');
    let breaks = ['\t', '\r', '\n'];
    let is_broken = inner.contains(breaks) && !inner.contains(' ');
    let is_location = inner.split_once(':').is_some_and(|(scheme, _)| {
        ["s3", "s3a", "s3n"].contains(&scheme.replace(breaks, "").to_ascii_lowercase().as_str())
    });
    let joined = inner.replace(breaks, "");
    // If the first of two lines is only a bucket, they are two lines.
    let has_key = joined.split_once("://").is_some_and(|(_, place)| place.contains('/'));
    (is_broken && is_location && has_key).then_some(joined)
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
        check("https://evil.s3.eu-west-1.amazonaws.com/code.tar.gz arn:aws:s3:::bad/x", &["evil", "bad"]);
        check("https://s3.eu-west-1.amazonaws.com/evil/code.tar.gz", &["evil"]);
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
            // JSON that Python reads and serde does not.
            r#"{"a": NaN, "b": "\ud800 s3:\/\/evil"}"#,
        ] {
            check(text, &["evil"]);
        }
        check(r#""s3://a\u002db/x""#, &["a", "a-b"]);
        check(r#""s3:\/\/\u00fcber\/x \n""#, &[]);
    }

    /// `urlparse` removes tabs and line breaks from an address before it looks for the host (CPython, `urllib/parse.py`,
    /// `_UNSAFE_URL_BYTES_TO_REMOVE`).
    #[test]
    fn a_break_within_a_location_hides_no_bucket() {
        check("s3://b\t-evil/code.tar.gz", &["b-evil", "b"]);
        check(r#""s3://b\n-evil/code.tar.gz""#, &["b", "b-evil"]);
        check("s\n3://evil/x", &["evil"]);
        check("s3://ds-data\nlabel", &["ds-data"]);
        // A script with a location at the end of a line is not a location.
        check("aws s3 cp s3://a\nfoo", &["a"]);
    }

    #[test]
    fn a_backslash_that_is_no_escape_of_json_hides_nothing_and_names_nothing() {
        check(r"^s3:\/\/([^\/]+)\/(.*)$", &[]);
        check(r"C:\data\x s3://a \u00 \u+123 \", &["a"]);
        check(r"s3:\\/\\/a", &["a"]);
    }

    #[test]
    fn json_within_json_is_decoded_as_often_as_the_bound_says() {
        let mut text = r#""\u00733://evil""#.to_owned();
        for _ in 1..8 {
            text = serde_json::Value::from(text).to_string();
        }
        check(&text, &["evil"]);
        check(&serde_json::Value::from(text).to_string(), &[]);
    }
}
