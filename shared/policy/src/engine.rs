//! The policy engine: the ids of the policies that forbid.

use std::collections::BTreeMap;
use std::sync::Arc;

use cedar_policy::{
    Authorizer, Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Policy, PolicySet, Request,
    RestrictedExpression, Schema,
};
use sagewarden_events::{Resource, ResourceKind};
use sagewarden_settings::Settings;
use serde_json::Value as Json;

use crate::action::{ACTION, Action, applies};
use crate::control::Control;
use crate::facts::{self, Facts, entity_type};
use crate::join::Joined;
use crate::policy_file::Parsed;
use crate::reader::UnreadablePaths;

/// Whether policies are sorted by the kinds that they apply to. The benchmark leaves them together to measure the gain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sorting {
    ByKind,
    None,
}

/// The policies that can apply to a kind and action: the fewer are evaluated, the faster the verdict.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    policies: PolicySet,
    /// The policies that forbid, by id.
    pub(crate) controls: BTreeMap<String, Control>,
    resource_type: EntityTypeName,
    action: Action,
    action_uid: EntityUid,
    account_type: EntityTypeName,
    /// The schema that facts are checked against. Once the policies are known to be valid, facts are no longer checked, which saves time in
    /// every verdict.
    schema: Option<Arc<Schema>>,
}

impl Rules {
    /// No policies yet.
    ///
    /// # Errors
    /// If a name in a request to the engine is invalid.
    pub(crate) fn new(
        kind: ResourceKind,
        action: Action,
        schema: Option<Arc<Schema>>,
    ) -> Result<Self, String> {
        let (name, _) = entity_type(kind).ok_or("the kind has no entity type")?;
        Ok(Self {
            policies: PolicySet::new(),
            controls: BTreeMap::new(),
            resource_type: type_name(name)?,
            action,
            action_uid: uid(&type_name(ACTION)?, action.id()),
            account_type: type_name("Account")?,
            schema,
        })
    }

    /// Adds the policies of a file that can apply.
    ///
    /// # Errors
    /// When one has an id that is taken.
    pub(crate) fn add(&mut self, file: &Parsed, sorting: Sorting) -> Result<(), String> {
        let resource_type = self.resource_type.to_string();
        for policy in &file.policies {
            let can_apply = applies(policy, &resource_type, self.action);
            if can_apply || sorting == Sorting::None {
                self.policies.add(lean(policy)?).map_err(|error| error.to_string())?;
            }
            let control = file.controls.get_key_value(policy.id().as_ref() as &str).filter(|_| can_apply);
            self.controls.extend(control.map(|(id, control)| (id.clone(), control.clone())));
        }
        Ok(())
    }

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
        // The names and types of a kind's facts do not depend on the description. So `check_facts` compares them with the schema when the
        // policies are validated. Only builds for tests compare them each time.
        let schema = self.schema.as_deref().filter(|_| cfg!(debug_assertions));
        let entities = entities(subject.clone(), facts, tags, schema)?;
        let request = Request::new(owner, self.action_uid.clone(), subject, Context::empty(), schema)
            .map_err(|error| error.to_string())?;
        let response = Authorizer::new().is_authorized(&request, &self.policies, &entities);
        if let Some(error) = response.diagnostics().errors().next() {
            return Err(error.to_string());
        }
        let mut violated: Vec<String> = response.diagnostics().reason().map(ToString::to_string).collect();
        violated.retain(|id| self.controls.contains_key(id));
        violated.sort();
        Ok(violated)
    }

    /// Checks the facts of a kind against the schema, for an empty description.
    pub(crate) fn check_facts(&self, kind: ResourceKind) -> Result<(), String> {
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
        entities(uid(&self.resource_type, ""), facts, &tags, self.schema.as_deref()).map(drop)
    }
}

/// A policy without its annotations and its place in the file. The engine copies both for every part of a condition that it evaluates, and
/// all threads count references to the same file: together that takes longer than the evaluation.
fn lean(policy: &Policy) -> Result<Policy, String> {
    let mut json = policy.to_json().map_err(|error| error.to_string())?;
    json.as_object_mut().map(|parts| parts.remove("annotations"));
    Policy::from_json(Some(policy.id().clone()), json).map_err(|error| error.to_string())
}

/// The entities of a resource. Its account and the action have no attributes and no groups, so they need no entities.
fn entities(
    subject: EntityUid,
    facts: Facts,
    tags: &BTreeMap<&str, &str>,
    schema: Option<&Schema>,
) -> Result<Entities, String> {
    let tags = tags
        .iter()
        .map(|(key, value)| ((*key).to_owned(), RestrictedExpression::new_string((*value).to_owned())));
    let entity = Entity::new_with_tags(subject, facts, [], tags).map_err(|error| error.to_string())?;
    Entities::empty().add_entities([entity], schema).map_err(|error| error.to_string())
}

/// Refuses groups of actions: no policy that names one would ever apply.
///
/// # Errors
/// When the schema has one.
pub(crate) fn refuse_action_groups(schema: &Schema) -> Result<(), String> {
    match schema.action_groups().next() {
        None => Ok(()),
        Some(group) => Err(format!("`{group}` is a group of actions: name the actions themselves")),
    }
}

fn type_name(name: &str) -> Result<EntityTypeName, String> {
    name.parse().map_err(|error| format!("{error}"))
}

fn uid(name: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(name.clone(), EntityId::new(id))
}
