//! The policies of a bundle, sorted by the kinds that they apply to. A file is parsed when a kind that it judges is first seen: a function
//! that has just started, or a command about one document, does not wait for the others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use cedar_policy::{Schema, Validator};
use sagewarden_events::ResourceKind;
use sagewarden_settings::Profile;

use crate::action::Action;
use crate::bundle_error::BundleError;
use crate::control::Control;
use crate::engine::{Rules, Sorting, refuse_action_groups};
use crate::facts::entity_type;
use crate::nesting;
use crate::policy_file::{Contents, PolicyFile};

/// The schema's name in a bundle.
pub(crate) const SCHEMA: &str = "policies/schema.cedarschema";

/// Validated policies.
#[derive(Clone, Debug)]
pub(crate) struct Policies {
    schema_text: String,
    schema: OnceLock<Result<Arc<Schema>, String>>,
    files: Vec<PolicyFile>,
    rules: BTreeMap<(ResourceKind, Action), OnceLock<Result<Rules, String>>>,
    sorting: Sorting,
}

impl Policies {
    /// Parses and validates all files of a bundle.
    ///
    /// # Errors
    /// When a text cannot be parsed, a policy does not fit the schema, an annotation is wrong, or there is no control.
    pub(crate) fn validate(files: &BTreeMap<String, String>, sorting: Sorting) -> Result<Self, BundleError> {
        let text = files.get(SCHEMA).ok_or_else(|| BundleError::missing(SCHEMA))?;
        nesting::check(SCHEMA, text)?;
        let (schema, _) = Schema::from_cedarschema_str(text)
            .map_err(|error| BundleError::of_cedar(SCHEMA, text, &error))?;
        // One for all files: making it copies the schema.
        let validator = Validator::new(schema.clone());
        let mut ids = BTreeSet::new();
        let mut policy_files = Vec::new();
        for (name, text) in files.iter().filter(|(name, _)| name.ends_with(".cedar")) {
            policy_files.push(PolicyFile::validate(name, text, &validator, &mut ids)?);
        }
        let policies = Self::of(text, policy_files, sorting);
        if policies.profiles().next().is_none() {
            let reason = "there is no control, so nothing would be judged";
            return Err(BundleError::new("policies", "", 0, reason));
        }
        let of_schema = |reason| BundleError::new(SCHEMA, text, 0, reason);
        refuse_action_groups(&schema).map_err(of_schema)?;
        let _ = policies.schema.set(Ok(Arc::new(schema)));
        policies.check_facts().map_err(of_schema)?;
        Ok(policies)
    }

    /// The files, if they are the ones that were validated; `None` when one is missing, or one more is there.
    pub(crate) fn validated(
        files: &BTreeMap<String, String>,
        mut contents: BTreeMap<String, Contents>,
    ) -> Option<Self> {
        let cedar = files.iter().filter(|(name, _)| name.ends_with(".cedar"));
        let policy_files =
            cedar.map(|(name, text)| Some(PolicyFile::new(name, text, contents.remove(name)?)));
        let policies = Self::of(files.get(SCHEMA)?, policy_files.collect::<Option<_>>()?, Sorting::ByKind);
        contents.is_empty().then_some(policies)
    }

    fn of(schema: &str, files: Vec<PolicyFile>, sorting: Sorting) -> Self {
        let judged = ResourceKind::ALL.into_iter().filter(|kind| entity_type(*kind).is_some());
        let keys = judged.flat_map(|kind| Action::ALL.map(|action| (kind, action)));
        Self {
            schema_text: schema.to_owned(),
            schema: OnceLock::new(),
            files,
            rules: keys.map(|key| (key, OnceLock::new())).collect(),
            sorting,
        }
    }

    /// The results of validation for each file.
    pub(crate) fn contents(&self) -> BTreeMap<String, Contents> {
        self.files.iter().map(|file| (file.name.clone(), file.contents.clone())).collect()
    }

    /// The texts that are validated, by their names in the bundle.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        let policies = self.files.iter().map(|file| (file.name.as_str(), file.text.as_str()));
        std::iter::once((SCHEMA, self.schema_text.as_str())).chain(policies)
    }

    /// The rules that judge a kind; `None` when it has no controls.
    ///
    /// # Errors
    /// When a file that was validated before cannot be parsed: never with the same engine.
    pub(crate) fn rules(&self, kind: ResourceKind, action: Action) -> Option<Result<&Rules, &str>> {
        let rules = self.rules.get(&(kind, action))?.get_or_init(|| self.sort(kind, action));
        match rules {
            Ok(rules) if rules.controls.is_empty() => None,
            Ok(rules) => Some(Ok(rules)),
            Err(reason) => Some(Err(reason)),
        }
    }

    fn sort(&self, kind: ResourceKind, action: Action) -> Result<Rules, String> {
        let mut rules = Rules::new(kind, action, self.schema()?)?;
        for file in &self.files {
            if self.sorting == Sorting::None || file.contents.judges(kind, action) {
                rules.add(file.parsed()?, self.sorting)?;
            }
        }
        Ok(rules)
    }

    /// The schema: where policies are validated, and in builds for tests. It takes longer to parse than all policies.
    fn schema(&self) -> Result<Option<Arc<Schema>>, String> {
        if !cfg!(debug_assertions) && self.schema.get().is_none() {
            return Ok(None);
        }
        let parse = || match Schema::from_cedarschema_str(&self.schema_text) {
            Ok((schema, _)) => Ok(Arc::new(schema)),
            Err(error) => Err(error.to_string()),
        };
        self.schema.get_or_init(parse).clone().map(Some)
    }

    /// Holds the facts of every kind against the schema.
    fn check_facts(&self) -> Result<(), String> {
        for (kind, action) in self.rules.keys() {
            if let Some(rules) = self.rules(*kind, *action) {
                rules?.check_facts(*kind)?;
            }
        }
        Ok(())
    }

    /// The ids of all controls with their profiles, without parsing anything.
    pub(crate) fn profiles(&self) -> impl Iterator<Item = (&str, Profile)> {
        let controls = self.files.iter().flat_map(|file| &file.contents.controls);
        controls.map(|(id, profile)| (id.as_str(), *profile))
    }

    /// All controls in the order of their ids.
    pub(crate) fn controls(&self) -> impl Iterator<Item = &Control> {
        let parsed = self.files.iter().filter_map(|file| file.parsed().ok());
        let controls: BTreeMap<&String, &Control> = parsed.flat_map(|parsed| &parsed.controls).collect();
        controls.into_values()
    }

    /// A control by its id.
    pub(crate) fn control(&self, id: &str) -> Option<&Control> {
        let file = self.files.iter().find(|file| file.contents.controls.contains_key(id))?;
        file.parsed().ok()?.controls.get(id)
    }
}
