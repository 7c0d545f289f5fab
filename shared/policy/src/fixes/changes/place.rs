//! The places in a document that a control's path leads to.

use serde_json::Value as Json;

use crate::reader::is_present;

/// Objects that a request has only if it uses the feature behind them. No control asks for such an object by itself.
const OPTIONAL: [&str; 7] = [
    "AsyncInferenceConfig",
    "AthenaDatasetDefinition",
    "CoreDumpConfig",
    "DatasetDefinition",
    "EbsVolumeConfig",
    "RedshiftDatasetDefinition",
    "TransformJobDefinition",
];

/// A place that a path leads to.
#[derive(Debug)]
pub(super) struct FieldPlace<'d> {
    /// The path with the numbers of list elements.
    pub(super) field: String,
    /// The list element that it is in; empty outside of lists.
    pub(super) element: String,
    pub(super) value: Option<&'d Json>,
    /// Whether the object that holds it, or would, is there.
    pub(super) is_held: bool,
    /// Whether the first object on the way is there.
    pub(super) is_begun: bool,
}

/// The places that a path leads to. An object on the way may be missing, but not a list.
pub(super) fn places<'d>(document: &'d Json, path: &str) -> Vec<FieldPlace<'d>> {
    let parts: Vec<&str> = path.split('.').collect();
    let mut found = Vec::new();
    let start = FieldPlace {
        field: String::new(),
        element: String::new(),
        value: Some(document),
        is_held: true,
        is_begun: false,
    };
    walk(start, &parts, &mut found);
    found
}

fn walk<'d>(at: FieldPlace<'d>, path: &[&str], found: &mut Vec<FieldPlace<'d>>) {
    let Some((head, rest)) = path.split_first() else {
        found.push(at);
        return;
    };
    let (name, each) = head.strip_suffix("[]").map_or((*head, false), |name| (name, true));
    let value = at.value.and_then(|value| value.get(name)).filter(|value| is_present(value));
    let dot = if at.field.is_empty() { "" } else { "." };
    let field = format!("{}{dot}{name}", at.field);
    let is_begun = at.is_begun || at.field.is_empty() && (value.is_some() || rest.is_empty());
    if each {
        for (number, element) in value.and_then(Json::as_array).into_iter().flatten().enumerate() {
            let field = format!("{field}[{number}]");
            let inner =
                FieldPlace { element: field.clone(), field, value: Some(element), is_held: true, is_begun };
            walk(inner, rest, found);
        }
        return;
    }
    // The last part is the field itself, so the object that holds it counts.
    let is_held = at.is_held && (rest.is_empty() || value.is_some());
    if !rest.is_empty() && value.is_none() && OPTIONAL.contains(&name) {
        return;
    }
    walk(FieldPlace { field, element: at.element, value, is_held, is_begun }, rest, found);
}

/// Whether a key of a map can stand behind a dot.
pub(super) fn is_key(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(path: &str, expect: &[(&str, bool, bool)]) {
        let document = json!({
            "VpcConfig": { "Subnets": [] },
            "Variants": [{ "Name": "a" }, { "Name": "b", "Dump": { "Key": "k" } }],
        });
        let found = places(&document, path);
        let found: Vec<(&str, bool, bool)> =
            found.iter().map(|place| (place.field.as_str(), place.is_held, place.is_begun)).collect();
        assert_eq!(found, expect, "{path}");
    }

    #[test]
    fn a_place_is_held_where_the_object_around_it_is_there() {
        check("RoleArn", &[("RoleArn", true, true)]);
        check("NetworkConfig.VpcConfig.Subnets", &[("NetworkConfig.VpcConfig.Subnets", false, false)]);
        check(
            "Variants[].Dump.Key",
            &[("Variants[0].Dump.Key", false, true), ("Variants[1].Dump.Key", true, true)],
        );
        check("Others[].Key", &[]);
        check("CoreDumpConfig.KmsKeyId", &[]);
    }

    #[test]
    fn keys_that_could_be_read_as_a_path_are_none() {
        assert!(is_key("DB_PASSWORD") && is_key("a-b"));
        assert!(!is_key("a.b") && !is_key("") && !is_key("a b") && !is_key("x[0]"));
    }
}
