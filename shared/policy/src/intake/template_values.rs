//! TemplateValues of a template as far as they are known before it is deployed ("Intrinsic function reference", CloudFormation user guide).

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::later::{is_later, later};

/// Characters of a text that is put together. No property of a request is longer, and a template cannot grow without end.
const LONGEST: usize = 64 << 10;

/// What a template says that its resources may ask for.
pub(super) struct TemplateValues<'a> {
    defaults: BTreeMap<&'a str, &'a Json>,
    mappings: Option<&'a Json>,
    resources: Option<&'a Json>,
}

impl<'a> TemplateValues<'a> {
    pub(super) fn of(template: &'a Json) -> Self {
        let parameters = template.get("Parameters").and_then(Json::as_object);
        let default = |(name, parameter): (&'a String, &'a Json)| {
            // What a parameter of SSM's defaults to is the name of a parameter, not its value.
            let of = parameter.get("Type").and_then(Json::as_str).unwrap_or_default();
            let default = parameter.get("Default").filter(|_| !of.starts_with("AWS::SSM::"))?;
            Some((name.as_str(), default))
        };
        Self {
            defaults: parameters.into_iter().flatten().filter_map(default).collect(),
            mappings: template.get("Mappings"),
            resources: template.get("Resources"),
        }
    }

    /// A value with known parts filled in.
    pub(super) fn put_into(&self, value: &Json) -> Json {
        match value {
            Json::Object(fields) => match function(fields) {
                Some((name, argument)) => self.call(name, argument),
                None => {
                    let put = fields.iter().map(|(key, value)| (key.clone(), self.put_into(value)));
                    // What refers to no value is left out.
                    Json::Object(put.filter(|(_, value)| !value.is_null()).collect())
                }
            },
            Json::Array(list) => {
                list.iter().map(|value| self.put_into(value)).filter(|value| !value.is_null()).collect()
            }
            Json::String(text) if text.contains("{{resolve:") => later(None),
            other => other.clone(),
        }
    }

    fn call(&self, name: &str, argument: &Json) -> Json {
        let known = match name {
            "Ref" => return self.reference(argument.as_str().unwrap_or_default()),
            "Fn::Sub" => self.substituted(argument),
            "Fn::Join" => self.joined(argument),
            "Fn::FindInMap" => self.mapped(argument),
            "Fn::Select" => self.selected(argument),
            "Fn::GetAtt" => return later(attribute_of(argument)),
            _ => None,
        };
        known.unwrap_or_else(|| later(None))
    }

    /// A parameter's default, nothing, or what another resource will be called.
    fn reference(&self, name: &str) -> Json {
        if name == "AWS::NoValue" {
            return Json::Null;
        }
        if let Some(default) = self.defaults.get(name) {
            return (*default).clone();
        }
        let is_resource = self.resources.is_some_and(|resources| resources.get(name).is_some());
        later(is_resource.then_some(name))
    }

    /// A text in which `${Name}` stands for a value and `${!Name}` for itself.
    fn substituted(&self, argument: &Json) -> Option<Json> {
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
                    whole.push_str(&text_of(&value)?);
                }
            }
            rest = after;
            if whole.len() > LONGEST {
                return None;
            }
        }
        Some(Json::String(whole + rest))
    }

    fn joined(&self, argument: &Json) -> Option<Json> {
        let parts = argument.as_array()?;
        let list = self.put_into(parts.get(1)?);
        let texts: Option<Vec<String>> = list.as_array()?.iter().map(text_of).collect();
        let whole = texts?.join(parts.first()?.as_str()?);
        (whole.len() <= LONGEST).then(|| whole.into())
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
}

/// An object of one key that calls a function.
fn function(fields: &Map<String, Json>) -> Option<(&str, &Json)> {
    let (name, argument) = fields.iter().next().filter(|_| fields.len() == 1)?;
    (name == "Ref" || name == "Condition" || name.starts_with("Fn::")).then_some((name, argument))
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
        _ if is_later(value) => None,
        _ => None,
    }
}
