//! Where the rows are in a JSON body.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use thiserror::Error;

use super::json::{Items, skip_space};
use super::text::RawText;

/// The last element of a list.
const LAST: &str = "-1";

/// Where the rows are in a JSON body: a JSON pointer (RFC 6901), in which one `*` may stand for every element of a list, and `-1` for the
/// last one.
///
/// | body | path |
/// |---|---|
/// | `{"instances":[{"features":[1,2]},{"features":[3,4]}]}` | `/instances/*/features` |
/// | `{"instances":[[1,2],[3,4]]}` | `/instances` or `/instances/*` |
/// | `{"predictions":[0.1,0.9]}`, one result a row | `/predictions/*` |
/// | `{"predictions":[0.1,0.9]}`, one row of two columns | `/predictions` |
/// | `{"messages":[{"content":"Hi"},{"content":"Who are you?"}]}`, the last text | `/messages/-1/content` |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowPath {
    pub(super) to_list: Vec<String>,
    /// Within each element, if there is a `*`.
    pub(super) within: Option<Vec<String>>,
}

/// A path that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnreadablePath {
    /// It begins with something other than a slash.
    #[error("`{0}` is not a path of rows: it begins with `/`, such as `/instances/*/features`")]
    NoSlash(String),
    /// It has more than one `*`.
    #[error("`{0}` is not a path of rows: only one `*` may stand for the rows")]
    ManyStars(String),
}

impl FromStr for RowPath {
    type Err = UnreadablePath;

    fn from_str(path: &str) -> Result<Self, Self::Err> {
        let mut names = path.split('/');
        if names.next().is_some_and(|before| !before.is_empty()) || path.is_empty() {
            return Err(UnreadablePath::NoSlash(path.to_owned()));
        }
        let (mut to_list, mut within) = (Vec::new(), None::<Vec<String>>);
        for name in names {
            match &mut within {
                Some(_) if name == "*" => return Err(UnreadablePath::ManyStars(path.to_owned())),
                None if name == "*" => within = Some(Vec::new()),
                Some(names) => names.push(unescaped(name)),
                None => to_list.push(unescaped(name)),
            }
        }
        Ok(Self { to_list, within })
    }
}

impl fmt::Display for RowPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = |name: &String| name.replace('~', "~0").replace('/', "~1");
        let star = self.within.iter().map(|_| "*".to_owned());
        let names = self.to_list.iter().map(escaped).chain(star);
        names.chain(self.within.iter().flatten().map(escaped)).try_for_each(|name| write!(out, "/{name}"))
    }
}

fn unescaped(name: &str) -> String {
    name.replace("~1", "/").replace("~0", "~")
}

/// The value that the names lead to from the value that begins at `start`.
pub(super) fn follow(text: &str, start: usize, names: &[String]) -> Option<usize> {
    names.iter().try_fold(start, |at, name| step(text, at, name))
}

fn step(text: &str, at: usize, name: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut items = Items::of(at);
    match bytes.get(at)? {
        b'{' => {
            let mut found = None;
            while let Some((key, value)) = items.member(bytes) {
                if is_key(text, key, name) {
                    found = Some(value.start);
                }
            }
            found
        }
        b'[' => {
            let mut elements = std::iter::from_fn(|| items.element(bytes));
            let found = if name == LAST { elements.last() } else { elements.nth(name.parse().ok()?) };
            found.map(|value| value.start)
        }
        _ => None,
    }
}

fn is_key(text: &str, key: Range<usize>, name: &str) -> bool {
    let Some(inside) = text.as_bytes().get(key) else { return false };
    let raw = RawText { inside, escaped: inside.contains(&b'\\') };
    raw.text().is_some_and(|key| key == name)
}

/// Whether the list or object that begins at `at` begins with another one.
pub(super) fn is_list_of_containers(text: &[u8], at: usize) -> bool {
    let first = skip_space(text, at + 1);
    text.get(at) == Some(&b'[') && matches!(text.get(first), Some(b'[' | b'{'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_pointer_with_one_star() {
        let path: RowPath = "/a~1b/*/c~0/0".parse().unwrap();
        assert_eq!(path.to_list, ["a/b"]);
        assert_eq!(path.to_string(), "/a~1b/*/c~0/0");
        assert_eq!(path.within.unwrap(), ["c~", "0"]);
        for (path, error) in [
            (
                "instances",
                "`instances` is not a path of rows: it begins with `/`, such as `/instances/*/features`",
            ),
            ("", "`` is not a path of rows: it begins with `/`, such as `/instances/*/features`"),
            ("/*/*", "`/*/*` is not a path of rows: only one `*` may stand for the rows"),
        ] {
            assert_eq!(path.parse::<RowPath>().unwrap_err().to_string(), error);
        }
    }

    #[test]
    fn a_list_of_rows_begins_with_a_list_or_an_object() {
        for (text, expect) in [
            ("[[1]]", true),
            ("[ {}]", true),
            ("[1]", false),
            ("[]", false),
            ("{[1]}", false),
            ("{\"a\":[[1]]}", false),
            ("1", false),
            ("", false),
        ] {
            assert_eq!(is_list_of_containers(text.as_bytes(), 0), expect, "{text}");
        }
    }

    #[test]
    fn names_lead_into_objects_by_key_and_into_lists_by_place() {
        let text = r#"{"a":[{"b":1},{"b":2,"b":3,"c\"d":4}],"e":"f"}"#;
        let check = |names: &[&str], expect: Option<&str>| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let found = follow(text, 0, &names).and_then(|at| text.get(at..));
            assert_eq!(
                found.map(|rest| rest.starts_with(expect.unwrap_or("-"))),
                expect.map(|_| true),
                "{names:?}"
            );
        };
        check(&[], Some("{\"a\""));
        check(&["a", "0", "b"], Some("1}"));
        check(&["a", "1", "b"], Some("3,"));
        check(&["a", "1", "c\"d"], Some("4}"));
        for nowhere in [&["x"][..], &["a", "2"], &["a", "x"], &["e", "0"], &["a", "0", "b", "c"]] {
            check(nowhere, None);
        }
    }
}
