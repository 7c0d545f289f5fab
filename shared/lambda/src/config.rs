//! The configuration that a function reads when it starts: the environment variables that the template sets, and the settings in the folder
//! beside the binary.

use std::env;
use std::fmt;
use std::path::PathBuf;

use sagewarden_events::Home;
use sagewarden_lineage::scope::{Scope, WANTED};
#[cfg(feature = "judging")]
use sagewarden_policy::BundleError;
use sagewarden_settings::{FileError, Settings};
use thiserror::Error;

/// A function that cannot start. Its message names the setting to correct.
#[derive(Error)]
pub enum ConfigError {
    /// A variable is not set.
    #[error(
        "the environment variable `{0}` is not set: infra/template.yaml sets it for every function that needs it"
    )]
    Missing(&'static str),
    /// A variable has an unknown value.
    #[error("the environment variable `{name}` is `{value}`: it must be {wanted}")]
    Invalid {
        /// The name of the variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// The values that it may have.
        wanted: &'static str,
    },
    /// The settings are missing or wrong.
    #[error("the settings in `{}` cannot be used: {source}", path.display())]
    Settings {
        /// The folder that should have them.
        path: PathBuf,
        /// The fault, with file and line.
        source: FileError,
    },
    /// The policies or settings are missing or wrong.
    #[cfg(feature = "judging")]
    #[error("the policy bundle in `{}` cannot be used: {source}", path.display())]
    Bundle {
        /// The folder that should have them.
        path: PathBuf,
        /// The fault, with file and line.
        source: BundleError,
    },
}

/// If `main` ends with an error, it shows the error in this form, for people who read the log.
impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The names of the stack's resources.
#[derive(Clone, Debug)]
pub struct Config {
    /// The function's own name.
    pub function: &'static str,
    /// The bucket of rejected records and profiles.
    pub quarantine: String,
    /// The bucket of evidence. It is the quarantine bucket, unless `EvidenceLock` in the template gives evidence a
    /// bucket of its own.
    pub evidence: String,
    /// The lineage table.
    pub table: String,
}

impl Config {
    /// Reads what every function on a queue needs.
    ///
    /// # Errors
    /// If a variable is not set.
    pub fn from_env(function: &'static str) -> Result<Self, ConfigError> {
        Ok(Self {
            function,
            quarantine: required("SAGEWARDEN_QUARANTINE_BUCKET")?,
            evidence: required("SAGEWARDEN_EVIDENCE_BUCKET")?,
            table: Self::table()?,
        })
    }

    /// The lineage table.
    ///
    /// # Errors
    /// If the variable is not set.
    pub fn table() -> Result<String, ConfigError> {
        required("SAGEWARDEN_TABLE")
    }

    /// The system's own event bus.
    ///
    /// # Errors
    /// If the variable is not set.
    pub fn bus() -> Result<String, ConfigError> {
        required("SAGEWARDEN_BUS")
    }

    /// The account and region of the function. Lambda sets the region.
    ///
    /// # Errors
    /// If a variable is not set.
    pub fn home() -> Result<Home, ConfigError> {
        Ok(Home { account: required("SAGEWARDEN_ACCOUNT")?, region: required("AWS_REGION")? })
    }

    /// The name of the stack, for the commands that notices name.
    #[must_use]
    pub fn stack() -> Option<String> {
        optional("SAGEWARDEN_STACK")
    }

    /// The scope of the function's answers. If the variable is not set, the function answers about everything.
    ///
    /// # Errors
    /// If the variable is not a list of patterns.
    pub fn lookup_scope() -> Result<Option<Scope>, ConfigError> {
        const NAME: &str = "SAGEWARDEN_LOOKUP_SCOPE";
        let read = |value: String| {
            value.parse().map_err(|_| ConfigError::Invalid { name: NAME, value, wanted: WANTED })
        };
        optional(NAME).map(read).transpose()
    }

    /// Whether commits are judged and commented on; the default is yes.
    ///
    /// # Errors
    /// If the variable is neither `on` nor `off`.
    pub fn comments() -> Result<bool, ConfigError> {
        match env::var("SAGEWARDEN_COMMENTS").ok().filter(|value| !value.is_empty()) {
            None => Ok(true),
            Some(value) => switch("SAGEWARDEN_COMMENTS", value),
        }
    }
}

/// The settings that were packaged beside the binary, for a function that judges nothing. Without valid settings it does not start: to work
/// with half of a file would be worse than an alarm.
///
/// # Errors
/// If the file is missing or wrong, with its name and line.
pub fn settings() -> Result<Settings, ConfigError> {
    let path = packaged()?;
    Settings::from_dir(&path).map_err(|source| ConfigError::Settings { path, source })
}

/// The folder beside the binary.
pub(crate) fn packaged() -> Result<PathBuf, ConfigError> {
    Ok(PathBuf::from(required("LAMBDA_TASK_ROOT")?).join("bundle"))
}

fn switch(name: &'static str, value: String) -> Result<bool, ConfigError> {
    match value.as_str() {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(ConfigError::Invalid { name, value, wanted: "`on` or `off`" }),
    }
}

pub(crate) fn required(name: &'static str) -> Result<String, ConfigError> {
    optional(name).ok_or(ConfigError::Missing(name))
}

pub(crate) fn optional(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_on_or_off() {
        assert!(switch("X", "on".into()).unwrap());
        assert!(!switch("X", "off".into()).unwrap());
        let error = switch("X", "false".into()).unwrap_err().to_string();
        assert_eq!(error, "the environment variable `X` is `false`: it must be `on` or `off`");
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let error = required("SAGEWARDEN_NO_SUCH_VARIABLE").unwrap_err().to_string();
        assert!(error.contains("`SAGEWARDEN_NO_SUCH_VARIABLE`"), "{error}");
    }
}
