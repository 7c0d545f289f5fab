//! The template as data.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a value without the field is null; a test ends without a template"
)]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use crate::{Result, python, root};

/// The template as JSON, its short forms spelt out.
pub static TEMPLATE: LazyLock<Value> = LazyLock::new(|| load("infra/template.yaml").unwrap());

/// A template in the same form.
///
/// # Errors
/// When it cannot be read.
pub fn load(file: &str) -> Result<Value> {
    let output = python::script("template.py")?.arg(root().join(file)).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The resources of a type: logical id and properties.
#[must_use]
pub fn resources(kind: &str) -> BTreeMap<&'static str, &'static Value> {
    let all = TEMPLATE["Resources"].as_object().into_iter().flatten();
    all.filter(|(_, resource)| resource["Type"] == kind)
        .map(|(id, resource)| (id.as_str(), &resource["Properties"]))
        .collect()
}

/// The logical id that `Ref` or `Fn::GetAtt` names.
#[must_use]
pub fn target(value: &Value) -> Option<&str> {
    let attribute = &value["Fn::GetAtt"];
    let named = value["Ref"].as_str().or_else(|| attribute[0].as_str()).or_else(|| attribute.as_str());
    named.map(|name| name.split('.').next().unwrap_or(name))
}

/// One or several, as IAM and CloudFormation write both.
#[must_use]
pub fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(list) => list.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

/// The texts among them.
#[must_use]
pub fn texts(value: &Value) -> Vec<&str> {
    list(value).into_iter().filter_map(Value::as_str).collect()
}

/// The value of a part of the template if its condition holds.
#[must_use]
pub fn when_asked_for(value: &Value) -> &Value {
    if value["Fn::If"].is_array() { &value["Fn::If"][1] } else { value }
}

/// The statements of a role's policies, including conditional ones.
#[must_use]
pub fn statements(policy: &Value) -> Vec<&Value> {
    list(&when_asked_for(policy)["PolicyDocument"]["Statement"])
}

/// The folder of a function's artefact.
#[must_use]
pub fn artefact(function: &Value) -> &str {
    function["CodeUri"].as_str().unwrap_or_default().trim_start_matches("../target/lambda/")
}
