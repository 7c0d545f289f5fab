//! References between the resources of a plan. A name that Terraform makes up is unknown in the plan, but the plan's configuration says
//! which resource it is the name of ("JSON output format", Terraform documentation).

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::ResourceKind;
use serde_json::Value as Json;

use super::candidate::Candidate;
use crate::later::{is_later, later, origin};

/// The fields of a list in a configuration of endpoints, in the words of the plan and of the API.
const LISTS: [(&str, &str); 2] = [
    ("production_variants", "ProductionVariants"),
    ("shadow_production_variants", "ShadowProductionVariants"),
];

/// The expressions of each resource that names others, by its address without the numbers of instances.
#[derive(Debug, Default)]
pub(super) struct Expressions(BTreeMap<String, Json>);

impl Expressions {
    pub(super) fn of(configuration: &Json) -> Self {
        let mut found = Self::default();
        if let Some(root) = configuration.get("root_module") {
            found.add(root, "");
        }
        found
    }

    fn add(&mut self, module: &Json, prefix: &str) {
        for resource in module.get("resources").and_then(Json::as_array).into_iter().flatten() {
            let address = resource.get("address").and_then(Json::as_str);
            let address = address.filter(|address| address.contains("_sagemaker_endpoint"));
            if let Some((address, expressions)) = address.zip(resource.get("expressions")) {
                self.0.insert(format!("{prefix}{address}"), expressions.clone());
            }
        }
        let calls = module.get("module_calls").and_then(Json::as_object).into_iter().flatten();
        for (name, call) in calls {
            if let Some(module) = call.get("module") {
                self.add(module, &format!("{prefix}module.{name}."));
            }
        }
    }

    /// Puts the address of the named resource into each name that is unknown in the plan.
    pub(super) fn put_into(&self, candidates: &mut [Candidate], known: &BTreeSet<String>) {
        for candidate in candidates {
            let Some(own) = candidate.id.clone() else { continue };
            let Some(expressions) = self.0.get(&bare(&own)) else { continue };
            let named =
                |expression: Option<&Json>| named(expression?, &own, known).map(|id| later(Some(&id)));
            let put = |place: Option<&mut Json>, expression: Option<&Json>| {
                let unknown = place.filter(|value| is_later(value) && origin(value).is_none());
                if let Some((place, id)) = unknown.zip(named(expression)) {
                    *place = id;
                }
            };
            if candidate.resource.kind == ResourceKind::Endpoint {
                put(
                    candidate.document.get_mut("EndpointConfigName"),
                    expressions.get("endpoint_config_name"),
                );
            }
            for (list, of_api) in LISTS {
                let variants = candidate.document.get_mut(of_api).and_then(Json::as_array_mut);
                for (index, variant) in variants.into_iter().flatten().enumerate() {
                    let blocks = expressions.get(list);
                    // An attribute, in which Terraform does not tell the elements apart, has the references of all.
                    let expression = blocks.and_then(|blocks| match blocks {
                        Json::Array(blocks) => blocks.get(index)?.get("model_name"),
                        other => Some(other),
                    });
                    put(variant.get_mut("ModelName"), expression);
                }
            }
        }
    }
}

/// The address of the one resource of the file that an expression of a resource leads to.
fn named(expression: &Json, own: &str, known: &BTreeSet<String>) -> Option<String> {
    let (module, instance) = around(own);
    let references = expression.get("references").and_then(Json::as_array).into_iter().flatten();
    let found: BTreeSet<String> = references
        .filter_map(Json::as_str)
        .filter_map(|reference| {
            let whole = format!("{module}{reference}");
            let counterpart = format!("{whole}{instance}");
            [whole, counterpart].into_iter().find(|address| known.contains(address))
        })
        .collect();
    let mut found = found.into_iter();
    found.next().filter(|_| found.next().is_none())
}

/// An address without the numbers and keys of instances.
fn bare(address: &str) -> String {
    outside(address).map(|(_, letter)| letter).collect()
}

/// The module of an address, with its dot, and the number or key of its instance, in brackets. Resources of one `count` or `for_each`
/// usually name their own counterparts.
fn around(address: &str) -> (&str, &str) {
    let dots: Vec<usize> = outside(address).filter(|(_, letter)| *letter == '.').map(|(at, _)| at).collect();
    let module = dots.iter().rev().nth(1).map_or("", |dot| address.get(..=*dot).unwrap_or_default());
    let last = dots.last().copied().unwrap_or_default();
    let name = address.get(last..).unwrap_or_default();
    (module, name.find('[').and_then(|at| name.get(at..)).unwrap_or_default())
}

/// The letters of an address that are outside of brackets, with their places. A key within brackets may hold any letter.
fn outside(address: &str) -> impl Iterator<Item = (usize, char)> {
    let (mut within, mut quoted, mut escaped) = (false, false, false);
    address.char_indices().filter(move |(_, letter)| {
        let is_outside = !within && *letter != '[';
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if within => quoted = !quoted,
            '[' if !quoted => within = true,
            ']' if !quoted => within = false,
            _ => {}
        }
        is_outside
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_split_whatever_its_keys_hold() {
        for (address, expect, parts) in [
            ("aws_sagemaker_model.m", "aws_sagemaker_model.m", ("", "")),
            ("aws_sagemaker_model.m[0]", "aws_sagemaker_model.m", ("", "[0]")),
            (
                "module.a[\"x.[y]\\\"\"].t.m[\"b.c\"]",
                "module.a.t.m",
                ("module.a[\"x.[y]\\\"\"].", "[\"b.c\"]"),
            ),
        ] {
            assert_eq!((bare(address).as_str(), around(address)), (expect, parts), "{address}");
        }
    }
}
