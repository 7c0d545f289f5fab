//! A file of policies: what validation finds in it, and its policies once they are needed.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::sync::OnceLock;

use cedar_policy::{Effect, Policy, PolicyId, PolicySet, ValidationMode, Validator};
use sagewarden_events::ResourceKind;
use sagewarden_settings::{Profile, Settings};
use serde::{Deserialize, Serialize};

use crate::action::{Action, applies};
use crate::bundle_error::BundleError;
use crate::control::Control;
use crate::facts::entity_type;
use crate::nesting;

/// A file that was validated, in this process or before.
#[derive(Clone, Debug)]
pub(crate) struct PolicyFile {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) contents: Contents,
    parsed: OnceLock<Result<Parsed, String>>,
}

/// The results of validation for a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contents {
    /// The entity types and actions that its policies can apply to, such as `TrainingJob run`.
    judges: BTreeSet<String>,
    /// Its controls, each with the lowest profile that it belongs to.
    pub(crate) controls: BTreeMap<String, Profile>,
}

/// The policies of a file, by their own ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) policies: Vec<Policy>,
    pub(crate) controls: BTreeMap<String, Control>,
}

impl Contents {
    fn of(parsed: &Parsed) -> Self {
        let judged = ResourceKind::ALL.into_iter().filter_map(|kind| Some((kind, entity_type(kind)?.0)));
        let all = judged.flat_map(|(_, name)| Action::ALL.map(|action| (name, action)));
        let can_apply = |name, action| parsed.policies.iter().any(|policy| applies(policy, name, action));
        Self {
            judges: all
                .filter(|(name, action)| can_apply(name, *action))
                .map(|(name, action)| key(name, action))
                .collect(),
            controls: parsed.controls.values().map(|one| (one.id.clone(), one.profile)).collect(),
        }
    }

    /// Whether the file has policies that can apply to a kind.
    pub(crate) fn judges(&self, kind: ResourceKind, action: Action) -> bool {
        entity_type(kind).is_some_and(|(name, _)| self.judges.contains(&key(name, action)))
    }
}

fn key(entity_type: &str, action: Action) -> String {
    format!("{entity_type} {}", action.id())
}

impl PolicyFile {
    /// A file that was validated before.
    pub(crate) fn new(name: &str, text: &str, contents: Contents) -> Self {
        Self { name: name.to_owned(), text: text.to_owned(), contents, parsed: OnceLock::new() }
    }

    /// Parses and validates a file. `ids` are the ids of all policies of the bundle so far.
    ///
    /// # Errors
    /// When it cannot be parsed, a policy does not fit the schema, or an annotation is wrong.
    pub(crate) fn validate(
        name: &str,
        text: &str,
        validator: &Validator,
        ids: &mut BTreeSet<String>,
    ) -> Result<Self, BundleError> {
        nesting::check(name, text)?;
        let set = PolicySet::from_str(text).map_err(|error| BundleError::of_cedar(name, text, &error))?;
        fits_schema(name, text, validator, &set)?;
        for policy in set.policies() {
            let id = policy.annotation("id").unwrap_or_default();
            if id.is_empty() {
                return Err(BundleError::new(name, text, 0, "a policy of this file has no annotation `@id`"));
            }
            if !ids.insert(id.to_owned()) {
                let again = text.rfind(&place(id)).unwrap_or(0);
                return Err(BundleError::new(name, text, again, format!("the id `{id}` is used twice")));
            }
        }
        let parsed = Parsed::of(&set).map_err(|(id, reason)| {
            BundleError::new(name, text, text.find(&place(&id)).unwrap_or(0), reason)
        })?;
        let file = Self::new(name, text, Contents::of(&parsed));
        let _ = file.parsed.set(Ok(parsed));
        Ok(file)
    }

    /// Its policies.
    ///
    /// # Errors
    /// When the text cannot be parsed any more: never with the engine that validated it.
    pub(crate) fn parsed(&self) -> Result<&Parsed, String> {
        let parse = || {
            let set = PolicySet::from_str(&self.text).map_err(|error| format!("{}: {error}", self.name))?;
            Parsed::of(&set).map_err(|(id, reason)| format!("{}: {id}: {reason}", self.name))
        };
        self.parsed.get_or_init(parse).as_ref().map_err(Clone::clone)
    }
}

/// The place where the policy with an id begins.
fn place(id: &str) -> String {
    format!("@id(\"{id}\")")
}

fn fits_schema(name: &str, text: &str, validator: &Validator, set: &PolicySet) -> Result<(), BundleError> {
    let validated = validator.validate(set, ValidationMode::Strict);
    if let Some(error) = validated.validation_errors().next() {
        let reason = error.to_string();
        // Cedar counts policies; the line says it better.
        let reason = reason
            .split_once("`, ")
            .filter(|(head, _)| head.starts_with("for policy `"))
            .map_or(reason.as_str(), |(_, rest)| rest);
        return Err(BundleError::at(name, text, error, reason));
    }
    if set.templates().next().is_some() {
        let reason = "a template (`?principal`, `?resource`) would never be evaluated";
        return Err(BundleError::new(name, text, 0, reason));
    }
    Ok(())
}

impl Parsed {
    /// The policies of a set under the ids of their annotations. The error has the id of the policy that is wrong.
    fn of(set: &PolicySet) -> Result<Self, (String, String)> {
        let mut parsed = Self::default();
        for policy in set.policies() {
            let id = policy.annotation("id").unwrap_or_default();
            if policy.effect() == Effect::Forbid {
                let control = control(policy).map_err(|reason| (id.to_owned(), reason))?;
                parsed.controls.insert(id.to_owned(), control);
            }
            parsed.policies.push(policy.new_id(PolicyId::new(id)));
        }
        Ok(parsed)
    }
}

/// The attributes of the resource that a policy names, as Cedar writes it.
fn facts(policy: &str) -> BTreeSet<String> {
    let named = policy.split("resource").skip(1).filter_map(|rest| {
        let (start, is_end): (_, fn(char) -> bool) = match rest.strip_prefix("[\"") {
            Some(quoted) => (quoted, |character| character == '"'),
            None => (rest.strip_prefix('.')?, |character| !character.is_alphanumeric() && character != '_'),
        };
        start.split(is_end).next()
    });
    named.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn control(policy: &Policy) -> Result<Control, String> {
    let annotations: Vec<(&str, &str)> = policy.annotations().collect();
    let mut control = Control::read(annotations.iter().copied())?;
    control.facts = facts(&policy.to_string());
    match control.setting.as_ref().filter(|name| Settings::default().says(name).is_none()) {
        Some(name) => Err(format!("`@setting` is `{name}`: there is no such setting")),
        None => Ok(control),
    }
}
