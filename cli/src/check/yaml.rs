//! YAML as the JSON that it means, with the line of every value. Anchors are copied to each use, so their growth is
//! bounded; the short forms of CloudFormation's functions (`!Ref x`) become the long ones.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sagewarden_policy::intake::Node;
use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value as Json};

/// The most values in a file, copies of anchors included. A usual CloudFormation template has a thousandth of them.
const MOST_VALUES: usize = 1_000_000;
/// Values within values, as in JSON.
const DEEPEST: usize = 100;

/// A document of a file.
pub(crate) struct YamlDocument<'a> {
    pub(crate) json: Json,
    pub(crate) lines: Node<'a>,
}

/// The documents of a file, and why those that follow them cannot be read.
pub(crate) fn documents<'a>(text: &str) -> (Vec<YamlDocument<'a>>, Option<String>) {
    let mut building = Building::default();
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let taken = event.map_err(|error| format!("not valid YAML: {error}")).and_then(|(event, span)| {
            let line = span.start.line();
            building.take(event, line).map_err(|why| format!("{why} at line {line}"))
        });
        if let Err(why) = taken {
            return (building.documents, Some(why));
        }
    }
    (building.documents, None)
}

/// A value that is complete, with the number of values in it.
#[derive(Clone)]
struct Built<'a> {
    json: Json,
    node: Node<'a>,
    values: usize,
}

/// A value that is being read.
struct Open<'a> {
    line: usize,
    anchor: usize,
    tag: Option<String>,
    values: usize,
    kind: OpenKind<'a>,
}

enum OpenKind<'a> {
    List(Vec<Json>, Vec<Node<'a>>),
    Map { fields: Map<String, Json>, nodes: BTreeMap<String, Node<'a>>, key: Option<String> },
}

#[derive(Default)]
struct Building<'a> {
    open: Vec<Open<'a>>,
    anchors: BTreeMap<usize, Built<'a>>,
    values: usize,
    documents: Vec<YamlDocument<'a>>,
}

impl<'a> Building<'a> {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let json = scalar(&text, style, tag.as_deref());
                let built = Built { json, node: Node::leaf(line), values: 1 };
                self.complete(built, anchor, tag.as_deref().and_then(short_form))
            }
            Event::Alias(anchor) => {
                let built = self
                    .anchors
                    .get(&anchor)
                    .cloned()
                    .ok_or("an alias refers to a value that contains it")?;
                self.complete(built, 0, None)
            }
            Event::SequenceStart(anchor, tag) => {
                self.start(line, anchor, tag, OpenKind::List(Vec::new(), Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                let kind = OpenKind::Map { fields: Map::new(), nodes: BTreeMap::new(), key: None };
                self.start(line, anchor, tag, kind)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            _ => Ok(()),
        }
    }

    fn start(
        &mut self,
        line: usize,
        anchor: usize,
        tag: Option<Cow<'_, Tag>>,
        kind: OpenKind<'a>,
    ) -> Result<(), String> {
        if self.open.len() >= DEEPEST {
            return Err(format!("values are nested more than {DEEPEST} deep"));
        }
        self.open.push(Open { line, anchor, tag: tag.as_deref().and_then(short_form), values: 1, kind });
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let Some(Open { line, anchor, tag, values, kind }) = self.open.pop() else { return Ok(()) };
        let (json, node) = match kind {
            OpenKind::List(list, nodes) => (Json::Array(list), Node::list(line, nodes)),
            OpenKind::Map { fields, nodes, .. } => (Json::Object(fields), Node::map(line, nodes)),
        };
        self.complete(Built { json, node, values }, anchor, tag)
    }

    /// Puts a value into the open collection, or makes it a document of its own.
    fn complete(
        &mut self,
        mut built: Built<'a>,
        anchor: usize,
        function: Option<String>,
    ) -> Result<(), String> {
        if let Some(function) = function {
            built.json = Json::Object(Map::from_iter([(function.clone(), argument(&function, built.json))]));
        }
        // At the anchor itself, its values are counted once more than needed. The count is still a bound.
        self.values += built.values;
        if self.values > MOST_VALUES {
            return Err(format!("more than {MOST_VALUES} values, copies of anchors included"));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, built.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.documents.push(YamlDocument { json: built.json, lines: built.node });
            return Ok(());
        };
        open.values += built.values;
        match &mut open.kind {
            OpenKind::List(list, nodes) => {
                list.push(built.json);
                nodes.push(built.node);
            }
            OpenKind::Map { key: key @ None, .. } => *key = Some(key_of(&built.json)),
            OpenKind::Map { fields, nodes, key: key @ Some(_) } => {
                let key = key.take().unwrap_or_default();
                match built.json {
                    merged if key == "<<" => merge(fields, merged),
                    value => {
                        nodes.insert(key.to_ascii_lowercase(), built.node);
                        fields.insert(key, value);
                    }
                }
            }
        }
        Ok(())
    }
}

