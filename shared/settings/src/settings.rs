//! The whole of `settings.toml`.

use std::collections::BTreeMap;
use std::path::Path;

use sagewarden_events::Timestamp;
use serde::Deserialize;

use crate::drift::DriftSettings;
use crate::environment::Environment;
use crate::file::{FileError, read_file};
use crate::mode::{ControlMode, Mode, Profile};
use crate::reconcile::ReconcileSettings;
use crate::section::{
    AccessSettings, ArtifactSettings, ComputeSettings, EncryptionSettings, ExplainabilitySettings,
    LineageSettings, MonitoringSettings, NetworkSettings, TraceabilitySettings,
};
use crate::waiver::{LongestWaiver, Waiver};

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Whether violations are stopped.
    pub mode: Mode,
    /// Which controls are judged.
    pub profile: Profile,
    /// Where resources may run.
    pub network: NetworkSettings,
    /// Which keys resources may use.
    pub encryption: EncryptionSettings,
    /// Which roles resources may run with.
    pub access: AccessSettings,
    /// Where data and images may come from and go to.
    pub artifacts: ArtifactSettings,
    /// The instance types that resources may use.
    pub compute: ComputeSettings,
    /// Which tags every resource must carry.
    pub traceability: TraceabilitySettings,
    /// How endpoints are watched.
    pub monitoring: MonitoringSettings,
    /// Which models must be explained.
    pub explainability: ExplainabilitySettings,
    /// Where commits are looked for.
    pub lineage: LineageSettings,
    /// When drift, and silence, are reported.
    pub drift: DriftSettings,
    /// How `reconcile` looks through the account for resources that no event announced.
    pub reconcile: ReconcileSettings,
    /// The mode of each control by its id, whatever the profile. The default is to enforce the controls of the profile.
    pub controls: BTreeMap<String, ControlMode>,
    /// Resources that may fail a control for a while.
    pub waivers: Vec<Waiver>,
    /// The most days that a waiver lasts.
    pub longest_waiver_days: LongestWaiver,
    /// Settings of some accounts, or of resources with a tag.
    pub environments: Vec<Environment>,
}

impl Settings {
    /// Whether a setting restricts anything; `None` if no setting has this name.
    #[must_use]
    pub fn says(&self, name: &str) -> Option<bool> {
        Some(match name {
            "access.allowed_roles" => !self.access.allowed_roles.is_empty(),
            "access.inspect_roles" => self.access.inspect_roles,
            "access.owner_tags" => !self.access.owner_tags.is_empty(),
            "artifacts.allowed_buckets" => !self.artifacts.allowed_buckets.is_empty(),
            "artifacts.allowed_file_systems" => !self.artifacts.allowed_file_systems.is_empty(),
            "artifacts.allowed_base_models" => !self.artifacts.allowed_base_models.is_empty(),
            "artifacts.allowed_repositories" => !self.artifacts.allowed_repositories.is_empty(),
            "artifacts.require_approval" => self.artifacts.require_approval,
            "artifacts.serving_stage" => self.artifacts.serving_stage.is_some(),
            "artifacts.stages" => !self.artifacts.stages.is_empty(),
            "artifacts.allowed_images" => !self.artifacts.allowed_images.is_empty(),
            "compute" => {
                self.compute
                    != ComputeSettings {
                        allowed_platforms: self.compute.allowed_platforms.clone(),
                        ..ComputeSettings::default()
                    }
            }
            "compute.allowed_instance_types" => !self.compute.allowed_instance_types.is_empty(),
            "explainability.high_risk_tag" => self.explainability.high_risk_tag.is_some(),
            "monitoring.required_types" => !self.monitoring.required_types.is_empty(),
            "network" => {
                !self.network.allowed_subnets.is_empty() || !self.network.allowed_security_groups.is_empty()
            }
            "network.serverless_models" => !self.network.serverless_models.is_empty(),
            "traceability.required_tags" => !self.traceability.required_tags.is_empty(),
            _ => return None,
        })
    }

    /// The mode of a control that names `lowest` as its profile. A mode of the control's own overrides the profile. The mode of the stack
    /// overrides both: a stack that observes stops nothing.
    #[must_use]
    pub fn control_mode(&self, id: &str, lowest: Profile) -> ControlMode {
        let by_profile = if lowest <= self.profile { ControlMode::Enforce } else { ControlMode::Off };
        match self.controls.get(id).copied().unwrap_or(by_profile) {
            ControlMode::Enforce if self.mode == Mode::Observe => ControlMode::Observe,
            mode => mode,
        }
    }

