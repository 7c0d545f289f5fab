//! Reading a description: null, "", [] and {} are absent, and values with another type than in the API are noted, so that
//! a control that reads them is not decided by accident.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::config_text::field_of;
use crate::later::{UNSAID, beginning, is_later, whole as whole_text};

/// A document, or a part of one, and the paths that could not be read in it.
pub(crate) struct Reader<'a> {
    document: &'a Json,
    /// The place of this part in the whole document, in the notation of controls: `TrainingJobDefinitions[].`
    prefix: String,
    unreadable: &'a UnreadablePaths,
}

/// Facts that reading a description shows beside its values.
#[derive(Debug, Default)]
pub(crate) struct UnreadablePaths {
    /// Paths that could not be read, each with the reason.
    unreadable: RefCell<Vec<(String, String)>>,
    /// Paths whose values only the account can interpret.
    for_the_account: RefCell<Vec<String>>,
    /// Paths whose values are not known before it runs, or is deployed.
    later: RefCell<Vec<String>>,
    /// Facts that decide the controls that name them, even if other values are unknown.
    decisive: RefCell<BTreeSet<&'static str>>,
    /// Facts whose values are known as far as they matter, although an end of one is known later.
    settled: RefCell<BTreeSet<&'static str>>,
    /// Whether such an end was seen.
    has_open_end: Cell<bool>,
    /// Values that break a fact, each with its path.
    offending: RefCell<Vec<(&'static str, String, String)>>,
}

impl UnreadablePaths {
    pub(crate) fn note(&self, path: String, reason: String) {
        // One note is enough: all elements of a list have the same path.
        let mut noted = self.unreadable.borrow_mut();
        if !noted.iter().any(|(known, _)| *known == path) {
            noted.push((path, reason));
        }
    }

    /// Why the value at a path is not known, if anything at it, above it or below it could not be read.
    pub(crate) fn concerning(&self, path: &str) -> Option<String> {
        let noted = self.unreadable.borrow();
        let found = noted.iter().find(|(noted, _)| within(path, noted) || within(noted, path));
        found.map(|(path, reason)| {
            let what =
                if path.is_empty() { "the document".to_owned() } else { format!("`{}`", field_of(path)) };
            format!("{what} {reason}")
        })
    }

    /// Whether the value at a path can be judged in the account alone.
    pub(crate) fn is_for_the_account(&self, path: &str) -> bool {
        touches(&self.for_the_account.borrow(), path)
    }

    /// Whether the value at a path is not known yet.
    pub(crate) fn is_later(&self, path: &str) -> bool {
        touches(&self.later.borrow(), path)
    }

    fn note_later(&self, path: String) {
        let mut noted = self.later.borrow_mut();
        if !noted.contains(&path) {
            noted.push(path);
        }
    }

    /// Notes that a fact decides the controls that name it because of the value at a path, unless that value is unknown.
    pub(crate) fn decides_by(&self, fact: &'static str, path: &str) {
        if !self.is_later(path) {
            self.decides(fact);
        }
    }

    /// Notes that a fact decides the controls that name it, even if other values are unknown.
    pub(crate) fn decides(&self, fact: &'static str) {
        self.decisive.borrow_mut().insert(fact);
    }

    pub(crate) fn is_decisive(&self, fact: &str) -> bool {
        self.decisive.borrow().contains(fact)
    }

    /// Notes that a fact is known, although the ends of some of its values are not.
    pub(crate) fn settles(&self, fact: &'static str) {
        self.settled.borrow_mut().insert(fact);
    }

    pub(crate) fn is_settled(&self, fact: &str) -> bool {
        self.settled.borrow().contains(fact)
    }

    /// Whether the end of a location is known later.
    pub(crate) fn has_open_end(&self) -> bool {
        self.has_open_end.get()
    }

    /// The values at a path that break one of these facts.
    pub(crate) fn offending(&self, facts: &BTreeSet<String>, path: &str) -> Vec<String> {
        let noted = self.offending.borrow();
        let at = noted
            .iter()
            .filter(|(fact, at, _)| facts.contains(*fact) && without_each(at) == without_each(path));
        at.map(|(.., value)| value.clone()).collect()
    }

    /// The first thing that could not be read.
    pub(crate) fn first(&self) -> Option<String> {
        self.unreadable.borrow().first().map(|(path, reason)| format!("`{path}` {reason}"))
    }

