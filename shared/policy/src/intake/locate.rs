//! The place of a judged value in a file: the line of a field, or of the object that lacks it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::value::RawValue;

use super::candidate::Candidate;

/// A value in a file with its place; the inside of a JSON value is searched once, on demand.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    at: At<'a>,
    within: OnceLock<Within<'a>>,
}

#[derive(Clone, Debug)]
enum At<'a> {
    Raw(&'a RawValue),
    Line(usize),
}

#[derive(Clone, Debug)]
enum Within<'a> {
    Nothing,
    List(Vec<Node<'a>>),
    /// The fields by their names in lower case: CloudTrail begins them with a small letter.
    Map(BTreeMap<String, Node<'a>>),
}

impl<'a> Node<'a> {
    fn raw(value: &'a RawValue) -> Self {
        Self { at: At::Raw(value), within: OnceLock::new() }
    }

    fn known(line: usize, within: Within<'a>) -> Self {
        Self { at: At::Line(line), within: OnceLock::from(within) }
    }

    /// A value with nothing in it.
    #[must_use]
    pub fn leaf(line: usize) -> Self {
        Self::known(line, Within::Nothing)
    }

    /// A list.
    #[must_use]
    pub fn list(line: usize, elements: Vec<Self>) -> Self {
        Self::known(line, Within::List(elements))
    }

    /// An object; the names are in small letters.
    #[must_use]
    pub fn map(line: usize, members: BTreeMap<String, Self>) -> Self {
        Self::known(line, Within::Map(members))
    }

    fn within(&self) -> &Within<'a> {
        self.within.get_or_init(|| match self.at {
            At::Raw(value) => within(value),
            At::Line(_) => Within::Nothing,
        })
    }

    fn member(&self, key: &str) -> Option<&Self> {
        match self.within() {
            Within::Map(members) => members.get(&key.to_ascii_lowercase()),
            // A block of Terraform's is a list of one.
            Within::List(list) => match list.as_slice() {
                [only] => only.member(key),
                _ => None,
            },
            Within::Nothing => None,
        }
    }

    /// An element by its index; without an index, the only one: among several, the meant one is unknown.
    fn element(&self, index: &str) -> Option<&Self> {
        let Within::List(list) = self.within() else { return None };
        match (index.parse::<usize>(), list.as_slice()) {
            (Ok(index), list) => list.get(index),
            (Err(_), [only]) => Some(only),
            (Err(_), _) => None,
        }
    }
}

fn within(value: &RawValue) -> Within<'_> {
    let text = value.get();
    if text.starts_with('{') {
        let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap_or_default();
        let member = |(key, value): (String, _)| (key.to_ascii_lowercase(), Node::raw(value));
        Within::Map(members.into_iter().map(member).collect())
    } else if text.starts_with('[') {
        let elements: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
        Within::List(elements.into_iter().map(Node::raw).collect())
    } else {
        Within::Nothing
    }
}

/// A text without the byte order mark that editors put before it, and readers of JSON may pass over (RFC 8259, section 8.1).
#[must_use]
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// A document with the beginnings of its lines.
#[derive(Debug)]
pub struct Lines<'a> {
    /// The places in a JSON text. The text is read when the first finding needs a place, because most files have no finding.
    root: OnceLock<Option<Node<'a>>>,
    text: &'a str,
    /// The number of the text's first line.
    first: usize,
    /// Where each line ends. No text of more than 4 GB is read.
    ends: OnceLock<Vec<u32>>,
}

/// Where a finding stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// From 1; `None` if no part of the path can be found in the file.
    pub line: Option<i64>,
    /// The field in the file's own words.
    pub path: Option<String>,
}

impl<'a> Lines<'a> {
    /// The places in a JSON text.
    #[must_use]
    pub fn of_json(text: &'a str) -> Self {
        Self::of_json_from(text, 1)
    }

    /// The places in a JSON text that begins at a line of its file.
    #[must_use]
    pub fn of_json_from(text: &'a str, first: usize) -> Self {
        Self { root: OnceLock::new(), text, first, ends: OnceLock::new() }
    }

    /// For a value whose lines are known.
    #[must_use]
    pub fn of(root: Node<'a>) -> Self {
        Self { root: OnceLock::from(Some(root)), text: "", first: 1, ends: OnceLock::new() }
    }

