//! Values of templates and manifests in the types of the API.

use serde_json::Value as Json;

/// Maps whose values are the users' own.
const FREE: [&str; 3] = ["Environment", "HyperParameters", "Tags"];
/// How the names of numbers end.
const NUMBERS: [&str; 5] = ["Count", "InGB", "InSeconds", "Percentage", "Concurrency"];
/// A text that looks like a number.
const TEXT: &str = "MinimumInstanceMetadataServiceVersion";

/// CloudFormation takes `"true"` for true, `"2"` for 2 and 2 for `"2"`, as the property wants it.
pub(super) fn typed(name: &str, value: Json) -> Json {
    match value {
        Json::Object(fields) => {
            let typed = fields.into_iter().map(|(key, value)| {
                let value = if FREE.contains(&key.as_str()) { texts(value) } else { typed(&key, value) };
                (key, value)
            });
            Json::Object(typed.collect())
        }
        Json::Array(list) => list.into_iter().map(|value| typed(name, value)).collect(),
        Json::Number(number) if name == TEXT => Json::String(number.to_string()),
        Json::String(text) => {
            let is_number = NUMBERS.iter().any(|end| name.ends_with(end));
            let number = || text.parse::<i64>().ok().filter(|_| is_number).map(Json::from);
            switch(&text).map(Json::Bool).or_else(number).unwrap_or_else(|| Json::String(text))
        }
        other => other,
    }
}

/// A map of texts, in which YAML writes numbers and switches without quotation marks.
fn texts(value: Json) -> Json {
    match value {
        Json::Object(fields) => {
            Json::Object(fields.into_iter().map(|(key, value)| (key, texts(value))).collect())
        }
        Json::Array(list) => list.into_iter().map(texts).collect(),
        Json::Number(_) | Json::Bool(_) => Json::String(value.to_string()),
        other => other,
    }
}

/// True or false as YAML 1.1 writes them, which CloudFormation and Kubernetes read ("Boolean Language-Independent Type for YAML"; both leave
/// out its single letters).
pub(super) fn switch(text: &str) -> Option<bool> {
    match text {
        "true" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "false" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}
