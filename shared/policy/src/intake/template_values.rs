//! Values of a template that are known before it is deployed ("Intrinsic function reference", CloudFormation user guide).

use std::cell::Cell;
use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::conditions::Conditions;
use super::holes::{HOLE, LONGEST_DEFINITION};
use crate::later::{beginning, begun, is_later, later, mark_incomplete};

/// Characters of a text that is put together. No property of a request is longer, and a template cannot grow without end.
const LONGEST: usize = 64 << 10;
/// Characters that functions may add to a template. After that, whatever calls a function is not known.
const MOST: usize = 8 << 20;
/// The smallest size that a call counts for.
const CALL: usize = 32;
/// The properties that hold the definition of a state machine.
pub(super) const DEFINITIONS: [&str; 2] = ["Definition", "DefinitionString"];

/// The values of a template that its resources may use.
pub(super) struct TemplateValues<'a> {
    defaults: BTreeMap<&'a str, Json>,
    mappings: Option<&'a Json>,
    resources: Option<&'a Json>,
    conditions: Conditions<'a>,
    /// The part of [`MOST`] that is left.
    left: Cell<usize>,
}

impl<'a> TemplateValues<'a> {
    pub(super) fn of(template: &'a Json) -> Self {
        let parameters = template.get("Parameters").and_then(Json::as_object);
        let default = |(name, parameter): (&'a String, &'a Json)| {
            let of = parameter.get("Type").and_then(Json::as_str).unwrap_or_default();
            Some((name.as_str(), default(of, parameter.get("Default")?)?))
        };
        Self {
            defaults: parameters.into_iter().flatten().filter_map(default).collect(),
            mappings: template.get("Mappings"),
            resources: template.get("Resources"),
            conditions: Conditions::of(template),
            left: Cell::new(MOST),
        }
    }

    /// A value with known parts filled in.
    pub(super) fn put_into(&self, value: &Json) -> Json {
        match value {
            Json::Object(fields) => match function(fields) {
                Some((name, argument)) => self.call(name, argument),
                None => self.put_into_fields(fields),
            },
            Json::Array(list) => {
                list.iter().map(|value| self.put_into(value)).filter(|value| !value.is_null()).collect()
            }
            Json::String(text) if text.contains("{{resolve:") => later(None),
            other => other.clone(),
        }
    }

    /// A reference to `AWS::NoValue` is left out. Values that a macro or a loop adds are unknown.
    fn put_into_fields(&self, fields: &Map<String, Json>) -> Json {
        let is_macro = |key: &str| key == "Fn::Transform" || key.starts_with("Fn::ForEach::");
        let own = fields.iter().filter(|(key, _)| !is_macro(key));
        let put = own.map(|(key, value)| (key.clone(), self.put_into(value)));
        let mut put = Json::Object(put.filter(|(_, value)| !value.is_null()).collect());
        if fields.keys().any(|key| is_macro(key)) {
            mark_incomplete(&mut put);
        }
        put
    }

    fn call(&self, name: &str, argument: &Json) -> Json {
        if self.left.get() == 0 {
            return later(None);
        }
        let found = self.called(name, argument);
        self.left.set(self.left.get().saturating_sub(CALL + size(&found)));
        found
    }

    fn called(&self, name: &str, argument: &Json) -> Json {
        let known = match name {
            "Ref" => return self.reference(argument.as_str().unwrap_or_default()),
            "Fn::Sub" => self.substituted(argument, &Joining::WHOLE),
            "Fn::Join" => self.joined(argument, &Joining::WHOLE),
            "Fn::FindInMap" => self.mapped(argument),
            "Fn::Select" => self.selected(argument),
            "Fn::Split" => self.split(argument),
            "Fn::If" => self.chosen(argument),
            "Fn::GetAtt" => return later(attribute_of(argument)),
            _ => None,
        };
        known.unwrap_or_else(|| later(None))
    }

    /// A parameter's default, nothing, or what another resource will be called.
    fn reference(&self, name: &str) -> Json {
        match name {
            "AWS::NoValue" => return Json::Null,
            // The partitions of China and of the government have other names, which no control reads.
            "AWS::Partition" => return Json::from("aws"),
            _ => {}
        }
        if let Some(default) = self.defaults.get(name) {
            return default.clone();
        }
        let is_resource = self.resources.is_some_and(|resources| resources.get(name).is_some());
        later(is_resource.then_some(name))
    }

    /// The branch that a condition chooses; what both have in common where the condition is not known.
    fn chosen(&self, argument: &Json) -> Option<Json> {
        let parts = argument.as_array()?;
        let (then, otherwise) = (parts.get(1)?, parts.get(2)?);
        let look_up = |name: &str| self.defaults.get(name).cloned();
        match self.conditions.holds(parts.first()?.as_str()?, &look_up) {
            Some(holds) => Some(self.put_into(if holds { then } else { otherwise })),
            None => {
                let (one, other) = (self.put_into(then), self.put_into(otherwise));
                (one == other).then_some(one)
            }
        }
    }

