//! A template as CloudFormation would see it: parameters, conditions and references replaced.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The values of names: parameters, pseudo parameters, and `Resource.Attribute`.
pub type Names = BTreeMap<String, Value>;

/// Replaces intrinsic functions and parameters of Systems Manager (`{{resolve:ssm:name}}`).
pub struct Resolver {
    /// Values by name.
    pub names: Names,
    /// Conditions that hold.
    pub holds: Vec<&'static str>,
    /// Parameters of Systems Manager.
    pub stored: BTreeMap<String, String>,
}

impl Resolver {
    /// The same value without functions; `None` is `AWS::NoValue`, and is left out of lists and objects.
    #[must_use]
    pub fn resolve(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Array(list) => Some(list.iter().filter_map(|each| self.resolve(each)).collect()),
            Value::Object(object) => match object.iter().next() {
                Some((name, argument))
                    if object.len() == 1 && (name == "Ref" || name.starts_with("Fn::")) =>
                {
                    self.call(name, argument)
                }
                _ => Some(Value::Object(self.object(object))),
            },
            Value::String(text) => Some(json!(self.stored(text))),
            other => Some(other.clone()),
        }
    }

    fn object(&self, object: &Map<String, Value>) -> Map<String, Value> {
        object.iter().filter_map(|(key, value)| Some((key.clone(), self.resolve(value)?))).collect()
    }

    fn call(&self, function: &str, argument: &Value) -> Option<Value> {
        match function {
            "Ref" if argument == "AWS::NoValue" => None,
            "Ref" => Some(self.named(argument.as_str().unwrap_or_default())),
            "Fn::GetAtt" => {
                let parts: Vec<&str> =
                    argument.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                let name = argument.as_str().map_or_else(|| parts.join("."), str::to_owned);
                Some(self.named(&name))
            }
            "Fn::If" => {
                let name = argument.get(0).and_then(Value::as_str).unwrap_or_default();
                let branch = if self.holds.contains(&name) { 1 } else { 2 };
                self.resolve(argument.get(branch).unwrap_or(&Value::Null))
            }
            "Fn::Join" => {
                let list = self.resolve(argument.get(1).unwrap_or(&Value::Null))?;
                let texts: Vec<&str> =
                    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                Some(json!(texts.join(argument.get(0).and_then(Value::as_str).unwrap_or_default())))
            }
            "Fn::Sub" => match argument {
                Value::Array(parts) => {
                    let own = self.resolve(parts.get(1).unwrap_or(&Value::Null))?;
                    Some(json!(self.stored(&self.substituted(parts.first()?.as_str()?, &own))))
                }
                text => Some(json!(self.stored(&self.substituted(text.as_str()?, &Value::Null)))),
            },
            "Fn::Split" => {
                let text = self.resolve(argument.get(1).unwrap_or(&Value::Null))?;
                let mark = argument.get(0).and_then(Value::as_str).unwrap_or_default();
                Some(json!(text.as_str()?.split(mark).collect::<Vec<_>>()))
            }
            // Encoded text is decoded at once, because tests read the text.
            "Fn::Base64" => self.resolve(argument),
            other => Some(json!(format!("unknown function {other}"))),
        }
    }

    fn named(&self, name: &str) -> Value {
        self.names.get(name).cloned().unwrap_or_else(|| json!(format!("unknown name {name}")))
    }

    /// A text with `${name}` replaced; `${!name}` stays, without the mark.
    fn substituted(&self, text: &str, own: &Value) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, tail) = after.split_once('}').unwrap_or((after, ""));
            out += before;
            out += &match name.strip_prefix('!') {
                Some(literal) => format!("${{{literal}}}"),
                None => {
                    let value = own.get(name).cloned().unwrap_or_else(|| self.named(name));
                    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
                }
            };
            rest = tail;
        }
        out + rest
    }

    fn stored(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, value) in &self.stored {
            text = text.replace(&format!("{{{{resolve:ssm:{name}}}}}"), value);
        }
        text
    }
}
