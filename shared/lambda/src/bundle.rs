//! The policies that a function uses: packaged beside the binary, or from the bucket that the template names.

use std::sync::Arc;

use sagewarden_govern::{BundleInForce, BundlePlace};
use sagewarden_policy::Bundle;
use sagewarden_settings::Mode;

use crate::batch::now;
use crate::config::{ConfigError, optional, packaged};

/// The policies and settings that were packaged beside the binary. A function without a valid bundle does not start:
/// judging by half of a policy would be worse than an alarm.
///
/// # Errors
/// If a file is missing or wrong, with its name and line.
fn bundle() -> Result<Bundle, ConfigError> {
    let path = packaged()?;
    Bundle::packaged(&path)
        .and_then(|bundle| bundle.granted_by(now()))
        .map_err(|source| ConfigError::Bundle { path, source })
}

/// The packaged bundle, and the bucket for newer bundles, if there is one. The stack's mode overrides both.
///
/// # Errors
/// If the packaged bundle is wrong, or a variable has an unknown value.
pub fn bundle_in_force() -> Result<BundleInForce, ConfigError> {
    let place = optional("SAGEWARDEN_BUNDLE").map(place).transpose()?;
    let mode = optional("SAGEWARDEN_MODE").map(mode).transpose()?;
    Ok(BundleInForce::new(Arc::new(bundle()?), place, mode))
}

fn place(value: String) -> Result<BundlePlace, ConfigError> {
    let wanted = "empty, or `s3://<bucket>/<prefix>/`";
    BundlePlace::parse(&value).ok_or(ConfigError::Invalid { name: "SAGEWARDEN_BUNDLE", value, wanted })
}

fn mode(value: String) -> Result<Mode, ConfigError> {
    match value.as_str() {
        "observe" => Ok(Mode::Observe),
        "enforce" => Ok(Mode::Enforce),
        _ => Err(ConfigError::Invalid { name: "SAGEWARDEN_MODE", value, wanted: "`observe` or `enforce`" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_one_of_two_words() {
        assert_eq!(mode("enforce".into()).unwrap(), Mode::Enforce);
        let error = mode("on".into()).unwrap_err().to_string();
        assert_eq!(
            error,
            "the environment variable `SAGEWARDEN_MODE` is `on`: it must be `observe` or `enforce`"
        );
    }

    #[test]
    fn a_bundle_lies_in_a_bucket() {
        assert_eq!(place("s3://b/governance".into()).unwrap().to_string(), "s3://b/governance/");
        let error = place("/governance".into()).unwrap_err().to_string();
        assert!(error.ends_with("it must be empty, or `s3://<bucket>/<prefix>/`"), "{error}");
    }
}