    /// Whether anything that was read is not known yet.
    pub(crate) fn has_later(&self) -> bool {
        !self.later.borrow().is_empty()
    }
}

fn touches(noted: &[String], path: &str) -> bool {
    noted.iter().any(|noted| within(path, noted) || within(noted, path))
}

/// A path as controls name a list: by its name alone.
fn without_each(path: &str) -> &str {
    path.strip_suffix("[]").unwrap_or(path)
}

/// Whether a path is another one, or below it.
fn within(part: &str, whole: &str) -> bool {
    // The empty path is the document itself, which is above everything.
    whole.is_empty()
        || whole.ends_with([':', '.']) && part.starts_with(whole)
        || part.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

impl<'a> Reader<'a> {
    pub(crate) fn new(document: &'a Json, unreadable: &'a UnreadablePaths) -> Self {
        Self { document, prefix: String::new(), unreadable }
    }

    /// Another document, whose paths begin with the operation that answered it.
    pub(crate) fn of_answer(&self, operation: &str, document: &'a Json) -> Self {
        Self { document, prefix: format!("{operation}:"), unreadable: self.unreadable }
    }

    /// Parts of the document at a path, as documents.
    pub(crate) fn parts(&self, path: &str) -> Vec<Self> {
        let found = self.values(path);
        let part = |document: &'a Json| Self {
            document,
            prefix: format!("{}{path}.", self.prefix),
            unreadable: self.unreadable,
        };
        found
            .into_iter()
            .filter(|value| !self.is_later(path, value))
            .filter(|value| self.is("an object", path, value, value.is_object()))
            .map(part)
            .collect()
    }

    /// Notes a value that is not known yet.
    fn is_later(&self, path: &str, value: &Json) -> bool {
        let later = is_later(value);
        if later {
            self.unreadable.note_later(format!("{}{path}", self.prefix));
        }
        later
    }

    pub(crate) fn text(&self, path: &str) -> Option<&'a str> {
        self.texts(path).into_iter().next()
    }

