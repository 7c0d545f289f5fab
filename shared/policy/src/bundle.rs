//! Policies and settings as one bundle: validated whole, or refused with file and line.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use sagewarden_events::{ResourceKind, Timestamp};
use sagewarden_settings::{ControlMode, Environment, FileError, Mode, Profile, Settings, read_file};

use crate::action::Action;
use crate::bundle_error::BundleError;
use crate::control::Control;
use crate::digest::digest;
use crate::engine::{Rules, Sorting};
use crate::policies::{Policies, SCHEMA};
use crate::validated;

/// The bundle that is built in: `infra/policies` and `infra/settings.toml`.
const EMBEDDED: [(&str, &str); 33] = [
    (SCHEMA, include_str!("../../../infra/policies/schema.cedarschema")),
    ("policies/base.cedar", include_str!("../../../infra/policies/base.cedar")),
    ("policies/training_job.cedar", include_str!("../../../infra/policies/training_job.cedar")),
    ("policies/processing_job.cedar", include_str!("../../../infra/policies/processing_job.cedar")),
    ("policies/transform_job.cedar", include_str!("../../../infra/policies/transform_job.cedar")),
    ("policies/tuning_job.cedar", include_str!("../../../infra/policies/tuning_job.cedar")),
    ("policies/automl_job.cedar", include_str!("../../../infra/policies/automl_job.cedar")),
    ("policies/compilation_job.cedar", include_str!("../../../infra/policies/compilation_job.cedar")),
    ("policies/labeling_job.cedar", include_str!("../../../infra/policies/labeling_job.cedar")),
    ("policies/optimization_job.cedar", include_str!("../../../infra/policies/optimization_job.cedar")),
    ("policies/recommendations_job.cedar", include_str!("../../../infra/policies/recommendations_job.cedar")),
    ("policies/model.cedar", include_str!("../../../infra/policies/model.cedar")),
    ("policies/model_package.cedar", include_str!("../../../infra/policies/model_package.cedar")),
    ("policies/endpoint_config.cedar", include_str!("../../../infra/policies/endpoint_config.cedar")),
    ("policies/endpoint.cedar", include_str!("../../../infra/policies/endpoint.cedar")),
    (
        "policies/inference_experiment.cedar",
        include_str!("../../../infra/policies/inference_experiment.cedar"),
    ),
    ("policies/model_package_group.cedar", include_str!("../../../infra/policies/model_package_group.cedar")),
    ("policies/inference_component.cedar", include_str!("../../../infra/policies/inference_component.cedar")),
    ("policies/lifecycle_config.cedar", include_str!("../../../infra/policies/lifecycle_config.cedar")),
    ("policies/job.cedar", include_str!("../../../infra/policies/job.cedar")),
    ("policies/training_session.cedar", include_str!("../../../infra/policies/training_session.cedar")),
    ("policies/inference_router.cedar", include_str!("../../../infra/policies/inference_router.cedar")),
    ("policies/cluster.cedar", include_str!("../../../infra/policies/cluster.cedar")),
    ("policies/hub.cedar", include_str!("../../../infra/policies/hub.cedar")),
    ("policies/partner_app.cedar", include_str!("../../../infra/policies/partner_app.cedar")),
    ("policies/code_repository.cedar", include_str!("../../../infra/policies/code_repository.cedar")),
    ("policies/mlflow.cedar", include_str!("../../../infra/policies/mlflow.cedar")),
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
        let environments = environments(&settings);
        let text = files.get(Settings::FILE).map_or("", String::as_str);
        fits_together(&settings, &environments, &policies, text)?;
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

    /// The same bundle in another mode: the stack's parameter overrides the file. A stack that observes observes in every environment; in
    /// one that enforces, an environment may still only observe.
    #[must_use]
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.settings.mode = mode;
        self.environments = environments(&self.settings);
        if mode == Mode::Observe {
            self.environments.iter_mut().for_each(|(_, settings)| settings.mode = mode);
        }
        self
    }

    /// The same bundle with another profile, in every environment. The hash covers it.
    #[must_use]
    pub fn with_profile(mut self, profile: Profile) -> Self {
        self.settings.profile = profile;
        self.environments = environments(&self.settings);
        self.environments.iter_mut().for_each(|(_, settings)| settings.profile = profile);
        self.hash = digest([("bundle", self.hash.as_str()), ("profile", profile.name())].into_iter());
        self
    }

    /// The entries of the settings about controls that no profile in force has, in sentences: these entries change nothing.
    #[must_use]
    pub fn idle(&self) -> Vec<String> {
        let idle = idle(&self.settings, &self.environments, &self.policies);
        idle.into_iter().map(|(_, sentence)| sentence).collect()
    }

    /// The same bundle with other settings, for callers that bring their own. The hash covers them.
    ///
    /// # Errors
    /// If the text is not a settings file.
    pub fn with_settings(mut self, text: &str) -> Result<Self, BundleError> {
        self.settings = Settings::from_text(text)?;
        self.environments = environments(&self.settings);
        fits_together(&self.settings, &self.environments, &self.policies, text)?;
        let both = BTreeMap::from([
            ("policies".to_owned(), self.hash),
            (Settings::FILE.to_owned(), text.to_owned()),
        ]);
        self.hash = hash(&both);
        Ok(self)
    }

    /// The environment of an account, and the settings of all resources in it.
    pub(crate) fn of_account(&self, account: &str) -> (Option<&str>, &Settings) {
        let named = |(environment, _): &&(Environment, Settings)| {
            environment.tag.is_none() && environment.fits(account, &BTreeMap::new())
        };
        match self.environments.iter().find(named) {
            Some((environment, settings)) => (Some(&environment.name), settings),
            None => (None, &self.settings),
        }
    }

    /// The settings of all resources in an account.
    #[must_use]
    pub fn settings_of(&self, account: &str) -> &Settings {
        self.of_account(account).1
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

    /// The value that a control requires, with the settings filled in; `account` is the resource's own account.
    #[must_use]
    pub fn wanted(&self, control: &Control, account: &str) -> String {
        crate::finding::fill(&control.wanted, &self.settings, account)
    }

    /// The remedy of a control outside of environments.
    #[must_use]
    pub fn control_mode(&self, control: &Control) -> ControlMode {
        self.settings.control_mode(&control.id, control.profile)
    }

    /// SHA-256 over the files, in 64 hexadecimal digits. Every verdict names it.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The settings of the environment.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// All controls in the order of their ids.
    pub fn controls(&self) -> impl Iterator<Item = &Control> {
        self.policies.controls()
    }

    /// The kinds that a control judges.
    pub fn kinds(&self, control: &Control) -> impl Iterator<Item = ResourceKind> {
        let judges = |kind: &ResourceKind, action: Action| {
            let rules = self.rules(*kind, action).and_then(Result::ok);
            rules.is_some_and(|rules| rules.controls.contains_key(&control.id))
        };
        ResourceKind::ALL
            .into_iter()
            .filter(move |kind| Action::ALL.into_iter().any(|action| judges(kind, action)))
    }

    /// A control by its id.
    #[must_use]
    pub fn control(&self, id: &str) -> Option<&Control> {
        self.policies.control(id)
    }
}

