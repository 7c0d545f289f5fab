//! Policies and settings as one bundle: validated whole, or refused with file and line.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use sagewarden_events::{ResourceKind, Timestamp};
use sagewarden_settings::{Environment, FileError, Mode, Settings, read_file};

use crate::action::Action;
use crate::bundle_error::BundleError;
use crate::control::Control;
use crate::digest::digest;
use crate::engine::{Rules, Sorting};
use crate::policies::{Policies, SCHEMA};
use crate::validated;

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

/// That these were validated.
const EMBEDDED_NOTE: &str = include_str!("../../../infra/policies/validated.json");

/// Policies and settings that fit together.
#[derive(Clone, Debug)]
pub struct Bundle {
    policies: Policies,
    settings: Settings,
    /// Each with the settings that hold in it.
    environments: Vec<(Environment, Settings)>,
    hash: String,
}

impl Bundle {
    /// The name of the note that a bundle's policies were validated.
    pub const NOTE: &str = "policies/validated.json";

    /// The built-in bundle.
    ///
    /// # Errors
    /// Never in a tested build: its note says that it was validated, and a test validates it again.
    pub fn embedded() -> Result<Self, BundleError> {
        Self::noted(&embedded(), EMBEDDED_NOTE)
    }

    /// A bundle from a folder with `settings.toml` and `policies/`, validated.
    ///
    /// # Errors
    /// When a file cannot be read, or the bundle is refused.
    pub fn from_dir(dir: &Path) -> Result<Self, BundleError> {
        Self::from_files(&read(dir)?)
    }

    /// A bundle from a folder that was packaged with a function. Where `policies/validated.json` says that these policies were
    /// validated, they are not validated again, and parsed when they are needed. The settings are always checked.
    ///
    /// # Errors
    /// When a file cannot be read, or the bundle is refused.
    pub fn packaged(dir: &Path) -> Result<Self, BundleError> {
        let note = fs::read_to_string(dir.join(Self::NOTE)).unwrap_or_default();
        Self::noted(&read(dir)?, &note)
    }

    /// A bundle from the texts of its files, by name, validated.
    ///
    /// # Errors
    /// When a file is missing, a text cannot be parsed, a policy does not fit the schema, or an annotation is wrong.
    pub fn from_files(files: &BTreeMap<String, String>) -> Result<Self, BundleError> {
        let settings = settings(files)?;
        Self::of(files, settings, Policies::validate(files, Sorting::ByKind)?)
    }

    /// The built-in bundle, its policies in one set.
    pub(crate) fn unsorted() -> Result<Self, BundleError> {
        let files = embedded();
        Self::of(&files, settings(&files)?, Policies::validate(&files, Sorting::None)?)
    }

    fn noted(files: &BTreeMap<String, String>, note: &str) -> Result<Self, BundleError> {
        match validated::policies(files, note) {
            Some(policies) => Self::of(files, settings(files)?, policies),
            None => Self::from_files(files),
        }
    }

    fn of(
        files: &BTreeMap<String, String>,
        settings: Settings,
        policies: Policies,
    ) -> Result<Self, BundleError> {
        fits_together(&settings, &policies, files.get(Settings::FILE).map_or("", String::as_str))?;
        let environments = environments(&settings);
        Ok(Self { policies, settings, environments, hash: hash(files) })
    }

    /// The same bundle, if every waiver in it was granted by now.
    ///
    /// # Errors
    /// When one is dated ahead.
    pub fn granted_by(self, now: Timestamp) -> Result<Self, BundleError> {
        self.settings.granted_by(now)?;
        Ok(self)
    }

    /// The note for `policies/validated.json`: that these policies were validated.
    #[must_use]
    pub fn note(&self) -> String {
        validated::note(&self.policies)
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
        fits_together(&self.settings, &self.policies, text)?;
        self.environments = environments(&self.settings);
        let both = BTreeMap::from([
            ("policies".to_owned(), self.hash),
            (Settings::FILE.to_owned(), text.to_owned()),
        ]);
        self.hash = hash(&both);
        Ok(self)
    }