    fn root(&self) -> Option<&Node<'a>> {
        let read = || serde_json::from_str(without_mark(self.text)).ok().map(Node::raw);
        self.root.get_or_init(read).as_ref()
    }

    /// The place of the first of these fields that the request has; else of the part of it that is nearest to one; else of the
    /// resource's name. Fields are paths as controls have them, with `name[]` for each element of a list.
    #[must_use]
    pub fn place(&self, candidate: &Candidate, fields: &[&str]) -> Place {
        let paths: Vec<String> = fields.iter().filter_map(|field| candidate.path(field)).collect();
        let whole = candidate.whole();
        let Some(root) = self.root() else { return Place { line: None, path: paths.into_iter().next() } };
        let request = Found::at(root, whole);
        let found: Vec<Found<'_, 'a>> = paths.iter().map(|path| Found::at(root, path)).collect();
        if let Some((path, found)) = paths.iter().zip(&found).find(|(_, found)| found.is_whole) {
            return Place { line: self.line(found.node), path: Some(path.clone()) };
        }
        // The last of equals is the first field's when looked at from behind.
        let deep = found.iter().rev().filter(|each| each.depth > request.depth);
        let nearest = deep.max_by_key(|each| each.depth).map(|each| each.node);
        let name = || {
            let step = candidate.place.as_ref().map(|place| format!("{place}.Name"));
            let names =
                [Some(candidate.name_path()), step].into_iter().flatten().map(|name| Found::at(root, &name));
            names.into_iter().find(|name| name.is_whole).map(|name| name.node)
        };
        let node = nearest.or_else(name).unwrap_or(request.node);
        Place { line: self.line(node), path: paths.into_iter().next() }
    }

    /// The line of the value at a path, from 1. If there is no such value, the line of the object or list that would hold it.
    #[must_use]
    pub fn line_of(&self, path: &str) -> Option<usize> {
        let found = Found::at(self.root()?, path);
        self.line(found.node).and_then(|line| usize::try_from(line).ok())
    }

    fn line(&self, node: &Node<'_>) -> Option<i64> {
        let line = match node.at {
            At::Line(line) => line,
            // A raw value is a slice of the text that it was read from.
            At::Raw(value) => {
                let offset = value.get().as_ptr().addr().checked_sub(self.text.as_ptr().addr())?;
                self.ends().partition_point(|end| (*end as usize) < offset) + self.first
            }
        };
        i64::try_from(line).ok()
    }

    fn ends(&self) -> &[u32] {
        let find = || self.text.match_indices('\n').filter_map(|(at, _)| u32::try_from(at).ok());
        self.ends.get_or_init(|| find().collect())
    }
}

/// How far a path leads.
struct Found<'n, 'a> {
    node: &'n Node<'a>,
    depth: usize,
    is_whole: bool,
}

impl<'n, 'a> Found<'n, 'a> {
    fn at(root: &'n Node<'a>, path: &str) -> Self {
        let mut found = Self { node: root, depth: 0, is_whole: true };
        if path.is_empty() {
            return found;
        }
        for part in path.split('.') {
            let mut pieces = part.split('[');
            let key = pieces.next().unwrap_or_default();
            // An element of the document itself has no key.
            let mut next = if key.is_empty() { Some(found.node) } else { found.node.member(key) };
            found.depth += usize::from(next.is_some());
            found.node = next.unwrap_or(found.node);
            for index in pieces {
                next = next.and_then(|list| list.element(index.trim_end_matches(']')));
            }
            match next {
                Some(next) => found.node = next,
                None => return Self { is_whole: false, ..found },
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;
    use crate::intake;

    /// The line of the last object in the text that has these fields.
    fn check(text: &str, fields: &[&str], expect: Option<i64>) {
        let candidate = intake::read(text).unwrap().candidates.pop().unwrap();
        let place = Lines::of_json(text).place(&candidate, fields);
        assert_eq!(place.line, expect, "{fields:?}");
    }

    const REQUEST: &str = r#"{
  "TrainingJobName": "t",
  "VpcConfig": {
    "SecurityGroupIds": []
  },
  "InputDataConfig": [
    { "ChannelName": "a" },
    { "ChannelName": "b" }
  ],
  "ResourceConfig": { "InstanceCount": 2 }
}"#;

    #[test]
    fn a_field_stands_where_it_is_written() {
        check(REQUEST, &["ResourceConfig.InstanceCount"], Some(10));
        check(REQUEST, &["EnableNetworkIsolation", "ResourceConfig.InstanceCount"], Some(10));
        check(REQUEST, &["VpcConfig.Subnets", "VpcConfig.SecurityGroupIds"], Some(4));
    }

    #[test]
    fn a_field_that_is_missing_stands_where_it_would_be() {
        check(REQUEST, &["VpcConfig.Subnets"], Some(3));
        check(REQUEST, &["OutputDataConfig.KmsKeyId", "VpcConfig.Subnets"], Some(3));
        check(REQUEST, &["EnableNetworkIsolation"], Some(2));
        // The text has two such objects, and nothing says which one the finding is about.
        check(REQUEST, &["InputDataConfig[].DataSource.S3DataSource.S3Uri"], Some(6));
        check(
            &REQUEST.replace(",\n    { \"ChannelName\": \"b\" }", ""),
            &["InputDataConfig[].DataSource"],
            Some(7),
        );
    }

    #[test]
    fn steps_and_calls_are_looked_into() {
        let steps = "{ \"Steps\": [{\n\"Name\": \"wait\", \"Type\": \"Callback\" }, {\n\"Name\": \"train\",\n\"Type\": \"Training\",\n\
                     \"Arguments\": {\n\"EnableNetworkIsolation\": false } }] }";
        check(steps, &["EnableNetworkIsolation"], Some(6));
        check(steps, &["RoleArn"], Some(3));
        let call = "{ \"detail\": { \"eventName\": \"CreateModel\",\n\"requestParameters\": {\n\"modelName\": \"m\",\n\
                    \"enableNetworkIsolation\": false } } }";
        check(call, &["EnableNetworkIsolation"], Some(4));
        check(call, &["VpcConfig.Subnets"], Some(3));
    }
}
