//! The policy engine: the ids of the policies that forbid.

use std::collections::BTreeMap;
use std::sync::Arc;

use cedar_policy::{
    ActionConstraint, Authorizer, Context, Effect, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicySet, Request, ResourceConstraint, RestrictedExpression, Schema,
};
use sagewarden_events::{Resource, ResourceKind};
use sagewarden_settings::Settings;
use serde_json::Value as Json;

use crate::facts::{self, Facts, entity_type};
use crate::join::Joined;
use crate::reader::UnreadablePaths;

/// What happens to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Action {
    /// It runs, serves or is kept, as its description says.
    Run,
    /// Its description is erased.
    Erase,
}

impl Action {
    const ALL: [Self; 2] = [Self::Run, Self::Erase];

    fn id(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Erase => "erase",
        }
    }
}

/// The policies that can apply to a kind and action: the fewer are evaluated, the sooner a verdict is there.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    policies: PolicySet,
    /// The ids of those that forbid, in order.
    pub(crate) controls: Vec<String>,
    resource_type: EntityTypeName,
    action: EntityUid,
    account_type: EntityTypeName,
    /// What every resource is added to.
    action_entities: Entities,
    schema: Arc<Schema>,
}

/// All policies by kind and action.
pub(crate) type Index = BTreeMap<(ResourceKind, Action), Rules>;

/// Whether policies are sorted by what they can apply to. That they can be left together is for measuring what sorting saves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sorting {
    ByKind,
    None,
}

/// Sorts policies by what they can apply to.
///
/// # Errors
/// When the schema lacks a name that the engine asks with, or gives a fact another type.
pub(crate) fn index(policies: &PolicySet, schema: Schema, sorting: Sorting) -> Result<Index, String> {
    let action_entities = schema.action_entities().map_err(|error| error.to_string())?;
    let schema = Arc::new(schema);
    let (action_type, account_type) = (type_name("Action")?, type_name("Account")?);
    let scopes: Vec<_> = policies
        .policies()
        .map(|policy| (policy, policy.resource_constraint(), policy.action_constraint()))
        .collect();
    let mut index = Index::new();
    for kind in ResourceKind::ALL {
        let Some((name, _)) = entity_type(kind) else { continue };
        let resource_type = type_name(name)?;
        for action in Action::ALL {
            let mut rules = Rules {
                policies: PolicySet::new(),
                controls: Vec::new(),
                resource_type: resource_type.clone(),
                action: uid(&action_type, action.id()),
                account_type: account_type.clone(),
                action_entities: action_entities.clone(),
                schema: Arc::clone(&schema),
            };
            for (policy, resource, action) in &scopes {
                if !applies(resource, action, &rules) {
                    continue;
                }
                if policy.effect() == Effect::Forbid {
                    rules.controls.push(policy.id().to_string());
                }
                rules.policies.add((*policy).clone()).map_err(|error| error.to_string())?;
            }
            if !rules.controls.is_empty() {
                rules.check_facts(kind)?;
            }
            if sorting == Sorting::None {
                rules.policies = policies.clone();
            }
            rules.controls.sort();
            index.insert((kind, action), rules);
        }
    }
    Ok(index)
}

fn applies(resource: &ResourceConstraint, action: &ActionConstraint, rules: &Rules) -> bool {
    let resource = match resource {
        ResourceConstraint::Is(name) | ResourceConstraint::IsIn(name, _) => *name == rules.resource_type,
        _ => true,
    };
    let action = match action {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(one) => *one == rules.action,
        ActionConstraint::In(several) => several.contains(&rules.action),
    };
    resource && action
}

impl Rules {
    /// The ids of the violated controls. Cedar skips a policy whose evaluation fails, so any failure at all voids the answer.
    pub(crate) fn evaluate(
        &self,
        account: &str,
        arn: &str,
        facts: Facts,
        tags: &BTreeMap<&str, &str>,
    ) -> Result<Vec<String>, String> {
        let subject = uid(&self.resource_type, arn);
        let owner = uid(&self.account_type, account);
        // Which facts a kind has, and their types, does not depend on the description: the schema is asked when the bundle is
        // read (`check_facts`), and each time only in builds for tests. It would take a tenth of the time of a verdict.
        let schema = cfg!(debug_assertions).then_some(self.schema.as_ref());
        let entities = self.entities(subject.clone(), facts, tags, schema)?;
        let request =
            Request::new(owner, self.action.clone(), subject, Context::empty(), Some(self.schema.as_ref()))
                .map_err(|error| error.to_string())?;
        let response = Authorizer::new().is_authorized(&request, &self.policies, &entities);
        if let Some(error) = response.diagnostics().errors().next() {
            return Err(error.to_string());
        }
        let mut violated: Vec<String> = response.diagnostics().reason().map(ToString::to_string).collect();
        violated.retain(|id| self.controls.contains(id));
        violated.sort();
        Ok(violated)
    }

    /// The entities of a resource. The account has neither attributes nor groups: there is nothing to look up in it.
    fn entities(
        &self,
        subject: EntityUid,
        facts: Facts,
        tags: &BTreeMap<&str, &str>,
        schema: Option<&Schema>,
    ) -> Result<Entities, String> {
        let tags = tags
            .iter()
            .map(|(key, value)| ((*key).to_owned(), RestrictedExpression::new_string((*value).to_owned())));
        let entity = Entity::new_with_tags(subject, facts, [], tags).map_err(|error| error.to_string())?;
        self.action_entities.clone().add_entities([entity], schema).map_err(|error| error.to_string())
    }

    /// Holds the facts of a kind against the schema: those of a description that says nothing.
    fn check_facts(&self, kind: ResourceKind) -> Result<(), String> {
        let (resource, joined) = (Resource::in_region(kind, "", "", ""), Joined::new());
        let (settings, unreadable) = (Settings::default(), UnreadablePaths::default());
        let context = facts::Context {
            resource: &resource,
            document: &Json::Null,
            joined: &joined,
            settings: &settings,
            unreadable: &unreadable,
        };
        let facts = facts::attributes(&context).unwrap_or_default();
        let tags = BTreeMap::from([("Key", "value")]);
        self.entities(uid(&self.resource_type, ""), facts, &tags, Some(self.schema.as_ref())).map(drop)
    }
}

fn type_name(name: &str) -> Result<EntityTypeName, String> {
    name.parse().map_err(|error| format!("{error}"))
}

fn uid(name: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(name.clone(), EntityId::new(id))
}