    /// The environment of an account, and the settings that hold for whatever is in it.
    pub(crate) fn of_account(&self, account: &str) -> (Option<&str>, &Settings) {
        let named = |(environment, _): &&(Environment, Settings)| {
            environment.tag.is_none() && environment.fits(account, &BTreeMap::new())
        };
        match self.environments.iter().find(named) {
            Some((environment, settings)) => (Some(&environment.name), settings),
            None => (None, &self.settings),
        }
    }

    /// The environments that tags name, each with its settings.
    pub(crate) fn by_tag(&self) -> impl Iterator<Item = (&Environment, &Settings)> {
        let tagged = self.environments.iter().filter(|(environment, _)| environment.tag.is_some());
        tagged.map(|(environment, settings)| (environment, settings))
    }

    /// The settings of the whole and of every environment.
    pub(crate) fn any_settings(&self) -> impl Iterator<Item = &Settings> {
        std::iter::once(&self.settings).chain(self.environments.iter().map(|(_, settings)| settings))
    }

    pub(crate) fn tells_environments_by_tag(&self) -> bool {
        self.environments.iter().any(|(environment, _)| environment.tag.is_some())
    }

    pub(crate) fn rules(&self, kind: ResourceKind, action: Action) -> Option<Result<&Rules, &str>> {
        self.policies.rules(kind, action)
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
        self.policies.controls()
    }

    /// A control by its id.
    #[must_use]
    pub fn control(&self, id: &str) -> Option<&Control> {
        self.policies.control(id)
    }
}

/// A mode or waiver of a control that does not exist is a typo that would change nothing; so is an environment that nothing
/// belongs to, and a control that stands for a setting that does not exist.
fn fits_together(settings: &Settings, policies: &Policies, text: &str) -> Result<(), BundleError> {
    let refuse = |place: &str, reason: String| {
        Err(BundleError::new(Settings::FILE, text, text.find(place).unwrap_or(0), reason))
    };
    let own = settings.controls.keys().chain(settings.waivers.iter().map(|waiver| &waiver.control));
    let named = own.chain(settings.environments.iter().flat_map(|environment| environment.controls.keys()));
    let known: BTreeSet<&str> = policies.control_ids().collect();
    if let Some(id) = named.into_iter().find(|id| !known.contains(id.as_str())) {
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

fn embedded() -> BTreeMap<String, String> {
    EMBEDDED.map(|(name, text)| (name.to_owned(), text.to_owned())).into()
}

/// The files of a bundle in a folder.
fn read(dir: &Path) -> Result<BTreeMap<String, String>, BundleError> {
    let mut files = BTreeMap::new();
    files.insert(Settings::FILE.to_owned(), read_file(dir, Settings::FILE)?);
    let unreadable = |error| FileError::unreadable(dir, "policies", error);
    for entry in fs::read_dir(dir.join("policies")).map_err(unreadable)? {
        let name = format!("policies/{}", entry.map_err(unreadable)?.file_name().to_string_lossy());
        if name.ends_with(".cedar") || name == SCHEMA {
            files.insert(name.clone(), read_file(dir, &name)?);
        }
    }
    Ok(files)
}

fn settings(files: &BTreeMap<String, String>) -> Result<Settings, BundleError> {
    let text = files.get(Settings::FILE).ok_or_else(|| BundleError::missing(Settings::FILE))?;
    Ok(Settings::from_text(text)?)
}

fn hash(files: &BTreeMap<String, String>) -> String {
    // The note says of the others that they were validated; it is nothing that a verdict is judged by.
    let judged_by = files.iter().filter(|(name, _)| *name != Bundle::NOTE);
    digest(judged_by.map(|(name, text)| (name.as_str(), text.as_str())))
}