/// A mode or waiver for a control that does not exist is a typo that would change nothing. So is an environment without accounts and tag,
/// and an entry for a control that no profile has.
fn fits_together(
    settings: &Settings,
    environments: &[(Environment, Settings)],
    policies: &Policies,
    text: &str,
) -> Result<(), BundleError> {
    let refuse = |place: &str, reason: String| {
        Err(BundleError::new(Settings::FILE, text, text.find(place).unwrap_or(0), reason))
    };
    let own = settings.controls.keys().chain(settings.waivers.iter().map(|waiver| &waiver.control));
    let named = own.chain(settings.environments.iter().flat_map(|environment| environment.controls.keys()));
    let known: BTreeSet<&str> = policies.profiles().map(|(id, _)| id).collect();
    if let Some(id) = named.into_iter().find(|id| !known.contains(id.as_str())) {
        return refuse(id, format!("there is no control `{id}`"));
    }
    let nobodys = settings.environments.iter().find(|one| one.accounts.is_empty() && one.tag.is_none());
    if let Some(Environment { name, .. }) = nobodys {
        let reason = format!("the environment `{name}` is empty: give it `accounts`, a `tag`, or both");
        return refuse(name, reason);
    }
    match idle(settings, environments, policies).into_iter().next() {
        Some((id, sentence)) => refuse(&id, sentence),
        None => Ok(()),
    }
}

/// The entries about controls that no profile in force has: waivers of controls that are never judged, and `off` for controls that are off
/// anyway. A mode that judges puts a control in force whatever its profile is.
fn idle(
    settings: &Settings,
    environments: &[(Environment, Settings)],
    policies: &Policies,
) -> Vec<(String, String)> {
    let all = || std::iter::once(settings).chain(environments.iter().map(|(_, settings)| settings));
    let has = |id: &str, profile| {
        all().any(|one| {
            profile <= one.profile || one.controls.get(id).is_some_and(|mode| *mode != ControlMode::Off)
        })
    };
    let outside: BTreeMap<&str, Profile> =
        policies.profiles().filter(|(id, profile)| !has(id, *profile)).collect();
    let waived = settings.waivers.iter().map(|waiver| (&waiver.control, "the waiver of"));
    let modes = settings.environments.iter().map(|environment| &environment.controls);
    let modes = std::iter::once(&settings.controls).chain(modes).flat_map(BTreeMap::keys);
    let said = waived.chain(modes.map(|id| (id, "the mode of")));
    let sentence = |(id, what): (&String, &str)| {
        let profile = outside.get(id.as_str())?.name();
        let cure = "remove it, choose that profile, or set the control to `observe` under `[controls]`";
        let reason =
            format!("{what} {id} changes nothing, because {id} belongs to the profile `{profile}`: {cure}");
        Some((id.clone(), reason))
    };
    said.filter_map(sentence).collect()
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
    // The note `validated.json` only says that the other files were validated. No verdict depends on it, so it is not part of the digest.
    let judged_by = files.iter().filter(|(name, _)| *name != Bundle::NOTE);
    digest(judged_by.map(|(name, text)| (name.as_str(), text.as_str())))
}