    /// A text in which `${Name}` is replaced by a value, and `${!Name}` means `${Name}` itself.
    fn substituted(&self, argument: &Json, of: &Joining) -> Option<Json> {
        let none = Json::Null;
        let (text, own) = match argument {
            Json::String(text) => (text.as_str(), &none),
            Json::Array(list) => (list.first()?.as_str()?, list.get(1).unwrap_or(&none)),
            _ => return None,
        };
        let mut whole = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            whole.push_str(before);
            let (name, after) = after.split_once('}')?;
            match name.strip_prefix('!') {
                Some(literal) => whole.push_str(&format!("${{{literal}}}")),
                None => {
                    let value = own.get(name).map_or_else(|| self.reference(name), |own| self.put_into(own));
                    match of.part(&value) {
                        Some(part) => whole.push_str(&part),
                        None => return Some(begun(&(whole + beginning(&value).unwrap_or_default()))),
                    }
                }
            }
            rest = after;
            if whole.len() > of.longest {
                return None;
            }
        }
        Some(Json::String(whole + rest))
    }

    fn joined(&self, argument: &Json, of: &Joining) -> Option<Json> {
        let parts = argument.as_array()?;
        let list = self.put_into(parts.get(1)?);
        let (by, list) = (parts.first()?.as_str()?, list.as_array()?);
        let mut whole = String::new();
        for (index, part) in list.iter().enumerate() {
            whole.push_str(if index > 0 { by } else { "" });
            match of.part(part) {
                Some(part) => whole.push_str(&part),
                None => return Some(begun(&(whole + beginning(part).unwrap_or_default()))),
            }
            if whole.len() > of.longest {
                return None;
            }
        }
        Some(whole.into())
    }

    fn mapped(&self, argument: &Json) -> Option<Json> {
        let keys: Option<Vec<String>> =
            argument.as_array()?.iter().take(3).map(|key| text_of(&self.put_into(key))).collect();
        keys?.iter().try_fold(self.mappings?, |value, key| value.get(key)).cloned()
    }

    fn selected(&self, argument: &Json) -> Option<Json> {
        let parts = argument.as_array()?;
        let index: usize = text_of(parts.first()?)?.parse().ok()?;
        let list = self.put_into(parts.get(1)?);
        list.as_array()?.get(index).cloned()
    }

    fn split(&self, argument: &Json) -> Option<Json> {
        let parts = argument.as_array()?;
        let (by, text) = (parts.first()?.as_str()?, text_of(&self.put_into(parts.get(1)?))?);
        (!by.is_empty()).then(|| text.split(by).collect())
    }

    /// The text of a definition; a value that is not known yet leaves a placeholder. The CDK writes every definition this way.
    pub(super) fn text_with_holes(&self, value: &Json) -> Option<String> {
        let text = match value {
            Json::Object(fields) => match function(fields)? {
                ("Fn::Sub", argument) => self.substituted(argument, &Joining::DEFINITION)?,
                ("Fn::Join", argument) => self.joined(argument, &Joining::DEFINITION)?,
                (name, argument) => self.call(name, argument),
            },
            other => other.clone(),
        };
        text.as_str().map(str::to_owned)
    }

    /// As [`Self::put_into`], with the known part of the machine's definition as a text.
    pub(super) fn put_into_machine(&self, properties: &Json) -> Json {
        let text = |field: &str| {
            Some((field.to_owned(), Json::String(self.text_with_holes(properties.get(field)?)?)))
        };
        let texts = DEFINITIONS.map(text);
        let mut put = self.put_into(properties);
        if let Some(fields) = put.as_object_mut() {
            fields.extend(texts.into_iter().flatten());
        }
        put
    }

    /// As [`Self::put_into`], with the known part of the pipeline's definition as a text.
    pub(super) fn put_into_definition(&self, properties: &Json) -> Json {
        const BODY: &str = "/PipelineDefinition/PipelineDefinitionBody";
        let text = properties.pointer(BODY).and_then(|body| self.text_with_holes(body));
        let mut put = self.put_into(properties);
        if let (Some(text), Some(body)) = (text, put.pointer_mut(BODY)) {
            *body = Json::String(text);
        }
        put
    }
}

/// How a text is put together.
struct Joining {
    longest: usize,
    hole: Option<&'static str>,
}

impl Joining {
    const WHOLE: Self = Self { longest: LONGEST, hole: None };
    const DEFINITION: Self = Self { longest: LONGEST_DEFINITION, hole: Some(HOLE) };

    fn part(&self, value: &Json) -> Option<String> {
        text_of(value).or_else(|| self.hole.map(str::to_owned).filter(|_| is_later(value)))
    }
}

/// The default of a parameter of a type. The default of an SSM parameter is a name, not a value.
fn default(of: &str, given: &Json) -> Option<Json> {
    let is_list = of == "CommaDelimitedList" || of.starts_with("List<");
    match given {
        Json::Object(_) | Json::Array(_) => None,
        _ if of.starts_with("AWS::SSM::") => None,
        Json::String(text) if is_list => Some(text.split(',').map(str::trim).collect()),
        other => Some(other.clone()),
    }
}

/// Values and characters in a value, about.
fn size(value: &Json) -> usize {
    1 + match value {
        Json::String(text) => text.len(),
        Json::Array(list) => list.iter().map(size).sum(),
        Json::Object(fields) => fields.iter().map(|(key, value)| key.len() + size(value)).sum(),
        _ => 0,
    }
}

/// An object of one key that calls a function.
fn function(fields: &Map<String, Json>) -> Option<(&str, &Json)> {
    let (name, argument) = fields.iter().next().filter(|_| fields.len() == 1)?;
    let calls = name == "Ref" || name == "Condition" || name.starts_with("Fn::");
    (calls && !name.starts_with("Fn::ForEach::")).then_some((name, argument))
}

/// The resource in `["Resource", "Attribute"]` or `Resource.Attribute`.
fn attribute_of(argument: &Json) -> Option<&str> {
    match argument {
        Json::Array(list) => list.first()?.as_str(),
        other => other.as_str()?.split('.').next(),
    }
}

fn text_of(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(_) | Json::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}