    /// All texts at a path: `name[]` is each element of a list, `*` each key, and `*Name` each key that ends so.
    pub(crate) fn texts(&self, path: &str) -> Vec<&'a str> {
        let texts = self.known(path).into_iter();
        texts
            .filter_map(|value| {
                self.is("a text", path, value, is_text(path, value));
                value.as_str()
            })
            .collect()
    }

    /// All S3 locations at a path. One whose bucket is known counts up to where it is known: its key may be known later.
    pub(crate) fn locations(&self, path: &str) -> Vec<&'a str> {
        let (begun, whole): (Vec<_>, Vec<_>) =
            self.values(path).into_iter().partition(|value| known_location(value).is_some());
        if !begun.is_empty() {
            self.unreadable.has_open_end.set(true);
        }
        let whole = whole.into_iter().filter(|value| !self.is_later(path, value)).filter_map(|value| {
            self.is("a text", path, value, is_text(path, value));
            value.as_str()
        });
        whole.chain(begun.into_iter().filter_map(known_location)).collect()
    }

    /// Whether a value at a path is known later, and not even its bucket is known now.
    pub(crate) fn awaits(&self, path: &str) -> bool {
        let own = UnreadablePaths::default();
        Reader { document: self.document, prefix: String::new(), unreadable: &own }.locations(path);
        own.has_later()
    }

    /// The known beginnings, up to a slash, of texts at a path whose rest is known later.
    pub(crate) fn beginnings(&self, path: &str) -> Vec<&'a str> {
        let up_to_slash = |text: &'a str| text.rsplit_once('/').map(|(known, _)| known);
        self.values(path).into_iter().filter_map(beginning).filter_map(up_to_slash).collect()
    }

    /// The JSON texts at a path of which only some values are known.
    pub(crate) fn wholes(&self, path: &str) -> Vec<&'a str> {
        self.values(path).into_iter().filter_map(whole_text).collect()
    }

    /// The values at a path that are known.
    fn known(&self, path: &str) -> Vec<&'a Json> {
        self.values(path).into_iter().filter(|value| !self.is_later(path, value)).collect()
    }

    /// Whether it is true. Absent is false, as the API reads it.
    pub(crate) fn is_true(&self, path: &str) -> bool {
        let values = self.known(path);
        let right = values.iter().all(|value| self.is("true or false", path, value, value.is_boolean()));
        right && values.iter().any(|value| value.as_bool() == Some(true))
    }

    /// Whether it is true. The API takes it for true if it is absent from its part.
    pub(crate) fn is_true_by_default(&self, part: &str, field: &str) -> bool {
        let parts = self.parts(part);
        parts.iter().any(|part| part.values(field).is_empty() || part.is_true(field))
    }

    /// A number of something: whole, and not below zero. `2.0` is 2.
    pub(crate) fn number(&self, path: &str) -> Option<i64> {
        let mut numbers = self.known(path).into_iter().map(|value| {
            let number = whole(value).filter(|number| *number >= 0);
            self.is("a whole number", path, value, number.is_some());
            number
        });
        numbers.next().flatten()
    }

    /// Whether the path leads to a number that can be below zero.
    pub(crate) fn has_integer(&self, path: &str) -> bool {
        let right = |value: &Json| {
            let is_whole = value.is_u64() || whole(value).is_some();
            is_later(value) || self.is("a whole number", path, value, is_whole)
        };
        self.values(path).into_iter().filter(|value| right(value)).count() > 0
    }

    /// One of the texts that controls know. Any other text is noted: the API may have a new word.
    pub(crate) fn word(&self, path: &str, known: &[&str]) -> Option<&'a str> {
        let word = self.text(path)?;
        if !known.contains(&word) {
            let reason = format!("is not one of {}", known.join(", "));
            self.unreadable.note(format!("{}{path}", self.prefix), reason);
        }
        Some(word)
    }

    /// Whether the path leads to a text, known or not yet.
    pub(crate) fn has_text(&self, path: &str) -> bool {
        // All of them are read: one of another type is noted.
        let right = |value: &&&Json| is_later(value) || self.is("a text", path, value, is_text(path, value));
        self.values(path).iter().filter(right).count() > 0
    }

    /// The names of a map with their texts; a number counts as the text that it will be.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> + use<'a> {
        let fields = self.document.as_object().into_iter().flatten();
        let text = |value: &'a Json| match value {
            Json::String(text) => Some(Cow::Borrowed(text.as_str())),
            Json::Number(number) => Some(Cow::Owned(number.to_string())),
            _ => None,
        };
        fields.filter_map(move |(name, value)| Some((name.as_str(), text(value)?)))
    }

    /// Whether the path leads to an object, known or not yet.
    pub(crate) fn has_part(&self, path: &str) -> bool {
        let right = |value: &&&Json| is_later(value) || self.is("an object", path, value, value.is_object());
        self.values(path).iter().filter(right).count() > 0
    }

    /// Whether any of several paths leads to a text. All are read, so that a value of another type is always noted.
    pub(crate) fn has_any_text(&self, paths: &[&str]) -> bool {
        paths.iter().filter(|path| self.has_text(path)).count() > 0
    }

    /// Notes that a part is missing that the API demands. A part that is known later is not missing.
    pub(crate) fn demands(&self, path: &str) {
        if !self.has_part(path) && !self.unreadable.is_later(&format!("{}{path}", self.prefix)) {
            self.expected(path);
        }
    }

    /// Notes that the value, or its absence, decides nothing, with the reason.
    pub(crate) fn undecided(&self, path: &str, reason: String) {
        self.unreadable.note(format!("{}{path}", self.prefix), reason);
    }

    /// Notes that the value can be judged only in the account.
    pub(crate) fn for_the_account(&self, path: &str) {
        self.unreadable.for_the_account.borrow_mut().push(format!("{}{path}", self.prefix));
    }

    /// Notes a value that fails a fact.
    pub(crate) fn offends(&self, fact: &'static str, path: &str, value: &str) {
        let noted = (fact, format!("{}{path}", self.prefix), value.to_owned());
        self.unreadable.offending.borrow_mut().push(noted);
    }

    /// Notes that a value is missing that should always be there.
    pub(crate) fn expected(&self, path: &str) {
        self.unreadable
            .note(format!("{}{path}", self.prefix), "is absent, although the API always gives it".to_owned());
    }

    fn is(&self, wanted: &str, path: &str, value: &Json, right: bool) -> bool {
        if !right {
            let reason = format!("is {}; expected {wanted}", shape(value));
            self.unreadable.note(format!("{}{path}", self.prefix), reason);
        }
        right
    }

    fn values(&self, path: &str) -> Vec<&'a Json> {
        let mut found = Vec::new();
        self.walk(self.document, path, path, &mut found);
        found
    }

    /// Collects the values at the rest of a path.
    fn walk(&self, value: &'a Json, rest: &str, path: &str, found: &mut Vec<&'a Json>) {
        let walked = path.len() - rest.len();
        let above = || path.get(..walked).unwrap_or_default().trim_end_matches('.');
        if self.is_later(above(), value) {
            return;
        }
        let Some(fields) = value.as_object() else {
            self.is("an object", above(), value, false);
            return;
        };
        let (part, rest) = rest.split_once('.').map_or((rest, None), |(part, rest)| (part, Some(rest)));
        let (key, each) = part.strip_suffix("[]").map_or((part, false), |key| (key, true));
        let mut take = |value: &'a Json| match rest {
            Some(rest) => self.walk(value, rest, path, found),
            None => found.push(value),
        };
        let mut step = |value: &'a Json| match value {
            Json::Array(list) if each => list.iter().filter(|value| is_present(value)).for_each(&mut take),
            // A list that is not known yet counts as a list of unknown elements.
            _ if each && is_later(value) => take(value),
            _ if each => {
                self.is("a list", path.get(..walked + part.len()).unwrap_or(path), value, false);
            }
            _ => take(value),
        };
        if fields.contains_key(UNSAID) && !fields.contains_key(key) {
            let at = path.get(..walked + part.len()).unwrap_or(path);
            self.unreadable.note_later(format!("{}{at}", self.prefix));
        }
        match key.strip_prefix('*') {
            None => fields.get(key).into_iter().filter(|value| is_present(value)).for_each(step),
            Some(end) => fields
                .iter()
                .filter(|(name, value)| *name != UNSAID && name.ends_with(end) && is_present(value))
                .for_each(|(_, value)| step(value)),
        }
    }
}

