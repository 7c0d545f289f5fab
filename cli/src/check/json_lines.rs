//! Files with a JSON document a line, as collectors write records of CloudTrail and events.

use std::path::Path;

use serde::de::IgnoredAny;

use sagewarden_policy::intake::without_mark;

/// The endings of such files.
pub(crate) const ENDS: [&str; 2] = ["jsonl", "ndjson"];

/// A line that holds something, with its number from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NumberedLine<'a> {
    pub(crate) number: usize,
    pub(crate) text: &'a str,
}

/// The lines of a text that has a document in each: by the name of its file, or because the first line is one and another follows.
pub(crate) fn of<'a>(path: &Path, text: &'a str) -> Option<Vec<NumberedLine<'a>>> {
    let lines = || {
        let numbered = without_mark(text).lines().zip(1..);
        let numbered = numbered.map(|(text, number)| NumberedLine { number, text: text.trim() });
        numbered.filter(|line| !line.text.is_empty())
    };
    let are_several = || {
        let mut lines = lines();
        let (first, second) = (lines.next(), lines.next());
        let is_whole = |line: NumberedLine<'_>| {
            line.text.ends_with('}') && serde_json::from_str::<IgnoredAny>(line.text).is_ok()
        };
        second.is_some_and(|line| line.text.starts_with('{'))
            && first.is_some_and(|line| line.text.starts_with('{') && is_whole(line))
    };
    (is_named_so(path) || are_several()).then(|| lines().collect())
}

/// Whether a file's name says so, compressed or not.
fn is_named_so(path: &Path) -> bool {
    let bare = path.extension().filter(|end| end.eq_ignore_ascii_case("gz")).and_then(|_| path.file_stem());
    let bare = bare.map_or(path, Path::new);
    bare.extension().is_some_and(|end| ENDS.iter().any(|one| end.eq_ignore_ascii_case(one)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_a_line_is_known_by_the_name_or_by_its_first_lines() {
        let check = |path: &str, text: &str, expect: Option<&[usize]>| {
            let lines = of(Path::new(path), text);
            let numbers = lines.map(|lines| lines.iter().map(|line| line.number).collect::<Vec<_>>());
            assert_eq!(numbers.as_deref(), expect, "{path} {text}");
        };
        check("a.json", "{\"a\": 1}\n\n{\"b\": 2}\n", Some(&[1, 3]));
        check("a.json", "\u{feff}{}\r\n{ broken\r\n", Some(&[1, 2]));
        check("a.json", "{\"a\": 1}\n", None);
        check("a.json", "{\n\"a\": {}\n}\n", None);
        check("a.yaml", "{a: 1}\n{b: 2}\n", None);
        check("a.yaml", "{}\n---\n{}\n", None);
        check("a.jsonl", "{\"a\": 1}", Some(&[1]));
        check("a.NDJSON.gz", "", Some(&[]));
    }
}