/// A map's own keys override merged ones. If several maps are merged, the first wins ("Merge key", YAML's language-independent types).
fn merge(fields: &mut Map<String, Json>, merged: Json) {
    match merged {
        Json::Object(merged) => {
            for (key, value) in merged {
                fields.entry(key).or_insert(value);
            }
        }
        Json::Array(list) => list.into_iter().for_each(|one| merge(fields, one)),
        _ => {}
    }
}

fn key_of(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

/// `!Ref` means `Ref`, and every other tag of CloudFormation means `Fn::…`.
fn short_form(tag: &Tag) -> Option<String> {
    let name = tag.suffix.as_str();
    match name {
        _ if tag.handle != "!" => None,
        "Ref" | "Condition" => Some(name.to_owned()),
        _ => Some(format!("Fn::{name}")),
    }
}

/// `!GetAtt Resource.Attribute` has its parts in one text.
fn argument(function: &str, argument: Json) -> Json {
    match argument.as_str().and_then(|text| text.split_once('.')) {
        Some((resource, attribute)) if function == "Fn::GetAtt" => serde_json::json!([resource, attribute]),
        _ => argument,
    }
}

/// A scalar by the core schema of YAML 1.2 (section 10.3.2).
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Json {
    let is_plain = matches!(style, ScalarStyle::Plain) && tag.is_none();
    let number = || text.parse::<i64>().map(Json::from).ok();
    let float = || {
        let looks_like_one = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
        text.parse::<f64>().ok().filter(|_| looks_like_one).filter(|float| float.is_finite()).map(Json::from)
    };
    match text {
        _ if !is_plain => Json::from(text),
        "" | "~" | "null" | "Null" | "NULL" => Json::Null,
        "true" | "True" | "TRUE" => Json::Bool(true),
        "false" | "False" | "FALSE" => Json::Bool(false),
        _ => number().or_else(float).unwrap_or_else(|| Json::from(text)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(text: &str, expect: &[Json]) {
        let (found, None) = documents(text) else { unreachable!("{text}") };
        let found: Vec<Json> = found.into_iter().map(|document| document.json).collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn scalars_are_what_the_core_schema_says() {
        check(
            "a: 1\nb: 1.5\nc: true\nd: 'true'\ne: ~\nf: yes\ng: 0123456789012\nh: 2012-10-17",
            &[json!({
                "a": 1, "b": 1.5, "c": true, "d": "true", "e": null, "f": "yes", "g": 123_456_789_012_i64, "h": "2012-10-17",
            })],
        );
    }

    #[test]
    fn short_forms_are_long_ones_and_every_document_is_read() {
        check(
            "a: !Ref X\nb: !GetAtt R.Arn\nc: !Sub 's3://${X}'\nd: !Join ['/', [!Ref X, y]]\n---\n[1]\n",
            &[
                json!({
                    "a": { "Ref": "X" }, "b": { "Fn::GetAtt": ["R", "Arn"] }, "c": { "Fn::Sub": "s3://${X}" },
                    "d": { "Fn::Join": ["/", [{ "Ref": "X" }, "y"]] },
                }),
                json!([1]),
            ],
        );
    }

    #[test]
    fn anchors_are_copied_and_merged() {
        check(
            "base: &b { x: 1, y: 2 }\na: *b\nc:\n  <<: *b\n  y: 3\n",
            &[json!({ "base": { "x": 1, "y": 2 }, "a": { "x": 1, "y": 2 }, "c": { "x": 1, "y": 3 } })],
        );
        check(
            "a: &a { x: 1 }\nb: &b { x: 2, y: 2 }\nc:\n  <<: [*a, *b]\n",
            &[json!({ "a": { "x": 1 }, "b": { "x": 2, "y": 2 }, "c": { "x": 1, "y": 2 } })],
        );
    }

    #[test]
    fn what_grows_or_nests_without_end_is_refused() {
        let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let list = vec![format!("*a{}", level - 1); 10].join(", ");
            laughs += &format!("a{level}: &a{level} [{list}]\n");
        }
        let refused = |text: &str| documents(text).1.unwrap();
        assert!(refused(&laughs).starts_with("more than 1000000 values"), "{}", refused(&laughs));
        assert!(refused(&"[".repeat(150)).starts_with("values are nested more than 100 deep"));
        // The parser has a limit of its own.
        assert!(refused(&"[".repeat(5_000)).contains("recursion limit exceeded"));
        assert!(refused("a: &a [*a]").starts_with("an alias refers to a value that contains it"));
        let (kept, why) = documents("a: 1\n---\na: [1\nb: 2");
        assert!(kept.len() == 1 && why.is_some());
    }
}