/// The known part of a location, if that names the bucket.
fn known_location(value: &Json) -> Option<&str> {
    let text = beginning(value)?;
    let (bucket, _) = text.strip_prefix("s3://")?.split_once('/')?;
    Some(text).filter(|_| !bucket.is_empty())
}

/// null, "", [] and {} count as absent: the API leaves unset fields out, and CloudTrail writes them as empty.
pub(crate) fn is_present(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::String(text) => !text.is_empty(),
        Json::Array(list) => !list.is_empty(),
        Json::Object(fields) => !fields.is_empty(),
        Json::Bool(_) | Json::Number(_) => true,
    }
}

/// Whether a value is a text, or a number or switch in a map of the users' own: SageMaker Pipelines and others write those as texts.
fn is_text(path: &str, value: &Json) -> bool {
    let map = path.rsplit_once('.').map_or("", |(map, _)| map);
    let is_free = ["Environment", "HyperParameters"].iter().any(|end| map.ends_with(end));
    value.is_string() || is_free && (value.is_number() || value.is_boolean())
}

/// A whole number, however it is written.
fn whole(value: &Json) -> Option<i64> {
    let float = || value.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 9e15);
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and small enough")]
    value.as_i64().or_else(|| float().map(|float| float as i64))
}

fn shape(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_walked_and_empty_values_are_absent() {
        let document = json!({
            "a": [{ "b": { "c": "x" } }, { "b": {} }, { "b": { "c": "y" } }], "d": "z",
            "e": { "f": "" }, "g": {}, "h": [], "i": null, "j": false,
        });
        let unreadable = UnreadablePaths::default();
        let reader = Reader::new(&document, &unreadable);
        assert_eq!(reader.texts("a[].b.c"), ["x", "y"]);
        assert_eq!(reader.text("d"), Some("z"));
        for path in ["e.f", "g", "h", "i", "k", "k.l.m", "h[].x"] {
            assert!(!reader.has_text(path) && !reader.has_part(path), "{path}");
        }
        let maps =
            json!({ "m": { "x": "1", "y": "", "z": "2" }, "oneEnd": { "e": "3" }, "two": { "e": "4" } });
        let maps = Reader::new(&maps, &unreadable);
        assert_eq!((maps.texts("m.*"), maps.texts("*End.e")), (vec!["1", "2"], vec!["3"]));
        assert!(reader.has_part("a[].b") && !reader.is_true("j"));
        assert_eq!(unreadable.concerning("a[].b.c"), None);
    }

    #[test]
    fn what_has_another_type_is_noted_for_its_path_and_what_lies_around_it() {
        let document = json!({ "a": { "b": 5 }, "l": { "x": 1 }, "f": "yes", "o": "text" });
        let unreadable = UnreadablePaths::default();
        let reader = Reader::new(&document, &unreadable);
        assert_eq!(reader.text("a.b"), None);
        assert!(reader.texts("l[].x").is_empty());
        assert!(!reader.is_true("f"));
        assert_eq!(reader.text("o.p"), None);
        assert_eq!(unreadable.concerning("a.b").unwrap(), "`a.b` is a number; expected a text");
        assert_eq!(unreadable.concerning("a").unwrap(), "`a.b` is a number; expected a text");
        assert_eq!(unreadable.concerning("l[].x").unwrap(), "`l[]` is an object; expected a list");
        assert!(unreadable.concerning("f").unwrap().ends_with("expected true or false"));
        assert!(unreadable.concerning("o.p").unwrap().contains("expected an object"));
        assert_eq!(unreadable.concerning("ab"), None);
        Reader::new(&json!([1]), &unreadable).text("x.y");
        assert_eq!(unreadable.concerning("ab").unwrap(), "the document is a list; expected an object");
    }
}
