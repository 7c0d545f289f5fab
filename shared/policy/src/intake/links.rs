//! References from one resource of a file to another: what a resource names, and what serves a model.

use std::collections::BTreeMap;

use sagewarden_events::ResourceKind;
use serde_json::Value as Json;

use super::candidate::{Candidate, Words};
use crate::join::{Joined, OperationAnswer, SERVED_SERVERLESS};
use crate::later::{is_later, origin};
use crate::reader::is_present;

/// Fields in which a resource names others of the same file, and the operations that describe those.
const REFERENCES: [(ResourceKind, &str, &str, ResourceKind); 2] = [
    (ResourceKind::TransformJob, "ModelName", "DescribeModel", ResourceKind::Model),
    (ResourceKind::Endpoint, "EndpointConfigName", "DescribeEndpointConfig", ResourceKind::EndpointConfig),
];

/// The variants of a file's configurations, by the models that they serve.
#[derive(Debug, Default)]
pub(super) struct Variants {
    by_id: BTreeMap<String, Vec<Json>>,
    by_name: BTreeMap<String, Vec<Json>>,
    /// Whether there is a serverless variant whose model nobody knows.
    has_unknown: bool,
}

impl Variants {
    pub(super) fn of(candidates: &[Candidate]) -> Self {
        let mut found = Self::default();
        let configs = candidates.iter().filter(|one| one.resource.kind == ResourceKind::EndpointConfig);
        let lists = configs.flat_map(|config| {
            ["ProductionVariants", "ShadowProductionVariants"].map(|list| config.document.get(list))
        });
        for variant in lists.flatten().filter_map(Json::as_array).flatten() {
            let Some(named) = variant.get("ModelName") else { continue };
            if let Some(id) = origin(named) {
                found.by_id.entry(id.to_owned()).or_default().push(variant.clone());
            } else if let Some(name) = named.as_str() {
                found.by_name.entry(name.to_owned()).or_default().push(variant.clone());
            } else if is_later(named) {
                found.has_unknown |= is_serverless(variant);
            }
        }
        found
    }

    /// Adds to each model the facts that configurations elsewhere in the same file give about it.
    pub(super) fn mark(&self, models: &mut [Candidate]) {
        for model in models {
            let serverless = self.serverless_of(model);
            model.known.extend(serverless);
        }
    }

    /// The variants that serve a model, if all of them are serverless: such a model cannot have a network.
    fn serverless_of(&self, model: &Candidate) -> Option<(String, OperationAnswer)> {
        if model.resource.kind != ResourceKind::Model {
            return None;
        }
        let by_id = model.id.as_deref().and_then(|id| self.by_id.get(id));
        let by_name = self.by_name.get(model.resource.name.as_str());
        let variants: Vec<Json> = by_id.into_iter().chain(by_name).flatten().cloned().collect();
        let is_all = variants.iter().all(is_serverless);
        // Terraform makes up the name of a model that has none.
        let is_unnamed = matches!(model.words, Words::Plan | Words::CloudControl)
            && model.document.get("ModelName").is_none_or(is_later);
        let answer = match (variants.is_empty(), is_all) {
            (false, true) => OperationAnswer::Documents(variants),
            (true, _) if is_unnamed && self.has_unknown => OperationAnswer::Unreadable(NOT_TOLD.to_owned()),
            _ => return None,
        };
        Some((SERVED_SERVERLESS.to_owned(), answer))
    }
}

/// Why it is not known whether a model may be without a network.
const NOT_TOLD: &str =
    "is absent, and the plan does not say whether it is this model that a serverless variant serves";

fn is_serverless(variant: &Json) -> bool {
    variant.get("ServerlessConfig").is_some_and(is_present)
}

/// Gives each candidate the descriptions of those that it names within the same file.
pub(super) fn link(candidates: &mut [Candidate]) {
    let variants = Variants::of(candidates);
    let mut by_id: BTreeMap<(ResourceKind, &str), &Candidate> = BTreeMap::new();
    for one in candidates.iter() {
        if let Some(id) = one.id.as_deref() {
            by_id.entry((one.resource.kind, id)).or_insert(one);
        }
    }
    let found = candidates.iter().map(|candidate| {
        let concerned = REFERENCES.iter().filter(|(kind, ..)| *kind == candidate.resource.kind);
        let described = concerned.filter_map(|(_, field, operation, of)| {
            let named = by_id.get(&(*of, origin(candidate.document.get(*field)?)?))?;
            Some(((*operation).to_owned(), OperationAnswer::Documents(vec![named.document.clone()])))
        });
        described.chain(variants.serverless_of(candidate)).collect()
    });
    let found: Vec<Joined> = found.collect();
    for (candidate, known) in candidates.iter_mut().zip(found) {
        candidate.known.extend(known);
    }
}
