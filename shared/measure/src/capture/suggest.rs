//! Suggests where the rows of a JSON body are, to somebody who has to set a path.

use std::ops::Range;

use super::columnar::columnar;
use super::json::{Items, skip_space};

/// Rows are not looked for deeper.
const DEPTH: usize = 6;
/// A longer path is not shown.
const LONGEST: usize = 100;

/// The path of the likely rows, if there are any: lists of lists or of objects before a single list of scalars. It
/// never contains a key that may be anything but a plain name, because people see it.
pub(super) fn suggest(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let start = skip_space(bytes, 0);
    let many = |at: usize, path: &str| rows_of_list(bytes, at, path);
    let found = walk(bytes, start, String::new(), DEPTH, &many);
    let one = |at: usize, path: &str| is_row(bytes, at).then(|| path.to_owned());
    found
        .or_else(|| walk(bytes, start, String::new(), DEPTH, &one))
        .filter(|path| !path.is_empty() && path.len() <= LONGEST)
}

/// Searches objects, depth first, until it finds rows.
fn walk(
    text: &[u8],
    at: usize,
    path: String,
    depth: usize,
    found: &dyn Fn(usize, &str) -> Option<String>,
) -> Option<String> {
    if let Some(path) = found(at, &path) {
        return Some(path);
    }
    if depth == 0 || text.get(at) != Some(&b'{') {
        return None;
    }
    let mut items = Items::of(at);
    while let Some((key, value)) = items.member(text) {
        let Some(name) = name(text, key) else { continue };
        if let Some(found) = walk(text, value.start, format!("{path}/{name}"), depth - 1, found) {
            return Some(found);
        }
    }
    None
}

/// The path of the rows in a list of lists or of objects.
fn rows_of_list(text: &[u8], at: usize, path: &str) -> Option<String> {
    if columnar(text, at, usize::MAX).is_some() {
        return Some(path.to_owned());
    }
    if text.get(at) != Some(&b'[') {
        return None;
    }
    let first = Items::of(at).element(text)?.start;
    if is_row(text, first) {
        return matches!(text.get(first), Some(b'[' | b'{')).then(|| format!("{path}/*"));
    }
    if text.get(first) != Some(&b'{') {
        return None;
    }
    let mut items = Items::of(first);
    while let Some((key, value)) = items.member(text) {
        if matches!(text.get(value.start), Some(b'[' | b'{')) && is_row(text, value.start) {
            return Some(format!("{path}/*/{}", name(text, key)?));
        }
    }
    None
}

/// Whether a list or an object has scalars and nothing else.
fn is_row(text: &[u8], at: usize) -> bool {
    let mut items = Items::of(at);
    let is_scalar = |value: Range<usize>| !matches!(text.get(value.start), Some(b'[' | b'{'));
    let mut values = 0;
    match text.get(at) {
        Some(b'[') => {
            std::iter::from_fn(|| items.element(text)).inspect(|_| values += 1).all(is_scalar) && values > 0
        }
        Some(b'{') => {
            std::iter::from_fn(|| items.member(text))
                .inspect(|_| values += 1)
                .all(|(_, value)| is_scalar(value))
                && values > 0
        }
        _ => false,
    }
}

/// A key that is a plain name.
fn name(text: &[u8], key: Range<usize>) -> Option<&str> {
    let name = std::str::from_utf8(text.get(key)?).ok()?;
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.');
    (!name.is_empty() && name.chars().all(is_plain)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_what_looks_like_rows() {
        for (text, expect) in [
            (r#"{"instances":[{"features":[1,2]},{"features":[3]}]}"#, "/instances/*/features"),
            (r#"{"instances":[[1,2],[3,4]]}"#, "/instances/*"),
            (r#" {"predictions": [{"score": 0.1, "label": 0}]}"#, "/predictions/*"),
            (r#"{"predictions":[0.1,0.2]}"#, "/predictions"),
            (r#"{"id":"x","data":{"features":{"values":[1,2]}}}"#, "/data/features/values"),
            (r#"{"tags":["a"],"data":{"rows":[[1,2]]}}"#, "/data/rows/*"),
            (r#"{"dataframe_split":{"columns":["a"],"data":[[1]]}}"#, "/dataframe_split"),
            (r#"{"inputs":{"a":[1,2],"b":[3,4]}}"#, "/inputs"),
            (r#"[{"features":[1,2]}]"#, "/*/features"),
            (r#"{"record":{"a":1,"b":2}}"#, "/record"),
            (r#"{"a\"b":[[1]],"ok":[[1]]}"#, "/ok/*"),
        ] {
            assert_eq!(suggest(text).as_deref(), Some(expect), "{text}");
        }
        let deep = format!("{}1{}", r#"{"a":"#.repeat(20), "}".repeat(20));
        for nothing in
            [r#"{"a":1}"#, "1", "", r#"{"\u001b[31m":[[1]]}"#, r#"{"a":[]}"#, "[[[1]]]", deep.as_str()]
        {
            assert_eq!(suggest(nothing), None, "{nothing}");
        }
    }
}