    /// The settings that apply in an environment.
    #[must_use]
    pub fn within(&self, environment: &Environment) -> Self {
        fn or<T: Clone>(own: Option<&T>, base: &T) -> T {
            own.unwrap_or(base).clone()
        }
        let mut controls = self.controls.clone();
        controls.extend(environment.controls.clone());
        Self {
            mode: environment.mode.unwrap_or(self.mode),
            profile: environment.profile.unwrap_or(self.profile),
            network: or(environment.network.as_ref(), &self.network),
            encryption: or(environment.encryption.as_ref(), &self.encryption),
            access: or(environment.access.as_ref(), &self.access),
            artifacts: or(environment.artifacts.as_ref(), &self.artifacts),
            compute: or(environment.compute.as_ref(), &self.compute),
            traceability: or(environment.traceability.as_ref(), &self.traceability),
            monitoring: or(environment.monitoring.as_ref(), &self.monitoring),
            explainability: or(environment.explainability.as_ref(), &self.explainability),
            lineage: self.lineage.clone(),
            drift: self.drift.clone(),
            reconcile: self.reconcile.clone(),
            controls,
            waivers: self.waivers.clone(),
            longest_waiver_days: self.longest_waiver_days,
            environments: Vec::new(),
        }
    }
}

impl Settings {
    /// The name of the file in the bundle's folder.
    pub const FILE: &str = "settings.toml";

    /// Reads `settings.toml` in `dir`.
    ///
    /// # Errors
    /// If the file cannot be read, or is not a settings file.
    pub fn from_dir(dir: &Path) -> Result<Self, FileError> {
        Self::from_text(&read_file(dir, Self::FILE)?)
    }

    /// Reads the text of `settings.toml`.
    ///
    /// # Errors
    /// If a section or field is unknown, or a value is invalid.
    pub fn from_text(text: &str) -> Result<Self, FileError> {
        let settings: Self = toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            FileError::new(Self::FILE, text, offset, error.message())
        })?;
        if let Some((stage, reason)) = settings.stage_that_is_none() {
            let place = text.find(&format!("\"{stage}\"")).unwrap_or(0);
            return Err(FileError::new(Self::FILE, text, place, reason));
        }
        for waiver in &settings.waivers {
            if let Some(reason) = waiver.wrong_term(settings.longest_waiver_days) {
                return Err(FileError::new(
                    Self::FILE,
                    text,
                    text.find(&waiver.resource).unwrap_or(0),
                    reason,
                ));
            }
        }
        Ok(settings)
    }

    /// A stage that versions must have before they serve, and that no version can have by the list of stages; with the reason.
    fn stage_that_is_none(&self) -> Option<(&str, String)> {
        let own = self.environments.iter().filter_map(|environment| environment.artifacts.as_ref());
        own.chain([&self.artifacts]).find_map(|artifacts| {
            let stage = artifacts.serving_stage.as_deref()?;
            let is_none = !artifacts.stages.is_empty() && !artifacts.stages.iter().any(|one| one == stage);
            let stages = artifacts.stages.join(", ");
            let reason = format!("`serving_stage` is `{stage}`, which is none of the `stages` ({stages}): no version could ever serve");
            is_none.then_some((stage, reason))
        })
    }

    /// Refuses a waiver that was granted in the future: it could cover a resource that is created in a hundred years.
    ///
    /// # Errors
    /// If there is one.
    pub fn granted_by(&self, now: Timestamp) -> Result<(), FileError> {
        match self.waivers.iter().find(|waiver| waiver.granted > now) {
            None => Ok(()),
            Some(Waiver { control, resource, granted, .. }) => {
                let reason = format!(
                    "the waiver of {control} for {resource} is granted on {}, which is in the future",
                    granted.day()
                );
                Err(FileError::new(Self::FILE, "", 0, reason))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_folder_has_its_settings_or_an_error_with_file_line_and_column() {
        let folder = TempDir::new().unwrap();
        let missing = Settings::from_dir(folder.path()).unwrap_err().to_string();
        let words = format!("settings.toml:1:1: cannot be read in `{}`: ", folder.path().display());
        assert!(missing.starts_with(&words), "{missing}");

        let write = |text: &str| fs::write(folder.path().join("settings.toml"), text).unwrap();
        write("mode = \"enforce\"\n\n[drift]\nquiet_hours_after_alert = 6\n");
        let settings = Settings::from_dir(folder.path()).unwrap();
        assert_eq!((settings.mode, settings.drift.quiet_hours_after_alert), (Mode::Enforce, 6));

        write("mode = \"observe\"\n\n[netwrok]\n");
        let wrong = Settings::from_dir(folder.path()).unwrap_err().to_string();
        assert!(wrong.starts_with("settings.toml:3:2: unknown field `netwrok`"), "{wrong}");
    }
}
