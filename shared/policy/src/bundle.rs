//! Policies and settings as one bundle: validated whole, or refused with file and line.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::str::FromStr;

use cedar_policy::{Effect, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use miette::Diagnostic;
use sagewarden_events::ResourceKind;
use sagewarden_settings::{Environment, FileError, Mode, Settings, read_file};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::control::Control;
use crate::engine::{Action, Index, Rules, Sorting, index};

const SCHEMA: &str = "policies/schema.cedarschema";

/// The bundle that is built in: `infra/policies` and `infra/settings.toml`.
const EMBEDDED: [(&str, &str); 18] = [
    (SCHEMA, include_str!("../../../infra/policies/schema.cedarschema")),
    ("policies/base.cedar", include_str!("../../../infra/policies/base.cedar")),
    ("policies/training_job.cedar", include_str!("../../../infra/policies/training_job.cedar")),
    ("policies/processing_job.cedar", include_str!("../../../infra/policies/processing_job.cedar")),
    ("policies/transform_job.cedar", include_str!("../../../infra/policies/transform_job.cedar")),
    ("policies/tuning_job.cedar", include_str!("../../../infra/policies/tuning_job.cedar")),
    ("policies/automl_job.cedar", include_str!("../../../infra/policies/automl_job.cedar")),
    ("policies/compilation_job.cedar", include_str!("../../../infra/policies/compilation_job.cedar")),
    ("policies/model.cedar", include_str!("../../../infra/policies/model.cedar")),
    ("policies/model_package.cedar", include_str!("../../../infra/policies/model_package.cedar")),
    ("policies/endpoint_config.cedar", include_str!("../../../infra/policies/endpoint_config.cedar")),
    ("policies/endpoint.cedar", include_str!("../../../infra/policies/endpoint.cedar")),
    ("policies/monitoring_schedule.cedar", include_str!("../../../infra/policies/monitoring_schedule.cedar")),
    ("policies/notebook_instance.cedar", include_str!("../../../infra/policies/notebook_instance.cedar")),
    ("policies/studio.cedar", include_str!("../../../infra/policies/studio.cedar")),
    ("policies/feature_group.cedar", include_str!("../../../infra/policies/feature_group.cedar")),
    ("policies/pipeline_execution.cedar", include_str!("../../../infra/policies/pipeline_execution.cedar")),
    (Settings::FILE, include_str!("../../../infra/settings.toml")),
];

/// Policies and settings that fit together.
#[derive(Clone, Debug)]
pub struct Bundle {
    index: Index,
    controls: BTreeMap<String, Control>,
    settings: Settings,
    /// Each with the settings that hold in it.
    environments: Vec<(Environment, Settings)>,
    hash: String,
}

/// Why a bundle is refused. Displayed as `<file>:<line>:<column>: <reason>`.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct BundleError(#[from] FileError);

impl BundleError {
    fn new(file: &str, text: &str, offset: usize, reason: impl ToString) -> Self {
        Self(FileError::new(file, text, offset, reason))
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
        let mut files = BTreeMap::new();
        files.insert(Settings::FILE.to_owned(), read_file(dir, Settings::FILE)?);
        let unreadable = |error| FileError::unreadable(dir, "policies", error);
        for entry in fs::read_dir(dir.join("policies")).map_err(unreadable)? {
            let name = format!("policies/{}", entry.map_err(unreadable)?.file_name().to_string_lossy());
            if name.ends_with(".cedar") || name == SCHEMA {
                files.insert(name.clone(), read_file(dir, &name)?);
            }
        }
        Self::from_files(&files)
    }

    /// A bundle from the texts of its files, by name.
    ///
    /// # Errors
    /// When a file is missing, a text cannot be parsed, a policy does not fit the schema, or an annotation is wrong.
    pub fn from_files(files: &BTreeMap<String, String>) -> Result<Self, BundleError> {
        Self::build(files, Sorting::ByKind)
    }

    /// The built-in bundle, its policies in one set.
    pub(crate) fn unsorted() -> Result<Self, BundleError> {
        let files = EMBEDDED.map(|(name, text)| (name.to_owned(), text.to_owned()));
        Self::build(&BTreeMap::from(files), Sorting::None)
    }

    fn build(files: &BTreeMap<String, String>, sorting: Sorting) -> Result<Self, BundleError> {
        let need = |name: &str| {
            files
                .get(name)
                .map(String::as_str)
                .ok_or_else(|| BundleError::new(name, "", 0, "the file is missing"))
        };
        let settings = Settings::from_text(need(Settings::FILE)?)?;
        let schema = schema(need(SCHEMA)?)?;
        let mut policies = PolicySet::new();
        let mut controls = BTreeMap::new();
        // One for all files: making it copies the schema.
        let validator = Validator::new(schema.clone());
        for (name, text) in files.iter().filter(|(name, _)| name.ends_with(".cedar")) {
            add_file(name, text, &validator, &mut policies, &mut controls)?;
        }
        if controls.is_empty() {
            return Err(BundleError::new(
                "policies",
                "",
                0,
                "there is no control: nothing would ever be judged",
            ));
        }
        fits_together(&settings, &controls, need(Settings::FILE)?)?;
        let index =
            index(&policies, schema, sorting).map_err(|reason| BundleError::new(SCHEMA, "", 0, reason))?;
        let environments = environments(&settings);
        Ok(Self { index, controls, settings, environments, hash: hash(files) })
    }

    /// The same bundle in another mode: the stack's parameter stands above the file. A stack that observes observes in every
    /// environment; in one that enforces, an environment may still only observe.
    #[must_use]
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.settings.mode = mode;
        self.environments = environments(&self.settings);
        if mode == Mode::Observe {
            self.environments.iter_mut().for_each(|(_, settings)| settings.mode = mode);
        }
        self
    }

    /// The same bundle with other settings, for callers that bring their own. The hash covers them.
    ///
    /// # Errors
    /// When the text is no settings file.
    pub fn with_settings(mut self, text: &str) -> Result<Self, BundleError> {
        self.settings = Settings::from_text(text)?;
        fits_together(&self.settings, &self.controls, text)?;
        self.environments = environments(&self.settings);
        let both = BTreeMap::from([
            ("policies".to_owned(), self.hash),
            (Settings::FILE.to_owned(), text.to_owned()),
        ]);
        self.hash = hash(&both);
        Ok(self)
    }

    /// The environment that a resource belongs to, and the settings that hold for it.
    pub(crate) fn settings_for(
        &self,
        account: &str,
        tags: &BTreeMap<&str, &str>,
    ) -> (Option<&str>, &Settings) {
        match self.environments.iter().find(|(environment, _)| environment.fits(account, tags)) {
            Some((environment, settings)) => (Some(&environment.name), settings),
            None => (None, &self.settings),
        }
    }

    /// The settings of the whole and of every environment.
    pub(crate) fn any_settings(&self) -> impl Iterator<Item = &Settings> {
        std::iter::once(&self.settings).chain(self.environments.iter().map(|(_, settings)| settings))
    }

    pub(crate) fn tells_environments_by_tag(&self) -> bool {
        self.environments.iter().any(|(environment, _)| environment.tag.is_some())
    }

    pub(crate) fn rules(&self, kind: ResourceKind, action: Action) -> Option<&Rules> {
        self.index.get(&(kind, action)).filter(|rules| !rules.controls.is_empty())
    }

    /// What a control wants, with the settings filled in; `account` stands for the resource's own.
    #[must_use]
    pub fn wanted(&self, control: &Control, account: &str) -> String {
        crate::finding::fill(&control.wanted, &self.settings, account)
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

/// A mode or waiver of a control that does not exist is a typo that would change nothing; so is an environment that nothing
/// belongs to, and a control that stands for a setting that does not exist.
fn fits_together(
    settings: &Settings,
    controls: &BTreeMap<String, Control>,
    text: &str,
) -> Result<(), BundleError> {
    let refuse = |place: &str, reason: String| {
        Err(BundleError::new(Settings::FILE, text, text.find(place).unwrap_or(0), reason))
    };
    let own = settings.controls.keys().chain(settings.waivers.iter().map(|waiver| &waiver.control));
    let named = own.chain(settings.environments.iter().flat_map(|environment| environment.controls.keys()));
    if let Some(id) = named.into_iter().find(|id| !controls.contains_key(*id)) {
        return refuse(id, format!("there is no control `{id}`"));
    }
    let nobodys = settings.environments.iter().find(|one| one.accounts.is_empty() && one.tag.is_none());
    if let Some(Environment { name, .. }) = nobodys {
        let reason =
            format!("nothing belongs to the environment `{name}`: give it `accounts`, a `tag`, or both");
        return refuse(name, reason);
    }
    Ok(())
}

fn environments(settings: &Settings) -> Vec<(Environment, Settings)> {
    settings
        .environments
        .iter()
        .map(|environment| (environment.clone(), settings.within(environment)))
        .collect()
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
    validator: &Validator,
    policies: &mut PolicySet,
    controls: &mut BTreeMap<String, Control>,
) -> Result<(), BundleError> {
    let parsed = PolicySet::from_str(text)
        .map_err(|error| BundleError::new(name, text, offset(&error).unwrap_or(0), &error))?;
    let validated = validator.validate(&parsed, ValidationMode::Strict);
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
            let control = control(policy).map_err(|reason| wrong(&reason))?;
            if let Some(name) =
                control.setting.as_ref().filter(|name| Settings::default().says(name).is_none())
            {
                return Err(wrong(&format!("`@setting` is `{name}`: there is no such setting to stand for")));
            }
            controls.insert(id.clone(), control);
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
