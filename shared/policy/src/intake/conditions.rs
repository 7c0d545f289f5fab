//! Conditions of a template, as far as the defaults of parameters decide them ("Condition functions", CloudFormation user guide).

use std::cell::Cell;

use serde_json::Value as Json;

/// Conditions that lead to conditions, so that none leads round in circles.
const DEEPEST: usize = 20;
/// Conditions that are looked at to decide one.
const MOST: usize = 1_000;

/// The conditions of a template.
pub(super) struct Conditions<'a> {
    named: Option<&'a Json>,
}

/// The default of a parameter.
type LookUp<'f> = dyn Fn(&str) -> Option<Json> + 'f;

impl<'a> Conditions<'a> {
    pub(super) fn of(template: &'a Json) -> Self {
        Self { named: template.get("Conditions") }
    }

    /// Whether a condition holds; `None` if it depends on values that are known only when the template is deployed.
    pub(super) fn holds(&self, name: &str, look_up: &LookUp<'_>) -> Option<bool> {
        Deciding { named: self.named?, look_up, left: Cell::new(MOST) }.holds(name, DEEPEST)
    }
}

/// One condition that is being decided.
struct Deciding<'a, 'f> {
    named: &'a Json,
    look_up: &'a LookUp<'f>,
    /// The part of [`MOST`] that is left.
    left: Cell<usize>,
}

impl Deciding<'_, '_> {
    fn holds(&self, name: &str, deep: usize) -> Option<bool> {
        self.is_true(self.named.get(name)?, deep.checked_sub(1)?)
    }

    fn is_true(&self, condition: &Json, deep: usize) -> Option<bool> {
        self.left.set(self.left.get().checked_sub(1)?);
        let (function, argument) = condition.as_object().filter(|fields| fields.len() == 1)?.iter().next()?;
        let deep = deep.checked_sub(1)?;
        let mut results =
            argument.as_array().into_iter().flatten().map(|operand| self.is_true(operand, deep));
        match function.as_str() {
            "Condition" => self.holds(argument.as_str()?, deep),
            "Fn::Equals" => {
                let (one, other) = (argument.get(0)?, argument.get(1)?);
                Some(value(one, self.look_up)? == value(other, self.look_up)?)
            }
            "Fn::Not" => results.next()?.map(|holds| !holds),
            "Fn::And" => all(results, true),
            "Fn::Or" => all(results, false),
            _ => None,
        }
    }
}

/// The wanted value if all results have it, and the opposite if any result has that.
fn all(results: impl Iterator<Item = Option<bool>>, wanted: bool) -> Option<bool> {
    let mut all = Some(wanted);
    for result in results {
        match result {
            Some(found) if found != wanted => return Some(found),
            Some(_) => {}
            None => all = None,
        }
    }
    all
}

/// A text, or the default of a parameter.
fn value(operand: &Json, look_up: &LookUp<'_>) -> Option<String> {
    let found = operand.get("Ref").and_then(Json::as_str).map(look_up);
    let found = match found {
        Some(default) => default?,
        None => operand.clone(),
    };
    match found {
        Json::String(text) => Some(text),
        Json::Number(_) | Json::Bool(_) => Some(found.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_condition_is_decided_by_what_is_known_and_by_nothing_else() {
        let template = json!({ "Conditions": {
            "Prod": { "Fn::Equals": [{ "Ref": "Stage" }, "prod"] },
            "NotProd": { "Fn::Not": [{ "Condition": "Prod" }] },
            "Open": { "Fn::Equals": [{ "Ref": "Unknown" }, "x"] },
            "Both": { "Fn::And": [{ "Condition": "Prod" }, { "Condition": "Open" }] },
            "Neither": { "Fn::And": [{ "Condition": "NotProd" }, { "Condition": "Open" }] },
            "Any": { "Fn::Or": [{ "Condition": "Open" }, { "Condition": "Prod" }] },
            "AnyOpen": { "Fn::Or": [{ "Condition": "Open" }, { "Condition": "NotProd" }] },
            "Round": { "Fn::Not": [{ "Condition": "Round" }] },
            "Region": { "Fn::Equals": [{ "Ref": "AWS::Region" }, "eu-west-1"] },
        } });
        let conditions = Conditions::of(&template);
        let look_up = |name: &str| (name == "Stage").then(|| json!("prod"));
        for (name, expect) in [
            ("Prod", Some(true)),
            ("NotProd", Some(false)),
            ("Open", None),
            ("Both", None),
            ("Neither", Some(false)),
            ("Any", Some(true)),
            ("AnyOpen", None),
            ("Round", None),
            ("Region", None),
            ("Missing", None),
        ] {
            assert_eq!(conditions.holds(name, &look_up), expect, "{name}");
        }
    }
}
