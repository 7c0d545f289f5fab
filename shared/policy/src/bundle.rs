//! Policies and settings as one bundle: validated whole, or refused with file and line.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::str::FromStr;

use cedar_policy::{Effect, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use miette::Diagnostic;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::control::Control;
use crate::settings::{Mode, Settings};

const SCHEMA: &str = "policies/schema.cedarschema";
const SETTINGS: &str = "settings.toml";

/// The bundle that is built in: `infra/policies` and `infra/settings.toml`.
const EMBEDDED: [(&str, &str); 6] = [
    (SCHEMA, include_str!("../../../infra/policies/schema.cedarschema")),
    ("policies/base.cedar", include_str!("../../../infra/policies/base.cedar")),
    ("policies/training_job.cedar", include_str!("../../../infra/policies/training_job.cedar")),
    ("policies/processing_job.cedar", include_str!("../../../infra/policies/processing_job.cedar")),
    ("policies/model.cedar", include_str!("../../../infra/policies/model.cedar")),
    (SETTINGS, include_str!("../../../infra/settings.toml")),
];

/// Policies and settings that fit together.
#[derive(Clone, Debug)]
pub struct Bundle {
    pub(crate) policies: PolicySet,
    pub(crate) schema: Schema,
    controls: BTreeMap<String, Control>,
    settings: Settings,
    hash: String,
}

/// Why a bundle is refused. Displayed as `<file>:<line>:<column>: <reason>`.
#[derive(Debug, Error)]
#[error("{file}:{line}:{column}: {reason}")]
pub struct BundleError {
    file: String,
    line: usize,
    column: usize,
    reason: String,
}

impl BundleError {
    fn new(file: &str, text: &str, offset: usize, reason: impl ToString) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { file: file.to_owned(), line, column, reason: reason.to_string() }
    }
}

impl Bundle {
    /// The built-in bundle.
    ///
    /// # Errors
    /// Never in a tested build: it is validated like any other.
    pub fn embedded() -> Result<Self, BundleError> {
        let files = EMBEDDED.map(|(name, text)| (name.to_owned(), text.to_owned()));
        Self::from_files(&BTreeMap::from(files))
    }

    /// A bundle from a folder with `settings.toml` and `policies/`.
    ///
    /// # Errors
    /// When a file cannot be read, or the bundle is refused.
    pub fn from_dir(dir: &Path) -> Result<Self, BundleError> {
        let unreadable = |name: &str, error: &dyn std::fmt::Display| {
            BundleError::new(name, "", 0, format!("cannot be read in `{}`: {error}", dir.display()))
        };
        let mut files = BTreeMap::new();
        let read = |name: &str| fs::read_to_string(dir.join(name)).map_err(|error| unreadable(name, &error));
        files.insert(SETTINGS.to_owned(), read(SETTINGS)?);
        let entries = fs::read_dir(dir.join("policies")).map_err(|error| unreadable("policies", &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| unreadable("policies", &error))?;
            let name = format!("policies/{}", entry.file_name().to_string_lossy());
            if name.ends_with(".cedar") || name == SCHEMA {
                files.insert(name.clone(), read(&name)?);
            }
        }
        Self::from_files(&files)
    }

    /// A bundle from the texts of its files, by name.
    ///
    /// # Errors
    /// When a file is missing, a text cannot be parsed, a policy does not fit the schema, or an annotation is wrong.
    pub fn from_files(files: &BTreeMap<String, String>) -> Result<Self, BundleError> {
        let need = |name: &str| {
            files
                .get(name)
                .map(String::as_str)
                .ok_or_else(|| BundleError::new(name, "", 0, "the file is missing"))
        };
        let settings = settings(need(SETTINGS)?)?;
        let schema = schema(need(SCHEMA)?)?;
        let mut policies = PolicySet::new();
        let mut controls = BTreeMap::new();
        for (name, text) in files.iter().filter(|(name, _)| name.ends_with(".cedar")) {
            add_file(name, text, &schema, &mut policies, &mut controls)?;
        }
        if controls.is_empty() {
            return Err(BundleError::new(
                "policies",
                "",
                0,
                "there is no control: nothing would ever be judged",
            ));
        }
        names_known_controls(&settings, &controls, need(SETTINGS)?)?;
        Ok(Self { policies, schema, controls, settings, hash: hash(files) })
    }

    /// The same bundle in another mode: the stack's parameter stands above the file.
    #[must_use]
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.settings.mode = mode;
        self
    }

    /// The same bundle with other settings, for callers that bring their own. The hash covers them.
    ///
    /// # Errors
    /// When the text is no settings file.
    pub fn with_settings(mut self, text: &str) -> Result<Self, BundleError> {
        self.settings = settings(text)?;
        names_known_controls(&self.settings, &self.controls, text)?;
        let both =
            BTreeMap::from([("policies".to_owned(), self.hash), (SETTINGS.to_owned(), text.to_owned())]);
        self.hash = hash(&both);
        Ok(self)
    }

    /// What a control wants, with the settings filled in; `account` stands for the resource's own.
    #[must_use]
    pub fn wanted(&self, control: &Control, account: &str) -> String {
        crate::judge::fill(&control.wanted, &self.settings, account)
    }

    /// SHA-256 over the files, in 64 hexadecimal digits: what every verdict was judged by.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// What the environment allows.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// All controls in the order of their ids.
    pub fn controls(&self) -> impl Iterator<Item = &Control> {
        self.controls.values()
    }

    /// A control by its id.
    #[must_use]
    pub fn control(&self, id: &str) -> Option<&Control> {
        self.controls.get(id)
    }
}

fn settings(text: &str) -> Result<Settings, BundleError> {
    toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        BundleError::new(SETTINGS, text, offset, error.message())
    })
}

/// A mode or waiver of a control that does not exist is a typo that would change nothing.
fn names_known_controls(
    settings: &Settings,
    controls: &BTreeMap<String, Control>,
    text: &str,
) -> Result<(), BundleError> {
    let named = settings.controls.keys().chain(settings.waivers.iter().map(|waiver| &waiver.control));
    match named.into_iter().find(|id| !controls.contains_key(*id)) {
        None => Ok(()),
        Some(id) => {
            let reason = format!("there is no control `{id}`");
            Err(BundleError::new(SETTINGS, text, text.find(id.as_str()).unwrap_or(0), reason))
        }
    }
}

fn schema(text: &str) -> Result<Schema, BundleError> {
    match Schema::from_cedarschema_str(text) {
        Ok((schema, _)) => Ok(schema),
        Err(error) => Err(BundleError::new(SCHEMA, text, offset(&error).unwrap_or(0), &error)),
    }
}

fn add_file(
    name: &str,
    text: &str,
    schema: &Schema,
    policies: &mut PolicySet,
    controls: &mut BTreeMap<String, Control>,
) -> Result<(), BundleError> {
    let parsed = PolicySet::from_str(text)
        .map_err(|error| BundleError::new(name, text, offset(&error).unwrap_or(0), &error))?;
    let validated = Validator::new(schema.clone()).validate(&parsed, ValidationMode::Strict);
    if let Some(error) = validated.validation_errors().next() {
        let reason = error.to_string();
        // Cedar counts policies; the line says it better.
        let reason = reason
            .split_once("`, ")
            .filter(|(head, _)| head.starts_with("for policy `"))
            .map_or(reason.as_str(), |(_, rest)| rest);
        return Err(BundleError::new(name, text, offset(error).unwrap_or(0), reason));
    }
    if parsed.templates().next().is_some() {
        return Err(BundleError::new(
            name,
            text,
            0,
            "a template (`?principal`, `?resource`) would never be evaluated",
        ));
    }
    let mut seen = BTreeSet::new();
    for policy in parsed.policies() {
        let id = policy.annotation("id").unwrap_or_default().to_owned();
        let place = if id.is_empty() { 0 } else { text.find(&format!("@id(\"{id}\")")).unwrap_or(0) };
        let wrong = |reason: &str| BundleError::new(name, text, place, reason);
        if id.is_empty() {
            return Err(wrong("a policy of this file has no annotation `@id`"));
        }
        if !seen.insert(id.clone()) || controls.contains_key(&id) {
            let again = text.rfind(&format!("@id(\"{id}\")")).unwrap_or(0);
            return Err(BundleError::new(name, text, again, format!("the id `{id}` is used twice")));
        }
        if policy.effect() == Effect::Forbid {
            controls.insert(id.clone(), control(policy).map_err(|reason| wrong(&reason))?);
        }
        let renamed = policy.new_id(PolicyId::new(&id));
        policies.add(renamed).map_err(|error| wrong(&error.to_string()))?;
    }
    Ok(())
}

fn control(policy: &Policy) -> Result<Control, String> {
    let annotations: Vec<(&str, &str)> = policy.annotations().collect();
    Control::read(annotations.iter().copied())
}

/// Where a diagnostic points, in bytes.
fn offset(error: &dyn Diagnostic) -> Option<usize> {
    let own = error.labels().and_then(|mut labels| labels.next()).map(|label| label.offset());
    own.or_else(|| error.related()?.find_map(offset))
}

fn hash(files: &BTreeMap<String, String>) -> String {
    let mut hash = Sha256::new();
    for (name, text) in files {
        // Lengths keep two files from reading like one.
        hash.update(format!("{}\n{}\n", name, text.len()));
        hash.update(text);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
